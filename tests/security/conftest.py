"""Environments that an attacker may have touched."""

from __future__ import annotations

from environments import environment, fresh, prepared

__all__ = ["environment", "fresh", "prepared"]
