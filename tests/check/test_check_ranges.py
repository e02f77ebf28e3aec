"""Ranges of versions are compared as PEP 440 says."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from backportkit.check import ranges


@pytest.mark.parametrize(
    ("supported", "patched", "overlap", "past"),
    [
        ("==2.14.0", ">=2.9,<2.10", False, True),
        (">=2.10", ">=2.9,<2.10", False, True),
        (">=2.10", ">=2.10,<2.11", True, False),
        (">=2.10", ">=2.9,<=2.10", True, False),
        (">2.10", ">=2.9,<=2.10", False, True),
        ("<2.9", ">=2.9,<2.10", False, False),
        ("", ">=2.9,<2.10", True, False),
        ("<3", ">=2.9,<2.10", True, False),
        ("==2.11.0+cu130", ">=2.11,<2.12", True, False),
        ("==2.12.0+cu130", ">=2.11,<2.12", False, True),
        ("~=2.10.3", "~=2.10.1", True, False),
        ("==2.10.*", ">2.10.5,<2.10.6", True, False),
        ("==2.*,!=2.10", "==2.10", False, False),
        (">=2.12.0rc1", "<2.12", False, True),
        ("===weird", "<2", False, False),
        (">=2.10", ">=2.11", True, False),
        (">=1!1.0", ">=2.9,<2.10", False, True),
    ],
)
def test_ranges_overlap_or_one_is_past_the_other(supported, patched, overlap, past):
    one, other = SpecifierSet(supported), SpecifierSet(patched)
    assert ranges.overlap(one, other) is ranges.overlap(other, one) is overlap
    assert ranges.is_past(one, other) is past


@pytest.mark.parametrize(
    ("specifier", "empty"),
    [("", False), (">=3,<2", True), ("==2,!=2", True), (">2,<2.0.0.1", False), ("<2", False), ("==1.0rc1", False)],
)
def test_range_without_any_version_is_empty(specifier, empty):
    assert ranges.is_empty(SpecifierSet(specifier)) is empty
