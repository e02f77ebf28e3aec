"""`backportkit history` reads releases out of an index that is run by pypiserver: HTML, ranges, passwords."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile

import pytest

pytestmark = pytest.mark.tools

HASH = "me:{SHA}/vNB+F2HQ559kaLUZbmHHvZrXpg="  # of the password s3cret
RELEASES = {"1.0": "return 'old'", "1.1": "return 'old'", "2.0": "return 'new'"}


@pytest.fixture(scope="module")
def address(make_tools, tmp_path_factory):
    """The address of an index that asks for a name and a password."""
    tools = make_tools("index", "pypiserver[passlib]", "setuptools")
    folder = tmp_path_factory.mktemp("packages")
    for version, body in RELEASES.items():
        with zipfile.ZipFile(folder / f"victim-{version}-py3-none-any.whl", "w") as archive:
            archive.writestr("victim.py", f"def f():\n    {body}\n")
            archive.writestr("other.py", "#" * 200_000)
    (folder / "passwords").write_text(f"{HASH}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-p", str(port), "-i", "127.0.0.1", "-P", str(folder / "passwords"), "-a", "list,download,update"]
    with subprocess.Popen([tools.bin / "pypi-server", "run", *options, folder], stderr=subprocess.DEVNULL) as server:
        _wait_for(port)
        yield f"127.0.0.1:{port}/simple/"
        server.terminate()


def _wait_for(port):
    for _ in range(200):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


def history(folder, index):
    variables = {"UV_DEFAULT_INDEX": f"http://{index}", "BACKPORTKIT_CACHE": str(folder), "UV_INDEX": ""}
    line = [sys.executable, "-m", "backportkit", "history", "victim:f", "--json"]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ | variables)


def test_history(address, tmp_path):
    """The releases are told with few bytes; the next time nothing but the page is sent."""
    told = json.loads(history(tmp_path, f"me:s3cret@{address}").stdout)
    spans = [(run["first"], run["last"]) for run in told["targets"][0]["runs"]]
    assert spans == [("1.0", "1.1"), ("2.0", "2.0")]
    assert told["bytes"] < 250_000
    assert json.loads(history(tmp_path, f"me:s3cret@{address}").stdout)["requests"] == 1


@pytest.mark.parametrize(("credentials", "status"), [("", 401), ("me:wr0ng@", 403)])
def test_wrong_password(address, tmp_path, credentials, status):
    """Without the right password, the error says so and where to look."""
    done = history(tmp_path, f"{credentials}{address}")
    assert (done.returncode, str(status) in done.stderr, "UV_DEFAULT_INDEX names" in done.stderr) == (2, True, True)
