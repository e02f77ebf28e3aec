"""Runs without the start of an interpreter: a process that has imported backportkit already is forked instead.

Where imports, starts, flags of interpreters or their ends are the subject, a test starts interpreters itself. Where a
fork is not what a fresh interpreter is, one is started here too: on other systems than POSIX, under coverage, for
variables that are read at a start, and where a folder on the path has a module that is called like one that is loaded.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What is read when it is needed, and not when an interpreter starts or a module is imported.
READ_LATE = (
    *("BACKPORTKIT_", "COLUMNS", "HOME", "HTTPS_PROXY", "PIP_", "PYTEST_CURRENT_TEST", "PYTHONPATH"),
    *("SOURCE_DATE_EPOCH", "TMPDIR", "UV_", "XDG_"),
)
COVERAGE = {"COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"}
TIMEOUT = 300


def fresh(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` in an interpreter that is started for it, with these variables added."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | (env or {}),
        timeout=TIMEOUT,
    )


def run(arguments: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the same in a fork of the process that has imported backportkit, or in a fresh interpreter."""
    variables = os.environ | (env or {})
    if _SERVER.can_run(arguments[0], cwd, variables):
        return _SERVER.run([sys.executable, *arguments], cwd, variables)
    return fresh(arguments, cwd, env)


def end() -> None:
    """End the process that is forked, if there is one."""
    _SERVER.end()


class _Server:
    """A process that is forked for each run, one at a time."""

    _process: subprocess.Popen[bytes] | None = None

    def can_run(self, first: str, cwd: Path, env: Mapping[str, str]) -> bool:
        """Tell whether a fork is what a fresh interpreter is; the first argument is `-m`, a script or a flag."""
        if os.name != "posix" or COVERAGE & env.keys():
            return False
        if first.startswith("-") and first != "-m":
            return False
        if any(not name.startswith(READ_LATE) for name, _ in env.items() ^ self._env.items()):
            return False
        folders = [cwd, *map(Path, filter(None, env.get("PYTHONPATH", "").split(os.pathsep)))]
        loaded = self._loaded  # is read before the first run, also in a folder without modules
        return all(loaded.get(name, str(folder)) == str(folder) for folder in folders for name in _names(folder))

    def run(self, command: list[str], cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Have it fork, and read what the fork says until its end."""
        request = json.dumps({"arguments": command[1:], "cwd": str(cwd), "env": env}).encode()
        (stdout, to_stdout), (stderr, to_stderr) = os.pipe(), os.pipe()
        with Path(os.devnull).open() as nothing:
            descriptors = [nothing.fileno(), to_stdout, to_stderr]
            socket.send_fds(self._connection, [len(request).to_bytes(8, "big")], descriptors)
        for end in (to_stdout, to_stderr):
            os.close(end)
        self._connection.sendall(request)
        process = self._number()
        texts = _read(stdout, stderr, process)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(self._number()), *texts)

    def end(self) -> None:
        """Close the connection, which ends it."""
        if self._process:
            self._connection.close()
            self._process.communicate()

    def _number(self) -> int:
        return int.from_bytes(self._connection.recv(8, socket.MSG_WAITALL), "big")

    @cached_property
    def _env(self) -> dict[str, str]:
        return dict(os.environ)

    @cached_property
    def _connection(self) -> socket.socket:
        """The connection to the process, which ends when it is closed."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, Path(__file__).with_name("warm_server.py"), str(theirs.fileno())]
        # Its own output is pipes, as that of what is run is: that is how Python opens its streams.
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=self._env, **pipes)
        theirs.close()
        return ours

    @cached_property
    def _loaded(self) -> dict[str, str]:
        """The folder of each top-level module of the process, which says so first."""
        folders: dict[str, str] = json.loads(self._connection.recv(self._number(), socket.MSG_WAITALL))
        return folders


_SERVER = _Server()


def _names(folder: Path) -> set[str]:
    """The names of modules that a folder may have."""
    return {path.name.partition(".")[0] for path in folder.iterdir()} if folder.is_dir() else set()


def _read(stdout: int, stderr: int, process: int) -> list[str]:
    """The text of both pipes, when all have closed their other ends."""
    found: dict[int, bytes] = {stdout: b"", stderr: b""}
    with selectors.DefaultSelector() as waiting:
        for pipe in found:
            waiting.register(pipe, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(TIMEOUT)
            if not ready:
                os.kill(process, signal.SIGKILL)
                raise TimeoutError(process)
            for key, _ in ready:
                read = os.read(key.fd, 65536)
                found[key.fd] += read
                if not read:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
    return [text.decode().replace("\r\n", "\n") for text in found.values()]
