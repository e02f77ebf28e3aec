"""The results of a sample, kept as they come, so that a sample that was stopped goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mutants import Mutant, Place

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Result:
    """The result for a mutant: the test that killed it, if one did, and the seconds that it took."""

    mutant: Mutant
    mutated: str
    killer: str | None
    seconds: float


class Results:
    """The results that a file has, one a line."""

    def __init__(self, path: Path) -> None:
        """Read those that are there, and cut off what was begun and not written to its end."""
        self._path = path
        written = path.read_text("utf-8") if path.exists() else ""
        whole = written[: written.rfind("\n") + 1]
        path.write_text(whole, "utf-8")
        self.found = [_read(line) for line in whole.splitlines()]

    def add(self, result: Result) -> None:
        """Add one, in the file first."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(result)) + "\n")
        self.found.append(result)


def _read(line: str) -> Result:
    values = json.loads(line)
    mutant = values.pop("mutant")
    place = mutant.pop("place")
    end = tuple(place.pop("end"))
    return Result(Mutant(Place(**place, end=end), **mutant), **values)
