"""Make the fields of a patch out of a decorated class that mirrors the target's class."""

from __future__ import annotations

from backportkit.declaration import added, rules
from backportkit.declaration.checked import validated, wrong
from backportkit.declaration.edits import Target
from backportkit.declaration.reference import Added, Reference
from backportkit.source.functions import code_of

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


def fields_of(mirror: type, target: str, edit: Fields) -> Fields:
    """Return the fields of the patch that a class declares. Raises DeclarationError.

    The fingerprints in `edit` may be mappings from the names of its functions. What is added comes first.
    """
    where = _class_at(target, mirror)
    members = _members_of(mirror)
    adding = {name: value.value for name, value in members.items() if type(value) is Added}
    changing = {name: value for name, value in members.items() if name not in adding}
    _check_kinds(mirror, members, changing, target)
    for fingerprints in (edit.get("original"), edit.get("fixed")):
        _check_members(fingerprints, members, target)
    mirrored = f"{mirror.__module__}:{mirror.__qualname__}"
    edits = [_change(where, mirrored, name, value, edit) for name, value in changing.items()]
    summary = rules.first_line(mirror.__doc__) or rules.default_summary(edits)
    edits[:0] = [_addition(where, mirrored, name, value, edit) for name, value in adding.items()]
    return {"edits": edits} | ({"summary": summary} if summary else {})


def _check_kinds(mirror: type, members: Mapping[str, Any], changing: Mapping[str, Any], target: str) -> None:
    beneath = [name for name, value in changing.items() if type(getattr(value, "__func__", None)) is Added]
    if beneath:
        raise wrong(
            f"class {mirror.__qualname__} has @added beneath another decorator of {', '.join(beneath)}",
            target=target,
            next_step="write @added above it",
        )
    strange = [name for name, value in changing.items() if code_of(value) is None]
    if strange or not members:
        raise wrong(
            f"class {mirror.__qualname__} holds {', '.join(strange) or 'nothing'}, where only functions can be edits",
            target=target,
            next_step="keep functions, static and class methods and properties; mark what is new with added(...); "
            "declare the rest on their own",
        )


def _change(where: Target, mirrored: str, name: str, value: Any, edit: Fields) -> Fields:
    return {
        **{field: _of_member(given, name) for field, given in edit.items()},
        "target": _target(where, name),
        "replacement": Reference.to(value, f"{mirrored}.{name}"),
    }


def _addition(where: Target, mirrored: str, name: str, value: Any, edit: Fields) -> Fields:
    reference = None if added.is_plain(value) else Reference.to(value, f"{mirrored}.{name}")
    fixed = edit["fixed"].get(name, ()) if isinstance(edit.get("fixed"), dict) else ()
    made = added.edit_of(_target(where, name), value, reference, edit, mirrored.partition(":")[0])
    return made | ({"fixed": fixed} if fixed else {})


def _target(where: Target, name: str) -> Fields:
    return {"module": where.module, "class": ".".join(where.path), "attribute": name}


def _class_at(target: str, mirror: type) -> Target:
    where = validated(Target, target, target)
    if where.items or where.attribute != mirror.__name__:
        raise wrong(
            f"class {mirror.__qualname__} does not carry the name of the class it mirrors",
            target=target,
            expected=f"a target that ends in the name of the class, such as 'package.module:{mirror.__name__}'",
            found=target,
            next_step="give both the same name, so that private names are mangled as upstream's; or name a function",
        )
    return where


def _members_of(mirror: type) -> dict[str, Any]:
    """Return the attributes that the body of a class defines. Python itself adds `__hash__ = None` to an `__eq__`."""
    return {
        name: value
        for name, value in vars(mirror).items()
        if name not in _OF_EVERY_CLASS and (name != "__hash__" or value is not None)
    }


def _check_members(fingerprints: Any, members: Mapping[str, Any], target: str) -> None:
    unknown = [name for name in fingerprints if name not in members] if isinstance(fingerprints, dict) else []
    if unknown:
        raise wrong(
            f"fingerprints are given for {', '.join(map(str, unknown))}, which the class does not have",
            target=target,
            expected=f"names of {', '.join(members)}",
        )


def _of_member(fingerprints: Any, name: str) -> Any:
    return fingerprints.get(name, ()) if isinstance(fingerprints, dict) else fingerprints
