"""Write docs/scan-vllm.md out of documents of `backportkit scan --json`: `vllm_page.py VERSION=FILE …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import made

PAGE = Path(__file__).parents[2] / "docs" / "scan-vllm.md"
FILE = "vllm/env_override.py"


def main() -> None:
    given = [one.partition("=") for one in sys.argv[1:]]
    parts = [_part(version, json.loads(Path(file).read_text("utf-8"))) for version, _, file in given]
    PAGE.write_text(made.between(PAGE.read_text("utf-8"), "\n\n".join(parts)), "utf-8")


def _part(version: str, document: dict[str, list[dict[str, str]]]) -> str:
    rows = [_row(one) for one in document["findings"] if one["file"] == FILE]
    head = [f"## vLLM {version}", "", "| line | target | verdict | reason |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _row(one: dict[str, str]) -> str:
    reason = one["reason"].replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")
    return f"| {one['line']} | `{one['target']}` | {one['verdict']} | {reason} |"


if __name__ == "__main__":
    main()
