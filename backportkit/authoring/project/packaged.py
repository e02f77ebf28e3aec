"""Tell what of a project its users get: whether a wheel of it has a module, and needs backportkit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check import supported, toml
from backportkit.providers_on_disk import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.authoring.project.plan import Destination
    from backportkit.check.project import Project

_FILE = "pyproject.toml"
_OURS = "backportkit"
_OTHERS = ("setup.py", "setup.cfg")  # files that may have the dependencies of a project
_OWN, _OF_POETRY = ("project", "entry-points"), ("tool", "poetry", "plugins")
# Folders that no build backend takes for packages by itself, as `FlatLayoutPackageFinder` of setuptools lists them:
# https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout
LEFT_OUT = frozenset(
    {"benchmark", "benchmarks", "bin", "build", "ci", "doc", "docs", "example", "examples", "scripts", "tasks"}
    | {"test", "tests", "tools", "unit_test", "unit_tests", "util", "utils"}
)


def has(project: Project, where: Destination) -> bool:
    """Tell whether a wheel of a project has the place of a patch, as far as its folders and setuptools' list tell."""
    top = where.module.partition(".")[0]
    listed = toml.table(toml.read(project.folder / _FILE), "tool", "setuptools").get("packages")
    if isinstance(listed, list):
        return top in listed
    code = project.folder / "src"
    if any(code.glob("*/__init__.py")):
        return where.folder.is_relative_to(code)
    return top not in LEFT_OUT


def tables(project: Project, where: Destination) -> tuple[str, ...] | None:
    """Return the tables of pyproject.toml that the entry point of a patch is for; None if none would lead there."""
    return _entry_points(project) if has(project, where) else None


def _entry_points(project: Project) -> tuple[str, ...] | None:
    """Return the tables that have the entry points of a project; None if another file has them."""
    content = toml.read(project.folder / _FILE)
    if "project" in content:
        return None if project.is_dynamic else _OWN
    return _OF_POETRY if toml.table(content, "tool", "poetry") else None


def questions(project: Project, where: Destination) -> Iterator[str]:
    """Say what is to be done so that users of the project get a patch, a sentence each."""
    if not has(project, where):
        yield f"name a file of a package by --into if users are to have the patch: {where.module} is in no wheel"
    elif where.hub is None and _entry_points(project) is None:
        way = f"add {where.module} to the group {GROUP} of the entry points"
        yield f"{way}, which are not in pyproject.toml: users do not have the patch before"
    if not _needs_ours(project):
        yield f"add {_OURS} to the dependencies of the project: what was written imports it"
    for text in supported.no_requirements(project.folder):
        yield f"correct {text!r} in {_FILE}: it is no requirement, and says nothing of what the project can use"


def _needs_ours(project: Project) -> bool:
    """Tell whether backportkit is among the dependencies of a project, or they are not in files that can be read."""
    content = toml.read(project.folder / _FILE)
    own, of_poetry = toml.table(content, "project"), toml.table(content, "tool", "poetry")
    is_elsewhere = not (own or of_poetry) and any((project.folder / one).exists() for one in _OTHERS)
    if "dependencies" in toml.texts(own.get("dynamic")) or is_elsewhere or project.name == _OURS:
        return True
    return _OURS in toml.table(of_poetry, "dependencies") or bool(supported.of_project(project.folder).of(_OURS))
