"""Walk through docs/tutorial.md: write its files, apply its diffs, and record what its commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (?P<path>[\w./]+)\n")

# The full name of the kernel here says nothing, and a digest is another one with each change of a shipped patch.
_KERNEL = re.compile(r"(?<=Linux-)(\d+\.\d+)[\w.-]*?(?=-x86|-aarch)")
_DIGEST = re.compile(r"(?<=^digest )[0-9a-f]{64}$", re.MULTILINE)

# What stands for pip: all is there but the project and zipp, and asks no index but ours.
_PIP = """\
#!/bin/sh
for one in "$@"; do
  shift
  case "$one" in pytest|backportkit*) ;; *) set -- "$@" "$one" ;; esac
done
exec {uv} pip "$@" --no-deps --no-build-isolation --python "$VIRTUAL_ENV"
"""
_SCRIPT = '#!/bin/sh\nexec python -m {} "$@"\n'


def plain(said: str) -> str:
    """Return what was printed, without what is about this machine alone."""
    return _DIGEST.sub("…", _KERNEL.sub(r"\1", said))


class Walk:
    """A folder with a project, and an environment of its own."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.project = folder / "myproject"
        self.project.mkdir()
        self._bin = folder / "bin"
        self._bin.mkdir()
        scripts = {name: _SCRIPT.format(name) for name in ("backportkit", "pytest")}
        uv = Path(sys.executable).with_name("uv")
        for name, text in (scripts | {"pip": _PIP.format(uv=uv)}).items():
            (self._bin / name).write_text(text)
            (self._bin / name).chmod(0o755)
        venv = self.project / ".venv"
        self._env = os.environ | {
            "PATH": os.pathsep.join([str(venv / "bin"), str(self._bin), os.environ["PATH"]]),
            "VIRTUAL_ENV": str(venv),
            "COLUMNS": "100",
            **{
                f"GIT_{role}_{what}": "me@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
            },
            **env,
        }

    def through(self, page: str) -> str:
        """Return the page with what its commands print now."""
        return _BLOCK.sub(self._block, page)

    def _block(self, block: re.Match[str]) -> str:
        kind, text = block["kind"], block["text"]
        if file := _FILE.match(text):
            path = self.project / file["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text[file.end() :], "utf-8")
        elif kind == "diff":
            self.run("git apply -", text)
        elif kind == "console":
            commands = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
            return "".join(["```console\n", *map(self._said, commands), "```"])
        return block[0]

    def _said(self, command: str) -> str:
        if command.startswith("python3 -m venv"):
            self.make_environment()
            return f"$ {command}\n"
        lines = self.run(command).splitlines()
        return "".join(f"{line.rstrip()}\n" for line in [f"$ {command}", *lines])

    def make_environment(self) -> None:
        """Make what `python3 -m venv` makes, with the libraries of this environment in it."""
        venv = self.project / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        (site,) = venv.glob("lib/*/site-packages")
        (site / "a0_libraries.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n", "utf-8")

    def run(self, command: str, given: str = "") -> str:
        """Return what a command prints. Its progress goes to stderr."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.project,
            env=self._env,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        return plain(done.stdout)
