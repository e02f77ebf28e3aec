"""Fail where torch 2.9.0 has no setting that names the operators which split a graph into partitions."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Name an operator between two matrix products, which need no C++ compiler, and count the partitions."""
    import torch
    from torch._inductor import config

    from backportkit_patches.torch.partitions import cpu_partitions

    library = torch.library.Library("backportkit_166458", "FRAGMENT")
    library.define("double(Tensor x) -> Tensor")
    library.impl("double", lambda x: 2 * x, "CompositeExplicitAutograd")
    torch.library.register_fake("backportkit_166458::double", torch.empty_like, lib=library)

    def between(x):  # noqa: ANN001, ANN202
        return torch.ops.backportkit_166458.double(x.mm(x)).mm(x)

    x = torch.eye(2)
    splitting = config.patch(custom_should_partition_ops=["backportkit_166458::double"])
    with cpu_partitions() as partitions, splitting, torch.no_grad():
        compiled = torch.compile(between, fullgraph=True)(x)
    torch.testing.assert_close(compiled, 2 * x)
    assert len(partitions) == 2, partitions  # noqa: PLR2004 -- before and after the operator
