"""Find or build the environment that a patch is proved in."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs
import uv
from packaging.requirements import Requirement

from backportkit import eligibility
from backportkit.errors import BackportError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.model import Patch

_GIGABYTE = 10**9
_MARK = "backportkit.json"  # written last, so that a half-built environment is never taken for a whole one


class UnavailableError(BackportError, OSError):
    """The environment for a proof is not there and cannot be made. An OSError: a program, the network or the disk."""


class Environment(NamedTuple):
    """An interpreter and what its processes need to find the code under proof.

    Attributes:
        name: `current`, or the folder of the throw-away environment.
        python: The interpreter.
        path: What goes on PYTHONPATH, so that the processes import the very code that is running here.
    """

    name: str
    python: str
    path: str


def current() -> Environment:
    """The environment that this process runs in."""
    return Environment("current", sys.executable, os.pathsep.join(filter(None, sys.path)))


def suits(patch: Patch) -> bool:
    """Whether the environment that this process runs in meets the patch's requirements and those of its reproducer."""
    return eligibility.judge(_requirements(patch)).eligible


def resolve(patch: Patch) -> list[str]:
    """Ask the package index for the newest releases in the patch's range; return them pinned. Installs nothing.

    Raises UnavailableError if the index cannot be reached or has no such release.
    """
    wanted = "\n".join(_everything(patch))
    command = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python", sys.executable, "-"]
    done = _uv(command, patch.id, standard_input=wanted)
    return [line for line in done.splitlines() if line and not line.startswith("#")]


def folder_for(patch: Patch) -> Path:
    """Where the throw-away environment of a patch is kept between runs."""
    wanted = [sys.implementation.cache_tag or "", sys.base_prefix, *_everything(patch)]
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:12]
    return _cache() / "environments" / f"{patch.id}-{digest}"


def find(patch: Patch) -> Environment | None:
    """The throw-away environment of a patch, if an earlier run has built it."""
    folder = folder_for(patch)
    return _environment(folder, patch) if (folder / _MARK).exists() else None


def build(patch: Patch, pinned: list[str]) -> Environment:
    """Build the throw-away environment of a patch from pinned requirements.

    Raises UnavailableError, and leaves nothing behind, if uv cannot.
    """
    folder = folder_for(patch)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _uv(["venv", "--quiet", "--python", sys.executable, str(folder)], patch.id)
        _uv(
            ["pip", "install", "--quiet", "--python", str(_python_in(folder)), "-r", "-"],
            patch.id,
            standard_input="\n".join(pinned),
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / _MARK).write_text(json.dumps(pinned), "utf-8")
    return _environment(folder, patch)


def check_disk(patch: Patch, gigabytes: float) -> None:
    """Raise UnavailableError if there is not enough room to build an environment."""
    root = folder_for(patch).parent
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free / _GIGABYTE
    if free < gigabytes:
        raise UnavailableError(
            "there is not enough room on the disk to build an environment",
            patch=patch.id,
            expected=f"{gigabytes:g} GB free at {root}",
            found=f"{free:.1f} GB",
            next_step="make room, or set BACKPORTKIT_CACHE to a folder on another disk",
        )


def _requirements(patch: Patch) -> list[str]:
    extra = patch.reproducer.packages if patch.reproducer is not None else ()
    return [*patch.requires, *extra]


def _everything(patch: Patch) -> list[str]:
    """What a throw-away environment holds: the patched packages, the reproducer's and what backportkit itself needs."""
    own = [Requirement(text) for text in requires("backportkit") or ()]
    return [
        *(text for text in _requirements(patch) if Requirement(text).name.lower() != eligibility.PYTHON),
        *(str(need) for need in own if need.marker is None or need.marker.evaluate({"extra": ""})),
    ]


def _environment(folder: Path, patch: Patch) -> Environment:
    return Environment(str(folder), str(_python_in(folder)), str(_stage(folder, patch)))


def _python_in(folder: Path) -> Path:
    return Path(sysconfig.get_path("scripts", vars={"base": str(folder)})) / Path(sys.executable).name


def _stage(folder: Path, patch: Patch) -> Path:
    """A folder with nothing but the packages under proof, as this process would import them.

    They are linked and not installed: what is proved is the very code that is running.
    """
    stage = folder / "under-proof"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    for name in _packages_under_proof(patch):
        source = _location_of(name)
        (stage / (name if source.is_dir() else source.name)).symlink_to(source)
    return stage


def _packages_under_proof(patch: Patch) -> Iterable[str]:
    references = [edit.replacement for edit in patch.edits if edit.replacement is not None]
    references += [patch.reproducer.run] if patch.reproducer is not None else []
    return dict.fromkeys(["backportkit", *(reference.module.partition(".")[0] for reference in references)])


def _location_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # of a top-level name, so that nothing is imported
    if spec is None or spec.origin is None:
        raise UnavailableError(
            f"the package '{package}', which has the replacement or the reproducer, cannot be found",
            next_step="run the command where it can be imported",
        )
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def _cache() -> Path:
    return Path(os.environ.get("BACKPORTKIT_CACHE") or platformdirs.user_cache_path("backportkit"))


def _uv(arguments: list[str], patch_id: str, *, standard_input: str = "") -> str:
    """Run uv; return what it prints. Raises UnavailableError with the last thing it said."""
    command = [uv.find_uv_bin(), *arguments]
    done = subprocess.run(command, input=standard_input, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
    if done.returncode:
        raise UnavailableError(
            f"uv could not do '{' '.join(arguments[:2])}'",
            patch=patch_id,
            found=_last_words(done.stderr),
            next_step="check the network and the package index; uv's own settings (UV_INDEX_URL, ...) are respected",
        )
    return done.stdout


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    return lines[-1] if lines else "no message"
