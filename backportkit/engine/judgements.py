"""Use the judgements in the manifest as long as they are true: of installed versions, and of bodies of targets.

All that is unusual is judged anew, by the metadata and the source.
"""

from __future__ import annotations

import json

from backportkit import bootstrap, manifest, providers_on_disk
from backportkit.declaration import discovery
from backportkit.declaration.discovery import EntryPoint
from backportkit.declaration.eligibility import Eligibility, Judging
from backportkit.errors import write_log
from backportkit.source.functions import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from backportkit.declaration.eligibility import Fingerprinted
    from backportkit.declaration.record import Requirements


def in_force() -> Judgements | None:
    """The judgements of the manifest that this process started from; None if there is none."""
    try:
        return Judgements(*bootstrap.in_force) if bootstrap.in_force else None
    except OSError:  # the file was there at the start
        return None
    except ValueError as error:
        write_log("warning", "%s %s: run `backportkit activate` again", bootstrap.in_force[0].path, error)
        return None


_UNDECLARED = "%s names %s, which no installed distribution declares: run `backportkit activate` again"


class _UndeclaredError(Exception):
    """The manifest names a module that is no provider's. It is not imported."""


class Judgements:
    """The judgements in a manifest about the patches of each provider. Raises what `manifest.judged` raises."""

    def __init__(self, head: bootstrap.Head) -> None:
        self._head = head
        self._lines: list[tuple[list[str], str]] = []  # not looked at yet
        for line in manifest.judged(head):
            modules, _, said = line.partition("\t")
            self._lines.append((modules.split(), said))
        self._unread: dict[str, list[EntryPoint]] = {}  # by the module that is patched
        self._judged: dict[Requirements, Eligibility] = {}
        self._bodies: dict[tuple[str, str], Body] = {}
        self._metadata: dict[str, str] = {}  # files that versions were read from, with their stamps

    def unread(self, name: str) -> list[EntryPoint] | None:
        """Return the entry points for a module that are not loaded yet; None if providers are to be looked for."""
        try:
            self._look_at(name)
        except _UndeclaredError as error:
            write_log("warning", _UNDECLARED, self._head.path, error)
            return None
        except (LookupError, TypeError, ValueError):  # the line is no judgement, or another thread was first
            return None
        return self._unread.get(name) if self._holds() else None

    def _look_at(self, name: str) -> None:
        for line in [line for line in self._lines if name in line[0]]:
            said: dict[str, Any] = json.loads(line[1])
            entry_point = EntryPoint(*said["entry"])
            if not discovery.is_declared(entry_point, said["declared_in"]):
                self._lines.remove(line)
                raise _UndeclaredError(entry_point.module)
            for requires, undecided, *judged in said["judged"]:
                self._judged[tuple(requires)] = Eligibility(*judged, undecided=undecided)
            for target, original, *body in said["bodies"]:
                self._bodies[target, original] = Body(*body)
            self._metadata.update(said["metadata"])
            for module in line[0]:
                self._unread.setdefault(module, []).append(entry_point)
            self._lines.remove(line)

    def _holds(self) -> bool:
        """Tell whether the distributions that this process has at this moment are those that were judged."""
        return providers_on_disk.is_all_installed_by(self._head) and all(
            manifest.is_unchanged(*file) for file in self._metadata.items()
        )

    def judging(self) -> Judging:
        """Return the judgements about the environment, if they still hold, and those about bodies with their stamps."""
        return _Judging(self._judged if self._holds() else {}, self._bodies)


class Body:
    """The place of the body that a patch was written against: the file, its stamp, the line, and the name there."""

    __slots__ = ("file", "line", "name", "stamp")

    def __init__(self, file: str, stamp: str, line: int, name: str) -> None:
        self.file = file
        self.stamp = stamp
        self.line = line
        self.name = name


class _Judging(Judging):
    """Judgements that were made when the manifest was written, and bodies that were read then."""

    def __init__(self, judged: dict[Requirements, Eligibility], bodies: dict[tuple[str, str], Body]) -> None:
        super().__init__()
        self._judged.update(judged)
        self._bodies = bodies
        self._unchanged: dict[str, bool] = {}

    def knows(self, edit: Fingerprinted, stored: Any) -> bool:
        code = getattr(function_of(stored), "__code__", None)
        target = str(edit.target)
        if code is None or hasattr(function_of(stored), "__wrapped__"):
            return False
        place = code.co_filename, code.co_firstlineno, code.co_name
        bodies = (self._bodies.get((target, one)) for one in edit.original if one not in edit.fixed)
        return any(place == (one.file, one.line, one.name) and self._is_unchanged(one) for one in bodies if one)

    def _is_unchanged(self, body: Body) -> bool:
        if body.file not in self._unchanged:
            self._unchanged[body.file] = manifest.is_unchanged(body.file, body.stamp)
        return self._unchanged[body.file]
