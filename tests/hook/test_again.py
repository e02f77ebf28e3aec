"""A module that is loaded again, or put aside, or that puts something else in its place."""

from __future__ import annotations


def test_reload_calls_back_again_and_keeps_the_module(world, run):
    world.write("pkg/victim.py", "X = 1\n")
    run("""
        watch("pkg.victim")
        import pkg.victim as victim
        del victim.patched
        assert importlib.reload(victim) is victim and victim.patched
        assert calls == ["pkg.victim"] * 2 and set(vars(victim.__loader__)) == {"name", "path"}
        assert type(victim.__spec__) is type(sys.__spec__) and victim.__spec__.loader is victim.__loader__
    """)


def test_half_reloaded_module_is_under_way(world, run):
    world.write("victim.py", "import __main__; __main__.look()\n")
    run("""
        seen = []
        look = lambda: seen.append(finder.loaded_module("victim"))
        watch("victim")
        import victim
        importlib.reload(victim)
        assert seen == [None, None] and finder.loaded_module("victim") is victim and calls == ["victim"] * 2
    """)


def test_reload_of_a_module_that_was_loaded_before_the_watch_calls_back(world, run):
    world.write("victim.py", "")
    run("""
        import victim
        watch("victim")
        assert finder.loaded_module("victim") is victim and calls == []
        importlib.reload(victim)
        assert calls == ["victim"]
    """)


def test_module_that_moved_is_found_at_its_new_place_by_reload(world, run):
    world.write("one/victim.py", "X = 1\n")
    world.write("two/victim.py", "X = 2\n")
    run("""
        sys.path.insert(0, "one")
        watch("victim")
        import victim
        sys.path[0] = "two"
        victim.__spec__ = None
        importlib.reload(victim)
        assert victim.X == 2 and calls == ["victim"] * 2
    """)


def test_module_that_was_deleted_and_imported_afresh_is_patched(world, run):
    world.write("pkg/victim.py", "")
    run("""
        watch("pkg.victim")
        import pkg.victim
        first = sys.modules.pop("pkg.victim")
        import pkg.victim
        second = sys.modules["pkg.victim"]
        assert second is not first and second.patched and pkg.victim is second and calls == ["pkg.victim"] * 2
    """)


def test_deleted_module_is_not_kept_alive(world, run):
    world.write("pkg/victim.py", "class Big: pass\n")
    world.write("pkg/slow.py", "")
    (world.folder / "pkg" / "space").mkdir()
    run("""
        import gc, weakref
        finder.after_import(["pkg.victim", "pkg.slow", "pkg.space"], lambda name, module: None)
        finder.arm()
        gc.disable()
        for name in ("pkg.victim", "pkg.slow", "pkg.space"):
            importlib.util.find_spec(name)
            reference = weakref.ref(importlib.import_module(name))
            delattr(sys.modules["pkg"], sys.modules.pop(name).__name__.rpartition(".")[2])
            gc.collect()
            assert reference() is None, (name, gc.get_referrers(reference()))
    """)


def test_module_that_replaces_itself_is_patched_as_what_it_put_there(world, run):
    world.write(
        "pkg/victim.py",
        """
        import sys
        class Facade:
            __slots__ = ("patched",)
        sys.modules[__name__] = Facade()
    """,
    )
    run("""
        watch("pkg.victim")
        import pkg.victim
        assert pkg.victim.patched and type(pkg.victim).__name__ == "Facade" and calls == ["pkg.victim"]
        assert finder.loaded_module("pkg.victim") is pkg.victim is sys.modules["pkg.victim"]
    """)


def test_module_that_takes_itself_out_fails_as_it_does_without_us(world, run):
    world.write("victim.py", "import sys; del sys.modules[__name__]\n")
    run("""
        watch("victim")
        try:
            import victim
        except KeyError as error:
            assert error.args == ("victim",) and calls == []
    """)


def test_none_in_sys_modules_counts_as_absent_and_blocks_the_import(world, run):
    world.write("victim.py", "")
    run("""
        sys.modules["victim"] = None
        watch("victim")
        assert finder.loaded_module("victim") is None
        try:
            import victim
        except ModuleNotFoundError as error:
            assert "None in sys.modules" in str(error)
        else:
            raise AssertionError
        del sys.modules["victim"]
        import victim
        assert calls == ["victim"]
    """)


def test_module_without_a_spec_counts_as_loaded(run):
    run("""
        import types
        class Attributeless:
            __slots__ = ()
        sys.modules["victim"], sys.modules["other"] = types.ModuleType("victim"), Attributeless()
        watch("victim", "other", "__main__")
        assert finder.loaded_module("victim") is sys.modules["victim"] and sys.modules["victim"].__spec__ is None
        assert finder.loaded_module("other") is sys.modules["other"]
        assert finder.loaded_module("__main__") is sys.modules["__main__"]
    """)


def test_attributes_of_a_module_are_not_asked_for(world, run):
    world.write(
        "pkg/__init__.py",
        """
        import sys, types
        asked = []
        def __getattr__(name):
            asked.append(name)
            raise AttributeError(name)
        class Recording(types.ModuleType):
            def __getattribute__(self, name):
                if name not in ("__path__", "__spec__", "asked"):
                    asked.append(name)
                return super().__getattribute__(name)
        sys.modules[__name__].__class__ = Recording
    """,
    )
    world.write("pkg/victim.py", "")
    run("""
        finder.after_import(["pkg", "pkg.victim"], lambda name, module: calls.append(name))
        finder.arm()
        import pkg
        assert finder.loaded_module("pkg") is pkg
        pkg.asked.clear()
        import pkg.victim
        assert finder.loaded_module("pkg.victim") is sys.modules["pkg.victim"] and calls == ["pkg", "pkg.victim"]
        assert pkg.asked == [], pkg.asked
    """)


def test_unwatched_name_is_left_alone_and_can_be_watched_again(world, run):
    world.write("victim.py", "")
    run("""
        from importlib.machinery import SourceFileLoader
        watch("victim")
        finder.forget(["victim", "never watched"])
        spec = importlib.util.find_spec("victim")
        assert set(vars(spec.loader)) == {"name", "path"}
        import victim
        assert calls == [] and not hasattr(victim, "patched")
        watch("victim")
        importlib.reload(victim)
        assert calls == ["victim"]
    """)


def test_watch_taken_back_between_finding_and_loading_is_not_called(world, run):
    world.write("victim.py", "import __main__; __main__.finder.forget([__name__])\n")
    run("""
        watch("victim")
        import victim
        assert calls == []
    """)


def test_callback_may_register_another_one_for_the_same_module(world, run):
    world.write("victim.py", "")
    run("""
        def first(name, module):
            calls.append("first")
            finder.after_import(["victim", "other"], lambda name, module: calls.append("second"))
        finder.after_import(["victim"], first)
        finder.arm()
        import victim
        importlib.reload(victim)
        assert calls == ["first", "second"]
    """)


def test_announcement_before_the_body_comes_before_it(world, run):
    world.write("victim.py", "import __main__; __main__.calls.append('body')\n")
    (world.folder / "space").mkdir()
    run("""
        finder.before_import(["victim", "space"], lambda name: calls.append("before " + name))
        finder.arm()
        import victim, space
        importlib.reload(victim)
        assert calls == ["before victim", "body", "before space", "before victim", "body"], calls
    """)
