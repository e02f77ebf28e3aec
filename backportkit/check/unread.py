"""Describe problems with the reading of declarations: as findings, or as an error for a file that was named."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit import alike
from backportkit.check.fence import module_named
from backportkit.check.findings import Finding
from backportkit.declaration import discovery
from backportkit.errors import BackportError, DeclarationError, ProviderError
from backportkit.source import folders, location, modules_beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.check.fence import Step
    from backportkit.declaration.discovery import EntryPoint


_INSTALL = "pip install -e . for the project itself"


class UnknownScopeError(BackportError, LookupError):
    """An argument is neither a file or folder, nor an installed provider, nor a module."""


def nothing_named(name: str, installed: list[str]) -> UnknownScopeError:
    """Return the error for an argument that names nothing. Files beside it may have been meant, too."""
    way = "correct the name, or install the provider in this environment"
    return UnknownScopeError(
        f"there is nothing to check by the name of {name!r}",
        expected=f"a file, a folder, a module, or one of the providers: {', '.join(installed) or 'none'}",
        next_step=alike.then(name, [*installed, *folders.beside(Path(name))], way),
    )


def wrong_file(entry_point: EntryPoint, error: ProviderError) -> DeclarationError:
    """Return the error for a named module that cannot be read, with the line that is to be mended."""
    cause = error.__cause__ or error
    path = _file_of(entry_point)
    path, line = (None, None) if path is None else _place_of(cause, path)
    where = f": {path}" * bool(path) + f":{line}" * bool(line)
    what = "the declaration" if isinstance(cause, DeclarationError) else "the module"
    return DeclarationError(error.message, next_step=f"correct {what}{where}")


def _place_of(error: BaseException, path: str) -> tuple[str, int | None]:
    """Return the last line that an error came through in a file or its package; that file, if there is none."""
    steps = [(step.filename, step.lineno) for step in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename is not None:
        steps.append((error.filename, error.lineno))
    top = _top_of(Path(path).absolute())
    places = [(location.relative(file), line) for file, line in steps if Path(file).absolute().is_relative_to(top)]
    return places[-1] if places else (path, None)


def _top_of(path: Path) -> Path:
    """Return the folder of the package that a file is in; the file itself, if it is in none."""
    folder, module = folders.module_in(path)
    top = folder / module.partition(".")[0]
    return top if path.is_relative_to(top) else path


def unreadable(entry_point: EntryPoint, error: ProviderError) -> Finding:
    """Return BK301: a declaring module cannot be read."""
    if error.__cause__ is None and error.next_step:  # nothing of it was imported
        return Finding("BK301", f"{error.message}: {error.found}", error.next_step, path=_file_of(entry_point))
    path, line, way = _file_of(entry_point), None, "mend that module"
    if path is not None:
        path, line = _place_of(error.__cause__ or error, path)
    elif entry_point.name:
        provider = discovery.provider_of(entry_point)
        way = f"correct {entry_point.name} = {entry_point.value!r} in the entry points of {provider}"
        path = "pyproject.toml" if isinstance(entry_point.metadata, str) else None
    else:
        way, path = f"correct {entry_point.value!r} in modules = [...]", "pyproject.toml"
    is_declared = isinstance(error.__cause__, DeclarationError)
    next_step = "correct the declaration" if is_declared else f"{way}, or install what has it: {_INSTALL}"
    close = "" if _file_of(entry_point) else modules_beside.there_is(_module_of(entry_point))
    return Finding("BK301", f"{error.message}{close}", next_step, path=path, line=line)


def imports_upstream(entry_point: EntryPoint, name: str, steps: Sequence[Step]) -> Finding:
    """Return BK304: a declaring module imports what it patches, at a line of its own or by other files."""
    path, own = _file_of(entry_point), "move the import into the functions that need it"
    first = steps[0] if steps else None
    if first is None or location.relative(first.path) == path:
        way, by = own, "".join(f", by {one}" for one in steps[1:])
    else:
        by = f", by {', '.join(map(str, steps))}"
        path, way = location.relative(first.path), f"{own}; if it is for patches by hand, backportkit.apply_all() does"
    return Finding(
        "BK304",
        f"{entry_point.value} imports {name}, which is patched here{by}: it is read right before {name} runs its body",
        f"{way}, or declare the patches in a module that does without {name}",
        path=path,
        line=first.line if first is not None else None,
    )


def _module_of(entry_point: EntryPoint) -> str:
    return entry_point.value.partition(":")[0].strip()


def _file_of(entry_point: EntryPoint) -> str | None:
    found = module_named(_module_of(entry_point))
    return None if found is None else location.relative(found.path)


def needless(patch_id: str, key: str, known: Iterable[str]) -> Finding:
    """Return BK305: the settings switch off, or ask for, an id that nobody declares."""
    deed = {"disable": "switches off", "enable": "asks for"}[key]
    message = f"[tool.backportkit] {deed} {patch_id!r}, which nobody declares in this environment"
    next_step = alike.then(patch_id, known, f"correct or delete it in {key} = [...]")
    return Finding("BK305", message, next_step, path="pyproject.toml")


def unreached(path: Path, line: int) -> Finding:
    """Return BK303: a file declares patches, and nothing leads to it."""
    return Finding(
        "BK303",
        "patches are declared here, and neither an entry point nor [tool.backportkit] leads to them",
        'name the module in [project.entry-points."backportkit.patches"], or in modules = [...] of [tool.backportkit]',
        path=location.relative(path),
        line=line,
    )
