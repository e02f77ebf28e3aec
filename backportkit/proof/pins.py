"""Pin the packages of an environment: ask the index for them, read its answer strictly, and keep it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from importlib.metadata import requires
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backportkit.declaration import eligibility
from backportkit.toml import parse
from backportkit.upstream import cache, uv
from backportkit.upstream.store import Store
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHA256 = re.compile("[0-9a-f]{64}")
_EDITION = "1"  # a change of what is kept raises it


class File(NamedTuple):
    """A wheel or sdist of a release, and its hash if the index gives one."""

    name: str
    sha256: str | None


class Pin(NamedTuple):
    """One release of a package, and the files that it may be installed from. Its text is the requirement for it."""

    name: str
    version: str
    files: tuple[File, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of its files; none if the index does not give all of them."""
        found = sorted({file.sha256 for file in self.files if file.sha256 is not None})
        return tuple(found) if all(file.sha256 for file in self.files) else ()

    @property
    def line(self) -> str:
        """The line of a file of requirements that installs it from no other file."""
        return " ".join([str(self), *(f"--hash=sha256:{one}" for one in self.hashes)])


class Recipe(NamedTuple):
    """The pinned packages that an environment is built from. Patches with the same recipe share the environment.

    Attributes:
        pinned: The exact releases; the first one is that of the package under test.
        python: The interpreter to build it around.
    """

    pinned: tuple[Pin, ...]
    python: str = sys.executable

    @property
    def text(self) -> str:
        """All that makes the environment, which no other recipe has."""
        return "\n".join([os.path.realpath(self.python), *(pin.line for pin in self.pinned)])

    @property
    def name(self) -> str:
        """The name of the folder that keeps the environment between runs."""
        label = str(self.pinned[0]).replace("==", "-") if self.pinned else "bare"
        return f"{label}-{hashlib.sha256(self.text.encode()).hexdigest()[:12]}"

    @property
    def folder(self) -> Path:
        """The folder that keeps the environment between runs. Raises UnavailableError if the cache is not ours."""
        return cache.folder("environments") / self.name


def remembered(requirements: Iterable[str], python: str = sys.executable) -> Recipe | None:
    """Return the recipe that the requirements were resolved to the last time; None if they never were."""
    kept = Store("resolutions").get(*_key(requirements, python))
    if kept is None:
        return None
    pins = (Pin(name, version, tuple(map(File._make, files))) for name, version, files in json.loads(kept))
    return Recipe(tuple(pins), python)


def resolve(requirements: Iterable[str], patch_id: str, python: str = sys.executable) -> Recipe:
    """Ask the package index for the newest releases that meet the requirements, and keep them. Installs nothing.

    A release that has no wheel is built, if only that tells what it requires. Raises UnavailableError if the index
    cannot be reached, has no such release, or if the answer is no list of releases.
    """
    wanted = list(requirements)
    installable = _installable(wanted)
    options = ["--quiet", "--no-header", "--no-annotate", "--format", "pylock.toml", "--python", python]
    lines = "\n".join(installable)
    done = uv.run_uv(["pip", "compile", *options, "-"], patch=patch_id, standard_input=lines)
    first = canonicalize_name(Requirement(installable[0]).name)
    recipe = Recipe(tuple(sorted(_pins(done, patch_id), key=lambda pin: (pin.name != first, pin.name))), python)
    Store("resolutions").put(json.dumps(recipe.pinned).encode(), *_key(wanted, python))
    return recipe


def _installable(requirements: Iterable[str]) -> list[str]:
    """Return the packages of a throw-away environment: the required ones, and those that backportkit itself needs."""
    own = [Requirement(text) for text in requires("backportkit") or ()]
    return [
        *(text for text in requirements if Requirement(text).name.lower() != eligibility.PYTHON),
        *(str(need) for need in own if need.marker is None or "extra" not in str(need.marker)),
    ]


def _key(requirements: Iterable[str], python: str) -> tuple[str, ...]:
    return _EDITION, os.path.realpath(python), *_installable(requirements)


# --- uv's answer, as https://packaging.python.org/en/latest/specifications/pylock-toml/ has it ------------------------


def _pins(text: str, patch_id: str) -> list[Pin]:
    try:
        return [_pin(package) for package in parse(text)["packages"]]
    except (InvalidRequirement, InvalidVersion, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UnavailableError(
            "what the requirements resolve to is no list of releases",
            patch=patch_id,
            expected="a name, a version and the files of each, from an index or a folder of files",
            found=f"{type(error).__name__}: {error}",
            next_step="require releases by their versions, and no addresses of files, folders or repositories",
        ) from error


def _pin(package: Mapping[str, Any]) -> Pin:
    entries = [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
    pin = Pin(package["name"], str(Version(package["version"])), tuple(map(_file, entries)))
    if Requirement(str(pin)).name != pin.name or not entries:
        raise ValueError(f"{pin} is no release with files")
    return pin


def _file(entry: Mapping[str, Any]) -> File:
    place = entry.get("url") or entry["path"]
    name = entry.get("name") or unquote(PurePosixPath(urlsplit(place).path).name)
    sha256 = entry["hashes"].get("sha256")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise ValueError(f"{name} has the hash {sha256}")
    return File(name, sha256)
