"""Copy statements of a project as they are written, with what is said right above them."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.code import verbatim
from backportkit.source.modules import Source
from backportkit.source.reader import first_line

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from backportkit.scan.file import File

_WORDS = re.compile(r"\w")


class Span(NamedTuple):
    """A part of one line, by its number and columns in bytes, and the text that takes its place."""

    line: int
    start: int
    end: int
    text: str


def span(node: ast.expr, text: str) -> Span | None:
    """Return the span of an expression; None for one of several lines."""
    if node.end_lineno != node.lineno or node.end_col_offset is None:
        return None
    return Span(node.lineno, node.col_offset, node.end_col_offset, text)


def source(file: File) -> Source:
    """Return a file of a project as the writers of patches know modules."""
    is_package = file.text.path.rpartition("/")[2] == "__init__.py"
    return Source(file.module, file.text.path, file.source, file.tree, is_package, ())


def text(file: File, node: ast.stmt, spans: Sequence[Span] = (), without: ast.AST | None = None) -> str:
    """Return a statement with other texts at some places, without one of its decorators, below its comment."""
    changed = source(file)._replace(text=_with(file.source, spans))
    lines = verbatim.text(changed, node).split("\n")
    if without is not None:
        first = getattr(without, "lineno", 0) - first_line(node)
        del lines[first : getattr(without, "end_lineno", 0) - first_line(node) + 1]
    return "\n".join([*comment(file, node), *lines])


def comment(file: File, node: ast.stmt) -> list[str]:
    """Return the lines of the comment right above a statement, but for those that only draw a line."""
    above = reversed(file.source.split("\n")[: first_line(node) - 1])
    told = [line.strip() for line in takewhile(lambda line: line.lstrip().startswith("#"), above)]
    return [line for line in reversed(told) if _WORDS.search(line) and not line.startswith("# fmt:")]


def indented(code: str, indent: str = "    ") -> str:
    """Return lines of code at another depth."""
    return "\n".join(f"{indent}{line}" if line else line for line in code.split("\n"))


def _with(code: str, spans: Sequence[Span]) -> str:
    lines = code.split("\n")
    for one in sorted(spans, reverse=True):
        line = lines[one.line - 1].encode()
        lines[one.line - 1] = (line[: one.start] + one.text.encode() + line[one.end :]).decode()
    return "\n".join(lines)
