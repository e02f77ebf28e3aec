"""BK2xx: compare the edits of a patch with the source of what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit import states
from backportkit.check import compiled, copies, nearest, reading, refused, replacements, signatures, unknown, values
from backportkit.check.findings import Finding, about
from backportkit.check.reading import find, library
from backportkit.engine import verify
from backportkit.shown import plain
from backportkit.source import fingerprint
from backportkit.source.definitions import decorator_names
from backportkit.source.found import Found, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared

_CACHES = frozenset({"cache", "lru_cache"})
_CORRECT = "correct the target, or narrow `requires` to the releases that have it"
_REPLACE = "use how='replace', or narrow `requires` to the releases that lack it"
_AS_UPSTREAM = (
    "decorate it as upstream does, in a module that replacement='module:function' names where the decorator is the "
    "package's own"
)
_SHOWN = 3


class Site(NamedTuple):
    """One edit, and the definition at its target."""

    declared: Declared
    edit: Edit
    found: Found

    @property
    def refusal(self) -> tuple[str, str] | None:
        """The reason why run time is bound to refuse the edit, and the next step; None if source does not tell that it
        is.
        """
        return refused.reason(self)

    def finding(self, code: str, message: str, next_step: str) -> Finding:
        """Return a finding about this edit."""
        return about(self.declared, code, message, next_step, self.edit.target)


def sites(declared: Declared) -> list[Site]:
    """Return the edits of a patch with the definitions at their targets in the installed source, without modules."""
    edits = [edit for edit in declared.patch.edits if not edit.target.is_module]
    return [Site(declared, edit, find(edit.target.module, edit.target.path)) for edit in edits]


def judge(all_sites: Iterable[Site]) -> Iterator[Finding]:
    """Yield all findings about the targets of patches that are meant for this environment."""
    chosen = list(all_sites)
    for site in chosen:
        yield from judge_alone(site)
    yield from _copied(chosen)


def judge_alone(site: Site) -> Iterator[Finding]:
    """Yield the findings about one target that need no look at the rest of its package."""
    refusal = site.refusal
    if refusal is not None:
        yield site.finding("BK218", *refusal)
    for rule in _RULES if refusal is None else _OF_REFUSED:
        yield from rule(site)


def _missing(site: Site) -> Iterator[Finding]:
    if site.found.kind is Kind.MISSING and site.edit.how != "add":
        close = nearest.to(site.edit.target.module, site.edit.target.path)
        yield site.finding("BK208", f"does not apply: {site.found.reason}{close}", _CORRECT)


def _item(site: Site) -> Iterator[Finding]:
    """Compare the items of a target with a mapping or list that is written out."""
    edit, found = site.edit, site.found
    if not edit.target.items or found.kind is not Kind.VALUE:
        return
    has_it, lacking = values.at(edit.target, found) is not None, values.lacking(edit.target, found)
    if has_it and edit.how == "add":
        yield site.finding("BK211", "how='add', and there is an item of that key already", _REPLACE)
    elif not has_it and (lacking is None or values.may_change(found, edit.target)):
        yield _untold(site, f"{edit.target.attribute!r} may get its items as the module runs")
    elif not has_it and edit.how != "add":
        *outer, key = edit.target.items[: (lacking or 0) + 1]
        name = repr(edit.target.attribute) + "".join(f"[{item!r}]" for item in outer)
        yield site.finding("BK208", f"does not apply: {name} of {edit.target.module} has no {key!r}", _CORRECT)


def _made_elsewhere(site: Site) -> Iterator[Finding]:
    """Yield a finding if a call makes the target: nobody knows which calls the result takes."""
    edit, found = site.edit, site.found
    is_compared = edit.how == "replace" and edit.replacement is not None and edit.signature == "keep"
    if not is_compared or edit.original:
        return
    if isinstance(values.at(edit.target, found), values.MAKING) and not values.functions(edit, found):
        yield _untold(site)


def _in_the_way(site: Site) -> Iterator[Finding]:
    there = site.found.kind in {Kind.FUNCTION, Kind.CLASS, Kind.VALUE} or site.found.inherited is not None
    if site.edit.how == "add" and there and not site.edit.target.items and not _is_absorbed(site.declared):
        yield site.finding("BK211", "how='add', and there is something of that name already", _REPLACE)


def _is_absorbed(declared: Declared) -> bool:
    """Tell whether the installed body of another edit is upstream's fix: what this patch adds may have come with it."""
    return any(set(site.edit.fixed).intersection(fingerprints(site.found)) for site in sites(declared))


def fingerprints(found: Found) -> tuple[str, ...]:
    """Return the fingerprints of the functions at a target; several if the source has several definitions."""
    return tuple(dict.fromkeys(fingerprint.of_node(node) for node in found.functions))


def _body(site: Site) -> Iterator[Finding]:
    """Compare the bodies with the fingerprints, by the rule of `backportkit status`."""
    judged = verify.examine_source(site.edit, library())
    if judged.state == states.ABSORBED:
        next_step = "narrow `requires` to the releases that have the bug"
        yield site.finding("BK403", "the installed body, though in range, is upstream's fix already", next_step)
    elif judged.state == states.DRIFTED:
        message = f"expected {judged.expected}, found {judged.found}"
        yield site.finding("BK209", message, f"see what has changed: backportkit diff {site.declared.patch.id}")
    elif judged.state == states.FAILED and (value := values.plain(site.edit, site.found)) is not None:
        message = f"expected {judged.expected}, found {plain(value)}, which is not written in Python"
        yield site.finding("BK213", message, "drop original=...: a value has no fingerprint, so rely on the range")
    elif judged.state == states.FAILED and site.found.kind is Kind.NATIVE:
        next_step = "drop original=... and rely on the range and a reproducer, or patch what calls it"
        yield site.finding("BK213", f"expected {judged.expected}, found no source: {site.found.reason}", next_step)
    elif judged.state in {states.FAILED, states.WAITING} and site.found.kind in {Kind.FUNCTION, Kind.VALUE}:
        yield _untold(site)


def _unseen(site: Site) -> Iterator[Finding]:
    if site.found.kind is Kind.NATIVE and site.edit.how != "add" and not site.edit.original:
        next_step = "rely on the range and a reproducer"
        yield site.finding("BK205", f"nobody can compare its body: {site.found.reason}", next_step)
    elif site.found.kind is Kind.UNKNOWN and _is_open(site):
        yield _untold(site)


def _is_open(site: Site) -> bool:
    """Tell whether the fingerprints of the possible definitions leave the state of the patch open."""
    state = verify.examine_source(site.edit, library()).state
    return state not in {states.ABSORBED, states.DRIFTED} and not (site.edit.original and state == states.APPLIED)


def _untold(site: Site, why: str = "") -> Finding:
    several = "it is one of these: " + "; ".join(dict.fromkeys(one.where for one in site.found.candidates))
    reason = why or (several if site.found.others else site.found.reason)
    next_step = f"see where it stands once it is imported: backportkit prove {site.declared.patch.id}"
    return site.finding("BK206", f"cannot be judged without running it: {reason}", next_step)


def _inherited(site: Site) -> Iterator[Finding]:
    if site.found.inherited is not None and site.edit.how != "add":
        message = f"it is inherited from {site.found.inherited}, whose other subclasses keep the bug"
        name = f"{site.found.inherited}.{site.edit.target.attribute}"
        yield site.finding("BK202", message, f"patch {name} instead, if they have the bug too")


def _imported(site: Site) -> Iterator[Finding]:
    is_copy = site.found.is_of_another(site.edit.target.module) and site.found.inherited is None
    if is_copy and site.edit.target.class_ is None:
        message = f"{site.edit.target.module} has it from {site.found.copied}; whoever uses that one keeps the bug"
        yield site.finding("BK207", message, f"patch {site.found.copied} instead: copies follow")


def _cached(site: Site) -> Iterator[Finding]:
    names = {name for node in site.found.functions for name in decorator_names(node)}
    if names & _CACHES and site.edit.how == "in_place":
        message = "it is cached, and changed in place: the cache keeps what was called before the patch lands"
        yield site.finding("BK203", message, "clear it in after_apply and after_undo: cache_clear()")
    elif names & _CACHES:
        message = "it is cached: what was called before the patch lands stays as it was wherever it was kept"
        yield site.finding("BK203", message, "nothing, if its callers keep no results: the new cache starts empty")


def _replacement(site: Site) -> Iterator[Finding]:
    found, replacement = replacements.named(site.edit), site.edit.replacement
    if found is not None and replacement is not None and found.kind is Kind.MISSING and not _is_added(site, found):
        next_step = "correct replacement=..., or install the project that has it"
        close = nearest.to(replacement.module, reading.path_of(replacement))
        yield site.finding("BK212", f"the replacement is not there: {found.reason}{close}", next_step)


def _is_added(site: Site, found: Found) -> bool:
    """Tell whether the module of a replacement imports it from another one than the target's, to which it is added."""
    module, _, name = (found.copied or "").partition(":")
    return module not in {"", site.edit.target.module} and unknown.is_given(site.declared, module, name)


def _kind(site: Site) -> Iterator[Finding]:
    functions = values.functions(site.edit, site.found)
    whole = len(functions) == len(site.found.candidates)
    reason = replacements.other_kind(site.edit, functions) if whole else None
    makers = replacements.lost_makers(site.edit, functions) if whole else []
    if reason is not None:
        message = f"calls that work with the original fail: {reason}"
        other = "give what it gives, or write signature='change' if callers are patched"
        yield site.finding("BK201", message, _AS_UPSTREAM if makers else other)
    lost = makers or (replacements.lost_decorators(site.edit, functions) if whole and reason is None else [])
    if lost:
        yield _lost(site, lost)


def _lost(site: Site, lost: list[str]) -> Finding:
    message = f"the target is decorated with {', '.join(lost)}, and the replacement is not"
    if site.edit.how == "wrap":
        message = f"the target is decorated with {', '.join(lost)}, and what the wrapper returns is not"
        return site.finding("BK214", message, f"{_AS_UPSTREAM}; or how='in_place', which keeps the decorator")
    ways = "how='wrap' or how='in_place', which keep the decorator"
    return site.finding("BK214", message, f"{_AS_UPSTREAM}; or {ways}")


def _taken(site: Site) -> Iterator[Finding]:
    text = "" if site.found.source is None else site.found.source.text
    taken = replacements.taking_decorators(site.edit, site.found.functions, text)
    callbacks = {name for name, callback in site.declared.patch.callbacks if callback is not None}
    if taken and not callbacks >= {"after_apply", "after_undo"}:
        message = f"it is taken by {', '.join(taken)} when the class is made, so that another one there has no effect"
        way = "declare how='in_place', which changes the very function; or patch what it calls"
        yield site.finding("BK217", message, way)


def _namespace(site: Site) -> Iterator[Finding]:
    reason = replacements.out_of_namespace(site.edit)
    if reason is not None:
        what, _, next_step = reason.partition(": ")
        yield site.finding("BK215", what, next_step)


_RULES = (
    *(_missing, _in_the_way, _item, _body, _unseen, _made_elsewhere, _inherited, _imported, _cached),
    *(_replacement, signatures.judge, _kind, _namespace, _taken, compiled.judge),
)


# The rules for refused edits: these do not depend on the target.
_OF_REFUSED = (_replacement, _namespace)


def _copied(all_sites: Iterable[Site]) -> Iterator[Finding]:
    by_original: dict[copies.Original, list[Site]] = {}
    for site in all_sites:
        if site.found.kind is Kind.FUNCTION and site.edit.target.class_ is None and site.edit.how != "in_place":
            by_original.setdefault(copies.Original(site.edit.target.module, site.edit.target.attribute), []).append(
                site
            )
    found: Mapping[copies.Original, list[str]] = copies.find(by_original)
    for original, concerned in by_original.items():
        for site in concerned:
            yield from _copies_of(site, found[original])


def _copies_of(site: Site, found: list[str]) -> Iterator[Finding]:
    aliases = site.declared.patch.aliases
    left = [name for name in found if aliases == "keep" or (aliases != "follow" and name not in aliases)]
    if left:
        message = f"{_in_words(left)} by from-import, and keep the original"
        yield site.finding("BK204", message, "nothing, if they should; else aliases='follow', or name them in aliases")
    elif found and aliases == "follow":
        message = f"{_in_words(found)} by from-import, and get the replacement too"
        yield site.finding("BK204", message, "nothing, if they should; else name those that should in aliases=[...]")


def _in_words(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more} have it"
