"""Read and write baselines: what is known of earlier scans, and not told again while its verdict stays."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit import regular_file
from backportkit.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from backportkit.scan.verdicts import Judged


class Known(NamedTuple):
    """A patch of an earlier scan; the file is named from the folder of the baseline."""

    file: str
    target: str
    verdict: str


class Baseline(NamedTuple):
    """The patches that a file says are known.

    Attributes:
        path: The file.
        known: How often it has each patch.
    """

    path: Path
    known: Counter[Known]


class Compared(NamedTuple):
    """The patches that were found, compared with a baseline.

    Attributes:
        told: What the baseline does not know.
        known: The number of patches that it knows.
        is_new: True if a file has more patches of a target than the baseline knows.
        stale: What the baseline knows and nobody finds any more.
    """

    told: tuple[Judged, ...]
    known: int
    is_new: bool
    stale: tuple[Known, ...]


def read(path: Path) -> Baseline:
    """Return a baseline. Raises DeclarationError if it cannot be read."""
    try:
        return Baseline(path, Counter(_entries(path)))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DeclarationError(
            f"{path} cannot be read as a baseline: {error}", next_step="name a file that --write-baseline has written"
        ) from error


def _entries(path: Path) -> list[Known]:
    content = json.loads(regular_file.read(path))
    return [Known(*(str(one[key]) for key in Known._fields)) for one in content["known"]]


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
    known = [_known(one, path)._asdict() for one in findings]
    path.write_text(json.dumps({"known": known}, indent=2) + "\n", "utf-8")


def compare(
    baseline: Baseline, findings: Iterable[Judged], scanned: Collection[str], is_asked: Callable[[str], bool]
) -> Compared:
    """Compare what was found with what is known.

    Args:
        baseline: What is known.
        findings: What was found.
        scanned: The files that were scanned: of others, nobody can tell whether their patches are still there.
        is_asked: Tells whether a verdict is one that was asked for.
    """
    left, told = baseline.known.copy(), []
    more: Counter[tuple[str, str]] = Counter()
    for one in findings:
        key = _known(one, baseline.path)
        more[key[:2]] += 1
        if left[key]:
            left[key] -= 1
        else:
            told.append(one)
    for key, number in baseline.known.items():
        more[key[:2]] -= number
    files = {_place(one, baseline.path) for one in scanned}
    stale = [one for one in left.elements() if is_asked(one.verdict) and _is_looked_at(one.file, files, baseline.path)]
    known = baseline.known.total() - left.total()
    return Compared(tuple(told), known, any(number > 0 for number in more.values()), tuple(stale))


def _known(one: Judged, path: Path) -> Known:
    return Known(_place(one.file, path), one.target, one.verdict)


def _place(file: str, path: Path) -> str:
    """Return the path of a file from the folder of a baseline; a file in a wheel keeps its name there."""
    if not Path(file).exists():
        return file
    try:
        return Path(os.path.relpath(file, path.absolute().parent)).as_posix()
    except ValueError:  # on another drive of Windows
        return Path(file).absolute().as_posix()


def _is_looked_at(file: str, scanned: Collection[str], path: Path) -> bool:
    """Tell whether a file of a baseline was scanned, or is no more."""
    return file in scanned or not (path.absolute().parent / file).exists()
