"""Let requirements have alternatives: ranges in several release branches, or distributions that bring one module."""

from __future__ import annotations

from _collections_abc import Mapping

from backportkit.declaration import bounds, eligibility, record, rules
from backportkit.declaration.checked import Record, Refusal, refuse, several, shown, validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, ClassVar, TypeAlias

    from backportkit.declaration.checked import Rule

    Branch: TypeAlias = tuple[str, ...]

_TWO = "write two at least, as any_of('torch>=2.10,<2.10.1', 'torch>=2.11,<2.11.2')"
_NUMBERS = ("", "", "both", "all three", "all four", "all five", "all six", "all seven", "all eight", "all nine")

_requirements = several(rules.requirement)


def _alternative(value: Any) -> str | Branch:
    """Return a requirement, or several as a tuple."""
    if any(map(_is_any_of, value if isinstance(value, list | tuple) else (value,))):
        raise refuse("an any_of stands in another one: list all alternatives in one")
    if isinstance(value, str):
        return rules.requirement(value)
    found: Branch = _requirements(value)
    if not found:
        raise refuse("is empty: write a requirement like 'torch>=2.11,<2.12', or a list of such")
    first, *others = found
    return found if others else first


def _is_any_of(value: Any) -> bool:
    return isinstance(value, AnyOf) or (isinstance(value, Mapping) and "any_of" in value)


def _alternatives(value: Any) -> tuple[str | Branch, ...]:
    if not isinstance(value, list | tuple):
        raise refuse(f"{shown(value)} is no list of alternatives: {_TWO}")
    if not value[1:]:
        raise refuse(f"has {len(value) or 'no'} alternative{'' if value else 's'}: {_TWO}")
    found: tuple[str | Branch, ...] = _several_alternatives(value)
    for number, one in enumerate(found):
        if one in found[:number]:
            raise Refusal([((number,), f"{_text(one)} stands there twice: delete one of the two")])
    return found


_several_alternatives = several(_alternative, single=())


class AnyOf(Record):
    """Alternatives, of which one must be met. `any_of` makes them; in data they are `{"any_of": [...]}`.

    Attributes:
        any_of: The alternatives, two at least: each a requirement, or several, all of which must be met.
    """

    __slots__ = ("any_of",)
    fields = hashed = ("any_of",)
    rules: ClassVar[dict[str, Rule]] = {"any_of": _alternatives}
    hints: ClassVar[dict[str, str]] = {"any_of": _TWO}
    any_of: tuple[str | Branch, ...]

    if TYPE_CHECKING:

        def __init__(self, *, any_of: Sequence[str | Sequence[str]]) -> None: ...

    @property
    def alternatives(self) -> tuple[Branch, ...]:
        """The alternatives, each as all that it requires."""
        return tuple((one,) if isinstance(one, str) else one for one in self.any_of)

    @property
    def is_bounded(self) -> bool:
        """True if each of them has an upper bound."""
        return not self.unbounded

    @property
    def unbounded(self) -> list[str]:
        """The alternatives without an upper bound, in words."""
        return [_text(one) for one in self.alternatives if not any(map(bounds.is_bounded, one))]

    def __str__(self) -> str:
        return " or ".join(map(_text, self.any_of))

    def __repr__(self) -> str:
        return f"any_of({', '.join(repr(one if isinstance(one, str) else list(one)) for one in self.any_of)})"

    def _fill(self, checked: dict[str, Any]) -> None:
        object.__setattr__(self, "any_of", checked["any_of"])


def _text(alternative: str | Branch) -> str:
    return alternative if isinstance(alternative, str) else " and ".join(alternative)


def any_of(*alternatives: str | Sequence[str]) -> AnyOf:
    """Return alternatives for `requires`, of which one must be met: ranges in several branches, or distributions.

    Each alternative is a requirement, or a list of requirements that must all be met.

    Raises DeclarationError, a ValueError, for anything that is wrong; it says what to write instead.
    """
    return validated(AnyOf, {"any_of": alternatives}, None)


def entry(value: Any) -> AnyOf:
    """Return the alternatives that an entry of `requires` says which is no text."""
    if isinstance(value, list | tuple):
        way = "write any_of(...) for alternatives, and what must all be met in one list"
        raise refuse(f"{shown(value)} is a list within the list: {way}")
    if not isinstance(value, Mapping | AnyOf):
        raise refuse("Input should be a valid string")
    if isinstance(value, Mapping) and "any_of" not in value and _are_texts(value):
        written = ", ".join(repr(f"{name}{bounds}") for name, bounds in value.items())
        way = f"write {written}; alternatives are {{'any_of': [...]}}"
        raise refuse(f"{shown(value)} is no requirement: {way}")
    return AnyOf.checked(value)


def _are_texts(value: Mapping[Any, Any]) -> bool:
    return bool(value) and all(isinstance(one, str) for pair in value.items() for one in pair)


def first_of(requires: Any) -> str | None:
    """Return the first requirement that is not of `python`, or else the first; None if what was given is wrong."""
    try:
        texts = [text for branch in branches(record.entries(requires)) for text in branch]
    except Refusal:
        return None
    return min(texts, key=is_of_python, default=None)


def is_of_python(requirement: str) -> bool:
    """Tell whether a requirement is about the interpreter."""
    return eligibility.name_of(requirement) == bounds.PYTHON


def unbounded(requires: Iterable[str | AnyOf]) -> str:
    """Name what has no upper bound: the alternatives that lack one, or else all requirements."""
    lacking = [text for one in requires if not isinstance(one, str) for text in one.unbounded]
    if lacking:
        return f"the alternative {' or '.join(map(shown, lacking))} of requires"
    return f"requires={shown(', '.join(map(str, requires)))}"


def branches(requires: Iterable[str | AnyOf]) -> tuple[Branch, ...]:
    """Return the ways to meet requirements: each alternative with all beside it, or the one way if there are none."""
    found: tuple[Branch, ...] = ((),)
    for one in requires:
        ways = ((one,),) if isinstance(one, str) else one.alternatives
        found = tuple((*before, *way) for before in found for way in ways)
    return found


def out_of_all(reasons: Sequence[str]) -> str:
    """Say why no branch is met, given the reason for each. What is the same for several is said once."""
    ranges: dict[str, dict[str, None]] = {}
    for reason in reasons:
        found, _, wanted = reason.partition(eligibility.FOR)
        ranges.setdefault(found, {})[wanted] = None
    grouped = [
        f"{found}{eligibility.FOR}{' or '.join(wanted)}" if any(wanted) else found for found, wanted in ranges.items()
    ]
    if len(grouped) == 1 and len(ranges[next(iter(ranges))]) == 1:
        return grouped[0]
    number = len(reasons)
    return f"out of {_NUMBERS[number] if number < len(_NUMBERS) else f'all {number}'}: {', and '.join(grouped)}"
