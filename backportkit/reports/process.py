"""Report the patches of this process, as one document that others can read."""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from backportkit import regular_file
from backportkit.bootstrap import only_looking
from backportkit.declaration import discovery, metadata
from backportkit.declaration.registry import declared_patches
from backportkit.engine import content, on_error, verbs
from backportkit.policy import in_force
from backportkit.source.lookup import Library
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backportkit.errors import BackportError
    from backportkit.patch_status import PatchStatus
    from backportkit.reports.document import ProcessReport


def report() -> ProcessReport:
    """Return one document about the patches of this process: where each of them stands, and why.

    `.model_dump_json()` gives its text, and `.write(folder)` makes a file of it. The digest is the same in all
    processes that have the same patches in force, whether or not their targets have been imported there yet.
    `backportkit status --from FOLDER` reads the documents of many processes and shows where they differ.

    Who still has what an applied patch replaced is looked for where the patch says by `resolves` what it is against:
    that walks all objects of the process, which takes from milliseconds to a second for each such patch.
    Imports nothing of what is patched, and writes nothing. Raises ProviderError if a provider cannot be read.
    """
    found, errors = survey()
    on_error.raise_all(errors, "read")
    for record in found["patches"]:
        record["held"] = _held(record)
    with only_looking():
        from backportkit.reports.document import ProcessReport

    return ProcessReport.model_validate(found)


def survey() -> tuple[dict[str, Any], list[BackportError]]:
    """Return the fields of the report, and the errors of the providers that cannot be read.

    The fields have the patches of all other providers.
    """
    with only_looking():
        statuses, errors = verbs.survey()
        library = Library()
        return _fields([_record(status, library) for status in statuses]), errors


def _fields(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "backportkit": _own_version(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "program": _program() or "python",
        "python": sys.version.partition(" ")[0],
        "written": datetime.now(timezone.utc),
        "digest": digest(records),
        "policies": {one.path: _sha256(one.path) for one in in_force.policies()},
        "refused": dict(discovery.refused),
        "patches": records,
    }


def _sha256(path: str) -> str:
    from hashlib import sha256  # only where there is a policy

    try:
        return sha256(regular_file.read(path)).hexdigest()
    except OSError:  # such a policy lets nothing be armed
        return ""


def _program() -> str:
    path = sys.argv[0] if sys.argv else ""
    return os.path.basename(path.rstrip(os.sep))  # noqa: PTH119 -- pathlib costs half a start


def digest(records: Iterable[Mapping[str, Any]]) -> str:
    """Return a digest that is the same in all processes with the same patches in force, whatever their order.

    A patch that is only offered is left out: not each process reads it.
    """
    counted = (one for one in records if one["armed"] or not one["opt_in"])
    return content.digest(
        f"{one['id']} {standing(one['state'], armed=one['armed'])} {one['content']}" for one in counted
    )


def standing(state: str, *, armed: bool) -> str:
    """Return the standing of a patch, which a fleet must agree on: `in force`, or else the state.

    One that waits in one process and is applied in another stands the same in both: it is there when it is needed. One
    of which the undo was refused, and that is not armed therefore, is there, too.
    """
    return "in force" if state == State.APPLIED or (armed and state == State.WAITING) else str(state)


def _held(record: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Name who has what a patch replaced; None where nobody would say by it that an advisory is resolved."""
    return verbs.held(record["id"]) if record["resolves"] and record["state"] == State.APPLIED else None


def _own_version() -> str:
    found = next(iter(metadata.copies("backportkit")), None)
    return (found and found.version) or "unknown"  # bundled without its metadata


def _record(status: PatchStatus, library: Library) -> dict[str, Any]:
    patch, declared = verbs.find(status.id), declared_patches.find(status.id)
    is_opt_in = declared is not None and declared.opt_in
    told = {"upstream_status": patch.upstream_status, "resolves": patch.resolves, "opt_in": is_opt_in}
    return {**status._asdict(), **told, "content": "" if declared is None else content.of(declared, library).digest}
