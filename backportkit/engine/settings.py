"""Read the application's settings about patches: the table `[tool.backportkit]` of its pyproject.toml."""

from __future__ import annotations

import os

from backportkit import regular_file, toml
from backportkit.engine.selection import Settings
from backportkit.errors import SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EXAMPLES = {
    "disable": "disable = ['torch-178148', 'numpy-*']",
    "enable": "enable = ['requests-cve-2024-47081', 'pypdf-*']",
    "supersede": "supersede = {'theirs-1' = 'mine-1'}",
}
# The keys that commands read themselves.
_OF_COMMANDS = frozenset({"check", "modules"})
_POLICY = "policy"
_KNOWN = _OF_COMMANDS | _EXAMPLES.keys() | {_POLICY}


def read(path: str) -> Settings:
    """The settings in a pyproject.toml. Raises SettingsError, and MissingExtraError on Python 3.10 without tomli."""
    return of_table(path, _table(path))


def of_table(path: str, table: Any) -> Settings:
    """The settings in the table `[tool.backportkit]` of a pyproject.toml. Raises SettingsError."""
    if not isinstance(table, dict):
        raise _wrong(path, "has no table [tool.backportkit]", "one, perhaps empty")
    unknown = sorted(table.keys() - _KNOWN)
    if unknown:
        raise _no_such_setting(path, unknown)
    supersede = table.get("supersede", {})
    if not isinstance(supersede, dict) or not all(isinstance(new, str) for new in supersede.values()):
        raise _wrong(path, f"has supersede = {supersede!r}", f"a table of ids: {_EXAMPLES['supersede']}")
    names = _names(path, table, "disable"), supersede, _names(path, table, "enable")
    return Settings(path, *names, policy=_policy(path, table))


def _policy(path: str, table: dict[str, Any]) -> str:
    """Return the path of the policy that a settings file names, relative to its folder; empty if it names none."""
    name = table.get(_POLICY, "")
    if not isinstance(name, str):
        raise _wrong(path, f"has policy = {name!r}", "the path of a file: policy = 'deploy/backportkit-policy.toml'")
    return os.path.join(os.path.dirname(os.path.abspath(path)), name) if name else ""  # noqa: PTH100, PTH118, PTH120


def _names(path: str, table: dict[str, Any], key: str) -> tuple[str, ...]:
    names = table.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _wrong(path, f"has {key} = {names!r}", f"a list of ids and patterns: {_EXAMPLES[key]}")
    return tuple(names)


def _table(path: str) -> Any:
    try:
        content = toml.parse(regular_file.read(path).decode("utf-8"))
    except (OSError, ValueError) as error:
        wrong = _wrong(path, f"cannot be read: {error}", "a file in TOML, such as pyproject.toml")
        wrong.next_step = "correct the file, or what names it: apply_all(config=...) or BACKPORTKIT_CONFIG"
        raise wrong from error
    tool = content.get("tool")
    return tool.get("backportkit") if isinstance(tool, dict) else None


def _no_such_setting(path: str, unknown: list[str]) -> SettingsError:
    from backportkit import alike  # only for the message of an error

    what = "unknown settings" if unknown[1:] else "an unknown setting"
    error = _wrong(path, f"has {what}: {', '.join(unknown)}", f"only {', '.join(sorted(_KNOWN))}")
    questions = filter(None, (alike.question(name, _KNOWN, alike.OWN) for name in unknown))
    error.next_step = " ".join([*questions, str(error.next_step)])
    return error


def _wrong(path: str, what: str, expected: str) -> SettingsError:
    return SettingsError(f"the settings file {path} {what}", expected=expected, next_step="correct the file")
