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
