"""Commands of docs/policy.md and docs/security.md say what the pages show."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from walk import Walk

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def walk(tmp_path):
    """A project with an environment of its own, in which nothing is allowed or forbidden yet."""
    made = Walk(tmp_path, {})
    made.make_environment()
    return made


def shown(page):
    """Return what the first console of a page shows, command by command."""
    (console, *_) = re.findall(r"^```console\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for one in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, said = one.partition("\n")
        yield command, said


def test_policy_is_locked_and_checked(walk):
    """The policy is written into the environment that the command runs in. A long path has a line of its own."""
    for command, said in shown("policy.md"):
        assert walk.run(command).replace(str(walk.project), "/srv/app").split() == said.split()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="keys are made by openssl")
def test_files_are_signed_and_verified(walk):
    """The signature of a file stands beside it."""
    (walk.project / "docs/proofs").mkdir(parents=True)
    for name in ("backportkit-policy.toml", "docs/proofs/zipp-1.json"):
        (walk.project / name).write_text("{}")
    for command, said in shown("security.md"):
        assert walk.run(command) == said
