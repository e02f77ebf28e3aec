"""A proof says what keeps an application from applying the patch, before any import does."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

RIVAL = """
from backportkit import backport
@backport("victim:f", id="rival-1", requires="victim>=1,<2", summary="g() gives the wrong answer"{})
def f():
    return "other"
"""

MINE = """
@backport("victim:f", reproducer=reproduce, **FIELDS)
def f():
    return "new"
"""


def rival(victim, more=""):
    """Install another provider, with a patch of the same target."""
    victim.world.distribution("rival", "1.0", {"victim": "rival"})
    victim.world.write("rival.py", RIVAL.format(more))
    victim.declare(MINE)


def test_conflict_with_a_provider(victim):
    """Another provider's patch of the same target is named, with what to do, and nothing counts as proved."""
    rival(victim)
    done = victim.start("victim-1", "--import", "provider")
    assert done.returncode == 1
    assert "victim-1: not proved with victim 1.5" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("conflict: ")]
    assert "'rival-1' of rival, declared at " in line
    assert line.endswith("or declare supersedes=['rival-1']")
    assert len(victim.prove()["conflicts"]) == 1


@pytest.mark.parametrize("named", ["pyproject.toml", "settings.toml"])
def test_no_conflict_where_the_settings_say_who_supersedes(victim, monkeypatch, named):
    """The settings of the project in the working directory count, and those that BACKPORTKIT_CONFIG names."""
    rival(victim)
    victim.world.write(named, "[tool.backportkit.supersede]\n'rival-1' = 'victim-1'\n")
    monkeypatch.chdir(victim.folder)
    env = {} if named == "pyproject.toml" else {"BACKPORTKIT_CONFIG": named}
    proof = victim.prove(**env)
    assert (proof["proved"], proof["conflicts"]) == (True, [])


@pytest.mark.parametrize(("mine", "theirs", "count"), [(", opt_in=True", "", 1), ("", ", opt_in=True", 0)])
def test_conflict_of_what_is_proved(victim, mine, theirs, count):
    """A patch that is proved counts as asked for, and an `opt_in` patch of somebody else is no conflict for it."""
    rival(victim, theirs)
    victim.declare(MINE.replace("reproducer=reproduce", f"reproducer=reproduce{mine}"))
    proof = victim.prove()
    assert [run["colour"] for run in proof["runs"]] == ["red", "green", "red"]
    assert len(proof["conflicts"]) == count


def test_no_conflict_with_another_range(victim):
    """A patch of the same target for other releases is in nobody's way."""
    rival(victim)
    victim.world.write("rival.py", RIVAL.format("").replace(">=1,<2", ">=2,<3"))
    assert victim.prove()["conflicts"] == []


def test_no_conflict_with_a_shipped_patch(victim):
    """A shipped patch yields to one's own, and is no conflict."""
    victim.world.distribution("requests", "2.32.3")
    victim.name("requests")
    victim.world.write("requests/utils.py", "def get_netrc_auth(url, raise_errors=False): return 'old'\n")
    victim.declare(
        """
        def run():
            from requests.utils import get_netrc_auth
            assert get_netrc_auth("") == "new"
        @backport("requests.utils:get_netrc_auth", reproducer=run, **FIELDS | dict(requires="requests>=2.19,<2.32.4"))
        def get_netrc_auth(url, raise_errors=False):
            return "new"
        """
    )
    assert (victim.verdict(), victim.prove()["conflicts"]) == (("red", "green", "red"), [])


def test_drift_is_said(victim):
    """A patch that cannot be applied to a module which is loaded already says why."""
    victim.declare(
        """
        import victim
        @backport("victim:f", reproducer=reproduce, original="ast1:000000000000", **FIELDS)
        def f():
            return "new"
        """
    )
    _, with_, undone = victim.prove()["runs"]
    assert with_["message"].startswith("the patch is drifted: the installed body is not the one")
    assert undone["message"].startswith("the patch was not applied to the loaded module: the installed body is not")


def test_patch_that_cannot_be_applied_has_failed(victim):
    """The state is told as a sentence."""
    victim.declare(
        """
        import victim
        @backport("victim:f", reproducer=reproduce, **FIELDS)
        def f(more):
            return "new"
        """
    )
    assert victim.prove()["runs"][1]["message"].startswith("the patch has failed: ")
