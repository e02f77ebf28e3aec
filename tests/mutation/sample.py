"""Try a sample of mutants: each changes one place of the package, and tests should fail.

    python tests/mutation/sample.py --number 60 --jobs 2

prints the seed of the sample, each mutant with the test that killed it, and the survivors with what they change; it
exits with 1 where so few were killed that of all mutants it is hardly 92 %. With `--folder` and `--seed`, a sample that
was stopped goes on where it was. Needs the extra `mutation`, uv and git.
"""
# ruff: noqa: T201 - a script that prints its findings

from __future__ import annotations

import argparse
import difflib
import math
import random
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

from bench import Bench, broken, limit_resources
from mutants import Mutant, mutants_by_place
from recorded import Recorded, record
from results import Result, Results

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLED = ("engine", "layers", "hook", "declaration", "bootstrap.py", "manifest.py")
BUDGET = 0.92
UNLIKELY = 0.05
# Most mutants fall to a test that takes next to nothing, or to one of the first others; the rest follow for so long.
NEXT_TO_NOTHING = 0.1
AT_FIRST = 24
SECONDS_THEN = 100.0
# Last come the tests of which one takes too long to be recorded.
LAST = ["tests/interrupts", "tests/worlds"]
SECONDS_OF_LAST = 300.0


def main() -> int:
    """Draw, try, and tell."""
    options = _options()
    limit_resources()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it puts behind ignore it: tests do not
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    with tempfile.TemporaryDirectory(prefix="backportkit-mutants-") as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        benches = [Bench(folder / f"bench-{number}") for number in range(options.jobs)]
        if not (folder / "recorded").exists():
            record(benches[0], folder / "recorded", options.jobs)
        recorded = Recorded(folder / "recorded", benches[0].tree)
        drawn = draw(benches[0].tree, recorded, options.number, random.Random(seed))  # noqa: S311 -- a sample is no secret
        print(f"{len(drawn)} mutants, seed {seed}", flush=True)
        results = Results(folder / f"results-{seed}.jsonl")
        tried = {result.mutant for result in results.found}
        for result in _tried([each for each in drawn if each[0] not in tried], benches, recorded):
            results.add(result)
        return _told(results.found, benches[0], seed)


def draw(tree: Path, recorded: Recorded, number: int, chance: random.Random) -> list[tuple[Mutant, str]]:
    """Draw one mutant, with its text, from every k-th place that tests run, so that each folder has its share."""
    files = sorted(path for name in SAMPLED for path in _modules(tree / "backportkit" / name))
    sources = {path.relative_to(tree).as_posix(): path.read_text("utf-8") for path in files}
    places = [
        mutants
        for file in sources
        for place, mutants in mutants_by_place(tree, file).items()
        if recorded.tests_of(file, place.line)
    ]
    first, step = chance.random(), max(len(places) / number, 1)
    chosen = [places[int((first + each) * step)] for each in range(min(number, len(places)))]
    drawn = []
    for mutants in chosen:
        texts = ((mutant, mutant.text(sources[mutant.place.file])) for mutant in chance.sample(mutants, len(mutants)))
        drawn += [next(((mutant, text) for mutant, text in texts if text), None)]
    return [each for each in drawn if each]


def _modules(path: Path) -> list[Path]:
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def _tried(drawn: list[tuple[Mutant, str]], benches: list[Bench], recorded: Recorded) -> Iterator[Result]:
    """Try each mutant on a bench that is free, and say how it fared."""
    free: Queue[Bench] = Queue()
    for bench in benches:
        free.put(bench)

    def on_free_bench(mutant_and_text: tuple[Mutant, str]) -> Result:
        bench = free.get()
        try:
            return _try(bench, *mutant_and_text, recorded)
        finally:
            free.put(bench)

    with ThreadPoolExecutor(len(benches)) as pool:
        for future in as_completed([pool.submit(on_free_bench, each) for each in drawn]):
            result = future.result()
            fate = f"killed by {result.killer}" if result.killer else "SURVIVED"
            print(f"{result.seconds:6.1f} s {result.mutant} {fate}", flush=True)
            yield result


def _try(bench: Bench, mutant: Mutant, mutated: str, recorded: Recorded) -> Result:
    """Run the tests that run the mutated line, and then those that run everything, until one fails."""
    began, file = time.monotonic(), mutant.place.file
    original = (bench.tree / file).read_text("utf-8")
    bench.write(file, mutated)
    try:
        tests = recorded.tests_of(file, mutant.place.line)
        first, then = _in_two(tests, recorded)
        killer = _killer(bench, first, recorded) or _killer(bench, then, recorded) or _killer(bench, LAST, recorded)
    finally:
        bench.write(file, original)
    return Result(mutant, mutated, killer, time.monotonic() - began)


def _in_two(tests: list[str], recorded: Recorded) -> tuple[list[str], list[str]]:
    """The tests to begin with, and those that may be run after them."""
    free = [test for test in tests if recorded.durations[test] < NEXT_TO_NOTHING]
    others = [test for test in tests if recorded.durations[test] >= NEXT_TO_NOTHING]
    seconds, then = 0.0, []
    for test in sorted(others[AT_FIRST:], key=recorded.durations.__getitem__):
        seconds += recorded.durations[test]
        if seconds < SECONDS_THEN:
            then.append(test)
    return [*sorted(free, key=_file_of), *others[:AT_FIRST]], sorted(then, key=_file_of)


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _killer(bench: Bench, tests: list[str], recorded: Recorded) -> str | None:
    """The first of these tests that fails, if one does; one that fails once only, does so by the machine's load."""
    found = _failing(bench, tests, recorded)
    while found in tests and _failing(bench, [found], recorded) is None:
        tests = tests[tests.index(found) + 1 :]
        found = _failing(bench, tests, recorded)
    return found


def _failing(bench: Bench, tests: list[str], recorded: Recorded) -> str | None:
    if not tests:
        return None
    limit = 60 + 4 * sum(recorded.durations.get(test, SECONDS_OF_LAST) for test in tests)
    code, output = bench.pytest(["-x", "-n", "0"], tests, limit)
    if code in {0, 5}:  # all have passed, or none is there
        return None
    return next(iter(broken(output)), "the time limit" if code == -1 else f"exit code {code}")


def _told(results: list[Result], bench: Bench, seed: int) -> int:
    """Tell the outcome, and return the exit code."""
    survivors = [result for result in results if not result.killer]
    for result in survivors:
        print("", result.mutant, *_difference(result, bench), sep="\n")
    killed = len(results) - len(survivors)
    print(f"\n{killed} of {len(results)} mutants killed, {killed / len(results):.1%}; seed {seed}")
    killers = sorted({result.killer for result in results if result.killer and "::" in result.killer})
    code, output = bench.pytest(["-n", "0"], killers, 3600)
    if code:
        print("Tests that fail without a mutant, too:", *broken(output), sep="\n  ")
    least = _least(len(results))
    if killed < least:
        print(f"Where {BUDGET:.0%} of all are killed, it is at least {least} in nineteen such samples of twenty.")
    return int(bool(code) or killed < least)


def _least(number: int) -> int:
    """Return the least number of killed mutants, but for a chance of one in twenty, if 92 % of all are killed."""
    chance = 0.0
    for killed in range(number + 1):
        chance += math.comb(number, killed) * BUDGET**killed * (1 - BUDGET) ** (number - killed)
        if chance > UNLIKELY:
            return killed
    return number


def _difference(result: Result, bench: Bench) -> list[str]:
    original = (bench.tree / result.mutant.place.file).read_text("utf-8")
    lines = difflib.unified_diff(original.splitlines(), result.mutated.splitlines(), n=2, lineterm="")
    return list(lines)[2:]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=60, help="how many mutants (60)")
    parser.add_argument("--seed", type=int, help="which ones: that of an earlier sample, for the same ones again")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time, each in a copy of the project (1)")
    parser.add_argument("--folder", type=Path, help="where the copies and what tests run are kept, and found again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
