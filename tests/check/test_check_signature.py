"""A replacement must take every call that the original takes."""

from __future__ import annotations

import ast

import pytest

from backportkit.check import signature


def of(parameters):
    (function,) = ast.parse(f"def f({parameters}): pass").body
    return signature.of_node(function.args)


@pytest.mark.parametrize(
    ("original", "replacement"),
    [
        ("self, a, b=1", "me, a, b=2"),
        ("self, a", "self, a, b=1, *, c=2"),
        ("self, a, b", "self, *args, **kwargs"),
        ("self, a, /", "self, other, /"),
        ("self, a, /", "self, other"),
        ("self, *, a", "self, a"),
        ("self, *, a=1", "self, **kwargs"),
        ("self, *args, **kwargs", "self, *rest, **more"),
        ("", ""),
        ("*args", "*args"),
        ("self, a", "self, *args, a=None, **kwargs"),
    ],
)
def test_replacement_that_takes_every_call_fits(original, replacement):
    assert signature.misfit(of(original), of(replacement), bound=True) is None


@pytest.mark.parametrize(
    ("original", "replacement", "reason"),
    [
        ("self, a, b", "self, a", "'b' cannot be given by position any more"),
        ("self, a", "self, *, a", "'a' cannot be given by position any more"),
        ("self, a", "self, b", "'a' cannot be given by name any more"),
        ("self, *, a", "self", "'a' cannot be given by name any more"),
        ("self, a, b", "self, b, a", "'a' has another position"),
        ("self, a=1", "self, a", "'a' is obligatory, and callers do not give it"),
        ("self, *, a=1", "self, *, a", "'a' is obligatory, and callers do not give it"),
        ("self", "self, new", "'new' is obligatory, and callers do not give it"),
        ("self", "self, *, new", "'new' is obligatory, and callers do not give it"),
        ("self, *args", "self", "'*args' is not taken any more"),
        ("self, **kwargs", "self", "'**kwargs' is not taken any more"),
    ],
)
def test_replacement_that_refuses_a_call_is_told_with_the_parameter(original, replacement, reason):
    assert signature.misfit(of(original), of(replacement), bound=True) == reason


def test_first_parameter_counts_where_python_does_not_hand_it_over():
    assert signature.misfit(of("a"), of("b"), bound=False) == "'a' cannot be given by name any more"
    assert signature.misfit(of("a"), of("b"), bound=True) is None


def test_signature_read_from_source_is_that_of_the_function():
    def function(a, /, b, c=1, *rest, d, e=2, **more): ...

    read = of("a, /, b, c=1, *rest, d, e=2, **more")
    held = signature.of_function(function)
    assert [(one.name, one.kind) for one in read.parameters.values()] == [
        (one.name, one.kind) for one in held.parameters.values()
    ]
    assert signature.misfit(read, held, bound=False) is signature.misfit(held, read, bound=False) is None
