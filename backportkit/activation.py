"""Activate an environment: have every interpreter that starts in it arm its patches, from a manifest. And take it back.

Beside the manifest there are a .pth file and, for Python 3.15 and later, a .start file, which takes precedence there.
Source: https://peps.python.org/pep-0829/
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import sysconfig
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backportkit import discovery, manifest, scan
from backportkit.errors import ActivationError
from backportkit.registry import declared_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.model import Edit
    from backportkit.registry import Declared

_STEM = manifest.NAME.partition(".")[0]
# Harmless where backportkit was deleted and not uninstalled. One line, since that is what a .pth file can execute; in a
# virtual environment it is executed twice.
_PTH = (
    "import sys; 'backportkit.startup' in sys.modules or exec("
    r'"try: from backportkit import startup\nexcept ModuleNotFoundError as e:\n'
    r" if e.name != 'backportkit': raise\nelse: startup.activate()"
    r'")'
)
_START = "backportkit.startup:activate"
_DIGITS = 12


def activate() -> list[Path]:
    """Activate the environment of this interpreter, or renew its manifest; return the files that were written.

    They are added to backportkit's own RECORD, so that uninstalling it removes them. Reads all providers.

    Raises ProviderError if one cannot be read, and ActivationError, an OSError, if the folder cannot be written to.
    """
    declared = _read_providers()
    folder = _site_packages()
    pth, start, frozen = _files(folder)
    try:
        for path in (pth, start, frozen):
            path.touch()  # now: what the manifest says of the folder must be true when all is done
        start.write_text(_START + "\n", "utf-8")
        _record(folder, [pth, start, frozen])
        frozen.write_bytes(manifest.signed(_body(declared).encode("utf-8", "surrogateescape")))
        pth.write_text(_PTH + "\n", "utf-8")
    except OSError as error:
        with suppress(OSError):
            _remove(folder)
        raise _not_writable("activated", folder, error) from error
    return [pth, start, frozen]


def deactivate() -> list[Path]:
    """Take back what `activate` has done; return the files that were removed, none if it was not activated.

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
    return folder / f"{_STEM}.pth", folder / f"{_STEM}.start", folder / manifest.NAME


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


# --- what is frozen ---


def _read_providers() -> list[Declared]:
    for entry_points in discovery.entry_points().values():
        for entry_point in entry_points:
            discovery.load(entry_point)
    return list(declared_patches)


def _body(declared: list[Declared]) -> str:
    modules = sorted({module for one in declared for module in one.patch.modules})
    sources = [f"source\t{manifest.stamp_of(path)}\t{path}" for path in sorted(_sources(declared))]
    patches = [_written(one) for one in declared]
    digest = hashlib.sha256(json.dumps(patches).encode()).hexdigest()[:_DIGITS]
    lines = [
        f"environment\t{manifest.environment()}",
        f"modules\t{' '.join(modules)}",
        *map(_folder_line, _entries_of_sys_path()),
        *sources,
        f"patches\t{json.dumps({'digest': digest, 'patches': patches})}",
    ]
    return "\n".join(lines) + "\n"


def _folder_line(folder: str) -> str:
    return f"folder\t{manifest.stamp_of(folder)} {scan.stamp_of_installed(folder)}\t{folder}"


def _entries_of_sys_path() -> list[str]:
    """What a new interpreter of this environment has on `sys.path`, but for the folder of the program."""
    code = "import json, sys; print(json.dumps(sys.path[1:]))"
    command = [sys.executable, "-E", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- this very interpreter
    entries: list[str] = json.loads(done.stdout)
    return entries


def _sources(declared: Iterable[Declared]) -> Iterator[str]:
    """The files that say which modules are patched: where the declarations stand, and the packages of the providers.

    But for those that were installed into site-packages: they change with what is installed.
    """
    places = {one.place.rpartition(", patch ")[0] or one.place.rpartition(":")[0] for one in declared}
    modules = {entry.module for entries in discovery.entry_points().values() for entry in entries}
    packages = {module.partition(".")[0] for module in modules}
    loaded = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in packages]
    files = {getattr(module, "__file__", None) for module in loaded}
    paths = (Path(path).absolute() for path in {*places, *files} if path)
    return (str(path) for path in paths if path.is_file() and _site_packages() not in path.parents)


def _written(declared: Declared) -> dict[str, Any]:
    patch = declared.patch
    return {
        "id": patch.id,
        "provider": declared.provider,
        "requires": patch.requires,
        "edits": [_written_edit(edit) for edit in patch.edits],
    }


def _written_edit(edit: Edit) -> dict[str, Any]:
    put = {"value": edit.value} if edit.has_value else {"replacement": str(edit.replacement)}
    return {"target": str(edit.target), **put, "how": edit.how, "original": edit.original, "fixed": edit.fixed}


# --- backportkit's RECORD ---


def _record(folder: Path, files: list[Path]) -> None:
    """Have these files of ours, and no others, in the list of what is removed when backportkit is uninstalled.

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
    draft = record.with_name("RECORD.backportkit")
    draft.write_text(text.getvalue(), "utf-8")
    draft.replace(record)


def _record_in(folder: Path) -> Path | None:
    try:
        files = metadata.distribution("backportkit").files or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == "RECORD"]
    return next((path for path in found if path.parent.parent.resolve() == folder.resolve()), None)
