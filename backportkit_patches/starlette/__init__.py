"""Backports of fixes in Starlette. Importing this declares them all; Starlette itself is not imported."""

from __future__ import annotations

from backportkit_patches.starlette import cve_2025_54121, cve_2025_62727

__all__ = ["cve_2025_54121", "cve_2025_62727"]
