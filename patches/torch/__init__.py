"""Backports of PyTorch fixes. Importing this declares them all; torch itself is not imported."""

from __future__ import annotations

from backportkit_patches.torch import torch_178148

__all__ = ["torch_178148"]
