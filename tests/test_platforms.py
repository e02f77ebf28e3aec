"""The forms of Windows: drives, backslashes, its shells, and an output that has only some characters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backportkit import Patch, bootstrap, manifest
from backportkit.activation import verbs, write
from backportkit.cli import printing
from backportkit.declaration.registry import Declared
from backportkit.proof import environment
from backportkit.source import location

SITE, SOURCE = r"C:\Users\Jürgen Groß\venv\Lib\site-packages", r"D:\work\mine.py"
PATCH = Patch(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="json.tool:main")


@pytest.fixture
def on_windows(monkeypatch, tmp_path):  # which pytest makes as the real system has it
    """The little that a start asks the interpreter about its system."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "prefix", r"C:\Users\Jürgen Groß\venv")


def write_manifest(folder):
    lines = ["victim", "other", "", f"folder\t1 2\t{SITE}", f"source\t3\t{SOURCE}"]
    path = folder / "manifest"
    path.write_bytes(manifest.content(lines, ["victim\t{}"]))
    return str(path)


def test_manifest_keeps_paths_with_drives(on_windows, tmp_path):
    """Folders and files are read back as they were written, with colons, backslashes, blanks and umlauts."""
    head = bootstrap.read(write_manifest(tmp_path))
    assert (head.folders, head.sources) == ({SITE: "1 2"}, {SOURCE: "3"})
    assert manifest.judged(head) == ["victim\t{}"]


def test_manifest_belongs_to_an_environment_however_it_is_typed(on_windows, tmp_path, monkeypatch):
    """Windows takes `c:` for `C:`; another folder is another environment."""
    path = write_manifest(tmp_path)
    monkeypatch.setattr(sys, "prefix", r"c:\users\Jürgen groß\VENV")
    assert bootstrap.read(path).modules == ["victim"]
    monkeypatch.setattr(sys, "prefix", r"D:\Users\Jürgen Groß\venv")
    with pytest.raises(ValueError, match="belongs to another environment"):
        bootstrap.read(path)


def test_lines_that_site_reads_are_ascii():
    """Pythons before 3.13 read a `.pth` file in the encoding of the system."""
    assert all(content.isascii() for content in verbs._CONTENT.values())


def test_places_with_drives():
    """The line of a declaration stands behind its last colon."""
    assert location.of(rf"{SOURCE}:7") == (SOURCE, 7)
    assert write.file_of(Declared(PATCH, "mine", rf"{SOURCE}:7")) == SOURCE
    assert write.file_of(Declared(PATCH, "mine", r"D:\work\mine.toml, patch 2")) == r"D:\work\mine.toml"


@pytest.mark.parametrize(
    ("argument", "quoted"),
    [
        ("mine", "mine"),
        (r"C:\work\mine.py", r"C:\work\mine.py"),
        (r"C:\my work\mine.py", r'"C:\my work\mine.py"'),
    ],
)
def test_next_steps_are_quoted_for_the_shell(argument, quoted):
    """cmd.exe knows double quotes alone, and the shells of other systems see an escape in each backslash."""
    assert printing.quoted(argument, "nt") == quoted
    assert printing.quoted(argument, "posix") == (argument if argument == "mine" else f"'{argument}'")


MINE = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="mine-1", summary="für → π")
def f(): "Return → ü."
"""


@pytest.mark.parametrize("command", [("status",), ("check",), ("explain", "mine-1"), ("diff", "mine-1")])
def test_output_lacks_characters(world, command):
    """Where the output has no arrow, it is escaped, and what it has stays; no command fails for it."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 1\n")
    world.write("bücher.py", MINE)
    world.write("pyproject.toml", '[project]\nname = "mine"\nversion = "1"\n[tool.backportkit]\nmodules = ["bücher"]\n')
    line = [sys.executable, "-m", "backportkit", *command]
    variables = {"PYTHONPATH": str(world.folder), "PYTHONIOENCODING": "cp1252", "COLUMNS": "1000"}
    done = subprocess.run(line, cwd=world.folder, env=os.environ | variables, capture_output=True, check=False)
    said = done.stdout.decode("cp1252")
    assert (done.returncode in {0, 1}, done.stderr, "bücher" in said) == (True, b"", True)
    assert ("\\u2192" in said) == (command[0] in {"explain", "diff"})


def test_output_of_uv_is_read_in_its_own_encoding(tmp_path):
    """uv writes UTF-8 where the system has another encoding."""
    script = (
        "from backportkit.upstream import uv\ndone = uv.try_uv(['pip', 'install', '-r', '-'], 'm\\u00e4h \\u2192')\n"
    )
    variables = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    line = [sys.executable, "-c", f"{script}print(ascii(done.stderr))"]
    done = subprocess.run(line, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True, check=True)
    assert "m\\xe4h \\u2192" in done.stdout


def test_packages_under_proof_are_copied_where_nobody_may_make_links(tmp_path, monkeypatch):
    """Windows lets few users make links: a proof gets copies of the packages then."""
    trial = environment.Environment(str(tmp_path / "trial"), sys.executable)
    for folder in ("linked", "copied"):
        (tmp_path / folder).mkdir()
    environment.search_path(trial, PATCH, [], tmp_path / "linked")
    monkeypatch.setattr(Path, "symlink_to", refuse)
    path = environment.search_path(trial, PATCH, [], tmp_path / "copied")
    assert path == str(tmp_path / "copied")
    linked, copied = (sorted((tmp_path / folder).iterdir()) for folder in ("linked", "copied"))
    assert [one.name for one in copied] == [one.name for one in linked]
    assert [any(one.is_symlink() for one in each) for each in (linked, copied)] == [True, False]
    assert (tmp_path / "copied/backportkit/py.typed").is_file()


def refuse(*_, **__):
    raise OSError(22, "A required privilege is not held by the client")
