"""`new` takes along what a module has made of a constant that the fix changed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm


def targets(project):
    return [one["target"] for one in project.declared()[-1]["edits"]]


def test_constants_made_of_it(applied, project):
    """What is made of a constant is made anew, over several steps and in their order; the rest stays as it is."""
    old = "import re\nSIGN = '[a]'\nEND = 'z'\nBOTH = SIGN + END\nX = re.compile(BOTH)\nY = END * 2\n"
    assert applied(old, old.replace("[a]", "[b]"), "victim:SIGN", "victim.X.pattern") == "[b]z"
    assert targets(project) == ["victim:SIGN", "victim:BOTH", "victim:X"]


@pytest.mark.parametrize("text", ["'%(SIGN)s%(END)s' % locals()", "'{SIGN}{END}'.format(**vars())", "f'{SIGN}{END}'"])
def test_texts_that_are_filled(applied, project, text):
    """A text may take names out of the scope that it is in."""
    old = f"SIGN = 'a'\nEND = 'z'\nX = {text}\n"
    assert applied(old, old.replace("'a'", "'b'"), "victim:SIGN", "victim.X") == "bz"
    assert targets(project) == ["victim:SIGN", "victim:X"]


def test_defaults(applied, project):
    """Functions and methods that have the constant for a default are written with the new one; nested ones are not."""
    old = "LIMIT = [1]\ndef f(x=LIMIT):\n    def g(x=LIMIT): pass\n    return x\n"
    old += (
        "class C:\n    def m(self, *, x=LIMIT): return x\nclass D:\n    LIMIT = 0\n    def m(self, x=LIMIT): return x\n"
    )
    new = old.replace("[1]", "[2]")
    assert applied(old, new, "victim:LIMIT", "(victim.f(), victim.C().m(), victim.D().m())") == "([2], [2], 0)"
    assert targets(project) == ["victim:LIMIT", "victim:f", "victim:C.m"]
    assert "keeps its old value" not in project.said


CLASS = """
class C:
    STEP = 5
    LIMIT = frozenset("a")
    MORE = LIMIT | {"c"}
    def f(self, x=LIMIT, step=STEP): return sorted(x), step
"""


def test_members_of_a_class(applied, project):
    """A method finds the constants of its class, those that changed and those that did not."""
    new = CLASS.replace('"a"', '"b"')
    assert (
        applied(CLASS, new, "victim:C.LIMIT", "(victim.C().f(), sorted(victim.C.MORE))") == "((['b'], 5), ['b', 'c'])"
    )
    assert targets(project) == ["victim:C.LIMIT", "victim:C.MORE", "victim:C.f"]


def test_default_that_is_new_in_the_class(applied, project):
    """A constant of the class that a default of the fix names comes along."""
    old = "class C:\n    def f(self, x=1): return x\n"
    new = "class C:\n    X = 2\n    def f(self, x=X): return x\n"
    assert applied(old, new, "victim:C.f", "(victim.C().f(), victim.C.X)") == "(2, 2)"


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("USED = {}\nUSED['x'] = X\n", "line 5: USED['x'] = X"),
        ("for each in X: print(each)\n", "line 4: for each in X: print(each)"),
        ("def mark(it): return lambda f: f\n@mark(X)\ndef f(): pass\n", "the decorators of f"),
        ("Y = C.Z\n", "line 4: Y = C.Z"),
        ("C.ONE = C(1)\n", "line 4: C.ONE = C(1)"),
    ],
)
def test_what_only_running_the_module_repeats(project, end, told):
    """Other statements that take the constant, or call its class, are quoted."""
    old = f"X = [1]\nclass C:\n    Z = [1]; __init__ = print\n{end}"
    target = "victim:C.Z" if "C." in told else "victim:X"
    said = project.releases({"1.0": old, "2.0": old.replace("[1]", "[2]")}).new(target)
    assert f"{target} keeps its old value in what is made as the module runs: {told}" in said


def test_definition_that_stands_twice(project):
    """What has two definitions is told, and does not hinder the patch."""
    old = "X = [1]\nif X:\n    Y = X * 2\nelse:\n    Y = X * 3\n"
    said = project.releases({"1.0": old, "2.0": old.replace("[1]", "[2]")}).new("victim:X")
    assert "victim:Y is one of 2 definitions, and only running the module tells which" in said


def test_branch_in_which_they_have_other_bodies(project):
    """A function is written for its defaults only where it has upstream's body."""
    old, older = ("X = [1]\ndef f(x=X): return x\n", "X = [1]\ndef f(y, x=X): return x\n")
    texts = {"1.0": older, "1.1": older.replace("[1]", "[2]"), "2.0": old, "2.1": old.replace("[1]", "[2]")}
    said = project.releases(texts).new("victim:X", "--fixed-in", "2.1")
    assert "victim>=2.0,<2.1" in said
    assert "1.1 has the same change in another body: --fixed-in 1.1 writes a patch for that branch" in said
    assert "signature" not in said
