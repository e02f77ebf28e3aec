"""Carry out a prepared plan whole or not at all, whatever interrupts it, and keep the record of all layers."""

from __future__ import annotations

import _thread
import os
import sys

from backportkit.errors import write_log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from typing import Any, Final

    from backportkit.layers.layer import Change, Entry, Layer, Made, Stack
    from backportkit.layers.place import Place

    # By the id of the owner, and by name; a layer that is alone stands for its stack.
    Stacks = dict[int, dict[Hashable, Layer | Stack]]

# One lock for all ledgers, so that a fork need not know them. A fork waits for the lock, as it does for logging's: else
# the child could begin with a place that is written and not recorded, and with a lock that nobody there will release.
# The lock is taken by `with` alone, whose exit no interrupt ever hits.
lock = _thread.RLock()
IN_PLACE = 0  # the key that functions which are changed in place have for an owner: no object has that id
HALF: Final = object()  # what is read where several writes make one, and not all of them are made
if sys.platform != "win32":  # pragma: no branch -- the suite runs where there is a fork
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


class NotInstalled(RuntimeError):
    """The owner did not keep what was assigned: reading it back gave another object."""


class Plan:
    """A change of several places that is made whole or not at all: prepared first, then committed.

    Each step compares the object at a place with the one that stood there before and the one that is to stand there, so
    that the step can be taken again. A third object is somebody else's, and is left. A step stops where somebody else
    has ended the plan.

    Attributes:
        entries: For each place, what it is to become.
        wanted: The layers that it is to put in.
        begun: Whether the places were found unchanged, and are being written.
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
        """Return the objects that were made for the plan, for the engine to verify."""
        return (made for entry in self.entries for made in entry.made)

    @property
    def changes(self) -> list[Change]:
        """Return the changes in what look-ups find."""
        return [change for entry in self.entries for change in entry.changes]

    @property
    def is_revoked(self) -> bool:
        """True if one of its layers was taken out before it was in, also by a signal handler that came right now."""
        return any(layer.revoked for layer in self.wanted)

    def write(self, journal: Journal) -> None:
        """Make all places what they are to be, unless one of them is not what it was when the plan was prepared."""
        if not self.begun and (self.is_revoked or not all(map(journal.is_true, self.entries))):
            return
        self.begun = True
        for entry in self.entries:
            stored = entry.place.read()
            if journal.published is not self:
                return
            if stored is entry.previous or stored is HALF:
                self._put(entry, journal)
            elif not entry.begun:  # somebody else has come between; else it is written, or was covered since
                self.unwrite(journal)
                return
        self.written = True

    def _put(self, entry: Entry, journal: Journal) -> None:
        """Make a place what it is to be, and read that back, unless the plan has been ended meanwhile."""
        place, stored = entry.place, entry.stored
        entry.begun = True
        if place.is_code:
            self.write_code(place, stored, journal)
        elif stored is not entry.previous:
            (place.put if entry.standing else place.restore)(stored)
        found = place.read()
        if found is not stored and journal.published is self:
            msg = f"{place.name!r} was assigned, but reading it back gives another object"
            raise NotInstalled(msg)

    def write_code(self, place: Any, body: Any, journal: Journal) -> None:
        """Give a function a body, by one write after the other, unless the plan has been ended meanwhile."""
        function = place.owner
        for name, value in place.steps_to(body):
            if journal.published is not self:
                return
            setattr(function, name, value)

    def record(self, journal: Journal) -> None:
        """Take down what has been written."""
        for entry in self.entries:
            if journal.published is not self:
                return
            journal.record(entry)
        self.done = True

    def unwrite(self, journal: Journal) -> None:
        """Put back what was there, the last one first. An owner that refuses does not keep the other places from it.

        After an interrupt the plan stays published: the next call puts back the rest.
        """
        self.failed = True
        refusals = [refusal for entry in reversed(self.entries) for refusal in self._unwrite(entry, journal)]
        interrupt = next((refusal for refusal in refusals if not isinstance(refusal, Exception)), None)
        if interrupt is not None:
            raise interrupt
        journal.published = None
        if refusals:
            raise refusals[0]

    def _unwrite(self, entry: Entry, journal: Journal) -> list[BaseException]:
        """Put back what stood at a place; return the errors of its owner."""
        place = entry.place
        if not entry.begun:
            return []
        try:
            if _is_at(place, entry.previous):
                return []
            if place.is_code:
                self.write_code(place, entry.previous, journal)
            else:
                _put_back(place, entry.previous)
            if place.read() is entry.previous or journal.published is not self:
                return []
            msg = f"{place.name!r} was assigned, and what stood there cannot be put back: it is another object now"
            return [NotInstalled(msg)]
        except Exception as refusal:  # noqa: BLE001 -- whatever a mapping or a key of theirs raises
            journal.record(entry)  # what is written may stand there still: the next undo puts back what was there
            return [refusal]
        except BaseException as interrupt:  # noqa: BLE001 -- is raised when the other places are done
            return [interrupt]


class Journal:
    """The stacks that are recorded, by place, and the plan that is being committed.

    While a plan is committed it is published by one assignment, and whoever takes the lock next brings it to one of its
    two ends. An interrupt may come at any point, and a signal handler that calls us between any two steps.
    """

    def __init__(self) -> None:
        self.stacks: Stacks = {}
        self.published: Plan | None = None
        self._owed: dict[Change, None] = {}
        self.unchecked: dict[Plan, None] = {}  # nobody has looked for their copies yet

    def commit(self, plan: Plan) -> list[Change] | None:
        """Write a prepared plan, all or nothing; return the changes in what look-ups find.

        None if a place has changed, so that the plan has to be prepared anew. If one of its layers is taken out before
        it is in, by another thread or by code of the user's, nothing is put in.

        Raises NotInstalled, with all former objects back in place, when an owner does not keep what it is given.
        """
        with lock:
            self.end_published()
            if plan.is_revoked:
                return []
            return plan.changes if self.carry_out(plan) else None

    def carry_out(self, plan: Plan) -> bool:
        """Publish a plan and bring it to an end; return whether it was written."""
        with lock:
            self.end_published()
            self.published = plan
            self._end(plan)
        return plan.done

    def end_published(self) -> None:
        """Bring to an end the plan that an interrupt has left, or a signal handler has come upon. Needs the lock."""
        plan = self.published
        if plan is None:
            return
        try:
            self._end(plan)
        except Exception as error:  # noqa: BLE001 -- whoever comes next has not asked for it
            write_log(
                "warning", "an edit that was interrupted is left as it is: its owner raised %s", type(error).__name__
            )

    def _end(self, plan: Plan) -> None:
        if plan.failed:
            plan.unwrite(self)
            return
        try:
            if not plan.written:
                plan.write(self)
                self._take_out_late(plan)
        except BaseException as error:
            if self.published is plan and not plan.written:
                self._take_back(plan, error)
            raise
        if plan.written:
            plan.record(self)
        if self.published is plan:
            self.published = None

    def _take_back(self, plan: Plan, error: BaseException) -> None:
        """Put back what was there. The error of an owner that refuses counts for less than an interrupt."""
        try:
            plan.unwrite(self)
        except Exception:
            if isinstance(error, Exception):
                raise

    def _take_out_late(self, plan: Plan) -> None:
        """Take out an object that an owner wrote late: after its own code, which the write called, had it taken out."""
        if self.published is plan:
            return
        for layer in plan.wanted:
            place = layer.place
            is_out = place.owner is not None and layer not in self.stack_at(place)
            if is_out and place.read() is layer.value:
                place.put(layer.previous)

    def is_true(self, entry: Entry) -> bool:
        """Tell whether a place is what it was when the entry was prepared."""
        return self.recorded(entry.place) == entry.recorded and entry.place.read() is entry.previous

    # --- what is recorded ---

    def record(self, entry: Entry) -> None:
        """Take down what a place has become. The layers of a former owner that had the same id leave the record."""
        self._owed.update(dict.fromkeys(entry.changes))
        entry.record()
        self._replace(entry.place, entry.standing)

    def recorded(self, place: Place) -> Stack:
        """Return the stack that is recorded for a place; empty if it is of a former owner that had the same id."""
        stack = self.stack_at(place)
        return stack if stack and stack[0].place.owner is place.owner else ()

    def all_layers(self) -> list[Layer]:
        """The layers that are recorded, at all places."""
        with lock:
            # Copied, since a signal handler may come between and change them.
            found = [_whole(stack) for stacks in [*self.stacks.values()] for stack in [*stacks.values()]]
            return [layer for stack in found for layer in stack]

    def changed_in_place(self) -> list[Layer]:
        """The layers that are recorded of the code of functions."""
        with lock:
            return [layer for stack in [*self.stacks.get(IN_PLACE, {}).values()] for layer in _whole(stack)]

    def is_on_its_way(self, layer: Layer) -> bool:
        """Tell whether a layer is not in yet: the call that is to put it in is under way, or was interrupted."""
        with lock:
            self.end_published()
            return not layer.revoked and layer not in self.stack_at(layer.place)

    def stack_at(self, place: Place) -> Stack:
        """Return the stack that is recorded for a place, whoever was the owner."""
        key, name = place.key
        return _whole(self.stacks.get(key, {}).get(name, ()))

    def keep(self, place: Place, stack: Stack) -> None:
        """Have that stack recorded for a place."""
        key, name = place.key
        stacks = self.stacks.setdefault(key, {})
        if stack:
            stacks[name] = stack if stack[1:] else stack[0]
            return
        stacks.pop(name, None)
        if not stacks:
            self.stacks.pop(key, None)

    def drop_empty(self, owners: Iterable[int]) -> None:
        """Forget owners at which nothing is recorded any more."""
        for key in owners:
            if not self.stacks.get(key, key):
                self.stacks.pop(key, None)

    def _replace(self, place: Place, stack: Stack) -> None:
        _release(self.stack_at(place), stack)
        self.keep(place, stack)

    # --- whose copies are to be bound ---

    def owe(self, changes: Iterable[Change]) -> None:
        """Take down that copies of what was changed are to be bound."""
        self._owed.update(dict.fromkeys(changes))

    def owed(self) -> list[Change]:
        """The changes whose copies elsewhere nobody has bound yet: calls are under way, or were interrupted."""
        with lock:
            self.end_published()
            for plan in list(self.unchecked):  # other threads take out their plans without the lock
                self.owe(plan.changes)
                self.unchecked.pop(plan, None)
            return list(self._owed)

    def paid(self, changes: Iterable[Change]) -> None:
        """Take down that all copies of what was changed are bound."""
        with lock:
            for change in changes:
                self._owed.pop(change, None)


def _whole(stack: Layer | Stack) -> Stack:
    return stack if type(stack) is tuple else (stack,)  # type: ignore[return-value]


def _release(before: Stack, after: Stack) -> None:
    """Mark the layers that leave a stack, and have them lead to the object beneath all of ours.

    What they stood upon may leave as well.
    """
    for layer in before:
        if layer not in after:
            layer.previous = layer.root
            layer.revoked = True


def _is_at(place: Place, stored: Any) -> bool:
    """Tell whether an object stands at a place. An owner that raises when it is asked may take what is written."""
    try:
        return place.read() is stored
    except Exception:  # noqa: BLE001 -- whatever a mapping or a key of theirs raises
        return False


def _put_back(place: Place, stored: Any) -> None:
    try:
        place.restore(stored)
    except Exception:
        if not place.force(stored):
            raise
