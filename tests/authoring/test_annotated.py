"""The annotations of what is written are those that upstream's module has."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

HEAD = """
import typing as t
from collections import OrderedDict
class D: pass
X = int
"""
F = 'def f(a: int, b: "D" = None, *c: {0}) -> "t.Optional[D]": return {1}\n'
ALL = "list(victim.{}.__annotations__.values())"


@pytest.mark.parametrize("annotation", ["int", "OrderedDict", "t.Any"])
def test_annotations_of_builtin_and_standard_names(applied, project, annotation):
    """Annotations are evaluated where upstream's module evaluates them, and texts stay what they are."""
    old, new = (HEAD + F.format(annotation, value) for value in "12")
    value = f"{ALL.format('f')} == [int, 'D', victim.{annotation}, 't.Optional[D]']".replace("victim.int", "int")
    assert applied(old, new, "victim:f", f"victim.f(1), {value}") == "2 True"
    assert "from __future__" not in project.read("mine/_backports/victim/mine_1.py")


@pytest.mark.parametrize("annotation", ["D", "X"])
def test_annotations_of_names_of_the_module(applied, annotation):
    """What an annotation needs of the target's module is imported after that."""
    old, new = (HEAD + F.format(annotation, value) for value in "12")
    value = f"victim.f(1), victim.f.__annotations__['c'] is victim.{annotation}"
    assert applied(old, new, "victim:f", value) == "2 True"


def test_annotations_that_are_not_evaluated(applied, project):
    """Annotations stay texts where upstream's module leaves them unevaluated."""
    old, new = (f"from __future__ import annotations\nclass D: pass\n{F.format('D', value)}" for value in "12")
    assert applied(old, new, "victim:f", f"{ALL.format('f')}[2:]") == """['D', "'t.Optional[D]'"]"""
    assert "_body" not in "".join(project.files_there())


def test_annotations_of_a_method(applied):
    """Annotations may name something of the class that the method is in."""
    old = "class C:\n    class Inner: pass\n    def f(self, x: Inner, y: 'C'): return 1\n"
    value = "victim.C().f(1, 2), victim.C.f.__annotations__ == {'x': victim.C.Inner, 'y': 'C'}"
    assert applied(old, old.replace("return 1", "return 2"), "victim:C.f", value) == "2 True"


def test_annotations_of_a_new_class(applied):
    """A class that comes along has fields of the types that upstream's has."""
    old = "import dataclasses\nclass D: pass\ndef f(): return 1\n"
    new = old.replace("return 1", "return New(1, 2)") + "@dataclasses.dataclass\nclass New:\n    x: int\n    y: D\n"
    value = "[one.type for one in victim.dataclasses.fields(victim.f())] == [int, victim.D]"
    assert applied(old, new, "victim:f", value) == "True"


def test_new_name_in_an_annotation(applied):
    """A name that only the fix's annotation needs comes along."""
    new = "import typing\ndef f(x: typing.Any = 1): return 2\n"
    value = "victim.f(), victim.f.__annotations__['x']"
    assert applied("def f(x=1): return 1\n", new, "victim:f", value) == "2 typing.Any"
