"""The code that tunes kernels at compile time calls `get_raw_stream` where the name is not defined.

A subgraph has a block of such code of its own, but the import went to the block of the graph around it. This is
upstream's own body as torch 2.10 has it, under PyTorch's licence (see NOTICE). It defines the name in each header.

Differs from upstream's change in nothing.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import backport

if TYPE_CHECKING:
    from torch._inductor import async_compile


@backport(
    "torch._inductor.codegen.wrapper:PythonWrapperCodegen",
    id="torch-163707",
    summary="torch.compile fails with 'get_raw_stream' is not defined where kernels are tuned at compile time",
    requires="torch>=2.6,<2.10",
    fixes="https://github.com/pytorch/pytorch/pull/163707",
    references=[
        "https://github.com/vllm-project/vllm/issues/30905",
        "https://github.com/vllm-project/vllm/pull/30912",
    ],
    original="ast1:a0eb382e1bc2",
    fixed="ast1:61025fda5d6c",
    namespace="target",
    reproducer={
        "run": "backportkit_patches.torch.torch_163707_reproducer:reproduce",
        "expect": "NameError: name 'get_raw_stream' is not defined",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
class PythonWrapperCodegen:
    # fmt: off
    def write_kernel_autotune_defs_header(self) -> None:
        self.kernel_autotune_defs.splice(
            f"""
                import torch
                from torch._dynamo.testing import rand_strided
                from torch._dynamo.utils import preserve_rng_state
                from torch._inductor.select_algorithm import AlgorithmSelectorCache
                from {async_compile.__name__} import AsyncCompile

                async_compile = AsyncCompile()
                generate_example_value = AlgorithmSelectorCache.generate_example_value
                empty_strided_cuda = torch._C._dynamo.guards._empty_strided_cuda
                empty_strided_xpu = torch._C._dynamo.guards._empty_strided_xpu
            """
        )

        try:
            from torch._C import _cuda_getCurrentRawStream  # noqa: F401

            self.kernel_autotune_defs.splice(
                """
                get_raw_stream = torch._C._cuda_getCurrentRawStream
                """,
                strip=True,
            )
        except (ImportError, AttributeError):
            pass
    # fmt: on
