"""Inductor builds a scalar mask by a constructor that VecMask does not have, and the C++ compiler refuses the kernel.

Upstream's own body with upstream's one-word change, under PyTorch's licence (see NOTICE). Differs from it in nothing.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import backport

if TYPE_CHECKING:
    from torch._inductor.codegen.cpp import CppCSEVariable, cexpr_index


@backport(
    "torch._inductor.codegen.cpp:CppVecKernel",
    id="torch-178148",
    summary="torch.compile on the CPU fails on indirect indexing with a scalar mask in a tail-vectorised loop",
    requires="torch>=2.5,<2.12",
    fixes="https://github.com/pytorch/pytorch/pull/178148",
    references=[
        "https://github.com/vllm-project/vllm/issues/40972",
        "https://github.com/vllm-project/vllm/pull/40973",
    ],
    resolves="https://github.com/pytorch/pytorch/issues/178136",
    original="ast1:8b23bcbdab7e",
    fixed="ast1:ca4ea5f1c079",
    namespace="target",
    reproducer={
        "run": "backportkit_patches.torch.torch_178148_reproducer:reproduce",
        "expect": "no matching (function|conversion) for .*VecMask",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "programs": ["c++"],
        "environment": {
            "TORCHINDUCTOR_CACHE_DIR": "{scratch}",
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
            # Believe the CPU about its vector instructions: asking the compiler about each takes half a minute.
            "TORCHINDUCTOR_VEC_ISA_OK": "1",
        },
        "disk": 8,
    },
)
class CppVecKernel:
    # fmt: off
    def indirect_assert(self, var, lower, upper, mask=None):
        assert isinstance(var, CppCSEVariable)
        assert var.dtype is not None
        if not var.is_vec:
            if isinstance(mask, CppCSEVariable) and mask.is_vec:
                mask = f"({mask}).all_masked()"
            return super().indirect_assert(var, lower, upper, mask)
        lower_scalar = lower
        upper_scalar = upper
        if lower:
            lower = f"{self._get_vec_type(var.dtype)}({lower})"
        if upper:
            upper = f"{self._get_vec_type(var.dtype)}({upper})"
        if lower and upper:
            cond = f"({lower} <= {var}) & ({var} < {upper})"
            cond_print = f"{lower_scalar} <= {var} < {upper_scalar}"
        elif lower:
            cond = f"{lower} <= {var}"
            cond_print = f"{lower_scalar} <= {var}"
        else:
            assert upper
            cond = f"{var} < {upper}"
            cond_print = f"{var} < {upper_scalar}"
        cond = f"{self._get_mask_type(var.dtype)}({cond})"
        if mask:
            if not mask.is_vec:
                mask = f"{self._get_mask_type(var.dtype)}::from({mask})"
            # We need not check when the mask is False
            cond = f"({cond}) | ~({mask})"
        if self.tail_size:
            cond = (
                f"{self._get_mask_type(var.dtype)}::set({self._get_mask_type(var.dtype)}::from(1)"
                f", ({cond}), {cexpr_index(self.tail_size)})"
            )
        cond = f"({cond}).all_masked()"
        return f'{self.assert_function}({cond}, "index out of bounds: {cond_print}")'
    # fmt: on
