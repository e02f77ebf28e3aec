"""Whether a replacement takes every call that the original takes, told from their parameters alone."""

from __future__ import annotations

import inspect
from inspect import Parameter, Signature
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from types import FunctionType

_BY_POSITION = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD})
_REST = frozenset({Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD})
_BY_NAME = frozenset({Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY})


def of_function(function: FunctionType) -> Signature:
    """The signature of the function itself, whatever it wraps."""
    return inspect.signature(function, follow_wrapped=False)


def of_node(arguments: ast.arguments) -> Signature:
    """The signature that a definition gives; its defaults are `...`."""
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    parameters = [
        Parameter(
            node.arg,
            Parameter.POSITIONAL_ONLY if place < len(arguments.posonlyargs) else Parameter.POSITIONAL_OR_KEYWORD,
            default=... if place >= first_default else Parameter.empty,
        )
        for place, node in enumerate(positional)
    ]
    if arguments.vararg:
        parameters.append(Parameter(arguments.vararg.arg, Parameter.VAR_POSITIONAL))
    for node, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        given = Parameter.empty if default is None else ...
        parameters.append(Parameter(node.arg, Parameter.KEYWORD_ONLY, default=given))
    if arguments.kwarg:
        parameters.append(Parameter(arguments.kwarg.arg, Parameter.VAR_KEYWORD))
    return Signature(parameters)


def misfit(original: Signature, replacement: Signature, *, bound: bool) -> str | None:
    """Why a call that works with the original fails with the replacement, in words that name the parameter; or None.

    `bound` says that the first argument is handed over by Python, so that its name means nothing.
    """
    old, new = (_parameters(signature, bound=bound) for signature in (original, replacement))
    for reason in (_too_few(old, new), _renamed(old, new), _obligatory(old, new), _no_rest(old, new)):
        if reason is not None:
            return reason
    return None


def _parameters(signature: Signature, *, bound: bool) -> list[Parameter]:
    parameters = list(signature.parameters.values())
    if bound and parameters and parameters[0].kind in _BY_POSITION:
        del parameters[0]
    return parameters


def _positional(parameters: list[Parameter]) -> list[Parameter]:
    return [parameter for parameter in parameters if parameter.kind in _BY_POSITION]


def _has(parameters: list[Parameter], kind: inspect._ParameterKind) -> bool:
    return any(parameter.kind is kind for parameter in parameters)


def _too_few(old: list[Parameter], new: list[Parameter]) -> str | None:
    given, taken = _positional(old), _positional(new)
    if len(given) <= len(taken) or _has(new, Parameter.VAR_POSITIONAL):
        return None
    return f"{given[len(taken)].name!r} cannot be given by position any more"


def _renamed(old: list[Parameter], new: list[Parameter]) -> str | None:
    named = {parameter.name: parameter for parameter in new if parameter.kind in _BY_NAME}
    places = {parameter.name: place for place, parameter in enumerate(_positional(new))}
    for place, parameter in enumerate(old):
        if parameter.kind not in _BY_NAME:
            continue
        if parameter.name not in named and not _has(new, Parameter.VAR_KEYWORD):
            return f"{parameter.name!r} cannot be given by name any more"
        if parameter.kind in _BY_POSITION and places.get(parameter.name, place) != place:
            return f"{parameter.name!r} has another position"
    return None


def _obligatory(old: list[Parameter], new: list[Parameter]) -> str | None:
    demanded = [parameter for parameter in old if parameter.default is Parameter.empty]
    by_name = {parameter.name for parameter in demanded if parameter.kind is Parameter.KEYWORD_ONLY}
    by_position = _positional(new)[: len(_positional(demanded))]
    for parameter in new:
        given = parameter in by_position or (parameter.kind in _BY_NAME and parameter.name in by_name)
        if parameter.kind not in _REST and parameter.default is Parameter.empty and not given:
            return f"{parameter.name!r} is obligatory, and callers do not give it"
    return None


def _no_rest(old: list[Parameter], new: list[Parameter]) -> str | None:
    for kind, stars in ((Parameter.VAR_POSITIONAL, "*"), (Parameter.VAR_KEYWORD, "**")):
        rest = [parameter.name for parameter in old if parameter.kind is kind]
        if rest and not _has(new, kind):
            return f"'{stars}{rest[0]}' is not taken any more"
    return None
