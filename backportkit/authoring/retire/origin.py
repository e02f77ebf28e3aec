"""Say in a module which patch by hand it was taken over from, and read that again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from backportkit.authoring.retire.tree import Tree
    from backportkit.declaration.registry import Declared

_SENTENCE = re.compile(r"^Taken over from (\S+), line \d+\.$", re.MULTILINE)


def sentence(path: str, line: int) -> str:
    """Return the sentence for the docstring of a module."""
    return f"Taken over from {path}, line {line}."


def left(tree: Tree, retired: Iterable[Declared]) -> Iterator[str]:
    """Say which files had the patches by hand that patches were made of, and still have the names of the targets."""
    for one in retired:
        file = location.file_of(one.place)
        found = _SENTENCE.search(file.read_text("utf-8", "replace")) if file.is_file() else None
        names = {edit.target.attribute.encode() for edit in one.patch.edits}
        for path in [] if found is None else _files(tree, found[1]):
            if any(name in tree.content(path) for name in names):
                made = f"the patch by hand that {one.id} was made of"
                yield f"see whether {made} is still in {location.relative(path)}, and delete it"


def _files(tree: Tree, within: str) -> list[Path]:
    """Return the files of a project whose paths end as they did when a scan found a patch there."""
    return [path for path in tree.paths if f"/{path.as_posix()}".endswith(f"/{within}")]
