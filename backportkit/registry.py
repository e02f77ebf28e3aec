"""Keep every declared patch, by id, with who declared it and where."""

from __future__ import annotations

from backportkit import discovery
from backportkit.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.model import Patch


class Declared:
    """A patch with its provenance in this process: the provider, and the `place` (file:line) of the declaration."""

    __slots__ = ("patch", "place", "provider")

    def __init__(self, patch: Patch, provider: str, place: str) -> None:
        self.patch = patch
        self.provider = provider
        self.place = place


class Registry:
    """The declared patches, in the order of their declaration."""

    def __init__(self) -> None:
        self._by_id: dict[str, Declared] = {}

    def add(self, patch: Patch, provider: str, place: str) -> Declared:
        """Register a patch; one that is there already with the same content stays the one it is.

        Raises DeclarationError, naming both places, if the id is taken by a patch with other content.
        """
        declared = Declared(patch, discovery.provider_being_loaded() or provider, place)
        known = self._by_id.setdefault(patch.id, declared)
        if known.patch != patch:
            raise DeclarationError(
                "this id is declared twice with different content",
                patch=patch.id,
                expected=f"the patch of {known.provider}, declared at {known.place}",
                found=f"the patch of {declared.provider}, declared at {declared.place}",
                next_step="give one of the two another id",
            )
        return known

    def find(self, patch_id: str) -> Declared | None:
        """The patch of that id, or None."""
        return self._by_id.get(patch_id)

    def __iter__(self) -> Iterator[Declared]:
        return iter(list(self._by_id.values()))


declared_patches = Registry()
