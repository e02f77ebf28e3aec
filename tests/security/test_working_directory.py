"""Nothing that lies in the working directory is executed, unless the command is about the project there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import warm

HOSTILE = (
    *("json", "csv", "ast", "re", "inspect", "tomllib", "tempfile", "subprocess", "sitecustomize", "usercustomize"),
    *("backportkit_patches", "packaging", "pydantic", "rich", "typer", "uv", "requests", "victim", "provider"),
)
CONSOLE_SCRIPT = "import sys; del sys.path[0]; from backportkit.__main__ import main; main()"
COMMANDS = (
    ["status"],
    ["status", "--json"],
    ["check"],
    ["check", "--json"],
    ["explain", "provider-1"],
    ["diff", "provider-1"],
    ["prove", "provider-1", "--json"],
    ["activate", "--verify"],
    ["history", "--help"],
)
PROVIDER = """
from backportkit import Reproducer, backport

def reproduce():
    import victim
    assert victim.f() == "new"

@backport(
    "victim:f", requires="victim<2", id="provider-1", summary="s",
    reproducer=Reproducer(run=reproduce),
)
def f():
    return "new"
"""


@pytest.fixture
def planted(world):
    """A working directory with hostile files, beside a folder with a victim and a provider that is on PYTHONPATH."""
    world.provide("def f():\n    return 'old'\n", PROVIDER)
    folder = world.folder / "planted"
    folder.mkdir()
    for name in HOSTILE:
        mark = f"open({str(world.folder / 'executed')!r}, 'a').write({name!r} + ' ')\n"
        (folder / f"{name}.py").write_text(mark, "utf-8")
    return folder


def executed(planted):
    path = planted.parent / "executed"
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.parametrize(
    "project", ["", "[project]\nname = 'a'\n"], ids=["no project", "a project that declares nothing"]
)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_executes_nothing_of_the_working_directory(planted, command, project):
    """A command about what is installed executes no file of the folder in which it is called, nor do its children."""
    if project:
        (planted / "pyproject.toml").write_text(project, "utf-8")
    arguments = ["-c", CONSOLE_SCRIPT, *command]
    done = warm.fresh(arguments, planted, {"PYTHONPATH": str(planted.parent), "COLUMNS": "200"})
    assert (executed(planted), "Traceback" in done.stderr) == ("", False), done.stderr
    if command[0] in {"explain", "diff", "prove"}:
        assert done.returncode in {0, 1}, done.stderr


# --- `backportkit run NAME` ---


@pytest.fixture
def named(tmp_path):
    """A working directory with a file `tool.py`, and a folder for the PATH with a command of that name."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "tool.py").write_text("print('file')\n", "utf-8")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "tool.py"
    command.write_text("#!/bin/sh\necho command\n", "utf-8")
    command.chmod(0o755)
    return tmp_path


def ran(named, program, path):
    arguments = ["-m", "backportkit", "run", program]
    return warm.fresh(arguments, named / "work", {"PATH": path.format(bin=named / "bin")}).stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="the command is a script for a shell")
@pytest.mark.parametrize(
    ("program", "path", "printed"),
    [
        ("tool.py", "{bin}", "command"),
        ("./tool.py", "{bin}", "file"),
        ("tool.py", "/nowhere", "file"),
        ("../bin/tool.py", "/nowhere", "SyntaxError"),  # a path of a Python file is one for this interpreter
    ],
)
def test_name_is_the_command_and_a_path_is_the_file(named, program, path, printed):
    """A command goes before a Python file of its name in the working directory, and `./` names the file."""
    assert ran(named, program, path) == printed.replace("SyntaxError", "")


@pytest.mark.skipif(sys.platform == "win32", reason="the command is a script for a shell")
@pytest.mark.parametrize("path", ["", ":", ".", "{bin}/../work"])
def test_working_directory_is_on_no_path_unless_it_is_named_whole(named, path):
    """Empty and relative entries of the PATH mean the working directory, and no command is looked for there."""
    planted = named / "work" / "planted"
    planted.write_text("#!/bin/sh\necho planted\n", "utf-8")
    planted.chmod(0o755)
    assert ran(named, "planted", path) == ("planted" if path.startswith("{") else "")


def test_command_of_the_environment_goes_before_a_folder_of_its_name(named):
    """`python` is the interpreter of the environment, whatever lies in the working directory."""
    (named / "work" / "python").mkdir()
    (named / "work" / "python" / "__main__.py").write_text("print('folder')\n", "utf-8")
    done = warm.fresh(
        ["-m", "backportkit", "run", "python", "-c", "print('command')"], named / "work", {"PATH": os.defpath}
    )
    assert done.stdout.strip() == "command"
    assert Path(sys.executable).name.startswith("python")
