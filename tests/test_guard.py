"""The guard compares what is installed with what a patch was written against."""

from __future__ import annotations

import functools

import pytest

from backportkit import fingerprint, guard
from backportkit.model import Edit
from backportkit.state import State
from backportkit.target import MISSING


def body(x):  # pragma: no cover -- a specimen, never called
    return x


def setter(self, value):  # pragma: no cover -- a specimen, never called
    self.value = value


def wrapper(function):
    @functools.wraps(function)
    def call(*args):  # pragma: no cover -- a specimen, never called
        return function(*args)

    return call


PRINT = fingerprint.of_function(body)
OTHER = "ast1:0123456789ab"


def examine(raw, target="victim:C.f", **fields):
    return guard.examine(Edit.model_validate({"target": target, "replacement": "mine:f"} | fields), raw)


@pytest.mark.parametrize("raw", [body, staticmethod(body), property(body), functools.lru_cache(body), wrapper(body)])
def test_body_is_judged_by_exact_match(raw):
    assert examine(raw, original=[OTHER, PRINT]).state is State.APPLIED
    assert examine(raw, original=OTHER, fixed=PRINT).state is State.ABSORBED
    drifted = examine(raw, original=[OTHER, "ast1:ba9876543210"])
    assert drifted == (State.DRIFTED, f"{OTHER} or ast1:ba9876543210", PRINT)


def test_body_that_is_not_the_fix_goes_ahead_where_no_original_is_given():
    assert examine(body, fixed=OTHER).state is State.APPLIED


def test_setter_is_judged_where_the_setter_is_the_target():
    both = property(body, setter)
    own = fingerprint.of_function(setter)
    assert examine(both, "victim:C.f.fset", original=own).state is State.APPLIED
    assert examine(both, "victim:C.f.fget", original=own).state is State.DRIFTED


@pytest.mark.parametrize("raw", [MISSING, len, 5])
def test_what_has_no_source_is_not_judged(raw):
    assert examine(raw, original=OTHER).state is State.APPLIED


def test_edit_without_fingerprints_is_not_judged():
    assert examine(body).state is State.APPLIED
