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
