"""Run one phase of a proof in this process: `python -m backportkit.proof.child REQUEST ANSWER`, both JSON files."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from backportkit.declaration import eligibility, hashed
from backportkit.declaration.record import Patch
from backportkit.declaration.registry import Declared, Registry, declared_patches
from backportkit.engine import verbs
from backportkit.errors import BackportError, PolicyError
from backportkit.layers import resolve
from backportkit.layers.place import MISSING, Place, TargetNotFound, TargetRefused
from backportkit.proof import failure
from backportkit.proof.record import Phase
from backportkit.proof.witness import Witness
from backportkit.redacted import quoted
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.reproducer import Reproducer
    from backportkit.layers.layer import Change
    from backportkit.proof.failure import Failure

_OFF = "BACKPORTKIT_DISABLE"
_NAMED = 3  # holders of an original


class Request(BaseModel):
    """The request of the parent.

    Attributes:
        patch: The patch, or the id of one that `modules` declare.
        provider: The provider that has declared it, whose rights it has under a policy; empty if none has.
        modules: The modules to import in order to have it declared.
        occasions: The modules that the patch changes or adds to.
        requires: Requirements in place of the declared ones.
        phase: The phase to run.
    """

    patch: Patch | str
    provider: str = ""
    modules: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    phase: Phase


class Answer(BaseModel):
    """The answer of the child.

    Attributes:
        failure: Type and message of the exception that the reproducer raised; None if it passed.
        is_aside: True if the failure says nothing about the bug, unless it is what the reproducer expects.
        objection: A problem with the run apart from the reproducer; None if there is none.
        remark: A remark beside the result: a replacement that was not called, or who still has an original.
        versions: The installed versions of the required distributions.
        state: The state of the patch, in the phase that applies it.
        lacking: After a failure, the target that is not there; None if all are there.
        unimportable: The reason why a target's module cannot be imported; None if all can.
        expected: The line of the failure that the reproducer expects; None if no line is that, or it expects nothing.
        is_complete: False as long as the failure is searched for that line.
    """

    failure: str | None
    is_aside: bool = False
    expected: str | None = None
    is_complete: bool = True
    objection: str | None
    remark: str = ""
    versions: dict[str, str]
    state: State | None = None
    lacking: str | None = None
    unimportable: str | None = None


class Found(NamedTuple):
    """The results of a phase."""

    failure: Failure | None
    objection: str | None
    state: State | None = None
    remark: str = ""


def main(request_file: str, answer_file: str) -> None:
    """Read the request, run its phase, and write the answer."""
    process = os.getpid()
    os.environ.pop(_OFF, None)  # up to here it has kept an activated environment from patching this process
    request = Request.model_validate_json(Path(request_file).read_text("utf-8"))
    try:
        _bind(request.provider)
        patch = _patch(request)
        reproducer = _reproducer(patch)
    except Exception as error:  # noqa: BLE001 -- whatever a module's body raises
        traceback.print_exc()
        found, versions, expect = Found(None, quoted(error)), {}, None
        why = _unimportable(request.occasions)
    else:
        found = _PHASES[request.phase](Declared(patch, request.provider or "proof", "proof"), reproducer)
        versions = eligibility.judge(patch.requires, patch.modules[0]).installed
        why = {} if found.failure is None else _why(patch)
        expect = reproducer.expect
    if os.getpid() == process:  # pragma: no branch -- a child that the reproducer has forked may end unmeasured
        failed = {} if found.failure is None else {"failure": found.failure.text, "is_aside": found.failure.is_aside}
        answer = Answer.model_validate({**found._asdict(), "failure": None, "versions": versions, **why, **failed})
        _write(answer, expect, Path(answer_file))


def _write(answer: Answer, expect: str | None, file: Path) -> None:
    """Write the answer: first without the line that is expected, since a search may take longer than the run may."""
    if answer.failure is not None and expect is not None:
        _place(answer.model_copy(update={"is_complete": False}), file)
        answer = answer.model_copy(update={"expected": failure.line_with(expect, answer.failure)})
    _place(answer, file)


def _place(answer: Answer, file: Path) -> None:
    """Put the whole answer into its place at once: the process may be ended at any time."""
    aside = file.with_suffix(".new")
    aside.write_text(answer.model_dump_json(), "utf-8")
    aside.replace(file)


def _bind(provider: str) -> None:
    """Have the modules of a provider be those that a policy of this environment names. Raises PolicyError."""
    reason = hashed.bind(provider)
    if reason:
        raise PolicyError(reason)


def _patch(request: Request) -> Patch:
    """Return the patch of the request, with the requirements of the request. Raises LookupError."""
    patch = request.patch if isinstance(request.patch, Patch) else _declared(request.patch, request.modules)
    return patch.for_requirements(request.requires) if request.requires else patch


def _declared(patch_id: str, modules: tuple[str, ...]) -> Patch:
    for name in modules:
        importlib.import_module(name)
    declared = declared_patches.find(patch_id)
    if declared is None:
        msg = f"{', '.join(modules)} declares no {patch_id} here"
        raise LookupError(msg)
    return declared.patch


def _reproducer(patch: Patch) -> Reproducer:
    """Import the reproducer's module and return the reproducer. Patches that the module has applied are undone."""
    assert patch.reproducer is not None, "the parent proves only patches with a reproducer"
    patch.reproducer.run.resolve()
    verbs.unpatch_all()
    return patch.reproducer


def _why(patch: Patch) -> dict[str, str]:
    """Return another reason for a reproducer's failure than the bug, if there is nothing to patch."""
    if unimportable := _unimportable(patch.occasions):
        return unimportable
    lacking = [str(edit.target) for edit in patch.edits if edit.how != "add" and not _is_there(edit)]
    return {"lacking": f"there is no {lacking[0]}"} if lacking else {}


def _unimportable(occasions: Iterable[str]) -> dict[str, str]:
    for name in filter(None, occasions):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 -- whatever a module's body raises
            return {"unimportable": f"{name} cannot be imported: {quoted(error)}"}
    return {}


def _is_there(edit: Edit) -> bool:
    try:
        return _place_of(edit).look_up() is not MISSING
    except (TargetNotFound, TargetRefused):
        return False


# --- the phases ---


def _without(declared: Declared, reproducer: Reproducer) -> Found:
    return Found(_reproduce(declared.patch, reproducer), None)


def _with(declared: Declared, reproducer: Reproducer) -> Found:
    patch, alone = declared.patch, _engine_for(declared)
    _apply(alone, patch)
    modules = {edit.replacement.module for edit in _within(patch) if edit.replacement is not None}
    with Witness(modules, partial(_changes, alone, patch)) as witness:
        failed = _reproduce(patch, reproducer)
    status = alone.status()[0]
    if status.state is not State.APPLIED:
        state = "has failed" if status.state is State.FAILED else f"is {status.state}"
        return Found(failed, f"the patch {state}: {status.reason}", status.state)
    made = _made(alone, patch)
    objection = _objection(patch, made, witness, passed=failed is None)
    remark = _never_called(made, patch, witness) if failed is None else _still_held(alone, patch)
    return Found(failed, objection, status.state, remark)


def _still_held(alone: verbs.Engine, patch: Patch) -> str:
    """Name who still has what the patch replaced; empty if nobody has."""
    held = alone.out_of_reach(patch.id)
    more = f", and {len(held) - _NAMED} more" if held[_NAMED:] else ""
    return f"the original is still in: {', '.join(held[:_NAMED])}{more}" if held else ""


def _made(alone: verbs.Engine, patch: Patch) -> dict[str, Change]:
    """Return the changes of a patch that are in effect, each by its target."""
    return {str(change.layer.key[1]): change for change in alone.made(patch.id)}


def _changes(alone: verbs.Engine, patch: Patch) -> list[Change | None]:  # pragma: no cover -- in a trace function
    made = _made(alone, patch)
    return [made.get(str(edit.target)) for edit in _within(patch)]


def _within(patch: Patch) -> list[Edit]:
    """Return the edits without those that add a module: of such an edit only the import can be seen."""
    return [edit for edit in patch.edits if not edit.target.is_module]


def _objection(patch: Patch, made: Mapping[str, Change], witness: Witness, *, passed: bool) -> str | None:
    """Return a problem with a patch that is applied, apart from the result of its reproducer."""
    if _within(patch) and not any(map(witness.saw, made.values())):
        return "the replacement was never called"
    edits = [(edit, made[str(edit.target)]) for edit in patch.edits if str(edit.target) in made]
    missed = [(edit, error) for edit, change in edits if (error := witness.missed_by(change)) is not None]
    if not missed:
        return None
    edit, error = missed[0]
    hidden = ", and somebody swallowed it" if passed else ""
    return f"the replacement {edit.replacement} raised NameError: {error}{hidden}{_remedy(edit, error)}"


def _remedy(edit: Edit, error: NameError) -> str:
    module = sys.modules[edit.target.module]
    if edit.namespace == "target":
        return f"; {edit.target.module} has none"
    if not hasattr(module, str(error.name)):
        return f"; neither {str(edit.replacement).partition(':')[0]} nor {edit.target.module} has one"
    return f"; namespace='target' lets it see the {error.name} of {edit.target.module}"


def _never_called(made: Mapping[str, Change], patch: Patch, witness: Witness) -> str:
    """Say which replacements the reproducer never calls; empty if it calls all of them."""
    targets = [str(edit.target) for edit in _within(patch)]
    never = [name for name in targets if name not in made or not witness.saw(made[name])]
    return f"never called: {', '.join(never)}" if never else ""


def _undone(declared: Declared, reproducer: Reproducer) -> Found:
    patch = declared.patch
    if unimportable := _unimportable(patch.occasions):
        return Found(None, unimportable["unimportable"])
    before = [_stored(edit) for edit in patch.edits]
    alone = _engine_for(declared)
    _apply(alone, patch)
    for name in patch.added:
        with suppress(ImportError):  # the state of the patch has the reason
            importlib.import_module(name)
    if not alone.is_applied(patch.id):
        return Found(None, f"the patch was not applied to the loaded module: {alone.status()[0].reason}")
    try:
        alone.unpatch(patch.id)
    except BackportError as error:
        return Found(None, f"the patch {error.message}")
    if any(_stored(edit) is not stored for edit, stored in zip(patch.edits, before, strict=True)):
        return Found(None, "undoing did not bring back the very object that was there")
    failed = _reproduce(patch, reproducer)
    remark = "the original is back and the reproducer passes: it does not fail each time" if failed is None else ""
    return Found(failed, None, remark=remark)


_PHASES: dict[Phase, Callable[[Declared, Reproducer], Found]] = {
    Phase.WITHOUT: _without,
    Phase.WITH: _with,
    Phase.UNDONE: _undone,
}


def _engine_for(declared: Declared) -> verbs.Engine:
    """Return an engine that knows this patch alone: other installed patches must not help."""
    registry = Registry()
    registry.add_all([declared])
    return verbs.Engine(registry, find_packages=lambda _: set(), find_providers=lambda _: {})


def _apply(alone: verbs.Engine, patch: Patch) -> None:
    with suppress(BackportError):  # the state of the patch has the reason
        alone.apply_all(only=patch.id)


def _reproduce(patch: Patch, reproducer: Reproducer) -> Failure | None:
    """Run the reproducer. No other patch is applied in this process, nor in processes that it starts."""
    os.environ[_OFF] = "all"
    try:
        failure.refuse_unfinished(reproducer.run.call())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 -- a reproducer may fail in any way
        traceback.print_exc()
        return failure.of(error, patch, reproducer)
    finally:
        os.environ.pop(_OFF, None)
    return None


def _stored(edit: Edit) -> Any:
    if edit.target.is_module:
        return sys.modules.get(edit.target.module)
    return _place_of(edit).read()


def _place_of(edit: Edit) -> Place:
    return resolve.find(sys.modules[edit.target.module], edit.target.steps)[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
