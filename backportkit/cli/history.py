"""`backportkit history TARGET`: show which body a target has in which of upstream's releases."""

from __future__ import annotations

import difflib
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import pinned
from backportkit.authoring.releases import close
from backportkit.cli import declarations, history_document, tables
from backportkit.cli.diff import style
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.history_document import Told
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import complain, console, cost, emit_json, escape, lined, say
from backportkit.cli.progress import Releases as Progress
from backportkit.cli.progress import Steps
from backportkit.declaration import eligibility, owners
from backportkit.declaration.edits import Target
from backportkit.errors import BackportError, DeclarationError, UnknownPatchError
from backportkit.proof import choose
from backportkit.source import location
from backportkit.source.found import Kind
from backportkit.upstream import history as histories
from backportkit.upstream import uv
from backportkit.upstream.archive import Archive
from backportkit.upstream.evidence import Evidence
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.version import Version

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.upstream.evidence import Options
    from backportkit.upstream.history import Read, Run
    from backportkit.upstream.index import Release, Releases

_SHORT = {Kind.UNKNOWN.value: "unknown"}
_UNKNOWN = "the newest release does not say in source what it is"
_REMARK = 40  # characters that tell what a remark is about
_COLUMNS = ("first", "last", "date", "fingerprint", "lines", "remarks")


class NoReleaseError(BackportError, LookupError):
    """No release has the target."""


class Asked(NamedTuple):
    """A history that the user asks for.

    Attributes:
        package: The distribution; None if the target or the patch tells.
        since: The oldest release; None for all.
        everything: Whether pre-releases and yanked releases count.
        options: How releases are read.
    """

    package: str | None
    since: str | None
    everything: bool
    options: Options


def history(target: str, asked: Asked, *, as_json: bool, verbose: bool, module: str | None) -> int:
    """Show the bodies of a target, or of each target of a patch, over the releases; return the exit code."""
    evidence = Evidence(asked.options)
    if ":" in target:
        told = [_tell(Target.model_validate(target), None, asked, evidence)]
    else:
        told = _of_patch(_patch(target, module), asked, evidence)
    if as_json:
        emit_json(written(history_document.of(told, evidence.cost)))
    else:
        for one in told:
            _show(one, verbose=verbose)
        say(cost(*evidence.cost), err=True)
    return ExitCode.FINE if any(map(_is_told, told)) else ExitCode.CANNOT


def _is_told(one: Told) -> bool:
    """Tell whether a release says what the target is."""
    return any(run.body.is_there and run.body.kind != Kind.UNKNOWN.value for run in one.runs)


def _patch(text: str, module: str | None) -> Patch:
    """Return the patch of an id. Raises UnknownPatchError if there is none: a module is meant, perhaps."""
    try:
        return declarations.find(text, module).patch
    except UnknownPatchError as error:
        if all(name.isidentifier() for name in text.split(".")):
            error.expected = "module:name, or the id of a patch"
            error.next_step = f"{ways(text)}; else {error.next_step}"
        raise


def ways(name: str) -> str:
    """Say what there is to ask of a module, or of a name in it, and of a distribution of its name."""
    module, _, last = name.rpartition(".")
    inner = f"for {last} in {module} write {module}:{last}, " if module else ""
    return (
        f"{inner}for something in the module of that name write {name}:NAME; backportkit new {name.partition('.')[0]} "
        "OLDER NEWER lists what changed between two releases"
    )


def _of_patch(patch: Patch, asked: Asked, evidence: Evidence) -> list[Told]:
    """Return the history of each target of a patch that has one; report the others. Raises the error if none has."""
    told: list[Told] = []
    untold: dict[Target, NoReleaseError] = {}
    for edit in patch.edits:
        try:
            told.append(_tell(edit.target, (patch, edit), asked, evidence))
        except NoReleaseError as error:
            untold[edit.target] = error
    if not told:
        raise next(iter(untold.values()))
    new = {edit.target for edit in patch.edits if edit.how == "add"}
    for target, one in untold.items():
        if target in new:
            say(f"{target} is new by the patch: {one.found}", err=True)
        else:
            complain(f"backportkit: {one}", err=True)
    return told


def _tell(target: Target, declared: tuple[Patch, Edit] | None, asked: Asked, evidence: Evidence) -> Told:
    if target.items or not target.path:
        raise NoReleaseError(
            f"{target} has no history of its own",
            expected="a function, a class or a constant, as module:name or module:Class.name",
            next_step="ask for the name that has it",
        )
    releases = _releases(asked.package or package_of(target, declared), evidence)
    chosen = _chosen(releases, asked)
    place = Place(target.module, target.path)
    with Progress() as progress:
        read = histories.read(place, chosen, evidence.means, progress)
    runs = histories.runs(place, read, evidence.means)
    unread = [one for one in read if one.body is None]
    if not any(run.body.is_there for run in runs):
        raise _nowhere(target, releases, runs, unread, evidence)
    return Told(target, releases, runs, unread, declared, _held(releases))


def _held(releases: Releases) -> dict[str, Version]:
    """Return the release that is installed, and the newest one that the project in the working directory allows."""
    held = {}
    folder = location.here()
    if folder is not None and (folder / "pyproject.toml").is_file():
        versions = [one.version for one in releases.all if one.is_plain]
        with suppress(DeclarationError):  # a file that cannot be read says nothing of this
            held[pinned.newest(folder, releases.project, versions)] = "the project allows"
    held[pinned.installed(releases.project)] = "installed"
    return {word: version for version, word in held.items() if version is not None}


def _releases(project: str, evidence: Evidence) -> Releases:
    with Steps() as begin:
        is_asked = evidence.means.session is not None
        begin(f"{'asking for' if is_asked else 'looking in the cache for'} the releases of {project}")
        return evidence.releases(project)


def package_of(target: Target, declared: tuple[Patch, Edit] | None) -> str:
    """Return the distribution that a patch is for, or that has the module here; else one of the module's name.

    Raises NoReleaseError for a module of Python itself.
    """
    package = target.module.partition(".")[0]
    found = next(iter(owners.of(package)), package)
    if declared is not None:
        found = choose.subject(choose.branches(declared[0])[0]).name
    if found.lower() == eligibility.PYTHON or found in sys.stdlib_module_names:
        raise NoReleaseError(
            "the modules of Python itself are in no package index",
            target=str(target),
            next_step="compare them in environments of two Pythons; for a distribution of that name give --package",
        )
    return found


def _chosen(releases: Releases, asked: Asked) -> list[Release]:
    since = None if asked.since is None else uv.checked_version(asked.since)
    return [
        one for one in releases.all if (since is None or one.version >= since) and (asked.everything or one.is_plain)
    ]


def _nowhere(
    target: Target, releases: Releases, runs: Sequence[Run], unread: Sequence[Read], evidence: Evidence
) -> NoReleaseError:
    asked = f"{releases.project} at {releases.address}"
    found = next((one.reason for one in unread), "there are no such releases")
    if runs:
        place = Place(target.module, target.path)
        found = f"{runs[-1].body.reason}{close.to(place, runs[-1].releases[-1], evidence.means)}"
    is_shared = "." in target.module and bool(runs) and not _has_top(target, runs[-1].releases[-1], evidence)
    like = _like(target, releases)
    such_as = f", such as {'-'.join(target.module.split('.')[:2])}" if is_shared and not like else like
    return NoReleaseError(
        f"no release of {asked} that was read has {target}",
        found=found,
        next_step=f"correct the target, or name the distribution by --package{such_as}; --all and --since choose the "
        "releases",
    )


def _like(target: Target, releases: Releases) -> str:
    """Name another distribution of the project in the working directory that may have a target; empty for none."""
    folder = location.here()
    with suppress(DeclarationError):
        found = pinned.read(folder, releases.project, []).like(target.module) if folder is not None else None
        return "" if found in {None, releases.project} else f", such as {found}, which the project names"
    return ""


def _has_top(target: Target, release: Release, evidence: Evidence) -> bool:
    """Tell whether a release has the top package of a target: what is in that, no other distribution has."""
    top = target.module.partition(".")[0]
    with Archive(release.file, evidence.means) as archive:
        return not {f"{top}.py", f"{top}/__init__.py"}.isdisjoint(archive.paths)


def _show(told: Told, *, verbose: bool) -> None:
    out = console()
    releases = told.releases
    out.tell(lined(f"{told.target} in {releases.project}, as {releases.address} has it", "bold"))
    rows = [_row(told, run) for run in told.runs]
    if tables.show_lines(_COLUMNS, rows, cut=["remarks"], least=_REMARK):
        say("what ends in an ellipsis is shown in full by --json, and in a wider terminal")
    for one in told.unread:
        out.tell(lined(f"{one.release.version} cannot be read: {one.reason}"))
    if told.runs[-1].body.kind == Kind.UNKNOWN.value:
        say(_unknown(told))
    if told.runs[-1].body.kind == Kind.NATIVE.value:
        say(f"the newest release speaks by {told.runs[-1].releases[-1].file.name}; other files of it may have source")
    for note in told.open_questions:
        out.tell(lined(note))
    for before, after in histories.changes(told.runs) if verbose else ():
        for line in _difference(before, after):
            out.print(lined(line, style(line)), soft_wrap=True)


def _unknown(told: Told) -> str:
    """Say why the newest release does not tell what a target is, and what to ask instead of a name alone."""
    reason = told.runs[-1].body.reason
    way = "" if told.target.path[1:] and reason else ": name the module and the class that define it"
    return f"{_UNKNOWN}{f', since {reason}' if reason else ''}{way}"


def _row(told: Told, run: Run) -> tuple[str, ...]:
    first, last = run.releases[0], run.releases[-1]
    date = "" if first.date is None else f"{first.date:%Y-%m-%d}"
    lines = "" if run.added is None else f"+{run.added} -{run.removed}"
    shown = run.body.fingerprint or _SHORT.get(run.body.kind, run.body.kind)
    return tuple(map(escape, (str(first.version), str(last.version), date, shown, lines, "; ".join(told.remarks(run)))))


def _difference(before: Run, after: Run) -> Iterator[str]:
    old, new = before.releases[-1].version, after.releases[0].version
    names = f"{old}  {before.body.where}", f"{new}  {after.body.where}"
    return difflib.unified_diff(before.body.lines, after.body.lines, *names, lineterm="")
