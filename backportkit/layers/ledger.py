"""Remember what was installed where, layer upon layer, and put back the very object that stood there before."""

from __future__ import annotations

import _thread
import os
import sys
from types import FunctionType

from backportkit.layers.place import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
    from typing import Any

    from backportkit.layers.place import Place

    Pile = tuple["Layer", ...]

WHOLE = "whole"
NOTHING = "nothing"
_ORDER = {WHOLE: 0, NOTHING: 2}

# One for all ledgers, so that a fork need not know them. A fork waits for it, as it does for logging's lock, lest the
# child begin with a place that is written and not recorded, and with a lock that nobody there will give back.
_lock = _thread.RLock()
if sys.platform != "win32":  # pragma: no branch -- the suite runs where there is a fork
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)

# How often an installation starts over when others change the same places meanwhile.
_PATIENCE = 1000


class ForeignLayer(RuntimeError):
    """Somebody else's object stands on top of ours, so ours cannot be taken out. `found` is their object."""

    def __init__(self, place: Place, found: Any) -> None:
        super().__init__(f"{place.name!r} was replaced afterwards by {found!r}")
        self.place = place
        self.found = found


class Occupied(RuntimeError):
    """Another of our layers replaces the same place already. `layer` is that one."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(f"{layer.place.name!r} is replaced by {layer.key!r}")
        self.layer = layer


class NotInstalled(RuntimeError):
    """The owner did not keep what was assigned: reading it back gave another object."""


def like_no_other() -> None:
    """The content of a layer that does what no other does."""


class Layer:
    """One object at one place: `below` stood there before it (MISSING for nothing), `value` is ours.

    Attributes:
        key: Who wants it, as (patch id, target). Of two layers with the same key at one place one is installed.
        make: Called with what a look-up finds below; returns `value`.
        claim: What of the place the layer replaces: WHOLE, a part of a property by its name, or NOTHING if it wraps.
        rank: Where the layer belongs among the others of its kind, lowest first; wraps stand above all that replace.
        supersedes: The ids of patches whose place this layer may take.
        body: Which body of its module had run when it was put in, as `target.body_of` says.
        aliases: What is to become of copies of the replaced object, see `backportkit.aliases`.
        copies: The copies of the replaced object that were bound to `value`; the business of `backportkit.aliases`.
        ledger: The ledger that was asked to install it, None before that.
        origin: Who declared it and where, for messages: anything that says so as a text.
        failure: Why it fell: what `make` raised when it was to be made anew around what had come beneath it.
        root: The raw object beneath all our layers, when it was put in.
        revoked: Whether it was asked to be taken out before it was in: then it is not put in any more.
        content: Returns a value that is equal for layers which do the same, or None if this one is like no other.
        seen: For `in_place`, the id of a former `value`, the codes of it, `below` and the replacement then, and the id
            of that `below`: no references, which would count as somebody's copies.
    """

    __slots__ = (
        "aliases",
        "below",
        "body",
        "claim",
        "content",
        "copies",
        "failure",
        "key",
        "ledger",
        "make",
        "origin",
        "place",
        "rank",
        "revoked",
        "root",
        "seen",
        "supersedes",
        "value",
    )

    def __init__(  # noqa: PLR0913 -- a record
        self,
        key: tuple[str, str],
        place: Place,
        make: Callable[[Any], Any],
        *,
        claim: str = WHOLE,
        rank: tuple[int, ...] = (),
        supersedes: Collection[str] = (),
        aliases: str | Sequence[str] = "follow",
        content: Callable[[], Hashable] = like_no_other,
        origin: object = "",
    ) -> None:
        self.key = key
        self.place = place
        self.make = make
        self.claim = claim
        self.rank = (_ORDER.get(claim, 1), *rank)
        self.supersedes = supersedes
        self.aliases = aliases
        self.content = content
        self.copies: list[Any] = []
        self.ledger: Ledger | None = None
        self.origin = origin
        self.revoked = False
        self.failure: Exception | None = None
        self.seen: tuple[Any, ...] = (0, None, None, None, 0)
        self.body: Any = None
        self.below: Any = MISSING
        self.value: Any = MISSING
        self.root: Any = MISSING

    @property
    def installed(self) -> bool:
        """Whether this very layer was put in; False for one that found its like in place."""
        return self.value is not MISSING

    def overlaps(self, other: Layer) -> bool:
        """Whether both replace the same thing, so that one of them would be without effect."""
        if NOTHING in {self.claim, other.claim}:
            return False
        return self.claim == other.claim or WHOLE in {self.claim, other.claim}

    def does_the_same_as(self, other: Layer) -> bool:
        """Whether one of the two is enough."""
        content = self.content()
        return content is not None and self.claim == other.claim and content == other.content()


class Change:
    """A look-up found `old` before and finds `new` now, because of `layer`."""

    __slots__ = ("layer", "new", "old")

    def __init__(self, layer: Layer, old: Any, new: Any) -> None:
        self.layer = layer
        self.old = old
        self.new = new

    @property
    def is_undone(self) -> bool:
        """Whether it is the layer's own object that makes way."""
        return self.old is self.layer.value


class Ledger:
    """All layers of a process, by place: a pile for each, lowest first.

    A layer is known by its position in the pile: one object may stand in several layers, and be the original as well.

    The lock is held while it is looked at what stands where, and around a comparison and the assignments of one batch,
    never while `make` or any other code of the user runs (but for the methods of a mapping whose item is the place); an
    operation whose ground has shifted meanwhile starts over.
    """

    def __init__(self) -> None:
        self._piles: dict[tuple[int, Hashable], Pile] = {}
        self._owed: dict[Change, None] = {}

    def layers(self, place: Place) -> Pile:
        """The layers that still stand at a place, lowest first, also those beneath somebody else's object."""
        with _lock:
            return _standing(self._pile(place), place.read())

    def all_layers(self) -> list[Layer]:
        """The layers that are recorded, at all places."""
        with _lock:
            return [layer for pile in self._piles.values() for layer in pile]

    def original(self, place: Place, raw: Any) -> Any:
        """The raw object beneath all of ours at a place: also beneath what a copy of another target was bound to."""
        pile = _standing(self._pile(place), raw)
        if pile or raw is MISSING or _is_defined_at(place, raw):
            return pile[0].below if pile else raw
        notes = [alias.change for layer in self.all_layers() for alias in layer.copies if alias.place.is_at(place)]
        for change in reversed(notes):  # those of a wrap come after those of what it stands upon
            raw = change.old if change.new is raw else raw
        return raw

    def in_effect(self, layer: Layer) -> bool:
        """Whether a look-up in the owner finds this layer's object, one of ours that was built upon it, or somebody's
        wrapper that calls it.
        """
        if layer.place.owner is None:
            return False
        with _lock:
            raw = layer.place.read()
            pile = _standing(self._pile(layer.place), raw)
            reach = _reach(pile, raw)
        return layer in pile[reach:] or (layer in pile and _is_called(layer, pile, reach, raw))

    def is_lost(self, layer: Layer) -> bool:
        """Whether nothing of ours is at the place of a layer, nor what was beneath: it was deleted or defined anew."""
        place = layer.place
        if place.owner is None or layer not in self._pile(place):
            return False
        with _lock:
            return not self.layers(place) and place.read() is not layer.root

    def look(self, place: Place) -> tuple[Any, int, bool]:
        """The raw object at a place, how many layers stand there, and whether it is the topmost one's."""
        with _lock:
            raw = place.read()
            pile = _standing(self._pile(place), raw)
            return raw, len(pile), bool(pile) and pile[-1].value is raw

    def install(self, layers: Sequence[Layer]) -> list[Change]:
        """Put layers in, all or none; return what a look-up found before and what it finds now.

        Layers that are in place already, by their key, are left as they are: installing is idempotent, also when two
        threads do it at once. A layer goes on top of the others that replace and beneath those that wrap, which are
        made anew around it; above an object that is not ours in any case. A layer that does the same as one in place
        shares that one's object. If one is taken out before it is in, by another thread or by a `make`, none is put in.

        Raises Occupied when another layer, not superseded, replaces the same already, and NotInstalled, with all former
        objects back in place, when an owner does not keep what it is given. Whatever a `make` raises passes through. In
        all these cases nothing is changed.
        """
        for _ in range(_PATIENCE):
            plans = [self._plan_for(some) for some in _by_place(layers)]
            for plan in plans:
                plan.work_out()
            with _lock:
                if any(layer.revoked for layer in layers):
                    return []
                if all(self._still_true(plan) for plan in plans):
                    return self._carry_out(plans)
        raise _restless(layers[0].place)

    def remove(self, layer: Layer) -> list[Change]:
        """Take a layer out, wherever in the pile it is; return each object that was replaced, with its successor.

        The layer beneath, or the original, is in effect again as the very object it was. Layers of ours above stay in
        effect; those that wrap are made anew around what is beneath them now. One that cannot be made anew falls: it is
        taken out along, and its `failure` says why. Of a layer that somebody took out already, by putting back what was
        beneath it, the record is dropped; one that was never put in is not put in any more.

        Raises ForeignLayer, and changes nothing, when an object that is not ours stands on top of the layer.
        """
        for _ in range(_PATIENCE):
            with _lock:
                plan = self._plan_without(layer)
                if plan is None:
                    return self._owe(self._drop(layer))
            plan.work_out()
            with _lock:
                if self._still_true(plan):
                    return self._carry_out([plan])
        raise _restless(layer.place)

    def owed(self) -> list[Change]:
        """The changes whose copies elsewhere nobody has bound yet: calls are under way, or were interrupted."""
        with _lock:
            return list(self._owed)

    def paid(self, changes: Iterable[Change]) -> None:
        """Take down that all copies of what was changed are bound."""
        with _lock:
            for change in changes:
                self._owed.pop(change, None)

    def abandon(self, place: Place) -> None:
        """Drop the record of all layers at a place of an owner that nobody uses any more; nothing is put back."""
        with _lock:
            self._keep(place, ())

    def forget(self, place: Place) -> None:
        """Drop the record of layers that are no longer there, as after importlib.reload; nothing is put back."""
        with _lock:
            pile = self.layers(place)
            if not pile or pile[-1].value is not place.read():
                self._keep(place, ())

    def _drop(self, layer: Layer) -> list[Change]:
        """Drop the record of a layer that is gone, and of all that stood upon it; one that comes is not to come."""
        layer.revoked = True
        place = layer.place
        standing = self._piles.get(place.key, ()) if place.owner is None else self.layers(place)
        left = tuple(other for other in standing if other is not layer)
        self._keep(place, left)
        # What it stood upon has its successor in what stands now, unless a body that has run again is beneath that.
        is_same = place.owner is not None and bool(left) and left[0].root is layer.root
        return _given_up(layer, left[-1].value if is_same else layer.below)

    def _keep(self, place: Place, pile: Pile) -> None:
        """Record a pile. What leaves it leads to what is beneath all of ours: what it stood upon may leave later."""
        for layer in self._piles.get(place.key, ()):
            if layer not in pile:
                layer.below = layer.root
        if pile:
            self._piles[place.key] = pile
        else:
            self._piles.pop(place.key, None)

    def _pile(self, place: Place) -> Pile:
        """The pile as it was left; an owner that has died may have bequeathed its id to another one."""
        pile = self._piles.get(place.key, ())
        return pile if pile and pile[0].place.owner is place.owner else ()

    def _plan_for(self, layers: Sequence[Layer]) -> _Plan:
        """The plan to add layers of one place, which is to be worked out."""
        place = layers[0].place
        for layer in layers:
            layer.ledger = self
        if len(layers) == 1 and not self._pile(place):
            return _First(layers[0], self.original)
        with _lock:
            plan = _Pile(place, self._pile(place), place.read(), self.original)
        for layer in layers:
            if all(other.key != layer.key for other in plan.standing):
                plan.add(layer)
        return plan

    def _plan_without(self, layer: Layer) -> _Plan | None:
        """The plan to take a layer out, which is to be worked out; None if it is not there any more."""
        place = layer.place
        if place.owner is None:
            return None
        pile, raw = self._pile(place), place.read()
        if pile == (layer,) and raw is layer.value:
            return _Last(layer)
        if layer not in _standing(pile, raw):
            return None
        plan = _Pile(place, pile, raw, self.original)
        plan.drop(layer)
        return plan

    def _still_true(self, plan: _Plan) -> bool:
        return self._pile(plan.place) == plan.pile and plan.place.read() is plan.raw

    def _carry_out(self, plans: Sequence[_Plan]) -> list[Change]:
        try:
            for plan in plans:
                plan.write()
        except BaseException:
            _unwrite(plans)
            raise
        return self._owe([change for plan in plans for change in self._record(plan)])

    def _record(self, plan: _Plan) -> list[Change]:
        changes = plan.settle()
        self._keep(plan.place, plan.standing)
        return changes

    def _owe(self, changes: list[Change]) -> list[Change]:
        for change in changes:
            self._owed[change] = None
        return changes


class _Plan:
    """What is to become of a place: nothing is changed until it is written.

    Attributes:
        place: The place.
        pile: The pile that is recorded for it.
        raw: The raw object that stands there.
        top: The raw object that is to stand there.
        standing: The pile as planned.
    """

    __slots__ = ("pile", "place", "raw", "standing", "top")

    def __init__(self, place: Place, pile: Pile, raw: Any) -> None:
        self.place = place
        self.pile = pile
        self.raw = raw
        self.top = raw
        self.standing = pile

    def work_out(self) -> None:
        """Have made what is to stand there: by code of the user's, for which no lock is held."""

    def write(self) -> None:
        if self.top is not self.raw:
            (self.place.put if self.standing else self.place.restore)(self.top)
        if self.place.read() is not self.top:
            msg = f"{self.place.name!r} was assigned, but reading it back gives another object"
            raise NotInstalled(msg)

    def unwrite(self) -> None:
        if self.place.read() is self.raw:
            return
        self.place.restore(self.raw)
        if self.place.read() is not self.raw:
            msg = f"{self.place.name!r} was assigned, and what stood there cannot be put back: it is another object now"
            raise NotInstalled(msg)

    def settle(self) -> list[Change]:
        """Take down in the layers what has been written; return what was replaced by what."""
        raise NotImplementedError


class _First(_Plan):
    """Put in the first layer at a place, as nearly every one is."""

    __slots__ = ("base",)

    def __init__(self, layer: Layer, original: Callable[[Place, Any], Any]) -> None:
        super().__init__(layer.place, (), layer.place.read())
        self.standing = (layer,)
        self.base = original(layer.place, self.raw)

    def work_out(self) -> None:
        (layer,) = self.standing
        self.top = layer.make(_effective(self.place, self.base))

    def settle(self) -> list[Change]:
        (layer,) = self.standing
        layer.below, layer.value, layer.root = self.base, self.top, self.base
        return [] if self.base is MISSING or self.base is self.top else [Change(layer, self.base, self.top)]


class _Last(_Plan):
    """Take out the only layer at a place, which stands on top."""

    __slots__ = ()

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer.place, (layer,), layer.value)
        self.standing = ()
        self.top = layer.below

    def settle(self) -> list[Change]:
        (layer,) = self.pile
        return _given_up(layer, layer.below)


class _Pile(_Plan):
    """What a pile of several layers is to become.

    `fixed` layers cannot be moved, since somebody else's object stands on top of them; `moving` ones stand above it.
    `leaving` ones are to be taken out: that which is dropped, and those that fall.
    """

    __slots__ = ("base", "fixed", "leaving", "moving", "steps")

    def __init__(self, place: Place, pile: Pile, raw: Any, original: Callable[[Place, Any], Any]) -> None:
        super().__init__(place, pile, raw)
        standing = _standing(pile, raw)
        reach = _reach(standing, raw)
        self.standing = standing
        self.fixed = standing[:reach]
        self.moving = standing[reach:]
        self.base: Any = self.moving[0].below if self.moving else raw if standing else original(place, raw)
        self.leaving: list[tuple[Layer, Any, Exception | None]] = []
        self.steps: list[tuple[Layer, Any, Any]] = []

    def add(self, layer: Layer) -> None:
        for other in self.standing:
            if layer.overlaps(other) and not self._may_join(layer, other):
                raise Occupied(other)
        self.moving = tuple(sorted((*self.moving, layer), key=lambda each: each.rank))
        self.standing = self.fixed + self.moving

    def _may_join(self, layer: Layer, other: Layer) -> bool:
        return other.key[0] in layer.supersedes or (other in self.moving and layer.does_the_same_as(other))

    def drop(self, layer: Layer) -> None:
        if layer in self.fixed:
            raise ForeignLayer(self.place, self.base)
        self.leaving.append((layer, layer.below, None))
        self.moving = tuple(other for other in self.moving if other is not layer)

    def work_out(self) -> None:
        """Have the values made that are new, or stand on something new."""
        below = self.base
        for layer in self.moving:
            try:
                value = self._value(layer, below)
            except Exception as error:
                if not self.leaving:
                    raise
                self.leaving.append((layer, below, error))
            else:
                self.steps.append((layer, below, value))
                below = value
        self.top = below
        self.standing = self.fixed + tuple(layer for layer, _, _ in self.steps)

    def _value(self, layer: Layer, below: Any) -> Any:
        if layer.installed and (layer.below is below or layer.claim == WHOLE):
            return layer.value
        if any(layer.overlaps(other) and layer.does_the_same_as(other) for other, _, _ in self.steps):
            return below
        return layer.make(_effective(self.place, below))

    def settle(self) -> list[Change]:
        """Take the new values down in the layers; return what was replaced by what."""
        changes = []
        for layer, below, value in self.steps:
            old = layer.value if layer.installed else below
            if old is not value and old is not MISSING:
                changes.append(Change(layer, old, value))
            layer.below, layer.value, layer.root = below, value, self.base
        for layer, below, failure in self.leaving:
            layer.failure = failure
            changes += self._succeed(layer, below)
        return changes

    def _succeed(self, layer: Layer, below: Any) -> list[Change]:
        """What takes the place of a layer that leaves: another that shares its object, and its copies, or `below`."""
        heir = next((other for other, _, value in self.steps if value is layer.value), None)
        if heir is None:
            return _given_up(layer, below)
        heir.copies += [alias for alias in layer.copies if alias not in heir.copies]
        return [Change(layer, layer.value, layer.value)] if layer.failure else []


def _unwrite(plans: Sequence[_Plan]) -> None:
    """Put back what was there, the last one first; an owner that refuses does not keep the others from it."""
    if plans:
        try:
            plans[-1].unwrite()
        finally:
            _unwrite(plans[:-1])


def _by_place(layers: Sequence[Layer]) -> Iterable[Sequence[Layer]]:
    if len(layers) == 1:
        return (layers,)
    places: dict[tuple[int, Hashable], list[Layer]] = {}
    for layer in layers:
        places.setdefault(layer.place.key, []).append(layer)
    return places.values()


def _standing(pile: Pile, raw: Any) -> Pile:
    """The layers of a pile that are still there when `raw` stands at the place.

    Somebody may have put back what stood beneath one of them: then that one and those above it are gone. All are gone
    if nothing stands there, or what the module has defined there anew. Any other object is taken to stand on top of all
    of them.
    """
    for count in range(len(pile), 0, -1):
        if pile[count - 1].value is raw:
            return pile[:count]
        if pile[count - 1].below is raw:
            return pile[: count - 1]
    return () if pile and _is_gone(pile, raw) else pile


def _is_gone(pile: Pile, raw: Any) -> bool:
    """Whether an object that is not ours is none that was put on top of ours."""
    if raw is MISSING:
        return True
    from backportkit.layers import defined_anew  # few things ever stand on top

    return defined_anew.stands_instead(
        pile[0].place, raw, [other for layer in pile for other in (layer.below, layer.value)]
    )


def _reach(standing: Pile, raw: Any) -> int:
    """How many layers, from the lowest, stand beneath an object that is not ours."""
    above = raw
    for count in range(len(standing), 0, -1):
        if standing[count - 1].value is not above:
            return count
        above = standing[count - 1].below
    return 0


def _is_called(layer: Layer, pile: Pile, reach: int, raw: Any) -> bool:
    """Whether somebody's object that stands above the lowest `reach` layers of a pile calls one built upon this one."""
    from backportkit.layers import beneath  # few are ever asked for

    while reach:
        foreign = pile[reach].below if pile[reach:] else raw
        called = beneath.find(foreign, [other.value for other in pile[:reach]])
        if called is MISSING:
            return False
        pile = _standing(pile[:reach], called)
        reach = _reach(pile, called)
        if layer in pile[reach:]:
            return True
    return False


def _given_up(layer: Layer, below: Any) -> list[Change]:
    successor = below if layer.place.owner is None else _effective(layer.place, below)
    is_change = layer.installed and (layer.value is not successor or layer.failure is not None)
    return [Change(layer, layer.value, successor)] if is_change else []


def _is_defined_at(place: Place, raw: Any) -> bool:
    """Whether it is a function that the body of a module or class has defined there, as nearly all that is replaced."""
    if type(raw) is not FunctionType:
        return False
    owner = place.owner
    if isinstance(owner, type):
        return raw.__qualname__ == f"{owner.__qualname__}.{place.name}" and raw.__module__ == owner.__module__
    return raw.__qualname__ == place.name and raw.__globals__ is place.home


def _effective(place: Place, raw: Any) -> Any:
    return place.inherited() if raw is MISSING else raw


def _restless(place: Place) -> NotInstalled:
    return NotInstalled(f"{place.name!r} changes each time that it is looked at")
