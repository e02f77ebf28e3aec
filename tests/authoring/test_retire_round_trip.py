"""What `new` has written, `retire` takes out again: the project is as it was before."""

from __future__ import annotations

import ast
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.warm

GIT = shutil.which("git")

HEAD = "import os\nimport math\nLIMIT = 3\n"
FORMS = {
    "function": (["victim:f"], HEAD + "def f():\n    return LIMIT\n", HEAD + "def f():\n    return os.sep\n"),
    "method": (
        ["victim:C.m"],
        HEAD + "class C:\n    def m(self):\n        return 1\n",
        HEAD + "class C:\n    def m(self):\n        return self._n()\n    def _n(self):\n        return math.pi\n",
    ),
    "constant": (["victim:LIMIT"], HEAD, HEAD.replace("3", "4")),
    "several": (
        ["victim:f", "victim:C.m"],
        HEAD + "def f():\n    return 1\nclass C:\n    def m(self):\n        return 1\n",
        HEAD
        + "def g(x=LIMIT):\n    return x\ndef f():\n    return g()\nclass C:\n    def m(self):\n        return g()\n",
    ),
}


def retire(project, patch_id):
    """Have the project require the release with the fix, commit all, and retire a patch; return the files then."""
    project.write("pyproject.toml", project.read("pyproject.toml").replace('"victim"]', '"victim>=2"]'))
    user = ("-c", "user.name=me", "-c", "user.email=me@mine.example")
    for line in (["init", "-q"], ["add", "mine", "pyproject.toml"], [*user, "commit", "-qm", "x"]):
        subprocess.run([GIT, *line], cwd=project.folder, check=True, capture_output=True)
    done = project.run("retire", patch_id, "--unproved", "x", "--yes")
    assert done.returncode == 0, done.stderr + done.stdout
    project.write("pyproject.toml", project.read("pyproject.toml").replace('"victim>=2"]', '"victim"]'))
    return there(project)


def there(project):
    """Return the files of a project."""
    return {name: text for name, text in project.files_there().items() if not name.startswith(".git/")}


@pytest.mark.parametrize("form", FORMS)
def test_first_patch(project, form):
    """With it goes the package for patches, and the entry point."""
    targets, old, new = FORMS[form]
    project.releases({"1.0": old, "2.0": new})
    before = there(project)
    project.new(*targets, "--id", "mine-1")
    assert retire(project, "mine-1") == before


def test_second_patch(project):
    """The first one stays as it was."""
    old = "def f():\n    return 1\ndef g():\n    return 1\n"
    project.releases({"1.0": old, "2.0": old.replace("1", "2")})
    project.new("victim:f", "--id", "mine-1")
    before = there(project)
    project.new("victim:g", "--id", "mine-2")
    after = retire(project, "mine-2")
    inits = [one.pop("mine/_backports/victim/__init__.py") for one in (before, after)]
    assert after == before
    assert len({ast.dump(ast.parse(one)) for one in inits}) == 1  # the list of one name has a line for it
