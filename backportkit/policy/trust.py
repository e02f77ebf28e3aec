"""Read a policy only if nobody else can have written it."""

from __future__ import annotations

from backportkit import bootstrap, regular_file


def read(path: str) -> tuple[bytes, str]:
    """Return the content of a file, and why it is not to be believed; empty if it is.

    It is if root or the user of this process owns it, and nobody else may write it, as for a manifest. Raises OSError
    if it cannot be read.
    """
    with regular_file.opened(path) as file:
        try:
            bootstrap.check_writers(file.fileno())
        except ValueError as error:
            return file.read(), str(error)
        return file.read(), ""
