"""Images as docs/images.md has them: activated once, read-only, and run by another user."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys

import pytest

from backportkit.source import fingerprint

USE = "import os, sys; import inner.late, victim; print(os.geteuid(), victim.f(), inner.late.f())"
SOMEBODY = 54321  # a user who owns nothing here
WRITING = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

# Root becomes somebody else, who may still read all files: the folders of tests are closed to others, and so may be the
# one of the interpreter.
READING = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
BECOME = ("setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups", *READING)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes and owners")


@pytest.fixture(scope="module")
def become():
    """The command by which root becomes another user; empty for who is none."""
    if os.geteuid() != 0:
        return ()
    if (
        shutil.which("setpriv") is None
        or subprocess.run([*BECOME, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("root cannot become another user who may read here")
    return BECOME


@pytest.fixture
def image(fresh, become):
    """An environment that its owner activates, and how another user runs something in it, when nobody may write."""

    class Image:
        site = fresh.site

        @staticmethod
        def activate():
            fresh.lines("-m", "backportkit", "activate")

        @staticmethod
        def run(*arguments):
            """Run the interpreter; return what it has said: on stdout, and on stderr."""
            for path in everything(fresh.site):
                path.chmod(path.stat().st_mode & ~0o222)
            before = {*everything(fresh.site)}
            command = [*become, fresh.python, *arguments]
            whole = {"cwd": "/", "env": WRITING, "timeout": 120}
            done = subprocess.run(command, capture_output=True, text=True, check=False, **whole)
            assert {*everything(fresh.site)} == before
            for path in everything(fresh.site):
                path.chmod(path.stat().st_mode | 0o200)
            return done.stdout, done.stderr

    return Image


def everything(folder):
    return [folder, *folder.rglob("*")]


def used(user=None):
    """The line that is printed where both are patched."""
    somebody = SOMEBODY if os.geteuid() == 0 else os.geteuid()
    return f"{somebody if user is None else user} new new\n"


def test_another_user_is_patched_without_a_word(image):
    """Nothing is written, and `--verify` and `status` work for who may not write."""
    image.activate()
    assert image.run("-c", USE) == (used(), "")
    assert image.run("-m", "backportkit", "activate", "--verify") == ("all files are as they were written\n", "")
    said, _ = image.run("-m", "backportkit", "status", "--json")
    assert {one["state"] for one in json.loads(said)["patches"] if one["provider"] == "provider"} == {"waiting"}


def test_process_without_bytecode_is_patched(image):
    """No folder of it is written for the next one."""
    image.activate()
    for folder in sorted(image.site.rglob("__pycache__")):
        shutil.rmtree(folder)
    assert image.run("-c", USE) == (used(), "")


def test_layers_that_keep_whole_seconds_are_the_same(image):
    """As an archive of a layer has them."""
    image.activate()
    for path in everything(image.site):
        os.utime(path, (whole := int(path.stat().st_mtime), whole))
    assert image.run("-c", USE) == (used(), "")


def test_times_that_an_export_has_rewritten_are_told_once(image):
    """It is patched all the same."""
    image.activate()
    for path in everything(image.site):
        os.utime(path, (10**9, 10**9))
    said, told = image.run("-c", USE)
    assert said == used()
    (line,) = told.splitlines()
    assert "zz_backportkit.manifest is out of date, since" in line


@pytest.mark.parametrize(
    ("more", "patched", "told"), [("", True, ""), (', original="{}"', False, "there is no source of f() in")]
)
def test_package_without_source_is_patched_unless_its_body_is_to_be_read(image, more, patched, told):
    """An error says that the body cannot be compared."""
    provider, body = image.site / "provider.py", (image.site / "victim.py").read_text("utf-8")
    text = provider.read_text("utf-8")
    more = more.format(fingerprint.of_source(body, ["f"]))
    provider.write_text(text.replace('id="provider-0"', f'id="provider-0"{more}'), "utf-8")
    for name in ("victim.py", "inner/late.py", "inner/__init__.py"):
        compileall.compile_file(image.site / name, legacy=True, quiet=1)
        (image.site / name).unlink()
    image.activate()
    said, error = image.run("-c", USE)
    assert (said, told in error) == (used() if patched else "", True)


def test_stage_that_is_copied_elsewhere_says_that_it_is_another_environment(image, fresh, tmp_path):
    """It is patched, and activated anew there it says nothing."""
    image.activate()
    copy = tmp_path / "elsewhere"
    shutil.copytree(fresh.folder, copy, symlinks=True)
    python = copy / "bin" / "python"
    for said in ("another environment", ""):
        done = subprocess.run([python, "-c", USE], capture_output=True, text=True, check=False)
        assert done.stdout == used(os.geteuid())
        assert (said in done.stderr) if said else not done.stderr
        subprocess.run([python, "-m", "backportkit", "activate"], capture_output=True, check=True)
