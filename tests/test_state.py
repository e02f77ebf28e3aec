"""States are words, and a report is read when it is looked at, once."""

from __future__ import annotations

from backportkit import Report
from backportkit.patch_status import PatchStatus
from backportkit.state import State

RECORD = PatchStatus("victim-1", State.WAITING, "victim is not imported yet", ("victim:f",), {}, "mine", "what breaks")


def test_state_is_its_word():
    assert [str(state) for state in State] == [state.value for state in State]
    assert State.APPLIED == "applied"
    assert f"{State.APPLIED}" == "applied"


def test_report_reads_once_and_not_before_it_is_looked_at():
    reads = []
    report = Report(lambda: reads.append(1) or (RECORD, RECORD))
    assert reads == []
    assert (len(report), report[0], report[1:], list(report)) == (2, RECORD, (RECORD,), [RECORD, RECORD])
    assert report.records is report.records
    assert reads == [1]


def test_report_prints_a_line_for_each_patch():
    assert repr(Report(lambda: (RECORD,))) == "victim-1: waiting, victim is not imported yet"
    assert repr(Report(tuple)) == "no patches"
