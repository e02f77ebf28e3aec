"""Judge the bodies that stand at the targets of a patch by the fingerprints of its edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import states
from backportkit.engine import verify
from backportkit.errors import DriftError, TargetError
from backportkit.layers import in_place
from backportkit.layers.place import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.engine.verify import Finding
    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Ledger

_WRONG = frozenset({states.FAILED, states.DRIFTED})


def are_fixed(ledger: Ledger, layers: Iterable[Layer]) -> bool:
    """Tell whether upstream's fix is installed for all edits. Raises DriftError if a body is not what it should be.

    Raises TargetError if a body cannot be compared.
    """
    findings: list[Finding] = []
    for layer in layers:
        edit, original = layer.content.edit, in_place.as_written(ledger, layer)
        if edit.how == "add" and not edit.fixed and original is not MISSING:
            continue  # it came with upstream's fix, or it is in the way: the other edits tell which
        finding = verify.examine(edit, original)
        findings.append(finding)
        if finding.state == states.FAILED:
            raise _unknown(layer.key[0], edit, original, finding)
        if finding.state == states.DRIFTED or finding.state != findings[0].state:
            raise _drifted(layer.key[0], edit, original, finding)
    return any(finding.state == states.ABSORBED for finding in findings)


def _unknown(patch_id: str, edit: Edit, original: Any, finding: Finding) -> TargetError:
    """The installed body has no fingerprint."""
    found, remedy = _found_by(edit, original, finding)
    mend = remedy or "install it with its source, declare no `original`"
    message = "the installed body cannot be compared with the one it was written against"
    return TargetError(message, **_facts(patch_id, edit, finding.expected, found, mend))


def _drifted(patch_id: str, edit: Edit, original: Any, finding: Finding) -> DriftError:
    """The installed body is another one."""
    found, remedy = _found_by(edit, original, finding)
    mend = remedy or f"run `backportkit diff {patch_id}` and mend the patch"
    message = "the installed body is not the one it was written against"
    return DriftError(message, **_facts(patch_id, edit, finding.expected, found, mend))


def _facts(patch_id: str, edit: Edit, expected: str, found: str, mend: str) -> dict[str, str]:
    """Return what both errors say of a body, in the fields of an error."""
    next_step = f"{mend}, or start with BACKPORTKIT_DISABLE={patch_id}"
    return {
        "patch": patch_id,
        "target": str(edit.target),
        "expected": expected,
        "found": found,
        "next_step": next_step,
    }


def _found_by(edit: Edit, original: Any, finding: Finding) -> tuple[str, str]:
    """Return what stands at a target, and what to do if somebody outside of its package has put it there before us."""
    function = verify.stranger(edit, original) if finding.state in _WRONG else None
    if function is None:
        return finding.found, ""
    code = function.__code__
    name = f"{function.__module__}.{function.__qualname__} of {code.co_filename}:{code.co_firstlineno}"
    is_drift = finding.state == states.DRIFTED
    found = f"{finding.found}: {name} stands there" if is_drift else f"{name} stands there, which cannot be compared"
    if str(function.__module__).partition(".")[0] == edit.target.module.partition(".")[0]:
        return found, ""  # a package may well define in one module what stands in another
    return found, "call apply_all() before whoever puts that there, or let them leave the target"
