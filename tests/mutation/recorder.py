"""A plugin of pytest for one run under coverage: which test runs which line, and how long each test takes.

Interpreters that a test starts are measured too: they find the test's name in PYTEST_CURRENT_TEST, which the
configuration of coverage makes the context of what they run.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import coverage
import pytest

DURATIONS: dict[str, float] = defaultdict(float)
FAILED: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Make the test's name the context of what it runs in this process."""
    measuring = coverage.Coverage.current()
    if measuring:
        measuring.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report):
    """Add up what a test has taken."""
    DURATIONS[report.nodeid] += report.duration
    if report.failed:
        FAILED.add(report.nodeid)


def pytest_sessionfinish(session):
    """Write what each test has taken, and which have failed; workers of xdist leave that to who starts them."""
    if not hasattr(session.config, "workerinput"):
        result = {"durations": DURATIONS, "failed": sorted(FAILED)}
        Path(os.environ["MUTATION_TESTS"]).write_text(json.dumps(result), "utf-8")
