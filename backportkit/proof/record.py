"""Records of proofs: frozen, and written as JSON."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, ConfigDict


class Phase(str, Enum):
    """The three processes of a proof, in their order."""

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
    """The end of one run.

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


class Run(_Record):
    """One process.

    Attributes:
        phase: Which of the three.
        colour: How it ended.
        message: The line of the failure that says most, or what is wrong with the run; empty for a good green one.
        seconds: Wall time of the process.
        versions: The versions of the required distributions that the process saw.
        output: The file with all that the process printed, kept when the run was not what it must be.
    """

    phase: Phase
    colour: Colour
    message: str
    seconds: float
    versions: dict[str, str]
    output: str | None = None

    @property
    def as_it_must_be(self) -> bool:
        return self.colour is self.phase.must_be


class Proof(_Record):
    """The three runs of one patch in one environment, and the verdict.

    Attributes:
        patch: The patch's id.
        proved: Whether the runs were red, green and red, and nothing that is installed is in the patch's way.
        conflicts: What is in its way, in words.
        runs: The runs, in the order of the phases.
        environment: `current`, or the folder of the throw-away environment.
        python: The version of the interpreter.
        platform: The platform as `platform.platform()` names it.
    """

    patch: str
    proved: bool
    conflicts: tuple[str, ...] = ()
    runs: tuple[Run, ...]
    environment: str
    python: str
    platform: str


class Outcome(str, Enum):
    """The result of a patch on one release.

    `proved`: red without, green with, red after undo. `dormant`: out of range, and the reproducer passes.
    `absorbed`: in range, but upstream's fixed body is there. `inapplicable`: what the patch is about is not there, or
    cannot be imported by this Python. `uninstallable`: the release cannot be had here. `unfit`: out of range, and the
    bug is there, but the patch does not mend it there. The others contradict the declaration. `red`: out of range, and
    the bug is there, which the patch mends. `green`: in range, and the bug is not there. `broken`: in range and not
    proved, or a process out of range that came to a bad end.
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
        """True if the declaration says otherwise."""
        return self in {Outcome.RED, Outcome.GREEN, Outcome.BROKEN}

    @property
    def is_for_patch(self) -> bool:
        """True if the bug was seen, and that the patch mends it."""
        return self in {Outcome.PROVED, Outcome.RED}

    @property
    def is_not_for_patch(self) -> bool:
        """True if it was seen that there is nothing for the patch to mend."""
        return self in {Outcome.DORMANT, Outcome.ABSORBED, Outcome.GREEN, Outcome.INAPPLICABLE, Outcome.UNFIT}


class Cell(_Record):
    """One patch on one release.

    Attributes:
        version: The release.
        python: The version of the interpreter.
        declared: Whether the release is in the patch's range.
        outcome: What it came to.
        message: What says most about it: the failure, or why there was none.
        runs: The processes, in their order.
        yanked: Why upstream has yanked the release; None if it has not.
        package: The distribution, of a patch that is for several; None if it is for one.
    """

    version: str
    python: str
    declared: bool
    outcome: Outcome
    message: str
    runs: tuple[Run, ...] = ()
    yanked: str | None = None
    package: str | None = None

    @property
    def is_misfit(self) -> bool:
        """True if the bug is there, in range, and the patch does not mend it."""
        if self.outcome is not Outcome.BROKEN or len(self.runs) < len(Phase):
            return False
        without, with_, _ = self.runs
        return without.as_it_must_be and not with_.as_it_must_be


class Matrix(_Record):
    """One patch on several releases.

    Attributes:
        patch: The patch's id.
        summary: What breaks without it.
        package: What it is for, with `or` between several.
        requires: The range that it declares, with `or` between those of several branches.
        fixes: The upstream change that it carries.
        holds: Whether it was proved on some release, and none contradicts the declaration.
        right: The range that the releases speak for, where they contradict the declared one; None where they do not,
            and where its ends are not known.
        notes: What the releases say of the range besides, and what was not tried.
        platform: The operating system and the machine.
        cells: One for each release, from the oldest on; of several packages one package after the other.
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
