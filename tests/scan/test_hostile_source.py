"""Source that is meant to break a reader of source."""

from __future__ import annotations

import pytest
import warm

pytestmark = pytest.mark.warm

PATCH = "import socket\n\n\ndef f(): ...\n\n\nsocket.socket = f\n"
READ = {
    "many lines": "x = 1\n" * 100_000 + PATCH,
    "latin-1 without a declaration": PATCH.encode() + b"# \xe9\n",
    "a declared encoding": b"# coding: cp1252\n" + PATCH.encode() + b"# \xe9\n",
    "carriage returns": PATCH.replace("\n", "\r\n"),
    "carriage returns alone": PATCH.replace("\n", "\r"),
    "a backslash within the name": PATCH.replace("socket.socket", "socket.\\\n    socket"),
    "a byte order mark": b"\xef\xbb\xbf" + PATCH.encode(),
    "imports in a circle": f"from proj import g as h\nfrom proj import h as g\ng.x = h\n{PATCH}",
    "a function that calls itself": f"def go(m):\n    go(m)\n    m.dup = f\ngo(go)\n{PATCH}",
    "names that are bound by each other": f"a = b\nb = a\na.x = f\n{PATCH}",
}
UNREAD = {
    "null bytes": f"{PATCH}\0",
    "deep parentheses": "(" * 5000 + ")" * 5000,
    "deep minus": "-" * 100_000 + "1",
    "another syntax": "print 'of Python 2'\n",
    "an unknown encoding": "# coding: nonsense\n",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_is_read(scan, text):
    """Odd source is read, and its patch is found."""
    assert [one["target"] for one in scan({"proj.py": text})["findings"]] == ["socket:socket"]


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
def test_is_named(scan, text):
    """Source that cannot be read is named, and the other files are scanned."""
    told = scan({"proj.py": f"{text}\nimport socket\nsocket.socket = print\n", "other.py": PATCH})

    assert [one["file"] for one in told["findings"]] == ["other.py"]
    assert [one["file"] for one in told["unread"]] == ["proj.py"]


@pytest.mark.parametrize("text", ["x = (\n", "x = 1\0\n", "x = 1\n".encode("utf-16")])
def test_given_by_name(tmp_path, text):
    """A file that was given by its name and cannot be read is named, and the exit code tells."""
    (tmp_path / "proj.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = warm.run(["-m", "backportkit", "scan", "--offline", "proj.py"], tmp_path)

    assert done.returncode == 2
    assert "proj.py cannot be read: " in done.stderr


def test_deep_operators(scan):
    """A sum of thousands of terms is no reason to end."""
    told = scan({"proj.py": f"import socket\nsocket.x = {'+'.join(['f'] * 3000)}\n", "other.py": PATCH})

    assert "socket:socket" in [one["target"] for one in told["findings"]]
