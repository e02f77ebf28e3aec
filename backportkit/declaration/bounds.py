"""Read plain requirements, such as `torch>=2.5,<2.12`, and compare final releases with them, without `packaging`.

`packaging` is the authority, and costs five interpreter starts: it is asked about everything that is not plain.
"""

from __future__ import annotations

from backportkit.names import normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from backportkit.declaration.alternatives import AnyOf

    Release = tuple[int, ...]

# The name that stands for the running interpreter, so that fixes of the standard library have a range too.
PYTHON = "python"

# By https://packaging.python.org/en/latest/specifications/version-specifiers/ and of final releases only.
_COMPARE: dict[str, Callable[[Release, Release], bool]] = {
    ">=": tuple.__ge__,
    "<=": tuple.__le__,
    "==": tuple.__eq__,
    "!=": tuple.__ne__,
    ">": tuple.__gt__,
    "<": tuple.__lt__,
}
_UPPER = frozenset({"<", "<=", "=="})
_ALL_UPPER = _UPPER | {"===", "~="}
_SEPARATORS = "-_."
_IN_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + _SEPARATORS
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

    __slots__ = ("_bounds", "is_bounded", "name", "specifier", "text")

    marker = None
    extras = frozenset[str]()

    def __init__(self, written: str, name: str, bounds: list[tuple[str, str, Release]]) -> None:
        self.name = normalised(name)
        self._bounds = bounds
        self.is_bounded = False
        listed: set[str] = set()
        for operator, version, _ in bounds:
            listed.add(operator + version)
            self.is_bounded |= operator in _UPPER
        self.specifier = ",".join(sorted(listed))
        text = name + self.specifier
        self.text = written if written == text else text  # one text instead of two

    def admits(self, version: str) -> bool | None:
        """Tell whether a final release is within all bounds; None if the version is another one."""
        found = release(version)
        if found is None:
            return None
        return all(_COMPARE[operator](found, bound) for operator, _, bound in self._bounds)


_known: dict[str, Bounds | None] = {}  # many patches are for the same releases


def read(text: str) -> Bounds | None:
    """Return the bounds that a requirement sets; None if the requirement is not plain, be it right or wrong."""
    if text not in _known:
        _known[text] = _read(text)
    return _known[text]


def canonical(text: str) -> str:
    """Return a requirement as `packaging` writes it. Raises ValueError if the text is no requirement."""
    found = read(text)
    if found is not None:
        return found.text
    from packaging.requirements import Requirement  # costs five interpreter starts

    return str(Requirement(text))


def is_bounded(entry: str | AnyOf) -> bool:
    """Tell whether a requirement has an upper bound, or each of several alternatives."""
    found = read(entry) if isinstance(entry, str) else entry
    if found is not None:
        return found.is_bounded
    from packaging.requirements import Requirement

    return any(one.operator in _ALL_UPPER for one in Requirement(str(entry)).specifier)


def _read(text: str) -> Bounds | None:
    rest = text.lstrip(_IN_NAMES + " ")
    name = text[: len(text) - len(rest)].strip(" ")
    if not name or " " in name or name.strip(_SEPARATORS) != name:
        return None
    bounds: list[tuple[str, str, Release]] = []
    for part in rest.split(",") if rest else ():
        version = part.strip(" ").lstrip("<>=!")
        operator = part.strip(" ").removesuffix(version)
        numbers = release(version.strip(" "))
        if numbers is None or operator not in _COMPARE:
            return None
        bounds.append((operator, version.strip(" "), numbers))
    return Bounds(text, name, bounds)


def release(version: str) -> Release | None:
    """The numbers of a final release, without zeros at the end, which do not count; None for any other version."""
    numbers: list[int] = []
    for part in version.split("."):
        if len(part) > _LONGEST or not (part.isascii() and part.isdigit()):
            return None
        numbers.append(int(part))
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
