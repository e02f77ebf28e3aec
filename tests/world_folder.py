"""A small world for one test: modules and distributions in a folder, and scripts that run there in a fresh process."""

from __future__ import annotations

import textwrap
import zipfile
from typing import TYPE_CHECKING

import warm

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class World:
    """A folder that is first on `sys.path` of every script that `run` starts."""

    def __init__(self, folder: Path, interpret: Callable[..., subprocess.CompletedProcess[str]] = warm.fresh) -> None:
        self.folder = folder
        self._interpret = interpret

    def write(self, name: str, text: str) -> Path:
        """Write a file, dedented; packages on the way to a module get an empty `__init__.py`."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.relative_to(self.folder).parents[:-1]:
            if path.suffix == ".py" and not (self.folder / parent / "__init__.py").exists():
                (self.folder / parent / "__init__.py").touch()
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def distribution(
        self,
        name: str,
        version: str,
        entry_points: Mapping[str, str] | None = None,
        *,
        offers: Mapping[str, str] | None = None,
    ) -> Path:
        """Install the metadata of a distribution, with entry points in the groups of patches and of offers."""
        folder = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        groups = {"patches": entry_points or {}, "offers": offers or {}}
        lines = [
            line
            for group, entries in groups.items()
            for line in (f"[backportkit.{group}]", *(f"{package} = {module}" for package, module in entries.items()))
        ]
        (folder / "entry_points.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
        return folder

    def provide(self, module: str, patches: str) -> None:
        """Install `victim` 1.5 with the text of its module, and `provider` with the text of its patches of it."""
        self.distribution("victim", "1.5")
        self.write("victim.py", module)
        self.distribution("provider", "1.0", {"victim": "provider"})
        self.write("provider.py", patches)

    def wheel(self, name: str, version: str, text: str, module: str = "", metadata: str = "") -> Path:
        """Write a wheel with one module, of the same name if none is given, into the folder `wheels`.

        `UV_FIND_LINKS` may name that. `metadata` are further lines of its METADATA.
        """
        wheel = f"{name.replace('-', '_')}-{version}"
        info, path = f"{wheel}.dist-info", self.folder / "wheels" / f"{wheel}-py3-none-any.whl"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{module or name}.py", text)
            head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            archive.writestr(f"{info}/METADATA", head + metadata)
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            names = f"{module or name}.py", *(f"{info}/{file}" for file in ("METADATA", "WHEEL", "RECORD"))
            archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
        return path

    def start(
        self, script: str, *arguments: str, flags: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script, dedented, with `sys.path[0]` the folder; return the finished process, whatever its end."""
        path = self.folder / "script.py"
        path.write_text(f"import sys; sys.path.insert(0, {str(self.folder)!r})\n{textwrap.dedent(script)}", "utf-8")
        return self._interpret([*flags, str(path), *arguments], self.folder, env)

    def run(
        self, script: str, *arguments: str, flags: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> list[str]:
        """Run a script that must end well and say nothing on stderr; return the lines that it printed."""
        done = self.start(script, *arguments, flags=flags, env=env)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
        return done.stdout.splitlines()
