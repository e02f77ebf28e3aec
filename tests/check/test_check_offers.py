"""`check` judges patches that are armed only for those who ask for them."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

PATCH = """
from backportkit import backport
@backport("victim:f", id="{}", requires="victim<2", fixes="https://x.example/{}"{})
def f(a):
    "what breaks"
    return {}
"""
PROJECT = '[project]\nname = "mine"\n[project.entry-points."backportkit.{}"]\n{} = "mine.backports"\n'
OPT_IN = ", opt_in=True"
PATCHES = PROJECT.format("patches", "victim")


@pytest.fixture
def codes(world, start):
    """Check a project in a world with `victim`; return what was found of each kind that is asked for."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a): pass\n")

    def check(wanted, project=PATCHES, what=".", more=OPT_IN):
        world.write("pyproject.toml", project)
        world.write("mine/backports.py", PATCH.format("mine-1", 1, more, "a"))
        done = start(world, "check", *filter(None, [what]), "--json")
        found = json.loads(done.stdout)["findings"]
        return [(one["patch"], one["message"], one["next_step"]) for one in found if one["code"] == wanted]

    return check


@pytest.mark.parametrize(
    ("group", "more", "count"), [("offers", "", 1), ("offers", OPT_IN, 0), ("patches", "", 0), ("patches", OPT_IN, 0)]
)
def test_offered_without_opt_in(codes, group, more, count):
    """A patch in a module of the group of offers has to say that it is one."""
    found = codes("BK306", PROJECT.format(group, "victim"), more=more)
    assert [one[0] for one in found] == ["mine-1"] * count
    assert all(one[2].startswith("add opt_in=True, or name its module in [project.entry-points.") for one in found)


def test_missed_offer(codes):
    """An entry point that does not lead to the patch is to be added to the group that its module is in."""
    found = codes("BK302", PROJECT.format("offers", "other"))
    assert found[0][2].endswith('to [project.entry-points."backportkit.offers"]')


@pytest.mark.parametrize(
    ("enable", "count"), [("[]", 0), ("['other-1']", 0), ("['mine-*']", 0), ("['mine-1', 'other-1']", 1)]
)
def test_conflict(codes, world, enable, count):
    """Two patches that the settings ask for are in conflict; a patch that nobody asks for is in no conflict."""
    world.distribution("other", "1.0", offers={"victim": "other"})
    world.write("other.py", PATCH.format("other-1", 2, OPT_IN, "1"))
    project = PROJECT.format("offers", "victim") + f"[tool.backportkit]\nenable = {enable}\n"
    assert [one[0] for one in codes("BK210", project)] == ["mine-1"] * count


@pytest.mark.parametrize(("enable", "count"), [("[]", 0), ("['requests-cve-*']", 1)])
def test_conflict_with_a_shipped_one(codes, world, enable, count):
    """A shipped patch that the settings ask for yields to nobody."""
    world.distribution("requests", "2.32.3")
    world.write("requests/utils.py", "def get_netrc_auth(url, raise_errors=False): pass\n")
    project = PROJECT.format("patches", "requests") + f"[tool.backportkit]\nenable = {enable}\n"
    mine = PATCH.format("mine-2", 3, "", "1").replace("victim:f", "requests.utils:get_netrc_auth")
    world.write("mine/other.py", mine.replace("victim<2", "requests<2.32.4"))
    project += 'modules = ["mine.other"]\n'
    assert [one[0] for one in codes("BK210", project)] == ["mine-2"] * count


def test_unknown_in_enable(codes):
    """An id that the settings ask for and nobody declares is told; a pattern may fit none."""
    project = PROJECT.format("patches", "victim") + "[tool.backportkit]\nenable = ['mine-1', 'mine-9', 'nobody-*']\n"
    assert codes("BK305", project, None) == [
        (
            None,
            "[tool.backportkit] asks for 'mine-9', which nobody declares in this environment",
            "did you mean mine-1? correct or delete it in enable = [...]",
        )
    ]
