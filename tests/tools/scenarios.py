"""Programs that use other people's tools and something that is patched, and what each must print.

`{way}` is replaced by the call of `apply_all()` where the program makes it, and by nothing where it need not.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

APPLY_ALL = "import backportkit; backportkit.apply_all()"

# What the provider in the environment patches, by a function that is added: each of these packages, which is imported
# when its tool starts, and one module within.
ADDED_TO = {
    "anyio": "anyio.lowlevel",
    "typeguard": "typeguard._utils",
    "inline_snapshot": "inline_snapshot._types",
    "syrupy": "syrupy.utils",
    "hypothesis": "hypothesis.errors",
    "faker": "faker.proxy",
    "gevent": "gevent.queue",
    "eventlet": "eventlet.queue",
}

# And two functions of a package with one module within; both are imported under the tools' hooks.
VICTIM = {
    "victim/__init__.py": "def f(x: int = 1) -> str:\n    return 'old'\n",
    "victim/inner.py": "def g():\n    return 'old'\n",
}


@dataclass(frozen=True)
class Scenario:
    """A program in files, the command that runs it, and what it must print behind RESULT."""

    tool: str
    what: str
    files: dict[str, str]
    command: tuple[str, ...] = ("python", "program.py")
    expected: str = "new new"


def program(text: str) -> dict[str, str]:
    return {"program.py": "{way}\n" + dedent(text)}


USE = """
import victim, victim.inner
print("RESULT", victim.f(), victim.inner.g())
"""


def plugin(name: str) -> Scenario:
    """A plugin of pytest, whose whole distribution pytest claims, to rewrite its asserts."""
    module = ADDED_TO[name]
    test = f"""
        import {name}, {module}

        def test_it(capsys):
            with capsys.disabled():
                print("\\nRESULT", {name}.backported(), {module}.backported())
    """
    return Scenario(
        f"pytest, {name}",
        f"pytest claims the package to rewrite its asserts; `{name}` and `{module}` are patched",
        {"conftest.py": "{way}\n", "test_it.py": dedent(test)},
        ("pytest", "-q", "-p", "no:cacheprovider"),
    )


PYTEST = """
    import victim, victim.inner

    def test_it(capsys):
        with capsys.disabled():
            print("\\nRESULT", victim.f(), victim.inner.g())
        assert victim.f() == "new"
"""

JAXTYPING = """
    from jaxtyping import install_import_hook

    with install_import_hook("victim", "beartype.beartype"):
        import victim, victim.inner
    print("RESULT", victim.f(), victim.inner.g())
"""

AUTORELOAD = """
    import os, time
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "autoreload")
    shell.run_line_magic("autoreload", "2")
    shell.run_cell("import victim; from victim.inner import g")
    import victim
    with open(victim.__file__) as file:
        text = file.read()
    try:
        with open(victim.__file__, "w") as file:
            file.write(text + "\\nmore = 1\\n")
        os.utime(victim.__file__, (time.time() + 5, time.time() + 5))
        shell.run_cell("assert victim.more == 1")
        shell.run_cell("print('RESULT', victim.f(), g())")
    finally:
        with open(victim.__file__, "w") as file:
            file.write(text)
"""

GEVENT = """
    from gevent import monkey
    monkey.patch_all()
    import gevent

    def use():
        import victim, victim.inner, gevent.queue
        return {victim.f(), victim.inner.g(), gevent.queue.backported()}

    tasks = [gevent.spawn(use) for _ in range(9)]
    print("RESULT", *set().union(*[task.get() for task in tasks]))
"""

EVENTLET = """
    import warnings
    warnings.simplefilter("ignore")
    import eventlet
    eventlet.monkey_patch()

    def use():
        import victim, victim.inner, eventlet.queue
        return {victim.f(), victim.inner.g(), eventlet.queue.backported()}

    tasks = [eventlet.spawn(use) for _ in range(9)]
    print("RESULT", *set().union(*[task.wait() for task in tasks]))
"""

# Typeguard's finder stays in front and answers for the package: the next import that it does not answer for reaches us.
NEXT = """
import victim, victim.inner
import wave
print("RESULT", victim.f(), victim.inner.g())
"""

# Where there is no such import, nothing says that the patches are in effect, and `apply_all()` applies them.
ASKED = """
import backportkit
import victim, victim.inner
print("told:", victim.f(), [backportkit.is_applied(name) for name in ("victim-f", "victim-g")])
backportkit.apply_all()
print("RESULT", victim.f(), victim.inner.g())
"""

HYPOTHESIS = """
    from hypothesis import given, settings, strategies as st
    import victim, victim.inner

    @settings(max_examples=20, database=None)
    @given(st.integers())
    def check(x):
        assert victim.f(x) == "new"

    check()
    print("RESULT", victim.f(), victim.inner.g())
"""

TYPEGUARD = """
from typeguard import install_import_hook
install_import_hook("victim")
"""

BEARTYPE = """
from beartype.claw import beartype_package
beartype_package("victim")
"""


SCENARIOS = [
    *map(plugin, ["anyio", "typeguard", "inline_snapshot", "syrupy", "hypothesis", "faker"]),
    Scenario(
        "pytest, --import-mode=importlib",
        "test modules are imported under names that nobody else imports",
        {"conftest.py": "{way}\n", "test_it.py": dedent(PYTEST)},
        ("pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"),
    ),
    Scenario("jaxtyping", '`install_import_hook("victim", …)` claims the whole package', program(JAXTYPING)),
    Scenario("typeguard", '`install_import_hook("victim")` claims the whole package', program(TYPEGUARD + NEXT)),
    Scenario(
        "typeguard, installed first",
        "its hook is there before `apply_all()` is called",
        {"program.py": TYPEGUARD + "{way}\n" + NEXT},
    ),
    Scenario(
        "typeguard, with no import after it",
        "`is_applied()` says that the patch is not in effect, and `apply_all()` applies it",
        program(TYPEGUARD + ASKED),
    ),
    Scenario("beartype.claw", '`beartype_package("victim")` claims the whole package', program(BEARTYPE + USE)),
    Scenario("IPython", "`%autoreload 2`: an edited module is loaded again", program(AUTORELOAD)),
    Scenario("gevent", "`monkey.patch_all()` first, then imports in greenlets", program(GEVENT), expected="new"),
    Scenario("eventlet", "`monkey_patch()` first, then imports in green threads", program(EVENTLET), expected="new"),
    Scenario("hypothesis", "property tests call what is patched", program(HYPOTHESIS)),
    Scenario("coverage", "`coverage run --branch`", program(USE), ("coverage", "run", "--branch", "program.py")),
    Scenario(
        "coverage, of what is patched",
        "`coverage run --source=victim`",
        program(USE),
        ("coverage", "run", "--source=victim", "program.py"),
    ),
]
