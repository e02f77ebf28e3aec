"""Find the names that `from module import name` copies while a package loads, in the package's own source."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import reading
from backportkit.source import modules
from backportkit.source.reader import absolute, statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from backportkit.source.modules import Source

# It may match where there is no such statement, but it never misses one: only files with a match are parsed.
_STATEMENT = re.compile(rb"^[ \t]*from[ \t]+[.\w]+[ \t]+import\b[ \t]*(\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)", re.MULTILINE)
_NAME = re.compile(rb"\w+")


class Original(NamedTuple):
    """A name of a module that other modules copy."""

    module: str
    name: str


def find(originals: Collection[Original]) -> dict[Original, list[str]]:
    """Return the names that copy each original, as `module:name`, in the source of the original's package.

    The files of each package are read once, however many originals there are.
    """
    found: dict[Original, list[str]] = {original: [] for original in originals}
    for package in sorted({original.module.partition(".")[0] for original in originals}):
        top = reading.read(package)
        for path in modules.files(top) if top is not None else ():
            for original, copy in _in_file(path, found, package, top):
                found[original].append(copy)
    return found


def _in_file(
    path: Path, originals: Mapping[Original, object], package: str, top: Source | None
) -> Iterator[tuple[Original, str]]:
    names = {original.name.encode() for original in originals}
    try:
        content = path.read_bytes()
        if not any(names.intersection(_NAME.findall(match[1])) for match in _STATEMENT.finditer(content)):
            return
        tree = ast.parse(content)
    except (
        OSError,
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # it is a template, or written for another Python
        return
    module = _module_of(path, package, top)
    above = module if path.name == "__init__.py" else module.rpartition(".")[0]
    yield from _in_body(tree, module, above, originals)


def _in_body(
    owner: ast.Module | ast.ClassDef, module: str, above: str, originals: Mapping[Original, object]
) -> Iterator[tuple[Original, str]]:
    """Yield the copies in the bodies of a module and of its classes.

    Imports inside a function do not count: they run with the call, after the patch.
    """
    for statement in statements(owner.body):
        if isinstance(statement, ast.ClassDef):
            yield from _in_body(statement, module, above, originals)
        if isinstance(statement, ast.ImportFrom):
            origin = absolute(above, statement)
            for alias in statement.names:
                if (original := Original(origin, alias.name)) in originals:
                    yield original, f"{module}:{alias.asname or alias.name}"


def _module_of(path: Path, package: str, top: Source | None) -> str:
    """Return the name of the module in a file of a package."""
    folder = next((Path(folder) for folder in top.folders if path.is_relative_to(folder)), None) if top else None
    if folder is None:
        return package
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)])
