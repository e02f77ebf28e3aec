"""A property is one thing of several functions: a fix of one leaves the others, and a new one comes as a whole."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

OLD = """
class B:
    def label(self): return "b"
class C(B):
    @property
    def p(self): return ("bug", self._p)
    @p.setter
    def p(self, value): self._p = value
    @p.deleter
    def p(self): self._p = "gone"
def f(): return "bug"
"""
GETTER = OLD.replace('("bug"', '("fix"')
SETTER = OLD.replace("= value", "= value + 1")
USED = """(
    one := victim.C(), setattr(one, "p", 1), before := one.p, delattr(one, "p"), one.p[1], before
)[4:]"""


def targets(project):
    return [one["target"] for one in project.declared()[-1]["edits"]]


@pytest.mark.parametrize("line", ["victim:C.p", "victim:C.p.fget", "victim:C"])
def test_fix_of_a_getter(applied, project, line):
    """The setter and the deleter stay where the getter is fixed."""
    assert applied(OLD, GETTER, line, USED) == "('gone', ('fix', 1))"
    assert targets(project) == ["victim:C.p.fget"]
    assert project.declared()[-1]["id"] == "mine-1"


def test_fix_of_a_getter_beside_others(applied):
    """The other functions stay as well where the patch has something else, too."""
    new = GETTER.replace('return "bug"', 'return "fix"')
    assert applied(OLD, new, "victim:C.p victim:f", f"{USED}, victim.f()") == "('gone', ('fix', 1)) fix"


def test_fix_of_a_getter_that_calls_super(applied, project):
    """A function of a property that means something in its class only is written in a class."""
    new = OLD.replace('("bug"', "(super().label()")
    assert applied(OLD, new, "victim:C.p", USED) == "('gone', ('b', 1))"
    assert "    def p(self)" in project.read("mine/_backports/victim/mine_1_body.py")


@pytest.mark.parametrize("order", ["victim:C.p victim:C.p.fset", "victim:C.p.fset victim:C.p", "victim:C"])
def test_fix_of_two_functions_of_a_property(applied, project, order):
    """One patch has several functions of a property, each with its own fingerprints."""
    new = GETTER.replace("= value", "= value + 1")
    assert applied(OLD, new, order, USED) == "('gone', ('fix', 2))"
    assert sorted(targets(project)) == ["victim:C.p.fget", "victim:C.p.fset"]
    assert len({one["original"][0] for one in project.declared()[-1]["edits"]}) == 2


def test_fix_of_a_setter_and_a_deleter(applied):
    """The two need no getter in the patch."""
    new = SETTER.replace('"gone"', '"left"')
    assert applied(OLD, new, "victim:C.p.fset victim:C.p.fdel", USED) == "('left', ('bug', 2))"


def test_fix_of_a_setter_that_uses_a_new_method(applied):
    """What a function of a property uses, and the fix has added to the class, comes along."""
    helper = "class C(B):\n    def _made(self, value): return [value]"
    new = OLD.replace("= value", "= self._made(value)").replace("class C(B):", helper)
    assert applied(OLD, new, "victim:C.p.fset", USED) == "('gone', ('bug', [1]))"


def test_getter_beneath_another_decorator(applied):
    """What else is around the getter stays around it."""
    old = OLD.replace("@property", "@property\n    @cache").replace("class B", "from functools import cache\nclass B")
    value = f"{USED}, victim.C.p.fget.cache_info().misses"
    assert applied(old, old.replace('("bug"', '("fix"'), "victim:C.p", value) == "(1, ('fix', 1)) 1"


PLAIN = "class C:\n    def f(self): return 1\n"
WHOLE = """
class C:
    def f(self):
        self.p = 3
        return self.p
    @property
    def p(self): return self._p
    @p.setter
    def p(self, value): self._p = self._twice(value)
    def _twice(self, value): return 2 * value
"""


def test_new_property(applied, project):
    """A property that the fix has added comes with its setter, and with what that needs."""
    assert applied(PLAIN, WHOLE, "victim:C.f", "victim.C().f()") == "6"
    assert sorted(targets(project)) == ["victim:C._twice", "victim:C.f", "victim:C.p"]
    assert "C.p.fset" not in project.said


@pytest.mark.parametrize("names", ["C.p", "C.p.fset", "C.p C.p.fset"])
def test_new_property_that_is_named(applied, names):
    """A new property comes as a whole, whichever of its functions are named."""
    only = [part for name in names.split() for part in ("--only", name)]
    value = "[one := victim.C(), setattr(one, 'p', 1), one.p][2]"
    assert applied(PLAIN, WHOLE, "victim 1.0 2.0", value, *only) == "2"


def test_new_setter(applied, project):
    """A setter that the fix adds to a property is added to it."""
    old = "class C:\n    x = 1\n    @property\n    def p(self): return self.x\n"
    new = f"{old}    @p.setter\n    def p(self, value): self.x = value\n"
    value = "[one := victim.C(), setattr(one, 'p', 2), one.p][2]"
    assert applied(old, new, "victim 1.0 2.0", value, "--only", "C.p.fset") == "2"
    assert targets(project) == ["victim:C.p.fset"]


def test_method_that_becomes_a_property(applied, project):
    """A method becomes the whole property, which is told: who calls it has to read it."""
    old = "class C:\n    x = 1\n    def p(self): return self.x\n"
    new = "class C:\n    x = 1\n    @property\n    def p(self): return self.x\n"
    new += "    @p.setter\n    def p(self, value): self.x = value\n"
    assert applied(old, new, "victim:C.p", "[one := victim.C(), setattr(one, 'p', 2), one.p][2]") == "2"
    assert "calls of victim:C.p may fail, see that the patch has all who make them: it was called" in project.said
