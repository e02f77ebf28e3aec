"""Prove that a patch is dead: its reproducer passes without it in all that its project supports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.proof import environment, pins, protocol
from backportkit.proof.choose import Releases
from backportkit.proof.record import Colour, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from backportkit.declaration.record import Patch
    from backportkit.proof.choose import Release
    from backportkit.proof.environment import Environment, Wishes
    from backportkit.proof.protocol import Tell
    from backportkit.proof.record import Run


class Past(NamedTuple):
    """A requirement of a patch that its project has outgrown.

    Attributes:
        requirement: The requirement.
        supported: The ranges of the same distribution that the project supports instead.
        others: What has to be installed beside it.
    """

    requirement: Requirement
    supported: Sequence[SpecifierSet]
    others: Sequence[str]

    @property
    def said(self) -> str:
        """The releases that the project supports, in words."""
        return " or ".join(f"{self.requirement.name}{one}" for one in self.supported)


class Trial(NamedTuple):
    """The run of a reproducer without its patch, in one release."""

    release: Release
    run: Run

    @property
    def has_passed(self) -> bool:
        """True if the reproducer passed, so that there is nothing to patch."""
        return self.run.colour is Colour.GREEN

    @property
    def said(self) -> str:
        """The result on one line."""
        result = "the reproducer passes" if self.has_passed else f"{self.run.colour}: {self.run.message}"
        return f"{self.release.package} {self.release.version}, without the patch: {result}"


def prove(patch: Patch, past: Sequence[Past], tell: Tell, wishes: Wishes) -> list[Trial]:
    """Run the reproducer of a patch without it, in the oldest and the newest release that the project supports.

    Raises ProofError or UnavailableError, both BackportErrors, if that cannot be tried.
    """
    protocol.check(patch)
    return [trial for one in past for trial in _trials(patch, one, tell, wishes)]


def _trials(patch: Patch, past: Past, tell: Tell, wishes: Wishes) -> Iterator[Trial]:
    subject = patch.for_requirements((str(past.requirement),))
    for release in Releases().ends(subject, past.supported):
        where = _environment(patch, release, past.others, tell, fresh=wishes.fresh)
        tell(f"{patch.id} on {release.package} {release.version}")
        yield Trial(release, protocol.see(patch, Phase.WITHOUT, where._replace(passed=wishes.passed)).run)


def _environment(patch: Patch, release: Release, others: Sequence[str], tell: Tell, *, fresh: bool) -> Environment:
    """Return an environment that has a release, and no patch of ours."""
    wanted = [*([release.pin] if release.pin else []), *others, *environment.of_reproducer(patch)]
    recipe = None if fresh else pins.remembered(wanted, release.python.path)
    found = None if recipe is None else environment.find(recipe)
    if found is not None:
        return found
    environment.check_disk(patch.id, protocol.check(patch).disk)
    tell(f"installing {release.pin or f'an environment with Python {release.version}'}")
    return environment.build(recipe or pins.resolve(wanted, patch.id, release.python.path), patch.id)
