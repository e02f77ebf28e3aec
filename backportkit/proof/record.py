"""Records of proofs: frozen, and written as JSON."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from backportkit.redacted import redacted

VERSION = 3
# What a reproducer says is compared as it is with what it expects, and kept without secrets.
_Said = Annotated[str, AfterValidator(redacted)]


class Phase(str, Enum):
    """The three processes of a proof, in order."""

    WITHOUT = "without"
    WITH = "with"
    UNDONE = "undone"

    def __str__(self) -> str:
        return self.value

    @property
    def must_be(self) -> Colour:
        """The colour that the reproducer has to show in this phase."""
        return Colour.GREEN if self is Phase.WITH else Colour.RED


class Colour(str, Enum):
    """The result of one run.

    `red`: the reproducer failed as it says it does. `green`: it passed. `broken`: anything else, such as a failure for
    another reason, a replacement that was never called, or a process that died or ran out of time.
    """

    RED = "red"
    GREEN = "green"
    BROKEN = "broken"

    def __str__(self) -> str:
        return self.value


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Installed(_Record):
    """A distribution in the environment of a proof.

    Attributes:
        name: Its name.
        version: Its version.
        file: The SHA-256 of the wheel or sdist that it was installed from; None if that is not known.
        record: The SHA-256 of its RECORD, which has a hash of each of its files; None if it has none.
    """

    name: str
    version: str
    file: str | None = None
    record: str | None = None


class Tool(_Record):
    """The backportkit that has run a proof.

    Attributes:
        version: Its version.
        sha256: A hash of all its files.
    """

    version: str
    sha256: str


class _Identified(_Record):
    """A record that says by hashes what it is about.

    Attributes:
        version: The version of this document, which is raised when it changes. The first one had no hashes.
        content: The SHA-256 over all code that the patch brings along; None if it was not declared.
        tool: The backportkit that has run the proof.
    """

    version: int = 1
    content: str | None = None
    tool: Tool | None = None


class Run(_Record):
    """One process.

    Attributes:
        phase: One of the three.
        colour: The result.
        message: The line of the failure that says most, or the problem with the run; empty for a good green one.
        seconds: Wall time of the process.
        versions: The versions of the required distributions that the process saw.
        output: The file with all output of the process, kept if the run was not what it must be.
    """

    phase: Phase
    colour: Colour
    message: _Said
    seconds: float
    versions: dict[str, str]
    output: str | None = None

    @property
    def as_it_must_be(self) -> bool:
        return self.colour is self.phase.must_be


# What to do about the first run that was not what it must be.
_STEPS = {
    (
        Phase.WITHOUT,
        Colour.GREEN,
    ): "this release has no bug, or the reproducer does not reach it: prove another one "
    "by --versions, or correct the reproducer",
    (Phase.WITHOUT, Colour.BROKEN): "correct the reproducer, so that it fails for the bug alone",
    (Phase.WITH, Colour.RED): "correct the replacement, or reach those who still have the original; or correct the "
    "reproducer, if it fails with upstream's fix as well, as --versions with a fixed release tells",
}


class Proof(_Identified):
    """The three runs of one patch in one environment, and the verdict.

    Attributes:
        patch: The patch's id.
        proved: True if the runs were red, green and red, and no installed patch is in the patch's way.
        conflicts: The patches in its way, in words.
        runs: The runs, in the order of the phases.
        environment: `current`, or the folder of the throw-away environment.
        python: The version of the interpreter.
        platform: The platform as `platform.platform()` names it.
        installed: The distributions there: those that the patch requires, of a throw-away environment all.
    """

    patch: str
    proved: bool
    conflicts: tuple[str, ...] = ()
    runs: tuple[Run, ...]
    environment: str
    python: str
    platform: str
    installed: tuple[Installed, ...] = ()

    @property
    def next_step(self) -> str:
        """The next step after the runs; empty if they are as they must be."""
        wrong = next((run for run in self.runs if not run.as_it_must_be), None)
        if wrong is None:
            return ""
        return _STEPS.get((wrong.phase, wrong.colour), f"mend what the run {wrong.phase} says")


_LEAVE_OUT = "bound `requires` so that it leaves out {}"


class Outcome(str, Enum):
    """The result of a patch on one release.

    These agree with the declaration. `proved`: red without, green with, red after undo. `dormant`: out of range, and
    the reproducer passes. `absorbed`: in range, but upstream's fixed body is there. `inapplicable`: the target is not
    there, or this Python cannot import it. `uninstallable`: the release cannot be installed here. `unfit`: out of
    range, and the bug is there, but the patch does not mend it there, or cannot be applied there.

    These contradict it. `red`: out of range, and the bug is there, which the patch mends. `green`: in range, and the
    bug is not there. `broken`: in range and not proved, or a process out of range that came to a bad end.
    """

    PROVED = "proved"
    DORMANT = "dormant"
    ABSORBED = "absorbed"
    INAPPLICABLE = "inapplicable"
    UNINSTALLABLE = "uninstallable"
    UNFIT = "unfit"
    RED = "red"
    GREEN = "green"
    BROKEN = "broken"

    def __str__(self) -> str:
        return self.value

    @property
    def contradicts(self) -> bool:
        """True if the outcome contradicts the declaration."""
        return self in {Outcome.RED, Outcome.GREEN, Outcome.BROKEN}

    @property
    def is_for_patch(self) -> bool:
        """True if the bug was seen, and the patch was seen to mend it."""
        return self in {Outcome.PROVED, Outcome.RED}

    @property
    def is_not_for_patch(self) -> bool:
        """True if the patch was seen to have nothing to mend."""
        return self in {Outcome.DORMANT, Outcome.ABSORBED, Outcome.GREEN, Outcome.INAPPLICABLE, Outcome.UNFIT}


class Cell(_Record):
    """One patch on one release.

    Attributes:
        version: The release.
        python: The version of the interpreter.
        declared: True if the release is in the patch's range.
        outcome: The result.
        message: The line that says most about the result: the failure, or why there was none.
        runs: The processes, in order.
        yanked: Upstream's reason for yanking the release; None if it is not yanked.
        package: The distribution, if the patch is for several; else None.
        installed: The distributions in its environment.
    """

    version: str
    python: str
    declared: bool
    outcome: Outcome
    message: _Said
    runs: tuple[Run, ...] = ()
    yanked: str | None = None
    package: str | None = None
    installed: tuple[Installed, ...] = ()

    @property
    def is_misfit(self) -> bool:
        """True if the bug is there, in range, and the patch does not mend it."""
        if self.outcome is not Outcome.BROKEN or len(self.runs) < len(Phase):
            return False
        without, with_, _ = self.runs
        return without.colour is with_.colour is Colour.RED

    @property
    def is_unknown(self) -> bool:
        """True if the bug is there, out of range, and the patch could not be applied there."""
        return self.outcome is Outcome.UNFIT and any(run.colour is Colour.BROKEN for run in self.runs[-1:])


class Alike(_Record):
    """Releases in range that were not installed, since their bodies are those of one that was tried.

    Attributes:
        versions: The releases, which follow each other.
        like: The release that was tried, whose bodies at all targets they have.
        outcome: Its result: `proved` or `absorbed`.
        package: The distribution, if the patch is for several; else None.
        python: The version of the interpreter, if there are several; else None.
    """

    versions: tuple[str, ...]
    like: str
    outcome: Outcome
    package: str | None = None
    python: str | None = None

    @property
    def line(self) -> str:
        """The sentence about them."""
        first, last, number = self.versions[0], self.versions[-1], len(self.versions)
        span = first if number == 1 else f"{first} to {last} ({number} releases)"
        was = "were" if number > 1 else "was"
        package = f"{self.package} " if self.package else ""
        python = f" with Python {self.python}" if self.python else ""
        said = "which was proved" if self.outcome is Outcome.PROVED else "which has the fix"
        return f"{package}{span} {was} not installed{python}: same bodies as {self.like}, {said}"


class Matrix(_Identified):
    """One patch on several releases, with one Python or with several.

    Attributes:
        patch: The patch's id.
        summary: The bug that it fixes, in words.
        package: The package that it is for, with `or` between several.
        requires: The declared range, with `or` between the ranges of several branches.
        fixes: The upstream change that it carries.
        holds: True if the patch was proved on some release, and no release contradicts the declaration.
        right: The range that the releases speak for, if they contradict the declared one and its ends are known; else
            None.
        notes: Remarks about the range, and about releases that were not tried.
        platform: The operating system and the machine.
        cells: One for each release, the oldest first; of several packages one package after the other, of several
            Pythons one Python after the other.
        alike: The releases in range that were not installed, with the reason, in the same order.
    """

    patch: str
    summary: str
    package: str
    requires: str
    fixes: str | None
    holds: bool
    right: str | None
    notes: tuple[str, ...] = ()
    platform: str
    cells: tuple[Cell, ...]
    alike: tuple[Alike, ...] = ()

    @property
    def pythons(self) -> tuple[str, ...]:
        """The versions of the interpreters that releases were tried with; of a patch of Python itself none."""
        return tuple(dict.fromkeys(cell.python for cell in self.cells if cell.python != cell.version))

    def release(self, cell: Cell) -> str:
        """Return the release of a cell, with its Python if there are several."""
        return f"{cell.version} with Python {cell.python}" if self.pythons[1:] else cell.version

    @property
    def _fails_with_the_fix(self) -> bool:
        return any(not cell.declared and cell.outcome is Outcome.BROKEN for cell in self.cells)

    @property
    def next_step(self) -> str:
        """The next step after a matrix that does not hold; empty if it holds."""
        if self.holds:
            return ""
        if self.right is not None:
            parts = self.right.split(" or ") if ";" not in self.right else []
            alternatives = ", ".join(map(repr, parts))
            return f"correct `requires`: {f'any_of({alternatives})' if parts[1:] else self.right}"
        broken = [cell for cell in self.cells if cell.declared and cell.outcome is Outcome.BROKEN]
        misfits = list(dict.fromkeys(cell.version for cell in broken if cell.is_misfit))
        others = list(dict.fromkeys(cell.version for cell in broken if not cell.is_misfit))
        ways = {"or give a reproducer that runs there": others, "and write a patch of its own for that part": misfits}
        said = [f"{_LEAVE_OUT.format(', '.join(which))}, {way}" for way, which in ways.items() if which]
        if self._fails_with_the_fix:
            return "correct the reproducer: it fails where upstream's fix is, too"
        if misfits and not any(cell.outcome.is_for_patch for cell in self.cells):
            return "correct the replacement, or the reproducer"
        return "; ".join(said) or self._other_releases

    @property
    def _other_releases(self) -> str:
        """The next step where nothing contradicts the range, and nothing is proved."""
        inside = [cell for cell in self.cells if cell.declared]
        if inside and all(cell.outcome is Outcome.UNINSTALLABLE for cell in inside):
            reason = " ".join(inside[-1].message.split())
            return f"mend what keeps {inside[-1].version} from being installed, or name others by --versions: {reason}"
        return "name more releases by --versions: those that have the bug, and their neighbours"
