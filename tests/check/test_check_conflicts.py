"""Patches that will be in each other's way once their target is imported are told before."""

from __future__ import annotations

import json

import pytest

PATCH = """
from backportkit import backport
@backport("victim:f", id="{}", requires="victim<2", fixes="https://x.example/{}", {})
def f(a):
    "{}"
    return {}
"""
PROJECT = '[project]\nname = "mine"\n[project.entry-points."backportkit.patches"]\nvictim = "mine.backports"\n'


def patch(name, fixes=1, given="", text="what breaks", value="a"):
    return PATCH.format(name, fixes, given, text, value)


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a): pass\n")
    world.write("pyproject.toml", PROJECT)
    return world


def installed(world, text, provider="other"):
    world.distribution(provider, "1.0", {"victim": provider})
    world.write(f"{provider}.py", text)


def conflicts(done):
    assert done.stdout, done.stderr
    return [(one["patch"], one["message"]) for one in json.loads(done.stdout)["findings"] if one["code"] == "BK210"]


def outcome(world):
    """What status says before the import, and what the import raises."""
    script = """
        import backportkit, mine.backports
        backportkit.apply_all()
        print([s.reason for s in backportkit.status() if s.id == "mine-1"][0])
        try: import victim
        except ImportError: print("conflict")
        else: print("none")
        """
    return world.run(script)


@pytest.mark.parametrize("what", [".", "mine/backports.py", "mine.backports", None])
def test_conflict_with_an_installed_provider_is_found(victim, start, what):
    """A check of a project, a file or a module reads what else is installed for the same package."""
    victim.write("mine/backports.py", patch("mine-1", value="1"))
    installed(victim, patch("other-1", 2))
    found = conflicts(start(victim, "check", *([what] if what else []), "--json"))
    assert found == [
        (
            "mine-1",
            f"'other-1' of other, declared at {victim.folder}/other.py:3, claims the same target in the same range",
        )
    ]


def test_status_tells_a_conflict_before_the_import_does(victim):
    """A patch that waits and will meet another one's claim says so; the import then raises what was told."""
    victim.write("mine/backports.py", patch("mine-1", value="1"))
    installed(victim, patch("other-1", 2))
    reason, end = outcome(victim)
    assert "; it will be a conflict with 'other-1' of other, declared at " in reason
    assert end == "conflict"


NAMED = "id='mine-1', summary='s', requires='victim<2', target='victim:f', fixes='https://x.example/1'"
NONE = {
    "same fix": (patch("mine-1"), patch("other-1")),
    "same fix, other docstring": (patch("mine-1"), patch("other-1", text="put otherwise")),
    "same fix, by name": (
        "import backportkit\nbackportkit.register(dict(COMMON, replacement='bodies:f'))\n".replace("COMMON", NAMED),
        patch("other-1"),
    ),
    "wrap": (patch("mine-1", given="how='wrap'", value="a"), patch("other-1", 2)),
    "other range": (patch("mine-1"), patch("other-1", 2).replace("victim<2", "victim>=2,<3")),
}


@pytest.mark.parametrize(("mine", "other"), NONE.values(), ids=NONE.keys())
def test_what_import_finds_no_conflict_is_none(victim, start, mine, other):
    """Two declarations of one fix, wraps, and patches for other releases are in nobody's way."""
    victim.write("mine/backports.py", mine)
    victim.write("bodies.py", "def f(a):\n    return a\n")
    installed(victim, other)
    assert conflicts(start(victim, "check", ".", "--json")) == []
    reason, end = outcome(victim)
    assert "conflict" not in reason
    assert end == "none"


def test_replacement_without_a_source_is_like_no_other(victim, start):
    """Of a fix that is declared twice, a body that cannot be read may be another."""
    mine = NONE["same fix, by name"][0].replace("bodies:f", "nowhere:f")
    victim.write("mine/backports.py", mine)
    installed(victim, patch("other-1"))
    assert [name for name, _ in conflicts(start(victim, "check", ".", "--json"))] == ["mine-1"]


@pytest.mark.parametrize("setting", ["disable = ['other-1']", "supersede = {other-1 = 'mine-1'}"])
def test_what_the_project_has_settled_is_no_conflict(victim, start, setting):
    """The project's own settings say which of two patches counts."""
    victim.write("pyproject.toml", PROJECT + f"[tool.backportkit]\n{setting}\n")
    victim.write("mine/backports.py", patch("mine-1", value="1"))
    installed(victim, patch("other-1", 2))
    assert conflicts(start(victim, "check", ".", "--json")) == []


def test_shipped_patch_is_in_nobodys_way(world, start):
    """What backportkit ships gives way to a project's own patch of the same target."""
    world.distribution("requests", "2.32.3")
    world.write("requests/utils.py", "def get_netrc_auth(url, raise_errors=False): pass\n")
    mine = patch("mine-1").replace("victim:f", "requests.utils:get_netrc_auth").replace("victim<2", "requests<2.32.4")
    world.write("mine/backports.py", mine.replace("def f(a)", "def f(url, raise_errors=False)").replace("return a", ""))
    world.write("pyproject.toml", PROJECT.replace("victim", "requests"))
    assert conflicts(start(world, "check", ".", "--json")) == []


def test_provider_that_cannot_be_read_is_not_the_projects_business(victim, start):
    """What keeps another provider from being read is told where that one is judged."""
    victim.write("mine/backports.py", patch("mine-1"))
    installed(victim, "raise RuntimeError\n")
    found = json.loads(start(victim, "check", ".", "--json").stdout)["findings"]
    assert "BK301" not in [one["code"] for one in found]
