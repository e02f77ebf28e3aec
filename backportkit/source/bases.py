"""Follow the bases of a class to modules that `import` has imported, and to classes that every process has."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from backportkit.source import binders, modules
from backportkit.source.definitions import dotted
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.source.found import Found
    from backportkit.source.modules import Modules

# Modules of Python itself with classes whose source does not say all: aliases, and classes with a metaclass.
_KNOWN = frozenset({"_collections_abc", "abc", "typing"})


def imported(bound: Sequence[ast.stmt], names: Sequence[str], others: Modules) -> tuple[str, Sequence[str]]:
    """Return the module that the first names of `a.b.Class` mean, and the rest; no module if no `import` binds `a`.

    `bound` are the statements that bind the first name.
    """
    aliases = [one for statement in bound if isinstance(statement, ast.Import) for one in statement.names]
    concerned = [one for one in aliases if (one.asname or one.name.partition(".")[0]) == names[0]]
    if not concerned or len(names) == 1 or not all(isinstance(one, ast.Import) for one in bound):
        return "", names
    module, rest = concerned[0].name if concerned[0].asname else names[0], names[1:]
    while rest[1:] and others.read(f"{module}.{rest[0]}") is not None:
        module, rest = f"{module}.{rest[0]}", rest[1:]
    return module, rest


def known(found: Found, names: Sequence[str]) -> type | None:
    """Return the class of this process that a finding is about; None if it is no class that every process has.

    `names` are those of the base. What has no source counts by its imported name, or by the last of them.
    """
    if found.source is None:
        return None
    native = modules.loaded_native(found.source.module) if found.kind is Kind.NATIVE else None
    module = sys.modules.get(found.source.module) if found.source.module in _KNOWN else native
    bound = [one for node in found.nodes if isinstance(node, ast.stmt) for one in binders.names(node)]
    imported_as = (found.copied or names[-1]).rpartition(":")[2]
    value = getattr(module, next(iter(bound), imported_as), None)
    cls = getattr(value, "__origin__", value)  # of an alias, as typing.Mapping is one of collections.abc.Mapping
    return cls if isinstance(cls, type) else None


def may_complete(owner: ast.ClassDef) -> bool:
    """Tell whether decorators, arguments or a metaclass may give a class more than its body has. ABCMeta does not."""
    arguments = [one for one in owner.keywords if one.arg != "metaclass" or dotted(one.value)[-1:] != ["ABCMeta"]]
    return bool(owner.decorator_list or arguments)


def other_name(found: Sequence[Found]) -> list[str]:
    """Return the names that a base is another name of, as `Base = collections.abc.Mapping`; none if it is none."""
    one = found[0] if len(found) == 1 else None
    if one is None or one.kind is not Kind.VALUE or one.source is None or one.source.module in _KNOWN:
        return []
    value = getattr(one.nodes[0], "value", None)
    return dotted(value) if isinstance(value, ast.Name | ast.Attribute | ast.Subscript) else []


def provides_itself(cls: type, name: str) -> bool:
    """Tell whether a class has an attribute of its own or of its bases, other than `object`."""
    return any(name in vars(base) for base in cls.__mro__[:-1])
