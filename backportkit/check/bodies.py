"""Show two bodies to a reviewer: the installed one at a target, and the one that a patch puts there."""

from __future__ import annotations

import ast
import difflib
import inspect
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import reading, values
from backportkit.errors import BackportError
from backportkit.shown import shown
from backportkit.source import fingerprint, location
from backportkit.source.functions import function_of
from backportkit.source.reader import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.declaration.edits import Edit
    from backportkit.source.found import Found


class Body(NamedTuple):
    """A definition as it is written.

    Attributes:
        where: Its `file:line`.
        lines: Its lines, without indentation.
        fingerprint: Its fingerprint, if it has one.
        is_value: Whether it is a value that is written out.
        several: The number of definitions, if only running the module tells which of them counts; else 1.
    """

    where: str
    lines: tuple[str, ...]
    fingerprint: str | None
    several: int = 1
    is_value: bool = False


class NoBodyError(BackportError, LookupError):
    """There is no source to show."""


def at_target(edit: Edit) -> Body:
    """Return the body at an edit's target, in the library that `reading` looks modules up in.

    Of several definitions, the one that the edit was written against counts, or else the last one. Raises NoBodyError.
    """
    if edit.target.is_module:
        return _module(edit.target.module) or Body("nothing", (), None)
    found = reading.find(edit.target.module, edit.target.path)
    item = values.at(edit.target, found) if edit.target.items else None
    if item is not None and found.source is not None:
        where = f"{location.relative(found.source.path)}:{item.lineno}"
        is_value = values.plain(edit, found) is not None
        return Body(where, (_assigned(edit, ast.unparse(item)),), None, is_value=is_value)
    if edit.how == "add" and (edit.target.items or not found.nodes):
        return Body("nothing", (), None)
    if not found.nodes or found.source is None:
        raise NoBodyError(
            "there is no body to show",
            target=str(edit.target),
            found=found.reason,
            next_step="install a release that has it, or name one: backportkit diff ID --against VERSION",
        )
    return _written(found, edit)._replace(is_value=values.plain(edit, found) is not None)


def _assigned(edit: Edit, value: str) -> str:
    """Return an assignment that shows a value at a target."""
    return f"{edit.target.attribute}{''.join(f'[{item!r}]' for item in edit.target.items)} = {value}"


def of_replacement(edit: Edit) -> Body:
    """Return the body that an edit puts at its target, without the decorator that declares it. Raises NoBodyError."""
    if edit.replacement is None:
        if edit.alias_of is not None:
            return Body(f"alias_of={edit.alias_of!r}", (f"{edit.target} = {edit.alias_of}",), None)
        return Body("value=...", (_assigned(edit, repr(edit.value)),), None)
    if edit.target.is_module:
        return _whole(edit)
    if edit.replacement.held is not None:
        return _held(edit)
    found = reading.named(edit.replacement)
    if not found.nodes or found.source is None:
        raise _no_replacement(edit, found.reason)
    return _written(found, edit)


def unified(before: Sequence[str], after: Sequence[str], old: str, new: str) -> Iterator[str]:
    """Yield the lines of a unified diff that shows both bodies whole, under their names."""
    return difflib.unified_diff(before, after, old, new, n=len(before), lineterm="")


def imported(edit: Edit) -> str | None:
    """Return what an edit that adds an import puts at its target, as `module:name`; None for any other edit."""
    if edit.how != "add" or edit.replacement is None or edit.target.is_module:
        return None
    return reading.named(edit.replacement).copied


def _whole(edit: Edit) -> Body:
    found = _module(str(edit.replacement))
    if found is None:
        raise _no_replacement(edit, f"there is no source of {edit.replacement} here")
    return found


def _module(name: str) -> Body | None:
    """Return the text of a whole module; None if there is no such module, or it has no source."""
    source = reading.read(name)
    if source is None or not source.text:
        return None
    return Body(location.relative(source.path), tuple(source.text.splitlines()), None)


def _written(found: Found, edit: Edit) -> Body:
    """Return the definition that the edit was written against; if there is none, return the last one."""
    several = [one for one in found.candidates if one.nodes]
    meant = [one for one in several if any(fingerprint.of_node(node) in edit.original for node in one.functions)]
    return _as_it_is_written([*several, *meant][-1], len(several))


def _as_it_is_written(found: Found, several: int) -> Body:
    assert found.source is not None
    node = found.nodes[-1]
    lines = found.source.text.split("\n")  # the parser counts them like this: a form feed ends no line
    text = _without_indentation(lines[first_line(node) - 1 : getattr(node, "end_lineno", None)])
    print_ = fingerprint.of_node(node) if found.functions else None
    return Body(f"{location.relative(found.source.path)}:{first_line(node)}", text, print_, several)


def _held(edit: Edit) -> Body:
    assert edit.replacement is not None
    function = function_of(edit.replacement.held)
    if function is None and not callable(edit.replacement.held):
        return Body(edit.replacement, (_assigned(edit, shown(edit.replacement.held)),), None)
    if function is None:
        raise _no_replacement(edit, "it is no function written in Python")
    try:
        lines, first = inspect.getsourcelines(function.__code__)
    except OSError as error:
        raise _no_replacement(edit, str(error)) from error
    text = _without_indentation([line.rstrip("\n") for line in lines])
    where = f"{location.relative(function.__code__.co_filename)}:{first}"
    return Body(where, *_undeclared(text))


def _undeclared(text: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """Return a function's lines and fingerprint without our decorators; the lines as they are if they do not parse."""
    try:
        node = ast.parse("\n".join(text)).body[0]
    except SyntaxError:  # the lines have a lambda in an expression
        return text, None
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return text, None
    ours = [decorator for decorator in node.decorator_list if declares(decorator)]
    dropped = {line for decorator in ours for line in range(decorator.lineno, (decorator.end_lineno or 0) + 1)}
    node.decorator_list = [decorator for decorator in node.decorator_list if decorator not in ours]
    kept = tuple(line for number, line in enumerate(text, 1) if number not in dropped)
    return kept, fingerprint.of_node(node)


def declares(decorator: ast.expr) -> bool:
    """Tell whether a decorator is one of ours, and no part of the body that it declares."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    ours = "added" if called is decorator else "backport"
    return ast.unparse(called).rpartition(".")[2] == ours


def _without_indentation(lines: list[str]) -> tuple[str, ...]:
    return tuple(textwrap.dedent("\n".join(lines)).split("\n"))


def _no_replacement(edit: Edit, reason: str) -> NoBodyError:
    return NoBodyError(
        f"the replacement {edit.replacement} has no source to show",
        target=str(edit.target),
        found=reason,
        next_step="correct replacement=..., or install the project that has it",
    )
