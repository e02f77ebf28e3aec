"""The records of the mechanism: a layer, its content, a change in look-ups, and what a place is to become."""

from __future__ import annotations

from backportkit.layers.journal import lock
from backportkit.layers.place import MISSING
from backportkit.shown import shown
from backportkit.source.callables import essence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from typing import Any

    from backportkit.layers.fit import Recipe
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place

    Stack = tuple["Layer", ...]

WHOLE = "whole"
NOTHING = "nothing"
_ORDER = {WHOLE: 0, NOTHING: 2}
NO_COPIES: list[Any] = []  # the list of nearly all layers: nothing is ever entered here


class ForeignLayer(RuntimeError):
    """Somebody else's object stands on top of ours, so ours cannot be taken out. `found` is their object."""

    def __init__(self, place: Place, found: Any) -> None:
        super().__init__(f"{place.name!r} was replaced afterwards by {shown(found)}")
        self.place = place
        self.found = found


class Occupied(RuntimeError):
    """Another of our layers replaces the same place already. `layer` is that one."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(f"{layer.place.name!r} is replaced by {layer.key!r}")
        self.layer = layer


class NotMade(RuntimeError):
    """The object of a layer could not be made. Its cause is the replacement's error; None if there is none to wrap."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(f"nothing can be made for {layer.key!r}")
        self.layer = layer


class Content:
    """The content of a layer: what a patch wants to stand at a place.

    Attributes:
        key: Who wants it, as (patch id, target). Of two layers with the same key at one place one is installed.
        recipe: How to make the object of the one that a look-up finds below.
        claim: What it replaces there: WHOLE, a part of a property by its name, or NOTHING if it wraps.
        rank: Where it belongs among the others of its kind, lowest first; wraps stand above all that replace.
        aliases: What is to become of copies of the replaced object, see `layers.aliases`.
        fixes: The change that it carries: two layers that carry the same one by the same code are one.
        origin: Who declared it and where, for messages: any object whose text says so.
        edit: The edit by which the engine verifies the object.
    """

    __slots__ = ("aliases", "claim", "edit", "fixes", "key", "origin", "rank", "recipe")

    def __init__(  # noqa: PLR0913 -- a record
        self,
        key: tuple[str, str],
        recipe: Recipe,
        *,
        claim: str = WHOLE,
        rank: tuple[int, ...] = (),
        aliases: str | Sequence[str] = "follow",
        fixes: str | None = None,
        origin: object = "",
        edit: Any = None,
    ) -> None:
        self.key = key
        self.recipe = recipe
        self.claim = claim
        self.rank = (_ORDER.get(claim, 1), *rank)
        self.aliases = aliases
        self.fixes = fixes
        self.origin = origin
        self.edit = edit


class Layer:
    """One object at one place: `previous` stood there before it (MISSING for nothing), `value` is ours.

    Attributes:
        content: What is wanted at the place, and by whom.
        place: Where it is.
        ground: The module or class where it is, for `flat`; None for places that `flat` leaves alone.
        name: The name that it has there.
        supersedes: The ids of patches whose place this layer may take.
        body: Which body of its module had run when it was put in, as `place.body_of` says.
        copies: The copies of the replaced object that were bound to `value`; the business of `layers.aliases`.
        ledger: The ledger that was asked to install it, None before that.
        failure: Why it fell: the error of making it anew around the object that had come beneath it.
        root: The stored object beneath all our layers, when it was put in.
        revoked: Whether it was taken out or forgotten, also before it was in: then it is not put in any more.
        seen: For `in_place`, the codes of `value`, of `previous` and of the replacement when made; None if nobody
            has looked since.
    """

    __slots__ = (
        *("_content", "_place", "previous", "body", "copies", "failure", "ground", "ledger", "name", "revoked", "root"),
        *("seen", "supersedes", "value"),
    )
    _content: Content | None
    _place: Place | None

    def __init__(self, content: Content, place: Place) -> None:
        self._content = content
        self._place = place
        self.ground: Any = place.ground
        self.name = place.name
        self.supersedes: Collection[str] = ()
        self.copies = NO_COPIES
        self.ledger: Ledger | None = None
        self.revoked = False
        self.failure: Exception | None = None
        self.seen: tuple[Any, Any, Any] | None = None
        self.body: Any = None
        self.previous: Any = MISSING
        self.value: Any = MISSING
        self.root: Any = MISSING

    @property
    def content(self) -> Content:
        """Return what is wanted at the place, and by whom."""
        return self._content  # type: ignore[return-value]  # where there is none, it is made

    @property
    def place(self) -> Place:
        """Return the place where it is."""
        return self._place  # type: ignore[return-value]

    @property
    def owner(self) -> Any:
        """Return the module, class or mapping where it is; None once that is gone."""
        return self.place.owner

    @property
    def found_at(self) -> Place:
        """Return where a look-up of the target ends, which leads to the place or is the place."""
        place: Any = self.place
        return place.found_at if place.is_code else place  # type: ignore[no-any-return]

    @property
    def site(self) -> Any:
        """Return the object that has the name there, see `Place.site`."""
        return self.found_at.site

    @property
    def key(self) -> tuple[str, str]:
        """Return who wants it, as (patch id, target)."""
        return self.content.key

    @property
    def aliases(self) -> str | Sequence[str]:
        """Return what is to become of copies of the replaced object."""
        return self.content.aliases

    def note(self, copies: Sequence[Any]) -> None:
        """Note copies that are bound."""
        if copies and self.copies is NO_COPIES:
            with lock:  # another thread may have come so far, too
                self.copies = [] if self.copies is NO_COPIES else self.copies
        self.copies += copies

    def forget(self, copies: Sequence[Any]) -> None:
        """Note no longer copies that are not bound. Another thread may have forgotten them already."""
        with lock:
            self.copies[:] = [alias for alias in self.copies if alias not in copies]

    @property
    def installed(self) -> bool:
        """True if this very layer was put in; False for one that found its like in place."""
        return self.value is not MISSING

    def overlaps(self, other: Layer) -> bool:
        """Tell whether both replace the same thing, so that one of them would be without effect."""
        claims = self.content.claim, other.content.claim
        if NOTHING in claims:
            return False
        return claims[0] == claims[1] or WHOLE in claims

    def does_the_same_as(self, other: Layer) -> bool:
        """Tell whether one of the two is enough: both say that they fix the same, and put the same object there."""
        if self.content.fixes is None or self.content.claim != other.content.claim:
            return False
        return self._essence() == other._essence()

    def _essence(self) -> Hashable:
        fixes, recipe = self.content.fixes, self.content.recipe
        if recipe.is_value:
            return fixes, repr(recipe.replacement)
        shares = recipe.site.namespace is not None
        return fixes, shares, essence(recipe.replacement, share_globals=shares)


class Change:
    """A look-up found `old` before and finds `new` now, because of `layer`."""

    __slots__ = ("layer", "new", "old")
    is_former = False  # true where `old` is the object of a former body, which copies alone have

    def __init__(self, layer: Layer, old: Any, new: Any) -> None:
        self.layer = layer
        self.old = old
        self.new = new

    @property
    def is_undone(self) -> bool:
        """True if the layer's own object is the one that is replaced."""
        return self.old is self.layer.value


class Made:
    """An object that was made for a layer, of the one `found` beneath it; `original` is beneath all layers."""

    __slots__ = ("found", "layer", "original", "value")

    def __init__(self, layer: Layer, found: Any, value: Any, original: Any) -> None:
        self.layer = layer
        self.found = found
        self.value = value
        self.original = original


class Entry:
    """The plan for one place: it is prepared, and then written by the ledger.

    Attributes:
        place: The place.
        recorded: The stack that is recorded for it.
        previous: The stored object that stands there.
        base: The object beneath all layers that can be moved.
        stored: The stored object that is to stand there.
        standing: The stack as planned.
        made: The objects that were made for it, to be verified.
        steps: Each layer that moves, with the object to stand below it and its own object.
        leaving: Each layer that goes, with the reason if it falls.
        heirs: Pairs of layers: one that takes over copies, and the one that goes and had them.
        changes: The changes in what a look-up finds.
        begun: Whether it is being written.
    """

    __slots__ = (
        *("base", "begun", "changes", "heirs", "leaving", "made", "place", "previous", "recorded", "standing"),
        *("steps", "stored"),
    )

    def __init__(self, place: Place, recorded: Stack, previous: Any) -> None:
        self.place = place
        self.recorded = recorded
        self.previous = self.stored = self.base = previous
        self.standing = recorded
        self.made: list[Made] = []
        self.steps: list[tuple[Layer, Any, Any]] = []
        self.leaving: list[tuple[Layer, Exception | None]] = []
        self.heirs: list[tuple[Layer, Layer]] = []
        self.changes: list[Change] = []
        self.begun = False

    def record(self) -> None:
        """Note in the layers what has been written. A second call changes nothing."""
        for layer, previous, value in self.steps:
            if layer.value is not value or layer.previous is not previous:
                layer.seen = None
            layer.previous, layer.value, layer.root = previous, value, self.base
        for layer, failure in self.leaving:
            layer.failure = failure
        for heir, layer in self.heirs:
            heir.note([alias for alias in layer.copies if alias not in heir.copies])
