"""Take the SHA-256 of a module that declares patches, without importing it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import specs

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hashed(NamedTuple):
    """The files of a module: its own, those of a package that it is, and the packages above it.

    Attributes:
        names: The modules that it takes to import it.
        files: The SHA-256 of each file, by its path.
        digest: The SHA-256 of the names and hashes of the files; empty if there is none that can be read.
    """

    names: tuple[str, ...]
    files: dict[str, str]
    digest: str


def hashed(module: str) -> Hashed:
    """Return the files of a module with their hashes. Nothing of it is imported."""
    names = _leading_to(module)
    try:
        found = {name: (str(path), hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in _files(module)}
    except (OSError, LookupError):
        found = {}
    lines = "".join(f"{name} {digest}\n" for name, (_, digest) in sorted(found.items()))
    return Hashed(names, dict(found.values()), hashlib.sha256(lines.encode()).hexdigest() if found else "")


def digest(module: str) -> str:
    """Return the SHA-256 of a module, in hexadecimal digits; empty if it has no file that can be read."""
    return hashed(module).digest


def _leading_to(module: str) -> tuple[str, ...]:
    parts = module.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _files(module: str) -> Iterator[tuple[str, Path]]:
    for name in _leading_to(module):
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
    """Tell whether a file may be imported. Bytecode is, where it stands in the place of a source."""
    if path.suffix == ".pyc":
        return path.parent.name != "__pycache__" and path.is_file()
    return path.suffix in {".py", ".so", ".pyd"} and path.is_file()
