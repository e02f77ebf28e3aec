"""An index that is slow is waited for with patience, and no longer than the user has."""

from __future__ import annotations

import signal
import time

import pytest
from package_index import wheel

from backportkit.upstream import stamp

OLD = "def f():\n    return 'old'\n"
BIG = "".join(f"# {number * 7919} {number * 104729}\n" for number in range(20_000))


@pytest.fixture
def nine(index):
    """An index with more releases than are read at a time."""
    for number in range(1, 10):
        files = {"victim.py": OLD} | {f"other{other}.py": BIG for other in range(2)}
        index.put(f"victim-{number}.0-py3-none-any.whl", wheel(f"{number}.0", files))
    return index


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def interrupt(index, *line):
    """Call `history`, and interrupt it when the index was asked for what it is slow with; return the seconds left."""
    slow = index.stalls or ("/files/",)
    process = index.start("history", "victim:f", *line)
    wait_for(lambda: any(path.startswith(slow) for path, _ in index.asked))
    time.sleep(0.2)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (130, False), said
    return time.monotonic() - begin


def kept(index):
    return [path for path in (index.folder / "cache" / "upstream").rglob("*") if path.is_file()]


@pytest.mark.parametrize("stalls", ["/simple/", "/files/"])
def test_interrupt(nine, stalls):
    """Ctrl-C ends the command at once while an index does not answer, and the next call finds all that it needs."""
    nine.stalls = (stalls,)
    assert interrupt(nine) < 3
    nine.stalls = ()
    assert nine.spans("victim:f") == [("1.0", "9.0")]


@pytest.mark.parametrize("ranges", [True, False])
def test_interrupt_half_way(nine, ranges):
    """Ctrl-C ends the command in the middle of files, of which nothing is kept but what is whole."""
    nine.drips, nine.ranges = 0.05, ranges
    assert interrupt(nine) < 3
    contents = {path.name.encode(): path.read_bytes() for path in kept(nine)}
    assert contents
    assert all(stamp.is_of(one[:32], name, one[32:]) for name, one in contents.items())
    nine.drips = 0
    assert nine.spans("victim:f") == [("1.0", "9.0")]


def test_progress(nine):
    """What is waited for is said before it is: the page, and how many releases."""
    done = nine.run("history", "victim:f")
    asking, reading, *_ = done.stderr.splitlines()
    assert asking == "asking for the releases of victim"
    assert reading == "reading 9 releases, from the cache where it has them"


def test_slow_files(nine):
    """A file that takes longer than the patience lasts is told with its release; the others are read."""
    nine.stalls = ("/files/victim-5.0",)
    (one,) = nine.history("victim:f", UV_HTTP_TIMEOUT="0.5")["targets"][0]["unread"]
    assert one["version"] == "5.0"
    assert "timed out" in one["reason"]


def test_slow_but_in_time(nine):
    """Files that come slowly, each piece in time, are read."""
    nine.release("10.0", "def f(): pass")
    nine.drips = 0.005
    assert nine.spans("victim:f", "--since", "10", UV_HTTP_TIMEOUT="2") == [("10.0", "10.0")]
