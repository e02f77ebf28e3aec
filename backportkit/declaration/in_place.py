"""Check a replacement whose code another function is to get."""

from __future__ import annotations

from backportkit.declaration.checked import refuse
from backportkit.source import callables
from backportkit.source.functions import is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from backportkit.declaration.edits import Edit


def check(edit: Edit) -> None:
    """Refuse what has no code to give, or is to see other globals than the function that gets it."""
    held = edit.held
    if edit.namespace != "target":
        way = "leave out namespace=..., or use how='replace'"
        raise refuse(f"how='in_place' changes a function, which keeps the globals of its own module: {way}")
    if edit.has_value or (held is not None and not _has_code(held)):
        what = "a value" if edit.has_value else f"a {type(held).__name__}"
        way = "give a function, or use how='replace'"
        raise refuse(f"how='in_place' takes the code of a function, and {what} has none: {way}")
    if isinstance(held, property) and (held.fset or held.fdel):
        way = f"write an edit for each of them, such as target='{edit.target}.fset'"
        raise refuse(f"how='in_place' takes the code of one function, and this property has several: {way}")
    if held is not None and _is_decorated(held, edit.target.attribute):
        raise refuse(f"how='in_place' takes the code of a function {callables.DROPPED}")


def _has_code(held: Any) -> bool:
    """Tell whether a function was written in an object, beneath the decorators that stand around it."""
    return is_plain(callables.innermost(held))


def _is_decorated(held: Any, name: str) -> bool:
    """Tell whether decorators stand around the function that was written; False where nobody can tell."""
    try:
        return callables.written(held, name) is not callables.in_descriptor(held)
    except TypeError:  # which is refused when it is applied
        return False
