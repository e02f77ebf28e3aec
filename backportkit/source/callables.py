"""Look into callables: the function that was written, its parts, its code, its parameters."""

from __future__ import annotations

from types import CodeType, DynamicClassAttribute, FunctionType

from backportkit.source.functions import function_of, is_a, is_of_functools, is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any, TypeAlias

    Names: TypeAlias = tuple[str, str, str]
    Codes: TypeAlias = CodeType | tuple[CodeType, ...] | None

_BARE = frozenset({FunctionType, staticmethod, classmethod})
# Tuples, since `isinstance` takes four times as long with a union.
METHODS = (staticmethod, classmethod)
PROPERTIES = (property, DynamicClassAttribute)  # enum.property is one of the latter
# Of inspect, which is not imported for that: CO_VARARGS, CO_VARKEYWORDS, and the flags that `kinds` tells kinds by.
KINDS = 0x20 | 0x80 | 0x100 | 0x200
REST = 0x04 | 0x08
_ELSEWHERE = frozenset({"__signature__", "_is_coroutine_marker", "_is_coroutine"})  # attributes that overrule the code
# CO_NESTED, CO_NOFREE (until 3.10), CO_HAS_DOCSTRING (since 3.13), CO_METHOD (since 3.14).
_OF_PLACE = 0x10 | 0x40 | 0x4000000 | 0x8000000
_attribute_of = object.__getattribute__
_DEPTH = 100  # wrappers, one around the other; in a circle there is no end
_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_STORES = frozenset({"STORE_NAME", "STORE_GLOBAL"})
_GENERIC = frozenset({"dispatch", "register", "registry"})
DROPPED = (
    "without its decorators, since those of the target stay: leave out what the target has around it as well, put what "
    "other decorators do into the body, or use how='wrap' or how='replace'"
)


def codes(value: Any) -> Codes:
    """The code that runs when a value is called; of a wrapper, also that of all that it wraps, the innermost last."""
    if type(value) is FunctionType and not hasattr(value, "__wrapped__"):
        return value.__code__
    found: list[CodeType] = []
    function = function_of(value)
    while function is not None and len(found) < _DEPTH:
        found.append(function.__code__)
        function = function_of(vars(function).get("__wrapped__"))
    return tuple(found) or None


def written(value: Any, name: str) -> FunctionType:
    """The function that was written beneath the decorators of a function or descriptor.

    `name` is the name that it is to replace. Raises TypeError if there is no such function, or nobody can tell.
    """
    from backportkit.source import decorated

    function = function_of(value)
    if function is None:
        raise TypeError(value)
    return decorated.written(function, name)


def function_in(raw: Any, part: str | None = None) -> Any:
    """Return the function in a raw object: a wrapper is given it, and a plain replacement takes its place."""
    if part is not None:
        return getattr(raw, part)
    if is_simple(raw):
        return raw
    if is_a(raw, METHODS):
        return raw.__func__ if issubclass(type(raw), METHODS) else _through(raw)
    if is_a(raw, PROPERTIES):
        return raw.fget
    if is_of_functools(raw, "cached_property", "singledispatchmethod"):
        return raw.func
    return raw.__wrapped__ if is_cached(raw) or is_generic(raw) else raw


def in_descriptor(raw: Any) -> Any:
    """Return the callable in a static or class method, a property or a cached_property, with its decorators."""
    is_descriptor = is_a(raw, (*METHODS, *PROPERTIES)) or is_of_functools(raw, "cached_property")
    return in_descriptor(function_in(raw)) if is_descriptor else raw


def innermost(raw: Any, part: str | None = None) -> Any:
    """The function in a raw object, beneath descriptors, caches and wrappers that say what they wrap.

    It is no function if there is none. `part` is one of `fget`, `fset`, `fdel`, if that one of a property is meant.
    """
    value = function_in(raw, part)
    for _ in range(_DEPTH):
        inner = value.__wrapped__ if is_cached(value) else _wrapped_by(value)
        if inner is None:
            break
        value = function_in(inner)
    return value


def _wrapped_by(value: Any) -> Any:
    """Return what a wrapper says to wrap; None if it says nothing. No lazy object is woken."""
    if isinstance(value, type):
        return None
    try:
        return _attribute_of(value, "__wrapped__")
    except Exception:  # noqa: BLE001 -- whatever a descriptor of theirs raises
        return None


def has_parameters(raw: Any, part: str | None) -> bool:
    """Tell whether a function written in Python is called, or read by a property, through the raw object."""
    return is_a(function_in(raw, part), FunctionType)


def takes_alike(original: Any, replacement: Any) -> bool:
    """Tell whether both are functions, methods or properties of one kind and with the same parameters.

    The replacement may also leave some of the parameters to `*args, **kwargs`. If the result is True, every call that
    one takes is taken by the other, and nobody need ask `inspect`, which takes much longer. False says nothing.
    """
    if type(original) is property and type(replacement) is property:
        return all(map(_alike, _parts(original), _parts(replacement)))
    if type(original) is not type(replacement) or type(original) not in _BARE:
        return False
    old, new = function_in(original), function_in(replacement)
    return _parameters(old) == _parameters(new) or _takes_the_rest(old, new)


def _parts(value: property) -> tuple[Any, ...]:
    return value.fget, value.fset, value.fdel


def _alike(one: Any, other: Any) -> bool:
    return one is other or _parameters(one) == _parameters(other)


def _parameters(function: Any) -> Hashable:
    """Return the parameters, their defaults and the kind of the result, to compare; unique if declared elsewhere."""
    if not is_plain(function) or not _ELSEWHERE.isdisjoint(vars(function)):
        return object()
    code = function.__code__
    kinds = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & (KINDS | REST)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return kinds, names, len(function.__defaults__ or ()), frozenset(function.__kwdefaults__ or ())


def _takes_the_rest(old: Any, new: Any) -> bool:
    """Tell whether the new function has the first parameters of the old one, and `*args, **kwargs` for all others."""
    if not all(is_plain(one) and _ELSEWHERE.isdisjoint(vars(one)) for one in (old, new)):
        return False
    before, now = old.__code__, new.__code__
    count = now.co_argcount
    optional = max(0, count - before.co_argcount + len(old.__defaults__ or ()))
    return (
        now.co_flags & (KINDS | REST) == (before.co_flags & (KINDS | REST) | REST)
        and count <= before.co_argcount
        and not now.co_kwonlyargcount
        and now.co_varnames[:count] == before.co_varnames[:count]
        and now.co_posonlyargcount == min(count, before.co_posonlyargcount)
        and len(new.__defaults__ or ()) == optional
    )


def _through(proxy: Any) -> Any:
    """Call the static or class method that a proxy says to be, through the proxy."""
    if isinstance(proxy, staticmethod):
        return proxy.__get__(None, object)

    from functools import wraps

    @wraps(proxy.__func__)
    def through(cls: type, *arguments: Any, **keywords: Any) -> Any:
        return proxy.__get__(None, cls)(*arguments, **keywords)

    return through


def loaded(code: CodeType) -> Iterator[str]:
    """The names that a code object and those within it look up in the globals, but for those that it binds itself."""
    import dis  # for who asks

    steps = [(step.opname, step.argval) for step in dis.get_instructions(code)]
    stored = {name for operation, name in steps if operation in _STORES}
    yield from (name for operation, name in steps if operation in _LOADS and name not in stored)
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_name != "__annotate__":
            yield from loaded(inner)


def essence(replacement: Any, *, share_globals: bool = False) -> Hashable:
    """A value that is equal for two replacements which do the same: equal code that sees the same globals.

    Anything else than a function, or a function with a closure, is like itself only.
    """
    function = function_of(replacement)
    if function is None or set(function.__code__.co_freevars) - {"__class__"}:
        return id(replacement)
    seen = () if share_globals else [id(function.__globals__.get(name)) for name in function.__code__.co_names]
    defaults = repr((function.__defaults__, function.__kwdefaults__))
    return type(replacement).__qualname__, code_essence(function.__code__), defaults, tuple(seen)


def code_essence(code: CodeType) -> Hashable:
    """Return the steps of a code object without its name, file, positions and docstring, to compare two of them."""
    import dis  # few patches are ever compared

    steps = [(step.opcode, _operand(step.argval)) for step in dis.get_instructions(code)]
    names = code.co_varnames, code.co_freevars, code.co_cellvars
    shape = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_OF_PLACE
    return tuple(steps), names, shape, getattr(code, "co_exceptiontable", b"")


def _operand(value: Any) -> Hashable:
    """Return an operand as text, since 1 == True; a set is sorted, since its order differs between processes."""
    if isinstance(value, CodeType):
        return code_essence(value)
    # Until 3.10 the qualified name of an inner function is a constant.
    return tuple(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value).rpartition("<locals>.")[2]


def is_simple(value: Any) -> bool:
    """Tell whether a value is a function itself with no attributes, which most patches replace: found out at once."""
    return type(value) is FunctionType and not value.__dict__


def is_cached(value: Any) -> bool:
    """Tell whether a value was made by functools.lru_cache."""
    return is_of_functools(value, "_lru_cache_wrapper")


def is_generic(value: Any) -> bool:
    """Tell whether a value was made by functools.singledispatch, which has no type of its own."""
    return is_plain(value) and vars(value).keys() >= _GENERIC
