"""`new PACKAGE BUGGY FIXED` shows what changed between two releases, and writes what is chosen of it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import package_index
import pytest

pytestmark = pytest.mark.warm

OLD = """
LIMIT = 1

def f(x):
    return x

class C:
    size: int = 1
    def f(self): return 1
    @property
    def p(self): return 1
    @p.setter
    def p(self, value): self.value = value
    def same(self): pass
"""
NEW = """
LIMIT = 2

def f(x):
    '''Now with a docstring.'''
    return x + 1

class C:
    size: int = 2
    def f(self): return 2
    @property
    def p(self): return 1
    @p.setter
    def p(self, value): self.value = value + 1
    def same(self): pass  # a comment
    def more(self): pass
"""


@pytest.fixture
def two(project):
    """Two releases, in which much has changed."""
    project.release("1.0", OLD)
    project.release("2.0", NEW)
    return project


def test_class_by_its_name(two):
    """The name of a class stands for those of its members that changed."""
    texts = [f"class C:\n    def f(self): return {at}\n    def g(self): return {at}\n" for at in (1, 2)]
    two.releases({f"{at}.0": text for at, text in enumerate(texts, 3)})
    two.new("victim", "3.0", "4.0", "--only", "C")
    assert [one["target"] for one in two.declared()[-1]["edits"]] == ["victim:C.f", "victim:C.g"]


def test_one_release_twice(two):
    """A release is not compared with itself, and the next step is not the same line."""
    said = two.refused("victim", "1.0", "1.0")
    assert "one release has no change" in said
    assert "backportkit new victim 1.0 1.0" not in said


def listed(done):
    """Return the lines of the list: how it changed, and the definition."""
    ways = ("changed", "added", "removed", "moved")
    lines = [line.split() for line in done.stdout.splitlines()]
    return [(way, line[-1]) for line in lines for way in ways if way in line[:2]]


def test_what_changed_is_listed(two):
    """Without a terminal the definitions that changed are listed, and it is said how to choose; nothing is written."""
    done = two.run("new", "victim", "1.0", "2.0")
    assert done.returncode == 2
    assert [line.split()[-1] for line in done.stdout.splitlines()[1:]] == [
        *("victim:LIMIT", "victim:f", "victim:C.size", "victim:C.f", "victim:C.p.fset", "victim:C.more"),
    ]
    assert "name what the fix is by --only" in done.stderr
    two.assert_untouched()


def test_only(two):
    """The definitions that --only names are written, with the bodies of the newer release."""
    done = two.run("new", "victim", "1.0", "2.0", "--only", "victim:f")
    assert done.returncode == 0, done.stderr
    assert "return x + 1" in two.written()
    assert "victim:C" not in two.written()


def test_several_of_an_end(two):
    """--only may name the end of a target, and be repeated."""
    done = two.run("new", "victim", "1.0", "2.0", "--only", "C.f", "--only", "victim:f", "--only", "C.f")
    assert done.returncode == 0, done.stderr
    assert "return 2" in two.written()
    assert "return x + 1" in two.written()


def test_number(two):
    """--only may name the number that the list gives a change."""
    done = two.run("new", "victim", "1.0", "2.0", "--only", "2")
    assert done.returncode == 0, done.stderr
    assert "return x + 1" in two.written()


@pytest.mark.parametrize("only", ["1,2", "1, 2", "victim:f,LIMIT", "1 2"])
def test_several_in_one(two, only):
    """--only may name several, as the answer on a terminal may."""
    done = two.run("new", "victim", "1.0", "2.0", "--only", only)
    assert done.returncode == 0, done.stderr
    assert {one["target"] for one in two.declared()[-1]["edits"]} == {"victim:LIMIT", "victim:f"}


BEFORE = """
class Part:
    data = b""
    size: int = 1
    def __init__(self, name): self.name = name
class Base:
    def base(self): return 1
class C(Base):
    def own(self): return 1
    def f(self, part): return part.data
def helper(): return 1
def unused(): return 1
"""
AFTER = (
    BEFORE.replace('b""', "bytearray()")
    .replace("return 1", "return 2")
    .replace("size: int", "size: 'int'")
    .replace("self, name): self.name = name", "self, name, more): self.name = name")
)


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("part.data.extend()", "victim:Part.data"),
        ("self.part.data.extend()", "victim:Part.data"),
        ("self.own()", "victim:C.own"),
        ("self.base()", "victim:Base.base"),
        ("helper()", "victim:helper"),
        ("Part(1, 2)", "victim:Part.__init__"),
        ("part.size", None),
        ("self.name", None),
    ],
)
def test_what_is_left_out_and_used(project, body, used):
    """What changed with the fix, is used by its bodies and is not chosen is said: the patch may need it."""
    project.release("1.0", BEFORE)
    project.release("2.0", AFTER.replace("return part.data", f"return {body}"))
    done = project.run("new", "victim", "1.0", "2.0", "--only", "C.f")
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if "is left out" in line]
    way = "changed in the same release, victim:C.f uses it, and it is left out: see whether the fix needs it"
    assert said == ([] if used is None else [f"to do: {used} {way}"])


def test_what_is_left_out_of_another_module(project):
    """So is what another module of the release has, also under another name."""
    for version, one in ((1, ""), (2, "one()")):
        files = {
            "victim/__init__.py": "",
            "victim/h.py": f"def g(): return {version}\n",
            "victim/a.py": f"from .h import g as one\ndef f(): return {one}\n",
        }
        project.put(f"victim-{version}.0-py3-none-any.whl", package_index.wheel(f"{version}.0", files))
    said = project.new("victim", "1.0", "2.0", "--only", "f")
    assert "to do: victim.h:g changed in the same release, victim.a:f uses it" in said


SLIGHT = [
    ("def f(a): return 1", "def f(a: int) -> int: return 1"),
    ("def f(): a = 1", "def f():\n    a: int = 1"),
    ("def f():\n    import os\n    import re", "def f():\n    import re, os"),
    ("def f():\n    from os import sep, path", "def f():\n    from os import path\n    from os import sep"),
]


@pytest.mark.parametrize(("old", "new"), SLIGHT)
def test_what_changed_in_annotations_alone(project, old, new):
    """Changes of annotations, or of the order of imports, are marked in the list, and can be chosen all the same."""
    project.release("1.0", f"LIMIT = 1\n{old}\n")
    project.release("2.0", f"LIMIT = 2\n{new}\n")
    done = project.run("new", "victim", "1.0", "2.0")
    assert [line.partition("victim:")[2].rstrip() for line in done.stdout.splitlines()[1:]] == [
        *("LIMIT", "f (annotations or the order of imports alone)"),
    ]
    assert project.run("new", "victim", "1.0", "2.0", "--only", "f").returncode == 0


def test_unknown_and_ambiguous_names(two):
    """A name that nothing or several things are called is refused, with those that it may mean."""
    done = two.run("new", "victim", "1.0", "2.0", "--only", "f")
    assert (done.returncode, "victim:f, victim:C.f" in done.stderr) == (2, True)
    done = two.run("new", "victim", "1.0", "2.0", "--only", "victim:C.ff")
    assert (done.returncode, "victim:C.f" in done.stderr) == (2, True)
    two.assert_untouched()


def test_member_that_was_added(two):
    """A member that was added to a class comes along with one that changed."""
    done = two.run("new", "victim", "1.0", "2.0", "--only", "C.f", "--only", "C.more")
    assert done.returncode == 0, done.stderr
    assert "def more(self)" in two.written()


def test_import_that_two_modules_get(project):
    """Where the fix gives two modules the same import, the patch brings it to both."""
    for version in (1, 2):
        line = "" if version == 1 else "from victim.h import g\n"
        text = f"{line}def f(): return {'1' if version == 1 else 'g()'}\n"
        files = {
            "victim/__init__.py": "",
            "victim/h.py": "def g(): return 2\n",
            "victim/a.py": text,
            "victim/b.py": text,
        }
        files["victim/b.py"] = text.replace("f()", "h()")
        project.put(f"victim-{version}.0-py3-none-any.whl", package_index.wheel(f"{version}.0", files))
    done = project.run("new", "victim", "1.0", "2.0", "--only", "f", "--only", "h")
    assert done.returncode == 0, done.stderr
    assert project.written().count("from victim.h import g") == 2
    assert "victim.b:g" in project.written()


def test_member_that_is_used_and_named(project):
    """A member that the fix has added is taken once, be it used or named."""
    project.release("1.0", "class C:\n    def f(self): return 1\n")
    project.release("2.0", "class C:\n    def f(self): return self.g()\n    def g(self): return 2\n")
    done = project.run("new", "victim", "1.0", "2.0", "--only", "C.f", "--only", "C.g")
    assert done.returncode == 0, done.stderr
    assert project.written().count("def g(self)") == 1


def test_constant_that_functions_have_taken(project):
    """Functions that have a constant in their defaults come along."""
    for version in (1, 2):
        project.release(f"{version}.0", f"class C:\n    LIMIT = {version}\n    def f(self, most=LIMIT): return most\n")
    done = project.run("new", "victim", "1.0", "2.0", "--only", "LIMIT")
    assert "victim:C.LIMIT, victim:C.f as 2.0 has it" in done.stdout, done.stderr


def test_no_such_release(two):
    """A release that the index does not have is refused, with those that it has."""
    done = two.run("new", "victim", "1.0", "2.5")
    assert (done.returncode, "1.0, 2.0" in done.stderr) == (2, True)
    assert "expected: 1.0" in two.run("new", "victim", "1.0.7", "2.0").stderr


def test_wrong_way_round(two):
    """Releases in the wrong order are refused, with the right line to write."""
    done = two.run("new", "victim", "2.0", "1.0")
    assert (done.returncode, "backportkit new victim 1.0 2.0" in done.stderr) == (2, True)


def test_what_else_changed(project):
    """A removal, a move and a change outside of definitions cannot be chosen, and are told."""
    before = {"victim/__init__.py": "def gone(): pass\ndef far(x): return x\nclass D(A): x = 1\n", "victim/old.py": ""}
    after = {"victim/__init__.py": "class D(B):\n    x = 1\n", "victim/far.py": "def far(x): return x\n"}
    project.put("victim-1.0-py3-none-any.whl", package_index.wheel("1.0", before))
    project.put("victim-2.0-py3-none-any.whl", package_index.wheel("2.0", after))
    done = project.run("new", "victim", "1.0", "2.0")
    assert listed(done) == [
        ("changed", "victim:D"),
        ("removed", "victim:gone"),
        ("moved", "victim.far:far"),
    ]
    assert "victim.far: a module that the fix has added" in done.stdout
    assert "victim.old: a module that the fix has removed" in done.stdout
    assert "nothing changed that a patch could carry" in done.stderr


def test_class_that_came(project):
    """A class that was added is one line, without its members."""
    project.release("1.0", "x = 1\n")
    project.release("2.0", "x = 1\nclass C:\n    def f(self): pass\n    class D:\n        def g(self): pass\n")
    assert listed(project.run("new", "victim", "1.0", "2.0")) == [("added", "victim:C")]


def test_about_the_release(project):
    """A module's facts about itself, such as `__version__`, cannot be chosen."""
    project.release("1.0", "__version__ = '1'\n")
    project.release("2.0", "__version__ = '2'\n")
    done = project.run("new", "victim", "1.0", "2.0")
    assert listed(done) == [("changed", "victim:__version__")]
    assert "nothing changed that a patch could carry" in done.stderr


def test_files_beside_the_code(project):
    """Tests, documentation, and files that are no Python for this one are left out and said."""
    inner = (
        "victim/test_it.py",
        "victim/tests.py",
        "victim/tests/a.py",
        "docs/a.py",
        "setup.py",
        "tools/a.py",
        "victim/a-b.py",
    )
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        files = dict.fromkeys(inner, f"x = {version}") | {
            "victim/__init__.py": text,
            "victim/odd.py": f"print {version}",
        }
        project.put(f"victim-{version}-py3-none-any.whl", package_index.wheel(version, files))
    done = project.run("new", "victim", "1.0", "2.0", "--only", "victim:f", "--only", "LIMIT")
    assert [line for line in done.stderr.splitlines() if line.startswith("left out: ")][:7] == [
        "left out: docs/a.py: documentation",
        "left out: setup.py: not installed",
        "left out: tools/a.py: not installed",
        "left out: victim/a-b.py: no module",
        "left out: victim/test_it.py: a test",
        "left out: victim/tests.py: a test",
        "left out: victim/tests/a.py: a test",
    ]
    assert "left out: victim/odd.py: " in done.stderr


def test_releases_that_are_read(project):
    """Of many releases those near the two are read, and more until the outermost on either side have other bodies."""
    bodies = {at: "old" if at in {9, 10, 11} else f"{at // 4}" for at in range(1, 21)}
    for at, body in bodies.items():
        project.release(f"{at}.0", f"def f():\n    return {body!r}\n")
    done = project.run("new", "victim", "11.0", "12.0", "--only", "f")
    assert "victim-f: victim>=9.0,<12.0, victim:f as 12.0 has it" in done.stdout
    assert "7.0 to 16.0 were read, 10 releases of 20: a target in place of the two releases has all read" in done.stdout
    read = {path.split("-")[1] for path, _ in project.asked if "victim-" in path}
    assert read == {f"{at}.0" for at in range(7, 17)}


def test_data_of_the_package(project):
    """Files of a package that are no Python, and that the fix has changed, are told; of many of a kind, how many."""
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        files = {"victim/__init__.py": text, "victim/same.txt": "x", "victim/tests/a.txt": version, "a.txt": version}
        files |= {f"victim/{name}": version for name in ("a.sh", "a.pyc", *(f"po/{at}.po" for at in range(10, 30)))}
        files |= {f"victim/{version}.fish": "", "docs/a.rst": version}
        project.put(f"victim-{version}-py3-none-any.whl", package_index.wheel(version, files))
    for line in ([], ["--only", "victim:f", "--only", "LIMIT"]):
        done = project.run("new", "victim", "1.0", "2.0", *line)
        said = [
            one.removeprefix("left out: ") for one in (done.stdout + done.stderr).splitlines() if "no Python" in one
        ]
        assert said == [
            f"{one}: no Python, and part of the package"
            for one in (
                *("victim/1.0.fish", "victim/2.0.fish", "victim/a.sh"),
                "20 files *.po, from victim/po/10.po to victim/po/29.po",
            )
        ]


def test_package_to_test_with(project):
    """A folder `test` in a package is no test of it."""
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        files = {"victim/__init__.py": "", "victim/test/__init__.py": text, "test/a.py": f"x = {version}"}
        project.put(f"victim-{version}-py3-none-any.whl", package_index.wheel(version, files))
    done = project.run("new", "victim", "1.0", "2.0")
    assert ("changed", "victim.test:f") in listed(done)
    assert "test/a.py: a test" in done.stdout


def test_scripts(project):
    """A script of a wheel is no module, though its name may be that of one."""
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        files = {"victim/__init__.py": text, f"victim-{version}.data/scripts/victim.py": text}
        project.put(f"victim-{version}-py3-none-any.whl", package_index.wheel(version, files))
    done = project.run("new", "victim", "1.0", "2.0", "--only", "victim:f", "--only", "LIMIT")
    assert "left out: victim-1.0.data/scripts/victim.py: a script" in done.stderr


def test_sdists(project):
    """Two sdists are compared as well, also with a folder `src`."""
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        files = {"src/victim/__init__.py": text, "src/victim/same.py": "", "setup.py": ""}
        project.put(f"victim-{version}.tar.gz", package_index.sdist(version, files))
    assert "victim:f" in dict(map(reversed, listed(project.run("new", "victim", "1.0", "2.0"))))


def test_files_that_are_alike_are_not_read(project):
    """Only files that differ by what the archives say are asked for, and only those of modules that are named."""
    rest = {f"victim/m{at}.py": f"# {os.urandom(9000).hex()}" for at in range(40)}
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        files = {"victim/__init__.py": text, "victim/far.py": text} | rest
        project.put(f"victim-{version}-py3-none-any.whl", package_index.wheel(version, files))
    project.run("new", "victim", "1.0", "2.0")
    every = len(project.asked)
    assert every < 20
    project.asked.clear()
    project.run("new", "victim", "1.0", "2.0", "--only", "victim:nothing", BACKPORTKIT_CACHE=str(project.folder / "c"))
    assert len(project.asked) < every


def test_too_many(project):
    """So many changes that nobody would read the patch are refused."""
    for version in (1, 2):
        project.release(f"{version}.0", "\n".join(f"def f{at}(): return {version}" for at in range(51)))
    only = [word for at in range(51) for word in ("--only", f"f{at}")]
    done = project.run("new", "victim", "1.0", "2.0", *only)
    assert (done.returncode, "51 definitions changed, and a patch has 50 at most" in done.stderr) == (2, True)
    project.assert_untouched()


def test_ten_thousand_functions(project):
    """Modules with thousands of functions are compared and listed."""
    for version in (1, 2):
        project.release(f"{version}.0", "\n".join(f"def f{at}(): return {version}" for at in range(10_000)))
    done = project.run("new", "victim", "1.0", "2.0")
    assert (done.returncode, len(listed(done))) == (2, 10_000)


def on_terminal(project, answers):
    """Run the command on a terminal, with these lines typed; return its output and its exit code."""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "backportkit", "new", "victim", "1.0", "2.0"]
    program = subprocess.Popen(
        line, cwd=project.folder, env=os.environ | project.variables, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.write(ours, answers.encode())
    program.wait(60)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 9999)
        except OSError:
            return shown.decode(), program.returncode


def test_picked_on_a_terminal(two):
    """On a terminal one is asked, until the answer is one of the numbers or names."""
    shown, code = on_terminal(two, "77\n2, C.f\n")
    assert (code, "there is no change of 77" in shown) == (0, True)
    assert "give numbers or names of the list" in shown
    assert "--only" not in shown
    assert "return x + 1" in two.written()
    assert "return 2" in two.written()


def test_nothing_picked(two):
    """An empty answer writes nothing, and neither does `q`; both are said to be that."""
    for answer in ("\n", "q\n"):
        shown, code = on_terminal(two, answer)
        assert (code, "nothing was chosen, and nothing is written" in shown) == (2, True)
    two.assert_untouched()


def test_usage(two):
    """Lines that say too much or too little are refused."""
    for line in (("victim", "1.0"), (), ("victim:f", "--only", "f"), ("victim:f", "--diff", "x")):
        assert two.run("new", *line).returncode == 2
    two.assert_untouched()


def test_nothing_is_executed(project):
    """Nothing of what is compared or written is run."""
    for version in ("1.0", "2.0"):
        project.release(version, f"open('ran', 'w')\ndef f(x=open('ran', 'w')): return {version}\n")
    done = project.run("new", "victim", "1.0", "2.0", "--only", "f")
    assert not (project.folder / "ran").exists(), done.stderr


def test_compiled_modules(project):
    """A module that Python takes from an extension is left out of the list, and the file is named."""
    texts = {at: {"victim/__init__.py": "", "victim/a.py": text, "victim/b.py": text} for at, text in (("1.0", OLD),)}
    texts["2.0"] = {path: text.replace("return x\n", "return 2\n") for path, text in texts["1.0"].items()}
    for one in texts.values():
        one["victim/b.cpython-311-x86_64-linux-gnu.so"] = ""
    done = project.releases(texts).run("new", "victim", "1.0", "2.0", "--only", "1")
    assert "victim.b" not in done.stdout
    path = "victim/b.cpython-311-x86_64-linux-gnu.so"
    assert f"left out: victim/b.py: compiled, Python takes {path} before it" in done.stderr
