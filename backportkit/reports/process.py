"""What this process says of its patches: one document that others can read."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import sys
import tempfile
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from backportkit.bootstrap import only_looking
from backportkit.engine import on_error, verbs
from backportkit.source import fingerprint
from backportkit.source.lookup import Library
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.model import Edit
    from backportkit.errors import BackportError
    from backportkit.patch_status import PatchStatus

_DIGITS = 12
# A patch that waits in one process and is applied in another stands the same in both: it is there when it is needed.
_IN_FORCE = frozenset({State.WAITING, State.APPLIED})


class Record(BaseModel):
    """One patch as it stands."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The patch's id.")
    state: State = Field(description="Where it stands, in one word.")
    reason: str = Field(description="Why, in words a person can act on.")
    targets: tuple[str, ...] = Field(description="The targets as module:Class.attribute.")
    installed: dict[str, str] = Field(description="The installed version of each required distribution that is here.")
    provider: str = Field(description="The distribution, or else the top-level package, that declares it.")
    summary: str = Field(description="What breaks without it, in one line.")
    copies: tuple[str, ...] = Field(description="Names elsewhere, as module:name, that were bound to the replacement.")
    armed: bool = Field(description="Whether apply_all() has taken it up: it is in effect, or will be when needed.")
    upstream_status: Literal["fixed", "open", "workaround"] = Field(description="What upstream has done about it.")
    content: str = Field(description="12 hexadecimal digits over what the patch puts where, and its fingerprints.")

    @property
    def standing(self) -> str:
        """What a fleet must agree on, in a word or two: `in force`, or else the state."""
        return "in force" if self.armed and self.state in _IN_FORCE else str(self.state)


class ProcessReport(BaseModel):
    """The patches of one process at one moment."""

    model_config = ConfigDict(frozen=True, title="backportkit report")

    backportkit: str = Field(description="The version of backportkit.")
    host: str = Field(description="The name of the machine.")
    pid: int = Field(description="The process id on that machine.")
    program: str = Field(description="The name of the program, without its folder and its arguments.")
    python: str = Field(description="The version of the interpreter.")
    written: datetime = Field(description="When this was said, in UTC.")
    digest: str = Field(
        description="12 hexadecimal digits over the id, the content and the standing of all patches. A patch that "
        "waits for its target and one that is applied stand the same."
    )
    patches: tuple[Record, ...] = Field(description="The patches, in the order of their declaration.")

    @property
    def name(self) -> str:
        """What a person calls this process: program, host and pid."""
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


def report() -> ProcessReport:
    """What this process has patched and why the rest is not, as one document: `.model_dump_json()` or `.write(folder)`.

    The digest is the same in every process that has the same patches in force, whether or not their targets have been
    imported there yet. `backportkit status --from FOLDER` reads the documents of many processes and shows where they
    differ. Imports nothing of what is patched; writes nothing by itself.

    Raises ProviderError if a provider cannot be read.
    """
    found, errors = survey()
    on_error.raise_all(errors)
    return found


def survey() -> tuple[ProcessReport, list[BackportError]]:
    """What `report` returns, and what it raises: also where a provider cannot be read, the others are known."""
    with only_looking:
        statuses, errors = verbs.survey()
        library = Library()
        return _report(tuple(_record(status, library) for status in statuses)), errors


def _report(records: tuple[Record, ...]) -> ProcessReport:
    return ProcessReport(
        backportkit=_own_version(),
        host=socket.gethostname(),
        pid=os.getpid(),
        program=Path(sys.argv[0] if sys.argv else "").name or "python",
        python=platform.python_version(),
        written=datetime.now(timezone.utc),
        digest=digest(records),
        patches=records,
    )


def digest(records: Iterable[Record]) -> str:
    """What two processes with the same patches in force have in common, whatever the order of their declarations."""
    return _hash(f"{record.id} {record.standing} {record.content}" for record in records)


def _own_version() -> str:
    try:
        return version("backportkit")
    except PackageNotFoundError:  # bundled without its metadata
        return "unknown"


def _record(status: PatchStatus, library: Library) -> Record:
    patch = verbs.find(status.id)
    more = {"content": _hash(_content(edit, library) for edit in patch.edits), "upstream_status": patch.upstream_status}
    return Record.model_validate(status._asdict() | more)


def _content(edit: Edit, library: Library) -> str:
    return " ".join([str(edit.target), edit.how, edit.namespace, _body(edit, library), *edit.original, *edit.fixed])


def _body(edit: Edit, library: Library) -> str:
    """The fingerprint of the replacement as its source has it; its name alone where there is no source."""
    if edit.replacement is None:
        return repr(edit.value)
    module, _, path = edit.replacement.partition(":")
    return fingerprint.of_installed(module, path.split("."), library).value or str(edit.replacement)


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:_DIGITS]
