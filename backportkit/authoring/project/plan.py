"""Find the place of a patch in a project, and tell what is to be written there."""

from __future__ import annotations

import ast
import keyword
import re
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.code import layout
from backportkit.authoring.project import hiding, packaged, pyproject
from backportkit.authoring.project.changes import Changes
from backportkit.authoring.project.pyproject import ProjectError
from backportkit.check import project as projects
from backportkit.providers_on_disk import GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from backportkit.check.project import Project

_FILE = "pyproject.toml"
_FOLDER = "_backports"
_PACKAGE = '"""Backports of upstream\'s fixes, a folder for each package."""\n'


class Destination(NamedTuple):
    """The place of a patch.

    Attributes:
        root: The folder of the pyproject.toml.
        folder: The folder of its modules.
        package: The package that is, as a dotted name; empty for none.
        name: The name of its module.
        upstream: The package that is patched, after which the entry point is named.
        hub: The file of the module that an entry point names already, to which the patch is added; None for none.
    """

    root: Path
    folder: Path
    package: str
    name: str
    upstream: str
    hub: Path | None = None

    @property
    def module(self) -> str:
        """The dotted name of the module that declares the patch."""
        return f"{self.package}.{self.name}" if self.package else self.name

    @property
    def folders(self) -> list[Path]:
        """The folders of the packages that the module is in, the innermost first."""
        return [self.folder, *self.folder.parents][: len(self.package.split("."))] if self.package else []


def root(folder: Path) -> Path:
    """Return the folder of the project that a folder is in. Raises ProjectError if it is in none."""
    found = projects.above(folder / _FILE)
    if found is None:
        raise ProjectError(
            f"{str(folder)!r} is in no project",
            expected="a pyproject.toml there or above",
            next_step="call the command in the folder of the project that is to have the patch",
        )
    return found


def destination(project: Project, into: Path | None, name: str, target: str) -> Destination:
    """Return the place of a patch of a module `target`: the file `into`, or one in a package for such patches.

    Raises ProjectError if there is none, or another module would be hidden there.
    """
    found = _destination(project, into, name, target)
    hiding.check(found)
    return found


def _destination(project: Project, into: Path | None, name: str, target: str) -> Destination:
    upstream = target.partition(".")[0]
    hub = _hub(project, target)
    if into is not None:
        return _at(project, into, upstream, hub)
    if hub is not None and hub.name == "__init__.py":
        return Destination(project.folder, hub.parent, _dotted(project, hub), name, upstream, hub)
    folder = _package(project) / _FOLDER / upstream
    return Destination(project.folder, folder, _dotted(project, folder / "__init__.py"), name, upstream, hub)


def _at(project: Project, into: Path, upstream: str, hub: Path | None) -> Destination:
    file = into.resolve()
    if file.suffix == ".py" and file.is_relative_to(project.folder):
        package = _dotted(project, file.parent / "__init__.py")
        found = Destination(project.folder, file.parent, package, file.stem, upstream, hub)
        if file.stem not in {"__init__", "__main__"} and all(map(_is_name, found.module.split("."))):
            return found
    raise ProjectError(
        f"{str(into)!r} cannot be the module of a patch",
        expected=f"a .py file in {project.folder} that can be imported by its name",
        next_step="name another file by --into",
    )


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def module_of(patch_id: str) -> str:
    """Return the name of the module of a patch that has no file of its own choice."""
    name = patch_id.replace("-", "_").replace(".", "_")
    return name if _is_name(name) else f"patch_{name}"


def _dotted(project: Project, file: Path) -> str:
    """Return the name by which the folder of a file is imported as a package; empty for the root of the code."""
    code = project.folder / "src"
    inner = file.parent.relative_to(code if file.is_relative_to(code) else project.folder)
    return ".".join(inner.parts)


def _hub(project: Project, target: str) -> Path | None:
    """Return the file of the project's module that an entry point names for a package of the target."""
    for entry in project.entry_points:
        if entry.group == GROUP and f"{target}.".startswith(f"{entry.name}."):
            base = entry.value.partition(":")[0].strip().replace(".", "/")
            files = (project.folder / code / f"{base}{end}" for code in ("src", "") for end in ("/__init__.py", ".py"))
            return next((file for file in files if file.is_file()), None)
    return None


def _package(project: Project) -> Path:
    """Return the folder of the package that the project has. Raises ProjectError if there is not one."""
    own = re.sub(r"[-.]+", "_", project.name.lower())
    places = [project.folder / "src", project.folder]
    named = [place / own for place in places if (place / own / "__init__.py").is_file()] if own else []
    found = named or [path.parent for place in places for path in sorted(place.glob("*/__init__.py"))]
    found = [path for path in found if named or path.name not in {"tests", "test", "docs"}]
    if len(found) != 1:
        raise ProjectError(
            "the project has no package that the patch would belong to",
            expected=f"{own and f'a package {own}, or '}one package, in {project.folder} or its folder src",
            found=", ".join(path.name for path in found) or "none",
            next_step="name the file to write by --into",
        )
    return found[0]


def plan(project: Project, where: Destination, texts: Mapping[str, str]) -> Changes:
    """Return what is to be written for the modules with these texts, by the ends of their names."""
    new = {where.folder / f"{where.name}{end}.py": text for end, text in texts.items()}
    there = [path for path in new if path.exists()]
    if there:
        raise ProjectError(
            f"{there[0]} exists",
            next_step="name another file by --into, or another patch by --id; nothing is overwritten",
        )
    changed: dict[Path, str] = {}
    packages = _packages(where)
    init = where.folder / "__init__.py"
    is_own = where.hub is None and init in packages and where.folder.parent.name == _FOLDER
    new |= {path: _PACKAGE if path.parent.name == _FOLDER else "" for path in packages}
    if where.hub is not None:
        text = _text(where.hub)
        changed[where.hub] = _ended_as(text, _with_import(text, where.hub, where))
        return _encoded(new, changed)
    if is_own:
        new[init] = layout.init(where.package, [where.name], where.upstream)
    text = _text(project.folder / _FILE)
    module = where.package if is_own else where.module
    changed[project.folder / _FILE] = _ended_as(text, _with_entry_point(text, project, where, module))
    return _encoded(new, changed)


def _encoded(new: Mapping[Path, str], changed: Mapping[Path, str]) -> Changes:
    as_bytes = ({path: text.encode() for path, text in one.items()} for one in (new, changed))
    return Changes(next(as_bytes), next(as_bytes))


def _packages(where: Destination) -> list[Path]:
    """Return the files that make packages of the folders on the way. A namespace that others share stays one."""
    made: list[Path] = []
    for folder in reversed(where.folders):
        init, outer = folder / "__init__.py", folder.parent / "__init__.py"
        if not init.exists() and (not folder.exists() or outer in made or outer.exists()):
            made.append(init)
    return made


def _with_import(text: str, hub: Path, where: Destination) -> str:
    """Return the text of a module that declares patches, with an import of one more."""
    tree = ast.parse(text)
    if hub.parent == where.folder and (names := _listed(tree, where.package)) is not None:
        return layout.init(where.package, [*names, where.name], where.upstream)
    last = max((one.end_lineno or 0 for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)), default=0)
    docstring = tree.body[0].end_lineno or 0 if ast.get_docstring(tree) is not None else 0
    lines = text.split("\n")
    line = f"import {where.module}  # noqa: F401 -- it declares a patch"
    at = last or docstring
    return "\n".join([*lines[:at], *([] if last else [""]), line, *lines[at:]])


def _listed(tree: object, package: str) -> list[str] | None:
    """Return the modules that a file imports that was written by `layout.init`; None for any other file."""
    assert isinstance(tree, ast.Module)
    own = [one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == package]
    names = [alias.name for one in own for alias in one.names]
    ours = layout.init(package, names, package.rpartition(".")[2]) if names else ""
    alike = bool(ours) and [*map(ast.dump, ast.parse(ours).body[1:])] == [*map(ast.dump, tree.body[1:])]
    return names if alike else None


def _with_entry_point(text: str, project: Project, where: Destination, module: str) -> str:
    """Return the pyproject.toml with the entry point, or with the module where none would be there or lead there."""
    tables = packaged.tables(project, where)
    if tables is None:
        return pyproject.with_packages(pyproject.with_module(text, module), where.package)
    return pyproject.with_packages(pyproject.with_entry_point(text, tables, where.upstream, module), where.package)


def _text(path: Path) -> str:
    """Return the text of a file with the ends of its lines as they are."""
    return path.read_bytes().decode("utf-8")


def _ended_as(before: str, text: str) -> str:
    """Return a text with the ends of lines that it had before, if they were all `\\r\\n`."""
    return re.sub("\r?\n", "\r\n", text) if 0 < before.count("\n") == before.count("\r\n") else text
