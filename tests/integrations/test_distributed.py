"""torch.distributed: all ranks have the same patches, or an error names those that have not."""

from __future__ import annotations

import pytest

from backportkit.integrations.distributed import InconsistentError, compare
from backportkit.reports.document import ProcessReport, Record
from backportkit.reports.process import digest


def record(**facts):
    known = {"id": "victim-1", "state": "applied", "reason": "in effect", "targets": [], "installed": {}, "copies": []}
    return Record.model_validate(
        known
        | {
            "provider": "mine",
            "summary": "s",
            "armed": True,
            "opt_in": False,
            "upstream_status": "fixed",
            "content": "aa",
        }
        | facts
    )


def rank(*records):
    facts = {
        "backportkit": "1",
        "host": "h",
        "pid": 1,
        "program": "p",
        "python": "3",
        "written": "2026-01-01T00:00:00Z",
    }
    return ProcessReport.model_validate(
        {**facts, "digest": digest(one.model_dump() for one in records), "patches": records}
    )


def test_ranks_with_the_same_patches_share_a_digest_though_some_have_not_imported_the_target():
    assert compare([rank(record()), rank(record(state="waiting"))]) == digest([record().model_dump()])


def test_ranks_that_differ_are_named_with_what_stands_there():
    disabled = record(state="disabled", armed=False, reason="switched off by BACKPORTKIT_DISABLE")
    ranks = [rank(record()), rank(disabled), rank(record()), rank()]
    with pytest.raises(InconsistentError) as caught:
        compare(ranks)
    assert caught.value.digests == tuple(one.digest for one in ranks)
    assert caught.value.found.splitlines() == [
        "victim-1 is in force (aa) on ranks 0, 2: in effect",
        "victim-1 is disabled (aa) on rank 1: switched off by BACKPORTKIT_DISABLE",
        "victim-1 is not declared on rank 3",
    ]
