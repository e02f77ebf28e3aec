"""Run a function on several items at a time, in threads that nobody waits for after an interrupt."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each(work: Callable[[_Item], _Result], items: Sequence[_Item], at_a_time: int) -> Iterator[_Result]:
    """Yield the result for each item, in order.

    The threads are daemons: where the program is interrupted, nobody waits for one that waits for the network, as the
    pools of `concurrent.futures` do.
    """
    results: list[Future[_Result]] = [Future() for _ in items]
    waiting = deque(zip(items, results, strict=True))
    for _ in range(min(at_a_time, len(items))):
        threading.Thread(target=_do, args=(work, waiting), daemon=True).start()
    try:
        for result in results:
            yield result.result()
    finally:
        waiting.clear()


def _do(work: Callable[[_Item], _Result], waiting: deque[tuple[_Item, Future[_Result]]]) -> None:
    """Take items and run the work on them, until none is left. Other threads take from the same items."""
    while True:
        try:
            item, result = waiting.popleft()
        except IndexError:
            return
        try:
            result.set_result(work(item))
        except BaseException as error:  # noqa: BLE001 -- is raised where the result is asked for
            result.set_exception(error)
