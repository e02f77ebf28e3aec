"""The benchmarks themselves are not part of the usual run; that they can be run is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")


def run(folder, *options, script=RUN):
    """Measure with this interpreter as it is, one round."""
    command = [sys.executable, script, *options, "--quick", "--installed", "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("| ")]


def test_table(tmp_path):
    """A scenario is measured and shown with its ratio."""
    code, lines = run(tmp_path, "start_up", "--ways", "bare", "floor", "--measure", "cpu")
    assert (code, lines[0]) == (0, "|  | cpu a process | x bare | budget |")
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| bare, 0 patches",
        "| floor, 0 patches",
        "| bare, 1,000 patches",
        "| floor, 1,000 patches",
    ]
    assert all(line.split(" | ")[2].startswith("1.000 [") for line in lines[2:] if "bare" in line)


@pytest.mark.parametrize(("limit", "code", "told"), [("600 * 1024", 0, "614,400 B |"), ("1", 1, "1 B: **missed** |")])
def test_budget(tmp_path, limit, code, told):
    """A budget stands beside what was found, and one that is missed ends the program with status 1."""
    copy = tmp_path / "benchmarks"
    shutil.copytree(RUN.parent, copy)
    table = copy / "budgets.py"
    table.write_text(table.read_text("utf-8").replace("(600 * 1024,)", f"({limit},)"), "utf-8")
    options = ["memory_of_import", "--ways", "backportkit", "--measure", "bytes"]
    found, lines = run(tmp_path, *options, script=copy / "run.py")
    assert (found, lines[-1].endswith(told)) == (code, True), lines


def test_budgets_name_what_is_there():
    """Each budget is of a scenario that measures that way, at that size, by that measure."""
    code = """
import importlib, sys
sys.path[:0] = sys.argv[1:]
import budgets, run
for one in budgets.BUDGETS:
    scenario = importlib.import_module(one.scenario)
    measures = [*getattr(scenario, "MEASURES", run.MEASURES)]
    other = one.kind.partition(" to ")[2] or scenario.BASE
    if not ({one.way, other} <= set(scenario.WAYS) and one.size in scenario.SIZES and one.measure in measures):
        print(one)
"""
    folders = [RUN.parent, RUN.parent / "scenarios"]
    done = subprocess.run([sys.executable, "-c", code, *folders], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")
