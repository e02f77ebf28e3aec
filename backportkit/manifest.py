"""Read the manifest of an activated environment: which modules have patches, and whether that is true still.

It is text, so that reading it cannot harm an interpreter, with a checksum in front, so that damage is noticed. What a
start needs to know stands in the first lines; the last line has the declarations, as JSON, for whoever asks.
"""

import _imp
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Stamps = dict[str, str]

NAME = "zz_backportkit.manifest"  # beside the .pth file, which must come after those that extend sys.path

_MAGIC = b"backportkit manifest 1 "
_CHECKSUM = 17  # hexadecimal digits and the end of the line
KEY = 0x6261636B706F7274
_KIND, _REGULAR = 0o170000, 0o100000


def find(folders: "Iterable[str]") -> str | None:
    """The manifest that lies in the first of these folders to have one."""
    for folder in folders:
        path = f"{folder}/{NAME}"
        try:
            kind = os.stat(path).st_mode & _KIND  # noqa: PTH116 -- pathlib costs a third of a start
        except (OSError, ValueError):
            continue
        if kind == _REGULAR:  # to open a pipe is to wait for whoever writes to it
            return path
    return None


def read(path: str) -> "tuple[list[str], Stamps, Stamps]":
    """The modules that have patches, and the stamps of what must be as it was for that to be true.

    The first are those of the entries of `sys.path` that the manifest speaks for, the second those of the files that
    declare patches and are not installed but worked on.
    Raises OSError, or ValueError if it is damaged or the manifest of another environment.
    """
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read()
    body = content[len(_MAGIC) + _CHECKSUM :]
    if content != signed(body):
        raise ValueError("is damaged")
    fields: dict[str, list[str]] = {"environment": [], "modules": [], "folder": [], "source": []}
    for line in body.partition(b"\npatches\t")[0].decode("utf-8", "surrogateescape").split("\n"):
        kind, _, value = line.partition("\t")
        fields[kind].append(value)
    if fields["environment"] != [environment()]:
        raise ValueError(f"belongs to another environment, {fields['environment'][0]}")
    folders, sources = ([line.split("\t", 1)[::-1] for line in fields[kind]] for kind in ("folder", "source"))
    return fields["modules"][0].split(), dict(folders), dict(sources)


def signed(body: bytes) -> bytes:
    """The content of a manifest, with its checksum in front."""
    return b"%b%b\n%b" % (_MAGIC, _imp.source_hash(KEY, body).hex().encode(), body)


def environment() -> str:
    """What tells one environment from another."""
    return f"{sys.implementation.cache_tag} {sys.prefix}"


def changed(stamps: "Stamps") -> "list[str]":
    """The folders and files that are not what their stamps say."""
    return [path for path, stamp in stamps.items() if not _same(stamp.partition(" ")[0], stamp_of(path))]


def stamp_of(path: str) -> str:
    """When a file or folder was changed last, in nanoseconds; empty if it is not there."""
    try:
        return str(os.stat(path).st_mtime_ns)  # noqa: PTH116
    except OSError:
        return ""


def _same(then: str, now: str) -> bool:
    """Whether two stamps are equal, as far as the file system of an image's layer, which has no fractions, can tell."""
    return now == then or (now[-9:] == "000000000" and now[:-9] == then[:-9])
