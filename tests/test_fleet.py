"""Many processes side by side: `backportkit status --from`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import warm

from backportkit.reports import fleet
from backportkit.reports.document import ProcessReport, Record
from backportkit.reports.fleet import FleetError
from backportkit.reports.process import digest


def record(patch="victim-1", **facts):
    known = {"state": "applied", "reason": "in effect", "targets": ["victim:f"], "installed": {}, "provider": "mine"}
    return Record.model_validate(
        {
            **known,
            "id": patch,
            "summary": "s",
            "copies": [],
            "armed": True,
            "opt_in": False,
            "content": "aa",
            "upstream_status": "fixed",
        }
        | facts
    )


def document(pid, *records, second=0):
    return ProcessReport(
        backportkit="1",
        host="node",
        pid=pid,
        program="serve",
        python="3.11.7",
        written=f"2026-01-01T00:00:{second:02}Z",
        digest=digest(one.model_dump() for one in records),
        patches=records,
    )


def status(source, *arguments):
    return warm.run(["-m", "backportkit", "status", "--from", str(source), *arguments], Path.cwd(), {"COLUMNS": "1000"})


def piped(text, *arguments):
    command = [sys.executable, "-m", "backportkit", "status", "--from", "-", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)


def test_processes_with_the_same_patches_in_force_are_consistent(tmp_path):
    document(1, record()).write(tmp_path)
    document(2, record(state="waiting")).write(tmp_path)
    done = status(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    head, first, second, verdict = done.stdout.splitlines()
    assert head.split() == ["process", "digest", "patches", "python", "said"]
    assert first.split()[:2] == ["serve", "node:1"]
    assert " 1 in force " in second
    assert second.rstrip().endswith("3.11.7  2026-01-01 00:00:00 UTC")
    assert verdict == f"2 processes, all with the digest {digest([record().model_dump()])}"


def test_single_process(tmp_path):
    """The report of a single process is counted in the singular."""
    document(1, record()).write(tmp_path)
    said = status(tmp_path).stdout.splitlines()[-1]
    assert said == f"1 process with the digest {digest([record().model_dump()])}"


def test_patch_that_is_not_in_force_everywhere_is_shown_with_its_reason(tmp_path):
    for pid in range(1, 7):
        document(pid, record(), record("other-1")).write(tmp_path)
    document(7, record(state="dormant", reason="victim 3 is installed"), record("other-1")).write(tmp_path)
    document(8, record("other-1")).write(tmp_path)
    done = status(tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout[done.stdout.index("\n\n") :].split("\n")[2:-1]
    assert [" ".join(line.split()) for line in lines] == [
        "patch stands in reason",
        "victim-1 in force (aa) serve node:1, serve node:2, serve node:3, serve node:4 and 2 more in effect",
        "victim-1 dormant (aa) serve node:7 victim 3 is installed",
        "victim-1 not declared serve node:8",
    ]


def test_patches_of_one_name_with_other_content_differ():
    found = fleet.merge([document(1, record()), document(2, record(content="bb"))])
    assert not found.consistent
    (difference,) = found.differences
    assert [(group.standing, group.content) for group in difference.groups] == [("in force", "aa"), ("in force", "bb")]


def test_of_several_documents_of_one_process_the_latest_counts():
    old, new = document(1, record(state="failed"), second=1), document(1, record(), second=2)
    assert fleet.merge([new, old]).processes == (new,)
    assert fleet.merge([new, old, document(2, record())]).consistent


@pytest.mark.parametrize("form", ["one", "an array", "one after another"])
def test_documents_are_read_from_stdin_in_any_form(form):
    texts = [document(pid, record()).model_dump_json(indent=2) for pid in (1, 2)]
    text = {"one": texts[0], "an array": f"[{','.join(texts)}]", "one after another": "\n".join(texts)}[form]
    done = piped(text, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [process["pid"] for process in found["processes"]] == ([1] if form == "one" else [1, 2])
    assert (found["consistent"], found["differences"]) == (True, [])


def test_one_file_is_read(tmp_path):
    assert fleet.read(str(document(1).write(tmp_path))).processes[0].pid == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no report in "),
        ("nonsense", " is no JSON: "),
        ('{"pid": 1}', " is no report of a process"),
        ("[1]", " is no report of a process"),
        ("\xff", " cannot be read: "),
    ],
)
def test_what_is_no_report_is_refused_without_a_traceback(tmp_path, text, message):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(FleetError) as caught:
        fleet.read(str(tmp_path / "a.json"))
    assert message in caught.value.message
    assert "a.json" in caught.value.message
    done = status(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("backportkit: ")
    assert message in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("text", ["nonsense", '{"pid": 1}'])
def test_what_is_no_report_does_not_hide_the_others(tmp_path, text, arguments):
    """The processes whose reports can be read are shown, and each document that is none is named."""
    for pid in (1, 2):
        document(pid).write(tmp_path)
    (tmp_path / "bad.json").write_text(text, "utf-8")
    done = status(tmp_path, *arguments)
    shown = [one["pid"] for one in json.loads(done.stdout)["processes"]] if arguments else done.stdout
    assert [pid in shown for pid in ((1, 2) if arguments else ("serve node:1", "serve node:2"))] == [True, True]
    assert (done.returncode, "bad.json is no " in done.stderr) == (2, True)


def test_folder_that_is_not_there_is_named(tmp_path):
    done = status(tmp_path / "none")
    assert done.returncode == 2
    assert done.stderr.startswith(f"backportkit: {tmp_path / 'none'} cannot be read: ")


def test_report_that_tells_nothing_of_what_patches_resolve_is_read(tmp_path):
    """The report of an earlier version, without `resolves`, is read."""
    report = json.loads(document(1, record()).model_dump_json())
    del report["patches"][0]["resolves"]
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert fleet.read(str(tmp_path)).processes[0].patches[0].resolves == ()


def test_stdin_without_a_report_is_named():
    assert status("-").stderr.startswith("backportkit: there is no report in stdin\n")


def test_report_with_a_key_twice_is_told(tmp_path):
    """The first one is not dropped in silence."""
    file = tmp_path / "twice.json"
    file.write_text('{"patches": [], "patches": []}', "utf-8")
    assert f"{file} is no JSON: the key 'patches' stands twice in one object" in status(file).stderr


DEEP = {"array": "[" * 100_000, "object": '{"a":' * 3000 + "1" + "}" * 3000, "patches": '{"patches": ' + "[" * 5000}


@pytest.mark.parametrize("name", DEEP)
def test_text_that_is_nested_too_deeply_is_told_in_a_sentence(tmp_path, name):
    """JSON that is nested too deeply, in a file, a folder or stdin, is a message with exit code 2."""
    file = tmp_path / "deep.json"
    file.write_text(DEEP[name], "utf-8")
    for done in (status(file), status(tmp_path), piped(DEEP[name])):
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert "deep.json is no " in done.stderr or "stdin is no " in done.stderr


def test_stdin_that_is_no_text_is_told_in_a_sentence():
    """Input from stdin that is no text is a message with exit code 2."""
    command = [sys.executable, "-m", "backportkit", "status", "--from", "-"]
    env = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, input=b"\xff", capture_output=True, check=False, env=env, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(b"backportkit: stdin cannot be read: 'utf-8' codec can't decode byte 0xff")


def test_digests_that_begin_alike_are_shown_whole(tmp_path):
    """A table shows the first digits of digests only where these tell them apart."""
    alike = [f"{'a' * 12}{end * 52}" for end in "bc"]
    for pid, content in enumerate(alike):
        document(pid, record(content=content)).write(tmp_path)
    assert all(f"in force ({content})" in status(tmp_path).stdout for content in alike)
    document(1, record(content="d" * 64)).write(tmp_path)
    assert f"in force ({'d' * 12})" in status(tmp_path).stdout
