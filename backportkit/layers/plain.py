"""A plain function that replaces another one: the facts that are worked out once, and a layer in little memory."""

from __future__ import annotations

import gc
import sys

from backportkit.layers.class_place import ClassPlace
from backportkit.layers.fit import BindingSite, Recipe
from backportkit.layers.layer import NO_COPIES, Content, Layer
from backportkit.layers.place import ModulePlace, hold_weakly, is_class
from backportkit.source.callables import REST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FunctionType
    from typing import Any

    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place

# What asyncio, or inspect since 3.12, puts on a function that returns a coroutine.
MARK = "_is_coroutine_marker" if sys.version_info >= (3, 12) else "_is_coroutine"
_OF_TYPES = vars(type).keys() | vars(object).keys() | {"__init_subclass__", "__class_getitem__"}
_NOT_SEEN = None, None, None
_ALL_OR_NONE = (0, REST)
_REFERENTS = len(gc.get_referents(lambda: None))


class Ground:
    """A module, or a class in one, whose functions are replaced. It is held weakly.

    Attributes:
        attributes: The dictionary of the module.
        body: Which body of the module has run, as `place.body_of` says.
        key: The id of the module or class.
        is_in_module: Whether it is a module.
        owner_of: Called, it returns the module or class, or None once that is gone.
    """

    __slots__ = ("attributes", "body", "is_in_module", "key", "owner_of")

    def __init__(self, owner: Any, attributes: dict[str, Any]) -> None:
        self.attributes = attributes
        self.body = attributes.get("__spec__")
        self.key = id(owner)
        self.is_in_module = not is_class(owner)
        self.owner_of = hold_weakly(owner)

    def place_of(self, name: str) -> Place:
        """The place of an attribute, also of an owner that is gone."""
        kind = ModulePlace if self.is_in_module else ClassPlace
        place: Place = kind.__new__(kind)
        place.name, place.key, place.owner_of = name, (self.key, name), self.owner_of
        return place

    def site_of(self, name: str) -> BindingSite:
        """Where a function is going to live."""
        return BindingSite(self.attributes, None if self.is_in_module else self.owner_of(), name)


class Fitting:
    """A function that is to replace a plain one, and the facts that are worked out of it once.

    Attributes:
        patch_id: Who wants it.
        module: The name of the module that has the target.
        rank, aliases, fixes, origin: What `Content` says of them.
        path: The `__qualname__` of the target.
        class_name: The name of the class that has the target, empty for a function of the module.
        source: The module that has the replacement under the name `attribute`; both empty if it was at hand.
        is_plain: Whether a copy has nothing but code, defaults, globals and names. To read attributes or annotations
            would make a dictionary for them, so the objects that the function refers to are counted instead. A code
            that names the function itself may keep something in its attributes later.
        count: How many defaults the target has to have; -1 if any number will do.
        seen: The codes of `Layer.seen`, for the original that was last found to take the same calls.
    """

    __slots__ = (
        *(
            "aliases",
            "attribute",
            "class_name",
            "code",
            "count",
            "defaults",
            "fixes",
            "function",
            "globals",
            "is_plain",
        ),
        *("module", "name", "origin", "patch_id", "path", "rank", "seen", "source"),
    )

    def __init__(self, function: FunctionType, patch_id: str, module: str, path: str, source: str = "") -> None:
        code, defaults = function.__code__, function.__defaults__
        self.function = function
        self.code = code
        self.globals = function.__globals__
        self.defaults = defaults
        is_any = code.co_flags & REST == REST and not code.co_argcount and not code.co_kwonlyargcount
        self.count = -1 if is_any else len(defaults or ())
        count = len(gc.get_referents(function)) - (defaults is not None)
        is_bare = count == _REFERENTS and function.__name__ not in code.co_names
        self.is_plain = is_bare and function.__module__ is not None
        self.patch_id = patch_id
        self.module = module
        self.path = path
        self.class_name, _, self.name = path.rpartition(".")
        self.source, _, self.attribute = source.partition(":")
        self.seen: tuple[Any, Any, Any] = _NOT_SEEN
        self.rank: tuple[int, ...] = ()
        self.aliases: str | Sequence[str] = "follow"
        self.fixes: str | None = None
        self.origin: object = ""

    @property
    def key(self) -> tuple[str, str]:
        """Return who wants it, as (patch id, target)."""
        return self.patch_id, f"{self.module}:{self.path}"

    def may_fit(self) -> bool:
        """Tell whether it can go the short way."""
        code, function = self.code, self.function
        if code.co_kwonlyargcount or code.co_posonlyargcount or function.__kwdefaults__ is not None:
            return False
        if self.name in _OF_TYPES or "." in self.class_name or code.co_flags & REST not in _ALL_OR_NONE:
            return False
        return self.is_plain or not (hasattr(function, MARK) or hasattr(function, "__signature__"))

    def content(self, ground: Ground) -> Content:
        """Return the content of a layer of it."""
        return Content(
            self.key,
            Recipe("replace", ground.site_of(self.name), self.function),
            rank=self.rank,
            aliases=self.aliases,
            fixes=self.fixes,
            origin=self.origin,
        )


class JudgedFitting(Fitting):
    """A fitting for a body that has to be a known one each time that it is to be replaced.

    Attributes:
        original: The fingerprints of the bodies that it is for.
        fixed: The fingerprints of bodies that have upstream's fix.
    """

    __slots__ = ("fixed", "original")

    def __init__(self, original: Sequence[str], fixed: Sequence[str], *given: Any) -> None:
        super().__init__(*given)
        self.original = original
        self.fixed = fixed

    @property
    def target(self) -> str:
        """Return the target, as an edit names it."""
        return f"{self.module}:{self.path}"


class PlainLayer(Layer):
    """A layer of a plain function in place of another one. Its content and place are made when somebody asks."""

    __slots__ = ("fitting",)

    def __init__(self, fitting: Fitting, ground: Ground, previous: FunctionType, value: Any, ledger: Ledger) -> None:
        self.fitting = fitting
        self.ground = ground
        self.name = fitting.name
        self.previous = self.root = previous
        self.value = value
        self.body = ground.body
        self.ledger = ledger
        self.seen = fitting.seen
        self.copies = NO_COPIES
        self.revoked = False
        self.supersedes = ()
        self.failure = self._content = self._place = None

    @property
    def owner(self) -> Any:
        return self.ground.owner_of()

    @property
    def site(self) -> Any:
        owner = self.ground.owner_of()
        return self.ground.attributes if self.ground.is_in_module and owner is not None else owner

    @property
    def key(self) -> tuple[str, str]:
        return self.fitting.key

    @property
    def aliases(self) -> str | Sequence[str]:
        return self.fitting.aliases

    @property
    def content(self) -> Content:
        if self._content is None:
            self._content = self.fitting.content(self.ground)
        return self._content

    @property
    def place(self) -> Place:
        if self._place is None:
            place: Place = self.ground.place_of(self.name)
            self._place = place
        return self._place
