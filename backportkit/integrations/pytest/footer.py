"""Name in the report of a failure the patches whose code is in its traceback, and those that are in force."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from backportkit.engine import verbs
from backportkit.errors import BackportError
from backportkit.reports import tracebacks

if TYPE_CHECKING:
    import pytest

_SHOWN = 10


def note(error: BaseException) -> None:
    """Add a note to an error if code of patches is in its traceback. An error that cannot have notes gets none."""
    for one in (error, *_in_doctest(error)):
        with suppress(Exception):
            tracebacks.note_patches(one)


def _in_doctest(error: BaseException) -> list[BaseException]:
    """Return the errors that examples of a doctest have raised: theirs are the tracebacks that pytest shows.

    Source: https://docs.python.org/3/library/doctest.html#doctest.UnexpectedException
    """
    doctest: Any = sys.modules.get("doctest")  # pytest loads it where it has found a doctest
    if doctest is None:
        return []
    failures = vars(error).get("failures", [error])  # several with --doctest-continue-on-failure
    return [one.exc_info[1] for one in failures if isinstance(one, doctest.UnexpectedException)]


def name_all(report: pytest.CollectReport, error: BaseException) -> None:
    """Add a section to the report of an error of the collection, and name there what a note would."""
    with suppress(Exception):
        if ids := tracebacks.note_patches(error):
            report.sections.append(("backportkit", f"code of {', '.join(ids)} is in this traceback"))
    name_applied(report, error)


def name_applied(report: pytest.CollectReport | pytest.TestReport, error: BaseException) -> None:
    """Add a section to the report of a failure that names the patches in force, if there are any.

    An error of backportkit says itself which patches it is about.
    """
    applied = verbs.applied_ids()
    if report.failed and applied and not isinstance(error, BackportError):
        more = f" and {len(applied) - _SHOWN} more" if applied[_SHOWN:] else ""
        report.sections.append(("backportkit", f"in force: {', '.join(applied[:_SHOWN])}{more}"))
