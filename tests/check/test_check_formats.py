"""The output for machines is complete, however little is known about a finding."""

from __future__ import annotations

import json

from backportkit.check import formats
from backportkit.check.findings import Finding
from backportkit.source import location

BARE = Finding("BK301", "100 % wrong,\nin two lines", "mend: it")
WITHOUT_LINE = Finding("BK402", "m", "n", patch="p-1", path="a,b:c.json")


def test_annotation_escapes_what_has_a_meaning_in_workflow_commands():
    assert formats.as_github([BARE, WITHOUT_LINE]).splitlines() == [
        "::error title=BK301 unreadable provider::100 %25 wrong,%0Ain two lines. Next: mend: it",
        "::warning file=a%2Cb%3Ac.json,title=BK402 removable::p-1: m. Next: n",
    ]


def test_sarif_leaves_out_what_is_not_known():
    bare, without_line = json.loads(formats.as_sarif([BARE, WITHOUT_LINE]))["runs"][0]["results"]
    assert not {"locations", "partialFingerprints"} & bare.keys()
    assert without_line["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "a,b%3Ac.json"}}}]
    assert without_line["partialFingerprints"] == {"patch/v1": "p-1"}


def test_place_is_a_file_and_a_line_as_far_as_it_tells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.json").write_text("{}", "utf-8")
    assert location.of(f"{tmp_path}/mine.py:7") == ("mine.py", 7)
    assert location.of("/elsewhere/mine.py:7") == ("/elsewhere/mine.py", 7)
    assert location.of(f"{tmp_path}/data.json, patch 1") == ("data.json", None)
    assert location.of("nowhere") == ("nowhere", None)
