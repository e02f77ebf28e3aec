"""Applications in one file: zipapp, shiv and pex."""

from __future__ import annotations

import subprocess
import sys

import pytest
from scenarios import VICTIM

pytestmark = pytest.mark.tools

MAIN = """
import backportkit
from backportkit import backport

@backport("victim:f", requires="victim<2", id="own", summary="what breaks")
def f(x=1):
    return "new"

def main():
    backportkit.apply_all()
    import victim, victim.inner, tarfile
    print(victim.f(), victim.inner.g())

if __name__ == "__main__":
    main()
"""
PATCHES = """
from backportkit import backport

@backport("victim.inner:g", requires="victim<2", id="theirs", summary="what breaks")
def g():
    return "new"
"""


@pytest.fixture(scope="module")
def tools(make_tools):
    """An environment with the tools that make such files."""
    return make_tools("archives", "shiv", "pex", "pip", "setuptools", "wheel")


@pytest.fixture(scope="module")
def distributions(tools, project, tmp_path_factory):
    """Source trees of a victim, of a provider of a patch of it, and of an application that has a patch of its own."""
    folder = tmp_path_factory.mktemp("sources")
    write(folder / "victim", "victim", VICTIM, "")
    write(
        folder / "theirs",
        "theirs",
        {"theirs.py": PATCHES},
        '[project.entry-points."backportkit.patches"]\nvictim = "theirs"',
    )
    write(folder / "app", "app", {"app.py": MAIN}, '[project.scripts]\napp = "app:main"')
    return [str(folder / name) for name in ("victim", "theirs", "app")] + [str(project)]


def write(folder, name, files, more):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    modules = f'packages = ["{name}"]' if len(files) > 1 else f'py-modules = ["{name}"]'
    text = f'[project]\nname = "{name}"\nversion = "1.0"\n{more}\n[tool.setuptools]\n{modules}\n'
    (folder / "pyproject.toml").write_text(text, "utf-8")


def run(path, folder):
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("shiv", "--quiet", "-c", "app", "-o", "app.pyz"),
        ("pex", "--venv", "prepend", "-c", "app", "-o", "app.pyz"),
        ("pex", "-c", "app", "-o", "app.pyz"),
    ],
    ids=["shiv", "pex --venv", "pex"],
)
def test_archive_of_a_tool_is_patched(tools, distributions, tmp_path, command):
    """Its own patch and an installed provider's are applied in an application that shiv or pex made."""
    tools.lines(*command, *distributions, cwd=tmp_path)
    assert run(tmp_path / "app.pyz", tmp_path) == "new new"


def test_zipapp_is_patched(tools, distributions, tmp_path):
    """A module from an archive is patched, although no folder shows which distributions are in the archive."""
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", "content"]
    tools.lines("python", *install, *distributions, cwd=tmp_path)
    tools.lines("python", "-m", "zipapp", "content", "-m", "app:main", "-o", "app.pyz", cwd=tmp_path)
    assert run(tmp_path / "app.pyz", tmp_path) == "new new"
