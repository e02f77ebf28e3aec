"""The command line: `status`, and the program itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def provider(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "raise RuntimeError('nobody may import this')")
    world.distribution("provider", "1.0", {"victim": "provider"})
    world.write(
        "provider.py",
        """
        from backportkit import backport
        @backport("victim:f", id="victim-1", requires="victim>=1,<2")
        def f():
            "what breaks"
        @backport("victim:f", id="victim-2", requires="victim>=2,<3")
        def f():
            "what breaks"
        """,
    )
    return world


def start(world, *arguments, **env):
    variables = os.environ | {"PYTHONPATH": str(world.folder), "COLUMNS": "200"} | env
    command = [sys.executable, "-m", "backportkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=60)


def test_status_shows_one_line_a_patch_and_imports_no_target(provider):
    done = start(provider, "status")
    assert (done.returncode, done.stderr) == (0, "")
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["patch", "state", "installed", "reason", "provider"]
    rows = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in lines}
    assert rows["victim-1"].startswith("waiting  victim 1.5")
    assert rows["victim-2"].startswith("dormant  victim 1.5")
    assert "victim 1.5 is installed; the patch is for <3,>=2" in rows["victim-2"]
    assert rows["victim-1"].endswith("provider")


def test_status_as_json_has_every_fact(provider):
    records = {record["id"]: record for record in json.loads(start(provider, "status", "--json").stdout)}
    assert records["victim-2"] == {
        "id": "victim-2",
        "state": "dormant",
        "reason": "victim 1.5 is installed; the patch is for <3,>=2",
        "targets": ["victim:f"],
        "installed": {"victim": "1.5"},
        "provider": "provider",
        "summary": "what breaks",
        "copies": [],
    }


def test_status_without_any_patch_says_why(provider):
    assert start(provider, "status", BACKPORTKIT_DISABLE="all").stdout == (
        "no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set\n"
    )


def test_provider_that_cannot_be_read_is_named_without_a_traceback(provider):
    provider.write("provider.py", "import no_such_module")
    done = start(provider, "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("backportkit: the patches of 'provider' cannot be loaded: ModuleNotFoundError")


def test_program_says_its_version(world):
    assert start(world, "--version").stdout == "backportkit 0.1.0\n"


def test_program_without_arguments_shows_its_commands(world):
    done = start(world)
    assert "status" in done.stdout
    assert "prove" in done.stdout


def test_missing_library_of_the_command_line_is_named(world):
    world.write("typer.py", "raise ModuleNotFoundError('No module named typer', name='typer')")
    done = start(world, "status")
    assert done.returncode == 1
    assert done.stderr == "backportkit: the command line needs typer: pip install 'backportkit[cli]'\n"


def test_console_script_runs_the_program(world):
    script = "from backportkit.__main__ import main; sys.argv = ['backportkit', '--version']; main()"
    assert world.run(script) == ["backportkit 0.1.0"]
