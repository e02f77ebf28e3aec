"""A copy of the project with an environment of its own, in which mutants are tried.

A mutant may hang, write without end, or break the process that `warm` forks: its tests are a process group with
limits, which is ended with them, and what they write is in a folder that goes.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
# The summary at the end of pytest's output. A test's name may have anything in it, but seldom this dash.
BROKEN = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
LARGEST_FILE = 200 << 20
LARGEST_MEMORY = 16 << 30


class Bench:
    """A copy of the files that git knows or would take, in which one mutant at a time is written."""

    def __init__(self, folder: Path) -> None:
        """Copy the project and install it with what its tests need, or take the copy that is there."""
        self.folder = folder
        self.tree = folder / "tree"
        self._written = 0
        if not self.tree.exists():
            self._copy()
            self._install()

    def _copy(self) -> None:
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
            if (ROOT / name).is_file():
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.tree / name)

    def _install(self) -> None:
        uv = Path(sys.executable).with_name("uv")
        environment = str(self.tree / ".venv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        editable = ["pip", "install", "--quiet", "--python", environment, "--editable", f"{self.tree}[test]"]
        subprocess.run([uv, *editable], check=True)

    def write(self, file: str, text: str) -> None:
        """Write a module, so that nobody takes bytecode of what it was before for it."""
        path = self.tree / file
        path.write_text(text, "utf-8")
        # Bytecode is taken for that of its source by seconds and size, and both may be the same.
        self._written = max(self._written + 1, int(time.time()))
        os.utime(path, (self._written, self._written))

    def pytest(
        self, options: Sequence[str], tests: Sequence[str], limit: float, env: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Run these tests; return the exit code, -1 beyond the time limit, and what was printed."""
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        # There are more than a command line takes on some systems.
        (self.folder / "tests").write_text("\n".join(tests), "utf-8")
        command = [".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        output = self.folder / "output"
        with output.open("w") as stream:
            process = subprocess.Popen(
                [*command, f"--basetemp={temporary / 'pytest'}", f"@{self.folder / 'tests'}"],
                cwd=self.tree,
                env=_environment(temporary) | (env or {}),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        code = _wait(process, limit)
        shutil.rmtree(temporary, ignore_errors=True)
        return code, output.read_text("utf-8", errors="replace")


def _environment(temporary: Path) -> dict[str, str]:
    """The variables of this process, less those that would keep bytecode from being written or begin a measurement."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"TMPDIR": str(temporary)}


def broken(output: str) -> list[str]:
    """The tests that have failed, by the output of pytest."""
    return BROKEN.findall(output)


def limit_resources() -> None:
    """Let no process that this one starts fill the disk or the memory."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))


def _wait(process: subprocess.Popen[bytes], limit: float) -> int:
    """Wait for the tests' end, and end what they have started and left."""
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return -1
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
