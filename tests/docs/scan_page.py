"""Make the table of docs/scan.md: the patches of real distributions that are labelled, and how many are not found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import made

from backportkit.toml import parse

FACTS = Path(__file__).parents[1] / "scan" / "facts.toml"


def with_facts(page: str) -> str:
    """Return the page with a row for each distribution."""
    rows = [_row(one) for one in parse(FACTS.read_text("utf-8"))["distribution"]]
    head = ["| distribution | found | not found | forms |", "| --- | --- | --- | --- |"]
    return made.between(page, "\n".join([*head, *rows]))


def _row(one: dict[str, list[str] | str]) -> str:
    forms = Counter(patch.split()[2] for patch in _without_keys(one["patches"]))
    told = ", ".join(f"{form} {number}" for form, number in forms.most_common())
    return f"| {one['name']} {one['version']} | {len(one['patches'])} | {len(one.get('missed', ()))} | {told} |"


def _without_keys(patches: list[str] | str) -> list[str]:
    """Return the patches without what stands in square brackets, which may have spaces."""
    return [f"{one.partition('[')[0]}{one.rpartition(']')[2]}" for one in patches]
