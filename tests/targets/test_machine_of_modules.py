"""After patches that add modules, undos, imports and what strangers do to `sys.modules`, all is what a model says.

The default run takes a few hundred steps, always the same ones. For the ten thousand, chosen at random:

    BACKPORTKIT_TEST_STEPS=10000 pytest tests/targets/test_machine_of_modules.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

STEPS = os.environ.get("BACKPORTKIT_TEST_STEPS", "600")


def test_every_module_is_what_the_model_says(tmp_path):
    """The very modules, the attributes of their package, what a probe finds, states and what is patched in them."""
    script = Path(__file__).with_name("machine_of_modules.py")
    arguments = [sys.executable, "-W", "error", script, tmp_path, STEPS, str(int(STEPS != "600"))]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
