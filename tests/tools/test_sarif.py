"""What `--format sarif` writes is accepted by the schema of the standard, and by the validator of Microsoft."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import cycle

import pytest

from backportkit.check import formats
from backportkit.check.findings import RULES, Finding

pytestmark = pytest.mark.tools

PLACES = [("src/mine.py", 3), ("/else where/mine.py", None), (None, None)]
# Each kind of finding, with a place, a file alone, and without any.
FINDINGS = [
    Finding(code, "it is [so](https://evil.example)", "mend it", "victim-1", "victim:f", path, line)
    for code, (path, line) in zip(RULES, cycle(PLACES), strict=False)
]
# The package has the files of the JSON Schema Store, whose address `$schema` has: no network is needed for them.
VALIDATE = """
import json, pathlib, sys
import jsonschema, requests_cache, schemastore
kept = requests_cache.CachedSession(pathlib.Path(schemastore.__file__).with_name("cache")).cache
log = json.load(open(sys.argv[1], encoding="utf-8"))
(schema,) = (one.json() for one in kept.filter(valid=True, expired=True) if one.url == log["$schema"])
jsonschema.validate(log, schema, format_checker=jsonschema.FormatChecker())
"""


@pytest.fixture(scope="module")
def tools(make_tools):
    """An environment with the schema, and with what reads it."""
    return make_tools("sarif", "jsonschema[format]", "schemastore")


@pytest.fixture
def log(tmp_path):
    """A log with every kind of finding."""
    path = tmp_path / "all.sarif"
    path.write_text(formats.as_sarif(FINDINGS), "utf-8")
    return path


def test_schema(tools, log):
    """The log is one by the schema that it names; one with another level is none."""
    assert tools.lines("python", "-c", VALIDATE, log, cwd=log.parent) == []
    log.write_text(log.read_text("utf-8").replace('"level": "error"', '"level": "severe"', 1), "utf-8")
    assert "'severe' is not one of" in tools.start("python", "-c", VALIDATE, log, cwd=log.parent).stderr


@pytest.mark.skipif(shutil.which("npx") is None, reason="the validator comes from npm")
def test_code_scanning(log):
    """By the rules of the standard and of GitHub's code scanning there is no error and no warning.

    The validator asks the web for each address that is named, and notes it where it has none.
    """
    line = [shutil.which("npx"), "--yes", "@microsoft/sarif-multitool", "validate", log]
    options = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    done = subprocess.run([*line, *options], capture_output=True, text=True, check=False, timeout=300)
    assert "1 files scanned" in done.stdout, done.stdout + done.stderr
    assert re.findall(r": (?:error|warning) .*", done.stdout) == []
