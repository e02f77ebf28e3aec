"""Python with -O and -OO, which drop asserts and docstrings: nothing but default summaries is lost."""

from __future__ import annotations

import json
import py_compile
import re
from pathlib import Path

import pytest

LOST = "no summary, since this Python dropped the docstrings (-OO)"


@pytest.mark.parametrize("flag", ["-O", "-OO"])
def test_every_shipped_patch_stands_as_it_does_without_the_flag(world, flag):
    """The ids, the states and the reasons are the same, also of the one whose target is imported."""
    script = """
import backportkit, json, tarfile
backportkit.apply_all(enable="*-*")
print(json.dumps([[s.id, s.state, s.reason, s.targets] for s in backportkit.status()]))
print(json.dumps(sorted({s.summary for s in backportkit.status()})))
"""
    plain, optimised = world.run(script), world.run(script, flags=[flag])
    assert len(json.loads(plain[0])) > 10
    assert optimised[0] == plain[0]
    lost = set(json.loads(optimised[1])) - set(json.loads(plain[1]))
    assert lost <= {LOST}


def test_declaration_of_the_readme_can_be_made_without_docstrings(world):
    """README.md shows a declaration whose summary is its docstring."""
    blocks = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "README.md").read_text("utf-8"), re.DOTALL)
    declaring = [block for block in blocks if "@backport" in block]
    ids = 'print(*[s.id for s in backportkit.status() if s.provider == "__main__"])'
    script = "\n".join([*declaring, "import backportkit", ids])
    assert world.run(script, flags=["-OO"]) == world.run(script) == ["zipp-cve-2024-5569"]


VICTIM = '''
def f(x):
    """Old."""
    assert x
    return ["old", x]
class Base:
    def hello(self): return ["base"]
class C(Base):
    def hello(self):
        """Old."""
        return ["old"]
    @property
    def size(self):
        """Old."""
        assert self
        return 1
'''
PATCHES = '''
from backportkit import backport
from backportkit.source.fingerprint import of_source
def prints(*paths): return {path: of_source(open(FILE).read(), ["C", path]) for path in paths}
FILE = __file__.replace("mine", "victim")
D = dict(requires="victim<2")
@backport("victim:f", id="ff", original=of_source(open(FILE).read(), ["f"]), **D)
def f(x):
    """First line.

    More."""
    return ["new", x]
@backport("victim:C", id="cc", original=prints("hello", "size"), **D)
class C:
    """A class."""
    def hello(self):
        """Inner."""
        return ["new", *super().hello()]
    @property
    def size(self): return 2
@backport("victim:f", id="wrap", how="wrap", requires=["victim<2", "victim~=1.0"])
def wrapper(original):
    """A wrap that is not plain."""
    return lambda x: ["wrap", *original(x)]
'''
DO = """
import backportkit, mine
backportkit.apply_all()
import victim
print(victim.f(1), victim.C().hello(), victim.C().size)
for s in backportkit.status():
    if s.provider != "backportkit": print(s.id, s.state, s.summary)
backportkit.unpatch_all()
print(victim.f(1), victim.C().hello(), victim.C().size)
"""


@pytest.mark.parametrize("flag", ["-O", "-OO"])
def test_fingerprints_class_forms_and_wraps_do_without_docstrings_and_asserts(world, flag):
    """Bodies are compared by their source, which has the docstrings and asserts that memory lacks."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    world.write("mine.py", PATCHES)
    summaries = ["First line.", "A class.", "A wrap that is not plain."] if flag == "-O" else [LOST] * 3
    assert world.run(DO, flags=[flag]) == [
        "['wrap', 'new', 1] ['new', 'base'] 2",
        *(f"{id_} applied {summary}" for id_, summary in zip(["ff", "cc", "wrap"], summaries, strict=True)),
        "['old', 1] ['old'] 1",
    ]


def test_declarations_in_a_pyc_without_source_that_was_stripped_are_made(world):
    """A bundle compiled with -OO runs without the flag: nobody can tell whether there was a docstring."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(x): return 'old'")
    path = world.write(
        "mine.py", 'from backportkit import backport\n@backport("victim:f", id="ff", requires="victim<2")\n'
    )
    path.write_text(path.read_text("utf-8") + 'def f(x):\n    """Lost."""\n    return "new"\n', "utf-8")
    py_compile.compile(str(path), str(path) + "c", optimize=2, doraise=True)
    path.unlink()
    script = """
import backportkit, mine
backportkit.apply_all()
import victim
print(victim.f(1), next(s.summary for s in backportkit.status() if s.id == "ff"))
"""
    assert world.run(script) == [f"new {LOST}"]


@pytest.mark.parametrize("flags", [[], ["-OO"]])
def test_summary_that_is_wrong_or_missing_with_docstrings_is_still_refused(world, flags):
    """A summary that is given is checked under -OO, too; without -OO, a summary is needed."""
    script = """
import backportkit
from backportkit import DeclarationError, backport
def attempt(**fields):
    def f(x): pass
    f.__doc__ = fields.pop("doc", None)
    id_ = f"a-{len(backportkit.status())}"
    try: backport("victim:f", id=id_, requires="victim<2", **fields)(f)
    except DeclarationError as error: return error.problems[0].split(":")[0]
    return "declared"
print(attempt(), attempt(doc=" "), attempt(summary="a\\nb"), attempt(summary=""), attempt(doc="Fine."))
"""
    missing = "declared" if flags else "summary"
    assert world.run(script, flags=flags) == [f"{missing} summary summary summary declared"]
