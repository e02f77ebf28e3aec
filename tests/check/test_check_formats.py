"""The output for machines is complete, however little is known about a finding."""

from __future__ import annotations

import json
from pathlib import PurePosixPath, PureWindowsPath

import pytest

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


def test_gitlab_is_told_a_place_of_each_finding():
    """What belongs to no file is shown at the project's; no two findings have one fingerprint, and it has no line."""
    issues = json.loads(formats.as_gitlab([BARE, WITHOUT_LINE, WITHOUT_LINE._replace(line=7)]))
    assert [issue["location"] for issue in issues] == [
        {"path": "pyproject.toml", "lines": {"begin": 1}},
        {"path": "a,b:c.json", "lines": {"begin": 1}},
        {"path": "a,b:c.json", "lines": {"begin": 7}},
    ]
    assert [issue["severity"] for issue in issues] == ["major", "minor", "minor"]
    assert [issue["check_name"] for issue in issues] == ["BK301", "BK402", "BK402"]
    bare, one, same = (issue["fingerprint"] for issue in issues)
    assert bare != one == same
    assert issues[1]["description"] == "p-1: m. Next: n"


def test_sarif_leaves_out_what_is_not_known():
    bare, without_line = json.loads(formats.as_sarif([BARE, WITHOUT_LINE]))["runs"][0]["results"]
    assert not {"locations", "partialFingerprints"} & bare.keys()
    place = {"artifactLocation": {"uri": "a,b%3Ac.json"}, "region": {"startLine": 1}}
    assert without_line["locations"] == [{"physicalLocation": place}]
    assert without_line["partialFingerprints"] == {"patch/v1": "p-1"}


def test_place_is_a_file_and_a_line_as_far_as_it_tells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.json").write_text("{}", "utf-8")
    assert location.of(f"{tmp_path}/mine.py:7") == ("mine.py", 7)
    assert location.of("/elsewhere/mine.py:7") == ("/elsewhere/mine.py", 7)
    assert location.of(f"{tmp_path}/data.json, patch 1") == ("data.json", None)
    assert location.of("nowhere") == ("nowhere", None)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("src/a b.py"), "src/a%20b.py"),
        (PurePosixPath("/elsewhere/mine.py"), "file:///elsewhere/mine.py"),
        (PureWindowsPath(r"src\a b.py"), "src/a%20b.py"),
        (PureWindowsPath(r"D:\work\mine.py"), "file:///D:/work/mine.py"),
        (PureWindowsPath(r"\\host\share\mine.py"), "file://host/share/mine.py"),
    ],
    ids=str,
)
def test_sarif_refers_to_files_by_uris(path, uri):
    """No drive becomes a scheme, and no backslash a part of a name."""
    assert formats.uri(path) == uri
