"""Write what a patch changes as a unified diff, as `backportkit diff` shows it, and name no folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check import bodies, reading
from backportkit.check.bodies import Body, NoBodyError
from backportkit.engine import content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared


def of(declared: Declared, component: str) -> str:
    """Return the diff of all code that a patch brings to a component."""
    return "".join(f"{line}\n" for line in _lines(declared, component))


def _lines(declared: Declared, component: str) -> Iterator[str]:
    for edit in declared.patch.edits:
        yield from _edit(edit, declared.id, component)
    for piece in content.of(declared, reading.library()).pieces:
        if piece.role != content.REPLACEMENT:
            new = f"{piece.source.module}:{piece.line}, {piece.role}"
            yield from bodies.unified((), piece.lines, "nothing", f"{declared.id}  {new}")


def _edit(edit: Edit, patch_id: str, component: str) -> Iterator[str]:
    old, new = f"{component}  {edit.target}", f"{patch_id}  {edit.target}"
    if imported := bodies.imported(edit):
        yield from bodies.unified((), (f"# the import of {imported}",), "nothing", new)
        return
    before, after = _lines_of(edit)
    yield from bodies.unified(before, after, old, new)


def _lines_of(edit: Edit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines at a target and those of its replacement. What has no source is said in one line."""
    found = []
    for look in (bodies.at_target, bodies.of_replacement):
        try:
            found.append(look(edit))
        except NoBodyError as error:
            found.append(Body("", (f"# no source: {error.found}",), None))
    before, after = found
    return before.lines, after.lines
