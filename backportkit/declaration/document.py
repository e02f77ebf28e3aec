"""Read patches from files, TOML or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backportkit import regular_file, toml
from backportkit.declaration import json_text
from backportkit.declaration.checked import validated
from backportkit.declaration.record import Patch
from backportkit.errors import DeclarationError

_BESIDE = "to read a file beside the module that declares, write load(Path(__file__).with_name(...))"
_IN_WHEEL = "if an install lacks it, name it as package data of the build, such as [tool.setuptools.package-data]"
_ONE = "patch, which is a single one"


def from_file(path: str | Path) -> list[tuple[Patch, str]]:
    """The patches of a TOML or JSON file, each with its place. Raises as `declare.load` does."""
    entries = _entries(Path(path))
    places = [f"{path}, patch {number}" for number in range(1, len(entries) + 1)]
    return [(validated(Patch, entry, place), place) for entry, place in zip(entries, places, strict=True)]


def name_of(path: str | Path) -> str:
    """Return the name that a file has whatever folder it is named from."""
    return str(Path(path).resolve())


def _entries(path: Path) -> list[Any]:
    content = _read(path)
    entries = content.get("patch") if isinstance(content, dict) and set(content) == {"patch"} else None
    if not isinstance(entries, list):
        is_one = isinstance(entries, dict)
        raise DeclarationError(
            f"{path} is no list of patches",
            expected="a [[patch]] table for each patch; in JSON an object {'patch': [...]}; and nothing beside them",
            found=_ONE if is_one else _in_words(content),
            next_step="write [[patch]], in two brackets each; in JSON a list, {'patch': [{...}]}" if is_one else None,
        )
    return entries


def _in_words(content: Any) -> str:
    return ", ".join(content) or "nothing" if isinstance(content, dict) else type(content).__name__


def _read(path: Path) -> Any:
    parse, kind = (toml.parse, "TOML") if path.suffix == ".toml" else (json_text.parse, "JSON")
    try:
        content = regular_file.read(path)
    except FileNotFoundError as error:
        where = f"; {_IN_WHEEL}" if path.is_absolute() else f" below {Path.cwd()}; {_BESIDE}"
        raise FileNotFoundError(error.errno, f"{error.strerror}{where}", str(path)) from None
    except regular_file.UnfitError as error:
        raise DeclarationError(f"{path} is no {kind}: {error}") from error
    try:
        return parse(content.decode("utf-8"))
    except ValueError as error:  # tomllib, json and decode raise ValueErrors
        raise DeclarationError(f"{path} is no {kind}: {error}") from error
