"""Tell of a patch that is in range whether all that its project supports has upstream's fix, by upstream's releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.check import previewed
from backportkit.cli import outlook
from backportkit.cli.asked import Wanted
from backportkit.cli.outlook import Picked
from backportkit.declaration.alternatives import branches
from backportkit.proof.dead import Past
from backportkit.upstream.evidence import Evidence, Options
from backportkit.upstream.history import Silent
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.specifiers import SpecifierSet

    from backportkit.check.scope import Subject
    from backportkit.upstream.index import Releases


def past(subject: Subject) -> list[Past]:
    """Return what the project supports, if a preview of its oldest and newest release calls the patch removable.

    Nothing is returned for a patch of several distributions, and where no index answers.
    """
    names, every = previewed.packages(subject.declared), branches(subject.declared.patch.requires)
    supported = [one.specifier for one in subject.support.of(names[0])] if len(names) == len(every) == 1 else []
    evidence = Evidence(Options())
    try:
        releases = evidence.releases(names[0]) if supported else None
    except UnavailableError:
        return []
    picked = [] if releases is None else _ends(releases, names[0], supported)
    told = outlook.judge([subject.declared], picked, evidence.means, Silent())
    is_dead = bool(told) and all(one.previewed.outcome == previewed.REMOVABLE for one in told)
    return [Past(Requirement(every[0][0]), supported, [])] if is_dead else []


def _ends(releases: Releases, name: str, supported: Sequence[SpecifierSet]) -> list[Picked]:
    """Return the oldest and the newest release in some ranges."""
    found = [one for one in releases.all if one.is_plain and any(each.contains(one.version) for each in supported)]
    wanted = Wanted(name, supported[0], name)
    return [Picked(wanted, releases, one) for one in dict.fromkeys([*found[:1], *found[-1:]])]
