"""Backports of PyTorch fixes. Importing this declares them all; torch itself is not imported."""

from __future__ import annotations

import backportkit.integrations.torch  # noqa: F401 -- caches of compiled code must know the patches of torch
from backportkit_patches.torch import (
    torch_163707,
    torch_165514,
    torch_165815,
    torch_166458,
    torch_176557,
    torch_177558,
    torch_177991,
    torch_178148,
    torch_196013,
    vllm_42129,
)

__all__ = [
    "torch_163707",
    "torch_165514",
    "torch_165815",
    "torch_166458",
    "torch_176557",
    "torch_177558",
    "torch_177991",
    "torch_178148",
    "torch_196013",
    "vllm_42129",
]
