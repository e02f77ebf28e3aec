"""Backports of fixes in Requests. Importing this declares them all; Requests itself is not imported."""

from __future__ import annotations

from backportkit_patches.requests import cve_2024_47081

__all__ = ["cve_2024_47081"]
