"""Make ratios, goals and tables of what was measured."""

from __future__ import annotations

import importlib
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import ModuleType

BEGIN, END = "<!-- made by tests/benchmarks/run.py -->", "<!-- end of what it made -->"
UNITS = {"instructions": ("", 1.0), "cpu": (" µs", 1e6), "bytes": (" B", 1.0)}

Row = dict[str, Any]


def row(scenario: ModuleType, size: object, measure: str, way: str, values: dict[str, list[float]]) -> Row:
    """One line: the cost, and its ratio to the base taken in the same round, each with its spread."""
    base = values.get(scenario.BASE) or values[way]
    ratios = [value / other for value, other in zip(values[way], base, strict=True)]
    return {"size": size, "measure": measure, "way": way, "cost": _spread(values[way]), "ratio": _spread(ratios)}


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "low": min(values), "high": max(values)}


def goals(scenario: ModuleType, rows: Iterable[Row]) -> list[Row]:
    """Each goal of the scenario that was measured, with what was found and whether that is enough."""
    found = {(line["way"], line["size"], line["measure"]): line for line in rows}
    judged = []
    for way, size, measure, kind, limit in scenario.GOALS:
        line = found.get((way, size, measure))
        if line is not None:
            other = kind.partition(" to ")[2] or scenario.BASE
            value = _found(kind, line, found.get((other, size, measure), line))
            reached = value <= limit
            judged.append(
                {"way": way, "size": size, "measure": measure, "kind": kind, "limit": limit, "found": value}
                | {"reached": reached}
            )
    return judged


def _found(kind: str, line: Row, base: Row) -> float:
    ours, theirs = line["cost"]["median"], base["cost"]["median"]
    return {"ratio": ours / theirs, "more": ours - theirs, "value": ours}[kind.partition(" ")[0]]


def merged(before: Row | None, now: Row) -> Row:
    """What was measured now in place of the same lines measured before, and the others as they were."""
    if before is None:
        return now
    return {
        "machine": now["machine"],
        "rows": _replaced(before["rows"], now["rows"]),
        "goals": _replaced(before["goals"], now["goals"]),
    }


def _replaced(before: list[Row], now: list[Row]) -> list[Row]:
    new = {_line(row): row for row in now}
    kept = [new.pop(_line(row), row) for row in before]
    return kept + list(new.values())


def _line(row: Row) -> tuple[object, ...]:
    return row["way"], row["size"], row["measure"]


def text(name: str, version: str, report: Row) -> str:
    """The table of one scenario for a terminal, and for the page: it is Markdown."""
    scenario = importlib.import_module(name)
    measures = list(dict.fromkeys(line["measure"] for line in report["rows"]))
    head = ["", *(f"{measure} a {scenario.UNIT} | x {scenario.BASE}" for measure in measures)]
    lines = [f"#### {scenario.TITLE}, Python {version}", "", f"| {' | '.join(head)} |"]
    lines.append("| --- |" + " --- | --- |" * len(measures))
    found = {(line["size"], line["way"], line["measure"]): line for line in report["rows"]}
    for size in scenario.SIZES:
        for way in scenario.WAYS:
            cells = [_cells(found.get((size, way, measure)), measure) for measure in measures]
            if any(cell != "| - | - " for cell in cells):
                lines.append(f"| {way}{_sized(scenario, size)} {''.join(cells)}|")
    return "\n".join([*lines, "", *map(_goal, report["goals"])])


def _sized(scenario: ModuleType, size: object) -> str:
    if len(scenario.SIZES) == 1:
        return ""
    return f", {size:,} {scenario.SIZE}" if isinstance(size, int) else f", {size}"


def _cells(line: Row | None, measure: str) -> str:
    if line is None:
        return "| - | - "
    unit, factor = UNITS[measure]
    cost, ratio = line["cost"], line["ratio"]
    spread = f"{ratio['median']:.3f} [{ratio['low']:.3f}-{ratio['high']:.3f}]"
    return f"| {_number(cost['median'] * factor)}{unit} | {spread} "


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _goal(goal: Row) -> str:
    size = "" if goal["size"] == 0 else f" at {goal['size']}"
    word = "reached" if goal["reached"] else "**missed**"
    what = {"ratio": "x", "more": "more", "value": ""}[goal["kind"].partition(" ")[0]]
    return f"- {word}: {goal['way']}{size}, {goal['measure']} {goal['found']:.4g} {what} (goal {goal['limit']:.4g})"


def write(page: Path, results: dict[str, Any], names: Iterable[str]) -> None:
    """Put all tables into the page, between its two marks; the prose around them is written by hand."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [_part(name, results[name]) for name in names if name in results]
    page.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", "utf-8")


def _part(name: str, reports: dict[str, Row]) -> str:
    title = importlib.import_module(name).TITLE
    tables = [text(name, version, report) for version, report in sorted(reports.items())]
    return "\n\n".join([f"### {title}", f"![{title}](performance/{name}.svg)", *tables])
