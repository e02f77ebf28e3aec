"""A process pays little at its start, and the deferred work is done in time."""

from __future__ import annotations

import sys
import zipfile
from importlib import metadata

import pytest

from backportkit import providers_on_disk
from backportkit.declaration import discovery

# Each of these costs more than importing backportkit does.
HEAVY = "{'pydantic', 'packaging', 'inspect', 'importlib.metadata', 'dataclasses', 'typing', 're', 'enum', 'json'}"

PATCHES = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="victim-1")
def f():
    "Return new."
    return "new"
"""

# pytest's coverage and editable installs load what they like: what counts is what comes after.
BEFORE = "import sys; before = set(sys.modules)\n"


def provide(world, text=PATCHES):
    world.distribution("victim", "1.0")
    world.distribution("provider", "1.0", {"victim": "provider_patches"})
    world.write("provider_patches.py", text)
    world.write("victim.py", "def f(): return 'old'\n")


def test_nothing_is_loaded_to_declare_until_a_declaration_is_not_plain(world):
    script = f"""{BEFORE}
from backportkit import backport, load, register
print({HEAVY} & (set(sys.modules) - before))
@backport("victim:f", requires="victim<2", id="victim-1")
def f(): "Return new."
print({HEAVY} & (set(sys.modules) - before))
@backport("victim:f", requires="victim~=1.2", id="victim-2")
def f(): "Return new."
print({{'pydantic', 'packaging'}} & set(sys.modules))
"""
    assert world.run(script) == ["set()", "set()", "{'packaging'}"]


def test_arming_what_the_environment_provides_loads_neither_engine_nor_hook_nor_any_library(world):
    provide(world)
    script = f"""{BEFORE}
import backportkit
backportkit.apply_all()
new = set(sys.modules) - before
print({HEAVY} & new, sorted(name for name in new if name.startswith('backportkit')))
import victim
print(victim.f(), *backportkit.status())
"""
    first, second = world.run(script)
    names = ("bootstrap", "providers_on_disk", "startup")
    rooms = ["backportkit", *(f"backportkit.{name}" for name in names)]
    assert first == f"set() {rooms}"
    assert second.startswith("new PatchStatus(id='victim-1', state=<State.APPLIED")


def test_report_of_a_start_without_an_engine_is_worked_out_when_it_is_looked_at(world):
    provide(world)
    script = """
    import backportkit
    report = backportkit.apply_all()
    print('backportkit.engine.verbs' in sys.modules)
    print(*(record.reason for record in report if record.id == 'victim-1'), 'victim' in sys.modules)
    backportkit.require("victim-1")
    import victim; print(victim.f())
    """
    assert world.run(script) == ["False", "victim is not imported yet False", "new"]


DECLARE = """
import backportkit
def declare(module, **fields):
    fields = dict(requires="python<4", id=f"{module}-1", summary="-") | fields
    backportkit.backport(f"{module}:f", **fields)(lambda: "new")
def engine():
    return "backportkit.engine.verbs" in sys.modules
def where(patch_id="victim-1"):
    (record,) = [one for one in backportkit.status() if one.id == patch_id]
    return f"{record.state}, armed: {record.armed}"
declare("victim")
backportkit.apply_all()
"""


@pytest.fixture
def declared(world):
    """Run the rest of a program that has declared a patch of `victim`, and called `apply_all`."""
    world.write("victim.py", "def f(): return 'old'\n")
    world.write("other.py", "def f(): return 'old'\n")
    return lambda rest: world.run(DECLARE + rest)


def test_declared(declared):
    """No engine is loaded before a target is imported, however often a program asks for what it has declared."""
    rest = """
declare("other")
backportkit.apply_all()
print(engine())
import victim, other
print(victim.f(), other.f(), engine(), where(), where("other-1"))
"""
    applied = "applied, armed: True"
    assert declared(rest) == ["False", f"new new True {applied} {applied}"]


def test_declared_and_asked_about(declared):
    """To ask about what waits applies nothing, and what waits is applied all the same."""
    rest = """
backportkit.require("victim-1")
print(backportkit.is_applied("victim-1"), where(), "victim" in sys.modules)
import victim
print(victim.f(), where())
"""
    assert declared(rest) == ["False waiting, armed: True False", "new applied, armed: True"]


def test_declared_and_undone(declared):
    """A waiting patch that is undone is not applied when its target is imported, until it is armed anew."""
    rest = """
backportkit.unpatch("victim-1")
import victim
print(victim.f(), where())
backportkit.apply_all()
print(victim.f())
"""
    assert declared(rest) == ["old reverted, armed: False", "new"]


def test_declared_later(declared):
    """A patch that is declared after `apply_all` waits for the next call; an `opt_in` patch is not armed by it."""
    rest = """
declare("other")
declare("colorsys", opt_in=True)
import victim, other
print(victim.f(), other.f(), where("other-1"), where("colorsys-1"))
backportkit.apply_all()
print(other.f(), where("colorsys-1"))
"""
    first, second = declared(rest)
    assert first == "new old waiting, armed: False offered, armed: False"
    assert second == "new offered, armed: False"


def test_declared_opt_in(declared):
    """A patch that its author has marked `opt_in` is not armed, and does not keep the other patches from it."""
    rest = """
declare("other", opt_in=True)
backportkit.apply_all()
print(engine())
import victim, other
print(victim.f(), other.f(), where("other-1"))
"""
    assert declared(rest) == ["False", "new old offered, armed: False"]


def test_declared_in_place_of_another(declared):
    """A patch that supersedes another one is handled by the engine at once."""
    rest = """
declare("victim", id="victim-2", supersedes="victim-1")
backportkit.apply_all()
print(engine(), where())
import victim
print(victim.f(), where("victim-2"))
"""
    assert declared(rest) == ["True disabled, armed: False", "new applied, armed: True"]


def test_declared_to_add_a_module_to_no_package(world):
    """No import of a package comes before the one of the module itself."""
    world.write("mine.py", "name = __name__")
    script = """
import backportkit
backportkit.register(dict(id="gone-1", summary="s", requires="python>=3", target="gone", how="add", replacement="mine"))
backportkit.apply_all()
import gone
print(gone.name)
"""
    assert world.run(script) == ["gone"]


def test_declared_while_another_thread_imports(world):
    """A target whose import has begun before anybody waits for it is patched."""
    world.write("victim.py", "def f(): return 'old'\n")
    declare, apply_all = DECLARE.rsplit("\n", 2)[:2]
    script = f"""{declare}
import backportkit.startup, backportkit.providers_on_disk, threading
begun, go = threading.Event(), threading.Event()
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "victim":
            begun.set()
            go.wait(10)
sys.meta_path.insert(0, Slow())
thread = threading.Thread(target=__import__, args=["victim"])
thread.start()
begun.wait(10)
threading.Timer(0.3, go.set).start()
{apply_all}
thread.join()
import victim
print(victim.f())
"""
    assert world.run(script) == ["new"]


def test_module_that_was_loaded_past_all_finders_is_said_to_be_so_and_patched_by_apply_all(world):
    """A module that a program loads by hand is not patched by a question about its patch, but by apply_all()."""
    provide(world)
    script = """
    import importlib.util
    import backportkit
    backportkit.apply_all()
    spec = importlib.util.spec_from_file_location("victim", sys.path[0] + "/victim.py")
    victim = sys.modules["victim"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(victim)
    print(victim.f(), backportkit.is_applied("victim-1"), victim.f())
    backportkit.apply_all()
    print(victim.f(), backportkit.is_applied("victim-1"))
    """
    assert world.run(script) == ["old False old", "new True"]


def test_process_without_patches_has_no_finder_of_ours(world):
    script = """
    import backportkit.providers_on_disk
    backportkit.providers_on_disk.patched_packages = lambda *_: set()
    found = list(sys.meta_path)
    backportkit.apply_all()
    print(sys.meta_path == found)
    """
    assert world.run(script) == ["True"]


WAYS = {
    "import": "import victim",
    "probe": """
import importlib.util
spec = importlib.util.find_spec("victim")
print('engine' if 'backportkit.engine.verbs' in sys.modules else 'probe is free', type(spec).__name__)
import victim
""",
    "probed loader": """
import importlib.machinery, importlib.util
spec = importlib.util.find_spec("victim")
assert type(spec.loader) is importlib.machinery.SourceFileLoader and type(spec) is importlib.machinery.ModuleSpec
import victim
""",
    "by hand": """
import importlib.util
spec = importlib.util.find_spec("victim")
victim = sys.modules["victim"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(victim)
""",
    "lazy": """
import importlib.util
spec = importlib.util.find_spec("victim")
spec.loader = importlib.util.LazyLoader(spec.loader)
victim = sys.modules["victim"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(victim)
assert object.__getattribute__(victim, "__class__").__name__ == "_LazyModule"
""",
    "loader set unseen": """
import importlib.machinery, importlib.util
spec = importlib.util.find_spec("victim")
spec.loader = importlib.machinery.SourceFileLoader("victim", spec.origin)
victim = sys.modules["victim"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(victim)
""",
    "pickled spec": """
import importlib.util, pickle
assert pickle.loads(pickle.dumps(importlib.util.find_spec("victim"))) == importlib.util.find_spec("victim")
import victim
""",
    "finder in front": """
class Front:
    def find_spec(self, name, path=None, target=None):
        return None
sys.meta_path.insert(0, Front())
import other, victim
assert type(sys.meta_path[0]).__name__ == "Finder", sys.meta_path
""",
    "spec of a foreign class": """
import importlib.machinery
class Spec(importlib.machinery.ModuleSpec): pass
class Front:
    def find_spec(self, name, path=None, target=None):
        if name == "victim":
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            foreign = Spec(name, spec.loader, origin=spec.origin)
            foreign.has_location = True
            return foreign
sys.meta_path.insert(1, Front())
import victim
""",
    "tuple": "sys.meta_path = tuple(sys.meta_path)\nimport victim",
    "engine loaded before": "import backportkit.engine.verbs, victim",
    "engine that the module waited for loads itself": (
        "sys.modules.pop('backportkit.declaration.registry', None)\nimport victim"
    ),
    "second start": "backportkit.apply_all(); import victim; backportkit.apply_all()",
    "in a thread": """
import threading
results = []
threads = [threading.Thread(target=lambda: results.append(__import__("victim").f())) for _ in range(4)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
assert results == ["new"] * 4, results
import victim
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_way_a_module_is_imported_it_is_patched_before_anybody_can_use_it(world, way):
    provide(world)
    world.write("other.py", "")
    lines = world.run(f"import backportkit; backportkit.apply_all()\n{WAYS[way]}\nprint(victim.f())\n")
    assert lines == (["probe is free ModuleSpec"] if way == "probe" else []) + ["new"]


def test_entry_point_named_after_a_package_within_leaves_the_rest_alone(world):
    world.distribution("victim", "1.0")
    world.distribution("provider", "1.0", {"victim.deep": "provider_patches", "victim.other": "provider_patches"})
    world.write("provider_patches.py", PATCHES.replace("victim:f", "victim.deep.mod:f"))
    world.write("victim/__init__.py", "def f(): return 'theirs'")
    world.write("victim/other.py", "")
    world.write("victim/deep/mod.py", "def f(): return 'old'")
    script = f"""{BEFORE}
import backportkit
backportkit.apply_all()
import victim
print(victim.f(), {{'backportkit.engine.verbs', 'provider_patches'}} & set(sys.modules))
import victim.deep.mod
print(victim.deep.mod.f(), backportkit.is_applied('victim-1'))
import victim.other
print(victim.deep.mod.f(), [one.id for one in backportkit.status() if one.id.startswith('victim')])
"""
    assert world.run(script) == ["theirs set()", "new True", "new ['victim-1']"]


def test_namespace_package_is_waited_for(world):
    provide(world, PATCHES.replace("victim:f", "victim.inner:f"))
    (world.folder / "victim.py").unlink()
    (world.folder / "victim").mkdir()
    (world.folder / "victim" / "inner.py").write_text("def f(): return 'old'\n", "utf-8")
    script = "import backportkit; backportkit.apply_all(); import victim.inner; print(victim.inner.f())"
    assert world.run(script) == ["new"]


def test_meta_path_may_be_any_sequence(world):
    provide(world)
    script = "import backportkit; sys.meta_path = tuple(sys.meta_path); backportkit.apply_all(); import victim"
    assert world.run(f"{script}; print(victim.f())") == ["new"]


def test_package_that_is_imported_already_is_patched_at_once(world):
    provide(world)
    assert world.run("import victim, backportkit; backportkit.apply_all(); print(victim.f())") == ["new"]


def test_patch_that_cannot_be_applied_refuses_the_import_with_no_line_of_ours_but_the_message(world):
    provide(world, PATCHES.replace("victim:f", "victim:absent"))
    done = world.start("import backportkit; backportkit.apply_all(); import victim")
    assert (
        "PatchImportError: patch 'victim-1': victim is not imported unpatched: the target is not there" in done.stderr
    )
    before_cause = done.stderr.partition("direct cause")[2]
    assert "bootstrap" not in before_cause


@pytest.mark.parametrize("variable", ["BACKPORTKIT_DISABLE", "BACKPORTKIT_CONFIG", "BACKPORTKIT_ON_ERROR"])
def test_settings_of_the_environment_are_left_to_the_engine(world, variable):
    provide(world)
    world.write("settings.toml", "[tool.backportkit]\ndisable = ['victim-1']\n")
    value = {"BACKPORTKIT_DISABLE": "victim-1", "BACKPORTKIT_CONFIG": "settings.toml", "BACKPORTKIT_ON_ERROR": "warn"}
    script = """
    import backportkit; backportkit.apply_all()
    print('backportkit.engine.verbs' in sys.modules)
    import victim; print(victim.f())
    """
    answer = "new" if variable == "BACKPORTKIT_ON_ERROR" else "old"
    assert world.run(script, env={variable: value[variable]}) == ["True", answer]


def test_start_that_goes_wrong_says_so_once_however_often_it_is_asked_for(world):
    """A start that goes wrong is reported once, though a virtual environment reads every .pth file twice."""
    provide(world)
    text = "from backportkit import startup; startup.activate(); startup.activate(); print('runs')"
    # The engine judges the environment, since the package is imported already.
    done = world.start(f"import victim; {text}", env={"BACKPORTKIT_ON_ERROR": "nonsense"})
    assert (done.returncode, done.stdout) == (0, "runs\n")
    assert done.stderr.count("backportkit: SettingsError: BACKPORTKIT_ON_ERROR") == 1


# --- the scan ---


def found_by_metadata(monkeypatch, *folders):
    standard_library = sys.path  # importlib.metadata imports as it goes
    monkeypatch.setattr(sys, "path", [*folders, *standard_library])
    shipped = metadata.distribution("backportkit").entry_points.select(group=providers_on_disk.GROUP)
    return set(discovery.entry_points(providers_on_disk.GROUP)) - {one.name for one in shipped}


def test_scan_finds_what_importlib_metadata_finds(world, monkeypatch):
    provide(world)
    other = world.folder / "other"
    old, in_egg = other / "old.egg-info", other / "egg.egg" / "EGG-INFO"
    texts = {
        old: "[console_scripts]\na = b\n[backportkit.patches]\n# no = thing\n one=x.y\n two = z [extra]\n",
        in_egg: "[ backportkit.patches ]\n[backportkit.patches]\nthree = x\n[gui]\nfour = x\n",
        other / "none-1.dist-info": "[backportkit.patches.more]\nfive = x\n",
    }
    for folder, text in texts.items():
        folder.mkdir(parents=True)
        (folder / "entry_points.txt").write_text(text, "utf-8")
        (folder / "METADATA").write_text(f"Name: {folder.stem}\nVersion: 1\n", "utf-8")
        (folder / "PKG-INFO").write_text(f"Name: {folder.parent.stem}\nVersion: 1\n", "utf-8")
    (other / "file.egg-info").write_text("Name: file\nVersion: 1\n", "utf-8")
    folders = [str(world.folder), str(other), str(in_egg.parent), str(world.folder / "absent")]
    assert (
        providers_on_disk.patched_packages(folders, providers_on_disk.GROUP)
        == {"victim", "one", "two", "three"}
        == found_by_metadata(monkeypatch, *folders)
    )


def test_scan_reads_the_current_folder_where_sys_path_says_nothing(world, monkeypatch):
    provide(world)
    monkeypatch.chdir(world.folder)
    assert providers_on_disk.patched_packages([""], providers_on_disk.GROUP) == {"victim"}


def test_scan_leaves_archives_and_finders_of_distributions_to_importlib_metadata(world, monkeypatch):
    with zipfile.ZipFile(world.folder / "archive.zip", "w") as archive:
        archive.writestr("provider-1.dist-info/entry_points.txt", "[backportkit.patches]\nvictim = x\n")
    assert providers_on_disk.patched_packages([str(world.folder / "archive.zip")]) is None

    class Finder:
        def find_distributions(self, context):
            raise AssertionError

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    assert providers_on_disk.patched_packages([]) is None


def test_patches_in_an_archive_are_applied(world):
    with zipfile.ZipFile(world.folder / "archive.zip", "w") as archive:
        archive.writestr("provider-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: provider\nVersion: 1.0\n")
        archive.writestr(
            "provider-1.0.dist-info/entry_points.txt", "[backportkit.patches]\nvictim = provider_patches\n"
        )
        archive.writestr("provider_patches.py", PATCHES)
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\n")
    script = "import backportkit; backportkit.apply_all(); import victim; print(victim.f())"
    assert world.run(script, env={"PYTHONPATH": str(world.folder / "archive.zip")}) == ["new"]
