"""Read versions out of expressions: of which distribution one is, and which range a comparison of it means."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from backportkit.scan import owners
from backportkit.scan.values import Attribute, Constant, Instance, Own, Part, Ref, Rows, Thunk, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import TypeAlias

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Value

    Released: TypeAlias = Callable[[str], Sequence[str]]

_NAMES = frozenset(
    {"__version__", "VERSION", "version_info", "__version_info__", "version_tuple", "__version_tuple__", "hexversion"}
    | {"python_version", "python_version_tuple", "git_version", "version"}
)
_OF_METADATA = frozenset(
    {"importlib.metadata.version", "importlib_metadata.version", "pkg_resources.get_distribution"}
    | {"importlib.metadata.distribution", "importlib_metadata.distribution"}
)
_PYTHON = ("sys.version_info", "sys.hexversion", "platform.python_version", "sys.version")
# What `torch.version` says of what it was built with: https://docs.pytorch.org/docs/stable/notes/hip.html
_OF_OTHER_THINGS = frozenset({"cuda", "hip", "xpu"})
_OF_RANGES = frozenset({"packaging.specifiers.SpecifierSet", "setuptools.extern.packaging.specifiers.SpecifierSet"})
_DEEPEST = 8
_OF_TEXTS = frozenset({"__version__", "VERSION", "git_version", "python_version", "version"})
_SPLITTING = frozenset({"split", "rsplit", "partition", "rpartition"})
_STRIPPING = frozenset({"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "lower"})
# Whose names speak of versions of others.
_ABOUT_VERSIONS = frozenset({owners.PYTHON, "packaging", "setuptools", "looseversion", "semver", "pep440", "verlib2"})


class Installed(NamedTuple):
    """The version of an installed distribution, or its first numbers, or one of them.

    Attributes:
        name: The distribution.
        length: How many of its first numbers.
        item: The index of the one number.
        read: What makes the value that is compared out of the version's text, if that is a text or is cut out of it;
            None for what compares by numbers.
        is_cut: True if it is cut at something else than the points between its numbers.
    """

    name: str
    length: int | None = None
    item: int | None = None
    read: Callable[[str], object] | None = None
    is_cut: bool = False


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
    if isinstance(value, Instance) and value.call is None:  # a copy, as by `tuple(x)`
        return _of_value(evaluator, value.cls, required, depth + 1)
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
        return Installed(owners.PYTHON, None, index, _read(value))
    if value.path[-1:] and value.path[-1] in _OF_OTHER_THINGS:
        return None
    if _NAMES.isdisjoint(value.path) and not value.module.endswith(".version"):
        return None
    found = owners.of(value.module, required)
    return None if found in _ABOUT_VERSIONS else Installed(found, read=_read(value))


def _read(value: Ref) -> Callable[[str], object] | None:
    """Return what a version that is a text is as it stands; None for what is a tuple or a number."""
    last = value.path[-1] if value.path else ""
    if last == "python_version_tuple":
        return _points
    return whole if last in _OF_TEXTS else None


def _points(text: str) -> object:
    return tuple(text.split("."))


def whole(text: str) -> object:
    return text


def _without_more(text: str) -> object:
    """Return the text of a release without what PEP 440 puts behind its numbers."""
    return Version(text).base_version


def _of_attribute(inner: object, name: str) -> object:
    if isinstance(inner, Installed) and name in {"base_version", "public"}:  # which are texts
        return inner._replace(read=_without_more)
    index = {"major": 0, "minor": 1, "micro": 2}.get(name)
    return inner._replace(item=index) if isinstance(inner, Installed) and index is not None else inner


def _part(inner: Installed, part: Part) -> Installed | None:
    if part.lower:
        return None
    read = None if inner.read is None else _then(inner.read, lambda whole: _taken(whole, part))
    if inner.length is not None or inner.item is not None or inner.is_cut:
        return inner._replace(read=read)
    return inner._replace(item=part.item, length=part.length, read=read)


def _taken(whole: Any, part: Part) -> object:
    return whole[: part.length] if part.item is None else whole[part.item]


def _then(read: Callable[[str], object], change: Callable[[Any], object]) -> Callable[[str], object]:
    return lambda text: change(read(text))


def _by_method(inner: Installed, name: str, given: Sequence[object]) -> Installed:
    """Return a version of which a method of texts makes something else, such as the parts between points."""
    if inner.read is None:
        return inner
    is_known = name in _SPLITTING | _STRIPPING and all(isinstance(one, str | int) for one in given)
    if not is_known:
        return inner._replace(read=None)
    is_cut = inner.is_cut or (name in _SPLITTING and given[:1] != (".",))
    return inner._replace(read=_then(inner.read, lambda text: getattr(text, name)(*given)), is_cut=is_cut)


def _of_call(evaluator: Evaluator, value: Instance, required: Collection[str], depth: int) -> object:
    call = value.call.node if value.call is not None else None
    if not isinstance(call, ast.Call) or value.call is None:
        return None
    frame = value.call.frame
    given = [one for node in call.args for one in evaluator.values(Thunk(node, frame))]
    if isinstance(value.cls, Ref) and value.cls.dotted in _OF_METADATA | _OF_RANGES:
        return _of_text(value.cls.dotted, next(filter(None, map(text_of, given)), None), required)
    name, inner = _object_of_method(evaluator, value.cls, required, depth)
    if isinstance(inner, Installed):
        return _by_method(inner, name, tuple(one.value for one in given if isinstance(one, Constant)))
    own = _of_ref(value.cls, required) if isinstance(value.cls, Ref) else None
    if own is not None:
        return own if not given else own._replace(length=None)
    if inner is not None:
        return inner
    parts = [_of_value(evaluator, one, required, depth + 1) for one in given if not isinstance(one, Own)]
    known = [one for one in parts if one is not None]
    found = next((one for one in known if isinstance(one, Installed)), known[0] if known else None)
    return _converted(value.cls, found) if isinstance(found, Installed) else found


def _of_text(function: str, text: str | None, required: Collection[str]) -> object:
    """Return the version of the distribution that a text names, or the set of specifiers that it is."""
    if text is None:
        return None
    if function in _OF_METADATA:
        return Installed(owners.of(text, required), read=whole)
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def _object_of_method(evaluator: Evaluator, method: Value, required: Collection[str], depth: int) -> tuple[str, object]:
    """Return the name of a method, and the version that it is one of."""
    if isinstance(method, Attribute):
        return method.name, _of_value(evaluator, method.of, required, depth + 1)
    if isinstance(method, Ref) and not _OF_TEXTS.isdisjoint(method.path[:-1]):
        return method.path[-1], _of_ref(Ref(method.module, method.path[:-1]), required)
    return "", None


def _converted(function: Value, inner: Installed) -> Installed:
    """Return what a function makes of a version: a text stays one, others are taken to compare by numbers."""
    if inner.read is None or function == Ref("builtins", ("str",)):
        return inner
    if function == Ref("builtins", ("float",)):
        return inner._replace(read=_then(inner.read, float))
    return inner._replace(read=None)
