"""Answer what is asked of patches: where each one stands, and why. Nothing is changed, and no target is imported."""

from __future__ import annotations

from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from backportkit import states
from backportkit.declaration import eligibility
from backportkit.declaration.registry import SHIPPED
from backportkit.engine import on_error, status
from backportkit.engine.precedence import Rivals, is_meant, superseded, yields
from backportkit.engine.selection import NOBODY, how_to_ask
from backportkit.errors import NotAppliedError
from backportkit.source import lookup

if TYPE_CHECKING:
    from backportkit.declaration.eligibility import Judging
    from backportkit.declaration.registry import Declared
    from backportkit.engine.known import Known
    from backportkit.engine.module_patch import Judge
    from backportkit.errors import BackportError
    from backportkit.patch_status import PatchStatus

_OUTGROWN = (
    "if what is installed has the fix, nothing is to be patched: see `backportkit check`, and require it no longer"
)
_AGAIN = "call backportkit.apply_all() to have it back"
_IN_BLOCK = "require it after the block of unpatched that has taken it out"


def survey(known: Known) -> tuple[tuple[PatchStatus, ...], list[BackportError]]:
    """Return the status of each patch that can be read, and the errors of the providers that cannot."""
    errors = [] if on_error.all_disabled() else known.read_all()
    library, judging, arming = lookup.Library(), eligibility.Judging(), known.arming
    rivals = Rivals(arming.in_the_running(), arming.settings(), arming.is_asked_for, judging.judge)
    return tuple(_surveyed(known, declared, library, judging, rivals) for declared in known.registry), errors


def glance(known: Known) -> tuple[list[PatchStatus], list[BackportError]]:
    """Return the same as far as it is known without source, and without shipped patches of what is not installed."""
    errors = [] if on_error.all_disabled() else _read_for_installed(known)
    judging = eligibility.Judging()
    return [status_of(known, declared, judging) for declared in known.registry if not declared.internal], errors


def _read_for_installed(known: Known) -> list[BackportError]:
    errors: list[BackportError] = []
    for source in known.sources():
        errors += source.read_all(lambda provider: provider not in SHIPPED)
        errors += source.read(filter(_is_installed, source.unread()), lambda _: True)
    return errors


def _is_installed(name: str) -> bool:
    return PathFinder.find_spec(name.partition(".")[0]) is not None


def _surveyed(
    known: Known, declared: Declared, library: lookup.Library, judging: Judging, rivals: Rivals
) -> PatchStatus:
    """Return the status of a patch, and for one that waits what the source on disk and its rivals say."""
    found = status_of(known, declared, judging)
    if found.state == states.DORMANT and not found.installed:
        return found._replace(reason=found.reason + _whose(declared))
    if found.state != states.WAITING:
        return found
    return found._replace(reason=found.reason + status.said_by_source(declared, library) + rivals.of(declared))


def _whose(declared: Declared) -> str:
    """Name the distribution of a target, of which no distribution is installed that the patch requires."""
    packages = dict.fromkeys(name.partition(".")[0] for name in declared.patch.modules)
    if not any(PathFinder.find_spec(name) for name in packages):
        return ""
    from backportkit.declaration import owners  # reads all metadata

    told = [f"; {name} belongs to {' or '.join(found)}" for name in packages if (found := owners.of(name))]
    return "".join(told) + ": name that in `requires`" * bool(told)


def status_of(known: Known, declared: Declared, judging: Judging | None = None) -> PatchStatus:
    """Return the status of a patch now."""
    judge = (judging or eligibility.Judging()).judge
    patches = known.batch.by_id.get(declared.id, ())
    arming = known.arming
    off, is_offered = arming.off(declared), arming.is_only_offered(declared)
    if not (patches or off or is_offered):
        off = _given_way(known, declared, judge)
        patches = arming.to_come(declared, off)
    return status.status_of(
        declared,
        patches,
        off,
        judge,
        is_offered=is_offered,
        why_idle=arming.why_idle(),
        calls=known.batch.calls,
    )


def _given_way(known: Known, declared: Declared, judge: Judge) -> str | None:
    """Say why a patch that is not armed yet would be out of force because of others; None if it would not."""
    arming = known.arming
    if declared.is_shipped and not arming.is_asked_for(declared):
        why = yields(declared, arming.in_the_running(), judge)
        if why:
            return why
    if not is_meant(declared, judge):
        return None
    new = superseded(arming.in_the_running(), arming.settings(), judge).get(declared.id)
    return None if new is None else f"superseded by '{new}'"


def require(known: Known, declared: Declared) -> None:
    """Raise NotAppliedError if a patch is neither in effect nor armed and waiting for its target."""
    __tracebackhide__ = True
    found = status_of(known, declared)
    waits = found.state == states.WAITING and found.armed
    next_steps = {
        states.WAITING: "call backportkit.apply_all() first",
        states.REVERTED: _IN_BLOCK if known.is_in_block(declared.id) else _AGAIN,
        states.OFFERED: how_to_ask(declared.id),
        states.DORMANT: _OUTGROWN if found.installed else None,
        states.ABSORBED: _OUTGROWN,
        states.DISABLED: "undo what the reason names, or skip what requires the patch",
    }
    reason = NOBODY if found.state == states.OFFERED else found.reason
    if found.state != states.APPLIED and not waits:
        raise NotAppliedError(
            "is required here, but not in effect",
            patch=declared.id,
            target=", ".join(found.targets),
            expected="applied, or waiting for its target",
            found=f"{found.state}: {reason}",
            next_step=next_steps.get(found.state),
        )
