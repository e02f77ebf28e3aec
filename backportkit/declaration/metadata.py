"""Find installed distributions and read their metadata, as importlib.metadata does, at a lower cost.

Folders are read here. Where something else may know of distributions, an archive or a finder, importlib.metadata is
asked, which costs four starts of an interpreter.
"""

from __future__ import annotations

import io
import os
import sys

from backportkit import providers_on_disk
from backportkit.names import normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import Distribution
    from typing import Any

# In the order in which importlib.metadata looks for them; the last is an egg-info that is a file itself.
_FILES = ("METADATA", "PKG-INFO", "")

_indices: dict[str, tuple[int, dict[str, list[str]]]] = {}  # by the folder, with its time of change then
_known: dict[str, tuple[str, Metadata]] = {}  # by the path of the metadata, with the stamp of their file then


class Metadata:
    """The metadata of a distribution, read when somebody asks; `name` and `version` are None if they are not stated.

    Attributes:
        path: The folder of the metadata, or the one file that an egg-info may be.
    """

    __slots__ = ("_head", "_rest", "_source", "path")

    def __init__(self, source: _OnDisk | Distribution) -> None:
        self._source = source
        self.path = str(getattr(source, "_path", "")).rstrip("/")  # of a folder in an archive, it ends in a slash
        self._head: dict[str, str] | None = None
        self._rest: tuple[list[str], list[str]] | None = None

    @property
    def name(self) -> str | None:
        return self._read_head().get("name")

    @property
    def version(self) -> str | None:
        return self._read_head().get("version")

    @property
    def extras(self) -> list[str]:
        """The extras that it offers."""
        return self._read_rest()[0]

    @property
    def requires(self) -> list[str]:
        """Its requirements, with their markers."""
        return self._read_rest()[1]

    @property
    def key(self) -> str:
        """The name by which the distribution hides another one further down `sys.path`; its path if it has none."""
        return self.named or normalised(self.name or "") or self.path

    @property
    def named(self) -> str:
        """The normal name that the folder of the metadata has, which the installer gave it; empty if it has none."""
        folder, name = os.path.split(self.path)
        return _name_of_egg(os.path.basename(folder)) if name.lower() == "egg-info" else _name_in(name)  # noqa: PTH119

    @property
    def place(self) -> str:
        """The folder that it is installed in."""
        return os.path.dirname(self.path)  # noqa: PTH120 -- pathlib takes ten times as long

    def text(self, name: str) -> str:
        """Return the text of a file of the metadata; empty if there is none. Bytes that are no UTF-8 are replaced."""
        with self._open(name) as file:
            return file.read()

    def _open(self, name: str) -> io.TextIOBase:
        if isinstance(self._source, _OnDisk):
            return self._source.open(name)
        try:
            return io.StringIO(self._source.read_text(name) or "")
        except UnicodeDecodeError:
            content: bytes = self._source._path.joinpath(name).read_bytes()  # type: ignore[attr-defined]  # noqa: SLF001
            return io.StringIO(content.decode("utf-8", "replace"))

    def _read_head(self) -> dict[str, str]:
        if self._head is None:
            self._head = self._headers()
        return self._head

    def _headers(self) -> dict[str, str]:
        for name in _FILES:
            with self._open(name) as file:
                first = file.readline()
                try:
                    found = _headers(first, file, {"name", "version"})
                except ValueError:
                    message = _parsed(self.text(name))
                    return {key: message[key].strip() for key in ("name", "version") if key in message}
            if first:
                return found
        return {}

    def _read_rest(self) -> tuple[list[str], list[str]]:
        if self._rest is None:
            message = _parsed(next(filter(None, map(self.text, _FILES)), ""))
            stated: list[str] | None = message.get_all("Requires-Dist")
            if self.text("requires.txt"):  # of an egg
                stated = self._source.requires
            self._rest = message.get_all("Provides-Extra") or [], stated or []
        return self._rest


class _OnDisk:
    """The metadata in a folder."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def open(self, name: str) -> io.TextIOBase:
        try:
            return open(_file(self._path, name), encoding="utf-8", errors="replace")  # noqa: PTH123
        except OSError:
            return io.StringIO("")

    @property
    def requires(self) -> list[str] | None:
        from importlib.metadata import PathDistribution
        from pathlib import Path

        return PathDistribution(Path(self._path)).requires


def copies(name: str) -> list[Metadata]:
    """Return the copies of a distribution, by its normal name. The first one on `sys.path`, which counts, comes first.

    Metadata that were read before are kept as long as their file is the same.
    """
    indices = _indices_of_path()
    if indices is not None:
        return [_kept(path, _OnDisk) for index in indices for path in index.get(name, ())]
    from importlib.metadata import distributions

    return [_kept(str(getattr(one, "_path", "")), lambda _, one=one: one) for one in distributions(name=name)]


def everything() -> Iterator[Metadata]:
    """Return all distributions, also those that another one hides."""
    indices = _indices_of_path()
    if indices is not None:
        return (Metadata(_OnDisk(path)) for index in indices for paths in index.values() for path in paths)
    from importlib.metadata import distributions

    return map(Metadata, distributions())


def in_folder(folder: str) -> list[Metadata]:
    """Return the distributions in one folder, whether it is on `sys.path` or not."""
    return [Metadata(_OnDisk(path)) for paths in _index(folder).values() for path in paths]


def _kept(path: str, source: Any) -> Metadata:
    stamp = _stamp(path)
    then, known = _known.get(path, ("", None))
    if known is None or not stamp or then != stamp:
        known = Metadata(source(path))
        _known[path] = stamp, known
    return known


def _stamp(path: str) -> str:
    """Return a stamp that tells whether the file has changed; empty where nothing tells that, as in an archive."""
    for name in _FILES if path else ():
        try:
            found = os.stat(_file(path, name))  # noqa: PTH116 -- pathlib takes ten times as long
        except (OSError, ValueError):
            continue
        return f"{name} {found.st_mtime_ns} {found.st_size} {found.st_ino}"
    return ""


def _file(path: str, name: str) -> str:
    return os.path.join(path, name) if name else path  # noqa: PTH118 -- as above


# --- folders ---


def _indices_of_path() -> list[dict[str, list[str]]] | None:
    """Return the metadata in each entry of `sys.path`; None where importlib.metadata may know more than folders do."""
    if not providers_on_disk.is_whole_truth():
        return None
    try:
        return list(map(_index, sys.path))
    except NotADirectoryError:
        return None


def _index(folder: str) -> dict[str, list[str]]:
    """The paths of the metadata in a folder, by the normal names of the distributions; kept while it is unchanged."""
    try:
        time = os.stat(folder or ".").st_mtime_ns  # noqa: PTH116
        then, known = _indices.get(folder, (-1, {}))
        if then != time:
            known = _listed(folder or ".")
            if os.path.isabs(folder):  # noqa: PTH117 -- else the working directory may be another one
                _indices[folder] = time, known
    except NotADirectoryError:
        raise
    except (OSError, ValueError):  # not there or not readable: importlib.metadata passes it over, too
        return {}
    return known


def _listed(folder: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    own = os.path.basename(folder)  # noqa: PTH119
    for name in os.listdir(folder):  # noqa: PTH208
        is_inner = name.lower() == "egg-info" and own.lower().endswith(".egg")
        key = _name_of_egg(own) if is_inner else _name_in(name)
        if key or is_inner:
            found.setdefault(key, []).append(os.path.join(folder, name))  # noqa: PTH118
    return found


def _name_of_egg(name: str) -> str:
    """The normal name of the distribution that an egg is named after; empty for any other name of a file."""
    stem, _, suffix = name.lower().rpartition(".")
    return normalised(stem.partition("-")[0]) if suffix == "egg" else ""


def _name_in(name: str) -> str:
    """The normal name of the distribution that a folder or file of metadata is named after; empty for any other."""
    stem, dot, suffix = name.lower().rpartition(".")
    return normalised(stem.partition("-")[0]) if dot and suffix in {"dist-info", "egg-info"} else ""


# --- headers ---


def _parsed(text: str) -> Any:
    """Parse metadata with the description, as importlib.metadata does."""
    import email

    return email.message_from_string(text)


def _headers(line: str, rest: Iterable[str], wanted: set[str]) -> dict[str, str]:
    """The values of the first headers of these names, in lower case. Raises ValueError where they are not plain.

    A full parser reads the description, too, which has hundreds of kilobytes. It gets the texts that are not plain:
    those with a value that goes on in the next line, or with a line that is no header
    (https://docs.python.org/3/library/email.parser.html).
    """
    found: dict[str, str] = {}
    lines = iter(rest)
    while found.keys() != wanted and line.rstrip("\r\n"):
        following = next(lines, "")
        if line[0] not in " \t":
            name, colon, value = line.rstrip("\r\n").partition(":")
            key = name.lower()
            goes_on = key in wanted and following[:1] in {" ", "\t"}
            if not colon or not name.isascii() or " " in name or "\r" in value or goes_on:
                raise ValueError(line)
            if key in wanted:
                found.setdefault(key, value.strip())
        line = following
    return found
