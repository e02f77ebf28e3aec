"""Run uv. This module uses the network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uv
from packaging.version import InvalidVersion, Version

from backportkit.errors import BackportError
from backportkit.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_SUCH_RELEASE = "No solution found"  # in what uv says if the index has none
_NO_INDEX = "check the network and the package index; uv's own settings (UV_INDEX_URL, ...) are respected"
_NO_RELEASE = "ask for releases that the index has for this Python; uv's own settings (UV_INDEX_URL, ...) are respected"
_NOWHERE = Path(sys.prefix).anchor  # uv looks for a project's settings from UV_PROJECT upwards
_LINES = 12  # lines of uv's message: the first few have the cause of a failed resolution


class UnavailableError(BackportError, OSError):
    """Something cannot be fetched, built or found. An OSError: a program, the network, the disk, or the index."""


def checked_version(text: str) -> Version:
    """Return the version that a text names. Raises UnavailableError if it is no version by PEP 440."""
    try:
        return Version(text)
    except InvalidVersion as error:
        raise UnavailableError(f"{text!r} is no version", expected="one by PEP 440, such as 2.12.0") from error


def obey_checkout() -> None:
    """Have uv read the settings of the checkout in the working directory, too, from now on in this process."""
    os.environ.setdefault("UV_PROJECT", str(Path.cwd()))


def run_uv(arguments: Sequence[str], *, patch: str | None = None, standard_input: str = "") -> str:
    """Run uv; return what it prints. Raises UnavailableError with what uv said, about `patch` if it is named."""
    done = try_uv(arguments, standard_input)
    if done.returncode:
        raise failed(arguments, done, patch)
    return done.stdout


def try_uv(arguments: Sequence[str], standard_input: str) -> subprocess.CompletedProcess[str]:
    """Run uv to its end, whatever that is. It links files from its cache, unless UV_LINK_MODE says otherwise.

    Settings of the checkout count only after `obey_checkout`, or if the user names a folder in UV_PROJECT.
    """
    return subprocess.run(  # noqa: S603 -- ours
        [uv.find_uv_bin(), *arguments],
        input=standard_input,
        capture_output=True,
        check=False,
        encoding="utf-8",  # uv's, whatever that of the system is
        errors="replace",
        env={"UV_LINK_MODE": "hardlink", "UV_PROJECT": _NOWHERE} | os.environ,
    )


def failed(
    arguments: Sequence[str], done: subprocess.CompletedProcess[str], patch: str | None = None
) -> UnavailableError:
    """Return the error for a run of uv that failed."""
    return UnavailableError(
        f"uv could not do '{' '.join(arguments[:2])}'",
        patch=patch,
        found=_message(done.stderr),
        next_step=_NO_RELEASE if NO_SUCH_RELEASE in done.stderr else _NO_INDEX,
    )


def _message(text: str) -> str:
    """Return the message without the hints and warnings around it; only its first lines if it is long."""
    lines = [line.strip() for line in redacted(text).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("hint:", "warning:"))] or lines or ["no message"]
    return "\n".join([*said[:_LINES], "..."] if len(said) > _LINES else said)
