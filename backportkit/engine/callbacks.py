"""Call the callbacks of a patch around applying and undoing, each call paired with its counterpart."""

from __future__ import annotations

import os

from backportkit.engine import on_error
from backportkit.errors import BackportError, CallbackError, let_interrupt_pass, write_log
from backportkit.layers.place import hold_weakly, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from backportkit.declaration.record import Patch


_FRESH, _ENTERING, _ENTERED, _COMPLETE = "fresh", "entering", "entered", "complete"


class Round:
    """The calls for one patch in one module: those that were made as it was applied decide on those at its undo.

    `before_apply` is answered by `after_undo`, `after_apply` by `before_undo`. Each is called once in a round, by the
    thread that comes first; another one does not wait for it. A callback that is not declared counts as called, and so
    does one that raised, except `before_apply`, which has refused the patch then.

    The module is held weakly. No lock is held while a callback runs.
    """

    __slots__ = ("_module", "_patch", "_process", "_stage")

    def __init__(self, patch: Patch, module: ModuleType) -> None:
        self._patch = patch
        self._module = hold_weakly(module)
        self._process = os.getpid()
        self._stage = {_FRESH}

    def is_of(self, module: ModuleType) -> bool:
        """Tell whether it is the round of this module. A round that another thread had begun at a fork is of none."""
        left_behind = self._stage <= {_ENTERING} and self._process != os.getpid()
        return self._module() is module and not left_behind

    def is_over(self) -> bool:
        """Tell whether the module is gone, so that no callback can be called."""
        return self._module() is None

    def before_apply(self) -> bool:
        """Begin the round; return False if another call of this method is under way. Raises CallbackError."""
        if not self._advance(_FRESH, _ENTERING):
            return not self._stage <= {_ENTERING}
        entered = False
        try:
            self._call("before_apply", "refused the patch")
            entered = True
        finally:
            self._advance(_ENTERING, _ENTERED if entered else _FRESH)
        return True

    def after_apply(self) -> list[BackportError]:
        """Call `after_apply`: the edits are in place, and all copies are bound. Returns what is to be raised."""
        return self._report("after_apply") if self._advance(_ENTERED, _COMPLETE) else []

    def before_undo(self) -> list[BackportError]:
        """Call `before_undo`: the edits are about to be taken out. Returns what is to be raised."""
        return self._report("before_undo") if self._advance(_COMPLETE, _ENTERED) else []

    def after_undo(self) -> list[BackportError]:
        """Call `after_undo`: the edits are out, or never came in after `before_apply`. Returns what is to be raised."""
        return self._report("after_undo") if self._advance(_ENTERED, _FRESH) else []

    def _advance(self, stage: str, following: str) -> bool:
        """Go from one stage to the next in one step; False if the stage is another. Taking from a set needs no lock."""
        try:
            self._stage.remove(stage)
        except KeyError:
            return False
        self._stage.add(following)
        return True

    def _call(self, when: str, outcome: str) -> None:
        callback = getattr(self._patch.callbacks, when)
        module = self._module()
        if callback is None or module is None:
            return
        try:
            callback.call(module)
        except BaseException as error:
            let_interrupt_pass(error)
            from backportkit.redacted import quoted  # needs re

            raise CallbackError(
                f"its callback {when} {outcome}: {quoted(error)}",
                patch=self._patch.id,
                target=name_of(module),
                found=f"{type(error).__name__} in {callback}",
                next_step=f"mend {callback}",
            ) from error

    def _report(self, when: str) -> list[BackportError]:
        try:
            self._call(when, "failed, which changes nothing about the edits")
        except CallbackError as error:
            return _tell(error)
        return []


def _tell(error: CallbackError) -> list[BackportError]:
    """Log an error and warn of it. Return it where a filter makes errors of warnings: it is raised when all is done."""
    write_log("error", "%s", error, error=error)
    return on_error.warn(error, str(error))
