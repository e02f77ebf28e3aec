"""BK208, BK212, BK403 and BK404: judge the modules that a patch adds, from their source."""

from __future__ import annotations

import ast
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.check import project, reading
from backportkit.check.findings import Finding, about
from backportkit.source import folders, location, modules_beside
from backportkit.source.reader import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared

_LIBRARY = str(Path(os.__file__).parent)
_ELSEWHERE = frozenset({"__pycache__", "node_modules"})
_CORRECT = "correct the target, or narrow `requires`"
_TOO = "; or add its package too, by target='{}' with how='add'"


def judge(declared: Declared) -> Iterator[Finding]:
    """Yield findings about modules that cannot be made, that are there already, or that nobody imports."""
    for edit in declared.patch.edits:
        if edit.target.is_module:
            yield from _judge(declared, edit)


def _made_of(edit: Edit) -> str:
    """Return the module that an added one is, or that it is made of."""
    return edit.alias_of or str(edit.replacement)


def _judge(declared: Declared, edit: Edit) -> Iterator[Finding]:
    name, own = edit.target.module, _made_of(edit)
    if reading.read(own) is None:
        next_step = "correct the name, or install the project that has it"
        close = modules_beside.there_is(own)
        yield about(declared, "BK212", f"there is no module {own} to make it of{close}", next_step, edit.target)
    package = name.rpartition(".")[0]
    beside = {other.target.module: _made_of(other) for other in declared.patch.edits if other.target.is_module}
    added_to = beside.get(package, package)
    obstacle = _obstacle(added_to)
    if obstacle:
        way = _TOO.format(package) if package not in beside and reading.read(package) is None else ""
        yield about(declared, "BK208", f"does not apply: {obstacle}", f"{_CORRECT}{way}", edit.target)
    elif _is_there(name, own):
        next_step = "narrow `requires` to the releases that lack it, or delete the declaration"
        yield about(declared, "BK403", "it is there, so that nothing is made", next_step, edit.target)
    elif not _imported(name, str(location.file_of(declared.place))):
        next_step = "delete the declaration, unless somebody elsewhere imports it"
        yield about(declared, "BK404", f"nobody here imports {name}", next_step, edit.target)


def _is_there(name: str, own: str) -> bool:
    """Tell whether somebody else has the module. A patch that is armed here may have made it itself."""
    there, made = reading.read(name), reading.read(own)
    return there is not None and (made is None or there.path != made.path)


def _obstacle(package: str) -> str:
    """Say why nothing can be imported beneath a package; empty if something can."""
    source = reading.read(package) if package else None
    if not package or (source is not None and source.is_package):
        return ""
    return f"{package} is a module and no package" if source is not None else f"there is no module {package}"


@cache
def _imported(name: str, declaring: str) -> bool:
    """Tell whether source other than the declaring file imports a module or names it in a text.

    Both installed source and the source of the project are read.
    """
    absolutely, relatively = _first_look(name)
    top = name.partition(".")[0]
    files = (path for path in _files(project.above(Path(declaring))) if str(path) != declaring)
    return any(_imports(path, name, relatively if top in path.parts else absolutely) for path in files)


def _first_look(name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return two patterns for a possible import of a module: one for any file, one for files of its own package.

    They may match where there is no import, but they never miss one. So most files need not be parsed.
    """
    outer, _, last = (re.escape(part) for part in name.rpartition("."))
    whole = rf"\b{outer}\.{last}\b|\bfrom\s+{outer}\s+import\b" if outer else rf"(\b(from|import)\b.*|['\"]){last}\b"
    return re.compile(whole.encode()), re.compile(rf"{whole}|\bfrom\s+\.[\s\S]*\b{last}\b".encode())


@cache
def _files(own: Path | None) -> tuple[Path, ...]:
    """Return the Python files of all installed distributions, of a project, and of the packages on `sys.path`."""
    entries = dict.fromkeys(Path(entry or ".").absolute() for entry in sys.path)
    whole = [entry for entry in entries if entry.name in folders.INSTALLED] + ([] if own is None else [own])
    beside = [entry for entry in entries if entry not in whole and str(entry) != _LIBRARY]
    searched = [(folder, _is_searched) for folder in whole] + [(folder, folders.is_package) for folder in beside]
    return tuple(dict.fromkeys(path for top, test in searched for path in folders.files_below(top, test, _is_python)))


def _is_python(name: str) -> bool:
    return name.endswith(".py")


def _is_searched(folder: Path) -> bool:
    """Tell whether a folder is neither hidden nor an environment. The distributions of another environment do not
    count.
    """
    return not (folder.name in _ELSEWHERE or folders.is_apart(folder))


def _imports(path: Path, name: str, pattern: re.Pattern[bytes]) -> bool:
    try:
        content = path.read_bytes()
        tree = ast.parse(content) if pattern.search(content) else None
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return tree is not None and any(_leads_to(name, named) for named in _named(tree, _package_of(path)))


def _leads_to(name: str, named: str) -> bool:
    return named == name or named.startswith((f"{name}.", f"{name}:"))


def _named(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the modules that statements import, and the texts that may name a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(package, node)
            yield from (origin, *(f"{origin}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _package_of(path: Path) -> str:
    """Return the package that relative imports in a file start from."""
    _, module = folders.module_in(path)
    return module if path.stem == "__init__" else module.rpartition(".")[0]
