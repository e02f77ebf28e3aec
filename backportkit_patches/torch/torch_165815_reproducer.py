"""Fail where a graph partition of torch 2.9.0 frees a buffer that it does not have.

Upstream saw it after a fusion for a GPU had removed the last reader of a buffer. Here a mock moves the last use of a
buffer to a node behind the split, so that the scheduler is in the same situation.
"""
# mypy: ignore-errors

from __future__ import annotations

from unittest import mock


def reproduce() -> None:
    """Compile and run matrix products around an operator that splits the graph, which needs no C++ compiler."""
    import torch
    from torch._inductor.scheduler import Scheduler

    from backportkit_patches.torch.partitions import cpu_partitions

    library = torch.library.Library("backportkit_165815", "FRAGMENT")
    library.define("double(Tensor x) -> Tensor", tags=(torch.Tag.cudagraph_unsafe,))
    library.impl("double", lambda x: 2 * x, "CompositeExplicitAutograd")
    torch.library.register_fake("backportkit_165815::double", torch.empty_like, lib=library)
    compute_last_usage = Scheduler.compute_last_usage

    def move_the_last_use(self) -> None:  # noqa: ANN001
        compute_last_usage(self)
        for node in self.nodes:
            node.last_usage.discard("buf0")
        self.nodes[-2].last_usage.add("buf0")

    def around(x):  # noqa: ANN001, ANN202
        return torch.ops.backportkit_165815.double(x.mm(x).mm(x)).mm(x).mm(x)

    x = torch.eye(2)
    moving = mock.patch.object(Scheduler, "compute_last_usage", move_the_last_use)
    with moving, cpu_partitions(), torch.no_grad():
        compiled = torch.compile(around, fullgraph=True)(x)
    torch.testing.assert_close(compiled, 2 * x)
