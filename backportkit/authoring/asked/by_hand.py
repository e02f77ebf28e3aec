"""The next step where no command can write a patch."""

from __future__ import annotations

WAY = "write the patch by hand, as docs/declaring.md of backportkit's source says"
