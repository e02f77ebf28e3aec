"""Tell by hashes what was proved, on what, and by what."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.tags import parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from backportkit.declaration.registry import declared_patches
from backportkit.engine import content
from backportkit.proof.record import Installed, Tool
from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.tags import Tag

    from backportkit.declaration.record import Patch
    from backportkit.proof.pins import File, Pin

_PACKAGE = Path(__file__).parents[1]


@cache
def tool() -> Tool:
    """Return what runs here: its version, and a hash of all its files."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\n{_hash(path.read_bytes())}\n".encode())
    return Tool(version=metadata.version("backportkit"), sha256=digest.hexdigest())


def of_patch(patch: Patch) -> str | None:
    """Return the digest of all code that a patch brings along; None for one that is not declared."""
    declared = declared_patches.find(patch.id)
    return None if declared is None else content.of(declared, Library()).digest


def here(names: Iterable[str]) -> tuple[Installed, ...]:
    """Return the distributions of these names in this environment. From which files they come, nothing tells."""
    found = {canonicalize_name(name): next(iter(metadata.distributions(name=name)), None) for name in names}
    return tuple(_installed(name, one, None) for name, one in sorted(found.items()) if one is not None)


def built(site: Path, pins: Iterable[Pin]) -> tuple[Installed, ...]:
    """Return the distributions that were installed into a folder as pinned, each with the hash of its file."""
    found: dict[str, metadata.Distribution] = {
        canonicalize_name(one.metadata["Name"]): one for one in metadata.distributions(path=[str(site)])
    }
    return tuple(_installed(pin.name, found[pin.name], pin) for pin in pins if pin.name in found)


def _installed(name: str, found: metadata.Distribution, pin: Pin | None) -> Installed:
    record = found.read_text("RECORD")
    return Installed(
        name=name,
        version=found.version,
        file=None if pin is None else _file(found, pin.files),
        record=None if record is None else _hash(record.encode()),
    )


def _file(found: metadata.Distribution, files: Iterable[File]) -> str | None:
    """Return the hash of the file that a distribution was installed from; None if that is not known.

    A wheel says in its metadata for what it is, as its name does
    (https://packaging.python.org/en/latest/specifications/binary-distribution-format/).
    """
    lines = (found.read_text("WHEEL") or "").splitlines()
    tags = {tag for line in lines if line.startswith("Tag:") for tag in parse_tag(line.partition(":")[2].strip())}
    wheels = {file.sha256 for file in files if _tags(file) == tags}
    hashes = wheels or {file.sha256 for file in files}
    return hashes.pop() if len(hashes) == 1 else None


def _tags(file: File) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(file.name)[3]
    except InvalidWheelFilename:
        return frozenset()


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
