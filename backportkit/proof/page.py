"""Write proofs: a JSON file for each patch, and a page about all proofs in a folder."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from backportkit import regular_file
from backportkit.proof import borders, kept
from backportkit.proof.markdown import code, link, text
from backportkit.proof.origin import ProofError
from backportkit.proof.record import Matrix, Outcome
from backportkit.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from backportkit.proof.record import Cell

_PAGE = "README.md"
_TITLE = "# Proofs\n"
_HEAD = """\
Each patch on the releases at both ends of its range and next to them, as `backportkit prove` wrote it down; what the
words mean stands in {}. The JSON files beside this page have every run.
"""
_MEANINGS = Path("..", "proving.md")  # relative to the page of the shipped patches
# A path of at least two folders, a path of Windows, or an address.
_PLACES = re.compile(
    r"(?<![\w.])(/[\w.+-]+){2,}/?|(?<![\w.])([A-Za-z]:|\\)(\\[^\s\\`'\"]+)+\\?|\b(https?|file)://[^\s`'\"]+"
)
_SHOWN = {Outcome.PROVED: "red → green → red"}


def check(folder: Path) -> None:
    """Raise ProofError if there can be no such folder, or if writing into it would overwrite something else."""
    if folder.exists() and not folder.is_dir():
        raise ProofError(f"{folder} is no folder", next_step="give --output a folder of its own")
    page = folder / _PAGE
    if not is_own(folder):
        raise ProofError(
            f"{page} is no page of proofs, and would be overwritten",
            next_step="give --output a folder of its own",
        )


def check_weight(folder: Path, patch_ids: Iterable[str], releases: int) -> None:
    """Raise ProofError if a proof on so many releases would take the place of one on more."""
    for patch_id in patch_ids:
        former = kept.read(folder / f"{patch_id}.json")
        if former is not None and len(former.cells) > releases:
            raise ProofError(
                f"{folder / patch_id}.json would be overwritten by a proof on fewer releases",
                expected=f"{len(former.cells)} or more",
                found=str(releases),
                next_step="prove it with --matrix, or give --output another folder",
            )


def is_own(folder: Path) -> bool:
    """Tell whether the page of a folder, if it has one, is one of proofs."""
    page = folder / _PAGE
    return not page.exists() or _text_of(page).startswith(_TITLE)


def _text_of(page: Path) -> str:
    try:
        return regular_file.read(page).decode("utf-8", errors="replace")
    except OSError:
        return ""


def write(matrices: Iterable[Matrix], folder: Path) -> Path:
    """Write the matrices into a folder, and its page anew from all that are there. Returns the page.

    Folders of this machine and addresses of its package index are left out. Raises ProofError if it cannot be written.
    """
    page = folder / _PAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for matrix in matrices:
            _write(folder / f"{matrix.patch}.json", redacted(_portable(matrix).model_dump_json(indent=2)) + "\n")
        _write(page, _text(list(_read(folder)), folder))
    except OSError as error:
        raise ProofError(f"the proofs cannot be written into {folder}", found=str(error)) from error
    return page


def without(folder: Path, patches: Collection[str]) -> str | None:
    """Return the page of a folder without some of the proofs there; None if there are no others."""
    left = [one for one in _read(folder) if one.patch not in patches]
    return _text(left, folder) if left else None


def _write(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise regular_file.UnfitError(f"{path} is no regular file")
    path.write_text(text, "utf-8")


def _text(matrices: Sequence[Matrix], folder: Path) -> str:
    """Return the page: a table of patches and releases for each package, and below it the deviations."""
    by_package: dict[str, list[Matrix]] = {}
    for package, matrix in (pair for one in matrices for pair in _apart(one)):
        by_package.setdefault(package, []).append(matrix)
    meanings = _MEANINGS.as_posix()
    where = f"[{_MEANINGS.name}]({meanings})" if (folder / _MEANINGS).is_file() else "backportkit's page on proving"
    return "\n".join(
        [
            _TITLE,
            _HEAD.format(where),
            *(_section(*pair) for pair in sorted(by_package.items())),
        ]
    )


def _apart(matrix: Matrix) -> Iterator[tuple[str, Matrix]]:
    """Yield each package of a matrix, with a matrix of the cells that are about it."""
    for package in dict.fromkeys(cell.package or matrix.package for cell in matrix.cells):
        cells = [cell for cell in matrix.cells if (cell.package or matrix.package) == package]
        alike = [one for one in matrix.alike if (one.package or matrix.package) == package]
        yield package, matrix.model_copy(update={"cells": tuple(cells), "alike": tuple(alike)})


def _read(folder: Path) -> Iterator[Matrix]:
    """Yield the proofs in a folder. Other JSON files there are passed over."""
    for path in sorted(folder.glob("*.json")):
        with suppress(OSError, ValidationError):
            yield Matrix.model_validate_json(regular_file.read(path))


def _portable(matrix: Matrix) -> Matrix:
    return matrix.model_copy(update={"cells": tuple(map(_portable_cell, matrix.cells))})


def _portable_cell(one: Cell) -> Cell:
    runs = [run.model_copy(update={"output": None, "message": _without_places(run.message)}) for run in one.runs]
    return one.model_copy(update={"runs": tuple(runs), "message": _without_places(one.message)})


def _without_places(message: str) -> str:
    return _PLACES.sub("…", message)


def _section(package: str, matrices: Sequence[Matrix]) -> str:
    versions = sorted({borders.version_of(one) for matrix in matrices for one in matrix.cells})
    rows = [_row(["patch", *map(str, versions)]), _row(["---"] * (len(versions) + 1))]
    for label, cells in (each for matrix in matrices for each in _by_python(matrix)):
        by_version = {borders.version_of(one): _shown(one) for one in cells}
        rows.append(_row([label, *(by_version.get(version, "") for version in versions)]))
    return "\n".join([f"## {text(package)}", "", *rows, "", *map(_notes, matrices)])


def _by_python(matrix: Matrix) -> Iterator[tuple[str, Sequence[Cell]]]:
    """Yield the label and the cells of each row of a patch: one for each Python, if there are several."""
    if not matrix.pythons[1:]:
        yield _linked(matrix), matrix.cells
        return
    for python in matrix.pythons:
        yield f"{_linked(matrix)}, Python {text(python)}", [one for one in matrix.cells if one.python == python]


def _row(columns: Iterable[str]) -> str:
    return f"| {' | '.join(columns)} |"


def _linked(matrix: Matrix) -> str:
    return link(matrix.patch, f"{matrix.patch}.json")


def _shown(one: Cell) -> str:
    shown = _SHOWN.get(one.outcome, str(one.outcome)) + (", yanked" if one.yanked is not None else "")
    return f"**{shown}**" if one.outcome.contradicts else shown


def _notes(matrix: Matrix) -> str:
    """Return the range, the Pythons, and the remarks that the table has no room for."""
    pythons = sorted({one.python for one in matrix.cells})
    summary, requires = text(matrix.summary.rstrip(".")), code(matrix.requires)
    lines = [f"- **{text(matrix.patch)}**, for {requires}: {summary}. Python {text(', '.join(pythons))}."]
    several = bool(matrix.pythons[1:])
    cells = [(text(f"{one.version} with Python {one.python}" if several else one.version), one) for one in matrix.cells]
    lines += [f"  - {version} is {one.outcome}: {code(one.message)}" for version, one in cells if _needs_words(one)]
    lines += [f"  - {version} was yanked: {code(one.yanked)}" for version, one in cells if one.yanked is not None]
    lines += [f"  - {text(one.line)}." for one in matrix.alike]
    lines += [f"  - {text(note)}." for note in matrix.notes]
    lines += [f"  - {line}." for line in _hashes(matrix)]
    if matrix.right is not None:
        lines.append(f"  - **The declared range is not the right one: {code(matrix.right)}.**")
    return "\n".join([*lines, ""])


def _hashes(matrix: Matrix) -> Iterator[str]:
    """Yield what was proved, by what, and from which files it was installed."""
    if matrix.content is not None:
        yield f"SHA-256 of its code: {code(matrix.content)}"
    if matrix.tool is not None:
        version, hashed = text(matrix.tool.version), code(matrix.tool.sha256)
        yield f"Proved by backportkit {version}, whose files have the SHA-256 {hashed}"
    found = {f"{one.name} {one.version}": one.file for cell in matrix.cells for one in cell.installed if one.file}
    subject = [name for name in found if name.partition(" ")[0] in matrix.package.split(" or ")]
    if subject:
        files = ", ".join(f"{text(name)} {code(found[name])}" for name in sorted(subject))
        yield f"SHA-256 of what was installed: {files}"


def _needs_words(one: Cell) -> bool:
    return one.outcome not in {Outcome.PROVED, Outcome.DORMANT}
