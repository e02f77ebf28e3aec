"""Switch patches off for a run, as BACKPORTKIT_DISABLE does for a process and for all that it starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error
from backportkit.engine.selection import is_of_provider, of_provider
from backportkit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

_VARIABLE, _ALL = "BACKPORTKIT_DISABLE", "all"


def switch_off(config: pytest.Config, given: Iterable[str]) -> None:
    """Switch patches off until the end of the run.

    Raises SettingsError if the variable does not count here, and for patches that were declared before.
    """
    names, before = _split(given), os.environ.get(_VARIABLE)
    config.add_cleanup(lambda: _set(before))
    config.add_cleanup(on_error.checked_by_caller.clear)
    on_error.checked_by_caller.update(names)  # `refuse_unknown` tells of them
    _set(",".join([*_split([before or ""]), *names]))
    if not on_error.switched_off().issuperset(names):
        raise SettingsError(
            f"--backportkit-off has no effect, since {_VARIABLE} is ignored here",
            next_step="start Python without -E and -I, and have the policy of the environment heed the variable",
        )
    early = [one.id for one in declared_patches if not {one.id, of_provider(one.provider), _ALL}.isdisjoint(names)]
    if early:
        raise SettingsError(
            "--backportkit-off comes too late for patches that were declared before pytest began",
            found=", ".join(early),
            next_step=f"set {_VARIABLE}={','.join(names)}",
        )


def refuse_unknown(config: pytest.Config, given: Iterable[str]) -> None:
    """Raise UnknownPatchError for an id that no provider, no conftest.py and not the project declares."""
    from backportkit.engine import verbs
    from backportkit.integrations.pytest import own

    names = _split(given)
    if _ALL in names:
        return
    if (config.rootpath / "pyproject.toml").is_file():
        own.read(config.rootpath)
    for name in names:
        if not is_of_provider(name):
            verbs.find(name)


def by(config: pytest.Config) -> str:
    """Return by what all patches are switched off."""
    return "--backportkit-off" if _ALL in _split(config.option.backportkit_off) else _VARIABLE


def _split(given: Iterable[str]) -> list[str]:
    return [name for text in given for name in map(str.strip, text.split(",")) if name]


def _set(value: str | None) -> None:
    if value is None:
        os.environ.pop(_VARIABLE, None)
    else:
        os.environ[_VARIABLE] = value
