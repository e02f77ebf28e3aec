"""Backports of fixes in the standard library's tarfile, which importing this does not import."""

from __future__ import annotations

from backportkit_patches.tarfile import cve_2025_8194

__all__ = ["cve_2025_8194"]
