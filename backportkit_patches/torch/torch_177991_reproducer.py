"""Fail where torch 2.11 lowers an operator that asks for strides and takes an opaque object."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile such operators, each alone, which needs no C++ compiler."""
    import torch
    from torch._library.opaque_object import get_opaque_type_name, register_opaque_type
    from torch._opaque_base import OpaqueBase

    class Factor(OpaqueBase):
        def __init__(self, value) -> None:  # noqa: ANN001
            self.value = value

    Factor.__qualname__ = "Factor"  # the operator's schema has no word for `<locals>`
    register_opaque_type(Factor, typ="reference")
    library = torch.library.Library("backportkit_177991", "FRAGMENT")
    declaration = f"(Tensor x, {get_opaque_type_name(Factor)} factor) -> Tensor"

    def compiled(tag):  # noqa: ANN001, ANN202
        name = f"scale_{tag.name}"
        library.define(name + declaration, tags=(tag,))
        library.impl(name, lambda x, factor: x * factor.value, "CompositeExplicitAutograd")
        torch.library.register_fake(f"backportkit_177991::{name}", lambda x, _: torch.empty_like(x), lib=library)
        operator = getattr(torch.ops.backportkit_177991, name)
        return torch.compile(lambda x, factor: operator(x, factor), fullgraph=True)  # noqa: PLW0108 -- Dynamo wants one

    x = torch.ones(3)
    with torch.no_grad():
        for tag in (torch.Tag.needs_fixed_stride_order, torch.Tag.needs_contiguous_strides):
            torch.testing.assert_close(compiled(tag)(x, Factor(2)), 2 * x)
