"""Say of a patch that nobody declares which providers are left out that may declare it."""

from __future__ import annotations

from backportkit.declaration import discovery
from backportkit.engine import on_error
from backportkit.names import normalised
from backportkit.policy import in_force

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.engine.providers import Providers


def why_unknown(patch_id: str, sources: Iterable[Providers]) -> str | None:
    """Return why the provider is not read that has a patch by a policy, or which ones are not; None if all are."""
    if on_error.all_disabled():
        return "BACKPORTKIT_DISABLE=all, so that none is read"
    left_out = {normalised(name): reason for name, reason in _left_out(sources)}
    owner = in_force.owner_of(patch_id)
    if owner in left_out:
        return left_out[owner]
    if owner and owner not in map(normalised, discovery.known_providers):
        return f"no provider '{owner}' is installed, to which the policy gives that id"
    return "; ".join(left_out.values()) or None


def _left_out(sources: Iterable[Providers]) -> Iterator[tuple[str, str]]:
    yield from discovery.refused.items()
    for source in sources:
        yield from ((name, f"the provider '{name}' is switched off by its name") for name in source.switched_off())
