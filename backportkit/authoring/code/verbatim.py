"""Take statements out of a source as they are written, to be put at another depth."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, Any

from backportkit.source import private
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.source.modules import Source

_FEED = re.compile(r"^[ \t\f]*\f")
_OPENS, _CLOSES = (getattr(tokenize, f"{kind}STRING_{end}", None) for kind in "F" for end in ("START", "END"))


def text(source: Source, node: ast.stmt, indent: str = "") -> str:
    """Return a statement with its decorators, indented as asked. No string in it is changed but docstrings."""
    lines = source.text.split("\n")[first_line(node) - 1 : node.end_lineno]
    fixed = set(_in_strings(lines)).difference(_in_docstrings(node))
    own = lines[node.lineno - first_line(node)]
    depth = node.col_offset - (len(own) - len(_FEED.sub("", own)))  # Python counts a form feed as a column
    moved = [line if at in fixed else _moved(_FEED.sub("", line), depth, indent) for at, line in enumerate(lines)]
    return "\n".join(moved).rstrip()


def beginning_with(source: Source, node: ast.stmt, lines: Sequence[str], indent: str = "") -> str:
    """Return a function with further lines at the beginning of its body. It must have one that `has_lines`."""
    written = text(source, node, indent).split("\n")
    first = _first(node) if lines else node
    depth = indent + " " * (first.col_offset - node.col_offset)
    at = first_line(first) - first_line(node)
    return "\n".join([*written[:at], *(f"{depth}{line}" for line in lines), *written[at:]])


def has_lines(source: Source, node: ast.stmt) -> bool:
    """Tell whether the body of a function has lines of its own."""
    first = _first(node) if isinstance(node, FUNCTIONS) else node
    return first is not node and not source.text.split("\n")[first_line(first) - 1][: first.col_offset].strip()


def _first(node: ast.stmt) -> ast.stmt:
    """Return the first statement of a function after its docstring; the docstring if it has no other."""
    first, *others = getattr(node, "body", [node])
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    found: ast.stmt = others[0] if is_docstring and others else first
    return found


def quoted(source: Source, node: ast.stmt) -> str:
    """Return a statement in one line, after the number of its first."""
    return f"line {first_line(node)}: {' '.join(text(source, node).split())}"


def _moved(line: str, depth: int, indent: str) -> str:
    if not line.strip():
        return ""
    return indent + (line[depth:] if line[:depth].isspace() or not depth else line.lstrip())


def _in_strings(lines: list[str]) -> Iterator[int]:
    """Yield the numbers of the lines that begin within a string."""
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
        first, last = token.start[0], token.end[0]
        if token.type == _OPENS:
            opened.append(first)
        elif token.type == _CLOSES:
            first = opened.pop()
        if token.type in {tokenize.STRING, _CLOSES}:
            yield from range(first, last)


def _in_docstrings(node: ast.stmt) -> Iterator[int]:
    """Yield the numbers of the lines that begin within a docstring: these move along with the code."""
    above = first_line(node) - 1
    for one in ast.walk(node):
        if isinstance(one, DEFINITIONS) and ast.get_docstring(one, clean=False) is not None:
            told = one.body[0]
            yield from range(told.lineno - above, (told.end_lineno or told.lineno) - above)


def needs_class(node: ast.AST) -> bool:
    """Tell whether a method means what it means only within its class: by `super()`, or by private names."""
    return any(_is_of_class(getattr(one, field, None)) for one in ast.walk(node) for field in ("id", "attr", "arg"))


def _is_of_class(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    return name in {"super", "__class__"} or private.is_private(name)


def plain_value(node: ast.stmt) -> tuple[Any] | None:
    """Return the value that an assignment gives, in a tuple, if JSON can say it; else None."""
    value = getattr(node, "value", None)
    if isinstance(node, FUNCTIONS) or value is None:
        return None
    try:
        found = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return (found,) if _is_data(found) else None


def _is_data(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_data, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_data(inner) for name, inner in value.items())
    return value is None or isinstance(value, bool | int | float | str)
