"""Define the status of a patch in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from backportkit.state import State


class PatchStatus(NamedTuple):
    """One patch as it stands now.

    Attributes:
        id: The patch's id.
        state: One word, see `State`.
        reason: Why, in words a person can act on.
        targets: The targets as `module:Class.attribute`.
        installed: The installed version of each required distribution that is installed, by name.
        provider: The distribution, or failing that the top-level package, that declared the patch.
        summary: What breaks without the patch.
        copies: The names elsewhere, as `module:name`, that held what was replaced and were bound to the replacement.
        armed: Whether `apply_all` has taken it up and nothing has taken it out since.
    """

    id: str
    state: State
    reason: str
    targets: tuple[str, ...]
    installed: dict[str, str]
    provider: str
    summary: str
    copies: tuple[str, ...] = ()
    armed: bool = False
