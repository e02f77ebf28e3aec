"""Judge the patches that were found: by what the project supports, by declared patches, and by upstream's releases."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from backportkit.check import ranges
from backportkit.scan import (
    comments,
    compared_texts,
    drift,
    naming,
    once,
    owners,
    reasons,
    same,
    steps,
    undone,
    verdicts,
)
from backportkit.scan.conditions import Conditions
from backportkit.scan.guards import said
from backportkit.scan.presence import Presence
from backportkit.scan.ranges import Ranges
from backportkit.scan.tested import BY_NAMES, LACKING
from backportkit.scan.values import UNKNOWN
from backportkit.scan.verdicts import Judged
from backportkit.source import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.check.supported import Wanted
    from backportkit.scan.conditions import Condition
    from backportkit.scan.find import Finder, Found
    from backportkit.scan.fixed import Fixes, Known
    from backportkit.scan.units import Unit
    from backportkit.scan.upstream import Seen, Upstream
    from backportkit.upstream.index import Release

_ANY = SpecifierSet("")
# What classes, functions and modules have, though no source says so.
_EVERY_OBJECT = frozenset({*dir(type), *dir(FunctionType), *dir(ModuleType)})


class Facts(NamedTuple):
    """The facts about a patch before it is judged.

    Attributes:
        found: The patch.
        condition: The conditions under which it is made.
        owner: The distribution of its target.
        module: The module of the target.
        path: The names from there.
        specifiers: The ranges of its guard, by distribution.
        wanted: What the project supports of the owner.
        notes: What there is to say of how its guard compares versions.
    """

    found: Found
    condition: Condition
    owner: str
    module: str
    path: tuple[str, ...]
    specifiers: dict[str, list[SpecifierSet]]
    wanted: list[Wanted]
    notes: frozenset[str]

    @property
    def target(self) -> str:
        """The target as it is written."""
        if self.found.is_item and self.path:
            return f"{self.module}:{'.'.join(self.path[:-1])}[{self.path[-1]!r}]"
        return f"{self.module}:{'.'.join(self.path)}" if self.path else self.module

    @property
    def is_read(self) -> bool:
        """True if releases can be asked for the target: one by names, of a distribution that the project requires."""
        return bool(self.wanted) and bool(self.path) and not self.found.is_item and UNKNOWN not in self.path


class Verdict(NamedTuple):
    """A verdict, its reason, and what to do next."""

    name: str
    reason: str
    next: str

    @property
    def code(self) -> str:
        """The code of the verdict."""
        return verdicts.CODES[self.name]


def judged(facts: Facts, every: Sequence[Verdict]) -> Judged:
    """Return a patch with its verdicts, the one that counts first."""
    found = facts.found
    first, *others = every
    of = next((name for name in (facts.owner, *facts.specifiers) if name in facts.specifiers), "")
    place = found.file.text.path, found.line, facts.target, facts.owner
    guard = said(facts.condition), " || ".join(map(str, facts.specifiers.get(of, ()))), of
    return Judged(*place, found.form, found.how, *guard, *first, tuple(one.name for one in others))


class Judge:
    """The judge of one project's patches."""

    def __init__(self, finder: Finder, unit: Unit, fixes: Fixes, upstream: Upstream) -> None:
        self.finder = finder
        self._support = support = unit.support
        self._is_of_others = unit.is_of_others
        self._fixes = fixes
        self._upstream = upstream
        self._conditions = Conditions(finder.sites)
        presence = Presence(support, upstream)
        self._ranges = Ranges(finder.evaluator, support.names, self._released, presence)

    def facts(self, found: Found) -> Facts:
        """Return the facts about a patch."""
        condition = self._conditions.of(found)
        owner = owners.of(found.place.module, self._support.names)
        wanted = self._support.of(owner)
        is_asked = owner != owners.PYTHON and bool(wanted)  # another distribution may have the name of a module
        newest = self._newest(owner, [one.specifier for one in wanted]) if is_asked else None
        module, path = naming.split(
            found.place, found.frame.file, lambda name: self._is_module(name, newest), 2 if found.is_item else 1
        )
        told = self._ranges.of(condition), wanted, self._ranges.notes(condition)
        return self._with_how(Facts(found, condition, owner, module, path, *told))

    def _with_how(self, facts: Facts) -> Facts:
        """Return the facts with `add` for what no release of upstream's had; only a release tells that."""
        inside = self._inside(facts) if facts.found.how == "replace" and facts.is_read else []
        newest = self._upstream.read(facts.module, facts.path, inside[-1]) if inside else ""
        if isinstance(newest, str) or newest.body.is_there:
            return facts
        if facts.path[-1] in _EVERY_OBJECT or self._upstream.had(facts.owner, facts.module, facts.path, inside[-1]):
            return facts
        return facts._replace(found=facts.found._replace(how="add"))

    def unranged(self, facts: Facts) -> list[str]:
        """Return the tests in the guard of a patch that say nothing of a version."""
        return self._ranges.unranged(facts.condition)

    def _is_module(self, name: str, release: Release | None) -> bool | None:
        return None if release is None else self._upstream.is_module(name, release)

    def _newest(self, owner: str, supported: Sequence[SpecifierSet]) -> Release | None:
        inside = self._upstream.supported(owner, supported or [_ANY])
        return inside[-1] if inside else None

    def _released(self, owner: str) -> Sequence[str]:
        """Return the texts of the known releases of a distribution; without an index, of those that are pinned."""
        if owner == owners.PYTHON:
            return compared_texts.PYTHONS
        wanted = self._support.of(owner)
        known = self._upstream.supported(owner, [_ANY]) if wanted else []
        return [str(one.version) for one in known] or _pinned(wanted)

    # --- verdicts ---

    def verdicts(self, facts: Facts) -> list[Verdict]:
        """Return the verdicts about a patch, the one that counts first."""
        order = list(verdicts.CODES)
        return sorted(self._verdicts(facts), key=lambda one: order.index(one.name))

    def _verdicts(self, facts: Facts) -> Iterator[Verdict]:
        dead = next(self._dead(facts), None)
        if dead is not None:
            yield dead
        if once.is_probed(facts.found):
            reason = "its finder takes itself out where it is asked, so that a probe without an import uses it up"
            yield Verdict(verdicts.PROBED, reason, "declare the patch instead: backportkit new")
        if dead is None:
            yield from self._living(facts)

    def _living(self, facts: Facts) -> Iterator[Verdict]:
        if facts.found.form == "import-hook":
            yield Verdict(verdicts.NEEDED, "it is how other patches are made", "declare those: backportkit new")
            return
        against = list(self._against(facts))
        yield from against
        if all(one.name == verdicts.UNTOLD for one in against):
            yield Verdict(verdicts.NEEDED, reasons.needed(facts), self._new(facts))

    def _against(self, facts: Facts) -> Iterator[Verdict]:
        """Yield what there is to say against a patch that may be needed."""
        if undone.is_never(facts.found):
            reason = "a context puts it in, and does nothing at its end"
            yield Verdict(verdicts.LEFT, reason, "put the original back where the context ends")
        yield from self._of_upstream(facts)
        if not facts.specifiers and facts.found.how != "toggle" and LACKING not in facts.notes:
            yield Verdict(verdicts.UNBOUNDED, reasons.unbounded(facts), self._new(facts))
        if once.comes_early(facts.found, facts.module):
            reason = f"importing {facts.found.file.module} imports {facts.module}, for this patch alone"
            yield Verdict(verdicts.EARLY, reason, self._new(facts))

    def _new(self, facts: Facts) -> str:
        """Return what to do with a patch that is to stay: a declared one takes its place, or is to be written."""
        known = self._known(facts.owner, facts)
        if known is not None:
            return f"{known.patch} takes its place: backportkit explain {known.patch}"
        ways = [steps.new(facts)] if self._has_body(facts) else []
        return steps.declare_others(facts, ways) if self._is_of_others else steps.declare(facts, ways)

    def _has_body(self, facts: Facts) -> bool:
        """Tell whether the newest release that counts has a body of what a patch replaces."""
        inside = self._inside(facts) if facts.is_read and facts.found.how != "add" else []
        newest = self._upstream.read(facts.module, facts.path, inside[-1]) if inside else ""
        return not isinstance(newest, str) and bool(newest.body.fingerprint)

    def _known(self, owner: str, facts: Facts) -> Known | None:
        """Return the declared patch of a target, or of what the comment beside the patch names."""
        return self._fixes.of(owner, facts.target) or self._fixes.spoken_of(owner, comments.beside(facts.found))

    def _dead(self, facts: Facts) -> Iterator[Verdict]:
        """Yield why a patch is never made, or has nothing to mend, with all that the project supports."""
        for name, specifiers in facts.specifiers.items():
            wanted = self._support.of(name)
            if wanted and not _overlap(specifiers, wanted):
                reason = f"{reasons.left_behind(facts, name, wanted)}{self._since(facts, name, specifiers)}"
                yield Verdict(verdicts.DEAD, reason, steps.delete(facts))
        known = self._known(facts.owner, facts)
        if known is not None and known.is_past(facts.wanted):
            since = f"upstream has the fix since {facts.owner} {known.since}, says {known.patch}"
            reason = f"{since}; {reasons.supported(facts.wanted)}"
            yield Verdict(verdicts.DEAD, reason, f"delete it; `backportkit explain {known.patch}` shows the fix")
        yield from self._installed_fix(facts)

    def _since(self, facts: Facts, name: str, specifiers: Sequence[SpecifierSet]) -> str:
        """Say which release has the fix: by a declared patch, or else the first past the guard."""
        known = self._known(name, facts)
        if known is not None and known.since:
            return f"; fixed in {name} {known.since}, says {known.patch}"
        if name == owners.PYTHON or facts.notes & BY_NAMES:
            return ""
        after = self._upstream.after(name, specifiers)
        return "" if after is None else f"; {name} {after.version} is the first release past its guard"

    # --- upstream's releases ---

    def _inside(self, facts: Facts) -> list[Release]:
        """Return the releases of the owner that the project supports and the guard allows, the oldest first."""
        if facts.owner == owners.PYTHON:
            return []
        supported = self._upstream.supported(facts.owner, [one.specifier for one in facts.wanted] or [_ANY])
        guard = facts.specifiers.get(facts.owner, [_ANY])
        allowed = [one for one in supported if any(part.contains(one.version, prereleases=True) for part in guard)]
        return allowed or supported

    def _installed_fix(self, facts: Facts) -> Iterator[Verdict]:
        """Yield that upstream's body is what the patch installs."""
        node = once.installed(facts.found, self.finder.evaluator)
        inside = self._inside(facts) if node is not None and facts.is_read else []
        seen = self._upstream.read(facts.module, facts.path, inside[-1]) if inside else ""
        if node is None or isinstance(seen, str) or not seen.body.fingerprint or facts.found.how == "wrap":
            return
        if fingerprint.of_node(once.renamed(node, facts.path[-1])) != seen.body.fingerprint:
            return
        if self._has_its_globals(facts, seen):
            reason = f"{facts.owner} {seen.release.version} has this very body"
            yield Verdict(verdicts.DEAD, reason, f"delete it; `{steps.history(facts)}` shows since when")

    def _has_its_globals(self, facts: Facts, seen: Seen) -> bool:
        """Tell whether the global names in what a patch installs are the same things upstream."""
        own = once.function(facts.found, self.finder.evaluator)
        module = seen.body.leads.partition(":")[0] if seen.body.leads else facts.module
        text = self._upstream.text(module, seen.release)
        return own is not None and text is not None and same.has_its_globals(own, self.finder.evaluator, text)

    def _of_upstream(self, facts: Facts) -> Iterator[Verdict]:
        inside = self._inside(facts) if facts.is_read and facts.found.how != "add" else []
        if not inside:
            return
        newest = self._upstream.read(facts.module, facts.path, inside[-1])
        if isinstance(newest, str):
            yield Verdict(verdicts.UNTOLD, newest, "try again, or raise --max-download")
            return
        version = newest.release.version
        if not newest.body.is_there and facts.path[-1] in _EVERY_OBJECT:
            return
        if not newest.body.is_there:
            reason = f"{facts.owner} {version} has no {facts.target}: {newest.body.reason}"
            yield Verdict(verdicts.GONE, reason, f"`{steps.history(facts)}` shows where it went")
        elif newest.body.fingerprint and len(inside) > 1:
            yield from self._drifted(facts, inside[0], newest)

    def _drifted(self, facts: Facts, release: Release, newest: Seen) -> Iterator[Verdict]:
        """Yield that the body has changed between the oldest and the newest release that count."""
        oldest = self._upstream.read(facts.module, facts.path, release)
        if isinstance(oldest, str) or oldest.body.fingerprint is None:
            return
        way = drift.of_wrapped if facts.found.how == "wrap" else drift.of_replaced
        if (reason := way(facts.owner, oldest, newest)) is not None:
            yield Verdict(
                verdicts.DRIFTED,
                f"{reason}{reasons.by_texts(facts)}",
                f"`{steps.history(facts)} --verbose` shows what changed",
            )


def _pinned(wanted: Sequence[Wanted]) -> list[str]:
    parts = [part for one in wanted for part in one.specifier]
    return [one.version for one in parts if one.operator in {"==", "==="} and not one.version.endswith(".*")]


def _overlap(specifiers: Sequence[SpecifierSet], wanted: Sequence[Wanted]) -> bool:
    return any(ranges.overlap(one, other.specifier) for one in specifiers for other in wanted)
