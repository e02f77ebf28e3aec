"""A project that gets patches, and the package index that has the releases of what it patches."""

from __future__ import annotations

import json
import shutil
import subprocess
import textwrap

import package_index
import pytest
import warm

PYPROJECT = """
# what we are
[project]
name = "mine"  # ours
version = "1.0"
dependencies = ["backportkit[cli]>=0", "victim"]
"""

LOAD = """
import importlib, json
import backportkit
from backportkit.declaration.registry import declared_patches
importlib.import_module({module!r})
print(json.dumps([one.patch.model_dump(mode="json") for one in declared_patches]))
"""


class Project(package_index.Index):
    """A folder with a pyproject.toml and a package `mine`, and an index that has `victim`."""

    def __init__(self, folder):
        super().__init__(folder)
        self.write("pyproject.toml", PYPROJECT)
        self.write("mine/__init__.py", "")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def read(self, name):
        return (self.folder / name).read_text("utf-8")

    def releases(self, texts, metadata="", **fields):
        """Put a release with one module, or with modules by their paths, into the index for each version."""
        for version, text in texts.items():
            files = {"victim.py": text} if isinstance(text, str) else text
            content = {path: textwrap.dedent(inner) for path, inner in files.items()}
            made = package_index.wheel(version, content, metadata=metadata)
            self.put(f"victim-{version}-py3-none-any.whl", made, **fields)
        return self

    def new(self, *line, code=0, **env):
        """Call `new`, which must end with this exit code; return what it printed."""
        done = self.run("new", *line, **env)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stderr if code else done.stdout

    def refused(self, *line, **env):
        """Return the message of a `new` that must be refused, and that must change nothing."""
        before = self.files_there()
        said = self.new(*line, code=2, **env)
        assert self.files_there() == before
        return said

    def adopt(self, text, *line, code=0, name="mine/by_hand.py"):
        """Adopt the patch by hand in a text, at the line that is marked; return what was printed."""
        self.write(name, text)
        number = next(at for at, one in enumerate(textwrap.dedent(text).split("\n"), 1) if "# here" in one)
        done = self.run("scan", "--adopt", f"{name}:{number}", *line)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stderr if code else done.stdout

    def files_there(self):
        paths = (path for path in self.folder.rglob("*") if path.is_file() and "cache" not in path.parts)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths if path.suffix != ".pyc"}

    def written(self):
        """Return all that was written into the package of the project."""
        return "\n".join(path.read_text("utf-8") for path in sorted((self.folder / "mine").rglob("*.py")))

    def assert_untouched(self):
        """Assert that nothing was written."""
        assert [path.name for path in (self.folder / "mine").iterdir()] == ["__init__.py"]
        assert self.read("pyproject.toml") == textwrap.dedent(PYPROJECT)

    def patch(self, *line, **env):
        """Have a patch written, and return the declaration as it is read back."""
        self.new(*line, **env)
        return self.declared()[-1]

    def declared(self, module="mine._backports.victim"):
        return json.loads(self.script(LOAD.format(module=module))[-1])

    def install(self, version, text):
        """Install a release of `victim`."""
        self.write("victim.py", text)
        self.write(f"victim-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: victim\nVersion: {version}\n")

    def script(self, text):
        """Run a script in the folder, which must end well; return the lines that it printed."""
        self.write("script.py", "import sys; sys.path.insert(0, '')\n" + textwrap.dedent(text))
        done = warm.fresh(["script.py"], self.folder, {"PYTHONPATH": str(self.folder)})
        (self.folder / "script.py").unlink()
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.splitlines()

    def applied(self, expression, module="mine._backports.victim"):
        """Return the value of an expression where the patches are applied."""
        lines = [f"import {module}, backportkit", "backportkit.apply_all()", "import victim", f"print({expression})"]
        return self.script("\n".join(lines))[-1]


@pytest.fixture
def project(tmp_path):
    """A project for one test."""
    made = Project(tmp_path)
    yield made
    made.close()


@pytest.fixture
def applied(project):
    """Have a patch written from an old and a new module, applied to the old one; return the value of an expression."""

    def value(old, new, target, expression, *line):
        old, new = textwrap.dedent(old), textwrap.dedent(new)
        project.releases({"1.0": old, "2.0": new})
        project.said = project.new(*target.split(), "--id", "mine-1", *line)
        project.install("1.0", old)
        return project.applied(expression)

    return value


class Patched:
    """A project `mine` in git that patches `victim`, and has outgrown a patch of it."""

    def __init__(self, folder):
        self.folder = folder
        self.write("pyproject.toml", '[project]\nname = "mine"\nversion = "1"\ndependencies = ["victim>=2"]\n')

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def declare(self, text, name="mine/backports.py"):
        """Write a module that declares, to which the pyproject.toml leads, and commit all."""
        self.write("mine/__init__.py", '"""What we do."""\n')
        self.write(name, text)
        module = name.removesuffix(".py").replace("/", ".")
        entry = f'\n[project.entry-points."backportkit.patches"]\nvictim = "{module}"\n'
        self.write("pyproject.toml", (self.folder / "pyproject.toml").read_text("utf-8") + entry)
        return self.commit()

    def commit(self):
        """Commit all files; return them."""
        user = ("-c", "user.name=me", "-c", "user.email=me@mine.example")
        for line in (["init", "-q"], ["add", "-A"], [*user, "commit", "-qm", "x"]):
            subprocess.run([GIT, *line], cwd=self.folder, check=True, capture_output=True)
        return self.files()

    def files(self):
        """Return the texts of all files by their names."""
        every = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        paths = {path.relative_to(self.folder): path for path in every}
        return {str(name): path.read_text("utf-8") for name, path in paths.items() if name.parts[0] not in LEFT_OUT}

    def retire(self, *line, code=0, **env):
        """Call `retire`, which must end with this exit code; return what it printed."""
        folders = {"PYTHONPATH": str(self.folder), "BACKPORTKIT_CACHE": str(self.folder / "cache"), "COLUMNS": "1000"}
        done = warm.run(["-m", "backportkit", "retire", *line], self.folder, folders | env)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stderr if code == 2 else done.stdout

    def retired(self, *line):
        """Retire the patch victim-1 or others, without a proof; return the files that are left."""
        self.retire(*(line or ["victim-1"]), "--unproved", "this test is about files", "--yes")
        return self.files()

    def refused(self, *line):
        """Return the message of a `retire` that must be refused, and that must change nothing."""
        before = self.files()
        said = self.retire(*line, "--unproved", "this test is about files", "--yes", code=2)
        assert self.files() == before
        return said


GIT = shutil.which("git")
LEFT_OUT = {".git", "cache", "wheels"}


@pytest.fixture
def patched(tmp_path):
    """A project whose patches can be retired, for one test."""
    return Patched(tmp_path)


class Modules:
    """A package with several modules, of which an old and a new release are there."""

    def __init__(self, project):
        self.project = project

    def new(self, old, new, targets):
        """Have a patch written; return what was said."""
        self.old, new = ({"victim/__init__.py": "", **texts} for texts in (old, new))
        return self.project.releases({"1.0": self.old, "2.0": new}).new(*targets.split(), "--id", "mine-1")

    def applied(self, old, new, targets, expression):
        """Have a patch written and applied to the old release; return the value of an expression there."""
        self.install(old, new, targets)
        return self.project.applied(f"__import__('importlib').import_module('victim.a') and {expression}")

    def applied_late(self, old, new, targets, expression, imports):
        """Do the same where the program has imported the modules before the patch is applied."""
        self.install(old, new, targets)
        lines = [imports, "import mine._backports.victim, backportkit", "backportkit.apply_all()"]
        return self.project.script("\n".join([*lines, f"print({expression})"]))[-1]

    def install(self, old, new, targets):
        """Have a patch written, and the old release installed; keep what was said."""
        self.said = self.new(old, new, targets)
        for path, text in self.old.items():
            self.project.write(path, text)
        metadata = "Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n"
        self.project.write("victim-1.0.dist-info/METADATA", metadata)


@pytest.fixture
def modules(project):
    """A package of several modules for one test."""
    return Modules(project)
