"""Callbacks around applying and undoing: when each is called, with what, and what happens when one raises."""

from __future__ import annotations

import json
import textwrap

import pytest

from backportkit import Callbacks, DeclarationError, Patch

pytestmark = pytest.mark.warm

START = """
import backportkit, sys, warnings
log = []
def telling(*names, id="a1", raising=()):
    def make(name):
        def callback(module):
            log.append(f"{id} {name} {module.__name__} {module.f()}")
            if name in raising: raise ValueError(name)
        return callback
    return {name: make(name) for name in names or ("before_apply", "after_apply", "before_undo", "after_undo")}
def declare(*modules, id="a1", how="wrap", **fields):
    fields.setdefault("callbacks", telling(id=id))
    edits = [dict(target=f"{m}:f", replacement=lambda original: lambda: original() + id, how=how) for m in modules]
    backportkit.register(dict(id=id, summary="s", requires="victim<2", edits=edits, **fields))
def told():
    lines, log[:] = list(log), []
    return lines
def attempt(action, *arguments):
    try: action(*arguments)
    except backportkit.BackportError as error: return error
"""


@pytest.fixture
def run(world):
    """Run a script in a world with a distribution `victim`, a module of that name and two more."""
    world.distribution("victim", "1.0")
    for name in ("victim", "second", "third"):
        world.write(f"{name}.py", "def f(): return 'old '\n")
    return lambda script, **options: world.run(START + textwrap.dedent(script), **options)


def test_each_callback_is_called_once_with_the_module_and_finds_it_as_its_name_says(run):
    script = """
    import victim
    declare("victim")
    backportkit.apply_all(); backportkit.apply_all()
    print(told())
    backportkit.unpatch("a1"); backportkit.unpatch("a1")
    print(told())
    """
    assert run(script) == [
        "['a1 before_apply victim old ', 'a1 after_apply victim old a1']",
        "['a1 before_undo victim old a1', 'a1 after_undo victim old ']",
    ]


def test_copies_are_bound_already_when_the_last_callback_runs(run, world):
    world.write("user.py", "from victim import f\n")
    script = """
    import user
    see = lambda module: print(user.f())
    declare("victim", callbacks={"after_apply": see, "after_undo": see})
    backportkit.apply_all()
    backportkit.unpatch("a1")
    """
    assert run(script) == ["old a1", "old "]


def test_callback_named_by_string_is_imported_when_it_is_needed(run, world):
    world.write("mine.py", "def repair(module): print('repaired', module.__name__)\n")
    script = """
    declare("victim", callbacks={"after_apply": "mine:repair", "after_undo": "gone:repair"})
    backportkit.apply_all()
    print("mine" in sys.modules)
    import victim
    """
    assert run(script) == ["False", "repaired victim"]


def test_veto_leaves_the_module_as_it_is_and_names_patch_and_callback(run):
    script = """
    import victim
    original = victim.f
    declare("victim", callbacks=telling(raising=["before_apply"]))
    error = attempt(backportkit.apply_all)
    print(type(error).__name__, error.patch, error.message, type(error.__cause__).__name__, sep=" | ")
    print(victim.f is original, backportkit.status()[0].state, told())
    backportkit.unpatch("a1")
    print(told())
    """
    assert run(script) == [
        "CallbackError | a1 | its callback before_apply refused the patch: ValueError: before_apply | ValueError",
        "True failed ['a1 before_apply victim old ']",
        "[]",
    ]


def test_veto_at_import_refuses_the_import_and_the_next_import_asks_again(run):
    script = """
    answers = [RuntimeError("not now")]
    def ask(module):
        if answers: raise answers.pop()
    declare("victim", callbacks={"before_apply": ask})
    backportkit.apply_all()
    try:
        import victim
    except ImportError as error:
        print(type(error).__name__, error.patch, type(error.__cause__).__name__, "victim" in sys.modules)
    import victim
    print(victim.f())
    """
    assert run(script) == ["PatchImportError a1 CallbackError False", "old a1"]


def test_veto_of_a_patch_that_is_not_required_is_a_warning(run):
    script = """
    import logging, victim
    logging.disable()
    declare("victim", callbacks=telling(raising=["before_apply"]), required=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backportkit.apply_all()
    print([warning.category.__name__ for warning in caught], victim.f())
    """
    assert run(script) == ["['BackportWarning'] old "]


def test_other_callbacks_that_raise_are_reported_and_change_nothing(run):
    script = """
    import logging
    logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s %(exc_info)s", level="ERROR")
    logging.Formatter.formatException = lambda self, info: "traceback"
    import victim
    original = victim.f
    declare("victim", callbacks=telling(raising=["after_apply", "before_undo", "after_undo"]))
    declare("victim", id="b1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backportkit.apply_all()
        print(victim.f(), backportkit.is_applied("a1"))
        backportkit.unpatch_all()
    print(victim.f is original, len(told()))
    print([str(warning.message).split(":")[1] for warning in caught])
    """
    lines = run(script)
    assert [line for line in lines if line.startswith("backportkit ERROR")] == [
        line for line in lines if line.startswith("backportkit ERROR (<class 'backportkit.errors.CallbackError'>")
    ]
    assert [line for line in lines if "ERROR" not in line and line != "traceback"] == [
        "old a1b1 True",
        "True 8",
        (
            "[' its callback after_apply failed, which changes nothing about the edits', "
            "' its callback before_undo failed, which changes nothing about the edits', "
            "' its callback after_undo failed, which changes nothing about the edits']"
        ),
    ]


def test_warning_that_is_an_error_is_raised_when_nothing_is_half_done(run):
    script = """
    import logging
    logging.disable()
    warnings.simplefilter("error")
    import victim, second
    declare("victim", callbacks=telling(raising=["after_apply", "after_undo"]))
    declare("second", id="b1")
    error = attempt(backportkit.apply_all)
    print(type(error).__name__, error.found[:13], victim.f(), second.f(), told())
    error = attempt(backportkit.unpatch_all)
    print(type(error).__name__, victim.f(), second.f(), told())
    """
    assert run(script) == [
        (
            "CallbackError ValueError in old a1 old b1 ['a1 before_apply victim old ', 'b1 before_apply second old ', "
            "'a1 after_apply victim old a1', 'b1 after_apply second old b1']"
        ),
        (
            "CallbackError old  old  ['b1 before_undo second old b1', 'a1 before_undo victim old a1', "
            "'b1 after_undo second old ', 'a1 after_undo victim old ']"
        ),
    ]


def test_undo_callback_runs_only_if_its_apply_callback_ran(run):
    script = """
    import victim
    for id in ("a1", "b1"):
        edit = dict(target="victim:f", replacement=lambda id=id: "new " + id)
        backportkit.register(dict(id=id, summary="s", requires="victim<2", callbacks=telling(id=id), **edit))
    error = attempt(backportkit.apply_all)
    print(type(error).__name__, error.patch)
    print(told())
    backportkit.unpatch_all()
    print(told())
    """
    assert run(script) == [
        "ConflictError b1",
        (
            "['a1 before_apply victim old ', 'b1 before_apply victim new a1', 'b1 after_undo victim new a1', "
            "'a1 after_apply victim new a1']"
        ),
        "['a1 before_undo victim new a1', 'a1 after_undo victim old ']",
    ]


def test_interrupt_that_keeps_the_edits_out_ends_the_round(run):
    """Interrupted after `before_apply`, its counterpart is called at once, and the next call begins a new round."""
    script = """
    import victim
    interrupts = [KeyboardInterrupt]
    def wrapper(original):
        if interrupts: raise interrupts.pop()
        return lambda: "new"
    edit = dict(target="victim:f", how="wrap", replacement=wrapper, callbacks=telling())
    backportkit.register(dict(id="a1", summary="s", requires="victim<2", **edit))
    try: backportkit.apply_all()
    except KeyboardInterrupt: print(told())
    backportkit.apply_all()
    print(told())
    """
    assert run(script) == [
        "['a1 before_apply victim old ', 'a1 after_undo victim old ']",
        "['a1 before_apply victim old ', 'a1 after_apply victim new']",
    ]


def test_undo_that_is_held_up_by_others_calls_the_last_callback_when_it_has_succeeded(run):
    script = """
    import victim
    declare("victim")
    backportkit.apply_all()
    ours, victim.f = victim.f, lambda: "theirs"
    told()
    for _ in range(2): print(type(attempt(backportkit.unpatch, "a1")).__name__, told())
    victim.f = ours
    print(attempt(backportkit.unpatch, "a1"), told())
    """
    assert run(script) == [
        "ConflictError ['a1 before_undo victim theirs']",
        "ConflictError []",
        "None ['a1 after_undo victim old ']",
    ]


def test_reload_and_fresh_import_begin_a_new_round_and_every_living_module_is_told_of_the_undo(run):
    script = """
    import importlib, victim
    declare("victim")
    backportkit.apply_all()
    told()
    importlib.reload(victim)
    print(told())
    kept = sys.modules.pop("victim")
    import victim
    print(victim is kept, told())
    backportkit.unpatch("a1")
    print(len(told()), kept.f(), victim.f())
    """
    assert run(script) == [
        "['a1 before_apply victim old ', 'a1 after_apply victim old a1']",
        "False ['a1 before_apply victim old ', 'a1 after_apply victim old a1']",
        "4 old  old ",
    ]


def test_module_that_is_gone_is_told_nothing(run):
    script = """
    import gc, victim
    declare("victim")
    backportkit.apply_all()
    told()
    del sys.modules["victim"], victim
    gc.collect()
    backportkit.unpatch("a1")
    print(told())
    """
    assert run(script) == ["[]"]


def test_patch_that_a_callback_undoes_meanwhile_is_not_put_in(run):
    script = """
    import victim
    callbacks = telling("after_apply", "before_undo", "after_undo")
    declare("victim", callbacks=callbacks | {"before_apply": lambda module: backportkit.unpatch("a1")})
    backportkit.apply_all()
    print(victim.f(), backportkit.status()[0].state, told())
    """
    assert run(script) == ["old  reverted ['a1 after_undo victim old ']"]


def test_callback_that_applies_everything_again_is_not_called_again(run):
    script = """
    import victim
    again = lambda module: (log.append("again"), backportkit.apply_all())
    declare("victim", callbacks={"before_apply": again, "after_apply": again})
    backportkit.apply_all()
    print(victim.f(), told())
    """
    assert run(script) == ["old a1 ['again', 'again']"]


def test_thread_that_comes_second_leaves_the_patch_to_the_first_without_waiting(run):
    script = """
    import threading, victim
    inside, go = threading.Event(), threading.Event()
    def slow(module):
        log.append("before")
        inside.set()
        assert go.wait(30)
    declare("victim", callbacks={"before_apply": slow})
    thread = threading.Thread(target=backportkit.apply_all)
    thread.start()
    assert inside.wait(30)
    backportkit.apply_all()
    print(victim.f())
    go.set()
    thread.join()
    print(victim.f(), told())
    """
    assert run(script) == ["old ", "old a1 ['before']"]


def test_child_of_a_fork_in_the_middle_of_a_callback_begins_anew(run):
    script = """
    import os, threading, victim
    inside, go = threading.Event(), threading.Event()
    def slow(module):
        inside.set()
        assert go.wait(30)
    declare("victim", callbacks={"before_apply": slow})
    thread = threading.Thread(target=backportkit.apply_all)
    thread.start()
    assert inside.wait(30)
    warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of every fork in a process with threads
    child = os.fork()
    go.set()
    if child == 0:
        backportkit.apply_all()
        os._exit(0 if victim.f() == "old a1" else 1)
    print(os.waitpid(child, 0)[1])
    thread.join()
    """
    assert run(script) == ["0"]


def test_module_stand_in_that_cannot_be_held_weakly_is_told_too(run, world):
    world.write(
        "odd.py",
        (
            """
            import sys
            class Odd:
                __slots__ = ("__dict__",)
            sys.modules[__name__] = odd = Odd()
            vars(odd).update(__name__="odd", f=lambda: "old ")
            """
        ),
    )
    script = """
    declare("odd")
    backportkit.apply_all()
    import odd
    backportkit.unpatch("a1")
    print(told())
    """
    assert run(script)[0].count("odd") == 4


FIELDS = {"id": "a-1", "requires": "victim<2", "summary": "s", "target": "victim:f", "replacement": "mine:f"}


def test_callbacks_survive_being_written_down():
    patch = Patch.model_validate(FIELDS | {"callbacks": {"after_apply": "mine:clear", "before_undo": "mine:save"}})
    assert Patch.model_validate_json(patch.model_dump_json()) == patch
    assert Patch.model_validate(patch.model_dump()) == patch
    assert json.loads(patch.model_dump_json())["callbacks"]["after_apply"] == "mine:clear"
    assert hash(patch.callbacks) == hash(Callbacks(after_apply="mine:clear", before_undo="mine:save"))


@pytest.mark.parametrize(
    ("callbacks", "said"),
    [
        ({"after_apply": lambda: None}, "write 'def after_apply(module): ...'"),
        ({"before_undo": "no name"}, "'no name' names no function"),
        ({"before": "mine:f"}, "there is no such field"),
    ],
)
def test_callback_that_cannot_be_called_with_the_module_is_refused_where_it_is_declared(callbacks, said):
    with pytest.raises(DeclarationError) as caught:
        Patch.model_validate(FIELDS | {"callbacks": callbacks})
    assert said in str(caught.value)


# --- bodies that run anew and leave the edits where they are ---

ADDING = """
import importlib
def add(*modules, kind="add", **callbacks):
    log.clear()
    told_of = lambda name: lambda module: log.append(f"{name} {module.__name__} {hasattr(module, 'extra')}")
    names = ("before_apply", "after_apply", "before_undo", "after_undo")
    edits = [dict(target=f"{module}:extra", how="add", replacement=lambda: 1) for module in modules]
    if kind == "item": edits = [dict(target=f"{module}:TABLE['key']", value=2) for module in modules]
    if kind == "class": edits = [dict(target=f"{module}:C.method", replacement=lambda self: 2) for module in modules]
    fields = dict(id="a1", summary="s", requires="victim<2", edits=edits)
    backportkit.register(fields | dict(callbacks={name: told_of(name) for name in names} | callbacks))
    backportkit.apply_all()
def names():
    return [line.split()[0] for line in told()]
def again(module):
    if sys.argv[1:] == ["afresh"]: del sys.modules[module]
    return importlib.reload(sys.modules[module]) if module in sys.modules else importlib.import_module(module)
"""
ROUND = "['before_apply', 'after_apply']"


@pytest.mark.parametrize("kind", ["add", "item", "class"])
@pytest.mark.parametrize("how", ["reload", "afresh"])
def test_callbacks_are_called_again_where_a_body_has_left_the_edits_in_place(run, world, kind, how):
    """Callbacks hear of each reload, import afresh and undo, though nothing had to be put in anew."""
    world.write("shared.py", "TABLE = {'key': 1}\nclass C:\n    def method(self): return 1\n")
    world.write("victim.py", "from shared import C, TABLE\ndef f(): return 'old '\n")
    script = f"""
    add("victim", kind={kind!r})
    import victim
    kept = victim
    print(names())
    for _ in range(3):
        again("victim")
        print(names())
    backportkit.apply_all()
    print(names())
    backportkit.unpatch("a1")
    print(sorted(set(names())), backportkit.is_applied("a1"))
    """
    lines = world.run(START + ADDING + textwrap.dedent(script), how)
    assert lines == [*[ROUND] * 4, "[]", "['after_undo', 'before_undo'] False"]


def test_each_module_of_a_patch_is_announced_when_its_own_body_runs_anew(run):
    """The reload of one module of a patch calls the callbacks for that module only."""
    script = """
    add("victim", "second")
    import second, victim
    told()
    again("second")
    print(told())
    backportkit.unpatch("a1")
    print(len(told()))
    """
    assert run(ADDING + textwrap.dedent(script)) == [
        "['before_apply second True', 'after_apply second True']",
        "4",
    ]


def test_block_without_the_patch_is_a_round_of_its_own_after_a_reload(run):
    """`unpatched` calls the callbacks of going, and those of coming when it ends."""
    script = """
    add("victim")
    import victim
    again("victim")
    told()
    with backportkit.unpatched("a1"): print(names(), hasattr(victim, "extra"))
    print(names(), hasattr(victim, "extra"))
    """
    assert run(ADDING + textwrap.dedent(script)) == ["['before_undo', 'after_undo'] False", f"{ROUND} True"]


def test_reload_that_a_callback_refuses_leaves_the_edits_out(run, world):
    """A veto at a reload takes out what the body had left in place, copies elsewhere too; the next call asks again."""
    world.write("shared.py", "class C:\n    def method(self): return 'old'\n")
    world.write("victim.py", "from shared import C\ndef f(): return 'old '\n")
    script = """
    def veto(module):
        if vetoes: raise ValueError(vetoes.pop())
    vetoes = []
    add("victim", kind="class", before_apply=veto)
    import shared, victim
    copies = {"method": shared.C.method}
    shared.COPIES = dict(copies)
    vetoes.append("no")
    try: again("victim")
    except ImportError as error: print(str(error).splitlines()[0])
    print(victim.C().method(), backportkit.is_applied("a1"), names())
    again("victim")
    print(victim.C().method(), backportkit.is_applied("a1"), names())
    backportkit.unpatch("a1")
    print(victim.C().method(), names())
    """
    assert run(ADDING + textwrap.dedent(script)) == [
        "patch 'a1': victim is not imported unpatched: its callback before_apply refused the patch: ValueError: no",
        "old False ['after_apply']",
        "2 True ['after_apply']",
        "old ['before_undo', 'after_undo']",
    ]


def test_callback_that_raises_at_a_reload_is_reported_and_changes_nothing(run):
    """A callback that raises is reported at each reload, and the other callbacks are called as usual."""
    script = """
    def failing(module): raise ValueError("at each")
    import logging
    logging.disable()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        add("victim", after_apply=failing)
        import victim
        again("victim")
        backportkit.unpatch("a1")
    print(len(caught), names(), hasattr(victim, "extra"))
    """
    lines = run(ADDING + textwrap.dedent(script))
    assert lines == ["2 ['before_apply', 'before_apply', 'before_undo', 'after_undo'] False"]


def test_imports_afresh_leave_nothing_of_the_callbacks_behind(run):
    """The callbacks' records of a module that is gone are dropped when the module is imported afresh."""
    script = """
    import gc, types
    add("victim")
    def ours(times):
        for _ in range(times):
            sys.modules.pop("victim", None)
            importlib.import_module("victim")
            gc.collect()
            elsewhere.append(types.ModuleType("other"))  # where the former module was
        log.clear()
        return sum(type(one).__module__.startswith("backportkit") for one in gc.get_objects())
    elsewhere = []
    print(ours(10) == ours(50))
    """
    assert run(ADDING + textwrap.dedent(script)) == ["True"]


@pytest.mark.parametrize("how", ["replace", "wrap"])
def test_target_that_a_callback_takes_away(run, how):
    """The error of a target that `before_apply` has deleted says so, and does not propose to apply a patch again."""
    script = f"""
    import victim
    def deleting(module): del module.f
    declare("victim", how={how!r}, callbacks=dict(before_apply=deleting))
    error = attempt(backportkit.apply_all)
    print(error.message, "-", error.found, "-", error.next_step)
    """
    expected = (
        "the target is not there - module victim has no 'f' - let it stand there: `before_apply`, or another thread, "
    )
    assert run(script) == [expected + "has taken it away"]
