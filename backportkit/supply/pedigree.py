"""Write patches into the components of a CycloneDX document: what deviates from upstream, why, and who has seen it.

https://cyclonedx.org/docs/1.6/json/#components_items_pedigree_patches
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from backportkit.supply import copies, difference, proofs, sources
from backportkit.supply.errors import SupplyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.declaration.record import Patch
    from backportkit.supply.components import Component
    from backportkit.supply.evidence import Evidence
    from backportkit.supply.proofs import Proof

    Part = dict[str, Any]

_PREFIX = "backportkit:patch:"


def check(document: Part, found: Iterable[Evidence], where: str) -> None:
    """Raise SupplyError if of a component a document has other releases than the installed one, and not that."""
    for one in found:
        copies.of(document, one.component, where)


def add(document: Part, found: Iterable[Evidence], where: str) -> None:
    """Write into a document what is known of patches. Those that are in force become patches of their components.

    Raises SupplyError if a component has patches of ours already.
    """
    for component, known in sorted(_by_component(found).items()):
        in_force = any(one.is_in_force for one in known)
        there = (copies.of_or_added if in_force else copies.of)(document, component, where)
        for each in there:
            _write(each, sorted(known, key=_id), where)


def passed_over(document: Part, found: Iterable[Evidence], where: str) -> list[str]:
    """Say of which components of a document nothing is written: other releases of what is patched."""
    others = {one: copies.of_other_releases(document, one) for one in sorted(_by_component(found))}
    return [
        f"{where} has {', '.join(named)} besides {component}, as it is installed here: nothing is said of that"
        for component, named in others.items()
        if named
    ]


def _by_component(found: Iterable[Evidence]) -> dict[Component, list[Evidence]]:
    by_component: dict[Component, list[Evidence]] = {}
    for one in found:
        by_component.setdefault(one.component, []).append(one)
    return by_component


def _write(there: Part, known: Sequence[Evidence], where: str) -> None:
    if any(one.get("name", "").startswith(_PREFIX) for one in there.get("properties", [])):
        raise SupplyError(
            f"{where} has patches of {there['name']} already",
            next_step="give the document as it was before, such as cyclonedx-py has written it",
        )
    proved = {one.declared.id: proofs.of(one) for one in known}
    in_force = [one for one in known if one.is_in_force]
    references = [_reference(one.declared.id, proof) for one in in_force if (proof := proved[one.declared.id])]
    there.setdefault("properties", []).extend(
        each for one in known for each in _properties(one, proved[one.declared.id])
    )
    if in_force:
        there.setdefault("pedigree", {}).setdefault("patches", []).extend(map(_patch, in_force))
    if references:
        there.setdefault("externalReferences", []).extend(references)


def _id(one: Evidence) -> str:
    return one.declared.id


def _patch(one: Evidence) -> Part:
    patch = one.declared.patch
    text = difference.of(one.declared, str(one.component))
    return {
        "type": "backport" if patch.upstream_status == "fixed" else "monkey",
        "diff": {"text": {"contentType": "text/x-diff", "content": text}},
        "resolves": list(_issues(patch)),
    }


def _issues(patch: Patch) -> Iterator[Part]:
    """Yield what a patch resolves. One that says nothing about it resolves a defect without an id."""
    addresses = [one for one in (patch.fixes, *patch.references) if one]
    told = {"description": patch.summary, **({"references": addresses} if addresses else {})}
    for entry in patch.resolves:
        one = sources.of(entry)
        yield (
            {"type": "security", "id": one.id, "source": {"name": one.source, "url": one.url}, **told}
            if one.id
            else {"type": "defect", "source": {"url": one.url}, **told}
        )
    if not patch.resolves:
        yield {"type": "defect", **told}


def _properties(one: Evidence, proof: Proof | None) -> Iterator[Part]:
    """Yield the facts that a patch has no field for: whether it is in force, by what evidence, and its proof."""
    facts = {
        "in-force": "false" if not one.is_in_force else "true" if one.is_reported else "expected",
        "evidence": one.told,
        "content": f"sha256:{one.content}",
        "proof": proof.told if proof else "none is kept",
    }
    return ({"name": f"{_PREFIX}{one.declared.id}:{name}", "value": value} for name, value in facts.items())


def _reference(patch_id: str, proof: Proof) -> Part:
    return {
        "type": "evidence",
        "url": quote(proof.path),
        "comment": f"the proof of the patch {patch_id}: {proof.told}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(proof.content).hexdigest()}],
    }
