"""Tell which installed distributions a patch is of: the components of an SBOM."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packageurl import PackageURL

from backportkit.declaration import eligibility, metadata, owners
from backportkit.declaration.alternatives import branches
from backportkit.names import normalised
from backportkit.source.at_load import is_of_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.record import Patch

_PYPI = "pypi"
_GENERIC = (
    "generic"  # of the interpreter: https://github.com/package-url/purl-spec/blob/main/types/generic-definition.json
)


class Component(NamedTuple):
    """An installed distribution, or the interpreter, by its normal name and its version."""

    name: str
    version: str

    @property
    def is_python(self) -> bool:
        """Whether it is the interpreter with its standard library."""
        return self.name == eligibility.PYTHON

    @property
    def purl(self) -> str:
        """Its package URL, https://github.com/package-url/purl-spec."""
        kind = _GENERIC if self.is_python else _PYPI
        return str(PackageURL(kind, None, self.name, self.version).to_string())

    @property
    def ref(self) -> str:
        """Its reference within a document, as cyclonedx-py writes it."""
        return f"{self.name}=={self.version}"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def python() -> Component:
    """Return the interpreter that runs."""
    installed = eligibility.judge([eligibility.PYTHON]).installed
    return Component(eligibility.PYTHON, installed[eligibility.PYTHON])


def installed() -> list[Component]:
    """Return all installed distributions, each once, by their names. Of several copies the first one counts."""
    found: dict[str, Component] = {}
    for one in metadata.everything():
        if one.name and one.version:
            name = normalised(one.name)
            found.setdefault(name, Component(name, one.version))
    return [found[name] for name in sorted(found)]


def of(patch: Patch) -> list[Component]:
    """Return the installed components that the edits of a patch land in, each once."""
    packages = dict.fromkeys(edit.target.module.partition(".")[0] for edit in patch.edits)
    return list(dict.fromkeys(one for package in packages for one in _having(package, patch)))


def _having(package: str, patch: Patch) -> Iterator[Component]:
    """Yield what has a package: the interpreter, or of the distributions that have it those that are required."""
    if is_of_python(package):
        yield python()
        return
    wanted = {eligibility.name_of(text) for branch in branches(patch.requires) for text in branch}
    having = {normalised(one) for one in owners.of(package)} or wanted
    for name in sorted(having & wanted or having):
        found = next(iter(metadata.copies(name)), None)
        if found is not None and found.version:
            yield Component(name, found.version)
