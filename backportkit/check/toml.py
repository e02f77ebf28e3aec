"""Read TOML files of others. A wrong one gets an error message and no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backportkit import regular_file
from backportkit.errors import DeclarationError
from backportkit.toml import parse

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises DeclarationError if it cannot be read or is no TOML."""
    try:
        return parse(regular_file.read(path).decode("utf-8"))
    except OSError as error:
        raise DeclarationError(f"{path} cannot be read: {error}", next_step="name a file that can be read") from error
    except (ValueError, RecursionError) as error:
        raise DeclarationError(f"{path} cannot be read as TOML: {error}", next_step="mend the file") from error


def table(content: Any, *names: str) -> dict[str, Any]:
    """Return the table that the names lead to; an empty one if there is none."""
    for name in names:
        content = content.get(name) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def texts(value: Any) -> list[str]:
    """Return the texts of a list; none if it is no list."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
