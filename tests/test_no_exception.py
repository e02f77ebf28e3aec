"""User code that raises a BaseException, as `sys.exit()` does, has failed; only an interrupt goes through."""

from __future__ import annotations

import json
import textwrap

import pytest
import warm

pytestmark = pytest.mark.warm

KINDS = {
    "SystemExit": "raise SystemExit",
    "SystemExit: 0": "import sys; sys.exit(0)",
    "SystemExit: bye": "raise SystemExit('bye')",
    "GeneratorExit": "raise GeneratorExit",
    "Skipped: not here": "class Skipped(BaseException): pass\nraise Skipped('not here')",
}
INTERRUPT = "raise KeyboardInterrupt"

START = """
import backportkit, warnings
from backportkit import register
def declare(id_="v-1", **fields):
    register({"id": id_, "summary": "s", "requires": "python<4", "target": "victim:f"} | fields)
def state(): return [(s.state.value, s.reason) for s in backportkit.status() if s.id == "v-1"][0]
def attempt(action, *arguments):
    try: action(*arguments)
    except BaseException as error:
        return f"{type(error).__name__} {type(error.__cause__).__name__}"
def import_victim():
    import victim
"""


@pytest.fixture
def victim(world):
    """A victim, and a module that raises when it is imported."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(): return 'old'\n")
    world.distribution("provider", "1.0", {"victim": "provider"})
    return world


def command(world, *arguments, **env):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "1000"} | env
    return warm.run(["-m", "backportkit", *arguments], world.folder, variables)


def test_provider_that_raises_no_exception_refuses_the_import_that_needs_it(victim):
    """The program gets a ProviderError, whatever BaseException the module of the provider has raised."""
    lines = {}
    for name, text in KINDS.items():
        victim.write("provider.py", text + "\n")
        lines[name] = victim.run("""
import backportkit
backportkit.apply_all()
try: import victim
except backportkit.PatchImportError as error: print(type(error.__cause__).__name__, error.__cause__.message)
try: backportkit.status()
except ImportError as error: print(type(error).__name__, type(error.__cause__).__name__)
""")
    for name, (told, asked) in lines.items():
        assert told.startswith(f"ProviderError the patches of 'provider' cannot be loaded: {name}")
        assert asked == f"ProviderError {name.partition(':')[0]}"


def test_provider_that_ends_the_program_is_told_what_to_do(victim):
    """A script is no module that declares."""
    victim.write("provider.py", "raise SystemExit(0)\n")
    done = victim.start("import backportkit; backportkit.apply_all(); import victim")
    assert done.returncode == 1
    assert "next:     put the declarations into a module of their own, or uninstall 'provider'" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_provider_that_raises_no_exception_warns_where_that_is_asked_for(victim, kind):
    """Under BACKPORTKIT_ON_ERROR=warn a wrong provider keeps nobody from importing what it patches."""
    victim.write("provider.py", KINDS[kind] + "\n")
    script = """
import warnings, backportkit
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    backportkit.apply_all()
    import victim
print(victim.f(), [str(one.message).splitlines()[0] for one in told])
"""
    done = victim.start(script, env={"BACKPORTKIT_ON_ERROR": "warn"})
    line = done.stdout.strip()
    assert line.startswith("old [\"the patches of 'provider' cannot be loaded: " + kind), done.stderr


@pytest.mark.parametrize(
    "arguments", [["status"], ["explain", "v-1"], ["diff", "v-1"], ["status", "--json"]], ids=" ".join
)
def test_commands_tell_of_a_provider_that_ends_the_program(victim, arguments):
    """No command ends without a word, or with exit code 0, because a provider calls `sys.exit()`."""
    victim.write("provider.py", "raise SystemExit(0)\n")
    done = command(victim, *arguments)
    assert "the patches of 'provider' cannot be loaded: SystemExit: 0" in done.stderr + done.stdout
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_module_that_a_command_is_to_import_may_raise_anything(victim, kind):
    """`--import` of a module that ends the program, or raises what is no Exception, is told with exit code 2."""
    victim.write("provider.py", "")
    victim.write("leaving.py", KINDS[kind] + "\n")
    done = command(victim, "explain", "v-1", "--import", "leaving")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert f"'leaving' cannot be imported: {kind}" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_check_of_a_file_that_raises_no_exception_cannot_be_done(victim, kind):
    """Exit code 2 and a sentence, as for a file that has a wrong syntax; for a provider it is a finding."""
    victim.write("provider.py", KINDS[kind] + "\n")
    for what in ("provider.py", "provider"):
        done = command(victim, "check", what, "--json")
        told = done.stderr if what == "provider.py" else json.loads(done.stdout)["findings"][0]["message"]
        assert done.returncode == (2 if what == "provider.py" else 1)
        assert f"the patches of 'provider' cannot be loaded: {kind}" in told


# What is declared beside the target, where {} is what raises; and what the error is.
FAILING = {
    "callback": ("callbacks={'before_apply': fail}", "CallbackError"),
    "factory": ("how='wrap', replacement=fail", "ReplacementError"),
    "module": ("replacement='leaving:f'", "ReplacementError"),
}


def failing(world, what, text):
    """The start of a script that declares a patch which fails by what a text raises, and the error that it is."""
    given, error = FAILING[what]
    world.write("provider.py", "")
    world.write("leaving.py", text + "\n")
    more = "" if "replacement" in given else ", replacement=lambda: 'new'"
    body = textwrap.indent(text, "    ")
    return f"{START}\ndef fail(_):\n{body}\ndeclare({given}{more})\n", error


@pytest.mark.parametrize("what", FAILING)
@pytest.mark.parametrize("kind", KINDS)
def test_patch_whose_code_raises_no_exception_is_not_applied(victim, what, kind):
    """A patch whose code raises a BaseException has failed as by `1/0`, when its target is imported or is already."""
    start, error = failing(victim, what, KINDS[kind])
    end = "print(attempt(backportkit.apply_all)); print(state()[0]); import victim; print(victim.f())"
    cause = kind.partition(":")[0]
    assert victim.run(f"{start}import victim\n{end}") == [f"{error} {cause}", "failed", "old"]
    late = f"{start}backportkit.apply_all()\nprint(attempt(import_victim), state())"
    (line,) = victim.run(late)
    assert line.startswith(f"PatchImportError {error} ('failed', ")
    assert kind in line


@pytest.mark.parametrize("what", FAILING)
def test_patch_whose_code_raises_no_exception_warns_where_that_is_asked_for(victim, what):
    """The import of the target goes on, unpatched."""
    start, _ = failing(victim, what, "raise GeneratorExit")
    script = f"""{start}
warnings.simplefilter("ignore")
backportkit.apply_all()
import victim
print(victim.f(), state()[0])
"""
    done = victim.start(script, env={"BACKPORTKIT_ON_ERROR": "warn"})
    assert (done.stdout.split(), done.returncode) == (["old", "failed"], 0), done.stderr


@pytest.mark.parametrize("what", FAILING)
def test_interrupt_in_the_code_of_a_patch_goes_through(victim, what):
    """Ctrl-C is the user's word and no failure: the next call tries anew."""
    start, _ = failing(victim, what, INTERRUPT)
    lines = victim.run(f"{start}import victim\nprint(attempt(backportkit.apply_all))\nprint(state(), victim.f())")
    assert lines[0] == "KeyboardInterrupt NoneType"
    assert lines[1].startswith("('failed', 'applying it was interrupted by KeyboardInterrupt()")
    assert lines[1].endswith(" old")


def test_interrupt_in_a_provider_goes_through(victim):
    """An interrupt in a provider goes through an import, a question and a command."""
    victim.write("provider.py", INTERRUPT + "\n")
    script = """
import backportkit
backportkit.apply_all()
for way in (lambda: __import__("victim"), backportkit.status):
    try: way()
    except KeyboardInterrupt as error: print(type(error).__name__)
"""
    assert victim.run(script) == ["KeyboardInterrupt"] * 2
    assert command(victim, "explain", "v-1", "--import", "provider").returncode != 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("when", ["after_apply", "before_undo", "after_undo"])
def test_callback_that_raises_no_exception_is_only_reported(victim, when, kind):
    """The patch is applied and undone all the same, with a warning."""
    victim.write("provider.py", "")
    body = textwrap.indent(KINDS[kind], "    ")
    script = f"""{START}
import victim
def fail(_):
{body}
declare(replacement=lambda: "new", callbacks={{{when!r}: fail}})
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    backportkit.apply_all()
    print(victim.f())
    backportkit.unpatch("v-1")
print(victim.f(), len(told), str(told[0].message).splitlines()[0])
"""
    done = victim.start(script)
    new, old = done.stdout.splitlines()
    assert new == "new", done.stderr
    assert old.startswith(
        f"old 1 patch 'v-1': its callback {when} failed, which changes nothing about the edits: {kind}"
    )


@pytest.mark.parametrize("text", ["raise SystemExit(0)", "1 / 0"])
def test_patch_of_a_fix_that_is_in_force_and_cannot_be_imported_has_failed(victim, text):
    """Two patches of one fix are compared by their replacements, of which one cannot be imported."""
    victim.write("provider.py", "")
    victim.write("leaving.py", text + "\n")
    script = f"""{START}
import victim
def new(): return "new"
declare("w-1", replacement=new, fixes="https://x.example/1")
declare("v-1", replacement="leaving:f", fixes="https://x.example/1")
print(attempt(backportkit.apply_all), state()[0], victim.f())
"""
    cause = "SystemExit" if "Exit" in text else "ZeroDivisionError"
    assert victim.run(script) == [f"ReplacementError {cause} failed new"]


def test_interpreter_starts_whatever_looking_for_providers_raises(fresh_world):
    """A finder of somebody's that ends the program ends no interpreter that an environment has activated."""
    script = """
import backportkit.startup
class Finder:
    def find_spec(self, *_): return None
    def find_distributions(self, context): {}
sys.meta_path.append(Finder())
try: backportkit.startup.activate()
except KeyboardInterrupt: print("interrupted")
else: print("runs")
"""
    done = fresh_world.start(script.format("raise SystemExit(0)"))
    assert (done.stdout, done.stderr) == ("runs\n", "backportkit: SystemExit: 0\n")
    done = fresh_world.start(script.format(INTERRUPT))
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
