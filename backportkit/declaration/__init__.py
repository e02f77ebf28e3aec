"""Patches as data: what one is, and for whom it is meant."""
