"""`backportkit scan`: show the patches that people wrote by hand, and which of them are dead."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import codes
from backportkit.check.codes import EVERY
from backportkit.cli import declarations, exit_codes, listed, quiet, reported, scan_document
from backportkit.cli.listed import Entry
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import complain, cost, emit_json, say
from backportkit.declaration.registry import declared_patches
from backportkit.scan import baselines, units
from backportkit.scan import scan as scanning
from backportkit.scan.fixed import Fixes
from backportkit.scan.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.codes import Codes
    from backportkit.scan.scan import Scanned
    from backportkit.scan.verdicts import Judged
    from backportkit.upstream.evidence import Options


class Asked(NamedTuple):
    """How to scan, and how to show it.

    Attributes:
        output: `table`, `full`, with what to do next, or `json`, `github`, `gitlab` or `sarif`.
        tests: True if test suites are scanned, too.
        named: The codes of the findings that are asked for.
        baseline: The file of what is known already.
        written: The file to write that into.
    """

    output: str = "table"
    tests: bool = False
    named: Codes = EVERY
    baseline: Path | None = None
    written: Path | None = None


def scan(names: Sequence[str], asked: Asked, options: Options) -> int:
    """Scan folders, files, wheels or installed distributions; return the exit code."""
    wanted = asked.named.over(codes.of_project(Path()))
    if asked.written is not None:
        baselines.check_writable(asked.written)
    known = [] if asked.baseline is None else baselines.read(asked.baseline)
    declarations.read_all(None)
    upstream = Upstream(options)
    told = scanning.scan(units.gather(names), Fixes(declared_patches), upstream, tests=asked.tests)
    every = len(told.findings)
    told = told._replace(findings=tuple(one for one in told.findings if wanted.have(one.code)))
    left_out = every - len(told.findings)
    if asked.written is not None:
        baselines.write(asked.written, told.findings)
    told = told._replace(findings=baselines.without(told.findings, known))
    _write(told, left_out, asked.output)
    if upstream.cost[0]:
        say(cost(*upstream.cost), err=True)
    return scan_document.exit_code(told)


def _write(told: Scanned, left_out: int, output: str) -> None:
    if output == "json":
        emit_json(written(scan_document.of(told)))
    elif output in reported.WRITERS:
        reported.WRITERS[output]([one.reported for one in told.findings])
    else:
        _LISTS[output](quiet.shown(told.findings, lambda one: exit_codes.counts(one.reported)))
        for path, reason in told.unread:
            complain(f"backportkit: {path} cannot be read: {reason}", err=True)
        say(_summary(told, left_out))


def _show(found: Sequence[Judged]) -> None:
    listed.show(Entry(one.reported, one.target) for one in found)
    if found:
        say("-v shows the next steps")


def _show_in_full(found: Sequence[Judged]) -> None:
    listed.show(map(_in_full, found))


def _in_full(one: Judged) -> Entry:
    also = [f"also: {', '.join(one.also)}"] if one.also else []
    guard = [f"guard: {one.guard}"] if one.guard else []
    return Entry(one.reported, one.target, listed.details(one.reason, *also, *guard, f"next: {one.next}"))


_LISTS = {"table": _show, "full": _show_in_full}


def _summary(told: Scanned, left_out: int) -> str:
    counts = Counter(one.verdict for one in told.findings)
    numbers = [f"{number} {verdict}" for verdict, number in counts.most_common()]
    said = ", ".join([*numbers, f"{left_out} {listed.LEFT_OUT}"] if left_out else numbers)
    many = f"{len(told.findings)} {'patch' if len(told.findings) == 1 else 'patches'} by hand"
    return f"{told.files} file{'' if told.files == 1 else 's'}, {many}{': ' if said else ''}{said}"
