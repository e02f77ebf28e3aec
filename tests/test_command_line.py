"""The program reads its command line, loads little, escapes text of any origin, and ends with the right code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

COMMANDS = ("status", "check", "explain", "diff", "history", "new", "prove", "run", "activate", "deactivate")
ROOT = Path(__file__).parents[1]


@pytest.fixture
def provider(world):
    """A provider of one patch for a package that nobody may import."""
    patches = "from backportkit import backport\n@backport('victim:f', id='victim-1', requires='victim<2')\n"
    world.provide("def f(): raise RuntimeError", f'{patches}def f():\n    "what breaks"\n')
    return world


def start(world, *line, **env):
    variables = os.environ | {"PYTHONPATH": f"{world.folder}{os.pathsep}{ROOT}", "COLUMNS": "1000"} | env
    command = [env.pop("PYTHON", sys.executable), "-m", "backportkit", *line]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=60)


def words(text):
    """Return the words of a help text without its lines and boxes."""
    return " ".join(re.sub("[─-╿]", " ", text).split())


# --- lines that need no reading ---


@pytest.mark.parametrize(
    "line",
    [
        *("status", "status --all", "status --json", "status --all --json"),
        *("check", "check victim-1", "check provider --json"),
        *("explain victim-1", "explain no-such-patch", "diff victim-1"),
    ],
)
def test_plain_line(provider, line):
    """A line of flags and words means what typer reads in it, which reads what stands behind `--`."""

    def outcome(*arguments):
        done = start(provider, *arguments)
        if "--json" in line and line.startswith("status"):
            document = json.loads(done.stdout)
            return done.returncode, document["digest"], document["patches"]
        return done.returncode, done.stdout, done.stderr

    assert outcome(*line.split()) == outcome("--", *line.split())


@pytest.mark.parametrize("line", [["run", "-c", "print('ran')"], ["run", "no-such-program"]])
def test_run_behind_dashes(world, line):
    """`run` becomes its program also where typer reads the line."""
    ours, typers = start(world, *line), start(world, "--", *line)
    assert (ours.returncode, ours.stdout, ours.stderr) == (typers.returncode, typers.stdout, typers.stderr)


@pytest.mark.parametrize("line", ["explain", "diff a b", "status --jsn", "status a --al", "check a b", "activate now"])
def test_wrong_line(world, line):
    """A line that is wrong is left to typer, which says so."""
    done = start(world, *line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Usage: python -m backportkit {line.split()[0]}"), done.stderr


def test_status_loads_only_what_it_uses(provider):
    """`status --json` loads no library for its line or its answer, and the table of `status` loads rich alone."""
    script = """
    before = set(sys.modules)
    from backportkit.__main__ import main
    sys.argv = ["backportkit", *sys.argv[1:]]
    libraries = {"typer", "rich", "pydantic", "packaging", "importlib.metadata"} - before
    try: main()
    except SystemExit: print(sorted(libraries & set(sys.modules)))
    """
    assert provider.run(script, "status", "--json")[-1] == "[]"
    assert provider.run(script, "status")[-1] == "['rich']"


# --- help ---


def test_help_imports_no_command(world):
    """The help of the program is told without what the commands need."""
    script = """
    from backportkit.__main__ import main
    sys.argv = ["backportkit", "--help"]
    try: main()
    except SystemExit: print(sorted(name for name in sys.modules if name.startswith("backportkit.")))
    """
    ours = ["__main__", "cli", "cli.app", "cli.command", "cli.commands", "cli.commands_supply", "cli.commands_upstream"]
    ours += ["cli.exit_codes", "cli.help_page", "cli.options", "cli.output", "cli.program", "errors", "redacted"]
    assert world.run(script)[-1] == str([f"backportkit.{name}" for name in ours])


def test_help_of_the_program_and_of_each_command(world):
    """The program's help has the first paragraph of each command's own help."""
    whole = start(world, "--help").stdout
    lines = [line.strip("│ ") for line in whole.splitlines()]
    for command in COMMANDS:
        said = next(line for line in lines if line.startswith(f"{command} ")).partition(" ")[2].strip()
        assert said in words(start(world, command, "--help").stdout)
    assert words(whole).startswith("Usage: python -m backportkit [OPTIONS] COMMAND [ARGS]... Backport patches as data")


@pytest.mark.parametrize(
    ("command", "usage", "argument"),
    [
        ("explain", "ID", "ID The patch, as `backportkit status` names it. [required]"),
        ("check", "[PATH|PROVIDER]", "PATH|PROVIDER A project folder, a .py, .toml or .json file,"),
        ("status", "[ID...]", "ID These patches alone."),
        ("sign", "FILE...", "FILE The files. [required]"),
        ("run", "PROGRAM...", "PROGRAM The program, and its own arguments. [required]"),
        ("new", "[TARGET... | PACKAGE BUGGY FIXED]", "TARGET... | PACKAGE BUGGY FIXED module:name,"),
    ],
)
def test_help_explains_arguments(world, command, usage, argument):
    """The help of a command has its arguments by the words of its usage, each with its text."""
    said = words(start(world, command, "--help").stdout)
    assert said.startswith(f"Usage: python -m backportkit {command} [OPTIONS] {usage} ")
    assert f"Arguments {argument}" in said


def test_help_says_how_options_are_written(world):
    """The help of a command has each option with the word for its value and its default; a flag has neither."""
    said = words(start(world, "prove", "--help").stdout)
    assert "--jobs N How many patches to prove at a time. [default: one a core]" in said
    assert "--quiet, -q Print only what has failed." in said
    assert "--max-download MB Download no file of a release whole that has more. [default: 50]" in words(
        start(world, "check", "--help").stdout
    )


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        *(({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "TERM": "dumb"}, False)),
        *(({"GITHUB_ACTIONS": "true"}, True), ({"PY_COLORS": "1"}, True)),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_of_the_help(world, env, coloured):
    """The help has colours where typer's has them."""
    for line in (["--help"], ["status", "--help"]):
        assert ("\x1b[1;36m" in start(world, *line, **({"TERM": "xterm"} | env)).stdout) is coloured


# --- what others wrote ---


@pytest.mark.parametrize("sign", ["\x1b", "\u202e"])
@pytest.mark.parametrize("line", ["sta{}tus", "--{}", "status --{}", "check a {}", "check --format {}"])
def test_usage_error_shows_all_that_was_written(world, line, sign):
    """A usage error shows escaped all characters that a terminal would obey."""
    done = start(world, *line.format(sign).split(" "))
    assert done.returncode == 2
    assert sign.encode("unicode_escape").decode() in done.stderr
    assert sign not in done.stderr


def test_unknown_program_is_shown_whole(world):
    """`run` shows what a terminal would obey escaped, too."""
    assert start(world, "run", "no\x1b").stderr == "backportkit: no such program: no\\x1b\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no such name there")
def test_activated_folder_is_shown_whole(world):
    """`activate` and `deactivate` show the names of folders so that all of it is seen."""
    venv.create(world.folder / "a\x1bb", symlinks=True)
    python = str(world.folder / "a\x1bb" / "bin" / "python")
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    for line in (["activate"], ["deactivate"], ["--", "activate"], ["--", "deactivate"]):
        done = start(world, *line, PYTHON=python, PYTHONPATH=path)
        assert (done.returncode, "a\\x1bb" in done.stdout, "\x1b" in done.stdout) == (0, True, False), done.stderr


def test_words_between_colons_are_no_emoji(world):
    """A table shows text such as `:warning:` as it was written, and not as an emoji."""
    world.write("pyproject.toml", '[project]\nname = "mine"\n[tool.backportkit]\ndisable = ["my:warning:patch"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "backportkit", "check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=world.folder,
        env=os.environ | {"COLUMNS": "1000"},
    )
    assert "my:warning:patch" in done.stdout, done


# --- its ends ---


@pytest.mark.parametrize(("library", "line"), [("typer", "--help"), ("rich", "status"), ("rich", "--help")])
def test_missing_library(world, library, line):
    """A library of the command line that is not installed is named, with what installs it."""
    world.write(f"{library}.py", f"raise ModuleNotFoundError('No module named {library}', name='{library}')")
    done = start(world, line)
    assert done.returncode == 2
    assert done.stderr == (
        f"backportkit: this command needs {library}, which is not installed\n"
        "  next:     install 'backportkit[cli]' from where backportkit was installed, such as by pip\n"
    )


ENDS = """
import os, signal, sys
from backportkit.__main__ import main
from backportkit.reports import process
def survey():
    {what}
process.survey = survey
sys.argv = ["backportkit", "status"]
main()
"""


@pytest.mark.parametrize(
    ("what", "code", "told"),
    [
        ("raise KeyboardInterrupt", 130, ""),
        ("import no_such_module", 2, "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_end_of_a_command(world, what, code, told):
    """An interrupt ends the program without a traceback; what nobody foresaw keeps its own."""
    done = world.start(ENDS.format(what=what))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.strip().rpartition("\n")[2] == told


@pytest.mark.parametrize("line", [["policy", "lock", "--path"], ["scan", "--write-baseline"]])
@pytest.mark.parametrize("place", ["nowhere/a.toml", "victim.py/a.toml", ".", "a" * 300])
def test_place_that_cannot_be_written(world, line, place):
    """A missing folder, a file in place of one, a folder in place of a file and a name that is too long are errors."""
    path = world.write("victim.py", "")
    done = start(world, *line, str(path.parent / place), *([str(path)] if "scan" in line else []))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("  next: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("line", [["explain", "victim-1"], ["scan", __file__]])
def test_entry_points_that_nobody_can_read(provider, line):
    """A distribution whose entry points are wrong is named where a library reads those of all."""
    provider.write("broken-1.dist-info/METADATA", "Name: broken\nVersion: 1")
    provider.write("broken-1.dist-info/entry_points.txt", "[x]\nfoo\n")
    done = start(provider, *line)
    assert (done.returncode, "broken-1.dist-info" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_no_stdout(provider):
    """A command ends well where there is no stdout, as under pythonw."""
    script = """
    from backportkit.__main__ import main
    sys.argv, sys.stdout = ["backportkit", "status", "--json"], None
    main()
    """
    assert provider.start(script).returncode == 0
