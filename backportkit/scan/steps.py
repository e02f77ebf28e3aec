"""Say what to do next with a patch by hand."""

from __future__ import annotations

import ast
from pathlib import PurePath
from typing import TYPE_CHECKING

from backportkit.check.formats import PROJECT
from backportkit.scan.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.scan.judge import Facts

_WITHOUT_BODY = frozenset({"import-hook", "source-rewrite"})
_BY_HAND = f"declare it, so that it has a range: {PROJECT}/blob/main/docs/declaring.md"


def delete(facts: Facts) -> str:
    """Return how to delete a patch."""
    form = "the condition, the statement, and" if isinstance(facts.found.edit.statement, ast.Assign) else "it, and"
    return f"delete {form} what only it uses"


def history(facts: Facts) -> str:
    """Return the command that shows the releases of a target."""
    return f"backportkit history {facts.target} --package {facts.owner}"


def declare(facts: Facts, more: Sequence[str]) -> str:
    """Return how to declare a patch of the project; `more` are other ways."""
    if _has_no_body(facts):
        return _BY_HAND
    path = facts.found.file.text.path
    is_elsewhere = PurePath(path).is_absolute() or path.startswith("..")
    named = f"{path} " if is_elsewhere else ""
    adopt = f"backportkit scan {named}--adopt {path}:{facts.found.line} declares it, so that it can end"
    return "; ".join([adopt, *more])


def declare_others(facts: Facts, ways: Sequence[str]) -> str:
    """Return how to declare a patch of an installed distribution or of a wheel, which is not adopted."""
    return "; ".join(ways) if ways and not _has_no_body(facts) else _BY_HAND


def _has_no_body(facts: Facts) -> bool:
    """Tell whether no declaration can be made of a patch, which `scan --adopt` refuses."""
    found = facts.found
    is_mock = found.form == "mock" and found.edit.value is None
    return not facts.path or found.how == "delete" or found.form in _WITHOUT_BODY or is_mock or UNKNOWN in facts.target


def new(facts: Facts) -> str:
    """Return the command that takes the body of upstream's newest release."""
    return f"backportkit new {facts.target} --package {facts.owner} takes upstream's fix"
