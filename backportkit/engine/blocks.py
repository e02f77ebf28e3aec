"""Know which `with unpatched` blocks are open: a patch stays out until the last of its blocks has ended."""

from __future__ import annotations


class Blocks:
    """The blocks that have taken a patch out, by its id. Each list is changed in one step, without a lock."""

    def __init__(self) -> None:
        self._open: dict[str, list[object]] = {}

    def enter(self, patch_id: str, block: object, *, is_armed: bool) -> None:
        """Note a block, unless there is nothing to bring back at its end."""
        blocks = self._open.setdefault(patch_id, [])
        if is_armed or blocks:
            blocks.append(block)

    def leave(self, patch_id: str, block: object) -> bool:
        """Forget a block; return whether the patch is to be brought back now."""
        blocks = self._open[patch_id]
        try:
            blocks.remove(block)
        except ValueError:  # somebody has undone the patch for good since
            return False
        return not blocks

    def has(self, patch_id: str) -> bool:
        """Tell whether a block of that patch is open."""
        return bool(self._open.get(patch_id))

    def forget(self, *patch_ids: str) -> None:
        """Bring none of these patches back when their blocks end; none at all if no id is given."""
        for patch_id in patch_ids or list(self._open):
            self._open.get(patch_id, []).clear()
