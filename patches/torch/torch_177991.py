"""Inductor asks an opaque object for its strides where an operator wants those of its tensors kept.

Upstream's own body as torch 2.12 has it, under PyTorch's licence (see NOTICE), with upstream's helper
`_is_tensor_irnode` written out, and without the one class in it that came with 2.12.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import backport

if TYPE_CHECKING:
    import torch
    from torch._inductor.lowering import V, ir


# fmt: off
@backport(
    "torch._inductor.lowering:constrain_to_fx_strides",
    id="torch-177991",
    requires="torch>=2.11,<2.12",
    fixes="https://github.com/pytorch/pytorch/pull/177991",
    references=["https://github.com/pytorch/pytorch/issues/175973"],
    original="ast1:d3a18d352250",
    fixed="ast1:54f3d0db8b99",
    namespace="target",
    reproducer={
        "run": "backportkit_patches.torch.torch_177991_reproducer:reproduce",
        "expect": "AttributeError: Tried to call __getattr__ with attr 'stride' on a FakeScriptObject",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
def constrain_to_fx_strides(fx_node, *args, **kwargs):
    """Compiling an operator that is strict about strides and takes an opaque object fails with an AttributeError."""
    def apply_constraint(arg, fx_arg):
        if isinstance(arg, ir.IRNode) and not isinstance(arg, ir.NonTensorObj):
            fake_val = fx_arg.meta.get("val")
            if not isinstance(fake_val, torch.Tensor):
                return arg
            stride_order = ir.get_stride_order(
                fake_val.stride(), V.graph.sizevars.shape_env
            )
            return ir.ExternKernel.require_stride_order(arg, stride_order)
        if isinstance(arg, dict):
            return {key: apply_constraint(arg[key], fx_arg[key]) for key in arg}
        return arg

    args = tuple(
        apply_constraint(arg, fx_arg) for arg, fx_arg in zip(args, fx_node.args)  # noqa: B905 -- as upstream has it
    )
    kwargs = {k: apply_constraint(v, fx_node.kwargs[k]) for k, v in kwargs.items()}
    return args, kwargs
# fmt: on
