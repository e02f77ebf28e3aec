"""Dynamo sees an installed replacement as the plain function that it is."""

from __future__ import annotations

import os
import subprocess

import pytest

pytestmark = pytest.mark.torch

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import backportkit, torch

@backportkit.backport("victim:scale", requires="torch>=2,<3", id="victim-1", summary="doubles instead of tripling")
def scale(x):
    return 3 * x

@backportkit.backport("victim:Layer", requires="torch>=2,<3", id="victim-2", summary="forgets its base")
class Layer:
    def forward(self, x):
        return super().forward(x) + self.__bias

backportkit.apply_all()
import victim

def use(x):
    return victim.scale(x) + victim.Layer()(x)

explained = torch._dynamo.explain(use)(torch.ones(2))
print(explained.graph_count, explained.graph_break_count)
print(torch.compile(use, fullgraph=True, backend="eager")(torch.ones(2)).tolist())
"""


def test_replaced_function_and_method_are_inlined_into_one_graph(torch_2_11, world):
    world.write(
        "victim.py",
        """
        import torch

        def scale(x):
            return 2 * x

        class Base(torch.nn.Module):
            def forward(self, x):
                return x * 10

        class Layer(Base):
            def __init__(self):
                super().__init__()
                self.__bias = 0.5
            def forward(self, x):
                return x
        """,
    )
    command = [torch_2_11, "-c", SCRIPT.format(folder=str(world.folder))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=dict(os.environ))
    assert done.stdout.splitlines() == ["1 0", "[13.5, 13.5]"], done.stderr
