"""Declare patches: the decorator `backport`, `register` for data, and `load` for TOML and JSON files."""

from __future__ import annotations

import sys

from backportkit.declaration.checked import Refusal, refused, validated, wrong
from backportkit.declaration.record import Patch
from backportkit.declaration.reference import Added
from backportkit.declaration.registry import Declared, declared_patches, provider_being_loaded
from backportkit.source.functions import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import CodeType
    from typing import Any, Literal, NoReturn, TypeVar

    from backportkit.declaration.callbacks import Callbacks
    from backportkit.declaration.record import Requires
    from backportkit.declaration.reproducer import Reproducer

    T = TypeVar("T")

# The defaults of the decorator: an argument that is its default is not checked.
_USUAL = {
    "how": "replace",
    "signature": "keep",
    "original": (),
    "fixed": (),
    "prereleases": "by-version",
    "references": (),
    "resolves": (),
    "supersedes": (),
    "aliases": "follow",
    "required": True,
    "opt_in": False,
}

# How `super()` is compiled from 3.10 on: LOAD_GLOBAL and one of _CALLS, with or without some of _SILENT_STEPS between.
_CALLS = frozenset({"CALL", "CALL_FUNCTION"})
_SILENT_STEPS = frozenset({"CACHE", "PRECALL", "PUSH_NULL"})


def backport(  # noqa: PLR0913 -- the fields of a patch
    target: str,
    /,
    *,
    requires: Requires = (),
    id: str | None = None,  # noqa: A002 -- the word for it in the model, in data files and on the command line
    summary: str | None = None,
    unbounded_because: str | None = None,
    fixes: str | None = None,
    upstream_status: Literal["fixed", "open", "workaround"] | None = None,
    references: str | Sequence[str] = (),
    resolves: str | Sequence[str] = (),
    original: str | Sequence[str] | Mapping[str, str | Sequence[str]] = (),
    fixed: str | Sequence[str] | Mapping[str, str | Sequence[str]] = (),
    how: str = "replace",
    namespace: str | None = None,
    signature: str = "keep",
    prereleases: str = "by-version",
    reproducer: Reproducer | Mapping[str, Any] | Callable[[], object] | str | None = None,
    supersedes: str | Sequence[str] = (),
    aliases: str | Sequence[str] = "follow",
    callbacks: Callbacks | Mapping[str, Callable[[Any], object] | str] | None = None,
    required: bool = True,
    opt_in: bool = False,
    adds: Mapping[str, Any] | None = None,
    **others: NoReturn,
) -> Callable[[T], T]:
    """Declare the decorated function or class as the replacement of `target`; it is returned unchanged.

    Nothing is imported and nothing is patched: the declaration is registered, and `apply_all` acts on it.

    On a function the target is `module:function` or `module:Class.attribute`. On a class it is `module:Class`, and each
    function in the body of the decorated class replaces the one of that name in the target class, all or none. Only in
    a class do zero-argument `super()` and private names (`self.__x`) mean what they mean upstream; the class must carry
    the target class's name. There, `original` and `fixed` may be mappings from the function's name, and what is marked
    by `added` is new in the target class.

    `adds` are names that the target's module has not, with a function or plain data each: helpers of upstream's fix.

    `requires` must be given. The other arguments are those of `Patch` and `Edit`; `summary` is by default the first
    line of the docstring.

    Raises DeclarationError, a ValueError, if anything is wrong; it says what to write instead.
    """
    if not isinstance(target, str):
        from backportkit.shown import shown  # only for the message of an error

        raise wrong(
            "@backport needs a target",
            found=f"{shown(target)}",
            next_step="write @backport('package.module:Class.attribute', requires='package>=1,<2')",
        )
    given = {
        "id": id,
        "summary": summary,
        "requires": requires,
        "unbounded_because": unbounded_because,
        "prereleases": prereleases,
        "fixes": fixes,
        "upstream_status": upstream_status,
        "references": references,
        "resolves": resolves,
        "reproducer": reproducer,
        "supersedes": supersedes,
        "aliases": aliases,
        "callbacks": callbacks,
        "required": required,
        "opt_in": opt_in,
    }
    edit = {"how": how, "namespace": namespace, "signature": signature, "original": original, "fixed": fixed}
    if others:
        _check_names(others, id, target)
    provider, file, line, module, body = caller()
    known = sys._getframe(1).f_globals  # noqa: SLF001 -- as in caller

    def declare(replacement: T) -> T:
        said, rest = dict(filter(_is_said, edit.items())), dict(filter(_is_said, given.items()))
        fields = _fields_of(replacement, target, said)
        if adds is not None:
            fields = _with_added(fields, adds, target, said, known)
        patch = validated(Patch, {**fields, **rest, **others}, target)
        name = getattr(replacement, "__qualname__", "")
        declared_patches.add_all([Declared(patch, provider, file, line).by(module, name, body)])
        return replacement

    return declare


def _check_names(others: Mapping[str, Any], patch_id: str | None, target: str) -> None:
    """Refuse fields of a patch that the decorator gives itself. What is no field is refused with the rest."""
    way = "is not for @backport, which puts what it decorates: write register({...})"
    if given := [((name,), way) for name in others if name in Patch.known_fields()]:
        raise refused(Refusal(given), {"id": patch_id}, target)


def _is_said(field: tuple[str, Any]) -> bool:
    return field[1] is not _USUAL.get(field[0])


def _fields_of(replacement: Any, target: str, edit: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a decorated function or class declares, with these of an edit."""
    if isinstance(replacement, type):
        from backportkit.declaration import mirror  # for a class only

        return mirror.fields_of(replacement, target, edit)
    if type(replacement) is Added:
        raise wrong(
            "@added marks what is new in a class, in a class that mirrors it",
            target=target,
            next_step="write how='add' in @backport",
        )
    function = function_of(replacement)
    if function is not None and "super" not in function.__globals__ and _calls_bare_super(function.__code__):
        raise wrong(
            f"{function.__qualname__}() calls super() without arguments, which only works inside a class",
            target=target,
            next_step="put it into a class that has the target class's name, and write @backport on that class",
        )
    return {"target": target, "replacement": replacement, **edit}


def _with_added(
    fields: dict[str, Any], adds: Any, target: str, edit: dict[str, Any], known: dict[str, Any]
) -> dict[str, Any]:
    from backportkit.declaration import added  # few fixes add anything

    try:
        return added.beside(fields, adds, target.partition(":")[0], edit, known)
    except Refusal as refusal:
        raise refused(refusal, {}, target) from None


def added(value: T) -> T:
    """Mark what upstream's fix adds to a class, in a class that `backport` decorates: `@added` above all decorators of
    a function, or `LIMIT = added(10)` for anything else.

    Nothing of that name may be in the target class, not even inherited.
    """
    return Added(value)  # type: ignore[return-value]  # so that the class is for type checkers what it says


def _calls_bare_super(code: CodeType) -> bool:
    """Tell whether `super()` is called where there is no `__class__` cell, here or in an inner function."""
    for constant in code.co_consts:
        if type(constant) is type(code) and _calls_bare_super(constant):
            return True
    return "super" in code.co_names and "__class__" not in code.co_freevars and _calls_super_itself(code)


def _calls_super_itself(code: CodeType) -> bool:
    from dis import get_instructions
    from itertools import pairwise

    steps = [step for step in get_instructions(code) if step.opname not in _SILENT_STEPS]
    return any(
        step.opname == "LOAD_GLOBAL" and step.argval == "super" and after.opname in _CALLS and after.arg == 0
        for step, after in pairwise(steps)
    )


def register(patch: Patch | Mapping[str, Any]) -> Patch:
    """Register a patch that is written out as data; return it.

    Raises DeclarationError, a ValueError, if a mapping is no valid patch, or if another patch has the id.
    """
    checked = validated(Patch, patch, None)
    provider, file, line, module, body = caller()
    declared_patches.add_all([Declared(checked, provider, file, line).by(module, "", body)])
    return checked


def load(path: str | Path) -> tuple[Patch, ...]:
    """Register the patches of a file and return them: all of them or, if one is wrong, none.

    A `.toml` file has a `[[patch]]` table for each patch, any other file is JSON: an object `{"patch": [...]}` with an
    object for each. The keys are the fields of `Patch`; replacements are names, `package.module:function`.

    Raises DeclarationError, a ValueError, naming the file; OSError if it cannot be opened; MissingExtraError, an
    ImportError, for a `.toml` file on Python 3.10 without the extra `toml`.
    """
    from backportkit.declaration import document  # loads json

    provider, *_ = caller()
    file = document.name_of(path)
    entries = document.from_file(path)
    if provider_being_loaded():
        from backportkit.policy import in_force  # a program that only declares does not need it

        in_force.check_data(provider, file)
    declared_patches.add_all(Declared(patch, provider, place).by("", file) for patch, place in entries)
    return tuple(patch for patch, _ in entries)


def caller() -> tuple[str, str, int, str, CodeType]:
    """Return the provider, file, line, module and code of whoever called the public function which calls this one.

    The provider is the distribution whose declarations are being loaded, or else the top-level package.
    """
    frame = sys._getframe(2)  # noqa: SLF001 -- inspect.currentframe, which is the same, may return None
    name: str = frame.f_globals.get("__name__", "__main__")
    provider = provider_being_loaded() or name.partition(".")[0]
    return provider, frame.f_code.co_filename, frame.f_lineno, name, frame.f_code
