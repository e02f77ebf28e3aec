"""torch.distributed, for real: four processes by gloo."""

from __future__ import annotations

import os
import subprocess

import pytest

pytestmark = pytest.mark.torch

RANK = """
import sys
sys.path.insert(0, sys.argv[1])
import backportkit
from torch import distributed
from backportkit.integrations.distributed import InconsistentError, assert_consistent

@backportkit.backport("victim:f", id="victim-1", requires="torch>=2,<3")
def f():
    "what breaks"

backportkit.apply_all(only="victim-1")
rank = int(sys.argv[2])
if rank == 1:
    import victim
distributed.init_process_group("gloo", init_method=f"file://{sys.argv[1]}/meeting", rank=rank, world_size=4)
three = distributed.new_group([0, 1, 2])
if rank < 3:
    assert assert_consistent(three) == backportkit.report().digest
try:
    assert_consistent()
except InconsistentError as error:
    print(error.found)
distributed.destroy_process_group()
"""


def test_ranks_with_other_patches_are_named_on_all_ranks(torch_2_11, world):
    world.write("victim.py", "def f(): pass\n")
    world.write("rank.py", RANK)
    environments = [os.environ | ({"BACKPORTKIT_DISABLE": "victim-1"} if rank == 3 else {}) for rank in range(4)]
    ranks = [
        subprocess.Popen(
            [torch_2_11, world.folder / "rank.py", world.folder, str(rank)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        for rank, env in enumerate(environments)
    ]
    ended = [process.communicate(timeout=300) for process in ranks]
    assert [process.returncode for process in ranks] == [0] * 4, ended
    for output, _ in ended:
        one, other = (line for line in output.splitlines() if line.startswith("victim-1 "))
        assert one.startswith("victim-1 is in force (")
        assert ") on ranks 0, 1, 2: " in one
        assert other.startswith("victim-1 is disabled (")
        assert ") on rank 3: switched off by BACKPORTKIT_DISABLE" in other
