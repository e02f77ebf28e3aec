"""Providers that one thread reads while others ask for what they declare."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

START = """
import backportkit, sys, threading, gate
def in_thread(work):
    def guarded():
        try: results.append(work())
        except Exception as error: results.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    return thread
def ends(*threads):
    for thread in threads: thread.join(30)
    return not any(thread.is_alive() for thread in threads)
results = []
"""
PATCHES = """
import gate
gate.reading.set()
assert gate.go.wait(30)
from backportkit import backport
@backport("victim:f", requires="victim<2", id="one", summary="s")
def f(): return "new"
"""


@pytest.fixture
def run(world):
    """Run a script beside a provider that says when it is being read, and goes on when it is told to."""
    world.write("gate.py", "import threading\nreading, go, asked = (threading.Event() for _ in range(3))\n")
    world.provide("def f(): return 'old'\n", PATCHES)
    world.distribution("other", "1.0", {"unrelated": "provider"})

    def start(script, **files):
        for name, text in files.items():
            world.write(f"{name}.py", text)
        return world.run(START + textwrap.dedent(script))

    return start


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        ("backportkit.apply_all() and victim.f()", "new"),
        ("backportkit.apply_all(only='one') and victim.f()", "new"),
        ("backportkit.apply_all(providers='provider') and victim.f()", "new"),
        ("[one.id for one in backportkit.status() if one.id == 'one']", "['one']"),  # perhaps not applied yet
        ("backportkit.unpatch('one') or victim.f()", "old"),
        ("backportkit.apply_all() and backportkit.require('one')", "None"),
    ],
)
def test_thread_that_asks_while_another_one_reads_a_provider_waits_for_it(run, ask, answer):
    """A question about a patch waits until its provider has been read, also by another thread."""
    script = f"""
    import victim
    reader = in_thread(backportkit.apply_all)
    assert gate.reading.wait(30)
    other = in_thread(lambda: {ask})
    other.join(0.3)
    early = list(results)
    gate.go.set()
    assert ends(reader, other)
    results = [result for result in results if not isinstance(result, backportkit.Report)]
    print(early, *results)
    """
    assert run(script) == [f"[] {answer}"]


def test_provider_that_cannot_be_read_is_an_error_in_each_thread_that_reads_it(run):
    """A thread that waited for another one's attempt does not take its failure for a success."""
    script = """
    import victim
    reader = in_thread(backportkit.apply_all)
    assert gate.reading.wait(30)
    other = in_thread(backportkit.apply_all)
    other.join(0.3)
    gate.go.set()
    assert ends(reader, other)
    print(*results, sep="\\n")
    """
    text = "ProviderError: the patches of 'provider' cannot be loaded: ZeroDivisionError: division by zero"
    assert run(script, provider=f"{PATCHES}\n1 / 0") == [text, text]


@pytest.mark.parametrize(("importing", "declaring"), [(0.5, 0), (0, 0.5)])
def test_import_of_a_target_and_a_provider_that_imports_it_do_not_block_each_other(run, world, importing, declaring):
    """Two threads that wait for what the other one imports both go on, whichever of the two comes to wait last."""
    world.distribution("inner", "1.0", {"pkg.inner": "provider"})
    world.write("pkg/inner.py", "def f(): return 'old'\n")
    world.write("pkg/__init__.py", f"import gate, time\ngate.go.set()\ntime.sleep({importing})\n")
    script = """
    import unrelated
    reader = in_thread(backportkit.apply_all)
    assert gate.reading.wait(30)
    importer = in_thread(lambda: __import__("pkg.inner") and None)
    assert ends(reader, importer)
    import pkg.inner
    print([result for result in results if result is not None and not isinstance(result, backportkit.Report)])
    print(pkg.inner.f(), backportkit.is_applied("one"))
    """
    patches = f"import time\n{PATCHES}".replace("victim:f", "pkg.inner:f").replace(
        "from backportkit", f"time.sleep({declaring})\nimport pkg.inner\nfrom backportkit", 1
    )
    assert run(script, unrelated="", provider=patches) == ["[]", "new True"]


def test_provider_for_which_python_finds_a_deadlock_again_and_again_is_an_error(run):
    """A deadlock of imports that Python finds again and again is an error of the provider."""
    script = """
    import victim
    gate.go.set()
    try: backportkit.apply_all()
    except backportkit.ProviderError as error: print(str(error).splitlines()[0])
    """
    text = "from _frozen_importlib import _DeadlockError\nraise _DeadlockError('circle')"
    assert run(script, provider=text) == [
        "the patches of 'provider' cannot be loaded: _DeadlockError: circle",
    ]


def test_provider_that_cannot_be_read_hides_no_patch_of_others(world):
    """A patch of one provider can be asked for, chosen and taken out while another one cannot be read."""
    world.provide(
        "def f(): return 'old'\n",
        PATCHES.replace("import gate", "").replace("gate.reading.set()", "").replace("assert gate.go.wait(30)", ""),
    )
    world.distribution("broken", "1.0", {"nothing": "no_such_module"})
    script = """
    import backportkit, victim
    def attempt(call, *args, **fields):
        try: return call(*args, **fields)
        except backportkit.BackportError as error: return str(error).splitlines()[0]
    print(backportkit.is_applied("one"))
    backportkit.apply_all(only="one")
    print(victim.f(), backportkit.is_applied("one"))
    backportkit.unpatch("one")
    print(victim.f())
    for call in (backportkit.status, backportkit.report): print(attempt(call))
    print(attempt(backportkit.is_applied, "two"))
    print(attempt(backportkit.apply_all, only="two"))
    """
    broken = "the patches of 'broken' cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"
    assert world.run(textwrap.dedent(script)) == ["False", "new True", "old", *[broken] * 4]


def test_provider_may_import_its_target_and_apply_everything_while_it_is_read(world):
    """A provider that calls apply_all() while it is being read may declare more patches afterwards."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(): return 'old'\n")
    world.distribution("provider", "1.0", {"victim": "provider:last"})
    start = "import backportkit, victim\nbackportkit.apply_all()\n"
    declares = (
        "@backportkit.backport('victim:f', requires='victim<2', id='one', summary='s')\ndef last(): return 'new'\n"
    )
    world.write("provider.py", start + declares)
    assert world.run("import backportkit\nbackportkit.apply_all()\nimport victim\nprint(victim.f())") == ["new"]
