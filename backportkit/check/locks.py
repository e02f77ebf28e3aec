"""Read what lock files pin: those of uv, Poetry and PDM, and `pylock.toml`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name

from backportkit.check import toml
from backportkit.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# https://peps.python.org/pep-0751/ has the names of the last two.
_NAMES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "pylock.*.toml")
_KEYS = ("package", "packages")
_MARKERS = ("resolution-markers", "markers", "marker")
# Keys of a package, or of its source, that is not from an index.
_APART = frozenset({"archive", "directory", "editable", "file", "git", "path", "url", "vcs", "virtual"})


class Pin(NamedTuple):
    """One version of a package in a lock file.

    Attributes:
        name: The package, by its normalised name.
        version: Its version; empty if it is from no index, and the file does not say.
        where: The markers of the environments that it is for, in words; empty for all.
        origin: The kind of its source if that is no index, such as `git`; else empty.
    """

    name: str
    version: str
    where: str = ""
    origin: str = ""


def files(folder: Path) -> Iterator[Path]:
    """Yield the lock files in a folder."""
    for pattern in _NAMES:
        yield from sorted(found for found in folder.glob(pattern) if found.is_file())


def pins(content: dict[str, Any]) -> Iterator[Pin]:
    """Yield the versions in the content of a lock file; several of one package where it forks."""
    packages: list[Any] = next((content[key] for key in _KEYS if isinstance(content.get(key), list)), [])
    for package in map(toml.table, packages):
        if "name" in package and ("version" in package or _origin(package)):
            name = canonicalize_name(str(package["name"]))
            yield Pin(name, str(package.get("version", "")), _where(package), _origin(package))


def read(path: Path) -> list[Pin]:
    """Return the versions in a lock file. Raises DeclarationError if it cannot be read, or pins nothing."""
    content = toml.read(path)
    if path.name.startswith("pylock."):
        _check(path, content)
    found = list(pins(content))
    if not found:
        raise DeclarationError(
            f"{path} pins no versions",
            expected="a lock file of uv, Poetry or PDM, or a pylock.toml",
            next_step="lock the project first, or name its lock file",
        )
    return found


def _check(path: Path, content: dict[str, Any]) -> None:
    """Raise DeclarationError for what is no pylock.toml, if packaging is new enough to know."""
    try:
        pylock = importlib.import_module("packaging.pylock")
    except ImportError:
        return
    try:
        pylock.Pylock.from_dict(content)
    except pylock.PylockValidationError as error:
        raise DeclarationError(
            f"{path} is no lock file by PEP 751: {error}", next_step="lock the project anew"
        ) from error


def _where(package: dict[str, Any]) -> str:
    said = next((package[key] for key in _MARKERS if key in package), "")
    return said if isinstance(said, str) else " or ".join(toml.texts(said))


def _origin(package: dict[str, Any]) -> str:
    source = toml.table(package, "source")
    words = [*package, *source, str(source.get("type", ""))]
    return next((word for word in words if word in _APART), "")
