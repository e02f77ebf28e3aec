"""Name the patches whose code is in the traceback of an error, in a note of the error.

Source: https://peps.python.org/pep-0678/.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from backportkit.bootstrap import only_looking
from backportkit.engine import verbs
from backportkit.errors import let_interrupt_pass

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, TracebackType

_begun: list[bool] = []


def note_patches(error: BaseException) -> tuple[str, ...]:
    """Add a note to an error that names the patches whose code is in its traceback; return their ids.

    The tracebacks of its causes and contexts count, and those of the errors in a group. An error gets the note once.
    Nothing is added where no patch had a part. Python 3.10 keeps the note in `__notes__`, and does not show it.
    """
    with only_looking():
        ids = verbs.running({*_codes(error)})
    if ids:
        _add(error, _text(ids))
    return ids


def note_uncaught() -> None:
    """Add such a note to each error that nobody catches, in any thread, before it is shown.

    `BACKPORTKIT_TRACEBACKS=1` does the same from the start on. Python 3.10 shows no notes, and has it on a line below.
    Sources: `sys.excepthook` and `threading.excepthook`, of which the former ones are called.
    """
    import threading  # a program without threads need not have it

    if not _begun:
        _begun.append(True)
        sys.excepthook = _noting(sys.excepthook)
        threading.excepthook = _noting_in_threads(threading.excepthook)


def _noting(show: Callable[..., Any]) -> Callable[..., Any]:
    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        with _noted(error):
            show(kind, error, traceback)

    return hook


def _noting_in_threads(show: Callable[..., Any]) -> Callable[..., Any]:
    def hook(arguments: threading.ExceptHookArgs) -> None:
        with _noted(arguments.exc_value):
            show(arguments)

    return hook


@contextmanager
def _noted(error: BaseException | None) -> Iterator[None]:
    """Add the note to an error that is about to be shown."""
    ids = () if error is None else _try(error)
    yield
    if ids and not hasattr(error, "add_note") and sys.stderr is not None:
        sys.stderr.write(f"{_text(ids)}\n")


def _try(error: BaseException) -> tuple[str, ...]:
    """Add the note as `note_patches` does. An error that cannot have it is shown without."""
    try:
        return note_patches(error)
    except BaseException as failed:  # noqa: BLE001 -- an error is an object of others, whose attributes may raise
        let_interrupt_pass(failed)
        return ()


def _text(ids: Sequence[str]) -> str:
    return f"backportkit: code of {', '.join(ids)} is in this traceback"


def _add(error: BaseException, note: str) -> None:
    notes = getattr(error, "__notes__", None) or []
    if note in notes:
        return
    if sys.version_info >= (3, 11):
        error.add_note(note)
    else:
        vars(error)["__notes__"] = [*notes, note]  # as the package exceptiongroup does, which shows them


def _codes(error: BaseException) -> Iterator[CodeType]:
    """Yield the code that the tracebacks of an error have, and those of the errors behind it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield from _in(one.__traceback__)
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def _in(traceback: TracebackType | None) -> Iterator[CodeType]:
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next
