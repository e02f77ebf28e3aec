"""Tell of what a patch by hand adds: the releases that lack it, and the bodies of those that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.adopt import given, requires
from backportkit.authoring.adopt.bodies import Bodies, prints
from backportkit.authoring.releases import reach
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.specifiers import SpecifierSet

    from backportkit.authoring.releases.spans import NothingToWriteError
    from backportkit.scan.locate import Located
    from backportkit.upstream.history import Read

_UNTOLD = Kind.UNKNOWN.value


class _Told(NamedTuple):
    """The releases of a target by what they have."""

    lacking: list[Read]
    having: list[Read]
    unread: list[Read]


def bodies(located: Located, told: Sequence[Read], ranges: Sequence[SpecifierSet]) -> Bodies:
    """Return the bodies of what is added: those of upstream's are the fix, and the ranges end before them.

    Raises NothingToWriteError if all releases of the ranges have it.
    """
    known = _told(told)
    inside = _told([one for one in told if requires.has(ranges, one.release.version)])
    if inside.having and not inside.lacking and not inside.unread:
        raise _needless(located, inside.having)
    lacking, having = ([one.release.version for one in each] for each in (known.lacking, known.having))
    narrowed = requires.of_those_lacking(ranges, lacking, having) if inside.lacking and inside.having else [*ranges]
    bugs = [one.release for one in inside.lacking]
    later = [one for one in known.having if not bugs or one.release.version > bugs[0].version]
    return Bodies(
        tuple(narrowed),
        fixed=tuple(prints(reversed(later))),
        fixed_in=str(later[0].release.version) if later else "",
        ends=tuple(dict.fromkeys([*bugs[:1], *bugs[-1:]])),
        is_missing=bool(bugs),
        notes=tuple(_notes(located, later[:1])),
        open=tuple(_open(inside.unread)),
    )


def _told(told: Sequence[Read]) -> _Told:
    is_known = [one for one in told if one.body is not None and one.body.kind != _UNTOLD]
    there = [one for one in is_known if one.body is not None and one.body.is_there]
    return _Told([one for one in is_known if one not in there], there, [one for one in told if one not in is_known])


def _notes(located: Located, first: Sequence[Read]) -> Iterator[str]:
    for one in first:
        has = f"is the first release that has {located.facts.target}"
        yield f"{located.facts.owner} {one.release.version} {has}: it is taken for the fix"


def _open(unread: Sequence[Read]) -> Iterator[str]:
    if unread:
        where = reach.span_of([one.release.version for one in unread])
        yield f"see whether {where} lack it, too: {unread[-1].reason or 'only running them tells'}"


def _needless(located: Located, having: Sequence[Read]) -> NothingToWriteError:
    where = reach.span_of([one.release.version for one in having])
    why = f"{located.facts.owner} {where}, all releases that count, have {located.facts.target}"
    return given.refused(located, why, "delete it, with what only it uses: it has nothing to add")
