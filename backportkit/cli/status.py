"""`backportkit status`: show where each patch stands here, or in many processes, side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from backportkit.cli import declarations, exit_codes, outgrown, providers, quiet, strangers
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import emit_json, escape, say, versions
from backportkit.declaration import discovery
from backportkit.declaration.registry import SHIPPED, declared_patches
from backportkit.engine import on_error, problems
from backportkit.names import normalised
from backportkit.reports import process
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    from backportkit.reports.document import ProcessReport
    from backportkit.reports.fleet import Difference, Fleet

    Record: TypeAlias = Mapping[str, Any]

_STYLES = {State.WAITING: "cyan", State.APPLIED: "green", State.DORMANT: "dim", State.ABSORBED: "green"}
_STYLES |= {State.OFFERED: "blue"}
_TROUBLE = "bold red"
_FAILED = frozenset({State.CONFLICT, State.DRIFTED, State.FAILED})
_SHOWN = 4  # names of processes in a row


def status(  # noqa: PLR0913 -- the options of a command
    *,
    only: Sequence[str] = (),
    of: Sequence[str] = (),
    as_json: bool = False,
    everything: bool = False,
    source: str | None = None,
    module: str | None = None,
) -> int:
    """Show where the patches stand here, or with `source` in many processes; return the exit code.

    Raises the errors of providers that cannot be read, after the patches of the others are shown; UnknownPatchError for
    an id in `only` that no patch has, and for a provider in `of` that is not here.
    """
    if source is not None:
        return _show_fleet(source, as_json=as_json)
    unread = declarations.read(module)
    report, errors = process.survey()
    errors = declarations.together(unread, errors)
    providers.check(of, (record["provider"] for record in report["patches"]))
    report["patches"] = [record for record in report["patches"] if providers.has(of, record["provider"])]
    if only:
        report["patches"] = _named(only, report["patches"], module)
    if as_json:
        emit_json(written(report))
    elif report["patches"]:
        _show(report, everything=everything or bool(only or of))
    elif not errors:
        say("no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set")
    for reason in () if as_json else (*discovery.refused.values(), *strangers.told()):
        say(reason)
    on_error.raise_all(errors, "read")
    return ExitCode.FINE


def _named(only: Iterable[str], records: Collection[Record], module: str | None) -> list[Record]:
    known = [record["id"] for record in records]
    wrong = [declarations.tell_how(problems.unknown(one, known), module) for one in only if one not in known]
    on_error.raise_all(wrong, "found")
    return [record for record in records if record["id"] in only]


def _show(report: Mapping[str, Any], *, everything: bool) -> None:
    concerned = [record for record in _in_order(report["patches"]) if everything or not _is_of_no_concern(record)]
    shown = quiet.shown(concerned, lambda record: record["state"] in _FAILED)
    rest = len(report["patches"]) - len(concerned)
    if shown and _show_table(shown):
        say("what ends in an ellipsis is shown in full by: backportkit explain ID")
    if rest:
        patches = "patch is" if rest == 1 else "patches are"
        say(f"{rest} shipped {patches} not for what is installed: --all shows them")
    if all(record["provider"] in SHIPPED for record in report["patches"]):
        say(f"for patches of your own {declarations.HOW}; backportkit new writes one")
    dormant = [record["id"] for record in report["patches"] if record["state"] is State.DORMANT]
    for told in (declarations.why_stale(), outgrown.told(filter(None, map(declared_patches.find, dormant)))):
        if told:
            say(told)
    say(f"digest {report['digest']}")


def _in_order(records: Collection[Record]) -> list[Record]:
    """Return the patches of the application and the project here first, and the shipped ones last."""
    own = declarations.own_provider()

    def rank(record: Record) -> int:
        declared = declared_patches.find(record["id"])
        is_own = normalised(record["provider"]) == own or (declared is not None and not declared.installed)
        return 0 if is_own else 1 + (record["provider"] in SHIPPED)

    return sorted(records, key=rank)


def _is_of_no_concern(record: Record) -> bool:
    """Tell whether a patch is shipped, and not for what is installed."""
    return record["state"] is State.DORMANT and record["provider"] in SHIPPED


def _show_table(records: Collection[Record]) -> bool:
    from backportkit.cli import tables  # needs rich

    copied = ["copies"] if any(record["copies"] for record in records) else []
    columns = ["patch", "state", "installed", "reason", "provider", *copied]
    return tables.show_lines(columns, [_row(record)[: len(columns)] for record in records], cut=["reason", *copied])


def _row(record: Record) -> list[str]:
    state, style = record["state"], _STYLES.get(record["state"], _TROUBLE)
    texts = [versions(record["installed"]) or "-", record["reason"], record["provider"], ", ".join(record["copies"])]
    return [escape(record["id"]), f"[{style}]{state}[/]", *map(escape, texts)]


# --- many processes ---------------------------------------------------------------------------------------------------


def _show_fleet(source: str, *, as_json: bool) -> int:
    from backportkit.reports import fleet  # needs pydantic

    found, errors = fleet.survey(source)
    if as_json:
        emit_json(written(found.model_dump(mode="json")))
    else:
        _print_fleet(found)
    declarations.report(errors)
    if errors:
        return ExitCode.CANNOT
    return exit_codes.unless(not found.consistent)


def _print_fleet(found: Fleet) -> None:
    from backportkit.cli import tables  # needs rich
    from backportkit.reports import fleet  # needs pydantic

    digests = fleet.shortened(one.digest for one in found.processes)
    rows = [_process(one, digests[one.digest]) for one in found.processes]
    tables.show(["process", "digest", "patches", "python", "said"], rows, wide="patches")
    number = len(found.processes)
    if found.consistent:
        say(f"{number} process{'es, all' if number > 1 else ''} with the digest {found.processes[0].digest}")
        return
    say("")
    groups = [row for difference in found.differences for row in _difference(difference)]
    tables.show(["patch", "stands", "in", "reason"], groups, wide="reason")


def _process(report: ProcessReport, digest: str) -> list[str]:
    counts = Counter(record.standing for record in report.patches)
    patches = ", ".join(f"{count} {standing}" for standing, count in counts.most_common()) or "none"
    said = f"{report.written:%Y-%m-%d %H:%M:%S} UTC"
    return list(map(escape, [report.name, digest, patches, report.python, said]))


def _difference(difference: Difference) -> Iterator[list[str]]:
    from backportkit.reports import fleet  # needs pydantic

    contents = fleet.shortened(group.content for group in difference.groups)
    for group in difference.groups:
        stands = f"{group.standing} ({contents[group.content]})" if group.content else group.standing
        yield list(map(escape, [difference.patch, stands, _names(group.processes), group.reason]))


def _names(processes: tuple[str, ...]) -> str:
    more = len(processes) - _SHOWN
    return ", ".join(processes[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
