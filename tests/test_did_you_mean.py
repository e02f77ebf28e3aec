"""A name that nobody knows gets the one that may have been meant, wherever a name is given."""

from __future__ import annotations

import os
import re

import pytest
import warm
from package_index import Index

from backportkit import alike

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import backport
@backport("victim:function", id="victim-1", requires="victim<2")
def function(a): "s"
@backport("victim:functoin", id="victim-2", requires="victim<2")
def other(a): "s"
@backport("package.modul:function", id="victim-3", requires="victim<2")
def third(a): "s"
@backport("victin:function", id="victim-4", requires="victim<2")
def fourth(a): "s"
@backport("victim:function", id="victim-5", requires="victim<2", replacement="mine:functoin")
def function(a): "s"
"""
PROJECT = """
[project]
name = "mine"
dependencies = ["victim"]
[tool.backportkit]
modules = ["mine"]
disable = ["victm-1"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with patches of what is not there, and an index with one release of victim."""
    index = Index(tmp_path_factory.mktemp("project"))
    index.release("1.0", "def function(a): return a\n")
    for name, text in {
        "pyproject.toml": PROJECT,
        "mine.py": PATCHES.replace(', replacement="mine:functoin"', ""),
        "victim.py": "def function(a): return a\n",
        "package/__init__.py": "",
        "package/module.py": "def function(a): return a\n",
        "victim-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n",
        "nowhere.toml": "[tool.backportkit]\nmodules = ['mne']\n",
        "policy.toml": "defualt = 'allow'\n",
        "patches.toml": "[[patch]]\nid = 'victim-9'\nrequirs = 'victim<2'\n",
    }.items():
        path = index.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    yield index
    index.close()


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("chekc", "No such command 'chekc'; did you mean check?"),
        ("check --selct BK4", "--select"),
        ("check --select BK4O2", "did you mean BK402?"),
        ("check --ignore removeable", "did you mean BK402?"),
        ("check backportkti", "did you mean backportkit?"),
        ("check mien.py", "did you mean mine.py?"),
        ("check patches.toml", "did you mean requires or required?"),
        ("check -v", "did you mean victim-1"),
        ("check", "victim has no 'functoin' (there is 'function')"),
        ("check", "there is no module package.modul (there is 'module')"),
        ("check", "there is no module victin (there is 'victim')"),
        ("explain victm-1", "did you mean victim-1"),
        ("status victim1", "did you mean victim-1"),
        ("status --import mien", "No module named 'mien' (there is 'mine')"),
        ("prove Victim-1x", "did you mean victim-1"),
        ("retire victmi-1 --unproved reason", "did you mean victim-1"),
        ("history victim:functoin", "victim has no 'functoin' (there is 'function')"),
        ("preview victm==2.0", "did you mean victim?"),
        ("scan backportkti", "did you mean backportkit?"),
        ("policy lock --provider backportkti --path p.toml", "did you mean backportkit?"),
        ("policy check --path policy.toml", "did you mean default?"),
    ],
)
def test_name_that_was_meant_is_asked_for(project, command, question):
    """Commands, options, codes, patches, providers, files, modules, attributes, fields, settings and distributions."""
    done = project.run(*command.split(), COLUMNS="1000")
    assert question in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    ["frobnicate", "check frobnicate", "explain frobnicate", "status --import frobnicate", "preview frobnicate==1"],
)
def test_nothing_is_asked_where_nothing_is_alike(project, command):
    """A name that only looks a little like another one helps less than none."""
    done = project.run(*command.split(), COLUMNS="1000")
    assert "did you mean" not in done.stdout + done.stderr
    assert "there is '" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["explain", "status", "prove zzz"])
def test_ids_of_the_project_are_named(project, command):
    """An id that nobody has is answered with those of the project; the shipped ones are counted."""
    told = project.run(*command.split(), "other-9", COLUMNS="1000").stderr
    ids = r", ".join([r"victim-\d"] * 5)
    assert re.search(rf"expected: one of: {ids} and the \d+ that come with backportkit", told), told
    assert "torch" not in told


def test_module_that_a_project_names(project, tmp_path):
    """`modules` of a project that lead nowhere are a finding, with the module beside it that is like it."""
    (tmp_path / "pyproject.toml").write_text((project.folder / "nowhere.toml").read_text())
    (tmp_path / "mine.py").touch()
    done = warm.run(["-m", "backportkit", "check"], tmp_path, {"PYTHONPATH": "", "COLUMNS": ""})
    assert "No module named 'mne' (there is 'mine')" in done.stdout


def test_target_in_a_module_that_no_finder_has(world):
    """`status` of a process says which module is there, also of one without a package."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): pass\n")
    script = (
        "import backportkit\n"
        "@backportkit.backport('victin:f', id='victim-1', requires='victim<2')\ndef f(): 's'\n"
        "backportkit.apply_all()\nprint(*(one.reason for one in backportkit.status()))\n"
    )
    assert "no finder has such a module so far (there is 'victim')" in world.start(script).stdout


def test_best_name_comes_first_and_capitals_make_no_difference():
    """At most three names, none of them the one that was given."""
    known = ["victim-1", "victim-12", "victim-123", "victim-1234", "other", "Victim-1"]
    assert alike.names("VICTIM-1", known) == ["Victim-1", "victim-1", "victim-12"]
    assert alike.names("victim-1", known, 1) == ["Victim-1"]
    assert alike.names("mad", ["Made", "made"], 1) == ["made"]
    assert alike.question("hwo", ["how"]) == ""
    assert alike.question("hwo", ["how"], alike.OWN) == "did you mean how?"
    assert alike.question("frobnicate", known) == ""
    assert alike.then("othr", known, "go on") == "did you mean other? go on"


def test_long_name_takes_no_time():
    """Names of any length are compared by their beginnings."""
    before = os.times().user
    assert alike.names("a" * 10**6, ["a" * 10**6 + "b"] * 3) == ["a" * 10**6 + "b"]
    assert os.times().user - before < 1
