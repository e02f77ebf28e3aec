"""`activate` and `run` write safe files and execute no planted ones, for every user and in every folder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

# But for `importlib.py`, which `python -m` itself imports from there, before anything of ours runs.
HOSTILE = ("json.py", "csv.py", "typer.py", "subprocess.py", "tempfile.py", "sitecustomize.py", "victim.py")


@pytest.fixture
def planted(tmp_path):
    """A working directory with files that leave a mark when they are executed."""
    folder = tmp_path / "planted"
    folder.mkdir()
    for name in HOSTILE:
        mark = f"open({str(tmp_path / 'executed')!r}, 'a').write({name!r} + ' ')\n"
        (folder / name).write_text(mark, "utf-8")
    return folder


def marks(planted):
    path = planted.parent / "executed"
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.parametrize("command", ["activate", "deactivate", "--help"])
def test_command_executes_no_file_of_the_working_directory(fresh, planted, command):
    """`python -m backportkit` imports nothing from the folder that it is called in."""
    done = subprocess.run(
        [fresh.python, "-m", "backportkit", command], cwd=planted, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr, marks(planted)) == (0, "", "")


def test_console_script_executes_no_file_of_the_working_directory(fresh, planted):
    """The interpreter that `activate` asks for its `sys.path` imports nothing from there either."""
    code = "import sys; del sys.path[0]; sys.argv[1:] = ['activate']; from backportkit.__main__ import main; main()"
    done = subprocess.run([fresh.python, "-c", code], cwd=planted, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, marks(planted)) == (0, "", "")
    assert fresh.lines("-c", "import victim; print(victim.f())") == ["new"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_files_have_their_modes_whatever_the_umask(fresh, umask):
    """Everybody may read what `activate` writes, and the owner alone may change it."""
    (record,) = fresh.site.glob("backportkit-*.dist-info/RECORD")
    record.chmod(0o640)
    fresh.run("-m", "backportkit", "activate", umask=umask)
    assert [stat.S_IMODE(path.stat().st_mode) for path in fresh.files] == [0o644] * 3
    assert stat.S_IMODE(record.stat().st_mode) == 0o640
    assert fresh.lines("-c", "import victim; print(victim.f())") == ["new"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_activating_again_mends_modes_and_follows_no_link(fresh, tmp_path):
    """`activate` replaces a file of ours that somebody has made writable, or a link to another file."""
    fresh.lines("-m", "backportkit", "activate")
    pth, start, _ = fresh.files
    pth.chmod(0o666)
    start.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs", "utf-8")
    start.symlink_to(elsewhere)
    fresh.lines("-m", "backportkit", "activate")
    assert [stat.S_IMODE(path.lstat().st_mode) for path in fresh.files] == [0o644] * 3
    assert elsewhere.read_text("utf-8") == "theirs"
    assert sorted(path.name for path in fresh.site.glob("*backportkit.*")) == sorted(path.name for path in fresh.files)


def run(folder, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "backportkit", "run", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture
def tools(tmp_path):
    """A folder for the PATH with a command called `tool`, and a working directory with a folder of that name."""
    commands, folder = tmp_path / "commands", tmp_path / "work"
    (folder / "tool").mkdir(parents=True)
    (folder / "tool" / "__main__.py").write_text("print('folder')", "utf-8")
    commands.mkdir()
    (commands / "tool").write_text("#!/bin/sh\necho command\n", "utf-8")
    (commands / "tool").chmod(0o755)
    return folder, os.environ | {"PATH": str(commands)}


@pytest.mark.parametrize(("program", "printed"), [("tool", "command"), ("./tool", "folder"), ("tool/", "folder")])
def test_name_is_the_command_and_a_path_is_the_folder(tools, program, printed):
    """A folder that lies about in the working directory does not take the place of a command."""
    folder, env = tools
    assert run(folder, program, env=env).stdout.strip() == printed


def test_folder_runs_by_its_name_where_no_command_has_it(tools):
    """`backportkit run NAME` runs a folder of that name where no command has the name."""
    folder, env = tools
    assert run(folder, "tool", env=env | {"PATH": ""}).stdout.strip() == "folder"


CHANGE_DIRECTORY = """
import os, sys
os.chdir(sys.argv[1])
import victim
print(victim.f())
import subprocess
print(subprocess.run([sys.executable, "-c", "import victim; print(victim.f())"], capture_output=True, text=True).stdout)
"""


def settings(folder, patch):
    (folder / "settings.toml").write_text(f"[tool.backportkit]\ndisable = [{patch!r}]\n", "utf-8")


def test_settings_file_is_relative_to_where_the_program_starts(prepared, tmp_path):
    """A program that changes its directory, and its children there, heed the file that was named at its start."""
    start, later = tmp_path / "start", tmp_path / "later"
    for folder, patch in ((start, "provider-0"), (later, "provider-1")):
        folder.mkdir()
        settings(folder, patch)
    env = os.environ | {"BACKPORTKIT_CONFIG": "settings.toml"}
    command = [prepared.python, "-c", CHANGE_DIRECTORY, str(later)]
    done = subprocess.run(command, cwd=start, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["old", "old"], "")


def test_settings_file_of_apply_all_holds_for_children(provided):
    """`apply_all()` makes the name of the settings file absolute for processes that inherit the environment."""
    settings(provided.folder, "victim-1")
    script = """
        import os, backportkit
        backportkit.apply_all()
        print(os.path.isabs(os.environ["BACKPORTKIT_CONFIG"]))
        os.chdir("/")
        import victim
        print(victim.f())
    """
    assert provided.run(script, env={"BACKPORTKIT_CONFIG": "settings.toml"}) == ["True", "old"]


def test_settings_file_is_not_touched_where_the_environment_is_ignored(provided):
    """Under `python -E` the variable is not heeded, so it is left as it is."""
    script = "import os, backportkit; backportkit.apply_all(); print(os.environ['BACKPORTKIT_CONFIG'])"
    assert provided.run(script, env={"BACKPORTKIT_CONFIG": "settings.toml"}, flags=["-E"]) == ["settings.toml"]
