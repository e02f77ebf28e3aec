"""Take the SHA-256 of a module that declares patches, without importing it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.source import specs

if TYPE_CHECKING:
    from collections.abc import Iterator


def digest(module: str) -> str:
    """Return the SHA-256 of a module, in hexadecimal digits; empty if it has no file that can be read.

    It is that of the names and hashes of its files: its own, those of a package that it is, and the packages above it.
    """
    try:
        files = dict(_files(module))
        lines = [f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for name, path in sorted(files.items())]
    except (OSError, LookupError):
        return ""
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else ""


def _files(module: str) -> Iterator[tuple[str, Path]]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        yield from ((name, path) for path in _own(name))
    spec = specs.find(module)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for path in filter(_is_code, Path(folder).rglob("*")):
            yield f"{module}/{path.relative_to(folder).as_posix()}", path


def _own(module: str) -> list[Path]:
    """Return the file of a module; none for a namespace package. Raises FileNotFoundError if there is no module."""
    spec = specs.find(module)
    if spec is None:
        raise FileNotFoundError(module)
    return [Path(spec.origin)] if spec.has_location and spec.origin else []


def _is_code(path: Path) -> bool:
    return path.suffix in {".py", ".so", ".pyd"} and path.is_file()
