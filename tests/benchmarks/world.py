"""Write the modules that the scenarios import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IDLE, TARGETS, FUNCTIONS = 150, 25, 100
SMALL = """
def first(a, b=None):
    return a if b is None else b


class Small:
    def second(self):
        return [self, first(1)]
"""
FUNCTION = """
def f{number}(a, b=None):
    for each in a:
        if each is b:
            return each
    return None
"""


def write(folder: Path) -> None:
    """`idle0`, ... that nobody patches, `target0`, ... of a hundred functions, and `mine`, which replaces them."""
    folder.mkdir(parents=True, exist_ok=True)
    functions = "".join(FUNCTION.format(number=number) for number in range(FUNCTIONS))
    for number in range(IDLE):
        (folder / f"idle{number}.py").write_text(SMALL, "utf-8")
    for name in ["mine", *(f"target{number}" for number in range(TARGETS))]:
        (folder / f"{name}.py").write_text(functions, "utf-8")
