"""Read the settings of uv and pip out of their files. Variables, which count before files, are read by the callers."""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.toml import parse
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Table(NamedTuple):
    """The settings in one file of uv, or in its table for `uv pip`.

    Attributes:
        path: The file.
        entries: Its settings.
    """

    path: Path
    entries: Mapping[str, Any]


class Config(NamedTuple):
    """The settings in the files of uv and pip.

    Attributes:
        uv: The tables of uv, those that count first first.
        pip: The settings of pip for all its commands.
    """

    uv: tuple[Table, ...]
    pip: Mapping[str, str]

    def of_uv(self, name: str) -> Any:
        """Return the value of the first table of uv that has a setting; None if none has it."""
        return next((table.entries[name] for table in self.uv if name in table.entries), None)

    def of_pip(self, name: str) -> str:
        """Return a setting of pip, from its variable or else from its files; empty if neither has it."""
        return os.environ.get(f"PIP_{name.upper().replace('-', '_')}") or self.pip.get(name, "")


def read(*, of_project: bool) -> Config:
    """Read the files of the user and the system, and with `of_project` those of the checkout, which may be anybody's.

    Raises UnavailableError if one cannot be read.
    """
    return Config(tuple(_uv_tables(of_project=of_project)), _of_pip())


def texts(value: Any) -> list[str]:
    """Return the texts of a list, or of one text with spaces between them."""
    return [str(one) for one in (value.split() if isinstance(value, str) else value or ())]


def _uv_tables(*, of_project: bool) -> Iterator[Table]:
    """Yield uv's settings, those that count first first, each with its table for `uv pip` after it."""
    for table in [*(_of_checkout() if of_project else ()), *(Table(path, _toml(path)) for path in _uv_files())]:
        yield table
        yield table._replace(entries=table.entries.get("pip") or {})


def _of_checkout() -> Iterator[Table]:
    """Yield the settings of the nearest folder that has any, from the working directory upwards."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        named, shared = folder / "uv.toml", folder / "pyproject.toml"
        tables = [Table(named, _toml(named)), Table(shared, _toml(shared).get("tool", {}).get("uv", {}))]
        if found := [table for table in tables if table.entries]:
            yield found[0]
            return


def _uv_files() -> Iterable[Path]:
    """Return the files that https://docs.astral.sh/uv/concepts/configuration-files/ names, but for a project's."""
    if os.environ.get("UV_NO_CONFIG"):
        return ()
    if named := os.environ.get("UV_CONFIG_FILE"):
        return (Path(named),)
    return _config_home() / "uv" / "uv.toml", _system() / "uv" / "uv.toml"


def _config_home() -> Path:
    if sys.platform == "win32":  # pragma: no cover -- the tests run on POSIX
        return Path(os.environ["APPDATA"])
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _system() -> Path:
    if sys.platform == "win32":  # pragma: no cover -- the tests run on POSIX
        return Path(os.environ["PROGRAMDATA"])
    return Path("/etc")


def _toml(path: Path) -> Mapping[str, Any]:
    """Return the content of a TOML file; nothing if there is none."""
    try:
        return parse(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UnavailableError:
    return UnavailableError(f"the settings in {path} cannot be read", found=_said(error), next_step="mend the file")


def _said(error: Exception) -> str:
    """Return what an error says, but no line of the file: it may have a password."""
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno} is in no section"
    if isinstance(error, configparser.ParsingError):
        return f"no settings in line {', '.join(str(number) for number, _ in error.errors)}"
    return str(error)


def _of_pip() -> Mapping[str, str]:
    """Return the settings that pip's files have for all commands. A later file counts before an earlier one."""
    parser = configparser.RawConfigParser()
    for path in _pip_files():
        try:
            parser.read(path, "utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from error
    return dict(parser["global"]) if parser.has_section("global") else {}


def _pip_files() -> list[Path]:
    """Return the files that https://pip.pypa.io/en/stable/topics/configuration/ names, in pip's own order."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    home = Path.home()
    of_user = [home / ("pip" if sys.platform == "win32" else ".pip"), _config_home() / "pip"]
    if sys.platform == "darwin":  # pragma: no cover -- the tests run on Linux
        of_user.insert(1, home / "Library" / "Application Support" / "pip")
    of_system = _system() / "pip" if sys.platform == "win32" else _system()
    files = [folder / name for folder in (of_system, *of_user, Path(sys.prefix))]
    return [*files, *([Path(named)] if named else [])]
