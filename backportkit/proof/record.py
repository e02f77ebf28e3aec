"""What a proof says: frozen records that are written as JSON."""

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
        """What the reproducer has to show in this phase."""
        return Colour.GREEN if self is Phase.WITH else Colour.RED


class Colour(str, Enum):
    """How one run ended.

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
        proved: Whether the runs were red, green and red.
        runs: The runs, in the order of the phases.
        environment: `current`, or the folder of the throw-away environment.
        python: The version of the interpreter.
        platform: The platform as `platform.platform()` names it.
    """

    patch: str
    proved: bool
    runs: tuple[Run, ...]
    environment: str
    python: str
    platform: str
