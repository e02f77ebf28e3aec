"""What `apply_all` returns: records that are read when they are first looked at."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import overload

    from backportkit.patch_status import PatchStatus

    Records = Sequence[PatchStatus]
else:
    from _collections_abc import Sequence as Records  # loaded by every start; collections.abc would load collections


class Report(Records):
    """What `apply_all` left behind: one `PatchStatus` a patch, in the order of their declaration.

    The records are read when the report is first looked at, and stay the same afterwards: reading them needs the
    metadata of installed distributions, which a process that does not ask should not pay for.
    """

    def __init__(self, read: "Callable[[], tuple[PatchStatus, ...]]") -> None:
        self._read = read
        self._records: tuple[PatchStatus, ...] | None = None

    @property
    def records(self) -> "tuple[PatchStatus, ...]":
        """The records as a tuple."""
        if self._records is None:
            self._records = self._read()
        return self._records

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: int) -> "PatchStatus": ...
        @overload
        def __getitem__(self, index: slice) -> "tuple[PatchStatus, ...]": ...

    def __getitem__(self, index: int | slice) -> "PatchStatus | tuple[PatchStatus, ...]":
        return self.records[index]

    def __repr__(self) -> str:
        return "\n".join(f"{record.id}: {record.state}, {record.reason}" for record in self.records) or "no patches"

    def __len__(self) -> int:
        return len(self.records)
