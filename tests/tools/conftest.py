"""Environments with real tools and this backportkit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


class Tools:
    """A virtual environment with some tools, this backportkit, and `victim` 1.0 with a provider of a patch of it."""

    def __init__(self, folder: Path, project: Path, packages: tuple[str, ...]) -> None:
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / "python"
        install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", self.python]
        subprocess.run([*install, project, *packages], check=True)
        code = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(subprocess.check_output([self.python, "-c", code], text=True).strip())

    def install(self, name: str, files: dict[str, str], entry_points: str = "") -> None:
        """Install a distribution of that name, version 1.0, with these files."""
        info = self.site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(entry_points, "utf-8")
        for path, text in files.items():
            (self.site / path).parent.mkdir(parents=True, exist_ok=True)
            (self.site / path).write_text(text, "utf-8")

    def start(self, *command, cwd, **env):
        """Run a command of the environment; return the finished process, whatever its end."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
        return subprocess.run(
            [str(self.bin / command[0]), *map(str, command[1:])],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            cwd=cwd,
            env=inherited | {"PATH": f"{self.bin}{os.pathsep}{inherited['PATH']}"} | env,
        )

    def lines(self, *command, cwd, **env):
        """The lines that a command prints which must end well."""
        done = self.start(*command, cwd=cwd, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="session")
def make_tools(project, tmp_path_factory):
    """Makes an environment with packages."""

    def make(name, *packages):
        return Tools(tmp_path_factory.mktemp(name) / "venv", project, packages)

    return make
