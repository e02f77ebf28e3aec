"""Fail where torch 2.9.0 drops the allocation of a buffer that the next graph partition fills."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile and run matrix products around such an operator, which needs no C++ compiler."""
    import torch

    from backportkit_patches.torch.partitions import cpu_partitions

    library = torch.library.Library("backportkit_165514", "FRAGMENT")
    library.define("fill(Tensor x, Tensor(a!) out) -> ()", tags=(torch.Tag.cudagraph_unsafe,))

    @torch.library.impl(library, "fill", "CompositeExplicitAutograd")
    def fill(x, out) -> None:  # noqa: ANN001
        out.copy_(x)

    torch.library.register_fake("backportkit_165514::fill", lambda x, out: None, lib=library)  # noqa: ARG005

    def around(x):  # noqa: ANN001, ANN202
        product, out = x.mm(x), torch.empty_like(x)
        torch.ops.backportkit_165514.fill(product, out)
        return out.mm(x)

    x = torch.eye(2)
    with cpu_partitions(), torch.no_grad():
        compiled = torch.compile(around, fullgraph=True)(x)
    torch.testing.assert_close(compiled, x)
