"""The error of documents of the supply chain."""

from __future__ import annotations

from backportkit.errors import BackportError


class SupplyError(BackportError, ValueError):
    """A document for others cannot be made, or one of others cannot be used. A ValueError."""
