"""The same without the plugin, and what `backportkit.testing` has."""

from __future__ import annotations

import pytest
import zipp
from downstream.reproducers import ancestors_end

from backportkit import Patch, require, testing, unpatched

PATCH = "zipp-cve-2024-5569"


def test_patch_mends_it():
    require(PATCH)
    ancestors_end()


def test_bug_is_there_without_it():
    with unpatched(PATCH), pytest.raises(AssertionError, match="'//', '//'"):
        ancestors_end()


def test_body_is_the_one_that_the_patch_is_for():
    testing.assert_patchable(PATCH)


def test_patch_is_proved():
    testing.assert_proved(PATCH)


def test_other_patch_for_one_test():
    patch = Patch(id="no-parents", summary="s", requires="zipp<4", target="zipp:_parents", replacement=lambda path: [])
    with testing.provided(patch):
        assert zipp._parents("a/b") == []
    assert list(zipp._parents("a/b")) == ["a"]
