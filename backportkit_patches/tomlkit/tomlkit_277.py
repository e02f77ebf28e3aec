"""Adding a float to an integer of a TOML document loses the fraction, or fails.

Upstream's own bodies, under TOML Kit's licence (see NOTICE). Differs from upstream's change in nothing.
"""
# SPDX-License-Identifier: Apache-2.0 AND MIT
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN204

from __future__ import annotations

from backportkit import backport


@backport(
    "tomlkit.items:Integer",
    id="tomlkit-277",
    summary="an integer read from a TOML document loses the fraction of a float that is added, or refuses it",
    requires="tomlkit>=0.4,<0.11.7",
    fixes="https://github.com/python-poetry/tomlkit/pull/277",
    resolves="https://github.com/python-poetry/tomlkit/issues/270",
    original={
        "__add__": ["ast1:d99c380f1e43", "ast1:4e6fad89c20a", "ast1:d9505e9793a3"],
        "__radd__": ["ast1:18f05fb7c723", "ast1:82803cc9bc8a"],
        "__sub__": ["ast1:e1c4b78e30b5", "ast1:5507f172450c"],
        "__rsub__": ["ast1:525b2810c050", "ast1:fe3edb827504"],
    },
    fixed={
        "__add__": "ast1:6c4eb9507495",
        "__radd__": "ast1:8ae105ef55a4",
        "__sub__": "ast1:dea479e00673",
        "__rsub__": "ast1:0b3726719e71",
    },
    opt_in=True,
    reproducer={
        "run": "backportkit_patches.tomlkit.tomlkit_277_reproducer:reproduce",
        "expect": "1000 and 0.5 make 1000|not 'NotImplementedType'",
    },
)
class Integer:
    def __add__(self, other):
        result = super().__add__(other)
        if result is NotImplemented:
            return result
        return self._new(result)

    def __radd__(self, other):
        result = super().__radd__(other)
        if result is NotImplemented:
            return result
        return self._new(result)

    def __sub__(self, other):
        result = super().__sub__(other)
        if result is NotImplemented:
            return result
        return self._new(result)

    def __rsub__(self, other):
        result = super().__rsub__(other)
        if result is NotImplemented:
            return result
        return self._new(result)
