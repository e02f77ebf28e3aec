"""Make what docs/states.md shows of `status`, by running it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import finding_page
from walk import plain

if TYPE_CHECKING:
    from pathlib import Path

_SAID = re.compile(r"^```console\n\$ backportkit (?P<command>status .*)\n(?:.*\n)*?```$", re.MULTILINE)
_CODES = ("BK203", "BK209", "BK401")


def with_status(page: str, folder: Path) -> str:
    """Return the page with what `status` says of some examples of docs/findings.md."""
    finding_page.write_world(finding_page.PAGE.read_text("utf-8"), folder, _CODES)

    def said(found: re.Match[str]) -> str:
        lines = plain(finding_page.run(folder, found["command"], COLUMNS="200")).splitlines()
        return "\n".join(["```console", f"$ backportkit {found['command']}", *map(str.rstrip, lines), "```"])

    return _SAID.sub(said, page)
