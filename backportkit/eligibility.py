"""Judge whether a patch is meant for this environment: which distributions are installed, in which versions."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable


class Eligibility(NamedTuple):
    """The judgement: whether all requirements are met, why (not), and the installed versions by distribution."""

    eligible: bool
    reason: str
    installed: dict[str, str]


def judge(requires: Iterable[str]) -> Eligibility:
    """Compare PEP 508 requirements with what is installed; no package is imported.

    Pre-releases count as what they are (`prereleases=True`): a specifier alone decides, not the kind of release.
    """
    requirements = [Requirement(text) for text in requires]
    installed = {requirement.name: found for requirement in requirements if (found := _installed(requirement.name))}
    refusals = [_refusal(requirement, installed.get(requirement.name)) for requirement in requirements]
    reason = next(filter(None, refusals), None)
    return Eligibility(reason is None, reason or _in_words(installed), installed)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _refusal(requirement: Requirement, found: str | None) -> str | None:
    """Why a requirement is not met, or None."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return f"not for this platform or interpreter: {requirement.marker}"
    if found is None:
        return f"{requirement.name} is not installed"
    try:
        inside = requirement.specifier.contains(Version(found), prereleases=True)
    except InvalidVersion:
        return f"{requirement.name} has the version {found!r}, which is none by PEP 440"
    return None if inside else f"{requirement.name} {found} is installed; the patch is for {requirement.specifier}"


def _in_words(installed: dict[str, str]) -> str:
    return ", ".join(f"{name} {found}" for name, found in installed.items()) + " installed, in range"
