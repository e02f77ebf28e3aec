"""Read plain requirements, such as `torch>=2.5,<2.12`, and compare final releases with them, without `packaging`.

`packaging` is the authority, and costs five interpreter starts: it is asked about everything that is not plain.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Release = tuple[int, ...]

# By https://packaging.python.org/en/latest/specifications/version-specifiers/ and of final releases only. What starts
# with another one stands behind it.
_COMPARE: dict[str, Callable[[Release, Release], bool]] = {
    ">=": lambda found, bound: found >= bound,
    "<=": lambda found, bound: found <= bound,
    "==": lambda found, bound: found == bound,
    "!=": lambda found, bound: found != bound,
    ">": lambda found, bound: found > bound,
    "<": lambda found, bound: found < bound,
}
_UPPER = frozenset({"<", "<=", "=="})
_ALL_UPPER = _UPPER | {"===", "~="}
_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") | _DIGITS
_SEPARATORS = frozenset("-_.")
_LONGEST = 20  # digits of a number; Python itself refuses to read thousands of them


class Bounds:
    """A requirement of one distribution with nothing but bounds, all of them final releases.

    Attributes:
        name: The distribution, in its normal form (PEP 503).
        text: The requirement as `packaging` writes it.
        specifier: The bounds as `packaging` writes them.
        is_bounded: Whether one of them is an upper bound.
        marker, extras: None and none, as `packaging` has them of a requirement like this.
    """

    __slots__ = ("_bounds", "name", "text")

    marker = None
    extras = frozenset[str]()

    def __init__(self, written: str, name: str, bounds: list[tuple[str, str, Release]]) -> None:
        self.name = normalised(name)
        self._bounds = bounds
        text = name + self.specifier
        self.text = written if written == text else text  # one text instead of two

    @property
    def specifier(self) -> str:
        return ",".join(sorted({f"{operator}{version}" for operator, version, _ in self._bounds}))

    @property
    def is_bounded(self) -> bool:
        return any(operator in _UPPER for operator, _, _ in self._bounds)

    def admits(self, version: str) -> bool | None:
        """Tell whether a final release is within all bounds; None if the version is another one."""
        found = release(version)
        if found is None:
            return None
        return all(_COMPARE[operator](found, bound) for operator, _, bound in self._bounds)


_known: dict[str, Bounds | None] = {}  # many patches are for the same releases


def read(text: str) -> Bounds | None:
    """The bounds that a requirement sets; None if it is not plain, be it right or wrong."""
    if text not in _known:
        _known[text] = _read(text)
    return _known[text]


def canonical(text: str) -> str:
    """A requirement as `packaging` writes it. Raises ValueError for what is none."""
    found = read(text)
    if found is not None:
        return found.text
    from packaging.requirements import Requirement  # costs five interpreter starts

    return str(Requirement(text))


def is_bounded(text: str) -> bool:
    """Tell whether a requirement has an upper bound."""
    found = read(text)
    if found is not None:
        return found.is_bounded
    from packaging.requirements import Requirement

    return any(one.operator in _ALL_UPPER for one in Requirement(text).specifier)


def _read(text: str) -> Bounds | None:
    end = next((place for place, character in enumerate(text) if character in "<>=!"), len(text))
    name = text[:end].strip(" ")
    if not _is_name(name):
        return None
    bounds = [_bound(part.strip(" ")) for part in text[end:].split(",")] if end < len(text) else []
    plain = [bound for bound in bounds if bound is not None]
    return Bounds(text, name, plain) if len(plain) == len(bounds) else None


def release(version: str) -> Release | None:
    """The numbers of a final release, without zeros at the end, which do not count; None for any other version."""
    parts = version.split(".")
    if not all(0 < len(part) <= _LONGEST and _DIGITS.issuperset(part) for part in parts):
        return None
    numbers = list(map(int, parts))
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def normalised(name: str) -> str:
    """The normal form of a distribution's name (https://peps.python.org/pep-0503/)."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


def _is_name(name: str) -> bool:
    return bool(name) and {name[0], name[-1]} <= _LETTERS and (_LETTERS | _SEPARATORS).issuperset(name)


def _bound(text: str) -> tuple[str, str, Release] | None:
    operator = next((one for one in _COMPARE if text.startswith(one)), "")
    version = text[len(operator) :].strip(" ")
    numbers = release(version)
    return None if numbers is None or not operator else (operator, version, numbers)
