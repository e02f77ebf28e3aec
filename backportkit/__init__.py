"""Backport patches as data: declared once, applied when their target loads, proved, undone exactly, deleted in time.

PYTEST_DONT_REWRITE: pytest would warn that it comes too late where the interpreter has loaded this at its start.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backportkit.declaration.alternatives import AnyOf, any_of
    from backportkit.declaration.callbacks import Callbacks
    from backportkit.declaration.declare import added, backport, load, register
    from backportkit.declaration.edits import Edit, Target
    from backportkit.declaration.record import Patch
    from backportkit.declaration.reproducer import Reproducer
    from backportkit.engine.verbs import (
        is_applied,
        out_of_reach,
        require,
        status,
        unpatch,
        unpatch_all,
        unpatched,
        unregister,
    )
    from backportkit.errors import (
        ActivationError,
        ApplyError,
        BackportError,
        BackportWarning,
        CallbackError,
        ConflictError,
        DeclarationError,
        DriftError,
        MissingExtraError,
        NotAppliedError,
        PatchImportError,
        ProviderError,
        ReplacementError,
        SettingsError,
        SignatureError,
        TargetError,
        UnknownPatchError,
    )
    from backportkit.patch_status import PatchStatus
    from backportkit.reports.document import ProcessReport
    from backportkit.reports.dump import dump_on
    from backportkit.reports.process import report
    from backportkit.reports.tracebacks import note_patches, note_uncaught
    from backportkit.startup import Report, applied_ids, apply_all
    from backportkit.state import State

__all__ = [
    "ActivationError",
    "AnyOf",
    "ApplyError",
    "BackportError",
    "BackportWarning",
    "CallbackError",
    "Callbacks",
    "ConflictError",
    "DeclarationError",
    "DriftError",
    "Edit",
    "MissingExtraError",
    "NotAppliedError",
    "Patch",
    "PatchImportError",
    "PatchStatus",
    "ProcessReport",
    "ProviderError",
    "ReplacementError",
    "Report",
    "Reproducer",
    "SettingsError",
    "SignatureError",
    "State",
    "Target",
    "TargetError",
    "UnknownPatchError",
    "added",
    "any_of",
    "applied_ids",
    "apply_all",
    "backport",
    "dump_on",
    "is_applied",
    "load",
    "note_patches",
    "note_uncaught",
    "out_of_reach",
    "register",
    "report",
    "require",
    "status",
    "unpatch",
    "unpatch_all",
    "unpatched",
    "unregister",
]

# Each name is fetched when it is first asked for: a process that only arms its patches loads nothing else.
_MODULES = {
    "declaration.declare": ("added", "backport", "load", "register"),
    "engine.verbs": (
        "is_applied",
        "out_of_reach",
        "require",
        "status",
        "unpatch",
        "unpatch_all",
        "unpatched",
        "unregister",
    ),
    "declaration.edits": ("Edit", "Target"),
    "declaration.alternatives": ("AnyOf", "any_of"),
    "declaration.record": ("Patch",),
    "declaration.callbacks": ("Callbacks",),
    "declaration.reproducer": ("Reproducer",),
    "reports.document": ("ProcessReport",),
    "reports.process": ("report",),
    "reports.dump": ("dump_on",),
    "reports.tracebacks": ("note_patches", "note_uncaught"),
    "startup": ("Report", "applied_ids", "apply_all"),
    "state": ("State",),
    "patch_status": ("PatchStatus",),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from backportkit.bootstrap import only_looking

    module = next((module for module, names in _MODULES.items() if name in names), "errors")
    with only_looking():
        __import__(f"{__name__}.{module}")
    value = globals()[name] = getattr(sys.modules[f"{__name__}.{module}"], name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
