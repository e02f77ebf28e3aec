"""Recognise a declaration that is right beyond doubt, so that a start need not load what checks the others.

`backportkit.model` is the authority, and pydantic costs fifteen interpreter starts: it is asked about everything that
is not plain, and about a plain declaration once somebody wants to see all of it.
"""

from __future__ import annotations

from types import CodeType, FunctionType

from backportkit.declaration import bounds, frozen
from backportkit.declaration.reference import Reference
from backportkit.source.callables import function_of, has_lost_docstring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from backportkit.declaration.draft import Draft

    Where = tuple[str, str | None, str, str | None]

_IN_NAMES = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_OF_IDS = frozenset(_IN_NAMES)
_LENGTHS_OF_IDS = range(2, 65)
_HEXADECIMAL = frozenset("0123456789abcdef")
_SCHEME, _LENGTH = "ast1:", len("ast1:") + 12
_URLS = ("https://", "http://")
_VARARGS = 0x04  # CO_VARARGS of inspect, which is not imported for that
_CALLBACKS = frozenset(frozen.Callbacks.__slots__)
_SHAPES = {
    "how": frozenset({"replace", "wrap", "add"}),
    "namespace": frozenset({"own", "target"}),
    "signature": frozenset({"keep", "change"}),
}
_PRERELEASES = frozenset({"by-version", "by-fingerprint"})
_UPSTREAM = frozenset({"fixed", "open", "workaround", None})
_DESCRIPTORS = frozenset({staticmethod, classmethod, property})

# What the class statement itself puts into a class body.
_OF_EVERY_CLASS = frozenset(
    {"__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__"}
    | {"__annotate__", "__annotate_func__", "__annotations_cache__", "__classdict__", "__conditional_annotations__"}
    | {"__weakref__"}
)


class _DoubtError(Exception):
    """It is not plain."""


def recognise(draft: Draft) -> frozen.Patch | None:
    """What applying needs of a plain declaration; None for one that is not.

    Never more than `backportkit.declaration` accepts of the same draft, with the same meaning.
    """
    try:
        _demand(all(draft.shape[name] in words for name, words in _SHAPES.items()))
        make = _edits_of_class if isinstance(draft.replacement, type) else _edits_of_function
        return _patch(draft.given, make(draft), draft.replacement)
    except (_DoubtError, TypeError):  # a TypeError: what should be a text, and cannot be looked for in a set
        return None


def members_of(mirror: type) -> dict[str, Any]:
    """What the body of a class defines. `__hash__ = None` is what comes with an `__eq__`."""
    names = vars(mirror).items()
    return {
        name: value
        for name, value in names
        if name not in _OF_EVERY_CLASS and (name != "__hash__" or value is not None)
    }


def _demand(condition: object) -> None:
    if not condition:
        raise _DoubtError


def _reference(value: Any) -> Reference:
    if isinstance(value, str):
        module, _, path = value.partition(":")
        _demand(type(value) is str and all(map(str.isidentifier, [*module.split("."), *path.split(".")])))
        return Reference(value)
    return Reference.to(_function_or_descriptor(value))


def _function_or_descriptor(value: Any) -> Any:
    _demand(type(value) is FunctionType or type(value) in _DESCRIPTORS)
    _demand(type(function_of(value)) is FunctionType)
    return value


# --- the patch ---


def _patch(given: Mapping[str, Any], edits: list[dict[str, Any]], replacement: Any) -> frozen.Patch:
    requires = _texts(given.get("requires", ()), bounds.read)
    supersedes = _texts(given.get("supersedes", ()), _is_id)
    fields = {
        "id": _id(given, requires),
        "requires": requires,
        "prereleases": given.get("prereleases", "by-version"),
        "fixes": given.get("fixes"),
        "supersedes": supersedes,
        "aliases": _aliases(given.get("aliases", "follow")),
        "required": given.get("required", True),
        "callbacks": _callbacks(given.get("callbacks", {})),
        "edits": edits,
    }
    _demand(requires and fields["id"] not in supersedes and isinstance(fields["required"], bool))
    _demand(fields["prereleases"] in _PRERELEASES)
    _demand(fields["prereleases"] == "by-version" or all(edit["original"] for edit in edits))
    _demand("fixes" not in given or _is_text(given["fixes"], _is_url))
    _check_rest(given, requires, replacement)
    return frozen.Patch(fields)


def _check_rest(given: Mapping[str, Any], requires: tuple[str, ...], replacement: Any) -> None:
    """What applying does not need."""
    _demand(_has_summary(given, replacement) and _is_bounded(given, requires))
    _demand(given.get("upstream_status") in _UPSTREAM)
    _texts(given.get("references", ()), _is_url)
    _demand("reproducer" not in given or _is_reproducer(given["reproducer"]))


def _texts(value: Any, is_right: Callable[[str], object]) -> tuple[str, ...]:
    """One text or several, each of them right."""
    if isinstance(value, str):
        value = (value,)
    _demand(isinstance(value, list | tuple) and all(_is_text(text, is_right) for text in value))
    return tuple(value)


def _is_text(value: Any, is_right: Callable[[str], object]) -> bool:
    return isinstance(value, str) and bool(is_right(value))


def _id(given: Mapping[str, Any], requires: tuple[str, ...]) -> str:
    patch_id = given["id"] if "id" in given else _default_id(given.get("fixes"), requires)
    _demand(_is_text(patch_id, _is_id))
    return str(patch_id)


def _default_id(fixes: Any, requires: tuple[str, ...]) -> str:
    """`torch-178148`, from the first requirement and the number that `fixes` ends in."""
    _demand(isinstance(fixes, str) and requires)
    address = fixes.removesuffix("/")
    number = address[len(address.rstrip("0123456789")) :]
    _demand(number)
    first = requires[0].lower()
    return f"{first[: len(first) - len(first.lstrip(_IN_NAMES))]}-{number}"


def _is_id(text: str) -> bool:
    return len(text) in _LENGTHS_OF_IDS and _OF_IDS.issuperset(text) and text[0] not in "._-"


def _is_url(text: str) -> bool:
    return text.startswith(_URLS) and _is_solid(text) and len(text) > len(_URLS[0])


def _is_solid(text: str) -> bool:
    """Whether there is neither white space nor anything invisible in it."""
    return text.isprintable() and " " not in text


def _has_summary(given: Mapping[str, Any], replacement: Any) -> bool:
    if "summary" in given:
        return _is_line(given["summary"])
    documented = replacement if isinstance(replacement, type) else function_of(replacement)
    document = documented.__doc__
    if has_lost_docstring(documented):
        return True
    head, _, rest = document.partition("\n") if isinstance(document, str) else ("", "", "")
    return _is_line(head) or (head.strip(" ") == "" and _is_line(rest.partition("\n")[0]))


def _is_line(text: Any) -> bool:
    return _is_text(text, str.isprintable) and text.strip(" ") != ""


def _is_bounded(given: Mapping[str, Any], requires: tuple[str, ...]) -> bool:
    if "unbounded_because" in given:
        reason = given["unbounded_because"]
        return _is_text(reason, bool)
    return any(found.is_bounded for text in requires if (found := bounds.read(text)))


def _aliases(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, str) and value in {"follow", "keep"}:
        return value
    return _texts(value, _is_copy)


def _is_copy(text: str) -> bool:
    module, _, name = text.partition(":")
    return bool(module and name) and _is_solid(text)


def _callbacks(given: Mapping[str, Any]) -> dict[str, Any]:
    _demand(type(given) is dict and _CALLBACKS.issuperset(given))
    return {str(name): _called_with_one(value) for name, value in given.items()}


def _called_with_one(value: Any) -> Reference:
    reference = _reference(value)
    _demand(reference.held is None or _takes_one(value))
    return reference


def _is_reproducer(value: Any) -> bool:
    if type(value) is not dict:
        # What it has loaded pydantic for is checked by that.
        return type(value).__module__ == "backportkit.declaration.model" or bool(_reference(value))
    checks = {name: check(value[name]) for name, check in _OF_REPRODUCERS.items() if name in value}
    return "run" in value and value.keys() == checks.keys() and all(checks.values())


def _is_pattern(text: str) -> bool:
    if text.replace(" ", "").isalnum():
        return True
    import re

    try:
        return bool(re.compile(text))
    except re.error:
        return False


_OF_REPRODUCERS: dict[str, Callable[[Any], object]] = {
    "run": _reference,
    "expect": lambda value: _is_text(value, _is_pattern),
    "packages": lambda value: _texts(value, bounds.read) or True,
    "programs": lambda value: isinstance(value, list | tuple) and (_texts(value, bool) or True),
    "environment": lambda value: type(value) is dict and (_texts([*value, *value.values()], str.isprintable) or True),
    "timeout": lambda value: type(value) in {int, float} and value > 0,
    "disk": lambda value: type(value) in {int, float} and value >= 0,
}


# --- its edits ---


def _edits_of_function(draft: Draft) -> list[dict[str, Any]]:
    fingerprints = draft.original, draft.fixed
    edit = _edit(draft, _target(draft.target), _reference(draft.replacement), fingerprints)
    _demand(not any(map(_names_super, _codes_in(draft.replacement))))
    _check(edit, draft.replacement)
    return [edit]


def _edits_of_class(draft: Draft) -> list[dict[str, Any]]:
    mirror = draft.replacement
    members = members_of(mirror)
    _demand(type(mirror) is type and members)
    return [_edit_of_member(draft, name, members) for name in members]


def _edit_of_member(draft: Draft, name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    mirror, member = draft.replacement, _function_or_descriptor(members[name])
    module, outer, attribute, item = _target(draft.target)
    _demand(item is None and attribute == mirror.__name__)
    where = (module, attribute if outer is None else f"{outer}.{attribute}", name, None)
    reference = Reference.to(member, f"{mirror.__module__}:{mirror.__qualname__}.{name}")
    fingerprints = _of_member(draft.original, name, members), _of_member(draft.fixed, name, members)
    edit = _edit(draft, where, reference, fingerprints)
    _check(edit, member)
    return edit


def _edit(draft: Draft, where: Where, reference: Reference, fingerprints: tuple[Any, Any]) -> dict[str, Any]:
    original, fixed = (_texts(some, _is_fingerprint) for some in fingerprints)
    return {
        "target": where,
        "replacement": reference,
        "original": original,
        "fixed": fixed,
        "body": None,
        **draft.shape,
    }


def _target(text: str) -> Where:
    module, _, rest = text.partition(":")
    path, bracket, key = rest.partition("[")
    class_, _, attribute = path.rpartition(".")
    _demand(all(map(str.isidentifier, [*module.split("."), *path.split(".")])))
    return module, class_ or None, attribute, _item(key) if bracket else None


def _item(text: str) -> str:
    key = text[1:-2]
    _demand(text in {f"'{key}']", f'"{key}"]'} and _is_solid(key) and not {"'", '"', "\\", "]"}.intersection(key))
    return key


def _of_member(fingerprints: Any, name: str, members: Mapping[str, Any]) -> Any:
    if type(fingerprints) is not dict:
        return fingerprints
    _demand(members.keys() >= fingerprints.keys())
    return fingerprints.get(name, ())


def _is_fingerprint(text: str) -> bool:
    return len(text) == _LENGTH and text.startswith(_SCHEME) and _HEXADECIMAL.issuperset(text[len(_SCHEME) :])


def _check(edit: Mapping[str, Any], value: Any) -> None:
    """Demand that the replacement can take what the call hands over."""
    _, class_, _, item = edit["target"]
    if edit["how"] == "wrap":
        _demand(_takes_one(value))
    elif type(value) in _DESCRIPTORS:
        _demand(class_ is not None and item is None)
    elif class_ is not None and item is None:
        code = value.__code__
        _demand(code.co_argcount or code.co_flags & _VARARGS)


def _takes_one(function: Any) -> bool:
    """Whether a function can be called with one argument."""
    if type(function) is not FunctionType or not vars(function).keys().isdisjoint({"__wrapped__", "__signature__"}):
        return False
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ())
    by_name = code.co_kwonlyargcount - len(function.__kwdefaults__ or ())
    return required <= 1 and bool(code.co_argcount or code.co_flags & _VARARGS) and not by_name


def _codes_in(replacement: Any) -> list[CodeType]:
    codes = [function.__code__ for function in [function_of(replacement)] if function is not None]
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return codes


def _names_super(code: CodeType) -> bool:
    return "super" in code.co_names
