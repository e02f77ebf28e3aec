"""Decide what to do when a patch cannot be applied, and read the off switch."""

from __future__ import annotations

import os
import sys

from backportkit import states
from backportkit.engine import audit
from backportkit.errors import (
    ApplyError,
    BackportError,
    BackportWarning,
    ConflictError,
    DriftError,
    PatchImportError,
    SettingsError,
    log_warning,
    print_error,
    write_log,
)
from backportkit.policy import in_force

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from backportkit.engine.module_patch import ModulePatch

_told: set[str] = set()
_registry: dict[str | tuple[str, type[Warning], int], int] = {}  # of `warnings`: what was shown, for filters by "once"
# Names that a caller has switched off, and tells of by itself if nobody declares them.
checked_by_caller: set[str] = set()
_NOTHING: frozenset[str] = frozenset()
_MODES = frozenset({"", "raise", "warn"})
_STATES = {DriftError: states.DRIFTED, ConflictError: states.CONFLICT}


def switched_off() -> frozenset[str]:
    """The ids, names of providers, and `all` that `BACKPORTKIT_DISABLE` has. Ignored under `python -E` and `-I`."""
    value = variable("BACKPORTKIT_DISABLE")
    return frozenset(filter(None, map(str.strip, value.split(",")))) if value else _NOTHING


def all_disabled() -> bool:
    """Tell whether `BACKPORTKIT_DISABLE=all` is in force."""
    return "all" in switched_off()


def variable(name: str) -> str:
    """An environment variable, which is not heeded under `python -E` and `-I`, nor where a policy says so."""
    value = "" if sys.flags.ignore_environment else os.environ.get(name, "")
    return value if not value or in_force.heeds(name, value) else ""


def check_environment() -> None:
    """Raise SettingsError if `BACKPORTKIT_ON_ERROR` says neither `raise` nor `warn`."""
    mode = variable("BACKPORTKIT_ON_ERROR")
    if mode not in _MODES:
        raise SettingsError(
            "BACKPORTKIT_ON_ERROR says something that is not known here",
            expected="raise, which is the default, or warn",
            found=mode,
            next_step="correct or unset the environment variable",
        )


def failed(patch: ModulePatch, error: BackportError) -> list[BackportError]:
    """Note why a patch could not be applied; return the error if it is to be raised."""
    patch.become(_STATES.get(type(error), states.FAILED), _reason(error))
    audit.tell("backportkit.refuse", patch.declared, error.message)
    return tell(error, required=patch.declared.patch.required)


def tell(error: BackportError, *, required: bool = True) -> list[BackportError]:
    """Return the error if it is to be raised. Else report it by `warnings` and `logging`, once in a process.

    It is to be raised unless the patch says `required=False` or the environment `BACKPORTKIT_ON_ERROR=warn`. Even then
    it is, where a filter makes errors of warnings.
    """
    if required and variable("BACKPORTKIT_ON_ERROR") != "warn":
        return [error]
    text = str(error)
    if text in _told:
        return []
    raised = warn(error, text)
    if not raised:
        _told.add(text)
        log_warning(text)
    return raised


def warn(error: BackportError, text: str) -> list[BackportError]:
    """Warn of an error. Return it where a filter makes errors of warnings: it is to be raised then."""
    import warnings  # which a start does not load

    name, file, line = _outside()
    try:
        warnings.warn_explicit(text, BackportWarning, file, line, name, _registry)
    except BackportWarning:
        return [error]
    except Exception:  # noqa: BLE001 -- the `showwarning` of a program
        print_error()
    return []


def _outside() -> tuple[str, str, int]:
    """Return the module, the file and the line that have called us; as `warnings` has them where nobody did."""
    ours = _outside.__code__.co_filename.rpartition("engine")[0]
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 -- as `warnings` does
    while frame is not None and frame.f_code.co_filename.startswith((ours, "<frozen importlib")):
        frame = frame.f_back
    if frame is None:
        return "sys", "<sys>", 1
    return str(frame.f_globals.get("__name__")), frame.f_code.co_filename, frame.f_lineno


def log(errors: Sequence[Exception]) -> None:
    """Report by `logging` the errors that cannot be raised, each once in a process."""
    for text in map(str, errors):
        if text not in _told:
            _told.add(text)
            write_log("error", "%s", text)


def _reason(error: BackportError) -> str:
    found = f"; found {error.found}" if error.found else ""
    return f"{error.message}{found}"


def raise_all(errors: Sequence[BackportError], deed: str = "applied") -> None:
    """Raise one error as it is and several as one ApplyError, which says what was not done; do nothing for none.

    Errors of one text count once, such as those of the entry points of one provider.
    """
    apart: dict[str, BackportError] = {}
    for error in errors:
        apart.setdefault(str(error), error)
    if len(apart) > 1:
        raise ApplyError([*apart.values()], deed)
    for error in apart.values():
        raise error


def refuse_import(module_name: str, errors: Sequence[BackportError]) -> None:
    """Refuse the import of a module for which patches failed; do nothing for none.

    Raises PatchImportError with the facts of the first error. That one, or an ApplyError of several, is its cause.
    """
    if not errors:
        return
    first, *others = errors
    named = dict.fromkeys(error.patch or error.message for error in others)
    more = f" (and {len(others)} more: {', '.join(named)})" if others else ""
    refusal = PatchImportError(
        f"{module_name} is not imported unpatched: {first.message}{more}",
        patch=first.patch,
        target=first.target,
        expected=first.expected,
        found=first.found,
        next_step=first.next_step or f"mend the patch, or start with BACKPORTKIT_DISABLE={first.patch}",
    )
    refusal.name = module_name
    raise refusal from (ApplyError(errors) if others else first)
