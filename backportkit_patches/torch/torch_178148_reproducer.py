"""Fail where torch 2.5 to 2.11 compile indirect indexing with a scalar mask in a tail-vectorised loop.

It is upstream's own test (https://github.com/pytorch/pytorch/pull/178148), under PyTorch's licence (see NOTICE), with
32 columns instead of 2: releases before 2.10 vectorise the loop only for the wider tensor.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile rotary position embedding's interleaved slices and compare the result with eager's."""
    import torch

    def interleave(positions, cache):  # noqa: ANN001, ANN202 -- as upstream has it
        x = cache[positions]
        y = x[0].clone()
        y[..., 1::3] = x[1, ..., 1::3]
        y[..., 2::3] = x[2, ..., 2::3]
        return y

    positions = torch.zeros((3, 32), dtype=torch.int64)
    cache = torch.arange(3, dtype=torch.float32).reshape(1, 3)
    with torch.no_grad():
        compiled = torch.compile(interleave)(positions, cache)
    torch.testing.assert_close(compiled, interleave(positions, cache))
