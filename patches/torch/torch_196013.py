"""The pattern matcher passes over operators that take a dtype which Inductor generates no code for.

That is right for operators which a pattern replaces by generated code. A custom operator is called as it is, whatever
its dtypes, and its patterns (such as vLLM's fusions) never match. Upstream's proposal asks the question for built-in
operators only, and so does this wrapper of the name in the pattern matcher: `lowering` and `graph`, which ask it to
decide about code, keep theirs.
"""
# mypy: ignore-errors

from __future__ import annotations

from functools import wraps

from backportkit import backport


@backport(
    "torch._inductor.pattern_matcher:fallback_node_due_to_unsupported_type",
    id="torch-196013",
    requires="torch>=2.6",
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
        "expect": "AssertionError: the pattern was not matched",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
def fallback_node_due_to_unsupported_type(original):  # noqa: ANN001, ANN201
    """Patterns of custom operators with complex or float8_e8m0fnu inputs never match, and the fusion is lost."""

    @wraps(original)
    def fallback_node_due_to_unsupported_type(node, allow_cpu_inputs=True):  # noqa: ANN001, ANN202, FBT002
        import torch

        is_operator = isinstance(node.target, torch._ops.OpOverload)
        if is_operator and not torch._library.utils.is_builtin(node.target):
            return False
        return original(node, allow_cpu_inputs)

    return fallback_node_due_to_unsupported_type
