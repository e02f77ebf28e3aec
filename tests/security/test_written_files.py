"""Files of an activated environment that somebody else may write, or has changed, are not believed, and are named."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import marshal
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from backportkit import bootstrap

USE = "import victim; print(victim.f())"
SOMEBODY = 54321  # a user id that is neither root's nor ours

not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes and owners")
as_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away and become another user"
)


def assert_looked_up(environment, said, **options):
    """The manifest is not believed, one line says why, and the patches are found without it."""
    done = environment.run("-c", USE, **options)
    assert (done.returncode, done.stdout) == (0, "new\n")
    assert done.stderr.startswith(f"backportkit: {environment.manifest} {said}: ")
    assert done.stderr.count("\n") == 1


@not_on_windows
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_manifest_that_others_may_write_is_refused(environment, mode):
    """The mode of the manifest lets a group or everybody write it."""
    environment.manifest.chmod(mode)
    assert_looked_up(environment, "may be written by another user")


@as_root
def test_manifest_of_another_user_is_refused(environment):
    """The manifest is owned by neither root nor the user of the process."""
    os.chown(environment.manifest, SOMEBODY, -1)
    try:
        assert_looked_up(environment, "may be written by another user")
    finally:
        os.chown(environment.manifest, 0, -1)


AS_USER = """
import os, sys
from backportkit import bootstrap
os.setuid(int(sys.argv[2]))
try:
    print(bootstrap.read(sys.argv[1]).modules)
except ValueError as error:
    print(error)
"""


@as_root
@pytest.mark.parametrize(
    ("owner", "user", "printed"),
    [
        (0, SOMEBODY, "['inner.late', 'victim']"),  # an image that root has activated
        (SOMEBODY, SOMEBODY, "['inner.late', 'victim']"),
        (SOMEBODY, SOMEBODY + 1, "may be written by another user"),  # built by one user, and run by another
        (SOMEBODY, 0, "may be written by another user"),
    ],
)
def test_manifest_counts_for_its_owner_and_that_of_root_for_everybody(prepared, owner, user, printed):
    """A user's process believes a manifest of root or of its own user, and no other one."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        path = Path(folder, bootstrap.NAME)
        shutil.copy(prepared.manifest, path)
        os.chown(path, owner, -1)
        path.parent.chmod(0o755)
        assert prepared.lines("-c", AS_USER, str(path), str(user)) == [printed]


EVIL = """
from pathlib import Path
Path({mark!r}).touch()
from backportkit import backport
@backport("victim:f", requires="victim<2", id="evil-1", summary="s")
def f(): return "evil"
"""


@pytest.mark.parametrize("declared_in", ["", "{site}/provider-1.0.dist-info", "{site}/evil-1.0.dist-info"])
def test_module_that_only_the_manifest_names_is_not_imported(environment, tmp_path, declared_in):
    """A forged manifest names a module as that of a provider, and its checksums are right; the module never runs."""
    mark = tmp_path / "executed"
    (environment.site / "evil.py").write_text(EVIL.format(mark=str(mark)), "utf-8")
    forge(environment, declared_in.format(site=environment.site))
    done = environment.run("-c", USE)
    (environment.site / "evil.py").unlink()
    assert (done.returncode, done.stdout, mark.exists()) == (0, "new\n", False)
    assert done.stderr == (
        f"{environment.manifest} names evil, which no installed distribution declares: "
        "run `backportkit activate` again\n"
    )


def test_metadata_beside_sys_path_declare_nothing(environment, tmp_path):
    """Metadata that declare the module lie in a folder that no process imports from."""
    info = tmp_path / "evil-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[backportkit.patches]\nvictim = evil\n", "utf-8")
    forge(environment, str(info), provider="evil")
    done = environment.run("-c", USE)
    assert (done.returncode, done.stdout) == (0, "new\n")
    assert "names evil, which no installed distribution declares" in done.stderr


def test_metadata_of_another_provider_declare_nothing(environment):
    """The metadata have the entry, and the manifest gives it to a provider of another name."""
    forge(environment, str(environment.site / "provider-1.0.dist-info"), "trusted", "provider")
    done = environment.run("-c", USE)
    assert (done.returncode, done.stdout) == (0, "new\n")
    assert "names provider, which no installed distribution declares" in done.stderr


FORGE = """
import json, sys
from backportkit import bootstrap, manifest
path, said = sys.argv[1:]
head = bootstrap.read(path)
modules, _, _ = manifest.judged(head)[0].partition("\\t")
stamps = [f"folder\\t{stamp}\\t{name}" for name, stamp in head.folders.items()]
names = [" ".join(one) for one in (head.modules, head.packages, head.offers)]
content = manifest.content([*names, *stamps], [f"{modules}\\t{said}"])
open(path, "wb").write(content)
"""


def forge(environment, declared_in, provider="provider", module="evil"):
    """Write a manifest that is whole, whose only judgement is about a module of the attacker's choice."""
    said = {"entry": ["victim", module, provider], "declared_in": declared_in, "judged": [], "bodies": []}
    environment.lines("-I", "-c", FORGE, str(environment.manifest), json.dumps(said | {"metadata": {}}))


# --- what `activate` writes, and what `activate --verify` says of it ---


def test_record_has_hashes_and_sizes(prepared):
    """The files of `activate` stand in RECORD with their SHA-256 and their sizes, as an installer would write them."""
    (record,) = prepared.site.glob("backportkit-*.dist-info/RECORD")
    rows = set(record.read_text("utf-8").splitlines())
    for path in prepared.files:
        content = path.read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        assert f"{path.name},sha256={digest},{len(content)}" in rows


def test_line_of_the_pth_file_executes_no_text(prepared):
    """The line imports, and neither compiles nor executes a text."""
    line = prepared.files[0].read_text("utf-8")
    assert line.startswith("import ")
    assert not any(word in line for word in ("exec", "eval", "compile"))


def test_package_that_another_pth_file_imports_is_activated_and_not_loaded_twice(environment):
    """A `.pth` file that comes before ours has imported backportkit."""
    earlier = environment.site / "early.pth"
    earlier.write_text("import sys, backportkit; sys.early = backportkit\n", "utf-8")
    code = f"import sys, backportkit; print(backportkit is sys.early); {USE}"
    environment.lines("-m", "backportkit", "activate")
    try:
        assert environment.lines("-c", code) == ["True", "new"]
    finally:
        earlier.unlink()


def verified(environment):
    done = environment.run("-m", "backportkit", "activate", "--verify")
    return done.returncode, done.stdout.splitlines()


def test_what_was_written_is_verified(prepared):
    """`activate --verify` ends with 0 if each file is as it was written, and writes nothing."""
    before = {path: path.stat().st_mtime_ns for path in prepared.files}
    assert verified(prepared) == (0, ["all files are as they were written"])
    assert {path: path.stat().st_mtime_ns for path in prepared.files} == before


@pytest.mark.parametrize("number", range(3))
def test_changed_byte_is_named(environment, number):
    """One byte of a file of `activate` is another one: the file is named, and the exit code is 1."""
    path = environment.files[number]
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    code, lines = verified(environment)
    assert code == 1
    assert [line for line in lines if line.startswith(f"{path} is ")], lines


def test_changed_file_of_ours_is_named(fresh):
    """One byte of a module of backportkit is another one than RECORD has it."""
    fresh.lines("-m", "backportkit", "activate")
    path = fresh.site / "victims.txt"
    path.write_text("a", "utf-8")
    (record,) = fresh.site.glob("backportkit-*.dist-info/RECORD")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"a").digest()).decode().rstrip("=")
    with record.open("a", encoding="utf-8") as file:
        file.write(f"{path.name},sha256={digest},1\n")
    assert verified(fresh) == (0, ["all files are as they were written"])
    path.write_text("b", "utf-8")
    assert verified(fresh) == (1, [f"{path} is not what RECORD says"])
    path.unlink()
    assert verified(fresh) == (1, [f"{path} is missing"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"zz_backportkit.pth,", b"zz_backportkit.pta,", "zz_backportkit.pth is not listed in "),
        (b"zz_backportkit.pth,s", b"zz_backportkit.pth,S", "zz_backportkit.pth is not what RECORD says"),
        (b"zz_backportkit.pth,", b"zz_backportkit.pth;", "RECORD has a line that is no entry: zz_backportkit.pth;"),
        (b"zz_backportkit.pth,", b"zz_backportkit\xffpth,", "RECORD cannot be read: "),
    ],
)
def test_changed_byte_of_the_record_is_named(fresh, old, new, said):
    """One byte of RECORD is another one, in the row of a file of ours."""
    fresh.lines("-m", "backportkit", "activate")
    (record,) = fresh.site.glob("backportkit-*.dist-info/RECORD")
    content = record.read_bytes()
    assert content.count(old) == 1
    record.write_bytes(content.replace(old, new))
    code, lines = verified(fresh)
    assert code == 1
    assert any(said in line for line in lines), lines


@not_on_windows
def test_file_that_others_may_write_is_named(environment):
    """The content is right, and anybody may change it."""
    environment.files[0].chmod(0o666)
    assert verified(environment) == (1, [f"{environment.files[0]} may be written by another user"])
    environment.files[0].chmod(0o644)


@not_on_windows
def test_file_that_is_gone_or_is_a_pipe_is_named(environment):
    """A pipe would never end; a missing file is no file that is as it was written."""
    pth, start, _ = environment.files
    pth.unlink()
    start.unlink()
    os.mkfifo(start)
    assert verified(environment) == (1, [f"{pth} is missing", f"{start} is no regular file"])
    start.unlink()


@not_on_windows
def test_script_that_others_may_write_is_named(fresh):
    """RECORD lists the script beside the interpreter, too, and what lies in site-packages is none of its business."""
    fresh.lines("-m", "backportkit", "activate")
    script = fresh.folder / "bin" / "backportkit"
    script.touch(0o755)
    (record,) = fresh.site.glob("backportkit-*.dist-info/RECORD")
    with record.open("a", encoding="utf-8") as file:
        file.write("../../../bin/backportkit,,\n")
    assert verified(fresh) == (0, ["all files are as they were written"])
    script.chmod(0o777)
    assert verified(fresh) == (1, [f"{script} may be written by another user"])


@not_on_windows
@pytest.mark.parametrize("name", ["backportkit/errors.py", "backportkit/hook", "backportkit-*.dist-info/RECORD", "."])
def test_installed_file_or_folder_that_others_may_write_is_named(fresh, name):
    """Of backportkit's own files and their folders, one may be written by anybody, or is somebody else's."""
    fresh.lines("-m", "backportkit", "activate")
    (path,) = [fresh.site] if name == "." else fresh.site.glob(name)
    path.chmod(path.stat().st_mode | 0o022)
    assert verified(fresh) == (1, [f"{path} may be written by another user"])


@as_root
def test_installed_file_of_another_user_is_named(fresh):
    """One of backportkit's own files is owned by neither root nor the user."""
    fresh.lines("-m", "backportkit", "activate")
    path = fresh.site / "backportkit" / "errors.py"
    os.chown(path, SOMEBODY, -1)
    assert verified(fresh) == (1, [f"{path} may be written by another user"])


@pytest.mark.parametrize("name", ["bootstrap/__init__.py", "bootstrap.abi3.so", "another.pyc"])
def test_file_beside_the_listed_ones_is_named(fresh, name):
    """A module in backportkit's folder that RECORD does not list, such as one that hides another, is named."""
    fresh.lines("-m", "backportkit", "activate")
    path = fresh.site / "backportkit" / "reports" / name
    path.parent.mkdir(exist_ok=True)
    path.touch(0o644)
    assert verified(fresh) == (1, [f"{path} is not listed in RECORD"])


def test_bytecode_that_is_not_of_its_source_is_named(fresh):
    """A file of bytecode that Python believes unchecked, and that was made of something else, is named."""
    fresh.lines("-m", "backportkit", "activate")
    path = fresh.site / "backportkit" / "scan" / "find.py"
    kept = Path(importlib.util.cache_from_source(str(path)))
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    kept.write_bytes(head + marshal.dumps(compile("print('forged')", str(path), "exec")))
    assert verified(fresh) == (1, [f"{kept} is not the bytecode of {path}"])


def test_policy_that_came_or_changed_is_named(fresh):
    """A policy that was written, changed or deleted since the environment was activated is named."""
    policy, lines = (fresh.folder / f"backportkit-policy.{kind}" for kind in ("toml", "lines"))
    fresh.lines("-m", "backportkit", "activate")
    for text in ("default = 'allow'\n", "default = 'allow' #\n", ""):
        policy.write_text(text, "utf-8")
        if not text:
            policy.unlink()
            lines.unlink(missing_ok=True)
        done = fresh.run("-m", "backportkit", "activate", "--verify")
        said = done.stdout.splitlines()
        assert (done.returncode, said[0]) == (1, f"{policy} was changed since `activate`")
        assert {str(policy), str(lines)} >= {line.partition(" ")[0] for line in said}
        assert fresh.run("-m", "backportkit", "activate").returncode == 0
    assert verified(fresh)[0] == 0


def test_distribution_that_was_installed_since_is_named(fresh):
    """A folder in which other distributions are installed than `activate` has found is named."""
    fresh.lines("-m", "backportkit", "activate")
    fresh.install("stranger", "1.0", "stranger.py", "")
    assert verified(fresh) == (1, [f"{fresh.site} has other distributions than `activate` has found"])


def test_environment_that_is_not_activated_is_not_verified(fresh):
    """There is nothing to verify, and this is no success."""
    assert verified(fresh) == (1, ["this environment is not activated"])


def test_environment_without_a_record_is_verified_by_what_is_known(fresh):
    """The contents of the `.pth` and `.start` files are known, and the manifest has checksums of its own."""
    next(fresh.site.glob("backportkit-*.dist-info/RECORD")).unlink()
    fresh.lines("-m", "backportkit", "activate")
    assert verified(fresh) == (0, ["all files are as they were written"])
    fresh.files[0].write_text("import sys\n", "utf-8")
    fresh.manifest.write_bytes(fresh.manifest.read_bytes()[:-1])
    lines = [f"{fresh.files[0]} is not what this release writes", f"{fresh.manifest} is damaged"]
    assert verified(fresh) == (1, lines)


@not_on_windows
def test_no_file_is_seen_half_written(fresh):
    """Each file of `activate` and RECORD is another file than before: it was made aside and moved into its place."""
    fresh.lines("-m", "backportkit", "activate")
    (record,) = fresh.site.glob("backportkit-*.dist-info/RECORD")
    opened = {path: path.open("rb") for path in [*fresh.files, record]}
    content = {path: file.read() for path, file in opened.items()}
    fresh.provide("other", "victim:g")
    fresh.lines("-m", "backportkit", "activate")
    for path, file in opened.items():
        file.seek(0)
        assert file.read() == content[path]
        assert os.fstat(file.fileno()).st_ino != path.stat().st_ino
        file.close()
