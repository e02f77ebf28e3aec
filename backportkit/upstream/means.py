"""The means of reading what upstream has: the network, the cache, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from backportkit.upstream.fetched import Log
    from backportkit.upstream.session import Session
    from backportkit.upstream.store import Store


class Means(NamedTuple):
    """The means of reading files.

    Attributes:
        session: The way to the network; None if only what is kept counts.
        store: What is kept.
        largest: The bytes of a file that may be downloaded whole.
        log: The list of what is fetched.
    """

    session: Session | None
    store: Store
    largest: int
    log: Log
