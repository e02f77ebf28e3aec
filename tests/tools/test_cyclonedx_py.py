"""`backportkit sbom` adds to what cyclonedx-py writes, and lib4vex reads what it says."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

pytestmark = pytest.mark.tools

PATCH = """
from backportkit import backport

@backport("victim:f", id="victim-1", requires="victim<2", resolves="CVE-2024-0001", fixes="https://x.example/1")
def f():
    "f() gives the old thing"
    return "new"
"""
SERVE = "import backportkit; backportkit.apply_all(); import victim; backportkit.report().write('reports')"
READ = """
import sys
from lib4vex.parser import VEXParser
for kind, file in (("openvex", "vex.json"), ("cyclonedx", "{name}")):
    parser = VEXParser(vex_type=kind)
    parser.parse(file)
    print([(one["id"], one["status"]) for one in parser.get_vulnerabilities()])
"""


@pytest.fixture(scope="module")
def tools(make_tools):
    """An environment with both tools, and a patched package."""
    commands = ("cyclonedx-bom>=7", "typer", "rich", "platformdirs", "tomlkit", "cyclonedx-python-lib[json-validation]")
    made = make_tools("supply", "lib4vex", *commands)
    made.install("victim", {"victim.py": "def f():\n    return 'old'\n"})
    points = "[backportkit.patches]\nvictim = provider\n"
    made.install("provider", {"provider.py": PATCH}, points)
    return made


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_document_of_cyclonedx_py(tools, tmp_path, version):
    """Both releases of the format come back valid, with licences and all, and the statements are read by lib4vex."""
    name = f"bom-{version}.json"
    tools.lines("cyclonedx-py", "environment", "--spec-version", version, "-o", "made.json", cwd=tmp_path)
    made = json.loads((tmp_path / "made.json").read_text("utf-8"))
    tools.lines("python", "-c", SERVE, cwd=tmp_path)
    line = ["backportkit", "sbom", "made.json", "--from", "reports", "--vex"]
    tools.lines(*line, "cyclonedx", "--output", name, cwd=tmp_path)
    tools.lines(*line, "openvex", "--author", "x", "--product", "pkg:pypi/x@1", "--output", "vex.json", cwd=tmp_path)
    text = (tmp_path / name).read_text("ascii")
    assert JsonStrictValidator(SchemaVersion[f"V{version.replace('.', '_')}"]).validate_str(text) is None
    document = json.loads(text)
    assert (document["serialNumber"], document["version"]) == (made["serialNumber"], 2)
    (victim,) = [one for one in document["components"] if one["name"] == "victim"]
    assert [one["type"] for one in victim["pedigree"]["patches"]] == ["backport"]
    assert sum("licenses" in one for one in document["components"]) > 1
    read = tools.lines("python", "-c", READ.replace("{name}", name), cwd=tmp_path)
    assert "('CVE-2024-0001', 'fixed')" in read[0]
    assert "('CVE-2024-0001', 'resolved_with_pedigree')" in read[1]
