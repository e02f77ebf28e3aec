"""Read a project: its pyproject.toml, and the modules that declare patches."""

from __future__ import annotations

import ast
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.check import toml
from backportkit.declaration.discovery import EntryPoint
from backportkit.engine import settings
from backportkit.errors import DeclarationError
from backportkit.providers_on_disk import GROUP, OFFERS
from backportkit.source import folders
from backportkit.source.reader import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from backportkit.engine.selection import Settings

_FILE = "pyproject.toml"
_MODULES = "[tool.backportkit] modules"
# Folders of a project that no entry point is expected to reach.
_ELSEWHERE = frozenset({"build", "dist", "docs", "examples", "node_modules", "site-packages", "test", "tests", "venv"})
_DECLARING = ("backport", "load", "register")
_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120 -- an entry of sys.path, which is a text
_OF_PYTHON = frozenset({_LIBRARY, os.path.join(_LIBRARY, "lib-dynload")})  # noqa: PTH118 -- as above


class Project(NamedTuple):
    """A project folder.

    Attributes:
        folder: The folder of its pyproject.toml.
        name: The name of its distribution; empty if it has none.
        entry_points: Its entry points in the groups `backportkit.patches` and `backportkit.offers`.
        is_dynamic: True if another file than pyproject.toml has the entry points.
        modules: The modules that `[tool.backportkit] modules` names.
        settings: The rest of `[tool.backportkit]`: which patches are switched off, asked for, or superseded.
    """

    folder: Path
    name: str
    entry_points: tuple[EntryPoint, ...]
    is_dynamic: bool
    modules: tuple[str, ...]
    settings: Settings


def read(folder: Path) -> Project:
    """Return the project in a folder.

    Raises DeclarationError if it has no pyproject.toml or a wrong one, SettingsError for a wrong `[tool.backportkit]`.
    """
    path = folder / _FILE
    if not path.is_file():
        raise DeclarationError(
            f"{str(folder)!r} is no project",
            expected="a folder with a pyproject.toml",
            next_step="name the project's folder, a file that declares patches, or an installed provider",
        )
    content = toml.read(path)
    own = toml.table(content, "tool").get("backportkit", {})
    decided = settings.of_table(str(path), own)
    modules = own.get("modules", [])
    _check_list(path, modules)
    stated = toml.table(content, "project")
    name = str(stated.get("name", ""))
    entry_points = tuple(entry for group in (GROUP, OFFERS) for entry in _entry_points(path, content, group, name))
    is_dynamic = "entry-points" in toml.texts(stated.get("dynamic"))
    return Project(folder, name, entry_points, is_dynamic, tuple(modules), decided)


def _entry_points(path: Path, content: Any, group: str, provider: str) -> Iterator[EntryPoint]:
    tables = [("project", "entry-points"), ("tool", "poetry", "plugins")]
    where, named = next(
        ((one, found) for one in tables if (found := toml.table(content, *one, group))), (tables[0], {})
    )
    _check_texts(path, named.values(), f'[{".".join(where)}."{group}"]', "'package.module', in quotes")
    return (EntryPoint(name, value, provider, group) for name, value in named.items())


def _check_list(path: Path, modules: object) -> None:
    name = modules.strip() if isinstance(modules, str) else ""
    expected = f'modules = ["{name or "package.module"}"]'
    if not isinstance(modules, list):
        raise _wrong(path, _MODULES, expected, modules)
    _check_texts(path, modules, _MODULES, expected)


def _check_texts(path: Path, values: Iterable[object], where: str, expected: str) -> None:
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise _wrong(path, where, expected, value)


def _wrong(path: Path, where: str, expected: str, found: object) -> DeclarationError:
    return DeclarationError(f"{where} in {path} does not name modules", expected=expected, found=repr(found))


def above(path: Path) -> Path | None:
    """Return the nearest folder above a file that has a pyproject.toml; None for an installed file, or without one."""
    for folder in path.absolute().parents:
        if folders.is_of_others(folder):
            return None
        if (folder / _FILE).is_file():
            return folder
    return None


def make_importable(folder: Path) -> None:
    """Put the project's own code first on `sys.path`, with or without a `src` folder, but for Python's own modules.

    No file of the project takes the place of one that a command imports late, as importlib.metadata does with csv since
    3.13. The paths are absolute: Python 3.10 would leave the dot of a relative one in every `__file__`.
    """
    own = [entry for entry in sys.path if entry in _OF_PYTHON]
    sys.path[:] = [*own, *_places(folder), *(entry for entry in sys.path if entry not in _OF_PYTHON)]


def make_findable(folder: Path) -> None:
    """Put the code beside a document last on `sys.path`: it is read, and takes the place of no library of ours."""
    sys.path += _places(folder)


def _places(folder: Path) -> list[str]:
    places = [path.absolute() for path in (folder / "src", folder) if path.is_dir()]
    return [str(path) for path in places if str(path) not in sys.path]


def declaring_files(project: Project) -> Iterator[tuple[Path, int]]:
    """Yield the files of a project that declare patches when they are loaded, and the line of the first declaration."""
    for path in folders.files_below(project.folder, _is_searched, _is_code):
        line = _first_declaration(path)
        if line is not None:
            yield path, line


def _is_searched(folder: Path) -> bool:
    """Tell whether a folder may have code of the project: a nested project is another one."""
    is_private = folder.name in _ELSEWHERE or folder.name.startswith("_")
    return not (is_private or folders.is_apart(folder) or (folder / _FILE).exists())


def _is_code(name: str) -> bool:
    return name.endswith(".py") and not name.startswith("test_") and name != "conftest.py"


def _first_declaration(path: Path) -> int | None:
    try:
        text = path.read_text("utf-8")
        tree = ast.parse(text) if "backportkit" in text else ast.Module([], [])
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):  # the last for 100,000 minus signs
        return None
    body = list(statements(tree.body))
    declaring = {name for node in body for name in _names_of_ours(node)}
    return next((node.lineno for node in body if _declares(node, declaring)), None)


def _names_of_ours(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that an import of backportkit gives to the functions that declare patches."""
    if isinstance(statement, ast.ImportFrom) and statement.module == "backportkit":
        yield from (alias.asname or alias.name for alias in statement.names if alias.name in _DECLARING)
    elif isinstance(statement, ast.Import):
        ours = (alias.asname or alias.name for alias in statement.names if alias.name == "backportkit")
        yield from (f"{module}.{name}" for module in ours for name in _DECLARING)


def _declares(statement: ast.stmt, declaring: set[str]) -> bool:
    calls = [*getattr(statement, "decorator_list", []), getattr(statement, "value", None)]
    return any(isinstance(call, ast.Call) and ast.unparse(call.func) in declaring for call in calls)
