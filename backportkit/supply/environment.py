"""Make a CycloneDX document of this environment: the installed distributions, and what they require of each other.

`cyclonedx-py` tells more of them, such as their licences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from backportkit.declaration import metadata
from backportkit.names import normalised
from backportkit.supply import bom, components

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from backportkit.supply.components import Component


def document() -> dict[str, Any]:
    """Return the document, without a serial number and without the time at which it is made."""
    installed = {one.name: one for one in components.installed()}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": bom.FORMAT,
        "specVersion": "1.6",
        "version": 1,
        "metadata": {},
        "components": [part_of(one) for one in installed.values()],
        "dependencies": [_dependency(one, installed) for one in installed.values()],
    }


def part_of(component: Component) -> dict[str, Any]:
    """Return a component as the document has it."""
    return {
        "type": "platform" if component.is_python else "library",
        "bom-ref": component.ref,
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
    }


def _dependency(component: Component, installed: Mapping[str, Component]) -> dict[str, Any]:
    return {"ref": component.ref, "dependsOn": sorted({one.ref for one in _required(component.name, installed)})}


def _required(name: str, installed: Mapping[str, Component]) -> Iterator[Component]:
    """Yield what an installed distribution requires, without extras, and what is installed."""
    found = next(iter(metadata.copies(name)), None)
    for text in found.requires if found is not None else ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        wanted = installed.get(normalised(requirement.name))
        if wanted is not None and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            yield wanted
