"""Find the copies of an object that `from module import name` left elsewhere, and rebind them in one sweep."""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, CellType, FrameType, FunctionType

from backportkit.binding import function_of
from backportkit.ledger import Change, Layer
from backportkit.target import MISSING, ClassPlace, ItemPlace, ModulePlace, TargetRefused, dictionary_of, is_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Any

    from backportkit.target import Place

_body = vars(type)["__dict__"].__get__  # the own dictionary of a class, whatever its metaclass says
_NAMED = (FunctionType, BuiltinFunctionType, type)

FOLLOW = "follow"
KEEP = "keep"


class Alias:
    """A place that holds a copy of a replaced object; `where` says `module:Class.name` or `module:NAME['key']`."""

    __slots__ = ("change", "place", "where")

    def __init__(self, where: str, place: Place, change: Change) -> None:
        self.where = where
        self.place = place
        self.change = change


def rebind(changes: Sequence[Change], modules: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Bind every copy of the first object of a change to the second, and note it in the change's layer.

    One pass over the module dictionaries given (each with the module's name), by identity, whatever the number of
    changes; none at all if there is none to follow. Copies are names of modules, names in the bodies of their classes
    and values of their dictionaries. A change is followed as its layer says:

    - `follow`: all copies, unless the object belongs elsewhere: what the patched module itself has from another one is
      not taken away from that one. The identity of a constant says nothing about where it came from, so constants have
      no copies.
    - `keep`: none.
    - names as `module:name`: those, whatever the object is.

    Copies that were bound when a layer was put in are bound back when it is taken out, whatever they hold.
    """
    successors = _successors(changes)
    copies = _Search(successors).through(modules) if successors else ()
    for some in _by_change(filter(_may_follow, copies)):
        _follow(some, some[0].change)
    for change in [change for change in changes if change.is_undone]:
        noted = list(change.layer.copies)
        _keep_up([alias for alias in noted if _bind(alias, change.old, change.new)], change)
        del change.layer.copies[: len(noted)]  # last: who is interrupted here finds them again


def loaded_modules(spared: Collection[str] = (), *, since: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the dictionary of each loaded module but the spared ones. Attributes are never asked for, so that
    no lazy import happens.

    `since` leaves out what stands before that module in sys.modules: only what was imported by its body, or later,
    can have copies of its names when the body has just ended.
    """
    modules = sys.modules.copy()
    for name, module in list(modules.items())[-_behind(since, modules) :]:
        if module is not None and name not in spared:
            try:
                yield name, dictionary_of(module)
            except TargetRefused:
                continue


def _behind(since: str, modules: dict[str, Any]) -> int:
    """How many modules there are from that one on; all, if it is not there."""
    if since not in modules:
        return len(modules)
    return next(number for number, name in enumerate(reversed(modules), 1) if name == since)


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


# --- which copies ---


def _successors(changes: Iterable[Change]) -> dict[int, Change]:
    """The changes to follow by the id of the old object, each leading to the end of its chain."""
    from_old: dict[int, Change] = {}
    for change in changes:
        for each in (change, *_inner(change)):
            if each.layer.aliases != KEEP and each.new is not MISSING and _worth_following(each):
                from_old[id(each.old)] = each
    return {key: _end_of_chain(change, from_old) for key, change in from_old.items()}


def _inner(change: Change) -> list[Change]:
    """For static methods the functions inside: what `f = Class.method` captured is the function."""
    if not (isinstance(change.old, staticmethod) and isinstance(change.new, staticmethod)):
        return []
    return [type(change)(change.layer, change.old.__func__, change.new.__func__)]


def _worth_following(change: Change) -> bool:
    if change.layer.aliases != FOLLOW:
        return True
    followed = _is_named if change.is_undone else _has_identity
    return followed(change.old) and not _belongs_elsewhere(change.old, change.layer.place)


def _end_of_chain(change: Change, from_old: dict[int, Change]) -> Change:
    new = change.new
    seen = {id(change.old)}
    while id(new) in from_old and id(new) not in seen:
        seen.add(id(new))
        new = from_old[id(new)].new
    return type(change)(change.layer, change.old, new)


def _has_identity(value: Any) -> bool:
    """Whether finding the very object elsewhere means that it was copied from the target."""
    return callable(value) or hasattr(type(value), "__get__")


def _is_named(value: Any) -> bool:
    """Whether an object says where it lives. One of ours that does not may be the replacement's own, used as it is."""
    return isinstance(value, _NAMED) or function_of(value) is not None


def _belongs_elsewhere(value: Any, place: Place) -> bool:
    """Whether an object stands under its own name at another place than this."""
    function = function_of(value)
    named = value if function is None else function
    module = sys.modules.get(_text(named, "__module__"))
    owner: Any = module
    *path, name = _text(named, "__qualname__").split(".")
    for step in path:
        owner = None if owner is None else _own(owner, step)
        owner = owner if is_class(owner) else None
    if owner is None or owner is place.owner:
        return False
    found = _own(owner, name)
    return found is value or found is named


def _own(owner: Any, name: str) -> Any:
    try:
        return dictionary_of(owner).get(name, MISSING)
    except TargetRefused:
        return MISSING


def _text(value: Any, attribute: str) -> str:
    text = getattr(value, attribute, "") if isinstance(value, _NAMED) else ""
    return text if isinstance(text, str) else ""


def _may_follow(alias: Alias) -> bool:
    wanted = alias.change.layer.aliases
    return wanted == FOLLOW or alias.where in wanted


def _by_change(copies: Iterable[Alias]) -> Iterable[list[Alias]]:
    found: dict[int, list[Alias]] = {}
    for alias in copies:
        found.setdefault(id(alias.change), []).append(alias)
    return found.values()


def _follow(copies: Iterable[Alias], change: Change) -> None:
    bound = []
    noted = {alias.where for alias in change.layer.copies}
    for alias in copies:
        if _is_target_itself(alias):
            continue
        is_new = not change.is_undone and alias.where not in noted
        if is_new:
            change.layer.copies.append(alias)  # first: a copy that is bound and not noted would stay so for ever
        if _bind(alias, change.old, change.new):
            bound.append(alias)
        elif is_new:
            change.layer.copies.remove(alias)
    _keep_up(bound, change)


def _bind(alias: Alias, old: Any, new: Any) -> bool:
    """Write the successor, unless somebody else wrote there meanwhile or the place cannot be written to."""
    try:
        if alias.place.owner is None or alias.place.read() is not old or new is MISSING:
            return False
        alias.place.check()
        alias.place.write(new)
    except (TargetRefused, TypeError, AttributeError):
        return False
    return True


def _is_target_itself(alias: Alias) -> bool:
    """Whether it is the patched place, where another thread has put back the original since."""
    place = alias.change.layer.place
    if alias.place.name != place.name:
        return False
    owner, holder = place.owner, alias.place.owner
    return owner is not None and (
        holder is owner or (isinstance(place, ModulePlace) and holder is dictionary_of(owner))
    )


def _keep_up(bound: list[Alias], change: Change) -> None:
    """Bind copies to what has come to the place since, by undoing and applying in other threads.

    The sweep of such a thread may have passed these copies before they were bound. One that changes the place after it
    is looked at here begins its sweep later, and finds them.
    """
    held = change.new
    while bound and change.layer.place.owner is not None:
        current = _current(change)
        if current is MISSING or current is held:
            return
        bound = [alias for alias in bound if _bind(alias, held, current)]
        held = current


def _current(change: Change) -> Any:
    """What copies of a place are to be; MISSING if it is somebody else's object that stands there."""
    layer = change.layer
    own, count, is_ours = (layer.place.read(), 0, False) if layer.ledger is None else layer.ledger.look(layer.place)
    raw = layer.place.inherited() if own is MISSING else own
    is_inner = isinstance(raw, staticmethod) and not isinstance(change.new, staticmethod)
    current = raw.__func__ if is_inner else raw
    if current is change.old or current is change.new:
        return current
    # Where nothing of ours stands, it may be a body that has run again: that one is not what was there before.
    is_back = count == 0 and (own is layer.root or not change.is_undone)
    return current if is_ours or is_back else MISSING


# --- where copies can be ---


class _Search:
    """One pass through modules, the bodies of their classes and their dictionaries; no class is looked through twice.

    It passes two hundred thousand objects and more, and asks one that can neither be a copy nor hold any for no more
    than its type. What stands in a dictionary is listed before it is looped over: another thread may be importing.
    """

    def __init__(self, successors: dict[int, Change]) -> None:
        olds = [change.old for change in successors.values()]
        self._successors = successors
        self._functions = {old for old in olds if type(old) is FunctionType}
        self._kinds = (type, dict, *{_kind(old) for old in olds if type(old) is not FunctionType})
        builtins = vars(sys.modules["builtins"])  # every module has them, as __builtins__
        self._seen: dict[int, Any] = {id(builtins): builtins}  # kept alive, lest another object get the id
        self._classes: list[type] = []
        self._holders: dict[tuple[int, str], Any] = {}  # by id, and what the names of what they hold begin with

    def through(self, modules: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Alias]:
        """The copies in the dictionaries of modules, and in what stands there."""
        for module_name, attributes in modules:
            self._seen[id(attributes)] = attributes
            self._look_through([*attributes.values()], attributes, f"{module_name}:")
            for cls in self._classes:  # those within classes, too, which are added meanwhile
                self._look_through([*_body(cls).values()], cls, "")
            self._classes.clear()
        return (alias for (_, prefix), owner in self._holders.items() for alias in self._aliases(owner, prefix))

    def _look_through(self, values: list[Any], owner: Any, prefix: str) -> None:
        functions, kinds = self._functions, self._kinds
        for value in values:
            kind = type(value)
            # Most values are functions, which are found by their own hash: no id has to be made for them.
            if value in functions if kind is FunctionType else issubclass(kind, kinds):
                self._take(value, owner, prefix)

    def _take(self, value: Any, owner: Any, prefix: str) -> None:
        key = id(value)
        if key in self._successors:
            self._holders[id(owner), prefix] = owner
        if key in self._seen:
            return
        if issubclass(type(value), type):
            self._seen[key] = value
            self._classes.append(value)
        elif issubclass(type(value), dict):
            self._look_up(value, owner, prefix)

    def _look_up(self, table: Any, owner: Any, prefix: str) -> None:
        """Find the copies in a dictionary, by each of its names, since any of them may be asked for."""
        if self._successors.keys().isdisjoint(map(id, [*dict.values(table)])):
            self._seen[id(table)] = table
            return
        for name, value in _items(owner):
            if value is table:
                self._holders[id(table), f"{_home(owner, prefix)}{name}"] = table

    def _aliases(self, owner: Any, prefix: str) -> Iterator[Alias]:
        home, successors = _home(owner, prefix), self._successors
        for name, value in _items(owner):
            if id(value) in successors:
                place = ClassPlace(owner, name) if is_class(owner) else ItemPlace(owner, name, prefix)
                where = f"{home}{name}" if home[-1] in ":." else f"{home}[{name!r}]"
                yield Alias(where, place, successors[id(value)])


def _kind(value: Any) -> type:
    """What to pass to `issubclass` to meet a value: anything, if a metaclass of its own would answer for its type."""
    return type(value) if type(type(value)) is type else object


def _items(owner: Any) -> Iterable[tuple[Any, Any]]:
    """What stands where in a holder at this moment; methods of a dictionary's own class are not asked."""
    names = _body(owner) if is_class(owner) else owner
    if issubclass(type(names), dict) and type(names) is not dict:
        return [*dict.items(names)]
    return names.copy().items()  # type: ignore[no-any-return]


def _home(owner: Any, prefix: str) -> str:
    return prefix or f"{_text(owner, '__module__')}:{_text(owner, '__qualname__')}."


# --- what is out of reach ---


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
            if place.name in dictionary_of(subclass):
                yield f"subclass {subclass.__module__}.{subclass.__qualname__} overrides {place.name}"
            yield from _overriding(ClassPlace(subclass, place.name))
