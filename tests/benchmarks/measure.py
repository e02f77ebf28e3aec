"""Measure one process of a scenario: instructions by callgrind, CPU time, or memory."""

from __future__ import annotations

import os
import re
import resource
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

# Wrapped around the work of a scenario, as `python -c` gets it. Nothing is imported that the interpreter has not got.
# The garbage of what was prepared is collected before, and not by chance while the work is measured.
_WORK = "work = {scenario}.prepare({way!r}, {size!r}, {repeat!r})\nimport gc\ngc.collect()\n"
# Valgrind counts nothing, and is ten times as fast, until it is told to.
_SWITCH = """
import os
def count(switch):
    if os.system(f"callgrind_control -i {{switch}} {{os.getpid()}} > /dev/null"):
        raise SystemExit("callgrind_control does not reach this process")
"""
_RUN = {
    "warm-up": _WORK + "work()",
    "process": "{scenario}.prepare({way!r}, {size!r}, {repeat!r})()",
    "instructions": _WORK + _SWITCH + "count('on')\nwork()\ncount('off')",
    "cpu": _WORK + "{warm}\nimport time\nbegan = time.process_time()\nwork()\nprint(time.process_time() - began)",
    "bytes": _WORK
    + "import tracemalloc\ntracemalloc.start()\nwork()\ngc.collect()\nprint(tracemalloc.get_traced_memory()[0])",
}
VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
_COUNT = re.compile(r"Collected : (\d+)")


class Bench:
    """An interpreter with the peers installed, and the folders that the scenarios import from.

    `others` are interpreters of environments that are made for one scenario, by name.
    """

    def __init__(self, python: Path, folders: list[Path], others: dict[str, Path] | None = None) -> None:
        self.python = python
        self.others = others or {}
        self.preface = f"import sys\nsys.path[:0] = {[str(folder) for folder in folders]!r}\n"
        self.nowhere = folders[0] / "nowhere"  # where nothing can be imported from
        self.nowhere.mkdir(exist_ok=True)

    def python_for(self, scenario: ModuleType, way: str) -> Path | None:
        """The interpreter that runs a way; None if its environment is not here."""
        place = getattr(scenario, "PLACES", {}).get(way)
        return self.python if place is None else self.others.get(place)

    def cost(self, scenario: ModuleType, size: object, measure: str, way: str) -> float:
        """Measure what one unit costs, in instructions, seconds of CPU time or bytes.

        For instructions and bytes, take the difference of two processes with different numbers of units, so that what
        both of them cost drops out.
        """
        if scenario.REPEATS is None:
            return self._measure(scenario, way, size, 0, measure)
        few, many = scenario.REPEATS
        cost = self._measure(scenario, way, size, many, measure)
        if measure == "cpu":
            return cost / many
        return (cost - self._measure(scenario, way, size, few, measure)) / (many - few)

    def warm_up(self, scenario: ModuleType, way: str, size: object) -> None:
        """Run it once, so that all bytecode is compiled. Raises CalledProcessError if the way does not work."""
        repeat = 0 if scenario.REPEATS is None else scenario.REPEATS[1]
        source = self._source(scenario, way, size, repeat, "warm-up")
        self._run([str(self.python_for(scenario, way))], source)

    def _measure(self, scenario: ModuleType, way: str, size: object, repeat: int, measure: str) -> float:
        source = self._source(scenario, way, size, repeat, measure)
        python = [str(self.python_for(scenario, way))]
        if measure == "instructions":
            at_start = "yes" if scenario.REPEATS is None else "no"
            valgrind = [*VALGRIND, f"--instr-atstart={at_start}"]
            return float(_COUNT.search(self._run([*valgrind, *python], source).stderr)[1])
        if measure == "cpu" and scenario.REPEATS is None:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            self._run(python, source)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return float(self._run(python, source).stdout)

    def _source(self, scenario: ModuleType, way: str, size: object, repeat: int, measure: str) -> str:
        sources = getattr(scenario, "SOURCES", {})
        if way in sources:
            return sources[way]
        # A whole process is measured from outside.
        run = _RUN["process" if scenario.REPEATS is None and measure != "bytes" else measure]
        name = scenario.__name__
        warm = "work()" if getattr(scenario, "WARM", False) else ""
        return f"{self.preface}import {name}\n" + run.format(
            scenario=name, way=way, size=size, repeat=repeat, warm=warm
        )

    def _run(self, command: list[str], source: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "-c", source],
            capture_output=True,
            text=True,
            check=True,
            timeout=1800,
            cwd=self.nowhere,
            env=_environment(),
        )


def _environment() -> dict[str, str]:
    """Return an environment without what could change a count: the user's settings of Python, the order of hashes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV", "BACKPORTKIT"))}
    return kept | {"PYTHONHASHSEED": "0"}
