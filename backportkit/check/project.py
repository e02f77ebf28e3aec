"""What a project's pyproject.toml says about its patches: the entry points, and the modules that declare."""

from __future__ import annotations

import ast
import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import toml
from backportkit.errors import DeclarationError
from backportkit.scan import GROUP
from backportkit.source import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = "pyproject.toml"
# Folders of a project that no entry point is expected to reach.
_ELSEWHERE = frozenset({"build", "dist", "docs", "examples", "node_modules", "site-packages", "test", "tests", "venv"})
_DECLARING = frozenset({"backport", "backportkit.backport", "backportkit.load", "backportkit.register"})


class Project(NamedTuple):
    """A project folder.

    Attributes:
        folder: Where its pyproject.toml is.
        name: The name of its distribution; empty if it has none.
        entry_points: Those of the group `backportkit.patches`.
        modules: Those that `[tool.backportkit] modules` names.
        disable: What `[tool.backportkit] disable` switches off.
        supersede: The patch that takes the place of each, as `[tool.backportkit] supersede` says.
    """

    folder: Path
    name: str
    entry_points: tuple[EntryPoint, ...]
    modules: tuple[str, ...]
    disable: tuple[str, ...]
    supersede: dict[str, str]


def read(folder: Path) -> Project:
    """The project in a folder. Raises DeclarationError if it has no pyproject.toml or a wrong one."""
    path = folder / _FILE
    if not path.is_file():
        raise DeclarationError(
            f"{str(folder)!r} is no project",
            expected="a folder with a pyproject.toml",
            next_step="name the project's folder, a file that declares patches, or an installed provider",
        )
    content = toml.read(path)
    named = toml.table(content, "project", "entry-points", GROUP)
    own = toml.table(content, "tool", "backportkit")
    modules = own.get("modules", [])
    _check_texts(path, named.values(), f'[project.entry-points."{GROUP}"]')
    _check_texts(path, modules if isinstance(modules, list) else [None], "[tool.backportkit] modules")
    entry_points = tuple(EntryPoint(name, value, GROUP) for name, value in named.items())
    name = str(toml.table(content, "project").get("name", ""))
    supersede = {old: new for old, new in toml.table(own, "supersede").items() if isinstance(new, str)}
    return Project(folder, name, entry_points, tuple(modules), tuple(toml.texts(own.get("disable"))), supersede)


def _check_texts(path: Path, values: object, where: str) -> None:
    wrong = [value for value in values if not isinstance(value, str) or not value.strip()]  # type: ignore[attr-defined]
    if wrong:
        raise DeclarationError(
            f"{where} in {path} does not name modules", expected="'package.module', in quotes", found=repr(wrong[0])
        )


def above(path: Path) -> Path | None:
    """The nearest folder above a file that has a pyproject.toml; None if there is none or the file is installed."""
    for folder in path.absolute().parents:
        if folder.name == "site-packages":
            return None
        if (folder / _FILE).is_file():
            return folder
    return None


def make_importable(folder: Path) -> None:
    """Put the project's own code first on `sys.path`, wherever it keeps it."""
    sys.path[:0] = [str(path) for path in (folder / "src", folder) if path.is_dir() and str(path) not in sys.path]


def declaring_files(project: Project) -> Iterator[tuple[Path, int]]:
    """The files of a project that declare patches as they are loaded, each with the line of the first one."""
    for folder, names, files in os.walk(project.folder):
        names[:] = sorted(name for name in names if name not in _ELSEWHERE and not _is_apart(Path(folder, name)))
        for path in (Path(folder, name) for name in sorted(files) if _is_code(name)):
            line = _first_declaration(path)
            if line is not None:
                yield path, line


def _is_apart(folder: Path) -> bool:
    """Whether a folder is hidden, an environment or a project of its own."""
    return folder.name.startswith((".", "_")) or any((folder / name).exists() for name in ("pyvenv.cfg", _FILE))


def _is_code(name: str) -> bool:
    return name.endswith(".py") and not name.startswith("test_") and name != "conftest.py"


def _first_declaration(path: Path) -> int | None:
    try:
        text = path.read_text("utf-8")
        tree = ast.parse(text) if "backportkit" in text else ast.Module([], [])
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return next((node.lineno for node in statements(tree.body) if _declares(node)), None)


def _declares(statement: ast.stmt) -> bool:
    calls = [*getattr(statement, "decorator_list", []), getattr(statement, "value", None)]
    return any(isinstance(call, ast.Call) and ast.unparse(call.func) in _DECLARING for call in calls)
