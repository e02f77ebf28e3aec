"""A downstream project, installed by pip in a fresh environment, gets its fix by `apply_all()` alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ANCESTRY = "import itertools, zipp; print(list(itertools.islice(zipp._ancestry('//a'), 3)))"


@pytest.fixture(scope="module")
def python(tmp_path_factory, project):
    """The interpreter of a fresh virtual environment with backportkit and the downstream project."""
    folder = tmp_path_factory.mktemp("downstream")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        project,
        HERE / "downstream",
    ]
    subprocess.run(install, check=True)
    return python


def lines(python, script):
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_the_bug_is_there_without_the_patch(python):
    assert lines(python, ANCESTRY) == ["['//a', '//', '//']"]


def test_a_process_that_imports_the_target_afterwards_has_the_fix(python):
    assert lines(python, f"import backportkit; backportkit.apply_all(); {ANCESTRY}") == ["['//a']"]


def test_a_process_that_imported_the_target_before_has_the_fix(python):
    assert lines(python, f"import zipp; import backportkit; backportkit.apply_all(); {ANCESTRY}") == ["['//a']"]


def test_the_command_line_says_what_to_install_without_its_extra(python):
    done = subprocess.run([python, "-m", "backportkit", "status"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "backportkit: the command line needs rich: pip install 'backportkit[cli]'\n"
