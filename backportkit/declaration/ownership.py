"""Tell whose a module is by what installers leave behind, and whether a policy lets a provider take code from it.

Nothing is imported for that. This is the one place that knows, for entry points and for all that a declaration names.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit import providers_on_disk
from backportkit.declaration import editable, listed, metadata
from backportkit.names import normalised
from backportkit.policy import in_force, modules
from backportkit.policy.record import NOBODY
from backportkit.source import specs
from backportkit.source.at_load import is_of_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from backportkit.declaration.metadata import Metadata
    from backportkit.declaration.registry import Declared
    from backportkit.policy.record import Policy

    _Choice: TypeAlias = Callable[[frozenset[str], frozenset[str]], frozenset[str]]

_GROUPS = (providers_on_disk.GROUP, providers_on_disk.OFFERS)


class Taker(NamedTuple):
    """A provider that takes code from modules which it only names.

    Attributes:
        provider: Its name.
        is_installed: True if it is a distribution. What nobody has installed is the application's own.
    """

    provider: str
    is_installed: bool = True


def refusal(taker: Taker, module: str, policies: Iterable[Policy] | None = None) -> str:
    """Say why policies do not let a provider have a module imported; empty if they do. They are those in force."""
    return _refusal(taker, module, policies, _all)


def refusal_of_patch(declared: Declared, policies: Iterable[Policy] | None = None) -> str:
    """Say why policies do not let a patch have one of the modules imported that it names; empty if they do.

    Modules of the patched package, and those that are to be had by another name, are no code of the provider. They may
    be of any distribution, unless that is a provider which is not allowed.
    """
    taker = Taker(declared.provider, declared.installed)
    packages = {name.partition(".")[0] for name in declared.patch.modules}
    named = declared.code_modules
    foreign = declared.aliased_modules.union(one for one in named if one.partition(".")[0] in packages)
    reasons = [_refusal(taker, one, policies, _providers) for one in sorted(foreign)]
    reasons += [refusal(taker, one, policies) for one in sorted(named - foreign)]
    return next(filter(None, reasons), "")


def _refusal(taker: Taker, module: str, policies: Iterable[Policy] | None, relevant: _Choice) -> str:
    found = in_force.policies() if policies is None else policies
    asking = [one for one in found if one.asks_whose(taker.provider, module)]
    if not asking:
        return ""
    denied = frozenset(name for one in asking for name in one.denied)
    owners = _owners(module, normalised(taker.provider), denied, tuple(sys.path))
    told = relevant(owners - {NOBODY} if _is_of_application(taker) else owners, denied)
    return next(filter(None, (one.refuses_module(taker.provider, module, told) for one in asking)), "")


def _is_of_application(taker: Taker) -> bool:
    """Tell whether a taker is an application, and none that has the name of a distribution."""
    return not taker.is_installed and not metadata.copies(normalised(taker.provider))


def _all(owners: frozenset[str], _: frozenset[str]) -> frozenset[str]:
    return owners


def _providers(owners: frozenset[str], denied: frozenset[str]) -> frozenset[str]:
    """Return those of the owners that declare patches, or are denied by their names."""
    return owners & ({found.key for found in _installed() if _entry_modules(found)} | denied)


@cache
def _owners(module: str, provider: str, denied: frozenset[str], _: tuple[str, ...]) -> frozenset[str]:
    """Return the normal names of the distributions that have the files which are executed to import a module."""
    owners = frozenset[str]()
    for name, file in _executed(module):
        owners |= _owners_of(name, file, {provider, *denied}, provider) or {NOBODY}
    return owners


def _executed(module: str) -> Iterator[tuple[str, str]]:
    """Yield the modules that are executed to import one, but Python's own, with their files, without links."""
    for name in modules.leading_to(module) if not is_of_python(module) else ():
        try:
            spec = specs.find(name)
        except (LookupError, OSError, ValueError):
            yield name, ""
            continue
        if spec is None:
            return
        if spec.origin is not None or spec.submodule_search_locations is None:  # else it is a namespace
            yield name, os.path.realpath(spec.origin) if spec.has_location and spec.origin else ""


def _owners_of(name: str, file: str, near: set[str], provider: str) -> frozenset[str]:
    """Return who has one file, by the best evidence: lists of files, then folders, then names.

    Mostly the provider's own list has it. Then nobody else is asked but those that are denied by their names.
    """
    installed = [one for one in _installed() if is_of_environment(one) or one.key in near - {provider}]
    own = frozenset(one.key for one in installed if one.key in near and _lists(one, file))
    if provider in own:
        return own
    places = {os.path.realpath(one.place) for one in installed}
    claims: tuple[Callable[[Metadata], bool], ...] = (
        lambda one: _lists(one, file),
        lambda one: _has_folder_of(one, file, places),
        lambda one: _is_inside(file, os.path.realpath(one.place)) and _has_name(one, name),
    )
    found = (frozenset(one.key for one in installed if claim(one)) for claim in claims)
    return next(filter(None, found), frozenset())


def _installed() -> list[Metadata]:
    return [one for one in metadata.everything() if not providers_on_disk.is_left_over(one.key)]


def is_of_environment(found: Metadata) -> bool:
    """Tell whether a distribution is installed in this environment, and not in a folder that may be anybody's."""
    folders = {sys.prefix, sys.base_prefix, *_site_folders()}
    place = os.path.realpath(found.place)
    return any(_is_inside(f"{place}{os.sep}", os.path.realpath(folder)) for folder in folders)


@cache
def _site_folders() -> tuple[str, ...]:
    import site  # loaded by each start but that of -S

    return (site.getusersitepackages(), *site.getsitepackages())


def _lists(found: Metadata, file: str) -> bool:
    """Tell whether a distribution lists a file: in RECORD, or in the list of sources of an egg."""
    last, place = Path(file).name, os.path.realpath(found.place)
    if not last:
        return False
    if last in found.text("RECORD"):
        rows = (row for row in listed.recorded(found) if row.endswith(last))
        return any(os.path.realpath(f"{place}/{row}") == file for row in rows)
    sources = found.text("SOURCES.txt").splitlines()
    return any(line.endswith(last) and f"{place}{os.sep}{line}" == file for line in sources)


def _has_folder_of(found: Metadata, file: str, places: set[str]) -> bool:
    """Tell whether a file is in a folder or archive which holds this one distribution, as that of an editable one."""
    for folder in map(os.path.realpath, editable.folders(found, listed.recorded(found))):
        inner = (place for place in places if place != folder and _is_inside(place, folder))
        if _is_inside(file, folder) and not any(_is_inside(file, place) for place in inner):
            return True
    return False


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _has_name(found: Metadata, module: str) -> bool:
    """Tell whether a distribution of which nobody knows the files has a module by its name."""
    if found.text("RECORD"):
        return False
    top = module.partition(".")[0]
    roots = {next((one for one, _ in _executed(entry)), entry) for entry in _entry_modules(found)}
    names = {*roots, *found.text("top_level.txt").split()}
    return normalised(top) == found.key or any(f"{module}.".startswith(f"{one}.") for one in names)


def _entry_modules(found: Metadata) -> set[str]:
    text = found.text("entry_points.txt")
    lines = (line for group in _GROUPS for line in providers_on_disk.entries_in(text, group))
    return {value.partition("[")[0].partition(":")[0].strip() for _, value in lines}
