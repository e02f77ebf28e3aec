"""A green run counts if the replacement ran, and its own code looked for no name in vain."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

PROVED = ("red", "green", "red")

TARGET = """
def helper(): return "new"
def f(): return "old"
def g():
    try:
        return f()
    except Exception:
        return "new"
"""

SWALLOWED = "the replacement provider:f raised NameError: name '{}' is not defined, and somebody swallowed it"
HELPER = SWALLOWED.format("helper") + "; namespace='target' lets it see the helper of victim"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return helper()", HELPER),
        ("return nowhere()", SWALLOWED.format("nowhere") + "; neither provider nor victim has one"),
        ("return next(helper() for _ in [0])", HELPER),
        ("return (lambda: helper())()", HELPER),
        ("\n    try: return helper()\n    finally: pass", HELPER),
        ("\n    try: return helper()\n    except Exception: return 'new'", HELPER),
    ],
)
def test_swallowed_name_error(victim, body, said):
    """A NameError of the replacement's own code that somebody swallows is no fix, and the remedy is named."""
    victim.world.write("victim.py", TARGET)
    victim.declare(f"@backport('victim:f', reproducer=reproduce, **FIELDS)\ndef f(): {body}\n")
    assert victim.verdict() == ("red", "broken", "red", said)


def test_swallowed_in_namespace_of_target(victim):
    """A name that the target's module does not have either is said not to be there."""
    victim.world.write("victim.py", TARGET)
    victim.declare(
        "@backport('victim:f', namespace='target', reproducer=reproduce, **FIELDS)\ndef f(): return nowhere\n"
    )
    assert victim.verdict()[-1] == SWALLOWED.format("nowhere") + "; victim has none"


def test_swallowed_in_thread(victim):
    """A NameError is seen in threads that the reproducer starts too, and so is the replacement."""
    victim.world.write("victim.py", TARGET)
    victim.declare(
        """
        import threading
        def in_thread():
            thread = threading.Thread(target=lambda: results.append(attempt()))
            thread.start()
            thread.join()
            assert results == [None], f"g() gave {results}"
        def attempt():
            try: reproduce()
            except AssertionError as error: return error
        results = []
        @backport("victim:f", reproducer=dict(run=in_thread, expect="g.. gave"), **FIELDS)
        def f(): return helper()
        """
    )
    assert victim.verdict() == ("red", "broken", "red", HELPER)


def test_called_in_thread(victim):
    """A replacement that only a thread of the reproducer's calls has been called."""
    victim.declare(
        """
        from concurrent.futures import ThreadPoolExecutor
        def in_thread():
            with ThreadPoolExecutor(1) as pool:
                pool.submit(reproduce).result()
        @backport("victim:f", reproducer=in_thread, **FIELDS)
        def f(): return "new"
        """
    )
    assert victim.verdict() == PROVED


@pytest.mark.parametrize(
    "body",
    [
        "try: return nowhere\n    except NameError: return 'new'",
        "try: return eval('nowhere')\n    except Exception: return 'new'",
        "try: return other()\n    except Exception: return 'new'",
    ],
)
def test_name_error_meant(victim, body):
    """Code that handles a NameError by its name means it, and one that comes from elsewhere is not its own."""
    victim.declare(
        f"def other(): return nowhere\n@backport('victim:f', reproducer=reproduce, **FIELDS)\ndef f():\n    {body}\n"
    )
    assert victim.verdict() == PROVED


def test_name_error_that_gets_out(victim):
    """A NameError that reaches the reproducer is a failure for another reason."""
    victim.declare(
        "@backport('victim:f', reproducer=dict(run=reproduce, expect='g.. gave'), **FIELDS)\ndef f(): return nowhere\n"
    )
    said = "failed for another reason: NameError: name 'nowhere' is not defined"
    said += "; expected a line with the regular expression 'g.. gave'"
    assert victim.verdict() == ("red", "broken", "red", said)


EDITS = """
register(Patch(**FIELDS, reproducer=reproduce, edits=[
    dict(target="victim:f", replacement="provider:f"),
    dict(target="{}", replacement="provider:h"),
]))
def f(): return "new"
def h(): return "other"
"""


def test_edit_never_called(victim):
    """The proof of a patch of several edits says which of them the reproducer never called."""
    victim.world.write("victim.py", "def f(): return 'old'\ndef h(): pass\ndef g(): return f()\n")
    victim.declare(EDITS.format("victim:h"))
    assert victim.verdict() == PROVED
    assert victim.remark() == "never called: victim:h"
    assert "never called: victim:h" in victim.start("victim-1").stdout


def test_edit_never_imported(victim):
    """A patch of which one module is never imported is not applied, and so not proved."""
    victim.world.write("rest.py", "def h(): pass\n")
    victim.name("victim", "rest")
    victim.declare(EDITS.format("rest:h"))
    assert victim.verdict() == ("red", "broken", "red", "the patch is waiting: rest is not imported yet")


def test_no_edit_called(victim):
    """A patch of several edits of which none was called is not proved."""
    victim.world.write("victim.py", "def f(): return 'old'\ndef h(): pass\ndef g(): return f.__code__.co_consts[-1]\n")
    victim.declare(EDITS.format("victim:h"))
    assert victim.verdict() == ("red", "broken", "red", "the replacement was never called")


def test_helper_of_decorator_does_not_count(victim):
    """A call counts if it runs the function that was written, and not if it runs a decorator's, which others share."""
    victim.world.write("victim.py", "def f(): return 'old'\ndef g(): return f.__wrapped__ and 'new'\n")
    victim.declare(
        """
        import functools
        def logged(function):
            @functools.wraps(function)
            def call(*args):
                return function(*args)
            return call
        run = logged(reproduce)
        @backport("victim:f", reproducer="provider:run", **FIELDS)
        @logged
        def f(): return "new"
        """
    )
    assert victim.verdict()[1:] == ("broken", "red", "the replacement was never called")


SETTER = """
class C:
    @property
    def x(self): return self._x
    @x.setter
    def x(self, value): self._x = "old"
def g():
    c = C()
    c.x = "new"
    return c.x
"""


@pytest.mark.parametrize(("target", "call"), [("C.x.fset", "green"), ("C.x.fget", "broken")])
def test_part_of_property(victim, target, call):
    """Only a call of the property's function that the patch replaces counts: the getter that stayed does not."""
    victim.world.write("victim.py", SETTER if target.endswith("fset") else SETTER.replace("return c.x", "return c._x"))
    victim.declare(
        f"""
        @backport("victim:{target}", reproducer=reproduce, signature="change", **FIELDS)
        def x(self, *value): self._x = "new"
        """
    )
    assert victim.verdict()[1] == call


def test_wrapper_seen(victim):
    """A wrapper counts by its own code, not by that of what it wraps."""
    victim.declare(
        """
        import functools
        @backport("victim:f", how="wrap", reproducer=reproduce, **FIELDS)
        def wrapper(original):
            @functools.wraps(original)
            def f(): return original() and "new"
            return f
        """
    )
    assert victim.verdict() == PROVED


SPENT = """
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
def work():
    return sum(map(int.bit_length, range(10))) + sum(one() for one in [lambda: 1] * 20_000)
def spent():
    started = time.thread_time()
    work()
    return time.thread_time() - started
def run():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
        try:
            reproduce()
        finally:
            there, here = (min(f() for _ in range(5)) for f in (lambda: pool.submit(spent).result(), spent))
            with Path({file!r}).open("a") as file:
                file.write(f"{{here}} {{there}}\\n")
@backport("victim:f", reproducer=run, **FIELDS)
def f(): return "new"
"""


def test_rest_is_not_slowed(victim):
    """Code that runs after the call of the replacement is as fast as without the patch, in all threads."""
    file = victim.folder / "spent"
    victim.declare(SPENT.format(file=str(file)))
    assert victim.verdict() == PROVED
    without, with_, _ = ([float(one) for one in line.split()] for line in file.read_text().splitlines())
    assert max(with_) < 3 * max(without)


def test_name_missed_in_a_later_call(victim):
    """A name that only a later call looks for is missed, too."""
    victim.world.write("victim.py", TARGET + "def h(): return f()\n")
    victim.declare(
        """
        def run():
            import victim
            victim.h()
            reproduce()
        called = []
        @backport("victim:f", reproducer=run, **FIELDS)
        def f():
            called.append(1)
            return "new" if len(called) == 1 else helper()
        """
    )
    assert victim.verdict() == ("red", "broken", "red", HELPER)


def test_tracer_comes_back(victim):
    """A debugger's or coverage's trace functions are there again when the reproducer has run."""
    script = """
    import sys, threading
    from backportkit.proof.witness import Witness
    def tracer(*_): pass
    threading.settrace(tracer); sys.settrace(tracer)
    with Witness([], list): pass
    print(sys.gettrace() is tracer, threading.gettrace() is tracer)
    """
    assert victim.world.run(script) == ["True True"]


IN_PLACE = "@backport('victim:f', how='in_place', reproducer=reproduce, **FIELDS)\ndef f(): "


def test_function_that_is_changed_in_place_is_seen(victim):
    """The new body counts: it has run, or not, or has looked for a name in vain."""
    victim.world.write("victim.py", TARGET)
    victim.declare(IN_PLACE + "return helper()\n")
    assert victim.verdict() == PROVED
    victim.declare(IN_PLACE + "return nowhere\n")
    assert victim.verdict()[-1] == SWALLOWED.format("nowhere") + "; victim has none"
    victim.world.write("victim.py", "def f(): return 'old'\ndef g(): return f.__code__.co_consts[-1]\n")
    victim.declare(IN_PLACE + "return 'new'\n")
    assert victim.verdict()[1:] == ("broken", "red", "the replacement was never called")
