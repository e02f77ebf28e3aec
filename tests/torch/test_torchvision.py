"""A real basicsr with a torchvision that has renamed a module which it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.long]

# basicsr itself without what it needs for training; opencv-python-headless has no windows to draw.
NEEDED = ("torchvision==0.26.0", "scipy", "opencv-python-headless", "pyyaml", "tqdm", "requests")
SCRIPT = """
import importlib, sys, backportkit
name = "torchvision.transforms.functional_tensor"
def attempt(module):
    try: importlib.import_module(module)
    except ImportError as error: return str(error)
    return "imported"
print(attempt("basicsr.data.degradations"))
for left in [module for module in sys.modules if module.startswith("basicsr")]: del sys.modules[left]
backportkit.register({
    "id": "basicsr-649", "summary": "basicsr imports what torchvision has renamed", "requires": "torchvision>=0.17",
    "target": name, "how": "add", "alias_of": "torchvision.transforms._functional_tensor",
})
backportkit.apply_all()
import torch
from basicsr.data.degradations import rgb_to_grayscale
print(tuple(rgb_to_grayscale(torch.ones(1, 3, 4, 4)).shape), backportkit.is_applied("basicsr-649"))
backportkit.unpatch("basicsr-649")
print(attempt(name))
"""


def test_basicsr_is_imported_by_the_old_name(torch_2_11):
    """It dies without the patch, works with it, and the old name is gone once that is undone."""
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", torch_2_11]
    subprocess.run([*install, *NEEDED], check=True)
    subprocess.run([*install, "--no-deps", "basicsr==1.4.2"], check=True)
    done = subprocess.run([torch_2_11, "-c", SCRIPT], capture_output=True, text=True, check=True)
    gone = "No module named 'torchvision.transforms.functional_tensor'"
    assert done.stdout.splitlines()[-3:] == [gone, "(1, 1, 4, 4) True", gone]
