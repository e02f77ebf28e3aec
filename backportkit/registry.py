"""Keep every declared patch, by id, with who declared it and where."""

from __future__ import annotations

from contextlib import suppress

from backportkit import discovery
from backportkit.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backportkit.model import Patch


class Declared:
    """A patch with its provenance in this process: the provider, and the `place` (file:line) of the declaration.

    A `companion` is backportkit's own: it goes along whatever patches `apply_all` is asked for.
    """

    __slots__ = ("companion", "patch", "place", "provider")

    def __init__(self, patch: Patch, provider: str, place: str) -> None:
        self.patch = patch
        self.provider = provider
        self.place = place
        self.companion = False


class Registry:
    """The declared patches, in the order of their declaration."""

    def __init__(self) -> None:
        self._by_id: dict[str, Declared] = {}
        self._put_off: list[tuple[Callable[[], Patch], str, str]] = []

    def add(self, patch: Patch, provider: str, place: str) -> None:
        """Register a patch; one that is there already with the same content stays the one it is.

        Raises DeclarationError, naming both places, if the id is taken by a patch with other content.
        """
        self.add_all([(patch, place)], provider)

    def add_all(self, entries: Iterable[tuple[Patch, str]], provider: str) -> None:
        """Register several patches, each with its place, or none of them. Raises as `add` does."""
        self._catch_up()
        self._enter(entries, discovery.provider_being_loaded() or provider)

    def _enter(self, entries: Iterable[tuple[Patch, str]], provider: str) -> None:
        new: dict[str, Declared] = {}
        for patch, place in entries:
            known = self._by_id.get(patch.id) or new.setdefault(patch.id, Declared(patch, provider, place))
            if known.patch != patch:
                raise _declared_twice(known, Declared(patch, provider, place))
        self._by_id.update(new)

    def put_off(self, make: Callable[[], Patch], provider: str, place: str) -> None:
        """Register the patch that `make` makes when somebody asks for what is declared."""
        self._put_off.append((make, discovery.provider_being_loaded() or provider, place))

    def ids(self) -> list[str]:
        """The ids of what is declared, but for what was put off."""
        return list(self._by_id)

    def _catch_up(self) -> None:
        for one in list(self._put_off):  # each is taken out when it is in: another thread must not pass it by
            make, provider, place = one
            self._enter([(make(), place)], provider)
            with suppress(ValueError):
                self._put_off.remove(one)

    def add_companion(self, patch: Patch, place: str) -> None:
        """Register a patch of backportkit's own. Raises as `add` does."""
        self.add_all([(patch, place)], "backportkit")
        self._by_id[patch.id].companion = True

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
        patch=known.patch.id,
        expected=f"the patch of {known.provider}, declared at {known.place}",
        found=f"the patch of {other.provider}, declared at {other.place}",
        next_step="give one of the two another id",
    )


declared_patches = Registry()
