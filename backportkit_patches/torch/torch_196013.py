"""Inductor's pattern matcher skips every node with a dtype that Inductor generates no code for.

That is right for built-in operators, which patterns replace by generated code, and wrong for all others. A custom
operator is called as it is. If it mutates an argument, it stands within a higher-order operator,
`auto_functionalized_v2`, and a pattern takes it out again. Where the matcher skips that node, the compilation fails.

Differs from upstream's change in its place: upstream changes the condition in `PatternMatcherPass.apply`. Here the
function that is called there, and nowhere else in the module, is wrapped, which fits all releases. The copies of it in
`lowering` and `graph` stay.
"""
# mypy: ignore-errors

from __future__ import annotations

from functools import wraps

from backportkit import backport


@backport(
    "torch._inductor.pattern_matcher:fallback_node_due_to_unsupported_type",
    id="torch-196013",
    requires="torch>=2.4",
    unbounded_because="upstream's change is under review and in no release; 2.15.0, the newest one, needs the patch",
    how="wrap",
    aliases="keep",
    fixes="https://github.com/pytorch/pytorch/pull/196013",
    upstream_status="open",
    references=[
        "https://github.com/pytorch/pytorch/issues/193710",
        "https://github.com/vllm-project/vllm/pull/58189",
    ],
    reproducer={
        "run": "backportkit_patches.torch.torch_196013_reproducer:reproduce",
        "expect": "auto_functionalized(_v2)? was not removed",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
def fallback_node_due_to_unsupported_type(original):  # noqa: ANN001, ANN201
    """torch.compile fails for operators that mutate an argument and take complex or float8_e8m0fnu tensors."""
    from torch._library.utils import is_builtin
    from torch._ops import OpOverload

    @wraps(original)
    def fallback_node_due_to_unsupported_type(node, allow_cpu_inputs=True):  # noqa: ANN001, ANN202, FBT002
        if isinstance(node.target, OpOverload) and is_builtin(node.target):
            return original(node, allow_cpu_inputs)
        return False

    return fallback_node_due_to_unsupported_type
