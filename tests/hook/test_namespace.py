"""Namespace packages: no loader runs anything, yet the watch is told and the import is never broken."""

from __future__ import annotations


def test_namespace_package_is_reported_when_it_is_imported(world, run):
    (world.folder / "one" / "space").mkdir(parents=True)
    (world.folder / "two" / "space").mkdir(parents=True)
    (world.folder / "two" / "space" / "victim.py").write_text("")
    run("""
        sys.path[:0] = ["one", "two"]
        bare = importlib.util.find_spec("space")
        watch("space", "space.victim")
        spec = importlib.util.find_spec("space")
        assert spec.loader is bare.loader
        assert list(spec.submodule_search_locations) == list(bare.submodule_search_locations)
        import space.victim
        assert calls == ["space", "space.victim"] and space.patched and space.victim.patched
        assert len(space.__path__) == 2 and type(space.__spec__) is type(sys.__spec__)
        assert finder.loaded_module("space") is space
        assert importlib.reload(space) is space and space.victim.patched
        assert type(space.__spec__) is type(sys.__spec__)
        sys.path.append("three")
        del sys.modules["space"]
        import space
        assert calls == ["space", "space.victim", "space"]
    """)


def test_namespace_package_whose_callback_fails_is_not_imported(world, run):
    (world.folder / "pkg" / "space").mkdir(parents=True)
    (world.folder / "pkg" / "__init__.py").touch()
    run("""
        def refuse(name, module):
            assert sys.modules["pkg"].space is module
            raise LookupError(name)
        finder.after_import(["pkg.space"], refuse)
        finder.arm()
        import pkg
        for _ in range(2):
            try:
                import pkg.space
            except LookupError as error:
                assert error.args == ("pkg.space",)
            else:
                raise AssertionError
            assert "pkg.space" not in sys.modules and not hasattr(pkg, "space")
        watch("pkg.space")
        import pkg.space
        assert pkg.space.patched
    """)


def test_private_copy_of_a_namespace_package_is_nobodys_import(world, run):
    (world.folder / "space").mkdir()
    run("""
        watch("space")
        spec = importlib.util.find_spec("space")
        copy = importlib.util.module_from_spec(spec)
        assert calls == [] and "space" not in sys.modules and isinstance(spec, type(sys.__spec__))
        assert repr(spec).startswith("ModuleSpec(")
    """)
