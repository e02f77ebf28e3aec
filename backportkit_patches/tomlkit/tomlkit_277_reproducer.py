"""Fail where TOML Kit loses the fraction of a sum, or cannot add a float at all."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Add a float to an integer of a document, and subtract it."""
    import tomlkit

    document = tomlkit.parse("number = 1000\n")
    total = document["number"] + 0.5
    assert float(total) == 1000.5, f"1000 and 0.5 make {float(total):g}"  # noqa: PLR2004 -- the sum
    assert document["number"] - 0.5 == 999.5  # noqa: PLR2004 -- the difference
