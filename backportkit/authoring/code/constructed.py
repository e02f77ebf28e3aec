"""Tell which classes of fields upstream's code makes instances of, where the fix has changed the fields."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.code import classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix


def notes(pieces: Sequence[Piece], fix: Fix, sources: Sources) -> Iterator[str]:
    """Yield a sentence for each class that a piece calls, and that has other fields in the releases with the bug."""
    for piece in pieces:
        for name in sorted(_called(piece.node)):
            found = sources.library(fix.source, piece.source.module).find(piece.source.module, [name])
            node = found.nodes[-1] if found.nodes else None
            if isinstance(node, ast.ClassDef) and found.source is not None:
                yield from _other_fields(piece, node, found.source.module, fix, sources)


def _called(node: ast.AST) -> set[str]:
    return {one.func.id for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}


def _other_fields(piece: Piece, node: ast.ClassDef, module: str, fix: Fix, sources: Sources) -> Iterator[str]:
    now = classes.fields(node)
    for row in fix.ends:
        found = sources.library(row, module).find(module, [node.name])
        before = classes.fields(found.nodes[-1]) if found.nodes else []
        if before and before != now:
            was, is_now = (", ".join(one) or "none" for one in (before, now))
            yield (
                f"{piece.target} calls {module}:{node.name}, whose fields are {was} before the fix and {is_now} in it, "
                "and no patch changes that: write the call as it was"
            )
            return
