"""Judge the declarations of an environment, and write down what a start need not judge again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from backportkit import manifest
from backportkit.declaration import discovery, eligibility, metadata
from backportkit.declaration.alternatives import branches
from backportkit.declaration.registry import declared_patches
from backportkit.engine import precedence
from backportkit.providers_on_disk import GROUP
from backportkit.source import fingerprint, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.eligibility import Eligibility
    from backportkit.declaration.registry import Declared
    from backportkit.source.found import Function

    Groups = dict[str, list[Declared]]


def read_providers() -> Groups:
    """Import all providers; return the declarations of each of their modules, by its name. Raises ProviderError.

    The start of this very process may have imported some of them already: their declarations count, too.
    """
    found = entry_points()
    for entry_point in found:
        discovery.load(entry_point)
    declared_by = discovery.declared_by
    return {one.value: [new for new in declared_patches if new.id in declared_by[one.value]] for one in found}


def entry_points() -> list[EntryPoint]:
    """Return the entry points of the providers that are read."""
    return [entry for entries in discovery.entry_points(GROUP).values() for entry in entries]


def modules_of(groups: Groups) -> tuple[set[str], set[str]]:
    """Return the modules with patches that may be meant for this environment, and the packages with other patches."""
    judging = eligibility.Judging()
    names = {entry.value: entry.name for entry in entry_points()}
    needed: set[str] = set()
    idle: set[str] = set()
    for value, one in ((value, one) for value, group in groups.items() for one in group):
        modules = _occasions(one, names[value])
        if precedence.is_meant(one, judging.judge):
            needed.update(modules)
        else:
            idle.update(module.partition(".")[0] for module in modules)
    return needed, idle


def _occasions(declared: Declared, package: str) -> set[str]:
    """Return the modules whose import is an occasion to apply a patch: for an empty name its provider's package.

    A patch of ours that comes along with those of a provider is not needed before that package.
    """
    return {package} if declared.internal else {name or package for name in declared.patch.occasions}


def by_provider(groups: Groups) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Yield for each declaring module the modules that it patches, and its judgements, for `engine.judgements`."""
    judging, bodies = eligibility.Judging(), Bodies()
    for value, entry in {entry.value: entry for entry in entry_points()}.items():
        yield _judged(groups[value], entry, judging, bodies)


def _judged(
    declared: list[Declared], entry: EntryPoint, judging: eligibility.Judging, bodies: Bodies
) -> tuple[list[str], dict[str, Any]]:
    judgements = {branch: judging.judge(branch) for one in declared for branch in branches(one.patch.requires)}
    needed = [one for one in declared if precedence.is_meant(one, judging.judge)]
    if judging.is_contested:  # then they hold for one module each
        judgements = {}
    found = {(str(edit.target), *place) for one in needed for edit in one.patch.edits for place in bodies.of(edit)}
    return sorted({name for one in needed for name in _occasions(one, entry.name)}), {
        "entry": (entry.name, entry.value, discovery.provider_of(entry)),
        "declared_in": getattr(entry.metadata, "path", ""),
        "judged": [(requires, *_fields(judgement)) for requires, judgement in judgements.items()],
        "bodies": sorted(found),
        "metadata": {path: stamp for judgement in judgements.values() for path, stamp in _metadata_of(judgement)},
    }


def _metadata_of(judgement: Eligibility) -> Iterator[tuple[str, str]]:
    """Yield the files that say which versions are installed, with their stamps."""
    folders = (found.path for name in judgement.installed for found in metadata.copies(name))
    paths = (path for folder in folders for path in (folder, f"{folder}/METADATA", f"{folder}/PKG-INFO"))
    return ((path, manifest.stamp_of_file(path)) for path in filter(os.path.isfile, paths))


def _fields(judgement: Eligibility) -> tuple[bool, bool, str, dict[str, str]]:
    return judgement.undecided, judgement.eligible, judgement.reason, judgement.installed


def file_of(declared: Declared) -> str:
    """Return the file that a declaration stands in; empty if it is not known."""
    return declared.place.rpartition(", patch ")[0] or declared.place.rpartition(":")[0]


class Bodies:
    """Find the installed bodies of functions. The source of each module is read and parsed once."""

    def __init__(self) -> None:
        self._library = lookup.Library()

    def of(self, edit: Edit) -> Iterator[tuple[str, str, str, int, str]]:
        """Yield the body that an edit was written against, if it is there: fingerprint, file, stamp, line and name."""
        meant = set(edit.original).difference(edit.fixed)
        candidates = self._library.find(edit.target.module, edit.target.path).candidates if meant else ()
        for found in candidates:
            for node in found.functions:
                if found.source is not None and (value := fingerprint.of_node(node)) in meant:
                    yield (str(value), *_place_of(node, found.source.path))
                    return


def _place_of(node: Function, file: str) -> tuple[str, str, int, str]:
    line = min(one.lineno for one in (node, *node.decorator_list))
    return file, manifest.stamp_of_file(file), line, node.name
