"""Tell which ranges of versions a comparison means: by numbers, or by texts."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from backportkit.scan import compared_texts, owners
from backportkit.scan.versions import Installed, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    Released: TypeAlias = Callable[[str], Sequence[str]]

# Distributions whose version is a text that compares as PEP 440 has it:
# https://github.com/pytorch/pytorch/blob/main/torch/torch_version.py
_COMPARING_ITSELF = frozenset({"torch"})
_INVERSE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_COMPARING: dict[str, Callable[[Any, Any], object]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_MINOR = "minor"  # in front of what a test of the second number alone says
_OPERATORS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Meant(NamedTuple):
    """The meaning of a test of a version.

    Attributes:
        name: The distribution.
        texts: The ranges of which one holds.
        is_apart: True if it looks like another range: texts compare letter by letter.
    """

    name: str
    texts: list[str]
    is_apart: bool = False


def compared(left: object, sign_of: ast.cmpop, right: object, released: Released, *, holds: bool) -> Meant | None:
    """Return the distribution of a comparison, and the ranges of which one holds; None if it is of no version.

    `released` returns the texts of the known releases of a distribution.
    """
    if isinstance(sign_of, ast.In | ast.NotIn):
        is_in = isinstance(sign_of, ast.In) == holds
        if isinstance(right, SpecifierSet):
            return within(left, right, holds=is_in)
        return _among(left, right) if is_in else None
    sign = _OPERATORS.get(type(sign_of))
    if sign is None:
        return None
    if isinstance(right, Installed) and not isinstance(left, Installed):
        left, right, sign = right, left, _MIRRORED[sign]
    if not isinstance(left, Installed) or isinstance(right, Installed):
        return None
    sign = sign if holds else _INVERSE[sign]
    if compares_texts(left, right):
        return _named(left, _by_text(left, sign, right, released(left.name)), _range(left, sign, right))
    text = _range(left, sign, right)
    return None if text is None else Meant(left.name, [text])


def compares_texts(left: object, right: object) -> bool:
    """Tell whether a version is compared as a text, or as a number that is cut out of one."""
    if isinstance(right, Installed):
        left, right = right, left
    if not isinstance(left, Installed) or left.read is None:
        return False
    if left.read is whole and left.name in _COMPARING_ITSELF:
        return False
    return isinstance(right, str) or (isinstance(right, tuple) and any(isinstance(one, str) for one in right))


def _by_text(left: Installed, sign: str, right: object, releases: Sequence[str]) -> list[str] | None:
    looks = _range(left, sign, right)
    if sign in {"==", "!="} and left.read is whole:
        return None if looks is None else [looks]
    compare = _COMPARING[sign]
    read = left.read
    assert read is not None

    def holds(text: str) -> bool:
        value = read(text)
        wanted = float(right) if isinstance(value, float) else right  # type: ignore[arg-type]
        return bool(compare(tuple(value) if isinstance(value, list) else value, wanted))

    return compared_texts.ranges(holds, looks, releases)


def begins(left: object, prefix: object, released: Released, *, holds: bool) -> Meant | None:
    """Return the ranges of versions that begin with a text, or do not."""
    if not isinstance(left, Installed) or left.read is not whole or not isinstance(prefix, str):
        return None
    text = _text(prefix.rstrip("."))
    if text is None:
        return None
    looks = f"{'==' if holds else '!='}{text}.*"
    if prefix.endswith("."):
        return Meant(left.name, [looks])
    releases = released(left.name)
    if not releases and holds:
        return Meant(left.name, compared_texts.beginning(prefix), is_apart=True)
    return _named(left, compared_texts.ranges(lambda one: one.startswith(prefix) == holds, looks, releases), looks)


def _named(left: Installed, texts: list[str] | None, looks: str | None) -> Meant | None:
    return None if texts is None else Meant(left.name, texts, texts != [looks])


def within(left: object, specifiers: SpecifierSet, *, holds: bool) -> Meant | None:
    """Return the ranges of versions that are in a set of specifiers, or are not."""
    if not isinstance(left, Installed) or (left.length, left.item) != (None, None):
        return None
    if holds:
        return Meant(left.name, [str(specifiers)])
    inverse = [f"{_INVERSE[one.operator]}{one.version}" for one in specifiers if one.operator in _INVERSE]
    return Meant(left.name, inverse) if len(inverse) == len(specifiers) else None


def _among(left: object, right: object) -> Meant | None:
    if not isinstance(left, Installed) or not isinstance(right, tuple):
        return None
    if left.read is not None and left.read is not whole:
        return None
    texts = [_range(left, "==", one if isinstance(one, str | tuple) else (one,)) for one in right]
    return None if None in texts or not texts else Meant(left.name, [one for one in texts if one is not None])


def _range(left: Installed, sign: str, right: object) -> str | None:
    text = _text(right)
    if text is None:
        return None
    length = left.length
    if left.item is not None:
        if left.item == 1 and left.name == owners.PYTHON:
            text = f"3.{text}"
        elif left.item == 1:
            return f"{_MINOR}{sign}{text}" if text.isdecimal() else None
        elif left.item:
            return None
        length = left.item + 1
    if length is None and isinstance(right, tuple) and len(right) < 3:  # noqa: PLR2004 -- a release has three numbers
        return {">": f">={text}", "<=": f"<{text}", "==": f"=={text}.*", "!=": f"!={text}.*"}.get(sign, f"{sign}{text}")
    if length is not None and sign in {">", "<=", "==", "!="}:
        return _of_prefix(sign, text)
    return f"{sign}{text}"


def _of_prefix(sign: str, text: str) -> str:
    """Return the range of versions whose first numbers stand so to a version."""
    if sign in {"==", "!="}:
        return f"{sign}{text}.*"
    *first, last = Version(text).release
    after = ".".join(map(str, (*first, last + 1)))
    return f">={after}" if sign == ">" else f"<{after}"


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        value = _of_hex(value[0]) if len(value) == 1 else value
        numbers = value[:3] if isinstance(value, tuple) else ()
        value = ".".join(map(str, numbers)) if isinstance(value, tuple) else value
    try:
        return str(value).partition("+")[0] if value and Version(str(value)) else None
    except InvalidVersion:
        return None


def _of_hex(number: object) -> object:
    """Return the version of a number such as `0x030800f0`; other numbers as they are."""
    is_hex = isinstance(number, int) and number > 0xFFFF  # noqa: PLR2004 -- no release has such a number
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}" if is_hex else (number,)  # type: ignore[operator]


def with_minors(texts: Sequence[str]) -> list[str]:
    """Return ranges with each test of the second number put behind the first one, which another test tells.

    Where the first number is at most N, `minor<M` is taken for `<N.M`, which has all that both allow. Without a first
    number, the test says nothing.
    """
    minors = [one.removeprefix(_MINOR) for one in texts if one.startswith(_MINOR)]
    found = [one for one in texts if not one.startswith(_MINOR)]
    major = next((one[2:-2] for one in found if re.fullmatch(r"==\d+\.\*", one)), None)
    ends = [int(one[1:]) - 1 for one in found if re.fullmatch(r"<\d+", one)]
    for one in minors:
        sign, number = one.rstrip("0123456789"), one.lstrip("<>=!")
        if major is not None:
            found.append(_of_minor(sign, f"{major}.{number}"))
        elif ends and sign in {"<", "<="}:
            found.append(_of_minor(sign, f"{min(ends)}.{number}"))
    has_end = major is not None and any(one.startswith(f"<{major}.") for one in found)
    return [f">={major}" if has_end and one == f"=={major}.*" else one for one in found]


def _of_minor(sign: str, text: str) -> str:
    return f"{sign}{text}" if sign in {"<", ">="} else _of_prefix(sign, text)


def merged(texts: Iterator[str]) -> Iterator[str]:
    """Yield ranges, each end once, with `>=X,<X.1` as `==X`."""
    every = list(_tightest(dict.fromkeys(texts)))
    exact = {one[2:] for one in every if one.startswith(">=") and f"<{one[2:]}.1" in every}
    yield from (one for one in every if one[2:] not in exact and one.removesuffix(".1")[1:] not in exact)
    yield from (f"=={one}" for one in exact)


def _tightest(texts: Iterable[str]) -> Iterator[str]:
    """Yield ranges without ends that another one leaves nothing of, such as `<3` beside `<2`."""
    every = list(texts)
    for sign, best in (("<", min), (">=", max)):
        ends = [one for one in every if re.fullmatch(rf"{sign}[\d.]+", one)]
        kept = best(ends, key=lambda one: Version(one.lstrip("<>=")), default=None)
        every = [one for one in every if one not in ends or one == kept]
    yield from every
