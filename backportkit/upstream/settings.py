"""Tell which package indexes the user has set for uv or pip: by environment variables, then in files."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from backportkit import redacted
from backportkit.upstream.config import texts
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from backportkit.upstream.config import Config, Table

PYPI = "https://pypi.org/simple/"
_NO = frozenset({"", "0", "false", "no", "off"})


class Index(NamedTuple):
    """An index, and what it is asked with.

    Attributes:
        url: Its address, without credentials.
        user: The name to ask with; empty if there is none.
        password: The password to ask with.
        place: The variable or the file that names it.
    """

    url: str
    user: str = ""
    password: str = ""
    place: str = "the default of uv and pip"


class _Said(NamedTuple):
    """The indexes that one place of settings names: those beside the default one, and the default one."""

    beside: tuple[Index, ...] = ()
    default: Index | None = None


def indexes(config: Config) -> list[Index]:
    """Return the indexes to ask, the first first: those of uv if it has any, else those of pip, else PyPI.

    Folders of files and flat indexes are left out: what they have is no evidence of what upstream published.
    """
    if _is_forbidden(config):
        return []
    found: dict[str, Index] = {}
    for index in _set_up(config):
        found.setdefault(index.url, index)
    return [index for index in found.values() if index.url.startswith("http")]


def _is_forbidden(config: Config) -> bool:
    """Tell whether the user has said that no index is to be asked."""
    said = os.environ.get("UV_NO_INDEX", ""), str(config.of_uv("no-index") or ""), config.of_pip("no-index")
    return any(one.lower() not in _NO for one in said)


def _set_up(config: Config) -> list[Index]:
    said = [_of_uv_environment(), *map(_of_uv_table, config.uv)]
    beside = [index for one in said for index in one.beside]
    default = next((one.default for one in said if one.default is not None), None)
    if beside or default is not None:
        return [*beside, default or Index(PYPI)]
    return list(_of_pip(config))


def _index(text: str, place: str, name: str = "") -> Index:
    """Return the index of an address, with the credentials in it or in uv's variables for an index of that name."""
    parts = _parts(text.strip(), place)
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))
    variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}_"
    user = os.environ.get(f"{variable}USERNAME") if name else None
    password = os.environ.get(f"{variable}PASSWORD") if name else None
    found = Index(url, user or unquote(parts.username or ""), password or unquote(parts.password or ""), place)
    redacted.also(found.password or found.user)
    redacted.also_in_path(url)
    return found


def _parts(address: str, place: str) -> SplitResult:
    """Return the parts of an address. Raises UnavailableError, without it, if it may have a password elsewhere."""
    parts = urlsplit(address)
    try:
        is_plain = parts.port is not None or not parts.netloc.endswith(":")
    except ValueError:  # it is no number
        is_plain = False
    if not is_plain or "@" in address.replace(parts.netloc, "", 1):
        raise UnavailableError(
            f"the address of an index in {place} cannot be read",
            expected="an address in which a name and password have / ? # @ and blanks as %2F %3F %23 %40 %20",
            found="an address that has its @ elsewhere, or no number as its port",
            next_step="escape them, or name them by variables, a keyring or .netrc",
        )
    return parts


def _of_uv_environment() -> _Said:
    beside = [_named(text, name) for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL") for text in _texts_of(name)]
    defaults = [_named(text, name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") for text in _texts_of(name)]
    return _Said(tuple(beside), next(iter(defaults), None))


def _texts_of(variable: str) -> list[str]:
    return os.environ.get(variable, "").split()


def _named(text: str, place: str) -> Index:
    """Return the index that `name=address` or an address says."""
    name, sign, url = text.partition("=")
    return _index(url, place, name) if sign and "/" not in name else _index(text, place)


def _of_uv_table(table: Table) -> _Said:
    """Return the indexes of uv's settings. An explicit one is for packages that name it, a flat one is a list of
    files.
    """
    path, said = str(table.path), table.entries
    entries = [one for one in said.get("index") or () if _counts(one)]
    beside = [_of_entry(one, path) for one in entries if not one.get("default")]
    beside += [_index(url, path) for url in texts(said.get("extra-index-url"))]
    defaults = [_of_entry(one, path) for one in entries if one.get("default")]
    defaults += [_index(url, path) for url in texts(said.get("index-url"))]
    return _Said(tuple(beside), next(iter(defaults), None))


def _counts(entry: Any) -> bool:
    return isinstance(entry, dict) and not entry.get("explicit") and entry.get("format") != "flat"


def _of_entry(entry: Mapping[str, Any], place: str) -> Index:
    return _index(str(entry.get("url", "")), place, str(entry.get("name", "")))


def _of_pip(config: Config) -> Iterator[Index]:
    """Yield pip's indexes: the main one, and those beside it."""
    for name in ("index-url", "extra-index-url"):
        variable = f"PIP_{name.upper().replace('-', '_')}"
        place = variable if os.environ.get(variable) else "the pip.conf that `pip config debug` shows"
        urls = texts(config.of_pip(name))
        yield from (_index(url, place) for url in urls)
        if name == "index-url" and not urls:
            yield Index(PYPI)


def credentials_of(url: str, known: Iterable[Index]) -> Index | None:
    """Return the index whose credentials are for an address: of those on its host, the one that is most alike."""
    host = urlsplit(url).netloc
    there = [one for one in known if one.user and urlsplit(one.url).netloc == host]
    return max(there, key=lambda one: _alike(one.url, url), default=None)


def _alike(one: str, other: str) -> int:
    """Return the number of characters that two addresses have in common at their start."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1), len(one))
