"""Measure backportkit beside bare Python, the least that can be done, and the real peers; write JSON and a table.

    python tests/benchmarks/run.py                                      # all but import_torch, Python 3.11 and 3.13
    python tests/benchmarks/run.py import_torch --quick                 # needs 10 GB and, for each Python, ten minutes
    python tests/benchmarks/run.py start_up calls --python 3.13 --measure instructions
    python tests/benchmarks/run.py --quick --folder /tmp/bench          # one round each; environments are kept there

Needs `uv`, and `valgrind` for instructions. The peers are installed in throw-away environments, backportkit from this
repository. A scenario is one file in `scenarios/`: to add one, copy its neighbour. What has been measured replaces the
same scenario of the same Python in docs/performance.json; the tables and plots of docs/performance.md are made from it.
What things may cost stands in `budgets.py`, and nowhere else.

Exit status: 0 every budget of what was measured is kept, 1 one is missed.
"""
# ruff: noqa: T201 - a script that prints its findings

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
SCENARIOS = HERE / "scenarios"
JSON = REPOSITORY / "docs" / "performance.json"
PAGE = REPOSITORY / "docs" / "performance.md"
PLOTS = REPOSITORY / "docs" / "performance"
PEERS = ["wrapt", "gorilla", "ddtrace", "opentelemetry-instrumentation", "importhook", "pytest"]
PYTHONS = ["3.11", "3.13"]
MEASURES = ("instructions", "cpu")
VERSIONS = """
import importlib.metadata as metadata, platform
print(platform.python_version(), *(f"{one.name}=={one.version}" for one in metadata.distributions()))
"""
NO_SCENARIOS = {"peers", "callee"}


class Place(NamedTuple):
    """An environment for some ways of a scenario: what is in it beside backportkit, and whether it is activated.

    Attributes:
        provided: The folder of the world that is installed there; empty for none.
        packages: What is installed there from the package index.
    """

    provided: str = ""
    packages: tuple[str, ...] = ()
    is_activated: bool = True


PLACES = {
    "activated": Place(),
    "thousand": Place("thousand"),
    "command-line": Place(packages=("click", "platformdirs", "rich", "typer"), is_activated=False),
    "judged": Place("judged"),
    "pytest": Place(packages=("pytest",), is_activated=False),
    "torch": Place(packages=("torch==2.11.0", "numpy"), is_activated=False),
    "torch-activated": Place(packages=("torch==2.11.0", "numpy")),
}

sys.path[:0] = [str(HERE), str(SCENARIOS)]
import measure  # noqa: E402 - tests are no package
import plot  # noqa: E402
import table  # noqa: E402
import world  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType


def environment(version: str, folder: Path, scenarios: list[str]) -> measure.Bench:
    """An environment of that Python with all the peers, and those for some ways of the scenarios, made once."""
    python = _environment(version, folder / version, PEERS)
    world.write(folder / f"world-{version}")
    (folder / f"scenarios-{version}").mkdir(exist_ok=True)
    for path in SCENARIOS.glob("*.py"):  # each Python compiles its own
        shutil.copy(path, folder / f"scenarios-{version}")
    wanted = [getattr(importlib.import_module(name), "PLACES", {}) for name in scenarios]
    names = dict.fromkeys(name for places in wanted for name in places.values())
    others = {name: _place(version, folder, name) for name in names}
    return measure.Bench(python, [folder / f"world-{version}", folder / f"scenarios-{version}"], others)


def _environment(version: str, folder: Path, packages: Sequence[str]) -> Path:
    """The interpreter of an environment with these packages and with backportkit, which is built again each time."""
    python = folder / "bin" / "python"
    install = [_uv(), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    if not python.exists():
        subprocess.run([_uv(), "venv", "--quiet", "--python", version, str(folder)], check=True)
    # Not editable: an editable install may put a finder of its own into sys.meta_path.
    subprocess.run([*install, "--reinstall-package", "backportkit", str(REPOSITORY), *packages], check=True)
    return python


def _place(version: str, folder: Path, name: str) -> Path:
    """The interpreter of an environment that some ways run in."""
    place, home = PLACES[name], folder / f"{version}-{name}"
    python = _environment(version, home, place.packages)
    if place.provided:
        site_packages = next(home.glob("lib/python*/site-packages"))
        shutil.copytree(folder / f"world-{version}" / place.provided, site_packages, dirs_exist_ok=True)
    if place.is_activated:
        subprocess.run([python, "-c", "from backportkit.activation.verbs import activate; activate()"], check=True)
    return python


def installed(folder: Path) -> measure.Bench:
    """The interpreter that runs this, as it is, for a look at one scenario."""
    world.write(folder / "world")
    return measure.Bench(Path(sys.executable), [folder / "world", SCENARIOS])


def _uv() -> str:
    return os.environ.get("UV") or shutil.which("uv") or str(Path(sys.executable).with_name("uv"))


def run_scenario(name: str, bench: measure.Bench, options: argparse.Namespace) -> list[dict[str, object]]:
    """Measure every way at every size, in turn, so that what else the machine does falls on all of them alike."""
    scenario = importlib.import_module(name)
    rows = []
    for size in scenario.SIZES:
        wanted = [way for way in options.ways or scenario.WAYS if _has(scenario, way, size)]
        ways = [way for way in wanted if bench.python_for(scenario, way)]
        for way in ways:
            bench.warm_up(scenario, way, size)
        for kind in getattr(scenario, "MEASURES", MEASURES):
            if kind in options.measure and (kind != "instructions" or size in getattr(scenario, "COUNTED", [size])):
                cost = partial(bench.cost, scenario, size, kind)
                values = in_turn(ways, _rounds(options, kind), cost)
                rows += [table.row(scenario, size, kind, way, values) for way in ways]
    return rows


def _has(scenario: ModuleType, way: str, size: object) -> bool:
    only = getattr(scenario, "ONLY", {})
    return way in scenario.WAYS and size in only.get(way, scenario.SIZES)


def _rounds(options: argparse.Namespace, kind: str) -> int:
    """Instructions and bytes differ by some hundreds between two runs of the same: two show that."""
    if options.quick:
        return 1
    return options.rounds if kind == "cpu" else 2


def in_turn(ways: list[str], rounds: int, cost: Callable[[str], float]) -> dict[str, list[float]]:
    """The costs of each way, one a round."""
    values: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            values[way].append(cost(way))
    return values


def main() -> int:
    """Run the scenarios and write down what they cost."""
    options = _options()
    if options.page:
        write_page(json.loads(JSON.read_text("utf-8")))
        return 0
    folder = options.folder or Path(tempfile.mkdtemp(prefix="backportkit-benchmarks-"))
    results = json.loads(JSON.read_text("utf-8")) if JSON.exists() else {}
    missed = 0
    names = options.scenarios or [name for name in scenario_names() if not _is_on_demand(name)]
    for version in ["here"] if options.installed else options.python:
        bench = installed(folder) if options.installed else environment(version, folder, names)
        for name in names:
            began = time.monotonic()
            rows = run_scenario(name, bench, options)
            if not rows:  # nothing that was asked for is measured there
                continue
            missed += sum(not one.reached for one in table.judged(name, version, rows))
            report = {"machine": machine(bench), "rows": rows}
            results.setdefault(name, {})[version] = table.merged(results.get(name, {}).get(version), report)
            print(table.text(name, version, report), f"({time.monotonic() - began:.0f} s)\n", sep="\n", flush=True)
            if not options.dry:
                JSON.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    if not options.dry:
        write_page(results)
    return 1 if missed else 0


def write_page(results: dict[str, Any]) -> None:
    """Make the tables of the page, and a plot of each scenario, of everything that has ever been written down."""
    table.write(PAGE, results, scenario_names())
    for name, reports in results.items():
        version = max(reports)
        plot.write(PLOTS / f"{name}.svg", importlib.import_module(name), version, reports[version]["rows"])


def scenario_names() -> list[str]:
    """The names of all scenarios."""
    return sorted(path.stem for path in SCENARIOS.glob("*.py") if path.stem not in NO_SCENARIOS)


def _is_on_demand(name: str) -> bool:
    return getattr(importlib.import_module(name), "ON_DEMAND", False)


def machine(bench: measure.Bench) -> dict[str, object]:
    """Describe the machine, the Python and the packages that the figures depend on."""
    done = subprocess.run([bench.python, "-c", VERSIONS], capture_output=True, text=True, check=True)
    python, *peers = done.stdout.split()
    return {
        "python": python,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "peers": sorted(line for line in peers if line.partition("==")[0] in PEERS),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenarios", nargs="*", choices=[[], *scenario_names()], help="default: all but import_torch")
    parser.add_argument("--python", nargs="+", default=PYTHONS, help="versions, as uv takes them; default: 3.11 3.13")
    parser.add_argument("--measure", nargs="+", default=[*MEASURES, "bytes"], choices=[*MEASURES, "bytes"])
    parser.add_argument("--rounds", type=int, default=7, help="rounds of CPU times; instructions are counted twice")
    parser.add_argument("--ways", nargs="+", help="names as in the first column, such as backportkit; default: all")
    parser.add_argument("--page", action="store_true", help="measure nothing, make the page and the plots again")
    parser.add_argument("--quick", action="store_true", help="one round of everything")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/ as it is")
    parser.add_argument("--installed", action="store_true", help="use this interpreter as it is; implies --dry")
    parser.add_argument("--folder", type=Path, help="where to keep the environments; default: a new temporary folder")
    options = parser.parse_args()
    options.dry |= options.installed
    return options


if __name__ == "__main__":
    sys.exit(main())
