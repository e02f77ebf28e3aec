"""`import backportkit` offers its public names, and costs no library."""

from __future__ import annotations

import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import backportkit

HEAVY = ("typing", "inspect", "importlib.metadata", "dataclasses", "logging", "enum", "re", "threading")


def test_names_are_sorted_and_listed_by_dir():
    assert backportkit.__all__ == sorted(backportkit.__all__)
    assert dir(backportkit) == backportkit.__all__
    assert dir(backportkit) is not backportkit.__all__


@pytest.mark.parametrize("name", backportkit.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(backportkit, name)
    assert inspect.getdoc(value)
    assert value.__name__ == name


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="module 'backportkit' has no attribute 'nothing'"):
        backportkit.nothing  # noqa: B018


def test_no_room_is_called_like_a_public_name():
    rooms = {module.name for module in pkgutil.iter_modules(backportkit.__path__)}
    assert rooms.isdisjoint(backportkit.__all__)
    assert "engine" in rooms


def test_checker_sees_the_names_that_are_there():
    source = Path(backportkit.__file__).read_text(encoding="utf-8")
    block = source.partition("if TYPE_CHECKING:")[2].partition("__all__")[0]
    imported = re.findall(r"\b\w+\b", re.sub(r"from \S+ import", "", block))
    assert sorted(imported) == backportkit.__all__


def test_import_costs_no_library(world):
    new = f"""
    import sys
    before = set(sys.modules)
    import backportkit
    new = set(sys.modules) - before
    print([name for name in {HEAVY} if name in new], sorted({{name.partition(".")[0] for name in new}}))
    """
    assert world.run(new, flags=["-S"], env={"PYTHONPATH": str(Path(backportkit.__file__).parents[1])}) == [
        "[] ['backportkit']"
    ]


def test_process_without_declarations_imports_no_pydantic(world):
    nothing = """
    import sys, backportkit
    backportkit.apply_all()
    print([name for name in sys.modules if name.partition(".")[0] in ("pydantic", "pydantic_core", "packaging")])
    """
    assert world.run(nothing) == ["[]"]
