"""The examples of README.md and docs/declaring.md do what the text around them says, as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

ZIPP = """
import posixpath
def _ancestry(path):
    path = path.rstrip(posixpath.sep)
    while path and path != posixpath.sep:
        yield path
        path, tail = posixpath.split(path)
"""


def blocks(document, language="python"):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)


def check(world, path):
    return subprocess.run(
        [sys.executable, "-m", "backportkit", "check", path],
        capture_output=True,
        text=True,
        check=False,
        cwd=world.folder,
        env=os.environ | {"PYTHONPATH": str(world.folder), "COLUMNS": "300"},
    )


def zipp(world):
    world.distribution("zipp", "3.18.0")
    world.write("zipp.py", ZIPP)
    declaring, applying = blocks("README.md")
    world.write("myproject/backports.py", declaring)
    return applying


def test_first_example_of_the_readme_ends_the_loop(world):
    """Printed as it is, the patch of zipp 3.18.0 is applied, and '//a' has one ancestor instead of a loop."""
    script = "import zipp, itertools\nprint(list(itertools.islice(zipp._ancestry('//a'), 5)))"
    assert world.run(zipp(world) + script) == ["['//a']"]
    assert world.run(script) == ["['//a', '//', '//', '//', '//']"]


def test_first_example_of_the_readme_is_right_for_check(world):
    """`backportkit check` finds no error in it: its body finds all names that it uses."""
    zipp(world)
    done = check(world, "myproject/backports.py")
    assert done.returncode == 0, done.stdout
    assert "BK2" not in done.stdout
