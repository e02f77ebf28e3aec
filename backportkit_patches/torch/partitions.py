"""Have Inductor split graphs of the CPU into partitions for reproducers. By itself it splits those of the GPU only."""
# mypy: ignore-errors

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest import mock


@contextmanager
def cpu_partitions():  # noqa: ANN201
    """Have nodes of the CPU taken for nodes of the GPU; yield the list of the partitions that are made meanwhile."""
    from torch._inductor import config, utils
    from torch._inductor.scheduler import BaseSchedulerNode

    partitions = []

    def note(function, metadata):  # noqa: ANN001, ANN202
        partitions.append(metadata)
        return function

    with ExitStack() as stack:
        stack.enter_context(config.patch(graph_partition=True))
        stack.enter_context(mock.patch.object(BaseSchedulerNode, "is_gpu", return_value=True))
        utils.set_customized_partition_wrappers(note)
        stack.callback(utils.set_customized_partition_wrappers, None)
        yield partitions
