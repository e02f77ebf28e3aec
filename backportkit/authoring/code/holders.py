"""Find the classes that have a member, in a module and in those that it imports from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.source.reader import absolute
from backportkit.upstream.body import members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.source.lookup import Library
    from backportkit.source.modules import Source


def of(library: Library, source: Source, name: str) -> list[str]:
    """Return the classes that have a member of this name, as `module:Class`. Modules of other packages do not count."""
    found = (f"{one.module}:{node.name}" for one in _near(library, source) for node in _classes(one, name))
    return sorted({*found})


def _near(library: Library, source: Source) -> Iterator[Source]:
    """Yield a module, and the modules of its package that its imports name."""
    assert source.tree is not None
    yield source
    own = source.module.partition(".")[0]
    for statement in (one for one in ast.walk(source.tree) if isinstance(one, ast.ImportFrom)):
        module = absolute(source.package, statement)
        inner = [module, *(f"{module}.{one.name}" for one in statement.names)]
        for one in inner if module.partition(".")[0] == own else ():
            read = library.modules.read(one)
            if read is not None:
                yield read


def _classes(source: Source, name: str) -> list[ast.ClassDef]:
    body = source.tree.body if source.tree is not None else []
    return [one for one in body if isinstance(one, ast.ClassDef) and name in members(one)]


def in_words(having: Sequence[str]) -> str:
    """Say who has an attribute; if nobody is known, that somebody has to look."""
    if not having:
        return "see who has it"
    return f"{', '.join(having)} {'has' if len(having) == 1 else 'have'} it"
