"""Refuse code that reads a name which nothing in it binds."""

from __future__ import annotations

import ast
import symtable
from typing import TYPE_CHECKING

from backportkit.authoring import names
from backportkit.authoring.adopt import given
from backportkit.source import callables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.authoring.adopt.draft import Adopted

_OF_EVERY_MODULE = names.OF_MODULES | {"__annotations__", "__builtins__"}


def check(adopted: Adopted, texts: Iterable[str]) -> None:
    """Raise NothingToWriteError if a module of a patch reads what it does not bind, and what no person is told of."""
    told = {name for one in adopted.taken for name in one.made.needs.lacking}
    found = sorted({name for text in texts for name in _unbound(text)} - told)
    if found:
        raise given.refused(adopted.first.located, f"what would be written reads {found[0]}, which nothing binds there")


def _unbound(text: str) -> frozenset[str]:
    tree = ast.parse(text)
    read = frozenset(callables.loaded(compile(tree, "", "exec", dont_inherit=True)))
    symbols = symtable.symtable(text, "", "exec").get_symbols()
    bound = {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}
    return read - bound - names.bound_anew(tree) - _OF_EVERY_MODULE
