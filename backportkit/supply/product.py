"""Name what a document is about: the product that has the components."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from packageurl import PackageURL

from backportkit.check import toml
from backportkit.declaration import metadata
from backportkit.names import normalised
from backportkit.supply.components import Component
from backportkit.supply.errors import SupplyError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXAMPLE = "--product pkg:pypi/shop@1.0"


def purl_of(document: dict[str, Any], given: str | None) -> str:
    """Return the package URL of the product: what was given, or else what a document or the project here says.

    Raises SupplyError if nobody says it, or it is none.
    """
    found = next(_said(document, given), None)
    if found is None:
        raise SupplyError(
            "a VEX document is about a product, and nothing names it",
            expected="a document with metadata.component.purl, or a pyproject.toml with [project] here",
            next_step=f"name it: {_EXAMPLE}",
        )
    return str(found.to_string())


def name_in(document: dict[str, Any], given: str | None) -> None:
    """Write the product into a document that names none, if it is known."""
    metadata_of = document.setdefault("metadata", {})
    found = next(_said(document, given), None)
    if found is not None and "component" not in metadata_of:
        metadata_of["component"] = {
            "type": "application",
            "bom-ref": f"{found.to_string()}#product",
            "name": found.name,
            **({"version": found.version} if found.version else {}),
            "purl": found.to_string(),
        }


def _said(document: dict[str, Any], given: str | None) -> Iterator[PackageURL]:
    if given is not None:
        yield _read(given)
    purl = document.get("metadata", {}).get("component", {}).get("purl")
    if purl is not None:
        yield _read(purl)
    yield from _of_project(Path("pyproject.toml"))


def _read(text: str) -> PackageURL:
    try:
        return PackageURL.from_string(text)
    except ValueError as error:
        raise SupplyError(
            f"{text!r} is no package URL", found=str(error), next_step=f"write one: {_EXAMPLE}"
        ) from error


def _of_project(path: Path) -> Iterator[PackageURL]:
    """Yield the package URL of a project, with its version as it says, or as it is installed."""
    stated = toml.table(toml.read(path), "project") if path.is_file() else {}
    name = normalised(str(stated.get("name", "")))
    if name:
        installed = next((one.version for one in metadata.copies(name)), None)
        yield PackageURL.from_string(Component(name, str(stated.get("version") or installed or "")).purl)
