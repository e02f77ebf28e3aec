"""The caches of compiled code do not know which operators split a graph into partitions.

The patch adds the setting, which torch 2.9.0 does not have yet, and upstream's own body, under PyTorch's licence (see
NOTICE), which reads the setting in place of rules that are registered as functions. For 2.9.1 upstream made
https://github.com/pytorch/pytorch/pull/166967.

Differs from upstream's change: `register_should_partition_rule`, which upstream removes, stays and has no effect.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, ARG001, C901, FBT001, FBT002, PLR0911, TC004, UP045

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import Edit, Patch, Reproducer, register

if TYPE_CHECKING:
    from typing import Optional

    import torch
    from torch._inductor import config, ir
    from torch._inductor.scheduler import (
        BaseSchedulerNode,
        FusedSchedulerNode,
        _unstable_customized_partition_wrapper,
        is_cudagraph_unsafe_op,
        maybe_log_cudagraph_partition,
    )


# fmt: off
def should_partition(
    self, node: BaseSchedulerNode, should_log: bool = False
) -> bool:
    """Return True if we should partition the inductor graph on this node"""

    # Allow users to manually specify if a node should be partitioned
    # Can only do this for FallbackKernels
    ir_node = node.node
    if isinstance(ir_node, torch._inductor.ir.FallbackKernel) and (
        op := ir_node.op_overload
    ):
        op_overload_packet_name = op.name()
        op_overload_name = (
            f"{op_overload_packet_name}.{op._overloadname}"
            if isinstance(op, torch._ops.OpOverload)
            else op_overload_packet_name
        )
        if (
            op_overload_packet_name in config.custom_should_partition_ops
            or op_overload_name in config.custom_should_partition_ops
        ):
            assert isinstance(op, torch._ops.OpOverload)
            return True

    # When not using cudagraphs, keep all kernels in the `call` function
    # instead of graph partition functions, since graph partition only brings
    # benefit to cudagraph
    if (
        not torch._inductor.config.triton.cudagraphs
        and _unstable_customized_partition_wrapper.wrapper is None
    ):
        return True

    # avoid duplicating logs when should_partition is called multiple times
    # on the same node
    def noop_log(msg: str, node: Optional[BaseSchedulerNode]) -> None:
        return

    log_partition_reason = maybe_log_cudagraph_partition if should_log else noop_log

    if isinstance(node, FusedSchedulerNode):
        return any(self.should_partition(snode) for snode in node.snodes)

    assert node.node is not None

    if not node.is_gpu():
        log_partition_reason("non gpu ops", node=node)

        return True

    if isinstance(node.node, ir.DeviceCopy):
        log_partition_reason("DeviceCopy ops", node=node)
        return True

    if isinstance(node.node, ir.Conditional):
        log_partition_reason("Conditional ops", node=node)
        return True

    if getattr(node.node, "unbacked_bindings", None):
        log_partition_reason("unbacked binding ops", node=node)
        return True

    if is_cudagraph_unsafe_op(node.node):
        log_partition_reason("CUDAGraph-unsafe custom ops", node=node)
        return True

    return False
# fmt: on


register(
    Patch(
        id="torch-166458",
        summary="the operators that split a graph into partitions cannot be set in torch._inductor.config",
        requires="torch>=2.9,<2.9.1",
        fixes="https://github.com/pytorch/pytorch/pull/166458",
        references=[
            "https://github.com/pytorch/pytorch/pull/166967",
            "https://github.com/vllm-project/vllm/pull/26678",
        ],
        edits=[
            Edit(
                target="torch._inductor.config:_config['custom_should_partition_ops']",
                replacement="backportkit_patches.torch.torch_166458_entry:ENTRY",
                how="add",
            ),
            Edit(
                target="torch._inductor.scheduler:Scheduler.should_partition",
                replacement=should_partition,
                namespace="target",
                original="ast1:4293a2e9c472",
                fixed="ast1:f6143f8d78c1",
            ),
        ],
        reproducer=Reproducer(
            run="backportkit_patches.torch.torch_166458_reproducer:reproduce",
            expect="AttributeError: torch._inductor.config.custom_should_partition_ops does not exist",
            packages=["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
            environment={"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
            disk=8,
        ),
    )
)
