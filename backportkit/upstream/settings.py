"""Read which package indexes the user has set for uv or pip: environment variables first, then files of the user."""

from __future__ import annotations

import configparser
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from backportkit.declaration.toml import parse
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PYPI = "https://pypi.org/simple/"


class Index(NamedTuple):
    """An index, and what it is asked with.

    Attributes:
        url: Its address, without credentials.
        user: The name to ask with; empty if there is none.
        password: The password to ask with.
    """

    url: str
    user: str = ""
    password: str = ""


class _Said(NamedTuple):
    """The indexes that one place of settings names: those beside the default one, and the default one."""

    beside: tuple[Index, ...] = ()
    default: Index | None = None


def indexes(*, of_project: bool = False) -> list[Index]:
    """Return the indexes to ask, the first first: those of uv if it has any, else those of pip, else PyPI.

    Files in the working directory and above count only with `of_project`: a checkout may be anybody's. Folders of files
    are left out: what they have is no evidence of what upstream published.
    """
    return [index for index in dict.fromkeys(_set_up(of_project=of_project)) if index.url.startswith("http")]


def _set_up(*, of_project: bool) -> Iterable[Index]:
    said = [_of_uv_environment(), *(_of_uv_table(table) for table in _uv_tables(of_project=of_project))]
    beside = [index for one in said for index in one.beside]
    default = next((one.default for one in said if one.default is not None), None)
    if beside or default is not None:
        return [*beside, default or Index(PYPI)]
    return _of_pip()


def certificates() -> str | None:
    """Return the file of certificates that variables of uv and pip name; None if requests knows better."""
    return next((os.environ[name] for name in ("SSL_CERT_FILE", "PIP_CERT") if os.environ.get(name)), None)


def _index(text: str, name: str = "") -> Index:
    """Return the index of an address, with the credentials in it or in uv's variables for an index of that name."""
    parts = urlsplit(text.strip())
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))
    variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}_"
    user = os.environ.get(f"{variable}USERNAME") if name else None
    password = os.environ.get(f"{variable}PASSWORD") if name else None
    return Index(url, user or unquote(parts.username or ""), password or unquote(parts.password or ""))


def _of_uv_environment() -> _Said:
    beside = [_named(text) for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL") for text in os.environ.get(name, "").split()]
    default = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL")
    return _Said(tuple(beside), _named(default) if default else None)


def _named(text: str) -> Index:
    """Return the index that `name=address` or an address says."""
    name, sign, url = text.partition("=")
    return _index(url, name) if sign and "/" not in name else _index(text)


def _of_uv_table(table: Mapping[str, Any]) -> _Said:
    """Return the indexes of uv's settings. An explicit one is for packages that name it."""
    entries = [one for one in _list(table.get("index")) if isinstance(one, dict) and not one.get("explicit")]
    beside = [_of_entry(one) for one in entries if not one.get("default")]
    beside += [_index(str(url)) for url in _list(table.get("extra-index-url"))]
    defaults = [_of_entry(one) for one in entries if one.get("default")]
    defaults += [_index(table["index-url"])] if table.get("index-url") else []
    return _Said(tuple(beside), next(iter(defaults), None))


def _of_entry(entry: Mapping[str, Any]) -> Index:
    return _index(str(entry.get("url", "")), str(entry.get("name", "")))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _uv_tables(*, of_project: bool) -> Iterator[Mapping[str, Any]]:
    """Yield uv's settings, those that count first first, each with its table for `uv pip` after it."""
    for table in [*(_of_checkout() if of_project else ()), *map(_read, _uv_files())]:
        yield table
        yield table.get("pip") or {}


def _of_checkout() -> Iterator[Mapping[str, Any]]:
    """Yield the settings of the nearest folder that has any, from the working directory upwards."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        table = _read(folder / "uv.toml") or _read(folder / "pyproject.toml").get("tool", {}).get("uv", {})
        if table:
            yield table
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


def _read(path: Path) -> Mapping[str, Any]:
    """Return the content of a TOML file; nothing if there is none. Raises UnavailableError if it is no TOML."""
    try:
        return parse(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UnavailableError:
    return UnavailableError(f"the settings in {path} cannot be read", found=str(error), next_step="mend the file")


def _of_pip() -> Iterator[Index]:
    """Yield pip's indexes: the main one, and those beside it."""
    said = _pip_files()
    main = os.environ.get("PIP_INDEX_URL") or said.get("index-url") or PYPI
    beside = os.environ.get("PIP_EXTRA_INDEX_URL") or said.get("extra-index-url") or ""
    yield from map(_index, [main, *beside.split()])


def _pip_files() -> Mapping[str, str]:
    """Return what pip's files say of all commands, the last file first: https://pip.pypa.io/en/stable/topics/configuration/"""
    parser = configparser.RawConfigParser()
    named = os.environ.get("PIP_CONFIG_FILE")
    home = Path.home()
    files = [_system() / "pip.conf", home / ".pip" / "pip.conf", _config_home() / "pip" / "pip.conf"]
    if named == os.devnull:
        return {}
    for path in [*files, *([Path(named)] if named else [])]:
        try:
            parser.read(path, "utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from error
    return dict(parser["global"]) if parser.has_section("global") else {}
