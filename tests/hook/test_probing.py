"""Asking where a module is, or making a private copy of it, changes nothing and consumes nothing."""

from __future__ import annotations


def test_probe_does_not_consume_the_watch(world, run):
    world.write("pkg/victim.py", "X = 1\n")
    lines = run("""
        watch("pkg.victim")
        for _ in range(3):
            assert importlib.util.find_spec("pkg.victim") is not None
        print(calls)
        import pkg.victim
        print(calls, pkg.victim.patched)
    """)
    assert lines == ["[]", "['pkg.victim'] True"]


def test_probed_spec_equals_a_second_one_and_the_one_found_without_us(world, run):
    world.write("victim.py", "")
    run("""
        bare = importlib.util.find_spec("victim")
        watch("victim")
        one, two = importlib.util.find_spec("victim"), importlib.util.find_spec("victim")
        assert one == two == bare and bare == one, (one, two, bare)
        assert one.loader == two.loader == bare.loader and bare.loader == one.loader
        assert not vars(one.loader) != vars(bare.loader) and vars(one.loader) != {}
        assert not one.loader != bare.loader and hash(one.loader) == hash(bare.loader)
        import victim
        assert victim.__spec__ == one and one == victim.__spec__
    """)


def test_probed_loader_is_of_the_real_type_and_answers_as_the_real_one(world, run):
    world.write("pkg/__init__.py", "X = 1\n")
    world.write("pkg/data.txt", "some data")
    run("""
        import inspect, pkgutil
        from importlib.machinery import SourceFileLoader
        bare = importlib.util.find_spec("pkg").loader
        watch("pkg")
        loader = importlib.util.find_spec("pkg").loader
        assert type(loader) is loader.__class__ is SourceFileLoader
        assert repr(loader).partition(" at ")[0] == repr(bare).partition(" at ")[0]
        assert loader.get_code("pkg") == bare.get_code("pkg")
        assert loader.get_source("pkg") == inspect.cleandoc("X = 1") + chr(10)
        assert loader.get_filename("pkg") == bare.path == loader.path
        assert loader.is_package("pkg") and loader.name == "pkg"
        assert loader.get_data(bare.path.replace("__init__.py", "data.txt")) == b"some data"
        assert loader.get_resource_reader("pkg").contents is not None
        assert pkgutil.get_data("pkg", "data.txt") == b"some data"
        assert pkgutil.find_loader("pkg") == bare if sys.version_info < (3, 12) else True
    """)


def test_probed_loader_and_spec_pickle_and_copy_as_the_real_ones(world, run):
    world.write("victim.py", "")
    (world.folder / "space").mkdir()
    run("""
        import copy, pickle
        watch("victim", "space")
        spec = importlib.util.find_spec("victim")
        for clone in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec)):
            assert clone == spec and type(clone.loader).__name__ == "SourceFileLoader"
        assert set(vars(pickle.loads(pickle.dumps(spec.loader)))) == {"name", "path"}
        assert b"backportkit" not in pickle.dumps(spec)
        spec.loader = copy.copy(spec.loader)
        module = sys.modules["victim"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert calls == ["victim"] and set(vars(module.__loader__)) == set(vars(spec.loader)) == {"name", "path"}
        space = importlib.util.find_spec("space")
        space.submodule_search_locations = list(space.submodule_search_locations)
        assert pickle.loads(pickle.dumps(space)) == space == copy.copy(space)
        assert b"backportkit" not in pickle.dumps(space)
    """)


def test_module_sees_its_real_loader_while_it_runs_and_afterwards(world, run):
    world.write("victim.py", "seen = [__loader__, __spec__.loader, dict(vars(__loader__))]\n")
    run("""
        from importlib.machinery import SourceFileLoader
        watch("victim")
        import victim
        for loader in (*victim.seen[:2], victim.__loader__, victim.__spec__.loader):
            assert type(loader) is SourceFileLoader and set(vars(loader)) == {"name", "path"}, vars(loader)
        assert type(victim.__spec__) is type(sys.__spec__)
        assert set(victim.seen[2]) == {"name", "path"}
    """)


def test_private_copy_is_left_as_it_is_and_consumes_nothing(world, run):
    world.write("victim.py", "")
    lines = run("""
        watch("victim")
        spec = importlib.util.find_spec("victim")
        copy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(copy)
        print(calls, hasattr(copy, "patched"), "victim" in sys.modules, set(vars(copy.__loader__)) == {"name", "path"})
        again = importlib.util.find_spec("victim")
        import victim
        copy = importlib.util.module_from_spec(again)
        again.loader.exec_module(copy)
        print(calls, victim.patched, victim is copy, hasattr(copy, "patched"))
    """)
    assert lines == ["[] False False True", "['victim'] True False False"]


def test_import_by_hand_as_the_manual_of_importlib_shows_is_patched(world, run):
    world.write("victim.py", "")
    run("""
        watch("victim")
        spec = importlib.util.find_spec("victim")
        module = importlib.util.module_from_spec(spec)
        sys.modules["victim"] = module
        spec.loader.exec_module(module)
        assert calls == ["victim"] and module.patched
    """)


def test_module_whose_code_a_tool_executed_itself_counts_as_loaded(world, run):
    world.write("victim.py", "X = 1\n")
    run("""
        watch("victim")
        spec = importlib.util.find_spec("victim")
        module = sys.modules["victim"] = importlib.util.module_from_spec(spec)
        exec(spec.loader.get_code("victim"), vars(module))
        assert calls == [] and finder.loaded_module("victim") is module
    """)


def test_resources_of_a_watched_package_are_found(world, run):
    world.write("pkg/__init__.py", "")
    world.write("pkg/data.txt", "some data")
    run("""
        import importlib.resources, pkgutil
        watch("pkg")
        assert pkgutil.get_data("pkg", "data.txt") == b"some data"
        assert importlib.resources.files("pkg").joinpath("data.txt").read_text() == "some data"
        assert calls == ["pkg"]
    """)


def test_importing_nothing_is_what_watching_does(world, run):
    world.write("pkg/__init__.py", "raise SystemExit('imported')\n")
    run("""
        watch("pkg.sub.victim", "absent.altogether")
        assert finder.loaded_module("pkg.sub.victim") is None
        assert not {"pkg", "pkg.sub", "absent"} & set(sys.modules)
    """)


def test_module_that_nobody_watches_can_be_asked_for(world, run):
    """A module that nobody watches is told to be loaded or not, and no call back follows."""
    world.write("victim.py", "")
    run("""
        finder.arm()
        assert finder.loaded_module("victim") is None
        import victim
        assert finder.loaded_module("victim") is victim and finder.missed() == [] == calls
    """)


def test_absent_module_stays_absent(world, run):
    world.write("pkg/__init__.py", "")
    run("""
        watch("absent", "pkg.absent")
        assert importlib.util.find_spec("absent") is None is importlib.util.find_spec("pkg.absent")
        for name in ("absent", "pkg.absent"):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                assert error.name == name
            else:
                raise AssertionError(name)
        assert calls == []
    """)


def test_spec_that_somebody_else_has_found_is_replaced_only_where_somebody_watches(world, run):
    world.write("victim.py", "")
    lines = run("""
        spec = importlib.util.find_spec("victim")
        bare = spec.loader
        finder.track_import(spec)
        print(spec.loader is bare)
        finder.after_import(["victim"], note)
        finder.forget(["victim"])
        finder.track_import(spec)
        print(spec.loader is bare)
        finder.after_import(["victim"], note)
        finder.track_import(spec)
        print(spec.loader is bare)
        importlib._bootstrap._load(spec)
        print(calls)
    """)
    assert lines == ["True", "True", "False", "['victim']"]
