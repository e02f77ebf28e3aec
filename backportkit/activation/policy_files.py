"""Tell whether the files of the policy are those that `activate` has met, and who could put others in their place."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit import bootstrap
from backportkit.errors import BackportError
from backportkit.policy import document, in_force, lines, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANGED = "was changed since `activate`"


def kept() -> str:
    """Return what a manifest keeps of the policy: its stamp, what it says about failures, and its SHA-256.

    They are empty where there is none: one that comes, changes or goes counts at once.
    """
    path = in_force.of_environment()
    said = next((one.on_failure for one in in_force.policies() if one.path == path), "")
    return f"{bootstrap.stamp_of(path)} {said} {_digest(path)}"


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(trust.read(path)[0]).hexdigest()
    except OSError:
        return ""


def altered(stated: str) -> Iterator[tuple[Path, str]]:
    """Yield the policy and its lines if they are not as `activate` has left them, by what `kept` was; each with why."""
    path = in_force.of_environment()
    _, _, digest = stated.rpartition(" ")
    if digest != _digest(path):
        yield Path(path), _CHANGED
    why = _why_not_of(path) if digest else ""
    if why:
        yield Path(in_force.lines_of(path)), why


def _why_not_of(path: str) -> str:
    """Say why the lines of a policy are not read at a start; empty if they are."""
    try:
        content, _ = trust.read(path)
        policy = document.parse(path, content)
        written, why = trust.read(in_force.lines_of(path))
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    except BackportError:  # the policy is named itself
        return ""
    return why or ("" if lines.read(path, written, content) == policy else "is not of the policy")


def replaceable(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the folders above a file in which another user could put another one in its place, or delete it.

    A sticky folder, such as /tmp, lets only owners do that (https://man7.org/linux/man-pages/man7/inode.7.html).
    """
    if sys.platform == "win32" or not path.exists():  # it has no modes that tell
        return
    for folder in path.absolute().parents:
        found = folder.stat()
        by_mode = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
        if by_mode or found.st_uid not in {0, os.geteuid()}:
            yield folder, f"may be changed by another user, who could delete or exchange {path}"
