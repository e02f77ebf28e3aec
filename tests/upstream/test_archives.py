"""Files of releases are read by ranges or whole, are what the index says, and are kept for this user alone."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from itertools import pairwise

import pytest
from package_index import sdist, wheel

pytestmark = pytest.mark.warm

OLD, NEW = "def f():\n    return 'old'\n", "def f():\n    return 'new'\n"
BIG = "".join(f"# {number * 7919} {number * 104729}\n" for number in range(200_000))


def unread(index, *line, **env):
    """Return why the only release cannot be read."""
    index.release("0.1", OLD)
    (one,) = index.history("victim:f", *line, **env)["targets"][0]["unread"]
    return one["reason"]


# --- which file, and how much of it ---


def test_single_files_come_by_ranges(index):
    """Of a large wheel, its end and one file are sent, in few requests; the next time nothing but the page."""
    files = {"victim.py": OLD} | {f"other{number}.py": BIG for number in range(2)}
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", files))
    told = index.history("victim:f")
    assert told["requests"] <= 4
    assert told["bytes"] < 100_000
    index.asked.clear()
    assert index.spans("victim:f") == [("1.0", "1.0")]
    assert index.asked == [("/simple/victim/", None)]


def test_no_byte_is_sent_twice(index):
    """Of a wheel with a large directory, what the first request has of it is not sent again."""
    content = wheel("1.0", {"victim.py": OLD} | {f"module_{number}.py": "" for number in range(2000)})
    index.put("victim-1.0-py3-none-any.whl", content)
    assert index.spans("victim:f") == [("1.0", "1.0")]
    asked = [said.removeprefix("bytes=").split("-") for _, said in index.asked if said]
    spans = sorted(
        (int(first), int(last)) if first else (len(content) - int(last), len(content)) for first, last in asked
    )
    assert len(spans) == 3
    assert all(last < first for (_, last), (first, _) in pairwise(spans))


def test_without_ranges_it_is_downloaded(index):
    """An index that has no ranges sends the file whole, once, and the next target needs nothing more."""
    index.ranges = False
    index.release("1.0", f"{OLD}LIMIT = 1\n")
    assert index.spans("victim:f") == [("1.0", "1.0")]
    index.asked.clear()
    assert index.spans("victim:LIMIT") == [("1.0", "1.0")]
    assert index.asked == [("/simple/victim/", None)]


@pytest.mark.parametrize("says", ["the page", "the answer", "nobody"])
def test_max_download(index, says):
    """A file that would be downloaded whole and is larger than --max-download is left out, and how to get it told."""
    index.ranges, index.says_length = False, says != "nobody"
    content = wheel("1.0", {"victim.py": OLD, "other.py": BIG})
    index.put("victim-1.0-py3-none-any.whl", content, **({} if says == "the page" else {"size": None}))
    done = index.run("history", "victim:f", "--max-download", "0")
    assert done.returncode == 2
    assert "would have to be downloaded whole" in done.stderr
    assert "--max-download" in done.stderr
    assert index.spans("victim:f", "--max-download", "50") == [("1.0", "1.0")]


@pytest.mark.parametrize("layout", ["victim.py", "src/victim.py"])
def test_sdist(index, layout):
    """A release without wheels is read from its sdist, whether it is a tar or a zip file."""
    index.put("victim-1.0.tar.gz", sdist("1.0", {layout: OLD}))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"victim-2.0/{layout}", NEW)
    index.put("victim-2.0.zip", content.getvalue())
    assert index.spans("victim:f") == [("1.0", "1.0"), ("2.0", "2.0")]


def test_which_wheel_speaks(index):
    """The wheel that this platform takes comes first, then a pure one, then any, then an sdist; other files never."""
    index.put("victim-1.0.tar.gz", sdist("1.0", {"victim.py": OLD}))
    index.put("victim-1.0-cp27-cp27m-win32.whl", wheel("1.0", {"victim.py": OLD}))
    index.put("victim-2.0-cp27-cp27m-win32.whl", wheel("2.0", {"victim.py": NEW}))
    index.put("victim-2.0-py2-none-any.whl", wheel("2.0", {"victim.py": OLD}))
    index.put("victim-3.0-py2-none-any.whl", wheel("3.0", {"victim.py": NEW}))
    index.put("victim-3.0-py3-none-any.whl", wheel("3.0", {"victim.py": OLD}))
    index.put("victim-3.0-x-y-z-a-b.whl", wheel("3.0", {"victim.py": NEW}))
    index.put("victim-4.0.exe", b"")
    index.put("victim-nonsense.tar.gz", b"")
    index.put("victim-5.0-1-2-3-4-5.whl", b"")
    (run,) = index.runs("victim:f")
    files = [one["file"] for one in run["releases"]]
    assert files == ["victim-1.0-cp27-cp27m-win32.whl", "victim-2.0-py2-none-any.whl", "victim-3.0-py3-none-any.whl"]


def test_files_of_the_data_folder(index):
    """A wheel's folder for files of one scheme is where an installation has them."""
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim-1.0.data/platlib/victim.py": OLD}))
    assert index.spans("victim:f") == [("1.0", "1.0")]


# --- broken and hostile files ---


def test_wrong_hash(index):
    """A file that is downloaded and is not what the page says is refused, and not kept."""
    index.ranges = False
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim.py": NEW}), hashes={"sha256": "0" * 64})
    assert "is not the file that the index names; sha256 " in unread(index)
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim.py": NEW}))
    assert index.spans("victim:f") == [("0.1", "0.1"), ("1.0", "1.0")]


@pytest.mark.parametrize("ranges", [True, False])
def test_wrong_checksum(index, ranges):
    """A member that is not what its checksum says is refused."""
    index.ranges = ranges
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("victim.py", NEW)
    index.put("victim-1.0-py3-none-any.whl", content.getvalue().replace(b"'new'", b"'bad'"))
    assert "Bad CRC-32" in unread(index)


@pytest.mark.parametrize("name", ["victim-1.0-py3-none-any.whl", "victim-1.0.tar.gz"])
def test_no_archive(index, name):
    """What is no archive, and what ends half-way, is told by its name."""
    index.put(name, b"nonsense")
    assert f"{name} cannot be read" in unread(index)


def test_gone_meanwhile(index):
    """A file that the page names and the index does not have is told as such."""
    index.release("1.0", NEW)
    index.files["victim-1.0-py3-none-any.whl"][1]["url"] = "../../files/gone.whl"
    assert "404" in unread(index)


@pytest.mark.parametrize("ranges", [True, False])
def test_gone_half_way(index, ranges):
    """An index that goes away in the middle of a file spoils nothing: the next time it is read."""
    index.ranges = ranges
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim.py": NEW, "other.py": BIG}))
    index.half = True
    assert "victim-1.0-py3-none-any.whl cannot be read" in index.run("history", "victim:f").stderr
    index.half = False
    assert index.spans("victim:f") == [("1.0", "1.0")]


def test_another_size(index):
    """A wheel that does not have the size that the page says is refused before it is read."""
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim.py": NEW}), size=7)
    assert "is not the file that the index names" in unread(index)


def test_no_mirror_speaks_for_another(index):
    """What one address sent by ranges counts for no other, even if that names the same hash."""
    index.release("1.0", NEW)
    index.spans("victim:f")
    content = wheel("1.0", {"victim.py": OLD})
    said = index.files["victim-1.0-py3-none-any.whl"][1]
    index.put("victim-1.0-py3-none-any.whl", content, hashes=said["hashes"], url="../../files/other.whl")
    index.files["other.whl"] = index.files.pop("victim-1.0-py3-none-any.whl")
    assert index.runs("victim:f")[0]["body"] == OLD.splitlines()


def test_too_large_a_member(index):
    """A file of source with more bytes than source has is refused, from a wheel and from an sdist."""
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim.py": "#" * (20 * 10**6 + 1)}))
    assert "has 20000001 bytes" in unread(index)


def test_too_large_a_directory(index):
    """A wheel whose directory is larger than any is refused before it is sent."""
    files = {f"{'a' * 60_000}{number}.py": "" for number in range(350)}
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", files))
    assert "bytes are to be sent at once" in unread(index)
    assert index.history("victim:f", "--all")["bytes"] < 100_000


def test_many_functions(index):
    """A module with very many functions is read like any other."""
    index.release("1.0", "".join(f"def f{number}(): return {number}\n" for number in range(10_000)) + OLD)
    assert index.spans("victim:f") == [("1.0", "1.0")]


def test_a_bomb(index):
    """An sdist that gets too long as it is unpacked is left alone."""
    entry = tarfile.TarInfo("victim-1.0/victim.py")
    entry.size = 3 * 10**9
    index.put("victim-1.0.tar.gz", entry.tobuf())
    assert "more than 2000 MB" in unread(index)


def test_broken_release_and_a_move(index):
    """A release that cannot be read breaks no row, also where a target is looked for elsewhere."""
    index.release("1.0", OLD)
    index.release("3.0", "")
    index.put("victim-2.0-py3-none-any.whl", b"nonsense")
    told = index.history("victim:f")["targets"][0]
    assert [run["last"] for run in told["runs"]] == ["1.0", "3.0"]
    assert [one["version"] for one in told["unread"]] == ["2.0"]
    assert "2.0 cannot be read: " in index.run("history", "victim:f").stdout


def test_unreadable_module_beside_a_move(index):
    """Where the place that a target may have moved to cannot be read, nothing is said of it."""
    index.put("victim-1.0-py3-none-any.whl", wheel("1.0", {"victim/__init__.py": "", "victim/old.py": OLD}))
    large = "#" * (20 * 10**6 + 1)
    index.put("victim-2.0-py3-none-any.whl", wheel("2.0", {"victim/__init__.py": "", "victim/new.py": large}))
    assert index.runs("victim.old:f")[-1]["elsewhere"] is None


def test_nothing_can_be_read(index):
    """Where no release can be read, the reason of the first is the error."""
    index.put("victim-2.0-py3-none-any.whl", b"nonsense")
    done = index.run("history", "victim:f")
    assert (done.returncode, "victim-2.0-py3-none-any.whl cannot be read" in done.stderr) == (2, True)


# --- the cache ---


def test_offline(index):
    """--offline tells what is kept and asks nobody; what is not kept is told."""
    index.release("1.0", OLD)
    said = index.run("history", "victim:f", "--offline").stderr
    assert said.startswith("looking in the cache for the releases of victim\n")
    assert "next:     leave out --offline or UV_OFFLINE once" in said
    index.spans("victim:f")
    index.release("2.0", NEW)
    index.asked.clear()
    assert index.spans("victim:f", "--offline") == [("1.0", "1.0")]
    assert index.asked == []
    done = index.run("history", "victim:g", "--offline")
    assert "victim has no 'g'" in done.stderr


def test_offline_says_which_file_it_lacks(index):
    """A release whose files were never read is told by --offline with the next step."""
    index.release("1.0", OLD)
    index.release("2.0", NEW)
    index.spans("victim:f", "--since", "2")
    (one,) = index.history("victim:f", "--offline")["targets"][0]["unread"]
    assert one["reason"] == "victim-1.0-py3-none-any.whl is not in the cache; call the command without --offline"


def test_kept_for_the_user_alone(index):
    """Nobody else can read the cache, or put something there, even if the folder was open to all."""
    (index.folder / "cache" / "upstream").mkdir(parents=True, mode=0o755)
    index.release("1.0", OLD)
    index.spans("victim:f")
    folders = [path for path in (index.folder / "cache" / "upstream").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*folders, index.folder / "cache" / "upstream"]} == {0o700}


def test_what_was_changed_in_the_cache_is_read_anew(index):
    """What comes out of the cache is what was put there: a file that somebody changed counts as none."""
    index.release("1.0", OLD)
    index.spans("victim:f")
    for path in (index.folder / "cache" / "upstream").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"old", b"bad") + b" ")
    assert index.runs("victim:f")[0]["body"] == OLD.splitlines()


def test_no_place_for_the_cache(index):
    """A cache that cannot be used is an error, with the variable that names another."""
    (index.folder / "file").touch()
    done = index.run("history", "victim:f", BACKPORTKIT_CACHE=str(index.folder / "file"))
    assert (done.returncode, "BACKPORTKIT_CACHE" in done.stderr) == (2, True)


def test_a_cache_that_takes_nothing(index):
    """A cache that nothing can be written into costs the cache and nothing else."""
    index.release("1.0", OLD)
    (index.folder / "cache" / "upstream").mkdir(parents=True)
    for number in range(256):
        (index.folder / "cache" / "upstream" / f"{number:02x}").touch()
    assert index.spans("victim:f") == [("1.0", "1.0")]


@pytest.mark.parametrize("ranges", [True, False])
def test_files_without_hashes(index, ranges):
    """A file that the page gives no hash of is read anew each time."""
    index.says_hashes, index.ranges = False, ranges
    index.release("1.0", OLD)
    assert index.spans("victim:f") == [("1.0", "1.0")]
    index.asked.clear()
    assert index.spans("victim:f") == [("1.0", "1.0")]
    assert len(index.asked) > 1
