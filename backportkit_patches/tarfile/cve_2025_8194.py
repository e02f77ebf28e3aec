"""tarfile accepts a negative size and reads the archive for ever.

Upstream's own body, under Python's licence (see NOTICE). Differs from upstream's change in nothing.
"""
# SPDX-License-Identifier: Apache-2.0 AND PSF-2.0
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN202, ARG001, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import backport

if TYPE_CHECKING:
    from tarfile import BLOCKSIZE, InvalidHeaderError


@backport(
    "tarfile:TarInfo._block",
    id="python-cve-2025-8194",
    summary="an archive with a negative size makes tarfile loop for ever, when it is listed already",
    # 3.10.19, 3.11.14 and 3.12.12 have the fix, too: their body has the fixed fingerprint, and stays as it is.
    requires="python>=3.10,<3.13.6",
    fixes="https://github.com/python/cpython/pull/137027",
    references="https://nvd.nist.gov/vuln/detail/CVE-2025-8194",
    resolves=["CVE-2025-8194", "https://github.com/python/cpython/issues/130577"],
    original="ast1:2271307cd10e",
    fixed="ast1:ca88b5fd18e6",
    namespace="target",
    opt_in=True,
    reproducer={
        "run": "backportkit_patches.tarfile.cve_2025_8194_reproducer:reproduce",
        "expect": "tarfile found a member 5 times that is there once",
        "timeout": 30,
    },
)
def _block(self, count):
    """Round up a byte count by BLOCKSIZE and return it,
    e.g. _block(834) => 1024.
    """
    # Only non-negative offsets are allowed
    if count < 0:
        raise InvalidHeaderError("invalid offset")
    blocks, remainder = divmod(count, BLOCKSIZE)
    if remainder:
        blocks += 1
    return blocks * BLOCKSIZE
