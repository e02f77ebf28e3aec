"""Start up: have the patches of the environment applied when they are needed, and load next to nothing until then."""

import _frozen_importlib as _bootstrap
import os
import sys

from backportkit.bootstrap import (
    DECLARATIONS,
    LINES,
    POLICY,
    SETTINGS,
    WATCHING,
    activate,
    adopt,
    bootstrap_finder,
    changed,
    find,
    in_force,
    is_only_looking,
    only_looking,
    read,
    recalled,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import overload

    from backportkit.bootstrap import Head
    from backportkit.declaration.registry import Declared, Registry
    from backportkit.patch_status import PatchStatus

    Records = Sequence[PatchStatus]
else:
    from _collections_abc import Sequence as Records  # loaded by every start; collections.abc would load collections

__all__ = ["activate", "applied_ids", "apply_all"]

_ENGINE = "backportkit.engine.verbs"
_ASKING = ("BACKPORTKIT_CONFIG", "BACKPORTKIT_ENABLE")  # these may ask for a patch by its id

readers: list[object] = []  # commands that read declarations meanwhile, and have nothing applied
_to_log: list[str] = []  # kept until there is something to apply, since programs set logging up after their start


class Report(Records):
    """The report of `apply_all`: one `PatchStatus` a patch, in the order of their declaration.

    The records are read when the report is first looked at, and stay the same afterwards: reading them needs the
    metadata of installed distributions, which a process that does not ask should not pay for.
    """

    def __init__(self, read: "Callable[[], tuple[PatchStatus, ...]]") -> None:
        self._read = read
        self._records: tuple[PatchStatus, ...] | None = None

    @property
    def records(self) -> "tuple[PatchStatus, ...]":
        """Return the records as a tuple."""
        if self._records is None:
            self._records = self._read()
        return self._records

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: int) -> "PatchStatus": ...
        @overload
        def __getitem__(self, index: slice) -> "tuple[PatchStatus, ...]": ...

    def __getitem__(self, index: int | slice) -> "PatchStatus | tuple[PatchStatus, ...]":
        return self.records[index]

    def __repr__(self) -> str:
        return "\n".join(f"{record.id}: {record.state}, {record.reason}" for record in self.records) or "no patches"

    def __len__(self) -> int:
        return len(self.records)


def apply_all(
    *,
    only: "str | Iterable[str] | None" = None,
    exclude: "str | Iterable[str]" = (),
    providers: "str | Iterable[str] | None" = None,
    enable: "str | Iterable[str]" = (),
    config: "str | os.PathLike[str] | None" = None,
) -> "Report":
    """Arm the patches that are declared here or by installed providers, and apply those whose target is loaded.

    Nothing of upstream is imported: a patch whose target is not loaded yet waits for it. Patches of a provider are read
    when the package that they patch is imported. The engine is not loaded before that, unless something else is to be
    done. Calling it again only arms reverted patches again, puts back a hook that somebody took out, and patches
    targets that escaped it.

    `only`, `exclude` and `providers` choose among the patches, by id and by the distribution that declared them:
    one name or several, or patterns such as `torch-*`. An empty list of names chooses none. Patches in force stay in
    force, and the choices of several calls add up. A patch that its author has marked `opt_in` is armed if it is asked
    for by its id or a pattern: by `enable`, which adds to whatever is chosen, by `only`, by the settings, or by
    `BACKPORTKIT_ENABLE`. `config` is a pyproject.toml whose table `[tool.backportkit]` has the settings; the default is
    the one that `BACKPORTKIT_CONFIG` names, if any.

    Returns a report: one `PatchStatus` a patch, made when it is first looked at.
    Raises the error of a patch that is meant for this environment and cannot be applied (ApplyError for several),
    after all others are applied. Raises, before anything is done, UnknownPatchError for an id or a provider that is not
    here, and SettingsError for settings that are wrong.
    """
    _fix_settings_file()
    if readers:  # the package that declares has called this
        return Report(_status)
    asked_for_all = only is providers is config is None and not (exclude or enable)
    if not asked_for_all or any(map(os.environ.get, SETTINGS)) or not _stand_by():
        _watch()
        from backportkit.engine import verbs

        verbs.apply_all(only=only, exclude=exclude, providers=providers, enable=enable, config=config)
    return Report(_status)


def applied_ids() -> tuple[str, ...]:
    """Return the ids of the patches that are in effect now, in the order of their declaration.

    Reads the targets back, and neither imports nor reads anything else, so that a health check may ask each time.
    """
    engine = sys.modules.get(_ENGINE)
    return () if engine is None else tuple(engine.applied_ids())


def begin() -> None:
    """Arm the patches of the environment if there is no manifest, or if it is not enough."""
    _watch()
    if _is_off() and _is_left_unpatched():
        return
    _fix_settings_file()
    head, why = (None, "") if in_force else _manifest()
    if _is_off() and not sys.flags.ignore_environment and _is_off_heeded():
        is_enough = not (_must_look() or os.environ.get("BACKPORTKIT_CONFIG"))  # a policy may require a patch
    else:
        if why:
            from backportkit import failing

            failing.say(why)
        if head is not None:
            _heed_manifest(head)
        is_enough = _stand_by()
    if not is_enough:
        from backportkit.engine import verbs

        verbs.apply_all()


def _fix_settings_file() -> None:
    """Make a relative BACKPORTKIT_CONFIG absolute, for this process and for its children.

    It is relative to where the program is started: the working directory may be another one when the file is read.
    """
    path = "" if sys.flags.ignore_environment else os.environ.get("BACKPORTKIT_CONFIG", "")
    if path and not os.path.isabs(path):  # noqa: PTH117 -- pathlib costs a third of a start
        os.environ["BACKPORTKIT_CONFIG"] = os.path.abspath(path)  # noqa: PTH100


def _watch() -> None:
    """Begin to note tracebacks and to dump at a signal, if variables ask for it."""
    if any(map(os.environ.get, WATCHING)):
        from backportkit.reports import watching

        watching.begin()


def _manifest() -> "tuple[Head | None, str]":
    """Return the head of the manifest, and why it cannot be read. Recall the policy that it knows."""
    path = find(sys.path)
    try:
        head = read(path) if path else None
    except (OSError, ValueError) as error:
        return None, f"{path} {error}: patches are looked up at every start until you run `backportkit activate` again"
    known = head.sources.get(f"{sys.prefix}/{POLICY}", "").split(" ") if head else [""]
    recalled[:] = known[1:2] if known[0] else []
    return head, ""


def _heed_manifest(head: "Head") -> None:
    """Wait for the modules that the manifest names; report one that no longer holds."""
    not_so = _changed_since(head)
    if not_so:
        _to_log.append(f"{head.path} is out of date, since {not_so[0]} has changed: run `backportkit activate` again")
    else:
        adopt(head, _needed(head))


def _changed_since(head: "Head") -> "list[str]":
    """Return the folders and files that have changed since the manifest was written."""
    touched = changed(head.folders)
    if touched:
        from backportkit import providers_on_disk

        touched = providers_on_disk.installed_since(head.folders, touched)
    return changed(head.sources) + touched


def _policies() -> "ModuleType | None":
    """Return the room that knows the policies; None, at the price of two `stat`, if the environment has none.

    A link that leads nowhere is a policy that is not believed, and so is one that has left only its lines.
    """
    if not recalled and not any(os.path.lexists(f"{sys.prefix}/{name}") for name in (POLICY, LINES)):
        return None
    from backportkit.policy import in_force

    return in_force


def _must_look() -> bool:
    """Tell whether a policy wants that more is done at once than to wait."""
    found = _policies()
    return found is not None and any(one.broken or one.require for one in found.policies())


def _is_left_unpatched() -> bool:
    if not sys._xoptions:  # noqa: SLF001 -- as the documentation of -X says
        return False
    from backportkit.policy import going_on  # few interpreters get such options

    return going_on.is_left_unpatched()


def _is_off() -> bool:
    return "all" in map(str.strip, os.environ.get("BACKPORTKIT_DISABLE", "").split(","))


def _is_off_heeded() -> bool:
    found = _policies()
    return found is None or found.heeds("BACKPORTKIT_DISABLE", os.environ["BACKPORTKIT_DISABLE"])


def _may_ask() -> bool:
    """Tell whether environment variables may ask for patches by their ids. A settings file is not read for that."""
    return not sys.flags.ignore_environment and any(map(os.environ.get, _ASKING))


def _needed(head: "Head") -> "list[str]":
    """Return the modules and packages that may have something to be applied."""
    return [*head.modules, *head.offers] if _may_ask() else head.modules


def _stand_by() -> bool:
    """Wait for the modules that have patches; return False if there is something to do at once."""
    if _ENGINE in sys.modules or _must_look():
        return False
    registry = _registry()
    declared = [] if registry is None else list(registry)
    if not all(map(_can_wait, declared)):
        return False
    targets = _targets(declared)
    if "" in targets:  # a module is added outside all packages: no import of one comes before
        return False
    spoken_for = in_force[0].folders if in_force else ()
    folders = [folder for folder in sys.path if folder not in spoken_for]
    packages = _patched_packages(folders) if folders else set()
    if packages is None or _are_there(packages | targets | bootstrap_finder.names):
        return False
    if registry is not None:
        registry.awaited = len(declared)
    bootstrap_finder.wait_for(packages, targets)
    # Another thread may have loaded the engine since, or have begun to import a target that nobody waited for yet.
    return _ENGINE not in sys.modules and not _are_there(targets)


def _registry() -> "Registry | None":
    """Return the patches that are declared in this process; None if nobody has loaded the module of declarations."""
    return getattr(sys.modules.get(DECLARATIONS), "declared_patches", None)


def _targets(declared: "Iterable[Declared]") -> set[str]:
    """Return the modules that patches are for, and the packages that they add modules to."""
    return {name for one in declared for name in one.patch.occasions}


def _can_wait(declared: "Declared") -> bool:
    """Tell whether a patch can wait without the engine: it is the application's, and supersedes no other one."""
    return not (declared.installed or declared.internal or declared.patch.supersedes)


def _are_there(names: set[str]) -> bool:
    """Tell whether one of these modules is there, or some thread has begun to import it."""
    begun = getattr(_bootstrap, "_module_locks", {})
    return any(map(sys.modules.__contains__, names)) or any(map(begun.__contains__, names))


def _patched_packages(folders: list[str]) -> set[str] | None:
    from backportkit import providers_on_disk

    offers = (providers_on_disk.OFFERS,) if _may_ask() else ()
    return providers_on_disk.patched_packages(folders, providers_on_disk.GROUP, *offers)


def wake(spec: "ModuleSpec") -> None:
    """Have the engine take over, and track the import that a spec is for.

    A module that has patches is about to be imported, or was imported past our finder.
    """
    looks_only, there = is_only_looking(), sys.modules.get(spec.name)
    with only_looking():  # we are not woken by our own imports
        if _is_idle(spec):
            return
        finder = _engaged()
        if not looks_only:  # else the finder stays where it is, and missed modules are left to the next import
            finder.arm()
            finder.catch_up()
        finder.track_import(spec)
        finder.import_once(spec, there)


def _is_idle(spec: "ModuleSpec") -> bool:
    """Tell whether the awaited modules that are there have patches for other releases only; if so, forget these."""
    from backportkit import providers_on_disk

    due = bootstrap_finder.names & {spec.name, *sys.modules}
    registry = _registry()
    if registry is not None and not due.isdisjoint(_targets([*registry][: registry.awaited])):
        return False
    idle = {name for head in in_force for name in set(head.packages).difference(_needed(head))}
    # A notebook may install what it is about to import.
    is_idle = bool(due) and due <= idle and all(map(providers_on_disk.is_all_installed_by, in_force))
    if is_idle:
        bootstrap_finder.names.difference_update(due)
    return is_idle


def _engaged() -> "ModuleType":
    """Load the engine, which takes over as it is loaded; return the module of the hook's finder."""
    from backportkit.engine import verbs  # noqa: F401 -- takes over as it is loaded
    from backportkit.errors import write_log
    from backportkit.hook import finder

    while _to_log:
        write_log("warning", "%s", _to_log.pop())
    return finder


def _status() -> "tuple[PatchStatus, ...]":
    with only_looking():
        from backportkit.engine import verbs

        return verbs.status()
