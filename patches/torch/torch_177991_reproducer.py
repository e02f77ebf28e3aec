"""Fail where torch 2.11 lowers an operator that is strict about strides and takes an opaque object."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile such an operator alone, which needs no C++ compiler."""
    import torch
    from torch._library.opaque_object import get_opaque_type_name, register_opaque_type
    from torch._opaque_base import OpaqueBase

    class Factor(OpaqueBase):
        def __init__(self, value) -> None:  # noqa: ANN001
            self.value = value

    Factor.__qualname__ = "Factor"  # the operator's schema has no word for `<locals>`
    register_opaque_type(Factor, typ="reference")
    library = torch.library.Library("backportkit_177991", "FRAGMENT")
    declaration = f"scale(Tensor x, {get_opaque_type_name(Factor)} factor) -> Tensor"
    library.define(declaration, tags=(torch.Tag.needs_fixed_stride_order,))
    library.impl("scale", lambda x, factor: x * factor.value, "CompositeExplicitAutograd")
    torch.library.register_fake("backportkit_177991::scale", lambda x, _: torch.empty_like(x), lib=library)

    def scale(x, factor):  # noqa: ANN001, ANN202
        return torch.ops.backportkit_177991.scale(x, factor)

    x = torch.ones(3)
    with torch.no_grad():
        compiled = torch.compile(scale, fullgraph=True)(x, Factor(2))
    torch.testing.assert_close(compiled, 2 * x)
