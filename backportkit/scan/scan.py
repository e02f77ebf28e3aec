"""Find and judge the hand-written patches of projects and distributions."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import codes
from backportkit.scan import ignored, reproducers
from backportkit.scan.find import Finder
from backportkit.scan.judge import Judge, judged
from backportkit.scan.project import Project
from backportkit.scan.remembered import Remembered
from backportkit.scan.worth import is_worth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.check.codes import Codes
    from backportkit.scan.find import Found
    from backportkit.scan.fixed import Fixes
    from backportkit.scan.texts import Text
    from backportkit.scan.units import Unit
    from backportkit.scan.upstream import Upstream
    from backportkit.scan.verdicts import Judged
    from backportkit.upstream.history import Watcher


class Scanned(NamedTuple):
    """The patches of what was scanned.

    Attributes:
        findings: The patches.
        unread: The files that cannot be read, each with the reason.
        files: The files.
        is_unread: True if a file that was given by its name cannot be read.
        left_out: The code of each patch that has no verdict of the codes that are asked for.
    """

    findings: tuple[Judged, ...]
    unread: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    is_unread: bool = False
    left_out: tuple[str, ...] = ()


def scan(  # noqa: PLR0913 -- what the command was told
    units: Sequence[Unit],
    fixes: Fixes,
    upstream: Upstream,
    watcher: Watcher,
    *,
    tests: bool,
    asked: Codes = codes.EVERY,
) -> Scanned:
    """Find and judge the patches in some projects or distributions; in their tests, too, if that is asked for."""
    with _without_collecting():
        watcher.expect(sum(len(_scanned(unit, tests=tests)) for unit in units))
        told = [_of_unit(unit, _Judging(fixes, upstream, asked, watcher), tests=tests) for unit in units]
    return Scanned(
        tuple(found for one in told for found in one.findings),
        tuple(reason for one in told for reason in one.unread),
        tuple(path for one in told for path in one.files),
        any(one.is_unread for one in told),
        tuple(code for one in told for code in one.left_out),
    )


class _Judging(NamedTuple):
    """The evidence that the patches of all units are judged by, and who hears of it."""

    fixes: Fixes
    upstream: Upstream
    asked: Codes
    watcher: Watcher


def _of_unit(unit: Unit, by: _Judging, *, tests: bool) -> Scanned:
    project = Project(unit.texts)
    finder = Finder(project)
    judge = Judge(finder, unit, by.fixes, by.upstream)
    texts = _scanned(unit, tests=tests)
    found = [
        *(_in_one if unit.file else _in_all)(finder, _seen(texts, by.watcher), Remembered(unit.texts, by.upstream))
    ]
    by.watcher.expect(len(found))
    told, left_out = _told(found, judge, by)
    unread = (*unit.unread, *((one.path, one.reason) for one in project.unread if unit.file in {"", one.path}))
    files = tuple(text.path for text in texts)
    return Scanned(tuple(sorted(told)), unread, files, bool(unit.file and unread), tuple(left_out))


def _told(found: Iterable[Found], judge: Judge, by: _Judging) -> tuple[list[Judged], list[str]]:
    """Return patches with the verdicts that are asked for, and the codes of those that have none of these."""
    told: list[Judged] = []
    left_out: list[str] = []
    for one in found:
        facts = judge.facts(one)
        every = [verdict for verdict in judge.verdicts(facts) if not ignored.is_left_out(verdict.code, one)]
        kept = [verdict for verdict in every if by.asked.have(verdict.code)]
        if kept:
            told.append(judged(facts, kept))
        elif every:
            left_out.append(every[0].code)
        by.watcher.done(f"{one.file.text.path}:{one.line}")
    return told, left_out


def _scanned(unit: Unit, *, tests: bool) -> list[Text]:
    if unit.file:
        return [text for text in unit.texts if text.path == unit.file]
    if tests:
        return [*unit.texts]
    left_out = reproducers.modules(unit.texts)
    return [text for text in unit.texts if not text.is_of_tests and text.module not in left_out]


def _seen(texts: Iterable[Text], watcher: Watcher) -> Iterator[Text]:
    """Yield the files, and tell of each that was read."""
    for text in texts:
        yield text
        watcher.done(text.path)


def _in_one(finder: Finder, texts: Iterable[Text], _: Remembered) -> Iterator[Found]:
    """Yield the patches in a file, whatever is in it; helpers that it imports of the project may make them."""
    for text in texts:
        file = finder.project.parsed(text)
        every = [] if file is None else [file, *finder.project.imported(file)]
        yield from (one for source in every for one in finder.in_file(source) if one.file is file)


def _in_all(finder: Finder, texts: Iterable[Text], remembered: Remembered) -> Iterator[Found]:
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
