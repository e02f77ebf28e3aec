"""Write where each patch stands to stderr when a signal comes, as faulthandler does with tracebacks."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from backportkit import states
from backportkit.engine import verbs
from backportkit.errors import SettingsError
from backportkit.printable import seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_NOT_MEANT = frozenset({states.DORMANT, states.OFFERED})
_handlers: dict[int, Callable[..., Any]] = {}


def dump_on(number: int) -> None:
    """Write to stderr, whenever the signal of this number comes, where each patch stands that is meant for the process.

    Afterwards the handler is called that was there before. A thread writes, so that the work is ended first that the
    signal interrupts. A signal whose default is to end the process does not end it any more.
    `BACKPORTKIT_DUMP=USR1` does the same from the start on.
    Raises ValueError where Python allows no handler: in another thread than the main one, or for a signal that the
    system does not have.
    """
    former = signal.getsignal(number)
    if former is not None and former is _handlers.get(number):
        return

    def handle(received: int, frame: FrameType | None) -> Any:
        threading.Thread(target=_dump, name="backportkit-dump", daemon=True).start()
        return former(received, frame) if callable(former) else None

    signal.signal(number, handle)
    _handlers[number] = handle


def number_of(name: str) -> int:
    """Return the number of a signal by its name, with or without SIG. Raises SettingsError if there is none."""
    wanted = name.strip().upper()
    found = {one.name: one.value for one in signal.Signals}
    number = found.get(wanted, found.get(f"SIG{wanted}"))
    if number is None:
        raise SettingsError(
            "BACKPORTKIT_DUMP names no signal of this system",
            expected=f"a name, such as USR1: one of {', '.join(sorted(found))}",
            found=name,
            next_step="correct the variable, or unset it",
        )
    return number


def _dump() -> None:
    text = "".join(f"backportkit: {seen(line)}\n" for line in _lines())
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _lines() -> Iterator[str]:
    statuses, errors = verbs.survey()
    meant = [status for status in statuses if status.state not in _NOT_MEANT]
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    others = len(statuses) - len(meant)
    yield f"process {os.getpid()} at {now}: {len(meant)} patches, {others} that are not meant for it"
    for status in meant:
        yield f"{status.id}: {status.state}, {status.reason}"
    for error in errors:
        yield from str(error).splitlines()
