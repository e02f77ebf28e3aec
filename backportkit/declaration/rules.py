"""The rules of the fields of a declaration, one function a field, and the rules between the fields of an edit."""

from __future__ import annotations

from backportkit.declaration import bounds
from backportkit.declaration.checked import Refusal, refuse, several, shown, whole
from backportkit.declaration.reference import Reference
from backportkit.source.functions import function_of, has_lost_docstring, is_python_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FunctionType
    from typing import Any

    from backportkit.declaration.checked import Rule
    from backportkit.declaration.edits import Edit

_IN_IDS = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_OF_IDS = frozenset(_IN_IDS)
_LENGTHS_OF_IDS = range(2, 65)
_SCHEME, _LENGTH = "ast1:", len("ast1:") + 12
_DIGITS, _SHORTEST_HASH = "0123456789", 7
_HEXADECIMAL = frozenset("0123456789abcdef")
_DEEPEST = 200  # lists and dicts within each other, in a value
_NAMED = "name a constant of yours as replacement='package.module:NAME'"
_VARARGS = 0x04  # CO_VARARGS of inspect, which is not imported for that
_NO_EDITS = "no edits"
_LOST = "no summary, since this Python dropped the docstrings (-OO)"
_ELSEWHERE = frozenset({"__wrapped__", "__signature__"})  # attributes that overrule the code


def one_of(*words: str) -> Rule:
    """The rule of a field that is one of these words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            *others, last = map(repr, words)
            raise refuse(f"Input should be {', '.join(others)} or {last}")
        return value

    return check


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("Input should be a valid string")
    return value if value.isascii() else whole(value)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refuse("Input should be a valid boolean, unable to interpret input")
    return value


def patch_id(value: Any) -> str:
    name = text(value)
    if not name:
        raise refuse("is missing: give id='...', or fixes=... that ends in a number")
    if len(name) not in _LENGTHS_OF_IDS or not _OF_IDS.issuperset(name) or name[0] in "._-":
        way = "write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first"
        raise refuse(f"{shown(name)} is no id: {way}")
    return name


def summary(value: Any) -> str:
    line = text(value).strip()
    if not line:
        way = "give summary='...', or start the replacement's docstring with what breaks without it"
        raise refuse(f"is empty: {way}")
    if len(line.splitlines()) > 1:
        raise refuse("has several lines: write one, and keep the rest in the replacement's docstring")
    return line


def url(value: Any) -> str:
    address = text(value)
    scheme, _, rest = address.partition("://")
    if scheme not in {"http", "https"} or not rest or address.split() != [address]:
        raise refuse(f"{shown(address)} is no address: write it in full, from 'https://' on")
    return address


def fingerprint(value: Any) -> str:
    found = text(value)
    if len(found) != _LENGTH or not found.startswith(_SCHEME) or not _HEXADECIMAL.issuperset(found[len(_SCHEME) :]):
        raise refuse(f"{shown(found)} is no fingerprint: write 'ast1:' and 12 hexadecimal digits")
    return found


def requirement(value: Any) -> str:
    try:
        return bounds.canonical(text(value))
    except ValueError as error:
        way = "write one like 'torch>=2.11,<2.12'"
        raise refuse(f"{shown(value)} is no requirement: {way} ({str(error).splitlines()[0]})") from None


def aliases(value: Any) -> Any:
    """Take `follow` and `keep` as words, and any other text as the name of one copy."""
    if isinstance(value, str) and value in {"follow", "keep"}:
        return value
    from backportkit.declaration import notation  # few patches name copies

    return notation.copies(value)


# --- targets ---


def module(value: Any) -> str:
    name = text(value)
    if "<locals>" in name:
        way = "which makes what is in it at each call: patch the function itself"
        raise refuse(f"{shown(name)} leads into a function, {way}")
    if not all(map(str.isidentifier, name.split("."))):
        raise refuse(f"{shown(name)} is no dotted name: write 'package.module:Class.attribute'")
    return name


def owner(value: Any) -> str:
    """A dotted name, or one with keys on the way, `routes[0]` or `app.hooks['start']`."""
    name = text(value)
    if "[" not in name:
        return module(name)
    from backportkit.declaration import notation

    steps = notation.steps_in(name)
    if steps is None or not isinstance(steps[0], str):
        raise refuse(f"{shown(name)} names no object: write 'name[key]'")
    module(".".join([step for step in steps if isinstance(step, str)]))
    return notation.text_of(steps)


def attribute(value: Any) -> str:
    name = text(value)
    if not name.isidentifier():
        raise refuse(f"{shown(name)} is no single name: what stands before the last dot belongs to 'class'")
    return name


def item(value: Any) -> str | int:
    if isinstance(value, bool):
        raise refuse(f"{value} is no key: write {int(value)}, or a text")
    if not isinstance(value, str | int):
        raise refuse("Input should be a valid string or integer")
    return whole(value) if isinstance(value, str) else value


def items(value: Any) -> tuple[str | int, ...]:
    """Keys and indexes; a single one stands for a list with nothing else in it."""
    found: tuple[str | int, ...] = _items([value] if isinstance(value, int) else value)
    return found


_items = several(item)


def alias_of(value: Any) -> Any:
    """Refuse what only a module can be, as the target is none."""
    way = "name the module that is not there, such as target='package.gone', with how='add'"
    raise refuse(f"{shown(value)} is a name for a module, and the target is none: {way}")


# --- replacements and values ---


def replacement(value: Any) -> Any:
    """Return a function written in Python as it is, since it tells its name at any time; else return a reference."""
    return value if is_python_function(value) else reference(value)


def reference(value: Any) -> Reference:
    try:
        return Reference.of(value)
    except ValueError as error:
        raise refuse(str(error)) from None


def data(value: Any) -> Any:
    """Copy a value that JSON can say. JSON has no word for nan and the infinities."""
    try:
        return _data(value, _DEEPEST)
    except ValueError:
        raise _no_data(value) from None


def _no_data(value: Any) -> Refusal:
    way = f"write a list, or {_NAMED}" if isinstance(value, tuple | set | frozenset) else _NAMED
    return refuse(f"{shown(value)} is nothing that JSON can say: {way}")


def _data(value: Any, depth: int) -> Any:
    if not depth:
        raise ValueError(value)
    if isinstance(value, list):
        return [_data(inner, depth - 1) for inner in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {whole(name): _data(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, str):
        return whole(value)
    if not (value is None or isinstance(value, int | float)):
        raise _no_data(value)
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise ValueError(value)
    if isinstance(value, int):
        repr(value)  # a ValueError for one of too many digits
    return value


def check_edit(edit: Edit) -> None:
    """Refuse a replacement that cannot take the arguments of its calls, whatever the target turns out to be."""
    held = edit.held
    if edit.how == "in_place":
        from backportkit.declaration import in_place  # few patches ask for it

        in_place.check(edit)
    if not edit.target.attribute:
        from backportkit.declaration import of_module  # few targets are modules

        of_module.check(edit)
    if edit.how == "wrap" and edit.has_value:
        way = "use how='replace', or give a replacement that is a function"
        raise refuse(f"a value cannot wrap anything: {way}")
    if isinstance(held, staticmethod | classmethod | property):
        _check_descriptor(type(held).__name__, edit)
    elif is_python_function(held):
        _check_parameters(held, edit)


def _check_descriptor(kind: str, edit: Edit) -> None:
    if edit.how == "wrap":
        way = "write 'def wrapper(original): ...'"
        raise refuse(f"how='wrap' needs a function to call, and this is a {kind}: {way}")
    if not edit.target.is_in_class:
        raise refuse(": ".join(out_of_class(edit.target, kind)))


def out_of_class(target: object, kind: str) -> tuple[str, str]:
    """Say that a descriptor is of no use where it would be put, and what to give instead."""
    return f"{target} is no attribute of a class, and a {kind} means nothing there", "give the function itself"


def _check_parameters(function: FunctionType, edit: Edit) -> None:
    if edit.how == "wrap":
        check_one_argument(function, f"the original of {edit.target}", "def wrapper(original): ...")
    elif edit.target.is_in_class and _names_a_class(edit.target.path[-2]) and not takes_self(function):
        raise refuse(": ".join(without_self(function, edit)))


def takes_self(function: FunctionType) -> bool:
    """Tell whether a function takes the positional argument that an instance hands over."""
    code = function.__code__
    return bool(code.co_argcount or code.co_flags & _VARARGS)


def without_self(function: FunctionType, edit: Edit) -> tuple[str, str]:
    """Say what is wrong with a function that does not, and what to write instead."""
    return (
        f"{function.__qualname__}() takes no positional argument, which {edit.target} needs",
        f"write 'def {edit.target.attribute}(self, ...)', or put @staticmethod on it if the target is one",
    )


def _names_a_class(name: str) -> bool:
    """Tell whether a name is written as those of classes are: of `cli.callback` only the loaded module tells."""
    word = name.lstrip("_")
    return word[:1].isupper() and (len(word) == 1 or not word.isupper())


def check_one_argument(function: FunctionType, argument: str, example: str) -> None:
    """Refuse a function that cannot be called with one argument; `example` shows in the message how to write one."""
    if _takes_one(function):
        return
    import inspect  # where it is not plain

    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise refuse(
            f"{function.__qualname__}() cannot be called with {argument} alone ({error}): write '{example}'"
        ) from None


def _takes_one(function: FunctionType) -> bool:
    """Tell whether a function can be called with one argument, as far as its code tells."""
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ())
    by_name = code.co_kwonlyargcount - len(function.__kwdefaults__ or ())
    has_place = code.co_argcount or code.co_flags & _VARARGS
    return required <= 1 and bool(has_place) and not by_name and _ELSEWHERE.isdisjoint(vars(function))


# --- defaults ---


def default_id(fixes: Any, requires: Any) -> str:
    """Return `torch-178148`, say: the first distribution's name and the number that `fixes` ends in, else nothing."""
    number = _last_number(fixes) if isinstance(fixes, str) else ""
    first = requires[0] if isinstance(requires, list | tuple) and requires else requires
    if number and not isinstance(requires, str) and not (isinstance(first, str) and bounds.PYTHON not in first.lower()):
        from backportkit.declaration import alternatives

        first = alternatives.first_of(requires)
    name = first.lower() if isinstance(first, str) else ""
    # Without a name `requires` is refused, and one complaint about that is enough.
    return f"{name[: len(name) - len(name.lstrip(_IN_IDS))] or 'unnamed'}-{number}" if number else ""


def _last_number(address: str) -> str:
    """Return the number of a change at the end of its address. The last digits of a hash or of a GHSA-... are none."""
    segment = address.removesuffix("/")
    for sign in "/=#":
        segment = segment.rpartition(sign)[2]
    before = segment.rstrip(_DIGITS)
    is_hash = len(segment) >= _SHORTEST_HASH and not segment.strip(f"{_DIGITS}abcdef")
    return segment[len(before) :] if not before[-1:].isalnum() or (before.isalpha() and not is_hash) else ""


def default_summary(edits: Iterable[Any]) -> str:
    """Return the first line of the first docstring among the replacements of these edits; empty if none has any."""
    return next(filter(None, map(_summary_of, edits)), "")


def _summary_of(edit: Any) -> str:
    """Return the first line of a docstring; a filler for what is no replacement, and is refused itself."""
    replacement = edit.get("replacement") if isinstance(edit, dict) else getattr(edit, "replacement", None)
    if replacement is None and _has_no_docstring(edit):
        return ""
    if not (isinstance(replacement, str) or callable(replacement) or hasattr(type(replacement), "__get__")):
        return _NO_EDITS
    function = function_of(getattr(replacement, "held", replacement))
    return _LOST if has_lost_docstring(function) else first_line(function and function.__doc__)


def _has_no_docstring(edit: Any) -> bool:
    """Tell whether an edit puts plain data, or a module under another name."""
    if isinstance(edit, dict):
        return "value" in edit or edit.get("alias_of") is not None
    return getattr(edit, "has_value", False) or getattr(edit, "alias_of", None) is not None


def first_line(document: Any) -> str:
    """Return the first line of a docstring that is not blank; empty if there is none."""
    if not isinstance(document, str):
        return ""
    lines = document.expandtabs().strip().splitlines()
    line = lines[0].strip() if lines else ""
    return document if line == document else line  # one text instead of two
