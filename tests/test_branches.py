"""Patches with alternatives are applied where one of them is met, and say which, or why none is."""

from __future__ import annotations

import json

import pytest

from backportkit.source.fingerprint import of_source

pytestmark = pytest.mark.warm

DJANGO = '"victim>=4.2,<4.2.17", "victim>=5.0,<5.0.10", "victim>=5.1,<5.1.4"'
SCRIPT = """
import json
import backportkit
from backportkit import any_of

@backportkit.backport("victim:f", id="victim-1", requires={}, {})
def f():
    "What breaks."
    return "new"

backportkit.apply_all()
import victim
(one,) = [one for one in backportkit.status() if one.id == "victim-1"]
print(json.dumps([victim.f(), str(one.state), one.installed, one.reason]))
"""


@pytest.fixture
def tell(world):
    """Return the result of f, the state, and the installed versions and the reason that a status has."""

    def run(requires, *installed, more="", body="def f(): return 'old'\n"):
        for name, version in installed:
            world.distribution(name, version)
        world.write("victim.py", body)
        return json.loads(world.run(SCRIPT.format(requires, more))[0])

    return run


@pytest.mark.parametrize("version", ["4.2", "4.2.16", "5.0.9", "5.1.3", "5.1.3+local.1", "5.0.1.post2"])
def test_in_one_branch(tell, version):
    """A release in any branch has the patch, and the reason is that of the branch."""
    found = tell(f"any_of({DJANGO})", ("victim", version))
    assert found[:3] == ["new", "applied", {"victim": version}]


@pytest.mark.parametrize("version", ["4.1.13", "4.2.17", "5.0.10", "5.1.4", "6.0", "5.1rc1", "4.2.17+local.1"])
def test_out_of_all(tell, version):
    """A release beside the branches has none of it, and the reason has all the ranges."""
    found = tell(f"any_of({DJANGO})", ("victim", version))
    ranges = "<4.2.17,>=4.2 or <5.0.10,>=5.0 or <5.1.4,>=5.1"
    reason = f"out of all three: victim {version} is installed; the patch is for {ranges}"
    assert found == ["old", "dormant", {"victim": version}, reason]


@pytest.mark.parametrize(("version", "state"), [("1.4", "applied"), ("1.5", "dormant"), ("3.1", "applied")])
def test_single_release_that_is_left_out(tell, version, state):
    """A requirement within leaves a single release out, as one outside does."""
    requires = '["victim!=3.0", any_of("victim>=1,<2,!=1.5", "victim>=3,<4")]'
    assert tell(requires, ("victim", version))[1] == state


def test_not_installed(tell):
    """A distribution that is not installed is named once, however many branches ask for it."""
    *found, reason = tell(f"any_of({DJANGO})")
    assert found == ["old", "dormant", {}]
    assert reason.startswith("victim is not installed: ")
    assert reason.count("victim is not installed") == 1


BOTH = "out of both: one 3.1 is installed; the patch is for <3, and one-binary 3.0 is installed; the patch is for <3"


@pytest.mark.parametrize(
    ("installed", "found"),
    [
        ([("one", "2.9")], ["new", "applied", {"one": "2.9"}]),
        ([("one-binary", "2.9")], ["new", "applied", {"one-binary": "2.9"}]),
        ([("one", "2.9"), ("one-binary", "2.8")], ["new", "applied", {"one": "2.9"}]),
        ([("one", "3.1"), ("one-binary", "2.8")], ["new", "applied", {"one-binary": "2.8"}]),
        (
            [("one", "3.1"), ("one-binary", "3.0")],
            [
                *("old", "dormant", {"one": "3.1", "one-binary": "3.0"}),
                BOTH,
            ],
        ),
        (
            [("one", "3.1")],
            [
                *("old", "dormant", {"one": "3.1"}),
                "out of both: one 3.1 is installed; the patch is for <3, and one-binary is not installed",
            ],
        ),
        ([], ["old", "dormant", {}, "out of both: one is not installed, and one-binary is not installed"]),
    ],
)
def test_distributions(tell, installed, found):
    """Of two distributions with one module, the first that is in range is shown; if none is, both are."""
    assert tell('any_of("one<3", "one-binary<3")', *installed)[: len(found)] == found


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        ('["absent<2", any_of("victim<2", "victim>=3,<4")]', "absent is not installed"),
        ('[any_of("victim<1", "victim>=3,<4"), "absent<2"]', "out of both: victim 1.5 is installed; the patch is for"),
        ('[any_of("victim<2", "victim>=3,<4"), "absent<2"]', "absent is not installed"),
        ('any_of(["victim<2", "absent<2"], "victim>=3,<4")', "out of both: absent is not installed, and victim 1.5"),
        ('any_of("victim<2; python_version < \'3\'", "victim>=3,<4")', "out of both: not for this platform"),
        ('any_of("victim[more]<2", "victim>=3,<4")', "victim 1.5 lacks its extra 'more': it has none of that name"),
    ],
)
def test_beside_and_within(tell, requires, reason):
    """A requirement beside alternatives must be met with each of them, and all requirements of one alternative, too."""
    *found, said = tell(requires, ("victim", "1.5"))
    assert found == ["old", "dormant", {"victim": "1.5"}]
    assert reason in said


def test_all_of_one_alternative(tell):
    """The versions of all that the alternative requires are shown."""
    requires = '["python>=3.9", any_of(["victim<1", "other"], ["victim>=1,<2", "other<3"])]'
    _, state, installed, _ = tell(requires, ("victim", "1.5"), ("other", "2.0"))
    assert (state, installed["victim"], installed["other"]) == ("applied", "1.5", "2.0")
    assert sorted(installed) == ["other", "python", "victim"]


def test_many_branches(tell):
    """More than nine branches are counted in digits."""
    texts = ", ".join(f'"victim=={number}.0"' for number in range(2, 14))
    assert tell(f"any_of({texts})", ("victim", "1.5"))[3].startswith(
        "out of all 12: victim 1.5 is installed; the patch"
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [("old", ["new", "applied"]), ("fixed", ["fixed", "absorbed"]), ("other", ["other", "dormant"])],
)
def test_by_fingerprint(tell, body, found):
    """A build out of all branches whose version says little is judged by its body."""
    old, fixed = (of_source(f"def f(): return {name!r}\n", "f") for name in ("old", "fixed"))
    more = f'prereleases="by-fingerprint", original="{old}", fixed="{fixed}"'
    requires = 'any_of("victim>=1,<1.2", "victim>=2,<2.3")'
    assert tell(requires, ("victim", "2.4.dev1"), more=more, body=f"def f(): return {body!r}\n")[:2] == found


def test_reason_of_what_waits(world):
    """A patch that waits says what is installed of the branch that is met."""
    world.distribution("victim", "5.0.3")
    script = SCRIPT.format(f"any_of({DJANGO})", "").replace("import victim\n", "").replace("victim.f(), ", "")
    state, installed, _ = json.loads(world.run(script)[0])
    assert (state, installed) == ("waiting", {"victim": "5.0.3"})
