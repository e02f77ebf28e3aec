"""Lay out the text of the files that a patch is made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.authoring.code import annotated, imports, properties, verbatim
from backportkit.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backportkit.authoring.code.form import Mirror
    from backportkit.authoring.code.piece import Piece

# Upstream's code stays as it is, whatever checkers say of it. `formatted` names rules, if the project has settings.
_AS_IT_IS = "# mypy: ignore-errors\n# ruff: noqa\n"
_FUTURE = "from __future__ import annotations"


class Told(NamedTuple):
    """The texts of the files beside upstream's code.

    Attributes:
        fields: The fields of the patch, in order; a text is written as it is.
        heading: The docstring of the module.
        reproducer: The docstring of the reproducer, and what it raises until it is written.
    """

    fields: Mapping[str, Any]
    heading: str
    reproducer: tuple[str, str]


class Code(str):
    """A text that is Python already."""

    __slots__ = ()


def written(value: Any) -> str:
    """Return a value as Python has it, with double quotes."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return printable(json.dumps(value, ensure_ascii=False))
    if isinstance(value, dict):
        return _within("{", [f"{written(name)}: {written(inner)}" for name, inner in value.items()], "}")
    if isinstance(value, list | tuple):
        return _within("[", [written(inner) for inner in value], "]")
    return repr(value)


def _within(opening: str, entries: Sequence[str], closing: str) -> str:
    line = f"{opening}{', '.join(entries)}{closing}"
    if len(line) <= imports.WIDTH and "\n" not in line:
        return line
    inner = "".join(f"    {entry},\n".replace("\n", "\n    ").rstrip(" ") for entry in entries)
    return f"{opening}\n{inner}{closing}"


def docstring(text: str) -> str:
    """Return a text as a docstring of a module. What nobody sees in it is escaped."""
    safe = printable(text.replace("\\", "\\\\")).replace('"""', '\\"\\"\\"')
    return f'"""{safe}\n"""' if "\n" in safe else f'"""{safe}"""'


def fields(given: Mapping[str, Any]) -> str:
    """Return fields as arguments by name, each in lines of its own."""
    return "".join(f"    {name}={_inner(value)},\n" for name, value in given.items())


def _inner(value: Any) -> str:
    return written(value).replace("\n", "\n    ")


def decorated(target: str, told: Told, mirror: Mirror | None, changed: Piece, beside: Iterable[Piece]) -> str:
    """Return the module of a patch that is one decorated function or class, with helpers before it."""
    helpers = [one for one in beside if not one.is_import]
    pieces = [changed] if mirror is None else mirror.members
    head = imports.at_top([*beside, *pieces])
    known = imports.for_checkers([*helpers, *pieces], [one.name for one in beside], head)
    needed = ["backport", *(["added"] if any(one.is_new for one in pieces) else [])]
    needed += ["any_of"] if "any_of(" in str(told.fields["requires"]) else []
    body = _statement(changed) if mirror is None else _class(mirror)
    text = [
        _opening(told, [*helpers, *pieces]),
        _head(head, needed, known),
        *(f"\n# fmt: off\n{_statement(one)}\n# fmt: on\n" for one in helpers if not _is_inline(one)),
        f"\n# fmt: off\n@backport(\n    {written(target)},\n{fields(told.fields)})\n{body}\n# fmt: on\n",
    ]
    return "\n".join(text)


def _opening(told: Told, pieces: Sequence[Piece]) -> str:
    """Return the lines before the imports. Annotations are evaluated where upstream's module evaluates them."""
    return evaluating(told) if annotated.are_evaluated(pieces) else deferring(told)


def evaluating(told: Told) -> str:
    """Return the lines before the imports of code that stays as it is, where annotations are evaluated."""
    return f"{docstring(told.heading)}\n{_AS_IT_IS}"


def deferring(told: Told) -> str:
    """Return the same where annotations are not evaluated."""
    return f"{evaluating(told)}\n{_FUTURE}\n"


def _is_inline(piece: Piece) -> bool:
    return piece.value is not None


def _head(lines: Sequence[str], needed: Iterable[str], known: Sequence[str]) -> str:
    ours = f"from backportkit import {', '.join(sorted(needed))}\n"
    standard = imports.ordered([*lines, *(["from typing import TYPE_CHECKING"] if known else [])])
    head = "".join(f"{imports.wrapped(line)}\n" for line in [*standard, *([""] if standard else [])])
    return f"{head}{ours}{_checked(known)}"


def _checked(known: Sequence[str]) -> str:
    """Return the imports that type checkers see."""
    lines = [imports.wrapped(line, "    ") for line in imports.ordered(known)]
    return "\n".join(["", "if TYPE_CHECKING:", *lines, ""]) if known else ""


def _statement(piece: Piece) -> str:
    return "\n".join([_text(piece), *(verbatim.text(piece.source, one) for one in piece.later)])


def _text(piece: Piece, indent: str = "") -> str:
    lines = [f"{line}  # some releases do not" for line in piece.inside]
    return verbatim.beginning_with(piece.source, piece.node, lines, indent)


def _class(mirror: Mirror, mark: str = "@added\n") -> str:
    own = {one.name for one in mirror.members}
    there = sorted({name for one in mirror.members for name in one.of_class} - own)
    given = [f"    {name} = {'.'.join((imports.aliased(mirror.path[0]), *mirror.path[1:], name))}" for name in there]
    taken = ["\n".join(given)] if given else []
    return f"class {mirror.name}:\n" + "\n\n".join([*taken, *(_member(one, mirror, mark) for one in mirror.members)])


def _member(piece: Piece, mirror: Mirror, mark: str) -> str:
    own = properties.decorated(piece, _text(piece, "    "), mirror.members)
    if not piece.is_new or not mark:
        return own
    value = piece.value
    if value is not None:
        return f"    {piece.name} = added({written(value[0])})"
    return f"    {mark}{own}"


def body(told: Told, pieces: Sequence[Piece], mirrors: Sequence[Mirror]) -> str:
    """Return the module with upstream's code, which is imported after the target."""
    alone = [one for one in pieces if not one.is_import]
    inner = [one for mirror in mirrors for one in mirror.members]
    lines = imports.of_body([*pieces, *inner])
    known = imports.for_checkers([*alone, *inner], [one.name for one in pieces], lines)
    lines = imports.ordered([*lines, *(["from typing import TYPE_CHECKING"] if known else [])])
    head = "".join(f"{imports.wrapped(line)}\n" for line in ["", *lines]) if lines else ""
    blocks = [_statement(one) for one in alone] + [_class(one, "") for one in mirrors]
    start = f"{_opening(told, [*alone, *inner])}{head}{_checked(known)}"
    return start + "\n\n# fmt: off\n" + "\n\n\n".join(blocks) + "\n# fmt: on\n"


def registered(told: Told) -> str:
    """Return the module of a patch that names what is in another module."""
    needed = ["Edit", "Patch", *(["any_of"] if "any_of(" in str(told.fields["requires"]) else []), "register"]
    inner = fields(told.fields).replace("\n", "\n    ").rstrip(" ")
    return (
        f"{docstring(told.heading)}\n\n{_FUTURE}\n\nfrom backportkit import {', '.join(needed)}\n\n"
        f"register(\n    Patch(\n    {inner}    )\n)\n"
    )


def edit(given: Mapping[str, Any]) -> Code:
    """Return an edit as Python has it."""
    return Code(f"Edit(\n{fields(given)})")


def reproducer(told: Told) -> str:
    """Return the module of a reproducer that is still to be written."""
    heading, missing = told.reproducer
    return (
        f"{docstring(heading)}\n\n{_FUTURE}\n\n\ndef reproduce() -> None:\n"
        f'    """Fail where the bug is. Import here what is patched, and raise if the outcome is wrong."""\n'
        f"    raise NotImplementedError({written(missing)})\n"
    )


def init(package: str, modules: Iterable[str], upstream: str) -> str:
    """Return the `__init__.py` of the patches of one package."""
    names = sorted(modules)
    listed = "".join(f"    {written(name)},\n" for name in names)
    lines = imports.wrapped(f"from {package} import {', '.join(names)}")
    every = f"__all__ = {written(names)}" if len(names) == 1 else f"__all__ = [\n{listed}]"
    purpose = f"Importing this declares them all; {upstream} itself is not imported."
    heading = f"Backports of fixes in {upstream}.\n\n{purpose}"
    return f"{docstring(heading)}\n\n{_FUTURE}\n\n{lines}\n\n{every}\n"
