"""Take the manifest's word, while it is true, for what has been judged: installed versions, and bodies of targets.

Whatever is unusual is left to those who judge: the metadata and the source.
"""

from __future__ import annotations

import json

from backportkit import bootstrap, manifest, providers_on_disk
from backportkit.declaration import discovery
from backportkit.declaration.eligibility import Eligibility, Sweep
from backportkit.engine import on_error
from backportkit.errors import let_interrupt_pass
from backportkit.source.callables import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from backportkit.declaration.edits import Edit


def in_force() -> Judgements | None:
    """The judgements of the manifest that this process started from; None if there is none."""
    try:
        return Judgements(*bootstrap.in_force) if bootstrap.in_force else None
    except OSError:  # it was there at the start
        return None
    except ValueError as error:
        on_error.logger().warning("%s %s: run `backportkit activate` again", bootstrap.in_force[0].path, error)
        return None


class Judgements:
    """What a manifest says of the patches of each provider. Raises what `manifest.judged` raises."""

    def __init__(self, head: bootstrap.Head) -> None:
        self._head = head
        self._unread: list[tuple[list[str], str]] = []
        for line in manifest.judged(head):
            modules, _, said = line.partition("\t")
            self._unread.append((modules.split(), said))
        self._judged: dict[tuple[str, ...], Eligibility] = {}
        self._bodies: dict[tuple[str, str], Body] = {}
        self._loaded: set[str] = set()

    def hold(self) -> bool:
        """Whether they are true in this process at this moment."""
        return providers_on_disk.is_all_installed_by(self._head)

    def load_providers_of(self, name: str) -> bool:
        """Import who has patches for a module that is about to run its body; False if they must be read and judged."""
        try:
            return self.hold() and self._load(name)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, reading the providers runs into it and says so
            let_interrupt_pass(error)
            return False

    def _load(self, name: str) -> bool:
        due = [line for line in self._unread if name in line[0]]
        for line in due:
            said: dict[str, Any] = json.loads(line[1])
            for requires, undecided, *judged in said["judged"]:
                self._judged[tuple(requires)] = Eligibility(*judged, undecided=undecided)
            for target, original, *body in said["bodies"]:
                self._bodies[target, original] = Body(*body)
            discovery.load_module(said["module"], said["provider"])
            self._unread.remove(line)
            self._loaded.update(line[0])
        return name in self._loaded

    def sweep(self) -> Sweep:
        """What has been judged already."""
        return _Sweep(self._judged, self._bodies)


class Body:
    """Where the body stood that a patch was written against: file, its stamp, line, and the name there."""

    __slots__ = ("file", "line", "name", "stamp")

    def __init__(self, file: str, stamp: str, line: int, name: str) -> None:
        self.file = file
        self.stamp = stamp
        self.line = line
        self.name = name


class _Sweep(Sweep):
    """Judgements that were made when the manifest was written, and bodies that were read then."""

    def __init__(self, judged: dict[tuple[str, ...], Eligibility], bodies: dict[tuple[str, str], Body]) -> None:
        super().__init__()
        self._judged.update(judged)
        self._bodies = bodies
        self._unchanged: dict[str, bool] = {}

    def knows(self, edit: Edit, raw: Any) -> bool:
        code = getattr(function_of(raw), "__code__", None)
        target = str(edit.target)
        if code is None or hasattr(function_of(raw), "__wrapped__"):
            return False
        place = code.co_filename, code.co_firstlineno, code.co_name
        bodies = (self._bodies.get((target, one)) for one in edit.original if one not in edit.fixed)
        return any(place == (one.file, one.line, one.name) and self._is_unchanged(one) for one in bodies if one)

    def _is_unchanged(self, body: Body) -> bool:
        if body.file not in self._unchanged:
            self._unchanged[body.file] = manifest.is_unchanged(body.file, body.stamp)
        return self._unchanged[body.file]
