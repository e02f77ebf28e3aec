"""`new` tells who uses what the patch takes, has changed along with the fix, and is left out."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.warm

TEXT = """
def merge(one, other): return "merge"
def caller(one): return "caller"
def bystander(one): return "bystander"
class Base:
    def f(self): return "Base.f"
    def g(self): return "Base.g"
class C(Base):
    def f(self): return "C.f"
    def h(self): return "C.h", self.f()
class D(C):
    def f(self): return "D.f"
    def g(self): return "D.g"
    def h(self): return "D.h", super().h()
class Far:
    def f(self): return "Far.f"
    def m(self): return "Far.m", self.f()
"""
LEFT = "changed in the same release, {}, and is left out: see whether the fix needs it"
CALL = 'merge(one, {}), "caller"'


def told(project, old, new, target):
    """Have a patch of one target written; return what is said of what is left out of it."""
    project.releases({"1.0": old, "2.0": new})
    lines = project.new(target, "--fixed-in", "2.0").splitlines()
    return [line.removeprefix("to do: ") for line in lines if "left out" in line or "is gone" in line]


def changed(*names):
    """Return the text with other bodies of the functions with these names."""
    text = TEXT
    for name in names:
        text = text.replace(f'"{name}"', f'"{name}", "fixed"')
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [(CALL, f"{CALL}, 2"), (CALL, '"caller", 2'), ('"caller"', f"{CALL}, 2")],
)
def test_caller(project, before, after):
    """A caller of the target that has changed is told, whichever of its bodies makes the call."""
    old, new = TEXT.replace('"caller"', before), changed("merge", "bystander").replace('"caller"', after)
    assert told(project, old, new, "victim:merge") == [f"victim:caller {LEFT.format('uses victim:merge')}"]


def test_caller_that_has_not_changed(project):
    """A caller that is as it was, or has another docstring alone, is fine with the fix, and not told."""
    old = TEXT.replace('return "caller"', f"return {CALL}")
    new = changed("merge").replace('return "caller"', f"'Call.'; return {CALL}")
    assert told(project, old, new, "victim:merge") == []


def test_caller_that_is_gone(project):
    """A caller that upstream has removed stays where the patch is, and is told."""
    old = TEXT.replace('"caller"', CALL)
    new = changed("merge").replace("def caller", "def other")
    said = "is gone in the same release, uses victim:merge, and stays: see whether it works with the fix"
    assert told(project, old, new, "victim:merge") == [f"victim:caller {said}"]


@pytest.mark.parametrize(
    ("target", "other", "relation"),
    [
        ("victim:C.f", "C.h", "uses victim:C.f"),
        ("victim:C.f", "Far.m", None),
        ("victim:Base.f", "C.h", None),
        ("victim:C.h", "D.h", "uses victim:C.h"),
        ("victim:Base.f", "C.f", "overrides victim:Base.f"),
        ("victim:Base.g", "D.g", "overrides victim:Base.g"),
        ("victim:Base.f", "Far.f", None),
    ],
)
def test_method(project, target, other, relation):
    """A method that has changed is told if it takes the target of its object, or overrides it in a class below."""
    new = changed(target.partition(":")[2], other)
    assert told(project, TEXT, new, target) == ([f"victim:{other} {LEFT.format(relation)}"] if relation else [])


def test_caller_that_is_taken(project):
    """Nothing is said of a caller that is in the patch, too."""
    old = TEXT.replace('"caller"', CALL)
    project.releases({"1.0": old, "2.0": old.replace('"merge"', "2").replace('"caller"', "3")})
    assert "left out" not in project.new("victim:merge", "victim:caller")


def package(project, version, caller, others=0):
    """Put a release of a package into the index, with a function in one module, and its caller in another."""
    texts = {
        "victim/__init__.py": "",
        "victim/a.py": f"def merge(): return {version}\n",
        "victim/b.py": f"from victim.a import merge as both\ndef caller(): return {caller}\n",
    }
    more = {f"victim/m{at}.py": f"x = {version}\n" for at in range(others)}
    project.releases({f"{version}.0": texts | more})


def test_caller_in_another_module(project):
    """Callers in the other modules that the release has changed are told as well, where only a target is named."""
    package(project, 1, "both()")
    package(project, 2, "1, both()")
    said = f"to do: victim.b:caller {LEFT.format('uses victim.a:merge')}"
    assert said in project.new("victim.a:merge", "--package", "victim")


def test_many_other_modules(project):
    """Where many modules have changed, their callers are not looked for, and that is told."""
    package(project, 1, "both()", others=30)
    package(project, 2, "1, both()", others=30)
    said = project.new("victim.a:merge", "--package", "victim")
    assert "was not looked for, since 31 are many: backportkit new victim 1.0 2.0 lists these" in said
    assert "victim.b:caller" not in said


def test_other_modules_that_are_not_in_the_cache(project):
    """Without the network, what is not in the cache is told, and the patch is written."""
    package(project, 1, "both()")
    package(project, 2, "1, both()")
    pyproject = project.read("pyproject.toml")
    project.new("victim", "1.0", "2.0", "--only", "victim.a:merge")  # reads that module alone
    shutil.rmtree(project.folder / "mine/_backports")
    project.write("pyproject.toml", pyproject)
    said = project.new("victim.a:merge", "--package", "victim", "--offline")
    assert "who uses this in other modules that 2.0 has changed was not looked for: victim-" in said
