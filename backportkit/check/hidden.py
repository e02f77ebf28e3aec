"""BK107: find characters in the source of a patch that a reader does not see."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit import printable
from backportkit.check import reading
from backportkit.check.findings import Finding, about
from backportkit.engine import content
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared


def judge(declared: Declared) -> Iterator[Finding]:
    """Yield a finding for each file with hidden characters that declares the patch or has code that it brings along."""
    for path in files(declared):
        found = _hidden_in(path)
        if found:
            number, one = found[0]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            message = f"{location.relative(path)}:{number} has '{one}'{more}, which nobody sees who reads it"
            yield about(declared, "BK107", message, "delete them or, in a string, write them as escapes")


@cache
def files(declared: Declared) -> dict[str, None]:
    """Return the absolute paths of the files that declare a patch or have code that it brings along, each once.

    The file of the declaration comes first.
    """
    reproducer = declared.patch.reproducer
    proving = None if reproducer is None else reading.read(reproducer.run.module)
    read = [*content.of(declared, reading.library()).sources, proving]
    paths = [source.path for source in read if source is not None and source.text]
    return dict.fromkeys([str(location.file_of(declared.place)), *paths])


@cache
def _hidden_in(path: str) -> list[tuple[int, str]]:
    try:
        return list(printable.hidden(Path(path).read_bytes().decode("utf-8", "replace")))
    except (OSError, ValueError):  # the file is in an archive, or it is gone
        return []
