"""An uploaded file that outgrows memory is written to disk on the event loop's own thread, which stalls the server.

Upstream's own bodies, under Starlette's licence (see NOTICE). Differs from upstream's change: the limit is a property.
Upstream's constructor sets an attribute, which files that were made before the patch was applied would not have.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN202, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import Reproducer, register

if TYPE_CHECKING:
    from starlette.datastructures import run_in_threadpool

_UPLOAD_FILE = "starlette.datastructures:UploadFile"


async def write(self, data: bytes) -> None:
    new_data_len = len(data)
    if self.size is not None:
        self.size += new_data_len

    if self._will_roll(new_data_len):
        await run_in_threadpool(self.file.write, data)
    else:
        self.file.write(data)


def _will_roll(self, size_to_add: int) -> bool:
    # If we're not in_memory then we will always roll
    if not self._in_memory:
        return True

    # Check for SpooledTemporaryFile._max_size
    future_size = self.file.tell() + size_to_add
    return bool(future_size > self._max_mem_size) if self._max_mem_size else False


@property
def _max_mem_size(self):
    return getattr(self.file, "_max_size", 0)


register(
    {
        "id": "starlette-cve-2025-54121",
        "summary": "an upload that is rolled over to disk stalls the event loop for as long as that takes",
        "requires": "starlette>=0.13.5,<0.47.2",
        "edits": [
            {
                "target": f"{_UPLOAD_FILE}.write",
                "replacement": write,
                "namespace": "target",
                "original": [
                    "ast1:26d6b1416c64",
                    "ast1:1e376cf9490e",
                    "ast1:2863033b121c",
                ],
                "fixed": "ast1:c239c2d78f07",
            },
            {"target": f"{_UPLOAD_FILE}._will_roll", "how": "add", "replacement": _will_roll},
            {"target": f"{_UPLOAD_FILE}._max_mem_size", "how": "add", "replacement": _max_mem_size},
            # `write` reads it. Releases before 0.24 do not have it; in later ones each instance has its own.
            {"target": f"{_UPLOAD_FILE}.size", "how": "add", "value": None},
        ],
        "fixes": "https://github.com/encode/starlette/pull/2962",
        "references": ["https://github.com/encode/starlette/security/advisories/GHSA-2c2j-9gv5-cj73"],
        "resolves": ["CVE-2025-54121", "GHSA-2c2j-9gv5-cj73"],
        "opt_in": True,
        "reproducer": Reproducer(
            run="backportkit_patches.starlette.cve_2025_54121_reproducer:reproduce",
            expect="the file was rolled over on the event loop's thread",
        ),
    }
)
