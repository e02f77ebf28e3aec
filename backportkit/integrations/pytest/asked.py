"""Have the project's pyproject.toml collected beside the tests, where proofs are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import testing
from backportkit.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def have_collected(config: pytest.Config) -> None:
    """Add the file to the arguments of the run, unless one of them leads to it.

    Raises SettingsError if there is no such file, and MissingExtraError if what runs proofs is not installed.
    """
    path = config.rootpath / "pyproject.toml"
    if not path.is_file():
        raise SettingsError(
            "--backportkit proves the patches of a project, and here is none",
            expected=str(path),
            next_step="give the folder of the project by --rootdir",
        )
    testing.load_proofs()
    folder = config.invocation_params.dir
    if not any(_leads_to(path, folder / argument.partition("::")[0]) for argument in config.args):
        config.args.append(str(path))


def _leads_to(path: Path, argument: Path) -> bool:
    return path.is_relative_to(argument.resolve())
