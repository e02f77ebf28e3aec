"""A distribution with a bug, a module of patches for it, and `backportkit prove` in a process of its own."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import serving
import warm

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence

    from world_folder import World

BUG = "def f(): return 'old'\ndef g(): return f()\n"

HEAD = """
from backportkit import Edit, Patch, Reproducer, any_of, backport, register

FIELDS = dict(id="victim-1", requires="victim>=1,<2", summary="g() gives the wrong answer")

def reproduce():
    import victim
    assert victim.g() == "new", f"g() gave {victim.g()}"

"""

PATCH = """
def f(): return "new"
register(Patch(**FIELDS | dict(requires={!r}), target="victim:f", replacement="provider:f",
               reproducer=dict(run="provider:reproduce", expect="g.. gave old$")))
"""


class Proving:
    """A world in which `victim` 1.5 is installed, and the module `provider` declares the patch victim-1 of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder
        self.progress: list[str] = []
        (self.folder / "temporary").mkdir()
        world.provide(BUG, "")

    def declare(self, *texts: str) -> None:
        """Write the module that declares the patch: `FIELDS` and `reproduce` are there, the rest are the texts."""
        self.world.write("provider.py", HEAD + "".join(map(textwrap.dedent, texts)))

    def name(self, *packages: str) -> None:
        """Have the entry points of the provider lead to these packages."""
        lines = [f"{package} = provider" for package in packages]
        path = self.folder / "provider-1.0.dist-info" / "entry_points.txt"
        path.write_text("\n".join(["[backportkit.patches]", *lines, ""]), "utf-8")

    def start(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `backportkit prove` with these arguments."""
        folders = {"PYTHONPATH": str(self.folder), "TMPDIR": str(self.folder / "temporary"), "COLUMNS": "1000"}
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


@pytest.fixture
def index(victim: Proving) -> Iterator[str]:
    """A package index that has what `tried` publishes, and nothing else."""
    with serving.serving(victim.folder) as address:
        yield address


@pytest.fixture
def tried(victim: Proving, index: str) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """Prove the patch with such a range on such releases; return the exit code, the matrix and what a person reads.

    Releases are given by names such as `v1_0`, or `other_name__v1_0` of another distribution, which has the module,
    too, if there is a text of it. Those of `elsewhere` are for other Pythons.
    """

    def prove(
        requires: object,
        *arguments: str,
        yanked: Sequence[str] = (),
        elsewhere: Sequence[str] = (),
        why: str = "the bug of {}",
        declared: str = PATCH,
        **bodies: str,
    ) -> tuple[int, dict[str, Any], str]:
        links: dict[str, list[tuple[str, str]]] = {}
        for name, body in bodies.items():
            distribution, _, text = name.rpartition("__")
            distribution, version = distribution.replace("_", "-") or "victim", text[1:].replace("_", ".")
            path = victim.world.wheel(distribution, version, body, "victim" if body else "")
            mark = f' data-yanked="{why.format(version)}"' if version in yanked else ""
            mark += ' data-requires-python="&gt;=3.99"' if version in elsewhere else ""
            links.setdefault(distribution, []).append((path.name, mark))
        for distribution, found in links.items():
            victim.world.write(f"simple/{distribution}/index.html", serving.page(found))
        victim.declare(declared.format(requires))
        settings = {"UV_INDEX": index, "BACKPORTKIT_CACHE": str(victim.folder / "cache"), "UV_HTTP_RETRIES": "0"}
        done = victim.start("victim-1", "--output", str(victim.folder / "proofs"), *arguments, **settings)
        victim.progress = done.stderr.splitlines()
        if not done.stdout:
            return done.returncode, {}, done.stderr
        return done.returncode, json.loads((victim.folder / "proofs" / "victim-1.json").read_text()), done.stdout

    return prove
