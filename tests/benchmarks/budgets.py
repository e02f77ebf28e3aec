"""Every budget, in one place: the limits of what things may cost."""

from __future__ import annotations

from typing import NamedTuple


class Budget(NamedTuple):
    """The limit of what one way of a scenario may cost.

    Attributes:
        what: The row of the table that states the budget, in words.
        scenario: The scenario that measures it.
        way: The way of the scenario that the budget is for.
        size: The size at which it counts.
        limits: The limit on Python 3.11, and the one on 3.13 if that differs.
        kind: `ratio` is to the base of the scenario and `ratio to WAY` to another way; `more` is what comes on top of
            the base; `value` is the cost itself, in seconds or bytes.
        measure: `instructions`, `cpu` or `bytes`.
    """

    what: str
    scenario: str
    way: str
    size: object
    limits: tuple[float, ...]
    kind: str = "ratio"
    measure: str = "instructions"

    def limit(self, version: str) -> float:
        """The limit on that Python."""
        return self.limits[0 if version.startswith("3.11") else -1]


_KINDS = ("function", "method", "static", "class", "property")
_DECORATED, _JUDGED, _ANY = "backportkit", "judged at activation", "backportkit, (*args, **kwargs)"

BUDGETS = (
    Budget(
        "`import backportkit; apply_all()`, nothing declared",
        "start_up",
        "backportkit, nothing declared",
        0,
        (1.12, 1.10),
    ),
    Budget("one patch by the decorator, armed", "start_up", "backportkit, one patch", 0, (1.80,)),
    Budget("activated, nothing concerned", "activated", "activated", 0, (1.08, 1.09)),
    Budget(
        "activated, 1,000 installed patches of 10 packages", "activated", "activated, 1,000 patches", 0, (1.10, 1.11)
    ),
    *(
        Budget(
            f"import that concerns nobody, patches: {size:,}",
            "unaffected_import",
            "backportkit",
            size,
            (5500, 6200),
            "more",
        )
        for size in (1, 1000, 10_000)
    ),
    *(
        Budget(f"target import, {way}, patches: {size}", scenario, way, size, (limit,))
        for scenario, way in (
            ("target_import", _DECORATED),
            ("target_import", _ANY),
            ("judged_import", _JUDGED),
        )
        for size, limit in ((1, 1.25), (100, 3.0))
    ),
    Budget("`apply_all` and `unpatch_all` of 1,000 edits", "apply_undo", "backportkit", 1000, (5,)),
    Budget("the same, 100 edits a patch", "apply_undo", "backportkit, 100 edits a patch", 1000, (5,)),
    Budget("the same, each with one copy elsewhere", "apply_undo_copies", "backportkit", 1000, (11,)),
    Budget("one armed patch of one edit, memory", "memory", "backportkit", 0, (450,), "value", "bytes"),
    Budget("`import backportkit`, memory", "memory_of_import", "backportkit", 0, (600 * 1024,), "value", "bytes"),
    Budget("`import torch` 2.11, all shipped patches armed", "import_torch", "backportkit", 0, (1.006,)),
    Budget("`import torch` 2.11, activated", "import_torch", "activated", 0, (1.006,)),
    Budget("rebinding copies, 2,500 modules, 1 patch", "rebind_copies", "backportkit", 1, (0.015,), "value", "cpu"),
    Budget(
        "rebinding copies, 2,500 modules, 400 patches",
        "rebind_copies",
        "backportkit",
        400,
        (0.020,),
        "value",
        "cpu",
    ),
    Budget(
        "METADATA with 144 KB of description at a target import",
        "metadata",
        "large METADATA",
        0,
        (1.01,),
        "ratio to small METADATA",
    ),
    Budget("`backportkit --help`", "command_line", "--help", 0, (15,)),
    Budget("`backportkit status`", "command_line", "status", 0, (18,)),
    *(
        Budget(f"a run of pytest, patches: {size}", "pytest_run", "the plugin", size, (limit,), "more", "cpu")
        for size, limit in ((0, 0.010), (20, 0.050))
    ),
    *(Budget(f"a call of a patched {kind}", "calls", "backportkit", kind, (1.005,)) for kind in _KINDS),
    *(
        Budget(f"a call of a wrapped {kind}", "calls", "backportkit wrap", kind, (1.005,), "ratio to closure")
        for kind in _KINDS
    ),
)


def of(scenario: str) -> list[Budget]:
    """The budgets that a scenario measures."""
    return [budget for budget in BUDGETS if budget.scenario == scenario]
