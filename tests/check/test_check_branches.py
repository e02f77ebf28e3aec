"""Patches with alternatives are judged branch by branch."""

from __future__ import annotations

import json

import pytest

from backportkit import any_of
from backportkit.check import conflicts, life, metadata
from backportkit.check.scope import Scope
from backportkit.check.verdict import judge

THREE = any_of("django>=4.2,<4.2.17", "django>=5.0,<5.0.10", "django>=5.1,<5.1.4")


def lives(subject):
    """Return the findings about the life of a patch, as codes with messages."""
    removable = life.removable(subject)
    found = [removable] if removable is not None else list(life.judge(subject))
    return [(one.code, one.message) for one in found]


@pytest.mark.parametrize(
    ("supported", "codes"),
    [
        (["django>=4.2,<5"], []),
        (["django>=4.2.17"], ["BK402"]),
        (["django>=5.0"], ["BK402"]),
        (["django>=5.0.10"], ["BK402", "BK402"]),
        (["django>=4.2.17,<5.0"], ["BK402"]),
        (["django==4.1"], ["BK401"]),
        (["django==4.2.16", "django==5.1.5"], []),
        (["django==4.2.17", "django==5.1.5"], ["BK402"]),
        (["other==1"], []),
        ([], []),
    ],
)
def test_alternatives_end_one_by_one(subject, supported, codes):
    """An alternative is removable when it is past for the project, and the patch when nothing is in one any more."""
    assert [code for code, _ in lives(subject(*supported, requires=THREE))] == codes


def test_removable(subject):
    """A patch all of whose branches are past is removable, and that is its only finding."""
    one = subject("django>=5.1.4", requires=["python>=3.10", THREE])
    said = "the project supports django>=5.1.4 (pyproject.toml) only, past the patch's "
    ranges = "<4.2.17,>=4.2 and <5.0.10,>=5.0 and <5.1.4,>=5.1"
    assert lives(one) == [("BK402", said + ranges)]
    (found,) = judge(Scope((one,), ())).findings
    step = f"backportkit retire {one.declared.id}, in the project of {one.declared.provider}"
    assert (found.code, found.next_step) == ("BK402", step)


def test_between_two_branches(subject):
    """A patch is removable for a project whose releases lie between two branches, and the branch ahead is told."""
    said = "the project supports django<5,>=4.2.17 (pyproject.toml) only, past the patch's <4.2.17,>=4.2"
    ahead = ", and not in its <5.0.10,>=5.0 or <5.1.4,>=5.1"
    assert lives(subject("django>=4.2.17,<5", requires=THREE)) == [("BK402", said + ahead)]


def test_what_stands_beside_is_past(subject):
    """A patch whose requirement beside the alternatives is past is removable."""
    one = subject("python>=3.13", "django>=4.2", requires=[THREE, "python<3.13"])
    assert lives(one) == [
        ("BK402", "the project supports python>=3.13 (pyproject.toml) only, past the patch's <3.13"),
    ]


def test_outgrown_alternative(subject):
    """An alternative that the project has passed is named, with what to do, and the rest is judged as ever."""
    one = subject("django>=5.0", requires=THREE, fixes=None)
    findings = list(judge(Scope((one,), ())).findings)
    assert [one.code for one in findings][:2] == ["BK402", "BK101"]
    assert findings[0].message == (
        "the project supports django>=5.0 (pyproject.toml) only, past the alternative django<4.2.17,>=4.2"
    )
    assert findings[0].next_step == "delete that alternative of `requires`"


def test_never_in_range(subject):
    """A requirement that no branch can meet is said once, with all ranges."""
    said = "the project supports django==4.1 (pyproject.toml), none of which is in the patch's "
    ranges = "<4.2.17,>=4.2 or <5.0.10,>=5.0 or <5.1.4,>=5.1"
    assert lives(subject("django==4.1", requires=THREE)) == [("BK401", said + ranges)]


def test_never_in_range_of_what_stands_beside(subject):
    """A requirement beside the alternatives is judged as that of any patch."""
    one = subject("python==3.9.*", "django>=4.2", requires=["python>=3.10,<3.13", THREE])
    assert lives(one) == [
        ("BK401", "the project supports python==3.9.* (pyproject.toml), none of which is in the patch's <3.13,>=3.10"),
    ]


def test_two_distributions(subject):
    """A distribution that the project does not name says nothing, so that the patch stays."""
    both = any_of("one<3", "one-binary<3")
    assert lives(subject("one-binary<3", requires=both)) == []
    assert lives(subject("one-binary>=3", requires=both)) == [
        ("BK402", "the project supports one-binary>=3 (pyproject.toml) only, past the alternative one-binary<3"),
    ]
    (one,) = life.judge(subject("one-binary>=3", requires=both))
    assert one.next_step == "delete that alternative of `requires`, and write the other one without any_of"
    only = " (pyproject.toml) only, past the patch's <3"
    assert lives(subject("one-binary>=3", "one>=4", requires=both)) == [
        ("BK402", f"the project supports one>=4{only} and one-binary>=3{only}"),
    ]


def test_empty_alternative(declare):
    """An alternative that no version can meet is an error, whatever the others are."""
    one = declare(requires=["python>=3", any_of("victim<2", "victim>=3,<3")], target="victim:f", value=1)
    assert [(found.code, found.message) for found in metadata.judge(one) if found.code == "BK105"] == [
        ("BK105", "no version of victim can be in <3,>=3"),
    ]


@pytest.mark.parametrize(
    ("requires", "codes"),
    [
        ("victim>=2.5,<4", []),
        ("victim>=1.5,<2", ["BK210"]),
        (any_of("victim>=3,<4", "victim>=5,<5.5"), ["BK210"]),
        (any_of("victim>=3,<4", "victim>=6,<7"), []),
        (["victim>=5,<6", any_of("other<1", "other>2,<3")], ["BK210"]),
    ],
)
def test_conflict(declare, requires, codes):
    """Two patches conflict if an environment can meet a branch of each."""
    mine = declare(requires=any_of("victim<2", "victim>=5,<6"), target="victim:f", value=1)
    other = declare(
        id="other-1", requires=requires, target="victim:f", value=2, fixes="https://upstream.example/pull/2"
    )
    assert [one.code for one in conflicts.judge([mine, other])] == codes


PROVIDER = """
from backportkit import any_of, backport

@backport("victim:f", id="victim-1", requires=any_of({}), fixes="https://x.example/1", reproducer="platform:platform")
def f():
    "What breaks."
"""


@pytest.mark.parametrize(
    ("alternatives", "dormant", "codes"),
    [
        ('"victim<1", "victim<2"', 0, ["BK104"]),
        ('"other<1", "victim<1"', 1, ["BK104"]),
        ('"other<1", "third<2"', 1, ["BK104", "BK109"]),
    ],
)
def test_command(start, world, alternatives, dormant, codes):
    """`check` counts a patch none of whose branches is met as dormant, and knows the distributions of all."""
    world.provide("def f(): ...\n", PROVIDER.format(alternatives))
    info = next(world.folder.glob("victim-*.dist-info"))
    (info / "top_level.txt").write_text("victim\n", "utf-8")
    said = json.loads(start(world, "check", "provider", "--format", "json").stdout)
    assert (said["dormant"], [one["code"] for one in said["findings"]]) == (dormant, codes)


def test_explain(start, world):
    """`explain` shows the alternatives, and why none of them is met."""
    world.provide("def f(): ...\n", PROVIDER.format('"victim<1", ["victim>=2,<3", "other"]'))
    lines = start(world, "explain", "victim-1").stdout.splitlines()
    where = lines.index("requires      one of these")
    assert lines[where + 1 : where + 3] == ["  either      victim<1", "  either      victim<3,>=2, other"]
    reason = "out of both: victim 1.5 is installed; the patch is for <1 or <3,>=2"
    assert f"state         dormant: {reason}" in lines
    assert "installed     victim 1.5" in lines


def test_status(start, world):
    """`status` shows the version of the alternative that is met."""
    world.provide("def f(): ...\n", PROVIDER.format('"victim<1", "victim<2"'))
    done = start(world, "status")
    assert "victim 1.5" in done.stdout
    assert "waiting" in done.stdout
