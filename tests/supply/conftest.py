"""An environment with three patches: of a vulnerability, of one whose fix is installed, and of a plain bug."""

from __future__ import annotations

import json

import pytest
import warm
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from backportkit.source import fingerprint

OLD, NEW = "def f():\n    return 'old'\n", "def f():\n    return 'new'\n"
PRINTS = {"original": fingerprint.of_source(OLD, ["f"]), "fixed": fingerprint.of_source(NEW, ["f"])}
PATCHES = f"""
from backportkit import backport

@backport("victim:f", id="victim-1", requires="victim<2", fixes="https://upstream.example/pull/1", **{PRINTS},
          resolves=["CVE-2024-0001", "GHSA-aaaa-bbbb-cccc"], references="https://upstream.example/news")
def f():
    "f() gives the old thing"
    return "new"

@backport("other:f", id="other-1", requires="other<2", resolves=["CVE-2024-0002", "https://x.example/7"], **{PRINTS})
def g():
    "other.f() gives the old thing"
    return "new"

@backport("plain:f", id="plain-1", requires="plain<2", upstream_status="workaround", **{PRINTS})
def h():
    "plain.f() gives the old thing"
    return "new"
"""
UNREPORTED = "no reports are given, so that no backport is said to be in effect: --from FOLDER\n"
MOMENT = "1764500000"  # 2025-11-30T10:53:20Z


class Environment:
    """A world with these packages and patches, the command in it, and processes that report."""

    unreported = UNREPORTED

    def __init__(self, world) -> None:
        self.world, self.folder = world, world.folder
        for name, version, text in (("victim", "1.5", OLD), ("other", "2.0", NEW), ("plain", "1.0", OLD)):
            world.distribution(name, version)
            world.write(f"{name}.py", text)
        world.distribution("provider", "1.0", dict.fromkeys(("victim", "other", "plain"), "provider"))
        world.write("provider.py", PATCHES)
        world.write("pyproject.toml", '[project]\nname = "shop"\nversion = "3.1"\n')

    def reported(self, script="import victim, plain", name="reports", off="", before="pass"):
        """Have a process apply the patches and report, after a script; return the name of the folder."""
        lines = f"{before}\nimport backportkit; backportkit.apply_all()\n{script}\nbackportkit.report().write({name!r})"
        self.world.run(lines, env={"BACKPORTKIT_DISABLE": off})
        return name

    def run(self, *line, off="", **env):
        """Call the command, with no provider but the one of this world; return the finished process."""
        variables = {
            "PYTHONPATH": str(self.folder),
            "BACKPORTKIT_DISABLE": f"provider:backportkit,{off}".strip(","),
            "SOURCE_DATE_EPOCH": MOMENT,
        }
        return warm.run(["-m", "backportkit", "sbom", *line], self.folder, variables | env)

    def document(self, *line, **options):
        """Return the document that the command prints."""
        done = self.run(*line, **options)
        has_no_reports = "--vex" in line and "--from" not in line
        assert (done.returncode, done.stderr) == (0, UNREPORTED * has_no_reports), done.stderr
        return json.loads(done.stdout)

    def component(self, name, *line, **options):
        """Return one component of the SBOM."""
        (found,) = [one for one in self.document(*line, **options)["components"] if one["name"] == name]
        return found


@pytest.fixture
def environment(world):
    """The environment with the three patches."""
    return Environment(world)


def validate(document):
    """Raise if a document is not as the published schema of CycloneDX wants it, whose library has it."""
    version = SchemaVersion[f"V{document['specVersion'].replace('.', '_')}"]
    error = JsonStrictValidator(version).validate_str(json.dumps(document))
    assert error is None, error


@pytest.fixture
def valid():
    """The validator of CycloneDX."""
    return validate
