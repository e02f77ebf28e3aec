"""Take the manifest's word for what is declared, for whom it is meant and what was patched, while it is true.

Whatever is unusual is left to those who judge: that one reads the declarations themselves, the metadata and the source.
"""

from __future__ import annotations

import json
import sys

from backportkit import manifest, providers_on_disk
from backportkit.declaration import discovery, frozen
from backportkit.declaration.eligibility import Eligibility, Sweep
from backportkit.declaration.registry import Declared
from backportkit.errors import let_interrupt_pass
from backportkit.source.callables import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from backportkit.declaration.registry import Registry


def manifest_in_force() -> Vouched | None:
    """What the manifest that this process started from vouches for; None if there is none."""
    try:
        return Vouched(*manifest.in_force) if manifest.in_force else None
    except (OSError, ValueError, LookupError):  # it was there and whole at the start
        return None


class Vouched:
    """The declarations for which a manifest vouches. Raises what `manifest.read` raises."""

    def __init__(self, path: str) -> None:
        self._manifest = manifest.read(path)
        lines = (line.partition(b"\t")[::2] for line in self._manifest.declared)
        self._lines = {name.decode(): text for name, text in lines}
        self._read: dict[str, Package] = {}

    def holds(self) -> bool:
        """Whether it is true in this process at this moment."""
        return providers_on_disk.is_all_installed_by(self._manifest)

    def packages_before(self, name: str, registry: Registry) -> list[Package] | None:
        """What is to be armed when a module is about to run its body; None if it must be read and judged.

        Imports the providers, as reading them does, where a patch is in the module.
        """
        try:
            return self._take(name, registry) if self.holds() else None
        except BaseException as error:  # noqa: BLE001 -- whatever it is, reading the providers runs into it and says so
            let_interrupt_pass(error)
            return None

    def _take(self, name: str, registry: Registry) -> list[Package] | None:
        tops = {package: package.partition(".")[0] for package in self._lines}
        due = [package for package, top in tops.items() if package == name or sys.modules.get(top) is not None]
        packages = [self._package(package) for package in due]
        strangers = [one for one in registry.ids() if not any(one in package.known for package in packages)]
        if strangers or not all(package.is_whole() for package in packages):
            return None
        if not packages or (
            name in self._manifest.modules and not any(name in package.by_module for package in packages)
        ):
            return None  # what is said of it is nowhere to be found
        for package in packages:
            package.load_for(name)
        return packages

    def _package(self, name: str) -> Package:
        if name not in self._read:
            self._read[name] = Package(json.loads(self._lines[name]))
        return self._read[name]

    def sweep(self) -> Sweep:
        """What has been judged already."""
        return _Sweep(package.judged for package in list(self._read.values()))


class Package:
    """What is declared for one top-level package.

    `armed` is for whoever arms it: what is `declared` is in force in this process from then on.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self._entries: list[tuple[str, str]] = fields["entries"]
        self._files: dict[str, str] = fields["files"]
        self._vouched: bool = fields["vouched"]
        self._loaded = False
        self.armed = False
        self.known: set[str] = set(fields["known"])
        self.declared = [_declared(patch) for patch in fields["patches"]]
        self.judged = {tuple(one["requires"]): Eligibility(True, *one["judged"]) for one in fields["patches"]}
        self.by_module: dict[str, list[Declared]] = {}
        for declared in self.declared:
            for module in declared.record.modules:
                self.by_module.setdefault(module, []).append(declared)

    def is_whole(self) -> bool:
        """Whether all of it can be taken from here: it is as it was."""
        return self._vouched and (self._loaded or self._is_same())

    def _is_same(self) -> bool:
        return all(manifest.is_unchanged(path, stamp) for path, stamp in self._files.items())

    def load_for(self, name: str) -> None:
        """Import the providers once one of their patches is needed, so that what they declare need not be checked."""
        if self._loaded or all(declared.companion for declared in self.by_module.get(name, ())):
            return
        for provider, module in self._entries:
            discovery.load_vouched(module, provider)
        self._loaded = True


def _declared(fields: dict[str, Any]) -> Declared:
    declared = Declared(frozen.Patch(fields), fields["provider"], fields["place"], _not_yet)
    declared.companion = fields["companion"]
    declared.installed = True
    return declared


def _not_yet() -> NoReturn:
    raise AssertionError("who asks for the patch has the declaration itself read first")


class _Sweep(Sweep):
    """Judgements that were made when the manifest was written, and bodies that were read then."""

    def __init__(self, judged: Iterable[dict[tuple[str, ...], Eligibility]]) -> None:
        super().__init__()
        for found in judged:
            self._judged.update(found)
        self._unchanged: dict[str, bool] = {}

    def knows(self, edit: Any, raw: Any) -> bool:
        body: frozen.Body | None = getattr(edit, "body", None)
        code = getattr(function_of(raw), "__code__", None)
        if body is None or code is None or hasattr(function_of(raw), "__wrapped__"):
            return False
        place = code.co_filename, code.co_firstlineno, code.co_name
        return place == (body.file, body.line, body.name) and self._is_unchanged(body)

    def _is_unchanged(self, body: frozen.Body) -> bool:
        if body.file not in self._unchanged:
            self._unchanged[body.file] = manifest.is_unchanged(body.file, body.stamp)
        return self._unchanged[body.file]
