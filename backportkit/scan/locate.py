"""Find the patches at a place, FILE:LINE as a scan prints it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.errors import DeclarationError
from backportkit.scan.find import Finder
from backportkit.scan.judge import Judge, judged
from backportkit.scan.project import Project
from backportkit.scan.worth import is_worth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.find import Found
    from backportkit.scan.fixed import Fixes
    from backportkit.scan.judge import Facts
    from backportkit.scan.texts import Text
    from backportkit.scan.units import Unit
    from backportkit.scan.upstream import Upstream
    from backportkit.scan.verdicts import Judged

_FORM = "FILE:LINE of a finding, as `backportkit scan` prints it"


class Located(NamedTuple):
    """A patch at a place.

    Attributes:
        facts: What is known of it.
        verdict: What a scan says of it.
        unranged: The tests in its guard that say nothing of a version, in words.
        stacked: The lines of its file that patch the same target, too.
        beside: The other patches of its file whose targets have the same name.
        evaluator: The way to what its names stand for.
    """

    facts: Facts
    verdict: Judged
    unranged: tuple[str, ...]
    stacked: tuple[int, ...]
    beside: tuple[Facts, ...]
    evaluator: Evaluator

    @property
    def found(self) -> Found:
        """The patch as it was found."""
        return self.facts.found


def at(place: str, units: Sequence[Unit], fixes: Fixes, upstream: Upstream) -> list[Located]:
    """Return the patches at a place. Raises DeclarationError if there is none."""
    path, line = _parsed(place)
    whole = Path(path).resolve()
    for unit in units:
        for text in unit.texts:
            if Path(text.path).resolve() == whole:
                return _in_unit(unit, text, line, Judge(_finder(unit), unit, fixes, upstream))
    unread = [(name, reason) for unit in units for name, reason in unit.unread if Path(name).resolve() == whole]
    raise _unreadable(*unread[0]) if unread else _not_scanned(path, units)


def _not_scanned(path: str, units: Sequence[Unit]) -> DeclarationError:
    return DeclarationError(
        f"{path} is none of the files that were scanned",
        expected=_FORM,
        found=f"the files of {', '.join(one.name or 'the working directory' for one in units)}",
        next_step="correct the file, or name what has it as PATH",
    )


def _unreadable(path: str, reason: str) -> DeclarationError:
    return DeclarationError(f"{path} cannot be read: {reason}", next_step="mend the file")


def _parsed(place: str) -> tuple[str, int]:
    path, _, line = place.rpartition(":")
    if not path or not line.isdecimal():
        raise DeclarationError(f"{place!r} is no place", expected=_FORM, next_step="copy one from its output")
    return Path(path).as_posix(), int(line)


def _finder(unit: Unit) -> Finder:
    return Finder(Project(unit.texts))


def _in_unit(unit: Unit, text: Text, line: int, judge: Judge) -> list[Located]:
    finder = judge.finder
    found = _at_line(finder, text, [text], line) or _at_line(finder, text, unit.texts, line)
    if not found:
        raise _nothing_there(finder, text, line)
    every = [one for one in _in_files(finder, [text]) if one.line != line]
    return [_located(one, every, judge) for one in found]


def _located(found: Found, others: Sequence[Found], judge: Judge) -> Located:
    facts = judge.facts(found)
    own = [one for one in others if one.file is found.file]
    stacked = sorted({one.line for one in own if one.place == found.place})
    alike = [one for one in own if one.place != found.place and one.place.path[-1:] == found.place.path[-1:]]
    beside = tuple(map(judge.facts, alike))
    return Located(
        facts,
        judged(facts, judge.verdicts(facts)),
        tuple(judge.unranged(facts)),
        tuple(stacked),
        beside,
        judge.finder.evaluator,
    )


def _at_line(finder: Finder, text: Text, texts: Sequence[Text], line: int) -> list[Found]:
    """Return the patches at a line of a file that statements in some files make: a helper may be in another one."""
    return [one for one in _in_files(finder, texts) if one.file.text is text and one.line == line]


def _in_files(finder: Finder, texts: Sequence[Text]) -> Iterator[Found]:
    for text in texts:
        file = finder.project.parsed(text) if is_worth(text) else None
        yield from finder.in_file(file) if file is not None else ()


def _nothing_there(finder: Finder, text: Text, line: int) -> DeclarationError:
    finder.project.parsed(text)
    for one in finder.project.unread:
        if one.path == text.path:
            return _unreadable(*one)
    found = [one for one in _in_files(finder, finder.project.texts) if one.file.text is text]
    near = sorted({one.line for one in found}, key=lambda one: abs(one - line))[:5]
    places = ", ".join(f"{text.path}:{one}" for one in sorted(near))
    return DeclarationError(
        f"there is no patch by hand at {text.path}:{line}",
        expected=_FORM,
        found=f"those at {places}" if near else "none in that file",
        next_step="name one of these" if near else "`backportkit scan` shows where they are",
    )
