"""The code of a function as a place: whoever holds the function runs what is written there."""

from __future__ import annotations

import functools
import weakref
from operator import is_ as _is
from types import FunctionType

from backportkit.layers import beneath
from backportkit.layers.journal import HALF, IN_PLACE
from backportkit.layers.place import MISSING, Place, hold_weakly
from backportkit.source import decorated
from backportkit.source.callables import DROPPED, function_in, in_descriptor, innermost
from backportkit.source.functions import is_a, is_of_functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

    Step = tuple[str, Any]


class Body:
    """The code that a call of a function runs, and its defaults.

    One of ours has a code of its own: the interpreter keeps in a code object what it has learnt of the globals.
    """

    __slots__ = ("__weakref__", "code", "defaults", "items", "keywords")

    def __init__(self, code: CodeType, defaults: tuple[Any, ...] | None, keywords: dict[str, Any] | None) -> None:
        self.code = code
        self.defaults = defaults
        self.keywords = keywords
        self.items = {**(keywords or {})}  # as they were: somebody may change the mapping itself

    @classmethod
    def of(cls, function: FunctionType) -> Body:
        """The body that a function has; the same object for as long as anybody holds it, also for an equal body."""
        found, known = cls(function.__code__, function.__defaults__, function.__kwdefaults__), _bodies_of(function)
        if (same := known.get(found.key)) is not None:
            return same
        others = (reference() for reference in known.valuerefs())
        equal = (one for one in others if one is not None and not found.differs_from(one))
        return next(equal, None) or known.setdefault(found.key, found)

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what tells it from others: which objects it is made of."""
        return id(self.code), id(self.defaults), id(self.keywords), *((name, id(it)) for name, it in self.items.items())

    def keep(self, function: FunctionType) -> Body:
        """Have it be found again once that function has it."""
        self.items = {**(self.keywords or {})}
        _bodies_of(function)[self.key] = self
        return self

    def differs_from(self, other: Body) -> str:
        """Say what of it is not equal to another one's: the code, the defaults or the keyword defaults; else empty."""
        if self.code != other.code or self.code.co_filename != other.code.co_filename:
            return "code"
        if not _are_equal(self.defaults, other.defaults):
            return "defaults"
        names = self.items.keys() == other.items.keys()
        is_same = names and all(_is_equal(self.items[name], other.items[name]) for name in self.items)
        return "" if is_same else "keyword defaults"

    def as_function(self, function: FunctionType) -> FunctionType:
        """A function that is like another one and has this body."""
        made = FunctionType(self.code, function.__globals__, function.__name__, self.defaults, function.__closure__)
        made.__kwdefaults__ = self.keywords
        made.__module__, made.__qualname__ = function.__module__, function.__qualname__
        return made


_bodies: weakref.WeakKeyDictionary[FunctionType, weakref.WeakValueDictionary[tuple[Any, ...], Body]] = (
    weakref.WeakKeyDictionary()
)


def _bodies_of(function: FunctionType) -> weakref.WeakValueDictionary[tuple[Any, ...], Body]:
    found = _bodies.get(function)
    return _bodies.setdefault(function, weakref.WeakValueDictionary()) if found is None else found


def _are_equal(ours: tuple[Any, ...] | None, theirs: tuple[Any, ...] | None) -> bool:
    """Tell whether two tuples have objects of the same types that say to be equal."""
    one, other = ours or (), theirs or ()
    return len(one) == len(other) and all(map(_is_equal, one, other))


def _is_equal(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other):
        return one is other
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 -- whatever an array or another object of theirs raises
        return False


def body_of(replacement: Any, name: str) -> Body:
    """The body of the function that was written in a replacement of that name, whatever stands around it.

    Raises TypeError if there is none.
    """
    function = innermost(replacement)
    if type(function) is not FunctionType:
        msg = f"a {type(function).__qualname__} has no code that another function could run"
        raise TypeError(msg)
    try:
        function = decorated.written(function, name)
    except decorated.HiddenError:
        msg = f"which function was written is out of reach in {function.__qualname__}: give it without its decorators"
        raise TypeError(msg) from None
    if function is not in_descriptor(replacement):
        msg = f"its code would run {DROPPED}"
        raise TypeError(msg)
    keywords = function.__kwdefaults__
    return Body(function.__code__.replace(), function.__defaults__, None if keywords is None else {**keywords})


class CodePlace(Place):
    """The code, the defaults and the keyword defaults of a function, as one slot.

    `found_at` is the place where a look-up of the target ends, `stored` what stood there, which leads to the function;
    `part` is one of `fget`, `fset`, `fdel` of a property, of which the first is meant if none is named.
    """

    __slots__ = ("_around", "_outermost", "_writing", "found_at", "part")
    is_code = True
    found_at: Place

    def __init__(self, function: FunctionType, found_at: Place, part: str | None, stored: Any) -> None:
        super().__init__(function, found_at.name)
        self.key = IN_PLACE, id(function)
        self.found_at = found_at
        self.part = part or ("fget" if is_a(stored, property) else None)
        self._outermost = hold_weakly(function_in(stored, part))
        is_cached_property = is_of_functools(stored, "cached_property")
        self._around = (
            functools.cached_property if is_cached_property else staticmethod if is_a(stored, staticmethod) else None
        )
        self._writing: _Writing | None = None

    def read(self) -> Any:
        function = self.owner_of()
        writing = self._writing
        if writing is not None and writing.is_half_done(function):
            return HALF
        return Body.of(function)

    def steps_to(self, body: Body) -> tuple[Step, ...]:
        """Return what is to be written for the function to have a body: attributes and their values, in this order."""
        function, interrupted = self.owner_of(), self._writing if self.read() is HALF else None
        self._writing = _Writing(function, body.keep(function), interrupted)
        return self._writing.steps

    def is_led_to_by(self, stored: Any) -> bool:
        """Tell whether what stands where the target is found calls the function."""
        function = self.owner_of()
        if function is None or stored is MISSING:
            return False
        called = self._called_by(stored)
        if called is self._outermost() or innermost(called) is function:
            return True
        return beneath.find(called, [function]) is not MISSING

    def is_as_found(self, stored: Any) -> bool:
        """Tell whether an object calls what was there when the function was changed, with nothing around it."""
        return stored is not MISSING and self._called_by(stored) is self._outermost()

    def _called_by(self, stored: Any) -> Any:
        return function_in(stored, self.part if is_a(stored, property) else None)

    def shown(self, body: Body) -> Any:
        """Return what would stand there if the function had that body, for who compares."""
        made = body.as_function(self.owner_of())
        if self.part is not None:
            return property(**{self.part: made})  # type: ignore[arg-type]
        return made if self._around is None else self._around(made)


class _Writing:
    """The writes by which a function gets another body, and all values that it may have until they are made.

    A call that another thread makes meanwhile finds a default for each parameter that had one before and has one after:
    those that are more are written before the code, and those that are fewer behind it.
    """

    def __init__(self, function: FunctionType, body: Body, interrupted: _Writing | None) -> None:
        own = function.__code__, function.__defaults__, function.__kwdefaults__
        self.steps = tuple(_steps(own, body))
        self._values: tuple[Any, ...] = (*own, *(value for _, value in self.steps))
        self._bodies: tuple[tuple[Any, ...], ...] = (own, (body.code, body.defaults, body.keywords))
        if interrupted is not None:
            self._values += interrupted._values  # noqa: SLF001 -- another one of these
            self._bodies = (*interrupted._bodies, self._bodies[1])  # noqa: SLF001

    def is_half_done(self, function: FunctionType) -> bool:
        """Tell whether what a function has is of several bodies."""
        own = function.__code__, function.__defaults__, function.__kwdefaults__
        is_whole = any(all(map(_is, own, body)) for body in self._bodies)
        return not is_whole and all(any(value is known for known in self._values) for value in own)


def _steps(own: tuple[Any, ...], body: Body) -> Iterator[Step]:
    """Return what is to be written, but for what is there already."""
    now: dict[str, Any] = dict(zip(("__code__", "__defaults__", "__kwdefaults__"), own, strict=True))
    for name, value in (
        ("__defaults__", _longer(own[1], body.defaults)),
        ("__kwdefaults__", _with_all(own[2], body.keywords)),
        ("__code__", body.code),
        ("__defaults__", body.defaults),
        ("__kwdefaults__", body.keywords),
    ):
        if now[name] is not value:
            now[name] = value
            yield name, value


def _longer(now: tuple[Any, ...] | None, new: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    return new if len(new or ()) >= len(now or ()) else now


def _with_all(now: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any] | None:
    if not now or not new:
        return now or new
    if now.keys() <= new.keys():
        return new
    return now if new.keys() <= now.keys() else {**now, **new}
