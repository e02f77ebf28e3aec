"""Virtual environments with backportkit, a victim and a provider of patches, and the fixtures that make them."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import backportkit

SOURCE = Path(backportkit.__file__).parent
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


class Environment:
    """A virtual environment with backportkit, its libraries, a victim and a provider of patches."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
        subprocess.run(command, check=True)
        self.folder = folder
        self.python = str(folder / "bin" / "python")
        tag = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.site = folder / "lib" / tag / "site-packages"
        shutil.copytree(SOURCE, self.site / "backportkit", ignore=shutil.ignore_patterns("__pycache__"))
        libraries = sysconfig.get_path("purelib")
        (self.site / "a0_libraries.pth").write_text(libraries + "\n", "utf-8")
        for path in Path(libraries).glob("*coverage*.pth"):
            shutil.copy(path, self.site)
        compileall.compile_dir(self.site / "backportkit", quiet=1)
        self.install("backportkit", backportkit_version(), "backportkit/__init__.py")
        self.install("victim", "1.0", "victim.py", "def f(): return 'old'\n")
        self.install("inner", "1.0", "inner/__init__.py", "")
        (self.site / "inner" / "late.py").write_text("def f(): return 'old'\n", "utf-8")
        self.provide("provider", "victim:f", "inner.late:f")

    def install(self, name, version, path, text=None, entry_points=""):
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name, version), "utf-8")
        (info / "entry_points.txt").write_text(entry_points, "utf-8")
        package = sorted((self.site / path).parent.rglob("*.py")) if "/" in path else [self.site / path]
        files = [path, *(one.relative_to(self.site).as_posix() for one in package)]
        rows = [*dict.fromkeys(files), *(f"{info.name}/{file}" for file in ("METADATA", "RECORD", "entry_points.txt"))]
        (info / "RECORD").write_text("".join(f"{row},,\n" for row in rows), "utf-8")
        if text is not None:
            (self.site / path).parent.mkdir(exist_ok=True)
            (self.site / path).write_text(text, "utf-8")
        return info

    def provide(self, name, *targets):
        texts = [
            f'@backport("{target}", requires="{target.partition(":")[0].partition(".")[0]}<2", id="{name}-{number}")\n'
            f'def f{number}():\n    "Return new."\n    return "new"\n'
            for number, target in enumerate(targets)
        ]
        packages = {target.partition(":")[0].partition(".")[0] for target in targets}
        points = "[backportkit.patches]\n" + "".join(f"{package} = {name}\n" for package in packages)
        text = "from backportkit import backport\n" + "".join(texts)
        return self.install(name, "1.0", f"{name}.py", text, points)

    def run(self, *arguments, **options):
        return subprocess.run(
            [self.python, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self.folder,
            **options,
        )

    def lines(self, *arguments, **options):
        """Run a program that must write nothing to stderr, and return the lines that it prints."""
        done = self.run(*arguments, **options)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout.splitlines()

    @property
    def files(self):
        return [self.site / f"zz_backportkit.{kind}" for kind in ("pth", "start", "manifest")]

    @property
    def manifest(self):
        return self.files[2]


def backportkit_version():
    return "0.1.0"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """An activated environment."""
    made = Environment(tmp_path_factory.mktemp("environment") / "venv")
    made.lines("-m", "backportkit", "activate")
    return made


@pytest.fixture
def environment(prepared):
    """The same, restored after a test has its way with it."""
    kept = {path: path.read_bytes() for path in [*prepared.files, prepared.site / "provider.py"]}
    yield prepared
    for path, content in kept.items():
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    prepared.lines("-m", "backportkit", "activate")


@pytest.fixture
def fresh(prepared, tmp_path):
    """An environment that is not activated, whose site-packages is a copy of the prepared one's."""
    made = object.__new__(Environment)
    made.folder = tmp_path / "venv"
    shutil.copytree(prepared.folder, made.folder, symlinks=True)
    made.python = str(made.folder / "bin" / "python")
    made.site = made.folder / prepared.site.relative_to(prepared.folder)
    made.run("-m", "backportkit", "deactivate")  # which warns that the manifest is that of another environment
    return made
