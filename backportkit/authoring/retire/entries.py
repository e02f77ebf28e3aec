"""Take patches out of a file of patches, TOML or JSON. All else in it stays as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from backportkit import toml
from backportkit.authoring.retire.declaring import RetireError
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def without(path: Path, numbers: Collection[int]) -> bytes | None:
    """Return a file without the patches of these numbers; None if it has no others. Raises RetireError."""
    text = path.read_bytes().decode("utf-8")
    is_toml = path.suffix == ".toml"
    kept = [one for at, one in enumerate(_patches(text, is_toml), 1) if at not in numbers]
    if not kept:
        return None
    made = _without_tables(text, numbers) if is_toml else _without_objects(text, numbers)
    if _patches(made, is_toml) != kept:
        raise RetireError(
            f"{location.relative(path)} is written in a way that cannot be understood",
            expected="a [[patch]] table for each patch, or in JSON a list of objects",
            next_step="take the patch out by hand",
        )
    return made.encode()


def _patches(text: str, is_toml: bool) -> Any:  # noqa: FBT001 -- the kind of the file
    try:
        return (toml.parse(text) if is_toml else json.loads(text))["patch"]
    except (ValueError, LookupError):
        return None


def _without_tables(text: str, numbers: Collection[int]) -> str:
    """Return a TOML document without some of its tables `[[patch]]`, and the comments right above them."""
    lines = text.splitlines(keepends=True)
    heads = [at for at, line in enumerate(lines) if line.partition("#")[0].replace(" ", "").strip() == "[[patch]]"]
    starts = [*(_first_comment(lines, at) for at in heads), len(lines)]
    gone = {at for one in numbers if one <= len(heads) for at in range(starts[one - 1], starts[one])}
    kept = "".join(line for at, line in enumerate(lines) if at not in gone)
    return kept.rstrip() + text[len(text.rstrip()) :] if len(lines) - 1 in gone else kept


def _first_comment(lines: list[str], at: int) -> int:
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


def _without_objects(text: str, numbers: Collection[int]) -> str:
    """Return `{"patch": [...]}` without some of its objects, and the commas before those that follow."""
    decoder = json.JSONDecoder()
    first = at = text.index("[") + 1
    pieces: list[tuple[str, str]] = []  # what stands between two objects, and the object
    while (start := _start(text, at)) >= 0:
        end = decoder.raw_decode(text, start)[1]
        pieces.append((text[at:start], text[start:end]))
        at = end
    kept = [one for number, one in enumerate(pieces, 1) if number not in numbers]
    rest = "".join(f"{between}{inner}" for between, inner in kept[1:])
    return f"{text[:first]}{pieces[0][0]}{kept[0][1]}{rest}{text[at:]}"


def _start(text: str, at: int) -> int:
    """Return where the next object of a list begins; -1 after the last one."""
    rest = text[at:]
    begun = rest.lstrip(", \t\r\n")
    return at + len(rest) - len(begun) if begun.startswith("{") else -1
