"""`backportkit preview REQUIREMENT…`: tell what becomes of each patch with other releases, without installing them."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import previewed, scope
from backportkit.cli import asked, declarations, exit_codes, outlook, preview_document, providers, quiet, tables
from backportkit.cli.diff import style
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.listed import STYLES
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import commands, complain, console, cost, emit_json, escape, lined, say
from backportkit.cli.progress import Items
from backportkit.declaration.registry import declared_patches
from backportkit.upstream.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from backportkit.check.findings import Finding
    from backportkit.cli.asked import Asked
    from backportkit.cli.outlook import Change, Outlook, Picked
    from backportkit.declaration.registry import Declared
    from backportkit.upstream.evidence import Options

_COLUMNS = ("code", "patch", "with", "finding")


class Output(NamedTuple):
    """How the outcome is shown.

    Attributes:
        as_json: As JSON, and not as a table.
        verbose: With what changed in targets that have drifted.
        module: The module or file that declares, and that next steps name.
        providers: The providers whose patches are told of; none for all.
    """

    as_json: bool
    verbose: bool
    module: str | None
    providers: Sequence[str] = ()


class Preview(NamedTuple):
    """The outcomes of the patches.

    Attributes:
        outlooks: What becomes of each patch.
        picked: The releases.
        aside: What was asked for and concerns no patch, in words.
        untold: What cannot be told, in words.
    """

    outlooks: Sequence[Outlook]
    picked: Sequence[Picked]
    aside: Sequence[str]
    untold: Sequence[str]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of `check`; CANNOT if something cannot be told, and nothing that is told is broken.

        A shipped patch that is removable does not count: it is nobody's to delete.
        """
        told = [one.previewed for one in self.outlooks]
        counted = [one for one in told if one.outcome != previewed.REMOVABLE or not one.declared.is_shipped]
        code = exit_codes.of(finding for one in counted for finding in one.findings)
        is_unread = any(one.outcome == previewed.UNREAD for one in told)
        return ExitCode.CANNOT if code is not ExitCode.WRONG and (self.untold or is_unread) else code


def requirements(texts: Sequence[str], options: Options, output: Output) -> int:
    """Tell what becomes of each patch with these releases; return the exit code."""
    declared = _declared(output)
    return _preview(declared, asked.requirements(texts, declared), options, output)


def lock(path: Path, options: Options, output: Output) -> int:
    """Tell what becomes of each patch with the releases that a lock file pins; return the exit code."""
    declared = _declared(output)
    return _preview(declared, asked.lock(path, declared), options, output)


def latest(options: Options, output: Output) -> int:
    """Tell what becomes of each patch with the newest releases; return the exit code.

    Shipped patches that are not meant for what is installed name none.
    """
    declared = _declared(output)
    concerned = [one for one in declared if not scope.is_of_no_concern(one)]
    return _preview(declared, asked.newest(concerned), options, output)


def _declared(output: Output) -> list[Declared]:
    declarations.read_all(output.module)
    known = [one for one in declared_patches if not one.internal]
    providers.check(output.providers, (one.provider for one in known))
    return [one for one in known if providers.has(output.providers, one.provider)]


def _preview(declared: Sequence[Declared], wanted: Asked, options: Options, output: Output) -> int:
    evidence = Evidence(options)
    picked, untold = outlook.pick(wanted.wanted, evidence)
    with Items() as progress:
        outlooks = outlook.judge(declared, picked, evidence.means, progress)
    told = Preview(outlooks, picked, wanted.aside, [*untold, *wanted.untold])
    if output.as_json:
        emit_json(written(preview_document.of(told, evidence.cost)))
    else:
        _show(told, output)
        say(cost(*evidence.cost), err=True)
    return told.exit_code


def _show(told: Preview, output: Output) -> None:
    out = console()
    for one in quiet.shown(told.picked, lambda _: False):
        line = f"{one.wanted.name} {outlook.dated(one.release)}, for {one.wanted.said}: {one.releases.address}"
        out.tell(lined(line, "bold"))
    for text in (*told.aside, *told.untold):
        complain(f"backportkit: {text}", err=True)
    shown = quiet.shown(told.outlooks, _has_failed)
    rows = [row for one in shown for row in _rows(one, output.module)]
    columns = [name for name in _COLUMNS if name != "with" or told.picked[1:]]
    if rows:
        tables.show(columns, [[row[_COLUMNS.index(name)] for name in columns] for row in rows], wide="finding")
    for change in [change for one in shown for change in one.changes] if output.verbose else ():
        for line in _difference(change):
            out.print(lined(line, style(line)), soft_wrap=True)
    say(_summary(told))


def _has_failed(one: Outlook) -> bool:
    return one.previewed.outcome == previewed.UNREAD or any(map(exit_codes.counts, one.previewed.findings))


def _rows(one: Outlook, module: str | None) -> Iterator[list[str]]:
    """Yield a row for each finding; one for the outcome, if no finding says it."""
    told = one.previewed
    patch, releases = escape(told.declared.id), escape(told.said)
    if told.reason:
        yield ["-", patch, releases, escape(f"{told.outcome}: {told.reason}")]
    for finding in told.findings:
        code = f"[{STYLES[finding.rule.level]}]{finding.code}[/]"
        yield [code, patch, releases, escape(_text(finding, one.changes, module))]


def _text(finding: Finding, changes: Sequence[Change], module: str | None) -> str:
    changed = "".join(f"; {change.said}" for change in changes if change.target == finding.target)
    target = f"\n{finding.target}" if finding.target else ""
    return f"{finding.rule.title}: {finding.message}{changed}{target}\nnext: {commands(finding.next_step, module)}"


def _difference(change: Change) -> Iterator[str]:
    old, new = (run.body for run in (change.before, change.now))
    names = (f"{run.releases[-1].version}  {run.body.where}" for run in (change.before, change.now))
    return difflib.unified_diff(old.lines, new.lines, next(names), next(names), lineterm="")


def _summary(told: Preview) -> str:
    counts = Counter(one.previewed.outcome for one in told.outlooks)
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    patches: set[Declared | str] = {one.previewed.declared.id for one in told.outlooks}
    return f"{len(patches)} patch{'' if len(patches) == 1 else 'es'}: {said or _nothing(told)}"


def _nothing(told: Preview) -> str:
    return "nothing can be told" if told.untold else "nothing is about them"
