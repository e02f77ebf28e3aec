"""Read which releases a preview is asked about: requirements, a lock file, or the newest ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backportkit import alike
from backportkit.check import locks, previewed
from backportkit.declaration import eligibility
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from backportkit.declaration.registry import Declared


_RELEASE = re.compile(r"(?P<name>.+?)-v?(?P<version>\d+(\.\w+)+)")  # a name and a version as files have them


class Wanted(NamedTuple):
    """The releases of a distribution that somebody asks about.

    Attributes:
        name: The normalised name of the distribution.
        specifier: The range. The newest release in it counts.
        said: Where it is asked for, in words.
    """

    name: str
    specifier: SpecifierSet
    said: str


class Asked(NamedTuple):
    """The releases that are asked for.

    Attributes:
        wanted: The releases.
        aside: What concerns no patch, in words.
        untold: What cannot be told, in words.
    """

    wanted: Sequence[Wanted]
    aside: Sequence[str] = ()
    untold: Sequence[str] = ()


def newest(declared: Iterable[Declared]) -> Asked:
    """Ask about the newest release of each distribution that the patches are about."""
    return Asked([Wanted(name, SpecifierSet(), "--latest") for name in _names(declared)])


def requirements(texts: Iterable[str], declared: Iterable[Declared]) -> Asked:
    """Ask about requirements. Raises UnavailableError for what is none."""
    known = _names(declared)
    read = [_requirement(text) for text in texts]
    here = [one for one in read if one.marker is None or one.marker.evaluate()]
    named = [Wanted(canonicalize_name(one.name), one.specifier, str(one)) for one in here]
    aside = [f"{one}: its marker does not hold here" for one in read if one not in here]
    aside += [_aside(one, known) for one in named if one.name not in known]
    return Asked([one for one in named if one.name in known], aside)


def lock(path: Path, declared: Iterable[Declared]) -> Asked:
    """Ask about what a lock file pins. Raises DeclarationError if it cannot be read."""
    known = _names(declared)
    pins = [pin for pin in locks.read(path) if pin.name in known]
    read = [_of_pin(pin, str(path)) for pin in pins]
    return Asked(
        [one for one in read if isinstance(one, Wanted)],
        [] if pins else [f"no patch is about what {path} pins"],
        [one for one in read if isinstance(one, str)],
    )


def _names(declared: Iterable[Declared]) -> list[str]:
    return list(dict.fromkeys(name for one in declared for name in previewed.packages(one)))


def _requirement(text: str) -> Requirement:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise _not_one(text) from error
    if requirement.url is not None:
        raise _not_one(text)
    return requirement


def _not_one(text: str) -> UnavailableError:
    return UnavailableError(f"{text!r} is no requirement", expected="a name and a range, such as torch==2.14.0")


def _aside(one: Wanted, known: Sequence[str]) -> str:
    if one.name == eligibility.PYTHON:
        return f"{one.said}: the modules of Python itself are in no package index"
    meant = _RELEASE.fullmatch(one.said)
    known = [f"{meant['name']}=={meant['version']}"] if meant else alike.names(one.name, known)
    question = f"; did you mean {' or '.join(known)}?" if known else ""
    return f"{one.said}: no patch is about {one.name}{question}"


def _of_pin(pin: locks.Pin, path: str) -> Wanted | str:
    """Return the release that is pinned, or why nothing can be told of it."""
    if pin.origin:
        return f"{f'{pin.name} {pin.version}'.rstrip()} is from no index: {path} has it from {pin.origin}"
    try:
        return Wanted(
            pin.name, SpecifierSet(f"=={Version(pin.version)}"), path + (f", where {pin.where}" if pin.where else "")
        )
    except InvalidVersion:
        return f"{pin.name} {pin.version} of {path} is no version"
