"""docs/sbom.md, from an advisory to an accepted exception: each command is run, and says what the page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backportkit.source import fingerprint

PAGE = (Path(__file__).parents[1] / "docs" / "sbom.md").read_text("utf-8")
STEPS = re.findall(r"<!-- run -->\n```console\n(.*?)```", PAGE, re.DOTALL)
HERE = ".".join(map(str, sys.version_info[:3]))


def has_the_bug():
    """Tell whether this Python has the body that the patch is for."""
    (body,) = fingerprint.all_installed("tarfile", ("TarInfo", "_block"))
    return body.value == "ast1:2271307cd10e"


def words(text):
    return " ".join(text.replace("3.11.7", HERE).split())


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands(step):
    """Yield each command of a block, with the lines that it says."""
    for one in re.split(r"^\$ ", step, flags=re.MULTILINE)[1:]:
        line, *said = one.splitlines()
        yield line, said


@pytest.fixture
def shop(tmp_path):
    """The project of the page, and a shell in it."""
    (tmp_path / "pyproject.toml").write_text(blocks("toml")[0], encoding="utf-8")
    (tmp_path / "serve.py").write_text(blocks("python")[0], encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(line):
        env = os.environ | {"PATH": path, "COLUMNS": "300", "BACKPORTKIT_CACHE": str(tmp_path / "cache")}
        done = subprocess.run(
            [shutil.which("bash"), "-c", line],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return words(done.stdout)

    return run, tmp_path


def play(run, without):
    """Run the commands of the page in their order, but for one."""
    for line, said in (one for step in STEPS for one in commands(step)):
        if without not in line:
            found = run(line)
            for each in said:
                assert words(each) in found, line


@pytest.mark.skipif(not has_the_bug(), reason="this Python has the fix")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="keys are made by openssl")
@pytest.mark.parametrize(
    "without", ["backportkit prove", pytest.param("nothing", marks=pytest.mark.tools, id="whole, with the proof")]
)
def test_from_an_advisory_to_an_exception(shop, without):
    """Each command says what the page shows, and the statement is that of the page. The proof needs an index."""
    run, folder = shop
    play(run, without)
    (shown,) = [json.loads(one) for one in blocks("json")]
    statements = json.loads((folder / "shop.openvex.json").read_text("utf-8"))["statements"]
    (found,) = [one for one in statements if one["vulnerability"] == shown["vulnerability"]]
    time = found["timestamp"]
    expected = json.loads(json.dumps(shown).replace("3.11.7", HERE).replace(shown["timestamp"], time))
    assert found == expected
