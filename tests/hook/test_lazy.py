"""Modules that importlib.util.LazyLoader makes stay lazy, and are patched when they wake; so are lazy imports."""

from __future__ import annotations

import sys

from backportkit.hook import lazy_imports

LAZY = """
def lazily(name):
    spec = importlib.util.find_spec(name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
def asleep(module):
    return "X" not in object.__getattribute__(module, "__dict__")
"""


def test_lazy_loader_over_our_stand_in_stays_lazy_and_is_patched_when_it_wakes(world, run):
    world.write("victim.py", "import sys\nX = 1\n")
    run(
        LAZY
        + """
watch("victim")
module = lazily("victim")
assert asleep(module) and calls == [] and finder.loaded_module("victim") is None and asleep(module)
assert module.X == 1 and calls == ["victim"] and module.patched and not asleep(module)
assert set(vars(module.__spec__.loader)) == {"name", "path"} and module.__spec__.loader is module.__loader__
assert finder.loaded_module("victim") is module
"""
    )


def test_module_made_lazy_before_we_came_stays_lazy_and_is_patched_when_it_wakes(world, run):
    world.write("pkg/victim.py", "import __main__; __main__.look()\nX = 1\n")
    run(
        LAZY
        + """
look = lambda: calls.append(finder.loaded_module("pkg.victim"))
module = lazily("pkg.victim")
watch("pkg.victim")
for _ in range(2):
    assert finder.loaded_module("pkg.victim") is None and asleep(module)
assert module.X == 1 and calls == [None, "pkg.victim"] and module.patched and sys.modules["pkg"].victim is module
assert set(vars(module.__spec__.loader)) == {"name", "path"} and module.__spec__.loader is module.__loader__
assert finder.loaded_module("pkg.victim") is module
"""
    )


def test_finder_that_makes_all_its_modules_lazy_keeps_them_lazy(world, run):
    world.write("victim.py", "X = 1\n")
    run(
        LAZY
        + """
from importlib.machinery import PathFinder
class Finder:
    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and name == "victim":
            spec.loader = importlib.util.LazyLoader(spec.loader)
            return spec
sys.meta_path.insert(0, Finder())
watch("victim")
import victim
assert asleep(victim) and calls == []
assert victim.X == 1 and calls == ["victim"] and victim.patched
"""
    )


def test_lazy_module_nobody_watches_is_neither_loaded_nor_woken(world, run):
    world.write("victim.py", "X = 1\n")
    run(
        LAZY
        + """
module = lazily("victim")
assert finder.loaded_module("victim") is None and asleep(module)
"""
    )


def test_lazy_module_of_another_make_counts_as_loaded(world, run):
    world.write(
        "victim.py",
        """
        import sys, types
        class _LazyModule(types.ModuleType):
            def __getattr__(self, name):
                raise AssertionError(name)
        replacement = _LazyModule(__name__)
        replacement.__spec__ = __spec__
        sys.modules[__name__] = replacement
    """,
    )
    run("""
        import victim
        watch("victim")
        assert finder.loaded_module("victim") is victim
        importlib.reload(victim)
        assert calls == ["victim"]
    """)


# --- lazy imports, PEP 810: the option is known to 3.15, and other Pythons take no notice of it ---


def test_patches_are_applied_where_python_is_told_to_put_off_all_imports(world):
    declaration = """
    from backportkit import backport

    @backport("victim:f", id="victim-1", requires="victim<2")
    def f():
        "f() gives the wrong answer"
        return "new"
    """
    world.provide("def f(): return 'old'\n", declaration)
    script = """
    import backportkit
    backportkit.apply_all()
    import victim
    print(victim.f(), backportkit.is_applied("victim-1"))
    backportkit.unpatch_all()
    print(victim.f())
    """
    assert world.run(script, flags=["-X", "lazy_imports=all"]) == ["new True", "old"]


def test_modules_are_watched_where_python_is_told_to_put_off_all_imports(world, run):
    world.write("pkg/victim.py", "import wsgiref.util\n")
    script = """
    watch("pkg", "pkg.victim", "wsgiref.util", "colorsys")
    import pkg.victim, colorsys
    print(colorsys.patched, pkg.victim.patched, pkg.victim.wsgiref.util.patched, sorted(calls))
    """
    said = "True True True ['colorsys', 'pkg', 'pkg.victim', 'wsgiref.util']"
    assert run(script, flags=["-X", "lazy_imports=all"]) == [said]


def test_imports_that_were_put_off_are_made():
    kind = type("lazy_import", (), {"__module__": "builtins", "resolve": lambda self: "imported"})
    names = {"deferred": kind(), "there": "imported before"}
    assert list(map(lazy_imports.is_deferred, names.values())) == [True, False]
    lazy_imports.make(names)
    assert names == {"deferred": "imported", "there": "imported before"}


def test_declarations_of_modules_that_a_provider_only_imports_are_not_put_off(world):
    world.provide("def f(): return 'old'\n", "import more_patches\n")
    world.write(
        "more_patches.py",
        """
        from backportkit import backport

        @backport("victim:f", id="victim-1", requires="victim<2")
        def f():
            "f() gives the wrong answer"
            return "new"
        """,
    )
    script = """
    import backportkit
    backportkit.apply_all()
    import victim
    print(victim.f(), sys.get_lazy_imports() if hasattr(sys, "get_lazy_imports") else "all")
    """
    assert world.run(script, flags=["-X", "lazy_imports=all"]) == ["new all"]


def test_what_python_was_told_is_in_force_again_when_the_last_provider_has_been_read(monkeypatch):
    told = ["all"]
    monkeypatch.setattr(sys, "get_lazy_imports", lambda: told[-1], raising=False)
    monkeypatch.setattr(sys, "set_lazy_imports", told.append, raising=False)
    with lazy_imports.OnlyOnRequest():
        with lazy_imports.OnlyOnRequest():
            assert told[-1] == "normal"
        assert told[-1] == "normal"
    assert told == ["all", "normal", "normal", "all"]


def test_python_that_puts_nothing_off_is_told_nothing(monkeypatch):
    for name in ("get_lazy_imports", "set_lazy_imports"):
        monkeypatch.delattr(sys, name, raising=False)
    with lazy_imports.OnlyOnRequest():
        assert lazy_imports._modes == []
