"""BK201, BK214, BK215 and BK217: compare the kinds and decorators of a replacement and its target, from source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from backportkit.check import reading
from backportkit.layers import fit, kinds
from backportkit.source import callables
from backportkit.source.definitions import decorator_names
from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.declaration.edits import Edit
    from backportkit.source.found import Found, Function

# Decorators that the replacement gets again, and decorators that change nothing about a call.
_GOES_ALONG = frozenset(
    {"staticmethod", "classmethod", "property", "getter", "setter", "deleter", "cached_property", "lru_cache", "cache"}
    | {"singledispatch", "singledispatchmethod", "abstractmethod", "abstractproperty", "final", "override", "overload"}
    | {"no_type_check", "deprecated", "runtime_checkable", "wraps"}
)
_AWAITABLE = "coroutine"  # types.coroutine
_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})  # a call gives a context manager at once


# Decorators by which pydantic and attrs (as `field.validator`) take a function when the class is made. Other libraries
# have a decorator of the first name, too.
_TAKING = frozenset(
    {"validator", "root_validator", "field_validator", "model_validator", "field_serializer", "model_serializer"}
)
_THEIRS = ("pydantic", "import attr", "from attr")


def taking_decorators(edit: Edit, originals: Sequence[Function], text: str) -> list[str]:
    """Return the decorators by which pydantic or attrs has taken the function that is to be replaced.

    `text` is the source of the target's module.
    """
    if edit.how in {"add", "in_place"} or edit.target.class_ is None or not originals:
        return []
    taken = set.intersection(*(decorator_names(original) for original in originals)) & _TAKING
    return sorted(taken if any(one in text for one in _THEIRS) else taken - {"validator"})


def other_kind(edit: Edit, originals: Sequence[Function]) -> str | None:
    """Say how the result of a call differs in kind from that of each original; None if it may be the same."""
    is_open = edit.signature == "change" and edit.how != "in_place"
    if is_open or edit.how == "add" or edit.replacement is None:
        return None
    if edit.how == "in_place":  # the decorators of the target stay
        made, of_node = _changing(edit), _with_flag
    else:
        made, of_node = _made_by(edit) if edit.how == "wrap" else _replacing(edit), kind_of
    found = [of_node(node) for node in originals]
    if found and edit.how == "wrap" and _returns_nothing(edit):
        return "it is called, and would be None, since the wrapper function returns nothing"
    if not found or None in found or not made or None in made:
        return None
    pairs = [(old, new) for old in found for new in made]
    if any(old == new for old, new in pairs):
        return None
    return f"it was {pairs[-1][0]} and would be {pairs[-1][1]}"


def lost_makers(edit: Edit, originals: Sequence[Function]) -> list[str]:
    """Return the decorators that change the kind of each original, if the replacement was written without them."""
    if edit.how in {"add", "in_place"} or edit.replacement is None or not originals:
        return []
    makers = set.intersection(*(decorator_names(original) for original in originals)) & {*_MANAGERS, _AWAITABLE}
    if not makers:
        return []
    made = _made_by(edit) if edit.how == "wrap" else _replacing(edit)
    return sorted(makers) if made and set(made) <= {_written(original) for original in originals} else []


def lost_decorators(edit: Edit, originals: Sequence[Function]) -> list[str]:
    """Return the decorators that each of the originals has and the replacement does not have."""
    if edit.how != "replace" or edit.replacement is None or edit.signature == "change" or not originals:
        return []
    node = node_of(edit)
    lost = set.intersection(*(decorator_names(original) for original in originals)) - _GOES_ALONG - _TAKING
    own = decorator_names(node) if node is not None else lost if _may_be_decorated(edit.replacement.held) else set()
    return sorted(lost - own)


def out_of_namespace(edit: Edit) -> str | None:
    """Say why the written function cannot get the target's globals; None if it can, or need not."""
    held = edit.replacement.held if edit.replacement is not None else None
    if held is None or edit.namespace != "target" or edit.how == "in_place":
        return None
    name = getattr(held, "__name__", "") if edit.how == "wrap" else edit.target.attribute
    try:
        fit.fit(held, print, fit.BindingSite(vars(ModuleType(edit.target.module)), None, name, share_globals=True))
    except TypeError as error:  # from `decorated`
        return str(error)
    return None


def _may_be_decorated(held: Any) -> bool:
    """Tell whether a replacement without a source may have decorators."""
    return type(held) is not FunctionType or held.__closure__ is not None or bool(vars(held))


def named(edit: Edit) -> Found | None:
    """Return the definition of a replacement that is named; None for one that is held, or for a value."""
    if edit.replacement is None or edit.replacement.held is not None:
        return None
    return reading.named(edit.replacement)


def node_of(edit: Edit) -> Function | None:
    """Return the definition of a replacement; None if its source cannot be found."""
    assert edit.replacement is not None
    if edit.replacement.held is not None:
        return _source_of(edit.replacement.held, edit)
    found = reading.named(edit.replacement).functions
    return found[-1] if found else None


def _source_of(held: Any, edit: Edit) -> Function | None:
    try:
        function = callables.written(held, edit.target.attribute)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.__code__)))
    except (OSError, SyntaxError, TypeError):
        return None
    node = tree.body[0] if tree.body else None
    return node if isinstance(node, FUNCTIONS) else None


def _replacing(edit: Edit) -> list[str | None]:
    assert edit.replacement is not None
    held = edit.replacement.held
    if held is not None:
        return [kinds.of(callables.function_in(held))]
    node = node_of(edit)
    return [] if node is None else [kind_of(node)]


def _changing(edit: Edit) -> list[str | None]:
    """Return the kind of the function that was written in a replacement."""
    node = node_of(edit)
    return [] if node is None else [_with_flag(node)]


def returns_functions(edit: Edit) -> bool:
    """Tell whether a wrapper returns nothing but functions that are written in it."""
    made = _made_by(edit)
    return bool(made) and None not in made


def _returns_nothing(edit: Edit) -> bool:
    node = node_of(edit)
    if not isinstance(node, ast.FunctionDef) or decorator_names(node) - {"backport"} or _yields(node):
        return False
    return not any(isinstance(one, ast.Return) and one.value is not None for one in _own(node))


def _made_by(edit: Edit) -> list[str | None]:
    """Return the kinds of the functions that a wrapper returns; None stands for one that is not written in it."""
    return [None if one is None else _kind_of_returned(one) for one in returned(edit)]


def _kind_of_returned(node: Function | ast.Lambda) -> str | None:
    if isinstance(node, ast.Lambda):
        return kinds.PLAIN if not _yields(node) else kinds.GENERATOR
    return kind_of(node)


def returned(edit: Edit) -> list[Function | ast.Lambda | None]:
    """Return the functions that a wrapper returns; None stands for one that is not written in it, or is bound anew."""
    node = node_of(edit)
    if node is None:
        return []
    inside = [*_own(node)]
    named = Counter(one.name for one in inside if isinstance(one, DEFINITIONS))
    named.update(one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    inner = {one.name: one for one in node.body if isinstance(one, FUNCTIONS) and named[one.name] == 1}
    return [_written_in(one.value, inner) for one in inside if isinstance(one, ast.Return)]


def _written_in(value: ast.expr | None, inner: dict[str, Function]) -> Function | ast.Lambda | None:
    if isinstance(value, ast.Lambda):
        return value
    return inner.get(value.id) if isinstance(value, ast.Name) else None


def kind_of(node: Function) -> str | None:
    """Return the kind of a definition; None if a decorator may change it."""
    own = decorator_names(node)
    if own & _MANAGERS:
        return kinds.PLAIN
    if own - _GOES_ALONG - {_AWAITABLE}:
        return None
    return _with_flag(node)


def _with_flag(node: Function) -> str | None:
    """Return the kind of a definition without its decorators.

    Only `types.coroutine` counts, since it marks the code itself.
    """
    kind = _written(node)
    return kinds.AWAITABLE if kind == kinds.GENERATOR and _AWAITABLE in decorator_names(node) else kind


def _written(node: Function) -> str:
    """Return the kind of a definition without its decorators."""
    if isinstance(node, ast.AsyncFunctionDef):
        return kinds.ASYNC_GENERATOR if _yields(node) else kinds.ASYNC
    return kinds.GENERATOR if _yields(node) else kinds.PLAIN


def _yields(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes in a function, but not those within its inner functions and classes."""
    body = [node.body] if isinstance(node, ast.Lambda) else getattr(node, "body", [])
    queue: list[ast.AST] = list(body)
    for one in queue:
        yield one
        if not isinstance(one, (*DEFINITIONS, ast.Lambda)):
            queue += ast.iter_child_nodes(one)
