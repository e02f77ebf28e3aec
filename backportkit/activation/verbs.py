"""Activate an environment, so that each interpreter that starts in it arms its patches, and deactivate it.

Activating writes a manifest, a .pth file and, for Python 3.15 and later, a .start file, which takes precedence there.
Source: https://peps.python.org/pep-0829/
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit import bootstrap, manifest, providers_on_disk
from backportkit.activation import placing, policies, policy_files, record, required, write
from backportkit.declaration import discovery
from backportkit.errors import ActivationError
from backportkit.policy import going_on, in_force
from backportkit.providers_on_disk import OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.registry import Declared

Declarations: TypeAlias = "tuple[list[str], list[str]]"  # the lines for the head of a manifest, and those behind it

_STEM = bootstrap.NAME.partition(".")[0]
# Does nothing if backportkit was deleted and not uninstalled. It is one line, since a .pth file executes single lines;
# in a virtual environment each of them is executed twice. The package is found once, which is what costs most.
_PTH = (
    "import _frozen_importlib as f; ('backportkit' in f.sys.modules or (s:=f._find_spec('backportkit',None)) and"
    " f._load(s)) and f._gcd_import('backportkit.bootstrap').activate()"
)
_START = "backportkit.startup:activate"
# The umask does not count: with 077 other users would silently have no patches, with 000 they could change the files.
_MODE = 0o644
_INSTEAD = {
    "activated": "use `backportkit run`, which writes nothing",
    "deactivated": "start programs with BACKPORTKIT_DISABLE=all",
}
_CONTENT = {".pth": f"{_PTH}\n".encode(), ".start": f"{_START}\n".encode()}


class Files(NamedTuple):
    """The files that activate an environment."""

    pth: Path
    start: Path
    manifest: Path


def activate() -> list[Path]:
    """Activate the environment of this interpreter, or renew its manifest; return the files that were written.

    All but the lines of the policy are added to backportkit's own RECORD, so that uninstalling it removes them. Reads
    all providers.

    Raises ProviderError if one cannot be read, PolicyError or NotAppliedError if a start would not have what the policy
    requires, and ActivationError, an OSError, if the folder cannot be written to.
    """
    in_force.renew()
    with _as_a_new_interpreter_sees_it():
        with _asleep():
            written = _declarations()
        required.check()
    folder = _site_packages()
    files = _files(folder)
    try:
        _place(files, written)
    except OSError as error:
        with suppress(OSError):
            _remove(folder)
        raise _not_writable("activated", folder, error) from error
    return [*policies.renew_lines(), *files]


def _place(files: Files, written: Declarations) -> None:
    """Put the files in their places. The manifest comes last, since it has a stamp of their folder."""
    placing.place(files.pth, _CONTENT[files.pth.suffix], _MODE)
    placing.place(files.start, _CONTENT[files.start.suffix], _MODE)
    content = _manifest(written)
    folder = files.manifest.parent
    with placing.keeping_time(folder):
        placing.place(files.manifest, content, _MODE)
    record.list_files(folder, files, files)


def verify() -> dict[Path, str] | None:
    """Return the files of `activate` and of backportkit's RECORD that are not as they were written, each with why.

    So it does with those that the policy names by their hashes. Returns None if the environment is not activated.
    Imports no provider.
    """
    folder = _site_packages()
    files = _files(folder)
    if not any(path.exists() for path in files):
        return None
    own = {path: why for path in files if (why := _why_wrong(path)) is not None}
    return record.changed(folder, files) | own | _changed_since(files.manifest) | dict(policies.altered())


def _changed_since(path: Path) -> dict[Path, str]:
    """Return what a manifest has stamps of and that is another one now: policy, declarations, installed."""
    try:
        head = bootstrap.read(str(path))
    except (OSError, ValueError):  # said elsewhere
        return {}
    folders = providers_on_disk.installed_since(head.folders, bootstrap.changed(head.folders))
    found = {Path(one): "has other distributions than `activate` has found" for one in folders}
    found |= {Path(one): "was changed since `activate`" for one in bootstrap.changed(head.sources)}
    policy = in_force.of_environment()
    return (
        found | dict(policy_files.altered(head.sources.get(policy, ""))) | dict(policy_files.replaceable(Path(policy)))
    )


def _why_wrong(path: Path) -> str | None:
    """Return why a file of ours cannot be trusted; None if it can be."""
    if not path.is_file():
        return "is no regular file" if path.exists() else "is missing"
    try:
        if path.suffix not in _CONTENT:
            manifest.judged(bootstrap.read(str(path)))
            return None
        with path.open("rb") as file:
            bootstrap.check_writers(file.fileno())
            return None if file.read() == _CONTENT[path.suffix] else "is not what this release writes"
    except (OSError, ValueError) as error:
        return str(error)


def deactivate() -> list[Path]:
    """Undo `activate`; return the files that were removed, none if the environment was not activated.

    Raises ActivationError, an OSError, if the folder cannot be written to.
    """
    folder = _site_packages()
    try:
        return _remove(folder)
    except OSError as error:
        raise _not_writable("deactivated", folder, error) from error


def _site_packages() -> Path:
    return Path(sysconfig.get_path("purelib"))


def _files(folder: Path) -> Files:
    return Files(folder / f"{_STEM}.pth", folder / f"{_STEM}.start", folder / bootstrap.NAME)


def _remove(folder: Path) -> list[Path]:
    files = _files(folder)
    there = [path for path in files if path.exists()]
    for path in there:
        path.unlink()
    if there:
        record.list_files(folder, [], files)
    return there


def _not_writable(what: str, folder: Path, error: OSError) -> ActivationError:
    return ActivationError(
        f"this environment cannot be {what}",
        expected="a folder that can be written to",
        found=f"{error.strerror or error}: {error.filename or folder}",
        next_step=f"do it as the owner of the environment; or {_INSTEAD[what]}",
    )


# --- the content of the manifest ---


@contextmanager
def _as_a_new_interpreter_sees_it() -> Iterator[None]:
    """Leave out of `sys.path` what environment variables and the folder of this program add, while the block runs."""
    path = list(sys.path)
    sys.path[:] = _entries_of_sys_path()
    try:
        yield
    finally:
        sys.path[:] = path


@contextmanager
def _asleep() -> Iterator[None]:
    """Have the finder of this process's own start wait for nothing while the block reads the declarations."""
    finder = bootstrap.bootstrap_finder
    waits, finder.is_waiting = finder.is_waiting, False
    try:
        yield
    finally:
        finder.is_waiting = waits


def _declarations() -> Declarations:
    groups = write.read_providers()
    declared = [one for group in groups.values() for one in group]
    needed, idle = write.modules_of(groups)
    stamps = {path: bootstrap.stamp_of(path) for path in sorted(_sources(declared))}
    stamps[in_force.of_environment()] = policy_files.kept()
    sources = (f"source\t{stamp}\t{path}" for path, stamp in stamps.items())
    judged = (f"{' '.join(modules)}\t{json.dumps(said)}" for modules, said in write.by_provider(groups))
    names = (needed, idle, discovery.entry_points(OFFERS))
    return [*(" ".join(sorted(one)) for one in names), *sources], list(judged)


def _manifest(declarations: Declarations) -> bytes:
    head, judged = declarations
    return manifest.content([*head, *map(_folder_line, _entries_of_sys_path())], judged)


def _folder_line(folder: str) -> str:
    return f"folder\t{bootstrap.stamp_of(folder)} {providers_on_disk.stamp_of_installed(folder)}\t{folder}"


def _entries_of_sys_path() -> list[str]:
    """Return the `sys.path` of a new interpreter of this environment, without the folder of the program.

    With `-c` that is the working directory, which is deleted before anything is imported from it. `-P` would do the
    same since 3.11, and `-I` would leave out the user's own site-packages.
    """
    code = "import sys; del sys.path[0]; import json; print(json.dumps(sys.path))"
    command = [sys.executable, "-E", "-X", going_on.CONTINUE, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- this very interpreter
    entries: list[str] = json.loads(done.stdout)
    return entries


def _sources(declared: Iterable[Declared]) -> Iterator[str]:
    """Yield the files that say which modules are patched: those of declarations, and those of the providers' packages.

    Files in site-packages are left out: they change only with what is installed.
    """
    places = set(map(write.file_of, declared))
    packages = {entry.module.partition(".")[0] for entry in write.entry_points()}
    loaded = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in packages]
    files = {getattr(module, "__file__", None) for module in loaded}
    paths = (Path(path).absolute() for path in {*places, *files} if path)
    return (str(path) for path in paths if path.is_file() and _site_packages() not in path.parents)
