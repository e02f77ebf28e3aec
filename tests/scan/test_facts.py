"""Patches in files of real distributions, which were read one by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backportkit.check.supported import NOTHING_KNOWN
from backportkit.scan import scan as scanning
from backportkit.scan.fixed import Fixes
from backportkit.scan.texts import Text
from backportkit.scan.units import Unit, gather
from backportkit.scan.upstream import Upstream
from backportkit.toml import parse
from backportkit.upstream.evidence import Evidence, Options
from backportkit.upstream.modules import name_of

pytestmark = pytest.mark.tools

DISTRIBUTIONS = parse((Path(__file__).parent / "facts.toml").read_text("utf-8"))["distribution"]


def scanned(one):
    """Return the patches in the labelled files of a release, which are read out of its wheel in the package index."""
    archive = Evidence(Options()).archive(one["name"], one["version"])
    texts = tuple(Text(path, name_of(path), archive.read(path), path) for path in one["files"])
    unit = Unit(one["name"], texts, NOTHING_KNOWN)
    told = scanning.scan([unit], Fixes([]), Upstream(Options(offline=True)), tests=False).findings
    return {f"{one.file}:{one.line} {one.target} {one.form} {one.how} {one.specifier}".rstrip() for one in told}


@pytest.mark.parametrize("one", DISTRIBUTIONS, ids=[one["name"] for one in DISTRIBUTIONS])
def test_finds_what_is_there(one):
    """Scanning the labelled files finds what is labelled, and nothing else."""
    assert scanned(one) == set(one["patches"])


def test_whole_library_is_scanned():
    """The standard library, tests and odd syntax among it, is scanned to its end."""
    files = scanning.scan(
        gather([str(Path(os.__file__).parent)]), Fixes([]), Upstream(Options(offline=True)), tests=True
    )

    assert files.files > 1000
    assert files.findings


def test_recall():
    """The table has a hundred patches of a dozen distributions, and nineteen of twenty are found."""
    labelled = sum(len(one["patches"]) for one in DISTRIBUTIONS)
    missed = sum(len(one.get("missed", ())) for one in DISTRIBUTIONS)

    assert len(DISTRIBUTIONS) >= 12
    assert labelled >= 100
    assert labelled / (labelled + missed) >= 0.95
