"""Write the modules that the scenarios import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IDLE, TARGETS, FUNCTIONS = 150, 25, 100
PROVIDED = (0, 1000)
PATCH = """
@backport("absent{package}:f{number}", id="absent{package}-{number}", requires="absent{package}>=1,<2")
def f{number}(a, b=None):
    "What breaks without it."
"""
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
    for patches in PROVIDED:
        _write_providers(folder / f"providers-{patches}", patches)
    for number in range(IDLE):
        (folder / f"idle{number}.py").write_text(SMALL, "utf-8")
    for name in ["mine", *(f"target{number}" for number in range(TARGETS))]:
        (folder / f"{name}.py").write_text(functions, "utf-8")


def _write_providers(folder: Path, patches: int) -> None:
    """Installed distributions with as many patches in all, a hundred each, for packages that are nowhere."""
    folder.mkdir(exist_ok=True)
    for package in range(patches // 100):
        information = folder / f"provider{package}-1.0.dist-info"
        information.mkdir(exist_ok=True)
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: provider{package}\nVersion: 1.0\n", "utf-8"
        )
        entry = f"[backportkit.patches]\nabsent{package} = provider{package}\n"
        (information / "entry_points.txt").write_text(entry, "utf-8")
        declared = "".join(PATCH.format(package=package, number=number) for number in range(100))
        (folder / f"provider{package}.py").write_text(f"from backportkit import backport\n{declared}", "utf-8")
