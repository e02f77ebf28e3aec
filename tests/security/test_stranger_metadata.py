"""Metadata in the folder of a stranger take no patch away, and nothing that a policy requires is missing in silence."""

from __future__ import annotations

import os
import subprocess

import pytest

USE = "import victim; print(victim.f())"
HOOK = "import sys; sys.addaudithook(lambda event, given: event == 'backportkit.refuse' and print(*given[:1]))\n"
REQUIRED = "variables = 'ignore'\nrequire = ['provider-0']\non_failure = '{}'\n"
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: 9.0\n"
THEIRS = "def f(): return 'theirs'\n"
IN_FORCE = "the policy requires it, and it is not in force"


class Attacked:
    """An activated environment with a policy that requires `provider-0`, and the folder of a stranger."""

    def __init__(self, made, folder):
        self.made, self.folder = made, folder
        self.policy = made.folder / "backportkit-policy.toml"

    def plant(self, name, code=""):
        info = self.folder / f"{name}-9.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name), "utf-8")
        if code:
            (self.folder / f"{name}.py").write_text(code, "utf-8")

    def run(self, *line):
        """Run a program in the stranger's folder."""
        command = [self.made.python, *line]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)

    def use(self, *line):
        done = self.run(*line)
        return done.returncode, done.stdout.strip()


@pytest.fixture(scope="module")
def owned(prepared):
    """The environment, activated under its policy."""
    (prepared.folder / "backportkit-policy.toml").write_text(REQUIRED.format("exit"), "utf-8")
    assert prepared.run("-m", "backportkit", "activate").returncode == 0
    return prepared


@pytest.fixture
def attacked(owned, tmp_path):
    return Attacked(owned, tmp_path)


@pytest.fixture
def without(owned):
    """Set a file of the activation aside."""
    aside = {}

    def set_aside(kind):
        (path,) = [path for path in owned.files if path.suffix == kind]
        aside[path] = path.rename(owned.folder / path.name)

    yield set_aside
    for path, moved in aside.items():
        moved.rename(path)


@pytest.fixture
def lenient(attacked):
    """The policy lets failures go on."""
    found = attacked.policy.stat()
    attacked.policy.write_text(REQUIRED.format("continue"), "utf-8")
    yield
    attacked.policy.write_text(REQUIRED.format("exit"), "utf-8")
    os.utime(attacked.policy, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("name", ["victim", "provider"])
def test_folder_of_the_program(attacked, name):
    """Metadata in the working directory, or beside a script, disarm no patch that the start has known."""
    attacked.plant(name)
    (attacked.folder / "script.py").write_text(USE, "utf-8")
    assert attacked.use("-c", USE) == (0, "new")
    assert attacked.use("script.py") == (0, "new")


@pytest.mark.parametrize("name", ["victim", "provider"])
def test_start_without_manifest(attacked, name, without):
    """They disarm none where a start looks up what is installed."""
    without(".manifest")
    attacked.plant(name)
    assert attacked.use("-c", USE) == (0, "new")


@pytest.mark.parametrize("name", ["victim", "provider"])
def test_program_that_applies_patches(attacked, name, without):
    """They disarm none where the program itself calls `apply_all`, in an environment that is not activated."""
    without(".pth")
    attacked.plant(name)
    assert attacked.use("-c", f"import backportkit; backportkit.apply_all(); {USE}") == (0, "new")


@pytest.mark.parametrize("name", ["victim", "provider"])
def test_on_pythonpath(attacked, name, monkeypatch):
    """They disarm none on PYTHONPATH, since the modules come from another folder."""
    attacked.plant(name)
    monkeypatch.setenv("PYTHONPATH", str(attacked.folder))
    assert attacked.use("-c", USE) == (0, "new")


@pytest.mark.parametrize("name", ["victim", "provider"])
@pytest.mark.parametrize("command", [["status"], ["policy", "check"]])
def test_commands_in_the_folder(attacked, name, command):
    """`status` and `policy check` name the metadata that a program in the working directory has as well."""
    attacked.plant(name)
    said = " ".join(attacked.run("-m", "backportkit", *command).stdout.split())
    assert f"{attacked.folder}/{name}-9.0.dist-info says {name} 9.0, and 1.0 is in {attacked.made.site}: " in said


def test_module_from_the_folder(attacked):
    """The metadata beside the module count, where the module itself comes from that folder; its import is refused."""
    attacked.plant("victim", THEIRS)
    done = attacked.run("-c", USE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "PatchImportError" in done.stderr
    assert IN_FORCE in done.stderr
    assert "victim 9.0 (in ., which hides 1.0 in " in done.stderr


@pytest.mark.usefixtures("lenient")
def test_failure_that_goes_on(attacked):
    """A required patch that is not in force is told on stderr, and to hooks, where the policy lets failures go on."""
    attacked.plant("victim", THEIRS)
    done = attacked.run("-c", HOOK + USE)
    assert (done.returncode, done.stdout.split()) == (0, ["provider-0", "theirs"])
    assert IN_FORCE in done.stderr


def test_provider_that_is_gone(attacked):
    """The import of what the start has waited for is refused where the required patch is nobody's any more."""
    (attacked.folder / "victim.py").write_text(THEIRS, "utf-8")
    leave = f"import sys; sys.path[:] = [p for p in sys.path if p != {str(attacked.made.site)!r}]\n"
    done = attacked.run("-c", leave + USE)
    assert (done.returncode, done.stdout) == (1, "")
    assert IN_FORCE in done.stderr
