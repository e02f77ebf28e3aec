"""Prove a patch: red without it, green with it, red after undo."""
