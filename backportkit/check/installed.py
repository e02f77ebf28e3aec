"""BK307: compare the entry points that a project names with those that it was installed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check.findings import Finding
from backportkit.declaration import metadata
from backportkit.names import normalised
from backportkit.providers_on_disk import GROUP, OFFERS, entries_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.project import Project

    Entries = set[tuple[str, str, str]]

AGAIN = "pip install -e . in the project, or whatever installs it here"


def judge(own: Project) -> Iterator[Finding]:
    """Yield a finding if the project is installed here with other entry points than its pyproject.toml names."""
    reason = why_stale(own)
    if reason:
        yield Finding("BK307", reason, f"install it again: {AGAIN}", path="pyproject.toml")


def why_stale(own: Project) -> str:
    """Say how the installed entry points differ from those of a project; empty if they do not, or nothing is known."""
    there = None if own.is_dynamic or not own.name else _installed(own)
    if there is None:
        return ""
    here = {(one.group, one.name, one.value) for one in own.entry_points}
    told = [f"lacks {_said(here - there)}"] if here - there else []
    told += [f"still has {_said(there - here)}"] if there - here else []
    return f"{own.name} as it is installed here {' and '.join(told)}: programs read what is installed" if told else ""


def _installed(own: Project) -> Entries | None:
    """Return the entry points of the installed distribution; None if there is none but what a build has left."""
    left_by_builds = {str(own.folder.absolute()), str(own.folder.absolute() / "src")}
    for found in metadata.copies(normalised(own.name)):
        if found.place not in left_by_builds:
            text = found.text("entry_points.txt")
            return {(group, *entry) for group in (GROUP, OFFERS) for entry in entries_in(text, group)}
    return None


def _said(entries: Entries) -> str:
    return ", ".join(f'{name} = "{value}"' for _, name, value in sorted(entries))
