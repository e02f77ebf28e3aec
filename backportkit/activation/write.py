"""Judge the declarations of an environment, and write down what a start need not judge again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from backportkit import manifest
from backportkit.declaration import discovery, eligibility, frozen
from backportkit.declaration.registry import declared_patches
from backportkit.source import fingerprint, lookup, reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.reference import Reference
    from backportkit.declaration.registry import Declared
    from backportkit.source.found import Function

    Groups = dict[str, list[Declared]]


def read_providers() -> Groups:
    """Import all providers; return what each of their modules has declared, by its name. Raises ProviderError."""
    groups: Groups = {}
    for entry_point in _entry_points():
        before = {declared.id for declared in declared_patches}
        discovery.load(entry_point)
        new = [declared for declared in declared_patches if declared.id not in before]
        groups.setdefault(entry_point.value, []).extend(new)
    return groups


def _entry_points() -> list[EntryPoint]:
    return [entry for entries in discovery.entry_points().values() for entry in entries]


def modules_of(declared: Iterable[Declared]) -> tuple[set[str], set[str]]:
    """The modules that have patches which may be meant for this environment, and the packages that have others."""
    judge = eligibility.Sweep().judge
    needed: set[str] = set()
    idle: set[str] = set()
    for patch in (one.record for one in declared):
        judgement = judge(patch.requires)
        if judgement.eligible or eligibility.left_to_the_body(patch, judgement):
            needed.update(patch.modules)
        else:
            idle.update(module.partition(".")[0] for module in patch.modules)
    return needed, idle


def by_package(groups: Groups) -> Iterator[tuple[str, dict[str, Any]]]:
    """What `backportkit.vouched` reads, for each package that has patches."""
    sweep, bodies = eligibility.Sweep(), Bodies()
    for package, entries in discovery.entry_points().items():
        declared = [one for value in dict.fromkeys(entry.value for entry in entries) for one in groups[value]]
        yield package, _Writer(entries, declared, sweep, bodies).content()


class _Writer:
    """What is written down of one package."""

    def __init__(
        self, entries: list[EntryPoint], declared: list[Declared], sweep: eligibility.Sweep, bodies: Bodies
    ) -> None:
        self._entries = entries
        self._declared = declared
        self._bodies = bodies
        self._judged = {one.id: sweep.judge(one.record.requires) for one in declared}
        self._meant = [one for one in declared if self._judged[one.id].eligible]

    def content(self) -> dict[str, Any]:
        vouched = self._can_be_vouched_for()
        return {
            "vouched": vouched,
            "known": [one.id for one in self._declared],
            "entries": [(discovery.provider_of(entry), entry.module) for entry in self._entries],
            "files": {path: manifest.stamp_of_file(path) for path in sorted(self._files())} if vouched else {},
            "patches": [self._patch(one) for one in self._meant] if vouched else [],
        }

    def _can_be_vouched_for(self) -> bool:
        """Whether all that is needed is a question of names, and every name leads to what was declared."""
        undecided = (eligibility.left_to_the_body(one.record, self._judged[one.id]) for one in self._declared)
        references = [reference for one in self._meant for reference in _references(one.record)]
        return (
            not any(undecided)
            and not any(entry.attr for entry in self._entries)
            and all(reference.leads_back for reference in references)
        )

    def _files(self) -> set[str]:
        """The files that say what is declared."""
        modules = [entry.module for entry in self._entries]
        modules += [reference.module for one in self._meant for reference in _references(one.record)]
        files = {getattr(sys.modules.get(name), "__file__", None) or reader.of_module(name).file for name in modules}
        return {file for file in files | set(map(file_of, self._declared)) if file}

    def _patch(self, declared: Declared) -> dict[str, Any]:
        judgement, fields = self._judged[declared.id], frozen.fields_of(declared.record)
        for content, edit in zip(fields["edits"], declared.record.edits, strict=True):
            content["body"] = self._bodies.of(edit) if edit.original else None
        return fields | {
            "provider": declared.provider,
            "place": declared.place,
            "companion": declared.companion,
            "judged": (judgement.reason, judgement.installed),
        }


def file_of(declared: Declared) -> str:
    """The file that a declaration stands in; empty if it is not known."""
    return declared.place.rpartition(", patch ")[0] or declared.place.rpartition(":")[0]


def _references(patch: frozen.Patch) -> Iterator[Reference]:
    yield from (edit.replacement for edit in patch.edits if edit.replacement is not None)
    yield from (callback for _, callback in patch.callbacks if callback is not None)


class Bodies:
    """The installed bodies of functions; the source of each module is read and parsed once."""

    def __init__(self) -> None:
        self._library = lookup.Library()

    def of(self, edit: frozen.Edit) -> tuple[str, str, int, str] | None:
        """File, its stamp, first line and name of a body; None if it is not the one that was written against."""
        meant = set(edit.original).difference(edit.fixed)
        for found in self._library.find(edit.target.module, edit.target.path).candidates:
            for node in found.functions:
                if found.source is not None and fingerprint.of_node(node) in meant:
                    return _place_of(node, found.source.path)
        return None


def _place_of(node: Function, file: str) -> tuple[str, str, int, str]:
    line = min(part.lineno for part in (node, *node.decorator_list))
    return file, manifest.stamp_of_file(file), line, node.name
