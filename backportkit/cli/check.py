"""`backportkit check`: judge declared patches offline, without importing what they patch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import codes, formats, life, scope, verdict
from backportkit.check.codes import EVERY
from backportkit.check.findings import Level
from backportkit.cli import exit_codes, listed, quiet, reported
from backportkit.cli.listed import Entry
from backportkit.cli.printing import commands, cost, emit_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.check.codes import Codes
    from backportkit.check.findings import Finding
    from backportkit.check.scope import Scope
    from backportkit.check.verdict import Verdict
    from backportkit.upstream.evidence import Evidence, Options


class Asked(NamedTuple):
    """How to judge, and how to show it.

    Attributes:
        output: `table`, `json`, `github`, `gitlab` or `sarif`.
        named: The codes of the findings that are asked for, beside what the project states.
        upstream: How to ask upstream's newest releases; None asks nobody.
    """

    output: str = "table"
    named: Codes = EVERY
    upstream: Options | None = None


_ALL = Asked()


class Shown(NamedTuple):
    """The findings of a scope, as they are told.

    Attributes:
        scope: The scope.
        judged: The verdict, with the findings that are asked for.
        left_out: The other findings.
    """

    scope: Scope
    judged: Verdict
    left_out: Sequence[Finding]


def check(what: str | None = None, *, as_json: bool = False, verbose: bool = False, asked: Asked = _ALL) -> int:
    """Judge the patches of a project, a file, a module or a provider; return the exit code.

    None stands for all patches that are installed or in the project here. Findings whose codes are not asked for are
    not told, and do not count. With `verbose`, lines are followed by what to do next.
    """
    evidence = None if asked.upstream is None else _evidence(asked.upstream)
    shown = _judge(scope.gather(what), asked, evidence)
    code = exit_codes.of(shown.judged.findings)
    output = "json" if as_json else asked.output
    if output == "json":
        emit_json(formats.as_json(shown.judged, code))
    elif output in reported.WRITERS:
        reported.WRITERS[output](shown.judged.findings)
    else:
        (_show_in_full if verbose else _show)(shown)
        say(_summary(shown))
    if evidence is not None:
        say(cost(*evidence.cost), err=True)
    return code


def _evidence(options: Options) -> Evidence:
    from backportkit.upstream.evidence import Evidence

    return Evidence(options)


def _judge(gathered: Scope, asked: Asked, evidence: Evidence | None) -> Shown:
    wanted = asked.named.over(codes.of_project(Path(gathered.folder)))
    judged = verdict.judge(gathered)
    more = () if evidence is None else _upstream(gathered, evidence)
    every = [*judged.findings, *more]
    told = [
        one._replace(next_step=commands(one.next_step, gathered.module, gathered.folder))
        for one in every
        if wanted.have(one.code)
    ]
    left_out = [one for one in every if not wanted.have(one.code)]
    return Shown(gathered, judged._replace(findings=tuple(told)), left_out)


def _upstream(gathered: Scope, evidence: Evidence) -> Iterator[Finding]:
    """Yield what the newest releases say of the patches that are to be kept."""
    from backportkit.cli import newest
    from backportkit.cli.progress import Items

    kept = [one.declared for one in gathered.subjects if not life.outgrown(one)]
    with Items() as progress:
        yield from newest.findings(kept, evidence, progress)


def _show(shown: Shown) -> None:
    """Print a line for each finding, one for several that differ in the target alone. Notes on others are counted."""
    found = _in_order(shown)
    told = [one for one in found if not (_is_beside(one, shown.scope) and one.rule.level is Level.NOTE)]
    listed.show(_joined(told))
    _say_unconcerned(shown.scope)
    notes = len(found) - len(told)
    of_others = f"{notes} note{'' if notes == 1 else 's'} on installed patches of others" if notes else ""
    if hidden := " and ".join(filter(None, ["the next steps" if told else "", of_others])):
        say(f"-v shows {hidden}")


def _show_in_full(shown: Shown) -> None:
    """Print all findings, with their targets and what to do next."""
    listed.show(map(_in_full, _in_order(shown)))
    listed.show_left_out(shown.left_out)
    _say_unconcerned(shown.scope)


def _say_unconcerned(judged: Scope) -> None:
    if number := judged.unconcerned:
        patches = "patch is" if number == 1 else "patches are"
        say(f"{number} shipped {patches} not for what is installed; to judge them: backportkit check backportkit")


def _in_order(shown: Shown) -> list[Finding]:
    """Return the findings in the order of their places, those on installed patches of others last."""
    return sorted(
        quiet.shown(shown.judged.findings, exit_codes.counts),
        key=lambda one: (_is_beside(one, shown.scope), one.path or "", one.line or 0, one.code),
    )


def _is_beside(finding: Finding, judged: Scope) -> bool:
    return finding.patch in judged.beside


def _joined(findings: Iterable[Finding]) -> Iterator[Entry]:
    targets = Counter(one._replace(target=None, next_step="") for one in findings)
    for one, number in targets.items():
        about = ", ".join(filter(None, [one.patch, f"{number} targets" if number > 1 else ""]))
        yield Entry(one, about)


def _in_full(one: Finding) -> Entry:
    target = [f"target: {one.target}"] if one.target else []
    return Entry(one, one.patch or "", listed.details(one.message, *target, f"next: {one.next_step}"))


def _summary(shown: Shown) -> str:
    _, judged, left_out = shown
    if not judged.patches and not judged.findings and not left_out:
        return "no patches are declared here: backportkit new writes one; name a file, module or provider that has some"
    levels = Counter(finding.rule.level for finding in judged.findings)
    counts = {
        "broken": levels[Level.ERROR],
        "to remove": levels[Level.REMOVE],
        "to look at": levels[Level.WARNING],
        "to know": levels[Level.NOTE],
    }
    numbers = ", ".join(f"{number} {words}" for words, number in counts.items() if number)
    said = "; ".join(filter(None, [numbers, listed.left_out(one.code for one in left_out)]))
    patches = f"{judged.patches} patch{'' if judged.patches == 1 else 'es'}, {judged.dormant} dormant here"
    return f"{patches}: {said or 'all is well'}"
