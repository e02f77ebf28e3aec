"""Inductor asks opaque objects for strides or sizes, which an operator wants of its tensors.

Upstream's own bodies as torch 2.12 has them, under PyTorch's licence (see NOTICE).

Differs from upstream's change: `_is_tensor_irnode` lacks the one class that came with 2.12. `sdpa_constraint` stays as
it is, since no operator that takes an opaque object is lowered by it.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, FIX002, TC004, TD002

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import Edit, Patch, Reproducer, register

if TYPE_CHECKING:
    import torch
    from torch._inductor.lowering import V, ir, pytree

_LOWERING = "torch._inductor.lowering"


# fmt: off
def _is_tensor_irnode(x):
    return isinstance(x, ir.IRNode) and not isinstance(x, ir.NonTensorObj)


def require_dense(_, *args, **kwargs):
    args, kwargs = pytree.tree_map_only(
        _is_tensor_irnode, ir.ExternKernel.require_stride1, (args, kwargs)
    )
    return args, kwargs


def require_contiguous(_, *args, **kwargs):
    args, kwargs = pytree.tree_map_only(
        _is_tensor_irnode,
        ir.ExternKernel.require_contiguous,
        (args, kwargs),
    )
    return args, kwargs


def require_contiguous_strides(_, *args, **kwargs):
    # TODO: combine this with require_contiguous after
    # https://github.com/pytorch/pytorch/pull/148235 lands.
    args, kwargs = pytree.tree_map_only(
        _is_tensor_irnode,
        ir.ExternKernel.require_contiguous_strides,
        (args, kwargs),
    )
    return args, kwargs


def require_channels_last(_, *args, **kwargs):
    args, kwargs = pytree.tree_map_only(
        _is_tensor_irnode,
        ir.ExternKernel.require_channels_last,
        (args, kwargs),
    )
    return args, kwargs


def constrain_to_fx_strides(fx_node, *args, **kwargs):
    def apply_constraint(arg, fx_arg):
        if _is_tensor_irnode(arg):
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


def _edit(replacement, original, fixed):
    return Edit(
        target=f"{_LOWERING}:{replacement.__name__}",
        replacement=replacement,
        namespace="target",
        original=original,
        fixed=fixed,
    )


register(
    Patch(
        id="torch-177991",
        summary="compiling an operator that asks for strides and takes an opaque object fails",
        requires="torch>=2.11,<2.12",
        fixes="https://github.com/pytorch/pytorch/pull/177991",
        references=["https://github.com/pytorch/pytorch/issues/175973"],
        edits=[
            Edit(
                target=f"{_LOWERING}:_is_tensor_irnode",
                replacement=_is_tensor_irnode,
                namespace="target",
                how="add",
            ),
            _edit(require_dense, "ast1:1dc5d60bafd6", "ast1:06645b25d685"),
            _edit(require_contiguous, "ast1:20d04b5ae0e5", "ast1:7a1e6ab084be"),
            _edit(require_contiguous_strides, "ast1:7fafb4768aa8", "ast1:d7182ca6bf26"),
            _edit(require_channels_last, "ast1:7028d7a0428e", "ast1:335ba72c5363"),
            _edit(constrain_to_fx_strides, "ast1:d3a18d352250", "ast1:54f3d0db8b99"),
        ],
        reproducer=Reproducer(
            run="backportkit_patches.torch.torch_177991_reproducer:reproduce",
            expect="AttributeError: Tried to call __getattr__ with attr 'stride' on a FakeScriptObject",
            packages=["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
            environment={"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
            disk=8,
        ),
    )
)
