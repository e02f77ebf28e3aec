"""A reproducer's failure shows the bug or names another cause, whatever variables the user's shell has."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.warm

PROVED = ("red", "green", "red")

PATCH = """
@backport("victim:f", reproducer={reproducer}, **FIELDS)
def f(): return "new"
"""


def declare(victim, body, expect=None):
    """Declare the patch with a reproducer of this body, which goes on to `reproduce()`."""
    victim.declare(
        f"def run():\n    {body}\n    reproduce()\n"
        + PATCH.format(reproducer={"run": "provider:run", "expect": expect})
    )


ASIDE = "failed for another reason: "


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        ("from json import nowhere", "ImportError: cannot import name 'nowhere' from 'json' "),
        ("nowhere()", "NameError: name 'nowhere' is not defined"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("import unittest; raise unittest.SkipTest('no disk')", "unittest.case.SkipTest: no disk"),
        ("import pytest; pytest.skip('no disk')", "Skipped: no disk"),
    ],
)
def test_own_fault(victim, body, said):
    """A failure that is the reproducer's own proves nothing, although it expects none in particular."""
    declare(victim, body)
    *colours, message = victim.verdict()
    assert colours == ["broken"] * 3
    assert message.startswith(ASIDE + said)


@pytest.mark.parametrize(
    ("body", "expect"),
    [
        ("from victim import f\n    if f() == 'old': from victim import new", None),
        ("import victim\n    if victim.g() == 'old': raise ImportError('it is the bug')", "it is the bug"),
        ("import victim\n    if victim.g() == 'old': raise SystemExit(2)", "SystemExit: 2"),
        ("import pytest, victim\n    if victim.g() == 'old': pytest.fail('did not raise')", "did not raise"),
    ],
)
def test_failure_that_is_meant(victim, body, expect):
    """A failure of any kind shows the bug if the reproducer expects it, or if a name is missing in the target."""
    declare(victim, body, expect)
    assert victim.verdict() == PROVED


def test_pattern_that_takes_too_long(victim):
    """A pattern that cannot be searched in time ends the run at its limit, as a reproducer that takes too long does."""
    reproducer = {"run": "provider:run", "expect": r"(a+)+$", "timeout": 2}
    body = f"import victim\n    if victim.g() == 'old': raise ValueError({'a' * 40 + '!'!r})"
    victim.declare(f"def run():\n    {body}\n", PATCH.format(reproducer=reproducer))
    script = """
        import faulthandler, provider
        faulthandler.dump_traceback_later(60, exit=True)
        from backportkit.declaration.registry import declared_patches
        from backportkit.proof import protocol
        from backportkit.proof.record import Phase
        (run,) = protocol.prove_here(declared_patches.find("victim-1").patch, [Phase.WITHOUT]).runs
        print(run.colour, run.message)
    """
    done = victim.world.start(script)
    limit = "took longer than the limit of 2 s: Reproducer(timeout=...) sets another"
    assert done.stdout.strip() == f"broken {limit}; it was still looking for expect=... in the failure", done.stderr


def test_text_for_a_pattern(victim):
    """A text that was given for a pattern is told to be one, with the pattern for it."""
    declare(
        victim,
        "import victim\n    if victim.g() == 'old': raise ValueError('got f() (expected f(x))')",
        "got f() (expected f(x))",
    )
    *colours, message = victim.verdict()
    assert colours == ["broken", "green", "broken"]
    assert message == (
        f"{ASIDE}ValueError: got f() (expected f(x)); "
        "expected a line with the regular expression 'got f() (expected f(x))'; "
        r"it has this as text, for which the pattern is 'got\\ f\\(\\)\\ \\(expected\\ f\\(x\\)\\)'"
    )


def test_library_that_lacks_a_module(victim):
    """A module that the target itself fails to import is the target's bug."""
    victim.world.write("victim.py", "def f(): import imp_of_old\ndef g(): f(); return 'new'\n")
    declare(victim, "import victim; victim.g()")
    assert victim.verdict() == PROVED


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        ("def broken(:", "SyntaxError: invalid syntax (reproducers.py, line 1)"),
        ("", "AttributeError: module 'reproducers' has no attribute 'run'"),
    ],
)
def test_module_that_cannot_be_imported(victim, head, said):
    """A reproducer whose module cannot be imported says why."""
    victim.world.write("reproducers.py", head)
    victim.declare(PATCH.format(reproducer="'reproducers:run'"))
    assert victim.verdict() == ("broken", "broken", "broken", said)


@pytest.mark.parametrize("expect", [None, "TypeError"])
@pytest.mark.parametrize(
    ("definition", "needs"),
    [
        ("def run(x, y=1, *z): reproduce()", "x"),
        ("def run(*, x, y): reproduce()", "x, y"),
        ("def run(x): reproduce()\nrun = handing_on(run)", "x"),
    ],
)
def test_nobody_gives_arguments(victim, definition, needs, expect):
    """A call that fails since the reproducer has a parameter is no bug, whatever the reproducer expects."""
    tools = """
import functools
def handing_on(function):
    @functools.wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
"""
    victim.declare(tools + definition + PATCH.format(reproducer={"run": "provider:run", "expect": expect}))
    *colours, message = victim.verdict()
    assert colours == ["broken"] * 3
    assert message.startswith(ASIDE)
    assert f"UncallableError: the reproducer is called without arguments, and needs {needs}" in message


@pytest.mark.parametrize("definition", ["def run(): victim.f(1, 2)", "run = functools.partial(victim.f, 1)"])
def test_call_that_the_target_refuses(victim, definition):
    """A TypeError of the target's own is a bug like any other."""
    victim.declare("import functools, victim\n", definition, PATCH.format(reproducer="'provider:run'"))
    assert victim.verdict()[0] == "red"


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ("async def run(): reproduce()", "coroutine"),
        ("def run():\n    reproduce()\n    yield", "generator"),
        ("async def run():\n    reproduce()\n    yield", "async_generator"),
    ],
)
def test_nobody_runs(victim, definition, kind):
    """A function that only returns what would have to be run has not passed."""
    victim.declare(definition + PATCH.format(reproducer="'provider:run'"))
    said = f"UnfinishedError: the reproducer returned a {kind}, of which nothing has run: run it, as by asyncio.run()"
    *colours, message = victim.verdict()
    assert colours == ["broken"] * 3
    assert message.endswith(said)


def test_interrupted(victim):
    """An interrupt ends the process and proves nothing."""
    declare(victim, "raise KeyboardInterrupt")
    *colours, message = victim.verdict()
    assert colours == ["broken"] * 3
    assert message.startswith("the process ended with code ")


def test_sometimes_red(victim):
    """A reproducer that passes after undo, by chance, is said not to fail each time, and nothing is proved."""
    marker = victim.folder / "third"
    victim.declare(
        f"""
        from pathlib import Path
        def run():
            marker = Path({str(marker)!r})
            runs = len(marker.read_text()) if marker.exists() else 0
            marker.write_text("x" * (runs + 1))
            if runs < 2:
                reproduce()
        """,
        PATCH.format(reproducer="run"),
    )
    proof = victim.prove()
    assert [run["colour"] for run in proof["runs"]] == ["red", "green", "green"]
    assert proof["runs"][2]["message"] == "the original is back and the reproducer passes: it does not fail each time"


def test_reproducer_that_never_fails(victim):
    """A reproducer that passes in all three runs is not said to fail at times."""
    victim.declare("def run(): __import__('victim').f()\n", PATCH.format(reproducer="run"))
    proof = victim.prove()
    assert [run["colour"] for run in proof["runs"]] == ["green", "green", "green"]
    assert proof["runs"][2]["message"] == "the original is back and the reproducer passes, as without it"


def test_no_name_is_left_empty_where_no_version_is_known(victim):
    """If no run gets as far as its patch, the verdict names Python and the platform only."""
    declare(victim, "raise KeyboardInterrupt")
    assert "victim-1: not proved with Python 3." in victim.start("victim-1").stdout


def test_python_is_named_once(victim):
    """The verdict of a patch that is for some Pythons names the Python once."""
    fields = "**FIELDS | dict(requires=['victim>=1,<2', 'python>=3.8'])"
    victim.declare(f"@backport('victim:f', reproducer=reproduce, {fields})\ndef f(): return 'new'\n")
    said = victim.start("victim-1").stdout
    assert "victim-1: proved with victim 1.5, Python 3." in said
    assert "python 3." not in said


def test_processes_of_its_own(victim):
    """A reproducer may fork, and start processes that import the patched module unpatched."""
    victim.declare(
        """
        import multiprocessing, os
        def work(queue):
            import victim
            queue.put(victim.g())
        def run():
            if hasattr(os, "fork"):
                pid = os.fork()
                if pid == 0:
                    return
                os.waitpid(pid, 0)
            context = multiprocessing.get_context("spawn")
            queue = context.Queue()
            process = context.Process(target=work, args=(queue,))
            process.start()
            assert queue.get() == "old"
            process.join()
            reproduce()
        """,
        PATCH.format(reproducer="dict(run=run, expect='g.. gave')"),
    )
    assert victim.verdict() == PROVED


@pytest.mark.parametrize(
    "variables",
    [
        {"BACKPORTKIT_DISABLE": "victim-1"},
        {"BACKPORTKIT_DISABLE": "all"},
        {"BACKPORTKIT_ON_ERROR": "nonsense"},
        {"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "7", "PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "error"},
        {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPROFILEIMPORTTIME": "1", "PYTHONUNBUFFERED": "1"},
    ],
)
def test_shell_changes_nothing(victim, variables):
    """The variables of the user's shell for Python and for backportkit change nothing about a proof."""
    declare(
        victim,
        "import os, sys; from pathlib import Path\n"
        "    assert not (sys.flags.optimize or os.environ.get('BACKPORTKIT_ON_ERROR')), 'inherited'\n"
        "    Path('mine.py').touch(); import mine",
        "g.. gave",
    )
    assert victim.verdict(**variables) == PROVED


def test_path_of_the_shell(victim):
    """A proof finds the modules in the folders that PYTHONPATH names, as the shell does."""
    other = victim.world.write("elsewhere/extra.py", "WORD = 'new'\n").parent
    declare(victim, "import extra; assert extra.WORD == 'new'", "g.. gave")
    assert victim.verdict(PYTHONPATH=os.pathsep.join([str(victim.folder), str(other)])) == PROVED
