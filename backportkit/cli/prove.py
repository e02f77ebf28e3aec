"""`backportkit prove`: show red without a patch, green with it and red after undo, on one release or on several."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import conflicts, project, scope, supported
from backportkit.cli import chosen, exit_codes, printing, quiet, tables
from backportkit.cli.printing import console, emit_json, escape, say
from backportkit.cli.progress import Cells, Steps
from backportkit.declaration import eligibility
from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error, verbs
from backportkit.engine import settings as settings_file
from backportkit.engine.selection import Settings
from backportkit.errors import BackportError
from backportkit.proof import choose, interpreters, joined, matrix, page
from backportkit.proof.choose import Releases
from backportkit.proof.matrix import Choice
from backportkit.proof.protocol import prove as run_proof
from backportkit.proof.record import Colour, Outcome
from backportkit.proof.results import nothing_known
from backportkit.source import location
from backportkit.upstream import uv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from backportkit.cli.chosen import What
    from backportkit.cli.screen import Screen
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.proof.choose import Release
    from backportkit.proof.environment import Wishes
    from backportkit.proof.interpreters import Interpreter
    from backportkit.proof.record import Cell, Matrix, Proof, Run

_MOST = 160  # characters of a reason in the table of a matrix, also in a file
_SEARCH = 12  # releases to try on each side of a range that proves wrong
_COLUMNS: Sequence[str] = ("patch", "release", "Python", "in range", "shows", "time", "because")
_STYLES = {Colour.RED: "bold red", Colour.GREEN: "bold green", Colour.BROKEN: "bold yellow"}
_SHOWN = {Outcome.PROVED: "[red]red[/] [green]green[/] [red]red[/]"}


class Tried(NamedTuple):
    """The releases and the Pythons to prove patches on.

    Attributes:
        around: Those next to the range, and both ends of each body in it.
        every: Also those whose bodies were proved on another one.
        versions: These instead.
        pythons: The versions of the Pythons; none for the running one.
        of_project: Ask the indexes that the checkout names, too.
        log: The file that lists what is fetched for histories.
    """

    around: bool = False
    every: bool = False
    versions: Sequence[str] = ()
    pythons: Sequence[str] = ()
    of_project: bool = False
    log: Path | None = None


class How(NamedTuple):
    """How patches are proved, and where the results go.

    Attributes:
        jobs: The number of patches that are proved at a time.
        output: The folder to write the results into.
        as_json: Whether JSON is printed.
        wishes: The user's wishes for environments.
    """

    jobs: int
    output: Path | None
    as_json: bool
    wishes: Wishes


def prove(what: What, tried: Tried, how: How) -> int:
    """Prove patches, one alone in this environment unless more is asked for; return the exit code."""
    if tried.of_project:
        uv.obey_checkout()
    settings = _settings()
    for name in ("BACKPORTKIT_DISABLE", "BACKPORTKIT_CONFIG"):  # what is switched off can be proved all the same
        os.environ.pop(name, None)
    patches = chosen.patches(what)
    if len(patches) == 1 and what.ids and not (tried.around or tried.versions or tried.pythons or how.output):
        return _prove_here(patches[0], settings, as_json=how.as_json, wishes=how.wishes)
    pythons = interpreters.named(tried.pythons, "--python") if tried.pythons else [interpreters.RUNNING]
    if how.output is not None:
        page.check(how.output)
        if not tried.around:
            page.check_weight(how.output, [one.id for one in patches], len(pythons) * (len(tried.versions) or 1))
    matrices = _matrices(patches, pythons, tried, how)
    if how.output is not None:
        say(f"written: {page.write(matrices, how.output)}", err=True)
    if how.as_json:
        emit_json(f"[{','.join(printing.as_json(one.model_dump(mode='json')) for one in matrices)}]")
    else:
        _show_matrices(quiet.shown(matrices, lambda one: not one.holds))
    return exit_codes.unless(not all(one.holds for one in matrices))


def _matrices(patches: Sequence[Patch], pythons: Sequence[Interpreter], tried: Tried, how: How) -> list[Matrix]:
    """Return a matrix for each patch. Those of Python itself have the Pythons as their releases."""
    of_python = [one for one in patches if all(map(choose.is_of_python, choose.all_branches(one)))]
    others = [one for one in patches if one not in of_python]
    rounds = [(others, Releases(python, [python] if tried.pythons else ())) for python in pythons]
    rounds.append((of_python, Releases(among=pythons if tried.pythons else ())))
    told = []
    with Cells() as cells:
        for each, releases in rounds:
            search = _SEARCH if tried.around else 0
            choice = _choice(releases, cells, tried)
            found = matrix.prove(each, choice, cells, jobs=how.jobs, search=search, wishes=how.wishes) if each else []
            told.append((releases.python, found))
    by_id = {one.patch: one for one in joined.join(told)}
    return [by_id[patch.id] for patch in patches]


def _choice(releases: Releases, cells: Cells, tried: Tried) -> Choice:
    """Return what chooses the releases of a patch, and what knows which of them need not be tried."""
    if tried.versions:
        return Choice(releases, partial(releases.named, versions=tried.versions))
    if not tried.around:
        return Choice(releases, releases.newest)
    from backportkit.proof.histories import Histories  # loads what speaks HTTP
    from backportkit.upstream.evidence import Options

    options = Options(bool(os.environ.get("UV_OFFLINE")), tried.of_project, log=tried.log)
    histories = Histories(cells, releases, options)
    around = partial(_from_the_floor, histories.around_the_range)
    return Choice(releases, around, nothing_known if tried.every else histories.known)


def _from_the_floor(around: Callable[[Patch], list[Release]], branch: Patch) -> list[Release]:
    """Return the releases around a range, without those out of it that are older than what the project supports."""
    declared = declared_patches.find(branch.id)
    wanted = scope.subject_of(declared).support.of(choose.subject(branch).name) if declared is not None else []
    floor = supported.floor(wanted)
    return [one for one in around(branch) if choose.has(branch, one) or floor.contains(one.version, prereleases=True)]


# --- one patch in one environment ---


def _settings() -> Settings:
    """Return the settings of the application, from the file that BACKPORTKIT_CONFIG names or from the project here."""
    path = on_error.variable("BACKPORTKIT_CONFIG")
    if path:
        return settings_file.read(path)
    here = location.here()
    return project.read(here).settings if here and (here / "pyproject.toml").is_file() else Settings()


def _prove_here(patch: Patch, settings: Settings, *, as_json: bool, wishes: Wishes) -> int:
    with Steps() as steps:
        proof = run_proof(patch, steps, wishes)
    in_the_way = tuple(_conflicts(patch, settings))
    proof = proof.model_copy(update={"conflicts": in_the_way, "proved": proof.proved and not in_the_way})
    if as_json:
        emit_json(printing.as_json(proof.model_dump(mode="json")))
    else:
        _show(proof)
    return exit_codes.unless(not proof.proved)


def _conflicts(patch: Patch, settings: Settings) -> Iterator[str]:
    """Yield the conflicts with other patches, which keep this one from being applied."""
    with suppress(BackportError):  # of a provider that cannot be read
        verbs.status()  # reads all providers
    own = declared_patches.find(patch.id)
    asked = Settings(settings.path, settings.disable, settings.supersede, (*settings.enable, patch.id))
    others = [one for one in declared_patches if own is not None and own.id != one.id and not _yields(own, one)]
    for other in others:
        for finding in conflicts.judge(filter(None, (other, own)), settings=asked):
            yield f"{finding.message}; {finding.next_step}"


def _yields(one: Declared, other: Declared) -> bool:
    """Tell whether one of the two patches yields to the other."""
    return one.yields_to(other) or other.yields_to(one)


def _show(proof: Proof) -> None:
    if not quiet.shown([proof], lambda one: not one.proved):
        return
    rows = [[str(run.phase), _colour(run), f"{run.seconds:.1f} s", _because(run)] for run in proof.runs]
    tables.show(["run", "shows", "time", "because"], rows, wide="because")
    out = console()
    seen = {name: version for run in reversed(proof.runs) for name, version in run.versions.items()}
    known = printing.versions({name: version for name, version in seen.items() if name != eligibility.PYTHON})
    versions = ", ".join(filter(None, [known, f"Python {proof.python}", proof.platform]))
    verdict = "[bold green]proved[/]" if proof.proved else "[bold red]not proved[/]"
    out.tell(f"{escape(proof.patch)}: {verdict} with {escape(versions)}")
    for conflict in proof.conflicts:
        out.tell(escape(f"conflict: {conflict}"))
    _show_outputs(out, proof.runs)
    _show_next(out, proof)


def _show_next(out: Screen, proof: Proof | Matrix) -> None:
    if proof.next_step:
        out.tell(escape(f"next: {proof.next_step}"))


def _show_outputs(out: Screen, runs: Iterable[Run], before: str = "") -> None:
    for run in runs:
        if run.output is not None:
            out.tell(escape(f"{before}{run.phase}: see {run.output}, which is kept"))


def _because(run: Run) -> str:
    return escape(run.message) or "the reproducer passes"


def _colour(run: Run) -> str:
    wrong = "" if run.as_it_must_be else f", should be {run.phase.must_be}"
    return f"[{_STYLES[run.colour]}]{run.colour}[/]{wrong}"


# --- patches on several releases ---


def _show_matrices(matrices: Sequence[Matrix]) -> None:
    if not matrices:  # all hold, and only what does not is asked for
        return
    named = any(set(one.pythons) - {platform.python_version()} for one in matrices)
    columns = [name for name in _COLUMNS if named or name != "Python"]
    every = [dict(zip(_COLUMNS, _row(one, cell), strict=True)) for one in matrices for cell in one.cells]
    rows = [[row[name] for name in columns] for row in every]
    is_long = [len(_said(cell)) > _MOST for one in matrices for cell in one.cells]
    if tables.show_lines(columns, rows, cut=["because"]) or any(is_long):
        say("what ends in an ellipsis is shown in full by --json and --output FOLDER")
    out = console()
    for one in matrices:
        out.tell(_verdict(one))
        for line in (*one.notes, *(alike.line for alike in one.alike)):
            out.tell(escape(line))
        for cell in one.cells:
            _show_outputs(out, cell.runs, f"{one.release(cell)}, ")
        _show_next(out, one)


def _row(one: Matrix, cell: Cell) -> tuple[str, ...]:
    outcome = f"[bold yellow]{cell.outcome}[/]" if cell.outcome.contradicts else str(cell.outcome)
    seconds = sum(run.seconds for run in cell.runs)
    return (
        escape(one.patch),
        escape(f"{cell.package or one.package} {cell.version}") + (", yanked" if cell.yanked is not None else ""),
        escape(cell.python),
        "yes" if cell.declared else "no",
        _SHOWN.get(cell.outcome, outcome),
        f"{seconds:.1f} s",
        escape(_shortened(_said(cell))),
    )


def _said(cell: Cell) -> str:
    return " ".join(cell.message.split()) + (f"; yanked: {cell.yanked}" if cell.yanked is not None else "")


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST].rpartition(' ')[0]} …"


def _verdict(one: Matrix) -> str:
    right = f", which should be {one.right}" if one.right else ""
    return f"{escape(one.patch)}: {_word(one)}, {escape(one.requires + right)}"


def _word(one: Matrix) -> str:
    if one.holds:
        return "[bold green]as declared[/]"
    undecided = not any(cell.outcome.contradicts or cell.outcome is Outcome.PROVED for cell in one.cells)
    return f"[bold red]not {'proved' if undecided else 'as declared'}[/]"
