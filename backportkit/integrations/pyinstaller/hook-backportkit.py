"""Put into an application what its patches need: their providers, the metadata of these, and the sources to compare."""

from __future__ import annotations

from PyInstaller import isolated
from PyInstaller.config import CONF  # pyright: ignore[reportMissingImports] -- PyInstaller is there when it runs this
from PyInstaller.utils.hooks import collect_submodules, copy_metadata

from backportkit.integrations import pyinstaller

# Only commands use these.
_OF_COMMANDS = ("__main__", "authoring", "check", "cli", "integrations.pyinstaller", "proof", "upstream")


def _is_for_applications(name: str) -> bool:
    return not name.startswith(tuple(f"backportkit.{one}" for one in _OF_COMMANDS))


def _read_needs() -> dict[str, list[str]]:
    """Return the needs. It runs in a process of its own, where importing providers leaves no trace."""
    from backportkit.integrations.pyinstaller import needs

    return needs()


_needs = isolated.call(_read_needs)
hiddenimports = collect_submodules("backportkit", filter=_is_for_applications) + _needs["modules"]
# These are imported by functions that only their users call.
excludedimports = ["dask", "distributed", "ray", "rich", "torch", "typer", "uv"]
# Bodies are compared by their sources.
module_collection_mode = dict.fromkeys([*_needs["modules"], *_needs["patched"]], "pyz+py")
datas = [(pyinstaller.write_versions(CONF["workpath"]), "backportkit")]
for _name in _needs["providers"]:
    datas += copy_metadata(_name)
