"""Read what is said of a patch by hand: addresses, advisories, and what goes wrong without it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from backportkit.declaration.advisories import is_id
from backportkit.source.reader import DEFINITIONS, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.authoring.adopt.draft import Taken

_ADDRESS = re.compile(r"https?://[^\s<>\"'`)\]]+[^\s<>\"'`)\].,;:]")
_NUMBER = re.compile(r"(?<![\w/.-])([\w.-]+/[\w.-]+)#(\d+)\b")  # as GitHub writes a change: pytorch/pytorch#176557
_CHANGE = re.compile(r"/(?:pull|commit|merge_requests|issues)/\w+$|/advisories/GHSA-[\w-]+$")
_ADVISORY = re.compile(r"\b(?:CVE-\d{4}-\d{4,}|PYSEC-\d{4}-\d+|GHSA(?:-[0-9a-z]{4}){3})\b")


class Said(NamedTuple):
    """The words that are said of a patch by hand.

    Attributes:
        addresses: The addresses in its code and in the comments above it.
        advisories: The ids of advisories there.
        summary: The first line of the docstring of its body; empty if it has none of its own.
    """

    addresses: tuple[str, ...]
    advisories: tuple[str, ...]
    summary: str

    @property
    def changes(self) -> list[str]:
        """The addresses that look as those of a change or of an advisory do."""
        return [one for one in self.addresses if _CHANGE.search(one)]


def of(taken: Sequence[Taken]) -> Said:
    """Return what is said of patches that become one declaration."""
    texts = [text for one in taken for text in _texts(one)]
    addresses = dict.fromkeys(address for text in texts for address in _addresses(text))
    advisories = dict.fromkeys(found for text in texts for found in _ADVISORY.findall(text) if is_id(found))
    return Said(tuple(addresses), tuple(advisories), _summary(taken[0]))


def _summary(one: Taken) -> str:
    """Return the first line of the docstring of a body, unless upstream's own body has it, too."""
    docstring = ast.get_docstring(one.made.node) if isinstance(one.made.node, DEFINITIONS) else None
    line = (docstring or "").split("\n", 1)[0].strip()
    return line if line not in one.bodies.text else ""


def _addresses(text: str) -> Iterator[str]:
    yield from _ADDRESS.findall(text)
    yield from (f"https://github.com/{name}/pull/{number}" for name, number in _NUMBER.findall(text))


def _texts(one: Taken) -> Iterator[str]:
    """Yield the texts that may say what a patch is for: its code, and the comments above its statements."""
    yield one.made.block
    yield from (each.text for each in one.made.needs.statements)
    file = one.located.found.frame.file
    nodes = [one.located.found.edit.statement, one.made.node]
    for node in (each for each in nodes if each is not None and each in file.above):
        yield from _above(file.source.split("\n"), [node, *(place.node for place in file.chain(node))])


def _above(lines: Sequence[str], nodes: Iterable[object]) -> Iterator[str]:
    """Yield the comments above statements, with blank lines among them."""
    for node in nodes:
        at = first_line(node) - 1 if hasattr(node, "lineno") else 0  # type: ignore[arg-type]
        while at > 0 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
            at -= 1
            yield lines[at]
