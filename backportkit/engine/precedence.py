"""Say which of the armed patches are out of force because of other patches: superseded by them or yielding."""

from __future__ import annotations

from backportkit import states
from backportkit.declaration import eligibility
from backportkit.engine import on_error
from backportkit.errors import ConflictError, write_log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import Judge, ModulePatch
    from backportkit.engine.selection import Settings
    from backportkit.errors import BackportError

    Standing = tuple[str, str]


def supersedes(new: Declared, old: Declared, settings: Settings) -> bool:
    """Tell whether one patch takes the place of another: by the settings, or by its declaration if that is enough."""
    if settings.supersede.get(old.id) == new.id:
        return True
    if settings.supersede.get(new.id) == old.id:
        return False
    return old.id in new.patch.supersedes and new.may_supersede(old)


def is_meant(declared: Declared, judge: Judge) -> bool:
    """Tell whether a patch is meant for this environment, as far as can be said before its target is loaded."""
    judgement = judge(declared.patch.requires, declared.patch.modules[0])
    return judgement.eligible or eligibility.left_to_the_body(declared.patch, judgement)


def yields(declared: Declared, others: Iterable[Declared], judge: Judge) -> str:
    """Say why a patch that nobody asked for yields to one of these others; empty if it does not."""
    if not declared.is_shipped or not is_meant(declared, judge):
        return ""
    return next((_yielding_to(one) for one in others if declared.yields_to(one) and is_meant(one, judge)), "")


def _yielding_to(other: Declared) -> str:
    return f"yields to {other.id} of {other.provider}"


def _superseded_by(patch_id: str) -> str:
    return f"superseded by '{patch_id}'"


def superseded(declared: Iterable[Declared], settings: Settings, judge: Judge) -> dict[str, str]:
    """Return the ids of patches that are superseded once all of these are armed, each with the id of the other one."""
    known = {one.id: one for one in declared}
    own = ((old, new.id) for new in known.values() for old in new.patch.supersedes)
    claims = dict.fromkeys([*own, *settings.supersede.items()])
    pairs = [pair for pair in claims if _takes_its_place(pair, known, settings, judge)]
    in_circles = {one for circle in circles_of(pairs) for one in circle}
    return {old: new for old, new in pairs if in_circles.isdisjoint((old, new))}


def _takes_its_place(pair: tuple[str, str], known: dict[str, Declared], settings: Settings, judge: Judge) -> bool:
    old, new = map(known.get, pair)
    if old is None or new is None:
        return False
    return judge(new.patch.requires, new.patch.modules[0]).eligible and supersedes(new, old, settings)


class Rivals:
    """The patches that replace the same target and do not yield to each other: the later one will be a conflict."""

    def __init__(
        self, declared: Iterable[Declared], settings: Settings, asked: Callable[[Declared], bool], judge: Judge
    ) -> None:
        self._settings = settings
        self._asked = asked
        self._judge = judge
        self._claims: dict[str, list[Declared]] = {}
        for one in declared:
            for target in _claimed(one):
                self._claims.setdefault(target, []).append(one)

    def of(self, declared: Declared) -> str:
        """Name the patch that is in the way of another one, as the end of a reason; empty if none is."""
        others = (other for target in _claimed(declared) for other in self._claims.get(target, ()))
        rival = next((other for other in others if self._collide(declared, other)), None)
        return "" if rival is None else f"; it will be a conflict with {rival}, which replaces the same target"

    def _collide(self, one: Declared, other: Declared) -> bool:
        if one is other or self._yields(one, other) or self._yields(other, one) or not is_meant(other, self._judge):
            return False
        if supersedes(one, other, self._settings) or supersedes(other, one, self._settings):
            return False
        return one.patch.fixes is None or one.patch.fixes != other.patch.fixes  # else they may be one and the same

    def _yields(self, one: Declared, other: Declared) -> bool:
        return one.yields_to(other) and not self._asked(one)


def _claimed(declared: Declared) -> Iterator[str]:
    return (str(edit.target) for edit in declared.patch.edits if edit.how != "wrap")


class Precedence:
    """Decides which of the armed patches are superseded or yield. Knows them by id and by module."""

    def __init__(self, by_id: dict[str, Sequence[ModulePatch]], by_module: dict[str, list[ModulePatch]]) -> None:
        self._by_id = by_id
        self._by_module = by_module
        self._superseding: dict[str, None] = {}
        self._shipped: dict[str, None] = {}
        self._superseded: dict[str, None] = {}  # since the last unpatch_all
        self._preferred: dict[ModulePatch, None] = {}  # those that have taken the place of others
        self._told: set[str] = set()

    def enter(self, declared: Declared) -> None:
        """Heed a patch that is armed for the first time."""
        if declared.patch.supersedes:
            self._superseding[declared.id] = None
        if declared.is_shipped:
            self._shipped[declared.id] = None

    def leave(self, patch_id: str, in_modules: Sequence[ModulePatch]) -> None:
        """Heed a patch no more, since it is forgotten, with what it was in each module."""
        for heeded in (self._superseding, self._shipped, self._superseded):
            heeded.pop(patch_id, None)
        for one in in_modules:
            self._preferred.pop(one, None)
        for old in self._given_way_to(in_modules):
            way = "call apply_all() to have this one back"
            old.become(states.DISABLED, f"{old.reason} until that was withdrawn: {way}")

    def _given_way_to(self, in_modules: Sequence[ModulePatch]) -> list[ModulePatch]:
        """Return the module patches that are out of force because of a patch alone."""
        because = {
            reason for one in in_modules for reason in (_superseded_by(one.patch_id), _yielding_to(one.declared))
        }
        names = dict.fromkeys(former for one in in_modules for former in one.superseded)
        found = [old for name in names for old in self._by_id.get(name, ())]
        return [old for old in found if old.state == states.DISABLED and old.reason in because]

    def forget(self) -> None:
        """Forget what was superseded: all patches are taken out."""
        self._superseded.clear()

    def decide(
        self, settings: Settings, asked: Callable[[Declared], bool], judge: Judge
    ) -> tuple[dict[ModulePatch, Standing], list[BackportError]]:
        """Disarm the patches that are superseded or yield; return those that were armed, with their states once out.

        `asked` says whether somebody has asked for a patch by its name: then it does not yield. Patches that supersede
        each other in a circle are refused, with an error for each circle.
        """
        out: dict[ModulePatch, Standing] = {}
        pairs = dict.fromkeys(self._pairs(settings, judge))
        circles = circles_of(pairs)
        for circle in circles:
            out |= self._refuse(circle)
        for old, new in pairs:
            if not any(old in circle or new in circle for circle in circles):
                self._superseded[old] = None
                out |= self._give_way(old, [new], _superseded_by(new))
                for one in self._by_id.get(old, ()):
                    one.rounds.clear()  # only the callbacks of the patch that takes its place run
        for old, others in self._yielding(asked, judge):
            out |= self._give_way(old, [one.id for one in others], _yielding_to(others[0]))
            self._tell_once(f"patch '{old}' {_yielding_to(others[0])}")
        self._withdraw()
        return out, [error for circle in circles for error in self._told_of(circle)]

    def _declared(self, patch_ids: Iterable[str]) -> list[Declared]:
        """Return the patches of these ids, without those that another thread has withdrawn meanwhile."""
        return [found[0].declared for found in map(self._by_id.get, patch_ids) if found]

    def _pairs(self, settings: Settings, judge: Judge) -> Iterator[tuple[str, str]]:
        """The ids of each patch that is superseded, and of the one that supersedes it."""
        for old, new in self._claims(settings):
            if not (self._counts(old) and self._counts(new)):
                continue
            known = self._declared((old, new))
            if len(known) < 2:  # noqa: PLR2004 -- both are known
                continue
            declared, other = known
            if not judge(other.patch.requires, other.patch.modules[0]).eligible:
                continue
            if supersedes(other, declared, settings):
                yield old, new
            elif not other.may_supersede(declared):
                self._tell_once(f"{other} supersedes '{old}' only if you {other.how_to_supersede(declared)}")

    def _claims(self, settings: Settings) -> Iterator[tuple[str, str]]:
        for new in self._declared(list(self._superseding)):
            yield from ((old, new.id) for old in new.patch.supersedes)
        yield from settings.supersede.items()

    def _counts(self, patch_id: str) -> bool:
        """Tell whether a patch is armed, or would be if it had not been superseded itself."""
        return patch_id in self._superseded or self._is_armed(patch_id)

    def _is_armed(self, patch_id: str) -> bool:
        return any(one.armed for one in self._by_id.get(patch_id, ()))

    def _withdraw(self) -> None:
        """Have no patch take the place of one that is armed: that one has given way before, and does so no more."""
        for one in list(self._preferred):
            one.superseded = tuple(old for old in one.superseded if not self._is_armed(old))
            if not one.superseded:
                self._preferred.pop(one, None)

    def _yielding(self, asked: Callable[[Declared], bool], judge: Judge) -> Iterator[tuple[str, list[Declared]]]:
        """The id of each shipped patch that yields, and those that it yields to."""
        for declared in self._declared(list(self._shipped)):
            rivals = [one for one in self._rivals(declared) if is_meant(one, judge)]
            if rivals and not asked(declared) and is_meant(declared, judge):
                yield declared.id, rivals

    def _rivals(self, declared: Declared) -> list[Declared]:
        if not self._is_armed(declared.id):
            return []
        in_modules = [one for name in declared.patch.modules for one in list(self._by_module.get(name, ()))]
        others = dict.fromkeys(one.declared for one in in_modules if one.armed)
        return [other for other in others if declared.yields_to(other)]

    def _give_way(self, old: str, others: list[str], reason: str) -> dict[ModulePatch, Standing]:
        for one in (one for other in others for one in self._by_id.get(other, ())):
            one.superseded = tuple(dict.fromkeys((*one.superseded, old)))
            self._preferred[one] = None
        return self._disarm(old, (states.DISABLED, reason))

    def _refuse(self, circle: list[str]) -> dict[ModulePatch, Standing]:
        out: dict[ModulePatch, Standing] = {}
        for patch_id in circle:
            out |= self._disarm(patch_id, (states.CONFLICT, circular(circle)))
        return out

    def _disarm(self, patch_id: str, standing: Standing) -> dict[ModulePatch, Standing]:
        in_modules = self._by_id.get(patch_id, ())
        armed = {one: standing for one in in_modules if one.armed}
        for one in in_modules:
            one.disarm(*standing)
        return armed

    def _tell_once(self, text: str) -> None:
        """Log a text once in a process."""
        if text not in self._told:
            self._told.add(text)
            write_log("info", "%s", text)

    def _told_of(self, circle: list[str]) -> list[BackportError]:
        members = self._declared(circle)
        error = ConflictError(
            circular(circle),
            patch=circle[0],
            target=", ".join(str(edit.target) for member in members[:1] for edit in member.patch.edits),
            expected="of two patches one that takes the place of the other",
            found="; and ".join(map(str, members)),
            next_step="take an id out of `supersedes`, or out of `supersede` in the settings, or start with "
            f"BACKPORTKIT_DISABLE={circle[0]}",
        )
        return on_error.tell(error, required=any(member.patch.required for member in members))


def circular(circle: list[str]) -> str:
    """Say that these supersede each other."""
    return f"{' and '.join(map(repr, circle))} supersede each other"


def circles_of(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The patches that supersede each other in a circle, each circle once."""
    edges: dict[str, list[str]] = {}
    for old, new in pairs:
        edges.setdefault(new, []).append(old)
    below = {new: _below(new, edges) for new in edges}
    circles = {frozenset(one for one in below[new] if new in below.get(one, ())) for new in edges if new in below[new]}
    return sorted(sorted(circle) for circle in circles)


def _below(new: str, edges: dict[str, list[str]]) -> set[str]:
    """Return all that a patch supersedes, by itself and by the patches that it supersedes."""
    found: set[str] = set()
    pending = [new]
    while pending:
        fresh = [old for old in edges.get(pending.pop(), ()) if old not in found]
        found.update(fresh)
        pending += fresh
    return found
