"""Load a policy from its file, or from the lines beside it where these are of that very file."""

from __future__ import annotations

import os

from backportkit import bootstrap
from backportkit.errors import BackportError
from backportkit.policy import in_force, lines, trust
from backportkit.policy.record import CONTINUE, DENY, EXIT, Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_OWNED = "a policy that root or the user of this process owns, and that nobody else may write"


def load(path: str) -> Policy:
    """Return the policy in a file. One that cannot be read, or is not to be believed, allows nothing.

    What such a file says about failures counts nevertheless, as far as it can be read, and what its lines and the
    manifest say of it as it was: that can do no harm.
    """
    try:
        content, reason = trust.read(path)
    except OSError as error:
        return _broken(path, _why_unreadable(path, error))
    policy = _of_lines(path, content) or _of_document(path, content)
    return _broken(path, reason, policy.on_failure)._replace(expected=_OWNED) if reason else policy


def _why_unreadable(path: str, error: OSError) -> str:
    beside = in_force.lines_of(path)
    if not os.path.lexists(path) and os.path.lexists(beside):
        return f"is not there, and its lines, {beside}, are"
    if not os.path.lexists(path) and bootstrap.recalled:
        return "is not there, and the environment was activated with it"
    return f"cannot be read: {error.strerror or error}"


def _broken(path: str, reason: str, on_failure: str = CONTINUE) -> Policy:
    said = EXIT if EXIT in (on_failure, *_last_said(path)) else CONTINUE
    return Policy(path, DENY, on_failure=said, broken=f"{reason}, so that nothing is armed")


def _last_said(path: str) -> Iterator[str]:
    """Yield what the lines of a policy, and the manifest, know of its `on_failure`."""
    if path == in_force.of_environment():
        yield from bootstrap.recalled
    try:
        yield lines.on_failure(trust.read(in_force.lines_of(path))[0])
    except OSError:
        return


def _of_lines(path: str, content: bytes) -> Policy | None:
    try:
        written, reason = trust.read(in_force.lines_of(path))
    except OSError:
        return None
    return None if reason else lines.read(path, written, content)


def _of_document(path: str, content: bytes) -> Policy:
    from backportkit.policy import document

    try:
        return document.parse(path, content)
    except BackportError as error:
        return _broken(path, f"is wrong: {error.found or error.message}", document.on_failure(content))
