"""Fail where the pattern of a custom operator that takes a complex tensor is not matched."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Compile such an operator alone, which needs no C++ compiler, with a pass that looks for it."""
    import torch
    from torch._inductor import config
    from torch._inductor.custom_graph_pass import CustomGraphPass
    from torch._inductor.pattern_matcher import Arg, CallFunction, PatternMatcherPass, register_graph_pattern

    library = torch.library.Library("backportkit_196013", "FRAGMENT")
    library.define("consume(Tensor x) -> Tensor")
    library.impl("consume", lambda x: x.abs(), "CompositeExplicitAutograd")
    torch.library.register_fake("backportkit_196013::consume", lambda x: torch.empty(x.shape), lib=library)
    operator = torch.ops.backportkit_196013.consume
    patterns, matched = PatternMatcherPass(), []
    register_graph_pattern(CallFunction(operator.default, Arg()), pass_dict=patterns)(
        lambda match, _: matched.append(match)
    )

    class Pass(CustomGraphPass):
        def __call__(self, graph) -> None:  # noqa: ANN001
            patterns.apply(graph)

        def uuid(self) -> str:
            return "backportkit_196013"

    def consume(x):  # noqa: ANN001, ANN202
        return operator(x)

    with config.patch(post_grad_custom_post_pass=Pass()), torch.no_grad():
        torch.compile(consume, fullgraph=True)(torch.ones(3, dtype=torch.complex64))
    assert matched, "the pattern was not matched"
