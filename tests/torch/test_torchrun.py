"""torchrun: the ranks of the script of docs/servers.md have the same patches in force, also when they start again."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

import pytest
from page_files import commands_of, files_of

pytestmark = pytest.mark.torch

(COMMAND,) = (line for line in commands_of("servers.md") if line.startswith("torchrun"))
FAILS_AT_FIRST = """
import os, sys
if os.environ["TORCHELASTIC_RESTART_COUNT"] == "0" and os.environ["RANK"] == "1":
    sys.exit("the first attempt fails")
"""


@pytest.fixture
def digests(torch_2_11, tmp_path):
    """Run the command of the page with a script and further options; return the digest that each rank has printed."""

    def run(script, *options, **env):
        (tmp_path / "train.py").write_text(script, "utf-8")
        program, *rest = shlex.split(COMMAND)
        command = [torch_2_11.parent / program, *options, *rest]
        whole = {"cwd": tmp_path, "env": os.environ | env}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **whole)
        assert done.returncode == 0, done.stderr
        return dict(re.findall(r"rank (\d): ([0-9a-f]{64})", done.stdout))

    return run


def test_ranks_have_one_digest(digests):
    """It is another one without the patches."""
    found = digests(files_of("servers.md")["train.py"])
    without = digests(files_of("servers.md")["train.py"], BACKPORTKIT_DISABLE="torch-178148")
    assert found.keys() == without.keys() == {"0", "1"}
    assert len({*found.values()}) == len({*without.values()}) == 1
    assert found != without


def test_ranks_that_are_started_again_have_it_too(digests):
    """All ranks are, when one has failed."""
    script = files_of("servers.md")["train.py"]
    assert digests(FAILS_AT_FIRST + script, "--max-restarts", "1") == digests(script)
