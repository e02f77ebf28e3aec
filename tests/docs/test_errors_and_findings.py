"""docs/errors.md and docs/findings.md have a heading for each error and finding, with a message that is really said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_messages import MESSAGES

import backportkit
from backportkit import errors
from backportkit.check import formats
from backportkit.check.findings import RULES, Finding

DOCS = Path(__file__).parents[2] / "docs"
PACKAGE = Path(backportkit.__file__).parent
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
ERRORS = dict(SECTION.findall((DOCS / "errors.md").read_text("utf-8")))
FINDINGS = dict(SECTION.findall((DOCS / "findings.md").read_text("utf-8")))


def classes():
    """Return the names of all subclasses of BackportError in the package, as its source has them."""
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    return {name for text in sources for name in re.findall(r"^class (\w+)\(BackportError\b", text, re.MULTILINE)}


def test_each_error_has_its_heading():
    """Those of commands, too; and no heading is about an error that is gone."""
    assert set(ERRORS) == classes() | {"BackportError", "BackportWarning"}


@pytest.mark.parametrize("name", [name for name, text in ERRORS.items() if "```" in text])
def test_message_of_an_error_is_one_that_is_raised(name):
    """It is one of those that tests/test_messages.py has such an error say."""
    (said,) = re.findall(r"^```text\n(.*?)\n```$", ERRORS[name], re.MULTILINE | re.DOTALL)
    assert said in [text for key, (_, text) in MESSAGES.items() if key.partition(" ")[2] == name]


def test_error_names_its_heading():
    """Of a class that somebody derives from ours, it is the heading of ours."""

    class OfSomebodyError(errors.DriftError):
        pass

    assert errors.TargetError("gone").docs == "docs/errors.md#targeterror"
    assert OfSomebodyError("gone").docs == "docs/errors.md#drifterror"


def test_each_finding_has_its_heading():
    """In the order of the codes, with its title and level."""
    said = {code: re.match(r"\n\*\*(.+)\*\* \((\w+)\)\. ", text) for code, text in FINDINGS.items()}
    told = {code: (one[1].lower(), one[2]) for code, one in said.items()}
    assert told == {code: (rule.title.lower(), rule.level.value) for code, rule in RULES.items()}


def test_finding_names_its_heading():
    """So do the JSON and the SARIF of `check`."""
    finding = Finding("BK209", "", "")
    rules = json.loads(formats.as_sarif([]))["runs"][0]["tool"]["driver"]["rules"]
    (rule,) = [one for one in rules if one["id"] == "BK209"]
    assert finding.docs == formats.as_record(finding)["docs"] == "docs/findings.md#bk209"
    assert rule["help"]["text"] == "See docs/findings.md#bk209."
