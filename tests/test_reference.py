"""A reference names an object, and fetches the very object that its name leads to."""

from __future__ import annotations

import copy
import functools
import pickle

import pytest

from backportkit.declaration.reference import Reference


class Holder:
    """Hold one of each kind."""

    def method(self):  # pragma: no cover -- a specimen, never called
        return 1

    @staticmethod
    def static():  # pragma: no cover -- a specimen, never called
        return 2

    @property
    def size(self):  # pragma: no cover -- a specimen, never called
        return 3

    def _set(self, value):
        raise NotImplementedError

    write_only = property(None, _set)

    @functools.cached_property
    def cached(self):  # pragma: no cover -- a specimen, never called
        return 4

    @functools.singledispatchmethod
    def generic(self, value):  # pragma: no cover -- a specimen, never called
        return 5


class Heir(Holder):
    """Inherit."""


@pytest.mark.parametrize("name", ["method", "static", "size", "cached", "generic"])
def test_reference_to_a_member_of_a_class_resolves_to_the_raw_object(name):
    raw = vars(Holder)[name]
    reference = Reference.to(raw)
    assert reference == f"{__name__}:Holder.{name}"
    assert Reference(str(reference)).resolve() is raw
    assert reference.resolve() is raw
    assert reference.module == __name__


def test_reference_may_be_given_its_name():
    reference = Reference.to(vars(Holder)["write_only"], f"{__name__}:Holder.write_only")
    assert Reference(str(reference)).resolve() is reference.held
    assert Reference.to(reference.held) == f"{__name__}:Holder._set"


def test_inherited_member_is_found():
    assert Reference(f"{__name__}:Heir.method").resolve() is Holder.method


def test_names_that_lead_nowhere_raise_as_python_does():
    with pytest.raises(ModuleNotFoundError):
        Reference("no_such_module_at_all:f").resolve()
    with pytest.raises(AttributeError):
        Reference(f"{__name__}:Holder.nothing").resolve()


def test_other_text_is_another_reference_and_hashes_follow_equality():
    first, second = Reference.to(Holder.method), Reference(f"{__name__}:Holder.method")
    assert first == second
    assert not (first != second)  # noqa: SIM202 -- a str has its own `!=`
    assert hash(first) == hash(second)
    assert first != Reference("mine:f")


def nested_one():  # pragma: no cover -- a specimen, never called
    def inner():
        return 1

    return inner


def nested_two():  # pragma: no cover -- a specimen, never called
    def inner():
        return 2

    return inner


def test_inner_functions_count_too():
    name = "mine:f"
    assert Reference.to(nested_one, name) == Reference.to(nested_one, name)
    assert Reference.to(nested_one, name) != Reference.to(nested_two, name)


def test_setter_of_a_property_counts_too():
    first = property(Holder.method, nested_one)
    second = property(Holder.method, nested_two)
    assert Reference.to(first, "mine:p") != Reference.to(second, "mine:p")


def test_object_without_a_name_is_refused():
    with pytest.raises(ValueError, match="has no name of its own"):
        Reference.to(functools.partial(nested_one))


def test_reference_survives_copying_and_pickling():
    reference = Reference.to(nested_one)
    assert pickle.loads(pickle.dumps(reference)).held is nested_one  # noqa: S301 -- our own bytes
    assert copy.deepcopy(reference) == reference
