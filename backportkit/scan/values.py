"""The values that expressions may have, as far as source shows them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from backportkit.scan.binders import Scope
    from backportkit.scan.file import File


class Bindings(dict[tuple[ast.AST, str], "Thunk"]):
    """The expressions that names stand for, by their scope and name. Two of them are never equal."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__
    __ne__ = object.__ne__


NOTHING_BOUND = Bindings()


class Frame(NamedTuple):
    """The place that an expression is read at.

    Attributes:
        file: Its file.
        scope: The function, class or module that it stands in.
        at: Its statement; None for the end of the scope.
        bound: The expressions that parameters and names of loops stand for, by their scope and name.
    """

    file: File
    scope: Scope
    at: ast.AST | None
    bound: Bindings


class Thunk(NamedTuple):
    """An expression, and the place to read it at; `position` are the indices that lead on to a part of its value."""

    node: ast.expr
    frame: Frame
    position: tuple[int, ...] = ()


class Ref(NamedTuple):
    """Something of another distribution or of Python: a module that is imported, and names from there."""

    module: str
    path: tuple[str, ...] = ()

    @property
    def dotted(self) -> str:
        """The module and the names as one."""
        return ".".join([self.module, *self.path])


class OwnModule(NamedTuple):
    """A module of the project."""

    file: File


class Own(NamedTuple):
    """A function or class that the project defines, or a lambda; `frame` is where its definition stands."""

    node: ast.AST
    frame: Frame


class Instance(NamedTuple):
    """An object that a call has made, perhaps an instance of `cls`; `call` is the call, if it is known."""

    cls: Value
    call: Thunk | None = None


class Attribute(NamedTuple):
    """An attribute of an object that a call has made."""

    of: Value
    name: str


class Part(NamedTuple):
    """An item of something, or the first ones of its items, or those from `lower` on."""

    of: Value
    item: int | None
    length: int | None
    lower: int | None = None


class Contents(NamedTuple):
    """The dictionary of a module or a class: `vars(x)` or `x.__dict__`."""

    of: Value


class Constant(NamedTuple):
    """A text, a number, or another constant."""

    value: object


class Rows(NamedTuple):
    """A list, tuple or set that is written out, or the keys, values or items of a dictionary."""

    items: tuple[Thunk, ...]


class Pairs(NamedTuple):
    """A dictionary that is written out."""

    keys: tuple[Thunk, ...]
    values: tuple[Thunk, ...]


class Several(NamedTuple):
    """The parts of one value, such as a row of `zip` or of `dict.items()`."""

    parts: tuple[Thunk, ...]


class Hole(NamedTuple):
    """A name whose values depend on who calls the function, or on the row of a loop."""

    scope: ast.AST
    name: str
    file: File
    loop: ast.For | ast.AsyncFor | ast.comprehension | None = None


Value: TypeAlias = (
    "Ref | OwnModule | Own | Instance | Attribute | Part | Contents | Constant | Rows | Pairs | Several | Hole"
)


UNKNOWN = "?"  # a name that nobody can tell


def class_of(value: Instance) -> Value:
    """Return the class of an object: that which is called, but for a function, of which it is not known."""
    of = value.cls
    is_function = isinstance(of, Ref) and of.path[-1:] and of.path[-1].islower() and of.module != "builtins"
    return Ref(of.module, (*of.path[:-1], UNKNOWN)) if is_function else of  # type: ignore[union-attr]


def text_of(value: object) -> str | None:
    """Return the text that a value is; None if it is no text."""
    found = value.value if isinstance(value, Constant) else None
    return found if isinstance(found, str) else None


class Given(ast.expr):
    """An expression whose values are known, at the place of one that is written."""

    _fields = ()

    def __init__(self, values: Sequence[Value], at: ast.AST) -> None:
        super().__init__()
        self.values = tuple(values)
        self.lineno = getattr(at, "lineno", 1)
        self.col_offset = getattr(at, "col_offset", 0)
