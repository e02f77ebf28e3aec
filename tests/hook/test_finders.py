"""Other people's finders: in front of ours, behind it, asking back; and the hook lost and found."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CLAIMING = """
from importlib.machinery import PathFinder
class Claiming:
    asked = 0
    def find_spec(self, name, path=None, target=None):
        Claiming.asked += name == "victim"
        return PathFinder.find_spec(name, path, target)
"""


def test_finder_that_goes_in_front_is_asked_behind_us_from_the_next_import_on(world, run):
    world.write("victim.py", "")
    run(
        CLAIMING
        + """
watch("victim")
first, second = Claiming(), Claiming()
sys.meta_path[:0] = [first, second]
importlib.util.find_spec("absent altogether")
assert sys.meta_path[0] is finder._finder and sys.meta_path[1:3] == [first, second]
assert sum(one is finder._finder for one in sys.meta_path) == 1
import victim
assert calls == ["victim"] and victim.patched and Claiming.asked == 1
"""
    )


def test_target_that_a_finder_in_front_hands_out_at_once_is_found_loaded_by_the_next_look(world, run):
    world.write("victim.py", "")
    run(
        CLAIMING
        + """
watch("victim")
sys.meta_path.insert(0, Claiming())
import victim
assert calls == [] and finder.loaded_module("victim") is victim
assert finder.is_armed() and not finder.arm() and sys.meta_path[0] is finder._finder
importlib.reload(victim)
assert calls == ["victim"]
"""
    )


@pytest.mark.parametrize("position", [0, None])
def test_finder_that_asks_the_whole_import_system_is_not_asked_for_ever(world, run, position):
    world.write("victim.py", "")
    run(f"""
        class Asking:
            busy = False
            def find_spec(self, name, path=None, target=None):
                if self.busy:
                    return None
                self.busy = True
                try:
                    return importlib.util.find_spec(name)
                finally:
                    self.busy = False
        class Walking:
            def find_spec(self, name, path=None, target=None):
                found = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
                return next(filter(None, found), None)
        watch("victim")
        for kind in (Asking, Walking):
            position = {position}
            sys.meta_path.insert(len(sys.meta_path) if position is None else position, kind())
            importlib.util.find_spec("absent altogether")
            import victim
            assert calls.pop() == "victim" and not calls and victim.patched
            assert set(vars(victim.__loader__)) == {{"name", "path"}}
            del sys.modules["victim"]
    """)


def test_finder_that_puts_its_own_method_on_the_loader_it_finds_goes_with_ours(world, run):
    world.write("victim.py", "")
    world.write("other.py", "")
    run("""
        class Patching:
            busy = False
            def find_spec(self, name, path=None, target=None):
                if self.busy or name != "victim":
                    return None
                self.busy = True
                spec = importlib.util.find_spec(name)
                self.busy = False
                execute = spec.loader.exec_module
                def exec_module(module):
                    execute(module)
                    calls.append("theirs")
                spec.loader.exec_module = exec_module
                return spec
        watch("victim")
        sys.meta_path.insert(0, Patching())
        import victim, other
        assert sorted(calls) == ["theirs", "victim"] and victim.patched and not hasattr(other, "patched"), calls
        del sys.modules["victim"], calls[:]
        import victim
        assert sorted(calls) == ["theirs", "victim"] and victim.patched, calls
    """)


def test_hook_that_was_taken_out_is_noticed_and_armed_again(world, run):
    world.write("victim.py", "")
    run("""
        watch("victim")
        assert finder.is_armed() and not finder.arm()
        finders = sys.meta_path[1:]
        sys.meta_path.clear()
        assert not finder.is_armed() and finder._finder.find_spec("victim") is None and sys.meta_path == []
        sys.meta_path = finders
        assert finder._finder.find_spec("absent") is None and not finder.is_armed()
        import victim
        assert calls == []
        assert finder.arm() and finder.is_armed() and sys.meta_path[0] is finder._finder and not finder.arm()
        importlib.reload(victim)
        assert calls == ["victim"]
    """)


def test_hook_that_is_there_twice_is_put_in_order(run):
    run("""
        finder.arm()
        sys.meta_path[:] = [*sys.meta_path[1:], finder._finder, finder._finder]
        assert not finder.arm()
        assert [one is finder._finder for one in sys.meta_path][:3] == [True, False, False]
        assert sum(one is finder._finder for one in sys.meta_path) == 1
    """)


def test_sequence_other_than_a_list_in_sys_meta_path_breaks_nothing(world, run):
    world.write("victim.py", "")
    run("""
        watch("victim")
        class Idle:
            def find_spec(self, name, path=None, target=None): return None
        sys.meta_path = (Idle(), *sys.meta_path)
        import victim
        assert calls == ["victim"] and finder.is_armed() and sys.meta_path[0] is finder._finder
    """)


@pytest.mark.parametrize("declared", ["", "backportkit.register(dict(PATCH))"])
def test_list_of_finders_stays_the_one_it_is(world, declared):
    """`sys.meta_path` stays the same list object when the finder moves to the front, for those who hold or walk it."""
    world.provide("", "")
    world.write("other.py", "")
    world.run(f"""
        import backportkit
        PATCH = dict(id="v-1", summary="s", requires="victim<2", target="victim:f", how="add", value=1)
        {declared}
        class Idle:
            def find_spec(self, name, path=None, target=None): return None
        finders, idle = sys.meta_path, Idle()
        backportkit.apply_all()
        finders.insert(0, idle)
        import other, victim
        backportkit.apply_all()
        assert sys.meta_path is finders and finders[0] is not idle and idle in finders
    """)


def test_finder_that_keeps_its_specs_has_each_import_announced_once(world, run):
    """A finder may return the same spec at each question: the substitute loader in it calls back once per import."""
    world.write("victim.py", "")
    run("""
        from importlib.machinery import PathFinder
        class Keeping(dict):
            def __missing__(self, name):
                self[name] = PathFinder.find_spec(name)
                return self[name]
            def find_spec(self, name, path=None, target=None):
                return self[name] if name == "victim" else None
        sys.meta_path.insert(0, Keeping())
        watch("victim")
        assert len({id(importlib.util.find_spec("victim")) for _ in range(3)}) == 1
        import victim
        assert calls == ["victim"], calls
    """)


def test_finder_may_apply_patches_while_it_is_asked_for_the_target(world):
    """The import lock that is held is this thread's own: there is nobody to wait for."""
    world.provide("def f(): return 'old'\n", "")
    world.run("""
        import backportkit, time
        from importlib.machinery import PathFinder
        backportkit.register(dict(id="v-1", summary="s", requires="victim<2", target="victim:f", replacement=lambda: 1))
        backportkit.apply_all()
        took = []
        class Applying:
            def find_spec(self, name, path=None, target=None):
                if name == "victim":
                    start = time.monotonic()
                    backportkit.apply_all()
                    took.append(time.monotonic() - start)
        sys.meta_path.insert(1, Applying())
        import victim
        assert victim.f() == 1 and len(took) == 1 and took[0] < 0.8, took
    """)


def test_finder_changed_while_another_thread_walks_the_list_hides_nothing(run):
    run("""
        import threading
        sys.setswitchinterval(1e-6)
        finder.arm()
        class Idle:
            def find_spec(self, name, path=None, target=None): return None
        stop = False
        def disturb():
            while not stop:
                finder = Idle()
                sys.meta_path.insert(0, finder)
                sys.meta_path.remove(finder)
        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            for _ in range(2000):
                assert finder._finder in sys.meta_path
                finder.arm()
        finally:
            stop = True
            thread.join()
        names = [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path]
        assert names[0] == "Finder" and {names.count(name) for name in names} == {1} and "Idle" not in names, names
        assert {"BuiltinImporter", "FrozenImporter", "PathFinder"} < set(names)
    """)


def test_assertions_are_rewritten_by_pytest_in_a_watched_test_module(world):
    world.write(
        "conftest.py",
        """
        import sys
        from backportkit.hook import finder
        finder.after_import(["test_it", "helper"], lambda name, module: setattr(module, "patched", True))
        finder.arm()
    """,
    )
    world.write("helper.py", "def check(value): assert value == [1, 2]\n")
    world.write(
        "test_it.py",
        """
        import pytest
        pytest.register_assert_rewrite("helper")
        import helper
        def test_fails():
            assert patched and helper.patched
            assert type(__loader__).__name__ == type(helper.__loader__).__name__ == "AssertionRewritingHook"
            helper.check([1, 3])
    """,
    )
    for mode in ("prepend", "importlib"):
        options = ["-q", "-p", "no:cacheprovider", f"--import-mode={mode}"]
        command = [sys.executable, "-m", "pytest", *options, "test_it.py"]
        env = os.environ | {"PYTHONPATH": str(world.folder)}
        done = subprocess.run(command, cwd=world.folder, capture_output=True, text=True, check=False, env=env)
        assert "assert [1, 3] == [1, 2]" in done.stdout, done.stdout
        assert "At index 1 diff: 3 != 2" in done.stdout, done.stdout


def test_coverage_measures_a_watched_module_as_it_does_without_us(world):
    world.write("victim.py", "def f(x):\n    if x:\n        return 1\n    return 2\n")
    world.write(
        "measured.py",
        """
        import sys
        if "armed" in sys.argv:
            from backportkit.hook import finder
            finder.after_import(["victim"], lambda name, module: None)
            finder.arm()
        import victim
        victim.f(1)
    """,
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}

    def coverage(*arguments):
        command = [sys.executable, "-m", "coverage", *arguments]
        return subprocess.run(command, cwd=world.folder, capture_output=True, text=True, check=True, env=env).stdout

    reports = []
    for mode in ("armed", "bare"):
        coverage("run", "--branch", "--include=victim.py", "measured.py", mode)
        reports.append(coverage("report", "-m"))
    assert reports[0] == reports[1]
    assert "victim.py       4      1      2      1    67%   4" in reports[0]


def test_module_of_an_editable_install_is_patched(world, run):
    uv = pytest.importorskip("uv").find_uv_bin()
    project = world.folder / "project"
    world.write("project/lib/victim/__init__.py", "X = 1\n")
    world.write("project/lib/victim/sub.py", "X = 2\n")
    (project / "pyproject.toml").write_text(
        textwrap.dedent("""
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "victim"
        version = "1.0"
        [tool.setuptools]
        packages = ["victim"]
        package-dir = {victim = "lib/victim"}
    """)
    )
    site = world.folder / "site"
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*command, "--target", site, "-e", project], check=True, capture_output=True)
    assert list(Path(site).glob("__editable___victim_*_finder.py")), list(Path(site).iterdir())
    run(f"""
        import site
        watch("victim", "victim.sub")
        site.addsitedir({str(site)!r})
        assert importlib.util.find_spec("victim.sub") is not None and calls == ["victim"]
        import victim.sub
        assert calls == ["victim", "victim.sub"] and victim.patched and victim.sub.patched
        assert "lib" in victim.__file__
    """)
