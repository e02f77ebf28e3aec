"""Notebooks: the cells of docs/notebooks.md in a real kernel, and modules that are edited under `%autoreload`."""

from __future__ import annotations

import json

import pytest
from page_files import cells_of

pytestmark = pytest.mark.tools

# What runs the cells of a file of JSON in one kernel, as Jupyter does, and prints what each has shown.
EXECUTE = """
import json, sys
import nbclient, nbformat

with open("cells.json") as file:
    cells = [nbformat.v4.new_code_cell(text) for text in json.load(file)]
notebook = nbformat.v4.new_notebook(cells=cells)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
def shown(output):
    return output.get("text") or output["data"]["text/plain"] + "\\n"
print(json.dumps([[shown(one) for one in cell.outputs] for cell in notebook.cells]))
"""

VICTIM = """
def f(): return "old"
def other(): return "other"
class C:
    def m(self): return "old"
"""

MINE = """
from backportkit import backport

@backport("victim:f", requires="python<4", id="f-1", summary="s")
def f(): return helper()

def helper(): return "new"

@backport("victim:C.m", requires="python<4", id="m-1", summary="s")
def m(self): return "new"
"""

# An editor writes a file anew; each time is a second of its own.
FIRST = """
import os, pathlib, sys, time
sys.dont_write_bytecode = True
times = iter(range(1, 99))
def edit(name, old, new):
    path = pathlib.Path(name)
    path.write_text(path.read_text().replace(old, new))
    os.utime(path, 2 * (time.time() + next(times),))
%load_ext autoreload
%autoreload {mode}
"""
IMPORTS = """
import backportkit, mine, victim
from victim import f
c = victim.C()
backportkit.apply_all()
def look(): print(f(), victim.f(), c.m(), victim.C().m(), victim.other(), *backportkit.applied_ids())
"""


@pytest.fixture(scope="module")
def jupyter(make_tools):
    """An environment with a kernel and its client, and the release of zipp that the page speaks of."""
    return make_tools("jupyter", "ipykernel", "nbclient", "zipp==3.18.0")


@pytest.fixture
def execute(jupyter, tmp_path):
    """Run cells in a kernel, in a folder; return the text that each has shown."""

    def run(*cells, command=("python",)):
        (tmp_path / "cells.json").write_text(json.dumps(cells), "utf-8")
        (tmp_path / "execute.py").write_text(EXECUTE, "utf-8")
        lines = jupyter.lines(*command, "execute.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))
        return ["".join(shown) for shown in json.loads(lines[-1])]

    return run


@pytest.fixture
def edited(execute, tmp_path):
    """Edit files of a notebook that is under `%autoreload`; return what a look shows after each edit."""
    (tmp_path / "victim.py").write_text(VICTIM, "utf-8")
    (tmp_path / "mine.py").write_text(MINE, "utf-8")

    def run(mode, *edits):
        cells = [cell for edit in edits for cell in (edit, "look()")]
        shown = execute(FIRST.format(mode=mode), IMPORTS, *cells)
        return [text.strip() for text in shown[3::2]]

    return run


def test_cells_of_the_page_show_what_it_says(execute, tmp_path):
    """All of them one after another, in one kernel."""
    (tmp_path / "myproject").mkdir()
    (tmp_path / "myproject/backports.py").write_text(cells_of("index.md")[0][0], "utf-8")
    cells, said = zip(*cells_of("notebooks.md"), strict=True)
    assert execute(*cells) == [*said]


modes = pytest.mark.parametrize("mode", ["2", "2-", "3"])


@modes
def test_replacement_that_is_edited_is_in_effect(edited, mode):
    """So is one that calls an edited helper, and a method."""
    assert edited(
        mode,
        "edit('mine.py', 'helper()\\n', 'helper() + \" edited\"\\n')",
        "edit('mine.py', 'def helper(): return \"new\"', 'def helper(): return \"newer\"')",
        "edit('mine.py', 'self): return \"new\"', 'self): return \"newest\"')",
    ) == [
        "new edited new edited new new other f-1 m-1",
        "newer edited newer edited new new other f-1 m-1",
        "newer edited newer edited newest newest other f-1 m-1",
    ]


@modes
def test_target_beside_which_something_is_edited_stays_patched(edited, mode):
    """The edited function is the new one."""
    edit = "edit('victim.py', '\"other\"', '\"edited\"')"
    assert edited(mode, edit) == ["new new new new edited f-1 m-1"]


@pytest.mark.parametrize(
    ("mode", "shown"), [("2", "edited edited new new other m-1"), ("2-", "new new new new other f-1 m-1")]
)
def test_target_that_is_edited_is_patched_or_said_not_to_be(edited, mode, shown):
    """Code that autoreload has put into the replacement is not taken for it; `unpatch` and `apply_all` mend that."""
    edit = "edit('victim.py', 'def f(): return \"old\"', 'def f(): return \"edited\"')"
    again = "backportkit.unpatch('f-1'); backportkit.apply_all()"
    assert edited(mode, edit, again) == [shown, "new new new new other f-1 m-1"]


def test_kernel_of_a_program_that_is_run_by_backportkit_is_patched(execute, jupyter):
    """A kernel is a child of the program that starts it."""
    jupyter.install("victim", {"victim.py": VICTIM})
    jupyter.install("theirs", {"theirs.py": MINE}, "[backportkit.patches]\nvictim = theirs\n")
    look = "import backportkit, victim; print(victim.f(), *backportkit.applied_ids())"
    assert execute(look) == ["old\n"]
    assert execute(look, command=("backportkit", "run")) == ["new f-1 m-1\n"]
