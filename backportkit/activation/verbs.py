"""Activate an environment, so that each interpreter that starts in it arms its patches, and deactivate it.

Activating writes a manifest, a .pth file and, for Python 3.15 and later, a .start file, which takes precedence there.
Source: https://peps.python.org/pep-0829/
"""

from __future__ import annotations

import csv
import io
import json
import stat
import subprocess
import sys
import sysconfig
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit import bootstrap, manifest, providers_on_disk
from backportkit.activation import placing, write
from backportkit.declaration import discovery
from backportkit.errors import ActivationError
from backportkit.providers_on_disk import OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.registry import Declared

_STEM = bootstrap.NAME.partition(".")[0]
# Does no harm if backportkit was deleted and not uninstalled. It is one line, since a .pth file executes single lines;
# in a virtual environment each of them is executed twice.
_PTH = (
    "import sys; 'backportkit.bootstrap' in sys.modules or exec("
    r'"try: import backportkit.bootstrap as b; b.activate()\nexcept ModuleNotFoundError as e:\n'
    r" if e.name!='backportkit': raise"
    r'")'
)
_START = "backportkit.startup:activate"
# The umask does not count: with 077 other users would silently have no patches, with 000 they could change the files.
_MODE = 0o644


def activate() -> list[Path]:
    """Activate the environment of this interpreter, or renew its manifest; return the files that were written.

    They are added to backportkit's own RECORD, so that uninstalling it removes them. Reads all providers.

    Raises ProviderError if one cannot be read, and ActivationError, an OSError, if the folder cannot be written to.
    """
    with _as_a_new_interpreter_sees_it():
        written = _declarations()
    folder = _site_packages()
    pth, start, manifest_file = _files(folder)
    try:
        placing.place(pth, f"{_PTH}\n".encode(), _MODE)
        placing.place(start, f"{_START}\n".encode(), _MODE)
        placing.place(manifest_file, _manifest(written), _MODE)
        _record(folder, [pth, start, manifest_file])
        # Writing into the file that is there changes the folder no more, so that the stamp in the manifest is the last.
        manifest_file.write_bytes(_manifest(written))
    except OSError as error:
        with suppress(OSError):
            _remove(folder)
        raise _not_writable("activated", folder, error) from error
    return [pth, start, manifest_file]


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


def _files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / f"{_STEM}.pth", folder / f"{_STEM}.start", folder / bootstrap.NAME


def _remove(folder: Path) -> list[Path]:
    there = [path for path in _files(folder) if path.exists()]
    for path in there:
        path.unlink()
    if there:
        _record(folder, [])
    return there


def _not_writable(what: str, folder: Path, error: OSError) -> ActivationError:
    return ActivationError(
        f"this environment cannot be {what}",
        expected="a folder that can be written to",
        found=f"{error.strerror or error}: {error.filename or folder}",
        next_step="do it as the owner of the environment; or use `backportkit run`, which writes nothing",
    )


# --- the content of the manifest ---


@contextmanager
def _as_a_new_interpreter_sees_it() -> Iterator[None]:
    """Leave out of `sys.path` what environment variables and the folder of this program add, while the block runs."""
    path = list(sys.path)
    sys.path[:] = _entries_of_sys_path()
    bootstrap.bootstrap_finder.is_waiting = False  # this process only reads the sources of patched modules
    try:
        yield
    finally:
        sys.path[:] = path


def _declarations() -> tuple[list[str], list[str]]:
    """Return the lines for the head of a manifest, and the lines behind its head."""
    groups = write.read_providers()
    declared = [one for group in groups.values() for one in group]
    needed, idle = write.modules_of(groups)
    sources = (f"source\t{bootstrap.stamp_of(path)}\t{path}" for path in sorted(_sources(declared)))
    judged = (f"{' '.join(modules)}\t{json.dumps(said)}" for modules, said in write.by_provider(groups))
    names = (needed, idle, discovery.entry_points(OFFERS))
    return [*(" ".join(sorted(one)) for one in names), *sources], list(judged)


def _manifest(declarations: tuple[list[str], list[str]]) -> bytes:
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
    command = [sys.executable, "-E", "-c", code]
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


# --- backportkit's RECORD ---


def _record(folder: Path, files: list[Path]) -> None:
    """List these files, and no others of `_files`, among those that are removed when backportkit is uninstalled.

    Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    record = _record_in(folder)
    if record is None:  # not installed in this folder, or by something that keeps no such list
        return
    ours = {path.name for path in _files(folder)}
    rows = [row for row in csv.reader(io.StringIO(record.read_text("utf-8"))) if row and row[0] not in ours]
    rows += [[path.name, "", ""] for path in files]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    placing.place(record, text.getvalue().encode(), stat.S_IMODE(record.stat().st_mode))


def _record_in(folder: Path) -> Path | None:
    try:
        files = metadata.distribution("backportkit").files or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == "RECORD"]
    return next((path for path in found if path.parent.parent.resolve() == folder.resolve()), None)
