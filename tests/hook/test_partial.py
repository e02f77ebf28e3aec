"""Modules that are under way when the watch comes: circular imports, and imports of other threads."""

from __future__ import annotations

ARM = "import __main__; __main__.arm()\nX = 1\n"

PRELUDE = """
loaded = []
def arm():
    watch("victim", "pkg", "pkg.victim", "space")
    loaded.extend(name for name in ("victim", "pkg", "pkg.victim") if finder.loaded_module(name))
"""


def test_watch_in_the_middle_of_an_import_is_told_at_its_end(world, run):
    world.write("victim.py", ARM)
    run(
        PRELUDE
        + """
import victim
assert (calls, loaded) == (["victim"], []) and victim.patched and victim.X == 1
assert finder.loaded_module("victim") is victim and type(victim.__spec__) is type(sys.__spec__)
importlib.reload(victim)
assert calls == ["victim"] * 2
"""
    )


def test_circular_import_is_told_of_each_module_at_its_own_end(world, run):
    world.write("pkg/__init__.py", "from pkg import victim\nX = 1\n")
    world.write("pkg/victim.py", "import pkg\n" + ARM)
    run(
        PRELUDE
        + """
import pkg
assert (calls, loaded) == (["pkg.victim", "pkg"], []) and pkg.patched and pkg.victim.patched
"""
    )


def test_end_of_an_import_that_was_watched_all_along_is_told_once(world, run):
    world.write("victim.py", ARM)
    run(
        PRELUDE
        + """
watch("victim")
import victim
assert (calls, loaded) == (["victim"], [])
"""
    )


def test_import_that_fails_after_the_watch_is_not_reported_and_can_be_retried(world, run):
    world.write("victim.py", ARM + "import sys\nif not hasattr(sys, 'again'): raise LookupError\n")
    run(
        PRELUDE
        + """
try:
    import victim
except LookupError:
    assert calls == [] and "victim" not in sys.modules
sys.again = True
import victim
assert calls == ["victim"] and loaded == []
"""
    )


def test_callback_that_fails_at_the_end_of_an_import_under_way_makes_it_fail(world, run):
    world.write("pkg/__init__.py", "")
    world.write("pkg/victim.py", ARM)
    run("""
        def arm():
            def refuse(name, module):
                raise LookupError(name)
            finder.after_import(["pkg.victim"], refuse)
            finder.arm()
            assert finder.loaded_module("pkg.victim") is None
        import pkg
        try:
            import pkg.victim
        except LookupError:
            assert "pkg.victim" not in sys.modules and not hasattr(pkg, "victim")
        else:
            raise AssertionError
    """)


def test_import_under_way_in_another_thread_is_told_at_its_end(world, run):
    world.write("victim.py", "import __main__; __main__.begun.set(); __main__.go_on.wait(20)\nX = 1\n")
    run(
        PRELUDE
        + """
import threading
begun, go_on = threading.Event(), threading.Event()
thread = threading.Thread(target=importlib.import_module, args=["victim"])
thread.start()
begun.wait(20)
arm()
go_on.set()
import victim
assert victim.patched and (calls, loaded) == (["victim"], [])
thread.join()
"""
    )


def test_importer_that_waits_for_an_import_under_way_gets_a_patched_module(world, run):
    world.write("victim.py", "import __main__; __main__.begun.set(); __main__.go_on.wait(20)\nX = 1\n")
    run("""
        import threading, time
        begun, go_on = threading.Event(), threading.Event()
        def slowly(name, module):
            time.sleep(0.1)
            module.patched = True
        threads = [threading.Thread(target=importlib.import_module, args=["victim"])]
        def use():
            import victim
            calls.append(hasattr(victim, "patched"))
        threads += [threading.Thread(target=use) for _ in range(8)]
        threads[0].start()
        begun.wait(20)
        finder.after_import(["victim"], slowly)
        finder.arm()
        assert finder.loaded_module("victim") is None
        for thread in threads[1:]: thread.start()
        go_on.set()
        for thread in threads: thread.join()
        assert calls == [True] * 8, calls
    """)


def test_import_between_its_finder_and_its_entry_in_sys_modules_is_waited_for(run):
    run("""
        import threading
        from importlib.machinery import ModuleSpec
        asked, go_on = threading.Event(), threading.Event()
        class Slow:
            def find_spec(self, name, path=None, target=None):
                if name == "victim":
                    asked.set()
                    go_on.wait(20)
                    return ModuleSpec(name, self)
            def create_module(self, spec): pass
            def exec_module(self, module): module.ran = True
        sys.meta_path.insert(0, Slow())
        finder.arm()
        thread = threading.Thread(target=importlib.import_module, args=["victim"])
        thread.start()
        asked.wait(20)
        watch("victim")
        timer = threading.Timer(0.05, go_on.set)
        timer.start()
        module = finder.loaded_module("victim")
        thread.join()
        assert sys.modules["victim"].ran
        assert calls == ["victim"] or module is sys.modules["victim"], (calls, module)
    """)


def test_wait_for_another_threads_import_has_an_end(world, run):
    world.write(
        "pkg/__init__.py",
        """
        import __main__, threading
        thread = threading.Thread(target=__main__.arm)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    """,
    )
    world.write("pkg/victim.py", "")
    run("""
        finder._IN_FLIGHT_LIMIT = 0.05
        def arm():
            watch("pkg.victim")
            assert finder.loaded_module("pkg.victim") is None
        import pkg.victim
        assert calls == ["pkg.victim"] and pkg.victim.patched
    """)


def test_spec_of_a_foreign_class_cannot_be_told_the_end_but_is_never_taken_for_loaded(world, run):
    world.write("victim.py", "import __main__; __main__.look()\n")
    run("""
        from importlib.machinery import ModuleSpec, PathFinder
        class Spec(ModuleSpec):
            pass
        class Finder:
            def find_spec(self, name, path=None, target=None):
                if name == "victim":
                    spec = Spec(name, PathFinder.find_spec(name).loader)
                    return spec
        sys.meta_path.insert(0, Finder())
        def look():
            watch("victim")
            calls.append(finder.loaded_module("victim"))
        import victim
        assert calls == [None] and finder.loaded_module("victim") is victim
    """)


def test_import_that_ends_while_one_looks_counts_as_loaded_and_keeps_no_trace(run):
    run("""
        from importlib.machinery import ModuleSpec
        import types
        class Ending(dict):
            def get(self, name, default=None):
                return super().get(name, default) if name != "_initializing" else False
        class Foreign(ModuleSpec):
            looks = iter([True, False])
            _initializing = property(lambda self: next(self.looks))
        ending = ModuleSpec("victim", None)
        ending.__dict__ = Ending(vars(ending), _initializing=True)
        for spec in (ending, Foreign("victim", None)):
            module = sys.modules["victim"] = types.ModuleType("victim")
            kind, module.__spec__ = type(spec), spec
            watch("victim")
            assert finder.loaded_module("victim") is module and type(spec) is kind
    """)


def test_importer_that_comes_while_the_callback_runs_waits_for_it(world, run):
    world.write("victim.py", "import __main__; __main__.begin()\n")
    (world.folder / "space").mkdir()
    run("""
        import threading
        threads = []
        def use(name):
            calls.append(hasattr(__import__(name), "patched"))
        def slowly(name, module):
            threads.append(threading.Thread(target=use, args=[name]))
            threads[-1].start()
            threads[-1].join(0.1)
            module.patched = True
        def begin():
            finder.after_import(["victim", "space"], slowly)
            finder.arm()
            assert finder.loaded_module("victim") is None
        import victim, space
        for thread in threads: thread.join(20)
        assert calls == [True, True], calls
    """)
