"""A graph partition does not allocate what it only passes on, such as the empty output that an operator fills.

Memory planning drops the last lines of a partition if they allocate no output of it, but it looked for the outputs of
the whole graph. Upstream's own bodies, under PyTorch's licence (see NOTICE).

Differs from upstream's change: upstream's `get_output_names` calls the new helper. Here it stays as it is, since it
returns the same.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import Edit, Patch, Reproducer, register

if TYPE_CHECKING:
    import itertools

    from torch._inductor import ir
    from torch._inductor.codegen.wrapper import (
        EnterSubgraphLine,
        ExitSubgraphLine,
        MemoryPlanningLine,
        MemoryPlanningState,
        V,
    )


# fmt: off
def memory_plan_reuse(self):
    outputs = self.get_graph_outputs()
    out_names = V.graph._get_output_names(outputs)

    while (
        self.lines
        and isinstance(self.lines[-1], MemoryPlanningLine)
        and self.lines[-1].node.name not in out_names  # type: ignore[attr-defined]
    ):
        # these lines will be pointless
        self.lines.pop()

    # codegen allocations in two passes
    planning_states = [MemoryPlanningState()]
    past_planning_states = []
    for i in range(len(self.lines)):
        line = self.lines[i]
        if isinstance(line, MemoryPlanningLine):
            self.lines[i] = line.plan(planning_states[-1])
        elif isinstance(line, EnterSubgraphLine):
            planning_states.append(MemoryPlanningState())
        elif isinstance(line, ExitSubgraphLine):
            past_planning_states.append(planning_states.pop())
    past_planning_states.append(planning_states.pop())
    assert len(planning_states) == 0

    # conservatively use the sum of all allocated buffer sizes
    # in potentially nested scopes as the total allocated size
    _total_allocated_buffer_size = sum(
        s.total_allocated_buffer_size for s in past_planning_states
    )


def _get_output_names(self, graph_outputs: list[ir.IRNode]) -> list[str]:
    names = []
    shape_counter = itertools.count(0)
    none_counter = itertools.count(0)
    for node in graph_outputs:
        if isinstance(node, ir.NoneAsConstantBuffer):
            names.append(f"{self.name}_none{next(none_counter)}")
        elif isinstance(node, ir.ShapeAsConstantBuffer):
            names.append(f"{self.name}_shape{next(shape_counter)}")
        else:
            names.append(node.get_name())
    return names
# fmt: on


register(
    Patch(
        id="torch-165514",
        summary="torch.compile with graph partitions generates code that returns a buffer which it never allocates",
        requires="torch>=2.9,<2.9.1",
        fixes="https://github.com/pytorch/pytorch/pull/165514",
        edits=[
            Edit(
                target="torch._inductor.codegen.wrapper:PythonWrapperCodegen.memory_plan_reuse",
                replacement=memory_plan_reuse,
                namespace="target",
                original="ast1:e7dde09b378d",
                fixed="ast1:a7f2988fe54c",
            ),
            Edit(
                target="torch._inductor.graph:GraphLowering._get_output_names",
                replacement=_get_output_names,
                namespace="target",
                how="add",
            ),
        ],
        reproducer=Reproducer(
            run="backportkit_patches.torch.torch_165514_reproducer:reproduce",
            expect="NameError: name 'buf[0-9]+' is not defined",
            packages=["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
            environment={"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
            disk=8,
        ),
    )
)
