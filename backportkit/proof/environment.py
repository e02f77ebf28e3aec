"""Find or build the environment that a patch is proved in."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
import sysconfig
from importlib.machinery import PathFinder
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backportkit.declaration import eligibility
from backportkit.proof import origin
from backportkit.upstream import uv
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.record import Patch


class Environment(NamedTuple):
    """An interpreter with all that a proof needs.

    Attributes:
        name: `current`, or the folder of the throw-away environment.
        python: The interpreter.
    """

    name: str
    python: str


CURRENT = Environment("current", sys.executable)


class Recipe(NamedTuple):
    """The pinned packages that an environment is built from. Patches with the same recipe share the environment.

    Attributes:
        pinned: The exact releases; the first one is that of the package under test.
        python: The interpreter to build it around.
    """

    pinned: tuple[str, ...]
    python: str = sys.executable

    @property
    def folder(self) -> Path:
        """The folder that keeps the environment between runs."""
        label = self.pinned[0].replace("==", "-") if self.pinned else "bare"
        return uv.cache() / "environments" / f"{label}-{_digest([os.path.realpath(self.python), *self.pinned])}"


def suits(patch: Patch) -> bool:
    """Tell whether this process's own environment meets the requirements of the patch and of its reproducer."""
    return eligibility.judge([*patch.requires, *of_reproducer(patch)]).eligible


def of_reproducer(patch: Patch) -> tuple[str, ...]:
    """Return the packages that the reproducer requires in addition."""
    return patch.reproducer.packages if patch.reproducer is not None else ()


def remembered(requirements: Iterable[str], python: str = sys.executable) -> Recipe | None:
    """Return the recipe that the requirements were resolved to the last time; None if they never were."""
    note = _note(requirements, python)
    return Recipe(tuple(json.loads(note.read_text("utf-8"))), python) if note.exists() else None


def resolve(requirements: Iterable[str], patch_id: str, python: str = sys.executable) -> Recipe:
    """Ask the package index for the newest releases that meet the requirements, and note them. Installs nothing.

    Raises UnavailableError if the index cannot be reached or has no such release.
    """
    wanted = _installable(requirements)
    options = ["--quiet", "--no-header", "--no-annotate", "--python", python]
    done = uv.run_uv(["pip", "compile", *options, "-"], patch=patch_id, standard_input="\n".join(wanted))
    pins = [line for line in done.splitlines() if line and not line.startswith("#")]
    first = canonicalize_name(Requirement(wanted[0]).name)
    recipe = Recipe(tuple(sorted(pins, key=lambda pin: (pin.partition("=")[0] != first, pin))), python)
    note = _note(requirements, python)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(recipe.pinned), "utf-8")
    return recipe


def find(recipe: Recipe) -> Environment | None:
    """Return the environment if an earlier run has built it, and the interpreter around which it was built still
    exists.
    """
    return _environment(recipe.folder) if _python_in(recipe.folder).exists() else None


def build(recipe: Recipe, patch_id: str) -> Environment:
    """Build the environment anew. Nobody ever finds a half-built one.

    Raises UnavailableError, and leaves nothing behind, if uv fails.
    """
    unfinished = uv.unfinished(recipe.folder)
    try:
        # Build it around the interpreter itself: a virtual environment that has it may be deleted before ours is.
        around = os.path.realpath(recipe.python)
        uv.run_uv(["venv", "--quiet", "--python", around, str(unfinished)], patch=patch_id)
        _install(recipe, unfinished, patch_id)
        shutil.rmtree(recipe.folder, ignore_errors=True)
        unfinished.rename(recipe.folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _environment(recipe.folder)


def check_disk(patch_id: str, gigabytes: float) -> None:
    """Raise UnavailableError if there is not enough room to build an environment."""
    root = uv.cache() / "environments"
    free = uv.free_gigabytes(root)
    if free < gigabytes:
        raise UnavailableError(
            "there is not enough room on the disk to build an environment",
            patch=patch_id,
            expected=f"{gigabytes:g} GB free at {root}",
            found=f"{free:.1f} GB",
            next_step="make room, or set BACKPORTKIT_CACHE to a folder on another disk",
        )


def search_path(where: Environment, patch: Patch, modules: Iterable[str], folder: Path) -> str:
    """Return a PYTHONPATH by which processes there import the code that is running here.

    For a throw-away environment, `folder` gets links to the packages under proof, and it is the whole path. These are
    the packages of the patch's functions and of `modules`. They are linked and not installed, since the code that is
    running is to be proved. Everything that is installed there, and everything that is patched, is of the release on
    trial.
    """
    if where is CURRENT:
        return os.pathsep.join(filter(None, sys.path))
    for name in _packages_under_proof(patch, modules, Path(where.name)):
        source = _location_of(name)
        (folder / (name if source.is_dir() else source.name)).symlink_to(source)
    return str(folder)


def _install(recipe: Recipe, folder: Path, patch_id: str) -> None:
    # Without bytecode, each process of a proof would compile everything if PYTHONDONTWRITEBYTECODE is set.
    options = ["--quiet", "--no-deps", "--compile-bytecode", "--python", str(_python_in(folder))]
    uv.run_uv(["pip", "install", *options, "-r", "-"], patch=patch_id, standard_input="\n".join(recipe.pinned))


def _installable(requirements: Iterable[str]) -> list[str]:
    """Return the packages of a throw-away environment: the required ones, and those that backportkit itself needs."""
    own = [Requirement(text) for text in requires("backportkit") or ()]
    return [
        *(text for text in requirements if Requirement(text).name.lower() != eligibility.PYTHON),
        *(str(need) for need in own if need.marker is None or "extra" not in str(need.marker)),
    ]


def _note(requirements: Iterable[str], python: str) -> Path:
    digest = _digest([os.path.realpath(python), *_installable(requirements)])
    return uv.cache() / "resolutions" / f"{digest}.json"


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _environment(folder: Path) -> Environment:
    return Environment(str(folder), str(_python_in(folder)))


def _python_in(folder: Path) -> Path:
    suffix = ".exe" if os.name == "nt" else ""
    return Path(sysconfig.get_path("scripts", vars={"base": str(folder)})) / f"python{suffix}"


def _packages_under_proof(patch: Patch, modules: Iterable[str], folder: Path) -> Iterable[str]:
    names = [*modules, *(reference.module for reference in origin.references(patch))]
    packages = dict.fromkeys(map(_package_of, names))
    foreign = {*sys.stdlib_module_names, *map(_package_of, patch.modules)}
    return ["backportkit", *(name for name in packages if name not in foreign and not _has(folder, name))]


def _package_of(module: str) -> str:
    return module.partition(".")[0]


def _has(folder: Path, package: str) -> bool:
    """Tell whether a package is installed in an environment."""
    sites = [folder / "Lib" / "site-packages", *folder.glob("lib/python*/site-packages")]
    spec = PathFinder.find_spec(package, [str(site) for site in sites])
    return spec is not None and spec.origin is not None


def _location_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # for a top-level name this imports nothing
    if spec is None or spec.origin is None:
        raise UnavailableError(
            f"the package '{package}', which has the replacement or the reproducer, cannot be found",
            next_step="run the command where it can be imported",
        )
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin
