"""`backportkit run`: the program and its children are patched, and are otherwise what they are without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backportkit.cli import run

USE = "import victim; print(victim.f())"


def patched(world, *arguments, env=None, **options):
    """Run `backportkit run ARGUMENTS` where the victim and its provider are installed by PYTHONPATH."""
    return subprocess.run(
        [sys.executable, "-m", "backportkit", "run", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=world.folder,
        env=os.environ | {"PYTHONPATH": str(world.folder)} | (env or {}),
        **options,
    )


def out(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def test_program_and_its_children_of_every_kind_are_patched_without_a_word_about_it(provided, program, kinds):
    script = str(provided.write("program.py", program))
    lines = out(patched(provided, script, "one", "--two", "-m"))
    assert lines == [*(f"{kind} new" for kind in kinds), "here new ['one', '--two', '-m']"]
    assert "backportkit" not in program


def test_module_code_folder_archive_command_and_stdin_can_be_run(provided):
    provided.write("module.py", USE + "; import sys; print(sys.argv[1:], __name__)")
    (provided.folder / "folder").mkdir()
    (provided.folder / "folder" / "__main__.py").write_text(USE, "utf-8")
    with zipfile.ZipFile(provided.folder / "archive.pyz", "w") as archive:
        archive.writestr("__main__.py", USE)
    assert out(patched(provided, "-m", "module", "-x", "--help")) == ["new", "['-x', '--help'] __main__"]
    assert out(patched(provided, "-c", USE)) == ["new"]
    assert out(patched(provided, "folder")) == ["new"]
    assert out(patched(provided, "archive.pyz")) == ["new"]
    assert out(patched(provided, "python", "-", input=USE)) == ["new"]


def test_command_is_looked_for_beside_the_interpreter_and_then_on_the_path(monkeypatch, tmp_path):
    for name in ("python", "tool"):
        (tmp_path / name).write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.command_for(["python", "x"]) == [str(Path(sys.executable).parent / "python"), "x"]
    assert run.command_for(["tool", "x"]) == [str(tmp_path / "tool"), "x"]
    assert run.command_for(["no-such-tool"]) is None


def test_program_that_is_not_there_exits_as_in_a_shell(provided):
    done = patched(provided, "no-such-program", "x")
    assert (done.returncode, done.stderr) == (127, "backportkit: no such program: no-such-program\n")


def test_exit_code_and_death_by_a_signal_are_the_programs(provided):
    assert patched(provided, "-c", "raise SystemExit(7)").returncode == 7
    assert patched(provided, "-c", "import os; os.kill(os.getpid(), 9)").returncode == -signal.SIGKILL


def test_signal_reaches_the_program_itself_since_it_is_the_same_process(provided):
    # Many short naps: a signal that comes just before one is handled after it.
    code = "import signal, sys, time; signal.signal(15, lambda *a: sys.exit(3)); print('up', flush=True)\n"
    code += "for _ in range(600): time.sleep(0.1)"
    command = [sys.executable, "-m", "backportkit", "run", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=provided.folder) as process:
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(30) == 3


def test_command_line_leaves_no_library_in_the_program_nor_loads_any_on_the_way(provided):
    code = "import sys; print({'typer', 'rich', 'pydantic', 'packaging', 'click'} & set(sys.modules))"
    assert out(patched(provided, "-c", code)) == ["set()"]
    traced = patched(provided, "-c", "", env={"PYTHONPROFILEIMPORTTIME": "1"}).stderr
    assert "backportkit.cli.run" in traced
    assert "typer" not in traced
    assert "pydantic" not in traced


def test_running_within_a_run_changes_nothing_more(provided):
    code = f"{USE}; import os; print(os.environ['PYTHONPATH'].count('run_site'), sum(type(f).__name__ == 'Finder' for f in __import__('sys').meta_path))"  # fmt: skip # noqa: E501
    assert out(patched(provided, "backportkit", "run", "-c", code)) == ["new", "1 1"]


def test_pythonpath_stays_what_it_is_behind_ours():
    site = run.environment_for({})["PYTHONPATH"]
    assert Path(site, "sitecustomize.py").is_file()
    assert run.environment_for({"A": "1", "PYTHONPATH": ""}) == {"A": "1", "PYTHONPATH": site}
    path = os.pathsep.join([site, "a", "", "b", site])
    assert run.environment_for({"PYTHONPATH": path})["PYTHONPATH"] == os.pathsep.join([site, "a", "", "b"])


@pytest.mark.parametrize("form", ["module", "package", "failing", "ours of another installation"])
def test_sitecustomize_of_the_program_is_run_as_ever(provided, form):
    own = "import sys, victim; print('own', __name__, sys.modules[__name__].__file__ == __file__, victim.f())\n"
    folder = provided.folder / "own"
    folder.mkdir()
    if form == "package":
        (folder / "sitecustomize").mkdir()
        (folder / "sitecustomize" / "__init__.py").write_text(own, "utf-8")
    else:
        (folder / "sitecustomize.py").write_text(own + ("raise OSError('own')\n" if form == "failing" else ""), "utf-8")
    path = [str(folder), str(provided.folder)]
    if form == "ours of another installation":
        (provided.folder / "theirs").mkdir()
        ours = Path(run.environment_for({})["PYTHONPATH"], "sitecustomize.py").read_text("utf-8")
        (provided.folder / "theirs" / "sitecustomize.py").write_text(ours, "utf-8")
        path.insert(0, str(provided.folder / "theirs"))
    code = "import sitecustomize; print('program', 'own' in sitecustomize.__file__)" if form != "failing" else USE
    done = patched(provided, "-c", code, env={"PYTHONPATH": os.pathsep.join(path)})
    first = ["new", "new"] if form.startswith("ours") else ["old", "new"]
    last = "new" if form == "failing" else "program True"
    # The process of the command line runs it first, unpatched as it is.
    assert done.stdout.splitlines() == [f"own sitecustomize True {value}" for value in first] + [last]
    assert ("OSError: own" in done.stderr) == (form == "failing")


def test_python_of_another_environment_starts_as_ever(provided):
    site = run.environment_for({})["PYTHONPATH"]
    bare = [
        sys.executable,
        "-S",
        "-c",
        "import sitecustomize, sys; print(sorted(m for m in sys.modules if 'back' in m))",
    ]
    done = subprocess.run(bare, capture_output=True, text=True, check=True, env={"PYTHONPATH": site}, cwd=site)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_broken_installation_of_backportkit_is_said(provided):
    provided.write("broken/backportkit/__init__.py", "")
    provided.write("broken/backportkit/startup.py", "import no_such_module\n")
    site = run.environment_for({})["PYTHONPATH"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([site, str(provided.folder / "broken")])}
    done = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True, check=True, env=env)
    assert done.stdout == "1\n"
    assert "no_such_module" in done.stderr


CLOSED = {"-I": "old", "-E": "old", "-S": "old", "-O": "new"} | ({"-P": "new"} if sys.version_info >= (3, 11) else {})


@pytest.mark.parametrize(("flag", "value"), CLOSED.items())
def test_flags_that_close_an_interpreter_to_its_environment_close_it_to_the_patches(provided, flag, value):
    code = f"import sys; sys.path.insert(0, {str(provided.folder)!r}); {USE}"
    assert out(patched(provided, "python", flag, "-c", code)) == [value]


def test_off_switch_holds_in_the_program(provided):
    assert out(patched(provided, "-c", USE, env={"BACKPORTKIT_DISABLE": "other, all"})) == ["old"]
    assert out(patched(provided, "-c", USE, env={"BACKPORTKIT_DISABLE": "victim-1"})) == ["old"]


def test_program_runs_although_its_patches_cannot_be_armed(provided):
    """Here the target is imported by the start itself, before the patches are armed."""
    provided.write("own/sitecustomize.py", "")
    site = run.environment_for({})["PYTHONPATH"]
    (provided.folder / "zz.pth").write_text("import victim\n", "utf-8")
    provided.write("provider_patches.py", "raise OSError('broken')\n")
    code = f"import site; site.addsitedir({str(provided.folder)!r}); import backportkit.startup as s; s.activate(); s.activate(); print('ran')"  # fmt: skip # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=site)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.startswith("backportkit: ProviderError: the patches of 'provider' cannot be loaded")


def test_help_of_the_program_says_how_to_run():
    command = [sys.executable, "-m", "backportkit"]
    for arguments in (["run", "--help"], ["--help"]):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        assert "Run a program with the patches" in done.stdout
    assert subprocess.run([*command, "run"], capture_output=True, check=False).returncode == 2
