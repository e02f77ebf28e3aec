"""Find the patch that a command is about, and read the module that is to declare it."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from backportkit.cli.printing import say
from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error, verbs
from backportkit.errors import BackportError, DeclarationError, UnknownPatchError, let_interrupt_pass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.registry import Declared

# How the commands come to know a patch.
HOW = "give --import MODULE or FILE, or name modules under [tool.backportkit] in the pyproject.toml here"

_FILES = (".py", ".toml", ".json")


def read(module: str | None) -> list[BackportError]:
    """Import a module that declares patches, from the working directory too; for None what the project there names.

    The file of a module, and one of patches, may be named as well. Returns why some of what the project names cannot be
    read. Raises DeclarationError, with the cause, if the module that was named cannot be imported. From then on what is
    only offered is read, too.
    """
    verbs.read_offers()
    if module is None:
        return _read_project()
    if module.endswith(_FILES) and os.path.isfile(module):  # noqa: PTH113 -- as below
        return _read_file(module)
    from backportkit.check import project
    from backportkit.source import location

    here = location.here()
    if here is not None:
        project.make_importable(here)
    try:
        importlib.import_module(module)
    except BackportError:
        raise
    except BaseException as error:
        let_interrupt_pass(error)
        raise DeclarationError(
            f"{module!r} cannot be imported: {type(error).__name__}: {error}", next_step=_next_step(module, error)
        ) from error
    return []


def _read_file(name: str) -> list[BackportError]:
    from pathlib import Path

    from backportkit.check import scope

    return scope.read_file(Path(name))


def _read_project() -> list[BackportError]:
    """Read what the project in the working directory names. A folder without a pyproject.toml declares nothing."""
    if on_error.all_disabled() or not os.path.isfile("pyproject.toml"):  # noqa: PTH113 -- pathlib costs half a start
        return []
    from pathlib import Path

    from backportkit.check import scope

    return scope.read_project(Path.cwd())


def _next_step(module: str, error: BaseException) -> str:
    missing = str(error.name) if isinstance(error, ModuleNotFoundError) else None
    is_dotted = all(part.isidentifier() for part in module.split("."))
    if not is_dotted or (missing is not None and f"{module}.".startswith(f"{missing}.")):
        return "give --import the dotted name of a module that declares patches, or a .py, .toml or .json file"
    return f"mend the module {module}, or what it imports: it is there, and its body fails"


def read_all(module: str | None) -> None:
    """Read what `read` does and what all providers declare; say on stderr what cannot be read."""
    _tell([*read(module), *verbs.survey()[1]])


def find(patch_id: str, module: str | None) -> Declared:
    """The patch of that id, declared by that module, by the project in the working directory or by a provider.

    What cannot be read besides is said on stderr. Raises UnknownPatchError, or the error of what cannot be read, where
    the patch may be.
    """
    unread = read(module)
    try:
        verbs.find(patch_id)
    except UnknownPatchError as error:
        on_error.raise_all(unread)
        raise tell_how(error, module) from None
    declared = declared_patches.find(patch_id)
    if declared is None:  # pragma: no cover -- the engine has just found it there
        raise UnknownPatchError("no such patch is declared here", patch=patch_id)
    _tell([*unread, *verbs.survey()[1]])
    return declared


def tell_how(error: UnknownPatchError, module: str | None) -> UnknownPatchError:
    """The error, which says how the commands come to know a patch too, unless that was said to them."""
    if module is None:
        error.next_step = f"{error.next_step} Or {HOW}" if error.next_step else HOW
    return error


def _tell(errors: Iterable[BackportError]) -> None:
    """Say on stderr what keeps nobody from going on, each once."""
    for text in dict.fromkeys(map(str, errors)):
        say(f"backportkit: {text}", err=True)
