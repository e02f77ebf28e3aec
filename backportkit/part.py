"""One patch in one module: apply its edits, all or none, and take them out again."""

from __future__ import annotations

from backportkit import binding, target
from backportkit.errors import BackportError, ConflictError, DriftError, ReplacementError, TargetError
from backportkit.ledger import ForeignLayer, Layer, NotInstalled, Occupied
from backportkit.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from backportkit.ledger import Change, Ledger
    from backportkit.model import Edit
    from backportkit.registry import Declared
    from backportkit.target import Place


class Part:
    """What one patch does in one module, and how far it has got.

    `armed` says whether it is to be in effect; `state` and `reason` say what became of the last attempt.
    """

    __slots__ = ("armed", "declared", "edits", "layers", "module_name", "reason", "state")

    def __init__(self, declared: Declared, module_name: str) -> None:
        self.declared = declared
        self.module_name = module_name
        self.edits = tuple(edit for edit in declared.patch.edits if edit.target.module == module_name)
        self.layers: list[Layer] = []
        self.armed = False
        self.state = State.WAITING
        self.reason = ""

    @property
    def patch_id(self) -> str:
        return self.declared.patch.id

    @property
    def described(self) -> str:
        """The targets, for messages."""
        return ", ".join(str(edit.target) for edit in self.edits)

    def rearm(self) -> None:
        """Be meant to be in effect again; what was not tried or was reverted waits for its module."""
        self.armed = True
        if self.state in {State.REVERTED, State.CONFLICT, State.FAILED, State.DRIFTED}:
            self.become(State.WAITING)

    def become(self, state: State, reason: str = "") -> None:
        self.state = state
        self.reason = reason

    def apply(self, module: ModuleType, ledger: Ledger) -> list[Change]:
        """Put the edits into the loaded module, if the patch is meant for it; return what was replaced by what.

        Edits that are in place already are left as they are. Raises the BackportError that says why it cannot be done,
        with nothing of this part in place.
        """
        from backportkit import eligibility

        if not self.armed:
            return []
        judgement = eligibility.judge(self.declared.patch.requires)
        if not judgement.eligible:
            self.become(State.DORMANT, judgement.reason)
            return []
        layers = [self._layer(edit, module) for edit in self.edits]
        if self._absorbed(layers, ledger):
            return []
        changes = self._install(layers, ledger)
        self.layers = [layer for layer in self.layers if layer.place.owner is not None]
        self.layers += [layer for layer in layers if layer.installed]
        self.become(State.APPLIED, "in effect")
        return changes

    def forget_replaced(self, ledger: Ledger) -> None:
        """The module's body has run anew: drop the record of what it has overwritten, or what is gone."""
        for layer in list(self.layers):
            if not layer.on_top:
                ledger.forget(layer)
                self.layers.remove(layer)

    def revert(self, ledger: Ledger) -> list[Change]:
        """Take the edits out; return what was replaced by what. Raises ForeignLayer, after all others are out."""
        changes: list[Change] = []
        stranded: ForeignLayer | None = None
        self.armed = False
        for layer in reversed(list(self.layers)):
            try:
                changes += ledger.remove(layer)
                self.layers.remove(layer)
            except ForeignLayer as foreign:
                stranded = foreign
        if stranded is not None:
            self.become(State.CONFLICT, f"not undone: {stranded}")
            raise stranded
        self.become(State.REVERTED, "taken out")
        return changes

    def holds(self, module: ModuleType) -> bool:
        """Whether what the edits put there is what a look-up in this very module finds now."""
        try:
            keys = [self._place(edit, module)[0].key for edit in self.edits]
        except BackportError:
            return False
        in_effect = {layer.place.key for layer in self.layers if layer.on_top}
        return all(key in in_effect for key in keys)

    # --- one edit ---

    def _layer(self, edit: Edit, module: ModuleType) -> Layer:
        place, part = self._place(edit, module)
        self._check_presence(edit, place)
        owner = place.owner if isinstance(place.owner, type) else None
        share_globals = edit.namespace == "target"
        home = binding.Home(module, owner, edit.target.path[-2 if part else -1], part, share_globals=share_globals)
        wraps = edit.how == "wrap" or part is not None
        return Layer((self.patch_id, str(edit.target)), place, self._maker(edit, home), wraps=wraps)

    def _place(self, edit: Edit, module: ModuleType) -> tuple[Place, str | None]:
        item = target.MISSING if edit.target.item is None else edit.target.item
        try:
            return target.find(module, edit.target.path, item)
        except (target.TargetNotFound, target.TargetRefused) as error:
            raise TargetError(
                "the target is not there" if isinstance(error, AttributeError) else "the target cannot be changed",
                patch=self.patch_id,
                target=str(edit.target),
                found=str(error),
                next_step="correct the target, or narrow `requires` to the releases that have it",
            ) from None

    def _check_presence(self, edit: Edit, place: Place) -> None:
        present = place.look_up() is not target.MISSING
        if edit.how == "add" and present and not self._is_ours(place):
            raise ConflictError(
                "there is an attribute of that name already",
                patch=self.patch_id,
                target=str(edit.target),
                expected="nothing, since how='add'",
                found=repr(place.look_up()),
                next_step="use how='replace', or narrow `requires`",
            )
        if edit.how != "add" and not present:
            raise TargetError(
                "the target is not there",
                patch=self.patch_id,
                target=str(edit.target),
                found=f"{target.describe(place.owner)} has no {place.name!r}{_similar(place)}",
                next_step="correct the target, or narrow `requires` to the releases that have it",
            )

    def _is_ours(self, place: Place) -> bool:
        return any(layer.place.key == place.key for layer in self.layers)

    def _maker(self, edit: Edit, home: binding.Home) -> Callable[[Any], Any]:
        """How to make the object to install from the one found; imports the replacement when it is called."""

        def make(found: Any) -> Any:
            try:
                replacement = edit.replacement.resolve()
                if edit.how == "wrap":
                    replacement = replacement(binding.function_in(found, home.part))
                return binding.fit(replacement, found, home)
            except Exception as error:
                raise ReplacementError(
                    f"the replacement {edit.replacement} cannot be used: {type(error).__name__}: {error}",
                    patch=self.patch_id,
                    target=str(edit.target),
                    next_step="mend the replacement",
                ) from error

        return make

    # --- all edits ---

    def _absorbed(self, layers: list[Layer], ledger: Ledger) -> bool:
        """Whether upstream's fix is installed for all edits. Raises DriftError if a body is not what it should be."""
        from backportkit import guard

        findings = []
        for edit, layer in zip(self.edits, layers, strict=True):
            pile = ledger.layers(layer.place)
            finding = guard.examine(edit, pile[0].below if pile else layer.place.look_up())
            findings.append(finding)
            if finding.state is State.DRIFTED or finding.state is not findings[0].state:
                raise DriftError(
                    "the installed body is not the one it was written against",
                    patch=self.patch_id,
                    target=str(edit.target),
                    expected=finding.expected,
                    found=finding.found,
                    next_step=f"compare the two bodies, or start with BACKPORTKIT_DISABLE={self.patch_id}",
                )
        if findings[0].state is State.ABSORBED:
            self.become(State.ABSORBED, "the installed body is upstream's fix already")
            return True
        return False

    def _install(self, layers: list[Layer], ledger: Ledger) -> list[Change]:
        try:
            return ledger.install(layers)
        except Occupied as occupied:
            other, _ = occupied.layer.key  # type: ignore[misc]
            raise ConflictError(
                f"'{other}' has replaced the same target",
                patch=self.patch_id,
                target=self.described,
                expected="one owner for each target",
                found=f"'{other}', and this patch of {self.declared.provider} declared at {self.declared.place}",
                next_step=f"drop one of the two, or start with BACKPORTKIT_DISABLE={self.patch_id}",
            ) from None
        except (NotInstalled, TypeError, AttributeError) as error:
            raise TargetError(
                "the target cannot be changed", patch=self.patch_id, target=self.described, found=str(error)
            ) from error


def _similar(place: Place) -> str:
    """A hint at what the author may have meant."""
    import difflib

    close = difflib.get_close_matches(str(place.name), map(str, place.names()), n=1)
    return f" (there is {close[0]!r})" if close else ""
