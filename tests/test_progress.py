"""Progress is drawn on a terminal that is stderr, after a moment, and nothing is left of it; elsewhere lines tell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
ROOT = Path(__file__).parents[1]
# What erases lines, and what shows the cursor again.
ERASED, SHOWN = "\x1b[2K", "\x1b[?25h"


def drawn(script, **env):
    """Return what a script prints on stdout, and what it draws on a terminal that is its stderr."""
    terminal, slave = os.openpty()
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", **env}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env=variables, text=True)
    os.close(slave)
    parts = []
    with suppress(OSError):  # Linux ends a terminal that nobody has any more by an error
        while part := os.read(terminal, 4096):
            parts.append(part)
    os.close(terminal)
    out, _ = process.communicate(timeout=60)
    return out, b"".join(parts).decode()


LONG = """
import time
from backportkit.cli.progress import Items
with Items() as progress:
    progress.expect(4)
    for item in ("first", "second", "th\\x1b[2Kird"):
        progress.done(item)
        time.sleep(0.6)
    print("answer")
"""


def test_long_work():
    """Work that takes more than a moment is counted, with the time left; stdout stays clean, and all goes again."""
    out, seen = drawn(LONG)
    assert out == "answer\n"
    assert re.search(r"\b[23]/4 0:00:0\d\b", re.sub(r"\x1b\[[\d;]*m", "", seen)), seen
    assert "th\\x1b[2Kird" in seen
    assert seen.rstrip().endswith((SHOWN, ERASED)), repr(seen[-80:])


def test_short_work():
    """Work that is done in a moment draws nothing."""
    assert drawn(LONG.replace("0.6", "0")) == ("answer\n", "")


def test_terminal_that_cannot_erase():
    """On a terminal that shows each line for good, nothing is drawn."""
    assert drawn(LONG, TERM="dumb") == ("answer\n", "")


def test_quiet():
    """--quiet draws nothing."""
    asked = "from backportkit.cli import quiet\nquiet.ask(True)\n"
    assert drawn(asked + LONG) == ("answer\n", "")


def test_interrupt():
    """An interrupt before the moment is over waits for nothing, and draws nothing."""
    script = LONG.replace("time.sleep(0.6)", "raise KeyboardInterrupt")
    out, seen = drawn(f"try:\n{textwrap.indent(script, '    ')}\nexcept KeyboardInterrupt: print('ended')")
    assert (out, seen) == ("ended\n", "")


@pytest.mark.parametrize("env", [{}, {"FORCE_COLOR": "1"}, {"GITHUB_ACTIONS": "true", "CI": "true"}])
def test_pipe(env):
    """A log gets a line where something begins that takes long, and nothing that is drawn, whatever has colours."""
    script = """
    from backportkit.cli.progress import Releases, Steps
    with Steps() as begin:
        begin("asking")
    with Releases() as progress:
        progress.expect(7)
        progress.done("1.0")
        progress.expect(7)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **env})
    assert (done.stdout, done.stderr) == ("", "asking\nreading 7 releases, from the cache where it has them\n")
