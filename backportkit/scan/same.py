"""Tell whether a function with upstream's body does what upstream's does: its global names have to be the same, too."""

from __future__ import annotations

import ast
import symtable
from typing import TYPE_CHECKING

from backportkit.scan.evaluate import Evaluator
from backportkit.scan.project import Project
from backportkit.scan.values import NOTHING_BOUND, Constant, Frame, Own, Ref
from backportkit.source import fingerprint
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from backportkit.scan.file import File
    from backportkit.scan.texts import Text
    from backportkit.scan.values import Value

# What each module has for itself, under one name.
_OF_EACH_MODULE = frozenset({"__doc__", "__file__", "__loader__", "__name__", "__package__", "__path__", "__spec__"})


class OfRelease(Project):
    """The module of upstream's that has the target. Other modules of its package are those of others, too."""

    def is_own(self, module: str) -> bool:
        """Tell whether a module is this one."""
        return module == self.texts[0].module


def has_its_globals(own: Own, evaluator: Evaluator, text: Text) -> bool:
    """Tell whether each global name that a function of the project reads is the same thing in upstream's module.

    What its file imports from that module is the same; so are the same imports, constants, and functions that are the
    same in turn. Of anything else that is not known.
    """
    release = OfRelease([text])
    file = release.parsed(text)
    return file is not None and _Comparison(evaluator, file, Evaluator(release)).is_same(own)


class _Comparison:
    """The comparison of functions of the project with those of a module of upstream's."""

    def __init__(self, evaluator: Evaluator, file: File, upstream: Evaluator) -> None:
        self._evaluator = evaluator
        self._file = file
        self._upstream = upstream
        self._compared: set[ast.AST] = set()

    def is_same(self, own: Own) -> bool:
        """Tell whether all global names of a function are the same; those of functions that it calls, too."""
        self._compared.add(own.node)
        frame = own.frame._replace(at=None)
        return all(self._is_same_name(name, frame) for name in _globals(own.node))

    def _is_same_name(self, name: str, frame: Frame) -> bool:
        if name in _OF_EACH_MODULE:
            return False
        here = self._evaluator.name(name, frame)
        if here == [Ref(self._file.module, (name,))]:
            return True
        there = self._upstream.name(name, Frame(self._file, self._file.tree, None, NOTHING_BOUND))
        return len(here) == len(there) == 1 and self._is_same_value(here[0], there[0])

    def _is_same_value(self, here: Value, there: Value) -> bool:
        if isinstance(here, Ref | Constant):
            return here == there
        if not isinstance(here, Own) or not isinstance(there, Own):
            return False
        if not isinstance(here.node, FUNCTIONS) or not isinstance(there.node, FUNCTIONS):
            return False
        if here.node in self._compared:
            return True
        return fingerprint.of_node(here.node) == fingerprint.of_node(there.node) and self.is_same(here)


def _globals(function: ast.AST) -> set[str]:
    """Return the names in a function that it does not bind itself."""
    left = [symtable.symtable(ast.unparse(function), "", "exec")]
    names: set[str] = set()
    for table in left:  # to which more are added meanwhile
        is_inner = table.get_type() != "module"
        names |= {
            one.get_name() for one in table.get_symbols() if (one.is_global() if is_inner else one.is_referenced())
        }
        left += table.get_children()
    return names
