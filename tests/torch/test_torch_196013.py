"""Operators that Inductor only calls, with dtypes that it makes no code for: they compile by `apply_all()` alone."""

from __future__ import annotations

import subprocess
from itertools import product

import pytest

pytestmark = pytest.mark.torch

DTYPES = "complex64", "float8_e8m0fnu"
# A copy of a float8_e8m0fnu tensor alone is more than Inductor can: `torch.compile(torch.clone)` fails.
MORE = [("complex64", "clone"), *product(DTYPES, ["given", "view", "several", "fresh-v1"])]

COMPILE = """
import sys
import backportkit
if sys.argv[3:]:
    backportkit.apply_all()
import torch
from torch._inductor import config

dtype, kind = getattr(torch, sys.argv[1]), sys.argv[2]

def plain(x):
    return x.real if x.is_complex() else x.float()

@torch.library.custom_op("mine::into", mutates_args=["out"])
def into(x: torch.Tensor, out: torch.Tensor) -> None:
    out.copy_(plain(x))

@torch.library.custom_op("mine::twice", mutates_args=["x"])
def twice(x: torch.Tensor) -> None:
    x.copy_((plain(x) * 2).to(x.dtype))

@torch.library.custom_op("mine::count", mutates_args=["out"])
def count(xs: list[torch.Tensor], out: torch.Tensor) -> torch.Tensor:
    out.copy_(plain(xs[0]) + plain(xs[1]))
    return plain(xs[1]).clone()

count.register_fake(lambda xs, out: torch.empty(xs[1].shape))

def fresh(x):
    out = torch.empty(x.shape)
    into(x, out)
    return out

def given(x):
    twice(x)
    return x

def clone(x):
    y = x.clone()
    twice(y)
    return x, y

def view(x):
    out = torch.zeros(2, *x.shape)
    into(x, out[1])
    return out

def several(x):
    out = torch.zeros(x.shape)
    into(x, out)
    return count([x, x], out), out

def bits(found):
    found = found if isinstance(found, tuple) else (found,)
    return [one.view(torch.uint8) for one in found]

body = globals()[kind.removesuffix("-v1")]
def values():
    return torch.tensor([1.0, 2.0, 4.0]).to(dtype)
try:
    with torch.no_grad(), config.patch(enable_auto_functionalized_v2=not kind.endswith("-v1")):
        found = torch.compile(body, fullgraph=True)(values())
except Exception as error:
    print(next(line for line in str(error).splitlines() if "Error" in line).split(": ")[-1])
else:
    print(all(map(torch.equal, bits(found), bits(body(values())))))
print(next(str(one.state) for one in backportkit.status() if one.id == "torch-196013"))
"""


MATCH = """
import sys
import backportkit
if sys.argv[1:]:
    backportkit.apply_all()
import torch
from torch._inductor import config, graph, lowering
from torch._inductor.custom_graph_pass import CustomGraphPass
from torch._inductor.pattern_matcher import Arg, CallFunction, PatternMatcherPass, register_graph_pattern

@torch.library.custom_op("mine::consume", mutates_args=[])
def consume(x: torch.Tensor) -> torch.Tensor:
    return x.abs()

consume.register_fake(lambda x: torch.empty(x.shape))
patterns, matched = PatternMatcherPass(), []
for operator in (torch.ops.mine.consume.default, torch.ops.aten.sin.default):
    register_graph_pattern(CallFunction(operator, Arg()), pass_dict=patterns)(
        lambda match, _: matched.append(str(match.nodes[0].target))
    )

class Pass(CustomGraphPass):
    def __call__(self, graph):
        patterns.apply(graph)
    def uuid(self):
        return "mine"

with config.patch(post_grad_custom_post_pass=Pass()), torch.no_grad():
    torch.compile(lambda x: consume(x.sin()), fullgraph=True)(torch.ones(3, dtype=torch.complex64))
print(matched)
name = "fallback_node_due_to_unsupported_type"
original = getattr(lowering, name)
print(getattr(graph, name) is original, original.__code__.co_filename == lowering.__file__)
"""


@pytest.fixture
def run(torch_2_11, compiling):
    """Run one of the scripts above and return the lines that it printed."""

    def run(script, *arguments):
        command = [torch_2_11, "-c", script, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=compiling())
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.mark.parametrize("dtype", DTYPES)
def test_operator_that_mutates_an_argument_compiles_and_equals_eager(run, dtype):
    """The report: what takes the operator's wrapper out of the graph is a pattern, which was passed over."""
    assert run(COMPILE, dtype, "fresh")[0] == "auto_functionalized_v2 was not removed"
    assert run(COMPILE, dtype, "fresh", "apply") == ["True", "applied"]


@pytest.mark.long
@pytest.mark.parametrize(("dtype", "kind"), MORE)
def test_whatever_it_mutates_compiles_and_equals_eager(run, dtype, kind):
    """An input of the graph, a copy, a view, with lists and results beside it, and the wrapper's first version."""
    wrapper = "auto_functionalized" if kind.endswith("-v1") else "auto_functionalized_v2"
    assert run(COMPILE, dtype, kind)[0] == f"{wrapper} was not removed"
    assert run(COMPILE, dtype, kind, "apply") == ["True", "applied"]


def test_pattern_of_a_custom_operator_matches_and_that_of_a_built_in_one_does_not(run):
    """With the patch, a pattern matches a custom operator and no built-in one; lowering still asks the original."""
    assert run(MATCH) == ["[]", "True True"]
    assert run(MATCH, "apply") == ["['mine.consume.default']", "True True"]
