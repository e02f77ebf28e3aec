"""Write a patch for each of the published fixes in new_fixes.toml, prove it, and print a table for docs/new.md.

    python tests/benchmarks/new_fixes.py [ID]... > table

Needs the network. Each runs with an empty cache, and in a project of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from backportkit import toml

_PROJECT = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["backportkit"]\n'
_COST = re.compile(r"(\d+) requests, ([\d.]+) MB")
_ALWAYS = ("to do: write ", "to do: say in the summary")  # which docs/new.md says above the table
# What is told to choose other releases: nothing has to be done about it.
_ASIDE = re.compile(r" changed before, in | changes again in | were read, \d+ releases of ")
_RUN = re.compile(r"^(?:without|with|undone) +(red|green|broken)|^\S+ +\S+ +yes +(\w+ \w+ \w+)", re.MULTILINE)


def main(ids: list[str]) -> None:
    """Print a row for each fix."""
    fixes = toml.parse(Path(__file__).with_name("new_fixes.toml").read_text("utf-8"))["fix"]
    _say("| patch | seconds | requests | MB | what the command has written | left to a person | proved |")
    _say("| --- | --- | --- | --- | --- | --- | --- |")
    for fix in fixes:
        if not ids or fix["id"] in ids:
            with tempfile.TemporaryDirectory() as folder:
                _say(f"| {' | '.join(_row(fix, Path(folder)))} |")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _row(fix, folder: Path) -> list[str]:
    (folder / "mine").mkdir()
    (folder / "mine" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text(_PROJECT, "utf-8")
    started = time.monotonic()
    made = _run(folder, "new", *fix["line"], "--id", fix["id"], "--fixes", fix["fixes"], BACKPORTKIT_CACHE=folder / "c")
    seconds = f"{time.monotonic() - started:.1f}"
    if made.returncode:
        return [fix["id"], seconds, "", "", "nothing", f"all: {_said(made.stderr)}", "no"]
    cost = _COST.search(made.stderr)
    return [
        fix["id"],
        seconds,
        *cost.groups(),
        _written(made.stdout, fix["id"]),
        "; ".join(_notes(made.stdout, fix["id"])),
        _proved(fix, folder),
    ]


def _said(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.startswith(("backportkit:", "  "))]
    return " ".join(lines).replace("|", "/")


def _notes(text: str, patch_id: str) -> list[str]:
    kinds = ("wrote ", "changed ", "next: ", f"{patch_id}: ", *_ALWAYS)
    left = [line for line in text.splitlines() if not line.startswith(kinds) and not _ASIDE.search(line)]
    return [line.removeprefix("to do: ") for line in left]


def _written(text: str, patch_id: str) -> str:
    told = next(line for line in text.splitlines() if line.startswith(f"{patch_id}: "))
    return told.removeprefix(f"{patch_id}: ").replace("|", "/")


def _proved(fix, folder: Path) -> str:
    if "reproducer" not in fix:
        return "not tried"
    stub = next(folder.rglob("*_reproducer.py"))
    body = textwrap.indent(fix["reproducer"].strip("\n"), "    ")
    stub.write_text(f"def reproduce():\n{body}\n", "utf-8")
    done = _run(folder, "prove", fix["id"], *fix.get("prove", ()))
    states = [one or several.replace(" ", ", ") for one, several in _RUN.findall(done.stdout)]
    sys.stderr.write(done.stdout + done.stderr)
    return ", ".join(states) or _said(done.stderr)


def _run(folder: Path, *line: str, **env: object):
    variables = os.environ | {name: str(value) for name, value in env.items()}
    command = [sys.executable, "-m", "backportkit", *line]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main(sys.argv[1:])
