"""Name the states of a patch. They are plain strings, since an enum costs half a start of Python."""

from __future__ import annotations

WAITING = "waiting"
APPLIED = "applied"
DORMANT = "dormant"
ABSORBED = "absorbed"
DRIFTED = "drifted"
CONFLICT = "conflict"
FAILED = "failed"
DISABLED = "disabled"
REVERTED = "reverted"
OFFERED = "offered"
