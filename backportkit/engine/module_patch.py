"""One patch in one module: apply its edits, all or none, and take them out again."""

from __future__ import annotations

from itertools import count

from backportkit.declaration import eligibility
from backportkit.errors import (
    BackportError,
    ConflictError,
    DriftError,
    ReplacementError,
    SignatureError,
    TargetError,
    let_interrupt_pass,
)
from backportkit.hook import lazy_imports
from backportkit.layers import aliases, fit, resolve
from backportkit.layers.ledger import NOTHING, WHOLE, Change, ForeignLayer, Layer, NotInstalled, Occupied, like_no_other
from backportkit.layers.place import (
    MISSING,
    ModulePlace,
    TargetNotFound,
    TargetRefused,
    body_of,
    is_class,
    may_be_read_once,
    name_of,
)
from backportkit.source import callables
from backportkit.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from types import ModuleType
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.eligibility import Eligibility, Sweep
    from backportkit.declaration.reference import Reference
    from backportkit.declaration.registry import Declared
    from backportkit.engine.callbacks import Round
    from backportkit.engine.verify import Finding
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place

    Judge = Callable[[Iterable[str]], Eligibility]

_positions = count()

_ON_TOP = "cannot be undone, since somebody patched on top of it; theirs is left as it is"
# The reason after an undo that was refused for what others may take away; `standing` reads it back.
BENEATH_THEIRS = f"not undone: {_ON_TOP}"

# What an owner that cannot be written to makes of an attempt.
_UNWRITABLE = (NotInstalled, TypeError, AttributeError)


_WRONG = frozenset({State.FAILED, State.DRIFTED})


class Part:
    """What one patch does in one module, and how far it has got.

    `armed` says whether it is to be in effect; `state` and `reason` say what became of the last attempt. `layers` are
    all that were put in and not taken out, also in a module that was deleted or reloaded since: somebody may hold on to
    what they replaced. `rounds` has the callbacks of each module that is patched, by the module's id. `superseded` are
    the ids of the patches whose place this one takes. `position` is the place of the part in the order in which patches
    were armed.
    """

    __slots__ = (
        "armed",
        "declared",
        "edits",
        "has_callbacks",
        "kept",
        "layers",
        "ledger",
        "module_name",
        "position",
        "reason",
        "rounds",
        "state",
        "superseded",
    )

    def __init__(self, declared: Declared, module_name: str, ledger: Ledger) -> None:
        self.declared = declared
        self.module_name = module_name
        self.ledger = ledger
        self.position = next(_positions)
        self.superseded: tuple[str, ...] = ()
        self.edits = tuple(edit for edit in declared.patch.edits if edit.target.module == module_name)
        self.has_callbacks = any(callback for _, callback in declared.patch.callbacks)
        self.layers: dict[Layer, None] = {}  # in the order of their installation
        self.kept = 0  # how many layers that stand nowhere any more had copies when that was looked at
        self.rounds: dict[int, Round] = {}
        self.armed = False
        self.state = State.WAITING
        self.reason = ""

    @property
    def patch_id(self) -> str:
        return self.declared.id

    @property
    def described(self) -> str:
        """The targets, for messages."""
        return ", ".join(str(edit.target) for edit in self.edits)

    def rearm(self) -> None:
        """Be meant to be in effect again; what was not tried or was reverted waits for its module."""
        self.armed = True
        if self.state in {State.REVERTED, State.CONFLICT, State.FAILED, State.DRIFTED, State.DISABLED}:
            self.become(State.WAITING)

    def stand_down(self, state: State, reason: str) -> None:
        """Not be meant to be in effect, since another patch is."""
        self.armed = False
        self.become(state, reason)

    def stay_out(self, state: State, reason: str) -> None:
        """Say why it has been taken out, unless that has failed, or another thread has armed it again."""
        if self.state is State.REVERTED:
            self.become(state, reason)

    def become(self, state: State, reason: str = "") -> None:
        self.state = state
        self.reason = reason

    def apply(self, module: ModuleType, sweep: Sweep | None = None) -> list[Change]:
        """Put the edits into the loaded module, if the patch is meant for it; return what was replaced by what.

        Edits that are in place already are left as they are. Raises the BackportError that says why it cannot be done,
        with nothing of this part in place. A part whose `before_apply` another thread is calling is left to that one.
        """
        if not self.armed:
            return []
        if self.holds(module):
            self._begin_again(module)
            return []
        if self.layers:
            self._forget_overwritten()
            let_go([self], module)
        sweep = sweep or eligibility.Sweep()
        judgement = sweep.judge(self.declared.patch.requires)
        layers = self._meant(judgement, module)
        if not layers or (not self._are_known(layers, sweep) and self._absorbed(layers)):
            return []
        self._check_absence(layers)
        why = "" if judgement.eligible else f": {judgement.reason}, but the body is one that it was written against"
        return self._announce_and_install(layers, module, f"in effect in {self.module_name}{why}")

    def _begin_again(self, module: ModuleType) -> None:
        """Announce the edits to a body that has run anew and left them where they are."""
        if self.has_callbacks:
            self._round_of(module).before_apply()

    def _announce_and_install(self, layers: list[Layer], module: ModuleType, reason: str) -> list[Change]:
        if not self.has_callbacks:
            return self._put_in(layers, reason)
        round_ = self._round_of(module)
        if not round_.before_apply():
            return []
        try:
            return self._put_in(layers, reason)
        except BaseException:
            round_.after_undo()
            raise

    def _put_in(self, layers: list[Layer], reason: str) -> list[Change]:
        # Before they are installed: a process that is forked in between must be able to undo them.
        self.layers.update(dict.fromkeys(layers))
        try:
            changes = self._install(layers)
        finally:
            self._keep_installed(layers)
        self.become(State.APPLIED, reason)
        if not self.armed:  # undone meanwhile, by another thread or by a callback, which has not seen these layers
            changes += self.revert()[0]
        return changes

    def _keep_installed(self, layers: list[Layer]) -> None:
        """Of the layers that were tried, keep those that stand, also what another thread has dropped meanwhile."""
        for layer in layers:
            if not layer.installed:
                self._drop(layer)
            else:
                self.layers.setdefault(layer)
                codes = callables.codes(layer.value), callables.codes(layer.below)
                layer.seen = id(layer.value), *codes, layer.seen[3], id(layer.below)

    def _meant(self, judgement: Eligibility, module: ModuleType) -> list[Layer]:
        """The layers to install; none, and the reason taken down, if the patch is not meant for what is installed."""
        if judgement.eligible:
            return [self._layer(number, edit, module) for number, edit in enumerate(self.edits)]
        if not eligibility.left_to_the_body(self.declared.patch, judgement):
            self.become(State.DORMANT, judgement.reason)
            return []
        try:
            layers = [self._layer(number, edit, module) for number, edit in enumerate(self.edits)]
            if not self._absorbed(layers):
                self._check_absence(layers)
        except BackportError as error:
            self.become(State.DORMANT, f"{judgement.reason}, and {error.message}")
            return []
        return layers

    def _round_of(self, module: ModuleType) -> Round:
        from backportkit.engine.callbacks import Round  # few patches have any

        for key, known in self.rounds.copy().items():
            if known.is_over() or (key == id(module) and not known.is_of(module)):
                self.rounds.pop(key, None)
        return self.rounds.setdefault(id(module), Round(self.declared.patch, module))

    def left(self, module: ModuleType) -> list[Layer]:
        """The layers that the module itself does not lead to: it, a class or a mapping was made anew, or has gone."""
        try:
            keys = [self._place(edit, module)[0].key for edit in self.edits]
        except BackportError:
            return []
        return [layer for layer in list(self.layers) if layer.place.key not in keys or not self._stands(layer)]

    def _stands(self, layer: Layer) -> bool:
        return layer.place.owner is not None and layer in self.ledger.layers(layer.place)

    def let_go(self, layers: list[Layer], held: set[Layer]) -> None:
        """Drop the layers of which nobody has copies, and whose owner nobody uses."""
        self.kept = 0
        for layer in layers:
            if layer in held or (self._stands(layer) and _is_in_use(layer.place.owner)):
                self.kept += 1
                continue
            if self._stands(layer):
                self.ledger.abandon(layer.place)
            self.ledger.paid(self.ledger.remove(layer))
            self._drop(layer)

    def _drop(self, layer: Layer) -> None:
        self.layers.pop(layer, None)  # another thread may have been first

    def forget_replaced(self, module: ModuleType) -> None:
        """The module's body has run anew: what it has assigned is no layer of anybody's, but the new original."""
        self.rounds.pop(id(module), None)
        self._forget_overwritten()
        body = body_of(module)
        for layer in list(self.layers):
            if isinstance(layer.place, ModulePlace) and layer.place.owner is module:
                self.ledger.forget(layer.place)
                layer.body = body

    def _forget_overwritten(self) -> None:
        """A body that ran again and failed half way told nobody: what it has assigned is the new original, too."""
        for layer in list(self.layers):
            owner = layer.place.owner if isinstance(layer.place, ModulePlace) else None
            if owner is None or body_of(owner) is layer.body:
                continue
            if layer in self.ledger.layers(layer.place) or self.ledger.is_lost(layer):
                self.ledger.forget(layer.place)

    def announce_undo(self) -> list[BackportError]:
        """Be no longer meant to be in effect, and call what is to be called first. Returns what is to be raised."""
        self.armed = False
        return [error for round_ in list(self.rounds.values()) for error in round_.before_undo()]

    def revert(self) -> tuple[list[Change], list[BackportError]]:
        """Take the edits out; return what was replaced by what, and why some could not be taken out if so."""
        self.armed = False
        changes: list[Change] = []
        errors: list[BackportError] = []
        covered = self._covered()
        if covered:
            self._forget_overwritten()
        reason = self._reason_of_undo(covered)
        if self.layers and self.state is not State.DISABLED:
            self.become(State.CONFLICT, "taking it out is under way, or was interrupted: call unpatch() again")
        for layer in reversed(list(self.layers)):
            try:
                changes += self.ledger.remove(layer)
                self._drop(layer)
            except BackportError as error:
                errors.append(error)
            except (ForeignLayer, *_UNWRITABLE) as error:
                errors.append(self._not_undone(error))
        if errors:
            self.become(State.CONFLICT, f"not undone: {errors[0].message}")
        elif self.state is not State.DISABLED:
            self.become(State.REVERTED, reason)
        return changes, errors

    def _covered(self) -> list[Layer]:
        """The layers at whose place something else stands, ours or not."""
        present = [layer for layer in list(self.layers) if layer.place.owner is not None]
        return [layer for layer in present if layer.place.read() is not layer.value]

    def _reason_of_undo(self, covered: list[Layer]) -> str:
        """The reason once it is undone; what was never in is not taken out, and what others replaced is theirs."""
        if self.state is State.REVERTED:
            return self.reason
        if not self.layers and self.state not in {State.APPLIED, State.CONFLICT}:
            return "not to be applied any more; it was not in effect"
        names = dict.fromkeys(layer.key[1] for layer in covered if self.ledger.is_lost(layer))
        if not names:
            return "taken out"
        return f"taken out; {', '.join(names)} was deleted or defined anew since it was applied, and left as it is"

    def is_gone(self) -> bool:
        """Whether others have taken out all that is known of it."""
        return not any(self._stands(layer) for layer in list(self.layers))

    def withdraw(self, module: ModuleType) -> tuple[list[Change], list[BackportError]]:
        """Take out what stands in a module whose body has run anew, since it has been refused there. Stay armed."""
        if not self.holds(module):
            return [], []
        changes, errors = self.revert()
        self.armed = True
        return changes, errors

    def fall(self, layer: Layer) -> tuple[list[Change], list[BackportError]]:
        """Take out all, since a wrap could not be made anew and was taken out. Be tried again at the next occasion."""
        armed = self.armed
        errors = self.announce_undo()
        changes, not_undone = self.revert()
        self.armed = armed
        if not not_undone:
            why = getattr(layer.failure, "message", layer.failure)
            self.become(State.FAILED, f"taken out, since what its wrap stood upon was undone: {why}")
        return changes, errors

    def _not_undone(self, error: Exception) -> BackportError:
        if not isinstance(error, ForeignLayer):
            return TargetError(
                "cannot be undone, since the target does not keep what it is given",
                patch=self.patch_id,
                target=self.described,
                expected="the object that was there",
                found=str(error),
                next_step="start a process without the patch: BACKPORTKIT_DISABLE=" + self.patch_id,
            )
        found = error.found
        return ConflictError(
            _ON_TOP,
            patch=self.patch_id,
            target=self.described,
            expected="our replacement",
            found=f"{getattr(found, '__module__', '?')}.{getattr(found, '__qualname__', repr(found))}",
            next_step="undo theirs first, then this one again",
        )

    def settle(self) -> list[BackportError]:
        """Call what is to be called last, now that all copies are bound. Returns what is to be raised."""
        rounds = list(self.rounds.values())
        if self.state is State.APPLIED:
            return [error for round_ in rounds for error in round_.after_apply()]
        return [] if self.layers else [error for round_ in rounds for error in round_.after_undo()]

    def holds(self, module: ModuleType) -> bool:
        """Whether what the edits put there is what a look-up in this very module finds now."""
        if not self.layers:
            return False
        try:
            keys = [(self._place(edit, module)[0].key, str(edit.target)) for edit in self.edits]
        except BackportError:
            return False
        in_effect = {(layer.place.key, layer.key[1]) for layer in list(self.layers) if self.ledger.in_effect(layer)}
        return all(key in in_effect for key in keys)

    def changed_in_place(self) -> tuple[str, str]:
        """In words, what does not run the code of its replacement, and what was changed beneath; else empty."""
        from backportkit.layers import in_place  # for who asks

        given = {str(edit.target): edit.held for edit in self.edits}
        in_effect = filter(self.ledger.in_effect, list(self.layers))
        layers = [(layer, given.get(layer.key[1])) for layer in in_effect]
        return in_place.changed(layers), in_place.changed_beneath(layers)

    def wrappers(self) -> str:
        """In words, what others have put on top of its layers that are in effect; empty if there is nothing."""
        looked = [
            (layer.place, self.ledger.look(layer.place)) for layer in list(self.layers) if self.ledger.in_effect(layer)
        ]
        foreign = {str(place.name): raw for place, (raw, _, is_ours) in looked if not is_ours}
        if not foreign:
            return ""
        from backportkit.layers import beneath

        wrappers = ", ".join(f"{beneath.describe(raw)} at {name!r}" for name, raw in foreign.items())
        return f", beneath {wrappers}: where that calls it"

    def made(self) -> list[Change]:
        """What stood beneath its layers that are in effect, and what stands there now."""
        return [
            Change(layer, layer.below, layer.value)
            for layer in list(self.layers)
            if layer.below is not layer.value and self.ledger.in_effect(layer)
        ]

    def copies(self) -> list[str]:
        """The names elsewhere that were bound to the replacements, as `module:name`."""
        return [where for layer in list(self.layers) for where in aliases.bound(layer)]

    def out_of_reach(self) -> list[str]:
        """Who still holds what was replaced and cannot be bound to anything else; walks the whole heap."""
        from backportkit.layers import holders  # for a person who asks

        in_effect = filter(self.ledger.in_effect, list(self.layers))
        return [line for layer in in_effect for line in holders.out_of_reach(layer)]

    # --- one edit ---

    def _layer(self, number: int, edit: Edit, module: ModuleType) -> Layer:
        place, part = self._place(edit, module)
        patch = self.declared.patch
        found = place.look_up()
        self._check_kind(edit, place, part, found)
        if found is MISSING and edit.how != "add":
            raise self._not_there(edit, place)
        layer = Layer(
            (patch.id, str(edit.target)),
            place,
            self._maker(edit, place, _home(edit, module, place, part)),
            claim=NOTHING if edit.how == "wrap" else part or WHOLE,
            rank=(self.position, number),
            supersedes=self.superseded,
            aliases=patch.aliases,
            content=like_no_other if patch.fixes is None else lambda: self._content(edit, str(patch.fixes)),
            origin=self.declared,
        )
        layer.seen = (*layer.seen[:3], callables.codes(edit.held), layer.seen[4])
        layer.body = body_of(module)
        return layer

    def _place(self, edit: Edit, module: ModuleType) -> tuple[Place, str | None]:
        item = MISSING if edit.target.item is None else edit.target.item
        try:
            return resolve.find(module, edit.target.path, item)
        except (TargetNotFound, TargetRefused) as error:
            raise TargetError(
                "the target is not there" if isinstance(error, AttributeError) else "the target cannot be changed",
                patch=self.patch_id,
                target=str(edit.target),
                found=str(error),
                next_step=getattr(error, "way", "")
                or "correct the target, or narrow `requires` to the releases that have it",
            ) from None

    def _not_there(self, edit: Edit, place: Place) -> TargetError:
        return TargetError(
            "the target is not there",
            patch=self.patch_id,
            target=str(edit.target),
            found=str(resolve.missing(place)),
            next_step="correct the target, or narrow `requires` to the releases that have it",
        )

    def _nothing_left(self, edit: Edit) -> TargetError:
        return TargetError(
            f"nothing is left to wrap at {edit.target}; apply the patch again that adds it",
            patch=self.patch_id,
            target=str(edit.target),
            next_step="apply the patch again that adds it",
        )

    def _check_absence(self, layers: list[Layer]) -> None:
        """Refuse additions where something is, now that it is known not to have come with upstream's fix."""
        for edit, layer in zip(self.edits, layers, strict=True):
            if edit.how == "add" and self._original(layer.place) is not MISSING:
                raise ConflictError(
                    "there is an attribute of that name already",
                    patch=self.patch_id,
                    target=str(edit.target),
                    expected="nothing, since how='add'",
                    found=repr(layer.place.look_up()),
                    next_step="use how='replace', or narrow `requires`",
                )

    def _check_kind(self, edit: Edit, place: Place, part: str | None, found: Any) -> None:
        self._refuse(edit, _refusal(edit, place, part, found) or self._without_effect(edit, place, found))

    def _refuse(self, edit: Edit, reason: tuple[str, str] | None) -> None:
        if reason is not None:
            raise TargetError(
                "the target cannot be changed",
                patch=self.patch_id,
                target=str(edit.target),
                found=reason[0],
                next_step=reason[1],
            )

    def _without_effect(self, edit: Edit, place: Place, found: Any) -> tuple[str, str] | None:
        """Why nobody would see what is put there; None if callbacks say that they make it take effect, and undo that.

        Of an item it is the mapping that counts, of which something was made.
        """
        holder = place if edit.target.item is None else getattr(place, "holder", place)
        if not may_be_read_once(holder):
            return None
        if {name for name, callback in self.declared.patch.callbacks if callback} >= {"after_apply", "after_undo"}:
            return None
        from backportkit.layers import effect  # few classes are of that kind

        return effect.of_replacing(holder.owner, holder.name, found if holder is place else holder.look_up())

    def _check_addition(self, edit: Edit, place: Place, made: Any) -> None:
        if may_be_read_once(place):
            from backportkit.layers import effect

            self._refuse(edit, effect.of_adding(place.owner, place.name, made))

    def _original(self, place: Place) -> Any:
        """What a look-up finds but for our layers."""
        pile = self.ledger.layers(place)
        below = pile[0].below if pile else self.ledger.original(place, place.read())
        return place.inherited() if below is MISSING else below

    def _maker(self, edit: Edit, place: Place, home: fit.Home) -> Callable[[Any], Any]:
        """How to make the object to install from the one found; imports the replacement when it is called."""

        def make(found: Any) -> Any:
            if edit.replacement is None:
                made = edit.value
            elif found is MISSING and edit.how != "add":
                raise self._nothing_left(edit)
            else:
                made = self._made(edit, edit.replacement, found, home)
                # Callers know the original, whatever of ours stands upon it.
                self._check_signature(edit, self._original(place), made, home.part)
            if found is MISSING:
                self._check_addition(edit, place, made)
            return made

        return make

    def _made(self, edit: Edit, replacement: Reference, found: Any, home: fit.Home) -> Any:
        try:
            made = fit.wrap if edit.how == "wrap" else fit.fit
            return made(replacement.resolve(), found, home)
        except BaseException as error:
            raise self._unusable(edit, error) from error

    def _unusable(self, edit: Edit, error: BaseException) -> ReplacementError:
        """What is to be raised in the place of an error that a replacement has raised. Raises it if it must pass."""
        let_interrupt_pass(error)
        return ReplacementError(
            f"the replacement {edit.replacement} cannot be used: {type(error).__name__}: {error}",
            patch=self.patch_id,
            target=str(edit.target),
            next_step="mend the replacement",
        )

    def _content(self, edit: Edit, fixes: str) -> Hashable:
        """What makes two edits of different patches the same: the upstream fix and what is put there."""
        if edit.replacement is None:
            return fixes, repr(edit.value)
        try:
            replacement = edit.replacement.resolve()
        except BaseException as error:
            raise self._unusable(edit, error) from error
        return fixes, edit.namespace, callables.essence(replacement, share_globals=edit.namespace == "target")

    def _check_signature(self, edit: Edit, original: Any, made: Any, part: str | None) -> None:
        if edit.signature == "change" or original is MISSING or callables.takes_alike(original, made):
            return
        from backportkit.layers import kinds  # where it is not plain that they are alike

        reason = kinds.misfit(original, made, part)
        if reason is None and callables.has_parameters(original, part):
            from backportkit.engine import verify  # needs inspect

            reason = verify.misfit(edit, original, made, part)
        if reason is not None:
            raise SignatureError(
                "a caller of the original would fail",
                patch=self.patch_id,
                target=str(edit.target),
                expected="a replacement that takes every call the original takes",
                found=f"{reason} in {edit.replacement}",
                next_step="mend the signature, or write signature='change' if all callers are patched along",
            )

    # --- all edits ---

    def _are_known(self, layers: list[Layer], sweep: Sweep) -> bool:
        """Whether no body need be examined."""
        pairs = [(edit, layer) for edit, layer in zip(self.edits, layers, strict=True) if edit.original or edit.fixed]
        return all(sweep.knows(edit, self._original(layer.place)) for edit, layer in pairs)

    def _absorbed(self, layers: list[Layer]) -> bool:
        """Whether upstream's fix is installed for all edits. Raises DriftError if a body is not what it should be."""
        if any(edit.original or edit.fixed for edit in self.edits) and self._is_fixed(layers):
            self.become(State.ABSORBED, "the installed body is upstream's fix already")
            return True
        return False

    def _is_fixed(self, layers: list[Layer]) -> bool:
        from backportkit.engine import verify  # needs inspect and ast

        findings: list[verify.Finding] = []
        for edit, layer in zip(self.edits, layers, strict=True):
            original = self._original(layer.place)
            if edit.how == "add" and not edit.fixed and original is not MISSING:
                continue  # it came with upstream's fix, or it is in the way: that the other edits tell
            finding = verify.examine(edit, original)
            findings.append(finding)
            found, remedy = self._found_by(edit, original, finding)
            if finding.state is State.FAILED:
                raise TargetError(
                    "the installed body cannot be compared with the one it was written against",
                    patch=self.patch_id,
                    target=str(edit.target),
                    expected=finding.expected,
                    found=found,
                    next_step=f"{remedy or 'install it with its source, declare no `original`'}, or start with "
                    f"BACKPORTKIT_DISABLE={self.patch_id}",
                )
            if finding.state is State.DRIFTED or finding.state is not findings[0].state:
                raise DriftError(
                    "the installed body is not the one it was written against",
                    patch=self.patch_id,
                    target=str(edit.target),
                    expected=finding.expected,
                    found=found,
                    next_step=f"{remedy or self._how_to_mend()}, or start with BACKPORTKIT_DISABLE={self.patch_id}",
                )
        return any(finding.state is State.ABSORBED for finding in findings)

    def _found_by(self, edit: Edit, original: Any, finding: Finding) -> tuple[str, str]:
        """What stands at a target, and what to do if somebody outside of its package has put it there before us."""
        from backportkit.engine import verify

        function = verify.stranger(edit, original) if finding.state in _WRONG else None
        if function is None:
            return finding.found, ""
        code = function.__code__
        name = f"{function.__module__}.{function.__qualname__} of {code.co_filename}:{code.co_firstlineno}"
        is_drift = finding.state is State.DRIFTED
        found = (
            f"{finding.found}: {name} stands there" if is_drift else f"{name} stands there, which cannot be compared"
        )
        if str(function.__module__).partition(".")[0] == edit.target.module.partition(".")[0]:
            return found, ""  # a package may well define in one module what stands in another
        return found, "call apply_all() before whoever puts that there, or let them leave the target"

    def _how_to_mend(self) -> str:
        return f"run `backportkit diff {self.patch_id}` and mend the patch"

    def _install(self, layers: list[Layer]) -> list[Change]:
        try:
            return self.ledger.install(layers)
        except Occupied as occupied:
            other: Any = occupied.layer.origin  # a declaration, as of all layers here
            raise ConflictError(
                f"'{other.id}' has replaced the same target",
                patch=self.patch_id,
                target=self.described,
                expected="one owner for each target",
                found=f"{other}; and {layers[0].origin}",
                next_step=f"drop one of the two, {self.declared.how_to_supersede(other)}, or start with "
                f"BACKPORTKIT_DISABLE={self.patch_id}",
            ) from None
        except BackportError:  # also a TypeError or the like
            raise
        except _UNWRITABLE as error:
            raise TargetError(
                "the target cannot be changed",
                patch=self.patch_id,
                target=self.described,
                found=str(error),
                next_step=f"choose another target, or start with BACKPORTKIT_DISABLE={self.patch_id}",
            ) from error


def let_go(parts: Iterable[Part], module: ModuleType) -> None:
    """Drop the layers that the module itself does not lead to any more, unless undoing them would be noticed.

    Looks through all modules, once for all parts, and only if there are more such layers than the last time.
    """
    left = [(part, part.left(module)) for part in parts if part.layers]
    if all(len(layers) <= part.kept for part, layers in left):
        return
    held = aliases.still_held(layer for _, layers in left for layer in layers)
    for part, layers in left:
        part.let_go(layers, held)


def _is_in_use(owner: Any) -> bool:
    from backportkit.layers import left  # needs gc

    return left.is_in_use(owner)


def _home(edit: Edit, module: ModuleType, place: Place, part: str | None) -> fit.Home:
    return fit.Home(
        module,
        place.owner if is_class(place.owner) else None,
        edit.target.path[-2 if part else -1],
        part,
        share_globals=edit.namespace == "target",
        is_item=edit.target.item is not None,
    )


def _refusal(edit: Edit, place: Place, part: str | None, found: Any) -> tuple[str, str] | None:
    """Why an edit cannot work although the place can be written to, and what to do instead; None if it can.

    `found` is the raw object that a look-up finds there.
    """
    if part is not None and edit.has_value:
        return f"{part} of a property is a function, not a value", "give a replacement"
    if place.name == "__new__" and is_class(place.owner) and place.read() is MISSING:
        reason = f"{place.owned_by} has no __new__ of its own, and one that was added cannot be taken out again"
        return f"{reason} (https://github.com/python/cpython/issues/105888)", "patch __init__, or the inherited __new__"
    if (edit.how == "wrap" or edit.original or edit.fixed) and lazy_imports.is_put_off(found):
        return f"{place.name!r} is imported lazily and is not there yet, {found!r}", "patch it where it is defined"
    is_attribute = edit.how != "add" and edit.target.item is None
    if is_attribute and is_class(found) and _is_defined_at(place, found):
        return whole_class(place.name)
    return None


def whole_class(name: object) -> tuple[str, str]:
    """Why a class cannot be a target, and what to do instead."""
    return (
        f"{name!r} is a whole class: instances, subclasses and pickles that exist would keep the old one",
        "patch the attributes of the class; @backport on a class does so for all its functions at once",
    )


def _is_defined_at(place: Place, found: type) -> bool:
    """Whether a class statement at this very place made the class that stands there."""
    owner = place.owner
    home = f"{owner.__module__}.{owner.__qualname__}" if is_class(owner) else name_of(owner)
    return f"{found.__module__}.{found.__qualname__}" == f"{home}.{place.name}"
