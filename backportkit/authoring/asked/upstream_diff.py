"""Read a unified diff of upstream's, and fit its hunks to a text. Nothing is written at the paths that it names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from backportkit.authoring.asked.files import UnusableError, why_left_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from unidiff.patch import Hunk as _Parsed
    from unidiff.patch import PatchedFile

_NOWHERE = "/dev/null"
_PREFIX = re.compile(r"[abciow]/")  # of git, also of its `diff.mnemonicPrefix`


class Hunk(NamedTuple):
    """One hunk.

    Attributes:
        header: Its first line, for messages.
        start: The number of its first line in the text before, as the header says, from 0 on.
        old: The lines before, with what is around the change.
        new: The lines after.
        before: The number of lines above the first change.
        after: The number of lines below the last change.
    """

    header: str
    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    before: int
    after: int

    def narrowed(self, most: int) -> Hunk:
        """Return the hunk with so many lines at most around the change."""
        above, below = max(0, self.before - most), max(0, self.after - most)
        cut = slice(above, -below or None)
        start = self.start + above
        return Hunk(self.header, start, self.old[cut], self.new[cut], self.before - above, self.after - below)


class File(NamedTuple):
    """One file of code that a diff changes.

    Attributes:
        path: Its path in upstream's repository before the change.
        new_path: Its path after the change.
        hunks: What changes in it.
    """

    path: str
    new_path: str
    hunks: tuple[Hunk, ...]


class Diff(NamedTuple):
    """A diff.

    Attributes:
        files: The files of code that it changes.
        left_out: The other files in it, with the reason why no patch can be for each.
    """

    files: tuple[File, ...]
    left_out: Mapping[str, str]


def parse(text: str) -> Diff:
    """Read a diff. Raises UnusableError if it is none, if a hunk is not as it says, or if it changes no code."""
    try:
        parsed = PatchSet(text)
    except (UnidiffParseError, ValueError, LookupError, NameError) as error:  # NameError: unidiff before 1.0
        raise UnusableError("the diff cannot be read", found=str(error).strip(), next_step=_AGAIN) from error
    lines = text.split("\n")
    files: list[File] = []
    left_out: dict[str, str] = {}
    for one in parsed:
        path, new_path = _path(one.source_file), _path(one.target_file)
        why = _why_left_out(one, path, new_path)
        if why is None:
            files.append(File(path, new_path, tuple(_hunks(one, lines))))
        else:
            left_out[path if path != _NOWHERE else new_path] = why
    if not files:
        raise _no_code(left_out)
    return Diff(tuple(files), left_out)


_AGAIN = (
    "give a unified diff as git writes it, such as `git show COMMIT` or the address of a pull request with .diff has"
)


def _no_code(left_out: Mapping[str, str]) -> UnusableError:
    said = [f"{path}: {why}" for path, why in left_out.items()]
    return UnusableError(
        "the diff changes no Python code that is installed",
        found="\n".join(said) or "no files in it",
        next_step=_AGAIN,
    )


def _path(said: str) -> str:
    """Return the path of a file in the repository. Raises UnusableError if it leads out of it."""
    if said == _NOWHERE:
        return said
    path = said.strip('"')
    path = path[2:] if _PREFIX.match(path) else path
    if path.startswith("/") or "\\" in path or ".." in PurePosixPath(path).parts:
        raise UnusableError(
            "the diff names a file outside of the folder that it is for",
            expected="a path within upstream's repository",
            found=said,
            next_step="do not use it, unless you know where it comes from",
        )
    return str(PurePosixPath(path))


def _why_left_out(one: PatchedFile, path: str, new_path: str) -> str | None:
    if why := why_left_out(path if path != _NOWHERE else new_path):
        return why
    if one.is_binary_file:
        return "binary"
    if new_path == _NOWHERE:
        return "removed by the fix"
    if path == _NOWHERE or one.is_added_file:
        return "added by the fix: a new module"
    return None if one else "renamed, or its mode changed; nothing else"


def _hunks(one: PatchedFile, lines: Sequence[str]) -> Iterator[Hunk]:
    for parsed in one:
        header = f"@@ -{parsed.source_start},{parsed.source_length} +{parsed.target_start},{parsed.target_length} @@"
        told = [line for line in parsed if line.is_context or line.is_added or line.is_removed]
        _check_end(one.path, header, told[-1].diff_line_no or 0, lines)
        if parsed.removed or parsed.added:
            yield _hunk(header, parsed)


def _check_end(path: str, header: str, last: int, lines: Sequence[str]) -> None:
    """Raise UnusableError if a hunk goes on where its header says that it ends: unidiff drops the rest."""
    after = lines[last] if last < len(lines) else ""
    if after.startswith(("+", " ")) or (after.startswith("-") and not after.startswith("--")):
        raise UnusableError(
            "a hunk of the diff is longer than its header says",
            expected=f"the end of {header} of {path} at line {last}",
            found=after,
            next_step=_AGAIN,
        )


def _hunk(header: str, parsed: _Parsed) -> Hunk:
    marks = "".join("." if line.is_context else "x" for line in parsed if line.line_type != "\\")
    return Hunk(
        header,
        max(0, parsed.source_start - 1),
        tuple(_text(line.value) for line in parsed if line.is_context or line.is_removed),
        tuple(_text(line.value) for line in parsed if line.is_context or line.is_added),
        marks.index("x"),
        len(marks) - 1 - marks.rindex("x"),
    )


def _text(value: str) -> str:
    return value.removesuffix("\n")


class Fitted(NamedTuple):
    """A hunk, and the number of the line where it fits a text, from 0 on."""

    hunk: Hunk
    at: int


def fit(hunks: Sequence[Hunk], text: str) -> list[Fitted] | None:
    """Return where the hunks fit a text as it is before the change; None if one does not.

    Each fits after the one before it, and where there are several places, the nearest to what its header says.
    """
    return _fit([(hunk, hunk.old) for hunk in hunks], text)


def fit_after(hunks: Sequence[Hunk], text: str) -> list[Fitted] | None:
    """Return where the hunks fit a text as it is after the change; None if one does not."""
    return _fit([(hunk, hunk.new) for hunk in hunks], text)


def _fit(hunks: Sequence[tuple[Hunk, tuple[str, ...]]], text: str) -> list[Fitted] | None:
    lines = _Lines(text)
    told: list[Fitted] = []
    least = moved = 0
    for hunk, wanted in hunks:
        at = lines.nearest(wanted, hunk.start + moved, least)
        if at is None:
            return None
        told.append(Fitted(hunk, at))
        least, moved = at + len(wanted), at - hunk.start
    return told


class _Lines:
    """The lines of a text, to look others up in them."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines):
            self._at.setdefault(line, []).append(number)

    def nearest(self, wanted: Sequence[str], near: int, least: int) -> int | None:
        """Return the line, `least` or after it, where the wanted lines stand nearest to another line."""
        if not wanted:
            return None
        rare = min(range(len(wanted)), key=lambda number: len(self._at.get(wanted[number], ())))
        starts = [at - rare for at in self._at.get(wanted[rare], ()) if at - rare >= least]
        fitting = [at for at in starts if tuple(self._lines[at : at + len(wanted)]) == tuple(wanted)]
        return min(fitting, key=lambda at: abs(at - near), default=None)


def applied(fitted: Sequence[Fitted], text: str) -> str:
    """Return the text with the hunks applied where they fit."""
    lines = text.split("\n")
    for hunk, at in reversed(fitted):
        lines[at : at + len(hunk.old)] = hunk.new
    return "\n".join(lines)


def touched_before(fitted: Sequence[Fitted]) -> set[int]:
    """Return the numbers, from 1 on, of the lines that the hunks change in a text as it is before."""
    return {number for hunk, at in fitted for number in _touched(hunk, hunk.old, at)}


def touched_after(fitted: Sequence[Fitted]) -> set[int]:
    """Return the numbers, from 1 on, of the lines that the hunks have changed in a text as it is after."""
    return {number for hunk, at in fitted for number in _touched(hunk, hunk.new, at)}


def _touched(hunk: Hunk, lines: Sequence[str], at: int) -> range:
    """Return the lines from the first change to the last; the one beside it where only the other side has any."""
    first, last = at + hunk.before, at + len(lines) - hunk.after
    return range(first + 1, max(last, first + 1) + 1)
