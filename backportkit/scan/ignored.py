"""Tell which verdicts comments leave out: `# backportkit: ignore[BK605]`, or `# backportkit: ignore` for all."""

from __future__ import annotations

import io
import re
import tokenize
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.file import File
    from backportkit.scan.find import Found

_IGNORED = re.compile(r"#\s*backportkit:\s*ignore(?:\[(?P<codes>[\w\s,]*)\])?")


def is_left_out(code: str, found: Found) -> bool:
    """Tell whether a comment at the line of a patch, or at the end of its statement, leaves out a code."""
    comments = _comments(found.file)
    said = [comments[line] for line in (found.line, _last_line(found)) if line in comments]
    return any(codes is None or code in codes for codes in said)


@cache
def _comments(file: File) -> dict[int, frozenset[str] | None]:
    """Return what the comments of a file leave out, by their lines: some codes, or None for all."""
    if _IGNORED.search(file.source) is None:
        return {}
    found = ((line, _IGNORED.search(text)) for line, text in _texts(file.source))
    return {line: _codes(match["codes"]) for line, match in found if match is not None}


def _texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield the comments of a source with their lines, up to where it is none of this Python's."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _codes(said: str | None) -> frozenset[str] | None:
    return None if said is None else frozenset(one.strip().upper() for one in said.split(","))


def _last_line(found: Found) -> int:
    """Return the last line of the statement that makes a patch, where a comment may stand behind its bracket."""
    statement = found.edit.statement
    is_there = found.file is found.frame.file and found.line >= getattr(statement, "lineno", 0)
    last = getattr(statement, "end_lineno", None) or found.line
    return last if is_there and last >= found.line and not hasattr(statement, "body") else found.line
