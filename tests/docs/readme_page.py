"""Make what the README shows of `check`: the first finding in the situation of vLLM 0.33."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import finding_page

_PROJECT = Path(__file__).parents[1] / "check" / "vllm_0_33"
_SAID = re.compile(r"^BK402  torch-2-9-memory-plan.*\n(?:  .*\n)*", re.MULTILINE)


def with_check(page: str, folder: Path) -> str:
    """Return the page with what `check` says of a patch that the project has outgrown."""
    shutil.copytree(_PROJECT, folder, dirs_exist_ok=True)
    said = _SAID.search(finding_page.run(folder, "check .", COLUMNS="80"))
    assert said is not None
    return _SAID.sub(lambda _: said[0], page)
