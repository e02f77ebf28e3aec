"""Say where an edit would have no effect, since something was made of the attribute when its class was made.

The libraries that do so are recognised by the attributes that they leave in the class; none of them is imported.
"""

from __future__ import annotations

from backportkit.layers.class_place import WRAP_INIT
from backportkit.layers.place import MARKERS, MISSING, bases, defines, found_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Refusal = tuple[str, str] | None

_IN_PLACE = (
    'declare how="in_place", which changes the very function, or patch one that it calls (docs/targets.md, Models)'
)
_REBUILD = (
    "declare callbacks, after_apply and after_undo, that rebuild the model, its subclasses and the models that hold it "
    "(docs/targets.md, Models)"
)
_INTO_FIELD = f"wrap __pydantic_fields__[...] of its field, give that more metadata, and {_REBUILD}"
_POST_INIT = f"replace __pydantic_post_init__ with it, and {_REBUILD}"
_NEW = "replace or wrap __new__, whose first parameter is called _cls"
# The attributes that each library reads when the class is made, and not again.
_READ_ONCE: dict[str, tuple[frozenset[str], str, str]] = {
    "__dataclass_fields__": (frozenset({"__dataclass_fields__", "__dataclass_params__"}), "dataclass", WRAP_INIT),
    "__attrs_attrs__": (frozenset({"__attrs_attrs__"}), "attrs class", WRAP_INIT),
    "_field_defaults": (frozenset({"_field_defaults", "_fields"}), "named tuple", _NEW),
    "__pydantic_decorators__": (
        frozenset({"model_config", "__pydantic_config__", "__pydantic_fields__", "__pydantic_core_schema__"})
        | {"model_fields", "__pydantic_decorators__", "__get_pydantic_core_schema__"},
        "pydantic model",
        _REBUILD,
    ),
    "__validators__": (
        frozenset({"__validators__", "__fields__", "__config__", "Config"}),
        "pydantic model",
        WRAP_INIT,
    ),
    "_member_map_": (
        frozenset({"__init__", "__new__", "_generate_next_value_", "_ignore_", "_order_"}),
        "enumeration",
        "patch a method of the enumeration",
    ),
}
_LATER = {"__post_init__": "__dataclass_fields__", "__attrs_post_init__": "__attrs_attrs__"}
_VALIDATORS = ("validators", "field_validators", "root_validators", "model_validators")
_SERIALIZERS = ("field_serializers", "model_serializers")


def of_replacing(cls: type, name: str, stored: Any) -> Refusal:
    """Say why another value of a class attribute, or of an item in it, would have no effect, and what to do instead.

    `stored` is the stored object that stands there.
    """
    if name == "__slots__":
        return (
            "'__slots__' was read when the class was made, and is not read again",
            "patch the slots, which are descriptors",
        )
    markers = _markers_of(cls)
    for marker in markers:
        names, kind, way = _READ_ONCE[marker]
        if name in names or (name == "__annotations__" and marker != "_member_map_"):
            return f"{name!r} was read when the {kind} was made, and is not read again", way
        if marker in _CAPTURED and _CAPTURED[marker](cls, name, stored):
            return f"{name!r} was taken as a validator, serializer or default when the {kind} was made", _IN_PLACE
    if name == "model_post_init" and "__pydantic_decorators__" in markers and not _held(cls, "__pydantic_post_init__"):
        return "the validator that was made for the model does not call model_post_init", _POST_INIT
    return _default(cls, name)


def of_adding(cls: type, name: str, made: Any) -> Refusal:
    """Say why a new attribute of a class would have no effect, and what to do instead."""
    markers = _markers_of(cls)
    if "_member_map_" in markers and not defines(made, "__get__"):
        reason = f"{name!r} would be no member of the enumeration, which has those that it was made with"
        return reason, "patch the method that looks members up, such as _missing_, or whoever uses them"
    if "__pydantic_decorators__" in markers and type(made).__name__ == "PydanticDescriptorProxy":
        return "the model has the validators, serializers and computed fields that it was made with", _INTO_FIELD
    if _LATER.get(name) in markers:
        return f"the __init__ that was made for the class does not call {name}, which it had not", WRAP_INIT
    return None


def _markers_of(cls: type) -> list[str]:
    """Return the markers of libraries that have made something of a class; an enumeration without members has none."""
    held = {marker: _held(cls, marker) for marker in MARKERS}
    return [marker for marker, value in held.items() if value is not None and (value or marker != "_member_map_")]


def _held(cls: type, name: str) -> Any:
    """Return the stored object that a look-up in the class finds; None if there is none. No descriptor runs."""
    found = found_in(bases(cls), name)
    return None if found is MISSING else found


def _default(cls: type, name: str) -> Refusal:
    """Say why an attribute with the name of a pydantic or attrs field has no effect: the field is no attribute."""
    for attribute in ("__fields__", "__pydantic_fields__"):
        found = _held(cls, attribute)
        if isinstance(found, dict) and name in found:
            way = WRAP_INIT if attribute == "__fields__" else f"make it {attribute}[{name!r}], and {_REBUILD}"
            return f"the default of the field {name!r} is compiled into the model's validator", way
    if any(one.name == name and one.init for one in _held(cls, "__attrs_attrs__") or ()):
        return f"the default of the field {name!r} is compiled into __init__", WRAP_INIT
    return None


# --- whether a library has kept a function ---


def _by_pydantic(cls: type, name: str, stored: Any) -> bool:  # noqa: ARG001 -- one of several
    infos = _held(cls, "__pydantic_decorators__")
    return any(name in getattr(infos, kind, ()) for kind in (*_VALIDATORS, *_SERIALIZERS))


def _by_pydantic_1(cls: type, name: str, stored: Any) -> bool:  # noqa: ARG001
    function = getattr(stored, "__func__", stored)
    lists: Iterable[Any] = _held(cls, "__validators__").values()
    root = [_held(cls, "__pre_root_validators__") or (), _held(cls, "__post_root_validators__") or ()]
    held = [getattr(one, "func", one) for some in (*lists, *root) for one in some]
    return any(function is one or (isinstance(one, tuple) and function in one) for one in held)


def _by_attrs(cls: type, name: str, stored: Any) -> bool:  # noqa: ARG001
    return any(stored is held for field in _held(cls, "__attrs_attrs__") for held in _in_field(field))


def _in_field(field: Any) -> Iterator[Any]:
    yield field.validator
    yield from getattr(field.validator, "_validators", ())
    yield field.converter
    yield getattr(field.default, "factory", None)


_CAPTURED = {
    "__pydantic_decorators__": _by_pydantic,
    "__validators__": _by_pydantic_1,
    "__attrs_attrs__": _by_attrs,
}
