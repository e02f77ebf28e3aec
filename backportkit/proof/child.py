"""Run one phase of a proof in this process: `python -m backportkit.proof.child REQUEST ANSWER`, both JSON files."""

from __future__ import annotations

import importlib
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """

    failure: str | None
    objection: str | None
    versions: dict[str, str]


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
    failure, objection = _PHASES[request.phase](request.patch)
    versions = eligibility.judge(request.patch.requires).installed
    answer = Answer(failure=failure, objection=objection, versions=versions)
    Path(answer_file).write_text(answer.model_dump_json(), "utf-8")


def _without(patch: Patch) -> tuple[str | None, str | None]:
    return _reproduce(patch), None


def _with(patch: Patch) -> tuple[str | None, str | None]:
    engine = _engine_for(patch)
    engine.apply_all()
    with Witness() as witness:
        failure = _reproduce(patch)
    status = engine.status()[0]
    if status.state is not State.APPLIED:
        return failure, f"the patch is {status.state}: {status.reason}"
    if not any(witness.saw(value) for value in engine.installed(patch.id)):
        return failure, "the replacement was never called"
    return failure, None


def _undone(patch: Patch) -> tuple[str | None, str | None]:
    for name in patch.modules:
        importlib.import_module(name)
    before = [_raw(edit) for edit in patch.edits]
    engine = _engine_for(patch)
    engine.apply_all()
    if any(_raw(edit) is raw for edit, raw in zip(patch.edits, before, strict=True)):
        return None, f"the patch was not applied to the loaded module: {engine.status()[0].reason}"
    try:
        engine.unpatch(patch.id)
    except BackportError as error:
        return None, f"the patch {error.message}"
    if any(_raw(edit) is not raw for edit, raw in zip(patch.edits, before, strict=True)):
        return None, "undoing did not bring back the very object that was there"
    return _reproduce(patch), None


_PHASES: dict[Phase, Callable[[Patch], tuple[str | None, str | None]]] = {
    Phase.WITHOUT: _without,
    Phase.WITH: _with,
    Phase.UNDONE: _undone,
}


def _engine_for(patch: Patch) -> Engine:
    """An engine that knows this patch alone: others that are installed must not help."""
    registry = Registry()
    registry.add(patch, provider="proof", place="proof")
    return Engine(registry, find_providers=dict)


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
    item = target.MISSING if edit.target.item is None else edit.target.item
    place, _ = target.find(sys.modules[edit.target.module], edit.target.path, item)
    return place.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
