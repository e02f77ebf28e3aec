"""Copy a function so that a call of the copy costs what a call of the original does."""

from __future__ import annotations

import sys
from types import CodeType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CellType
    from typing import Any, TypeAlias

    Cells: TypeAlias = tuple[CellType, ...] | None
    Template: TypeAlias = tuple[CodeType, tuple[Any, ...], tuple[Any, ...]]

_LAZY = "__annotate__" in vars(FunctionType)
_OF_3_12 = vars(FunctionType).keys() & {"__type_params__"}


def copy(function: Any, namespace: dict[str, Any], closure: Cells) -> FunctionType:
    """Return a function with the code, the defaults, the docstring and the annotations of another.

    It has the very dictionary of attributes of the other one, so that what either keeps there is seen by both. It sees
    the globals `namespace` and the cells `closure`, one for each free variable of the code. Its `__name__`,
    `__qualname__` and `__module__` are the caller's business.
    """
    made: Any = make(function, namespace, closure)
    made.__doc__ = function.__doc__
    made.__dict__ = function.__dict__
    # From 3.14 on annotations are worked out when they are asked for (PEP 649), which must stay so.
    annotations = "__annotate__" if _LAZY and function.__annotate__ is not None else "__annotations__"
    for name in (annotations, *_OF_3_12):
        setattr(made, name, getattr(function, name))
    return made  # type: ignore[no-any-return]


def by_type(function: FunctionType, namespace: dict[str, Any], closure: Cells) -> FunctionType:
    """Make a function of the same code and defaults the usual way."""
    made = FunctionType(function.__code__, namespace, None, function.__defaults__, closure)
    if function.__kwdefaults__ is not None:
        made.__kwdefaults__ = function.__kwdefaults__.copy()
    return made


def by_lambda(function: FunctionType, namespace: dict[str, Any], closure: Cells) -> FunctionType:
    """Make a function of the same code and defaults by a lambda, in which the code of its inner lambda is replaced.

    Keyword defaults go into the dictionary that is there, since assigning another would count as a change.
    """
    defaults, keywords = function.__defaults__ or (), function.__kwdefaults__
    plain = not defaults and keywords is None and closure is None
    template, before, after = _PLAIN if plain else _of_shape(len(defaults), keywords is not None, len(closure or ()))
    code = template.replace(co_consts=(*before, function.__code__, *after))
    made: Any = FunctionType(code, namespace, None, None, closure)(*defaults)
    if keywords is not None:
        made.__kwdefaults__.clear()
        made.__kwdefaults__.update(keywords)
    return made  # type: ignore[no-any-return]


def _of_shape(*shape: int) -> Template:
    return _TEMPLATES.get(shape) or _TEMPLATES.setdefault(shape, _compiled(*shape))


def _compiled(defaults: int, keywords: int, cells: int) -> Template:
    """Compile a template that takes the defaults of the function to make, which sees all cells of the template."""
    given = [f"d{number}" for number in range(defaults)]
    taken = [f"{name}={name}" for name in given] + ["*, k=0"] * keywords
    seen = ", ".join(f"c{number}" for number in range(cells))
    outer = eval(f"lambda {seen}: lambda {', '.join(given)}: lambda {', '.join(taken)}: ({seen})")  # noqa: S307 -- ours
    return _template(outer(*range(cells)))


def _that_sees(cell: None) -> Any:
    return lambda: lambda: cell


def _template(function: Any) -> Template:
    """Return the code of a function that makes another one, and its constants before and after the other one's code."""
    constants = function.__code__.co_consts
    position = [type(value) for value in constants].index(CodeType)
    return function.__code__, constants[:position], constants[position + 1 :]


# Compiling a template takes 0.3 million instructions: those for nineteen functions in twenty are compiled with this
# file. Each stands under its shape: how many defaults, whether keyword defaults, how many free variables.
_PLAIN = _template(lambda: lambda: None)
_TEMPLATES: dict[tuple[int, ...], Template] = {
    (1, False, 0): _template(lambda d: lambda d=d: d),
    (0, False, 1): _template(_that_sees(None)),
}

# Since 3.13 the interpreter specialises calls of those functions only that a `def` or a lambda has made, and whose code
# and defaults nobody has assigned since (https://github.com/python/cpython/pull/117028). Before 3.13, calls of a
# function by FunctionType cost no more, and it is made faster.
make = by_lambda if sys.version_info >= (3, 13) else by_type
