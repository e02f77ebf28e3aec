"""Read the reports of many processes, and find where they differ."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backportkit import regular_file
from backportkit.declaration import json_text
from backportkit.errors import BackportError
from backportkit.reports.document import ProcessReport, Record
from backportkit.reports.process import digest
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ABSENT = "not declared"
_ASTRAY = timedelta(minutes=5)  # clocks of two machines
_SHOWN = 12  # digits of a digest in a table
_UNASKED = frozenset({_ABSENT, State.OFFERED})  # nobody has read it, or asked for it


class FleetError(BackportError, ValueError):
    """The documents of a fleet cannot be read. A ValueError."""


class Group(BaseModel):
    """The processes in which one patch stands the same."""

    model_config = ConfigDict(frozen=True)

    standing: str = Field(description="`in force`, another state, or `not declared`.")
    content: str = Field(description="What the patch puts where, as `Record.content` has it; empty if not declared.")
    reason: str = Field(description="The reason that the first of these processes gives.")
    processes: tuple[str, ...] = Field(description="The names of the processes.")


class Difference(BaseModel):
    """One patch that does not stand the same everywhere."""

    model_config = ConfigDict(frozen=True)

    patch: str = Field(description="The patch's id.")
    groups: tuple[Group, ...] = Field(description="How it stands and where, the most frequent first.")


class Fleet(BaseModel):
    """Many processes, and where they differ."""

    model_config = ConfigDict(frozen=True, title="backportkit status --from", json_schema_extra={"version": 6})

    consistent: bool = Field(description="Whether all processes have the same digest.")
    differences: tuple[Difference, ...] = Field(description="What differs, by the id of the patch.")
    processes: tuple[ProcessReport, ...] = Field(description="What each process said last.")


def read(source: str) -> Fleet:
    """Read the documents that `backportkit.report()` makes: all `*.json` of a folder, one file, or `-` for stdin.

    A text may hold one document, an array of them, or several one after another. The latest document of a process
    counts. Raises FleetError for what is no such document, and if there is none at all.
    """
    found, errors = survey(source)
    if errors:
        raise errors[0]
    return found


def survey(source: str) -> tuple[Fleet, list[FleetError]]:
    """Return what `read` returns, of the documents that are reports, and the errors of the others.

    Raises FleetError if there is none that is one.
    """
    found = [one for name in _names(source) for one in _found(name)]
    reports = [one for one in found if isinstance(one, ProcessReport)]
    errors = [one for one in found if isinstance(one, FleetError)]
    if reports:
        return merge(reports), errors
    if errors:
        raise errors[0]
    raise FleetError(
        f"there is no report in {_name(source)}",
        expected="documents written by backportkit.report()",
        next_step="let the processes call backportkit.report().write(FOLDER)",
    )


def merge(reports: Iterable[ProcessReport]) -> Fleet:
    """Compare the latest documents of several processes."""
    latest = {(report.host, report.pid): report for report in sorted(reports, key=lambda report: report.written)}
    processes = tuple(latest.values())
    return Fleet(
        consistent=len({process.digest for process in processes}) == 1,
        differences=tuple(differences([(process.name, process) for process in processes])),
        processes=processes,
    )


def differences(processes: Sequence[tuple[str, ProcessReport]]) -> Iterator[Difference]:
    """Yield each patch that does not stand the same in all processes. Each process has the name to call it by."""
    tables = [(name, {record.id: record for record in process.patches}) for name, process in processes]
    for patch in sorted({patch for _, table in tables for patch in table}):
        stands: dict[tuple[str, str], list[tuple[str, Record | None]]] = {}
        for name, table in tables:
            stands.setdefault(_standing(table.get(patch)), []).append((name, table.get(patch)))
        if len(stands) > 1 and not {standing for standing, _ in stands} <= _UNASKED:
            groups = [_group(*standing, members) for standing, members in stands.items()]
            yield Difference(patch=patch, groups=tuple(sorted(groups, key=lambda group: -len(group.processes))))


def shortened(digests: Iterable[str]) -> dict[str, str]:
    """Return the first digits of digests for a table, and all of them if the first ones do not tell them apart."""
    known = set(digests)
    are_apart = len({one[:_SHOWN] for one in known}) == len(known)
    return {one: one[:_SHOWN] if are_apart else one for one in known}


def _standing(record: Record | None) -> tuple[str, str]:
    return (_ABSENT, "") if record is None else (record.standing, record.content)


def _group(standing: str, content: str, members: list[tuple[str, Record | None]]) -> Group:
    first = members[0][1]
    return Group(
        standing=standing,
        content=content,
        reason="" if first is None else first.reason,
        processes=tuple(name for name, _ in members),
    )


def _names(source: str) -> list[str]:
    path = Path(source)
    is_folder = source != "-" and path.is_dir()
    return sorted(map(str, path.glob("*.json"))) if is_folder else [source]


def _found(name: str) -> Iterator[ProcessReport | FleetError]:
    """Yield the reports in a file, and for what is none the error."""
    where = _name(name)
    try:
        values = list(_values(_text(name, where), where))
    except FleetError as error:
        yield error
        return
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            try:
                yield _checked(one, where)
            except FleetError as error:
                yield error


def _text(name: str, where: str) -> str:
    try:
        return _content(name).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FleetError(f"{where} cannot be read: {error}") from error


def _content(name: str) -> bytes:
    if name == "-":
        return regular_file.checked(sys.stdin.buffer.read(regular_file.LARGEST + 1))
    return regular_file.read(name)


def _name(source: str) -> str:
    return "stdin" if source == "-" else source


def _checked(value: Any, where: str) -> ProcessReport:
    """Return the report that a JSON value is. Raises FleetError if it is none, or contradicts itself or our clock."""
    try:
        found = ProcessReport.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise FleetError(
            f"{where} is no report of a process",
            expected="a document written by backportkit.report()",
            found=f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}",
        ) from error
    computed = digest(record.model_dump() for record in found.patches)
    if found.digest != computed:
        raise _forged(found, where, f"the digest {computed} of its patches", found.digest)
    now = datetime.now(timezone.utc)
    if found.written > now + _ASTRAY:
        raise _forged(found, where, f"a time that has been, at {now:%Y-%m-%d %H:%M:%S} UTC", str(found.written))
    return found


def _forged(report: ProcessReport, where: str, expected: str, found: str) -> FleetError:
    return FleetError(
        f"{where} is not what {report.name} wrote, or its clock is wrong",
        expected=expected,
        found=found,
        next_step="let the process write its report anew, and find out who changed the file",
    )


def _values(text: str, where: str) -> Iterator[Any]:
    """Yield the JSON values in a text, one after another."""
    try:
        yield from json_text.parse_all(text)
    except ValueError as error:
        raise FleetError(f"{where} is no JSON: {error}") from error
