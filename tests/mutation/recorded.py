"""Which tests run a line, by one run of the tests under coverage, the fastest first."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from itertools import zip_longest
from typing import TYPE_CHECKING

import coverage
from bench import broken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from bench import Bench

# Those that build environments, measure, or take minutes for one test; and those of what only commands do.
LEFT_OUT = ("benchmarks", "interrupts", "proof", "test_docs_examples.py", "test_downstream.py", "test_prove*", "tools")
LEFT_OUT += ("torch", "worlds", "authoring", "scan", "upstream")
# Frames of these functions are importlib's by their file name, so that coverage sees none of their lines.
HIDDEN = "# pragma: no cover"
TESTS_OF_HIDDEN = ("tests/hook/", "tests/processes/", "tests/test_reload.py")
CONFIGURATION = """[run]
context = ${{PYTEST_CURRENT_TEST-}}
source_pkgs = backportkit
parallel = true
data_file = {data}
sigterm = true
patch = execv
disable_warnings = module-not-imported, no-data-collected
"""


def record(bench: Bench, folder: Path, processes: int) -> None:
    """Run the tests in this bench, and write into the folder what they run and how long they take."""
    folder.mkdir(parents=True)
    configuration = folder / "coveragerc"
    configuration.write_text(CONFIGURATION.format(data=folder / "lines"), "utf-8")
    env = {
        "COVERAGE_PROCESS_START": str(configuration),
        "MUTATION_TESTS": str(folder / "tests.json"),
    }
    left_out = [f"--ignore-glob=tests/{name}" for name in LEFT_OUT]
    options = ["-p", "tests.mutation.recorder", "-n", str(processes), *left_out]
    code, output = bench.pytest(options, [], 7200, env)
    if code not in {0, 1}:
        raise RuntimeError(output)
    _drop_failing(bench, folder / "tests.json")
    measured = coverage.Coverage(config_file=str(configuration))
    measured.combine()
    measured.save()


def _drop_failing(bench: Bench, path: Path) -> None:
    """Leave out the tests that have failed, but not those that only fail under coverage, which loads modules."""
    tests = json.loads(path.read_text("utf-8"))
    durations, failed = tests["durations"], tests["failed"]
    _, output = bench.pytest(["-n", "0"], failed, 3600) if failed else (0, "")
    for name in broken(output):
        durations.pop(name, None)
    path.write_text(json.dumps(durations), "utf-8")


class Recorded:
    """The record of a run."""

    def __init__(self, folder: Path, tree: Path) -> None:
        """Read what `record` has written about this tree."""
        self.durations: dict[str, float] = json.loads((folder / "tests.json").read_text("utf-8"))
        self._data = coverage.CoverageData(str(folder / "lines"))
        self._data.read()
        self._tree = tree
        self._files: dict[str, tuple[dict[int, set[str]], dict[int, Collection[int]], set[int]]] = {}

    def tests_of(self, file: str, line: int) -> list[str]:
        """Return the tests that run a line of a file: one of each file of tests in turn, the fastest first."""
        tests, telling, hidden = self._file(file)
        if line in hidden:
            return _in_turn(self.durations, [test for test in self.durations if test.startswith(TESTS_OF_HIDDEN)])
        return _in_turn(self.durations, set().union(*(tests.get(each, ()) for each in telling.get(line, {line}))))

    def _file(self, file: str) -> tuple[dict[int, set[str]], dict[int, Collection[int]], set[int]]:
        if file not in self._files:
            text = (self._tree / file).read_text("utf-8")
            self._files[file] = self._tests(file), _lines_that_tell(text), _hidden(text)
        return self._files[file]

    def _tests(self, file: str) -> dict[int, set[str]]:
        """The tests that run a line, in this tree or in what was installed of it."""
        found: dict[int, set[str]] = defaultdict(set)
        for measured in self._data.measured_files():
            if measured.endswith(f"/{file}"):
                for line, contexts in self._data.contexts_by_lineno(measured).items():
                    found[line] |= {_test(context) for context in contexts} & self.durations.keys()
        return found


def _test(context: str) -> str:
    """The test of a context: what PYTEST_CURRENT_TEST says ends with `(setup)`, `(call)` or `(teardown)`."""
    for end in (" (setup)", " (call)", " (teardown)"):
        context = context.removesuffix(end)
    return context


def _in_turn(durations: dict[str, float], tests: Iterable[str]) -> list[str]:
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests, key=lambda test: (durations[test], test)):
        by_file[test.partition("::")[0]].append(test)
    return [test for tests in zip_longest(*by_file.values()) for test in tests if test]


def _lines_that_tell(text: str) -> dict[int, Collection[int]]:
    """The lines whose tests may notice what a line says, by line: those of its statement, or of what it is for.

    What runs when a module is imported is noticed later: a decorator and the head of a function where the function
    runs, and all else where any function of the module runs.
    """
    module = ast.parse(text)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    inside = frozenset(line for node in functions for line in range(node.body[0].lineno, _end(node)))
    found: dict[int, Collection[int]] = {
        line: inside or {line} for line in range(1, _end(module.body[-1])) if line not in inside
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            first, body = min([node, *node.decorator_list], key=lambda each: each.lineno).lineno, node.body[0].lineno
            found |= dict.fromkeys(range(first, body), range(body, _end(node)))
        elif isinstance(node, ast.stmt) and node.lineno in inside:
            inner = getattr(node, "body", None)
            lines = range(node.lineno, max(inner[0].lineno, node.lineno + 1) if inner else _end(node))
            found |= dict.fromkeys(lines, lines)
    return found


def _end(node: ast.stmt) -> int:
    """The line after a statement."""
    return (node.end_lineno or node.lineno) + 1


def _hidden(text: str) -> set[int]:
    """The lines of functions that coverage cannot see."""
    heads = {number for number, line in enumerate(text.splitlines(), 1) if HIDDEN in line}
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return {
        line
        for node in functions
        if heads & set(range(node.lineno, node.body[0].lineno))
        for line in range(node.lineno, _end(node))
    }
