"""Backports of fixes in TOML Kit. Importing this declares them all; TOML Kit itself is not imported."""

from __future__ import annotations

from backportkit_patches.tomlkit import tomlkit_277

__all__ = ["tomlkit_277"]
