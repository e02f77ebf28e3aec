"""Ask the command `keyring` for a password, as uv does: only if the user's settings say `subprocess`."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from backportkit.upstream.config import Config
    from backportkit.upstream.settings import Index


def is_set(config: Config) -> bool:
    """Tell whether uv's or pip's settings name the command as the one to ask."""
    of_uv = os.environ.get("UV_KEYRING_PROVIDER") or config.of_uv("keyring-provider")
    return (of_uv or config.of_pip("keyring-provider")) == "subprocess"


def password(index: Index) -> str:
    """Return the password of the user of an index, by its address or its host; empty if the keyring has none.

    Raises UnavailableError if there is no such command.
    """
    services = index.url.rstrip("/"), urlsplit(index.url).netloc
    return next(filter(None, (_get(service, index.user) for service in services)), "")


def _get(service: str, user: str) -> str:
    """Run the command. What it says on stderr is for the user, whom it may ask something."""
    try:
        done = subprocess.run(  # noqa: S603 -- the arguments are the user's own settings
            ["keyring", "get", service, user],  # noqa: S607 -- which one is the user's choice, as it is with uv
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    except OSError as error:
        raise UnavailableError(
            "the command keyring cannot be run, which keyring-provider names",
            found=str(error),
            next_step="install keyring, or set keyring-provider to disabled",
        ) from error
    return "" if done.returncode else done.stdout.strip("\r\n")
