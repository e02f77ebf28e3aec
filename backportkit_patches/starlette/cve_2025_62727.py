"""A Range header of some kilobytes takes a regular expression quadratic time, before the request is looked at further.

Upstream's own bodies, under Starlette's licence (see NOTICE). Differs from upstream's change: the regular expression
stays, although nothing uses it any more.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, ARG001, B904, C901, PLW2901, RET507, RSE102, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import Reproducer, register

if TYPE_CHECKING:
    from starlette.responses import MalformedRangeHeader, RangeNotSatisfiable

_FILE_RESPONSE = "starlette.responses:FileResponse"

# fmt: off


@classmethod
def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    try:
        units, range_ = http_range.split("=", 1)
    except ValueError:
        raise MalformedRangeHeader()

    units = units.strip().lower()

    if units != "bytes":
        raise MalformedRangeHeader("Only support bytes range")

    ranges = cls._parse_ranges(range_, file_size)

    if len(ranges) == 0:
        raise MalformedRangeHeader("Range header: range must be requested")

    if any(not (0 <= start < file_size) for start, _ in ranges):
        raise RangeNotSatisfiable(file_size)

    if any(start > end for start, end in ranges):
        raise MalformedRangeHeader("Range header: start must be less than end")

    if len(ranges) == 1:
        return ranges

    # Merge ranges
    result: list[tuple[int, int]] = []
    for start, end in ranges:
        for p in range(len(result)):
            p_start, p_end = result[p]
            if start > p_end:
                continue
            elif end < p_start:
                result.insert(p, (start, end))  # THIS IS NOT REACHED!
                break
            else:
                result[p] = (min(start, p_start), max(end, p_end))
                break
        else:
            result.append((start, end))

    return result


@classmethod
def _parse_ranges(cls, range_: str, file_size: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []

    for part in range_.split(","):
        part = part.strip()

        # If the range is empty or a single dash, we ignore it.
        if not part or part == "-":
            continue

        # If the range is not in the format "start-end", we ignore it.
        if "-" not in part:
            continue

        start_str, end_str = part.split("-", 1)
        start_str = start_str.strip()
        end_str = end_str.strip()

        try:
            start = int(start_str) if start_str else file_size - int(end_str)
            end = int(end_str) + 1 if start_str and end_str and int(end_str) < file_size else file_size
            ranges.append((start, end))
        except ValueError:
            # If the range is not numeric, we ignore it.
            continue

    return ranges


# fmt: on

register(
    {
        "id": "starlette-cve-2025-62727",
        "summary": "one request with a Range header of many digits keeps the server busy: parsing takes quadratic time",
        "requires": "starlette>=0.39,<0.49.1",
        "edits": [
            {
                "target": f"{_FILE_RESPONSE}._parse_range_header",  # a static method before the fix
                "replacement": _parse_range_header,
                "namespace": "target",
                "original": ["ast1:6cb755576184", "ast1:632f5f6e38d5"],
                "fixed": "ast1:da8d05fdd1a5",
            },
            {"target": f"{_FILE_RESPONSE}._parse_ranges", "how": "add", "replacement": _parse_ranges},
        ],
        "fixes": "https://github.com/Kludex/starlette/security/advisories/GHSA-7f5h-v6xp-fcq8",
        "references": ["https://www.cve.org/CVERecord?id=CVE-2025-62727"],
        "resolves": ["CVE-2025-62727", "GHSA-7f5h-v6xp-fcq8"],
        "opt_in": True,
        "reproducer": Reproducer(
            run="backportkit_patches.starlette.cve_2025_62727_reproducer:reproduce",
            expect="eight times the digits took .* times as long",
        ),
    }
)
