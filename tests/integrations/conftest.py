"""The projects that pytest is run in."""

from __future__ import annotations

from suites import shared, suite

__all__ = ["shared", "suite"]
