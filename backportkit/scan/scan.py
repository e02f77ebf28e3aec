"""Find and judge the hand-written patches of projects and distributions."""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan.find import Finder
from backportkit.scan.judge import Judge
from backportkit.scan.project import Project
from backportkit.scan.remembered import Remembered
from backportkit.scan.worth import is_worth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from backportkit.scan.find import Found
    from backportkit.scan.fixed import Fixes
    from backportkit.scan.texts import Text
    from backportkit.scan.units import Unit
    from backportkit.scan.upstream import Upstream
    from backportkit.scan.verdicts import Judged

_IGNORED = re.compile(r"#\s*backportkit:\s*ignore(?:\[(?P<codes>[\w\s,]*)\])?")


class Scanned(NamedTuple):
    """The patches of what was scanned.

    Attributes:
        findings: The patches.
        unread: The files that cannot be read, each with the reason.
        files: The number of files.
        is_unread: True if a file that was given by its name cannot be read.
    """

    findings: tuple[Judged, ...]
    unread: tuple[tuple[str, str], ...]
    files: int
    is_unread: bool = False


def scan(units: Iterable[Unit], fixes: Fixes, upstream: Upstream, *, tests: bool) -> Scanned:
    """Find and judge the patches in some projects or distributions; in their tests, too, if that is asked for."""
    told = []
    with _without_collecting():
        told = [_of_unit(unit, fixes, upstream, tests=tests) for unit in units]
    findings = [found for one in told for found in one.findings]
    unread = [reason for one in told for reason in one.unread]
    return Scanned(tuple(findings), tuple(unread), sum(one.files for one in told), any(one.is_unread for one in told))


def _of_unit(unit: Unit, fixes: Fixes, upstream: Upstream, *, tests: bool) -> Scanned:
    project = Project(unit.texts)
    finder = Finder(project)
    judge = Judge(finder, unit, fixes, upstream)
    texts = [text for text in unit.texts if tests or not text.is_of_tests]
    found = list(_found(finder, texts, Remembered(unit.texts, upstream), _is_any if unit.is_file else is_worth))
    judged = [judge.judge(one) for one in found]
    kept = [one for one, at in zip(judged, found, strict=True) if not _is_ignored(one, at)]
    unread = (*unit.unread, *((one.path, one.reason) for one in project.unread))
    return Scanned(tuple(sorted(kept)), unread, len(texts), unit.is_file and bool(unread))


def _is_any(_: Text) -> bool:
    return True


def _found(
    finder: Finder, texts: Sequence[Text], remembered: Remembered, is_worth: Callable[[Text], bool]
) -> Iterator[Found]:
    """Yield the patches in the files that may have some."""
    known = remembered.paths()
    having = []
    for text in texts:
        is_left = not is_worth(text) if known is None else text.path not in known
        file = None if is_left else finder.project.parsed(text)
        if file is None and not is_left:
            having.append(text.path)  # so that it is named the next time, too
        for one in finder.in_file(file) if file is not None else ():
            having.append(text.path)
            yield one
    if known is None:
        remembered.keep(having)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Collect no garbage meanwhile: syntax trees are millions of objects, and looking through them takes most time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # looking through all these trees now takes seconds
        if was_enabled:
            gc.enable()


def _is_ignored(judged: Judged, found: Found) -> bool:
    lines = found.file.source.split("\n")
    said = [_IGNORED.search(lines[at - 1]) for at in (judged.line, _last_line(found)) if at <= len(lines)]
    return any(one is not None and _names(one["codes"], judged.code) for one in said)


def _last_line(found: Found) -> int:
    """Return the last line of the statement that makes a patch, where a comment may stand behind its bracket."""
    statement = found.edit.statement
    is_there = found.file is found.frame.file and found.line >= getattr(statement, "lineno", 0)
    last = getattr(statement, "end_lineno", None) or found.line
    return last if is_there and last >= found.line and not hasattr(statement, "body") else found.line


def _names(codes: str | None, code: str) -> bool:
    """Tell whether a comment names a code; one without codes names all."""
    return codes is None or code in {one.strip().upper() for one in codes.split(",")}
