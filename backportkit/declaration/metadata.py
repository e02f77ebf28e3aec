"""Read what installed distributions say of themselves: single headers where those are enough, and no file twice."""

from __future__ import annotations

import os
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import Distribution
    from typing import Any

# In the order in which importlib.metadata looks for them; the last is an egg-info that is a file itself.
_FILES = ("METADATA", "PKG-INFO", "")

_known: dict[str, tuple[str, Metadata]] = {}  # by the folder, with the stamp that its file had


def of(distribution: Distribution) -> Metadata:
    """The metadata of a distribution; what was read before, if the file is the same."""
    folder = str(getattr(distribution, "_path", ""))
    stamp = _stamp(folder)
    then, known = _known.get(folder, ("", None))
    if known is None or not stamp or then != stamp:
        known = Metadata(distribution)
        _known[folder] = stamp, known
    return known


def text_of(distribution: Distribution, name: str) -> str | None:
    """The text of a file among the metadata, None if there is none; what is not UTF-8 in it is replaced."""
    try:
        return distribution.read_text(name)
    except UnicodeDecodeError:
        path: Any = distribution._path  # type: ignore[attr-defined]  # noqa: SLF001 -- only what has files fails to be decoded
        content: bytes = path.joinpath(name).read_bytes()
        return content.decode("utf-8", "replace")


def _stamp(folder: str) -> str:
    """What tells whether the file has changed; empty where that cannot be told, as in an archive."""
    for name in _FILES:
        with suppress(OSError, ValueError):
            found = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 -- pathlib takes ten times as long
            return f"{name} {found.st_mtime_ns} {found.st_size} {found.st_ino}"
    return ""


class Metadata:
    """What a distribution says. `name` and `version` are None where it does not say; the rest is read when it is used.

    `extras` are those that it offers, and `requires` has requirements with their markers.
    """

    __slots__ = ("_distribution", "_rest", "name", "version")

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution
        self._rest: tuple[list[str], list[str]] | None = None
        text = next(filter(None, (text_of(distribution, name) for name in _FILES)), "")
        try:
            found = _headers(text, {"name", "version"})
        except ValueError:
            message = _parsed(text)
            found = {name: message[name].strip() for name in ("name", "version") if name in message}
        self.name = found.get("name")
        self.version = found.get("version")

    @property
    def extras(self) -> list[str]:
        return self._read_rest()[0]

    @property
    def requires(self) -> list[str]:
        return self._read_rest()[1]

    def _read_rest(self) -> tuple[list[str], list[str]]:
        if self._rest is None:
            message = _parsed(next(filter(None, (text_of(self._distribution, name) for name in _FILES)), ""))
            stated: list[str] | None = message.get_all("Requires-Dist")
            if self._distribution.read_text("requires.txt"):  # of an egg
                stated = self._distribution.requires
            self._rest = message.get_all("Provides-Extra") or [], stated or []
        return self._rest


def _parsed(text: str) -> Any:
    """As importlib.metadata parses it, description and all."""
    import email

    return email.message_from_string(text)


def _headers(text: str, wanted: set[str]) -> dict[str, str]:
    """The values of the first headers of these names, in lower case. Raises ValueError where they are not plain.

    A whole parser reads the description, too, which has hundreds of kilobytes. What is not plain is left to it: a value
    that goes on in the next line, and whatever is no header (https://docs.python.org/3/library/email.parser.html).
    """
    found: dict[str, str] = {}
    start = 0
    while start < len(text) and found.keys() != wanted:
        end = text.find("\n", start) + 1 or len(text)
        line = text[start:end].rstrip("\r\n")
        start = end
        if not line:
            break
        if line[0] in " \t":
            continue
        name, colon, value = line.partition(":")
        key = name.lower()
        if not colon or not name.isascii() or " " in name or "\r" in line:
            raise ValueError(line)
        if key in wanted and text[end : end + 1] in {" ", "\t"}:
            raise ValueError(line)
        if key in wanted:
            found.setdefault(key, value.strip())
    return found
