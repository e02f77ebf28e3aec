"""Look through all modules for certain objects, by identity, waking no lazy object and passing on no error."""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType, ModuleType

from backportkit.errors import write_log
from backportkit.layers.class_place import ClassPlace
from backportkit.layers.place import ItemPlace, is_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any

    from backportkit.layers.place import Place

_names_of_class = vars(type)["__dict__"].__get__  # whatever its metaclass says; None before a type is ready
_names_of_module = vars(ModuleType)["__dict__"].__get__  # whatever its class says
NAMED = (FunctionType, BuiltinFunctionType, type)

_logged: set[tuple[str, str]] = set()


def loaded_modules(
    spared: Collection[str] = (), *, since: str = "", before: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the name and the dictionary of each loaded module but the spared ones.

    No attribute is read, so that no lazy import happens. `since` leaves out the modules before that one in sys.modules,
    `before` that one and those behind it. Any object may stand in sys.modules, under any key: one that raises or has no
    dictionary is passed over. A spared module is spared under each of its names: multiprocessing has `__main__` as
    `__mp_main__`, too.
    """
    modules = sys.modules.copy()
    passed_over = {id(_attributes(modules[name], name)) for name in spared if name in modules}
    first, end = _position(since, modules, 0), _position(before, modules, len(modules))
    for key, module in [*modules.items()][first:end]:
        name = key if type(key) is str else label(key)
        attributes = None if module is None else _attributes(module, name)
        if attributes is not None and id(attributes) not in passed_over:
            yield name, attributes


def _position(name: str, modules: dict[Any, Any], default: int) -> int:
    """Return where a module stands in sys.modules; a key that is no plain text is not compared."""
    if not name:
        return default
    behind = (number for number, key in enumerate(reversed(modules), 1) if type(key) is str and key == name)
    return len(modules) - next(behind, len(modules))


def _attributes(module: Any, name: str) -> dict[str, Any] | None:
    """The dictionary of what stands in sys.modules; None if it has none that can be read."""
    try:
        is_module = issubclass(type(module), ModuleType)
        found = _names_of_module(module) if is_module else object.__getattribute__(module, "__dict__")
    except AttributeError:
        return None
    except Exception as error:  # noqa: BLE001 -- somebody's property
        contain(f"module {name}", error)
        return None
    return found if issubclass(type(found), dict) else None


def contain(where: str, error: Exception) -> None:
    """Log, once, that somebody's object raised when it was read or written to: no import must fail because of it.

    Copies that stay as they are because of it are named by `out_of_reach`.
    """
    known = where, type(error).__name__
    if known not in _logged:
        _logged.add(known)
        write_log("warning", "copies are left as they are: %s raised %s", where, label(error))


def label(key: Any) -> str:
    """A name as text, for messages: the type of an object that cannot say what it is."""
    return key if type(key) is str else _safely(key, lambda: str.__str__(key) if _is_text(key) else repr(key))


def quoted(key: Any) -> str:
    """A key of a dictionary as text."""
    return _safely(key, lambda: repr(str.__str__(key) if _is_text(key) else key))


def _is_text(key: Any) -> bool:
    return issubclass(type(key), str)


def _safely(key: Any, text: Any) -> str:
    try:
        return f"{text()}"
    except Exception:  # noqa: BLE001 -- somebody's __repr__
        return f"<{type(key).__name__}>"


def text_of(value: Any, attribute: str) -> str:
    """Return a name that a function or class says of itself; empty if it has none. A metaclass is not asked."""
    kind = type(value)
    if kind is not FunctionType and not issubclass(kind, NAMED):
        return ""
    try:
        text = vars(type)[attribute].__get__(value) if issubclass(kind, type) else getattr(value, attribute)
    except AttributeError:
        return ""
    return text if type(text) is str else ""


def names_of_class(cls: type) -> Any:
    """The own dictionary of a class, as a read-only view.

    Before Python 3.12 a type that is not ready has none: `_socket.socket`, until `socket` is imported.
    """
    return _names_of_class(cls) or {}


class Search:
    """One pass through modules, the bodies of their classes and their dictionaries; no class is looked through twice.

    It meets two hundred thousand objects and more, and reads only the type of one that can neither be a copy nor hold
    any. The values of a dictionary are listed before the loop over them: another thread may be importing.
    """

    def __init__(self, sought: Iterable[Any]) -> None:
        objects = list(sought)
        self._sought = {id(each): each for each in objects}
        self._functions = {each for each in objects if type(each) is FunctionType}
        self._kinds = (type, dict, *{_kind(each) for each in objects if type(each) is not FunctionType})
        builtins = vars(sys.modules["builtins"])  # every module has them, as __builtins__
        # Kept alive, lest another object get the id. What stands in sys.modules is a module, and no copy of a target.
        self._seen: dict[int, Any] = {id(builtins): builtins, id(sys.modules): sys.modules}
        self._classes: list[type] = []
        self._holders: dict[tuple[int, str], Any] = {}  # by id, and the beginning of the names in them

    def through(self, modules: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, Place, Any]]:
        """Find the copies in modules, and in the classes and dictionaries there: the name, the place and the object."""
        for module_name, attributes in modules:
            self._seen[id(attributes)] = attributes
            self._look_through([*dict.values(attributes)], attributes, f"{module_name}:")
            for cls in self._classes:  # those within classes, too, which are added meanwhile
                self._look_through([*names_of_class(cls).values()], cls, "")
            self._classes.clear()
        return (copy for (_, prefix), owner in self._holders.items() for copy in self._copies(owner, prefix))

    def _look_through(self, values: list[Any], owner: Any, prefix: str) -> None:
        functions, kinds = self._functions, self._kinds
        for value in values:
            kind = type(value)
            # Most values are functions, which are found by their own hash: no id has to be made for them.
            if kind is FunctionType:
                if value in functions:
                    self._holders[id(owner), prefix] = owner
            elif issubclass(kind, kinds):
                self._take(value, owner, prefix)

    def _take(self, value: Any, owner: Any, prefix: str) -> None:
        key = id(value)
        if key in self._sought:
            self._holders[id(owner), prefix] = owner
        if key in self._seen:
            return
        if issubclass(type(value), type):
            self._seen[key] = value
            self._classes.append(value)
        elif issubclass(type(value), dict):
            self._look_up(value, owner, prefix)

    def _look_up(self, table: Any, owner: Any, prefix: str) -> None:
        """Note a dictionary with copies under each of its names, since a patch may ask for any of them."""
        if self._sought.keys().isdisjoint(map(id, [*dict.values(table)])):
            self._seen[id(table)] = table
            return
        for name, value in _items(owner):
            if value is table:
                self._holders[id(table), f"{_where(owner, prefix)}{label(name)}"] = table

    def _copies(self, owner: Any, prefix: str) -> Iterator[tuple[str, Place, Any]]:
        holder, sought = _where(owner, prefix), self._sought
        for name, value in _items(owner):
            if id(value) in sought:
                place = ClassPlace(owner, name) if is_class(owner) else ItemPlace(owner, name, prefix)
                where = f"{holder}{label(name)}" if holder[-1] in ":." else f"{holder}[{quoted(name)}]"
                yield where, place, value


def _kind(value: Any) -> type:
    """Return a type for `issubclass` that a value passes: `object` if a metaclass of its own could answer."""
    return type(value) if type(type(value)) is type else object


def _items(owner: Any) -> Iterable[tuple[Any, Any]]:
    """Return the names and objects in a holder at this moment. No method of a dict's own class runs."""
    return list(names_of_class(owner).items() if is_class(owner) else dict.items(owner))


def _where(owner: Any, prefix: str) -> str:
    return prefix or f"{text_of(owner, '__module__')}:{text_of(owner, '__qualname__')}."
