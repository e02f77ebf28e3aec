"""Tell which calls of a function the fixed one does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.source import signature
from backportkit.source.definitions import decorator_names
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable
    from inspect import Signature

    from backportkit.source.found import Function

_COMPUTED = frozenset({"property", "cached_property"})  # Python makes these calls itself


def misfit(before: Iterable[Function], after: ast.stmt, *, in_class: bool) -> str | None:
    """Describe the first call that one of the bodies before takes and the one after does not; None for none."""
    if not isinstance(after, FUNCTIONS) or decorator_names(after) & _COMPUTED:
        return None
    now = _signature(after, in_class=in_class)
    found = (signature.misfit(_signature(one, in_class=in_class), now) for one in before)
    return next(filter(None, found), None)


def _signature(function: Function, *, in_class: bool) -> Signature:
    return signature.of_arguments(function.args, binds=in_class and "staticmethod" not in decorator_names(function))
