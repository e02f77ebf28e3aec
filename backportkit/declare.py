"""Declare patches: the decorator `backport`, `register` for data, and `load` for TOML and JSON files."""

from __future__ import annotations

import dis
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from backportkit.binding import code_of
from backportkit.errors import DeclarationError
from backportkit.model import Edit, Patch, Reproducer, Target
from backportkit.registry import declared_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import CodeType, FrameType

    from pydantic_core import ErrorDetails

T = TypeVar("T")

# What the class statement itself puts into a class body.
_OF_EVERY_CLASS = frozenset(
    {"__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__"}
    | {"__annotate__", "__annotate_func__", "__annotations_cache__", "__classdict__", "__conditional_annotations__"}
    | {"__weakref__"}
)


def backport(
    target: str,
    /,
    *,
    requires: str | Sequence[str],
    id: str | None = None,  # noqa: A002 -- the word for it in the model, in data files and on the command line
    summary: str | None = None,
    unbounded_because: str | None = None,
    fixes: str | None = None,
    references: str | Sequence[str] = (),
    original: str | Sequence[str] | Mapping[str, str | Sequence[str]] = (),
    fixed: str | Sequence[str] | Mapping[str, str | Sequence[str]] = (),
    how: str = "replace",
    namespace: str = "own",
    reproducer: Reproducer | Callable[[], object] | str | None = None,
    supersedes: str | Sequence[str] = (),
    aliases: str | Sequence[str] = "follow",
    required: bool = True,
) -> Callable[[T], T]:
    """Declare the decorated function or class as the replacement of `target`; it is returned unchanged.

    Nothing is imported and nothing is patched: the declaration is registered, and `apply_all` acts on it.

    On a function the target is `module:function` or `module:Class.attribute`. On a class it is `module:Class`, and each
    function in the body of the decorated class replaces the one of that name in the target class, all or none. Only in
    a class do zero-argument `super()` and private names (`self.__x`) mean what they mean upstream; the class must carry
    the target class's name. There, `original` and `fixed` may be mappings from the function's name.

    The other arguments are those of `Patch` and `Edit`.

    Raises DeclarationError, a ValueError, if anything is wrong; it says what to write instead.
    """
    if not isinstance(target, str):
        raise DeclarationError(
            "@backport needs a target",
            found=f"{target!r}",
            next_step="write @backport('package.module:Class.attribute', requires='package>=1,<2')",
        )
    fields = {
        "id": id,
        "summary": summary,
        "requires": requires,
        "unbounded_because": unbounded_because,
        "fixes": fixes,
        "references": references,
        "reproducer": reproducer,
        "supersedes": supersedes,
        "aliases": aliases,
        "required": required,
    }
    shape = {"how": how, "namespace": namespace}
    caller = sys._getframe(1)

    def declare(replacement: T) -> T:
        make = _edits_of_class if isinstance(replacement, type) else _edit_of_function
        edits = make(target, replacement, shape, original, fixed)
        given = {name: value for name, value in fields.items() if value is not None}
        _add(_validate(given | {"edits": edits}, target), caller)
        return replacement

    return declare


def register(patch: Patch | Mapping[str, Any]) -> Patch:
    """Register a patch that is written out as data; return it.

    Raises DeclarationError, a ValueError, if a mapping is no valid patch, or if another patch has the id.
    """
    checked = patch if isinstance(patch, Patch) else _validate(dict(patch), None)
    _add(checked, sys._getframe(1))
    return checked


def load(path: str | Path) -> tuple[Patch, ...]:
    """Register the patches of a file and return them: all of them or, if one is wrong, none.

    A `.toml` file has a `[[patch]]` table for each, any other file is JSON: an object `{"patch": [...]}`.

    Raises DeclarationError, a ValueError, naming the file; OSError if it cannot be read.
    """
    path = Path(path)
    entries = _read(path).get("patch")
    if not isinstance(entries, list):
        raise DeclarationError(
            f"{path} declares no patch",
            next_step="write a [[patch]] table for each, or in JSON an object {'patch': [...]}",
        )
    patches = tuple(_validate(entry, f"{path}, patch {number}") for number, entry in enumerate(entries, 1))
    for patch in patches:
        declared_patches.add(patch, _provider_at(sys._getframe(1)), str(path))
    return patches


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    try:
        content = _parse_toml(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as error:  # tomllib's and json's own errors are ValueErrors
        raise DeclarationError(f"{path} cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}


def _parse_toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # of the extra `toml`
    return tomllib.loads(text)


def _edit_of_function(
    target: str, replacement: Any, shape: dict[str, str], original: Any, fixed: Any
) -> list[dict[str, Any]]:
    code = code_of(replacement)
    if code is not None and _calls_bare_super(code):
        raise DeclarationError(
            f"{code.co_name}() calls super() without arguments, which only works inside a class",
            target=target,
            next_step=f"put the function into a class of the target's name and write @backport on the class (see {__name__})",
        )
    return [{"target": target, "replacement": replacement, "original": original, "fixed": fixed, **shape}]


def _calls_bare_super(code: CodeType) -> bool:
    """Whether `super` is looked up as a global although no `__class__` cell is there, and called without arguments."""
    if "super" not in code.co_names or "__class__" in code.co_freevars:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in {"PUSH_NULL", "PRECALL", "CACHE"}]
    following = zip(steps, steps[1:], strict=False)
    return any(
        step.argval == "super" and after.opname in {"CALL", "CALL_FUNCTION"} and after.arg == 0 for step, after in following
    )


def _edits_of_class(target: str, mirror: type, shape: dict[str, str], original: Any, fixed: Any) -> list[dict[str, Any]]:
    where = _parse_class_target(target, mirror)
    members = {name: value for name, value in vars(mirror).items() if name not in _OF_EVERY_CLASS}
    strange = [name for name, value in members.items() if code_of(value) is None]
    if strange or not members:
        raise DeclarationError(
            f"class {mirror.__qualname__} holds {', '.join(strange) or 'nothing'}, where only functions can be edits",
            target=target,
            next_step="keep functions, static and class methods and properties; declare the rest as patches of their own",
        )
    return [
        {
            "target": Target(module=where.module, class_=".".join(where.path), attribute=name),
            "replacement": value,
            "original": _for_member(original, name),
            "fixed": _for_member(fixed, name),
            **shape,
        }
        for name, value in members.items()
    ]


def _parse_class_target(target: str, mirror: type) -> Target:
    try:
        where = Target.model_validate(target)
    except ValidationError as error:
        raise _declaration_error(error, target, None) from None
    if where.attribute != mirror.__name__:
        raise DeclarationError(
            f"class {mirror.__qualname__} does not carry the name of the class it mirrors",
            target=target,
            expected=f"class {where.attribute}",
            found=f"class {mirror.__name__}",
            next_step=f"call it {where.attribute}, so that private names are mangled as upstream's; or name a function",
        )
    return where


def _for_member(fingerprints: Any, name: str) -> Any:
    return fingerprints.get(name, ()) if isinstance(fingerprints, dict) else fingerprints


def _validate(fields: Any, where: str | None) -> Patch:
    try:
        return Patch.model_validate(fields)
    except ValidationError as error:
        patch_id = fields.get("id") if isinstance(fields, dict) else None
        raise _declaration_error(error, where, patch_id) from None


def _declaration_error(error: ValidationError, where: str | None, patch_id: Any) -> DeclarationError:
    problems = [_problem(detail) for detail in error.errors(include_url=False)]
    return DeclarationError("the declaration is wrong", patch=patch_id and str(patch_id), target=where, problems=problems)


def _problem(detail: ErrorDetails) -> str:
    """One line for one of pydantic's findings, without the numbering of the edits where there is only one."""
    field = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = Edit.model_fields if field.startswith("edits.") else Patch.model_fields
        return f"{field}: there is no such field; there are {', '.join(known)}"
    if detail["type"] == "missing":
        return f"{field}: is missing"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


def _add(patch: Patch, caller: FrameType) -> None:
    place = f"{caller.f_code.co_filename}:{caller.f_lineno}"
    declared_patches.add(patch, _provider_at(caller), place)


def _provider_at(caller: FrameType) -> str:
    name: str = caller.f_globals.get("__name__", "__main__")
    return name.partition(".")[0]


__all__ = ["Edit", "Patch", "Reproducer", "Target", "backport", "load", "register"]
