"""A cache key that refers to itself stops the compilation. Other keys that cannot be pickled only prevent caching.

Differs from upstream's change in its form: upstream adds the error to those that the body catches. Here a wrapper
treats it as the body treats those, which fits both bodies that torch 2.6 to 2.10 have.
"""
# mypy: ignore-errors

from __future__ import annotations

from functools import wraps

from backportkit import backport


@backport(
    "torch._inductor.codecache:FxGraphCachePickler.dumps",
    id="torch-176557",
    requires="torch>=2.6,<2.11",
    how="wrap",
    fixes="https://github.com/pytorch/pytorch/pull/176557",
    references=["https://github.com/vllm-project/vllm/pull/38205"],
    original=["ast1:aba40a29f90b", "ast1:8a8e99a5c3dc"],
    fixed="ast1:e8b75ec48a0d",
    reproducer={
        "run": "backportkit_patches.torch.torch_176557_reproducer:reproduce",
        "expect": "ValueError: fast mode: can't pickle cyclic objects",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
def dumps(original):  # noqa: ANN001, ANN201
    """torch.compile fails with a ValueError where the cache key refers to itself, instead of compiling uncached."""

    @wraps(original)
    def dumps(self, obj):  # noqa: ANN001, ANN202
        try:
            return original(self, obj)
        except ValueError as error:
            # The globals of the target's module, which upstream's own handler uses, too.
            names = original.__globals__
            names["log"].warning("Failed to pickle cache key", exc_info=True)
            raise names["BypassFxGraphCache"]("Failed to pickle cache key") from error

    return dumps
