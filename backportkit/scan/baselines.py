"""Read and write baselines: what is known of earlier scans, and not told again while its verdict stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from backportkit import regular_file
from backportkit.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from backportkit.scan.verdicts import Judged

_FIELDS = ("file", "target", "verdict")


def read(path: Path) -> list[dict[str, str]]:
    """Return the entries of a baseline. Raises DeclarationError if it cannot be read."""
    try:
        return _entries(path)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DeclarationError(
            f"{path} cannot be read as a baseline: {error}", next_step="name a file that --write-baseline has written"
        ) from error


def _entries(path: Path) -> list[dict[str, str]]:
    content = json.loads(regular_file.read(path))
    return [{key: str(one[key]) for key in _FIELDS} for one in content["known"]]


def check_writable(path: Path) -> None:
    """Check that a file is a baseline or is not there. Raises DeclarationError for any other: it is not overwritten."""
    try:
        _entries(path)
    except FileNotFoundError:
        return
    except (ValueError, LookupError, TypeError) as error:
        raise DeclarationError(
            f"{path} is there, and is no baseline: {error}", next_step="give --write-baseline another file"
        ) from error


def write(path: Path, findings: Iterable[Judged]) -> None:
    """Write a baseline of findings."""
    known = [{"file": one.file, "target": one.target, "verdict": one.verdict} for one in findings]
    path.write_text(json.dumps({"known": known}, indent=2) + "\n", "utf-8")


def without(findings: Sequence[Judged], known: Sequence[dict[str, str]]) -> tuple[Judged, ...]:
    """Return the findings that a baseline does not know."""
    keys = {tuple(one[key] for key in _FIELDS) for one in known}
    return tuple(one for one in findings if (one.file, one.target, one.verdict) not in keys)
