"""Fail where torch 2.10 and 2.11 save a compiled function without the builtins that its bytecode uses."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile ahead of time, save, load and call; the graph is one matrix product, which needs no C++ compiler."""
    import tempfile

    import torch
    from torch._dynamo import config

    def product(x):  # noqa: ANN001, ANN202
        return x.mm(x), isinstance

    x = torch.eye(2)
    with config.patch(enable_aot_compile=True), torch.no_grad(), tempfile.NamedTemporaryFile() as file:
        compiled = torch.compile(product, fullgraph=True).aot_compile(((x,), {}))
        compiled.save_compiled_function(file.name)
        loaded = torch.compiler.load_compiled_function(file)
        squared, builtin = loaded(x)
    torch.testing.assert_close(squared, x)
    assert builtin is isinstance
