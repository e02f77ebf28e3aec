"""`history` tells which body a target has in which release, and where it is when it is not there."""

from __future__ import annotations

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD, NEW = "def f():\n    return 'old'\n", "def f():\n    return 'new'\n"
CLASS = "class C:\n    limit: int = 1\n    a, b = 1, 2\n    def f(self):\n        {}\n    def g(self): pass\n"
PATCHES = """
from backportkit import backport
@backport("victim:f", id="victim-1", requires="victim>=1,<2", original={original!r}, fixed={fixed!r}, summary="s")
def f():
    return 'new'
"""


def spell(*texts):
    """Return the fingerprints of `f` in these texts."""
    return [fingerprint.of_source(text, ["f"]) for text in texts]


@pytest.fixture
def three(index):
    """Three releases, of which the last one has the fix."""
    index.release("1.0", f"# the first\n{OLD}", **{"upload-time": "2024-01-02T03:04:05Z"})
    index.release("1.1", OLD)
    index.release("1.10", NEW)
    return index


def test_a_row_for_each_body(three):
    """Releases with one body are one row, with the fingerprint, the day of the first, and what changed in lines."""
    first, second = three.runs("victim:f")
    assert [first["fingerprint"], second["fingerprint"]] == spell(OLD, NEW)
    assert (first["first"], first["last"], first["date"]) == ("1.0", "1.1", "2024-01-02T03:04:05Z")
    assert (second["first"], second["added"], second["removed"], second["date"]) == ("1.10", 1, 1, None)
    assert (first["where"], first["body"][0]) == ("victim.py:2", "def f():")


def test_table(three):
    """The table has the same, and says which index has answered and what it cost."""
    done = three.run("history", "victim:f")
    assert three.address in done.stdout
    assert ["1.0", "1.1", "2024-01-02", *spell(OLD)] in [line.split() for line in done.stdout.splitlines()]
    assert ["1.10", "1.10", *spell(NEW), "+1", "-1"] in [line.split() for line in done.stdout.splitlines()]
    assert "requests, 0.0 MB" in done.stderr


def test_verbose_shows_the_difference(three):
    """With -v, the difference from one body to the next is shown."""
    assert "-    return 'old'\n+    return 'new'" in three.run("history", "victim:f", "-v").stdout


def test_narrow_terminal(index):
    """Remarks that have room for their beginning are cut, and it is told how to see them; else they are below."""
    index.release("1.0", "from victim_with_a_long_name.and_more import f\n" * 2)
    index.release("2.0", OLD)
    done = index.run("history", "victim:f", COLUMNS="100")
    assert "…" in done.stdout
    assert "shown in full by --json" in done.stdout
    done = index.run("history", "victim:f", COLUMNS="80")
    assert "…" not in done.stdout
    assert "\n  victim_with_a_long_name.and_more:f cannot be followed; from\n" in done.stdout
    assert "\n2.0    2.0 " in done.stdout
    assert not done.stdout.endswith("\n  \n")


def test_since(three):
    """--since leaves out older releases; what is no version is refused."""
    assert three.spans("victim:f", "--since", "1.1") == [("1.1", "1.1"), ("1.10", "1.10")]
    assert "'x' is no version" in three.run("history", "victim:f", "--since", "x").stderr


def test_all_has_pre_releases_and_yanked_ones(three):
    """Pre-releases and yanked releases count only with --all."""
    three.release("2.0rc1", NEW)
    three.release("2.0", OLD, yanked="it is broken")
    assert three.spans("victim:f")[-1] == ("1.10", "1.10")
    runs = three.runs("victim:f", "--all")
    assert [run["last"] for run in runs][-2:] == ["2.0rc1", "2.0"]
    assert runs[-1]["releases"][0]["yanked"] == "it is broken"


def test_constant_that_several_statements_make(index):
    """All statements that make a constant are its body: a change of any of them is a row."""
    making = "X = [1]\ndef f(X):\n    X[0] = 2\n{}X = [str(one) for one in X]\nlate = X\n"
    index.release("1.0", f"X = 'not any more'\n{making.format('')}")
    index.release("2.0", making.format("").replace("1", "2"))
    index.release("3.0", making.format("X.sort()\nX[0] += 1\n"))
    assert [one["body"] for one in index.runs("victim:X")] == [
        ["X = [1]", "X = [str(one) for one in X]"],
        ["X = [2]", "X = [str(one) for one in X]"],
        ["X = [1]", "X.sort()", "X[0] += 1", "X = [str(one) for one in X]"],
    ]


def test_constant_and_class(index):
    """Of a constant the assignment is told; of a class, the members that changed."""
    index.release("1.0", f"LIMIT = 1\n{CLASS.format('pass')}")
    index.release("2.0", f"LIMIT = 2\n{CLASS.format('return 1')}")
    assert [run["body"] for run in index.runs("victim:LIMIT")] == [["LIMIT = 1"], ["LIMIT = 2"]]
    _, changed = index.runs("victim:C")
    assert changed["remarks"] == ["changed: f"]


def test_the_name_comes_from_elsewhere(index):
    """A row says where a name is imported from or inherited, and that it has moved there."""
    index.put("victim-1.0-py3-none-any.whl", _package({"victim/__init__.py": OLD}))
    index.put("victim-2.0-py3-none-any.whl", _package({"victim/__init__.py": "from ._f import f", "victim/_f.py": OLD}))
    assert [run["leads"] for run in index.runs("victim:f")] == [None, "victim._f:f"]
    index.release("3.0", "class A:\n    def f(self): pass\nclass B(A): pass\n")
    assert index.runs("victim:B.f")[-1]["remarks"] == ["from victim:A"]


def _package(files):
    from package_index import wheel

    return wheel("1", files)


def test_re_exports_lead_to_the_definition(index):
    """A name that is imported over several modules leads to where it is defined, under the name that it has there."""
    files = {
        "victim/__init__.py": "from .api import f, C, D, LIMIT",
        "victim/api.py": "from ._f import *\nfrom ._f import _f as f",
    }
    source = "def _f(): pass\nclass C:\n    def g(self): pass\nclass D(C): pass\nLIMIT = 1\n"
    index.put("victim-1.0-py3-none-any.whl", _package(files | {"victim/_f.py": source}))
    for target, leads in (("f", "_f"), ("C", "C"), ("C.g", "C"), ("D.g", "C"), ("LIMIT", "LIMIT")):
        assert index.runs(f"victim:{target}")[0]["leads"] == f"victim._f:{leads}"
    assert index.runs("victim.api:LIMIT")[0]["leads"] == "victim._f:LIMIT"


def test_what_cannot_be_told(index):
    """Where only running a module tells what a name is, no lines are counted, and the way to tell it is said."""
    index.release("1.0", "def __getattr__(name): ...\n")
    index.release("2.0", OLD)
    index.release("3.0", "globals().update(f=1)\n")
    assert [(run["added"], run["removed"]) for run in index.runs("victim:f")] == [(None, None)] * 3
    done = index.run("history", "victim:f", "-v")
    assert done.stdout.splitlines()[2].split()[2:4] == ["unknown", "victim"]
    assert "name the module and the class that define it" in done.stdout
    assert "+def f" not in done.stdout


def test_generic_class(index):
    """Of a class that is based on one of typing, releases without the method are told as such."""
    head = "import typing\nclass C(typing.MutableMapping[str, str]):\n    "
    index.release("1.0", f"{head}pass\n")
    index.release("2.0", f"{head}def f(self): return 1\n")
    assert [run["kind"] for run in index.runs("victim:C.f")] == ["nothing", "a function"]


def test_overloads_and_properties(index):
    """Of a function with overloads, the last definition is told; of a property the getter, unless another is named."""
    index.release(
        "1.0",
        "from typing import overload\n@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\n"
        "def f(x): return x\n"
        "class C:\n    @property\n    def p(self): return 1\n    @p.setter\n    def p(self, value): pass\n",
    )
    assert index.runs("victim:f")[0]["body"] == ["def f(x): return x"]
    assert index.runs("victim:C.p")[0]["body"] == ["@property", "def p(self): return 1"]
    assert index.runs("victim:C.p.fset")[0]["body"] == ["@p.setter", "def p(self, value): pass"]


def test_module_alone(index):
    """A module is no target: the error says what there is to ask. An id of a patch is not taken for one."""
    _, expected, step = index.run("history", "victim.inner").stderr.splitlines()
    assert expected == "  expected: module:name, or the id of a patch"
    assert "write victim.inner:NAME; backportkit new victim OLDER NEWER lists what changed between two releases" in step
    assert "; else give --import" in step
    assert "NAME" not in index.run("history", "victim-1").stderr


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        ("victim<1.10", ["the project allows: 1.1", "installed: 1.0"]),
        ("other", ["installed: 1.0"]),
    ],
)
def test_row_of_the_release_that_is_here(three, pin, said):
    """The row says that its body is that of the installed release, or of the one that the project is held at."""
    info = three.folder / "victim-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n", "utf-8")
    assert three.runs("victim:f")[0]["remarks"] == said[-1:]
    project = f"[project]\nname = 'mine'\nversion = '1'\ndependencies = [{pin!r}]\n"
    (three.folder / "pyproject.toml").write_text(project, "utf-8")
    assert [run["remarks"] for run in three.runs("victim:f")] == [said, []]
    (three.folder / "uv.lock").write_text("[", "utf-8")
    assert three.runs("victim:f")[0]["remarks"][-1:] == said[-1:]


def test_renamed(index):
    """Where a release does not have a target, the same body under another name is found, also in a class."""
    index.release("1.0", CLASS.format("return 7"))
    index.release("2.0", CLASS.format("return 7").replace("def f", "def _f"))
    assert index.runs("victim:C.f")[-1]["elsewhere"] == "victim:C._f"


def test_moved(index):
    """A target that is in another module of the package is found there, and where it was before."""
    index.put("victim-1.0-py3-none-any.whl", _package({"victim/__init__.py": "", "victim/old.py": OLD}))
    index.put("victim-2.0-py3-none-any.whl", _package({"victim/__init__.py": "", "victim/new.py": OLD}))
    index.put("victim-3.0-py3-none-any.whl", _package({"victim/__init__.py": "", "victim/core/new.py": OLD}))
    assert index.runs("victim.old:f")[-1]["elsewhere"] == "victim.new:f"
    before, there, after = index.runs("victim.new:f")
    assert (before["elsewhere"], there["elsewhere"], after["elsewhere"]) == ("victim.old:f", None, "victim.core.new:f")


def test_gone_without_a_trace(index):
    """Where nothing like a target is near, the row says that it is not there, and why."""
    index.release("1.0", OLD)
    index.release("2.0", "def g(): pass\n")
    index.release("3.0", "", path="other.py")
    assert [run["remarks"] for run in index.runs("victim:f")[1:]] == [
        ["victim has no 'f'"],
        ["there is no module victim"],
    ]


def test_source_that_is_no_python(index):
    """A module that cannot be parsed, or is written in C, is told as such."""
    index.release("1.0", "print 'hello'\n")
    index.release("2.0", OLD)
    index.release("3.0", b"\x7fELF", path="victim.cpython-311.so")
    index.release("4.0", "", path="victim/inner.py")
    index.release("5.0", b"# coding: no-such-coding\n")
    first, _, native, namespace, coded = index.runs("victim:f")
    assert "the source of victim cannot be read" in first["remarks"][0]
    assert native["remarks"] == ["victim is victim.cpython-311.so, which has no source"]
    assert namespace["remarks"] == ["victim is a namespace package, which has no code"]
    assert "no-such-coding" in coded["remarks"][0]


def test_another_name_of_a_function(index):
    """The fingerprint of a name that is given to a function is that of the function, which run time sees."""
    text = "class C:\n    def f(self): return 1\n    __getitem__ = f\n"
    index.release("1.0", text)
    (run,) = index.runs("victim:C.__getitem__")
    assert (run["fingerprint"], run["leads"]) == (fingerprint.of_source(text, ["C", "f"]), "victim:C.f")


def test_unknown_member(index):
    """Why source does not tell a member of a class is said, and not to name the class that was named."""
    index.release("1.0", "@made\nclass C: pass\n")
    said = index.run("history", "victim:C.f").stdout
    assert "the newest release does not say in source what it is, since C is completed as the module runs\n" in said


def test_namespace_of_several_distributions(index):
    """Where a distribution has no such module, another one is guessed after the names of the module."""
    index.release("1.0", OLD, "victim/other/part.py")
    said = index.run("history", "victim.inner.more:f").stderr
    assert "name the distribution by --package, such as victim-inner;" in said
    assert "such as" not in index.run("history", "victim:nothing").stderr


@pytest.mark.parametrize("path", ["victim.py", "victim/__init__.py"])
def test_module_that_its_package_lacks(index, path):
    """Where the distribution has the package itself, no other one is guessed for a module in it."""
    index.release("1.0", OLD, path)
    said = index.run("history", "victim.inner.more:f").stderr
    assert ("there is no module victim.inner" in said, "such as" in said) == (True, False)


@pytest.mark.parametrize(
    ("paths", "path"),
    [
        (("victim.cpython-311.so", "victim.py"), "victim.cpython-311.so"),
        (("victim/__init__.pyd", "victim/__init__.py", "victim.py"), "victim/__init__.pyd"),
    ],
)
def test_extension_beside_its_source(index, paths, path):
    """Where an extension and its source are in one wheel, Python imports the extension, and so does the history."""
    content = index.wheel("2.0", dict.fromkeys(paths, OLD))
    index.release("1.0", OLD)
    index.put("victim-2.0-py3-none-any.whl", content)
    done = index.run("history", "victim:f")
    assert f"no Python source          victim is {path}, which goes before the source beside it" in done.stdout
    assert "the newest release speaks by victim-2.0-py3-none-any.whl" in done.stdout


def test_package_goes_before_an_extension(index):
    """A folder of source is imported before an extension of its name."""
    content = index.wheel("1.0", {"victim.so": "", "victim/__init__.py": OLD})
    index.put("victim-1.0-py3-none-any.whl", content)
    assert index.runs("victim:f")[0]["where"] == "victim/__init__.py:1"


def test_modules_of_python_are_read_here(index):
    """A base class or a star import from the standard library is followed into this Python."""
    index.release("1.0", "from textwrap import *\nfrom textwrap import TextWrapper\nclass C(TextWrapper): pass\n")
    assert index.runs("victim:C.fill")[0]["leads"] == "textwrap:TextWrapper"
    assert index.runs("victim:dedent")[0]["leads"] == "textwrap:dedent"


def test_several_definitions(index):
    """Where only running the module tells which definition counts, the last one is told, and how many there are."""
    index.release("1.0", "import other\nif other.fast:\n    def f(): pass\nelse:\n    def f(): return 1\n")
    (run,) = index.runs("victim:f")
    assert run["fingerprint"] == fingerprint.of_source("def f(): return 1", ["f"])
    assert "one of 2 definitions" in run["remarks"][0]


# --- patches ---


def declare(index, **fields):
    text = PATCHES.format(**{"original": tuple(spell(OLD)), "fixed": tuple(spell(NEW))} | fields)
    (index.folder / "patches.py").write_text(text, encoding="utf-8")
    return "victim-1", "--import", "patches.py"


def test_patch_with_helpers(three):
    """What a patch adds, and no release has, is told as that and not as an error of the target."""
    line = declare(three)
    path = three.folder / "patches.py"
    path.write_text(path.read_text("utf-8").replace("summary=", "adds={'HELPER': 1}, summary="), "utf-8")
    done = three.run("history", *line)
    said = "victim:HELPER is new by the patch: victim has no 'HELPER'"
    assert (done.returncode, said in done.stderr.splitlines()) == (0, True)
    assert "correct the target" not in done.stderr


def test_patch(three):
    """Of a patch, each row says which field names the body, and whether it is in range."""
    three.release("2.0", "def f():\n    return 'newer'\n")
    old, new, newer = three.runs(*declare(three))
    assert (old["role"], old["remarks"]) == ("original", ["original", "in range"])
    assert (new["role"], new["in_range"]) == ("fixed", ["1.10"])
    assert (newer["role"], newer["remarks"]) == (None, ["not named by the patch", "not in range"])


def test_what_is_open(three):
    """What a patch names and no release has, and what its range has and it does not name, are told."""
    three.release("0.9", OLD)
    done = three.run("history", *declare(three, fixed=("ast1:0123456789ab",)))
    assert "open: fixed names ast1:0123456789ab, and no release that was read has it" in done.stdout
    assert "open: 1.10 is in range, and its body is neither original nor fixed" in done.stdout
    assert "open: 0.9 has a body that original names, and is not in range" in done.stdout
    assert "in range: 1.0 to 1.1" in done.stdout


def test_patch_of_alternatives(three):
    """Of alternatives, the first names the distribution."""
    (three.folder / "patches.py").write_text(
        "from backportkit import Patch, any_of, register\n"
        "register(Patch(id='victim-1', requires=[any_of('victim>=1,<1.1', 'victim>=1.1,<1.2')], summary='s',\n"
        f"    edits=[dict(target='victim:f', replacement='patches:f', original={spell(OLD)[0]!r})]))\n"
        "def f(): pass\n",
        encoding="utf-8",
    )
    assert three.runs("victim-1", "--import", "patches.py")[0]["in_range"] == ["1.0", "1.1"]


def test_patch_of_several_targets(three):
    """A target that no release has, or that has no history, is told on stderr, beside the histories of the others."""
    (three.folder / "patches.py").write_text(
        "from backportkit import Patch, register\n"
        "edits = [dict(target=target, value=1) for target in ('victim:f', 'victim:gone', \"victim:F['a']\")]\n"
        "register(Patch(id='victim-1', requires='victim<2', summary='s', edits=edits))\n",
        encoding="utf-8",
    )
    done = three.run("history", "victim-1", "--import", "patches.py")
    assert done.returncode == 0
    assert "victim:f in victim, as" in done.stdout
    assert "has victim:gone" in done.stderr
    assert "victim:F['a'] has no history of its own" in done.stderr


# --- what cannot be told ---


def test_no_such_target(three):
    """A target that no release has is an error with what the newest says, and the next step."""
    done = three.run("history", "victim:g")
    assert done.returncode == 2
    assert "no release of victim at" in done.stderr
    assert "victim has no 'g'" in done.stderr
    assert "--package" in done.stderr


def test_no_releases(index):
    """An index without releases to choose from is an error."""
    index.release("1.0rc1", OLD)
    assert "there are no such releases" in index.run("history", "victim:f").stderr


@pytest.mark.parametrize("target", ["victim:CONFIG['a']", "victim:"])
def test_no_name(three, target):
    """A key of a mapping has no history of its own, and what is no target is refused."""
    done = three.run("history", target)
    assert done.returncode == 2
    assert done.stderr.startswith("backportkit: ")


def test_nothing_is_executed(index):
    """What a release has is read, and never run."""
    mark = index.folder / "run"
    index.release("1.0", f"open({str(mark)!r}, 'w')\n{OLD}")
    index.put("victim-0.9.tar.gz", _source({"setup.py": f"open({str(mark)!r}, 'w')", "victim.py": OLD}))
    assert index.spans("victim:f") == [("0.9", "1.0")]
    assert not mark.exists()


def _source(files):
    from package_index import sdist

    return sdist("0.9", files)


def test_modules_of_python_have_no_history(three):
    """A module of Python itself is in no index, unless --package says a distribution that has one of its name."""
    text = PATCHES.format(original=(), fixed=()).replace("victim>=1,<2", "python<4").replace("victim:f", "tarfile:open")
    (three.folder / "patches.py").write_text(text, encoding="utf-8")
    for line in (["tarfile:open"], ["victim-1", "--import", "patches.py"]):
        assert "the modules of Python itself are in no package index" in three.run("history", *line).stderr
    assert "there is no module tarfile" in three.run("history", "tarfile:open", "--package", "victim").stderr


def test_unknown_distribution(three):
    """The distribution of a module is that of its name, unless --package or an installation says another."""
    assert "no package index has the project other" in three.run("history", "other:f").stderr
    assert three.run("history", "other:f", "--package", "Victim").stderr.count("there is no module other") == 1
    info = three.folder / "Victim-9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: victim\nVersion: 9\n", encoding="utf-8")
    (info / "top_level.txt").write_text("other\n", encoding="utf-8")
    assert "there is no module other" in three.run("history", "other:f").stderr


def test_name_that_no_release_tells_of(index):
    """Where no release says what a target is, the table is shown, and the command ends with 2: nothing was found."""
    index.release("1.0", "def __getattr__(name): return 1\n")
    done = index.run("history", "victim:Nope.x")
    assert (done.returncode, "unknown" in done.stdout) == (2, True), done.stdout + done.stderr
    done = index.run("history", "victim:Nope.x", "--json")
    assert (done.returncode, "takes names" in done.stdout) == (2, True), done.stdout
