"""A small world for one test: modules and distributions in a folder, and scripts that run there in a fresh process."""

from __future__ import annotations

import atexit
import compileall
import gc
import os
import shutil
import signal
import tempfile
import textwrap
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import warm
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
collect_ignore = ["downstream"]  # a project, whose own suite is run by test_downstream

# What tests start leaves no bytecode: a module that is written twice within a second, at the same length, would be
# taken for the old one (https://docs.python.org/3/reference/import.html#pyc-invalidation counts seconds and bytes).
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

# The key of what a cache has is this run's own, and no file in the home of who runs the tests.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="backportkit-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)

# What a shell puts behind ignores SIGINT, and so would what is started from there
# (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html, 2.9.3.1): a child of ours does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's load, and no property of ours.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


class World:
    """A folder that is first on `sys.path` of every script that `run` starts."""

    def __init__(self, folder: Path, interpret: Callable[..., subprocess.CompletedProcess[str]] = warm.fresh) -> None:
        self.folder = folder
        self._interpret = interpret

    def write(self, name: str, text: str) -> Path:
        """Write a file, dedented; packages on the way to a module get an empty `__init__.py`."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.relative_to(self.folder).parents[:-1]:
            if path.suffix == ".py" and not (self.folder / parent / "__init__.py").exists():
                (self.folder / parent / "__init__.py").touch()
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def distribution(
        self,
        name: str,
        version: str,
        entry_points: Mapping[str, str] | None = None,
        *,
        offers: Mapping[str, str] | None = None,
    ) -> Path:
        """Install the metadata of a distribution, with entry points in the groups of patches and of offers."""
        folder = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        groups = {"patches": entry_points or {}, "offers": offers or {}}
        lines = [
            line
            for group, entries in groups.items()
            for line in (f"[backportkit.{group}]", *(f"{package} = {module}" for package, module in entries.items()))
        ]
        (folder / "entry_points.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
        return folder

    def provide(self, module: str, patches: str) -> None:
        """Install `victim` 1.5 with the text of its module, and `provider` with the text of its patches of it."""
        self.distribution("victim", "1.5")
        self.write("victim.py", module)
        self.distribution("provider", "1.0", {"victim": "provider"})
        self.write("provider.py", patches)

    def wheel(self, name: str, version: str, text: str, module: str = "", metadata: str = "") -> Path:
        """Write a wheel with one module, of the same name if none is given, into the folder `wheels`.

        `UV_FIND_LINKS` may name that. `metadata` are further lines of its METADATA.
        """
        wheel = f"{name.replace('-', '_')}-{version}"
        info, path = f"{wheel}.dist-info", self.folder / "wheels" / f"{wheel}-py3-none-any.whl"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{module or name}.py", text)
            head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            archive.writestr(f"{info}/METADATA", head + metadata)
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            names = f"{module or name}.py", *(f"{info}/{file}" for file in ("METADATA", "WHEEL", "RECORD"))
            archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
        return path

    def start(
        self, script: str, *arguments: str, flags: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script, dedented, with `sys.path[0]` the folder; return the finished process, whatever its end."""
        path = self.folder / "script.py"
        path.write_text(f"import sys; sys.path.insert(0, {str(self.folder)!r})\n{textwrap.dedent(script)}", "utf-8")
        return self._interpret([*flags, str(path), *arguments], self.folder, env)

    def run(
        self, script: str, *arguments: str, flags: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> list[str]:
        """Run a script that must end well and say nothing on stderr; return the lines that it printed."""
        done = self.start(script, *arguments, flags=flags, env=env)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
        return done.stdout.splitlines()


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Compile backportkit's own files, which thousands of processes load."""
    for package in ("backportkit", "backportkit_patches"):
        compileall.compile_dir(ROOT / package, quiet=1)


@pytest.fixture(scope="session", autouse=True)
def served() -> Iterator[None]:
    """The process that is forked, which ends with the tests."""
    yield
    warm.end()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the project is built from: a build leaves files, and two in one place disturb each other."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("backportkit", "backportkit_patches"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """An empty world."""
    return World(tmp_path, warm.run if request.node.get_closest_marker("warm") else warm.fresh)


@pytest.fixture(scope="module")
def apart() -> Iterator[None]:
    """Have gc leave out the objects of pytest and other tests, so that who looks at all objects has few to look at."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def fresh_world(tmp_path: Path) -> World:
    """An empty world with an interpreter for each script, in a file whose other tests are warm."""
    return World(tmp_path, warm.fresh)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world for all tests of a file, with an interpreter for each script."""
    return World(tmp_path_factory.mktemp("world"), warm.fresh)
