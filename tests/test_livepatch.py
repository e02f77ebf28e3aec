"""The kernel's livepatch selftests, and the cases that its successors' bug reports added, for a Python process.

The numbers are those of docs/livepatch.md, which also says why some are missing. Each test compares the whole log.
"""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

START = """
import backportkit, sys
log = []
EVENTS = ("before_apply", "after_apply", "before_undo", "after_undo")
def telling(id, raising=()):
    def make(event):
        def callback(module):
            log.append(f"{id}:{event}:{module.__name__}")
            if event in raising: raise OSError("ENODEV")
        return callback
    return {event: make(event) for event in EVENTS}
def declare(id, *targets, new=None, **fields):
    fields.setdefault("replacement", lambda *args: new or id)
    of_edit = {"replacement", "how", "signature", "original", "fixed"} & set(fields)
    of_edit = {name: fields.pop(name) for name in of_edit}
    edits = [dict(target=target, **of_edit) for target in targets or ["victim:f"]]
    backportkit.register(dict(id=id, summary="s", requires="victim<2", edits=edits) | fields)
def stacking(id):
    return dict(how="wrap", replacement=lambda original: lambda *args: f"{original(*args)} {id}")
def told():
    lines, log[:] = list(log), []
    return " ".join(lines)
def attempt(action, *arguments):
    try: action(*arguments)
    except Exception as error: return type(error).__name__
def states():
    return " ".join(f"{s.id}={s.state}" for s in backportkit.status() if s.provider == "__main__")
"""

VICTIM = """
def f(*args): return "old"
def g(*args): return "old g"
class C:
    def method(self): return "old"
"""


@pytest.fixture
def run(world):
    """Run a script in a world with the modules `victim`, `second` and `third` of one distribution."""
    world.distribution("victim", "1.0")
    for name in ("victim", "second", "third"):
        world.write(f"{name}.py", VICTIM)
    return lambda script, **options: world.run(START + textwrap.dedent(script), **options)


# --- test-livepatch.sh ---


def test_01_patched_function_is_the_very_original_again_after_undo(run):
    script = """
    import victim
    original = vars(victim)["f"]
    declare("p1")
    backportkit.apply_all()
    print(victim.f())
    backportkit.unpatch("p1")
    print(victim.f(), vars(victim)["f"] is original)
    """
    assert run(script) == ["p1", "old True"]


def test_02_patches_of_two_functions_are_undone_in_either_order(run):
    script = """
    import victim
    declare("p1", "victim:f")
    declare("p2", "victim:g")
    for order in (["p2", "p1"], ["p1", "p2"]):
        backportkit.apply_all()
        for id in order:
            backportkit.unpatch(id)
            print(victim.f(), victim.g(), sep=", ")
    """
    assert run(script) == ["p1, old g", "old, old g", "old, p2", "old, old g"]


def test_03_patch_that_supersedes_all_others_is_alone_and_leaves_originals(run):
    script = """
    import victim
    originals = victim.f, victim.g
    declare("p1", "victim:f")
    declare("p2", "victim:g")
    backportkit.apply_all()
    declare("p3", "victim:f", supersedes=["p1", "p2"])
    backportkit.apply_all()
    print(victim.f(), victim.g(), states())
    backportkit.unpatch("p1")
    backportkit.unpatch("p2")
    print(victim.f(), states())
    backportkit.unpatch("p3")
    print((victim.f, victim.g) == originals)
    """
    assert run(script) == [
        "p3 old g p1=disabled p2=disabled p3=applied",
        "p3 p1=disabled p2=disabled p3=applied",
        "True",
    ]


def test_04_function_of_a_submodule_that_is_imported_is_patched(run, world):
    world.write("package/sub.py", VICTIM)
    script = """
    import package.sub
    declare("p1", "package.sub:f")
    backportkit.apply_all()
    print(package.sub.f())
    backportkit.unpatch("p1")
    print(package.sub.f())
    """
    assert run(script) == ["p1", "old"]


def test_05_patch_first_and_the_first_caller_sees_it(run, world):
    world.write("caller.py", "from victim import f\nresult = f()\n")
    script = """
    declare("p1")
    backportkit.apply_all()
    import caller
    print(caller.result)
    backportkit.unpatch("p1")
    print(caller.f(), sys.modules["victim"].f())
    """
    assert run(script) == ["p1", "old old"]


# --- test-callbacks.sh ---


def test_06_callbacks_of_loaded_modules_run_around_the_edits(run):
    script = """
    import victim, second
    declare("p1", "victim:f", "second:f", callbacks=telling("p1"))
    backportkit.apply_all()
    print(told())
    backportkit.unpatch("p1")
    print(told())
    """
    assert run(script) == [
        "p1:before_apply:victim p1:before_apply:second p1:after_apply:victim p1:after_apply:second",
        "p1:before_undo:second p1:before_undo:victim p1:after_undo:second p1:after_undo:victim",
    ]


def test_07_module_coming_runs_only_its_own_callbacks(run, world):
    world.write("importer.py", "import second\nprint(second.f())\n")
    script = """
    import victim
    declare("p1", "victim:f", "second:f", callbacks=telling("p1"))
    backportkit.apply_all()
    print(told())
    import importer
    print(told())
    backportkit.unpatch("p1")
    print(told())
    """
    assert run(script) == [
        "p1:before_apply:victim p1:after_apply:victim",
        "p1",
        "p1:before_apply:second p1:after_apply:second",
        "p1:before_undo:second p1:before_undo:victim p1:after_undo:second p1:after_undo:victim",
    ]


def test_08_module_going_can_be_collected_and_is_not_undone_later(run):
    script = """
    import gc, victim, second, weakref
    declare("p1", "victim:f", "second:f", "second:C.method", callbacks=telling("p1"))
    backportkit.apply_all()
    module = weakref.ref(second)
    del sys.modules["second"], second
    gc.collect()
    print(module() is None, states())
    told()
    backportkit.unpatch("p1")
    print(told())
    """
    assert run(script) == ["True p1=waiting", "p1:before_undo:victim p1:after_undo:victim"]


def test_09_module_that_comes_again_is_patched_again_exactly_once(run):
    script = """
    import gc, importlib, weakref
    declare("p1", "second:f", callbacks=telling("p1"), **stacking("p1"))
    backportkit.apply_all()
    import second
    function = weakref.ref(second.g)
    print(second.f(), told())
    del sys.modules["second"], second
    import second
    gc.collect()
    print(second.f(), told(), "first generation is gone:", function() is None)
    importlib.reload(second)
    print(second.f(), told())
    backportkit.unpatch("p1")
    print(second.f(), told())
    """
    again = "p1:before_apply:second p1:after_apply:second"
    assert run(script) == [
        f"old p1 {again}",
        f"old p1 {again} first generation is gone: True",
        f"old p1 {again}",
        "old p1:before_undo:second p1:after_undo:second",
    ]


def test_10_target_that_never_comes_is_never_imported(run):
    script = """
    declare("p1", callbacks=telling("p1"))
    backportkit.apply_all()
    print(states(), "victim" in sys.modules)
    backportkit.unpatch("p1")
    print(states(), "victim" in sys.modules, told() == "")
    """
    assert run(script) == ["p1=waiting False", "p1=reverted False True"]


def test_11_veto_applies_nothing_and_no_other_callback_runs(run):
    script = """
    import victim
    before = dict(vars(victim))
    declare("p1", "victim:f", "victim:g", callbacks=telling("p1", ["before_apply"]))
    try:
        backportkit.apply_all()
    except backportkit.CallbackError as error:
        print(error.patch, repr(error.__cause__))
    print(vars(victim) == before, states(), told())
    backportkit.unpatch("p1")
    print(told() == "", vars(victim) == before)
    """
    assert run(script) == [
        "p1 OSError('ENODEV')",
        "True p1=failed p1:before_apply:victim",
        "True True",
    ]


def test_12_veto_in_a_coming_module_refuses_that_import_and_leaves_the_others(run):
    script = """
    import victim
    refusing = ["second"]
    def ask(module):
        log.append(module.__name__)
        if module.__name__ in refusing: raise OSError("ENODEV")
    declare("p1", "victim:f", "second:f", callbacks={"before_apply": ask})
    backportkit.apply_all()
    try:
        import second
    except ImportError as error:
        print(type(error).__name__, error.name, repr(error.__cause__.__cause__))
    print(told(), "second" in sys.modules, victim.f())
    refusing.clear()
    import second
    print(told(), second.f())
    """
    assert run(script) == [
        "PatchImportError second OSError('ENODEV')",
        "victim second False p1",
        "second p1",
    ]


def test_13_of_three_modules_one_is_loaded_one_comes_and_one_never_does(run):
    script = """
    import victim
    declare("p1", "victim:f", "second:f", "third:f", callbacks=telling("p1"))
    backportkit.apply_all()
    import second
    print(told())
    print(victim.f(), second.f(), states(), "third" in sys.modules)
    backportkit.unpatch("p1")
    print(told())
    """
    assert run(script) == [
        "p1:before_apply:victim p1:after_apply:victim p1:before_apply:second p1:after_apply:second",
        "p1 p1 p1=waiting False",
        "p1:before_undo:second p1:before_undo:victim p1:after_undo:second p1:after_undo:victim",
    ]


def test_14_what_is_running_ends_with_the_old_body_and_what_starts_has_the_new_one(run, world):
    world.write(
        "busy.py",
        """
        def call(enter, leave):
            enter()
            leave()
            return "old"
        def generator():
            yield "old 1"
            yield "old 2"
        async def coroutine():
            return "old"
        """,
    )
    script = """
    import busy, threading
    inside, go, results = threading.Event(), threading.Event(), []
    thread = threading.Thread(target=lambda: results.append(busy.call(inside.set, lambda: go.wait(30))))
    thread.start()
    assert inside.wait(30)
    suspended, waiting = busy.generator(), busy.coroutine()
    next(suspended)
    def generator(): yield "new"
    async def coroutine(): return "new"
    declare("p1", "busy:call", signature="change")
    declare("p2", "busy:generator", replacement=generator)
    declare("p3", "busy:coroutine", replacement=coroutine)
    def end(coroutine):
        try: coroutine.send(None)
        except StopIteration as stop: return stop.value
    backportkit.apply_all()
    print(busy.call(None, None), list(busy.generator()), end(busy.coroutine()))
    go.set()
    thread.join()
    print(results, list(suspended), end(waiting))
    thread = threading.Thread(target=lambda: backportkit.unpatch_all())
    thread.start()
    thread.join()
    print(list(busy.generator()), states())
    """
    assert run(script) == [
        "p1 ['new'] new",
        "['old'] ['old 2'] old",
        "['old 1', 'old 2'] p1=reverted p2=reverted p3=reverted",
    ]


def test_15_callbacks_of_two_patches_come_in_order_and_go_in_reverse(run):
    script = """
    import victim
    declare("p1", "victim:f", callbacks=telling("p1"))
    declare("p2", "victim:g", callbacks=telling("p2"))
    backportkit.apply_all()
    print(told())
    backportkit.unpatch_all()
    print(told())
    """
    assert run(script) == [
        "p1:before_apply:victim p2:before_apply:victim p1:after_apply:victim p2:after_apply:victim",
        "p2:before_undo:victim p1:before_undo:victim p2:after_undo:victim p1:after_undo:victim",
    ]


def test_16_only_the_callbacks_of_the_patch_that_supersedes_run(run):
    script = """
    import victim, second
    declare("p1", "victim:f", "second:f", callbacks=telling("p1"))
    backportkit.apply_all()
    told()
    declare("p2", "victim:f", supersedes="p1", callbacks=telling("p2"))
    backportkit.apply_all()
    print(victim.f(), second.f(), told())
    backportkit.unpatch_all()
    print(victim.f(), told())
    """
    assert run(script) == [
        "p2 old p2:before_apply:victim p2:after_apply:victim",
        "old p2:before_undo:victim p2:after_undo:victim",
    ]


# --- test-state.sh ---

STATE = """
saved = {}
def save(module): saved.setdefault("level", module.level)
def restore(module): module.level = saved.pop("level")
def raising_to(level):
    def change(module): module.level = level
    return dict(before_apply=save, after_apply=change, before_undo=restore)
"""


def test_18_state_that_a_callback_changed_is_restored_by_its_counterpart(run, world):
    world.write("victim.py", VICTIM + "level = 1\n")
    script = """
    import victim
    declare("p1", callbacks=raising_to(5))
    backportkit.apply_all()
    print(victim.level)
    backportkit.unpatch("p1")
    print(victim.level, saved)
    """
    assert run(STATE + textwrap.dedent(script)) == ["5", "1 {}"]


def test_19_patch_that_supersedes_takes_over_the_state_and_restores_the_first_original(run, world):
    world.write("victim.py", VICTIM + "level = 1\n")
    script = """
    import victim
    declare("p1", callbacks=raising_to(5))
    backportkit.apply_all()
    declare("p2", callbacks=raising_to(7), supersedes="p1")
    backportkit.apply_all()
    print(victim.level, saved)
    backportkit.unpatch_all()
    print(victim.level, saved)
    """
    assert run(STATE + textwrap.dedent(script)) == ["7 {'level': 1}", "1 {}"]


def test_20_later_patch_takes_over_and_hands_back_to_the_earlier_body(run):
    script = """
    import victim
    original = victim.f
    declare("v2", new="two")
    backportkit.apply_all()
    declare("v3", new="three", supersedes="v2")
    backportkit.apply_all()
    print(victim.f())
    declare("v2-again", new="two", supersedes=["v2", "v3"])
    backportkit.apply_all()
    print(victim.f(), states())
    backportkit.unpatch_all()
    print(victim.f is original)
    """
    assert run(script) == ["three", "two v2=disabled v3=disabled v2-again=applied", "True"]


# --- test-ftrace.sh ---


def test_22_lost_hook_and_off_switch_are_said_and_not_silent(run):
    script = """
    declare("p1")
    backportkit.apply_all()
    print(states())
    if states() == "p1=waiting":
        sys.meta_path.pop(0)
        print(states(), "call apply_all() again" in backportkit.status()[0].reason)
        backportkit.apply_all()
    import victim
    print(victim.f())
    """
    assert run(script) == ["p1=waiting", "p1=failed True", "p1"]
    assert run(script, env={"BACKPORTKIT_DISABLE": "all"}) == ["p1=disabled", "old"]


@pytest.mark.parametrize("peer", ["mock", "wrapt", "assignment"])
def test_23_wrapper_of_others_on_top_works_and_is_never_dropped(run, peer):
    script = f"""
    import unittest.mock, victim, wrapt
    def put_on_top(peer):
        below = victim.f
        if peer == "mock":
            patcher = unittest.mock.patch.object(victim, "f", side_effect=lambda: "traced " + below())
            patcher.start()
            return patcher.stop
        if peer == "wrapt":
            wrapt.wrap_function_wrapper(victim, "f", lambda wrapped, *rest: "traced " + wrapped())
        else:
            victim.f = lambda: "traced " + below()
        return lambda: setattr(victim, "f", below)
    original = victim.f
    declare("p1")
    backportkit.apply_all()
    take_off = put_on_top({peer!r})
    theirs = victim.f
    print(victim.f(), attempt(backportkit.unpatch, "p1"), victim.f is theirs, victim.f(), states())
    take_off()
    print(attempt(backportkit.unpatch, "p1"), victim.f is original, states())
    """
    assert run(script) == [
        "traced p1 ConflictError True traced p1 p1=applied",
        "None True p1=reverted",
    ]


def test_23_profiler_and_coverage_see_the_lines_of_the_replacement(run, world):
    mine = world.write("mine.py", "def f(*args):\n    if args:\n        return 'never'\n    return 'new'\n")
    script = """
    import coverage, os, victim
    declare("p1", replacement="mine:f")
    calls = []
    def profile(frame, event, argument):
        if event == "call": calls.append((os.path.basename(frame.f_code.co_filename), frame.f_code.co_name))
    sys.setprofile(profile)
    backportkit.apply_all()
    calls.clear()
    victim.f()
    print(calls)
    sys.setprofile(None)
    measured = coverage.Coverage(data_file=None, config_file=False)
    measured.start()
    victim.f()
    measured.stop()
    print(measured.get_data().lines(MINE))
    backportkit.unpatch("p1")
    print(victim.f())
    """
    assert run(f"MINE = {str(mine)!r}\n" + textwrap.dedent(script)) == ["[('mine.py', 'f')]", "[2, 4]", "old"]


WRAPPED = """
import functools, wrapt
def traced(function):
    @functools.wraps(function)
    def wrapper(*args): return "traced " + function(*args)
    return wrapper
@wrapt.decorator
def traced_by_wrapt(wrapped, instance, args, kwargs): return "traced " + wrapped(*args)
class C:
    @traced
    def plain(self): return "old"
    @traced_by_wrapt
    def method(self): return "old"
    @traced_by_wrapt
    @staticmethod
    def static(): return "old"
    @traced_by_wrapt
    @classmethod
    def of_class(cls): return "old"
@traced_by_wrapt
def f(): return "old"
"""


def test_24_target_that_others_have_wrapped_fires_beneath_a_wrap_and_comes_back_itself(run, world):
    world.write("wrapped.py", WRAPPED)
    script = """
    import wrapped
    targets = ["f", "C.plain", "C.method", "C.static", "C.of_class"]
    before = dict(vars(wrapped.C)), wrapped.f
    def results():
        c = wrapped.C()
        return wrapped.f(), c.plain(), c.method(), c.static(), c.of_class(), wrapped.C.of_class()
    for kind in ("stacking", "replacing"):
        for number, target in enumerate(targets):
            id = f"{kind}-{number}"
            declare(id, f"wrapped:{target}", **(stacking("new") if kind == "stacking" else {"new": "new"}))
        backportkit.apply_all()
        print(set(results()))
        backportkit.unpatch_all()
        after = dict(vars(wrapped.C)), wrapped.f
        print(all(after[0][name] is before[0][name] for name in before[0]), after[1] is before[1], set(results()))
    """
    out = "True True {'traced old'}"
    assert run(script) == ["{'traced old new'}", out, "{'new new'}", out]


def test_24_replacement_that_is_wrapped_itself_keeps_its_wrapper(run, world):
    world.write("wrapped.py", WRAPPED)
    script = """
    import victim
    declare("p1", "victim:f", replacement="wrapped:f", signature="change")
    declare("p2", "victim:C.method", replacement="wrapped:C.method", signature="change")
    backportkit.apply_all()
    print(victim.f(), victim.C().method())
    """
    assert run(script) == ["traced old traced old"]


# --- test-kprobe.sh ---


def test_25_unknown_body_at_the_target_is_drift_and_stays(run):
    script = """
    import victim
    from backportkit.source import fingerprint
    declare("p1", "victim:f", "victim:g", original=[fingerprint.of_function(victim.f), "ast1:000000000000"])
    def theirs(*args): return "theirs"
    victim.g = theirs
    before = dict(vars(victim))
    try:
        backportkit.apply_all()
    except backportkit.DriftError as error:
        print(error.patch, error.target, "theirs" in error.found)
    print(vars(victim) == before, states())
    """
    assert run(script) == ["p1 victim:g True", "True p1=drifted"]


def test_26_wrapper_that_is_taken_off_first_leaves_ours_to_be_undone(run):
    script = """
    import victim, wrapt
    original = victim.f
    declare("p1")
    backportkit.apply_all()
    wrapt.wrap_function_wrapper(victim, "f", lambda wrapped, *rest: "traced " + wrapped())
    print(victim.f())
    victim.f = victim.f.__wrapped__
    print(victim.f(), states())
    backportkit.unpatch("p1")
    print(victim.f is original)
    """
    assert run(script) == ["traced p1", "p1 p1=applied", "True"]


# --- test-syscall.sh ---


def test_27_spawned_process_arms_its_own_patches_and_gets_functions_by_reference(run):
    script = """
    import multiprocessing, victim
    def arm():
        declare("p1", replacement=new)
        backportkit.apply_all()
    def new(*args): return "new"
    if __name__ == "__main__":
        arm()
        context = multiprocessing.get_context("spawn")
        for initializer in (None, arm):
            with context.Pool(1, initializer) as pool: print(pool.apply(victim.f))
    """
    assert run(script) == ["old", "new"]


# --- test-sysfs.sh ---


def test_28_status_is_a_record_that_nobody_can_change(run):
    script = """
    declare("p1")
    status = backportkit.apply_all()[0]
    print(attempt(setattr, status, "state", "applied"), attempt(setattr, backportkit.Patch, "model_config", {}))
    print(status._fields)
    """
    fields = "('id', 'state', 'reason', 'targets', 'installed', 'provider', 'summary', 'copies'"
    (first, second) = run(script)
    assert first.startswith("AttributeError")
    assert second.startswith(fields)


def test_29_state_follows_the_module_as_it_comes_and_goes(run):
    script = """
    declare("p1")
    backportkit.apply_all()
    print(states())
    import victim
    print(states())
    del sys.modules["victim"]
    print(states())
    """
    assert run(script) == ["p1=waiting", "p1=applied", "p1=waiting"]


def test_30_status_says_which_patch_supersedes_another(run):
    script = """
    import victim
    declare("p1")
    declare("p2", supersedes="p1")
    backportkit.apply_all()
    print(states(), backportkit.status()[0].reason)
    """
    assert run(script) == ["p1=disabled p2=applied superseded by 'p2'"]


def test_31_same_patch_that_supersedes_nothing_is_a_conflict(run):
    script = """
    import victim
    declare("p1")
    declare("p2")
    print(attempt(backportkit.apply_all), states(), victim.f())
    """
    assert run(script) == ["ConflictError p1=applied p2=conflict p1"]


def test_32_wraps_keep_their_order_when_one_in_the_middle_goes_and_comes(run):
    script = """
    import victim
    for id in ("p1", "p2", "p3"): declare(id, **stacking(id))
    backportkit.apply_all()
    print(victim.f())
    backportkit.unpatch("p2")
    print(victim.f())
    backportkit.apply_all()
    print(victim.f())
    """
    assert run(script) == ["old p1 p2 p3", "old p1 p3", "old p1 p2 p3"]


# --- what the survey of other tools added ---


def test_33_registry_that_captured_the_function_is_repaired_by_callbacks(run, world):
    world.write("victim.py", VICTIM + "HANDLERS = []\ndef on(f): HANDLERS.append((f.__name__, f))\non(f)\n")
    script = """
    import victim
    def register_again(module): module.HANDLERS[:] = [("f", module.f)]
    declare("p1", callbacks=dict(after_apply=register_again, after_undo=register_again))
    backportkit.apply_all()
    print(victim.HANDLERS[0][1]())
    backportkit.unpatch("p1")
    print(victim.HANDLERS[0][1]())
    """
    assert run(script) == ["p1", "old"]


def test_34_name_imported_before_is_bound_and_what_is_out_of_reach_is_named(run, world):
    world.write("user.py", "from victim import f\ndef call(function=f): return function()\n")
    script = """
    import user
    declare("p1")
    backportkit.apply_all()
    print(user.f(), user.call(), backportkit.status()[0].copies, backportkit.out_of_reach("p1"))
    backportkit.unpatch("p1")
    print(user.f())
    """
    assert run(script) == ["p1 old ('user:f',) ('default argument of user.call',)", "old"]


def test_35_cache_closure_defaults_and_super_mean_what_they_mean_in_the_replacement(run, world):
    world.write(
        "statics.py",
        """
        import functools
        @functools.lru_cache(maxsize=3)
        def cached(x): return ["old", x]
        def with_default(x="old"): return x
        class Base:
            def method(self): return "base"
        class C(Base):
            def method(self): return "old"
        """,
    )
    script = """
    import statics
    captured = "closure"
    def new_default(x=captured): return x
    class C:
        def method(self): return "new " + super().method()
    declare("p1", "statics:cached", replacement=lambda x: ["new", x])
    declare("p2", "statics:with_default", replacement=new_default)
    backportkit.backport("statics:C", id="p3", requires="victim<2", summary="s")(C)
    old = statics.cached(1)
    backportkit.apply_all()
    print(statics.cached(1) is statics.cached(1), statics.cached(1), statics.cached.cache_parameters()["maxsize"])
    print(statics.with_default(), statics.C().method())
    def bare(self): return super().method()
    print(attempt(backportkit.backport("statics:C.method", id="p4", requires="victim<2", summary="s"), bare))
    backportkit.unpatch_all()
    print(statics.cached(1) is old, statics.with_default(), statics.C().method())
    """
    assert run(script) == ["True ['new', 1] 3", "closure new base", "DeclarationError", "True old old"]


def test_36_function_that_upstream_deleted_is_an_error_that_names_the_target(run):
    script = """
    import victim
    del victim.f
    declare("p1")
    try:
        backportkit.apply_all()
    except backportkit.TargetError as error:
        print(error.patch, error.target, error.found)
    """
    assert run(script) == ["p1 victim:f module victim has no 'f'"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_37_all_patches_together_are_red_green_and_red_again_in_any_order(run, seed):
    script = f"""
    import random, victim, second
    shuffle = random.Random({seed}).shuffle
    originals = {{(m, name): vars(m)[name] for m in (victim, second) for name in ("f", "g")}}
    ids = []
    for module, name in [("victim", "f"), ("victim", "g"), ("second", "f"), ("second", "g")]:
        for kind in (dict(new="new"), stacking("one"), stacking("two")):
            ids.append(f"p{{len(ids)}}")
            declare(ids[-1], f"{{module}}:{{name}}", **kind)
    results = lambda: {{victim.f(), victim.g(), second.f(), second.g()}}
    print(results() == {{"old", "old g"}})
    backportkit.apply_all()
    print(results())
    shuffle(ids)
    for id in ids: backportkit.unpatch(id)
    print(all(vars(module)[name] is value for (module, name), value in originals.items()))
    """
    assert run(script) == ["True", "{'new one two'}", "True"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("target='victim:missing'", "module victim has no 'missing'"),
        ("target='victim:C'", "whole class"),
        ("target='victim:f.x'", "it is no class"),
        ("target='victim:f', how='add'", "<function f"),
        ("target='builtins:str.upper'", "Python does not let it change"),
        ("target='victim:f', original='ast1:000000000000'", "ast1:"),
        ("target='victim:f', replacement='gone:f'", "No module named 'gone'"),
    ],
)
def test_38_patch_that_must_be_refused_is_and_says_why(run, fields, said):
    script = f"""
    import victim
    before = dict(vars(victim))
    fields = dict(replacement="second:f") | dict({fields})
    backportkit.register(dict(id="p1", summary="s", requires="victim<2") | fields)
    try: backportkit.apply_all()
    except backportkit.BackportError as error: print(str(error).replace(chr(10), " "))
    print(vars(victim) == before)
    """
    message, unchanged = run(script)
    assert said in message
    assert unchanged == "True"


def test_39_applying_again_changes_nothing(run):
    script = """
    import victim
    declare("p1", callbacks=telling("p1"), **stacking("p1"))
    backportkit.apply_all()
    installed = victim.f
    told()
    for _ in range(3): backportkit.apply_all()
    print(victim.f is installed, victim.f(), told() == "")
    """
    assert run(script) == ["True old p1 True"]


def test_40_body_that_was_edited_is_in_effect_after_a_restart_with_warm_caches(run, world):
    script = """
    import victim
    declare("p1", replacement="mine:f", signature="change")
    backportkit.apply_all()
    print(victim.f())
    """
    for body in ("first", "the second"):
        world.write("mine.py", f"def f(): return {body!r}\n")
        assert run(script) == [body]


def test_41_change_that_only_deletes_or_comments_is_never_taken_for_the_fix(run, world):
    world.write("fixed.py", "def f(x):\n    x += 1\n    return x + 1\n")
    world.write("original.py", "def f(x):\n    x += 1\n    return x\n")
    script = """
    import pathlib, importlib
    from backportkit.source.fingerprint import of_source
    original, fixed = (of_source(pathlib.Path(f"{name}.py").read_text(), ["f"]) for name in ("original", "fixed"))
    bodies = {
        "comments": "def f(x):\\n    # why\\n\\n    x  +=  1\\n    return x\\n",
        "deleted": "def f(x):\\n    return x + 1\\n",
        "fixed": "def f(x):\\n    x += 1  # why\\n    return (x + 1)\\n",
    }
    for name, body in bodies.items():
        pathlib.Path(f"{name}_body.py").write_text(body)
        declare(name, f"{name}_body:f", original=original, fixed=fixed, signature="change")
        importlib.invalidate_caches()
        importlib.import_module(f"{name}_body")
    attempt(backportkit.apply_all)
    print(states())
    """
    assert run(script) == ["comments=applied deleted=drifted fixed=absorbed"]


def test_42_function_that_is_fixed_already_is_left_as_the_object_it_is(run):
    script = """
    import victim
    from backportkit.source import fingerprint
    original = victim.f
    declare("p1", original="ast1:000000000000", fixed=fingerprint.of_function(victim.f), callbacks=telling("p1"))
    backportkit.apply_all()
    print(victim.f is original, states())
    backportkit.unpatch("p1")
    print(victim.f is original, told() == "")
    """
    assert run(script) == ["True p1=absorbed", "True True"]


def test_43_nothing_is_written_anywhere(run, world):
    home = world.folder / "home"
    home.mkdir()
    script = """
    declare("p1")
    backportkit.apply_all()
    import victim
    backportkit.status()
    print(sorted(path for path in audited if path not in (None, "/dev/null")))
    """
    audit = """
    import sys
    audited = set()
    def hook(event, arguments):
        if event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
            audited.add(str(arguments[0]))
        if event in ("os.mkdir", "os.rename", "os.remove"):
            audited.add(event)
    sys.addaudithook(hook)
    """
    lines = run(textwrap.dedent(audit) + textwrap.dedent(script), flags=["-B"], env={"HOME": str(home)})
    assert (lines, list(home.iterdir())) == (["[]"], [])


def test_44_target_module_that_is_gone_raises_as_python_does_and_nothing_else(run):
    script = """
    declare("p1", "victim.gone:f", required=False)
    backportkit.apply_all()
    try:
        import victim.gone
    except ModuleNotFoundError as error:
        print(error)
    print(states())
    """
    assert run(script) == ["No module named 'victim.gone'; 'victim' is not a package", "p1=waiting"]


def test_45_keyword_that_upstream_added_is_drift_when_it_loads_and_no_type_error_later(run, world):
    script = """
    from backportkit.source.fingerprint import of_source
    declare("p1", original=of_source("def f(*args): return 'older'", ["f"]))
    backportkit.apply_all()
    try:
        import victim
    except ImportError as error:
        print(type(error.__cause__).__name__, error.target)
    """
    assert run(script) == ["DriftError victim:f"]


def test_46_module_is_executed_once_whatever_is_applied_and_undone(run, world):
    world.write("counted.py", "print('executed')\n" + VICTIM)
    script = """
    declare("p1", "counted:f")
    backportkit.apply_all()
    import counted
    for _ in range(2):
        backportkit.unpatch("p1")
        backportkit.apply_all()
    print(counted.f())
    """
    assert run(script) == ["executed", "p1"]


def test_47_probe_consumes_nothing_and_none_in_sys_modules_breaks_nothing(run, world):
    world.write("package/sub.py", VICTIM)
    script = """
    import importlib.util
    declare("p1", "package.sub:f")
    sys.modules["package.sub"] = None
    backportkit.apply_all()
    print(attempt(__import__, "package.sub"), states())
    del sys.modules["package.sub"]
    finder = sys.meta_path[0]
    for _ in range(2): importlib.util.find_spec("package.sub")
    import package.sub
    print(package.sub.f(), sys.meta_path[0] is finder, sys.meta_path.count(finder))
    """
    assert run(script) == ["ModuleNotFoundError p1=waiting", "p1 True 1"]
