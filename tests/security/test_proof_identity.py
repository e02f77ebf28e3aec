"""A proof says by hashes which code was proved, on which files, and by what."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import warm
from package_index import installable

import backportkit
from backportkit.proof import environment, identity, page, pins
from backportkit.proof.record import VERSION, Cell, Installed, Matrix, Outcome, Proof, Tool

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import Patch, register

def reproduce():
    import victim
    assert victim.f() == "new", f"f() gave {victim.f()}"

def helper(): return "new"
def f(): return helper()

register(Patch(id="victim-1", requires="victim>=1,<2", summary="f() gives the wrong answer", target="victim:f",
               replacement="provider:f", reproducer=dict(run="provider:reproduce", expect="gave old$")))
"""
MATRIX = Matrix(
    patch="victim-1",
    summary="s",
    package="victim",
    requires="victim<2",
    fixes=None,
    holds=True,
    right=None,
    platform="Linux",
    cells=(),
)


@pytest.fixture
def proved(world):
    """Proves the patch in the current environment, with such a text of its module, and returns the record."""
    world.provide("def f(): return 'old'\n", PATCHES)
    (world.folder / "victim-1.5.dist-info" / "RECORD").write_text("victim.py,sha256=x,1\n")

    def prove(text=PATCHES):
        world.write("provider.py", text)
        line = ["-m", "backportkit", "prove", "victim-1", "--json"]
        done = warm.run(line, world.folder, {"PYTHONPATH": str(world.folder), "TMPDIR": str(world.folder)})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return prove


def test_current_environment(proved):
    """A proof in the current environment has the hash of the RECORD of what it requires, and its version is raised."""
    proof = proved()
    record = hashlib.sha256(b"victim.py,sha256=x,1\n").hexdigest()
    assert proof["installed"] == [{"name": "victim", "version": "1.5", "file": None, "record": record}]
    assert (proof["version"], proof["tool"]) == (VERSION, identity.tool().model_dump())


def test_digest_of_the_patch(proved):
    """The digest of a patch is that of all code it brings along: a helper of another text has another."""
    digests = {proved(text)["content"] for text in (PATCHES, PATCHES.replace('"new"\ndef', 'str("new")\ndef'))}
    assert (len(digests), {len(one) for one in digests}) == (2, {64})


def test_hash_of_the_tool(monkeypatch, tmp_path):
    """The hash of the tool is that of all its files: one byte in any of them gives another."""
    package = Path(backportkit.__file__).parent
    shutil.copytree(package, tmp_path / "tool", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(identity, "_PACKAGE", tmp_path / "tool")
    first = identity.tool.__wrapped__()
    assert (first, first.version) == (identity.tool(), "0.1.0")
    (tmp_path / "tool" / "cli" / "run.py").write_bytes(b"#" + (package / "cli" / "run.py").read_bytes())
    assert identity.tool.__wrapped__().sha256 != first.sha256


def test_wheels_of_an_environment(index, recipe):
    """An environment tells which files it was installed from, also when it is found again, and their RECORD."""
    for where in (environment.build(recipe, "victim-1"), environment.find(recipe)):
        (victim,) = where.installed
        assert (victim.name, victim.version) == ("victim", "1.0")
        assert victim.file == index.files["victim-1.0-py3-none-any.whl"][1]["hashes"]["sha256"]
        text = next(recipe.folder.rglob("RECORD")).read_bytes()
        assert victim.record == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["victim-1.0-py3-none-any.whl", "victim-1.0-cp311-cp311-linux_x86_64.whl"], "0"),
        (["victim-1.0-cp311-cp311-linux_x86_64.whl", "victim-1.0-py3-none-any.whl", "victim-1.0.tar.gz"], "1"),
        (["victim-1.0.tar.gz"], "0"),
        (["victim-1.0-cp310-cp310-linux_x86_64.whl", "victim-1.0-cp311-cp311-linux_x86_64.whl"], None),
    ],
)
def test_which_of_several_files(tmp_path, names, told):
    """Of several files of a release the one counts whose tags were installed; where none has them, none is told."""
    (tmp_path / "victim-1.0.dist-info").mkdir()
    (tmp_path / "victim-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: Victim\nVersion: 1.0\n")
    (tmp_path / "victim-1.0.dist-info" / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n")
    pin = pins.Pin("victim", "1.0", tuple(pins.File(name, str(at)) for at, name in enumerate(names)))
    assert [(one.file, one.record) for one in identity.built(tmp_path, [pin])] == [(told, None)]


def test_page_shows_the_hashes(tmp_path):
    """The page and the JSON of a proof have the hashes of the patch, of the tool, and of the files of its package."""
    installed = (
        Installed(name="victim", version="1.0", file="f" * 64),
        Installed(name="more", version="2", file="a" * 64),
    )
    fields = {"python": "3.11", "declared": True, "outcome": Outcome.PROVED, "message": ""}
    cell = Cell(version="1.0", installed=installed, **fields)
    more = {"cells": (cell,), "content": "c" * 64, "tool": Tool(version="0.1.0", sha256="b" * 64), "version": VERSION}
    text = page.write([MATRIX.model_copy(update=more)], tmp_path).read_text("utf-8")
    assert f"SHA-256 of its code: `{'c' * 64}`" in text
    assert f"Proved by backportkit 0.1.0, whose files have the SHA-256 `{'b' * 64}`" in text
    assert f"SHA-256 of what was installed: victim 1.0 `{'f' * 64}`.\n" in text
    written = Matrix.model_validate_json((tmp_path / "victim-1.json").read_text("utf-8"))
    assert (written.version, written.cells[0].installed) == (VERSION, installed)


def test_proofs_of_older_releases(tmp_path):
    """A proof that was written before there were hashes is read, and says of itself that it is of the first version."""
    fields = MATRIX.model_dump(mode="json", exclude={"version", "content", "tool"})
    (tmp_path / "victim-1.json").write_text(json.dumps(fields))
    (found,) = page._read(tmp_path)
    assert (found.version, found.content, found.tool) == (1, None, None)
    assert set(Proof.model_fields) > {"version", "content", "tool", "installed"}


def test_installed_from_another_file(index, recipe):
    """What a proof says that it was installed from is what uv has compared: another file is not installed."""
    pin = recipe.pinned[0]._replace(files=(pins.File(recipe.pinned[0].files[0].name, "0" * 64),))
    index.put("victim-1.0-py3-none-any.whl", installable("1.0", "import os\n"))
    with pytest.raises(backportkit.errors.BackportError, match="Hash mismatch"):
        environment.build(recipe._replace(pinned=(pin,)), "victim-1")
