"""Name the holders of an object that a layer replaced which cannot be bound to another one, with the path to it."""

from __future__ import annotations

import gc
from collections import deque
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType

from backportkit.layers import in_c
from backportkit.layers.aliases import with_rivals
from backportkit.layers.copies import belongs_elsewhere, has_identity, is_where_it_says, parts_of
from backportkit.layers.overriding import overriding
from backportkit.layers.place import MISSING, is_class
from backportkit.layers.search import label, loaded_modules, names_of_class, quoted, text_of
from backportkit.source.functions import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from backportkit.layers.layer import Layer

    Step = tuple[str, Any]  # as text, and the key or index if it is one

# Equal objects of these types may be one object, wherever they come from.
_NO_IDENTITY = (str, bytes, int, float, complex, type(None), type(...), ModuleType)
_DEPTH = 12  # how far from a name somebody's container may be
_SAME: Step = ("", None)  # in a holder of one object: a cell, a view of a dictionary
_NAMELESS = "to which nothing leads that has a name: os.register_at_fork, codecs and atexit keep such"
_UNSEEN = "that cannot be seen from Python: audit hooks, extension modules and what gc.freeze() has set aside keep such"
_ARGUMENTS = vars(BaseException)["args"].__get__
_FUNCTION = {"func", "__func__"}  # the function itself, of a partial, a bound method, a static method


def out_of_reach(layer: Layer) -> list[str]:
    """Name, one line each, who has the object that `layer` replaced, and the subclasses that override the target.

    The patch does not change what such a subclass has. Walks the heap, so that it is for a person who asks.
    """
    gc.collect()  # garbage is no holder
    return [*held(layer), *overriding(layer.place if _can_be_held(layer) else layer.found_at)]


def held(layer: Layer) -> list[str]:
    """Name, one line each, the holders of the object that `layer` replaced which cannot be bound to another one.

    They are default arguments, closures, functools.partial, bound methods, containers and attributes of other objects,
    each with the path to it. An object that the target's module has from another module is looked for in the target's
    module only. Walks the whole heap several times; who asks collects the garbage before, which would be named.
    """
    if not _can_be_held(layer):
        return []
    old = layer.previous
    others = [f"name {where}, which follows '{patch_id}'" for where, patch_id in with_rivals(layer)]
    is_foreign = issubclass(type(old), ModuleType) or belongs_elsewhere(old, layer)
    sought = _Sought([old, *(was for was, _ in parts_of(old, layer.value))], layer)
    lines = sought.lines(layer.key[1].partition(":")[0] if is_foreign else "")
    return [*lines, *dict.fromkeys(others)]


def _can_be_held(layer: Layer) -> bool:
    """Tell whether a layer replaced an object; who holds a function that was changed in place has the new code."""
    old = layer.previous
    return old is not MISSING and not layer.place.is_code and (has_identity(old) or _tells(old))


def _tells(value: Any) -> bool:
    """Tell whether finding the very object elsewhere says something: an empty tuple is the same one everywhere."""
    return not issubclass(type(value), _NO_IDENTITY) and not (type(value) in {tuple, frozenset} and not value)


class _Trail:
    """The way from an object down to the one that is sought: its direct holder, and the steps to it.

    `head` is the line so far if the way goes through a function that is not where it says to be.
    """

    __slots__ = ("head", "kind", "origin", "steps")

    def __init__(self, origin: tuple[int, str], kind: str, steps: tuple[Step, ...], head: str = "") -> None:
        self.origin = origin
        self.kind = kind
        self.steps = steps
        self.head = head

    def beginning_with(self, step: Step, *, instead: int = 0) -> _Trail:
        """The trail with one more step in front, or one instead of the first."""
        steps = self.steps[instead:]
        return _Trail(self.origin, self.kind, steps if step is _SAME else (step, *steps), self.head)

    def begins_at(self, holder: Any) -> bool:
        return self.origin[0] == id(holder)

    def line(self, name: str, kind: str, said: int = 0) -> str:
        """Return the line for a trail that has come to a name, which includes the first `said` steps already."""
        location = name + "".join(text for text, _ in self.steps[said:])
        return f"{self.head} at {location}" if self.head else f"{kind} {location}".lstrip()


class _Node:
    """An object on the way up, and the trails that lead down from it."""

    __slots__ = ("trails", "value")

    def __init__(self, value: Any, trails: list[_Trail]) -> None:
        self.value = value
        self.trails = trails


class _Sought:
    """The search for the holders of some objects, level by level from the objects up to names."""

    def __init__(self, objects: list[Any], layer: Layer) -> None:
        self._objects = objects
        # A running frame has it for a while only. Its local variables can be a dictionary, which the frame keeps.
        self._running = [each for frame in in_c.running() for each in (frame, in_c.local_names(frame))]
        self._ours = {id(each) for each in (objects, *objects, *self._running, *_ours(layer))}
        self._walked: set[tuple[int, tuple[int, str]]] = set()
        self._namespaces = {id(attributes): name for name, attributes in [*loaded_modules()][::-1]}
        self._named: dict[tuple[int, str], str] = {}
        self._nameless: dict[tuple[int, str], tuple[str, int]] = {}  # the line, and where the trail has come to
        self._only = ""

    def lines(self, only: str) -> list[str]:
        """Return a line for each holder; if `only` names a module, only for the holders in that."""
        self._only = only
        level = {id(each): _Node(each, []) for each in self._objects}
        for _ in range(_DEPTH):
            level = self._above(level) if level else {}
        return self._in_words()

    def _in_words(self) -> list[str]:
        if self._only:
            return list(self._named.values())
        old = self._objects[0]
        rest = {origin: end for origin, end in self._nameless.items() if origin not in self._named}
        unseen = in_c.unseen_references(self._objects) if has_identity(old) else 0
        kept = in_c.kept(ask_atexit=bool(rest) or unseen > 0)
        lines = [f"{line}, {' and '.join(kept.get(end, [_NAMELESS]))}" for line, end in rest.values()]
        lines += kept.get(id(old), ())
        unseen -= len(kept.get(id(old), ()))
        if unseen > 0:
            lines.append(f"{unseen} more reference{'s' if unseen > 1 else ''} {_UNSEEN}")
        return list(dict.fromkeys([*self._named.values(), *lines]))

    def _above(self, level: dict[int, _Node]) -> dict[int, _Node]:
        """Return the holders of the objects of a level, without those that have a name."""
        values = tuple(node.value for node in level.values())
        self._ours.add(id(values))
        above: dict[int, _Node] = {}
        for holder in (*_untracked(values), *gc.get_referrers(*values)):
            if not self._is_ours(holder):
                trails = [trail for node in _held(holder, level) for trail in self._up(holder, node)]
                if trails:
                    above[id(holder)] = _Node(holder, trails)
        self._ours.discard(id(values))
        return above

    def _is_ours(self, holder: Any) -> bool:
        kind = type(holder)
        module = holder.__module__ if kind is FunctionType else text_of(kind, "__module__")
        return id(holder) in self._ours or str(module).startswith("backportkit.")

    def _up(self, holder: Any, node: _Node) -> Iterator[_Trail]:
        """Return the trails that lead on from a holder, where they have not come to a name."""
        for step in _steps(holder, node.value):
            trails = node.trails or [_Trail((id(holder), step[0]), _kind_of(holder), ())]
            for trail in trails:
                walked = id(holder), trail.origin
                if trail.origin not in self._named and walked not in self._walked:
                    self._walked.add(walked)
                    yield from self._name(holder, node.value, trail, step)

    def _name(self, holder: Any, held: Any, trail: _Trail, step: Step) -> Iterator[_Trail]:
        """Note the name that a trail has come to; yield the trail if it leads on."""
        module = self._namespaces.get(id(holder)) or _module_of_namespace(holder)
        if module:
            kind = "name" if trail.begins_at(holder) else trail.kind
            self._take(trail, module, trail.line(f"{module}:{label(step[1])}", kind))
        elif is_class(holder) and _is_namespace(held, holder):
            module, name = text_of(holder, "__module__"), text_of(holder, "__qualname__")
            kind = "class attribute" if trail.begins_at(held) else trail.kind
            self._take(trail, module, trail.line(f"{module}:{name}.{label(trail.steps[0][1])}", kind, 1))
        elif type(holder) is FunctionType:
            yield from self._name_function(holder, held, trail)
        else:
            self._nameless.setdefault(trail.origin, (trail.kind, id(holder)))
            yield _in_object(trail, holder) if _is_namespace(held, holder) else trail.beginning_with(step)

    def _name_function(self, function: FunctionType, held: Any, trail: _Trail) -> Iterator[_Trail]:
        use, name = _use(held, function, trail.steps)
        where = f"{use} of {'.'.join(filter(None, (text_of(function, '__module__'), function.__qualname__)))}"
        if trail.begins_at(held) or trail.kind == "cell":
            line = trail.line(where if use in {"closure", "default argument"} else f"{where}{name}", "", 1)
        else:
            line = trail.line(f"{where}{name}", f"{trail.kind} in", 1)
        if is_where_it_says(function):
            self._take(trail, function.__module__, line)
        else:
            self._nameless[trail.origin] = line, id(function)
            yield _Trail(trail.origin, trail.kind, (), line)

    def _take(self, trail: _Trail, module: str, line: str) -> None:
        if self._only in {"", module}:
            self._named.setdefault(trail.origin, line)


def _ours(layer: Layer) -> Iterator[Any]:
    """Return the objects that belong to the layer: its replacement, and those that this keeps to call the original."""
    yield from (layer.value, layer.seen)
    function = function_of(layer.value)
    if function is not None:
        own = [each for each in gc.get_referents(function) if each is not function.__globals__]
        yield from (function, *own, *(function.__closure__ or ()))


def _held(holder: Any, level: dict[int, _Node]) -> list[_Node]:
    referents = {id(each) for each in gc.get_referents(holder)}
    return [node for key, node in level.items() if key in referents]


# --- one step up ---


def _steps(holder: Any, held: Any) -> Iterable[Step]:
    """Return the steps from a holder to an object."""
    return [*_in_container(holder, held), *_in_attributes(holder, held)] or [_SAME]


def _in_container(holder: Any, held: Any) -> Iterable[Step]:
    kind = type(holder)
    if issubclass(kind, dict):
        return _in_dictionary(holder, held)
    for sequence in (list, tuple, deque):
        if issubclass(kind, sequence):
            return [(f"[{n}]", n) for n, each in enumerate(sequence.__iter__(holder)) if each is held]
    for some in (set, frozenset):
        if issubclass(kind, some):
            return [("{...}", None)] if any(each is held for each in some.__iter__(holder)) else []
    return []


def _in_dictionary(holder: Any, held: Any) -> Iterator[Step]:
    for key, value in [*dict.items(holder)]:
        if value is held:
            yield f"[{quoted(key)}]", key
        if key is held:
            yield " as a key", None


def _in_attributes(holder: Any, held: Any) -> Iterator[Step]:
    """Return the attributes in which a holder has an object, of its dictionary and slots; no property is read."""
    attributes = _dictionary(holder)
    for name, value in [*dict.items(attributes)]:
        if value is held:
            yield f".{label(name)}", None
    if issubclass(type(holder), BaseException) and _ARGUMENTS(holder) is held:
        yield ".args", None
    slots = (each for cls in type.mro(type(holder)) for each in [*names_of_class(cls).items()])
    for name, member in slots:
        if type(member) is MemberDescriptorType and _read_slot(member, holder) is held:
            yield _SAME if name in _FUNCTION else (f".{name}", None)
            if name in _FUNCTION:
                return  # a static method has its function under two names


def _read_slot(member: MemberDescriptorType, holder: Any) -> Any:
    try:
        return member.__get__(holder)
    except AttributeError:  # empty
        return MISSING


def _dictionary(holder: Any) -> dict[str, Any]:
    try:
        found = object.__getattribute__(holder, "__dict__")
    except Exception:  # noqa: BLE001 -- none, or somebody's property
        return {}
    return found if issubclass(type(found), dict) else {}


def _is_namespace(held: Any, holder: Any) -> bool:
    """Tell whether an object is the dictionary in which a holder has its attributes."""
    if not issubclass(type(held), dict):
        return False
    return (
        not any(held is each for each in names_of_class(holder).values())
        if is_class(holder)
        else _dictionary(holder) is held
    )


def _in_object(trail: _Trail, holder: Any) -> _Trail:
    """The trail through an object whose dictionary the trail has come to."""
    step = f".{label(trail.steps[0][1])}", None
    longer = trail.beginning_with(step, instead=1)
    longer.kind = _kind_of(holder) if len(trail.steps) == 1 else trail.kind
    return longer


def _kind_of(holder: Any) -> str:
    return "bound method" if type(holder) is MethodType else text_of(type(holder), "__qualname__")


# --- names ---


def _module_of_namespace(holder: Any) -> str:
    """Return the module whose body ran in a dictionary that is no module's any more, as after a deletion."""
    is_one = type(holder) is dict and "__builtins__" in holder
    name = holder.get("__name__") if is_one else None
    return name if type(name) is str else ""


def _use(held: Any, function: FunctionType, steps: tuple[Step, ...]) -> tuple[str, str]:
    """Return the role of an object in a function, such as its closure, and the name in it at the end of a line."""
    code = function.__code__
    key: Any = steps[0][1] if steps else None
    if held is function.__closure__:
        return "closure", f" ({code.co_freevars[key]})"
    if held is function.__defaults__:
        first = code.co_argcount - len(function.__defaults__ or ())
        return "default argument", f" ({code.co_varnames[first + key]})"
    if held is function.__kwdefaults__:
        return "default argument", f" ({key})"
    if held is function.__dict__:
        return "attribute", f" ({label(key)})"
    if type(held) is tuple:  # names and annotations in turn, of which Python makes a dictionary when somebody asks
        return "annotation", f" ({held[key - 1]})"
    return "global variable" if held is function.__globals__ else "annotation", f" ({label(key)})"


def _untracked(values: Iterable[Any]) -> list[Any]:
    """The tuples and dictionaries that hold an object of plain data, which the garbage collector may leave alone."""
    ids = {id(each) for each in values if not gc.is_tracked(each)}
    found = {}
    for holder in gc.get_objects() if ids else ():
        for each in gc.get_referents(holder):
            is_left_alone = type(each) in {tuple, dict} and not gc.is_tracked(each)
            if is_left_alone and not ids.isdisjoint(map(id, gc.get_referents(each))):
                found[id(each)] = each
    return list(found.values())
