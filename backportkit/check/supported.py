"""Find the versions that a project supports: in its requirements, or else in its lock files."""

from __future__ import annotations

import email
import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from backportkit.check import locks, poetry, toml
from backportkit.declaration.registry import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from packaging.specifiers import Specifier

_FLOORS = frozenset({"==", "===", "~=", ">", ">="})
# The rest of a line after a requirement: a comment, the hashes that pip-compile writes, or a backslash at the end.
_TRAILING = re.compile(r"\s+(#|--|\\$).*")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]*(?P<path>\S+)")


class Wanted(NamedTuple):
    """One requirement of a project: the range, its text, and its file, if it is in one."""

    specifier: SpecifierSet
    text: str
    place: str

    @property
    def said(self) -> str:
        """The text, with its place."""
        return f"{self.text} ({self.place})" if self.place else self.text


class Support:
    """The versions that a project supports. For each package, the first source with a lower bound counts.

    Lock files are asked last: a library's lock file has what its authors test with, not what its users have.
    """

    def __init__(self, *sources: Iterable[tuple[str, Wanted]]) -> None:
        self._sources: list[dict[str, list[Wanted]]] = []
        for source in sources:
            by_name: dict[str, list[Wanted]] = {}
            for name, wanted in source:
                by_name.setdefault(canonicalize_name(name), []).append(wanted)
            self._sources.append(by_name)

    def of(self, name: str) -> list[Wanted]:
        """Return the requirements on a distribution, each an alternative; none if the project does not name it.

        A source without a lower bound leaves the choice to whoever locks, so the next source is asked.
        """
        named = self._named(name)
        if not named:
            return []
        return next((each for each in named if all(_has_floor(one.specifier) for one in each)), named[0])

    def locked(self, name: str) -> list[Wanted]:
        """Return what the last source that names a distribution says of it, if it is not the one that counts."""
        named = self._named(name)
        return named[-1] if named and named[-1] is not self.of(name) else []

    @property
    def names(self) -> frozenset[str]:
        """The distributions that the project names, by their normalised names."""
        return frozenset(name for source in self._sources for name in source)

    def _named(self, name: str) -> list[list[Wanted]]:
        """Return what each source that names a distribution says of it."""
        found = (source.get(canonicalize_name(name), []) for source in self._sources)
        return list(filter(None, found))


def _has_floor(specifier: SpecifierSet) -> bool:
    return any(part.operator in _FLOORS for part in specifier)


def floor(wanted: Iterable[Wanted]) -> SpecifierSet:
    """Return the range of all that is not older than what a project supports; any, if that has no beginning.

    A pin is none: it says nothing of what is older.
    """
    lowest = [min(map(_version, each), default=None) for each in map(_beginnings, wanted)]
    known = [one for one in lowest if one is not None]
    return SpecifierSet(f">={min(known)}" if known and len(known) == len(lowest) else "")


def _beginnings(wanted: Wanted) -> list[Specifier]:
    return [one for one in wanted.specifier if one.operator in {">=", "~="}]


def _version(bound: Specifier) -> Version:
    return Version(bound.version)


NOTHING_KNOWN = Support()


def of_project(folder: Path) -> Support:
    """Return the versions that the project in a folder supports.

    Its pyproject.toml, requirements files and lock files are read. Raises DeclarationError if one of them is no TOML.
    """
    return Support(_of_pyproject(folder), _of_requirement_files(folder), _of_locks(folder))


def of_distribution(name: str) -> Support:
    """Return the versions that an installed distribution supports, by its own metadata.

    Shipped patches are for whoever has a release, whatever the extras of backportkit require of it.
    """
    if name in SHIPPED:
        return NOTHING_KNOWN
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return NOTHING_KNOWN
    python = found.metadata.json.get("requires_python")
    return Support([*_parsed(found.requires or (), name), *_python(python, name)])


def of_metadata(text: str, place: str) -> Support:
    """Return the versions that a distribution supports, by the text of its METADATA."""
    said = email.message_from_string(text)
    return Support([*_parsed(said.get_all("Requires-Dist", []), place), *_python(said.get("Requires-Python"), place)])


def no_requirements(folder: Path) -> list[str]:
    """Return the texts among the dependencies in a project's pyproject.toml that are no requirements."""
    path = folder / "pyproject.toml"
    project = toml.table(toml.read(path) if path.is_file() else {}, "project")
    extras = toml.table(project, "optional-dependencies").values()
    texts = [text for given in (project.get("dependencies"), *extras) for text in toml.texts(given)]
    return [text for text in texts if not any(_parsed([text], path.name))]


def _of_pyproject(folder: Path) -> Iterator[tuple[str, Wanted]]:
    path = folder / "pyproject.toml"
    content = toml.read(path) if path.is_file() else {}
    project = toml.table(content, "project")
    yield from _python(project.get("requires-python"), path.name)
    yield from _parsed(toml.texts(project.get("dependencies")), path.name)
    for extra in toml.table(project, "optional-dependencies").values():
        yield from _parsed(toml.texts(extra), path.name)
    yield from _of_poetry(toml.table(content, "tool", "poetry"), path.name)


def _of_poetry(own: dict[str, Any], place: str) -> Iterator[tuple[str, Wanted]]:
    """Yield the requirements in Poetry's own tables.

    Each is a constraint, a table with a constraint as `version`, or a list of such tables.
    """
    groups = map(toml.table, toml.table(own, "group").values())
    for dependencies in [toml.table(own, "dependencies"), *(toml.table(group, "dependencies") for group in groups)]:
        for name, given in dependencies.items():
            for one in given if isinstance(given, list) else [given]:
                yield from _constrained(name, one.get("version") if isinstance(one, dict) else one, place)


def _constrained(name: str, constraint: Any, place: str) -> Iterator[tuple[str, Wanted]]:
    """Yield the requirement of a Poetry constraint. A path or a repository says nothing about versions."""
    for specifier in poetry.ranges(constraint) if isinstance(constraint, str) else []:
        yield name, Wanted(specifier, f"{name} = {constraint!r}", place)


def _of_requirement_files(folder: Path) -> Iterator[tuple[str, Wanted]]:
    seen: set[Path] = set()
    for path in [folder / "requirements.txt", *sorted((folder / "requirements").glob("*.txt"))]:
        yield from _of_requirement_file(path, seen)


def _of_requirement_file(path: Path, seen: set[Path]) -> Iterator[tuple[str, Wanted]]:
    if path.resolve() in seen or not path.is_file():
        return
    seen.add(path.resolve())
    lines = [_TRAILING.sub("", line).strip() for line in path.read_text("utf-8", "replace").splitlines()]
    yield from _parsed(lines, path.name)
    for match in filter(None, map(_INCLUDE.match, lines)):
        yield from _of_requirement_file(path.parent / match["path"], seen)


def _of_locks(folder: Path) -> Iterator[tuple[str, Wanted]]:
    for path in locks.files(folder):
        yield from _parsed((f"{pin.name}=={pin.version}" for pin in locks.pins(toml.read(path))), path.name)


def _parsed(texts: Iterable[str], place: str) -> Iterator[tuple[str, Wanted]]:
    """Yield the requirements among the texts. Options, paths and other texts say nothing about versions.

    Metadata have one line for each extra that names a distribution: without that marker, they say one thing.
    """
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        is_of_extra = requirement.marker is not None and "extra" in str(requirement.marker)
        said = text.partition(";")[0].strip() if is_of_extra else text
        yield requirement.name, Wanted(requirement.specifier, said, place)


def _python(specifier: Any, place: str) -> Iterator[tuple[str, Wanted]]:
    if not isinstance(specifier, str):
        return
    try:
        yield "python", Wanted(SpecifierSet(specifier), f"requires-python = {specifier!r}", place)
    except InvalidSpecifier:
        return
