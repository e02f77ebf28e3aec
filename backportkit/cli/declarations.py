"""Find the patch that a command is about, and read the module that is to declare it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backportkit import engine
from backportkit.errors import BackportError, DeclarationError, UnknownPatchError, let_interrupt_pass
from backportkit.registry import declared_patches

if TYPE_CHECKING:
    from backportkit.registry import Declared

PatchId = Annotated[str, typer.Argument(metavar="ID", help="The patch, as `backportkit status` names it.")]
Module = Annotated[
    str | None, typer.Option("--import", metavar="MODULE", help="Import a module that declares patches first.")
]


def read(module: str | None) -> None:
    """Import a module that declares patches, from the working directory too; none for None.

    Raises DeclarationError, with the cause, if it cannot be imported.
    """
    if module is None:
        return
    sys.path.insert(0, str(Path.cwd()))
    try:
        importlib.import_module(module)
    except BackportError:
        raise
    except BaseException as error:
        let_interrupt_pass(error)
        raise DeclarationError(
            f"{module!r} cannot be imported: {type(error).__name__}: {error}",
            next_step="give --import the dotted name of a module that declares patches",
        ) from error


def find(patch_id: str, module: str | None) -> Declared:
    """The patch of that id, declared by that module or by an installed provider. Raises UnknownPatchError."""
    read(module)
    engine.find(patch_id)
    declared = declared_patches.find(patch_id)
    if declared is None:  # pragma: no cover -- the engine has just found it there
        raise UnknownPatchError("no such patch is declared here", patch=patch_id)
    return declared
