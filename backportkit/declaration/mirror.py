"""Make the fields of a patch out of a decorated function, or of a class that mirrors the target's class."""

from __future__ import annotations

from types import CodeType

from backportkit.declaration import rules
from backportkit.declaration.checked import validated
from backportkit.declaration.edits import Target
from backportkit.declaration.record import Patch
from backportkit.declaration.reference import Reference
from backportkit.errors import DeclarationError
from backportkit.source.callables import code_of, function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Fields = dict[str, Any]

# What the class statement itself puts into a class body.
_OF_EVERY_CLASS = frozenset(
    {"__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__"}
    | {"__annotate__", "__annotate_func__", "__annotations_cache__", "__classdict__", "__conditional_annotations__"}
    | {"__weakref__"}
)
# How `super()` is compiled from 3.10 on: LOAD_GLOBAL and one of _CALLS, with or without some of _SILENT_STEPS between.
_CALLS = frozenset({"CALL", "CALL_FUNCTION"})
_SILENT_STEPS = frozenset({"CACHE", "PRECALL", "PUSH_NULL"})


def patch_of(replacement: Any, target: str, edit: Fields, given: Fields) -> Patch:
    """The patch that a decorated function or class declares. Raises DeclarationError.

    `edit` has the fields of an edit, in which the fingerprints of a class may be mappings from the names of its
    functions, and `given` those of a patch.
    """
    make = _from_class if isinstance(replacement, type) else _from_function
    return validated(Patch, {**make(replacement, target, edit), **given}, target)


def _from_function(replacement: Any, target: str, edit: Fields) -> Fields:
    function = function_of(replacement)
    if function is not None and "super" not in function.__globals__ and _calls_bare_super(function.__code__):
        raise DeclarationError(
            f"{function.__qualname__}() calls super() without arguments, which only works inside a class",
            target=target,
            next_step="put it into a class that has the target class's name, and write @backport on that class",
        )
    return {"target": target, "replacement": replacement, **edit}


def _calls_bare_super(code: CodeType) -> bool:
    """Tell whether `super()` is called where there is no `__class__` cell, here or in an inner function."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return _calls_super_itself(code) or any(map(_calls_bare_super, inner))


def _calls_super_itself(code: CodeType) -> bool:
    if "super" not in code.co_names or "__class__" in code.co_freevars:
        return False
    from dis import get_instructions
    from itertools import pairwise

    steps = [step for step in get_instructions(code) if step.opname not in _SILENT_STEPS]
    return any(
        step.opname == "LOAD_GLOBAL" and step.argval == "super" and after.opname in _CALLS and after.arg == 0
        for step, after in pairwise(steps)
    )


def _from_class(mirror: type, target: str, edit: Fields) -> Fields:
    where = _class_at(target, mirror)
    members = _members_of(mirror)
    strange = [name for name, value in members.items() if code_of(value) is None]
    if strange or not members:
        raise DeclarationError(
            f"class {mirror.__qualname__} holds {', '.join(strange) or 'nothing'}, where only functions can be edits",
            target=target,
            next_step="keep functions, static and class methods and properties; declare the rest on their own",
        )
    for fingerprints in (edit.get("original"), edit.get("fixed")):
        _check_members(fingerprints, members, target)
    edits = [
        {
            **{field: _of_member(value, name) for field, value in edit.items()},
            "target": {"module": where.module, "class": ".".join(where.path), "attribute": name},
            "replacement": Reference.to(value, f"{mirror.__module__}:{mirror.__qualname__}.{name}"),
        }
        for name, value in members.items()
    ]
    summary = rules.first_line(mirror.__doc__)
    return {"edits": edits} | ({"summary": summary} if summary else {})


def _class_at(target: str, mirror: type) -> Target:
    where = validated(Target, target, target)
    if where.item is not None or where.attribute != mirror.__name__:
        raise DeclarationError(
            f"class {mirror.__qualname__} does not carry the name of the class it mirrors",
            target=target,
            expected=f"a target that ends in the name of the class, such as 'package.module:{mirror.__name__}'",
            found=target,
            next_step="give both the same name, so that private names are mangled as upstream's; or name a function",
        )
    return where


def _members_of(mirror: type) -> dict[str, Any]:
    """Return what the body of a class defines. `__hash__ = None` is what comes with an `__eq__`."""
    return {
        name: value
        for name, value in vars(mirror).items()
        if name not in _OF_EVERY_CLASS and (name != "__hash__" or value is not None)
    }


def _check_members(fingerprints: Any, members: Mapping[str, Any], target: str) -> None:
    unknown = [name for name in fingerprints if name not in members] if isinstance(fingerprints, dict) else []
    if unknown:
        raise DeclarationError(
            f"fingerprints are given for {', '.join(map(str, unknown))}, which the class does not have",
            target=target,
            expected=f"names of {', '.join(members)}",
        )


def _of_member(fingerprints: Any, name: str) -> Any:
    return fingerprints.get(name, ()) if isinstance(fingerprints, dict) else fingerprints
