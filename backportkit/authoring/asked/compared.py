"""Compare two releases of a distribution, by definitions. Files that are alike are not read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.util import decode_source
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import changed, data_files
from backportkit.authoring.asked.changed import Change, How
from backportkit.authoring.asked.files import why_left_out
from backportkit.upstream.archive import Archive
from backportkit.upstream.modules import extension_of, name_of
from backportkit.upstream.session import AT_A_TIME

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from backportkit.upstream.index import File, Release
    from backportkit.upstream.means import Means

_TO_A_READER = 8  # files that are worth another connection


class Comparison(NamedTuple):
    """The differences of two releases.

    Attributes:
        changes: The definitions that changed in modules that both have, and what moved from one module to another.
        come: The modules that only the newer one has.
        gone: The modules that only the older one has.
        left_out: The files that differ and are no code of it, with the reason.
        unread: The files that are no Python for this one, with the reason.
    """

    changes: tuple[Change, ...]
    come: tuple[str, ...]
    gone: tuple[str, ...]
    left_out: Mapping[str, str]
    unread: Mapping[str, str]


def compare(old: Release, new: Release, means: Means, only: Collection[str]) -> Comparison:
    """Compare two releases; of the modules in `only` alone, if there are any. Raises UnavailableError."""
    with Archive(old.file, means) as one, Archive(new.file, means) as other:
        differing, data = _differing(one, other, only), data_files.changed(one, other)
        reasons = {path: why_left_out(path) or _why_compiled(path, one, other) for path in differing}
    left_out = {path: why for path, why in reasons.items() if why}
    paths = [path for path in differing if path not in left_out]
    before, after = (_texts(paths, release.file, means) for release in (old, new))
    unread: dict[str, str] = {}
    each = [_of_file(path, before.get(path), after.get(path), unread) for path in paths]
    come, gone = ({name_of(path) for path in paths if path not in texts} for texts in (before, after))
    told = [one for one in changed.moved(chain.from_iterable(each)) if _is_told(one, come, gone)]
    return Comparison(tuple(told), tuple(sorted(come)), tuple(sorted(gone)), left_out | data, unread)


def _why_compiled(path: str, *archives: Archive) -> str | None:
    """Say that a release has an extension beside a source; None if none has."""
    found = next(filter(None, (extension_of(one, path.removesuffix(".py")) for one in archives)), None)
    return None if found is None else f"compiled, Python takes {found} before it"


def of_code(old: Release, new: Release, means: Means) -> list[str]:
    """Return the files of code that may differ in two releases. Raises UnavailableError."""
    with Archive(old.file, means) as one, Archive(new.file, means) as other:
        return [path for path in _differing(one, other, ()) if not why_left_out(path)]


def _is_told(change: Change, come: Collection[str], gone: Collection[str]) -> bool:
    """Tell whether a change is more than that its whole module came or went."""
    return change.how is How.MOVED or change.item.place.module not in {*come, *gone}


def _differing(old: Archive, new: Archive, only: Collection[str]) -> list[str]:
    """Return the Python files that may differ, by what the archives say of them."""
    before, after = old.checksums, new.checksums
    paths = sorted(
        path for path in before.keys() | after.keys() if path.endswith(".py") and not _is_again(path, before)
    )
    chosen = [path for path in paths if not only or name_of(path) in only]
    return [
        path for path in chosen if path not in before or path not in after or _may_differ(before[path], after[path])
    ]


def _is_again(path: str, paths: Collection[str]) -> bool:
    """Tell whether a file of an sdist is listed without the folder `src`, too."""
    return path.startswith("src/") and path.removeprefix("src/") in paths


def _may_differ(one: str | None, other: str | None) -> bool:
    return one is None or one != other


def _texts(paths: Sequence[str], file: File, means: Means) -> dict[str, bytes]:
    """Return the contents of those files that a release has, read by several readers at a time."""
    readers = min(AT_A_TIME, -(-len(paths) // _TO_A_READER)) or 1
    with ThreadPoolExecutor(readers) as pool:
        each = pool.map(lambda first: _read(paths[first::readers], file, means), range(readers))
        return {path: content for one in each for path, content in one.items()}


def _read(paths: Sequence[str], file: File, means: Means) -> dict[str, bytes]:
    with Archive(file, means) as archive:
        return {path: archive.read(path) for path in paths if path in archive.paths}


def _of_file(path: str, old: bytes | None, new: bytes | None, unread: dict[str, str]) -> list[Change]:
    """Return the changes of one file; none, and the reason in `unread`, if it is no Python."""
    try:
        texts = [decode_source(content or b"") for content in (old, new)]
        return changed.between(name_of(path), *texts)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        unread[path] = str(error)
        return []
