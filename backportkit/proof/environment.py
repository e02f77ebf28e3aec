"""Find or build the environment that a patch is proved in."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.declaration import eligibility
from backportkit.proof import identity, origin
from backportkit.upstream import cache, stamp, uv
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.declaration.eligibility import Eligibility
    from backportkit.declaration.record import Patch
    from backportkit.proof.pins import Recipe
    from backportkit.proof.record import Installed


class Environment(NamedTuple):
    """An interpreter with all that a proof needs.

    Attributes:
        name: `current`, or the folder of the throw-away environment.
        python: The interpreter.
        passed: The names of the user's variables that processes there get beside the usual ones.
        installed: The distributions of a throw-away environment.
    """

    name: str
    python: str
    passed: tuple[str, ...] = ()
    installed: tuple[Installed, ...] = ()

    @property
    def is_current(self) -> bool:
        """True if it is the environment of this process."""
        return self.name == CURRENT.name


CURRENT = Environment("current", sys.executable)


class Wishes(NamedTuple):
    """The user's wishes for all environments.

    Attributes:
        fresh: Whether they are built anew.
        passed: The names of variables that processes there get beside the usual ones.
    """

    fresh: bool = False
    passed: tuple[str, ...] = ()


def suits(patch: Patch) -> bool:
    """Tell whether this process's own environment meets the requirements of the patch and of its reproducer."""
    return judged(patch).eligible


def judged(patch: Patch) -> Eligibility:
    """Judge whether it meets them, and say why not."""
    return eligibility.judge([*patch.requires, *of_reproducer(patch)])


def of_reproducer(patch: Patch) -> tuple[str, ...]:
    """Return the packages that the reproducer requires in addition."""
    return patch.reproducer.packages if patch.reproducer is not None else ()


def find(recipe: Recipe) -> Environment | None:
    """Return the environment if an earlier run has built it and nothing in it has changed since; None if not.

    The interpreter around which it was built has to exist still.
    """
    folder = recipe.folder
    is_whole = _python_in(folder).exists() and stamp.is_on(folder, recipe.text)
    return _environment(folder, recipe) if is_whole else None


def build(recipe: Recipe, patch_id: str) -> Environment:
    """Build the environment anew. Nobody ever finds a half-built one.

    Raises UnavailableError, and leaves nothing behind, if uv fails.
    """
    folder = recipe.folder
    unfinished = cache.unfinished(folder)
    try:
        # Build it around the interpreter itself: a virtual environment that has it may be deleted before ours is.
        around = os.path.realpath(recipe.python)
        uv.run_uv(["venv", "--quiet", "--python", around, str(unfinished)], patch=patch_id)
        _install(recipe, unfinished, patch_id, _source(folder, recipe))
        stamp.put_on(unfinished, recipe.text)
        _remove(folder)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _environment(folder, recipe)


def _source(folder: Path, recipe: Recipe) -> Sequence[str]:
    """Return the options of uv for where to take packages from.

    The files of an environment are links into uv's cache. Where one was changed in place, it was changed there, too.
    """
    is_changed = os.path.lexists(folder) and not stamp.is_on(folder, recipe.text)
    return ("--no-cache",) if is_changed else ()


def _remove(folder: Path) -> None:
    """Remove what stands where an environment is to be: an older one, or whatever somebody has put there."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def check_disk(patch_id: str, gigabytes: float) -> None:
    """Raise UnavailableError if there is not enough room to build an environment."""
    root = cache.folder("environments")
    free = cache.free_gigabytes(root)
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
    if where.is_current:
        return os.pathsep.join(filter(None, sys.path))
    for name in _packages_under_proof(patch, modules, Path(where.name)):
        source = _location_of(name)
        _lend(source, folder / (name if source.is_dir() else source.name))
    return str(folder)


def _lend(source: Path, place: Path) -> None:
    """Have a place lead to a package or module. Windows lets few users make links: the others get a copy."""
    try:
        place.symlink_to(source, target_is_directory=source.is_dir())
    except OSError:
        (shutil.copytree if source.is_dir() else shutil.copy)(source, place)


def _install(recipe: Recipe, folder: Path, patch_id: str, source: Sequence[str]) -> None:
    # Without bytecode, each process of a proof would compile everything if PYTHONDONTWRITEBYTECODE is set.
    options = ["--quiet", "--no-deps", "--compile-bytecode", "--python", str(_python_in(folder)), *source]
    if all(pin.hashes for pin in recipe.pinned):
        options.append("--require-hashes")
    lines = "\n".join(pin.line for pin in recipe.pinned)
    uv.run_uv(["pip", "install", *options, "-r", "-"], patch=patch_id, standard_input=lines)


def _environment(folder: Path, recipe: Recipe) -> Environment:
    installed = (one for site in _sites(folder) for one in identity.built(site, recipe.pinned))
    return Environment(str(folder), str(_python_in(folder)), installed=tuple(installed))


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
    spec = PathFinder.find_spec(package, [str(site) for site in _sites(folder)])
    return spec is not None and spec.origin is not None


def _sites(folder: Path) -> list[Path]:
    """Return the folders of an environment that packages are installed into."""
    return [*folder.glob("Lib/site-packages"), *folder.glob("lib/python*/site-packages")]


def _location_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # for a top-level name this imports nothing
    if spec is None or spec.origin is None:
        raise UnavailableError(
            f"the package '{package}', which has the replacement or the reproducer, cannot be found",
            next_step="run the command where it can be imported",
        )
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin
