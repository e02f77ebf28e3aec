"""docs/by-hand.md, from the declaration to its end: each command says what the page shows."""

from __future__ import annotations

import re

import pytest
import serving
import warm
from test_docs_examples import ROOT, ZIPP

PAGE = (ROOT / "docs/by-hand.md").read_text("utf-8")
FIXED = ZIPP.replace("path and path != posixpath.sep", "path.rstrip(posixpath.sep)")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def words(text):
    """Return the words of a text, so that how a table is laid out says nothing."""
    return " ".join(re.sub(r"\d+\.\d s", "", text).split())


LAST = ("3.19.1", "3.19.2", "3.19.3", "3.20.0")

FIRST, REPRODUCER, WHOLE, PROGRAM = blocks("python")
SAID = [[words(line) for line in block.splitlines()] for block in blocks("text")]


@pytest.fixture
def project(world):
    """The project of the page, an environment with zipp 3.18.0, and releases around the range."""
    world.distribution("zipp", "3.18.0")
    world.write("zipp.py", ZIPP)
    within = [f"3.1.{number}" for number in range(13)] + [f"3.{number}.0" for number in range(2, 20)]
    wheels = [world.wheel("zipp", version, ZIPP) for version in ("0.6.0", "3.0.0", *within, *LAST)]
    wheels += [world.wheel("zipp", "0.5.2", ""), world.wheel("zipp", "3.20.1", FIXED)]
    world.write("simple/zipp/index.html", serving.page((wheel.name, "") for wheel in wheels))
    world.write("project/src/myproject/reproducers.py", REPRODUCER)
    (world.folder / "project/__init__.py").unlink()
    (world.folder / "project/src/__init__.py").unlink()
    (toml,) = blocks("toml")
    world.write("project/pyproject.toml", toml)
    return world


def said(world, *arguments, **settings):
    """Run a command in the project; return what it said in words."""
    folders = {"PYTHONPATH": str(world.folder), "BACKPORTKIT_CACHE": str(world.folder / "cache")}
    offline = {"UV_FIND_LINKS": str(world.folder / "wheels"), "UV_NO_INDEX": "1"}
    env = {"COLUMNS": "300"} | folders | (settings or offline)
    done = warm.fresh(["-m", "backportkit", *arguments], world.folder / "project", env)
    return words(done.stdout + done.stderr), done.returncode


def declare(world, text):
    world.write("project/src/myproject/backports.py", text)


def test_declared_and_checked(project):
    """The first declaration has the findings that the page shows; the last one has none."""
    declare(project, FIRST)
    found, code = said(project, "check", ".")
    assert code == 1
    for line in SAID[0]:
        assert line.partition(" ")[2] in found
        assert line.partition(" ")[0] in found
    declare(project, WHOLE)
    assert said(project, "check", ".") == ("1 patch, 0 dormant here: all is well", 0)


def test_fingerprints(project):
    """Both commands show the fingerprint that the page shows."""
    declare(
        project,
        FIRST.replace('    id="zipp', '    namespace="target",\n    reproducer="platform:platform",\n    id="zipp'),
    )
    assert SAID[1][0] in said(project, "explain", "zipp-ancestry")[0]
    with serving.serving(project.folder) as index:
        assert SAID[2][0] in said(project, "diff", "zipp-ancestry", "--against", "3.20.1", UV_INDEX=index)[0]


def test_proved(project):
    """The proof and the matrix come to what the page shows."""
    declare(project, WHOLE)
    proof, code = said(project, "prove", "zipp-ancestry")
    assert code == 0
    assert not [line for line in SAID[3] if line not in proof], proof
    with serving.serving(project.folder) as index:
        matrix, code = said(project, "prove", "zipp-ancestry", "--matrix", UV_INDEX=index)
    assert code == 1
    assert not [line for line in SAID[4] if line not in matrix], matrix


def test_applied(project):
    """The program of the page runs with the patch."""
    declare(project, WHOLE)
    path = f"import sys; sys.path.append({str(project.folder / 'project/src')!r})\nimport myproject.backports\n"
    assert project.run(path + PROGRAM) == SAID[5]


def test_removable(project):
    """Once the project requires the fixed release, the patch can be deleted."""
    declare(project, WHOLE.replace(">=3.1", ">=0.6.0"))
    toml = project.folder / "project/pyproject.toml"
    toml.write_text(toml.read_text().replace("zipp<3.20", "zipp>=3.20.1"))
    found, code = said(project, "check", ".")
    assert code == 3
    code, _, text = SAID[6][0].partition(" ")
    assert code in found
    assert text in found
