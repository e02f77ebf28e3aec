"""A distribution with a bug, a module of patches for it, and `backportkit prove` in a process of its own."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import warm

if TYPE_CHECKING:
    import subprocess

    from conftest import World

BUG = "def f(): return 'old'\ndef g(): return f()\n"

HEAD = """
from backportkit import Edit, Patch, Reproducer, backport, register

FIELDS = dict(id="victim-1", requires="victim>=1,<2", summary="g() gives the wrong answer")

def reproduce():
    import victim
    assert victim.g() == "new", f"g() gave {victim.g()}"

"""


class Proving:
    """A world in which `victim` 1.5 is installed, and the module `provider` declares the patch victim-1 of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder
        (self.folder / "temporary").mkdir()
        world.provide(BUG, "")

    def declare(self, *texts: str) -> None:
        """Write the module that declares the patch: `FIELDS` and `reproduce` are there, the rest are the texts."""
        self.world.write("provider.py", HEAD + "".join(map(textwrap.dedent, texts)))

    def start(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `backportkit prove` with these arguments."""
        folders = {"PYTHONPATH": str(self.folder), "TMPDIR": str(self.folder / "temporary"), "COLUMNS": "200"}
        return warm.run(["-m", "backportkit", "prove", *arguments], Path.cwd(), folders | env)

    def prove(self, *arguments: str, **env: str) -> dict[str, Any]:
        """The proof of victim-1 as `--json` prints it."""
        done = self.start("victim-1", "--json", *arguments, **env)
        assert done.stdout, done.stderr
        proof: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if proof["proved"] else 1)
        return proof

    def verdict(self, **env: str) -> tuple[str, ...]:
        """Return the colour of each of the three runs, and the message of the first run that is not as it must be."""
        proof = self.prove(**env)
        wrong = [run["message"] for run in proof["runs"] if run["output"]]
        return (*(run["colour"] for run in proof["runs"]), *wrong[:1])

    def remark(self) -> str:
        """Return the message about the run with the patch."""
        message: str = self.prove()["runs"][1]["message"]
        return message

    def applied(self) -> list[str]:
        """Run the reproducer in an application that applies the patch, and return what it comes to."""
        return self.world.run(
            """
            import backportkit, provider
            backportkit.apply_all()
            try:
                provider.reproduce()
                print("green")
            except Exception as error:
                print(f"{type(error).__name__}: {error}")
            """
        )


@pytest.fixture
def victim(world: World) -> Proving:
    """The world of one proof."""
    return Proving(world)
