"""`backportkit diff` and `backportkit explain`: a patch as a reviewer wants to see it."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

VICTIM = "import math\n\n\nclass C:\n    def f(self, a):\n        return a\n\n\nLIMIT = 5\nsqrt = math.sqrt\n"
FIXED = VICTIM.replace("return a", "return a + 1")
PRINT = fingerprint.of_source(VICTIM, ["C", "f"])
NEW = fingerprint.of_source(FIXED, ["C", "f"])

DECLARATIONS = f"""
from backportkit import Patch, Reproducer, backport, register
import functools

def keep(function): return function

@backport(
    "victim:C.f", id="victim-1", requires="victim>=1,<2", original={PRINT!r}, fixes="https://upstream.example/pull/1",
    references="https://upstream.example/2", resolves="CVE-2024-5569", supersedes="victim-0",
    reproducer="mine:reproduce")
@keep
def f(self, a):
    "what breaks"
    return a + 2

@backport("victim:C", id="victim-2", requires="victim>=1", unbounded_because="not yet", required=False)
class C:
    def f(self, a):
        "what breaks"
        return a + 1

common = dict(requires="victim<2", summary="s")
register(dict(common, id="victim-3", target="victim:C.f", replacement="mine:f", fixed={NEW!r}))
register(dict(common, id="value-1", target="victim:LIMIT", value=6, how="replace"))
register(dict(common, id="named-1", target="victim:C.f", replacement="mine:named"))
register(dict(common, id="gone-1", target="victim:C.f", replacement="mine:gone"))
register(dict(common, id="native-1", target="victim:C.f", replacement=len))
register(dict(common, id="lambda-1", target="victim:C.f", replacement=lambda self, a: a + 1))
register(dict(common, id="fixed-1", target="victim:C.f", replacement="mine:named", fixed={PRINT!r}))
register(dict(
    common, id="partial-1", target="victim:C.f", replacement=
    lambda self, a: (
        a)))
register(dict(common, id="absent-1", target="victim:nothing", replacement="mine:named"))
register(dict(common, id="added-1", target="victim:nothing", replacement="mine:named", how="add"))
from made import made
register(dict(common, id="made-1", target="victim:C.f", replacement=made))
"""


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", VICTIM)
    world.write("declarations.py", DECLARATIONS)
    world.write("made.py", "exec(\"def made(self, a): 'no source'\")\n")
    world.write(
        "mine.py",
        "def reproduce(): pass\n\n\ndef named(self, a):\n    return a + 1\n\n\ndef f(self, a):\n    return a + 1\n",
    )
    return world


@pytest.fixture
def show(victim, start):
    def run(command, patch_id, *arguments, **env):
        return start(victim, command, patch_id, "--import", "declarations", *arguments, **env)

    return run


def test_diff_shows_the_installed_body_against_the_replacement(show):
    done = show("diff", "victim-1")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, file, imported = done.stdout.splitlines()
    assert file == f"declarations.py is sha256:{hashlib.sha256(DECLARATIONS.encode()).hexdigest()}"
    assert imported.startswith("made.py is sha256:")
    assert lines == [
        "--- victim 1.5  victim.py:5",
        "+++ victim-1  declarations.py:7",
        "@@ -1,2 +1,4 @@",
        "+@keep",
        " def f(self, a):",
        "-    return a",
        '+    "what breaks"',
        "+    return a + 2",
        f"victim:C.f of victim 1.5 is {PRINT}, as original=... expects: the patch fits",
        "--- nothing",
        "+++ victim-1  declarations.py:5, reached by name",
        "@@ -0,0 +1 @@",
        "+def keep(function): return function",
        "--- nothing",
        "+++ victim-1  declarations.py:36, runs at import",
        "@@ -0,0 +1 @@",
        "+from made import made",
    ]


@pytest.mark.parametrize(
    ("patch_id", "lines"),
    [
        (
            "value-1",
            ["-LIMIT = 5", "+LIMIT = 6", "victim:LIMIT of victim 1.5 is a value, and has no fingerprint: compare"],
        ),
        ("named-1", ["+++ named-1  mine.py:4", "+    return a + 1", f"is {PRINT}, which neither original=... nor"]),
        ("lambda-1", ["-def f(self, a):", "lambda self, a: a + 1"]),
        ("partial-1", ["+lambda self, a: ("]),
        ("fixed-1", [f"is {PRINT}, upstream's fix, as fixed=... says: such a release needs no patch"]),
        ("added-1", ["--- victim 1.5  nothing", "+    return a + 1"]),
    ],
)
def test_diff_shows_whatever_is_put_there(show, patch_id, lines):
    done = show("diff", patch_id)
    assert (done.returncode, done.stderr) == (0, "")
    assert not [line for line in lines if line not in done.stdout], done.stdout


@pytest.mark.parametrize(
    ("patch_id", "told"),
    [
        ("gone-1", "the replacement mine:gone has no source to show"),
        ("native-1", "found:    it is no function written in Python"),
        ("made-1", "has no source to show"),
        ("absent-1", "found:    victim has no 'nothing'"),
        ("nobody-1", "no such patch is declared here"),
    ],
)
def test_diff_without_source_says_so(show, patch_id, told):
    done = show("diff", patch_id)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "next:" in done.stderr or "expected:" in done.stderr
    assert "Traceback" not in done.stderr


def test_module_that_cannot_be_imported_is_told(victim, start):
    victim.write("leaving.py", "raise SystemExit")
    victim.write("wrong.py", "import backportkit\nbackportkit.register({})\n")
    for module, told in {"leaving": "SystemExit", "..": "TypeError", "wrong": "the declaration is wrong"}.items():
        done = start(victim, "explain", "x-1", "--import", module)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_diff_against_a_release_of_python_says_how_to_have_it(victim, start):
    """Nothing is asked of the network, which has none."""
    done = start(
        victim, "diff", "python-cve-2025-8194", "--against", "3.13.6", UV_FIND_LINKS="nowhere", UV_NO_INDEX="1"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "backportkit: patch 'python-cve-2025-8194': the modules of Python itself are in no package index\n"
        "  next:     run `backportkit diff python-cve-2025-8194` in an environment of Python 3.13.6\n"
    )


# --- explain ---


def test_explain_shows_everything_on_a_page(show):
    done = show("explain", "victim-1")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    state = lines.pop(10)
    assert state.startswith(
        "state         waiting: the target is not imported yet; apply_all() has not been called; "
        "the body on disk is the one that it was written against; it will be a conflict with 'victim-2' of declarations"
    )
    assert [re.sub("sha256:[0-9a-f]{64}", "sha256:...", line) for line in lines] == [
        "victim-1: what breaks",
        "declared      declarations.py:7, by declarations",
        "fixes         https://upstream.example/pull/1",
        "upstream      fixed",
        "reference     https://upstream.example/2",
        "resolves      CVE-2024-5569",
        "requires      victim<2,>=1",
        "supersedes    victim-0",
        "if it fails   an error",
        "installed     victim 1.5",
        "target        victim:C.f",
        "  how         replace, with the globals of its own module",
        "  by          declarations:f",
        "  installed   victim.py:5, a function",
        f"  original    {PRINT}",
        "  fixed       not said",
        f"  found       {PRINT}",
        "code          declarations.py:5, reached by name",
        "code          declarations.py:7, replacement",
        "code          declarations.py:36, runs at import",
        "  file        declarations.py sha256:...",
        "  file        made.py sha256:...",
        "content       sha256:...",
        "reproducer    mine:reproduce",
        "proof         none is kept: backportkit prove victim-1 --import declarations --output FOLDER keeps one",
        "next          nothing: apply_all() at the start of the program applies it as its target loads",
    ]


KEPT = {
    "patch": "victim-1",
    "summary": "s",
    "package": "victim",
    "requires": "victim<2,>=1",
    "fixes": None,
    "holds": True,
    "right": None,
    "platform": "Linux",
    "cells": [{"version": "1.5", "python": "3.11", "declared": True, "outcome": "proved", "message": ""}],
}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "as declared; victim 1.5 proved"),
        ({"requires": "victim<1"}, "as declared, for victim<1; victim 1.5 proved"),
        ({"holds": False}, "not as declared; victim 1.5 proved"),
        ({"holds": False, "right": "victim<1.5"}, "not as declared, should be victim<1.5; victim 1.5 proved"),
    ],
)
def test_explain_shows_the_proof_that_the_project_keeps(victim, show, more, told):
    """A proof that `prove --output` wrote into the project is named, with what it says."""
    victim.write("pyproject.toml", "")
    for folder in ("docs/proofs", ".hidden", "venv"):
        victim.write(f"{folder}/victim-1.json", json.dumps(KEPT | more))
    victim.write("venv/pyvenv.cfg", "")
    victim.write("other/victim-1.json", json.dumps(KEPT | {"patch": "victim-2"}))
    victim.write("wrong/victim-1.json", "[" * 9)
    assert f"proof         docs/proofs/victim-1.json: {told}" in show("explain", "victim-1").stdout.splitlines()


def test_explain_ends_with_the_first_finding_to_mend(show):
    lines = show("explain", "victim-2").stdout.splitlines()
    assert "unbounded     not yet" in lines
    assert "if it fails   a warning" in lines
    assert "fixes         not said" in lines
    assert "upstream      open" in lines
    assert "proof         none can be had without a reproducer" in lines
    assert "BK101         error, missing provenance: it does not say where the fix comes from" in lines
    assert (
        lines[-1]
        == "next          add fixes='https://...' with the upstream change, or references=[...] with the report"
    )


def test_explain_shows_the_copies_that_follow(victim, start):
    victim.write("mod.py", "def f(): pass\n")
    victim.write("user.py", "from mod import f\n")
    declaration = "backportkit.backport('mod:f', id='mod-1', requires='victim<2')(lambda: 1)"
    victim.write("copying.py", f"import backportkit, user\n{declaration}\nbackportkit.apply_all()\n")
    victim.write("copying.py", (victim.folder / "copying.py").read_text("utf-8").replace("id=", "summary='s', id="))
    lines = start(victim, "explain", "mod-1", "--import", "copying").stdout.splitlines()
    assert "state         applied: in effect in mod" in lines
    assert "copies        user:f" in lines


def test_explain_shows_a_value_and_a_missing_target(show):
    value = show("explain", "value-1").stdout
    assert "  by          6\n" in value
    assert "  installed   victim.py:9, a value\n" in value
    assert "  found       no fingerprint\n" in value
    assert "  installed   victim has no 'nothing'\n" in show("explain", "absent-1").stdout


NEXT = """
from backportkit import register
common = dict(summary="s", fixes="https://upstream.example/1", replacement="mine:named", target="victim:C.f")
register(dict(common, id="typo-1", requires="victim<2", target="victim:C.ff"))
register(dict(common, id="print-1", requires="victim<2", reproducer="mine:reproduce"))
register(dict(common, id="out-1", requires="victim<1", reproducer="mine:reproduce"))
edits = [dict(target="victim:C.f", replacement="mine:named"), dict(target="victim:C.added", value=1, how="add")]
two = dict(id="two-1", summary="s", fixes="https://x.example", requires="victim<2", reproducer="mine:reproduce")
register(dict(two, edits=edits))
register(dict(common, id="victim-1", requires=">=1,<2".join(["victim", ""]), reproducer="mine:reproduce"))
"""


@pytest.mark.parametrize(
    ("patch_id", "more", "told"),
    [
        ("typo-1", None, "correct the target, or narrow `requires` to the releases that have it"),
        ("print-1", None, f'add original="{PRINT}"'),
        ("two-1", None, f'add original="{PRINT}"; a decorated class has one list, original=[...], for all its methods'),
        ("out-1", None, "nothing here: no body in range that has a fingerprint is installed"),
        ("victim-1", {}, f'add original="{PRINT}"'),
        ("victim-1", {"requires": "victim<1"}, "backportkit prove victim-1 --import next_steps --matrix"),
        ("victim-1", {"holds": False}, "backportkit prove victim-1 --import next_steps --matrix"),
        ("victim-1", {"holds": False, "right": "victim<1.5"}, "correct `requires`: victim<1.5"),
    ],
)
def test_explain_ends_with_what_matters_most(victim, start, patch_id, more, told):
    """`explain` names first what is broken, then what is missing; a contradicting proof comes before a note."""
    victim.write("next_steps.py", NEXT)
    if more is not None:
        victim.write("victim-1.json", json.dumps(KEPT | more))
    lines = start(victim, "explain", patch_id, "--import", "next_steps").stdout.splitlines()
    assert lines[-1] == f"next          {told}"


def test_added_import_is_one_line(world, start):
    """An edit that adds what its own module imports is told as an import, without the body of that."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): pass\n")
    world.write("home.py", "def helper():\n    return 1\n")
    world.write("bodies.py", "from home import helper\n")
    table = "[[patch]]\nid='victim-1'\nsummary='s'\nrequires='victim<2'\n"
    edit = "target='victim:helper'\nreplacement='bodies:helper'\nhow='add'\n"
    world.write("patches.toml", table + edit)
    done = start(world, "diff", "victim-1", "--import", "patches.toml")
    first, *_, shown, added, imported = done.stdout.splitlines()
    assert first == "victim:helper: the import of home:helper is added", done.stderr
    assert shown == "+from home import helper"
    assert [line.split()[0] for line in (added, imported)] == ["bodies.py", "home.py"]
