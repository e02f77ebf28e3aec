"""Functions that are changed in place: which one a target means, whether it may be changed, and what is compared."""

from __future__ import annotations

from types import FunctionType

from backportkit.engine import problems
from backportkit.layers import copies, kinds
from backportkit.layers.code_place import CodePlace
from backportkit.layers.layer import Made
from backportkit.layers.place import MISSING, attribute_of_class, bases, dictionary_of
from backportkit.source import callables, decorated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.layers.code_place import Body
    from backportkit.layers.fit import BindingSite
    from backportkit.layers.layer import Content
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place

    Refusal = tuple[str, str]


def place_of(content: Content, found_at: Place, ledger: Ledger) -> Place:
    """The code of the function that was written where a target leads. Raises TargetError."""
    stored, site = ledger.beneath(found_at), content.recipe.site
    function = _known(found_at, site.part, ledger) or _written(stored, site)
    reason = _refusal(found_at, function, ledger, site)
    if reason is not None:
        raise problems.refused(content.key[0], content.edit, reason)
    return CodePlace(function, found_at, site.part, stored)


def _known(found_at: Place, part: str | None, ledger: Ledger) -> FunctionType | None:
    """The function that has been changed there, also beneath what somebody has put around it since."""
    changed = [layer for layer in ledger.changed_in_place() if layer.found_at.key == found_at.key]
    same = (layer for layer in changed if layer.content.recipe.site.part == part)
    return next((layer.place.owner for layer in same if ledger.is_led_to(layer)), None)


def _written(stored: Any, site: BindingSite) -> Any:
    """The function that was written, also where decorators do not say what they wrap; what is none if there is none."""
    found = callables.innermost(stored, site.part)
    try:
        return decorated.written(found, site.name) if type(found) is FunctionType else found
    except decorated.HiddenError:
        return found


def _refusal(found_at: Place, function: Any, ledger: Ledger, site: BindingSite) -> Refusal | None:
    """Say why a function cannot be changed in place, and what to do instead; None if it can."""
    name = str(found_at.name)
    if type(function) is not FunctionType:
        called = name if site.part is None else f"{name}.{site.part}"
        return no_function(called, f": it is a {type(function).__qualname__}")
    definer = _definer(found_at, ledger)
    if definer is not None:
        return inherited(name, ":".join(attribute_of_class(definer, part) for part in ("__module__", "__qualname__")))
    if function.__globals__ is not site.namespace:
        target = f"{function.__globals__.get('__name__')}:{function.__qualname__}"
        return of_others(name, target, is_there=copies.is_where_it_says(function))
    return None


def _definer(found_at: Place, ledger: Ledger) -> type | None:
    """The class that a function is inherited from; None if it is not."""
    stack = ledger.layers(found_at)
    if (stack[0].previous if stack else found_at.read()) is not MISSING:
        return None
    return next(cls for cls in bases(found_at.owner)[1:] if found_at.name in dictionary_of(cls))


def inherited(name: str, definer: str) -> Refusal:
    """Say that a function is not the class's own, and what to do instead."""
    reason = f"{name!r} is inherited from {definer}, and would change for all who inherit it"
    return reason, f"name it where it is defined, '{definer}.{name}', or use how='replace'"


def no_function(name: str, more: str = "") -> Refusal:
    """Say that there is no code to change, and what to do instead."""
    return f"{name!r} is no function that is written in Python, and has no code to change{more}", "use how='replace'"


def of_others(name: str, target: str, *, is_there: bool = True) -> Refusal:
    """Say that a function is another module's, and what to do instead."""
    reason = f"{name!r} is {target}, and would change for all who have it"
    if is_there:
        return reason, f"name it where it is defined, '{target}', or use how='replace'"
    return reason, "call apply_all() before whoever puts that there, or use how='replace'"


def comparable(made: Made) -> Made:
    """Return what was made, and what was there, as functions that can be compared.

    Raises ReplacementError or SignatureError where the code of one cannot run in place of the other's.
    """
    place: Any = made.layer.place
    old, new = made.original, made.value
    _check_code(made.layer.key[0], made.layer.content.edit, old, new)
    return Made(made.layer, place.shown(old), place.shown(new), place.shown(old))


def _check_code(patch_id: str, edit: Edit, old: Body, new: Body) -> None:
    was, now = kinds.of_code(old.code), kinds.of_code(new.code)
    if was != now:
        way = "give what it gives, or use how='replace' with signature='change' if all callers are patched along"
        raise problems.misfit(patch_id, edit, f"it was {was} and would be {now}", way)
    if old.code.co_freevars != new.code.co_freevars:
        raise problems.unfit(patch_id, edit, other_variables(edit, old.code.co_freevars, new.code.co_freevars))


def other_variables(edit: Edit, has: tuple[str, ...], needs: tuple[str, ...]) -> Refusal:
    """Say that the code would read other variables than it names: the interpreter compares their number only."""
    here, there = (", ".join(names) or "none" for names in (needs, has))
    reason = f"it has these variables of the functions and the class around it: {here}; and the target has: {there}"
    cls = (edit.target.class_ or "the class").rpartition(".")[2]
    if "__class__" in needs and "__class__" not in has:
        return reason, f"write super({cls}, self) in place of super(), and {cls} in place of __class__"
    if "__class__" in has and "__class__" not in needs:
        return reason, f"write it in a class {cls} that @backport decorates, and mention __class__ in its body"
    return reason, f"define it in a function that has these variables and no others: {there}"
