"""The benchmarks themselves are not part of the usual run; that they can be run is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run.py")


def test_a_scenario_is_measured_and_shown_with_its_ratio_and_its_goal(tmp_path):
    options = ["start_up", "--ways", "bare", "floor", "--measure", "cpu", "--quick", "--installed"]
    done = subprocess.run(
        [sys.executable, RUN, *options, "--folder", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert lines[0] == "|  | cpu a process | x bare |"
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| bare, 0 patches",
        "| floor, 0 patches",
        "| bare, 1,000 patches",
        "| floor, 1,000 patches",
    ]
    assert all(line.split(" | ")[2].startswith("1.000 [") for line in lines[2:] if "bare" in line)


def test_a_goal_that_is_missed_is_said_and_ends_with_status_1(tmp_path):
    options = ["memory_of_import", "--ways", "backportkit", "--measure", "bytes", "--quick", "--installed"]
    copy = tmp_path / "benchmarks"
    shutil.copytree(RUN.parent, copy)
    scenario = copy / "scenarios" / "memory_of_import.py"
    scenario.write_text(scenario.read_text("utf-8").replace("600 * 1024", "1"), "utf-8")
    done = subprocess.run(
        [sys.executable, copy / "run.py", *options, "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, ""), done.stderr
    assert "- **missed**: backportkit, bytes" in done.stdout
