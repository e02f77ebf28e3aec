"""Tell whether an object on top of one of ours calls it: a tracer's wrapper, a partial, a proxy."""

from __future__ import annotations

import functools
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
)

from backportkit.layers.place import MISSING, defines
from backportkit.source.callables import function_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Names = frozenset[str]

# Names under which objects written in C keep what they call: functools, wrapt, static and class methods, properties.
_OF_C = frozenset({"__wrapped__", "__func__", "__self__", "func", "args", "keywords", "fget", "fset", "fdel"})
_ENTRIES = ("__call__", "__get__")  # what runs when an object is called, or read from a class
_PARTIALS = (functools.partial, functools.partialmethod)
_SLOTS = (MemberDescriptorType, GetSetDescriptorType)
_MOST = 500  # objects that are looked at: a wrapper keeps what it calls close by


def find(wrapper: Any, ours: Sequence[Any]) -> Any:
    """Return the first of our objects that a foreign one leads to; MISSING if it leads to none of them.

    A function leads to the objects that its code names, and another object to those that the code of its class names. A
    foreign object that only has the name of ours (`functools.wraps`), or keeps ours to put it back some day, does not
    lead there. No foreign code is called.
    """
    sought = {id(face): value for value in ours for face in _faces(value)}
    seen = {id(wrapper): wrapper}
    queue: list[tuple[Any, Names]] = [(wrapper, frozenset())]
    for value, names in queue:
        for held, known in _references(value, names):
            if id(held) in sought:
                return sought[id(held)]
            if id(held) not in seen and len(queue) < _MOST:
                seen[id(held)] = held
                queue.append((held, known))
    return MISSING


def _faces(value: Any) -> list[Any]:
    """Return an object of ours and the function in it, which a look-up gives; nothing for a constant."""
    is_called = callable(value) or defines(value, "__get__")
    return [value, function_in(value)] if is_called else []


def describe(wrapper: Any) -> str:
    """Describe a foreign object. A function is named by its code, since wrappers take the name of what they wrap."""
    if type(wrapper) is FunctionType:
        return describe_code(wrapper.__code__)
    return f"a {type(wrapper).__module__}.{type(wrapper).__qualname__}"


def describe_code(code: CodeType) -> str:
    """A code in words: the function that it is of, and where that is defined."""
    return f"{getattr(code, 'co_qualname', code.co_name)}() of {code.co_filename}:{code.co_firstlineno}"


def _references(value: Any, names: Names) -> Iterator[tuple[Any, Names]]:
    """Return the objects that a value leads to, each with the attributes that the code which gets it may read."""
    kind = type(value)
    if kind is FunctionType:
        known = frozenset(_names(value.__code__))
        return ((held, known) for held in _of_function(value, known))
    if kind is dict:
        return ((held, names) for held in dict.values(value))
    if kind in {tuple, list}:
        return ((held, names) for held in value)
    if issubclass(kind, type) or _merely_holds(value):
        return iter(())
    if not _gives_to_python(value):
        return iter([(value.func, names)])
    known = _names_of_class(kind, names)
    if kind is MethodType:
        known |= frozenset(_names(value.__func__.__code__)) if type(value.__func__) is FunctionType else frozenset()
    return ((held, known) for held in _of_object(value, known))


def _merely_holds(value: Any) -> bool:
    """Tell whether a method that is written in C is bound to a value which it does not call, as `list.append` is."""
    if type(value) is MethodType:
        return not _is_python(value.__func__)
    if type(value) is MethodWrapperType:
        return value.__name__ not in _ENTRIES
    return type(value) is BuiltinFunctionType


def _gives_to_python(value: Any) -> bool:
    """Tell whether the function of a partial may call its arguments; one that is written in C is taken not to."""
    return not issubclass(type(value), _PARTIALS) or _is_python(value.func)


def _is_python(function: Any) -> bool:
    if type(function) in {FunctionType, MethodType}:
        return True
    return any(type(vars(base).get("__call__")) is FunctionType for base in type(function).__mro__)


def _of_function(function: FunctionType, names: Names) -> Iterator[Any]:
    yield from (cell.cell_contents for cell in function.__closure__ or () if _is_full(cell))
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from (vars(function)[name] for name in names & vars(function).keys())
    yield from (function.__globals__[name] for name in names & function.__globals__.keys())


def _is_full(cell: Any) -> bool:
    try:
        return bool([cell.cell_contents])
    except ValueError:  # the name is not bound yet
        return False


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _names_of_class(kind: type, names: Names) -> Names:
    """Return the attributes that code of a class may read of an instance when it is called or these are read."""
    methods = {name: stored for base in reversed(kind.__mro__) for name, stored in vars(base).items()}
    due = [*_ENTRIES, *names]
    known = set(due)
    for name in due:
        stored = methods.get(name)
        stored = stored.fget if type(stored) is property else stored
        more = _names(stored.__code__) if type(stored) is FunctionType else ()
        new = dict.fromkeys(one for one in more if one not in known)
        due += new
        known.update(new)
    return frozenset(known if any(type(methods.get(name)) is FunctionType for name in _ENTRIES) else known | _OF_C)


def _of_object(value: Any, names: Names) -> Iterator[Any]:
    """Return the objects that an object holds under these names. No code of its own runs."""
    slots = {name: stored for base in reversed(type(value).__mro__) for name, stored in vars(base).items()}
    yield from (_read(slots[name], value) for name in names & slots.keys() if type(slots[name]) in _SLOTS)
    attributes = _read_dictionary(value)
    yield from (attributes[name] for name in names & attributes.keys())


def _read(slot: Any, value: Any) -> Any:
    try:
        return slot.__get__(value)
    except Exception:  # noqa: BLE001 -- a slot that is empty, or whatever a type of theirs raises
        return None


def _read_dictionary(value: Any) -> dict[str, Any]:
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except Exception:  # noqa: BLE001 -- there is none, or a property of theirs stands there
        return {}
    return attributes if isinstance(attributes, dict) else {}
