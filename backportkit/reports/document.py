"""The report of a process about its patches, as a document that others can read and check."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backportkit.reports.process import standing
from backportkit.state import State  # noqa: TC001 -- pydantic reads the annotations

if TYPE_CHECKING:
    import os


class Record(BaseModel):
    """One patch as it stands."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The patch's id.")
    state: State | str = Field(
        description="Where it stands, in one word. Others may come in later versions.", union_mode="left_to_right"
    )
    reason: str = Field(description="Why, in words a person can act on.")
    targets: tuple[str, ...] = Field(description="The targets as module:Class.attribute.")
    installed: dict[str, str] = Field(description="The installed version of each required distribution that is here.")
    provider: str = Field(description="The distribution, or else the top-level package, that declares it.")
    summary: str = Field(description="What breaks without it, in one line.")
    copies: tuple[str, ...] = Field(description="Names elsewhere, as module:name, that were bound to the replacement.")
    opt_in: bool = Field(description="Whether it has to be asked for.")
    armed: bool = Field(description="Whether apply_all() has taken it up: it is in effect, or will be when needed.")
    upstream_status: Literal["fixed", "open", "workaround"] = Field(description="What upstream has done about it.")
    resolves: tuple[str, ...] = Field(
        default=(), description="The advisories and issues that are resolved where it is in effect. New in version 4."
    )
    held: tuple[str, ...] | None = Field(
        default=None,
        description="Who still has what the patch replaced, and cannot be bound to the replacement; null where it was "
        "not looked for: it is for an applied patch with `resolves`, by `report()`. New in version 6.",
    )
    content: str = Field(
        description="SHA-256 over the code that the patch brings along, what it puts where, and its fingerprints."
    )

    @property
    def standing(self) -> str:
        """Return the standing that a fleet must agree on: `in force`, or else the state."""
        return standing(self.state, armed=self.armed)


class ProcessReport(BaseModel):
    """The patches of one process at one moment."""

    model_config = ConfigDict(frozen=True, title="backportkit report", json_schema_extra={"version": 6})

    backportkit: str = Field(description="The version of backportkit.")
    host: str = Field(description="The name of the machine.")
    pid: int = Field(description="The process id on that machine.")
    program: str = Field(description="The name of the program, without its folder and its arguments.")
    python: str = Field(description="The version of the interpreter.")
    written: AwareDatetime = Field(description="When this was said, in UTC.")
    digest: str = Field(
        description="SHA-256 over the id, the content and the standing of all patches but those that are only offered. "
        "A patch that waits for its target and one that is applied stand the same."
    )
    policies: dict[str, str] = Field(
        default={},
        description="The SHA-256 of each policy that counts, by its file; empty if unread. New in version 5.",
    )
    refused: dict[str, str] = Field(
        default={}, description="Why a policy keeps a provider out, by its name. New in version 5."
    )
    patches: tuple[Record, ...] = Field(description="The patches, in the order of their declaration.")

    @property
    def name(self) -> str:
        """Name this process for a person: program, host and pid."""
        return f"{self.program} {self.host}:{self.pid}"

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write this as `HOST-PID.json` into a folder, which is made if need be; return the path of the file.

        The file appears whole or not at all, in place of an earlier one of the same process. Raises OSError.
        """
        path = Path(folder) / f"{self.host}-{self.pid}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
            file.write(self.model_dump_json(indent=2))
        Path(file.name).replace(path)
        return path
