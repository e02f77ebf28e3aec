"""Read the manifest of an activated environment: which modules have patches, and whether that is true still.

It is text, so that reading it cannot harm an interpreter, with a checksum in front, so that damage is noticed. What a
start needs to know stands in the first lines; the last ones have judgements, as JSON, a line for each provider.
"""

import _imp
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Stamps = dict[str, str]

NAME = "zz_backportkit.manifest"  # beside the .pth file, which must come after those that extend sys.path

in_force: "list[str]" = []  # the path of the manifest that this process started from, and nothing for none

_MAGIC = b"backportkit manifest 4 "
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


class Manifest:
    """What a manifest says.

    Attributes:
        path: The file.
        modules: The modules that have patches which are meant for the environment.
        packages: The packages that have others: nothing is to be done for them as long as the stamps hold.
        offers: The packages that have patches for those who ask for them.
        folders: The stamps of the entries of `sys.path` that it speaks for.
        sources: The stamps of the files that declare patches and are not installed but worked on.
        judged: For each provider, the modules that it patches, and what has been judged of its patches, as JSON.
    """

    __slots__ = ("folders", "judged", "modules", "offers", "packages", "path", "sources")

    def __init__(self, path: str, fields: "dict[str, list[str]]", judged: "list[bytes]") -> None:
        self.path = path
        self.modules = fields["modules"][0].split()
        self.packages = fields["packages"][0].split()
        self.offers = fields["offers"][0].split()
        self.folders, self.sources = (
            dict([line.split("\t", 1)[::-1] for line in fields[kind]]) for kind in ("folder", "source")
        )
        self.judged = judged


def read(path: str) -> Manifest:
    """What the manifest in a file says.

    Raises OSError, or ValueError or LookupError if it is damaged or the manifest of another environment.
    """
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read()
    body = content[len(_MAGIC) + _CHECKSUM :]
    if content != signed(body):
        raise ValueError("is damaged")
    head, *judged = body.split(b"\njudged\t")
    kinds = ("environment", "modules", "packages", "offers", "folder", "source")
    fields: dict[str, list[str]] = {kind: [] for kind in kinds}
    for line in head.decode("utf-8", "surrogateescape").split("\n"):
        kind, _, value = line.partition("\t")
        fields[kind].append(value)
    if fields["environment"] != [environment()]:
        raise ValueError(f"belongs to another environment, {fields['environment'][0]}")
    return Manifest(path, fields, judged)


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


def stamp_of_file(path: str) -> str:
    """When a file was changed last, in nanoseconds, and its size in bytes; empty if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def is_unchanged(path: str, stamp: str) -> bool:
    """Whether a file is the one that `stamp_of_file` has given a stamp for."""
    (time, _, size), (time_now, _, size_now) = stamp.partition(" "), stamp_of_file(path).partition(" ")
    return size == size_now and _same(time, time_now)


def _same(then: str, now: str) -> bool:
    """Whether two stamps are equal, as far as the file system of an image's layer, which has no fractions, can tell."""
    return now == then or (now[-9:] == "000000000" and now[:-9] == then[:-9])
