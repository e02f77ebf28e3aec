"""Twelve environments, each a real process with a real distribution: the state, the reason, and what is then called."""

from __future__ import annotations

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD = "def f():\n    return 'old'\n"
FIXED = "def f():\n    return 'fixed'\n"
DRIFTED = "def f():\n    return 'other'\n"
ORIGINAL, FIX, OTHER = (fingerprint.of_source(text, ["f"]) for text in (OLD, FIXED, DRIFTED))
RANGE = "victim>=2.11,<2.12"
VENDOR = "2.12.0a0+0291f960b6.nv26.04"
OUTSIDE = "victim {} is installed; the patch is for <2.12,>=2.11"

SCRIPT = """
import json, sys, backportkit
fields = dict(id="victim-1", summary="s", target="victim:f", replacement="mine:f", original={original!r}, fixed={fix!r})
backportkit.register(fields | json.loads(sys.argv[1]))
def state():
    return next(status for status in backportkit.status() if status.id == "victim-1")
backportkit.apply_all()
print("before:", state().state, state().reason, sep=" | ")
try:
    import victim
    print("result:", victim.f())
except ImportError as error:
    print("refused:", type(error.__cause__ or error).__name__)
print("after:", state().state, state().reason, sep=" | ")
"""

ON_DISK = "; the body on disk is the one that it was written against"
WAITS = f"waiting | victim is not imported yet{ON_DISK}"
APPLIED = "applied | in effect in victim"


def dormant(reason):
    return f"dormant | {reason}", "result: old", f"dormant | {reason}"


@pytest.mark.parametrize(
    ("version", "body", "fields", "expected"),
    [
        pytest.param("2.11.3", OLD, {}, (WAITS, "result: new", APPLIED), id="in range"),
        pytest.param("2.10.0", OLD, {}, dormant(OUTSIDE.format("2.10.0")), id="below"),
        pytest.param("2.12.0", OLD, {}, dormant(OUTSIDE.format("2.12.0")), id="above"),
        pytest.param("2.11.0.dev20260101", OLD, {}, dormant(OUTSIDE.format("2.11.0.dev20260101")), id="dev"),
        pytest.param("2.12.0rc1", OLD, {}, dormant(OUTSIDE.format("2.12.0rc1")), id="rc"),
        pytest.param(
            VENDOR,
            OLD,
            {"prereleases": "by-fingerprint"},
            (
                f"{WAITS.removesuffix(ON_DISK)}; {OUTSIDE.format(VENDOR)}, so that its body will decide{ON_DISK}",
                "result: new",
                f"{APPLIED}: {OUTSIDE.format(VENDOR)}, but the body is one that it was written against",
            ),
            id="vendor build",
        ),
        pytest.param(
            None,
            OLD,
            {},
            dormant("victim is not installed: {file} is there, but no metadata that says its version"),
            id="absent",
        ),
        pytest.param(
            "2.11.0",
            OLD,
            {"requires": f"{RANGE}; python_version < '3'"},
            dormant('not for this platform or interpreter: python_version < "3"'),
            id="marker false",
        ),
        pytest.param(
            "2.11.0",
            DRIFTED,
            {},
            (
                (
                    "waiting | victim is not imported yet; the body on disk is not the one that it was written against "
                    f"({OTHER})"
                ),
                "refused: DriftError",
                f"drifted | the installed body is not the one it was written against; found {OTHER}",
            ),
            id="drifted body",
        ),
        pytest.param(
            "2.11.0",
            FIXED,
            {},
            (
                (
                    "waiting | victim is not imported yet; the body on disk is upstream's fix already "
                    f"({FIX}, which is upstream's fix)"
                ),
                "result: fixed",
                "absorbed | the installed body is upstream's fix already",
            ),
            id="fixed body",
        ),
        pytest.param(
            "2.11.0",
            "exec(\"def f():\\n    return 'old'\\n\")\n",
            {},
            (
                (
                    "waiting | victim is not imported yet; the body on disk is not known "
                    "(victim takes names from elsewhere as it runs)"
                ),
                "refused: TargetError",
                (
                    "failed | the installed body cannot be compared with the one it was written against; "
                    "found there is no source of f() in <string>"
                ),
            ),
            id="no source",
        ),
        pytest.param(
            "2.11.0",
            OLD,
            {"requires": [RANGE, "no-such-companion<2"]},
            dormant("no-such-companion is not installed"),
            id="two requirements of which one fails",
        ),
    ],
)
def test_environment_gives_one_state_and_its_reason(world, version, body, fields, expected):
    import json

    if version is not None:
        world.distribution("victim", version)
    file = world.write("victim.py", body)
    world.write("mine.py", "def f():\n    return 'new'\n")
    before, result, after = (text.replace("{file}", str(file)) for text in expected)
    lines = world.run(SCRIPT.format(original=ORIGINAL, fix=FIX), json.dumps({"requires": RANGE} | fields))
    assert lines == [f"before: | {before}", result, f"after: | {after}"]


@pytest.mark.parametrize(
    ("body", "result", "state"),
    [
        (DRIFTED, "other", "dormant"),
        (FIXED, "fixed", "absorbed"),
        ("def f(): return 'old'\nf = print\n", "None", "dormant"),
        ("def g(): pass\nf = lambda: 'old'\n", "old", "dormant"),
    ],
)
def test_vendor_build_is_patched_by_the_body_only_and_never_an_error(world, body, result, state):
    world.distribution("victim", VENDOR)
    world.write("victim.py", body)
    world.write("mine.py", "def f():\n    return 'new'\n")
    fields = f'{{"requires": "{RANGE}", "prereleases": "by-fingerprint"}}'
    lines = world.run(SCRIPT.format(original=ORIGINAL, fix=FIX), fields)
    assert [line for line in lines if line.startswith(("result", "refused"))] == [f"result: {result}"]
    assert lines[-1].startswith(f"after: | {state} | ")


def test_dev_build_is_left_alone_where_a_target_is_missing(world):
    world.distribution("victim", VENDOR)
    world.write("victim.py", "")
    script = f"""
    import backportkit
    backportkit.backport("victim:f", requires="{RANGE}", id="victim-1", summary="s", original="{ORIGINAL}",
                         prereleases="by-fingerprint")(lambda: "new")
    backportkit.apply_all()
    import victim
    print(next(status.reason for status in backportkit.status() if status.id == "victim-1"))
    """
    assert world.run(script) == [f"{OUTSIDE.format(VENDOR)}, and the target is not there"]


@pytest.mark.parametrize("upgrade", ["rename('victim-3.0.dist-info')", "rename('gone')"])
def test_patch_in_effect_stays_so_whatever_is_installed_since(world, upgrade):
    """What is in effect is said to be, with what is installed by now; once it is undone it is dormant."""
    world.distribution("victim", "2.11.0")
    world.write("victim.py", OLD)
    script = f"""
    import os, pathlib, backportkit, victim
    backportkit.backport("victim:f", requires="{RANGE}", id="victim-1", summary="s")(lambda: "new")
    backportkit.apply_all()
    digest = backportkit.report().digest
    os.chdir({str(world.folder)!r})
    pathlib.Path("victim-2.11.0.dist-info").{upgrade}
    if os.path.exists("victim-3.0.dist-info"):
        text = pathlib.Path("victim-3.0.dist-info/METADATA").read_text().replace("2.11.0", "3.0")
        pathlib.Path("victim-3.0.dist-info/METADATA").write_text(text)
    def standing(): return next((s.state.value, s.reason) for s in backportkit.status() if s.id == "victim-1")
    state, reason = standing()
    print(state, reason.partition("; by now victim ")[0])
    print(backportkit.is_applied("victim-1"), backportkit.require("victim-1"))
    print(digest == backportkit.report().digest)
    backportkit.unpatch("victim-1")
    print(standing()[0], victim.f())
    """
    assert world.run(script) == [
        "applied in effect in victim",
        "True None",
        "True",
        "dormant old",
    ]
