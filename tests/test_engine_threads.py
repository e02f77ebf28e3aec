"""Threads and forks while patches come and go: every call gets the old or the new object, and no error."""

from __future__ import annotations

import textwrap

import pytest

from backportkit import Patch
from backportkit.declaration.registry import Declared, Registry
from backportkit.errors import DeclarationError

START = """
import backportkit, os, sys, threading, victim
sys.setswitchinterval(1e-5)
def declare(id, target="victim:f", **fields):
    fields.setdefault("replacement", lambda *args: "new")
    backportkit.register(dict(id=id, summary="s", requires="victim<2", target=target) | fields)
def together(number, work):
    problems = []
    def guarded(each):
        try: work(each)
        except BaseException as error: problems.append(repr(error))
    threads = [threading.Thread(target=guarded, args=[each]) for each in range(number)]
    for thread in threads: thread.start()
    return threads, problems
"""


@pytest.fixture
def run(world):
    """Run a script in a world with a distribution `victim` whose module is imported."""
    world.distribution("victim", "1.0")
    world.write(
        "victim.py",
        """
        def f(*args): return "old"
        def g(*args): return "old"
        def h(*args): return "old"
        def changed(*args): return "old"
        class C:
            def method(self): return "old"
            @property
            def size(self): return "old"
        TABLE = {"key": f}
        """,
    )
    world.write("user.py", "from victim import f, g\n")
    return lambda script, *arguments: world.run(START + textwrap.dedent(script), *arguments)


@pytest.mark.parametrize(("aliases", "cycles"), [("keep", 1000), ("follow", 30)])
def test_calls_during_many_cycles_are_old_or_new_and_none_that_starts_later_is_old(run, aliases, cycles):
    script = f"""
    import time, user
    edits = [dict(target=f"victim:{{name}}", replacement=lambda *args: "new") for name in ("f", "C.method", "C.size")]
    backportkit.register(dict(id="p1", summary="s", requires="victim<2", edits=edits, aliases={aliases!r}))
    uses = [lambda: victim.f(), lambda: victim.C().method(), lambda: victim.C().size]
    uses += [lambda: user.f(), lambda: victim.TABLE["key"]()] if {aliases!r} == "follow" else []
    results = {{"changing": {{"old", "new"}}, "in": {{"new"}}, "out": {{"old"}}}}
    phase, stop, calls = "changing", False, [0] * (2 * os.cpu_count())
    def work(each):
        while not stop:
            for use in uses:
                before = phase
                result = use()
                assert result in results[before if phase == before else "changing"], (before, phase, result)
                calls[each] += 1
            time.sleep(1e-4)
    threads, problems = together(len(calls), work)
    for _ in range({cycles}):
        for step, after in ((backportkit.apply_all, "in"), (lambda: backportkit.unpatch("p1"), "out")):
            step()
            phase = after
            assert {{use() for use in uses}} == results[after], after
            time.sleep(1e-5)
            phase = "changing"
    stop = True
    for thread in threads: thread.join()
    print(problems, min(calls) > 0)
    """
    assert run(script) == ["[] True"]


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_threads_that_apply_and_undo_against_each_other_raise_nothing_and_leave_the_originals(run, first):
    """Four threads do what they like with six patches of all kinds; ten times, each time with other choices."""
    script = f"""
    import random, user
    def new(*args): return "new"
    def places():
        names = victim.f, user.f, victim.TABLE["key"], victim.g, user.g, victim.h, hasattr(victim, "added")
        return *names, vars(victim.C)["method"], vars(victim.C)["size"], victim.changed.__code__
    originals = places()
    declare("callbacks", callbacks=dict(after_apply=lambda module: None))
    edits = [dict(target=f"victim:{{name}}", replacement=new) for name in ("C.method", "g")]
    edits += [dict(target="victim:added", how="add", replacement=new)]
    edits += [dict(target="victim:C.size", how="wrap", replacement=lambda original: property(new))]
    backportkit.register(dict(id="edits", summary="s", requires="victim<2", edits=edits))
    declare("wrap", how="wrap", replacement=lambda original: lambda *args: original() + " wrapped")
    declare("plain", "victim:h")
    declare("in-place", "victim:changed", how="in_place", replacement=new)
    ids = ["callbacks", "edits", "wrap", "plain", "in-place"]
    def take_out_for_a_while(id):
        with backportkit.unpatched(id): pass
    def work(seed):
        chance = random.Random(seed)
        for _ in range(30):
            chance.choice([
                backportkit.apply_all,
                backportkit.apply_all,
                backportkit.unpatch_all,
                lambda: backportkit.unpatch(chance.choice(ids)),
                lambda: take_out_for_a_while(chance.choice(ids)),
            ])()
            assert victim.f() in {{"old", "new", "old wrapped", "new wrapped"}}, victim.f()
    wrong = []
    for seed in range({first}, {first} + 10):
        threads, problems = together(4, lambda each: work(10 * seed + each))
        for thread in threads: thread.join()
        backportkit.unpatch_all()
        wrong += problems if places() == originals else [*problems, (seed, places(), originals)]
    print(wrong)
    backportkit.apply_all()
    print(victim.f(), victim.C().method(), victim.C().size, user.f(), victim.h(), victim.changed())
    """
    assert run(script) == ["[]", "new wrapped new new new wrapped new new"]


def test_patch_that_another_thread_has_armed_meanwhile_is_armed_once(run):
    script = """
    from backportkit.engine import verbs
    from backportkit.declaration.registry import declared_patches
    declare("p1")
    class Slow:
        "A record whose modules are known only when another thread has armed the patch."
        def __init__(self, record):
            self.record, self.others = record, [threading.Thread(target=backportkit.apply_all)]
        def __getattr__(self, name):
            if name == "modules" and self.others:
                other = self.others.pop()
                other.start()
                other.join()
            return getattr(self.record, name)
    declared = declared_patches.find("p1")
    declared.patch = Slow(declared.patch)
    backportkit.apply_all()
    print(victim.f(), len(verbs._engine.batch.by_module["victim"]))
    backportkit.unpatch_all()
    print(victim.f())
    """
    assert run(script) == ["new 1", "old"]


def test_copy_that_an_undo_binds_back_after_others_have_applied_again_is_bound_again(run):
    script = """
    class Meddling(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            if value is original:  # the rebinding of an undo, which comes to the copy in `user` afterwards
                thread = threading.Thread(target=backportkit.apply_all)
                thread.start()
                thread.join()
    original = victim.f
    victim.TABLE = Meddling(victim.TABLE)
    import user
    declare("p1")
    backportkit.apply_all()
    backportkit.unpatch("p1")
    print(victim.f(), victim.TABLE["key"](), user.f())
    """
    assert run(script) == ["new new new"]


def test_fork_waits_until_no_thread_is_in_the_middle_of_an_assignment(run):
    script = """
    import time, warnings
    writing = threading.Event()
    class Slow(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            writing.set()
            time.sleep(0.3)  # what is written is not recorded yet
    victim.TABLE = Slow(victim.TABLE)
    original = victim.TABLE["key"]
    declare("p1", "victim:TABLE['key']")
    thread = threading.Thread(target=backportkit.apply_all)
    thread.start()
    assert writing.wait(30)
    warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of every fork in a process with threads
    child = os.fork()
    if child == 0:
        backportkit.apply_all()
        new = victim.TABLE["key"]()
        backportkit.unpatch_all()
        os._exit(0 if new == "new" and victim.TABLE["key"] is original else 1)
    print(os.waitpid(child, 0)[1])
    thread.join()
    print(victim.TABLE["key"](), backportkit.is_applied("p1"))
    """
    assert run(script) == ["0", "new True"]


def test_process_forked_between_an_assignment_and_its_record_can_undo_it(run):
    script = """
    import warnings
    written, forked = threading.Event(), threading.Event()
    def pause(frame, event, _):
        if event == "return" and frame.f_code.co_name == "put_in":
            written.set()
            forked.wait(30)
    def work():
        sys.setprofile(pause)
        backportkit.apply_all()
    original = victim.f
    declare("p1")
    thread = threading.Thread(target=work)
    thread.start()
    assert written.wait(30)
    warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of every fork in a process with threads
    child = os.fork()
    if child == 0:
        backportkit.unpatch_all()
        os._exit(0 if victim.f is original else 1)
    forked.set()
    print(os.waitpid(child, 0)[1])
    thread.join()
    print(victim.f(), backportkit.is_applied("p1"))
    """
    assert run(script) == ["0", "new True"]


def test_fork_from_within_an_assignment_does_not_block(run):
    script = """
    class Forking(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            child = os.fork()
            if child == 0: os._exit(0)
            print(os.waitpid(child, 0)[1])
    victim.TABLE = Forking(victim.TABLE)
    declare("p1", "victim:TABLE['key']")
    backportkit.apply_all()
    print(victim.TABLE["key"]())
    """
    assert run(script) == ["0", "new"]


# Between any two lines of ours another thread may come.
SWITCHING = """
import random, time
def switch(frame, event, _):
    if event == "call" and not frame.f_code.co_filename.startswith(ours): return None
    if random.random() < 0.2: time.sleep(random.random() * 1e-4)
    return switch
ours = os.path.dirname(backportkit.__file__)
backportkit.apply_all()  # what is imported is there
threading.settrace(switch)
"""


def test_threads_that_declare_supersede_apply_ask_and_undo_raise_nothing(run):
    """Threads that work with patches of their own at the same time do not fail, and each gets its own result."""
    script = """
    import types
    for module in map(types.ModuleType, map("nobody{}".format, range(4))): sys.modules[module.__name__] = module
    def work(number):
        for turn in range(12):
            target, id = f"nobody{number}:f{turn}", f"p{number}-{turn}"
            supersedes = [f"p{number}-{turn - 1}"] if turn else []
            declare(id, target, how="add", requires="python<4", supersedes=supersedes)
            backportkit.apply_all(only=id)
            assert backportkit.is_applied(id)
            if turn % 4 == number: backportkit.status()
            if turn % 2: backportkit.unpatch(id)
    threads, problems = together(4, work)
    for thread in threads: thread.join()
    print(problems)
    """
    assert run(SWITCHING + textwrap.dedent(script)) == ["[]"]


def test_id_that_two_threads_declare_at_once_belongs_to_one_of_them(run):
    """If two threads declare different patches with one id at the same time, one of the two is refused."""
    script = """
    refused = []
    def work(number):
        for turn in range(40):
            barrier.wait(30)
            try: backportkit.backport(f"victim:f{number}", requires="victim<2", id=f"p{turn}", summary="s")(print)
            except backportkit.DeclarationError: refused.append(turn)
    barrier = threading.Barrier(2)
    threads, problems = together(2, work)
    for thread in threads: thread.join()
    print(problems, refused == list(range(40)))
    """
    assert run(SWITCHING + textwrap.dedent(script)) == ["[] True"]


@pytest.mark.parametrize("content", ["same", "other"])
def test_several_patches_are_registered_or_none_whatever_comes_meanwhile(content):
    """A declaration that comes between the look and the entry stays; if it conflicts, no patch of ours is entered."""
    fields = {"summary": "s", "requires": "victim<2", "value": 1}
    first, second = (Patch.model_validate({"id": one, "target": f"victim:{one}", **fields}) for one in ("p1", "p2"))
    other = Patch.model_validate({"id": "p2", "target": f"victim:{'p2' if content == 'same' else 'p3'}", **fields})
    registry = Registry()

    def meanwhile():
        yield Declared(first, "mine", "here")
        yield Declared(second, "mine", "here")
        registry.add_all([Declared(other, "theirs", "there")])

    if content == "same":
        registry.add_all(meanwhile())
    else:
        with pytest.raises(DeclarationError, match="theirs"):
            registry.add_all(meanwhile())
    assert {one.id: one.provider for one in registry} == {"p2": "theirs"} | (
        {"p1": "mine"} if content == "same" else {}
    )


def test_patch_that_another_thread_is_about_to_apply_is_in_effect_when_apply_all_returns(run):
    """A thread does not take for done what another one has begun: the patch itself, and the copies elsewhere."""
    script = """
    class Slow(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            stop("copies")
    def stop(stage):
        if threading.current_thread() is not threading.main_thread() and stage == sys.argv[1]:
            stopped.set()
            assert others.wait(30)
    def at_return(frame, event, _):
        if event == "return" and frame.f_code.co_name == "_of": stop("parts")
    def work(_):
        sys.setprofile(at_return)
        backportkit.apply_all()
    stopped, others = threading.Event(), threading.Event()
    victim.TABLE = Slow(victim.TABLE)
    import user
    declare("p1")
    threads, problems = together(1, work)
    assert stopped.wait(30)
    backportkit.apply_all()
    print(victim.f(), user.f())
    others.set()
    threads[0].join()
    print(problems)
    """
    assert run(script, "parts") == ["new new", "[]"]
    assert run(script, "copies") == ["new new", "[]"]


@pytest.mark.parametrize("where", ["in another thread", "in the same thread"])
def test_patch_that_is_taken_out_while_it_is_being_put_in_ends_out(run, where):
    """An undo that comes while a patch is being put in holds: the call that puts it in takes it out again."""
    undo = {
        "in another thread": "threads.append(threading.Thread(target=undo)); threads[0].start(); threads[0].join(0.3)",
        "in the same thread": "undo()",
    }[where]
    script = f"""
    def undo():
        undone.append(None)
        backportkit.unpatch("p1")
    undone, threads = [], []
    class Meddling(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            if not undone:
                {undo}
    original = victim.TABLE["key"]
    victim.TABLE = Meddling(victim.TABLE)
    declare("p1", "victim:TABLE['key']")
    backportkit.apply_all()
    for thread in threads: thread.join(30)  # which may have waited for the assignment
    print(victim.TABLE["key"] is original, *(one.state for one in backportkit.status() if one.id == "p1"))
    backportkit.apply_all()
    print(victim.TABLE["key"](), backportkit.is_applied("p1"))
    backportkit.unpatch_all()
    print(victim.TABLE["key"] is original)
    """
    assert run(script) == ["True reverted", "new True", "True"]


# Steps of a thread that applies a patch for the first time: it is made, taken up, and taken down to be put in.
TAKEN_UP = [
    ("_made", "replace"),
    ("_to_arm", "replace"),
    ("_run", "replace"),
    ("_keep", "replace"),
    ("_layers", "wrap"),
]


@pytest.mark.parametrize("withdraw", ["unregister", "declare anew"])
@pytest.mark.parametrize(("step", "how"), TAKEN_UP)
def test_patch_that_is_withdrawn_after_other_threads_have_taken_it_up_is_not_put_in(run, step, how, withdraw):
    """Whichever step a thread has got to, also if one more arms the patch then, the one declared next is in effect."""
    script = """
    step, how, withdraw = sys.argv[1:]
    def work(number):
        def stop(frame, event, _):
            if event == "return" and frame.f_code.co_name == (step, "_to_arm")[number]:
                sys.setprofile(None)
                taken_up[number].set()
                assert others[number].wait(30)
        if number: assert taken_up[0].wait(30)
        sys.setprofile(stop)
        backportkit.apply_all()
    def cell(result):
        declare = "@backportkit.backport('victim:f', id='p1', summary='s', requires='victim<2', how=how)"
        body = f"original): return lambda *args: '{result}'" if how == "wrap" else f"*args, **more): return '{result}'"
        exec(compile(f"{declare}\\ndef f({body}", "cell", "exec"), globals())
    original = victim.f
    cell("new")
    taken_up, others = ([threading.Event(), threading.Event()] for _ in range(2))
    threads, problems = together(2, work)
    assert all(event.wait(30) for event in taken_up)
    if withdraw == "unregister": backportkit.unregister("p1")
    else: cell("newer")
    for number in 1, 0:
        others[number].set()
        threads[number].join()
    print(problems, victim.f() == "new")
    cell("newer")
    backportkit.apply_all()
    print(victim.f(), backportkit.is_applied("p1"))
    backportkit.unpatch("p1")
    print(victim.f is original)
    """
    assert run(script, step, how, withdraw) == ["[] False", "newer True", "True"]


@pytest.mark.parametrize("withdraw", ["unregister", "declare anew"])
def test_patches_that_are_withdrawn_while_other_threads_apply_them_can_be_undone(run, withdraw):
    """Threads apply patches while another one withdraws and declares them time and again: nothing is left behind."""
    script = """
    def cell(turn):
        replace = "backportkit.backport('victim:f', id='p1', summary='s', requires='victim<2')"
        wrap = replace.replace("victim:f", "victim:g").replace("'p1'", "'p2', how='wrap', supersedes=['p3']")
        text = f"{replace}(lambda *args: {turn})\\n{wrap}(lambda original: lambda *args: {turn})"
        exec(compile(text, "cell", "exec"), globals())
    def work(number):
        for turn in range(200):
            if number: backportkit.apply_all()
            else:
                if sys.argv[1] == "unregister": backportkit.unregister("p1"), backportkit.unregister("p2")
                cell(turn)
    originals = victim.f, victim.g
    cell(-1)
    threads, problems = together(3, work)
    for thread in threads: thread.join()
    backportkit.apply_all()
    print(problems, victim.f(), victim.g(), backportkit.is_applied("p1"), backportkit.is_applied("p2"))
    backportkit.unpatch_all()
    print((victim.f, victim.g) == originals)
    """
    assert run(script, withdraw) == ["[] 199 199 True True", "True"]
