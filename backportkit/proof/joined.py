"""Join what was proved of a patch with several Pythons."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.proof.interpreters import Interpreter
    from backportkit.proof.record import Matrix


def join(told: Sequence[tuple[Interpreter, Sequence[Matrix]]]) -> list[Matrix]:
    """Return one matrix for each patch, from the matrices that each Python has of it."""
    by_patch: dict[str, list[tuple[Interpreter, Matrix]]] = {}
    for python, matrices in told:
        for one in matrices:
            by_patch.setdefault(one.patch, []).append((python, one))
    return [_joined(parts) if parts[1:] else parts[0][1] for parts in by_patch.values()]


def _joined(parts: Sequence[tuple[Interpreter, Matrix]]) -> Matrix:
    matrices = [one for _, one in parts]
    alike = [each.model_copy(update={"python": str(python.version)}) for python, one in parts for each in one.alike]
    right = _right(matrices)
    told = {} if right else {str(python.version): one.right for python, one in parts if one.right}
    ranges = [f"with Python {version} the range should be {one}" for version, one in told.items()]
    return matrices[0].model_copy(
        update={
            "holds": all(one.holds for one in matrices),
            "right": right,
            "notes": (*ranges, *_notes(parts)),
            "cells": tuple(cell for one in matrices for cell in one.cells),
            "alike": tuple(alike),
        }
    )


def _right(matrices: Iterable[Matrix]) -> str | None:
    """Return the range that all Pythons speak for; None if it is the declared one, or they do not agree."""
    found = {one.right for one in matrices}
    return found.pop() if len(found) == 1 else None


def _notes(parts: Sequence[tuple[Interpreter, Matrix]]) -> Iterator[str]:
    """Yield the remarks. One that not all Pythons have names those that have it."""
    for note in dict.fromkeys(note for _, one in parts for note in one.notes):
        have = [str(python.version) for python, one in parts if note in one.notes]
        yield note if len(have) == len(parts) else f"with Python {', '.join(have)}: {note}"
