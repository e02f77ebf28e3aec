"""Fail where Inductor writes out the arguments of an operator without a lowering, though nobody reads them."""
# mypy: ignore-errors

from __future__ import annotations

from unittest import mock


def reproduce() -> None:
    """Compile such an operator alone, which needs no C++ compiler, and note whether its argument is written out."""
    import torch
    from torch._inductor.ir import TensorBox

    library = torch.library.Library("backportkit_42129", "FRAGMENT")
    library.define("double(Tensor x) -> Tensor")
    library.impl("double", lambda x: 2 * x, "CompositeExplicitAutograd")
    torch.library.register_fake("backportkit_42129::double", torch.empty_like, lib=library)

    def double(x):  # noqa: ANN001, ANN202
        return torch.ops.backportkit_42129.double(x)

    with mock.patch.object(TensorBox, "__str__", return_value="x") as write, torch.no_grad():
        torch.compile(double, fullgraph=True)(torch.ones(2))
    assert not write.called, "the arguments were written out"
