"""Tell whether a replacement takes every call that the original takes."""

from __future__ import annotations

import functools
import inspect
from inspect import Parameter, Signature
from types import FunctionType
from typing import TYPE_CHECKING, Any

from backportkit.source.callables import function_in
from backportkit.source.functions import is_a

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

_BY_POSITION = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD})
_BY_KEYWORD = frozenset({Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY})


def of_stored(stored: Any, part: str | None, *, in_class: bool) -> Signature | None:
    """Return the signature of the stored object at a target, without what Python binds; None if it is not written in
    Python.

    Wrappers are taken for what they are (`follow_wrapped=False`): one made with functools.wraps only looks like what it
    wraps. `part` is `fget`, `fset` or `fdel`, if that function of a property is meant.
    """
    signature = _of_function(function_in(stored, part), binds=in_class and not is_a(stored, staticmethod))
    return _by_position_only(signature) if signature is not None and is_computed(stored) else signature


def of_wrapped(stored: Any, part: str | None, *, in_class: bool) -> Signature | None:
    """Return the signature of the innermost function that wrappers say they wrap; None if there is none."""
    function = function_in(stored, part)
    if not hasattr(function, "__wrapped__"):
        return None
    return _of_function(inspect.unwrap(function), binds=in_class and not is_a(stored, staticmethod))


def of_arguments(arguments: ast.arguments, *, binds: bool) -> Signature:
    """Return the signature of a definition; its defaults are `...`.

    `binds` means that Python passes the first argument.
    """
    signature = Signature([*_positional(arguments), *_by_name(arguments)])
    return _bound(signature) if binds else signature


def of_function(function: FunctionType, *, binds: bool) -> Signature:
    """Return the signature of the function itself, whatever it wraps.

    `binds` means that Python passes the first argument.
    """
    signature = inspect.signature(function, follow_wrapped=False)
    return _bound(signature) if binds else signature


def required(signature: Signature) -> list[str]:
    """Return the names of the parameters that each call must give."""
    parameters = signature.parameters.values()
    starred = Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD
    return [one.name for one in parameters if one.default is Parameter.empty and one.kind not in starred]


def is_computed(stored: Any) -> bool:
    """Tell whether a stored object is read like a value, and not called."""
    return is_a(stored, (property, functools.cached_property))


def misfit(original: Signature, replacement: Signature) -> str | None:
    """Describe the first parameter for which a call of the original fails; None if no call does."""
    return next(_misfits(_Shape(original), _Shape(replacement)), None)


def _of_function(function: Any, *, binds: bool) -> Signature | None:
    return of_function(function, binds=binds) if is_a(function, FunctionType) else None


def _positional(arguments: ast.arguments) -> Iterator[Parameter]:
    nodes = [*arguments.posonlyargs, *arguments.args]
    first_default = len(nodes) - len(arguments.defaults)
    for place, node in enumerate(nodes):
        only = place < len(arguments.posonlyargs)
        kind = Parameter.POSITIONAL_ONLY if only else Parameter.POSITIONAL_OR_KEYWORD
        yield Parameter(node.arg, kind, default=... if place >= first_default else Parameter.empty)


def _by_name(arguments: ast.arguments) -> Iterator[Parameter]:
    if arguments.vararg:
        yield Parameter(arguments.vararg.arg, Parameter.VAR_POSITIONAL)
    for node, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield Parameter(node.arg, Parameter.KEYWORD_ONLY, default=Parameter.empty if default is None else ...)
    if arguments.kwarg:
        yield Parameter(arguments.kwarg.arg, Parameter.VAR_KEYWORD)


def _by_position_only(signature: Signature) -> Signature:
    """Make parameters positional-only, since Python itself calls the functions of a property."""
    parameters = signature.parameters.values()
    return signature.replace(
        parameters=[
            one.replace(kind=Parameter.POSITIONAL_ONLY) if one.kind in _BY_POSITION else one for one in parameters
        ]
    )


def _bound(signature: Signature) -> Signature:
    """Drop the first positional parameter, which Python binds to the instance or the class."""
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].kind in _BY_POSITION:
        return signature.replace(parameters=parameters[1:])
    return signature


class _Shape:
    """The parameters of a signature, by the ways to give them."""

    def __init__(self, signature: Signature) -> None:
        parameters = list(signature.parameters.values())
        self.all = [one for one in parameters if one.kind in _BY_POSITION | _BY_KEYWORD]
        self.positional = [one for one in parameters if one.kind in _BY_POSITION]
        self.named = {one.name: one for one in parameters if one.kind in _BY_KEYWORD}
        kinds = {one.kind: one.name for one in parameters}
        self.args = kinds.get(Parameter.VAR_POSITIONAL)
        self.kwargs = kinds.get(Parameter.VAR_KEYWORD)

    def place(self, name: str) -> int | None:
        """Return the index of a parameter among the positional ones; None if it is not positional."""
        return next((index for index, one in enumerate(self.positional) if one.name == name), None)


def _misfits(old: _Shape, new: _Shape) -> Iterator[str]:
    for parameter in old.positional:
        yield from _by_position(parameter, old, new)
    for parameter in old.named.values():
        yield from _by_keyword(parameter, old, new)
    for parameter in new.all:
        if parameter.default is Parameter.empty and not _always_given(parameter, old, new):
            yield f"{parameter.name!r} must be given now"
    if old.args and not new.args:
        yield f"'*{old.args}' took any number of positional arguments"
    if old.kwargs and not new.kwargs:
        yield f"'**{old.kwargs}' took any keyword"


def _by_position(parameter: Parameter, old: _Shape, new: _Shape) -> Iterator[str]:
    place = old.place(parameter.name)
    takes = new.args is not None or (place is not None and place < len(new.positional))
    if not takes:
        yield f"{parameter.name!r} can no longer be given by position"


def _by_keyword(parameter: Parameter, old: _Shape, new: _Shape) -> Iterator[str]:
    name = parameter.name
    before, now = old.place(name), new.place(name)
    if name not in new.named:
        if new.kwargs is None or now is not None:
            yield f"{name!r} can no longer be given by keyword"
        return
    if before is not None and now is None:
        yield f"{name!r} can no longer be given by position"
    elif now != before and (before is not None or old.args or (now is not None and now < len(old.positional))):
        yield f"{name!r} has moved to another place"


def _always_given(parameter: Parameter, old: _Shape, new: _Shape) -> bool:
    """Tell whether every call of the original gives an argument to a parameter that has no default."""
    same = old.named.get(parameter.name)
    if same is not None and same.default is Parameter.empty:
        return True
    place = new.place(parameter.name)
    if place is None or place >= len(old.positional):
        return False
    # The original's parameter at that index must be given too, and by position: its keyword may have another name.
    there = old.positional[place]
    return there.default is Parameter.empty and there.kind is Parameter.POSITIONAL_ONLY
