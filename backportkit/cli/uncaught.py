"""Say in a sentence what an exception means that no command catches: a place that cannot be used, broken metadata."""

from __future__ import annotations

from importlib.metadata import distributions
from typing import TYPE_CHECKING

from backportkit.errors import BackportError

if TYPE_CHECKING:
    from importlib.metadata import Distribution


class UnusablePlaceError(BackportError, OSError):
    """A file or folder cannot be read or written. An OSError, since the system says so."""


class UnreadableMetadataError(BackportError, ValueError):
    """No program can read the entry points of this environment. A ValueError, since the text of a file is wrong."""


def explained(error: Exception) -> BackportError | None:
    """Return what a user can do about an exception; None if it may be a fault of ours."""
    if isinstance(error, OSError):
        return _of_place(error)
    return next((told for one in distributions() if (told := _of_metadata(one, error)) is not None), None)


def _of_place(error: OSError) -> UnusablePlaceError | None:
    if error.filename is None:
        return None
    return UnusablePlaceError(
        f"{error.filename} cannot be used",
        found=error.strerror,
        next_step="name another place, or mend this one",
    )


def _of_metadata(found: Distribution, raised: Exception) -> UnreadableMetadataError | None:
    """Return an error if an exception is that of a distribution's entry points: libraries read those of all of them."""
    try:
        _ = found.entry_points
    except Exception as error:  # noqa: BLE001 -- importlib.metadata expects no wrong line, and raises whatever comes
        if (type(error), str(error)) == (type(raised), str(raised)):
            return _unreadable(found, error)
    return None


def _unreadable(found: Distribution, error: Exception) -> UnreadableMetadataError:
    return UnreadableMetadataError(
        "the entry points of this environment cannot be read",
        expected="lines `name = module` in each entry_points.txt",
        found=f"{type(error).__name__}: {error}, in {getattr(found, '_path', 'those of a finder')}",
        next_step="install that distribution again, or uninstall it",
    )
