"""Files that were made to do harm are refused or survived, and nothing of upstream's is ever executed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from package_index import sdist, wheel

from backportkit.upstream.archive import Archive
from backportkit.upstream.evidence import Evidence, Options
from backportkit.upstream.uv import UnavailableError

OLD, NEW = "def f():\n    return 'old'\n", "def f():\n    return 'new'\n"
MEGABYTE = 10**6
NAME = "victim-1.0-py3-none-any.whl"


@pytest.fixture
def archive(index, monkeypatch):
    """Opens the only release of an index, in this process."""
    monkeypatch.setenv("BACKPORTKIT_CACHE", str(index.folder / "cache"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.address)
    monkeypatch.setenv("UV_INDEX", "")

    def opened():
        evidence = Evidence(Options())
        return Archive(evidence.releases("victim").all[0].file, evidence.means)

    return opened


def zipped(method, text, says=None):
    """Return a wheel whose directory says of its file that it has another size."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as written:
        written.writestr("victim.py", text)
    size = len(text).to_bytes(4, "little")
    return content.getvalue().replace(size, (len(text) if says is None else says).to_bytes(4, "little"))


def most_memory(archive):
    """Return the megabytes that reading the only file takes at most, and the reason if it is refused."""
    tracemalloc.start()
    try:
        with archive() as opened:
            opened.read("victim.py")
        return tracemalloc.get_traced_memory()[1] / MEGABYTE, ""
    except UnavailableError as error:
        return tracemalloc.get_traced_memory()[1] / MEGABYTE, str(error)
    finally:
        tracemalloc.stop()


# --- what takes memory or time ---


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (zipfile.ZIP_DEFLATED, "Bad CRC-32"),
        (zipfile.ZIP_BZIP2, "is compressed by method 12"),
        (zipfile.ZIP_LZMA, "is compressed by method 14"),
    ],
)
def test_zip_bomb(index, archive, ranges, method, reason):
    """Of a file that says it is small and is not, no more is made than it says."""
    index.ranges = ranges
    index.put(NAME, zipped(method, " " * 60 * MEGABYTE, says=100))
    megabytes, said = most_memory(archive)
    assert reason in said
    assert megabytes < 20


def test_member_of_100_megabytes(index, archive):
    """A file of 100 MB is refused before it is sent."""
    index.put(NAME, zipped(zipfile.ZIP_STORED, "#" * 100 * MEGABYTE))
    megabytes, said = most_memory(archive)
    assert "has 100000000 bytes" in said
    assert megabytes < 20


def entry(name, size, kind=tarfile.REGTYPE):
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    return made.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_long_names(index, archive, kind):
    """A name in an sdist that is as long as a film is refused before it is made."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        written.fileobj.write(entry("victim-1.0", 300 * MEGABYTE, kind))
        written.fileobj.write(bytes(300 * MEGABYTE))
    index.put("victim-1.0.tar.gz", content.getvalue())
    megabytes, said = most_memory(archive)
    assert "victim-1.0.tar.gz cannot be read" in said
    assert megabytes < 20


def test_negative_size(index, archive):
    """A tar file that leads back to where it was read already is refused, and read no second time."""
    index.put("victim-1.0.tar.gz", entry("victim-1.0/victim.py", 0) + entry("victim-1.0/x.py", -1024) + bytes(1024))
    assert "cannot be read" in most_memory(archive)[1]


def test_very_many_files(index, archive):
    """An sdist with more files than any project has is refused."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        written.fileobj.write(entry("victim-1.0/victim.py", 0) * 200_001)
    index.put("victim-1.0.tar.gz", content.getvalue())
    with pytest.raises(UnavailableError, match="or 200000 files"), archive() as opened:
        opened.read("victim.py")


DEEP = {
    "elif": lambda depth: "def f(x):\n    if x: pass\n" + "    elif x: pass\n" * depth,
    "plus": lambda depth: f"def f():\n    return {'1+' * depth}1\n",
    "brackets": lambda depth: f"def f():\n    return {'[' * depth}{']' * depth}\n",
    "minus": lambda depth: f"def f():\n    return {'-' * depth}1\n",
    "attributes": lambda depth: f"def f():\n    return a{'.a' * depth}\n",
    "top": lambda depth: "if x: pass\n" + "elif x:\n  def f(): pass\n" * depth,
}


@pytest.mark.warm
@pytest.mark.parametrize("form", DEEP)
def test_deeply_nested_source(index, form):
    """Source that is nested too deeply to be read or compared is told as such, and other releases are read."""
    for number, depth in enumerate((10, 600, 2_000, 50_000), 1):
        index.release(f"{number}.0", DEEP[form](depth))
    index.release("9.0", OLD)
    first, *_, deepest, last = index.runs("victim:f")
    assert first["kind"] == last["kind"] == "a function"
    assert "cannot be read" in deepest["remarks"][0] or "nested too deeply" in deepest["remarks"][0]


@pytest.mark.warm
def test_deeply_nested_source_beside_a_move(index):
    """Where a target is looked for elsewhere, what is nested too deeply is passed over."""
    index.release("1.0", OLD)
    index.release("2.0", DEEP["elif"](600).replace("def f", "def deep") + OLD.replace("def f", "def g"))
    assert index.runs("victim:f")[-1]["elsewhere"] == "victim:g"


@pytest.mark.warm
def test_large_change(index):
    """A class in which everything changes is compared in little time."""
    lines = ["\n".join(f"    x{number} = {number * factor}" for number in range(5000)) for factor in (7919, 7907)]
    for number, text in enumerate(lines, 1):
        index.release(f"{number}.0", f"class C:\n{text}\n")
    _, changed = index.runs("victim:C")
    assert (changed["added"], changed["removed"]) == (4999, 4999)


# --- what leaves its place, or would be run ---

LEAVING = ("../../outside.py", "/outside.py", "victim/../../../outside.py", "C:\\\\outside.py", "a\x00b.py")

PROGRAM = """
import json, sys

def parts(code):
    for one in code.co_consts:
        yield from parts(one) if hasattr(one, "co_consts") else [one]

def watch(event, arguments):
    if event == "exec" and MARK in parts(arguments[0]):
        seen.append([event, arguments[0].co_filename])
    if event == "import" and arguments[0].startswith("victim"):
        seen.append([event, arguments[0]])
    if event.split(".")[0] in ("subprocess", "ctypes") or event in STARTED:
        seen.append([event, str(arguments)])
    if event == "open" and arguments[2] & WRITES or event in CHANGED:
        written.append(str(arguments[0]))

seen, written = [], []
sys.addaudithook(watch)
import backportkit.__main__
try:
    backportkit.__main__.main()
finally:
    print(json.dumps([seen, written]), file=sys.stderr)
"""
HEADER = """
import os
MARK = "of upstream" + "'s releases"
STARTED = {"os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile", "os.spawn", "pty.spawn"}
CHANGED = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
"""
UPSTREAM = 'MARK = "of upstream\'s releases"\nopen({outside!r}, "w")\nimport victim.inner, subprocess\n'


def watched(index, *line):
    """Call backportkit under an audit hook; return what was executed or started, and what was written."""
    program = index.folder / "program.py"
    program.write_text(HEADER + PROGRAM, encoding="utf-8")
    variables = {"UV_DEFAULT_INDEX": index.address, "UV_INDEX": "", "HOME": str(index.folder)}
    variables |= {"BACKPORTKIT_CACHE": str(index.folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, program, *line]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=index.folder, env=os.environ | variables
    )
    assert done.returncode == 0, done.stderr
    seen, written = json.loads(done.stderr.splitlines()[-1])
    return done.stdout, seen, [path for path in written if not path.startswith("/dev/")]


@pytest.fixture
def upstream(index):
    """Releases of every form, whose code would leave its place and be noticed if it were run."""
    code = UPSTREAM.format(outside=str(index.folder / "outside"))
    files = {"victim/__init__.py": code + OLD, "victim/inner.py": code}
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", files | dict.fromkeys(LEAVING, code)))
    index.put("victim-2.0.tar.gz", sdist("2.0", {"setup.py": code, "victim/__init__.py": code + NEW, "../x.py": code}))
    files = {
        "victim/__init__.py": "from victim.inner import *",
        "victim/inner.py": code + "class f: pass",
        "victim.pth": code,
    }
    index.put("victim-3.0-cp311-cp311-any.whl", wheel("3.0", files))
    index.put("victim-4.0-py3-none-any.whl", wheel("4.0", {"victim/_moved.py": code + NEW}))
    return index


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("option", ["-v", "--json"])
def test_nothing_is_executed(upstream, ranges, option):
    """Nothing of upstream's is executed, no process is started, and nothing is written but the cache and its key."""
    upstream.ranges = ranges
    ours = str(upstream.folder / "cache"), os.environ["XDG_STATE_HOME"]
    for _ in range(2):
        said, seen, written = watched(upstream, "history", "victim:f", option)
        assert "4.0" in said
        assert seen == []
        assert [path for path in written if not path.startswith(ours)] == []
    assert not (upstream.folder / "outside").exists()


def test_the_watcher_watches(upstream):
    """What is executed, started and written is noticed: else the test before says nothing."""
    (upstream.folder / "mine.py").write_text(
        "import os, sys\nMARK = \"of upstream's releases\"\nopen('written', 'w').close()\nos.system('true')\n",
        encoding="utf-8",
    )
    _, seen, written = watched(upstream, "status", "--import", str(upstream.folder / "mine.py"))
    assert [event for event, _ in seen] == ["exec", "os.system"]
    assert "written" in written


def test_names_that_leave(index, archive):
    """A file whose name leaves the folder is a name like any other, and is nobody's module."""
    index.put(NAME, wheel("1.0", {"victim.py": OLD} | dict.fromkeys(LEAVING, NEW)))
    with archive() as opened:
        assert "../../outside.py" in opened.paths
        assert opened.read("victim.py") == OLD.encode()
    assert not [path for path in Path(index.folder).rglob("*") if path.name.startswith("outside")]
