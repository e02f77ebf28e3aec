"""Fail where the time that Starlette takes for a Range header grows with the square of its length."""
# mypy: ignore-errors

from __future__ import annotations

_TOO_MUCH = 24  # linear time grows eightfold, quadratic time 64-fold


def reproduce() -> None:
    """Parse a header of digits without a range in them, and one eight times as long."""
    import time

    from starlette.responses import FileResponse

    parse = FileResponse._parse_range_header

    def seconds(digits: int) -> float:
        started = time.process_time()
        try:
            parse("bytes=" + "1" * digits, 100)
        except Exception:  # noqa: BLE001 -- releases say in different ways that there is no range in it
            return time.process_time() - started
        raise ValueError("a header without a range was accepted")

    short = max(min(seconds(1_000) for _ in range(3)), 0.001)
    growth = min(seconds(8_000) for _ in range(2)) / short
    assert growth < _TOO_MUCH, f"eight times the digits took {growth:.0f} times as long"
