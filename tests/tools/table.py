"""Write docs/tools.md: `python tests/tools/table.py PYTHON`, with an interpreter that has the tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scenarios import SCENARIOS

PAGE = Path(__file__).parents[2] / "docs" / "tools.md"

HEAD = """# Beside other people's tools

Each row is a program in [tests/tools](../tests/tools/scenarios.py) that uses the tool and something that is patched: a
package with a module within, and for plugins of pytest the plugin's own package. It is run in three ways: the program
calls `apply_all()` first; `backportkit run PROGRAM`; in an activated environment. **In each of them what it calls is
patched.** `pytest -m tools -n 0` runs them all, with the newest release of each tool. The versions here are those that
were tried, on Python {python}.

| tool | version | in the program |
| --- | --- | --- |
"""

TAIL = """
Applications in one file carry backportkit, the provider of a patch, and a patch of their own:

| tool | version | patched |
| --- | --- | --- |
| PyInstaller, one folder and one file | {pyinstaller} | yes, by a plain build: [processes.md](processes.md) |
| shiv | {shiv} | yes |
| pex, with and without `--venv` | {pex} | yes |
| zipapp of the standard library | | yes |

Notebooks, servers and workers, images and functions have pages of their own: [notebooks](notebooks.md),
[servers](servers.md), [images](images.md).

A finder that goes in front of ours and answers for a patched module itself is noticed at the next import of anything:
the module is patched then, and so are the copies that were made of its names meanwhile. Until then, and if nothing is
imported any more, `status()` says that the module is loaded and not patched, and `apply_all()` patches it.
"""

VERSIONS = "from importlib.metadata import version; import sys; print(*map(version, sys.argv[1:]))"


def versions(python: str, *names: str) -> list[str]:
    return subprocess.check_output([python, "-c", VERSIONS, *names], text=True).split()


def distribution(tool: str) -> str:
    """The distribution that a row is about: of plugins of pytest, the plugin."""
    names = [name for name in tool.split(", ") if " " not in name and "-" not in name]
    return names[-1].removesuffix(".claw").replace("_", "-")


def page(python: str) -> str:
    rows = [f"| {one.tool} | {versions(python, distribution(one.tool))[0]} | {one.what} |" for one in SCENARIOS]
    archives = dict(zip(("pyinstaller", "shiv", "pex"), versions(python, "pyinstaller", "shiv", "pex"), strict=True))
    (release,) = subprocess.check_output([python, "-c", "import platform as p; print(p.python_version())"]).split()
    return HEAD.format(python=release.decode()) + "\n".join(rows) + "\n" + TAIL.format(**archives)


if __name__ == "__main__":
    PAGE.write_text(page(sys.argv[1]), "utf-8")
