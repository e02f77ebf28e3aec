"""Read names of copies, and targets with keys in brackets: `module:CONFIG['a']['b']`, `module:routes[0].endpoint`."""

from __future__ import annotations

from backportkit.declaration import rules
from backportkit.declaration.checked import refuse, several, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from backportkit.declaration.edits import Step

_QUOTES = frozenset("'\"")
_SIGNS = frozenset(":]")


def fields_in(path: str) -> tuple[str | None, str, tuple[str | int, ...]] | None:
    """The class or object, the attribute and the keys behind it that a path names; None if it is not written so."""
    steps = None if "\n" in path else steps_in(path)
    if steps is None:
        return None
    count = len(steps)
    while count and isinstance(steps[count - 1], tuple):
        count -= 1
    if not count:
        return None
    *owner, attribute = steps[:count]
    items = [step[0] for step in steps[count:]]
    return text_of(owner) or None, str(attribute), tuple(items)


def steps_in(path: str) -> list[Step] | None:
    """The names and keys of a path, each key in a tuple of its own; None if brackets or dots are misplaced."""
    steps: list[Step] = []
    rest = path
    while rest:
        is_key = rest[0] == "["
        end = _end_of_key(rest) if is_key else _end_of_name(rest)
        step, rest = rest[:end], rest[end:]
        if (
            not step
            or rest[:2] in {".", ".["}
            or rest[:1] not in {"", ".", "["}
            or (not is_key and not _SIGNS.isdisjoint(step))
        ):
            return None
        steps.append((key_in(step[1:-1]),) if is_key else step)
        rest = rest.removeprefix(".")
    return steps


def text_of(steps: Iterable[Step]) -> str:
    """Return the text of these names and keys."""
    return "".join(f".{step}" if isinstance(step, str) else f"[{step[0]!r}]" for step in steps).removeprefix(".")


def _end_of_name(text: str) -> int:
    return min((at for at in (text.find("."), text.find("[")) if at >= 0), default=len(text))


def _end_of_key(text: str) -> int:
    """Return where the key at the beginning of a text ends, with its brackets; 0 if there is none."""
    if text[1:2] in _QUOTES and (end := _end_of_quoted(text)):
        return end
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if not depth:
            return at + 1 if at > 1 else 0
    return 0


def _end_of_quoted(text: str) -> int:
    """Return where a key in quotes ends; 0 if no bracket follows the closing quote."""
    quote, at = text[1], 2
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    return at + 2 if text[at + 1 : at + 2] == "]" else 0


def key_in(written: str) -> str | int:
    """Return the key that is written in brackets: a text or an integer as in Python, else the text as it is."""
    inner = written[1:-1]
    if written in {f"'{inner}'", f'"{inner}"'} and inner.isprintable() and {"'", '"', "\\"}.isdisjoint(inner):
        return inner
    from ast import literal_eval  # where it is not plain

    try:
        key = literal_eval(written)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return written
    if isinstance(key, int):
        return int(key)  # True and 1 are one key
    return key if isinstance(key, str) else written


def _copy(value: Any) -> str:
    name = rules.text(value)
    module, _, rest = name.partition(":")
    if module.split() != [module] or not rest or rest[0].isspace() or "\n" in rest:
        way = "write 'package.module:name', or 'follow' or 'keep' for all of them"
        raise refuse(f"{shown(name)} names no copy: {way}")
    fields = fields_in(rest) if "[" in rest else None
    if fields is not None and fields[2][1:]:
        what = f"{shown(name)} is an item within an item, where no copy is looked for"
        raise refuse(f"{what}: make it the target of an edit of its own")
    return name


copies = several(_copy)
