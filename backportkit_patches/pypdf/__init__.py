"""Backports of fixes in pypdf. Importing this declares them all; pypdf itself is not imported."""

from __future__ import annotations

from backportkit_patches.pypdf import cve_2026_22690

__all__ = ["cve_2026_22690"]
