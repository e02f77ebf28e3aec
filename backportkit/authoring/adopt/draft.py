"""Make the draft of a declaration out of the patches by hand at one place."""

from __future__ import annotations

import re
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from backportkit.authoring.adopt import copies, declared, kept, made, releases, requires, said
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.declaration import rules
from backportkit.scan.owners import PYTHON
from backportkit.scan.verdicts import DEAD, GONE
from backportkit.source import private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.authoring.adopt.bodies import Bodies
    from backportkit.authoring.adopt.made import Made
    from backportkit.authoring.adopt.said import Said
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.declaration.registry import Declared
    from backportkit.scan.locate import Located
    from backportkit.scan.upstream import Upstream
    from backportkit.upstream.history import Watcher
    from backportkit.upstream.index import Release


class Taken(NamedTuple):
    """A patch by hand, what it puts in place of its target, and the bodies that the target has."""

    located: Located
    made: Made
    bodies: Bodies

    @property
    def target(self) -> str:
        """The target as a declaration writes it."""
        facts = self.located.facts
        if facts.found.is_item:
            return facts.target
        return f"{facts.module}:{'.'.join(private.stored_path(facts.path))}"

    @property
    def how(self) -> str:
        """The manner of the edit: what is nowhere in the range is added."""
        return "add" if self.made.how == "replace" and self.bodies.is_missing else self.made.how


class Adopted(NamedTuple):
    """A declaration that can be written down.

    Attributes:
        wanted: The user's words for it.
        taken: The patches that become its edits.
        requires: The requirements; alternatives as a list.
        unbounded: The reason for having no upper end; None where there is one.
        said: What is said of it beside the patch.
        notes: What was found, a sentence each.
        open: What is left to a person, a sentence each.
    """

    wanted: Wanted
    taken: tuple[Taken, ...]
    requires: list[str | list[str]]
    unbounded: str | None
    said: Said
    notes: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def first(self) -> Taken:
        """The first of the patches."""
        return self.taken[0]

    @property
    def package(self) -> str:
        """The distribution that has the targets; of one of Python itself, another one that the guard is about."""
        facts = self.first.located.facts
        others = facts.specifiers if facts.owner == PYTHON else ()
        return canonicalize_name(next(iter(others), facts.owner))

    @property
    def id(self) -> str:
        """The id: as wanted, or of the distribution and the number of upstream's change, or of the name."""
        if self.wanted.id is not None:
            return self.wanted.id
        name = re.sub(r"[^a-z0-9]+", "-", self.first.located.facts.path[-1].lower()).strip("-")
        every = (one if isinstance(one, str) else one[0] for one in self.requires)
        return rules.default_id(self.wanted.fixes, next(every)) or f"{self.package}-{name}"[:64].rstrip("-")

    @property
    def ends(self) -> list[Release]:
        """The releases at the ends of the range."""
        return list(dict.fromkeys(one for each in self.taken for one in each.bodies.ends))


def draft(
    found: Sequence[Located],
    wanted: Wanted,
    upstream: Upstream,
    known: Iterable[Declared],
    watcher: Watcher,
) -> Adopted:
    """Return the declaration of the patches at a place. Raises NothingToWriteError if they can be none."""
    _check_alike(found)
    taken = tuple(Taken(one, made.of(one), releases.read(one, upstream, watcher)) for one in found)
    _check_names(taken)
    for one in taken:
        copies.check(one, upstream)
    facts = found[0].facts
    specifiers = _specifiers(taken)
    package = canonicalize_name(facts.owner)
    plain = upstream.supported(facts.owner, [SpecifierSet()])
    versions = [one.version for one in plain]
    others = declared.notes([one.target for one in taken], package, specifiers.get(facts.owner, []), versions, known)
    return Adopted(
        wanted,
        taken,
        requires.of(package, specifiers),
        _why_unbounded(found[0]) if requires.is_open(specifiers) else None,
        said.of(taken),
        tuple(dict.fromkeys([*(note for one in taken for note in _notes(one, upstream)), *others])),
        tuple(dict.fromkeys(text for one in taken for text in _open(one))),
    )


def _notes(one: Taken, upstream: Upstream) -> Iterator[str]:
    yield from one.bodies.notes
    yield from copies.notes(one, upstream)


def _check_alike(found: Sequence[Located]) -> None:
    """Raise NothingToWriteError for patches of one line that are of several distributions or ranges."""
    kinds = {(one.facts.owner, str(sorted(one.facts.specifiers.items(), key=str))) for one in found}
    if len(kinds) > 1:
        raise NothingToWriteError(
            "the patches of one line have several ranges",
            found=", ".join(one.facts.target for one in found),
            next_step="write each in a line of its own, and adopt them one by one",
        )


def _specifiers(taken: Sequence[Taken]) -> dict[str, list[SpecifierSet]]:
    """Return the ranges of the declaration by distribution: those of the guard, narrowed to what all targets need."""
    facts = taken[0].located.facts
    own = [[*one.bodies.ranges] for one in taken]
    if all(one == own[0] for one in own):
        narrowest = own[0]
    elif all(len(one) == 1 for one in own):
        narrowest = [reduce(and_, (one for (one,) in own))]
    else:
        narrowest = facts.specifiers.get(facts.owner, [])
    return {**facts.specifiers, facts.owner: narrowest} if narrowest else facts.specifiers


def _check_names(taken: Iterable[Taken]) -> None:
    """Raise NothingToWriteError if a name is another thing for each of several targets, as one of a loop is."""
    known: dict[str, str] = {}
    for one in taken:
        for statement in one.made.needs.statements:
            for name in sorted(statement.binds):
                if known.setdefault(name, statement.text) != statement.text:
                    raise NothingToWriteError(
                        f"{name} is another thing for each of the targets of one line",
                        found=f"{known[name]}, and {statement.text}",
                        next_step="write each target in a line of its own, and adopt them one by one",
                    )


def _why_unbounded(located: Located) -> str:
    path = located.found.file.text.within
    if not located.facts.specifiers:
        return f"{path} makes it whatever the version is"
    return f"the guard in {path} has no upper end"


# --- what is left to a person ---


def _open(one: Taken) -> Iterator[str]:
    facts, found = one.located.facts, one.located.found
    yield from one.made.needs.open
    yield from kept.originals(one.located, one.made)
    yield from kept.of_itself(one.made)
    yield from kept.shared(one.located, one.made)
    yield from kept.bound_again(one.made)
    yield from kept.of_modules(one.located, one.made)
    yield from one.bodies.open if one.how != "add" else ()
    if found.is_item and one.how == "replace":
        yield f"say how='add' if nothing is at {facts.target} yet: the patch by hand does not tell"
    if one.located.verdict.verdict in ({DEAD} if one.how == "add" else {DEAD, GONE}):
        yield f"see whether it is still needed: {one.located.verdict.reason}"
    if one.bodies.is_missing and one.how != "add":
        yield f"see what {facts.target} is called now: no release that counts has it"
    if not facts.specifiers and requires.is_open({facts.owner: one.bodies.ranges}):
        supported = " or ".join(dict.fromkeys(each.text for each in facts.wanted))
        known = f"; the project supports {supported}" if supported else ""
        yield f"say in requires= which releases need it: the patch by hand has no condition on a version{known}"
    if tests := _unranged(one.located):
        yield f"see whether its guard counts, which names no version: {' and '.join(tests)}"
    for line in one.located.stacked:
        yield f"see what becomes of the patch of {facts.target} at line {line}, too: it is not in this declaration"
    if found.how == "toggle":
        yield "the patch by hand is in force for a while only: `with backportkit.unpatched(...)` takes this one out"
    if found.how == "wrap" and one.made.how != "wrap":
        yield "it uses the original in a way that could not be taken over: a function with how='wrap' is given it"
    if len([*requires.alternatives(requires.of(facts.owner, facts.specifiers))]) > 1:
        yield "requires= has alternatives of two distributions: a patch takes one group of them"


# Tests that a patch is made once, and that there is something to patch.
_MARK = re.compile(
    r"patch|applied|already|installed|sys\.modules|\bspec\b|fullname|is None\b|is not None\b"
    r"|(?:get|has)attr\([^,]+, '_",
    re.IGNORECASE,
)


def _unranged(located: Located) -> list[str]:
    """Return the tests of the guard, but for those that keep a patch from being made twice or too early."""
    return [text for text in located.unranged if not _MARK.search(text)]
