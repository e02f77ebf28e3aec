"""Keep every declared patch, by id, with who declared it and where."""

from __future__ import annotations

from contextlib import suppress

from backportkit.declaration import discovery, frozen
from backportkit.declaration.bounds import normalised
from backportkit.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backportkit.declaration.model import Patch


# The distribution, and the package where it is imported by its name.
SHIPPED = frozenset({"backportkit", "backportkit_patches"})
_PARTS = frozenset({"fget", "fset", "fdel"})


class Declared:
    """A patch with its provenance in this process: the provider, and the `place` (file:line) of the declaration.

    `record` has what applying it needs, and `make` makes the patch with all that was declared. A `companion` is
    backportkit's own: it goes along whatever patches `apply_all` is asked for. `installed` says whether an installed
    provider has declared it, and not the application.
    """

    __slots__ = ("_make", "_patch", "companion", "installed", "place", "provider", "record")

    def __init__(self, record: frozen.Patch, provider: str, place: str, make: Callable[[], Patch]) -> None:
        self.record = record
        self.provider = provider
        self.place = place
        self.companion = False
        self.installed = provider in SHIPPED or discovery.provider_being_loaded() is not None
        self._make = make
        self._patch: Patch | None = None

    @property
    def id(self) -> str:
        """The id of the patch."""
        return self.record.id

    def __str__(self) -> str:
        return f"'{self.id}' of {self.provider}, declared at {self.place}"

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with backportkit."""
        return self.provider in SHIPPED and not self.companion

    def may_supersede(self, other: Declared) -> bool:
        """Whether its word is enough for it to take the other one's place: it is of the same provider, or of nobody's.

        Across providers it is for the application to say so, in its settings.
        """
        return not self.installed or normalised(self.provider) == normalised(other.provider)

    def how_to_supersede(self, other: Declared) -> str:
        """What somebody has to write so that this one takes the other one's place."""
        if self.may_supersede(other):
            return f"declare supersedes=['{other.id}']"
        return f"write supersede = {{'{other.id}' = '{self.id}'}} under [tool.backportkit] of the application"

    def yields_to(self, other: Declared) -> bool:
        """Whether it gives way to the other one, if that is meant for the environment and nobody asked for this one.

        What is shipped gives way to whoever edits one of its targets.
        """
        return self.is_shipped and not other.is_shipped and _meet(self.record, other.record)

    @property
    def patch(self) -> Patch:
        """The patch with all that was declared."""
        if self._patch is None:
            self._patch = self._make()
        return self._patch


def _meet(one: frozen.Patch, other: frozen.Patch) -> bool:
    """Whether both edit one place, or one of them what is part of a place of the other: a property and its `fset`."""
    pairs = ((mine.target, theirs.target) for mine in one.edits for theirs in other.edits)
    return any(
        mine.module == theirs.module and mine.item == theirs.item and _is_within(mine.path, theirs.path)
        for mine, theirs in pairs
    )


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    rest = {*one[shorter:], *other[shorter:]}
    return one[:shorter] == other[:shorter] and rest <= _PARTS


def declared(patch: Patch, provider: str, place: str) -> Declared:
    """A patch that was made in full, with its provenance."""
    return Declared(frozen.of(patch), provider, place, lambda: patch)


class Registry:
    """The declared patches, in the order of their declaration."""

    def __init__(self) -> None:
        self._by_id: dict[str, Declared] = {}
        self._put_off: list[Callable[[], Declared]] = []

    def add(self, patch: Patch, provider: str, place: str) -> None:
        """Register a patch; one that is there already with the same content stays the one it is.

        Raises DeclarationError, naming both places, if the id is taken by a patch with other content.
        """
        self.add_all([declared(patch, provider, place)])

    def add_all(self, declarations: Iterable[Declared]) -> None:
        """Register several patches, or none of them. Raises as `add` does."""
        self._catch_up()
        self._enter(declarations)

    def _enter(self, declarations: Iterable[Declared]) -> None:
        new: dict[str, Declared] = {}
        for one in declarations:
            known = self._by_id.get(one.id) or new.setdefault(one.id, one)
            if known is not one and known.patch != one.patch:
                raise _declared_twice(known, one)
        self._put_in(new)

    def _put_in(self, new: dict[str, Declared]) -> None:
        """Enter what was not known when it was looked at; what another thread has entered since stays."""
        entered: list[str] = []
        for one in new.values():
            known = self._by_id.setdefault(one.id, one)
            if known is one:
                entered.append(one.id)
            elif known.patch != one.patch:
                for patch_id in entered:
                    del self._by_id[patch_id]
                raise _declared_twice(known, one)

    def put_off(self, declare: Callable[[], Declared]) -> None:
        """Register what `declare` returns when somebody asks for what is declared."""
        self._put_off.append(declare)

    def ids(self) -> list[str]:
        """The ids of what is declared, but for what was put off."""
        return list(self._by_id)

    def _catch_up(self) -> None:
        for declare in list(self._put_off):  # each is taken out when it is in: another thread must not pass it by
            one = declare()
            one.installed = True  # the manifest speaks for installed providers alone
            self._enter([one])
            with suppress(ValueError):
                self._put_off.remove(declare)

    def find(self, patch_id: str) -> Declared | None:
        """The patch of that id, or None."""
        self._catch_up()
        return self._by_id.get(patch_id)

    def __iter__(self) -> Iterator[Declared]:
        self._catch_up()
        return iter(list(self._by_id.values()))


def _declared_twice(known: Declared, other: Declared) -> DeclarationError:
    return DeclarationError(
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
