"""Tell which of the names that a patch adds its own functions bind anew, as they say by `global`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.code import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.code.piece import Piece


def notes(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield a sentence for each function that binds what the patch adds: its value is not the patch's own then."""
    new = {(one.place.module, one.name) for one in pieces if one.is_new and not one.is_member}
    for piece in pieces:
        for name in sorted(names.bound_anew(piece.node)):
            if (piece.place.module, name) in new:
                way = "keep the value in a dict, or leave the patch in"
                yield f"{piece.target} binds {name} anew, which is a conflict from then on, and cannot be undone: {way}"
