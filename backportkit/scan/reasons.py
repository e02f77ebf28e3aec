"""Say why a patch has its verdict, by its guard and by what the project supports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.scan.tested import BY_NAMES, HAVING, LACKING, TEXTS, UNREAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.supported import Wanted
    from backportkit.scan.judge import Facts


def left_behind(facts: Facts, name: str, wanted: Sequence[Wanted]) -> str:
    """Say that a guard never holds with what the project supports of a distribution."""
    guard = " or ".join(map(str, facts.specifiers[name]))
    end = "at most" if facts.notes & BY_NAMES else "alone"
    return f"its guard {_way(facts)}holds for {name} {guard} {end}; {supported(wanted)}"


def by_texts(facts: Facts) -> str:
    """Say what a guard means that compares texts, beside another reason; nothing of other guards."""
    guard = " or ".join(map(str, facts.specifiers.get(facts.owner, ())))
    is_told = TEXTS in facts.notes and guard
    return f"; its guard compares texts, and holds for {facts.owner} {guard}" if is_told else ""


def unbounded(facts: Facts) -> str:
    """Say that no range is known."""
    if UNREAD not in facts.notes:
        return f"no condition on a version of {facts.owner} bounds it"
    return f"its condition on the version cannot be read{': it compares texts' if TEXTS in facts.notes else ''}"


def needed(facts: Facts) -> str:
    """Say that nothing is known against a patch."""
    if facts.found.how == "toggle":
        return "it is put in and taken out again, and nothing says that it is dead"
    wanted = " or ".join(dict.fromkeys(one.text for one in facts.wanted))
    is_bounded = bool(wanted and facts.specifiers)
    if LACKING in facts.notes and not is_bounded:
        return "its guard looks for what is missing, and nothing says that upstream has it"
    return f"its guard {_way(facts)}holds for some of {wanted}" if is_bounded else "nothing says that it is dead"


def supported(wanted: Sequence[Wanted]) -> str:
    """Say what the project supports, and where that is written."""
    said = " or ".join(dict.fromkeys(f"{one.text} ({one.place})" for one in wanted))
    return f"the project supports {said}"


def _way(facts: Facts) -> str:
    """Say how a guard tells releases apart, where that is not by their versions."""
    ways = [one for one in (TEXTS, LACKING, HAVING) if one in facts.notes]
    return "".join(f"{one}, and " for one in ways)
