"""`backportkit scan`: show the patches that people wrote by hand, and which of them are dead."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from backportkit.cli import declarations, reported, scan_document, tables
from backportkit.cli.check import STYLES
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import cost, emit_json, escape, say
from backportkit.declaration.registry import declared_patches
from backportkit.scan import baselines, units
from backportkit.scan import scan as scanning
from backportkit.scan.fixed import Fixes
from backportkit.scan.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from backportkit.scan.scan import Scanned
    from backportkit.scan.verdicts import Judged
    from backportkit.upstream.evidence import Options


class Asked(NamedTuple):
    """How to scan, and how to show it.

    Attributes:
        output: `table`, `json`, `github`, `gitlab` or `sarif`.
        tests: True if test suites are scanned, too.
        baseline: The file of what is known already.
        written: The file to write that into.
    """

    output: str = "table"
    tests: bool = False
    baseline: Path | None = None
    written: Path | None = None


def scan(names: Sequence[str], asked: Asked, options: Options) -> int:
    """Scan folders, files, wheels or installed distributions; return the exit code."""
    if asked.written is not None:
        baselines.check_writable(asked.written)
    known = [] if asked.baseline is None else baselines.read(asked.baseline)
    declarations.read_all(None)
    upstream = Upstream(options)
    told = scanning.scan(units.gather(names), Fixes(declared_patches), upstream, tests=asked.tests)
    if asked.written is not None:
        baselines.write(asked.written, told.findings)
    told = told._replace(findings=baselines.without(told.findings, known))
    _write(told, asked.output)
    if upstream.cost[0]:
        say(cost(*upstream.cost), err=True)
    return scan_document.exit_code(told)


def _write(told: Scanned, output: str) -> None:
    if output in reported.WRITERS:
        reported.WRITERS[output]([one.reported for one in told.findings])
    else:
        _WRITERS[output](told)


def _write_table(told: Scanned) -> None:
    if told.findings:
        tables.show(["code", "target", "finding", "place"], map(_row, told.findings), wide="finding")
    for path, reason in told.unread:
        say(f"backportkit: {path} cannot be read: {reason}", err=True)
    counts = Counter(one.verdict for one in told.findings)
    said = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    many = f"{len(told.findings)} {'patch' if len(told.findings) == 1 else 'patches'} by hand"
    say(f"{told.files} file{'' if told.files == 1 else 's'}, {many}{': ' if said else ''}{said}")


def _row(one: Judged) -> list[str]:
    code = f"[{STYLES[one.rule.level]}]{one.code}[/]"
    return [code, escape(one.target), escape(_text(one)), escape(f"{one.file}:{one.line}")]


def _text(one: Judged) -> str:
    also = f"\nalso: {', '.join(one.also)}" if one.also else ""
    guard = f"\nguard: {one.guard}" if one.guard else ""
    return f"{one.verdict}: {one.reason}{also}{guard}\nnext: {one.next}"


def _write_json(told: Scanned) -> None:
    emit_json(written(scan_document.of(told)))


_WRITERS = {"table": _write_table, "json": _write_json}
