"""The record of the functions that are called around applying and undoing a patch."""

from __future__ import annotations

from backportkit.declaration import rules
from backportkit.declaration.checked import Record, optional
from backportkit.source.functions import is_python_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ClassVar, TypeAlias

    from backportkit.declaration.checked import Rule
    from backportkit.declaration.reference import Reference

    Callback: TypeAlias = Callable[..., object] | str


def _rule(name: str) -> Rule:
    """Return the rule of the callback with that name, which may be None."""

    def check(value: Any) -> Reference:
        found = rules.reference(value)
        if is_python_function(found.held):
            rules.check_one_argument(found.held, "the module", f"def {name}(module): ...")
        return found

    return optional(check)


class Callbacks(Record):
    """Functions to call around applying and undoing a patch, once for each module that it lands in, with that module.

    Each is a function of one parameter, or the name of one as `package.module:function`, which is imported when it is
    needed. Of each pair the second is called only if the first was, see docs/declaring.md.

    Attributes:
        before_apply: Called before anything is changed. It refuses the patch in that module by raising.
        after_apply: Called when the edits are in place and the copies are bound.
        before_undo: Called before anything is put back.
        after_undo: Called when everything is put back; also if nothing could be applied after `before_apply`.
    """

    __slots__ = fields = hashed = ("before_apply", "after_apply", "before_undo", "after_undo")
    rules: ClassVar[dict[str, Rule]] = {name: _rule(name) for name in fields}
    before_apply: Reference | None
    after_apply: Reference | None
    before_undo: Reference | None
    after_undo: Reference | None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            before_apply: Callback | None = None,
            after_apply: Callback | None = None,
            before_undo: Callback | None = None,
            after_undo: Callback | None = None,
        ) -> None: ...

    def __iter__(self) -> Iterator[tuple[str, Reference | None]]:
        return ((name, getattr(self, name)) for name in self.fields)

    def _fill(self, checked: dict[str, Any]) -> None:
        for name in self.fields:
            object.__setattr__(self, name, checked.get(name))
