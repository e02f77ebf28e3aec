"""Find the components of a document that are an installed one, which may stand there several times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packageurl import PackageURL

from backportkit.names import normalised
from backportkit.supply import environment
from backportkit.supply.errors import SupplyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.supply.components import Component

    Part = dict[str, Any]


def of(document: Part, component: Component, where: str) -> list[Part]:
    """Return each component that is of the installed release. Raises SupplyError if only other releases are there."""
    named = _named(document, component)
    same = [one for one in named if _is_release(one, component)]
    if named and not same:
        raise SupplyError(
            f"{where} is not of this environment",
            expected=f"{component}, as it is installed here",
            found=", ".join(map(_told, named)),
            next_step="call the command where the document was made, or make the document anew",
        )
    return same


def of_or_added(document: Part, component: Component, where: str) -> list[Part]:
    """Return each component that is of the installed release; one that is added if there is none."""
    there = of(document, component, where)
    if not there:
        there = [environment.part_of(component)]
        document.setdefault("components", []).extend(there)
    return there


def refs_of(document: Part, component: Component, where: str) -> list[str]:
    """Return the references of an installed component. A component that has none gets one of its own."""
    there = of_or_added(document, component, where)
    for one in there:
        if "bom-ref" not in one:
            one["bom-ref"] = _free(component.ref, {each.get("bom-ref") for each in _all(document)})
    return [one["bom-ref"] for one in there]


def of_other_releases(document: Part, component: Component) -> list[str]:
    """Name the components that are other releases of an installed one, such as copies that others have vendored."""
    return [_told(one) for one in _named(document, component) if not _is_release(one, component)]


def _all(document: Part) -> Iterator[Part]:
    """Yield all components of a document, and those within them."""
    left = document.get("components", [])[::-1]
    while left:
        one = left.pop()
        yield one
        left.extend(one.get("components", [])[::-1])


def _named(document: Part, component: Component) -> list[Part]:
    return [one for one in _all(document) if _is_of(one, component)]


def _is_of(there: Part, component: Component) -> bool:
    """Tell whether a component is of a distribution, in any release, and not something of another ecosystem."""
    kind = _kind(component.purl)
    return normalised(there["name"]) == component.name and _kind(there.get("purl", kind)) == kind


def _kind(purl: str) -> str:
    return purl.partition("/")[0].lower()


def _is_release(there: Part, component: Component) -> bool:
    """Tell whether a component is of the installed release, by its version and by its package URL if that has one."""
    return there.get("version") == component.version and _version_in(there.get("purl")) in {None, component.version}


def _version_in(purl: str | None) -> str | None:
    try:
        return None if purl is None else PackageURL.from_string(purl).version
    except ValueError:
        return purl


def _told(there: Part) -> str:
    purl = f" ({there['purl']})" if "purl" in there else ""
    return f"{there['name']} {there.get('version', 'without a version')}{purl}"


def _free(wanted: str, taken: Iterable[object]) -> str:
    """Return a reference that no component has: the wanted one, or that with a number behind it."""
    known, number = {*taken}, 2
    found = wanted
    while found in known:
        found, number = f"{wanted}#{number}", number + 1
    return found
