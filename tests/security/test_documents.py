"""Documents of others: no pipe is waited for, nothing takes long, and what is wrong gets an error and no traceback."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta, timezone

import pytest
import warm

from backportkit import DeclarationError, SettingsError, load, regular_file
from backportkit.authoring.asked import files
from backportkit.authoring.asked.files import UnusableError
from backportkit.check import locks, toml
from backportkit.engine import settings
from backportkit.proof import kept, page
from backportkit.proof.origin import ProofError
from backportkit.reports import fleet
from backportkit.reports.fleet import FleetError
from backportkit.reports.process import digest

not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")

MANY = 100_000
READERS = {
    "reports": (fleet.read, FleetError, ".json"),
    "patches in JSON": (load, (DeclarationError, OSError), ".json"),
    "patches in TOML": (load, (DeclarationError, OSError), ".toml"),
    "settings": (settings.read, SettingsError, ".toml"),
    "project": (toml.read, DeclarationError, ".toml"),
    "lock": (locks.read, DeclarationError, ".lock"),
}


@pytest.fixture(params=READERS)
def reader(request, tmp_path):
    """A reader of documents, the error that it may raise, and the path of a document that is not there yet."""
    read, error, suffix = READERS[request.param]
    return read, error, tmp_path / f"document{suffix}"


def refused(reader):
    read, error, path = reader
    with pytest.raises(error) as caught:
        read(path if read in (toml.read, locks.read) else str(path))
    return str(caught.value)


@not_on_windows
def test_pipe_is_refused(reader):
    """Opening a pipe would wait for its writer."""
    os.mkfifo(reader[2])
    assert "is no regular file" in refused(reader)


@not_on_windows
def test_device_is_refused(reader):
    """Zeros come out of a device without an end."""
    reader[2].symlink_to("/dev/zero")
    assert "is no regular file" in refused(reader)


def test_folder_is_refused(reader):
    """A folder has no content, except of reports, which it may hold."""
    reader[2].mkdir()
    said = refused(reader)
    assert "Is a directory" in said or "there is no report in" in said or sys.platform == "win32"


def test_file_that_is_too_large_is_refused(reader):
    """A file of more than 64 MiB is no document, and is not kept in memory."""
    with reader[2].open("wb") as file:
        file.truncate(regular_file.LARGEST + 1)
    assert "larger than 64 MiB" in refused(reader)


HARMFUL = {
    "brackets": "[" * MANY,
    "nested arrays": "a = " + "[" * MANY,
    "nested tables": "a = " + "{a=" * MANY,
    "nested objects": '{"a":' * MANY,
    "dotted keys": "a." * MANY + "a = 1",
    "minus signs": "-" * MANY,
    "minus signs of a value": "a = " + "-" * MANY + "1",
    "digits": "1" * MANY,
    "digits of a value": "a = " + "1" * MANY,
    "exponent": "[1e" + "9" * MANY + "]]",
    "values": "[] " * MANY,
    "null bytes": "\0" * MANY,
}


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
def test_harmful_text_is_refused_at_once(reader, text):
    """Text that is nested, long or repeated without end is refused; its error is neither a traceback nor endless."""
    reader[2].write_text(text, "utf-8")
    assert len(refused(reader)) < 2 * MANY


def test_diff_that_is_a_pipe_is_refused(tmp_path):
    """`new --diff` and `--osv` wait for nobody."""
    os.mkfifo(tmp_path / "a.diff")
    with pytest.raises(UnusableError, match="cannot be read"):
        files.read(tmp_path / "a.diff", "the diff")


def test_file_of_patches_takes_the_place_of_no_library(tmp_path):
    """A file that lies beside a document is called as a library that is loaded later; it is not executed."""
    for name in ("tomllib", "tomli", "rich", "difflib", "csv", "json"):
        (tmp_path / f"{name}.py").write_text(f"print('executed {name}')\n", "utf-8")
    (tmp_path / "patches.toml").write_text('[[patch]]\nid = "a-1"\n', "utf-8")
    done = warm.fresh(["-P", "-m", "backportkit", "check", "patches.toml"][sys.version_info < (3, 11) :], tmp_path)
    assert "executed" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# --- reports ---


def report(**facts):
    written = {"backportkit": "1", "host": "node", "pid": 7, "program": "serve", "python": "3.11.7", "patches": []}
    return written | {"digest": digest([]), "written": "2026-01-01T00:00:00Z"} | facts


RECORD = {
    **dict.fromkeys(("reason", "provider", "summary", "content"), "s"),
    "id": "v-1",
    "state": "applied",
    "targets": ["v:f"],
    "installed": {},
    "copies": [],
    "opt_in": False,
    "armed": True,
    "upstream_status": "fixed",
}


def fleet_of(tmp_path, *reports):
    (tmp_path / "reports.json").write_text("\n".join(map(json.dumps, reports)), "utf-8")
    return fleet.read(str(tmp_path / "reports.json"))


def test_digest_that_is_not_that_of_the_patches_is_refused(tmp_path):
    """A report has the digest of other reports, and other patches."""
    assert fleet_of(tmp_path, report(patches=[RECORD], digest=digest([RECORD]))).consistent
    with pytest.raises(FleetError, match="is not what serve node:7 wrote, or its clock is wrong"):
        fleet_of(tmp_path, report(patches=[RECORD | {"state": "failed"}], digest=digest([RECORD])))


def test_patch_that_is_only_offered_counts_in_no_digest(tmp_path):
    """A patch that nobody has asked for is left out when the digest is computed anew."""
    offered = RECORD | {"id": "v-2", "state": "offered", "armed": False, "opt_in": True}
    assert digest([RECORD, offered]) == digest([RECORD])
    assert fleet_of(tmp_path, report(patches=[RECORD, offered], digest=digest([RECORD]))).processes


def test_report_of_the_future_is_refused(tmp_path):
    """A report that is dated tomorrow would hide all that the process says until then."""
    now = datetime.now(timezone.utc)
    assert fleet_of(tmp_path, report(written=(now + timedelta(minutes=4)).isoformat())).processes
    with pytest.raises(FleetError, match="or its clock is wrong") as caught:
        fleet_of(tmp_path, report(written=(now + timedelta(minutes=6)).isoformat()))
    assert "a time that has been" in str(caught.value)


def test_date_without_a_time_zone_is_refused(tmp_path):
    """A date that is comparable with no other one is no date of a report."""
    with pytest.raises(FleetError, match="is no report of a process"):
        fleet_of(tmp_path, report(written="2026-01-01T00:00:00"), report())


def test_many_reports_take_time_by_their_number(tmp_path):
    """Twenty thousand reports, one after another, are read in one pass over the text."""
    text = json.dumps(report()) + "\n"
    (tmp_path / "reports.json").write_text(text * 20_000, "utf-8")
    began = datetime.now(timezone.utc)
    assert len(fleet.read(str(tmp_path / "reports.json")).processes) == 1
    assert datetime.now(timezone.utc) - began < timedelta(seconds=60)


@not_on_windows
def test_command_ends_with_a_folder_of_pipes(tmp_path):
    """`status --from` names the pipe, and ends with 2."""
    os.mkfifo(tmp_path / "a.json")
    done = warm.run(["-m", "backportkit", "status", "--from", str(tmp_path)], tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"backportkit: {tmp_path / 'a.json'} cannot be read: it is no regular file\n")


# --- proofs, and projects that are checked ---


@not_on_windows
def test_proofs_are_neither_read_from_pipes_nor_written_into_them(tmp_path):
    """`prove --output` passes over a pipe that is called like a proof, and refuses to write into one."""
    os.mkfifo(tmp_path / "v-1.json")
    page.check(tmp_path)
    page.write([], tmp_path)
    assert kept.find("v-1", tmp_path) is None
    (tmp_path / "README.md").unlink()
    os.mkfifo(tmp_path / "README.md")
    with pytest.raises(ProofError, match="is no page of proofs"):
        page.check(tmp_path)
    with pytest.raises(ProofError, match="cannot be written") as caught:
        page.write([], tmp_path)
    assert "is no regular file" in str(caught.value)


@not_on_windows
def test_check_waits_for_no_pipe_in_a_project(tmp_path):
    """`check` passes over a pipe that is called like a module of the project."""
    (tmp_path / "pyproject.toml").write_text("[tool.backportkit]\nmodules = []\n", "utf-8")
    os.mkfifo(tmp_path / "module.py")
    done = warm.run(["-m", "backportkit", "check", "."], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@not_on_windows
def test_check_refuses_a_pipe(tmp_path):
    """`check FILE.py` refuses a pipe, and does not wait for it."""
    os.mkfifo(tmp_path / "module.py")
    done = warm.run(["-m", "backportkit", "check", "module.py"], tmp_path)
    assert done.returncode == 2
    assert "module.py cannot be read: it is no regular file" in done.stderr


@pytest.mark.parametrize("text", ["-" * MANY + "1", "(" * MANY, "x = " + "[" * MANY, "x" + ".x" * MANY])
def test_check_survives_source_of_any_depth(tmp_path, text):
    """`check` of a project reads source that no compiler takes, and says so or passes it over."""
    (tmp_path / "pyproject.toml").write_text("[tool.backportkit]\nmodules = []\n", "utf-8")
    (tmp_path / "module.py").write_text(f"import backportkit\n{text}\n", "utf-8")
    done = warm.run(["-m", "backportkit", "check", "."], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
