"""A release that has an sdist alone is read and never built, and its code is not executed."""

from __future__ import annotations

import pytest
import warm
from package_index import sdist

from backportkit.proof import pins
from backportkit.upstream.uv import UnavailableError

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import Patch, register
def f(): return "new"
register(Patch(id="victim-1", requires="victim>=1,<2", summary="s", target="victim:f", replacement="provider:f"))
"""
PROJECT = '[project]\nname = "mine"\nversion = "1"\n[tool.backportkit]\nmodules = ["provider"]\n'
COMMANDS = {
    "history": ["history", "victim:f"],
    "new": ["new", "victim:f"],
    "from two releases": ["new", "victim", "1.0", "2.0", "--only", "f"],
    "diff": ["diff", "victim-1", "--against", "2.0"],
    "preview": ["preview", "victim==2.0"],
    "check": ["check", "--upstream"],
}


@pytest.fixture
def mark(resolvable):
    """The file that is there as soon as anything of an sdist is executed."""
    resolvable.files.pop("victim-1.0-py3-none-any.whl")
    path = resolvable.folder / "executed"
    for version, body in (("1.0", "old"), ("2.0", "new")):
        build = f"open({str(path)!r}, 'w')\n"
        backend = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        files = {"setup.py": build, "backend.py": build, "pyproject.toml": backend}
        content = sdist(version, {"victim.py": f"{build}def f(): return {body!r}\n", **files})
        resolvable.put(f"victim-{version}.tar.gz", content)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_read_releases(resolvable, mark, command):
    """What asks for the bodies of releases takes them out of sdists, without building any."""
    (resolvable.folder / "project").mkdir()
    for name, text in (("pyproject.toml", PROJECT), ("provider.py", PATCHES)):
        (resolvable.folder / "project" / name).write_text(text)
    line = ["-m", "backportkit", *COMMANDS[command]]
    done = warm.run(line, resolvable.folder / "project", resolvable.variables)
    assert "/files/victim-2.0.tar.gz" in {path for path, _ in resolvable.asked}, done.stderr + done.stdout
    assert not mark.exists()


def test_environments_without_builds(resolvable, mark, monkeypatch):
    """An environment is not built from an sdist where uv's own settings say so; else its code is executed."""
    with pytest.raises(UnavailableError):
        pins.resolve(["victim"], "victim-1")
    assert mark.exists()
    mark.unlink()
    (resolvable.folder / "uv.toml").write_text("[pip]\nno-build = true\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(resolvable.folder / "uv.toml"))
    monkeypatch.setenv("UV_CACHE_DIR", str(resolvable.folder / "another"))
    with pytest.raises(UnavailableError):
        pins.resolve(["victim"], "victim-1")
    assert not mark.exists()
