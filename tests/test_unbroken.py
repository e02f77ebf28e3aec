"""Whatever a command prints in a terminal of 80 columns, no id, path, version or name is broken in it."""

from __future__ import annotations

import os
import re
import sys

import pytest
import warm
from package_index import Index

pytestmark = pytest.mark.warm

ID = "application-needs-the-lenient-reader-until-upstream-has-it"
FOLDER = f"{'a-folder-with-a-long-name-' * 2}and-more"
TARGET = f"victim:{'Extraordinarily' * 2}.{'attribute' * 3}"
MODULE = f"long_package_name_{'which_is_long_' * 2}.backports"
VERSION = "1.5+local.build.20261130.of.our.own.distribution"

UPSTREAM = f"""
class {"Extraordinarily" * 2}:
    def {"attribute" * 3}(self, a): return {{!r}}
def other(a): return {{!r}}
"""
PATCHES = f"""
from backportkit import backport
@backport({TARGET!r}, id={ID!r}, requires="victim>=1,<2", fixes="https://upstream.example/{"path/" * 12}1",
          reproducer="{MODULE}:reproduce")
def patched(self, a):
    "What breaks is told in a sentence that has so many words that no terminal of eighty columns has room for it."
    return "fixed"
@backport("victim:gone_{"away_" * 12}", id="{ID}-2", requires="victim<3")
def gone(): "s"
@backport("victim:other", id="old-{ID}", requires="victim<0.5", fixes="https://upstream.example/1")
def old(a): "s"
def reproduce():
    import os, victim
    made = getattr(victim, "{"Extraordinarily" * 2}")()
    assert made.{"attribute" * 3}(1) == "fixed", os.path.abspath("{FOLDER}/file")
"""
BY_HAND = "import victim\n\nvictim.other = victim.{}_of_a_name_that_is_long = print\n".format("very_" * 12)
PROJECT = f"""
[project]
name = "application-with-a-long-name"
version = "1"
dependencies = ["victim>=1"]
[tool.backportkit]
modules = ["{MODULE}"]
disable = ["{ID.replace("lenient", "linient")}"]
"""

COMMANDS = [
    "status",
    "status --all",
    f"status {ID}-9",
    "check",
    "check -v",
    f"check {FOLDER}/nothing-of-this-name",
    "check --select BK4,BK10" + "9" * 70,
    "check --upstream -v",
    f"explain {ID}",
    f"explain {ID}-9",
    f"diff {ID}",
    f"diff {ID} --against 2.0",
    f"diff {ID}-9",
    f"history {TARGET}",
    f"history {ID} -v",
    f"history {TARGET}_there_is_not",
    "preview victim==2.0",
    "preview --latest -v",
    "preview " + "nothing-of-the-kind-" * 4 + "2.0",
    "scan .",
    "scan . -v",
    f"scan . --write-baseline {FOLDER}/{FOLDER}/nowhere.json",
    "scan . --adopt by_hand.py:3 --dry-run",
    f"prove {ID}",
    f"prove {ID}-9",
    f"retire {ID}-9 --unproved nobody",
    f"retire old-{ID} --unproved nobody --dry-run --force",
    f"policy lock --path {FOLDER}/policy.toml",
    f"policy check --path {FOLDER}/no-policy-of-this-name-is-there.toml",
    f"new {TARGET} --package victim --into {FOLDER}.py",
    f"new victim:{'nothing_' * 9} --package victim",
    f"verify {FOLDER}/{FOLDER} --key {FOLDER}/public-key-of-the-company.pem",
    f"sbom {FOLDER}/document-of-this-environment.json",
    f"status --from {FOLDER}/reports-of-running-processes",
]
COMMANDS_OF_PROGRAM = sorted({command.split()[0] for command in COMMANDS} | {"run", "activate", "deactivate", "sign"})
# A difference is shown as it is: code that is broken would be other code.
_CODE = re.compile(r"^(?:[-+ @]|diff |history .* -v|new |retire |scan .* --adopt)")
_OF_A_RUN = re.compile(r"[\d.]+s?|\S*backportkit-\S*|…|requests?,")
_HINT = re.compile(r"what ends in an ellipsis\b.*\n")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with long names in a folder with one, and an index with two releases of what it patches."""
    index = Index(tmp_path_factory.mktemp(FOLDER))
    index.release("1.5", UPSTREAM.format("old", "old"))
    index.release("2.0", UPSTREAM.format("fixed", "new"))
    for name, text in {
        "pyproject.toml": PROJECT,
        "by_hand.py": BY_HAND,
        "victim.py": UPSTREAM.format("old", "old"),
        f"{MODULE.replace('.', '/')}.py": PATCHES,
        f"{MODULE.partition('.')[0]}/__init__.py": "",
        "victim-1.5.dist-info/METADATA": f"Metadata-Version: 2.1\nName: victim\nVersion: {VERSION}\n",
        f"{FOLDER}/file": "",
    }.items():
        path = index.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    yield index
    index.close()


def said(project, command, columns):
    done = project.run(*command.split(), COLUMNS=columns)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_no_word_is_broken(project, command):
    """Each word at 80 columns is one of the same output without a width; only a word alone is longer than a line."""
    whole, narrow = (said(project, command, columns) for columns in ("", "80"))
    assert whole
    words = set(whole.split())
    narrow = _HINT.sub("", narrow)
    assert [word for word in narrow.split() if word not in words and not _OF_A_RUN.fullmatch(word)] == []
    long = [line for line in narrow.splitlines() if len(line) > 80 and " " in line.strip()]
    assert _CODE.match(command) or long == []


def test_explain_has_its_lines_in_three_columns(project):
    """A page of `explain` at 80 columns has values in one column, and words too long for it two from the left."""
    lines = said(project, f"explain {ID}", "80").splitlines()
    assert {len(line) - len(line.lstrip()) for line in lines} == {0, 2, 14}


@pytest.mark.parametrize("command", COMMANDS_OF_PROGRAM)
def test_help_breaks_no_word(project, command):
    """Nor does the help of a command, whose options stand in a table."""
    whole, narrow = (set(said(project, f"{command} --help", columns).split()) for columns in ("300", "80"))
    assert {word for word in narrow - whole if "─" not in word} == set()


@pytest.mark.parametrize("command", ["status", "check", "scan .", f"explain {ID}", "preview victim==2.0"])
def test_file_gets_each_line_whole(project, command):
    """Output to a pipe is neither cut nor broken: it has as few lines as in a terminal of a thousand columns."""
    piped, wide = (said(project, command, columns) for columns in ("", "1000"))
    assert [line.rstrip() for line in piped.splitlines()] == [line.rstrip() for line in wide.splitlines()]
    assert "…" not in piped


@pytest.mark.skipif(os.name != "posix", reason="terminals are made by openpty")
def test_terminal_is_asked_for_its_width(project):
    """A terminal of 60 columns gets lines of 60, whatever `COLUMNS` was for whoever has started the test."""
    command = f"stty cols 60; exec {sys.executable} -m backportkit check"
    script = f"import os, pty; os.environ.pop('COLUMNS'); pty.spawn(['sh', '-c', {command!r}])"
    done = warm.fresh(["-c", script], project.folder, project.variables)
    lines = re.sub(r"\x1b\[[\d;]*m", "", done.stdout).splitlines()
    long = [line for line in lines if len(line) > 60]
    assert any(" BK101 " in line for line in lines), done.stderr
    assert [line for line in long if " " in line.strip()] == []
