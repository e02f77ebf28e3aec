"""Make ratios, tables and the page of what was measured."""

from __future__ import annotations

import importlib
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import budgets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import ModuleType

    from budgets import Budget

BEGIN, END = "<!-- made by tests/benchmarks/run.py -->", "<!-- end of what it made -->"
UNITS = {"instructions": ("", 1.0), "cpu": (" µs", 1e6), "bytes": (" B", 1.0)}

Row = dict[str, Any]


def row(scenario: ModuleType, size: object, measure: str, way: str, values: dict[str, list[float]]) -> Row:
    """Make one line: the cost, and its ratio to the base that was measured in the same round, each with its spread."""
    base = values.get(scenario.BASE) or values[way]
    ratios = [value / other for value, other in zip(values[way], base, strict=True)]
    return {"size": size, "measure": measure, "way": way, "cost": _spread(values[way]), "ratio": _spread(ratios)}


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "low": min(values), "high": max(values)}


class Judged(NamedTuple):
    """A budget beside what was found."""

    budget: Budget
    found: float
    limit: float

    @property
    def reached(self) -> bool:
        return self.found <= self.limit

    def __str__(self) -> str:
        told = _in_unit(self.budget, self.limit)
        return told if self.reached else f"{told}: **missed**"


def judged(name: str, version: str, rows: Iterable[Row]) -> list[Judged]:
    """Each budget of a scenario that was measured on that Python, beside what was found."""
    scenario = importlib.import_module(name)
    found = {(line["way"], line["size"], line["measure"]): line for line in rows}
    both = []
    for budget in budgets.of(name):
        line = found.get((budget.way, budget.size, budget.measure))
        other = budget.kind.partition(" to ")[2] or scenario.BASE
        base = found.get((other, budget.size, budget.measure), line)
        if line is not None:
            both.append(Judged(budget, _found(budget.kind, line, base), budget.limit(version)))
    return both


def _found(kind: str, line: Row, base: Row) -> float:
    ours, theirs = line["cost"]["median"], base["cost"]["median"]
    return {"ratio": ours / theirs, "more": ours - theirs, "value": ours}[kind.partition(" ")[0]]


def merged(before: Row | None, now: Row) -> Row:
    """Put the lines that were measured now in place of the same lines from before, and keep the other lines."""
    if before is None:
        return now
    new = {_line(row): row for row in now["rows"]}
    kept = [new.pop(_line(row), row) for row in before["rows"]]
    return {"machine": now["machine"], "rows": kept + list(new.values())}


def _line(row: Row) -> tuple[object, ...]:
    return row["way"], row["size"], row["measure"]


def text(name: str, version: str, report: Row) -> str:
    """The table of one scenario for a terminal, and for the page: it is Markdown."""
    scenario = importlib.import_module(name)
    measures = list(dict.fromkeys(line["measure"] for line in report["rows"]))
    head = ["", *(f"{measure} a {scenario.UNIT} | x {scenario.BASE}" for measure in measures), "budget"]
    lines = [f"#### {scenario.TITLE}, Python {version}", "", f"| {' | '.join(head)} |"]
    lines.append("| --- |" + " --- | --- |" * len(measures) + " --- |")
    found = {(line["size"], line["way"], line["measure"]): line for line in report["rows"]}
    limits = {(one.budget.size, one.budget.way): one for one in judged(name, version, report["rows"])}
    for size in scenario.SIZES:
        for way in scenario.WAYS:
            cells = [_cells(found.get((size, way, measure)), measure) for measure in measures]
            if any(cell != "| - | - " for cell in cells):
                limit = limits.get((size, way), "")
                lines.append(f"| {way}{_sized(scenario, size)} {''.join(cells)}| {limit} |")
    return "\n".join(lines)


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


def _in_unit(budget: Budget, value: float) -> str:
    """A limit, or what was found beside it, in the unit of the budget."""
    kind, _, other = budget.kind.partition(" to ")
    if kind == "ratio":
        return f"{value:.4g} x{other and f' {other}'}"
    unit, factor = UNITS[budget.measure]
    return f"{_number(value * factor)}{unit}{' more' if kind == 'more' else ''}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(page: Path, results: dict[str, Any], names: Iterable[str]) -> None:
    """Put all tables into the page, between its two marks; the prose around them is written by hand."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [_overview(results), *(_part(name, results[name]) for name in names if name in results)]
    page.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", "utf-8")


def _overview(results: dict[str, Any]) -> str:
    """Every budget, with what was found on each Python."""
    versions = sorted({version for reports in results.values() for version in reports})
    lines = ["### Budgets", "", f"| what | {' | '.join(f'found on {one} | budget' for one in versions)} |"]
    lines.append("| --- |" + " --- | --- |" * len(versions))
    known = {
        (one.budget, version): one
        for name, reports in results.items()
        for version, report in reports.items()
        for one in judged(name, version, report["rows"])
    }
    for budget in budgets.BUDGETS:
        cells = [_beside(budget, known.get((budget, version)), version) for version in versions]
        lines.append(f"| {budget.what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _beside(budget: Budget, one: Judged | None, version: str) -> str:
    found = "-" if one is None else _in_unit(budget, one.found)
    return f"{found} | {one or _in_unit(budget, budget.limit(version))}"


def _part(name: str, reports: dict[str, Row]) -> str:
    title = importlib.import_module(name).TITLE
    tables = [text(name, version, report) for version, report in sorted(reports.items())]
    return "\n\n".join([f"### {title}", f"![{title}](performance/{name}.svg)", *tables])
