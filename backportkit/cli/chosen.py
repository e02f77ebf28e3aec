"""Choose the patches that `prove` is asked for. A name that fits none is refused: a proof of nothing would succeed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from backportkit.cli import declarations
from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error, problems
from backportkit.errors import UnknownPatchError
from backportkit.proof import choose
from backportkit.proof.origin import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.declaration.record import Patch
    from backportkit.errors import BackportError


def patches(wanted: Sequence[str], exclude: Sequence[str], module: str | None) -> list[Patch]:
    """Return the patches with these ids, and those with a reproducer that fit a pattern, without the excluded ones.

    Raises UnknownPatchError for an id or pattern that fits no patch, and if no patch is left; ProofError for a pattern
    that fits only patches without a reproducer. A pattern in `exclude` may fit no patch, an id there may not.
    """
    if len(wanted) == 1 and not _is_pattern(wanted[0]) and not exclude:
        return [declarations.find(wanted[0], module).patch]
    declarations.read_all(module)
    known = [one.patch for one in declared_patches]
    on_error.raise_all([*_unknown(wanted, exclude, known, module), *_unproved(wanted, known)])
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
