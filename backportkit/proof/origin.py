"""Give another process the objects of a declaration: by their names, or else by declaring it again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from backportkit.activation.write import file_of
from backportkit.declaration import ownership
from backportkit.declaration.registry import declared_patches
from backportkit.errors import BackportError, PolicyError
from backportkit.policy import in_force

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.record import Patch
    from backportkit.declaration.reference import Reference


class ProofError(BackportError, RuntimeError):
    """A proof cannot begin: there is no reproducer, or something that it needs is missing."""


class Origin(NamedTuple):
    """The way by which another process gets a patch.

    Attributes:
        patch: The patch itself, or its id if its objects cannot be found by their names.
        modules: The modules that declare it in the latter case.
    """

    patch: Patch | str
    modules: tuple[str, ...] = ()


def of(patch: Patch) -> Origin:
    """Return the way by which another process gets the patch. Raises ProofError if there is none."""
    nameless = [reference for reference in references(patch) if not reference.leads_back]
    if not nameless:
        return Origin(patch)
    module = _declaring_module(patch)
    if module is None:
        raise ProofError(
            "cannot be proved in a process of its own, which would not get what was declared",
            patch=patch.id,
            expected="functions that can be imported by their names, or a declaration in a module",
            found=", ".join(nameless),
            next_step="move the declaration and its functions to the top of a module that can be imported",
        )
    return Origin(patch.id, (module,))


def provider_of(patch: Patch) -> str:
    """Return the provider that has declared the patch; empty if none has."""
    declared = declared_patches.find(patch.id)
    return declared.provider if declared is not None and declared.patch is patch else ""


def check_allowed(patch: Patch) -> None:
    """Raise PolicyError if a policy does not let its provider have a module imported that the patch names.

    Each of them counts, that of the reproducer too: where a proof has an environment of its own, no policy is there.
    """
    declared = declared_patches.find(patch.id)
    if declared is None or not in_force.policies():
        return
    taker = ownership.Taker(declared.provider, declared.installed)
    run = [] if patch.reproducer is None else [patch.reproducer.run.module]
    reason = ownership.refusal_of_patch(declared) or "".join(ownership.refusal(taker, module) for module in run)
    if reason:
        raise PolicyError(
            "cannot be proved under the policy",
            patch=patch.id,
            found=reason,
            next_step="`backportkit policy check` shows what differs from the policy",
        )


def references(patch: Patch) -> Iterator[Reference]:
    """Yield the names of all objects in a patch."""
    callbacks = (callback for _, callback in patch.callbacks)
    edited = (edit.replacement for edit in patch.edits)
    run = None if patch.reproducer is None else patch.reproducer.run
    yield from (reference for reference in (*edited, run, *callbacks) if reference is not None)


def _declaring_module(patch: Patch) -> str | None:
    """Return the module that declares the patch; None if there is none, or it cannot be imported."""
    declared = declared_patches.find(patch.id)
    if declared is None or declared.patch is not patch:
        return None
    file, main = file_of(declared), sys.modules["__main__"]  # multiprocessing has it under another name as well
    loaded = ((name, module) for name, module in list(sys.modules.items()) if module is not main)
    return next((name for name, module in loaded if getattr(module, "__file__", None) == file), None)
