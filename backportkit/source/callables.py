"""Look into callables: at the function that was written, at its code, and at its parameters."""

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
# Flags that inspect names, too, but its import is slow: those by which `layers.kinds` tells kinds, and CO_VARARGS and
# CO_VARKEYWORDS.
KINDS = 0x20 | 0x80 | 0x100 | 0x200
REST = 0x04 | 0x08
_ELSEWHERE = frozenset({"__signature__", "_is_coroutine_marker", "_is_coroutine"})  # attributes that overrule the code
# CO_NESTED, CO_NOFREE (until 3.10), CO_HAS_DOCSTRING (since 3.13), CO_METHOD (since 3.14).
_OF_PLACE = 0x10 | 0x40 | 0x4000000 | 0x8000000
_attribute_of = object.__getattribute__
_DEPTH = 100  # wrappers around one another; a circle of them has no end
_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_STORES = frozenset({"STORE_NAME", "STORE_GLOBAL"})
_GENERIC = frozenset({"dispatch", "register", "registry"})
DROPPED = (
    "without its decorators, since those of the target stay: leave out what the target has around it as well, put what "
    "other decorators do into the body, or use how='wrap' or how='replace'"
)


def codes(value: Any) -> Codes:
    """Return the code that a call runs. Of a wrapper, the codes of all that it wraps follow, the innermost last."""
    if type(value) is FunctionType and not hasattr(value, "__wrapped__"):
        return value.__code__
    found: list[CodeType] = []
    function = function_of(value)
    while function is not None and len(found) < _DEPTH:
        found.append(function.__code__)
        function = function_of(vars(function).get("__wrapped__"))
    return tuple(found) or None


def written(value: Any, name: str) -> FunctionType:
    """Return the function that was written beneath the decorators of a function or descriptor.

    `name` is the name that it is to replace. Raises TypeError if there is no such function, or nobody can tell.
    """
    from backportkit.source import decorated

    function = function_of(value)
    if function is None:
        raise TypeError(value)
    return decorated.written(function, name)


def function_in(stored: Any, part: str | None = None) -> Any:
    """Return the function in a stored object: wrappers are given it, and plain replacements take its place."""
    if part is not None:
        return getattr(stored, part)
    if is_simple(stored):
        return stored
    if is_a(stored, METHODS):
        return stored.__func__ if issubclass(type(stored), METHODS) else _through(stored)
    if is_a(stored, PROPERTIES):
        return stored.fget
    if is_of_functools(stored, "cached_property", "singledispatchmethod"):
        return stored.func
    return stored.__wrapped__ if is_cached(stored) or is_generic(stored) else stored


def in_descriptor(stored: Any) -> Any:
    """Return the callable in a static or class method, a property or a cached_property, with its decorators."""
    is_descriptor = is_a(stored, (*METHODS, *PROPERTIES)) or is_of_functools(stored, "cached_property")
    return in_descriptor(function_in(stored)) if is_descriptor else stored


def innermost(stored: Any, part: str | None = None) -> Any:
    """Return the function in a stored object, beneath descriptors, caches and wrappers that say what they wrap.

    If there is no function, another object is returned. `part` is `fget`, `fset` or `fdel`, if that function of a
    property is meant.
    """
    value = function_in(stored, part)
    for _ in range(_DEPTH):
        inner = value.__wrapped__ if is_cached(value) else _wrapped_by(value)
        if inner is None:
            break
        value = function_in(inner)
    return value


def _wrapped_by(value: Any) -> Any:
    """Return the object that a wrapper says it wraps; None if it does not say. No lazy object is woken."""
    if isinstance(value, type):
        return None
    try:
        return _attribute_of(value, "__wrapped__")
    except Exception:  # noqa: BLE001 -- whatever a descriptor of theirs raises
        return None


def has_parameters(stored: Any, part: str | None) -> bool:
    """Tell whether the stored object leads to a function written in Python, by a call or by reading a property."""
    return is_a(function_in(stored, part), FunctionType)


def takes_alike(original: Any, replacement: Any) -> bool:
    """Tell whether both are functions, methods or properties of one kind and with the same parameters.

    The replacement may also leave some of the parameters to `*args, **kwargs`. If the result is True, the replacement
    takes every call of the original, and nobody need ask `inspect`, which takes much longer. False says nothing.
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
    """Return a value that is equal for equal parameters, defaults and kinds of result.

    It is unique if an attribute of the function overrules its code.
    """
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
    """Yield the names that a code object and its inner ones look up in the globals and do not bind themselves."""
    import dis  # few callers need it

    steps = [(step.opname, step.argval) for step in dis.get_instructions(code)]
    stored = {name for operation, name in steps if operation in _STORES}
    yield from (name for operation, name in steps if operation in _LOADS and name not in stored)
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_name != "__annotate__":
            yield from loaded(inner)


def essence(replacement: Any, *, share_globals: bool = False) -> Hashable:
    """Return a value that is equal for replacements with equal code that sees the same globals.

    For anything else than a function, and for a function with a closure, it is the object's id.
    """
    function = function_of(replacement)
    if function is None or set(function.__code__.co_freevars) - {"__class__"}:
        return id(replacement)
    seen = () if share_globals else [id(function.__globals__.get(name)) for name in function.__code__.co_names]
    defaults = repr((function.__defaults__, function.__kwdefaults__))
    return type(replacement).__qualname__, code_essence(function.__code__), defaults, tuple(seen)


def code_essence(code: CodeType) -> Hashable:
    """Return the steps of a code object without its name, file, positions and docstring, to compare two of them."""
    import dis  # few replacements are ever compared

    steps = [(step.opcode, _operand(step.argval)) for step in dis.get_instructions(code)]
    names = code.co_varnames, code.co_freevars, code.co_cellvars
    shape = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_OF_PLACE
    return tuple(steps), names, shape, getattr(code, "co_exceptiontable", b"")


def _operand(value: Any) -> Hashable:
    """Return an operand as text, since 1 == True. A set is sorted, since its order differs between processes."""
    if isinstance(value, CodeType):
        return code_essence(value)
    # Until 3.10 the qualified name of an inner function is a constant of the outer one.
    return tuple(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value).rpartition("<locals>.")[2]


def is_simple(value: Any) -> bool:
    """Tell whether a value is a plain function without attributes. Most patches replace one, and the test is cheap."""
    return type(value) is FunctionType and not value.__dict__


def is_cached(value: Any) -> bool:
    """Tell whether a value was made by functools.lru_cache."""
    return is_of_functools(value, "_lru_cache_wrapper")


def is_generic(value: Any) -> bool:
    """Tell whether a value was made by functools.singledispatch, which has no type of its own."""
    return is_plain(value) and vars(value).keys() >= _GENERIC
