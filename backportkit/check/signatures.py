"""BK201: compare the parameters of what stands at a target, and of what a patch puts there, from source."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from backportkit.check import replacements, values
from backportkit.source import signature
from backportkit.source.definitions import decorator_names, parameters
from backportkit.source.functions import function_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from inspect import Signature

    from backportkit.check.findings import Finding
    from backportkit.check.targets import Site
    from backportkit.declaration.edits import Edit
    from backportkit.source.found import Function

_METHODS = frozenset({"classmethod", "staticmethod"})
# Decorators that leave the parameters of a function as they are.
_TRANSPARENT = frozenset({"abstractmethod", "final", "overload", "override", "cache", "lru_cache"}) | _METHODS
_COMPUTED = frozenset({"property", "cached_property"})
_AS_IT_IS = frozenset({"wraps"})  # decorators of what a wrapper returns that leave it as it is
_OWN = "give the replacement the original's parameters; others need defaults"
_RETURNED = "give the function that the wrapper returns the original's parameters, or *args and **kwargs to pass on"


def judge(site: Site) -> Iterator[Finding]:
    """Compare the parameters. Of several definitions any may count, so it is an error only if none of them fits."""
    edit = site.edit
    if edit.how == "add" or edit.signature == "change":
        return
    misfit = _misfit_of_returned if edit.how == "wrap" else _misfit
    reasons = [misfit(site, node) for node in values.functions(edit, site.found)]
    if reasons and all(reasons) and len(reasons) == len(site.found.candidates):
        message = f"calls that work with the original fail: {reasons[-1]}"
        yield site.finding("BK201", message, _RETURNED if edit.how == "wrap" else _OWN)


def _misfit(site: Site, node: Function) -> str | None:
    """Say which call of a definition fails with the replacement; None if none fails, or nobody can tell."""
    edit = site.edit
    kinds, held = decorator_names(node), edit.replacement.held if edit.replacement is not None else None
    if edit.how == "in_place":  # the decorators around the two functions do not count
        kinds, held = kinds & _METHODS, None
    if kinds & _COMPUTED and isinstance(held, staticmethod | classmethod):
        return "it is read like a value and must stay so"
    if kinds - _TRANSPARENT:
        return None
    if isinstance(held, property | cached_property):
        return "it is called, not read"
    replacement = _signature_of(edit, kinds)
    return None if replacement is None else signature.misfit(_original(site, node, kinds), replacement)


def _misfit_of_returned(site: Site, node: Function) -> str | None:
    """Say which call fails with each function that a wrapper returns; None if one takes all, or nobody can tell."""
    kinds, returned = decorator_names(node), replacements.returned(site.edit)
    if kinds - _TRANSPARENT or not returned:
        return None
    binds = _binds(site.edit, kinds)
    reasons: list[str | None] = []
    for one in returned:
        taken = _parameters_of_returned(one)
        made = None if taken is None else signature.of_arguments(taken, binds=binds)
        reasons.append(None if made is None else signature.misfit(_original(site, node, kinds), made))
    return reasons[-1] if all(reasons) else None


def _parameters_of_returned(node: Function | ast.Lambda | None) -> ast.arguments | None:
    """Return the parameters of a function that a wrapper returns; None if they cannot be told."""
    if isinstance(node, ast.Lambda):
        return node.args
    return node.args if node is not None and decorator_names(node) <= _AS_IT_IS else None


def _original(site: Site, node: Function, kinds: set[str]) -> Signature:
    return signature.of_arguments(parameters(node, site.found.source), binds=_binds(site.edit, kinds))


def _signature_of(edit: Edit, kinds: set[str]) -> Signature | None:
    """Return the signature of the replacement. A plain function is bound as the target is."""
    named = replacements.named(edit)
    if named is not None and not named.functions:
        return None
    if named is not None:
        own = decorator_names(named.functions[-1])
        taken = parameters(named.functions[-1], named.source)
        return signature.of_arguments(taken, binds=_binds(edit, own & _METHODS or kinds))
    held = edit.replacement.held if edit.replacement is not None else None
    own = {type(held).__name__} & _METHODS
    function = function_of(held)
    return None if function is None else signature.of_function(function, binds=_binds(edit, own or kinds))


def _binds(edit: Edit, kinds: set[str]) -> bool:
    """Tell whether Python passes the first argument."""
    return edit.target.is_in_class and "staticmethod" not in kinds
