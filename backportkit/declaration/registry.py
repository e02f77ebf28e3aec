"""Keep every declared patch, by id, with who declared it and where."""

from __future__ import annotations

import _thread
from itertools import count

from backportkit.declaration.bounds import normalised
from backportkit.declaration.checked import wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.record import Patch
    from backportkit.errors import DeclarationError

# The distribution, and the package where it is imported by its name.
SHIPPED = frozenset({"backportkit", "backportkit_patches"})
_PARTS = frozenset({"fget", "fset", "fdel"})

_positions = count()
loading = _thread._local()  # whose declarations a thread is loading, see `discovery`


def provider_being_loaded() -> str | None:
    """Return the distribution whose declarations this thread is loading; None if it is loading none."""
    provider: str | None = getattr(loading, "provider", None)
    return provider


def is_offer_being_loaded() -> bool:
    """Tell whether this thread is loading a module of the group `backportkit.offers`."""
    return getattr(loading, "is_offer", False)


class Declared:
    """A patch with its provenance in this process: the provider, and the `place` (file:line) of the declaration.

    An `internal` patch is backportkit's own: it is armed along with whatever patches `apply_all` is asked for.
    `installed` says whether an installed provider has declared the patch, and not the application. An `opt_in` patch is
    armed only for those who ask for it by its id or a pattern: its author says so, or its module stands in the group
    `backportkit.offers`. `position` is its place in the order of declarations.
    """

    __slots__ = ("_file", "_line", "installed", "internal", "opt_in", "patch", "position", "provider")

    def __init__(self, patch: Patch, provider: str, file: str, line: int = 0) -> None:
        self.patch = patch
        self.position = next(_positions)
        self.provider = provider
        self._file = file
        self._line = line
        self.internal = False
        self.installed = provider in SHIPPED or provider_being_loaded() is not None
        self.opt_in = patch.opt_in or is_offer_being_loaded()

    @property
    def place(self) -> str:
        """Where the declaration stands."""
        return f"{self._file}:{self._line}" if self._line else self._file

    @property
    def id(self) -> str:
        """The id of the patch."""
        return self.patch.id

    def __str__(self) -> str:
        return f"'{self.id}' of {self.provider}, declared at {self.place}"

    @property
    def is_shipped(self) -> bool:
        """True if it comes with backportkit."""
        return self.provider in SHIPPED and not self.internal

    def may_supersede(self, other: Declared) -> bool:
        """Tell whether this patch may take the place of the other one because its own declaration says so.

        It may if both are of one provider, or if this one is the application's. Across providers, the application has
        to say so in its settings.
        """
        return not self.installed or normalised(self.provider) == normalised(other.provider)

    def how_to_supersede(self, other: Declared) -> str:
        """Return what somebody has to write so that this one takes the other one's place."""
        if self.may_supersede(other):
            return f"declare supersedes=['{other.id}']"
        return f"write supersede = {{'{other.id}' = '{self.id}'}} under [tool.backportkit] of the application"

    def yields_to(self, other: Declared) -> bool:
        """Tell whether this patch yields to the other one, if that is meant for the environment and nobody asked for
        this one.

        A shipped patch yields to each other patch that edits one of its targets.
        """
        return self.is_shipped and not other.is_shipped and _meet(self.patch, other.patch)


def _meet(one: Patch, other: Patch) -> bool:
    """Tell whether both edit one place, or one of them edits a function of the other's property, such as `fset`."""
    pairs = ((mine.target, theirs.target) for mine in one.edits for theirs in other.edits)
    return any(
        mine.module == theirs.module and mine.items == theirs.items and _is_within(mine.path, theirs.path)
        for mine, theirs in pairs
    )


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    rest = {*one[shorter:], *other[shorter:]}
    return one[:shorter] == other[:shorter] and rest <= _PARTS


class Registry:
    """The declared patches, in the order of their declaration.

    The `internal` patches are among them. `awaited` is the number of patches, from the first on, that were declared
    when `apply_all` was called last, in a process that has no engine so far.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Declared] = {}
        self.awaited = 0
        self.internal: list[Declared] = []

    def add_all(self, declarations: Iterable[Declared]) -> None:
        """Register patches, all or none. One that is registered already with the same content is kept.

        Raises DeclarationError, naming both places, if an id is taken by a patch with other content.
        """
        new: dict[str, Declared] = {}
        for one in declarations:
            known = self._by_id.get(one.id) or new.setdefault(one.id, one)
            if known is not one and known.patch != one.patch:
                raise _declared_twice(known, one)
        self._put_in(new)

    def _put_in(self, new: dict[str, Declared]) -> None:
        """Enter patches that were unknown when they were looked up. One that another thread has entered since stays."""
        entered: list[str] = []
        for one in new.values():
            known = self._by_id.setdefault(one.id, one)
            if known is one:
                entered.append(one.id)
            elif known.patch != one.patch:
                for patch_id in entered:
                    del self._by_id[patch_id]
                raise _declared_twice(known, one)
            if known is one and one.internal:
                self.internal.append(one)

    def find(self, patch_id: str) -> Declared | None:
        """The patch of that id, or None."""
        return self._by_id.get(patch_id)

    def __iter__(self) -> Iterator[Declared]:
        return iter(list(self._by_id.values()))


def _declared_twice(known: Declared, other: Declared) -> DeclarationError:
    return wrong(
        "this id is declared twice with different content",
        patch=known.id,
        expected=f"the patch of {known.provider}, declared at {known.place}",
        found=f"the patch of {other.provider}, declared at {other.place}",
        next_step=_instead_of_twice(known, other),
    )


def _instead_of_twice(known: Declared, other: Declared) -> str:
    if known.place == other.place and known.provider != other.provider:
        return f"import the file under one name: it is loaded for {known.provider} and for {other.provider}"
    if known.place == other.place or known.provider == other.provider == "__main__":
        way = f"give the new one another id and supersedes=['{known.id}']"
        return f"the first one stays in force: start the process anew, or {way}"
    return "give one of the two another id"


declared_patches = Registry()
