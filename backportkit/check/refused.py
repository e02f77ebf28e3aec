"""BK218: find edits that run time is bound to refuse, by running run time's own rules on a replica of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check import replacements, replica, swapped
from backportkit.check.swapped import MEND
from backportkit.engine import edits
from backportkit.errors import BackportError
from backportkit.layers.layer import Made
from backportkit.layers.ledger import Ledger
from backportkit.layers.place import MISSING

if TYPE_CHECKING:
    from backportkit.check.swapped import Refusal
    from backportkit.check.targets import Site
    from backportkit.layers.layer import Layer


def reason(site: Site) -> Refusal | None:
    """Return why run time is bound to refuse an edit, and the next step; None if source does not tell that it is.

    Raises OSError if source of another release cannot be read.
    """
    if site.edit.how == "in_place":
        return swapped.reason(site)
    try:
        made = replica.of(site.edit)
        layer = edits.layer_of(site.declared, site.edit, made, (0, 0), Ledger())
        _make(site, layer)
    except replica.Untold:
        return None
    except OSError:
        raise
    except BackportError as error:
        return None if _is_absent(error) else (error.found or error.message, error.next_step or MEND)
    except TypeError as error:  # the replacement cannot be made to fit
        return str(error), MEND
    return None


def _is_absent(error: BackportError) -> bool:
    return error.message == "the target is not there"


def _make(site: Site, layer: Layer) -> None:
    """Make the value for the target, with plain functions in place of the written ones. Raises as run time does."""
    recipe, found = layer.content.recipe, layer.place.look_up()
    if found is MISSING:
        value = site.edit.value if recipe.is_value else replica.function
        edits.verify(Made(layer, MISSING, value, MISSING))
    elif site.edit.how != "add" and not recipe.is_value and _gives_function(site):
        recipe.replacement = (lambda _: replica.function) if site.edit.how == "wrap" else replica.function
        recipe.make(found)


def _gives_function(site: Site) -> bool:
    """Tell whether the edit puts a plain function at its target."""
    if site.edit.how == "wrap":
        return replacements.returns_functions(site.edit)
    held = site.edit.replacement.held if site.edit.replacement is not None else None
    if held is not None:
        return type(held) is type(replica.function)
    node = replacements.node_of(site.edit)
    return node is not None and not node.decorator_list
