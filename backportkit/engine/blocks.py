"""Know which `with unpatched` blocks are open: a patch stays out until the last of its blocks has ended."""

from __future__ import annotations

from backportkit.engine.outcome import LEFT_OUT, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.engine.module_patch import ModulePatch


class Blocks:
    """The blocks that keep a patch out, by its id, and the ids of patches that are wanted when their blocks have ended.

    Each list, and the set, is changed in one step, without a lock.
    """

    def __init__(self) -> None:
        self._open: dict[str, list[object]] = {}
        self._wanted: set[str] = set()

    def enter(self, patch_id: str, block: object, *, is_armed: bool) -> None:
        """Note a block. A patch that is armed as it begins is wanted at its end."""
        self._open.setdefault(patch_id, []).append(block)
        if is_armed:
            self._wanted.add(patch_id)

    def leave(self, patch_id: str, block: object) -> bool:
        """Forget a block; return whether the patch is to be brought back now."""
        blocks = self._open[patch_id]
        blocks.remove(block)
        if blocks or patch_id not in self._wanted:
            return False
        self._wanted.discard(patch_id)
        return True

    def will_bring_back(self, patch_id: str) -> bool:
        """Tell whether a block of that patch is open, and the patch is wanted at its end."""
        return bool(self._open.get(patch_id)) and patch_id in self._wanted

    def forget(self, *patch_ids: str) -> None:
        """Want none of these patches when their blocks end; none at all if no id is given."""
        self._wanted.difference_update(patch_ids or list(self._wanted))

    def without_kept_out(self, patches: list[ModulePatch]) -> list[ModulePatch]:
        """Return the patches that no block keeps out, and want the others when their blocks end."""
        kept_out = self.kept_out(patches)
        for patch in kept_out:
            if patch.outcome is WAITING:
                patch.outcome = LEFT_OUT
        return [patch for patch in patches if patch not in kept_out] if kept_out else patches

    def kept_out(self, patches: Iterable[ModulePatch]) -> list[ModulePatch]:
        """Return the patches that a block keeps out, and want them when their blocks end."""
        return [patch for patch in patches if self._keeps_out(patch.patch_id)] if self._open else []

    def _keeps_out(self, patch_id: str) -> bool:
        if not self._open.get(patch_id):
            return False
        self._wanted.add(patch_id)  # first: a block that ends meanwhile either sees it, or is not open below
        if self._open[patch_id]:
            return True
        self._wanted.discard(patch_id)
        return False
