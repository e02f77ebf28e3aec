"""Files of real distributions, in which somebody who never saw the scan has labelled all patches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import score

from backportkit.scan import scan as scanning
from backportkit.scan.fixed import Fixes
from backportkit.scan.units import gather
from backportkit.scan.upstream import Upstream
from backportkit.upstream.evidence import Options
from backportkit.upstream.history import Silent

pytestmark = pytest.mark.tools

# Small wheels with patches of many forms; `python tests/scan/score.py` scores all distributions.
FEW = [
    *("elastic-apm", "ipykernel", "nest-asyncio", "opentelemetry-instrumentation-threading"),
    *("setuptools", "coverage", "aikido_zen", "newrelic"),
]


def test_finds_what_is_labelled():
    """Nineteen of twenty labelled patches are found, and nineteen of twenty findings are labelled."""
    total = score.NOTHING
    for one in score.labelled(FEW):
        total += score.scored(one, score.from_index(one))

    assert total.found > 80
    assert total.recall >= 0.95, total.missed
    assert total.precision >= 0.95, total.wrong


def test_labels_are_many():
    """The labels are of five hundred patches in forty distributions."""
    every = score.labelled()
    sure = [
        patch for one in every for file in one["file"] for patch in file.get("patches", []) if "unsure" not in patch
    ]

    assert len(every) >= 40
    assert len(sure) >= 500


def test_whole_library_is_scanned():
    """The standard library, tests and odd syntax among it, is scanned to its end."""
    files = scanning.scan(
        gather([str(Path(os.__file__).parent)]), Fixes([]), Upstream(Options(offline=True)), Silent(), tests=True
    )

    assert files.files > 1000
    assert files.findings
