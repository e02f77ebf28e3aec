"""Edits of one patch, of which none may stand where another one does."""

from __future__ import annotations

from backportkit.declaration.checked import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.declaration.edits import Edit


def check(edits: Sequence[Edit]) -> None:
    """Refuse two edits of the same target, and an edit within what another one replaces or adds."""
    targets = [str(edit.target) for edit in edits]
    double = [target for target in dict.fromkeys(targets) if targets.count(target) > 1]
    if double:
        raise refuse(f"two edits of one patch have the same target: {', '.join(double)}")
    added = {edit.target.module for edit in edits if edit.target.is_module}
    for edit in edits:
        if not edit.target.is_module:
            _check_one(edit, added, {*targets})


def _check_one(edit: Edit, added: set[str], taken: set[str]) -> None:
    target = str(edit.target)
    if edit.target.module in added:
        raise refuse(f"{target} is in a module that the patch adds: write it in that module")
    for outer in taken.intersection(around(target)):
        raise refuse(f"{target} is within {outer}, which another edit replaces: let that one bring it")


def around(target: str) -> Iterator[str]:
    """Return the texts of all that a target may be in, but for the property of which it is a part."""
    end = len(target.removesuffix(".fget").removesuffix(".fset").removesuffix(".fdel"))
    start = target.find(":")  # a module is in nothing
    while (end := max(target.rfind(".", start, end), target.rfind("[", start, end))) > 0:
        yield target[:end]
