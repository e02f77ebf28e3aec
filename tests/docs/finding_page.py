"""Make docs/findings.md: its table of codes, and what `check` says of each example, which is run for that."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import made

from backportkit.check.findings import RULES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "findings.md"

_SECTION = re.compile(r"^### (?P<code>BK\d+)\n.*?(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"^```text\n.*?^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (?P<path>[\w/]+\.py)\n")
_IMPORTS = "import functools\nfrom backportkit import Edit, Patch, backport, register\n"
_PROJECT = '[project]\nname = "myproject"\nversion = "1"\ndependencies = ["shop>=2.2,<2.4"]\n'


def with_findings(page: str, folder: Path) -> str:
    """Return the page with what `check` says of its examples, which are written into an empty folder."""
    write_world(page, folder, RULES)
    found = _checked(folder)

    def with_said(section: re.Match[str]) -> str:
        code = section["code"]
        said = next((_said(one) for one in found if one["code"] == code and one["path"] == f"{code.lower()}.py"), "")
        return _SAID.sub(lambda _: f"```text\n{said}```", section[0])

    return _with_index(_SECTION.sub(with_said, page))


def _with_index(page: str) -> str:
    """Return the page with the table of all codes."""
    rows = [f"| [{code}](#{code.lower()}) | {rule.title} | {rule.level} |" for code, rule in RULES.items()]
    table = "\n".join(["| code | title | level |", "| --- | --- | --- |", *rows])
    return made.between(page, table)


def _said(finding: dict[str, str]) -> str:
    return f"{finding['code']} {finding['title']}: {finding['message']}\nnext: {finding['next_step']}\n"


def write_world(page: str, folder: Path, codes: Collection[str]) -> None:
    """Write the package `shop`, and a module for the declarations of each section that is about one of the codes."""
    edits = (ROOT / "docs" / "edits.md").read_text("utf-8")
    modules = {}
    _write(folder, "shop/__init__.py", "")
    for block in [_PYTHON.search(edits)["text"], *_blocks(page)]:
        if file := _FILE.match(block):
            _write(folder, file["path"], block)
    for section in _SECTION.finditer(page):
        declaring = [block for block in _blocks(section[0]) if not _FILE.match(block)]
        if declaring and section["code"] in codes:
            modules[section["code"].lower()] = _IMPORTS + "".join(declaring)
    for name, text in modules.items():
        _write(folder, f"{name}.py", text)
    _write(folder, "pyproject.toml", f"{_PROJECT}[tool.backportkit]\nmodules = {list(modules)}\n")
    _write(folder, "shop-2.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: shop\nVersion: 2.2\n")
    _write(folder, "shop-2.2.dist-info/top_level.txt", "shop\n")


def _blocks(text: str) -> Iterable[str]:
    return (one["text"] for one in _PYTHON.finditer(text))


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def _checked(folder: Path) -> list[dict[str, str]]:
    """Return the findings of the project in a folder."""
    said = run(folder, "check . --json")
    return json.loads(said.replace(f"{folder}/", ""))["findings"]


def run(folder: Path, command: str, **env: str) -> str:
    """Return what a command prints in the project of a folder."""
    return subprocess.run(
        [sys.executable, "-m", "backportkit", *command.split()],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "BACKPORTKIT_CACHE": str(folder / "cache")} | env,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
