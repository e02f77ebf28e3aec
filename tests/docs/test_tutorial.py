"""The tutorial, walked through as it stands: from the project to the deleted patch."""

from __future__ import annotations

import record


def test_tutorial_says_what_its_commands_print(tmp_path):
    """Each file is written, each diff applied, each command run; but for times, they print what the page says."""
    assert record.recorded("tutorial.md", tmp_path) == (record.DOCS / "tutorial.md").read_text("utf-8")
