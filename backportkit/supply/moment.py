"""Tell the time of a document: now, or SOURCE_DATE_EPOCH.

https://reproducible-builds.org/specs/source-date-epoch/
"""

from __future__ import annotations

import os
from datetime import datetime, timezone

from backportkit.supply.errors import SupplyError

_VARIABLE = "SOURCE_DATE_EPOCH"


def now() -> datetime:
    """Return the moment. Raises SupplyError if the variable is no number of seconds."""
    seconds = os.environ.get(_VARIABLE)
    if seconds is None:
        return datetime.now(timezone.utc).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(seconds), timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise SupplyError(
            f"{_VARIABLE} is no moment",
            expected="the seconds since 1970, such as the time of the last commit: git log -1 --format=%ct",
            found=seconds,
            next_step="correct the variable, or unset it",
        ) from error


def written(moment: datetime) -> str:
    """Return a moment as documents have it."""
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
