"""Draw the ratios of one scenario as bars: an SVG file that is written without any library."""

from __future__ import annotations

from collections import Counter
from math import log10
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

WIDTH, LABELS, VALUES, LINE, HEAD = 760, 230, 70, 22, 34  # in pixels
OURS, THEIRS = "#0969da", "#8c959f"


def write(path: Path, scenario: ModuleType, version: str, rows: list[dict[str, Any]]) -> None:
    """Draw a logarithmic bar for each way, by the first measure, at the size at which most ways were measured."""
    rows = [row for row in rows if row["measure"] == rows[0]["measure"]]
    size = Counter(row["size"] for row in rows).most_common(1)[0][0]
    ratios = {row["way"]: row["ratio"]["median"] for row in rows if row["size"] == size}
    sized = f", {size:,} {scenario.SIZE}" if isinstance(size, int) and size else f", {size}" if size else ""
    title = f"{scenario.TITLE}{sized}, Python {version}: {rows[0]['measure']}, times {scenario.BASE}"
    bars = [
        _bar(number, way, ratio, max(ratios.values()))
        for number, (way, ratio) in enumerate(sorted(ratios.items(), key=lambda item: item[1]))
    ]
    height = HEAD + LINE * len(bars) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        '     font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="8" y="20" font-weight="bold">{escape(title)}</text>',
    ]
    path.write_text("\n".join([*lines, *bars, "</svg>", ""]), "utf-8")


def _bar(number: int, way: str, ratio: float, most: float) -> str:
    room = WIDTH - LABELS - VALUES
    length = max(2.0, room * log10(max(ratio, 1.0)) / max(log10(most), 0.01))
    top = HEAD + LINE * number
    colour = OURS if "backportkit" in way else THEIRS
    label = f'<text x="{LABELS - 8}" y="{top + 14}" text-anchor="end">{escape(way)}</text>'
    bar = f'<rect x="{LABELS}" y="{top + 2}" width="{length:.1f}" height="{LINE - 6}" fill="{colour}"/>'
    return f'{label}{bar}<text x="{LABELS + length + 6:.1f}" y="{top + 14}">{ratio:.3g}</text>'
