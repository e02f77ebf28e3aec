"""Choose findings by their codes: `--select`, `--ignore`, and `[tool.backportkit.check]` of a pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit import alike
from backportkit.check import toml
from backportkit.check.findings import RULES
from backportkit.check.formats import PROJECT
from backportkit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# Something could not be read: nobody knows which other findings there would be, and their lack would tell nothing.
UNJUDGED = frozenset({"BK301", "BK304", "BK503", "BK609"})
_TABLE = "[tool.backportkit.check]"
_KEYS = ("select", "ignore")
_EXAMPLE = "a list of codes, or of what codes begin with: {key} = ['BK4', 'BK104']"


class Codes(NamedTuple):
    """The codes that are asked for, and those that are left out; each whole, or what codes begin with.

    Attributes:
        select: The codes that are asked for. None asks for all.
        ignore: The codes that are left out.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def have(self, code: str) -> bool:
        """Tell whether a finding with that code is wanted: the longest text that the code begins with decides.

        What could not be judged is left out by its whole code alone.
        """
        if code in UNJUDGED:
            return code not in self.ignore
        selected = _longest(self.select, code) if self.select else 0
        return selected > _longest(self.ignore, code)

    def over(self, stated: Codes) -> Codes:
        """Return these codes of a command line with those that a project states: `--select` takes the place of both."""
        return self if self.select else Codes(stated.select, (*stated.ignore, *self.ignore))


EVERY = Codes()


def of_options(select: Iterable[str], ignore: Iterable[str]) -> Codes:
    """Return the codes that the options of a command name, with commas between them or not.

    Raises SettingsError for one that no code begins with.
    """
    return Codes(_named("--select", _words(select)), _named("--ignore", _words(ignore)))


def of_project(folder: Path) -> Codes:
    """Return the codes that the pyproject.toml in a folder states; all of them if there is none.

    Raises SettingsError for a wrong table, DeclarationError for a file that is no TOML.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        return EVERY
    table = toml.table(toml.read(path), "tool", "backportkit").get("check", {})
    if not isinstance(table, dict):
        raise _wrong(f"check of [tool.backportkit] in {path}", table, "a table with `select` and `ignore`")
    for key in table:
        if key not in _KEYS:
            expected, next_step = " or ".join(_KEYS), alike.question(key, _KEYS, alike.OWN) or "delete it"
            raise SettingsError(
                f"{_TABLE} in {path} has an unknown setting: {key}", expected=expected, next_step=next_step
            )
    return Codes(*(_named(f"{key} of {_TABLE} in {path}", _list(path, key, table.get(key, []))) for key in _KEYS))


def _longest(prefixes: Iterable[str], code: str) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)


def _words(options: Iterable[str]) -> list[str]:
    return " ".join(options).replace(",", " ").split()


def _list(path: Path, key: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(f"{key} of {_TABLE} in {path}", value, _EXAMPLE.format(key=key))
    return value


def _wrong(where: str, value: object, expected: str) -> SettingsError:
    return SettingsError(f"{where} cannot be used", expected=expected, found=repr(value))


def _named(where: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return names of codes in capitals. Raises SettingsError for one that no code begins with."""
    for name in names:
        if not name or not any(code.startswith(name.upper()) for code in RULES):
            raise SettingsError(
                f"{where} names {name!r}, and no finding has such a code",
                expected=f"a code such as BK402, or what codes begin with: {', '.join(_beginnings())}",
                next_step=_meant(name) or f"see {PROJECT}/blob/main/docs/findings.md, which has all codes",
            )
    return tuple(name.upper() for name in names)


def _beginnings() -> list[str]:
    return sorted({code[:3] for code in RULES})


def _meant(name: str) -> str:
    """Ask for the code, or for the title that somebody may have taken for one."""
    by_title = {rule.title: code for code, rule in RULES.items()}
    close = alike.names(name, by_title, 1)
    return f"did you mean {by_title[close[0]]}?" if close else alike.question(name, RULES)
