"""Interrupt what backportkit does at one point after the other, and look at what stands where after the next call.

    python tests/interrupts/interrupts.py lines apply apply_all 0 1000000 1     # every line
    python tests/interrupts/interrupts.py opcodes apply apply_all 0 1000000 1   # wherever a signal can arrive
    python tests/interrupts/interrupts.py forks undo unpatch_all 0 1000000 1    # another thread forks at each line
    python tests/interrupts/interrupts.py signals undo unpatch_all 1 500 1      # five hundred real signals

Each point is tried in a process of its own: the call is made once, and forks at each point (`lines`, `opcodes`), or is
made by each process anew (`forks`, `signals`). What is wrong is printed with the number of the point, and at the end
how many points there were.

- `lines` raises a KeyboardInterrupt at line events of engine and layers, or of the hook alone in the scenarios
  `afresh`, a second import of the modules, and `look`, a question. The event at which a `with` is left is passed over:
  no real signal arrives there, since the exit of a lock runs no bytecode.
- `opcodes` raises it where the interpreter looks for signals: after calls, at jumps back and where a function starts
  (https://github.com/python/cpython/blob/3.11/Python/ceval.c, CHECK_EVAL_BREAKER).
- `forks` has another thread fork at the points of `lines`. Only that one goes on in the child, and does the next call.
  All that the call imports of ours is imported before: a fork beside an import leaves a lock that is held for ever.
- `signals` sends real ones, after a time that is drawn by lot.
"""
# ruff: noqa: T201, S311 -- a program that prints, makes modules and draws numbers

from __future__ import annotations

import ast
import collections
import dis
import functools
import gc
import importlib
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from importlib.machinery import PathFinder
from pathlib import Path
from types import SimpleNamespace

import backportkit
from backportkit import register

# A point that is passed from one call again and again, as of the loop that looks through all modules, counts so often,
# and then each so many times.
OFTEN, RARELY = 3, 500
SECONDS = 60  # a child that hangs is ended
WRONG, BEYOND = 1, 2  # the statuses of a child in which something is wrong, and of one that had no such point
FLOORS = dict.fromkeys(["afresh", "look"], ("hook", "bootstrap.py"))
OURS = ()  # where the points are: files and folders

VICTIM = """
def f(): return "old"
def g(): return "old"
class C:
    def method(self): return "old"
    @staticmethod
    def static(): return "old"
    @property
    def prop(self): return "old"
TABLE = {"item": "old", "other": "old"}
def changed(text="old", *, more=None): return text
class Holder: pass
holder = Holder()
holder.rows, holder.held = [["old", 1]], lambda: "old"
"""
USER = """
from functools import partial
from victim import f, g, C, changed
held = {"f": f, "other": 1}
part = partial(changed)
static = C.static
"""


def new(*_):
    return "new"


def changed(text="new", second=1, *, more=1):
    return text


def around(original):
    return lambda *arguments: f"<{original(*arguments)}>"


def declare():
    """Patches of all kinds: plain ones, a stack, several edits, a property, items, an object, code in place."""
    fields = {"summary": "s", "requires": "python<4"}
    register(fields | {"id": "plain", "target": "victim:f", "replacement": new})
    register(fields | {"id": "wrap", "target": "victim:f", "how": "wrap", "replacement": around})
    targets = {"victim:C.method": new, "victim:C.static": new, "victim:C.prop.fget": new}
    edits = [{"target": target, "replacement": replacement} for target, replacement in targets.items()]
    register(fields | {"id": "class", "edits": edits})
    register(fields | {"id": "item", "target": "victim:TABLE['item']", "value": "new"})
    register(fields | {"id": "other", "target": "victim:g", "replacement": new})
    edits = [
        {"target": "victim:holder.held", "replacement": new},
        {"target": "victim:holder.rows[0][0]", "value": "new"},
    ]
    register(fields | {"id": "within", "edits": edits})
    register(fields | {"id": "place", "target": "victim:changed", "how": "in_place", "replacement": changed})


IDS = ("plain", "wrap", "class", "item", "other", "within", "place")


def found():
    """Call everything that is patched, at the targets and by the copies, and return what callers get."""
    victim, user = sys.modules["victim"], sys.modules["user"]
    instance = victim.C()
    own = [victim.f(), victim.g(), instance.method(), victim.C.static(), instance.prop, victim.TABLE["item"]]
    own += [victim.holder.held(), victim.holder.rows[0][0]]
    return [*own, victim.changed(), user.f(), user.g(), user.held["f"](), user.static(), user.part()]


PATCHED = ["<new>", "new", "new", "new", "new", "new", "new", "new", "new", "<new>", "new", "<new>", "new", "new"]
OWN = 9
ORIGINAL = ["old"] * len(PATCHED)


def objects():
    """The very objects that are there."""
    victim, user = sys.modules["victim"], sys.modules["user"]
    holder = victim.holder
    slots = [
        vars(victim),
        vars(victim.C),
        victim.TABLE,
        vars(user),
        user.held,
        vars(holder),
        dict(enumerate(holder.rows[0])),
    ]
    held = [
        value for slot in slots for name, value in slot.items() if not str(name).startswith("__") and value is not slot
    ]
    return [*held, victim.changed.__code__, victim.changed.__defaults__, victim.changed.__kwdefaults__]


def states():
    return {str(one.state) for one in backportkit.status() if one.id in IDS}


def ready(way, scenario):
    """Bring everything to where the call begins that is interrupted; return that call."""
    declare()
    if scenario != "first":
        backportkit.status()  # so that no child has to import what it needs alone
    if way == "forks":
        import_what_is_needed()
    if scenario == "import":
        backportkit.apply_all()
        return lambda: importlib.import_module("user")
    importlib.import_module("user")
    if scenario in {"first", "apply"}:
        return backportkit.apply_all
    backportkit.apply_all()
    return {
        "afresh": import_afresh,
        "look": backportkit.status,
        "undo": backportkit.unpatch_all,
        "one": lambda: backportkit.unpatch("plain"),
        "reload": lambda: importlib.reload(sys.modules["victim"]),
    }[scenario]


def import_what_is_needed():
    importlib.import_module("user")
    backportkit.apply_all()
    backportkit.unpatch_all()


def import_afresh():
    sys.modules.pop("victim", None)
    sys.modules.pop("user", None)
    importlib.import_module("user")


def claim(name, path=None, target=None):
    """Find the victim, in front of our finder, which has been asked for the user before and is first again by then."""
    return PathFinder.find_spec(name, path, target) if name == "victim" else None


def check(then, scenario, before):
    """Do the next call; return what is wrong."""
    if scenario == "import":
        importlib.import_module("user")
    wrong = []
    if scenario in FLOORS:
        sys.meta_path.insert(0, SimpleNamespace(find_spec=claim))
        import_afresh()
        if found() != PATCHED:
            wrong.append(f"imported afresh: {found()} {states()}")
    getattr(backportkit, then)()
    expected, known = (PATCHED, {"applied"}) if then == "apply_all" else (ORIGINAL, {"reverted", "waiting"})
    if found() != expected or not states() <= known:
        wrong.append(f"after {then}(): {found()} {states()}")
    backportkit.apply_all()
    count = OWN if scenario == "reload" else len(PATCHED)  # copies of a former body are nobody's once they are undone
    if found()[:count] != PATCHED[:count] or states() != {"applied"}:
        wrong.append(f"applied again: {found()} {states()}")
    backportkit.unpatch_all()
    if found() != ORIGINAL or not states() <= {"reverted", "waiting"}:
        wrong.append(f"undone: {found()} {states()}")
    if before and not all(one is other for one, other in zip(objects(), before, strict=True)):
        wrong.append("not the very objects")
    return wrong


@functools.lru_cache(None)
def blocks(filename):
    """The first and the last line of each block of a `with`, by the line of the `with`."""
    tree = ast.parse(Path(filename).read_text("utf-8"))
    withs = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
    return {node.lineno: (node.body[0].lineno, node.end_lineno) for node in withs}


def file_of(frame):
    """The file of a function, which the code does not name if it passes for importlib's."""
    return frame.f_globals.get("__file__") or ""


class AtLine:
    """Does something at the line events with these numbers, in `act(number, where)`."""

    def __init__(self, numbers, act):
        self.numbers, self.act, self.number, self.where = numbers, act, -1, ""
        self.times = collections.Counter()

    def __call__(self, frame, event, _):
        if not file_of(frame).startswith(OURS):
            return None
        last = [0]

        def local(frame, event, _):
            if event == "line":
                first, end = blocks(file_of(frame)).get(frame.f_lineno, (1, 0))
                if not first <= last[0] <= end:
                    self.pass_point(frame)
                last[0] = frame.f_lineno
            return local

        return local

    def pass_point(self, frame):
        point = frame.f_code, frame.f_lasti, frame.f_back.f_code, frame.f_back.f_lasti
        self.times[point] += 1
        if self.times[point] > OFTEN and self.times[point] % RARELY:
            return
        self.number += 1
        if self.number in self.numbers:
            self.where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            self.act(self.number, self.where)


class AtOpcode(AtLine):
    """Does something at the opcode events before which the interpreter has looked for signals."""

    def __call__(self, frame, event, _):
        if not file_of(frame).startswith(OURS):
            return None
        frame.f_trace_opcodes = True
        last = [-1]

        def local(frame, event, _):
            if event == "opcode":
                if last[0] < 0 or looks_for_signals(frame.f_code, last[0], frame.f_lasti):
                    self.pass_point(frame)
                last[0] = frame.f_lasti
            return local

        return local


def looks_for_signals(code, last, now):
    """Tell whether the interpreter looks for signals between two instructions."""
    name = dis.opname[code.co_code[last]]
    return name in {"RESUME", "CALL", "CALL_KW"} or name.startswith("CALL_FUNCTION") or ("JUMP" in name and now < last)


def interrupt(*_):
    raise KeyboardInterrupt


def by_line(numbers, finish):
    """Make the call, interrupted at the lines of those numbers, each in a child."""
    return in_children(AtLine, numbers, finish)


def by_opcode(numbers, finish):
    """Make the call, interrupted at those numbers of the points where a signal can arrive, each in a child."""
    return in_children(AtOpcode, numbers, finish)


def in_children(kind, numbers, finish):
    """Make the call, and at each point have a child go on with an interrupt; return how many there were."""
    statuses, interrupted = [], []

    def fork_and_interrupt(*point):
        child = os.fork()
        if child:
            statuses.append(status_of(child, *point))
            return
        sys.settrace(None)
        signal.alarm(SECONDS)
        interrupted.append(point)
        raise KeyboardInterrupt

    traced(kind(numbers, fork_and_interrupt))
    if interrupted:
        finish(*interrupted[0])
    return len(statuses)


def traced(at_point):
    """Make the call; where the last point was, empty if the call has none of them."""
    sys._getframe().f_trace_opcodes = True  # before that, or 3.12.1 gives no opcode events
    sys.settrace(at_point)
    try:
        CALL()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    return at_point.where


def each_anew(way, numbers, finish):
    """Have a child make the call for each number, as long as there is such a point; return how many there were."""
    tried = 0
    for number in numbers:
        child = os.fork()
        if not child:
            way(number, functools.partial(finish, number))
        if status_of(child, number) == BEYOND:
            break
        tried += 1
    return tried


def status_of(child, *point):
    """Wait for a child, and return its status; print one that it was not to end with."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, WRONG, BEYOND}:
        print(*point, f"the process ended with {status}", flush=True)
    return status


def by_fork(number, finish):
    """Make the call; another thread forks at the line of that number, as soon as it may, and is alone in the child."""
    reached, forked = threading.Event(), threading.Event()

    def fork():
        reached.wait()
        child = os.fork()
        if not child:
            signal.alarm(SECONDS)
            finish(at_line.where)
        forked.set()
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    def let_fork(*_):
        sys.settrace(None)
        reached.set()
        forked.wait(0.005)  # where we hold a lock, the fork waits for that

    at_line = AtLine([number], let_fork)
    forker = threading.Thread(target=fork, daemon=True)
    forker.start()
    if traced(at_line):
        forker.join()
    finish("")


def by_signal(number, finish):
    """Make the call, interrupted by a signal after a time that is drawn by lot."""
    signal.signal(signal.SIGALRM, interrupt)
    sys.unraisablehook = lambda _: None  # Python drops one that hits the callback of a weak reference, as importlib has
    where = "-"
    try:
        signal.setitimer(signal.ITIMER_REAL, random.Random(number).uniform(1e-5, 8e-3))
        CALL()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        where = f"signal {number}"
    finish(where)


WAYS = {
    "lines": by_line,
    "opcodes": by_opcode,
    "forks": functools.partial(each_anew, by_fork),
    "signals": functools.partial(each_anew, by_signal),
}


def main():
    global CALL, OURS  # noqa: PLW0603 -- what the children call, and where they are interrupted
    way, scenario, then, *numbers = sys.argv[1:]
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)  # new in 3.12
    folder = tempfile.mkdtemp()
    Path(folder, "victim.py").write_text(VICTIM, "utf-8")
    Path(folder, "user.py").write_text(USER, "utf-8")
    sys.path.insert(0, folder)
    CALL = ready(way, scenario)
    OURS = tuple(str(Path(backportkit.__file__).parent / floor) for floor in FLOORS.get(scenario, ("engine", "layers")))
    before = objects() if scenario in {"first", "apply"} else []
    for path in (path for floor in OURS for path in Path(floor).glob("*.py")):
        blocks(str(path))  # once for all children
    gc.freeze()  # a child that collects garbage copies no page of this process

    def finish(number, where):
        """Do the next call, print what is wrong, and end the process."""
        status = WRONG
        try:
            wrong = check(then, scenario, before) if where else []
            for line in wrong:
                print(f"{scenario} {number} {where}: {line}", flush=True)
            status = WRONG if wrong else 0 if where else BEYOND
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is wrong
            print(f"{scenario} {number} {where}: {type(error).__name__}: {error}", flush=True)
        finally:
            os._exit(status)

    print(f"{WAYS[way](range(*map(int, numbers)), finish)} points")


if __name__ == "__main__":
    main()
