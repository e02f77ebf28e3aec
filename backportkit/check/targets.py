"""BK2xx: whether the edits of a patch fit what is installed, told from its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit import fingerprint, signature
from backportkit.binding import function_of
from backportkit.check import copies, lookup
from backportkit.check.findings import Finding, about
from backportkit.check.lookup import Found, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from inspect import Signature

    from backportkit.model import Edit
    from backportkit.registry import Declared

_CACHES = frozenset({"cache", "lru_cache"})
# Decorators under which a function still takes the calls that its parameters say.
_TRANSPARENT = frozenset({"abstractmethod", "classmethod", "final", "overload", "override", "staticmethod", *_CACHES})
_SHOWN = 3


class Site(NamedTuple):
    """One edit, and what is found at its target."""

    declared: Declared
    edit: Edit
    found: Found

    def finding(self, code: str, message: str, next_step: str) -> Finding:
        """A finding about this edit."""
        return about(self.declared, code, message, next_step, self.edit.target)


def sites(declared: Declared) -> list[Site]:
    """The edits of a patch with what the installed source has at their targets."""
    return [Site(declared, edit, lookup.find(edit.target.module, edit.target.path)) for edit in declared.patch.edits]


def judge(all_sites: Iterable[Site]) -> Iterator[Finding]:
    """All that is wrong or noteworthy with the targets of patches that are meant for this environment."""
    chosen = list(all_sites)
    for site in chosen:
        for rule in (_missing, _in_the_way, _body, _unseen, _inherited, _imported, _cached, _replacement, _signature):
            yield from rule(site)
    yield from _copied(chosen)


def _missing(site: Site) -> Iterator[Finding]:
    if site.found.kind is Kind.MISSING and site.edit.how != "add":
        next_step = "correct the target, or narrow `requires` to the releases that have it"
        yield site.finding("BK208", f"does not apply: {site.found.reason}", next_step)


def _in_the_way(site: Site) -> Iterator[Finding]:
    there = site.found.kind in {Kind.FUNCTION, Kind.CLASS, Kind.VALUE} or site.found.inherited is not None
    if site.edit.how == "add" and there and site.edit.target.item is None and not _is_absorbed(site.declared):
        next_step = "use how='replace', or narrow `requires` to the releases that lack it"
        yield site.finding("BK211", "how='add', and there is something of that name already", next_step)


def _is_absorbed(declared: Declared) -> bool:
    """Whether a body that the patch changes is upstream's fix, with which what it adds may have come."""
    return any(set(site.edit.fixed).intersection(fingerprints(site.found)) for site in sites(declared))


def fingerprints(found: Found) -> tuple[str, ...]:
    """The fingerprints of the functions at a target; several where the source has several definitions."""
    return tuple(dict.fromkeys(fingerprint.of_node(node) for node in found.functions))


def _body(site: Site) -> Iterator[Finding]:
    found = fingerprints(site.found)
    expected, fixed = set(site.edit.original), set(site.edit.fixed)
    if not found or not (expected | fixed) or expected.intersection(found):
        return
    if fixed.intersection(found):
        next_step = "narrow `requires` to the releases that have the bug"
        yield site.finding("BK403", "the installed body, though in range, is upstream's fix already", next_step)
    elif expected:
        message = f"expected {' or '.join(site.edit.original)}, found {' or '.join(found)}"
        yield site.finding("BK209", message, f"see what has changed: backportkit diff {site.declared.patch.id}")


def _unseen(site: Site) -> Iterator[Finding]:
    if site.found.kind is Kind.NATIVE and site.edit.how != "add":
        next_step = "drop original=... and fixed=..., which cannot be compared, and rely on the range and a reproducer"
        yield site.finding("BK205", f"nobody can compare its body: {site.found.reason}", next_step)
    elif site.found.kind is Kind.UNKNOWN:
        next_step = f"see where it stands once it is imported: backportkit prove {site.declared.patch.id}"
        yield site.finding("BK206", f"cannot be judged without running it: {site.found.reason}", next_step)


def _inherited(site: Site) -> Iterator[Finding]:
    if site.found.inherited is not None and site.edit.how != "add":
        message = f"it is inherited from {site.found.inherited}, whose other subclasses keep the bug"
        name = f"{site.found.inherited}.{site.edit.target.attribute}"
        yield site.finding("BK202", message, f"patch {name} instead, if they have the bug too")


def _imported(site: Site) -> Iterator[Finding]:
    if site.found.copied is not None and site.found.inherited is None and site.edit.target.class_ is None:
        message = f"{site.edit.target.module} has it from {site.found.copied}; whoever uses that one keeps the bug"
        yield site.finding("BK207", message, f"patch {site.found.copied} instead: copies follow")


def _cached(site: Site) -> Iterator[Finding]:
    names = {name.rpartition(".")[2] for node in site.found.functions for name in lookup.decorators(node)}
    if names & _CACHES:
        message = "it is cached: what was called before the patch lands stays as it was wherever it was kept"
        yield site.finding("BK203", message, "nothing, if its callers keep no results: the new cache starts empty")


def _replacement(site: Site) -> Iterator[Finding]:
    found = _named_replacement(site.edit)
    if found is not None and found.kind is Kind.MISSING:
        next_step = "correct replacement=..., or install the project that has it"
        yield site.finding("BK212", f"the replacement is not there: {found.reason}", next_step)


def _named_replacement(edit: Edit) -> Found | None:
    """What the source has where a replacement is named and not held."""
    if edit.replacement is None or edit.replacement.held is not None:
        return None
    return lookup.find(edit.replacement.module, edit.replacement.partition(":")[2].split("."))


def _signature(site: Site) -> Iterator[Finding]:
    edit = site.edit
    if edit.how != "replace" or edit.signature == "change" or edit.target.item is not None:
        return
    for node in site.found.functions:
        decorators = {name.rpartition(".")[2] for name in lookup.decorators(node)}
        binds = edit.target.class_ is not None and "staticmethod" not in decorators
        replacement = _signature_of(edit, binds=binds)
        if replacement is None or decorators - _TRANSPARENT:
            return
        reason = signature.misfit(signature.of_arguments(node.args, binds=binds), replacement)
        if reason is not None:
            message = f"calls that work with the original fail: {reason}"
            yield site.finding("BK201", message, "give the replacement the original's parameters; others need defaults")
            return


def _signature_of(edit: Edit, *, binds: bool) -> Signature | None:
    named = _named_replacement(edit)
    if named is not None:
        return signature.of_arguments(named.functions[-1].args, binds=binds) if named.functions else None
    function = function_of(edit.replacement.held) if edit.replacement is not None else None
    return None if function is None else signature.of_function(function, binds=binds)


def _copied(all_sites: Iterable[Site]) -> Iterator[Finding]:
    by_original: dict[copies.Original, list[Site]] = {}
    for site in all_sites:
        if site.found.kind is Kind.FUNCTION and site.edit.target.class_ is None:
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
