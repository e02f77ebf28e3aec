"""`backportkit scan`: show the patches that people wrote by hand, and which of them are dead."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import codes
from backportkit.check.codes import EVERY
from backportkit.cli import declarations, exit_codes, listed, quiet, reported, scan_document
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.listed import Entry
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import complain, cost, emit_json, say
from backportkit.cli.progress import Items
from backportkit.declaration.registry import declared_patches
from backportkit.scan import baselines, units, verdicts
from backportkit.scan import scan as scanning
from backportkit.scan.fixed import Fixes
from backportkit.scan.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backportkit.check.codes import Codes
    from backportkit.scan.baselines import Baseline, Known
    from backportkit.scan.scan import Scanned
    from backportkit.scan.verdicts import Judged
    from backportkit.upstream.evidence import Options


_FEW = 3  # entries of a baseline that are named


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


def scan(names: Sequence[str], asked: Asked, options: Options) -> ExitCode:
    """Scan folders, files, wheels or installed distributions; return the exit code."""
    wanted = asked.named.over(codes.of_project(Path()))
    if asked.written is not None:
        baselines.check_writable(asked.written)
    baseline = None if asked.baseline is None else baselines.read(asked.baseline)
    declarations.read_all(None)
    upstream = Upstream(options)
    every = units.gather(names)
    with Items() as progress:
        told = scanning.scan(every, Fixes(declared_patches), upstream, progress, tests=asked.tests, asked=wanted)
    if asked.written is not None:
        code = _keep(told, asked.written, asked.output)
    elif baseline is not None:
        code = _compare(told, baseline, wanted, asked.output)
    else:
        code = scan_document.exit_code(told)
        _write(told, code, asked.output)
    if upstream.cost[0]:
        say(cost(*upstream.cost), err=True)
    return code


def _keep(told: Scanned, path: Path, output: str) -> ExitCode:
    """Write a baseline of what was found, which is no failure then; return the exit code."""
    baselines.write(path, told.findings)
    code = scan_document.exit_code(told._replace(findings=()))
    if output in _LISTS:
        _say_unread(told)
        say(f"wrote {path}, which knows {_many(len(told.findings))} in {_files(told)}")
        say(f"backportkit scan --baseline {path} tells all others")
    else:
        _write(told, code, output)
    return code


def _compare(told: Scanned, baseline: Baseline, wanted: Codes, output: str) -> ExitCode:
    """Write what a baseline does not know; return the exit code, which is 1 for a patch that is new."""
    known = baselines.compare(baseline, told.findings, told.files, lambda one: wanted.have(verdicts.CODES.get(one, "")))
    left = told._replace(findings=known.told)
    code = scan_document.exit_code(left)
    code = ExitCode.WRONG if known.is_new and code is not ExitCode.CANNOT else code
    more = [f"{known.known} known"] if known.known else []
    _write(left, code, output, more, lambda one: known.is_new or _counts(one))
    if known.stale and output in _LISTS:
        say(_stale(known.stale, baseline.path))
    return code


def _stale(stale: Sequence[Known], path: Path) -> str:
    named = ", ".join(f"{one.target} in {one.file}" for one in stale[:_FEW])
    more = f" and {len(stale) - _FEW} more" if len(stale) > _FEW else ""
    return f"{path} knows what is not found any more: {named}{more}; --write-baseline {path} writes it anew"


def _counts(one: Judged) -> bool:
    return exit_codes.counts(one.reported)


def _write(
    told: Scanned,
    code: ExitCode,
    output: str,
    more: Sequence[str] = (),
    has_failed: Callable[[Judged], bool] = _counts,
) -> None:
    """Write what was found; `more` is said of what was not."""
    if output == "json":
        emit_json(written(scan_document.of(told, code)))
    elif output in reported.WRITERS:
        reported.WRITERS[output]([one.reported for one in told.findings])
    else:
        _LISTS[output](quiet.shown(told.findings, has_failed))
        _say_unread(told)
        say(_summary(told, more))


def _say_unread(told: Scanned) -> None:
    for path, reason in told.unread:
        complain(f"backportkit: {path} cannot be read: {reason}", err=True)


def _show(found: Sequence[Judged]) -> None:
    listed.show(Entry(one.reported, one.target) for one in found)
    if found:
        say("-v shows the next steps")


def _show_in_full(found: Sequence[Judged]) -> None:
    listed.show(map(_in_full, found))


def _in_full(one: Judged) -> Entry:
    also = [f"also: {', '.join(one.also)}"] if one.also else []
    guard = [f"guard: {one.guard}{_range(one)}"] if one.guard else []
    way = f"way: {one.how}, by {one.form}"
    return Entry(one.reported, one.target, listed.details(one.reason, *also, way, *guard, f"next: {one.next}"))


def _range(one: Judged) -> str:
    return f", which is {one.of} {one.specifier.replace(' || ', ' or ')}" if one.specifier else ""


_LISTS = {"table": _show, "full": _show_in_full}


def _summary(told: Scanned, more: Sequence[str]) -> str:
    counts = Counter(one.verdict for one in told.findings)
    numbers = [f"{number} {verdict}" for verdict, number in counts.most_common()]
    said = "; ".join(filter(None, [", ".join([*numbers, *more]), listed.left_out(told.left_out)]))
    return f"{_files(told)}, {_many(len(told.findings))}{': ' if said else ''}{said}"


def _files(told: Scanned) -> str:
    return f"{len(told.files)} file{'' if len(told.files) == 1 else 's'}"


def _many(number: int) -> str:
    return f"{number} {'patch' if number == 1 else 'patches'} by hand"
