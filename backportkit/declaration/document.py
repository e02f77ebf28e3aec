"""Make patches out of what `declare` is given, and say what is wrong with it."""

from __future__ import annotations

import dis
from collections.abc import Mapping
from difflib import get_close_matches
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from backportkit.declaration import json_text, toml
from backportkit.declaration.fields import HINTS
from backportkit.declaration.model import Callbacks, Edit, Patch, Reproducer, Target
from backportkit.declaration.plain import members_of
from backportkit.declaration.reference import Reference
from backportkit.errors import DeclarationError
from backportkit.shown import plain
from backportkit.source.callables import code_of, function_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from backportkit.declaration.draft import Draft

# The records inside a patch, the innermost first, by the field that holds them.
_RECORDS: dict[str, type[BaseModel]] = {
    "target": Target,
    "reproducer": Reproducer,
    "callbacks": Callbacks,
    "edits": Edit,
}

_LARGEST = 64 << 20  # bytes of a file of patches

# How `super()` is compiled from 3.10 on: LOAD_GLOBAL and one of _CALLS, with or without some of _SILENT_STEPS between.
_CALLS = frozenset({"CALL", "CALL_FUNCTION"})
_SILENT_STEPS = frozenset({"CACHE", "PRECALL", "PUSH_NULL"})


def from_draft(draft: Draft) -> Patch:
    """The patch that a decorated function or class declares. Raises DeclarationError."""
    make = _from_class if isinstance(draft.replacement, type) else _from_function
    return validate(make(draft) | draft.given, draft.target)


def from_file(path: str | Path) -> list[tuple[Patch, str]]:
    """The patches of a TOML or JSON file, each with its place. Raises as `declare.load` does."""
    entries = _entries(Path(path))
    places = [f"{path}, patch {number}" for number in range(1, len(entries) + 1)]
    return [(validate(entry, place), place) for entry, place in zip(entries, places, strict=True)]


def _entries(path: Path) -> list[Any]:
    content = _read(path)
    entries = content.get("patch") if isinstance(content, dict) and set(content) == {"patch"} else None
    if not isinstance(entries, list):
        raise DeclarationError(
            f"{path} is no list of patches",
            expected="a [[patch]] table for each patch; in JSON an object {'patch': [...]}; and nothing beside them",
            found=", ".join(content) or "nothing" if isinstance(content, dict) else type(content).__name__,
        )
    return entries


def _read(path: Path) -> Any:
    parse, kind = (toml.parse, "TOML") if path.suffix == ".toml" else (json_text.parse, "JSON")
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)  # of a device there is no end
    if len(content) > _LARGEST:
        raise DeclarationError(f"{path} is no {kind}: it is larger than {_LARGEST >> 20} MiB")
    try:
        return parse(content.decode("utf-8"))
    except ValueError as error:  # what tomllib, json and decode raise are ValueErrors
        raise DeclarationError(f"{path} is no {kind}: {error}") from error


def _from_function(draft: Draft) -> dict[str, Any]:
    function = function_of(draft.replacement)
    if function is not None and "super" not in function.__globals__ and _calls_bare_super(function.__code__):
        raise DeclarationError(
            f"{function.__qualname__}() calls super() without arguments, which only works inside a class",
            target=draft.target,
            next_step="put it into a class that has the target class's name, and write @backport on that class",
        )
    given = {name: getattr(draft, name) for name in ("target", "replacement", "original", "fixed")}
    return {**given, **draft.shape}


def _calls_bare_super(code: CodeType) -> bool:
    """Whether `super()` is called where there is no `__class__` cell, here or in an inner function."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return _calls_super_itself(code) or any(map(_calls_bare_super, inner))


def _calls_super_itself(code: CodeType) -> bool:
    if "super" not in code.co_names or "__class__" in code.co_freevars:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT_STEPS]
    return any(
        step.opname == "LOAD_GLOBAL" and step.argval == "super" and after.opname in _CALLS and after.arg == 0
        for step, after in pairwise(steps)
    )


def _from_class(draft: Draft) -> dict[str, Any]:
    mirror = draft.replacement
    where = _parse_class_target(draft.target, mirror)
    members = members_of(mirror)
    strange = [name for name, value in members.items() if code_of(value) is None]
    if strange or not members:
        raise DeclarationError(
            f"class {mirror.__qualname__} holds {', '.join(strange) or 'nothing'}, where only functions can be edits",
            target=draft.target,
            next_step="keep functions, static and class methods and properties; declare the rest on their own",
        )
    for fingerprints in (draft.original, draft.fixed):
        _check_members(fingerprints, members, draft.target)
    edits = [
        {
            "target": {"module": where.module, "class": ".".join(where.path), "attribute": name},
            "replacement": Reference.to(value, f"{mirror.__module__}:{mirror.__qualname__}.{name}"),
            "original": _for_member(draft.original, name),
            "fixed": _for_member(draft.fixed, name),
            **draft.shape,
        }
        for name, value in members.items()
    ]
    summary = cleandoc(mirror.__doc__ or "").partition("\n")[0]
    return {"edits": edits} | ({"summary": summary} if summary else {})


def _parse_class_target(target: str, mirror: type) -> Target:
    try:
        where = Target.model_validate(target)
    except ValidationError as error:
        raise _declaration_error(error, {"target": target}, target) from None
    if where.item is not None or where.attribute != mirror.__name__:
        raise DeclarationError(
            f"class {mirror.__qualname__} does not carry the name of the class it mirrors",
            target=target,
            expected=f"a target that ends in the name of the class, such as 'package.module:{mirror.__name__}'",
            found=target,
            next_step="give both the same name, so that private names are mangled as upstream's; or name a function",
        )
    return where


def _check_members(fingerprints: Any, members: Mapping[str, Any], target: str) -> None:
    unknown = [name for name in fingerprints if name not in members] if isinstance(fingerprints, dict) else []
    if unknown:
        raise DeclarationError(
            f"fingerprints are given for {', '.join(unknown)}, which the class does not have",
            target=target,
            expected=f"names of {', '.join(members)}",
        )


def _for_member(fingerprints: Any, name: str) -> Any:
    return fingerprints.get(name, ()) if isinstance(fingerprints, dict) else fingerprints


def validate(fields: Any, where: str | None) -> Patch:
    """The patch that these fields make, or that they already are. Raises DeclarationError; `where` is its target."""
    try:
        return Patch.model_validate(dict(fields) if isinstance(fields, Mapping) else fields)
    except ValidationError as error:
        raise _declaration_error(error, fields, where) from None


def _declaration_error(error: ValidationError, fields: Any, where: str | None) -> DeclarationError:
    given = fields if isinstance(fields, Mapping) else {}
    edits = given.get("edits")
    single = not isinstance(edits, list | tuple) or len(edits) == 1
    problems = [_problem(detail, single=single) for detail in error.errors(include_url=False)]
    patch_id = given.get("id")
    name = plain(patch_id) if isinstance(patch_id, str) and patch_id else None
    target = None if where is None else plain(where)
    return DeclarationError("the declaration is wrong", patch=name, target=target, problems=problems)


def _problem(detail: ErrorDetails, *, single: bool) -> str:
    """One line for one of pydantic's findings, without the numbering of the edits where there is only one."""
    path = [str(part) for part in detail["loc"]]
    field = ".".join(path)
    if single:
        field = field.removeprefix("edits.0").removeprefix(".")
    if detail["type"] == "extra_forbidden":
        there = _fields_beside(path)
        close = get_close_matches(path[-1], there, n=1)
        question = f"; did you mean {close[0]}?" if close else ""
        return f"{field}: there is no such field; there are {', '.join(there)}{question}"
    if detail["type"] == "missing":
        return f"{field}: is missing: {HINTS[path[-1]]}"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


def _fields_beside(path: Sequence[str]) -> list[str]:
    """The fields of the record that a field stands in, by the names they have in data.

    A patch with one edit may have that one's fields beside its own.
    """
    inner = next((record for name, record in _RECORDS.items() if name in path[:-1]), None)
    records: list[type[BaseModel]] = [Patch, Edit] if inner is None else [inner]
    return [field.alias or name for record in records for name, field in record.model_fields.items()]
