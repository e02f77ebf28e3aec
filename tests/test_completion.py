"""Shells complete commands, options, ids, providers and codes; bash is asked itself, others by what they would ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATCHES = """
from backportkit import backport
print("noise")
@backport("victim:f", id="mine-1", requires="victim<2", fixes="https://example.org/1")
def f():
    "what breaks"
@backport("victim:f", id="mine-2", requires="victim<2", fixes="https://example.org/1")
def f():
    "what breaks"
"""
PROJECT = '[project]\nname = "shop"\nversion = "1"\n[tool.backportkit]\nmodules = ["patches"]\n'
PROGRAM = """#!{python}
import sys
from backportkit.__main__ import main
sys.path[:0] = {path!r}
main()
"""


@pytest.fixture
def shop(world):
    """A project with two patches, and a folder with the program `backportkit`."""
    world.write("shop/pyproject.toml", PROJECT)
    world.write("shop/patches.py", PATCHES)
    program = world.write("bin/backportkit", PROGRAM.format(python=sys.executable, path=[str(world.folder)]))
    program.chmod(0o755)
    (world.folder / "home").mkdir()
    return world


def call(world, *command, **env):
    variables = os.environ | {"PATH": f"{world.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    variables |= {"PYTHONPATH": str(ROOT), "HOME": str(world.folder / "home"), **env}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=world.folder / "shop", env=variables, timeout=60
    )
    assert done.stderr == "", done.stderr
    return done.stdout


LINES = [
    ("backportkit expl", ["explain"]),
    ("backportkit explain mine", ["mine-1", "mine-2"]),
    ("backportkit prove mine-1 --prov", ["--provider"]),
    ("backportkit status --provider backp", ["backportkit"]),
    ("backportkit check --select BK401,BK60", [f"BK401,BK60{number}" for number in range(1, 10)]),
    ("backportkit check --format gi", ["github", "gitlab"]),
    ("backportkit policy ch", ["check"]),
    ("backportkit nosuch x", []),
]


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="there is no bash")
@pytest.mark.parametrize(("line", "words"), LINES)
def test_bash(shop, line, words):
    """bash completes by the function that --show-completion prints."""
    script = f"""
    source <(backportkit --show-completion)
    COMP_WORDS=({line}) COMP_CWORD={len(line.split()) - 1}
    _backportkit_completion backportkit
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert call(shop, "bash", "--norc", "-c", script).split() == words


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="there is no bash")
def test_bash_with_what_is_installed(shop):
    """--install-completion changes .bashrc once, and a new bash completes."""
    for _ in range(2):
        call(shop, "bash", "--norc", "-c", "backportkit --install-completion; true")
    home = shop.folder / "home"
    assert (home / ".bashrc").read_text("utf-8").count("backportkit") == 1
    said = call(
        shop, "bash", "--rcfile", str(home / ".bashrc"), "-c", f"source {home}/.bashrc; complete -p backportkit"
    )
    assert said == "complete -o default -F _backportkit_completion backportkit\n"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_reads_what_is_shown(shop):
    """zsh defines the function that --show-completion prints."""
    script = 'autoload -U compinit; compinit -D; eval "$(backportkit --show-completion)"; which _backportkit_completion'
    assert "_BACKPORTKIT_COMPLETE=complete_zsh" in call(shop, "zsh", "-f", "-c", script)


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish(shop):
    """Fish completes by what --show-completion prints."""
    script = "backportkit --show-completion | source; complete -C 'backportkit explain mine'"
    assert call(shop, "fish", "--no-config", "-c", script).split() == ["mine-1", "mine-2"]


ASKED = {
    "zsh": {"_TYPER_COMPLETE_ARGS": "backportkit explain mine"},
    "fish": {"_TYPER_COMPLETE_ARGS": "backportkit explain mine", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    "powershell": {
        "_TYPER_COMPLETE_ARGS": "backportkit explain mine",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": "mine",
    },
}


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
@pytest.mark.parametrize("shell", ASKED)
def test_question_of_each_shell(shop, shell):
    """The program answers as each shell asks, and has a script for each."""
    said = call(shop, "backportkit", _BACKPORTKIT_COMPLETE=f"complete_{shell}", **ASKED[shell])
    assert "mine-1" in said
    assert "mine-2" in said
    assert "noise" not in said
    script = call(shop, "backportkit", _BACKPORTKIT_COMPLETE=f"source_{shell}")
    assert f"complete_{shell}" in script


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
@pytest.mark.parametrize("broken", ["raise SystemExit(7)", "1 / 0", "def (:"])
def test_project_that_cannot_be_read(shop, broken):
    """A module that fails costs its own ids, and nothing is printed into the prompt."""
    shop.write("shop/patches.py", broken)
    env = {"_BACKPORTKIT_COMPLETE": "complete_bash", "COMP_WORDS": "backportkit explain torch-178", "COMP_CWORD": "2"}
    assert call(shop, "backportkit", **env).split() == ["torch-178148"]


def test_shell_that_nobody_knows(world):
    """Where the shell cannot be told, that is a 2: nothing is wrong."""
    script = """
    import shellingham
    def fail(*_): raise shellingham.ShellDetectionFailure
    shellingham.detect_shell = fail
    sys.argv = ["backportkit", "--show-completion"]
    from backportkit.__main__ import main
    main()
    """
    done = world.start(script)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
