"""Write the modules that the scenarios import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.source import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

IDLE, TARGETS, FUNCTIONS = 150, 25, 100
PROVIDED = (0, 1000)
JUDGED = (1, 100)
DESCRIBED = {"small": "", "large": "A description of some words.\n" * 5000}
PATCH = """
@backport("{package}:f{number}", id="{package}-{number}", requires="{package}>=1,<2")
def f{number}(a, b=None):
    "What breaks without it."
"""
SUITES = (0, 20)
CONFTEST = "from backportkit import apply_all, backport\n{}\napply_all()\n"
TESTS = """
import pytest, tested
@pytest.mark.parametrize("number", range(20))
def test_tested(number): assert getattr(tested, f"f{number}")([]) is None
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


DECLARATION = """
@backport("patched{patches}.target{target}:f{number}", id="patched{patches}-{target}-{number}",
          requires="patched{patches}<2", original="{original}")
def f{target}_{number}(a, b=None):
    "What breaks without it."
"""


def write(folder: Path) -> None:
    """`idle0`, ... that nobody patches, `target0`, ... of a hundred functions, and `mine`, which replaces them.

    And what is to be installed where it is judged at activation: packages of such targets, with patches for each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    functions = "".join(FUNCTION.format(number=number) for number in range(FUNCTIONS))
    for patches in PROVIDED:
        _write_providers(folder / f"providers-{patches}", patches, "absent")
    _write_providers(folder / "thousand", 1000, "present")
    for number in range(10):
        _distribution(folder / "thousand", f"present{number}")
        (folder / "thousand" / f"present{number}.py").write_text(functions, "utf-8")
    for name, description in DESCRIBED.items():
        _distribution(folder / "described", name, description=description)
    for patches in JUDGED:
        _write_judged(folder / "judged", patches, functions)
    for patches in SUITES:
        _write_suite(folder / f"suite-{patches}", patches, functions)
    for number in range(IDLE):
        (folder / f"idle{number}.py").write_text(SMALL, "utf-8")
    for name in ["mine", *(f"target{number}" for number in range(TARGETS))]:
        (folder / f"{name}.py").write_text(functions, "utf-8")


def _write_providers(folder: Path, patches: int, names: str) -> None:
    """Installed distributions with as many patches in all, a hundred each, for packages of such names."""
    folder.mkdir(exist_ok=True)
    for number in range(patches // 100):
        package = f"{names}{number}"
        _distribution(folder, f"provider{number}", f"[backportkit.patches]\n{package} = provider{number}\n")
        declared = "".join(PATCH.format(package=package, number=place) for place in range(100))
        (folder / f"provider{number}.py").write_text(f"from backportkit import backport\n{declared}", "utf-8")


def _distribution(folder: Path, name: str, points: str = "", description: str = "") -> None:
    """The metadata of a distribution, as an installer writes them."""
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\n{description}"
    (information / "METADATA").write_text(metadata, "utf-8")
    (information / "entry_points.txt").write_text(points, "utf-8")


def _write_judged(folder: Path, patches: int, functions: str) -> None:
    """A distribution `patchedN` with modules of a hundred functions, and one that has N patches for each of them."""
    name = f"patched{patches}"
    package = folder / name
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    for target in range(TARGETS):
        (package / f"target{target}.py").write_text(functions, "utf-8")
    _distribution(folder, name)
    _distribution(folder, f"{name}_patches", f"[backportkit.patches]\n{name} = {name}_patches\n")
    originals = [fingerprint.of_source(functions, [f"f{number}"]) for number in range(patches)]
    declared = [
        DECLARATION.format(patches=patches, target=target, number=number, original=original)
        for target in range(TARGETS)
        for number, original in enumerate(originals)
    ]
    (folder / f"{name}_patches.py").write_text("from backportkit import backport\n" + "".join(declared), "utf-8")


def _write_suite(folder: Path, patches: int, functions: str) -> None:
    """Twenty tests of an installed package, with a conftest.py that declares and applies patches, if there are any."""
    _distribution(folder, "tested")
    (folder / "tested.py").write_text(functions, "utf-8")
    (folder / "test_tested.py").write_text(TESTS, "utf-8")
    declared = "".join(PATCH.format(package="tested", number=number) for number in range(patches))
    (folder / "conftest.py").write_text(CONFTEST.format(declared) if patches else "", "utf-8")
