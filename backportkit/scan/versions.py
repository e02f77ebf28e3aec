"""Read versions out of expressions: of which distribution one is, and which range a comparison of it means."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import InvalidVersion, Version

from backportkit.scan import owners
from backportkit.scan.values import Attribute, Constant, Instance, Own, Part, Ref, Rows, Thunk, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Value

_NAMES = frozenset(
    {"__version__", "VERSION", "version_info", "__version_info__", "version_tuple", "__version_tuple__", "hexversion"}
    | {"python_version", "python_version_tuple", "git_version", "version"}
)
_OF_METADATA = frozenset(
    {"importlib.metadata.version", "importlib_metadata.version", "pkg_resources.get_distribution"}
    | {"importlib.metadata.distribution", "importlib_metadata.distribution"}
)
_PYTHON = ("sys.version_info", "sys.hexversion", "platform.python_version", "sys.version")
_DEEPEST = 8
# Whose names speak of versions of others.
_ABOUT_VERSIONS = frozenset({owners.PYTHON, "packaging", "setuptools", "looseversion", "semver", "pep440", "verlib2"})
_INVERSE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_OPERATORS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Installed(NamedTuple):
    """The version of an installed distribution, or its first numbers, or one of them."""

    name: str
    length: int | None = None
    item: int | None = None


def of(evaluator: Evaluator, thunk: Thunk, required: Collection[str]) -> object:
    """Return the version that an expression stands for: an installed one, or one that is written."""
    for value in evaluator.values(thunk):
        found = _of_value(evaluator, value, required, 0)
        if found is not None:
            return found
    return None


def _of_value(evaluator: Evaluator, value: Value, required: Collection[str], depth: int) -> object:
    if depth > _DEEPEST:
        return None
    if isinstance(value, Constant):
        return _written(value.value)
    if isinstance(value, Rows):
        return _numbers(evaluator, value)
    if isinstance(value, Ref):
        return _of_ref(value, required)
    if value not in evaluator.versions:
        evaluator.versions[value] = None  # for who asks while this is found out
        evaluator.versions[value] = _of_made(evaluator, value, required, depth)
    return evaluator.versions[value]


def _numbers(evaluator: Evaluator, value: Rows) -> tuple[object, ...] | None:
    items = [evaluator.values(one) for one in value.items]
    numbers = [one[0].value for one in items if one and isinstance(one[0], Constant)]
    return tuple(numbers) if numbers and len(numbers) == len(items) else None


def _of_made(evaluator: Evaluator, value: Value, required: Collection[str], depth: int) -> object:
    if isinstance(value, Attribute):
        return _of_attribute(_of_value(evaluator, value.of, required, depth + 1), value.name)
    if isinstance(value, Part):
        inner = _of_value(evaluator, value.of, required, depth + 1)
        return _part(inner, value) if isinstance(inner, Installed) else inner
    return _of_call(evaluator, value, required, depth) if isinstance(value, Instance) else None


def _written(value: object) -> object:
    if isinstance(value, bool):
        return None
    if isinstance(value, str | tuple):
        return value
    return (value,) if isinstance(value, int) else str(value) if isinstance(value, float) else None


def _of_ref(value: Ref, required: Collection[str]) -> Installed | None:
    if value.dotted.startswith(_PYTHON):
        index = {"major": 0, "minor": 1}.get(value.path[-1])
        return Installed(owners.PYTHON, None, index)
    if _NAMES.isdisjoint(value.path) and not value.module.endswith(".version"):
        return None
    found = owners.of(value.module, required)
    return None if found in _ABOUT_VERSIONS else Installed(found)


def _of_attribute(inner: object, name: str) -> object:
    index = {"major": 0, "minor": 1, "micro": 2}.get(name)
    return inner._replace(item=index) if isinstance(inner, Installed) and index is not None else inner


def _part(inner: Installed, part: Part) -> Installed:
    if inner.length is not None or inner.item is not None:
        return inner
    return inner._replace(item=part.item, length=part.length)


def _of_call(evaluator: Evaluator, value: Instance, required: Collection[str], depth: int) -> object:
    call = value.call.node if value.call is not None else None
    if not isinstance(call, ast.Call) or value.call is None:
        return None
    frame = value.call.frame
    given = [one for node in call.args for one in evaluator.values(Thunk(node, frame))]
    if isinstance(value.cls, Ref):
        if value.cls.dotted in _OF_METADATA:
            texts = [text for one in given if (text := text_of(one))]
            return Installed(owners.of(texts[0], required)) if texts else None
        own = _of_ref(value.cls, required)
        if own is not None and not given:
            return own
        if own is not None:
            return own._replace(length=None)
    inner = _of_value(evaluator, value.cls.of, required, depth + 1) if isinstance(value.cls, Attribute) else None
    if inner is not None:
        return inner
    parts = [_of_value(evaluator, one, required, depth + 1) for one in given if not isinstance(one, Own)]
    known = [one for one in parts if one is not None]
    return next((one for one in known if isinstance(one, Installed)), known[0] if known else None)


# --- comparisons ---


def compared(left: object, operator: ast.cmpop, right: object, *, holds: bool) -> tuple[str, list[str]] | None:
    """Return the distribution of a comparison, and the ranges of which one holds; None if it is of no version."""
    if isinstance(operator, ast.In | ast.NotIn):
        is_in = isinstance(operator, ast.In) == holds
        return _among(left, right) if is_in else None
    sign = _OPERATORS.get(type(operator))
    if sign is None:
        return None
    if isinstance(right, Installed) and not isinstance(left, Installed):
        left, right, sign = right, left, _MIRRORED[sign]
    if not isinstance(left, Installed) or isinstance(right, Installed):
        return None
    text = _range(left, sign if holds else _INVERSE[sign], right)
    return None if text is None else (left.name, [text])


def begins(left: object, prefix: object) -> tuple[str, list[str]] | None:
    """Return the range of versions that begin with a text."""
    if not isinstance(left, Installed) or not isinstance(prefix, str):
        return None
    text = _text(prefix.rstrip("."))
    return None if text is None else (left.name, [f"=={text}.*"])


def _among(left: object, right: object) -> tuple[str, list[str]] | None:
    if not isinstance(left, Installed) or not isinstance(right, tuple):
        return None
    texts = [_range(left, "==", one if isinstance(one, str | tuple) else (one,)) for one in right]
    return None if None in texts or not texts else (left.name, [one for one in texts if one is not None])


def _range(left: Installed, sign: str, right: object) -> str | None:
    text = _text(right)
    if text is None:
        return None
    length = left.length
    if left.item is not None:
        if left.item == 1 and left.name == owners.PYTHON:
            text = f"3.{text}"
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
        return str(value) if value and Version(str(value)) else None
    except InvalidVersion:
        return None


def _of_hex(number: object) -> object:
    """Return the version of a number such as `0x030800f0`; other numbers as they are."""
    is_hex = isinstance(number, int) and number > 0xFFFF  # noqa: PLR2004 -- no release has such a number
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}" if is_hex else (number,)  # type: ignore[operator]


def merged(texts: Iterator[str]) -> Iterator[str]:
    """Yield ranges, with `>=X,<X.1` as `==X`."""
    every = list(dict.fromkeys(texts))
    exact = {one[2:] for one in every if one.startswith(">=") and f"<{one[2:]}.1" in every}
    yield from (one for one in every if one[2:] not in exact and one.removesuffix(".1")[1:] not in exact)
    yield from (f"=={one}" for one in exact)
