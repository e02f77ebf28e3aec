"""A downstream project, installed by pip in a fresh environment, gets its fix by `apply_all()`, and pytest knows it."""

from __future__ import annotations

import re
import shutil
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
    assert done.returncode == 2
    assert "this command needs rich, which is not installed\n  next:     install 'backportkit[cli]' from" in done.stderr


class Suite:
    """The downstream project in a folder, and an environment with all that its tests need."""

    def __init__(self, folder, project):
        self.python = folder / "venv/bin/python"
        self.folder = shutil.copytree(HERE / "downstream", folder / "downstream")
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
        wanted = [f"backportkit[cli] @ {project.as_uri()}", f"{self.folder}[test]"]
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", self.python, *wanted], check=True)

    def run(self, *arguments):
        """Run a module in the folder, and return its output."""
        done = subprocess.run(
            [self.python, "-m", *arguments], cwd=self.folder, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def suite(tmp_path_factory, project):
    """The project with its tests."""
    return Suite(tmp_path_factory.mktemp("downstream"), project)


@pytest.mark.parametrize(
    "options",
    [["--backportkit"], ["-n", "2", "--backportkit-fast"], ["--import-mode=importlib", "--backportkit-fast"]],
    ids=" ".join,
)
def test_suite_passes_with_the_proof(suite, options):
    """Its eight tests and the proof of its patch pass, whatever warns is an error, and the header has the patch."""
    said = suite.run("pytest", "-rA", *options)
    assert re.search(r"^backportkit: 1 waiting$", said, re.MULTILINE), said
    assert "PASSED pyproject.toml::zipp-cve-2024-5569" in said
    assert " 9 passed in " in said


def test_suite_passes_without_the_plugin(suite):
    """By `-p no:backportkit`, the tests that need no plugin pass, and nothing is said."""
    said = suite.run("pytest", "-p", "no:backportkit")
    assert " 5 passed in " in said
    assert "backportkit:" not in said


def test_suite_passes_in_an_activated_environment(suite):
    """There backportkit is loaded before pytest is, which warns of no module that it could not rewrite."""
    suite.run("backportkit", "activate")
    (suite.folder / "tests/conftest.py").rename(suite.folder / "conftest.kept")
    try:
        assert " 8 passed in " in suite.run("pytest")
    finally:
        (suite.folder / "conftest.kept").rename(suite.folder / "tests/conftest.py")
        suite.run("backportkit", "deactivate")


def test_digest_is_that_of_a_program(suite):
    """pytest loads modules of backportkit in its own way, which makes no difference."""
    (digits,) = re.findall(r"; digest (\w+)$", suite.run("pytest", "--collect-only", "-v"), re.MULTILINE)
    script = "import backportkit; backportkit.apply_all(); print(backportkit.report().digest)"
    assert lines(suite.python, script)[0].startswith(digits)
