"""Tell which calls of a function the fixed one does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check.replacements import kind_of
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
    if not isinstance(after, FUNCTIONS):
        return None
    found = (_misfit(one, after, in_class=in_class) for one in before)
    return next(filter(None, found), None)


def _misfit(before: Function, after: Function, *, in_class: bool) -> str | None:
    was_read, is_read = (bool(decorator_names(one) & _COMPUTED) for one in (before, after))
    if was_read or is_read:
        way = "it was read like a value" if was_read else "it was called, and is read now"
        return None if was_read and is_read else way
    reason = signature.misfit(_signature(before, in_class=in_class), _signature(after, in_class=in_class))
    was, is_now = kind_of(before), kind_of(after)
    is_other = None not in (was, is_now) and was != is_now
    return reason or (f"it was {was} and would be {is_now}" if is_other else None)


def _signature(function: Function, *, in_class: bool) -> Signature:
    return signature.of_arguments(function.args, binds=in_class and "staticmethod" not in decorator_names(function))
