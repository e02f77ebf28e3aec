"""Fail where an operator does not compile that mutates an argument and takes a dtype Inductor has no code for."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile such an operator alone, which needs no C++ compiler, for each of the dtypes, and compare with eager."""
    import torch

    library = torch.library.Library("backportkit_196013", "FRAGMENT")
    library.define("store(Tensor x, Tensor(a!) out) -> ()")

    @torch.library.impl(library, "store", "CompositeExplicitAutograd")
    def store(x, out) -> None:  # noqa: ANN001
        out.copy_(x.real if x.is_complex() else x)

    torch.library.register_fake("backportkit_196013::store", lambda x, out: None, lib=library)  # noqa: ARG005

    def stored(x):  # noqa: ANN001, ANN202
        out = torch.empty(x.shape)
        torch.ops.backportkit_196013.store(x, out)
        return out

    for dtype in (torch.complex64, getattr(torch, "float8_e8m0fnu", torch.complex64)):  # the second dtype came with 2.7
        x = torch.full((3,), 2.0).to(dtype)
        with torch.no_grad():
            compiled = torch.compile(stored, fullgraph=True)(x)
        torch.testing.assert_close(compiled, stored(x))
