"""Find the Pythons that patches are proved with: the running one, and those that uv finds. None is downloaded."""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import metadata
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from backportkit.upstream import uv
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Interpreter(NamedTuple):
    """A Python on this machine: its version, and the file to start it by."""

    version: Version
    path: str

    @property
    def marks(self) -> dict[str, str]:
        """The values that this Python has in environment markers."""
        full = str(self.version)
        line = ".".join(map(str, self.version.release[:2]))
        return {"python_version": line, "python_full_version": full, "implementation_version": full}


RUNNING = Interpreter(Version(platform.python_version().rstrip("+")), sys.executable)


def installed() -> list[Interpreter]:
    """Return the Pythons that backportkit runs on, each version once, the oldest first; the running one is among them.

    Builds without the global lock are passed over: what is proved with them says nothing of the usual ones.
    """
    supported = _supported()
    paths = {str(RUNNING.version): RUNNING.path}
    for entry in json.loads(uv.run_uv(["python", "list", "--only-installed", "--output-format", "json"])):
        if entry["implementation"] == "cpython" and entry.get("variant", "default") == "default":
            paths.setdefault(entry["version"], entry["path"])
    found = [Interpreter(Version(version), path) for version, path in paths.items()]
    return sorted(one for one in found if supported.contains(one.version, prereleases=True))


def named(texts: Iterable[str], option: str) -> list[Interpreter]:
    """Return the Pythons of the versions in an option: of `3.12` the running one, or the newest that is installed.

    Raises UnavailableError for a text that is no version, and for Pythons that are not here.
    """
    wanted = dict.fromkeys(_version(text, option) for text in texts)
    here = installed()
    found = {version: _best(version, here) for version in wanted}
    if missing := [str(version) for version, one in found.items() if one is None]:
        raise UnavailableError(
            f"{option}: there is no Python {', '.join(missing)} here",
            expected=f"Pythons that are installed, {_supported()}",
            found=", ".join(str(one.version) for one in here),
            next_step=f"install it where uv finds it, such as by `uv python install {' '.join(missing)}`",
        )
    return list(dict.fromkeys(one for one in found.values() if one is not None))


def _version(text: str, option: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise UnavailableError(
            f"{option}: {text!r} is no version of Python", expected="one such as 3.12 or 3.12.1"
        ) from error


def _best(version: Version, here: Iterable[Interpreter]) -> Interpreter | None:
    fitting = [one for one in here if version in (one.version, _line(one.version, len(version.release)))]
    return RUNNING if RUNNING in fitting else max(fitting, default=None)


def _line(version: Version, numbers: int) -> Version:
    """Return the first numbers of a version, such as 3.12 of 3.12.1; all of it if it has no more."""
    whole = version.release
    return Version(".".join(map(str, whole[:numbers]))) if numbers < len(whole) else version


def _supported() -> SpecifierSet:
    return SpecifierSet(metadata("backportkit")["Requires-Python"])
