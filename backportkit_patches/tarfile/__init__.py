"""Backports of fixes in the standard library's tarfile. Importing this declares them all; tarfile is not imported."""

from __future__ import annotations

from backportkit_patches.tarfile import cve_2025_8194

__all__ = ["cve_2025_8194"]
