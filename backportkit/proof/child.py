"""Run one phase of a proof in this process: `python -m backportkit.proof.child REQUEST ANSWER`, both JSON files."""

from __future__ import annotations

import importlib
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from backportkit import eligibility, target
from backportkit.binding import code_of
from backportkit.engine import Engine
from backportkit.errors import BackportError
from backportkit.model import Patch  # noqa: TC001 -- pydantic reads it
from backportkit.proof.record import Phase
from backportkit.registry import Registry
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from typing_extensions import Self

    from backportkit.model import Edit


class Request(BaseModel):
    """What the parent asks for."""

    patch: Patch
    phase: Phase


class Answer(BaseModel):
    """What the child saw.

    Attributes:
        failure: Type and message of the exception that the reproducer raised; None if it passed.
        objection: What is wrong with the run apart from the reproducer; None if nothing is.
        versions: The installed versions of the required distributions.
        state: What became of the patch, in the phase that applies it.
        lacking: After a failure, which target is not there to be patched; None if all are.
        unimportable: Why a target's module cannot be imported; None if all can.
    """

    failure: str | None
    objection: str | None
    versions: dict[str, str]
    state: State | None = None
    lacking: str | None = None
    unimportable: str | None = None


class Found(NamedTuple):
    """What a phase found."""

    failure: str | None
    objection: str | None
    state: State | None = None


class Witness:
    """Notes which Python functions run, in this thread and in those started from now on."""

    def __init__(self) -> None:
        self._seen: set[CodeType] = set()

    def __enter__(self) -> Self:
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    # Python traces nothing while it runs a profile function, so coverage cannot see this one.
    def _note(self, frame: FrameType, event: str, _: object) -> None:  # pragma: no cover
        if event == "call":
            self._seen.add(frame.f_code)

    def saw(self, value: object) -> bool:
        """Whether the function in `value` has run; True for what is no Python function, which leaves no trace."""
        code = code_of(value)
        return code is None or code in self._seen


def main(request_file: str, answer_file: str) -> None:
    """Read the request, run its phase, write the answer."""
    request = Request.model_validate_json(Path(request_file).read_text("utf-8"))
    found = _PHASES[request.phase](request.patch)
    versions = eligibility.judge(request.patch.requires).installed
    why = {} if found.failure is None else _why(request.patch)
    answer = Answer.model_validate({**found._asdict(), "versions": versions, **why})
    Path(answer_file).write_text(answer.model_dump_json(), "utf-8")


def _why(patch: Patch) -> dict[str, str]:
    """What a reproducer's failure may come from other than the bug: that there is nothing to patch."""
    for name in patch.modules:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 -- whatever a module's body raises
            return {"unimportable": f"{name} cannot be imported: {type(error).__name__}: {error}"}
    lacking = [str(edit.target) for edit in patch.edits if edit.how != "add" and not _is_there(edit)]
    return {"lacking": f"there is no {lacking[0]}"} if lacking else {}


def _is_there(edit: Edit) -> bool:
    try:
        return _place(edit).look_up() is not target.MISSING
    except (target.TargetNotFound, target.TargetRefused):
        return False


def _without(patch: Patch) -> Found:
    return Found(_reproduce(patch), None)


def _with(patch: Patch) -> Found:
    engine = _engine_for(patch)
    engine.apply_all()
    with Witness() as witness:
        failure = _reproduce(patch)
    status = engine.status()[0]
    if status.state is not State.APPLIED:
        return Found(failure, f"the patch is {status.state}: {status.reason}", status.state)
    if not any(witness.saw(value) for value in engine.installed(patch.id)):
        return Found(failure, "the replacement was never called", status.state)
    return Found(failure, None, status.state)


def _undone(patch: Patch) -> Found:
    for name in patch.modules:
        importlib.import_module(name)
    before = [_raw(edit) for edit in patch.edits]
    engine = _engine_for(patch)
    engine.apply_all()
    if any(_raw(edit) is raw for edit, raw in zip(patch.edits, before, strict=True)):
        return Found(None, f"the patch was not applied to the loaded module: {engine.status()[0].reason}")
    try:
        engine.unpatch(patch.id)
    except BackportError as error:
        return Found(None, f"the patch {error.message}")
    if any(_raw(edit) is not raw for edit, raw in zip(patch.edits, before, strict=True)):
        return Found(None, "undoing did not bring back the very object that was there")
    return Found(_reproduce(patch), None)


_PHASES: dict[Phase, Callable[[Patch], Found]] = {
    Phase.WITHOUT: _without,
    Phase.WITH: _with,
    Phase.UNDONE: _undone,
}


def _engine_for(patch: Patch) -> Engine:
    """An engine that knows this patch alone: others that are installed must not help."""
    registry = Registry()
    registry.add(patch, provider="proof", place="proof")
    return Engine(registry, find_packages=set, find_providers=dict)


def _reproduce(patch: Patch) -> str | None:
    assert patch.reproducer is not None, "the parent proves only patches with a reproducer"
    reproduce = patch.reproducer.run.resolve()
    try:
        reproduce()
    except Exception:  # noqa: BLE001 -- failing, in whatever way, is what a reproducer is for
        traceback.print_exc()
        return "".join(traceback.format_exception_only(*sys.exc_info()[:2]))
    return None


def _raw(edit: Edit) -> Any:
    return _place(edit).read()


def _place(edit: Edit) -> target.Place:
    item = target.MISSING if edit.target.item is None else edit.target.item
    return target.find(sys.modules[edit.target.module], edit.target.path, item)[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
