"""Make the table of docs/scan.md: the labelled patches of real distributions, and what the last score was."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import made

from backportkit.toml import parse

SCAN = Path(__file__).parents[1] / "scan"


def with_facts(page: str) -> str:
    """Return the page with a row for each distribution that has patches."""
    scores = json.loads((SCAN / "scores.json").read_text("utf-8"))
    every = [parse(path.read_text("utf-8")) for path in sorted((SCAN / "facts").glob("*.toml"))]
    rows = [_row(one, _sure(one), scores[one["package"]]) for one in every if one["package"] in scores and _sure(one)]
    head = ["| distribution | patches | not found | wrong | forms |", "| --- | --- | --- | --- | --- |"]
    return made.between(page, "\n".join([*head, *rows]))


def _sure(one: dict[str, Any]) -> list[dict[str, Any]]:
    patches = [patch for file in one["file"] for patch in file.get("patches", [])]
    return [patch for patch in patches if not patch.get("unsure")]


def _row(one: dict[str, Any], patches: list[dict[str, Any]], score: dict[str, int]) -> str:
    forms = Counter(patch["form"] for patch in patches)
    told = ", ".join(f"{form} {number}" for form, number in forms.most_common())
    return f"| {one['package']} {one['version']} | {len(patches)} | {score['missed']} | {score['wrong']} | {told} |"
