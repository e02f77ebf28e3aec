"""A module that upstream has no more: it is made when it is imported and nobody else has it, and taken out again."""

from __future__ import annotations

import sys
from types import ModuleType

from backportkit import states
from backportkit.bootstrap import as_importlib
from backportkit.declaration import eligibility
from backportkit.engine import audit, on_error, outcome, problems, removal
from backportkit.engine.module_patch import ModulePatch
from backportkit.engine.whose import whose
from backportkit.errors import PolicyError
from backportkit.hook import lazy_imports, making, renamed
from backportkit.hook.watch import attributes_of
from backportkit.layers.layer import ForeignLayer
from backportkit.layers.place import MISSING, ItemPlace, hold_weakly
from backportkit.source import specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from typing import Any, NoReturn

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.eligibility import Judging
    from backportkit.declaration.registry import Declared
    from backportkit.errors import BackportError
    from backportkit.layers.layer import Change
    from backportkit.layers.ledger import Ledger


class AddedModule(ModulePatch):
    """One module that a patch adds.

    It is made by the import of it: all finders are asked first, and where one has it the patch is dormant. Before that,
    as its `package` is imported, it is opened: to judge whether the patch is meant takes imports; a finder makes none.
    """

    __slots__ = ("_going", "_had", "_is_open", "_left", "_made")

    def __init__(self, declared: Declared, module_name: str, ledger: Ledger) -> None:
        super().__init__(declared, module_name, ledger)
        self._is_open = False
        self._going: Any = None  # what is taken out, until `after_undo` has been called
        self._made: Callable[[], Any] = _nothing  # each returns a module, or None once it is gone
        self._left: Callable[[], Any] = _nothing
        self._had: tuple[Callable[[], Any], Any] = _nothing, MISSING  # the package, and what it had by that name

    @property
    def package(self) -> str:
        return self.module_name.rpartition(".")[0]

    @property
    def _name(self) -> str:
        return self.module_name.rpartition(".")[2]

    @property
    def _edit(self) -> Edit:
        return self.edits[0]

    # --- before it is imported ---

    def open(self, judging: Judging, package: ModuleType | None) -> list[BackportError]:
        """Have it made when it is imported, if the patch is meant for what is installed. Returns what is to be raised.

        Again where that was done: what is installed may have changed. `package` is None as long as its body has not
        run to the end.
        """
        is_meant = judging.judge(self.declared.patch.requires, self.package).eligible
        self._is_open = False
        if is_meant and package is not None and _is_no_package(package):
            return on_error.failed(self, problems.no_package(self.patch_id, self._edit, self.package))
        if is_meant and self._rival() is None:
            self._is_open = True
            making.make_by(self.module_name, self)
        return []

    def _rival(self) -> AddedModule | None:
        """The other patch that adds the module, unless it gives way."""
        other: Any = making.maker_of(self.module_name)
        if other is None or other is self or not other.is_ready or other.patch_id in self.superseded:
            return None
        return other  # type: ignore[no-any-return]

    @property
    def is_ready(self) -> bool:
        """True if it is made as soon as somebody imports it."""
        return self.is_wanted and self._is_open

    # --- what the finder asks for ---

    def find(self) -> ModuleSpec | None:
        """The spec of the module; None if nothing is to be made. Imports nothing and runs nothing of ours."""
        if not self.is_ready:
            return None
        edit = self._edit
        if edit.alias_of:
            return renamed.alias(self.module_name, edit.alias_of, _found(edit.alias_of))
        return renamed.run_as(self.module_name, str(edit.replacement), _found(str(edit.replacement)))

    @as_importlib
    def run(self, loader: Any, module: ModuleType) -> None:  # pragma: no cover
        """Run its body. What that raises is a failure of the patch."""
        self._ask_hooks()
        self._note_package()
        try:
            loader.exec_module(module)
        except BaseException as error:
            self._refuse(error)
            raise
        self._note(sys.modules.get(self.module_name, module))
        if not self.armed:
            self.become(states.CONFLICT, "was imported while it was being undone: call unpatch() again")

    def _ask_hooks(self) -> None:
        try:
            audit.check_apply(self)
        except PolicyError as error:
            self._fail(error)

    def _note_package(self) -> None:
        """Take down what stands where importlib is about to set the module, unless that is the module itself."""
        package = sys.modules.get(self.package)
        had = attributes_of(package).get(self._name, MISSING)
        if had is MISSING or had is not self._made():
            self._had = hold_weakly(package), had

    def _note(self, made: Any) -> None:
        self._made = hold_weakly(made)
        if own := self._edit.alias_of:
            making.aliased[self.module_name] = lambda name: renamed.alias_within(self.module_name, own, name)

    def _refuse(self, error: BaseException) -> None:
        """Raise what its import is refused with, now that its body has raised. An interrupt passes."""
        failure = problems.unusable(self.patch_id, self._edit, error)
        failure.__cause__ = error
        self._fail(failure)

    def _fail(self, failure: BackportError) -> NoReturn:
        """Refuse the import, as one of a module that is not there if the patch is not required."""
        on_error.refuse_import(self.module_name, on_error.failed(self, failure))
        msg = f"No module named {self.module_name!r}"
        raise ModuleNotFoundError(msg, name=self.module_name) from failure

    # --- now that it is imported ---

    def apply(self, module: ModuleType, judging: Judging | None = None) -> list[Change]:
        """Take down that the module is ours, or who has it. Raises CallbackError, and ConflictError."""
        if not self.holds(module):
            judging = judging or eligibility.Judging()
            if self.armed and judging.judge(self.declared.patch.requires, self.package).eligible:
                self._stay_out_of(module)
            return []
        if self.armed:  # pragma: no branch -- else another thread has undone it since it was looked at
            if self.has_callbacks:
                self.round_of(module).before_apply()
            self.become(states.APPLIED, _in_words(self._edit))
            audit.log("applied", (self,))
        return []

    def _stay_out_of(self, module: ModuleType) -> None:
        self._made = _nothing
        rival = self._rival()
        if rival is None or not rival.holds(module):
            self.become(states.DORMANT, f"{whose(module)} provides it")
        elif _do_the_same(self, rival):
            self.become(states.DORMANT, f"{rival.declared} adds it")
        else:
            raise problems.taken(self.declared, self.module_name, rival.declared, "adds the same module")

    def holds(self, module: ModuleType) -> bool:
        return module is not None and self._made() is module

    def is_gone(self) -> bool:
        return sys.modules.get(self.module_name) is None

    def is_deleted(self) -> bool:
        return self.is_gone()

    def is_missed(self) -> bool:
        return False  # whoever puts something else into sys.modules imports nothing

    # --- undo ---

    def revert(self) -> tuple[list[Change], list[BackportError]]:
        """Take it out, with all that is within it, as `refusals` allows. Returns no change and no error."""
        self.armed = False
        made = self._made()
        if made is not None:
            self._take_out(made)
        elif self.state not in {states.DISABLED, states.REVERTED}:
            self.become(states.REVERTED, "not to be applied any more; it was not in effect")
        return [], []

    def refusals(self) -> list[BackportError]:
        """Return why it cannot be taken out: somebody has put another module in its place."""
        made, there = self._made(), sys.modules.get(self.module_name)
        if made is None or there is None or there is made:
            return []
        place = ItemPlace(sys.modules, self.module_name, "sys.modules")
        return [problems.not_undone(self.patch_id, self.described, ForeignLayer(place, there))]

    def _take_out(self, made: Any) -> None:
        """Each step can be taken again: whoever is interrupted undoes it a second time."""
        is_off = self.state == states.DISABLED
        self.outcome = self.outcome if is_off else outcome.UNDOING
        making.aliased.pop(self.module_name, None)
        removal.take_out(self.module_name, made, *self._had)
        self._left, self._made = self._made, _nothing
        self._going = made if self.has_callbacks else None
        if not is_off:
            holders = ", ".join(self._holders())
            self.become(states.REVERTED, f"taken out; it is still had by {holders}" if holders else "taken out")

    def call_last(self) -> list[BackportError]:
        errors = [] if self.state == states.CONFLICT else super().call_last()
        self._going = None
        return errors

    def withdraw(self, module: ModuleType) -> tuple[list[Change], list[BackportError]]:  # noqa: ARG002
        """Leave it to importlib, which takes out a module whose import is refused."""
        return [], []

    def out_of_reach(self) -> list[str]:
        """Return who has what was taken out."""
        return [f"name {where}" for where in self._holders()]

    def _holders(self) -> list[str]:
        """The names that still lead to what was taken out. An alias is nothing of its own."""
        left = self._left()
        return [] if left is None or self._edit.alias_of else removal.holders(left, self.module_name)


def _do_the_same(one: AddedModule, other: AddedModule) -> bool:
    """Tell whether one of two patches is enough: both say that they fix the same, and make the module of the same."""
    mine, theirs = one.declared.patch, other.declared.patch
    return mine.fixes is not None and mine.fixes == theirs.fixes and _source(one.edits[0]) == _source(other.edits[0])


def _source(edit: Edit) -> tuple[str | None, str]:
    return edit.alias_of, str(edit.replacement)


def _in_words(edit: Edit) -> str:
    what = f"is {edit.alias_of}" if edit.alias_of else f"is made of {edit.replacement}"
    return f"in effect: {edit.target} {what}"


def _nothing() -> None:
    pass


def _found(name: str) -> ModuleSpec | None:
    try:
        return specs.find(name)
    except specs.FinderError:
        return None


def _is_no_package(module: Any) -> bool:
    """Tell whether nothing can be imported beneath a module. One that answers for names as they are asked may be."""
    attributes = attributes_of(module)
    return type(module) is ModuleType and attributes.keys().isdisjoint({"__path__", "__getattr__"})


lazy_imports.make(globals())
