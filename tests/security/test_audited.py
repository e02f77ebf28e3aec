"""Audit hooks hear what patches do before it is done, and may forbid it; the log has it afterwards."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from backportkit.policy import document

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import backport
@backport("victim:f", requires="victim<9", id="victim-1", summary="s")
def f():
    return "new"
@backport("victim:g", requires="victim<9", id="victim-2", summary="s", how="wrap")
def wrapped(original):
    return lambda: f"<{original()}>"
@backport("victim:f", requires="victim>8,<9", id="victim-3", summary="s")
def h():
    return "never"
"""
HEAR = """
import sys, backportkit
heard = []
def hear(event, arguments):
    if event.startswith("backportkit."):
        heard.append((event.partition(".")[2], *arguments))
sys.addaudithook(hear)
"""
FORBID = """
import sys, backportkit
def forbid(event, arguments):
    if event == "backportkit.{event}" and arguments[0] in {ids!r}:
        raise {error}("no")
sys.addaudithook(forbid)
"""
UNDO = "try: backportkit.unpatch_all()\nexcept Exception as error: print(error)\n"
APPLY = "try: backportkit.apply_all()\nexcept Exception: pass\n"
CALL = "print(victim.f(), victim.g())"


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'old'\n")
    world.distribution("provider", "1.0", {"victim": "patches"})
    world.write("patches.py", PATCHES)
    return world


def test_events_in_order(victim):
    """Hooks hear of the provider, of each edit that is applied, and of each that is undone, and of nothing else."""
    script = (
        f"{HEAR}backportkit.apply_all(); import victim; backportkit.unpatch_all()\nfor one in heard: print(*one[:4])"
    )
    patches = victim.folder / "patches.py"
    assert [line.replace(str(patches), "FILE") for line in victim.run(script)] == [
        "provider provider patches backportkit.patches",
        "apply victim-1 provider victim:f",
        "apply victim-2 provider victim:g",
        "undo victim-2 provider victim:g",
        "undo victim-1 provider victim:f",
    ]


def test_hook_that_refuses_is_asked_once(victim):
    """An edit that a hook refuses is told of once, and again when it is tried again."""
    forbid = "def no(event, _):\n    if event == 'backportkit.apply': raise OSError\nsys.addaudithook(no)\n"
    tries = "for _ in range(2):\n    try: import victim\n    except ImportError: pass\n"
    show = "print(*(one[1] for one in heard if one[0] == 'apply'))"
    assert victim.run(f"{HEAR}{forbid}backportkit.apply_all()\n{tries}{show}") == [
        "victim-1 victim-2 victim-1 victim-2"
    ]


def test_place_and_digest(victim):
    """An event has the place of the declaration, and the SHA-256 that a policy has of the module."""
    script = f"{HEAR}from backportkit.policy import modules\nbackportkit.apply_all(); import victim\n"
    show = "print(*(one[4:] == (one[4], modules.digest('patches')) for one in heard[1:])); print(heard[1][4])"
    same, place = victim.run(script + show)
    assert same == "True True"
    assert place.endswith("patches.py:3")


@pytest.mark.parametrize("error", ["RuntimeError", "SystemExit"])
@pytest.mark.parametrize("ids", [["victim-1"], ["victim-2"], ["victim-1", "victim-2"]])
@pytest.mark.parametrize("is_loaded", [True, False])
def test_hook_forbids_to_apply(victim, ids, error, is_loaded):
    """A patch that a hook forbids is not applied, with an error; the others are applied."""
    load, use = ("import victim\n", "") if is_loaded else ("", "import victim\n")
    before = FORBID.format(event="apply", ids=ids, error=error) + load
    script = (
        f"{before}try:\n    backportkit.apply_all()\n    {use or 'pass'}\nexcept Exception as error: print(error)\n"
    )
    said = " ".join(victim.run(f"{script}{CALL if is_loaded else 'print(1)'}"))
    assert "an audit hook has kept it from being applied" in said
    assert f"{error}: no" in said
    if is_loaded:
        assert said.endswith(f"{'old' if 'victim-1' in ids else 'new'} {'old' if 'victim-2' in ids else '<old>'}")


SHOW = "print(victim.f(), far.f(), *backportkit.applied_ids())"


@pytest.fixture
def both(victim):
    """A provider with a patch of two modules, and one of a single module."""
    victim.write("far.py", "def f(): return 'old'\n")
    edits = [{"target": f"{name}:f", "replacement": "bodies:f"} for name in ("victim", "far")]
    victim.write("bodies.py", "def f(): return 'new'\n")
    fields = {"id": "both", "requires": "victim<9", "summary": "s", "edits": edits}
    victim.write("patches.py", f"from backportkit import register\nregister({fields!r})\n")
    points = "[backportkit.patches]\nvictim = patches\nfar = patches\n"
    victim.write("provider-1.0.dist-info/entry_points.txt", points)
    return victim


NO = """
import sys, backportkit
targets = [{target!r}]
def no(event, arguments):
    if event == "backportkit.apply" and arguments[2] in targets:
        raise {error}("no")
sys.addaudithook(no)
def attempt(what):
    try: exec(what, globals())
    except BaseException as error: return f"{{type(error).__name__}}"
"""


@pytest.mark.parametrize("target", ["victim:f", "far:f"])
@pytest.mark.parametrize("how", ["", ", how='wrap'"])
def test_refused_in_one_of_two_modules(both, target, how):
    """A patch that a hook refuses in one module is in none, and in all as soon as the hook lets it in."""
    if how:
        both.write("bodies.py", "def f(original): return lambda: 'new'\n")
        patches = (both.folder / "patches.py").read_text("utf-8")
        both.write("patches.py", patches.replace("'replacement'", "'how': 'wrap', 'replacement'"))
    script = f"{NO.format(target=target, error='OSError')}import victim, far\n"
    apply = f"print(attempt('backportkit.apply_all()')); {SHOW}; print(backportkit.status()[0].state.value)\n"
    again = f"targets.clear(); {apply}backportkit.unpatch_all(); {SHOW}"
    said = both.run(script + apply + again)
    assert said == ["PolicyError", "old old", "failed", "None", "new new both", "applied", "old old"]


def test_refused_in_the_module_that_comes_later(both):
    """A hook that refuses a patch in a module that is imported later has it taken out of the first one."""
    script = f"{NO.format(target='far:f', error='OSError')}backportkit.apply_all(); import victim\n"
    tries = "print(victim.f(), attempt('import far'), victim.f(), *backportkit.applied_ids())\n"
    assert both.run(f"{script}{tries}{tries}targets.clear()\n{tries}{SHOW}") == [
        "new PatchImportError old",
        "old PatchImportError old",
        "old None new both",
        "new new both",
    ]


@pytest.mark.parametrize("target", ["victim:f", "far:f"])
@pytest.mark.parametrize("following", ["backportkit.apply_all()", "import other; backportkit.apply_all(only='alone')"])
def test_interrupted_in_a_hook(both, target, following):
    """An interrupt in a hook leaves a patch half applied for no longer than until the next call."""
    both.write("other.py", "def f(): return 'old'\n")
    fields = {"id": "alone", "requires": "victim<9", "summary": "s", "target": "other:f", "replacement": "bodies:f"}
    register = f"backportkit.register({fields!r})\n"
    script = f"{NO.format(target=target, error='KeyboardInterrupt')}import victim, far\n{register}"
    show = "print(victim.f() == far.f(), (victim.f() == 'new') == ('both' in backportkit.applied_ids()))\n"
    first = "print(attempt('backportkit.apply_all()'), *backportkit.applied_ids()); targets.clear()\n"
    assert both.run(script + first + f"{following}\n{show}") == ["KeyboardInterrupt", "True True"]


def test_events_of_what_is_taken_back(both):
    """Hooks hear of the undo of what another hook has had taken back, and cannot forbid that."""
    forbid = FORBID.format(event="undo", ids=["both"], error="OSError")
    script = f"{HEAR}{forbid}{NO.format(target='far:f', error='OSError')}import victim, far\n"
    show = "for one in heard:\n    if one[0] != 'provider': print(*one[:2])"
    assert both.run(f"{script}attempt('backportkit.apply_all()')\n{show}\nprint(victim.f())") == [
        "apply both",
        "apply both",
        "refuse both",
        "undo both",
        "old",
    ]


@pytest.mark.parametrize("target", ["victim:f", "far:f"])
def test_callbacks_of_what_is_taken_back(both, target):
    """Callbacks are called in pairs where a hook refuses a patch in one of two modules."""
    names = ("before_apply", "after_apply", "before_undo", "after_undo")
    functions = [f"def {name}(module): lines.append(('{name}', module.__name__))\n" for name in names]
    both.write("log.py", "".join(["lines = []\n", *functions]))
    patches = (both.folder / "patches.py").read_text("utf-8")
    callbacks = {name: f"log:{name}" for name in names}
    both.write("patches.py", patches.replace("'edits'", f"'callbacks': {callbacks!r}, 'edits'"))
    script = f"{NO.format(target=target, error='OSError')}import victim, far\nattempt('backportkit.apply_all()')\n"
    show = "import log; print(victim.f(), far.f(), *(f'{name}:{module}' for name, module in log.lines))"
    expected = "" if target == "victim:f" else " before_apply:victim after_undo:victim"
    assert both.run(script + show) == [f"old old{expected}"]


def test_hook_forbids_an_added_module(victim):
    """Hooks hear of a module that a patch adds before its body runs, and may forbid it."""
    victim.write("box/__init__.py", "")
    victim.write("shim.py", "print('runs')\n")
    fields = {"id": "more", "requires": "victim<9", "summary": "s"}
    edit = {"target": "box.gone", "how": "add", "replacement": "shim"}
    declare = f"backportkit.register({fields | edit!r})\n"
    script = f"{HEAR}{NO.format(target='box.gone', error='OSError')}{declare}backportkit.apply_all()\n"
    tries = "print(attempt('import box.gone'), *[one[:2] for one in heard]); heard.clear(); targets.clear()\n"
    undo = "backportkit.unpatch_all(); print(*[one[:2] for one in heard])"
    assert victim.run(script + tries + tries + undo) == [
        "PatchImportError ('apply', 'more') ('refuse', 'more')",
        "runs",
        "None ('apply', 'more')",
        "('undo', 'more')",
    ]


def test_hook_forbids_to_undo(victim):
    """A patch that a hook forbids to undo stays, with an error; the others are undone."""
    forbid = FORBID.format(event="undo", ids=["victim-1"], error="RuntimeError")
    script = f"{forbid}backportkit.apply_all(); import victim\n{UNDO}{CALL}; print(*backportkit.applied_ids())"
    said = victim.run(script)
    assert "an audit hook has kept it from being undone" in said[0]
    assert said[-2:] == ["new old", "victim-1"]


def test_hook_forbids_a_provider(victim):
    """A provider that a hook forbids is not executed, and the import of what it patches is refused."""
    script = FORBID.format(event="provider", ids=["provider"], error="RuntimeError")
    done = victim.start(f"{script}backportkit.apply_all(); import victim")
    assert "the patches of 'provider' cannot be loaded: RuntimeError: no" in done.stderr


def test_switched_off_and_refused(victim):
    """Hooks hear of patches that are switched off, and of those that cannot be applied, with the reason."""
    script = f"{HEAR}import victim; del victim.g\n{APPLY}for one in heard[1:]: print(*one[:3], one[4])"
    disable, refuse = victim.run(script, env={"BACKPORTKIT_DISABLE": "victim-1"})
    assert disable.startswith("disable victim-1 provider")
    assert disable.endswith("switched off by BACKPORTKIT_DISABLE")
    assert refuse.startswith("refuse victim-2 provider")


def test_log(victim):
    """The log has a record of each patch that was applied or undone, where somebody asks for that level."""
    log = "import logging, io, backportkit; text = io.StringIO(); logging.basicConfig(level={level}, stream=text)\n"
    script = "backportkit.apply_all(); import victim; backportkit.unpatch_all(); print(text.getvalue())"
    assert [line.split(":")[2] for line in victim.run(log.format(level=20) + script) if line] == [
        "applied victim-1 in victim, of provider",
        "applied victim-2 in victim, of provider",
        "undone victim-1 in victim, of provider",
        "undone victim-2 in victim, of provider",
    ]
    assert victim.run(log.format(level=30) + script) == [""]


def test_attributes_of_a_record(victim):
    """A record has what it says as attributes, too, for logs that are read by programs."""
    script = """
        import logging, backportkit
        handler = logging.Handler()
        handler.emit = lambda one: print(one.patch_deed, one.patch_id, one.patch_provider, one.patch_target)
        logging.basicConfig(level=20, handlers=[handler])
        backportkit.apply_all()
        import victim
        backportkit.unpatch("victim-2")
    """
    assert victim.run(textwrap.dedent(script)) == [
        "applied victim-1 provider victim:f",
        "applied victim-2 provider victim:g",
        "undone victim-2 provider victim:g",
    ]


LATE = "import logging, io; text = io.StringIO(); logging.basicConfig(level=20, stream=text)\n"


@pytest.mark.parametrize(
    "call",
    ["backportkit.applied_ids()", "backportkit.apply_all()", "backportkit.report()", "backportkit.unpatch('victim-2')"],
)
def test_log_that_is_set_up_late(victim, call):
    """Records of what was done before the program has set up its logging are written at the next call."""
    script = f"import backportkit; backportkit.apply_all(); import victim\n{LATE}{call}; print(text.getvalue())"
    said = [line.split(":")[2] for line in victim.run(script) if line]
    assert said[:2] == ["applied victim-1 in victim, of provider", "applied victim-2 in victim, of provider"]
    assert said[2:] == (["undone victim-2 in victim, of provider"] if "unpatch" in call else [])


def test_records_that_nobody_wants(world):
    """Of records that nobody wants a limited number is kept, and the log says so."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "".join(f"def f{number}(): return 'old'\n" for number in range(300)))
    fields = {"requires": "victim<9", "summary": "s", "replacement": "mine:new"}
    world.write("mine.py", "def new(): return 'new'\n")
    declare = (
        f"for n in range(300): backportkit.register({fields!r} | {{'id': f'v-{{n}}', 'target': f'victim:f{{n}}'}})\n"
    )
    script = f"import backportkit\n{declare}backportkit.apply_all(); import victim\n{LATE}"
    said = world.run(f"{script}backportkit.apply_all(); print(text.getvalue())")
    assert sum(": applied v-" in line or ":applied v-" in line for line in said) == 200
    assert "more records came before this logger was set up" in said[200]


def test_ids_for_a_health_check(victim):
    """The ids of what is in effect are read back, and nothing is imported for it."""
    ask = "before = len(sys.modules); print(*backportkit.applied_ids(), len(sys.modules) - before)"
    deeds = ["import backportkit", "backportkit.apply_all()", "import victim", "victim.g = None"]
    said = victim.run("".join(f"{one}\n{ask}\n" for one in (*deeds, "backportkit.unpatch('victim-1')")))
    assert said == ["0", "0", "victim-1 victim-2 0", "victim-1 0", "0"]


DOCS = Path(__file__).parents[2] / "docs"


def block(page, language):
    """Return the first example in a language of a page."""
    found = re.search(rf"```{language}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return textwrap.dedent(found[1])


def test_hook_of_the_docs(victim):
    """The hook of docs/security.md forbids what others than backportkit declare."""
    script = f"{block('security.md', 'python')}import backportkit, victim\n{APPLY}{CALL}"
    assert victim.run(script) == ["old old"]


def test_policy_of_the_docs():
    """The policy of docs/policy.md is one."""
    policy = document.parse("policy.toml", block("policy.md", "toml").encode())
    assert (policy.default, policy.variables, policy.on_failure) == ("deny", "ignore", "exit")
    assert policy.refuses_provider("somebody_else")
    assert not policy.refuses_patch("backportkit", "torch-178148", ["torch._inductor.codegen.cpp:CppVecKernel.f"])
