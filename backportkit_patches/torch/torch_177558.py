"""A function that is compiled ahead of time lacks the builtins that its bytecode uses, once it is loaded elsewhere.

Differs from upstream's change in its form: upstream adds lines in the middle of the body. Here a wrapper completes what
the body returns, which fits both bodies that torch 2.10 and 2.11 have. The helper is upstream's own, under PyTorch's
licence (see NOTICE).
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors

from __future__ import annotations

from functools import wraps

from backportkit import backport


@backport(
    "torch._dynamo.convert_frame:GraphCaptureOutput.get_runtime_env",
    id="torch-177558",
    requires="torch>=2.10,<2.12",
    how="wrap",
    fixes="https://github.com/pytorch/pytorch/pull/177558",
    references=["https://github.com/pytorch/pytorch/issues/177556"],
    original=["ast1:9d263406f639", "ast1:eec2616626a0"],
    fixed="ast1:656ad83938e7",
    reproducer={
        "run": "backportkit_patches.torch.torch_177558_reproducer:reproduce",
        "expect": "Missing required external references",
        "packages": ["numpy", "setuptools"],  # setuptools: torch asks for it on 3.12 only
        "environment": {"TORCHINDUCTOR_CACHE_DIR": "{scratch}", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        "disk": 8,
    },
)
def get_runtime_env(original):  # noqa: ANN001, ANN201
    """aot_compile() makes a function that cannot be called, for lack of the builtins that its bytecode uses."""
    import builtins

    @wraps(original)
    def get_runtime_env(self):  # noqa: ANN001, ANN202
        env = original(self)
        for ref in env.external_refs:
            if ref not in env.used_globals:
                if ref.startswith("__builtins_dict__") and ref in self.f_globals:
                    env.used_globals[ref] = _safe_builtins_dict(self.f_globals[ref])
                elif hasattr(builtins, ref):
                    env.used_globals[ref] = getattr(builtins, ref)
        return env

    return get_runtime_env


def _safe_builtins_dict(builtins_dict):  # noqa: ANN001, ANN202
    """Filter a builtins dict to only picklable entries for serialization."""
    import pickle

    result = {}
    for k, v in builtins_dict.items():
        try:
            pickle.dumps(v)
            result[k] = v
        except Exception:  # noqa: BLE001, S110 -- as upstream has it
            pass
    return result
