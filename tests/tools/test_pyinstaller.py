"""PyInstaller: a plain build of a program that calls `apply_all()` is patched."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.tools

PROGRAM = """
import sys, backportkit
from backportkit import backport

@backport("zipp:_ancestry", requires="zipp>=3.18,<3.19.1", fixes="https://github.com/jaraco/zipp/pull/121", id="own")
def _ancestry(path):
    "An application's own patch, of a package whose metadata it does not have."
    yield "own"

backportkit.apply_all(enable=["requests-cve-2024-47081", "python-*"])
import requests, tarfile, victim, zipp
print(victim.f(), list(zipp._ancestry("a")))
for status in backportkit.status():
    if status.state != "dormant":
        print(status.id, status.state, status.provider)
print(sys.frozen, "torch" in sys.modules)
"""

PATCHES = """
from backportkit import backport
@backport(
    "victim:f", requires="victim<2", id="theirs", original="{fingerprint}",
    callbacks={{"after_apply": "theirs.callbacks:applied"}},
)
def f():
    "An installed provider's, of a body that is compared with its source."
    from theirs import helpers
    return helpers.value()
"""

APPLIED = ["own applied __main__", "python-cve-2025-8194 applied backportkit"]
APPLIED += ["requests-cve-2024-47081 applied backportkit", "theirs applied theirs"]


@pytest.fixture(scope="module")
def tools(make_tools):
    """PyInstaller, packages that are patched, and a provider whose patch needs more of its modules."""
    tools = make_tools("pyinstaller", "pyinstaller>=6.10", "requests==2.32.3", "zipp==3.18.0")
    tools.install("victim", {"victim.py": "def f():\n    return 'old'\n"})
    code = "from backportkit.source import fingerprint as f; print(f.of_installed('victim', ['f']).value)"
    (fingerprint,) = tools.lines("python", "-c", code, cwd=tools.site)
    files = {
        "theirs/__init__.py": "",
        "theirs/patches.py": PATCHES.format(fingerprint=fingerprint),
        "theirs/callbacks.py": "def applied(module): print('called after', module.__name__)\n",
        "theirs/helpers.py": "def value(): return 'new'\n",
    }
    tools.install("theirs", files, "[backportkit.patches]\nvictim = theirs.patches\n")
    return tools


@pytest.mark.parametrize("form", ["--onedir", "--onefile"])
def test_plain_build_is_patched(tools, tmp_path, form):
    """Providers, their modules, what they patch and the application's own patches are found in the application."""
    (tmp_path / "app.py").write_text(PROGRAM, "utf-8")
    tools.lines("pyinstaller", "--noconfirm", form, "--log-level", "WARN", "app.py", cwd=tmp_path)
    built = shutil.move(tmp_path / "dist" / "app", tmp_path / "elsewhere")
    lines = tools.lines(built / "app" if form == "--onedir" else built, cwd=tmp_path)
    assert lines[:2] == ["called after victim", "new ['own']"]
    assert sorted(lines[2:-1]) == sorted(APPLIED)
    assert lines[-1] == "True False"


def test_what_is_patched_is_no_part_of_a_program_without_it(tools, tmp_path):
    """A patch of Requests does not carry Requests into an application that has no use for it."""
    (tmp_path / "app.py").write_text(
        "import backportkit; backportkit.apply_all(enable='python-*'); import tarfile; print(1)", "utf-8"
    )
    tools.lines("pyinstaller", "--noconfirm", "--log-level", "WARN", "app.py", cwd=tmp_path)
    names = {path.name for path in (tmp_path / "dist" / "app" / "_internal").iterdir()}
    assert "backportkit_patches" in names
    assert names.isdisjoint({"requests", "certifi"})
