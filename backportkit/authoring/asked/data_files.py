"""Tell which files of a package two releases do not have alike that are no Python: templates, scripts, other data."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from backportkit.authoring.asked.files import is_of_tests
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from backportkit.upstream.archive import Archive

_SHOWN = 10  # files of one kind that are named
_NO_PYTHON = "no Python, and part of the package"


def changed(old: Archive, new: Archive) -> dict[str, str]:
    """Return the files of packages that are no Python and differ, with the reason why no patch has them."""
    try:
        before, after = old.data, new.data
    except UnavailableError as error:  # it was read before there was more than Python to be told of
        return {"files that are no Python": f"not compared: {error.found or error.message}"}
    packages = {path.partition("/")[0] for path in new.paths if path.endswith("/__init__.py")}
    differing = {path for path in before.keys() | after.keys() if _differ(before, after, path)}
    kinds: dict[str, list[str]] = {}
    for path in sorted(differing):
        if path.partition("/")[0] in packages and not is_of_tests(path):
            kinds.setdefault(PurePosixPath(path).suffix, []).append(path)
    return dict.fromkeys((said for kind, paths in kinds.items() for said in _said(kind, paths)), _NO_PYTHON)


def _differ(before: Mapping[str, str | None], after: Mapping[str, str | None], path: str) -> bool:
    """Tell whether a file was changed, added or removed, as far as the archives have checksums."""
    if path not in before or path not in after:
        return True
    return None not in {before[path], after[path]} and before[path] != after[path]


def _said(kind: str, paths: Collection[str]) -> Iterator[str]:
    """Yield paths; of many files of a kind, such as translations, their number with the first and the last."""
    if len(paths) <= _SHOWN:
        yield from paths
    else:
        first, *_, last = paths
        yield f"{len(paths)} files *{kind}, from {first} to {last}"
