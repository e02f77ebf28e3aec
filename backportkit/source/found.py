"""Records of the results of a look-up in source."""

from __future__ import annotations

import builtins
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.source import modules
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from backportkit.source.modules import Source

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


class Kind(Enum):
    """The kind of a definition."""

    FUNCTION = "a function"
    CLASS = "a class"
    VALUE = "a value"
    MISSING = "nothing"
    NATIVE = "no Python source"
    UNKNOWN = "nothing that can be told without running it"


class Found(NamedTuple):
    """The result of a look-up.

    Attributes:
        kind: The kind of the definition.
        nodes: The definitions; several under `if` and `else`.
        source: The module that has them; None if none was found.
        reason: The reason in words, if `kind` is none of the first three.
        inherited: The class that the target inherits it from, as `module:Class`, or None.
        copied: The name that the target's module has imported, or of which the target is another name, as
            `module:name`; or None.
        others: All candidates, if only running the module tells which one counts; else empty.
    """

    kind: Kind
    nodes: tuple[ast.AST, ...] = ()
    source: Source | None = None
    reason: str = ""
    inherited: str | None = None
    copied: str | None = None
    others: tuple[Found, ...] = ()

    @property
    def candidates(self) -> tuple[Found, ...]:
        """All findings that may count, each with one definition at most, in the order of the text."""
        return self.others or (self,)

    @property
    def functions(self) -> tuple[Function, ...]:
        """The definitions, if they are functions."""
        return tuple(node for node in self.nodes if isinstance(node, FUNCTIONS))

    def is_of_another(self, module: str) -> bool:
        """Tell whether a module has imported it, and not defined it under another name."""
        return self.copied is not None and not self.copied.startswith(f"{module}:")

    @property
    def where(self) -> str:
        """The file and line of the last definition; the reason if there is none."""
        if self.source is None or not self.nodes:
            return self.reason or self.kind.value
        return f"{self.source.path}:{getattr(self.nodes[-1], 'lineno', 1)}"


def merge(found: Sequence[Found]) -> Found:
    """Merge all findings that may count into one."""
    if len(found) == 1:
        return found[0]
    first = found[0]
    nodes = tuple(node for one in found for node in one.nodes)
    alike = {(one.kind, one.source.path if one.source else "", one.inherited, one.copied) for one in found}
    if len(alike) == 1 and first.kind in {Kind.FUNCTION, Kind.CLASS, Kind.VALUE}:
        return first._replace(nodes=nodes, others=tuple(found))
    reason = f"it is one of these: {'; '.join(dict.fromkeys(one.where for one in found))}"
    source = next((one.source for one in found if one.nodes), first.source)
    return Found(Kind.UNKNOWN, nodes, source, reason, others=tuple(found))


def in_native(source: Source, path: Sequence[str]) -> Found:
    """Return the finding for a name in a module without Python source, by the loaded module if there is one."""
    native = modules.loaded_native(source.module)
    if native is not None and not hasattr(native, path[0]):
        return Found(Kind.MISSING, source=source, reason=f"{source.module} has no {path[0]!r}")
    return Found(Kind.NATIVE, source=source, reason=source.reason)


def provides(cls: type, name: str) -> bool:
    """Tell whether a class or one of its bases has an attribute. Attributes of its metaclass do not count."""
    return any(name in vars(base) for base in cls.__mro__)


def in_builtin(name: str, path: Sequence[str]) -> Found:
    """Return the finding for an attribute of a built-in class."""
    cls = getattr(builtins, name, None)
    if not isinstance(cls, type):
        return Found(Kind.UNKNOWN, reason=f"the base {name} cannot be followed")
    if provides(cls, path[0]):
        return Found(Kind.NATIVE, reason="it is built in", inherited=f"builtins:{name}")
    return Found(Kind.MISSING)
