"""Run CPython's own tests bare and with the hook armed, and list every test that only fails with us.

    python tests/cpython/run.py                              # this interpreter, all suites
    python tests/cpython/run.py --python python3.12 test_import test_runpy
    python tests/cpython/run.py --every                      # watch every module that is imported at all

Two throw-away environments of the interpreter are made; a `.pth` file in one of them arms the hook, so that the
processes that the tests start (also with -I and -E) are armed too. What fails in only one of the environments is run
again in both: a test counts if it has failed twice with us and never without us.

Exit status: 0 no such test, 1 at least one, 2 nothing could be run.
"""
# ruff: noqa: T201 - a script that prints its findings

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent / "backportkit"

SUITES = """
    test_importlib test_import test_pkgutil test_pkg test_runpy test_zipimport test_zipimport_support test_inspect
    test_pydoc test_pickle test_unittest test_threading test_thread test_threadedtempfile test_threaded_import
    test_cmd_line test_cmd_line_script test_warnings test_module test_trace test_modulefinder test_zipapp
    test_namespace_pkgs test_frozen test_reprlib test_imp test_support test_traceback test_linecache test_doctest
    test_compileall test_py_compile test_code_module test_sys test_sys_settrace test_sys_setprofile test_types
    test_typing test_copy test_copyreg test_pyclbr test_ensurepip test_fork1 test_atexit test_interpreters
    test__xxsubinterpreters test__interpreters test__interpchannels test_capi test_gc test_weakref test_json
    test_email test_minidom test_httplib test_logging test_multiprocessing_main_handling test_lazy_import
    test_source_encoding test_marshal test_dis test_profile test_cprofile test_bdb test_pdb test_audit test_embed
    test_tracemalloc test_faulthandler test_site
""".split()  # noqa: SIM905 - one line a name would be a page

# This test skips itself where any `.pth` file imports something: that is how the hook is armed here.
KNOWN = {"test.test_site.StartupImportTests.test_startup_imports skipped"}

# Said by unittest at the end of a run. Sub-tests, setUpClass and setUpModule are named here and not in the XML.
FAILURE = re.compile(r"^(?:FAIL|ERROR): (.+)$", re.MULTILINE)
VOLATILE = re.compile(r"0x[0-9a-f]+|/tmp/\S+|\btmp\w+|@test_\d+_\w+")  # addresses and temporary names


class Outcome:
    """The outcome of one run of one suite: the result of each test, and the names that unittest lists as failed."""

    def __init__(self, status: int, output: str, report: Path) -> None:
        self.status = status
        self.output = output
        self.tests = _read(report)
        self.failures = {VOLATILE.sub("*", line) for line in FAILURE.findall(output)}
        if status not in {0, 2}:  # 2: tests failed, and are named
            self.failures.add(f"the suite ended with exit status {status}")

    def bad(self) -> set[str]:
        """The names of what did not pass; skipped tests are among them, since a skip may hide a failure."""
        return self.failures | {f"{name} {result}" for name, result in self.tests.items() if result != "passed"}

    def new_to(self, bare: Outcome) -> set[str]:
        """Return what went wrong here and not in the bare run, with the tests that only the bare run has run.

        A suite without any report (it hung, or crashed) proves nothing: it counts as wrong even if both runs ended so.
        """
        if not self.tests:
            return {"the suite ended without a report"}
        missing = {f"{name} not run" for name in bare.tests.keys() - self.tests.keys()}
        return self.bad() - bare.bad() - KNOWN | missing


def _read(report: Path) -> dict[str, str]:
    if not report.exists():
        return {}
    cases = ET.parse(report).iter("testcase")  # noqa: S314 - written by CPython's own test runner
    return {VOLATILE.sub("*", case.get("name", "?")): _result(case) for case in cases}


def _result(case: ET.Element) -> str:
    return next((kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None), "passed")


class Environment:
    """A throw-away virtual environment of the interpreter that is tested."""

    def __init__(self, folder: Path, python: str, *, armed: bool, watch: str) -> None:
        subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.python = folder / "bin" / "python"
        self.folder = folder
        self.watch = watch
        if armed:
            self._arm(next(folder.glob("lib/python*/site-packages")))

    def _arm(self, site_packages: Path) -> None:
        shutil.copytree(PACKAGE, site_packages / "backportkit")
        (site_packages / "backportkit_armed.py").write_text((HERE / "armed.py").read_text("utf-8"), "utf-8")
        (site_packages / "backportkit_armed.pth").write_text("import backportkit_armed\n", "utf-8")
        check = "import sys, backportkit.hook.finder; sys.exit(not backportkit.hook.finder.is_armed())"
        subprocess.run([self.python, "-I", "-c", check], check=True)

    def has(self, suite: str) -> bool:
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('test.{suite}') is None)"
        return subprocess.run([self.python, "-I", "-c", code], check=False).returncode == 0

    def run(self, suite: str, limit: int) -> Outcome:
        """Run one suite in a folder of its own; `limit` is in seconds."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            report = Path(folder, "report.xml")
            options = ["-v", "--timeout", str(limit), "--junit-xml", str(report), "--tempdir", folder]
            command = [self.python, "-m", "test", *options, suite]
            env = os.environ | {"BACKPORTKIT_TEST_WATCH": self.watch, "PYTHONHASHSEED": "0"}
            return Outcome(*_finish(command, folder, env), report)


def _finish(command: list[str | Path], folder: str, env: dict[str, str]) -> tuple[int, str]:
    """Run a command to its end, and end what it leaves behind: the children of a test that hung would spin for ever."""
    path = Path(folder, "output.txt")
    with path.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=env, start_new_session=True
        )
        status = process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return status, path.read_text("utf-8", errors="replace")


def regressions(suite: str, bare: Environment, armed: Environment, limit: int) -> tuple[int, set[str]]:
    """The number of tests of a suite, and the names of those that fail with us only."""
    without, with_us = bare.run(suite, limit), armed.run(suite, limit)
    new = with_us.new_to(without)
    if new:
        without, with_us = bare.run(suite, limit), armed.run(suite, limit)
        new &= with_us.new_to(without)
    if new:
        Path(armed.folder.parent, f"{suite}.log").write_text(with_us.output, "utf-8")
    return len(with_us.tests), new


def main() -> int:
    """Compare the suites and print one line each."""
    options = _options()
    # A job in the background is started with this signal ignored, and all that it starts: tests would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(options.folder or tempfile.mkdtemp(prefix="backportkit-cpython-"))
    watch = "every" if options.every else "some"
    bare = Environment(folder / "bare", options.python, armed=False, watch=watch)
    armed = Environment(folder / "armed", options.python, armed=True, watch=watch)
    suites = [suite for suite in options.suites or SUITES if bare.has(suite)]
    if not suites:
        print("none of these suites is installed with", options.python)
        return 2
    began, total, failed = time.monotonic(), 0, 0
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda suite: (suite, *regressions(suite, bare, armed, options.limit)), suites)
        for suite, count, new in results:
            total += count
            failed += len(new)
            print(f"{suite}: {count} tests, {len(new)} fail with the hook only", *sorted(new), sep="\n    ", flush=True)
    print(
        f"{len(suites)} suites, {total} tests, {failed} new failures, {time.monotonic() - began:.0f} s; logs: {folder}"
    )
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suites", nargs="*", help="names of suites, as `python -m test` takes them; default: all")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to test; default: this one")
    parser.add_argument("--every", action="store_true", help="watch every module, not only some of the library's")
    parser.add_argument("--jobs", type=int, default=1, help="suites that run at the same time")
    parser.add_argument("--limit", type=int, default=300, help="seconds after which a test counts as hanging")
    parser.add_argument("--folder", help="where to put the environments and the logs; default: a new temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
