"""Inductor writes out the arguments of every operator without a lowering, for a log message that nobody reads.

Differs from upstream's change in its place: upstream makes the message lazy where it is logged, in the middle of a long
method. Here the method that makes the message does so. vLLM instead lists its operators among those without it.
"""
# mypy: ignore-errors

from __future__ import annotations

from functools import wraps

from backportkit import backport


@backport(
    "torch._inductor.exc:OperatorIssue.operator_str",
    id="vllm-42129",
    requires="torch>=2.7,<2.13",
    how="wrap",
    fixes="https://github.com/pytorch/pytorch/pull/185951",
    references=["https://github.com/vllm-project/vllm/pull/42129"],
    original="ast1:8e5d43c15439",
    reproducer={
        "run": "backportkit_patches.torch.vllm_42129_reproducer:reproduce",
        "expect": "AssertionError: the arguments were written out",
        "packages": "numpy",
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
def operator_str(original):  # noqa: ANN001, ANN201
    """Compiling is slow where operators without a lowering take much that is slow to write out."""
    from torch._logging import LazyString

    @wraps(original)
    def operator_str(target, args, kwargs):  # noqa: ANN001, ANN202
        return LazyString(original, target, args, kwargs)

    return operator_str
