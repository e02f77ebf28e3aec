"""The record of one patch in one module: how far it has got, and the layers that were put in."""

from __future__ import annotations

from backportkit import states
from backportkit.declaration.edits import module_of
from backportkit.engine import outcome
from backportkit.engine.outcome import Outcome
from backportkit.layers.journal import lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.engine.callbacks import Round
    from backportkit.errors import BackportError
    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.plain import Fitting

# For patches without layers or rounds, which most are until they are put in, or for ever: nothing is entered here.
_NO_LAYERS: dict[Layer, None] = {}
_NO_ROUNDS: dict[int, Round] = {}


class ModuleRecord:
    """One patch in one module, and how far it has got.

    `armed` says whether the patch is to be in effect; `outcome` says what became of the last attempt. `layers` are all
    that were put in and not taken out, also in a module that was deleted or reloaded since: somebody may still have the
    objects that they replaced. `rounds` has the callbacks of each module that is patched, by the module's id.
    `superseded` are the ids of the patches whose place this one takes. `fittings` are worked out once for a plain
    patch, see `engine.flat`. `kept` is the number of layers that the module did not lead to any more, and that somebody
    used still, at the last look.
    """

    __slots__ = (
        "armed",
        "declared",
        "fittings",
        "has_callbacks",
        "kept",
        "layers",
        "ledger",
        "module_name",
        "outcome",
        "rounds",
        "superseded",
    )

    def __init__(self, declared: Declared, module_name: str, ledger: Ledger) -> None:
        self.declared = declared
        self.module_name = module_name
        self.ledger = ledger
        self.superseded: tuple[str, ...] = ()
        self.has_callbacks = declared.patch.has_callbacks
        self.fittings: tuple[Fitting, ...] | None = None
        self.layers = _NO_LAYERS  # in the order of their installation
        self.kept = 0
        self.rounds = _NO_ROUNDS
        self.armed = False
        self.outcome = outcome.WAITING

    @property
    def state(self) -> str:
        return self.outcome.state

    @property
    def reason(self) -> str:
        return self.outcome.reason

    @property
    def under_way(self) -> bool:
        return self.outcome.under_way

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits in this module; a patch with a single edit makes that anew each time."""
        return tuple(edit for edit in self.declared.patch.edits if edit.target.module == self.module_name)

    def origins(self) -> list[str]:
        """The other modules that replacements come from."""
        parts = self.declared.patch.parts
        if len(parts) > 1:
            parts = [part for part in parts if part[0] == self.module_name]
        return [origin for _, _, put, _ in parts if (origin := module_of(put)) not in {"", self.module_name}]

    @property
    def patch_id(self) -> str:
        return self.declared.id

    @property
    def described(self) -> str:
        """The targets, for messages."""
        return ", ".join(str(edit.target) for edit in self.edits)

    def disarm(self, state: str, reason: str) -> None:
        """Disarm the patch because of another one, and note the reason."""
        self.armed = False
        self.become(state, reason)

    def wait_again(self) -> None:
        """Wait for the next import of the module, since this one is refused because of another patch."""
        self.armed = True
        if self.state == states.REVERTED:
            self.become(states.WAITING)

    def stay_out(self, state: str, reason: str) -> None:
        """Note why the patch has been taken out, unless that has failed or another thread has armed it again."""
        if self.state == states.REVERTED:
            self.become(state, reason)

    def stay_in(self, refusal: BackportError) -> None:
        """Note why nothing of the patch is taken out."""
        self.armed = False
        self.become(states.CONFLICT, f"not undone: {refusal.message}")

    def become(self, state: str, reason: str = "") -> None:
        self.outcome = Outcome(state, reason)

    @property
    def is_wanted(self) -> bool:
        """True if it is to be in effect, and its declaration has not been withdrawn."""
        return self.armed and not self.declared.withdrawn

    def keep(self, layers: list[Layer]) -> bool:
        """Take down layers before they are put in: who withdraws the patch meanwhile, or forks, has to undo them.

        Return False, with none of them kept, if the patch is withdrawn already: then nobody would undo them.
        """
        begin_keeping([self])
        self.layers.update(dict.fromkeys(layers))
        self.outcome = outcome.APPLYING
        if not self.declared.withdrawn:
            return True
        for layer in layers:
            self.drop(layer)
        self.outcome = outcome.WAITING
        return False

    def drop(self, layer: Layer) -> None:
        self.layers.pop(layer, None)  # another thread may have been first

    def round_of(self, module: ModuleType) -> Round:
        from backportkit.engine.callbacks import Round  # few patches have any

        for key, known in self.rounds.copy().items():
            if known.is_over() or (key == id(module) and not known.is_of(module)):
                self.rounds.pop(key, None)
        with lock:
            if self.rounds is _NO_ROUNDS:
                self.rounds = {}
        return self.rounds.setdefault(id(module), Round(self.declared.patch, module))

    def stay_under_way(self, error: BaseException) -> None:
        """Note that applying the patch was interrupted, and what to do."""
        reason = f"applying it was interrupted by {error!r}: call apply_all() again"
        self.outcome = Outcome(states.FAILED, reason, under_way=True)

    def call_last(self) -> list[BackportError]:
        """Call the callbacks that come last, now that all copies are bound. Returns what is to be raised."""
        rounds = list(self.rounds.values())
        if self.state == states.APPLIED:
            return [error for round_ in rounds for error in round_.after_apply()]
        return [] if self.layers else [error for round_ in rounds for error in round_.after_undo()]


def begin_keeping(patches: Iterable[ModuleRecord]) -> None:
    """Give each patch a dictionary of its own for its layers."""
    with lock:  # another thread may have come so far, too
        for patch in patches:
            if patch.layers is _NO_LAYERS:
                patch.layers = {}
