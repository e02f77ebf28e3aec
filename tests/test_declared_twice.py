"""Two declarations under one id: the first one stays, and the error says what to do."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import backport
@backport("victim:f", id="ff", requires="victim<2", summary="s")
def f(): return "new"
"""


@pytest.fixture
def victim(world):
    """A world with a victim and a module that declares."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'")
    world.write("mine/patches.py", PATCHES)
    return world


def test_id_that_another_function_of_a_notebook_has(victim):
    """The next step of the error works: withdraw the first one."""
    script = f"""
import backportkit
cell = {PATCHES!r}.replace("f():", "g():").replace('"new"', '"newer"')
def run(text, number):
    try: exec(compile(text, f"<cell {{number}}>", "exec"), globals())
    except backportkit.DeclarationError as error: print(error.next_step)
run({PATCHES!r}, 1); backportkit.apply_all()
import victim
run(cell, 2); backportkit.apply_all()
print(victim.f())
backportkit.unregister("ff"); run(cell, 3); backportkit.apply_all()
print(victim.f())
backportkit.unpatch_all()
print(victim.f())
"""
    way = "call backportkit.unregister('ff') before the second one is declared"
    assert victim.run(script) == [f"give one of the two another id, or {way}", "new", "newer", "old"]


def test_file_under_two_names_is_said_to_be_so(victim):
    """The next step names both; the first declaration is in force."""
    script = """
import importlib.util, backportkit, mine.patches
spec = importlib.util.spec_from_file_location("other.name", mine.patches.__file__)
try: spec.loader.exec_module(importlib.util.module_from_spec(spec))
except backportkit.DeclarationError as error: print(error.next_step)
backportkit.apply_all()
import victim
print(victim.f())
"""
    assert victim.run(script) == [
        "import the file under one name: it is loaded for mine and for other",
        "new",
    ]
