"""What the fix has added to a class comes along with what uses it, by whatever name the class is reached."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm


def targets(project):
    return sorted(one["target"] for one in project.declared()[-1]["edits"])


def test_member_named_by_its_class(applied, project):
    """A new method that a body calls by the name of its class comes along, also from one that is new itself."""
    old = "class C:\n    def f(self): return 1\n"
    new = "class C:\n    def f(self): return self.g()\n    def g(self): return C.h()\n"
    new += "    @staticmethod\n    def h(): return 'new'\n"
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "new"
    assert targets(project) == ["victim:C.f", "victim:C.g", "victim:C.h"]
    assert "is not in 1.0" not in project.said


@pytest.mark.parametrize("use", ["self.g()", "C.g(self)"])
def test_member_of_a_base(applied, project, use):
    """A new method of a base comes along, into that base."""
    old = "class B:\n    def other(self): return 1\nclass C(B):\n    def f(self): return 1\n"
    new = old.replace("f(self): return 1", f"f(self): return {use}")
    new = new.replace("class C", "    def g(self): return 'new'\nclass C")
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "new"
    assert targets(project) == ["victim:B.g", "victim:C.f"]


PRIVATE = """
class _K:
    def __f(self): return 1
    def g(self): return self.__f()
    @property
    def __p(self): return 1
    @__p.setter
    def __p(self, x): self.x = x
    def h(self):
        self.__p = 1
        return self.__p, self.x
"""
FIXED = PRIVATE.replace("__f(self): return 1", "__f(self): return 2")


@pytest.mark.parametrize("line", ["victim:_K.__f", "victim:_K._K__f", "victim:_K"])
def test_private_method(applied, project, line):
    """A method whose name is private to its class is patched under the name that the class has it by."""
    assert applied(PRIVATE, FIXED, line, "victim._K().g()") == "2"
    assert targets(project) == ["victim:_K._K__f"]


def test_private_method_beside_others(applied):
    """It is found as well in a class with several members, and in a module of bodies."""
    new = FIXED.replace("return self.__f()", "return super().__eq__(1), self.__f(), self.__new()")
    new += "    def __new(self): return 3\n"
    value = "victim._K().g()"
    assert applied(PRIVATE, new, "victim:_K.__f victim:_K.g", value) == "(NotImplemented, 2, 3)"


def test_private_method_of_a_module_of_bodies(applied):
    """A reference leads to it there."""
    old = PRIVATE + "def f(): return 1\n"
    new = FIXED + "def f(): return 2\n"
    assert applied(old, new, "victim:_K.__f victim:f", "victim._K().g(), victim.f()") == "2 2"


def test_private_property(applied):
    """A property whose name is private is one thing of several functions, too."""
    new = PRIVATE.replace("__p(self): return 1", "__p(self): return super().__eq__(1)")
    assert applied(PRIVATE, new, "victim:_K.__p", "victim._K().h()") == "(NotImplemented, 1)"
    new = new.replace("self.x = x", "self.x = x + 1")


def test_private_method_that_a_base_has_too(applied):
    """A private method that is new is added, also if a base has one that is written alike."""
    old = "class B:\n    def __f(self): return 1\nclass C(B):\n    def g(self): return 1\n"
    new = old.replace("g(self): return 1", "g(self): return self.__f()\n    def __f(self): return 2")
    assert applied(old, new, "victim:C.g", "victim.C().g()") == "2"
