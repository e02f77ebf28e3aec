"""Whether a patch is meant for this environment: by the metadata of what is installed, and by nothing else."""

from __future__ import annotations

import importlib

import pytest

from backportkit.eligibility import judge


@pytest.fixture
def installed(world, monkeypatch):
    """Install the metadata of a distribution `victim` in some version."""
    monkeypatch.syspath_prepend(world.folder)

    def install(version):
        world.distribution("victim", version)
        importlib.invalidate_caches()

    return install


@pytest.mark.parametrize(
    ("version", "requires"),
    [
        ("2.11.0", "victim>=2.11,<2.12"),
        ("2.11.0+cpu", "victim==2.11.0"),
        ("2.11.0+cpu", "victim<=2.11.0"),
        ("2.12.0a1", "victim>=2.11,<=2.12"),
        ("2.11.0.dev20260101", "victim>2.10"),
        ("2.11.0", "Victim[extra]<3; python_version >= '3'"),
    ],
)
def test_version_in_range_is_eligible(installed, version, requires):
    installed(version)
    judgement = judge([requires])
    assert judgement.eligible
    assert judgement.reason.lower() == f"victim {version} installed, in range"
    assert list(judgement.installed.values()) == [version]


@pytest.mark.parametrize(
    ("version", "requires", "reason"),
    [
        ("2.12.0", "victim>=2.11,<2.12", "victim 2.12.0 is installed; the patch is for <2.12,>=2.11"),
        ("2.12.0.dev1", "victim<2.12", "victim 2.12.0.dev1 is installed; the patch is for <2.12"),
        ("2.11.0+cpu", "victim>2.11.0", "victim 2.11.0+cpu is installed; the patch is for >2.11.0"),
        ("built-by-hand", "victim<3", "victim has the version 'built-by-hand', which is none by PEP 440"),
        ("1", "victim<3; python_version < '3'", 'not for this platform or interpreter: python_version < "3"'),
    ],
)
def test_version_out_of_range_is_not_and_the_reason_says_why(installed, version, requires, reason):
    installed(version)
    judgement = judge([requires])
    assert (judgement.eligible, judgement.reason) == (False, reason)


def test_every_requirement_has_to_be_met(installed):
    installed("1.0")
    judgement = judge(["victim<2", "no-such-distribution-here<1"])
    assert judgement == (False, "no-such-distribution-here is not installed", {"victim": "1.0"})
