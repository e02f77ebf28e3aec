"""Every kind of loader: the one that is watched calls back, its siblings and the loader itself are left alone."""

from __future__ import annotations

import sys
import textwrap

import pytest

until_315 = pytest.mark.skipif(sys.version_info >= (3, 15), reason="importlib has no load_module since 3.15")


def test_zip_importer_is_shared_but_only_the_watched_module_is_reported(run):
    run("""
        import zipfile, pkgutil
        with zipfile.ZipFile("archive.zip", "w") as archive:
            archive.writestr("pkg/__init__.py", "import pkg.sibling, pkg.victim")
            archive.writestr("pkg/victim.py", "")
            archive.writestr("pkg/sibling.py", "")
            archive.writestr("pkg/late.py", "")
            archive.writestr("pkg/data.txt", "some data")
        sys.path.insert(0, "archive.zip")
        watch("pkg", "pkg.victim")
        assert pkgutil.get_data("pkg", "data.txt") == b"some data"
        assert importlib.util.find_spec("pkg.victim").loader == sys.modules["pkg.victim"].__loader__
        import pkg.late
        assert calls == ["pkg.victim", "pkg"], calls
        assert not hasattr(pkg.sibling, "patched") and not hasattr(pkg.late, "patched")
        assert pkg.victim.__loader__ is pkg.victim.__spec__.loader is pkg.sibling.__loader__
        assert "exec_module" not in vars(pkg.__loader__)
    """)


def test_builtin_and_frozen_modules_are_patched_and_their_loader_classes_are_not(run):
    run("""
        from importlib.machinery import BuiltinImporter, FrozenImporter
        from importlib.util import find_spec
        methods = dict(vars(BuiltinImporter)), dict(vars(FrozenImporter))
        builtin, sibling = [n for n in ("_statistics", "_bisect", "_csv", "_heapq", "_queue", "_random", "xxsubtype",
            "_string", "_tracemalloc", "_symtable", "_opcode")
            if n in sys.builtin_module_names and n not in sys.modules][:2]
        frozen = "__phello__"
        bare = find_spec(builtin), find_spec(frozen)
        watch(builtin, frozen, frozen + ".spam")
        assert (find_spec(builtin), find_spec(frozen)) == bare
        assert find_spec(builtin).loader is BuiltinImporter and find_spec(frozen).loader is FrozenImporter
        module = importlib.import_module(builtin)
        assert module.patched and module.__spec__.loader is module.__loader__ is BuiltinImporter
        importlib.import_module(sibling)
        module = importlib.import_module(frozen + ".spam")
        assert calls == [builtin, frozen, frozen + ".spam"] and module.patched, calls
        assert module.__spec__.loader is module.__loader__ is FrozenImporter
        assert type(module.__spec__) is type(sys.__spec__)
        assert (dict(vars(BuiltinImporter)), dict(vars(FrozenImporter))) == methods
        importlib.reload(sys.modules[builtin]), importlib.reload(sys.modules[frozen])
        assert calls[3:] == [builtin, frozen]
        assert sys.modules[frozen].__spec__.loader is sys.modules[frozen].__loader__ is FrozenImporter
        assert (dict(vars(BuiltinImporter)), dict(vars(FrozenImporter))) == methods
    """)


def test_extension_module_is_patched(run):
    run("""
        import importlib.machinery
        name = next(n for n in ("_xxtestfuzz", "xxlimited", "_testmultiphase", "_queue", "_bisect", "_csv", "audioop")
            if n not in sys.modules and getattr(importlib.util.find_spec(n), "has_location", False))
        watch(name)
        spec = importlib.util.find_spec(name)
        assert type(spec.loader) is importlib.machinery.ExtensionFileLoader
        module = importlib.import_module(name)
        assert calls == [name] and module.patched and "exec_module" not in vars(module.__loader__)
        importlib.reload(module)
        assert calls == [name, name]
    """)


# Loaders as one may meet them: each is given a name to load, and must find itself restored as `__spec__.loader`.
KINDS = {
    "with slots": """
        class Loader:
            __slots__ = ("state",)
            def create_module(self, spec): self.state = spec.name
            def exec_module(self, module): module.seen = self.state
        loader = Loader()
    """,
    "with slots and a dictionary": """
        class Base:
            __slots__ = ("state",)
        class Loader(Base):
            def __init__(self): self.state = 1
            def __repr__(self): return f"loader {self.state}"
            def create_module(self, spec): return None
            def exec_module(self, module): module.seen = module.__name__
        loader = Loader()
    """,
    "answering for its attributes itself": """
        class Loader:
            def __getattribute__(self, name): return object.__getattribute__(self, name)
            def __setattr__(self, name, value): raise TypeError
            @property
            def exec_module(self): return lambda module: setattr(module, "seen", module.__name__)
            @exec_module.setter
            def exec_module(self, value): raise AttributeError
            def create_module(self, spec): return None
        loader = Loader()
    """,
    "delegating to another one": """
        class Inner:
            def create_module(self, spec): return None
            def exec_module(self, module): module.seen = module.__name__
        class Loader:
            def __init__(self, inner): self.inner = inner
            def __getattr__(self, name): return getattr(self.inner, name)
        loader = Loader(Inner())
    """,
    "of a C type": """
        import types
        loader = types.SimpleNamespace(create_module=lambda spec: None,
            exec_module=lambda module: setattr(module, "seen", module.__name__))
    """,
    "a module": """
        import types
        loader = types.ModuleType("loader")
        loader.create_module = lambda spec: None
        loader.exec_module = lambda module: setattr(module, "seen", module.__name__)
    """,
    "a class": """
        class loader:
            create_module = classmethod(lambda cls, spec: None)
            exec_module = classmethod(lambda cls, module: setattr(module, "seen", module.__name__))
    """,
    "a class that refuses to be derived from": """
        class loader:
            def __init_subclass__(cls): raise TypeError("final")
            create_module = classmethod(lambda cls, spec: None)
            exec_module = classmethod(lambda cls, module: setattr(module, "seen", module.__name__))
    """,
    "a class whose class for subclasses is strict": """
        class Strict(type):
            def __new__(meta, name, bases, namespace):
                if bases: raise LookupError("register the subclass first")
                return super().__new__(meta, name, bases, namespace)
        class loader(metaclass=Strict):
            create_module = classmethod(lambda cls, spec: None)
            exec_module = classmethod(lambda cls, module: setattr(module, "seen", module.__name__))
    """,
    "with a state it keeps between creating and executing": """
        class Loader:
            def create_module(self, spec): self.created = spec.name
            def exec_module(self, module): module.seen = self.created
        loader = Loader()
    """,
}

LOAD = """
from importlib.machinery import ModuleSpec
class Finder:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, loader) if name in ("victim", "other") else None
sys.meta_path.append(Finder())
bare = importlib.util.find_spec("victim")
watch("victim")
probed = importlib.util.find_spec("victim")
assert isinstance(probed.loader, type(loader)), probed
assert repr(probed.loader).partition(" at ")[0] == repr(loader).partition(" at ")[0]
import victim, other
assert victim.seen == "victim" and victim.patched and calls == ["victim"]
assert victim.__loader__ is victim.__spec__.loader is other.__spec__.loader is loader
assert not hasattr(other, "patched") and other.seen == "other"
importlib.reload(victim)
assert calls == ["victim"] * 2 and victim.__spec__.loader is loader
"""


@pytest.mark.parametrize("kind", KINDS)
def test_loader_of_the_kind_is_stood_in_for(run, kind):
    run(textwrap.dedent(KINDS[kind]) + LOAD)


def test_proxy_of_a_slotted_loader_is_the_loader_to_all_who_ask(run):
    run("""
        import pickle
        from importlib.machinery import ModuleSpec
        class Loader:
            __slots__ = ("state",)
            def create_module(self, spec): return None
            def exec_module(self, module): pass
            def __getstate__(self): return (None, {"state": 1})
        loader = Loader()
        class Finder:
            def find_spec(name, path=None, target=None):
                return ModuleSpec(name, loader) if name == "victim" else None
        sys.meta_path.append(Finder)
        watch("victim")
        one, two = (importlib.util.find_spec("victim") for _ in range(2))
        assert one == two and one.loader == loader == two.loader and {one.loader: 1}[loader]
        one.loader.state = 5
        assert loader.state == two.loader.state == 5
        assert pickle.loads(pickle.dumps(one.loader)).state == 1
    """)


@until_315
def test_loader_from_before_pep_451_is_watched_too(run):
    lines = run(
        """
        import types
        from importlib.machinery import ModuleSpec
        class Loader:
            def load_module(self, name):
                assert importlib.util.find_spec is not None
                module = sys.modules.setdefault(name, types.ModuleType(name))
                assert spec.loader is self
                assert finder.loaded_module(name) is None
                module.runs = getattr(module, "runs", 0) + 1
                return module
        loader = Loader()
        class Finder:
            def find_spec(self, name, path=None, target=None):
                global spec
                spec = ModuleSpec(name, loader) if name == "victim" else None
                return spec
        sys.meta_path.append(Finder())
        finder.before_import(["victim"], lambda name: calls.append("before"))
        watch("victim")
        assert type(importlib.util.find_spec("victim").loader) is Loader
        import victim
        print(calls, victim.runs, victim.__loader__ is victim.__spec__.loader is loader, vars(loader))
        assert finder.loaded_module("victim") is victim
        importlib.reload(victim)
        print(calls, victim.runs, victim.__loader__ is victim.__spec__.loader is loader)
        """,
        flags=["-W", "ignore"],
    )
    assert lines == [
        "['before', 'victim'] 1 True {}",
        "['before', 'victim', 'before', 'victim'] 2 True",
    ]


@until_315
def test_load_module_of_a_modern_loader_announces_once(world, run):
    world.write("victim.py", "")
    run(
        """
        watch("victim")
        finder.before_import(["victim"], lambda name: calls.append("before"))
        module = importlib.util.find_spec("victim").loader.load_module("victim")
        assert calls == ["before", "victim"] and module is sys.modules["victim"] and module.patched
        """,
        flags=["-W", "ignore"],
    )


@until_315
@pytest.mark.parametrize("position", ["0", "len(sys.meta_path)"])
def test_load_module_by_hand_returns_what_the_module_has_put_in_its_place(run, position):
    """The module that stands in sys.modules after the body has run is patched and returned, as by an import."""
    run(
        f"""
        import types
        from importlib.machinery import ModuleSpec
        class Loader:
            def load_module(self, name):
                module = sys.modules[name] = types.ModuleType(name)
                sys.modules[name] = facade = types.SimpleNamespace(inner=module)
                return module
        class Finder:
            def find_spec(self, name, path=None, target=None):
                return ModuleSpec(name, Loader()) if name == "victim" else None
        sys.meta_path.insert({position}, Finder())
        watch("victim")
        importlib.util.find_spec("absent altogether")
        facade = importlib.util.find_spec("victim").loader.load_module("victim")
        assert facade is sys.modules["victim"] and facade.patched and not hasattr(facade.inner, "patched")
        """,
        flags=["-W", "ignore"],
    )


def test_probes_are_equal_where_a_loader_takes_only_its_own_kind_for_equal(run):
    """Each probe has a proxy of its own, which is not of the loader's type."""
    run("""
        from importlib.machinery import ModuleSpec
        class Loader:
            __slots__ = ("name",)
            def __init__(self, name): self.name = name
            def __eq__(self, other): return type(other) is Loader and other.name == self.name
            def __hash__(self): return hash(self.name)
            def create_module(self, spec): return None
            def exec_module(self, module): pass
        class Finder:
            def find_spec(self, name, path=None, target=None):
                return ModuleSpec(name, Loader(name)) if name in ("victim", "other") else None
        sys.meta_path.append(Finder())
        watch("victim", "other")
        first, second = importlib.util.find_spec("victim"), importlib.util.find_spec("victim")
        assert first == second and first.loader == second.loader
        assert first.loader != importlib.util.find_spec("other").loader
    """)


def test_loader_whose_module_refuses_attributes_still_loads(run):
    run("""
        from importlib.machinery import ModuleSpec
        class Closed:
            __slots__ = ()
        class Open(Closed):
            __slots__ = ("patched",)
        class Loader:
            def create_module(self, spec): return Open()
            def exec_module(self, module): pass
        class Finder:
            def find_spec(name, path=None, target=None):
                return ModuleSpec(name, Loader()) if name == "victim" else None
        sys.meta_path.append(Finder)
        watch("victim")
        import victim
        assert calls == ["victim"] and victim.patched and finder.loaded_module("victim") is victim
    """)


def test_finder_from_before_pep_451_is_asked_as_cpython_asks_it(world, run):
    world.write("old/victim.py", "")
    script = """
        from importlib.machinery import SourceFileLoader
        asked = []
        class Finder:
            def find_module(self, name, path=None):
                asked.append(name)
                return SourceFileLoader(name, "old/victim.py") if name == "victim" else None
        sys.meta_path.append(Finder())
        if sys.argv[1] == "armed":
            watch("victim")
        try:
            import victim
            assert type(victim.__loader__) is SourceFileLoader and victim.__spec__.loader is victim.__loader__
            assert calls == ["victim"] * (sys.argv[1] == "armed")
        except ModuleNotFoundError:
            print("not found: since 3.12 nobody asks find_module")
        print(asked)
    """
    armed, bare = (run(script, mode, flags=["-W", "ignore"]) for mode in ("armed", "bare"))
    assert armed == bare
    assert armed[-1] == ("['victim']" if sys.version_info < (3, 12) else "[]")


def test_module_that_puts_its_own_function_in_its_place(world):
    """What stands in sys.modules is a module: it is patched as one, and is no copy of the function that it is."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "import sys\ndef f(): return 'old'\nf.f = f\nsys.modules[__name__] = f\n")
    script = """
    import backportkit, sys
    declared = dict(id="p-1", summary="s", requires="victim<2", target="victim:f", replacement=lambda: "new")
    backportkit.register(declared)
    backportkit.apply_all()
    import victim
    print(victim.f(), sys.modules["victim"] is victim, *(s.state for s in backportkit.status() if s.id == "p-1"))
    backportkit.unpatch("p-1")
    print(victim.f(), victim.f is victim)
    """
    assert world.run(script) == ["new True applied", "old True"]
