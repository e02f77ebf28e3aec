"""torch.distributed: make sure that all ranks have the same patches in force."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from backportkit.errors import BackportError
from backportkit.reports import fleet, process
from backportkit.reports.document import ProcessReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


class InconsistentError(BackportError, RuntimeError):
    """The ranks of a process group do not have the same patches in force. A RuntimeError, like torch.distributed's own.

    Attributes:
        digests: The digest of each rank, by rank.
    """

    digests: tuple[str, ...] = ()


def assert_consistent(group: Any = None) -> str:  # pragma: no cover -- tested with torch, without coverage
    """Compare the patches of all ranks of a torch.distributed process group; return the digest that they share.

    This is a collective call: every rank of the group has to make it, after `apply_all()`. `group` is a process
    group; None is the default one. `all_gather_object` sends the reports, so with NCCL the rank's device must be set.

    Raises InconsistentError, on all ranks, if the digests differ; it names each patch that does not stand the same,
    and the ranks. See `backportkit.report` for what the digest counts.
    """
    distributed = import_module("torch.distributed")
    said: list[str] = [""] * distributed.get_world_size(group)
    distributed.all_gather_object(said, process.report().model_dump_json(), group=group)
    return compare([ProcessReport.model_validate_json(text) for text in said])


def compare(reports: Sequence[ProcessReport]) -> str:
    """Return the digest that the reports share, which are ordered by rank. Raises InconsistentError if they differ."""
    digests = tuple(report.digest for report in reports)
    if len(set(digests)) == 1:
        return digests[0]
    named = [(f"{rank}", report) for rank, report in enumerate(reports)]
    error = InconsistentError(
        "the ranks have not the same patches in force",
        expected=f"one digest on all {len(reports)} ranks",
        found="\n".join(line for difference in fleet.differences(named) for line in _lines(difference)),
        next_step="give every rank the same environment, declarations and BACKPORTKIT_* variables",
    )
    error.digests = digests
    raise error


def _lines(difference: fleet.Difference) -> Iterator[str]:
    contents = fleet.shortened(group.content for group in difference.groups)
    for group in difference.groups:
        ranks = "rank" if len(group.processes) == 1 else "ranks"
        content = f" ({contents[group.content]})" if group.content else ""
        reason = f": {group.reason}" if group.reason else ""
        yield f"{difference.patch} is {group.standing}{content} on {ranks} {', '.join(group.processes)}{reason}"
