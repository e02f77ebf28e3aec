"""A rule is for the files of a distribution in this environment: nobody else is executed under its name."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

POLICY = 'default = "deny"\n[providers.good]\n'
METADATA = "Metadata-Version: 2.1\nName: good\nVersion: 9.0\n"
PATCHES = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="good-1", summary="s")
def f(): return "new"
"""
PROJECT = """
[project]
name = "good"
version = "9.0"
[project.entry-points."backportkit.patches"]
{}
[tool.backportkit]
modules = [{}]
"""


class Taken:
    """An environment whose policy allows `good` without hashes, and a folder of somebody else."""

    def __init__(self, world, folder):
        self.world, self.folder, self.mark = world, folder, world.folder / "mark"
        world.distribution("victim", "1.0")
        world.write("victim.py", "def f(): return 'old'\n")
        world.write("good/__init__.py", "")
        world.write("good/backports.py", PATCHES)
        self.info = world.distribution("good", "1.0", {"victim": "good.backports"})
        world.write("backportkit-policy.toml", POLICY).chmod(0o644)

    def record(self):
        (self.info / "RECORD").write_text("good/__init__.py,,\ngood/backports.py,,\n", "utf-8")

    def theirs(self, name):
        path = self.folder / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        for file in {path, path.parent / "__init__.py"} if "." in name else {path}:
            file.write_text(f"open({str(self.mark)!r}, 'a').write('x')\n", "utf-8")

    def start(self, script):
        return self.world.start(f"import os, sys; sys.prefix = {str(self.world.folder)!r}; {script}")

    def command(self, *words):
        """Call a command in the folder of somebody else; return what it prints."""
        main = "from backportkit.__main__ import main; main()"
        done = self.start(f"os.chdir({str(self.folder)!r}); sys.argv[1:] = {list(words)!r}; {main}")
        return " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def taken(world, tmp_path_factory):
    return Taken(world, tmp_path_factory.mktemp("theirs"))


@pytest.mark.parametrize("is_recorded", [True, False])
@pytest.mark.parametrize("module", ["evil", "good.backports"])
def test_metadata_of_that_name(taken, module, is_recorded):
    """Metadata in a folder that is none of the environment's have nothing executed by the name of a provider."""
    if is_recorded:
        taken.record()
    info = taken.folder / "good-9.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA, "utf-8")
    (info / "entry_points.txt").write_text(f"[backportkit.patches]\nvictim = {module}\n", "utf-8")
    (info / "RECORD").write_text(f"{module.replace('.', '/')}.py,,\n", "utf-8")
    taken.theirs(module)
    use = f"sys.path.insert(0, {str(taken.folder)!r}); import backportkit; backportkit.apply_all(); import victim"
    done = taken.start(use)
    assert "allows no module of which nobody can tell whose it is" in done.stderr
    assert not taken.mark.exists()


@pytest.mark.parametrize("is_recorded", [True, False])
@pytest.mark.parametrize(
    ("module", "names"),
    [("evil", ""), ("good.backports", ""), ("good.backports", "'good.backports'"), ("good.other", "'good.other'")],
)
@pytest.mark.parametrize("line", [["status"], ["check"]])
def test_project_of_that_name(taken, line, module, names, is_recorded):
    """No command executes a module of a project in the working directory that has the name of a provider."""
    if is_recorded:
        taken.record()
    entry = "" if names else f'victim = "{module}"'
    (taken.folder / "pyproject.toml").write_text(PROJECT.format(entry, names), "utf-8")
    taken.theirs(module)
    assert "nobody can tell whose it is" in taken.command(*line)
    assert not taken.mark.exists()


def test_installed_one(taken):
    """The distribution itself is allowed, with a list of its files and without one."""
    use = "import backportkit; backportkit.apply_all(); import victim; print(victim.f())"
    assert taken.start(use).stdout == "new\n"
    taken.record()
    assert taken.start(use).stdout == "new\n"


def test_rule_without_hashes(taken):
    """`policy check` finds a rule without hashes where everything else is denied."""
    assert "the rule of 'good' names no modules" in taken.command("policy", "check")
    taken.world.write("backportkit-policy.toml", POLICY.replace("deny", "allow")).chmod(0o644)
    assert "names no modules" not in taken.command("policy", "check")
