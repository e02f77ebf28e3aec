"""Prove patches on several releases at a time, and compare the results with the declared ranges."""

from __future__ import annotations

import platform
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from backportkit.proof import borders, cell, choose, environment, identity, pins, protocol, ranges, runner
from backportkit.proof.cell import Task
from backportkit.proof.choose import branches, has
from backportkit.proof.record import VERSION, Matrix
from backportkit.proof.results import Results, nothing_known
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from typing_extensions import Self

    from backportkit.declaration.record import Patch
    from backportkit.proof.choose import Release, Releases
    from backportkit.proof.environment import Environment, Wishes
    from backportkit.proof.interpreters import Interpreter
    from backportkit.proof.pins import Recipe
    from backportkit.proof.ranges import Judged
    from backportkit.proof.record import Cell
    from backportkit.proof.results import Known

    Choose = Callable[[Patch], list[Release]]
    Know = Callable[[Patch], Known]

T = TypeVar("T")
R = TypeVar("R")

_LARGE = 3  # GB; a larger environment is removed after use, and never exists beside another large one
_RESERVE = 20  # GB that a large environment leaves free


class Choice(NamedTuple):
    """The releases that patches are proved on.

    Attributes:
        releases: Those that there are for one Python.
        choose: Returns those to prove a branch on.
        know: Returns the bodies that are known of releases in the range of a patch.
    """

    releases: Releases
    choose: Choose
    know: Know = nothing_known


class Watcher(Protocol):
    """An observer of the progress. Several threads may call it at a time."""

    def expect(self, cells: int) -> None:
        """Take note that this many more cells are going to be proved."""

    def begin(self, step: str) -> None:
        """Take note of a step that begins and takes a while."""

    def done(self, patch: str, cell: Cell) -> None:
        """Take note of a finished cell, proved or not."""


def prove(  # noqa: PLR0913 -- what the command was told
    patches: Sequence[Patch],
    choice: Choice,
    watcher: Watcher,
    *,
    jobs: int,
    search: int,
    wishes: Wishes,
) -> list[Matrix]:
    """Prove each patch on the releases that are chosen for it, with one Python.

    Patches of one release share an environment, which is kept for the next time. Of environments larger than 3 GB there
    is only one at a time, and it is removed after use. Where a border is not where it is
    declared, it is sought by halves, in up to `search` further releases on each side. A release in range whose bodies
    are known is left out if they are those of one that was proved, or that has the fix.

    Raises ProofError or UnavailableError, both BackportErrors, if a patch has no reproducer, its programs are missing,
    or there is no release to prove it on. A release that cannot be installed is a cell of its matrix.
    """
    for patch in patches:
        protocol.check(patch)
    watcher.begin("asking the package index for releases")
    with _Pool(jobs) as pool:
        chosen = pool.map(partial(_chosen, choice=choice), patches)
        results = {patch.id: Results(choice.know(patch)) for patch in patches}
        first = [(results[patch.id], tasks) for patch, tasks in zip(patches, chosen, strict=True)]
        for tasks in _rounds(first, partial(_next_to_the_borders, patches, results, choice.releases), search):
            for task, proved in _prove(tasks, watcher, pool, wishes):
                results[task.patch.id].cells[task.release] = proved
    return [_matrix(patch, results[patch.id], choice.releases) for patch in patches]


def _rounds(
    first: Sequence[tuple[Results, Collection[Task]]], further: Callable[[], list[Task]], search: int
) -> Iterator[list[Task]]:
    """Yield the tasks of one round after the other. They depend on what the rounds before have found."""
    yield [task for result, tasks in first for task in result.first(tasks)]
    yield [task for result, tasks in first for task in result.left(tasks)]
    for _ in range(search):
        yield further()


def _chosen(patch: Patch, choice: Choice) -> Collection[Task]:
    """Return a task for each release that is chosen for a branch of a patch.

    Raises UnavailableError if there is no such release.
    """
    tasks: dict[Release, Task] = {}
    errors: list[UnavailableError] = []
    python = choice.releases.python
    for branch in branches(patch, python):
        try:
            tasks.update((release, _task(patch, branch, release, python)) for release in choice.choose(branch))
        except UnavailableError as error:
            errors.append(error)
    if errors and not tasks:
        raise errors[0]
    return tasks.values()


def _task(patch: Patch, branch: Patch, release: Release, python: Interpreter) -> Task:
    """Return the task for a release that was chosen for a branch. It may be in the range of another branch."""
    return Task(patch, release, next((one for one in branches(patch, python) if has(one, release)), branch))


def _prove(tasks: Sequence[Task], watcher: Watcher, pool: _Pool, wishes: Wishes) -> Iterable[tuple[Task, Cell]]:
    """Prove the tasks of small environments all together, then those of each large environment."""
    watcher.expect(len(tasks))
    groups: dict[Release, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.release, []).append(task)
    small = [group for group in groups.values() if not _is_large(group)]
    large = [group for group in groups.values() if _is_large(group)]
    for wave in ([small] if small else []) + [[group] for group in large]:
        yield from _prove_wave(wave, watcher, pool, wishes)


def _prove_wave(groups: Sequence[list[Task]], watcher: Watcher, pool: _Pool, wishes: Wishes) -> list[tuple[Task, Cell]]:
    made = pool.map(partial(_make, watcher=watcher, wishes=wishes), groups)
    jobs = [(task, where) for group, where in zip(groups, made, strict=True) for task in group]
    try:
        return pool.map(partial(_prove_one, watcher=watcher), jobs)
    finally:
        for where in made:
            if isinstance(where, _Made) and where.remove:
                shutil.rmtree(where.environment.name, ignore_errors=True)


class _Made(NamedTuple):
    environment: Environment
    remove: bool


def _make(group: Sequence[Task], watcher: Watcher, wishes: Wishes) -> _Made | UnavailableError:
    """Return one environment for all patches that are proved on a release, or the reason why there is none."""
    patch, release, _ = group[0]
    large = _is_large(group)
    try:
        recipe = _recipe(group, fresh=wishes.fresh)
        found = None if wishes.fresh else environment.find(recipe)
        if found is not None:
            return _Made(found._replace(passed=wishes.passed), remove=False)
        disk = max(protocol.check(task.patch).disk for task in group)
        environment.check_disk(patch.id, disk + _RESERVE if large else disk)
        watcher.begin(f"installing {_installed(release)}")
        built = environment.build(recipe, patch.id)
        return _Made(built._replace(passed=wishes.passed), remove=large)
    except UnavailableError as error:
        return error


def _installed(release: Release) -> str:
    """Say what an environment is made of."""
    return f"{release.pin or 'an environment'} with Python {release.python.version}"


def _recipe(group: Sequence[Task], *, fresh: bool) -> Recipe:
    _, release, _ = group[0]
    wanted = [release.pin] if release.pin else []
    for task in group:
        wanted += [*choose.others_of(task.branch), *environment.of_reproducer(task.patch)]
    wanted = list(dict.fromkeys(wanted))
    known = None if fresh else pins.remembered(wanted, release.python.path)
    return known or pins.resolve(wanted, group[0].patch.id, release.python.path)


def _prove_one(job: tuple[Task, _Made | UnavailableError], watcher: Watcher) -> tuple[Task, Cell]:
    task, made = job
    python = str(task.release.python.version)
    if isinstance(made, UnavailableError):
        proved = cell.without_environment(task, python, made)
    else:
        watcher.begin(f"{task.patch.id} on {task.release.said}")
        proved = cell.prove(task, made.environment, python)
    watcher.done(task.patch.id, proved)
    return task, proved


def _is_large(group: Iterable[Task]) -> bool:
    return any(protocol.check(task.patch).disk > _LARGE for task in group)


# --- borders that are not where they are declared ---------------------------------------------------------------------


def _next_to_the_borders(patches: Iterable[Patch], results: Mapping[str, Results], releases: Releases) -> list[Task]:
    """Return the release in the middle of each gap whose border is not where it is declared."""
    return [
        task
        for patch in patches
        if not protocol.check(patch).disk > _LARGE
        for judged in ranges.judged(patch, results[patch.id].all, releases)
        for task in _halfway(patch, judged, releases)
    ]


def _halfway(patch: Patch, judged: Judged, releases: Releases) -> Iterable[Task]:
    tried = {borders.version_of(one) for one in judged.cells}
    for end in judged.ends or ():
        if end.is_contradicted and not end.is_border:
            untried = [release for release in releases.between(judged.branch, end.gap) if release.version not in tried]
            for release in untried[len(untried) // 2 :][:1]:
                yield _task(patch, judged.branch, release, releases.python)


def _matrix(patch: Patch, results: Results, releases: Releases) -> Matrix:
    cells = results.all
    judged = ranges.judged(patch, cells, releases)
    packages = dict.fromkeys(choose.subject(one.branch).name for one in judged)
    return Matrix(
        patch=patch.id,
        summary=patch.summary,
        package=" or ".join(packages),
        requires=choose.range_of(patch),
        fixes=patch.fixes,
        holds=ranges.hold(judged, cells.values()),
        right=ranges.right(judged, cells.values()),
        notes=(*ranges.notes(judged, cells.values(), releases), *ranges.elsewhere(patch, releases.python)),
        platform=f"{platform.system()} {platform.machine()}",
        cells=tuple(ranges.ordered(results.cells, packages)),
        alike=tuple(results.alike(list(packages))),
        version=VERSION,
        content=identity.of_patch(patch),
        tool=identity.tool(),
    )


class _Pool:
    """Threads that end, with all processes that they have started, when the work is interrupted."""

    def __init__(self, jobs: int) -> None:
        self._threads = ThreadPoolExecutor(jobs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        if kind is not None:
            runner.end_all()
        self._threads.shutdown()

    def map(self, function: Callable[[T], R], values: Iterable[T]) -> list[R]:
        """Return the results of the function for all values, in order."""
        return list(self._threads.map(function, values))
