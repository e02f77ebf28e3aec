"""Find the proof of a patch that is kept here, and say what it proves about the release that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit import regular_file
from backportkit.proof import kept
from backportkit.proof.record import Outcome
from backportkit.source import location

if TYPE_CHECKING:
    from backportkit.proof.record import Matrix
    from backportkit.supply.evidence import Evidence


class Proof(NamedTuple):
    """The proof of a patch.

    Attributes:
        path: Its file, relative to the working directory.
        content: What the file has.
        told: What it proves, in words.
    """

    path: str
    content: bytes
    told: str


def of(one: Evidence) -> Proof | None:
    """Return the proof of a patch that is kept below the working directory; None if none is."""
    folder = location.here()
    found = None if folder is None else kept.find(one.declared.id, folder)
    if folder is None or found is None:
        return None
    path, matrix = found
    return Proof(path.relative_to(folder).as_posix(), regular_file.read(path), _told(matrix, one))


def _told(matrix: Matrix, one: Evidence) -> str:
    if matrix.content not in {None, one.content}:
        return "it is about another body under this id"
    proved = sorted({cell.version for cell in matrix.cells if cell.outcome is Outcome.PROVED})
    here = (
        f"with {one.component}" if one.component.version in proved else f"with {', '.join(proved)}, not {one.component}"
    )
    return f"proved {here}" if proved else "it proves nothing"
