"""Finders that go in front of ours and hand out the target themselves, as pytest, typeguard and jaxtyping do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

PATCH = """
from backportkit import backport
@backport("vic.m:f", id="vic-f", requires="vic<2", summary="It breaks.")
def f(): return "new"
"""

# Each has a class `Claims` whose objects claim `vic` and all that is in it.
CLAIMS = {
    "the spec that PathFinder finds": """
        class Claims:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "vic":
                    return PathFinder.find_spec(name, path, target)
    """,
    "a loader of its own": """
        class Loader(SourceFileLoader):
            def exec_module(self, module):
                super().exec_module(module)
                module.instrumented = True
        class Claims:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "vic":
                    spec = PathFinder.find_spec(name, path, target)
                    spec.loader = Loader(spec.loader.name, spec.loader.path)
                    return spec
    """,
    "itself as the loader, which runs the code": """
        class Claims:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "vic":
                    spec = PathFinder.find_spec(name, path, target)
                    return importlib.util.spec_from_file_location(
                        name, spec.origin, loader=self, submodule_search_locations=spec.submodule_search_locations)
            def create_module(self, spec):
                return None
            def exec_module(self, module):
                with open(module.__spec__.origin) as file:
                    exec(compile(file.read(), module.__spec__.origin, "exec"), vars(module))
    """,
    "a module that it has made and run already": """
        class Claims:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "vic":
                    spec = PathFinder.find_spec(name, path, target)
                    self.made = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(self.made)
                    spec.loader = self
                    return spec
            def create_module(self, spec):
                return self.made
            def exec_module(self, module):
                pass
    """,
}
PLAIN = textwrap.dedent(CLAIMS["the spec that PathFinder finds"])

# How the patch is declared: by a provider, where a start loads the cheap finder only, or in the program.
DECLARED = {"by a provider": "", "by the program": "import prov\n"}

START = """
import importlib.util, sys
from importlib.machinery import PathFinder, SourceFileLoader
import backportkit
"""


@pytest.fixture
def vic(world):
    """A world with a package `vic`, whose `vic.m:f` an installed provider patches, and modules that are not loaded."""
    world.distribution("vic", "1.0")
    world.write("vic/m.py", "def f(): return 'old'\n")
    world.distribution("prov", "1.0", {"vic": "prov"})
    world.write("prov.py", PATCH)
    world.write("other.py", "")
    world.write("user.py", "import vic.m\nfrom vic.m import f\nseen = f()\n")
    return world


def script(*parts):
    return "\n".join([START, *map(textwrap.dedent, parts)])


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("claims", CLAIMS)
def test_target_that_was_handed_out_past_us_is_patched_by_the_next_import_of_anything(vic, claims, declared):
    """The next import that reaches the finder patches a missed module, before the body of that import runs."""
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    print(vic.m.f())
    import user
    print(vic.m.f(), user.seen, backportkit.is_applied("vic-f"))
    """
    assert vic.run(script(DECLARED[declared], CLAIMS[claims], text)) == ["old", "new new True"]


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize(
    "order",
    [
        "sys.meta_path.insert(0, Claims()); backportkit.apply_all(); import vic.m",
        "backportkit.apply_all(); sys.meta_path.insert(0, Claims()); import other; import vic.m",
        "backportkit.apply_all(); import vic; sys.meta_path.insert(0, Claims()); import other; import vic.m",
        "backportkit.apply_all(); sys.meta_path.insert(0, Claims()); import vic; import other; import vic.m",
        "backportkit.apply_all(); sys.meta_path.insert(0, Claims()); import vic; import other, vic.m; import vic.m",
        "import vic; sys.meta_path.insert(0, Claims()); backportkit.apply_all(); import vic.m",
        "backportkit.apply_all(); sys.meta_path[:0] = [Claims(), Claims()]; import vic; import other; import vic.m",
    ],
)
def test_first_call_is_new_whenever_an_import_came_between_that_reached_us(vic, order, declared):
    """The order of the claiming finder, `apply_all` and the package's import makes no difference."""
    assert vic.run(script(DECLARED[declared], PLAIN, order, "print(vic.m.f())")) == ["new"]


@pytest.mark.parametrize("declared", DECLARED)
def test_target_whose_body_imports_something_is_patched_before_its_importer_has_it(vic, declared):
    """The import within reaches us while the target is under way: its `after_import` comes at its end."""
    vic.write("vic/m.py", "import other\ndef f(): return 'old'\n")
    text = "backportkit.apply_all(); sys.meta_path.insert(0, Claims()); import vic.m; print(vic.m.f())"
    assert vic.run(script(DECLARED[declared], PLAIN, text)) == ["new"]


QUERIES = """
def ask():
    yield from (backportkit.is_applied("vic-f"), next(one for one in backportkit.status() if one.id == "vic-f").state)
    yield next(one for one in backportkit.report().patches if one.id == "vic-f").state
    try: yield backportkit.require("vic-f")
    except backportkit.NotAppliedError as error: yield error.found
    yield backportkit.out_of_reach("vic-f")
"""


@pytest.mark.parametrize("declared", DECLARED)
def test_no_question_patches_what_was_missed_and_each_says_so(vic, declared):
    """Each question about a missed module answers that the patch is not in effect, and patches nothing."""
    text = """
    report = backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    for _ in range(2):
        for answer in ask():
            assert vic.m.f() == "old", answer
            print(answer)
    print(*(one.state for one in report if one.id == "vic-f"), vic.m.f())
    backportkit.apply_all()
    print(vic.m.f(), backportkit.is_applied("vic-f"))
    """
    reason = "failed: vic.m was imported past our finder: call apply_all() again"
    answers = ["False", "failed", "failed", reason, "()"]
    assert vic.run(script(DECLARED[declared], PLAIN, QUERIES, text)) == [*answers * 2, "failed old", "new True"]


@pytest.mark.parametrize("query", ["is_applied('vic-f')", "status()", "report()"])
@pytest.mark.parametrize("declared", DECLARED)
def test_question_does_not_keep_the_next_import_from_patching(vic, declared, query):
    """A question about a missed module leaves it to the next import to patch that module."""
    text = f"""
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    backportkit.{query}
    print(vic.m.f())
    import other
    print(vic.m.f())
    """
    assert vic.run(script(DECLARED[declared], PLAIN, text)) == ["old", "new"]


def test_patch_declared_after_apply_all_is_armed_by_no_question(vic):
    """A patch that is declared late takes effect by the next apply_all(), and by no question in between."""
    vic.write("vic/late.py", "def g(): return 'old'\n")
    text = """
    import prov
    backportkit.apply_all()
    import vic.m
    for id, target in {"p1": "vic.m:g", "p2": "vic.late:g"}.items():
        backportkit.register(dict(id=id, summary="s", requires="vic<2", target=target, replacement=lambda: "new"))
    vic.m.g = lambda: "old"
    backportkit.status(), backportkit.report(), backportkit.is_applied("p1")
    import vic.late
    print(vic.m.f(), vic.m.g(), vic.late.g(), *(one.armed for one in backportkit.status() if one.id in ("p1", "p2")))
    backportkit.apply_all()
    print(vic.m.f(), vic.m.g(), vic.late.g())
    """
    assert vic.run(script(text)) == ["new old old False False", "new new new"]


@pytest.mark.parametrize("undo", ["backportkit.unpatch('vic-f')", "backportkit.unpatch_all()"])
def test_patch_that_was_undone_before_its_provider_was_read_stays_out(vic, undo):
    """To undo what is still to come is to have it not come."""
    text = f"""
    backportkit.apply_all()
    {undo}
    import vic.m
    print(vic.m.f())
    backportkit.apply_all()
    print(vic.m.f())
    """
    assert vic.run(script(text)) == ["old", "new"]


def test_patch_that_is_out_for_a_block_comes_back_though_its_provider_was_not_read_before(vic):
    """After the block, the patch is armed by the import of its package, as it was before."""
    text = """
    backportkit.apply_all()
    with backportkit.unpatched("vic-f"):
        import vic.m
        print(vic.m.f())
    print(vic.m.f())
    """
    assert vic.run(script(text)) == ["old", "new"]


def test_copies_of_what_was_missed_are_bound_as_by_a_late_apply_all(vic):
    """A module that took the name before the patch was applied gets the replacement, too."""
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    from vic.m import f
    import other
    print(f(), *(copy for one in backportkit.status() for copy in one.copies))
    """
    assert vic.run(script(PLAIN, text)) == ["new __main__:f"]


def test_import_that_finds_nothing_leaves_the_miss_to_the_next_one(vic):
    """Nothing can be patched while finders are asked: an import must go on to its body."""
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    for name in ("absent", "absent.too"):
        try: __import__(name)
        except ImportError: print(vic.m.f())
    import other
    print(vic.m.f())
    """
    for declared in DECLARED.values():
        assert vic.run(script(declared, PLAIN, text)) == ["old", "old", "new"]


@pytest.mark.parametrize("declared", DECLARED)
def test_module_that_is_imported_while_the_missed_one_is_patched_runs_its_body_once(vic, declared):
    """The import that is the occasion may be of something that the provider, or the engine, needs itself."""
    vic.write("needed.py", "import sys\nsys.runs = getattr(sys, 'runs', 0) + 1\n")
    vic.write("later.py", "import needed\ndef f(): return 'new'\n")
    vic.write(
        "prov.py", f"{PATCH.partition('def')[0]}def f(): ...\n".replace("@backport(", "backport(").split("def")[0]
    )
    vic.write(
        "prov.py",
        """
        from backportkit import register
        register(dict(id="vic-f", requires="vic<2", summary="s", target="vic.m:f", replacement="later:f"))
        """,
    )
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    import needed
    print(vic.m.f(), sys.runs, needed is sys.modules["needed"] is sys.modules["later"].needed, needed.__spec__.name)
    print(type(needed.__spec__.loader).__name__, needed.__spec__._initializing)
    """
    assert vic.run(script(DECLARED[declared], PLAIN, text)) == ["new 1 True needed", "SourceFileLoader False"]


def test_probe_that_is_the_occasion_gets_the_loader_though_the_module_was_imported_meanwhile(vic):
    """The loader of a spec that is only asked for has its usual attributes."""
    vic.write("prov.py", f"import needed\n{PATCH}")
    vic.write("needed.py", "")
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    loader = importlib.util.find_spec("needed").loader
    print(vic.m.f(), loader.name, loader.get_filename() == sys.modules["needed"].__file__)
    """
    assert vic.run(script(PLAIN, text)) == ["new needed True"]


@pytest.mark.parametrize(
    ("claims", "answer"),
    [
        ("", ["waiting: vic.m has not run its body to the end yet", "new"]),
        (
            "sys.meta_path.insert(0, Claims())",
            ["failed: vic.m is being imported past our finder: call apply_all() again", "old"],
        ),
    ],
)
def test_question_that_the_body_of_the_target_asks_has_its_end_announced_to_nobody(vic, claims, answer):
    """The status of a module that is being imported says whether it will be patched at its end."""
    vic.write(
        "vic/m.py",
        """
        import backportkit
        def f(): return 'old'
        print(*(f"{one.state}: {one.reason}" for one in backportkit.status() if one.id == "vic-f"))
        """,
    )
    text = f"""
    import prov
    backportkit.apply_all()
    backportkit.status()  # which imports what it needs
    {claims}
    import vic.m
    print(vic.m.f())
    """
    assert vic.run(script(PLAIN, text)) == answer


FIGHTS = {
    "it inserts itself": "if sys.meta_path[0] is not self: sys.meta_path.insert(0, self)",
    "it moves": "sys.meta_path.remove(self); sys.meta_path.insert(0, self)",
    "it inserts another one": "if type(sys.meta_path[0]) is not Fighting: sys.meta_path.insert(0, Fighting())",
}


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("kind", FIGHTS)
def test_finder_that_goes_to_the_front_again_and_again_cannot_make_the_list_grow_without_end(vic, kind, declared):
    """We give way in the end, and still patch what it hands out, by the next import that reaches us."""
    text = f"""
    class Fighting(Claims):
        def find_spec(self, name, path=None, target=None):
            {FIGHTS[kind]}
            return super().find_spec(name, path, target)
    backportkit.apply_all()
    sys.meta_path.insert(0, Fighting())
    def import_many(start, end):
        for number in range(start, end):
            try: __import__(f"absent{{number}}")
            except ImportError: pass
    import_many(0, 1500)
    before = len(sys.meta_path)
    import_many(1500, 1600)
    print(len(sys.meta_path) - before, len(sys.meta_path) < (1100 if "another" in {kind!r} else 30))
    import vic.m
    import other
    print(vic.m.f())
    """
    assert vic.run(script(DECLARED[declared], PLAIN, text)) == ["0 True", "new"]


@pytest.mark.parametrize(
    "again", ["importlib.reload(vic.m)", "del sys.modules['vic.m']; importlib.import_module('vic.m')"]
)
def test_module_that_is_loaded_again_past_us_is_patched_again(vic, again):
    """A reload, and an import after a deletion, can get past us as the first import can."""
    text = f"""
    import prov
    backportkit.apply_all()
    import vic.m
    print(vic.m.f())
    sys.meta_path.insert(0, Claims())
    {again}
    print(sys.modules["vic.m"].f(), *(one.state for one in backportkit.status() if one.id == "vic-f"))
    import other
    print(sys.modules["vic.m"].f(), backportkit.is_applied("vic-f"))
    backportkit.unpatch_all()
    print(sys.modules["vic.m"].f())
    """
    assert vic.run(script(PLAIN, text)) == ["new", "old failed", "new True", "old"]


def test_module_that_is_reloaded_past_us_is_patched_by_apply_all_and_can_be_undone(vic):
    """The function that the reloaded body has made is the new original, although the hook did not see the reload."""
    text = """
    import prov
    backportkit.apply_all()
    import vic.m
    sys.meta_path.insert(0, Claims())
    importlib.reload(vic.m)
    backportkit.apply_all()
    print(vic.m.f(), backportkit.is_applied("vic-f"))
    backportkit.unpatch_all()
    print(vic.m.f())
    """
    assert vic.run(script(PLAIN, text)) == ["new True", "old"]


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("asked", ["vic", "vic.m"])
@pytest.mark.parametrize("position", ["0", "len(sys.meta_path)"])
def test_finder_that_imports_the_target_when_it_is_asked_hides_nothing(vic, asked, position, declared):
    """A finder that imports the target in its `find_spec` does not keep that from being patched."""
    text = f"""
    class Importing:
        busy = False
        def find_spec(self, name, path=None, target=None):
            if name == {asked!r} and not self.busy:
                self.busy = True
                importlib.import_module("vic.m")
                return PathFinder.find_spec(name, path, target)
    finder = Importing()
    backportkit.apply_all()
    sys.meta_path.insert({position}, finder)
    for one in sys.meta_path[:]:  # ours stays in front of it, or is behind
        if one is PathFinder:
            sys.meta_path.remove(one)
            sys.meta_path.append(one)
    import vic.m
    import other
    print(sys.modules["vic.m"].f(), finder.busy)
    """
    assert vic.run(script(DECLARED[declared], text)) == ["new True"]


def test_patch_that_cannot_be_applied_late_is_logged_and_hurts_no_other_import(vic):
    """The import of the target is over: what is imported now has no part in it."""
    vic.write("vic/m.py", "def g(): return 'old'\n")
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m
    import other
    sys.meta_path.insert(0, Claims())
    import user2
    print(*(one.state for one in backportkit.status() if one.id == "vic-f"))
    """
    vic.write("user2.py", "")
    done = vic.start(script(PLAIN, text))
    assert (done.returncode, done.stdout) == (0, "failed\n"), done.stderr
    assert done.stderr.startswith("patch 'vic-f': the target is not there")
    assert done.stderr.count("the target is not there") == 1


def test_provider_that_cannot_be_read_late_is_logged_and_hurts_no_other_import(vic):
    """The error of a provider that cannot be read is logged, and does not break the import of another module."""
    vic.write("prov.py", "1 / 0\n")
    text = """
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    import vic.m, other
    print(other.__name__)
    """
    done = vic.start(script(PLAIN, text))
    assert (done.returncode, done.stdout) == (0, "other\n"), done.stderr
    assert "the patches of 'prov' cannot be loaded: ZeroDivisionError" in done.stderr


def test_settings_that_turn_out_wrong_hurt_no_other_import(vic):
    """Wrong settings that are read late, when something is armed, are logged and break no other import."""
    vic.write("settings.toml", "[tool.backportkit]\ndisable = 1\n")
    text = """
    import os
    backportkit.apply_all()
    os.environ["BACKPORTKIT_CONFIG"] = "settings.toml"
    sys.meta_path.insert(0, Claims())
    import vic.m, other
    sys.meta_path.insert(0, Claims())
    import user2
    print(other.__name__, user2.__name__)
    """
    vic.write("user2.py", "")
    done = vic.start(script(PLAIN, text))
    assert (done.returncode, done.stdout) == (0, "other user2\n"), done.stderr
    assert done.stderr.count("settings.toml") == 1, done.stderr


@pytest.mark.parametrize("declared", DECLARED)
def test_threads_that_import_while_a_target_gets_past_us_wait_for_nobody_and_see_it_patched(vic, declared):
    """A module that was missed is patched by the next import that reaches us, whichever it is."""
    for number in range(40):
        vic.write(f"m{number}.py", "import time; time.sleep(0.001)\nimport vic.m\n")
    text = """
    import threading
    sys.setswitchinterval(1e-5)
    backportkit.apply_all()
    sys.meta_path.insert(0, Claims())
    barrier = threading.Barrier(8)
    problems = []
    def work(offset):
        barrier.wait(20)
        try:
            for number in range(40):
                importlib.import_module(f"m{(number + offset) % 40}")
        except BaseException as error:
            problems.append(repr(error))
    threads = [threading.Thread(target=work, args=[5 * number], daemon=True) for number in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join(60)
    import other
    print(any(thread.is_alive() for thread in threads), problems, sys.modules["vic.m"].f())
    """
    assert vic.run(script(DECLARED[declared], PLAIN, text)) == ["False [] new"]


def test_finder_that_was_taken_out_looks_at_nothing(vic):
    """A finder that somebody has taken out stays out and does nothing until the next apply_all()."""
    text = """
    backportkit.apply_all()
    finder = sys.meta_path.pop(0)
    sys.meta_path.insert(0, Claims())
    import vic.m
    print(finder.find_spec("other"), finder in sys.meta_path, vic.m.f())
    import other
    print(vic.m.f())
    """
    for declared in DECLARED.values():
        assert vic.run(script(declared, PLAIN, text)) == ["None False old", "old"]


def test_plugin_whose_assertions_pytest_rewrites_is_patched(vic):
    """pytest claims all packages of a distribution that has a plugin, before it imports the plugin."""
    info = vic.folder / "vic-1.0.dist-info"
    (info / "entry_points.txt").write_text("[pytest11]\nvic = vic.plugin\n", "utf-8")
    (info / "RECORD").write_text("vic/__init__.py,,\nvic/plugin.py,,\nvic/m.py,,\n", "utf-8")
    vic.write("vic/plugin.py", "import vic.m\n")
    vic.write("sitecustomize.py", "import backportkit\nbackportkit.apply_all()\n")
    vic.write(
        "test_it.py",
        """
        import sys, vic.plugin
        def test_it():
            loader = type(vic.m.__loader__).__name__
            assert (loader, vic.m.f()) == ("AssertionRewritingHook", "new")
        """,
    )
    env = os.environ | {"PYTHONPATH": str(vic.folder)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    done = subprocess.run(command, cwd=vic.folder, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
