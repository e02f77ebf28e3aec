"""Errors carry their facts as attributes, in their text, and across processes."""

from __future__ import annotations

import inspect
import pickle

import pytest

from backportkit import errors

FACTS = {"patch": "victim-1", "target": "victim:f", "expected": "this", "found": "that", "next_step": "do so"}
KINDS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, errors.BackportError) and kind is not errors.ApplyError
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_its_facts_as_attributes_and_in_its_text_and_keeps_them_when_pickled(kind):
    error = pickle.loads(pickle.dumps(kind("it failed", **FACTS)))  # noqa: S301 -- our own bytes
    assert {name: getattr(error, name) for name in FACTS} == FACTS
    assert str(error).splitlines() == [
        "patch 'victim-1': it failed",
        "  target:   victim:f",
        "  expected: this",
        "  found:    that",
        "  next:     do so",
    ]
    assert str(kind("it failed")) == "it failed"


@pytest.mark.parametrize(
    ("kind", "natural"),
    [
        (errors.DeclarationError, ValueError),
        (errors.UnknownPatchError, LookupError),
        (errors.NotAppliedError, RuntimeError),
        (errors.TargetError, AttributeError),
        (errors.DriftError, RuntimeError),
        (errors.ConflictError, RuntimeError),
        (errors.ReplacementError, RuntimeError),
        (errors.PatchImportError, ImportError),
        (errors.ProviderError, ImportError),
        (errors.ApplyError, RuntimeError),
    ],
)
def test_every_error_is_also_the_natural_built_in(kind, natural):
    assert issubclass(kind, natural)
    assert kind in {*KINDS, errors.ApplyError}


def test_problems_stand_below_the_declaration_that_has_them():
    error = errors.DeclarationError("it is wrong", patch="victim-1", problems=["one", "two"])
    assert str(error).splitlines() == ["patch 'victim-1': it is wrong", "  - one", "  - two"]


def test_several_errors_are_told_together():
    error = errors.ApplyError([errors.DriftError("a", patch="one"), errors.TargetError("b", patch="two")])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert str(again).splitlines() == ["2 errors kept patches from being applied", "patch 'one': a", "patch 'two': b"]
    assert [type(one) for one in again.errors] == [errors.DriftError, errors.TargetError]
