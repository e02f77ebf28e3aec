"""Make what the README shows of `check`: the first finding in the situation of vLLM 0.33."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import finding_page

_PROJECT = Path(__file__).parents[1] / "check" / "vllm_0_33"
_SAID = re.compile(r"^src/env_override\.py:8: BK402 .*\n(?:  .*\n)*", re.MULTILINE)


def with_check(page: str, folder: Path) -> str:
    """Return the page with what `check` says of a patch that the project has outgrown."""
    shutil.copytree(_PROJECT, folder, dirs_exist_ok=True)
    said = _SAID.search(finding_page.run(folder, "check . -v", COLUMNS="80"))
    assert said is not None
    return _SAID.sub(lambda _: said[0], page)
