"""Name who still holds what a layer replaced and cannot be bound to anything else."""

from __future__ import annotations

from types import CellType, FrameType, FunctionType

from backportkit.aliases import _has_identity
from backportkit.binding import function_of
from backportkit.ledger import Change, Layer
from backportkit.search import loaded_modules, names_of_class
from backportkit.target import MISSING, ClassPlace, is_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from backportkit.target import Place


def out_of_reach(layer: Layer) -> list[str]:
    """Say, one line each, who still holds what `layer` replaced and cannot be bound to anything else.

    Default arguments, closures, functools.partial, bound methods, containers and attributes of other objects; and the
    subclasses that override the target, which the patch does not change. Walks the whole heap: for a person who asks.
    """
    import gc

    old = layer.below
    holders = gc.get_referrers(old) if old is not MISSING and _has_identity(old) else []
    lines = dict.fromkeys(line for holder in holders if (line := _held_by(holder, layer)))
    return [*lines, *_overriding(layer.place)]


def _held_by(holder: Any, layer: Layer) -> str:
    """What holds an object, in words; empty for our own records and for what is only passing."""
    if isinstance(holder, Change | Layer | FrameType):
        return ""
    for function in _functions_with(holder):
        use = _use(holder, function)
        if use and function is not function_of(layer.value):
            return f"{use} {function.__module__}.{function.__qualname__}"
    if isinstance(holder, CellType):
        return ""
    return f"{type(holder).__qualname__} {_global_name(holder)}".rstrip()


def _functions_with(holder: Any) -> Iterator[FunctionType]:
    """The functions that refer to `holder`, directly or from their closure."""
    import gc

    for referrer in gc.get_referrers(holder):
        if isinstance(referrer, FunctionType):
            yield referrer
        elif isinstance(holder, CellType) and isinstance(referrer, tuple):
            yield from (function for function in gc.get_referrers(referrer) if isinstance(function, FunctionType))


def _use(holder: Any, function: FunctionType) -> str:
    """What `holder` is to a function, in words; empty if it is only its globals."""
    if isinstance(holder, CellType):
        return "closure of"
    if holder is function.__defaults__ or holder is function.__kwdefaults__:
        return "default argument of"
    return "attribute of" if holder is vars(function) else ""


def _global_name(value: Any) -> str:
    """Where a module has `value`, or is it, as `module:name`; empty if none does."""
    for module_name, attributes in loaded_modules():
        if attributes is value:
            return f"of module {module_name}"
        for name, each in attributes.copy().items():
            if each is value:
                return f"{module_name}:{name}"
    return ""


def _overriding(place: Place) -> Iterator[str]:
    if is_class(place.owner):
        for subclass in type.__subclasses__(place.owner):
            if place.name in names_of_class(subclass):
                yield f"subclass {subclass.__module__}.{subclass.__qualname__} overrides {place.name}"
            yield from _overriding(ClassPlace(subclass, place.name))
