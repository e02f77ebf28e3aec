"""`scan --adopt` takes the range from the guard, and fingerprints from the releases in it and next to it."""

from __future__ import annotations

import re

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD, OLDER, NEW = (f"def f(a=1):\n    return {value}\n" for value in ("'old'", "'older'", "'new'"))
BY_HAND = """
import sys
import victim
from mine.versions import is_older
def mine(a=1): return 'new'
def put():
    victim.f = mine  # here
"""
VERSIONS = """
import importlib.metadata
from packaging.version import Version
def is_older(than):
    return Version(importlib.metadata.version("victim")) < Version(than)
"""
# By what they show: the guard, and the requirements that it becomes.
GUARDS = {
    "around the call": ("if is_older('2.0'):\n    put()\n", ["victim<2.0"]),
    "nested": ("if is_older('2.0'):\n    if not is_older('1.0'):\n        put()\n", ["victim<2.0,>=1.0"]),
    "an early return": (
        "def main():\n    if is_older('1.0.0') or not is_older('2.0.dev'):\n        return\n    put()\nmain()\n",
        ["victim<2.0,>=1.0"],
    ),
    "one release": ("if victim.__version__ == '1.1.0':\n    put()\n", ["victim==1.1.0"]),
    "Python": (
        "if sys.version_info < (3, 12) and is_older('2.0'):\n    put()\n",
        ["victim<2.0", "python<3.12"],
    ),
    "alternatives": (
        "if victim.__version__ < '1.0' or '1.1' <= victim.__version__ < '2.0':\n    put()\n",
        [{"any_of": ["victim<1.0", "victim<2.0,>=1.1"]}],
    ),
}


def spell(text):
    return fingerprint.of_source(text, ["f"])


@pytest.fixture
def five(project):
    """Releases with an older body, with the bug, and with the fix."""
    project.write("mine/versions.py", VERSIONS)
    return project.releases({"0.9": OLDER, "1.0": OLD, "1.1": OLD, "1.1.0.post1": OLD, "2.0": NEW})


def adopted(project, guard, *line):
    """Return what was said, and the declaration of a patch under a guard."""
    said = project.adopt(BY_HAND + guard, *line)
    return said, project.declared()[-1]


def edit(patch):
    (found,) = patch.get("edits") or [patch]
    return found


@pytest.mark.parametrize("guard", GUARDS)
def test_range_of_the_guard(five, guard):
    """The guard's range is the requirement, its ends as `new` writes them."""
    text, requires = GUARDS[guard]
    assert adopted(five, text)[1]["requires"] == requires


def test_fingerprints(five):
    """`original` has the bodies in the range, and `fixed` the one of the release that follows."""
    said, patch = adopted(five, "if not is_older('1.0') and is_older('2.0'):\n    put()\n")

    assert (edit(patch)["original"], edit(patch)["fixed"]) == ([spell(OLD)], [spell(NEW)])
    assert "victim 2.0 has another body, which is taken for the fix" in said


def test_several_bodies(five):
    """Where the range has several bodies, `original` has them all, the newest first."""
    assert edit(adopted(five, "if is_older('2.0'):\n    put()\n")[1])["original"] == [spell(OLD), spell(OLDER)]


def test_guard_that_begins_late(five):
    """A release before the range with the body of its first one is told: the bug may be older."""
    said, _ = adopted(five, "if not is_older('1.1') and is_older('2.0'):\n    put()\n")
    assert "1.0, before the range, has the same body as its first release" in said


def test_guard_that_ends_early(five):
    """A release past the range with a body of the range is left to a person, and there is no fix."""
    said, patch = adopted(five, "if is_older('1.1'):\n    put()\n")

    assert "to do: victim 1.1, past the range, has a body of the range: see whether it has the bug, too" in said
    assert not edit(patch).get("fixed")


def test_upstream_has_the_very_body(five):
    """A release in the range whose body is the one that is installed has the fix, and is no original."""
    five.releases({"2.1": "def f(a=1): return 'new'\n"})
    said, patch = adopted(five, "if is_older('3.0'):\n    put()\n")

    assert edit(patch)["fixed"] == [spell(NEW)]
    assert edit(patch)["original"] == [spell(OLD), spell(OLDER)]
    assert "victim 2.0 has another body, which is taken for the fix" in said


def test_no_guard(five):
    """Without a condition on a version the patch says why it has no end, and the range is left to a person."""
    said, patch = adopted(five, "put()\n")

    assert (patch["requires"], patch["unbounded_because"]) == (
        ["victim"],
        "mine/by_hand.py makes it whatever the version is",
    )
    assert "to do: say in requires= which releases need it: the patch by hand has no condition on a version" in said


def test_guard_without_an_end(five):
    """A guard that has no upper end is the reason for having none."""
    _, patch = adopted(five, "if not is_older('1.0'):\n    put()\n")

    assert (patch["requires"], patch["unbounded_because"]) == (
        ["victim>=1.0"],
        "the guard in mine/by_hand.py has no upper end",
    )


def test_guard_of_no_release(five):
    """A guard that no release satisfies is told, and nothing is compared."""
    said, _ = adopted(five, "if victim.__version__ == '7.1':\n    put()\n")
    assert "to do: `original` is not written: victim has no release in ==7.1" in said


def test_project_that_does_not_name_it(five):
    """Without a guard, and in a project that does not name the distribution, the newest release counts."""
    five.write("pyproject.toml", '[project]\nname = "mine"\nversion = "1"\n')
    assert edit(adopted(five, "put()\n")[1])["fixed"] == [spell(NEW)]


def test_wrap_of_what_is_gone(five):
    """A target of a wrapper that no release has is left to a person."""
    text = "import victim\nold = victim.gone\ndef mine(): return old()\nvictim.gone = mine  # here\n"
    assert "to do: see what victim:gone is called now: no release that counts has it" in five.adopt(text)


def test_guard_that_is_no_version(five):
    """A test in the guard that says nothing of a version is left to a person; marks of what is done are none."""
    guard = "done = False\nif is_older('2.0') and sys.platform == 'win32' and not getattr(victim, '_patched', 0):\n"
    said, _ = adopted(five, f"{guard}    put()\n")

    assert "to do: see whether its guard counts, which names no version: sys.platform == 'win32'" in said
    assert "_patched" not in said


def test_release_that_lacks_the_target(five):
    """Releases in the range without the target are left to a person."""
    five.releases({"0.8": "x = 1\n"})
    said, _ = adopted(five, "if is_older('2.0'):\n    put()\n")
    assert "to do: write victim>=0.9,<2.0 in requires=: releases in the range have no such target (0.8)" in said


def test_target_that_is_in_no_release(five):
    """What no release in the range has is added, whatever the patch by hand says."""
    five.releases({"0.8": "x = 1\n"})
    assert edit(adopted(five, "if is_older('0.9'):\n    put()\n")[1])["how"] == "add"


def test_no_index(five):
    """Where no index can be asked the declaration is written without fingerprints, and that is told."""
    said, patch = adopted(five, "if is_older('2.0'):\n    put()\n", "--offline")

    assert "to do: `original` is not written: the releases of victim cannot be read" in said
    assert not edit(patch).get("original")


def test_target_of_python(project):
    """Of Python itself nothing is read, and the range of its guard is kept."""
    by_hand = (
        "import sys, json\ndef mine(*args, **more): ...\nif sys.version_info < (3, 12):\n    json.dump = mine  # here\n"
    )
    said = project.adopt(by_hand)
    (patch,) = project.declared("mine._backports.json")

    assert patch["requires"] == ["python<3.12"]
    assert "the releases of Python itself are in no package index" in said


def test_declared_patch_of_the_same_target(project):
    """Another patch of the target is named, with its range, and the releases by which the two differ."""
    project.releases({f"{at}.0": OLD for at in range(1, 6)})
    project.write(
        "other.py",
        "from backportkit import backport\n@backport('victim:f', requires='victim>=2,<6', id='other-1')\n"
        "def f(a=1):\n    'What breaks.'\n",
    )
    by_hand = (
        "import victim\ndef mine(a=1): return 'new'\nif victim.__version__ < '4.0':\n    victim.f = mine  # here\n"
    )
    project.write("pyproject.toml", project.read("pyproject.toml") + '[tool.backportkit]\nmodules = ["other"]\n')
    said = project.adopt(by_hand, code=2)
    assert "victim:f is patched already" in said


def test_dead_one(project):
    """A patch by hand that can never be made with what the project supports is told to be dead, and is written."""
    project.write("pyproject.toml", '[project]\nname = "mine"\nversion = "1"\ndependencies = ["victim>=2"]\n')
    project.releases({"1.0": OLD, "2.0": NEW})
    guarded = "import victim\ndef mine(a=1): return 2\nif victim.__version__ < '2.0':\n    victim.f = mine  # here\n"

    said = project.adopt(guarded)
    assert "to do: see whether it is still needed: its guard holds for victim <2.0 alone" in said


# --- what a patch adds, and what the project supports ---

MISSING = "x = 1\n"
ADDING = "import victim\ndef mine(a=1): return 'mine'\nif not hasattr(victim, 'f'):\n    victim.f = mine  # here\n"


def supporting(project, requirement):
    """Have the project require something else of what it patches."""
    project.write("pyproject.toml", project.read("pyproject.toml").replace('"victim"', f'"{requirement}"'))
    return project


def test_addition(project):
    """The range of what is added ends at the first release that has it, whose later bodies are the fix."""
    project.releases({"1.0": MISSING, "1.1": MISSING, "2.0": OLD, "3.0": NEW})
    said = project.adopt(ADDING)
    (patch,) = project.declared()

    assert (patch["requires"], patch.get("unbounded_because")) == (["victim<2.0"], None)
    assert (edit(patch)["how"], edit(patch).get("original") or [], edit(patch)["fixed"]) == (
        "add",
        [],
        [spell(NEW), spell(OLD)],
    )
    assert patch["summary"] == "victim:f is missing before victim 2.0"
    assert "victim 2.0 is the first release that has victim:f: it is taken for the fix" in said
    assert not re.search("BK211|say in requires=", said)


def test_addition_of_what_is_everywhere(project):
    """A name that all supported releases have is no more to be added, and is refused."""
    supporting(project, "victim>=2").releases({"1.0": MISSING, "2.0": OLD, "3.0": NEW})
    said = project.adopt(ADDING, code=2)

    assert "victim 2.0 to 3.0, all releases that count, have victim:f" in said
    assert "next:     delete it" in said


def test_addition_past_its_guard(five):
    """A guard that ends before the first release that has what is added stays, and that release is the fix."""
    five.releases({"0.7": MISSING, "0.8": MISSING})
    said, patch = adopted(five, "if is_older('0.8') and not hasattr(victim, 'f'):\n    put()\n")

    assert (patch["requires"], edit(patch)["fixed"][-1]) == (["victim<0.8"], spell(OLDER))
    assert "victim 0.9 is the first release that has victim:f" in said


def test_floor_of_the_project(five):
    """A range without a beginning begins where the project's support does; older releases are of no concern."""
    supporting(five, "victim>=1.0,<3").releases({"0.8": MISSING})
    said, patch = adopted(five, "if is_older('2.0'):\n    put()\n")

    assert (patch["requires"], edit(patch)["original"]) == (["victim<2.0,>=1.0"], [spell(OLD)])
    assert not re.search("0\\.8|0\\.9", said)


def test_floor_past_the_guard(five):
    """A project that supports nothing of the guard's range does not bound it."""
    assert adopted(supporting(five, "victim>=2"), "if is_older('2.0'):\n    put()\n")[1]["requires"] == ["victim<2.0"]


def test_value_without_a_fingerprint(project):
    """A value has no fingerprint, and that releases lack it is no reason for it."""
    project.releases({"1.0": MISSING, "1.1": "f = print\n"})
    said = project.adopt("import victim\ndef mine(*a): ...\nvictim.f = mine  # here\n")
    assert "`original` is not written" not in said


def test_release_without_a_fingerprint(project):
    """The reason for lacking a fingerprint names the release that it is about."""
    project.releases({"1.0": MISSING, "1.1": "from os import *\n"})
    said = project.adopt("import victim\ndef mine(*a): ...\nvictim.f = mine  # here\n")
    assert re.search(r"`original` is not written: .*, in victim 1\.1\n", said), said


def test_release_of_which_nothing_is_known(five):
    """A release that only running it would tell of is none that has the target."""
    five.releases({"0.7": "from os import *\n", "0.8": MISSING})
    said, _ = adopted(five, "if is_older('2.0'):\n    put()\n")
    assert "to do: write victim>=0.9,<2.0 in requires=" in said


# --- copies ---

COPIED = {"victim/__init__.py": "", "victim/a.py": OLD, "victim/b.py": "from victim.a import f\n"}
BOTH = """import victim.a, victim.b
def mine(a=1): return 'new'
victim.a.f = mine{0}
victim.b.f = mine{1}
"""


def test_line_for_a_copy(project):
    """A line that patches a copy of the target needs no declaration, and is named."""
    said = project.releases({"1.0": COPIED}).adopt(BOTH.format("  # here", ""))
    assert "line 4 patches victim.b:f, a copy of victim.a:f, which follows: that line needs no declaration" in said


def test_copy_of_what_is_patched(project):
    """A copy of what another line patches is refused, with the place to adopt."""
    said = project.releases({"1.0": COPIED}).adopt(BOTH.format("", "  # here"), code=2)

    assert "victim.b has it from victim.a:f, which line 3 patches, and copies follow" in said
    assert "adopt that one, at mine/by_hand.py:3" in said


def test_copy_of_a_value(project):
    """A value that another module imports is no copy that follows: each line is adopted."""
    files = {**COPIED, "victim/a.py": "f = {'a'}\n"}
    by_hand = BOTH.format("", "  # here").replace("def mine(a=1): return 'new'", "mine = {'b'}")
    assert "victim.b:f (replace)" in project.releases({"1.0": files}).adopt(by_hand)
