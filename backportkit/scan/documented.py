"""Tell documented settings, registrations and marks from patches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backportkit.scan.values import Constant, Own, Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.scan.edits import Edit
    from backportkit.scan.values import Value

# What Python's documentation tells programs to set.
_TO_BE_SET = frozenset(
    f"sys.{name}"
    for name in (
        *("argv", "path", "stdin", "stdout", "stderr", "excepthook", "displayhook", "breakpointhook", "unraisablehook"),
        *("ps1", "ps2", "tracebacklimit", "dont_write_bytecode", "pycache_prefix", "last_traceback", "last_type"),
        *("last_value", "last_exc", "exitfunc", "__interactivehook__", "flags", "path_importer_cache", "ps3"),
        *("__stdout__", "__stderr__", "__stdin__", "frozen", "setdefaultencoding"),
    )
) | {"threading.excepthook", "warnings.showwarning", "warnings.formatwarning", "warnings.filters", "tempfile.tempdir"}
_TO_BE_SET |= {"logging.lastResort", "logging.raiseExceptions", "os.environ", "locale.setlocale", "builtins._"}
_TO_BE_SET |= {"os.environb", "sys.modules", "gc.callbacks", "cgitb.handler", "sys.warnoptions"}
_SETTINGS = re.compile(
    r"(^|_)(config|configs|settings?|options?|rcparams|flags|environ|headers|defaults|params|state|cache|args)\d*$",
    re.IGNORECASE,
)
_REGISTRIES = re.compile(
    r"regist|mapping|plugin|handlers|commands|dispatch_table|_types$|types_map|codecs|backends", re.IGNORECASE
)
_MARKS = re.compile(
    r"patch|wrapped|instrument|applied|hooked|installed|overrid|monkey|^_*is_|marker|__\w+__$|registered|enabled|done$",
    re.IGNORECASE,
)
_STASHES = re.compile(r"orig(?!in_)|_old|^old_|real_|_real|saved|backup|unpatched|_prev|super_|before", re.IGNORECASE)
_OF_CTYPES = frozenset({"argtypes", "restype", "errcheck"})


def is_no_patch(place: Ref, edit: Edit, values: Sequence[Value], own: str) -> bool:
    """Tell whether an edit sets what is meant to be set, leaves a mark, or keeps an original."""
    names, last = place.path, (place.path or (place.module,))[-1]
    if place.dotted in _TO_BE_SET or ".".join([place.module, *names[:-1]]) in _TO_BE_SET or last in _OF_CTYPES:
        return True
    if _is_mark(last, values, own) or _is_stash(last, place, values):
        return True
    if edit.is_item:
        return _is_registration(names[:-1], place.module)
    owner = [*place.module.split(".")[1:], *names[:-1]][-1:]
    is_of_settings = bool(owner) and not owner[0].startswith("_") and bool(_SETTINGS.search(owner[0]))
    return (is_of_settings or not _is_private(names)) and _is_setting(place, values)


def _is_mark(name: str, values: Sequence[Value], own: str) -> bool:
    is_plain = bool(values) and all(isinstance(one, Constant) for one in values)
    return is_plain and bool(_MARKS.search(name) or (own and own in name))


def _is_stash(name: str, place: Ref, values: Sequence[Value]) -> bool:
    kept = [
        one for one in values if isinstance(one, Ref) and one.module.partition(".")[0] == place.module.partition(".")[0]
    ]
    return bool(_STASHES.search(name)) and (bool(kept) or not values)


def _is_private(names: Sequence[str]) -> bool:
    return any(name.startswith("_") and not name.endswith("__") for name in names)


def _is_setting(place: Ref, values: Sequence[Value]) -> bool:
    """Tell whether plain data is given to a public name: patches put functions, classes and objects there."""
    if any(isinstance(one, Own) for one in values):
        return False
    owners = [*place.module.split(".")[1:], *place.path[:-1]]
    if any(_SETTINGS.search(one) for one in owners):
        return True
    return bool(values) and all(isinstance(one, Constant) for one in values)


def _is_registration(names: Sequence[str], module: str) -> bool:
    """Tell whether a dictionary is one that others put their own entries into."""
    if _is_private(names) or not names:
        return False
    return any(_REGISTRIES.search(one) or _SETTINGS.search(one) for one in [module.rpartition(".")[2], *names])
