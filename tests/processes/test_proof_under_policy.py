"""A proof in an environment with a policy: the patch has the rights of its provider, and no more."""

from __future__ import annotations

import json

import pytest

PROVIDER = """
from backportkit import Reproducer, backport
@backport("victim:f", requires="victim<2", id="provider-0", summary="s",
          reproducer=Reproducer(run="provider_shows:reproduce", expect="old"))
def f(): return "new"
"""
SHOWS = """
import subprocess, sys
def reproduce():
    import victim
    if victim.f() != "new":
        raise AssertionError(victim.f())
"""


@pytest.fixture
def proving(prepared):
    """An activated environment with a policy that `lock` has written, and a provider with a reproducer."""
    provider, shows = prepared.site / "provider.py", prepared.site / "provider_shows.py"
    record, before = prepared.site / "provider-1.0.dist-info" / "RECORD", provider.read_text("utf-8")
    rows = record.read_text("utf-8")
    provider.write_text(PROVIDER, "utf-8")
    shows.write_text(SHOWS, "utf-8")
    record.write_text(f"{rows}{shows.name},,\n", "utf-8")
    prepared.lines("-m", "backportkit", "policy", "lock", "--provider", "provider")
    yield prepared
    provider.write_text(before, "utf-8")
    record.write_text(rows, "utf-8")
    for path in (shows, *prepared.folder.glob("backportkit-policy.*")):
        path.unlink()


def policy(environment, *pairs):
    path = environment.folder / "backportkit-policy.toml"
    text = path.read_text("utf-8")
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text, "utf-8")
    environment.run("-m", "backportkit", "activate")


def prove(environment):
    done = environment.run("-m", "backportkit", "prove", "provider-0", "--json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_patch_that_the_policy_allows(proving):
    """A patch is proved under the policy that `lock` has written, though variables are ignored and failures end all."""
    policy(proving, ('"heed"', '"ignore"'), ('"continue"', '"exit"'), ("require = []", 'require = ["provider-0"]'))
    proof = prove(proving)
    assert proof["proved"], proof
    assert proof["environment"] == "current"


def test_patch_that_the_policy_does_not_allow(proving):
    """A patch whose id the policy does not allow its provider is not applied in a proof either."""
    policy(proving, ('"provider-0"', '"provider-7"'))
    proof = prove(proving)
    assert not proof["proved"]
    assert "does not allow 'provider' a patch of that id" in json.dumps(proof["runs"])


def test_reproducer_that_was_changed(proving):
    """A reproducer that is another one than was locked is not executed."""
    path, mark = proving.site / "provider_shows.py", proving.folder / "mark"
    path.write_text(f"open({str(mark)!r}, 'w')\n{SHOWS}", "utf-8")
    done = proving.run("-m", "backportkit", "prove", "provider-0")
    assert done.returncode
    assert not mark.exists()
