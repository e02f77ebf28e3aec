"""Fail where a custom pass with a cyclic identifier stops torch 2.6 to 2.10 from compiling."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile with such a pass; the graph is one matrix product, so that no C++ compiler is needed."""
    import torch
    from torch._inductor import config
    from torch._inductor.custom_graph_pass import CustomGraphPass

    class Pass(CustomGraphPass):
        def __call__(self, graph) -> None:  # noqa: ANN001
            """Change nothing."""

        def uuid(self):  # noqa: ANN202
            key = ["a pass"]
            key.append(key)
            return key

    matrix = torch.eye(2)
    with config.patch(post_grad_custom_post_pass=Pass()), torch.no_grad():
        compiled = torch.compile(torch.mm)(matrix, matrix)
    torch.testing.assert_close(compiled, matrix)
