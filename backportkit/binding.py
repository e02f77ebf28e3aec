"""Fit a function to its new home: the names, the globals, the `super()` cell and the descriptor of what it replaces."""

from __future__ import annotations

import _weakref
import functools
import sys
from types import (
    CellType,
    CodeType,
    DynamicClassAttribute,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
)

from backportkit.copying import copy
from backportkit.target import dictionary_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import ModuleType
    from typing import Any, TypeAlias

    Names: TypeAlias = tuple[str, str, str]
    Codes: TypeAlias = CodeType | tuple[CodeType, ...] | None

# Functions that the class statement makes class methods of (https://docs.python.org/3/reference/datamodel.html).
_IMPLICIT_CLASSMETHODS = frozenset({"__init_subclass__", "__class_getitem__"})
_BARE = frozenset({FunctionType, staticmethod, classmethod})
# Tuples, since `isinstance` takes four times as long with a union.
_METHODS = (staticmethod, classmethod)
_AROUND_ONE = (*_METHODS, functools.cached_property)
_AROUND_FUNC = (functools.cached_property, functools.singledispatchmethod)
_SLOTS = (MemberDescriptorType, GetSetDescriptorType)
_PROPERTIES = (property, DynamicClassAttribute)  # enum.property is one of the latter
# Of inspect, which is not imported for that: CO_VARARGS, CO_VARKEYWORDS, and the flags that `kinds` tells kinds by.
_FLAGS = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200
_REST = 0x04 | 0x08
_ELSEWHERE = frozenset({"__signature__", "_is_coroutine_marker", "_is_coroutine"})  # attributes that overrule the code
_DROPS_DOCSTRINGS = 2  # the level of optimisation that -OO asks for
_HAS_DOCSTRING = 0x4000000  # CO_HAS_DOCSTRING, since 3.13
_CACHED = type(functools.lru_cache(print))
_DEPTH = 100  # wrappers, one around the other; in a circle there is no end
_GENERIC = frozenset({"dispatch", "register", "registry"})


class Home:
    """Where a function is going to live.

    `module` is the target's module, `owner` the class that holds the attribute or None, `name` the attribute, and
    `part` one of `fget`, `fset`, `fdel` when only that function of a property is replaced. With `share_globals` the
    function sees the target module's globals instead of its own module's. A home `is_item` if it is an item of a
    mapping, which gives no name to what it holds. The module itself is not kept alive.
    """

    __slots__ = ("_owner", "is_item", "module_name", "name", "namespace", "part", "qualname")

    def __init__(  # noqa: PLR0913 -- a record
        self,
        module: ModuleType,
        owner: type | None,
        name: str,
        part: str | None = None,
        *,
        share_globals: bool = False,
        is_item: bool = False,
    ) -> None:
        attributes = dictionary_of(module)
        self.module_name: str = attributes.get("__name__", "")
        self.namespace = attributes if share_globals else None
        self._owner = None if owner is None else _weakref.ref(owner)
        self.name = name
        self.part = part
        self.is_item = is_item
        self.qualname = name if owner is None else f"{owner.__qualname__}.{name}"

    @property
    def owner(self) -> type | None:
        return None if self._owner is None else self._owner()


def fit(replacement: Any, original: Any, home: Home) -> Any:
    """Return the object to install at `home` so that `replacement` takes the place of the raw object `original`.

    A plain function gets what it replaces around it: staticmethod, classmethod, property (its other parts stay),
    functools.cached_property, functools.lru_cache with the same parameters and an empty cache, functools.singledispatch
    with the implementations registered so far. Functions, also those inside a descriptor, are copied with the
    `__module__` and `__qualname__` of the target, so that they pickle by reference, and with the original's docstring
    if they have none; the code object, and with it file and line numbers, stays the replacement's own. Anything else is
    returned as it is.

    Raises TypeError for a plain function in place of a slot.
    """
    if home.is_item:
        return _at_item(replacement, home)
    inner = _rewrap(replacement, lambda function: _move(function, home, original), home)
    if home.part is not None:
        return _with_part(original, home.part, inner)
    if _is_plain(inner) and (home.name in _IMPLICIT_CLASSMETHODS or not _is_simple(original)):
        inner = _as_kind_of(original, inner, home)
    _name(inner, home)
    return inner


def wrap(wrapper: Any, original: Any, home: Home) -> Any:
    """Call `wrapper` with the function in the raw object `original`; return what is to be installed instead.

    The wrapper itself runs where its product is going to live: its globals and its `super()` are those of `home`.
    """
    factory: Any = wrapper.__func__ if isinstance(wrapper, _METHODS) else wrapper
    if _is_plain(factory):
        factory = _copy_as_it_is(factory, home)
    given = function_in(original, home.part)
    called = _bound_late(given) if type(given) is functools.partialmethod else given
    made = factory(called)
    if _is_plain(made) and not callable(called) and hasattr(type(called), "__get__"):
        kind = type(called).__qualname__
        msg = f"{home.qualname} is a {kind}, which a function cannot call: return a {kind}, or write how='replace'"
        raise TypeError(msg)
    return fit(made, original, home)


def _bound_late(method: Any) -> Any:
    """Call a partialmethod with the instance or the class first, as a class calls the function in its stead."""
    if isinstance(method.func, staticmethod):
        return method.__get__(None, object)
    if isinstance(method.func, classmethod):
        return lambda cls, /, *arguments, **keywords: method.__get__(None, cls)(*arguments, **keywords)
    return lambda self, /, *arguments, **keywords: method.__get__(self, type(self))(*arguments, **keywords)


def function_of(value: Any) -> FunctionType | None:
    """The Python function inside a function, method descriptor, property or cached_property; None if there is none."""
    for attribute in ("__func__", "fget", "func", "__wrapped__"):
        if isinstance(value, FunctionType):
            return value
        try:
            value = getattr(value, attribute, value)
        except Exception:  # noqa: BLE001 -- whatever a proxy of theirs raises
            return None
    return value if isinstance(value, FunctionType) else None


def codes(value: Any) -> Codes:
    """The code that runs when a value is called; of a wrapper, also that of all that it wraps, the innermost last."""
    if type(value) is FunctionType and not value.__dict__:
        return value.__code__
    found: list[CodeType] = []
    function = function_of(value)
    while function is not None and len(found) < _DEPTH:
        found.append(function.__code__)
        function = function_of(vars(function).get("__wrapped__"))
    return tuple(found) or None


def written(value: Any, name: str) -> FunctionType:
    """The function that was written beneath the decorators of a function or descriptor.

    `name` is what it is to replace. Raises TypeError if there is none, or nobody can tell.
    """
    from backportkit import decorated

    function = function_of(value)
    if function is None:
        raise TypeError(value)
    return decorated.written(function, name)


def has_lost_docstring(function: Any) -> bool:
    """Whether a function or class may have had a docstring that Python has dropped: by -OO, or without a source."""
    if function is None or function.__doc__ is not None:
        return False
    file = sys.modules[function.__module__].__dict__.get("__file__") if function.__module__ in sys.modules else None
    return sys.flags.optimize >= _DROPS_DOCSTRINGS or str(file).endswith(".pyc")


def function_in(raw: Any, part: str | None = None) -> Any:
    """What a wrapper is given for a raw object: what a plain function that replaces it would replace."""
    if part is not None:
        return getattr(raw, part)
    if _is_simple(raw):
        return raw
    if isinstance(raw, _METHODS):
        return raw.__func__ if issubclass(type(raw), _METHODS) else _through(raw)
    if isinstance(raw, _PROPERTIES):
        return raw.fget
    if isinstance(raw, _AROUND_FUNC):
        return raw.func
    return raw.__wrapped__ if _is_cached(raw) or _is_generic(raw) else raw


def has_parameters(raw: Any, part: str | None) -> bool:
    """Whether a function written in Python is called, or read by a property, through the raw object."""
    return isinstance(function_in(raw, part), FunctionType)


def takes_alike(original: Any, replacement: Any) -> bool:
    """Whether both are functions, static or class methods, or properties, of one kind and with their parameters alike.

    So they are where the replacement leaves what it does not name to `*args, **kwargs`.

    Then every call that one takes is taken by the other, and nobody need ask `inspect`, which takes much longer. False
    says nothing.
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
    """Names and kinds of the parameters, which have defaults, and what a call gives; like no other if that is declared
    elsewhere.
    """
    if not _is_plain(function) or not _ELSEWHERE.isdisjoint(vars(function)):
        return object()
    code = function.__code__
    kinds = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _FLAGS
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return kinds, names, len(function.__defaults__ or ()), frozenset(function.__kwdefaults__ or ())


def _takes_the_rest(old: Any, new: Any) -> bool:
    """Whether the new function has the first parameters of the old one, and `*args, **kwargs` for all others."""
    if not all(_is_plain(one) and _ELSEWHERE.isdisjoint(vars(one)) for one in (old, new)):
        return False
    before, now = old.__code__, new.__code__
    count = now.co_argcount
    optional = max(0, count - before.co_argcount + len(old.__defaults__ or ()))
    return (
        now.co_flags & _FLAGS == (before.co_flags & _FLAGS | _REST)
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

    @functools.wraps(proxy.__func__)
    def through(cls: type, *arguments: Any, **keywords: Any) -> Any:
        return proxy.__get__(None, cls)(*arguments, **keywords)

    return through


def code_of(value: Any) -> CodeType | None:
    """The code object that runs when `value` is called; None if no Python code does."""
    function = function_of(value)
    return function.__code__ if function is not None else None


def essence(replacement: Any, *, share_globals: bool = False) -> Hashable:
    """A value that is equal for two replacements which do the same: equal code that sees the same globals.

    Anything else than a function, or a function with a closure, is like itself only.
    """
    function = function_of(replacement)
    if function is None or set(function.__code__.co_freevars) - {"__class__"}:
        return id(replacement)
    seen = () if share_globals else [id(function.__globals__.get(name)) for name in function.__code__.co_names]
    defaults = repr((function.__defaults__, function.__kwdefaults__))
    return type(replacement).__qualname__, _body(function.__code__), defaults, tuple(seen)


def _body(code: CodeType) -> Hashable:
    """What a code object does, without name, file, positions and docstring, which takes a place among the constants."""
    import dis  # few patches are ever compared

    steps = [(step.opcode, _operand(step.argval)) for step in dis.get_instructions(code)]
    names = code.co_varnames, code.co_freevars, code.co_cellvars
    shape = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_HAS_DOCSTRING
    return tuple(steps), names, shape, getattr(code, "co_exceptiontable", b"")


def _operand(value: Any) -> Hashable:
    """In words, since 1 == True; the same in each process, since a set of texts has no order of its own."""
    if isinstance(value, CodeType):
        return _body(value)
    return tuple(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)


def _rewrap(value: Any, move: Any, home: Home) -> Any:
    """Rebuild a descriptor around moved copies of its functions."""
    if _is_plain(value):
        return _generic(value, move) if home.namespace is not None and _is_generic(value) else move(value)
    if isinstance(value, _METHODS):
        return type(value)(_rewrap(value.__func__, move, home))
    if isinstance(value, property):
        parts = [part and _rewrap(part, move, home) for part in (value.fget, value.fset, value.fdel)]
        return type(value)(*parts, value.__doc__)  # type: ignore[call-arg]
    if isinstance(value, functools.cached_property):
        return type(value)(_rewrap(value.func, move, home))
    if _is_cached(value):
        return functools.lru_cache(**value.cache_parameters())(_rewrap(value.__wrapped__, move, home))
    return value if home.namespace is None else _rebuild(value, move)


def _generic(value: Any, move: Any) -> Any:
    from backportkit import decorated

    return decorated.generic(value, move)


def _rebuild(value: Any, move: Any) -> Any:
    from backportkit import decorated

    return decorated.rebuild(value, move)


def _at_item(replacement: Any, home: Home) -> Any:
    if home.namespace is None:
        return replacement
    return _rewrap(replacement, lambda function: _copy_as_it_is(function, home), home)


def _move(function: FunctionType, home: Home, original: Any) -> FunctionType:
    """Copy a function to its home and give it the names that it has there."""
    moved = _copy(function, home, (home.name, home.module_name, home.qualname))
    replaced = function_of(function_in(original, home.part)) if moved.__doc__ is None else None
    if replaced is not None:
        moved.__doc__ = replaced.__doc__
    return moved


def _copy_as_it_is(function: FunctionType, home: Home) -> FunctionType:
    return _copy(function, home, (function.__name__, function.__module__, function.__qualname__))


def _copy(function: FunctionType, home: Home, names: Names) -> FunctionType:
    """Copy a function under these names, to see what it sees at home: the one that was written, if it is decorated."""
    if _may_be_decorated(function, home):
        return _copy_decorated(function, home, names)
    return _copy_whole(function, home, names)


def _copy_whole(function: FunctionType, home: Home, names: Names) -> FunctionType:
    namespace = function.__globals__ if home.namespace is None else home.namespace
    copied = copy(function, namespace, _closure(function, home.owner))
    copied.__name__, copied.__module__, copied.__qualname__ = names
    return copied


def _may_be_decorated(function: FunctionType, home: Home) -> bool:
    """Whether something may stand around the function that was written, which sees something at its home."""
    if function.__closure__ is None and not function.__dict__:
        return False
    return home.namespace is not None or home.owner is not None


def _copy_decorated(function: FunctionType, home: Home, names: Names) -> FunctionType:
    from backportkit import decorated  # few are

    try:
        inner = decorated.written(function, names[0])
        if inner is not function and (home.namespace is not None or "__class__" in inner.__code__.co_freevars):
            copied = decorated.relocate(function, inner, lambda one: _copy_whole(one, home, names))
            copied.__name__, copied.__module__, copied.__qualname__ = names
            return copied
    except decorated.HiddenError:
        if home.namespace is not None:
            raise
    return _copy_whole(function, home, names)


def _closure(function: FunctionType, owner: type | None) -> tuple[Any, ...] | None:
    """The closure with `__class__`, which zero-argument super() reads, pointing to the class the function moves to."""
    cells = function.__closure__
    if cells is None or owner is None or "__class__" not in function.__code__.co_freevars:
        return cells
    position = function.__code__.co_freevars.index("__class__")
    return (*cells[:position], CellType(owner), *cells[position + 1 :])


def _as_kind_of(original: Any, function: FunctionType, home: Home) -> Any:
    if isinstance(original, _SLOTS):
        msg = f"{home.qualname} is a slot, which a plain function cannot replace: give a property or another descriptor"
        raise TypeError(msg)
    if isinstance(original, _AROUND_ONE):
        return original.__class__(function)
    if isinstance(original, _PROPERTIES):
        return _as_property(original, function, home)
    if _is_cached(original):
        return functools.lru_cache(**original.cache_parameters())(function)
    if _is_generic(original):
        return _with_implementations(functools.singledispatch(function), original.registry)
    if isinstance(original, functools.singledispatchmethod):
        return _with_implementations(functools.singledispatchmethod(function), original.dispatcher.registry)
    return _as_class_calls(original, function, home)


def _as_class_calls(original: Any, function: FunctionType, home: Home) -> Any:
    if isinstance(original, functools.partialmethod):
        return type(original.func)(function) if isinstance(original.func, _METHODS) else function
    if _is_read(original, home):
        kind = type(original).__qualname__
        msg = f"{home.qualname} is a {kind}, which a plain function cannot replace: give a {kind} or another descriptor"
        raise TypeError(msg)
    return classmethod(function) if home.name in _IMPLICIT_CLASSMETHODS and home.owner is not None else function


def _as_property(original: Any, function: FunctionType, home: Home) -> Any:
    """The same kind of property, with the other parts that it had."""
    try:
        made = original.getter(function)
    except TypeError:  # a class of its own may take other arguments: werkzeug's cached_property
        made = type(original)(function)
    if made.fget is None or made.fset is not original.fset or made.fdel is not original.fdel:
        kind = type(original).__qualname__
        msg = f"{home.qualname} is a {kind}, which cannot be made of a function alone: give a {kind} or a property"
        raise TypeError(msg)
    if isinstance(original, DynamicClassAttribute):
        vars(made).update(vars(original) | vars(made))
    return made


def _is_read(original: Any, home: Home) -> bool:
    """Whether an attribute of a class is computed when it is read, as of a descriptor that nobody can call."""
    return home.owner is not None and hasattr(type(original), "__get__") and not callable(original)


def _is_plain(value: Any) -> bool:
    """Whether a value is a function itself: wrapt's proxies claim, by their `__class__`, to be what they wrap."""
    return type(value) is FunctionType


def _is_simple(value: Any) -> bool:
    """Whether a value is a function itself with no attributes, which most patches replace: found out at once."""
    return type(value) is FunctionType and not value.__dict__


def _is_cached(value: Any) -> bool:
    return type(value) is _CACHED


def _is_generic(value: Any) -> bool:
    """Whether a value was made by functools.singledispatch, which has no type of its own."""
    return _is_plain(value) and vars(value).keys() >= _GENERIC


def _with_implementations(generic: Any, registry: Any) -> Any:
    dispatcher = getattr(generic, "dispatcher", generic)
    for cls, implementation in registry.items():
        if cls is not object:
            dispatcher.register(cls, implementation)
    return generic


def _with_part(original: property, part: str, function: Any) -> property:
    parts: dict[str, Any] = {"fget": original.getter, "fset": original.setter, "fdel": original.deleter}
    fitted: property = parts[part](function)
    return fitted


def _name(value: Any, home: Home) -> None:
    """Tell a descriptor its name, as the class statement would (https://docs.python.org/3/reference/datamodel.html)."""
    set_name = getattr(type(value), "__set_name__", None)
    if set_name is not None and home.owner is not None:
        set_name(value, home.owner, home.name)
