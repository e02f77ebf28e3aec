"""A declaration that is made again: the same is the same; of another the error says what stays and what to do."""

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


def test_cell_that_is_run_again_is_the_same_until_it_is_edited(victim):
    """The next step of the error works: a patch with another id that supersedes the first one."""
    script = f"""
import backportkit
cell = {PATCHES!r}
def run(text, number):
    try: exec(compile(text, f"<cell {{number}}>", "exec"), globals())
    except backportkit.DeclarationError as error: print(error.next_step)
run(cell, 1); backportkit.apply_all()
import victim
run(cell, 2); backportkit.apply_all()
print(victim.f())
run(cell.replace('"new"', '"newer"'), 3); backportkit.apply_all()
print(victim.f())
edited = cell.replace('"new"', '"newer"').replace('id="ff"', 'id="f2", supersedes=["ff"]')
run(edited, 4); backportkit.apply_all()
print(victim.f())
backportkit.unpatch_all()
print(victim.f())
"""
    assert victim.run(script) == [
        "new",
        "the first one stays in force: start the process anew, or give the new one another id and supersedes=['ff']",
        "new",
        "newer",
        "old",
    ]


def test_module_that_is_edited_and_reloaded_keeps_the_first_declaration(victim):
    """The same file and line: nothing else but a new process reads it anew."""
    script = """
import importlib, pathlib, backportkit, mine.patches
importlib.reload(mine.patches)
path = pathlib.Path(mine.patches.__file__)
path.write_text(path.read_text().replace('"new"', '"a newer one"'))
try: importlib.reload(mine.patches)
except backportkit.DeclarationError as error: print(error.next_step.partition(":")[0])
backportkit.apply_all()
import victim
print(victim.f(), backportkit.is_applied("ff"))
"""
    assert victim.run(script) == ["the first one stays in force", "new True"]


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
