"""Take the SHA-256 of a module that patches bring along, without importing it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import specs

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hashed(NamedTuple):
    """The files of a module: its own, those of a package that it is, and the packages above it. Or one data file.

    Attributes:
        names: The modules that it takes to import it, but for namespace packages; none for a data file.
        files: The SHA-256 of each file, by its path.
        digest: The SHA-256 of the names and hashes of the files; empty if there is none that can be read.
    """

    names: tuple[str, ...]
    files: dict[str, str]
    digest: str

    @property
    def own(self) -> str:
        """The file of the module itself: those of the packages above it come first."""
        return [*self.files][max(len(self.names) - 1, 0)]


def hashed(name: str) -> Hashed:
    """Return the files of a module, or of `MODULE/FILE`, with their hashes. Nothing of it is imported."""
    try:
        found = {one: (str(path), hashlib.sha256(path.read_bytes()).hexdigest()) for one, path in _files(name)}
    except (OSError, LookupError):
        found = {}
    lines = "".join(f"{one} {digest}\n" for one, (_, digest) in sorted(found.items()))
    names = tuple(one for one in leading_to(name) if one in found)
    return Hashed(names, dict(found.values()), hashlib.sha256(lines.encode()).hexdigest() if found else "")


def digest(name: str) -> str:
    """Return the SHA-256 of a module, in hexadecimal digits; empty if it has no file that can be read."""
    return hashed(name).digest


def leading_to(module: str) -> tuple[str, ...]:
    """Return a module and the packages above it, from the top."""
    parts = module.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts) + 1))


def file_of(module: str) -> Path | None:
    """Return the file of a module; None for a namespace package. Raises FileNotFoundError if there is no module."""
    spec = specs.find(module)
    if spec is None:
        raise FileNotFoundError(module)
    return Path(spec.origin) if spec.has_location and spec.origin else None


def folders_of(package: str) -> list[Path]:
    """Return the folders of the submodules of a package; none for any other module."""
    spec = specs.find(package)
    return [] if spec is None else list(map(Path, spec.submodule_search_locations or ()))


def folders_with_data(root: str) -> list[Path]:
    """Return where `ROOT/FILE` is looked for: in the folders of a package, or beside the file of a module."""
    own = file_of(root)
    return folders_of(root) or ([] if own is None else [own.parent])


def _files(name: str) -> Iterator[tuple[str, Path]]:
    package, _, file = name.partition("/")
    if file:
        yield from ((name, folder / file) for folder in folders_with_data(package) if (folder / file).is_file())
        return
    own = {one: path for one in leading_to(name) if (path := file_of(one)) is not None}
    yield from own.items()
    for folder in folders_of(name):
        for path in folder.rglob("*"):
            if path not in own.values() and _is_code(path):  # the package's own file has its line
                yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _is_code(path: Path) -> bool:
    """Tell whether a file may be imported. Bytecode is, where it stands in the place of a source."""
    if path.suffix == ".pyc":
        return path.parent.name != "__pycache__" and path.is_file()
    return path.suffix in {".py", ".so", ".pyd"} and path.is_file()
