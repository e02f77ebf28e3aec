"""One patch in one module: apply its edits, all or none, and take them out again."""

from __future__ import annotations

from backportkit import states
from backportkit.declaration import eligibility
from backportkit.engine import again, audit, edits, in_effect, outcome, problems
from backportkit.engine.module_record import ModuleRecord
from backportkit.errors import BackportError
from backportkit.hook import finder
from backportkit.layers import in_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from backportkit.declaration.eligibility import Eligibility, Judging
    from backportkit.declaration.record import Requirements
    from backportkit.layers.layer import Change, Layer

    Judge = Callable[[Requirements, str], Eligibility]


class ModulePatch(ModuleRecord):
    """One patch in one module: its edits are put in all or none, and taken out again."""

    __slots__ = ()

    # --- apply ---

    def apply(self, module: ModuleType, judging: Judging | None = None) -> list[Change]:
        """Put the edits into the loaded module, if the patch is meant for it; return the changes.

        Edits that are in place already are left as they are. Raises the BackportError that says why it cannot be done,
        with nothing of this patch in place. A patch whose `before_apply` another thread is calling is left to it.
        """
        if not self.is_wanted:
            return []
        if self.holds(module):
            self._begin_again(module)
            return []
        if self.layers:
            for layer in in_effect.carried_along(self, module):
                raise problems.carried_along(self.patch_id, layer.key[1])
            again.forget_overwritten(self)
            again.forget_left([self], module)
        judging = judging or eligibility.Judging()
        judgement = judging.judge(self.declared.patch.requires, self.module_name)
        layers = self._meant(judgement, module)
        if not layers or (not edits.are_known(self.ledger, layers, judging) and self._absorbed(layers)):
            return []
        edits.check_absence(self.ledger, layers)
        why = "" if judgement.eligible else f": {judgement.reason}, but the body is one that it was written against"
        return self._put_in_with_callbacks(layers, module, f"in effect in {self.module_name}{why}")

    def _begin_again(self, module: ModuleType) -> None:
        """Call `before_apply` for a body that has run anew and left the edits in place; note that they are applied."""
        if self.has_callbacks:
            self.round_of(module).before_apply()
        if self.state == states.WAITING:
            self.become(states.APPLIED, f"in effect in {self.module_name}")

    def _meant(self, judgement: Eligibility, module: ModuleType) -> list[Layer]:
        """Return the layers to install; none if the patch is not meant for what is installed, and note the reason."""
        if judgement.eligible:
            return self._layers(module)
        if not eligibility.left_to_the_body(self.declared.patch, judgement):
            self.become(states.DORMANT, judgement.reason)
            return []
        try:
            layers = self._layers(module)
            if not self._absorbed(layers):
                edits.check_absence(self.ledger, layers)
        except BackportError as error:
            self.become(states.DORMANT, f"{judgement.reason}, and {error.message}")
            return []
        return layers

    def _layers(self, module: ModuleType) -> list[Layer]:
        made = [
            edits.layer_of(self.declared, edit, module, (self.declared.position, number), self.ledger)
            for number, edit in enumerate(self.edits)
        ]
        for layer in made:
            layer.supersedes = self.superseded
        return made

    def _absorbed(self, layers: list[Layer]) -> bool:
        """Tell whether upstream's fix is installed for all edits. Raises DriftError if a body is an unknown one."""
        from backportkit.engine import bodies  # needs inspect and ast

        is_fixed = bodies.are_fixed(self.ledger, layers)
        if is_fixed:
            self.become(states.ABSORBED, "the installed body is upstream's fix already")
        return is_fixed

    def _put_in_with_callbacks(self, layers: list[Layer], module: ModuleType, reason: str) -> list[Change]:
        audit.check_apply(self)
        if not self.has_callbacks:
            return self._put_in(layers, reason)
        round_ = self.round_of(module)
        if not round_.before_apply():
            return []
        try:
            return self._put_in(layers, reason)
        except BaseException:
            round_.after_undo()
            raise

    def _put_in(self, layers: list[Layer], reason: str) -> list[Change]:
        if not self.keep(layers):
            return []
        try:
            changes = edits.put_in(self.ledger, layers)
        except Exception:  # not after an interrupt: then they may still get in
            self._keep_installed(layers)
            raise
        self._keep_installed(layers)
        self.become(states.APPLIED, reason)
        audit.log("applied", (self,))
        if not self.armed:  # undone meanwhile, by another thread or by a callback, which has not seen these layers
            changes += self.revert()[0]
        return changes

    def _keep_installed(self, layers: list[Layer]) -> None:
        """Keep those of the tried layers that were put in."""
        for layer in layers:
            if layer.installed:
                in_place.see(layer)
            else:
                self.drop(layer)

    # --- read back ---

    def holds(self, module: ModuleType) -> bool:
        """Tell whether it is in effect in this very module."""
        return in_effect.holds(self, module)

    def is_gone(self) -> bool:
        """Tell whether others have taken out all that is known of it."""
        return in_effect.is_gone(self)

    def is_deleted(self) -> bool:
        """Tell whether nothing stands at its places any more."""
        return in_effect.is_deleted(self)

    def is_missed(self) -> bool:
        """Tell whether its module was imported or reloaded past our finder."""
        return finder.is_missed(self.module_name)

    def out_of_reach(self) -> list[str]:
        """Return who still has what it has replaced, one line each."""
        return in_effect.out_of_reach(self)

    # --- undo ---

    def begin_undo(self) -> list[BackportError]:
        """Disarm the patch, and call the callbacks that come before an undo. Returns what is to be raised."""
        self.armed = False
        return [error for round_ in list(self.rounds.values()) for error in round_.before_undo()]

    def revert(self) -> tuple[list[Change], list[BackportError]]:
        """Take all edits out, or none if an object of somebody else stands on top of one.

        Returns the changes, and why edits could not be taken out.
        """
        refusals = self.refusals()
        if not refusals:
            return self._take_edits_out()
        self.stay_in(refusals[0])
        return [], refusals

    def refusals(self) -> list[BackportError]:
        """Return why edits cannot be taken out: objects of somebody else stand on top of them."""
        covered = in_effect.covered(self)
        if covered:
            again.forget_overwritten(self)
        return [refusal for layer in reversed(covered) for refusal in _refusals_of(self, layer)]

    def _take_edits_out(self) -> tuple[list[Change], list[BackportError]]:
        """Take out the edits that can be; return the changes, and the errors of the others."""
        self.armed = False
        changes: list[Change] = []
        errors: list[BackportError] = []
        covered = in_effect.covered(self)
        if covered:
            again.forget_overwritten(self)
        reason = _reason_of_undo(self, covered)
        if self.layers and self.state != states.DISABLED:
            self.outcome = outcome.UNDOING
        for layer in reversed(list(self.layers)):
            try:
                changes += edits.take_out(self.ledger, layer)
                self.drop(layer)
            except Exception as error:  # noqa: BLE001 -- ForeignLayer, or whatever an owner of theirs raises
                errors.append(problems.not_undone(self.patch_id, layer.key[1], error))
        if errors:
            self.stay_in(errors[0])
        elif self.state != states.DISABLED:
            self.become(states.REVERTED, reason)
        return changes, errors

    def withdraw(self, module: ModuleType) -> tuple[list[Change], list[BackportError]]:
        """Take the edits out of a module whose body has run anew, since they were refused there. Stay armed."""
        if not self.holds(module):
            return [], []
        changes, errors = self.revert()
        self.armed = True
        return changes, errors

    def fall(self, layer: Layer) -> tuple[list[Change], list[BackportError]]:
        """Take out all edits, since a wrap could not be made anew. The patch is tried again at the next occasion."""
        armed = self.armed
        errors = self.begin_undo()
        changes, not_undone = self._take_edits_out()  # one edit is out already
        self.armed = armed
        if not not_undone:
            why = edits.why_fallen(layer.failure)
            self.become(states.FAILED, f"taken out, since what its wrap stood upon was undone: {why}")
        return changes, errors


def _refusals_of(patch: ModulePatch, layer: Layer) -> list[BackportError]:
    try:
        patch.ledger.check_removal(layer)
    except Exception as error:  # noqa: BLE001 -- ForeignLayer, or whatever an owner of theirs raises
        return [problems.not_undone(patch.patch_id, layer.key[1], error)]
    return []


def _reason_of_undo(patch: ModulePatch, covered: list[Layer]) -> str:
    """Return the reason of an undone patch: taken out, or not in effect, or deleted or defined anew by others."""
    if patch.state == states.REVERTED:
        return patch.reason
    if not patch.layers and patch.state not in {states.APPLIED, states.CONFLICT}:
        return "not to be applied any more; it was not in effect"
    module = finder.look_at(patch.module_name)
    carried = [] if module is None else in_effect.carried_along(patch, module)
    if carried:
        names = ", ".join(dict.fromkeys(layer.key[1] for layer in carried))
        return f"taken out; what holds {names} was made anew with our object in it, which may be there still"
    lost = dict.fromkeys(layer.key[1] for layer in covered if in_effect.is_lost(patch, layer))
    if not lost:
        return "taken out"
    return f"taken out; {', '.join(lost)} was deleted or defined anew since it was applied, and left as it is"
