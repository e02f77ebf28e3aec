"""The situation of vLLM 0.33: it pins torch 2.14 and still carries its patches for torch 2.9, 2.10 and 2.11."""

from __future__ import annotations

from backportkit import backport


@backport(
    "torch._inductor.graph:GraphLowering._update_scheduler",
    id="torch-2-9-memory-plan",
    requires="torch>=2.9,<2.10",
    fixes="https://github.com/pytorch/pytorch/pull/165514",
)
def _update_scheduler(self):
    """Partitioned graphs lose their memory plan."""


@backport(
    "torch._inductor.scheduler:Scheduler.should_partition",
    id="torch-2-10-partition",
    requires="torch>=2.10,<2.11",
    fixes="https://github.com/pytorch/pytorch/pull/165815",
)
def should_partition(self, node):
    """Custom operators are not partitioned."""


@backport(
    "torch._inductor.codegen.cpp:CppVecKernel.indirect_assert",
    id="torch-2-11-mask",
    requires="torch>=2.11,<2.12",
    fixes="https://github.com/pytorch/pytorch/pull/178148",
)
def indirect_assert(self, var, lower, upper, mask=None):
    """Scalar masks are built by a constructor that does not exist."""
