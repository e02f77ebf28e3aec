"""Tell which files are scanned, as which project or distribution, and what that supports."""

from __future__ import annotations

import email
import os
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from backportkit import alike, regular_file
from backportkit.check import supported, toml
from backportkit.errors import DeclarationError
from backportkit.scan.texts import Text
from backportkit.source import folders, location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from backportkit.check.supported import Support

_LEFT_OUT = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages"})
_METADATA = ".dist-info/METADATA"


class Unit(NamedTuple):
    """The files that are scanned together.

    Attributes:
        name: The distribution or the folder, as it is shown.
        texts: Its files.
        support: The versions that it supports.
        unread: The files that cannot be read, each with the reason.
        file: The only file that is told of, and parsed whatever is in it; empty for all files.
        is_of_others: True for a wheel or an installed distribution, whose files are nobody's to change.
    """

    name: str
    texts: tuple[Text, ...]
    support: Support
    unread: tuple[tuple[str, str], ...] = ()
    file: str = ""
    is_of_others: bool = False


def gather(names: Sequence[str]) -> list[Unit]:
    """Return what the arguments of the command name: folders, files, wheels, installed distributions.

    Raises DeclarationError for what is none of these.
    """
    return [unit for name in names or ["."] for unit in _named(name)]


def _named(name: str) -> list[Unit]:
    path = Path(name)
    if path.is_dir():
        return list(_of_folder(path))
    if path.is_file():
        return [_of_wheel(path) if path.suffix == ".whl" else _of_file(path)]
    return [_of_installed(name)]


# --- folders and files ---


def _of_folder(folder: Path) -> Iterator[Unit]:
    """Yield a folder; or, of one where distributions are installed, each of these."""
    metadata = sorted(folder.glob(f"*{_METADATA}"))
    if metadata:
        taken: set[str] = set()
        for one in metadata:
            unit = _of_metadata(one)
            taken |= {text.path for text in unit.texts}
            yield unit
        return
    texts, unread = _read(folder, list(folders.files_below(folder, _is_searched, _is_source)), _module)
    yield Unit(folder.name, texts, _support(folder), unread)


def _is_searched(folder: Path) -> bool:
    return folder.name not in _LEFT_OUT and not folders.is_apart(folder)


def _is_source(name: str) -> bool:
    return name.endswith((".py", ".pyw"))


def _of_file(path: Path) -> Unit:
    """Return a file with those of its project, or else of its package, which have what it imports."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 -- without `..`, and links as they are named
    top = _project(path.parent) or folders.module_in(path)[0]
    is_alone = top == path.parent and not _says_what_it_requires(top)
    below = top if _says_what_it_requires(top) else top / path.relative_to(top).parts[0]
    others = [] if is_alone else folders.files_below(below, _is_searched, _is_source)
    texts, unread = _read(top, [path, *(one for one in others if one != path)], _module)
    shown = location.relative(path)
    own = tuple(one for one in unread if one[0] == shown)
    return Unit(path.name, texts, _support(path.parent), own, file=shown)


def _project(folder: Path) -> Path | None:
    """Return the nearest folder that says what a project requires; None if there is none."""
    for place in (folder, *folder.parents):
        if _says_what_it_requires(place):
            return place
        if (place / ".git").exists() or place.name == "site-packages":
            break
    return None


def _says_what_it_requires(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file() or (folder / "requirements.txt").is_file()


def _read(
    top: Path, files: Sequence[Path], named: Callable[[Path, Path], str]
) -> tuple[tuple[Text, ...], tuple[tuple[str, str], ...]]:
    """Return the texts of files below a folder, and those that cannot be read; `named` tells their modules."""
    texts, unread = [], []
    for path in files:
        try:
            content = regular_file.read(path)
        except (OSError, ValueError) as error:
            unread.append((location.relative(path), str(error)))
            continue
        within = path.relative_to(top).as_posix()
        texts.append(Text(location.relative(path), named(top, path), _in_lines(content), within))
    return tuple(texts), tuple(unread)


def _in_lines(content: bytes) -> bytes:
    """Return a content whose lines end as they do on POSIX; Python reads those of other systems, too."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


def _module(top: Path, path: Path) -> str:
    """Return the module that a file is: by its packages, else by its folders, but for `src`."""
    folder, name = folders.module_in(path.absolute())
    inner = folder.relative_to(top.absolute()).parts if folder.is_relative_to(top.absolute()) else ()
    spaces = inner[inner.index("src") + 1 :] if "src" in inner else inner
    is_scattered = name != path.stem or not all(part.isidentifier() for part in spaces)
    return ".".join([*(() if is_scattered and "src" not in inner else spaces), name])


def _support(folder: Path) -> Support:
    """Return what a project supports: by the nearest pyproject.toml, or by the metadata beside a package."""
    for place in (folder.resolve(), *folder.resolve().parents):
        if _says_what_it_requires(place):
            return supported.of_project(place)
        package = place.name
        for metadata in place.parent.glob(f"*{_METADATA}"):
            if _has(metadata, package):
                return supported.of_metadata(metadata.read_text("utf-8", "replace"), metadata.parent.name)
        if (place / ".git").exists() or place.name == "site-packages":
            break
    return supported.NOTHING_KNOWN


def _has(metadata: Path, package: str) -> bool:
    """Tell whether an installed distribution has a package, by its name or its list of files."""
    name = metadata.parent.name.partition("-")[0]
    if canonicalize_name(name) == canonicalize_name(package):
        return True
    record = metadata.with_name("RECORD")
    return record.is_file() and f"\n{package}/" in f"\n{record.read_text('utf-8', 'replace')}"


# --- distributions ---


def _of_metadata(metadata: Path) -> Unit:
    """Return an installed distribution, by its metadata and its list of files."""
    top, text = metadata.parent.parent, metadata.read_text("utf-8", "replace")
    name = email.message_from_string(text).get("Name", metadata.parent.name)
    record = metadata.with_name("RECORD")
    lines = record.read_text("utf-8", "replace").splitlines() if record.is_file() else []
    named = [line.partition(",")[0].strip('"') for line in lines]
    files = [top / one for one in named if _is_source(one) and not one.startswith("..")]
    texts, unread = _read(top, [one for one in files if one.is_file()], _installed_module)
    return Unit(str(name), texts, supported.of_metadata(text, str(name)), unread, is_of_others=True)


def _installed_module(top: Path, path: Path) -> str:
    return _module_of(path.relative_to(top).as_posix())


def _installed() -> list[str]:
    return [str(one.metadata["Name"]) for one in distributions()]


def _of_installed(name: str) -> Unit:
    try:
        found = distribution(name)
    except (PackageNotFoundError, ValueError) as error:
        raise DeclarationError(
            f"there is nothing to scan by the name of {name!r}",
            expected="a folder, a Python file, a wheel, or an installed distribution",
            next_step=alike.then(name, _installed(), "correct the name"),
        ) from error
    support = supported.of_distribution(name)
    files = [Path(str(found.locate_file(one))) for one in found.files or () if _is_source(str(one))]
    files = [one for one in files if one.is_file()]
    if not files and (folder := _of_editable(found.read_text("direct_url.json") or "")) is not None:
        return next(_of_folder(folder))._replace(name=name, support=support)
    top = Path(str(found.locate_file("")))
    texts, unread = _read(top, [one for one in files if one.is_relative_to(top)], _installed_module)
    return Unit(name, texts, support, unread, is_of_others=True)


def _of_editable(direct: str) -> Path | None:
    """Return the folder of an editable install: https://packaging.python.org/en/latest/specifications/direct-url/."""
    import json
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        parts = urlsplit(str(toml.table(json.loads(direct)).get("url", "")))
    except ValueError:
        return None
    path = Path(url2pathname(parts.path))
    return path if parts.scheme == "file" and path.is_dir() else None


def _of_wheel(path: Path) -> Unit:
    """Return the Python files of a wheel. Raises DeclarationError if it cannot be read."""
    try:
        name = str(parse_wheel_filename(path.name)[0])
    except InvalidWheelFilename:
        name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one for one in archive.namelist() if _is_source(one)]
            texts = tuple(Text(one, _module_of(one), _in_lines(archive.read(one)), one) for one in names)
            metadata = next((one for one in archive.namelist() if one.endswith(_METADATA)), None)
            said = "" if metadata is None else archive.read(metadata).decode("utf-8", "replace")
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError) as error:
        raise DeclarationError(f"{path} cannot be read: {error}", next_step="name a whole wheel") from error
    return Unit(name, texts, supported.of_metadata(said, name), is_of_others=True)


def _module_of(path: str) -> str:
    inner = path.partition(".data/purelib/")[2] or path.partition(".data/platlib/")[2] or path
    return inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
