"""Add a line to the changelog of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.project.pyproject import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

_UNRELEASED, _REMOVED = "unreleased", "removed"
_UNDERLINES = frozenset("=-~^*")


def with_lines(path: Path, entries: list[str]) -> bytes:
    """Return a changelog with more entries, in the list of what is removed in the release to come.

    A file that is not there yet gets the entries alone. Raises ProjectError if it has no heading for that release.
    """
    text = path.read_bytes().decode("utf-8") if path.exists() else ""
    if not text:
        return "".join(f"- {one}\n" for one in entries).encode()
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    first = next((at for at in range(len(lines)) if _level(lines, at) and _UNRELEASED in lines[at].lower()), None)
    if first is None:
        raise ProjectError(
            f"{path.name} has no place for what is not released yet",
            expected="a heading with the word Unreleased",
            next_step="add one, or name a file that is not there yet",
        )
    at, new = _place(lines, first, entries)
    return (end.join([*lines[:at], *new, *lines[at:]]) + end).encode()


def _place(lines: list[str], first: int, entries: list[str]) -> tuple[int, list[str]]:
    """Return where the entries go, and their lines."""
    level = _level(lines, first)
    rest = range(first + 1, len(lines))
    last = next((at for at in rest if 0 < _level(lines, at) <= level), len(lines))
    inner = [at for at in range(first + 1, last) if _level(lines, at)]
    removed = next((at for at in inner if _title(lines[at]).lower() == _REMOVED), None)
    mark = next((line[:2] for line in lines if line.startswith(("- ", "* "))), "- ")
    new = [f"{mark}{one}" for one in entries]
    if removed is not None:
        last = next((at for at in inner if at > removed), last)
    at = _after_text(lines, removed if removed is not None else first, last)
    if inner and removed is None:
        return at, ["", *_heading(lines, inner[0]), "", *new]
    is_in_list = lines[at - 1].startswith((mark, " "))
    return at, new if is_in_list else ["", *new]


def _after_text(lines: list[str], first: int, last: int) -> int:
    """Return the place after the last line with a text, after a first line and before a last one."""
    return next(at for at in range(last, first, -1) if lines[at - 1].strip())


def _heading(lines: list[str], like: int) -> list[str]:
    """Return a heading for what is removed, in the form of another one."""
    if lines[like].startswith("#"):
        return [f"{'#' * _level(lines, like)} {_REMOVED.capitalize()}"]
    return [_REMOVED.capitalize(), lines[like + 1][0] * len(_REMOVED)]


def _level(lines: list[str], at: int) -> int:
    """Return the level of the heading at a line; 0 if there is none."""
    line = lines[at]
    if line.startswith("#"):
        return len(line) - len(line.lstrip("#"))
    below = lines[at + 1].strip() if at + 1 < len(lines) else ""
    is_underlined = (
        bool(line.strip()) and len({*below}) == 1 and below[0] in _UNDERLINES and len(below) >= len(line) // 2
    )
    return 1 + "=-~^*".index(below[0]) if is_underlined else 0


def _title(line: str) -> str:
    return line.strip("# ").strip()
