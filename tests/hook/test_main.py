"""A watched module run as a program, and interpreters started with -I, -S and -E."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import backportkit

FOLDER = str(Path(backportkit.__file__).parent.parent)


def test_watched_module_run_by_runpy_is_what_it_is_without_us(world, run):
    world.write("pkg/victim.py", "X = [__name__, __spec__.name, __package__, type(__loader__).__name__]\n")
    world.write("pkg/__main__.py", "X = [__name__, __spec__.name]\n")
    run("""
        import runpy
        def look(name):
            space = runpy.run_module(name)
            return space["X"], space["__name__"], space["__loader__"], space["__spec__"], space["__file__"]
        bare = look("pkg.victim"), look("pkg")
        watch("pkg", "pkg.victim", "pkg.__main__")
        assert (look("pkg.victim"), look("pkg")) == bare
        assert calls == []
        assert type(look("pkg")[2]).__name__ == "SourceFileLoader" and repr(look("pkg")[2]).startswith("<_frozen")
    """)


def test_watched_module_started_with_dash_m_runs_and_is_not_reported(world):
    world.write(
        "sitecustomize.py",
        """
        import sys
        from backportkit.hook import finder
        def loaded(name, module): print("loaded", name)
        finder.after_import(["pkg", "pkg.victim"], loaded)
        finder.arm()
    """,
    )
    world.write(
        "pkg/victim.py", "print(__name__, __spec__.name, type(__spec__.loader).__name__, type(__loader__).__name__)\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(world.folder), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-m", "pkg.victim"], cwd=world.folder, env=env, capture_output=True, text=True, check=False
    )
    lines = ["loaded pkg", "__main__ pkg.victim SourceFileLoader SourceFileLoader"]
    assert (done.stdout.splitlines(), done.stderr) == (lines, "")


@pytest.mark.parametrize("flag", ["-I", "-S", "-E", "-O", "-Xfrozen_modules=off", "-Wdefault"])
def test_hook_works_in_an_interpreter_started_with(world, flag):
    world.write("victim.py", "")
    code = f"""
import sys; sys.path[:0] = [{str(world.folder)!r}, {FOLDER!r}]
from backportkit.hook import finder
finder.after_import(["victim"], lambda name, module: setattr(module, "patched", True))
finder.arm()
import victim
assert victim.patched is True or sys.exit(1)
"""
    done = subprocess.run([sys.executable, flag, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_hook_imports_nothing_that_an_interpreter_does_not_have_already():
    code = f"""
import sys; sys.path.insert(0, {FOLDER!r})
import __future__, os  # which site has imported
before = set(sys.modules)
from backportkit.hook import finder
finder.arm()
print(sorted(set(sys.modules) - before - set(sys.builtin_module_names)))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    rooms = ("bootstrap", "hook", "hook.finder", "hook.lazy_imports", "hook.loader", "hook.spec", "hook.watch")
    assert done.stdout.strip() == str(["backportkit", *(f"backportkit.{room}" for room in rooms)])
