"""`new` asks `check` about what it is going to write, with the releases at the ends of the range."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

pytestmark = pytest.mark.warm

LACKING = "def f():\n    return 1\n", "def f():\n    return g()\ndef {}(): pass\n"
OTHER_BASE = "class B:\n    def f(self): return 0\nclass C(B):\n    def f(self): return {}\n"
CACHED = "import functools\ndef log(f): return functools.wraps(f)(lambda: f())\n@log\ndef f(): return {}\n"
GIVEN = ["--fixes", "https://upstream.example/pull/17", "--summary", "f() is old"]


@pytest.fixture
def half(project):
    """Two releases with the bug, of which only the second one has what the fix uses."""
    old, new = "def f():\n    return 1\n", "def f():\n    return g()\n"
    return project.releases({"1.0": old, "1.1": f"{old}\ng = f", "2.0": f"{new}\ng = f"})


def test_what_check_finds_is_to_do(half):
    """What `check` will find is told, with the releases that it is about, the code, and the next step."""
    said = half.new("victim:f")
    lacking = "it uses 'g', which victim does not have: a call that gets there is a NameError (BK216)"
    assert f"to do: with 1.0: victim:f: {lacking}; correct the name" in said


@pytest.mark.parametrize(
    ("text", "target", "reason"),
    [
        ("import enum\nclass f(enum.Enum):\n    B = {}\n", "victim:f.B", "'B' is a member of the enumeration"),
        ("class f:\n    __slots__ = ('b{}',)\n", "victim:f.__slots__", "'__slots__' was read when the class was made"),
    ],
)
def test_what_is_bound_to_be_refused(project, text, target, reason):
    """A target that run time refuses is refused before a file is written."""
    said = project.releases({version: text.format(version) for version in "12"}).refused(target)
    assert f"{target} cannot be patched" in said
    assert reason in said


@pytest.mark.parametrize(
    ("old", "new"),
    [("def f(a): return {}", "def f(a): yield {}"), ("def f(a): return {}", "async def f(a): return {}")],
)
def test_result_of_another_kind(project, old, new):
    """A body that gives a result of another kind is declared as one that changes the calls, which are told."""
    project.releases({"1.0": old.format(1), "2.0": new.format(2)})
    said = project.new("victim:f")
    assert "calls of victim:f may fail" in said
    assert "it was a plain function and would be" in said
    assert "(BK201)" not in said
    assert project.declared()[0]["edits"][0]["signature"] == "change"


@pytest.mark.parametrize(
    "text", [OTHER_BASE, CACHED, "def f(): return {}", "class C:\n    @property\n    def f(self): return {}\n"]
)
def test_nothing_that_check_adds(project, text):
    """Where nothing more is to do than the reproducer, `check` finds no error with either end of the range."""
    target = "victim:C.f" if "class C" in text else "victim:f"
    versions = {"1.0": text.format(1), "1.1": text.format(1), "2.0": text.format(2)}
    said = project.releases(versions, "License: MIT\n").new(target, *GIVEN)
    assert [line for line in said.splitlines() if line.startswith("to do")] == [said.splitlines()[-3]]
    for version in ("1.0", "1.1"):
        project.install(version, versions[version])
        found = json.loads(project.run("check", "--json").stdout)["findings"]
        assert [one for one in found if one["level"] in {"error", "warning"} and one["code"] != "BK102"] == []


def test_module_that_cannot_be_read(project):
    """Where `check` would look at a module that cannot be read, that is told, and the patch is written."""
    text = "from base import B\nclass C(B):\n    def f(self): return {}\n"
    for version in ("1.0", "2.0"):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("victim.py", text.format(version))
            archive.writestr("base.py", "class B: whole = 1\n")
        project.put(f"victim-{version}-py3-none-any.whl", content.getvalue().replace(b"whole", b"other"))
    said = project.new("victim:C.f")
    assert "to do: see what `backportkit check` says, which cannot be told: victim-1.0-py3-none-any.whl" in said


def test_import_that_fails(project):
    """An import that the module of bodies would need, and that no release in range can make, is told."""
    lines = "import re\nP = re.compile('a')\ndef f(): return P\n"
    fixed = lines.replace("'a'", "S[0]").replace("import re\n", "import re\nfrom .util import S\n")
    old = {"victim/__init__.py": "", "victim/util.py": "", "victim/a.py": lines}
    new = old | {"victim/util.py": "for S in 's': pass\n", "victim/a.py": fixed}
    said = project.releases({"1.0": old, "2.0": new}).new("victim.a:P")
    assert "imports victim.a:S, which is not there: the patch cannot be applied (BK222)" in said
