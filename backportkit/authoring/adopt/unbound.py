"""Refuse code that reads a name which nothing in it binds."""

from __future__ import annotations

import ast
import symtable
from inspect import CO_OPTIMIZED
from types import CodeType
from typing import TYPE_CHECKING

from backportkit.authoring.adopt import given
from backportkit.authoring.code import names
from backportkit.source import callables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from backportkit.authoring.adopt.draft import Adopted

_OF_EVERY_MODULE = names.OF_MODULES | {"__annotations__", "__builtins__"}


def check(adopted: Adopted, texts: Iterable[str]) -> None:
    """Raise NothingToWriteError if a module of a patch reads what it does not bind.

    A person may have been told of what only a call reads: the module can be imported before that has a value.
    """
    told = {name for one in adopted.taken for name in one.made.needs.lacking}
    found = sorted({name for text in texts for name in _unbound(text, told)})
    if found:
        raise given.refused(adopted.first.located, f"what would be written reads {found[0]}, which nothing binds there")


def _unbound(text: str, told: Collection[str]) -> frozenset[str]:
    tree = ast.parse(text)
    code = compile(tree, "", "exec", dont_inherit=True)
    read = frozenset(_at_import(code)) | (frozenset(callables.loaded(code)) - frozenset(told))
    symbols = symtable.symtable(text, "", "exec").get_symbols()
    bound = {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}
    return read - bound - names.bound_anew(tree) - _OF_EVERY_MODULE


def _at_import(code: CodeType) -> Iterator[str]:
    """Yield the names that a module looks up when it is imported, in the bodies of classes, too."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    alone = code.replace(co_consts=tuple(None if one in inner else one for one in code.co_consts))
    yield from callables.loaded(alone)
    for one in inner:
        if not one.co_flags & CO_OPTIMIZED:  # which functions have
            yield from _at_import(one)
