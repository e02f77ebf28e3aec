"""Carry out a prepared plan whole or not at all, whatever interrupts it, and know what stands recorded where."""

from __future__ import annotations

import _thread
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from backportkit.layers.layer import Change, Entry, Layer, Made, Stack
    from backportkit.layers.place import Place

# One for all ledgers, so that a fork need not know them. A fork waits for it, as it does for logging's lock, lest the
# child begin with a place that is written and not recorded, and with a lock that nobody there will give back.
# It is taken by `with` alone, whose exit no interrupt ever hits.
lock = _thread.RLock()
if sys.platform != "win32":  # pragma: no branch -- the suite runs where there is a fork
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


class NotInstalled(RuntimeError):
    """The owner did not keep what was assigned: reading it back gave another object."""


class Plan:
    """A change of several places that is made whole or not at all: prepared first, then committed.

    Attributes:
        entries: What each place is to become.
        wanted: The layers that it is to put in.
        begun: Whether it was found to be true still, and is being written.
        written: Whether all places are what they are to be.
        failed: Whether what was written is being put back.
        done: Whether all of it has been recorded.
    """

    __slots__ = ("begun", "done", "entries", "failed", "wanted", "written")

    def __init__(self, entries: Sequence[Entry], wanted: Sequence[Layer] = ()) -> None:
        self.entries = entries
        self.wanted = wanted
        self.begun = self.written = self.failed = self.done = False

    @property
    def made(self) -> Iterator[Made]:
        """What was made for it, for the engine to verify."""
        return (made for entry in self.entries for made in entry.made)

    @property
    def changes(self) -> list[Change]:
        """What look-ups find other than before."""
        return [change for entry in self.entries for change in entry.changes]


class Journal:
    """The stacks that are recorded, by place, and the plan that is being committed.

    While a plan is committed it is published by one assignment, and whoever takes the lock next brings it to one of its
    two ends. An interrupt may come at any point, and a signal handler that calls us between any two steps: each step
    compares what stands at a place with what stood there before and what is to stand there, so that it can be taken
    again, and stops where somebody else has ended the plan. A third object is somebody else's, and is left.
    """

    def __init__(self) -> None:
        self._stacks: dict[tuple[int, Hashable], Stack] = {}
        self._owed: dict[Change, None] = {}
        self._published: Plan | None = None

    def commit(self, plan: Plan) -> list[Change] | None:
        """Write what was prepared, all or nothing; return what a look-up found before and what it finds now.

        None if it is true no longer, and has to be prepared anew. If one of its layers is taken out before it is in, by
        another thread or by code of the user's, nothing is put in.

        Raises NotInstalled, with all former objects back in place, when an owner does not keep what it is given.
        """
        with lock:
            self.end_published()
            if any(layer.revoked for layer in plan.wanted):
                return []
            self._published = plan
            self._end(plan)
        return plan.changes if plan.done else None

    def end_published(self) -> None:
        """Bring to an end what an interrupt has left, or what a signal handler has come upon. Needs the lock."""
        plan = self._published
        if plan is None:
            return
        try:
            self._end(plan)
        except Exception as error:  # noqa: BLE001 -- whoever comes next has not asked for it
            from backportkit.layers.search import contain

            contain("a mapping whose item is a target", error)

    def _end(self, plan: Plan) -> None:
        if plan.failed:
            self._roll_back(plan)
            return
        try:
            self._write(plan)
        except BaseException:
            if self._published is plan and not plan.written:
                self._roll_back(plan)
            raise
        if plan.written:
            self._record(plan)
        if self._published is plan:
            self._published = None

    def _write(self, plan: Plan) -> None:
        """Make all places what they are to be, unless one of them is not what it was when the plan was prepared."""
        if not plan.begun and not all(map(self._is_true, plan.entries)):
            return
        plan.begun = True
        for entry in () if plan.written else plan.entries:
            if self._published is not plan:
                return
            if entry.place.read() is entry.previous:
                self._put(plan, entry)
            elif not entry.begun:  # somebody else has come between; else it is written, or was covered since
                self._roll_back(plan)
                return
        plan.written = True

    def _put(self, plan: Plan, entry: Entry) -> None:
        """Make a place what it is to be, and read that back, unless the plan has been ended meanwhile."""
        place, stored = entry.place, entry.stored
        entry.begun = True
        if stored is not entry.previous:
            (place.put if entry.standing else place.restore)(stored)
        if self._published is plan and place.read() is not stored:
            msg = f"{place.name!r} was assigned, but reading it back gives another object"
            raise NotInstalled(msg)

    def _is_true(self, entry: Entry) -> bool:
        return self.recorded(entry.place) == entry.recorded and entry.place.read() is entry.previous

    def _record(self, plan: Plan) -> None:
        for entry in plan.entries:
            if self._published is not plan:
                return
            self._owed.update(dict.fromkeys(entry.changes))
            self._give_root(entry.recorded, entry.standing)
            entry.record()
            self._keep(entry.place, entry.standing)
        plan.done = True

    def _roll_back(self, plan: Plan) -> None:
        """Put back what was there, the last one first; an owner that refuses does not keep the others from it.

        Where one is interrupted, the plan stays published: whoever comes next puts back the rest.
        """
        plan.failed = True
        refusals = [refusal for entry in reversed(plan.entries) for refusal in _unwrite(entry)]
        interrupt = next((refusal for refusal in refusals if not isinstance(refusal, Exception)), None)
        if interrupt is not None:
            raise interrupt
        self._published = None
        if refusals:
            raise refusals[0]

    # --- what is recorded ---

    def recorded(self, place: Place) -> Stack:
        """The stack as it was left; an owner that has died may have bequeathed its id to another one."""
        stack = self._stacks.get(place.key, ())
        return stack if stack and stack[0].place.owner is place.owner else ()

    def all_layers(self) -> list[Layer]:
        """The layers that are recorded, at all places."""
        with lock:
            return [layer for stack in self._stacks.values() for layer in stack]

    def _replace(self, place: Place, stack: Stack) -> None:
        self._give_root(self._stacks.get(place.key, ()), stack)
        self._keep(place, stack)

    def _give_root(self, before: Stack, after: Stack) -> None:
        """What leaves a stack leads to what is beneath all of ours: what it stood upon may leave later."""
        for layer in before:
            if layer not in after:
                layer.below = layer.root

    def _keep(self, place: Place, stack: Stack) -> None:
        if stack:
            self._stacks[place.key] = stack
        else:
            self._stacks.pop(place.key, None)

    # --- whose copies are to be bound ---

    def owed(self) -> list[Change]:
        """The changes whose copies elsewhere nobody has bound yet: calls are under way, or were interrupted."""
        with lock:
            self.end_published()
            return list(self._owed)

    def paid(self, changes: Iterable[Change]) -> None:
        """Take down that all copies of what was changed are bound."""
        with lock:
            for change in changes:
                self._owed.pop(change, None)


def _unwrite(entry: Entry) -> list[BaseException]:
    """Put back what stood at a place; return what it has raised."""
    place = entry.place
    if not entry.begun:
        return []
    try:
        if place.read() is entry.previous:
            return []
        place.restore(entry.previous)
        if place.read() is entry.previous:
            return []
        msg = f"{place.name!r} was assigned, and what stood there cannot be put back: it is another object now"
        return [NotInstalled(msg)]
    except BaseException as refusal:  # noqa: BLE001 -- whatever a mapping of theirs raises
        return [refusal]
