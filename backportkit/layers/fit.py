"""Fit a function to its binding site: names, globals, the `super()` cell and the descriptor of what it replaces."""

from __future__ import annotations

import _weakref
from types import (
    CellType,
    CodeType,
    DynamicClassAttribute,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
)

from backportkit.layers.copying import copy
from backportkit.layers.place import MISSING, attribute_of_class, defines
from backportkit.source.callables import METHODS, PROPERTIES, function_in, innermost, is_cached, is_generic, is_simple
from backportkit.source.functions import function_of, is_a, is_of_functools, is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Names: TypeAlias = tuple[str, str, str]
    Codes: TypeAlias = CodeType | tuple[CodeType, ...] | None

# Functions that the class statement makes class methods of (https://docs.python.org/3/reference/datamodel.html).
_IMPLICIT_CLASSMETHODS = frozenset({"__init_subclass__", "__class_getitem__"})
_OF_NO_DECORATOR = frozenset({(), ("__class__",)})  # the second is what `super()` needs
SLOTS = (MemberDescriptorType, GetSetDescriptorType)


class BindingSite:
    """Where a function is going to live.

    `attributes` are those of the target's module, `owner` the class that holds the attribute or None, `name` the
    attribute, and `part` one of `fget`, `fset`, `fdel` when only that function of a property is replaced. With
    `share_globals` the function sees those attributes as globals instead of its own module's. A site `is_item` if it
    is an item of a mapping, which gives no name to what it holds. The module is not kept alive.
    """

    __slots__ = ("_owner", "is_item", "module_name", "name", "namespace", "part", "qualname")

    def __init__(  # noqa: PLR0913 -- a record
        self,
        attributes: dict[str, Any],
        owner: type | None,
        name: str,
        part: str | None = None,
        *,
        share_globals: bool = False,
        is_item: bool = False,
    ) -> None:
        self.module_name: str = attributes.get("__name__", "")
        self.namespace = attributes if share_globals else None
        self._owner = None if owner is None else _weakref.ref(owner)
        self.name = name
        self.part = part
        self.is_item = is_item
        self.qualname = name if owner is None else f"{attribute_of_class(owner, '__qualname__')}.{name}"

    @property
    def owner(self) -> type | None:
        return None if self._owner is None else self._owner()


class Recipe:
    """The way to make the object for a place: `how` says what becomes of the `replacement`.

    It is fitted to its site (`replace`, `add`), called with the object that it is to `wrap`, plain data (`value`), or
    gives the body of its function (`in_place`).
    """

    __slots__ = ("how", "replacement", "site")

    def __init__(self, how: str, site: BindingSite, replacement: Any = None) -> None:
        self.how = how
        self.site = site
        self.replacement = replacement

    @property
    def is_value(self) -> bool:
        """True if it is plain data."""
        return self.how == "value"

    @property
    def makes_of_nothing(self) -> bool:
        """True if nothing need stand at the place before."""
        return self.how in {"add", "value"}

    def make(self, found: Any) -> Any:
        """The object that is to take the place of the stored object `found`."""
        if self.how == "value":
            return _fresh(self.replacement)
        if self.how == "in_place":
            from backportkit.layers import code_place  # few are

            return code_place.body_of(self.replacement, self.site.name)
        if self.how == "add" and self.site.part is None:  # what a base has got by the same patch says nothing
            found = MISSING
        return (wrap if self.how == "wrap" else fit)(self.replacement, found, self.site)


def _fresh(value: Any) -> Any:
    """Copy plain data, so that a change of the installed copy is gone after the undo."""
    if isinstance(value, dict):
        return {key: _fresh(item) for key, item in value.items()}
    return [_fresh(item) for item in value] if isinstance(value, list) else value


def fit(replacement: Any, original: Any, site: BindingSite) -> Any:
    """Return the object to install at `site` so that `replacement` takes the place of the stored object `original`.

    A plain function gets what it replaces around it: staticmethod, classmethod, property (its other parts stay),
    functools.cached_property, functools.lru_cache with the same parameters and an empty cache, functools.singledispatch
    with the implementations registered so far; so does a singledispatchmethod in place of one. Functions, also those
    inside a descriptor, are copied with the `__module__` and `__qualname__` of the target, so that they pickle by
    reference, and with the original's docstring if they have none; the code object, and with it file and line numbers,
    stays the replacement's own. Anything else is returned as it is.

    Raises TypeError for a plain function in place of a slot.
    """
    if site.is_item:
        return _at_item(replacement, site)
    inner = _rewrap(replacement, lambda function: _move(function, site, original), site)
    if site.part is not None:
        return _with_part(original, site.part, inner)
    if is_plain(inner) and (site.name in _IMPLICIT_CLASSMETHODS or not is_simple(original)):
        inner = _as_kind_of(original, inner, site)
    elif is_of_functools(inner, "singledispatchmethod") and is_of_functools(original, "singledispatchmethod"):
        inner = _registered(_registered(type(inner)(inner.func), original), inner)
    _name(inner, site)
    return inner


def wrap(wrapper: Any, original: Any, site: BindingSite) -> Any:
    """Call `wrapper` with the function in the stored object `original`; return what is to be installed instead.

    The wrapper itself runs with the globals and the `super()` of `site`, as the function that it makes does.
    """
    factory: Any = wrapper.__func__ if isinstance(wrapper, METHODS) else wrapper
    if is_plain(factory):
        factory = _copy_as_it_is(factory, site)
    given = function_in(original, site.part)
    called = _bound_late(given) if is_of_functools(given, "partialmethod") else given
    made = factory(called)
    if made is given:  # nothing was put around it, and a copy would not follow what is changed in place
        return original
    if is_plain(made) and not callable(called) and defines(called, "__get__"):
        kind = type(called).__qualname__
        msg = f"{site.qualname} is a {kind}, which a function cannot call: return a {kind}, or write how='replace'"
        raise TypeError(msg)
    return fit(made, original, site)


def _bound_late(method: Any) -> Any:
    """Return a function that calls a partialmethod with the instance or class first, as a class calls functions."""
    if isinstance(method.func, staticmethod):
        return method.__get__(None, object)
    if isinstance(method.func, classmethod):
        return lambda cls, /, *arguments, **keywords: method.__get__(None, cls)(*arguments, **keywords)
    return lambda self, /, *arguments, **keywords: method.__get__(self, type(self))(*arguments, **keywords)


def _rewrap(value: Any, move: Any, site: BindingSite) -> Any:
    """Rebuild a descriptor around moved copies of its functions."""
    if is_plain(value):
        return _generic(value, move) if site.namespace is not None and is_generic(value) else move(value)
    if isinstance(value, METHODS):
        return type(value)(_rewrap(value.__func__, move, site))
    if isinstance(value, property):
        parts = [part and _rewrap(part, move, site) for part in (value.fget, value.fset, value.fdel)]
        return type(value)(*parts, value.__doc__)  # type: ignore[call-arg]
    if is_of_functools(value, "cached_property"):
        return type(value)(_rewrap(value.func, move, site))
    if is_cached(value):
        return _cache(value, _rewrap(value.__wrapped__, move, site))
    return value if site.namespace is None else _rebuild(value, move)


def _generic(value: Any, move: Any) -> Any:
    from backportkit.layers import relocate

    return relocate.generic(value, move)


def _rebuild(value: Any, move: Any) -> Any:
    from backportkit.layers import relocate

    return relocate.rebuild(value, move)


def _at_item(replacement: Any, site: BindingSite) -> Any:
    if site.namespace is None:
        return replacement
    return _rewrap(replacement, lambda function: _copy_as_it_is(function, site), site)


def _move(function: FunctionType, site: BindingSite, original: Any) -> FunctionType:
    """Copy a function to its site and give it the names that it has there."""
    moved = _copy(function, site, (site.name, site.module_name, site.qualname), original)
    replaced = function_of(function_in(original, site.part)) if moved.__doc__ is None else None
    if replaced is not None:
        moved.__doc__ = replaced.__doc__
    return moved


def _copy_as_it_is(function: FunctionType, site: BindingSite) -> FunctionType:
    return _copy(function, site, (function.__name__, function.__module__, function.__qualname__))


def _copy(function: FunctionType, site: BindingSite, names: Names, original: Any = None) -> FunctionType:
    """Copy a function under these names for its site. Of a decorated one, the function that was written is moved.

    The function of the `original`, which a wrap may lead to, is at its site already.
    """
    if _may_be_decorated(function, site):
        return _copy_decorated(function, site, names, original)
    return _copy_whole(function, site, names)


def _copy_whole(function: FunctionType, site: BindingSite, names: Names) -> FunctionType:
    namespace = function.__globals__ if site.namespace is None else site.namespace
    copied = copy(function, namespace, _closure(function, site.owner))
    copied.__name__, copied.__module__, copied.__qualname__ = names
    return copied


def _may_be_decorated(function: FunctionType, site: BindingSite) -> bool:
    """Tell whether decorators may stand around a function that was written and that needs something of its site."""
    if function.__code__.co_freevars in _OF_NO_DECORATOR and not function.__dict__:
        return False
    return site.namespace is not None or site.owner is not None


def _copy_decorated(function: FunctionType, site: BindingSite, names: Names, original: Any) -> FunctionType:
    from backportkit.layers import relocate  # few are decorated
    from backportkit.source import decorated

    try:
        inner = decorated.written(function, names[0])
        if original is not None and inner is innermost(original, site.part):
            return _copy_whole(function, site, names)
        if inner is not function and (site.namespace is not None or "__class__" in inner.__code__.co_freevars):
            copied = relocate.relocate(function, inner, lambda one: _copy_whole(one, site, names))
            copied.__name__, copied.__module__, copied.__qualname__ = names
            return copied
    except decorated.HiddenError:
        if site.namespace is not None:
            raise
    return _copy_whole(function, site, names)


def _closure(function: FunctionType, owner: type | None) -> tuple[Any, ...] | None:
    """The closure with `__class__`, which zero-argument super() reads, pointing to the class the function moves to."""
    cells = function.__closure__
    if cells is None or owner is None or "__class__" not in function.__code__.co_freevars:
        return cells
    position = function.__code__.co_freevars.index("__class__")
    return (*cells[:position], CellType(owner), *cells[position + 1 :])


def _as_kind_of(original: Any, function: FunctionType, site: BindingSite) -> Any:
    if is_a(original, SLOTS):
        msg = f"{site.qualname} is a slot, which a plain function cannot replace: give a property or another descriptor"
        raise TypeError(msg)
    if is_a(original, METHODS) or is_of_functools(original, "cached_property"):
        return original.__class__(function)
    if is_a(original, PROPERTIES):
        return _as_property(original, function, site)
    if is_cached(original):
        return _cache(original, function)
    if is_generic(original) or is_of_functools(original, "singledispatchmethod"):
        return _dispatching(original, function)
    return _as_class_calls(original, function, site)


def _as_class_calls(original: Any, function: FunctionType, site: BindingSite) -> Any:
    if is_of_functools(original, "partialmethod"):
        return type(original.func)(function) if isinstance(original.func, METHODS) else function
    if _is_read(original, site):
        kind = type(original).__qualname__
        msg = f"{site.qualname} is a {kind}, which a plain function cannot replace: give a {kind} or another descriptor"
        raise TypeError(msg)
    return classmethod(function) if site.name in _IMPLICIT_CLASSMETHODS and site.owner is not None else function


def _as_property(original: Any, function: FunctionType, site: BindingSite) -> Any:
    """The same kind of property, with the other parts that it had."""
    try:
        made = original.getter(function)
    except TypeError:  # a class of its own may take other arguments: werkzeug's cached_property
        made = type(original)(function)
    if made.fget is None or made.fset is not original.fset or made.fdel is not original.fdel:
        kind = type(original).__qualname__
        msg = f"{site.qualname} is a {kind}, which cannot be made of a function alone: give a {kind} or a property"
        raise TypeError(msg)
    if is_a(original, DynamicClassAttribute):
        vars(made).update(vars(original) | vars(made))
    return made


def _is_read(original: Any, site: BindingSite) -> bool:
    """Tell whether an attribute of a class is computed when it is read, by a descriptor that cannot be called."""
    return site.owner is not None and defines(original, "__get__") and not callable(original)


def _cache(original: Any, function: Any) -> Any:
    """An empty cache around a function, like that around the original."""
    from functools import lru_cache

    return lru_cache(**original.cache_parameters())(function)


def _dispatching(original: Any, function: Any) -> Any:
    """A generic function or method, with the implementations that the original has."""
    from functools import singledispatch, singledispatchmethod

    return _registered(singledispatch(function) if is_generic(original) else singledispatchmethod(function), original)


def _registered(generic: Any, other: Any) -> Any:
    """Register what another generic function or method has registered, but for its default; return the first one."""
    dispatcher = getattr(generic, "dispatcher", generic)
    for cls, implementation in getattr(other, "dispatcher", other).registry.items():
        if cls is not object:
            dispatcher.register(cls, implementation)
    return generic


def _with_part(original: property, part: str, function: Any) -> property:
    if function is None:  # which a property would take for the one that it has
        msg = f"it is called, and {part} would be None"
        raise TypeError(msg)
    parts: dict[str, Any] = {"fget": original.getter, "fset": original.setter, "fdel": original.deleter}
    fitted: property = parts[part](function)
    return fitted


def _name(value: Any, site: BindingSite) -> None:
    """Tell a descriptor its name, as the class statement would (https://docs.python.org/3/reference/datamodel.html)."""
    set_name = getattr(type(value), "__set_name__", None)
    if set_name is not None and site.owner is not None:
        set_name(value, site.owner, site.name)
