"""Signatures: a caller that worked before must still work."""

from __future__ import annotations

import ast
import functools
import inspect
from inspect import Parameter, Signature

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backportkit.source import signature


def of(text):
    names = {}
    exec(f"def f({text}): pass", names)  # noqa: S102 -- the test's own text
    return inspect.signature(names["f"])


@pytest.mark.parametrize(
    ("original", "replacement"),
    [
        ("", ""),
        ("a", "a"),
        ("a, /", "b"),
        ("a, /", "b, /"),
        ("a", "a, b=1"),
        ("a", "a=1"),
        ("a", "a, *, b=1"),
        ("a, b=1", "a, b=2"),
        ("*, a", "a"),
        ("*, a", "*, b=1, a"),
        ("a, *, b", "a, b"),
        ("a, b=1", "*args, **kwargs"),
        ("a, /, *args", "*args"),
        ("**kwargs", "a=1, **kwargs"),
        ("*args, a", "*args, a"),
        ("a, b", "a=None, *args, **kwargs"),
    ],
)
def test_what_takes_every_call_fits(original, replacement):
    assert signature.misfit(of(original), of(replacement)) is None


@pytest.mark.parametrize(
    ("original", "replacement", "reason"),
    [
        ("a", "", "'a' can no longer be given by position"),
        ("a", "*, a", "'a' can no longer be given by position"),
        ("a", "*args, a=1", "'a' can no longer be given by position"),
        ("a", "b", "'a' can no longer be given by keyword"),
        ("a", "a, /", "'a' can no longer be given by keyword"),
        ("a", "a, /, **kwargs", "'a' can no longer be given by keyword"),
        ("a", "*args", "'a' can no longer be given by keyword"),
        ("a", "b, **kwargs", "'b' must be given now"),
        ("*, a", "", "'a' can no longer be given by keyword"),
        ("a, b", "b, a", "'a' has moved to another place"),
        ("a, *, b", "b, a", "'a' has moved to another place"),
        ("a, /, *, b", "b, /, **kwargs", "'b' can no longer be given by keyword"),
        ("a, /, *, b", "b", "'b' has moved to another place"),
        ("*args, a", "a, *args", "'a' has moved to another place"),
        ("a", "a, b", "'b' must be given now"),
        ("a=1", "a", "'a' must be given now"),
        ("*, a=1", "*, a", "'a' must be given now"),
        ("a=1, /", "b, /", "'b' must be given now"),
        ("", "*, a", "'a' must be given now"),
        ("*args", "", "'*args' took any number of positional arguments"),
        ("**kwargs", "*args", "'**kwargs' took any keyword"),
    ],
)
def test_what_refuses_a_call_is_told_by_the_name_of_the_parameter(original, replacement, reason):
    assert signature.misfit(of(original), of(replacement)) == reason


_KINDS = [Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY]


@st.composite
def signatures(draw):
    names = draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3))
    parameters = [
        Parameter(name, draw(st.sampled_from(_KINDS)), default=draw(st.sampled_from([Parameter.empty, 1])))
        for name in names
    ]
    parameters.sort(key=lambda one: (one.kind, one.kind is not Parameter.KEYWORD_ONLY and one.default == 1))
    optional = False
    for index, one in enumerate(parameters):
        if one.kind is not Parameter.KEYWORD_ONLY:
            optional = optional or one.default == 1
            parameters[index] = one.replace(default=1) if optional else one
    if draw(st.booleans()):
        parameters.append(Parameter("args", Parameter.VAR_POSITIONAL))
    if draw(st.booleans()):
        parameters.append(Parameter("kwargs", Parameter.VAR_KEYWORD))
    return Signature(sorted(parameters, key=lambda one: one.kind))


def calls(original):
    """Every way to call a function: some by position, the rest by keyword, with and without what has a default."""
    parameters = original.parameters.values()
    positional = [one for one in parameters if one.kind in _KINDS[:2]]
    named = [one for one in parameters if one.kind in _KINDS[1:]]
    more = [0, 2] if any(one.kind is Parameter.VAR_POSITIONAL for one in parameters) else [0]
    for number in range(len(positional) + 1):
        by_keyword = [one for one in named if one not in positional[:number]]
        for mask in range(2 ** len(by_keyword)):
            keywords = {one.name: one.name for bit, one in enumerate(by_keyword) if mask >> bit & 1}
            for extra in more if number == len(positional) else [0]:
                yield [one.name for one in positional[:number]] + ["more"] * extra, keywords


def binds(function, call):
    try:
        return function.bind(*call[0], **call[1])
    except TypeError:
        return None


@settings(max_examples=400, deadline=None)
@given(signatures(), signatures())
def test_verdict_is_that_of_trying_every_call(original, replacement):
    accepted = [call for call in calls(original) if binds(original, call)]
    refused = [call for call in accepted if binds(replacement, call) is None]
    reason = signature.misfit(original, replacement)
    if refused:
        assert reason is not None, refused
    elif accepted and reason is not None:
        # All calls are taken, but one lands in another parameter than the one that it names, or was open ended.
        assert reason.endswith(("place", "arguments", "keyword", "by position")), reason


class C:
    def method(self, a): ...

    @staticmethod
    def static(a): ...

    @classmethod
    def cls_method(cls, a): ...

    @property
    def size(self): ...

    @size.setter
    def size(self, a): ...

    @functools.lru_cache  # noqa: B019
    def cached(self, a): ...

    def without_self(*a): ...


@pytest.mark.parametrize(
    ("name", "part", "expected"),
    [
        ("method", None, "(a)"),
        ("static", None, "(a)"),
        ("cls_method", None, "(a)"),
        ("cached", None, "(a)"),
        ("size", None, "()"),
        ("size", "fset", "(a, /)"),
        ("without_self", None, "(*a)"),
    ],
)
def test_what_python_binds_does_not_count(name, part, expected):
    assert str(signature.of_stored(vars(C)[name], part, in_class=True)) == expected


def test_wrapper_is_taken_for_what_it_is_and_for_what_it_wraps():
    def inner(a): ...

    @functools.wraps(inner)
    def wrapper(*args): ...

    assert str(signature.of_stored(wrapper, None, in_class=False)) == "(*args)"
    assert str(signature.of_wrapped(wrapper, None, in_class=False)) == "(a)"
    assert str(signature.of_wrapped(staticmethod(wrapper), None, in_class=True)) == "(a)"
    assert str(signature.of_wrapped(wrapper, None, in_class=True)) == "()"
    assert signature.of_wrapped(inner, None, in_class=False) is None
    assert signature.of_wrapped(5, None, in_class=False) is None


@pytest.mark.parametrize("raw", [5, len, object.__init__, functools.partial(binds), C])
def test_what_is_not_written_in_python_is_not_known(raw):
    assert signature.of_stored(raw, None, in_class=False) is None


def test_what_is_read_is_told_from_what_is_called():
    assert signature.is_computed(vars(C)["size"])
    assert not signature.is_computed(vars(C)["method"])


def test_signature_read_from_a_definition_is_that_of_the_function():
    text = "a, /, b, c=1, *rest, d, e=2, **more"
    (node,) = ast.parse(f"def f({text}): pass").body
    read, held = signature.of_arguments(node.args, binds=False), of(text)
    assert [(one.name, one.kind) for one in read.parameters.values()] == [
        (one.name, one.kind) for one in held.parameters.values()
    ]
    assert signature.misfit(read, held) is signature.misfit(held, read) is None
    assert [*signature.of_arguments(node.args, binds=True).parameters] == ["b", "c", "rest", "d", "e", "more"]
