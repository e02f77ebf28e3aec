"""Random worlds end as they began after patches were applied and undone in any order.

The default run makes two hundred worlds, always the same ones. For the ten thousand, others each time:

    BACKPORTKIT_TEST_WORLDS=10000 pytest -n 0 tests/worlds
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

WORLDS = int(os.environ.get("BACKPORTKIT_TEST_WORLDS", "200"))
SEED = 1 if WORLDS == 200 else secrets.randbelow(10**9)
EACH = 200  # what is declared stays so: a process of more worlds takes longer for each


@pytest.mark.parametrize("first", range(0, WORLDS, EACH))
def test_every_place_is_what_the_model_says(first):
    """Look-ups, states and copies are what a model says at each step, and the very originals are back at the end."""
    script = Path(__file__).with_name("random_world.py")
    count = min(EACH, WORLDS - first)
    arguments = [sys.executable, script, str(SEED), str(first), str(count)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"0 of {count} worlds went wrong\n", ""), f"the seed was {SEED}"
