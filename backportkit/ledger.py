"""Remember what was installed where, layer upon layer, and put back the very object that stood there before."""

from __future__ import annotations

import _thread

from backportkit.target import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from typing import Any

    from backportkit.target import Place

    Change = tuple[Any, Any]
    _Planned = tuple["Layer", Any, Any, Any]


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


class Layer:
    """One installed object: `below` stood there before it (MISSING for nothing), `value` is ours.

    `key` says whose it is; of two layers with the same key at one place only the first is installed.
    `make` was called with what a look-up found before and returned `value`. A layer that `wraps` holds on to that
    object, and is made anew when the layer beneath it is taken out.
    """

    __slots__ = ("below", "key", "make", "place", "value", "wraps")

    def __init__(self, key: Hashable, place: Place, make: Callable[[Any], Any], *, wraps: bool) -> None:
        self.key = key
        self.place = place
        self.make = make
        self.wraps = wraps
        self.below: Any = MISSING
        self.value: Any = MISSING

    @property
    def installed(self) -> bool:
        """Whether this very layer was put in; False for one that found its like in place."""
        return self.value is not MISSING

    @property
    def on_top(self) -> bool:
        """Whether a look-up in the owner finds this layer's object. False when the owner is gone."""
        return self.place.owner is not None and self.place.read() is self.value


class Ledger:
    """All layers of a process, by place.

    The lock is held around a comparison and one assignment only, never while `make` or any other code of the user
    runs; an operation whose ground has shifted meanwhile starts over.
    """

    def __init__(self) -> None:
        self._lock = _thread.RLock()
        self._layers: dict[tuple[int, Hashable], list[Layer]] = {}

    def layers(self, place: Place) -> tuple[Layer, ...]:
        """The layers at a place, lowest first."""
        return tuple(self._of(place))

    def install(self, layers: Sequence[Layer]) -> list[Change]:
        """Put layers on top, all or none; return for each what a look-up found before and what it finds now.

        Layers that are in place already, by their key, are left as they are: installing is idempotent, also when two
        threads do it at once. A place has one layer that replaces, and any number that wrap.

        Raises Occupied when another layer replaces the place already, and NotInstalled, with all former objects back in
        place, when an owner does not keep what it is given. Whatever a `make` raises passes through. In all these cases
        nothing is changed.
        """
        while True:
            new = [layer for layer in layers if not self._has(layer)]
            planned = self._plan(new)
            with self._lock:
                if self._still_true(planned):
                    self._commit(planned)
                    return [(found, value) for _, _, found, value in planned]

    def remove(self, layer: Layer) -> list[Change]:
        """Take a layer out, wherever in the pile it is; return each object that was replaced, with its successor.

        The layer beneath, or the original, is in effect again as the very object it was. Layers of ours above stay in
        effect; those that wrap are made anew around what is beneath them now. A layer whose owner is gone is only
        forgotten.

        Raises ForeignLayer, and changes nothing, when an object that is not ours stands on top of the layer.
        """
        while True:
            pile = self.layers(layer.place)
            if layer.place.owner is None:
                self._forget(layer)
                return []
            rebuilt = self._rebuild(pile, layer)
            with self._lock:
                if self.layers(layer.place) == pile and layer.place.read() is pile[-1].value:
                    return self._replace_pile(pile, layer, rebuilt)

    def forget(self, layer: Layer) -> None:
        """Drop the record of a layer that is no longer there, as after importlib.reload; nothing is put back."""
        with self._lock:
            self._forget(layer)

    def _of(self, place: Place) -> list[Layer]:
        pile = self._layers.get(place.key, [])
        return pile if pile and pile[0].place.owner is place.owner else []

    def _check_free(self, layer: Layer) -> None:
        for other in self._of(layer.place):
            if not (layer.wraps or other.wraps):
                raise Occupied(other)

    def _has(self, layer: Layer) -> bool:
        return any(other.key == layer.key for other in self._of(layer.place))

    def _plan(self, layers: Sequence[Layer]) -> list[_Planned]:
        """For each layer: itself, its `below`, what a look-up finds before it, and its `value`."""
        planned: list[_Planned] = []
        pending: dict[tuple[int, Hashable], Any] = {}
        for layer in layers:
            self._check_free(layer)
            key = layer.place.key
            below = pending[key] if key in pending else layer.place.read()
            found = _effective(layer.place, below)
            pending[key] = layer.make(found)
            planned.append((layer, below, found, pending[key]))
        return planned

    def _still_true(self, planned: Sequence[_Planned]) -> bool:
        first = {layer.place.key: (layer, below) for layer, below, _, _ in reversed(planned)}
        return all(layer.place.read() is below and not self._has(layer) for layer, below in first.values())

    def _commit(self, planned: Sequence[_Planned]) -> None:
        done: list[_Planned] = []
        try:
            for entry in planned:
                done.append(entry)
                self._assign(*entry)
        except BaseException:
            for layer, below, _, _ in reversed(done):
                layer.place.put(below)
                self._forget(layer)
            raise

    def _assign(self, layer: Layer, below: Any, _found: Any, value: Any) -> None:
        layer.place.write(value)
        if layer.place.read() is not value:
            msg = f"{layer.place.name!r} was assigned, but reading it back gives another object"
            raise NotInstalled(msg)
        layer.below, layer.value = below, value
        self._layers[layer.place.key] = [*self._of(layer.place), layer]

    def _rebuild(self, pile: tuple[Layer, ...], layer: Layer) -> list[tuple[Layer, Any, Any]]:
        """For each layer above: itself, its new `below` and its new `value`. Raises ForeignLayer if theirs is amid."""
        self._check_own(pile, layer)
        rebuilt: list[tuple[Layer, Any, Any]] = []
        below = layer.below
        for upper in pile[pile.index(layer) + 1 :]:
            value = upper.make(_effective(upper.place, below)) if upper.wraps else upper.value
            rebuilt.append((upper, below, value))
            below = value
        return rebuilt

    def _check_own(self, pile: tuple[Layer, ...], layer: Layer) -> None:
        found = layer.place.read()
        if found is not pile[-1].value:
            raise ForeignLayer(layer.place, found)
        above = pile[pile.index(layer) :]
        for lower, upper in zip(above, above[1:], strict=False):
            if upper.below is not lower.value:
                raise ForeignLayer(layer.place, upper.below)

    def _replace_pile(
        self, pile: tuple[Layer, ...], layer: Layer, rebuilt: list[tuple[Layer, Any, Any]]
    ) -> list[Change]:
        changes = [(layer.value, _effective(layer.place, layer.below))]
        top = layer.below
        for upper, below, value in rebuilt:
            if value is not upper.value:
                changes.append((upper.value, value))
            upper.below, upper.value = below, value
            top = value
        if top is not layer.place.read():
            layer.place.put(top)
        self._forget(layer)
        return changes

    def _forget(self, layer: Layer) -> None:
        pile = self._layers.get(layer.place.key, [])
        rest = [other for other in pile if other is not layer]
        if rest:
            self._layers[layer.place.key] = rest
        else:
            self._layers.pop(layer.place.key, None)


def _effective(place: Place, raw: Any) -> Any:
    return place.inherited() if raw is MISSING else raw
