"""Choose the patches that `prove` is asked for. A name that fits none is refused: a proof of nothing would succeed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from backportkit.cli import declarations, providers
from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error, problems
from backportkit.errors import UnknownPatchError
from backportkit.proof import choose
from backportkit.proof.origin import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.declaration.record import Patch
    from backportkit.errors import BackportError


class What(NamedTuple):
    """The patches that are asked for.

    Attributes:
        ids: Ids and patterns of ids or packages; none for all patches with a reproducer.
        exclude: The same of those that are left out. A pattern may fit no patch, an id may not.
        providers: The providers whose patches they are; none for all.
        module: The module or file that declares them.
    """

    ids: Sequence[str]
    exclude: Sequence[str] = ()
    providers: Sequence[str] = ()
    module: str | None = None


def patches(what: What) -> list[Patch]:
    """Return the patches with these ids, and those with a reproducer that fit a pattern, without the excluded ones.

    Raises UnknownPatchError for an id, pattern or provider that fits no patch, and if no patch is left; ProofError for
    a pattern that fits only patches without a reproducer.
    """
    wanted, exclude, named, module = what
    if len(wanted) == 1 and not (_is_pattern(wanted[0]) or exclude or named):
        return [declarations.find(wanted[0], module).patch]
    wanted = wanted or ["*"]
    declarations.read_all(module)
    providers.check(named, (one.provider for one in declared_patches if not one.internal))
    known = [one.patch for one in declared_patches if providers.has(named, one.provider)]
    on_error.raise_all([*_unknown(wanted, exclude, known, module), *_unproved(wanted, known)], "proved")
    left = [one for one in known if _is_asked_for(one, wanted) and not _fits(one, exclude)]
    if not left:
        raise UnknownPatchError(
            "no patch is left to prove",
            expected="one that is asked for and not excluded",
            found=f"--exclude {' --exclude '.join(exclude)}",
            next_step="exclude fewer",
        )
    return left


def _unknown(
    wanted: Iterable[str], exclude: Iterable[str], known: Sequence[Patch], module: str | None
) -> Iterator[BackportError]:
    names = [*wanted, *(name for name in exclude if not _is_pattern(name))]
    for name in dict.fromkeys(names):
        if not any(_fits(patch, [name]) for patch in known):
            yield declarations.tell_how(problems.unknown(name, [patch.id for patch in known]), module)


def _unproved(patterns: Iterable[str], known: Sequence[Patch]) -> Iterator[BackportError]:
    for pattern in dict.fromkeys(patterns):
        found = [patch for patch in known if _fits(patch, [pattern])]
        if found and not any(_is_asked_for(patch, [pattern]) for patch in found):
            yield ProofError(
                f"none of the patches that fit {pattern!r} has a reproducer",
                found=", ".join(patch.id for patch in found),
                next_step="declare one with reproducer=...",
            )


def _is_asked_for(patch: Patch, wanted: Sequence[str]) -> bool:
    return patch.id in wanted or (patch.reproducer is not None and _fits(patch, wanted))


def _fits(patch: Patch, patterns: Iterable[str]) -> bool:
    names = (patch.id, *choose.packages(patch))
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")
