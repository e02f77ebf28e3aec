"""Find the patch that a command is about, and read the module that is to declare it."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from backportkit.cli.printing import complain
from backportkit.declaration import discovery
from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error, verbs
from backportkit.errors import BackportError, DeclarationError, UnknownPatchError, let_interrupt_pass
from backportkit.names import normalised
from backportkit.redacted import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.check.project import Project
    from backportkit.declaration.registry import Declared

# The next step where a patch is not known.
HOW = "give --import MODULE or FILE, or name modules under [tool.backportkit] in the pyproject.toml here"

_FILES = (".py", ".toml", ".json")


def read(module: str | None) -> list[BackportError]:
    """Import a module that declares patches, also from the working directory; for None, what the project there names.

    `module` may also be the path of a Python file, or of a file of patches. Returns the errors of what the project
    names and cannot be read. Raises DeclarationError, with the cause, if `module` cannot be imported, and ProviderError
    if a policy does not allow it. From then on, providers of patches that are only offered are read, too.
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
    discovery.check_allowed(module)
    try:
        importlib.import_module(module)
    except BackportError:
        raise
    except BaseException as error:
        let_interrupt_pass(error)
        reason = f"{quoted(error)}{_close_to(module, error)}"
        raise DeclarationError(
            f"{module!r} cannot be imported: {reason}", next_step=_next_step(module, error)
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


def why_stale() -> str:
    """Say why programs may not find what the project in the working directory names; empty if nothing tells so."""
    own = _own_project()
    if own is None:
        return ""
    from backportkit.check import installed

    reason = installed.why_stale(own)
    return f"{reason}\nnext: {installed.AGAIN}" if reason else ""


def own_provider() -> str:
    """Return the normalised name that the project in the working directory has as a provider; empty for none."""
    own = _own_project()
    return "" if own is None else normalised(own.name)


def enabled() -> tuple[str, ...]:
    """Return the ids and patterns of patches that the project in the working directory asks for."""
    own = _own_project()
    return () if own is None else tuple(own.settings.enable)


def _own_project() -> Project | None:
    """Return the project in the working directory; None if there is none, or a wrong one, which has been told."""
    if not os.path.isfile("pyproject.toml"):  # noqa: PTH113 -- as above
        return None
    from pathlib import Path

    from backportkit.check import project

    try:
        return project.read(Path.cwd())
    except BackportError:
        return None


def _close_to(module: str, error: BaseException) -> str:
    """Return the module that may have been meant by one that is not there, for the end of a reason."""
    if not isinstance(error, ModuleNotFoundError) or not f"{module}.".startswith(f"{error.name}."):
        return ""
    from backportkit.source import modules_beside

    return modules_beside.there_is(module)


def _next_step(module: str, error: BaseException) -> str:
    missing = str(error.name) if isinstance(error, ModuleNotFoundError) else None
    is_dotted = all(part.isidentifier() for part in module.split("."))
    if not is_dotted or (missing is not None and f"{module}.".startswith(f"{missing}.")):
        return "give --import the dotted name of a module that declares patches, or a .py, .toml or .json file"
    return f"mend the module {module}, or what it imports: it is there, and its body fails"


def read_all(module: str | None) -> None:
    """Read what `read` reads and what all providers declare; report on stderr what cannot be read."""
    report(together(read(module), verbs.survey()[1]))


def together(unread: Sequence[BackportError], errors: Iterable[BackportError]) -> list[BackportError]:
    """Return what `read` could not read, and the errors of providers, without those that it has told.

    The project in the working directory may be installed, too: both ways lead to the same module.
    """
    told = tuple(one.message for one in unread)
    return [*unread, *(error for error in errors if not any(text.startswith(error.message) for text in told))]


def find(patch_id: str, module: str | None) -> Declared:
    """Return the patch with that id, declared by `module`, by the project in the working directory or by a provider.

    Raises UnknownPatchError if there is none, or the errors of what cannot be read, where it may be declared. Such
    errors are reported on stderr if the patch is found.
    """
    unread = read(module)
    try:
        verbs.find(patch_id)
    except UnknownPatchError as error:
        on_error.raise_all(unread, "read")
        raise tell_how(error, module) from None
    declared = declared_patches.find(patch_id)
    if declared is None:  # pragma: no cover -- the engine has just found it there
        raise UnknownPatchError("no such patch is declared here", patch=patch_id)
    report(together(unread, verbs.survey()[1]))
    return declared


def tell_how(error: UnknownPatchError, module: str | None) -> UnknownPatchError:
    """Add to the error how a command comes to know a patch, unless the user named a module; return the error."""
    if module is None:
        question = error.next_step or ""
        error.next_step = f"{question} Or {HOW}" if question.endswith("?") else HOW
    return error


def report(errors: Iterable[BackportError]) -> None:
    """Report errors on stderr, each once, and go on."""
    for text in dict.fromkeys(map(str, errors)):
        complain(f"backportkit: {text}", err=True)
