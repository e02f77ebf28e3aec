"""Follow a class to its bases in source, and tell which attributes dataclasses, attrs or pydantic use up."""

from __future__ import annotations

import ast
import builtins
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.check.reading import find, library, read
from backportkit.source import binders, definitions
from backportkit.source.found import Kind
from backportkit.source.reader import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.source.modules import Source

_DEPTH = 40
_DATACLASSES = frozenset({"dataclasses:dataclass", "pydantic.dataclasses:dataclass"})
_OF_ATTRS = frozenset({"attr", "attrs"})
_FIELDS_OF_ATTRS = frozenset({"attrib", "field", "ib"})
# Each full name that pydantic's base of models may have, and the module that has it: of pydantic 2 or 1, and of 1 in 2.
_MODELS = {"pydantic:BaseModel": "pydantic.main", "pydantic.main:BaseModel": "pydantic.main"}
_MODELS |= dict.fromkeys(
    ("pydantic:v1.BaseModel", "pydantic.v1:BaseModel", "pydantic.v1.main:BaseModel"), "pydantic.v1.main"
)
_MEMBERS = (ast.BinOp, ast.Constant, ast.Tuple, ast.UnaryOp)


class Ancestor(NamedTuple):
    """A class in a lineage: its full name, and its definition if source leads to it."""

    name: str
    node: ast.ClassDef | None = None
    source: Source | None = None

    @property
    def fields(self) -> list[tuple[str, str, ast.expr | None]]:
        """The names that the body annotates, each with its annotation and its value."""
        body = [] if self.node is None else [one for one in self.node.body if isinstance(one, ast.AnnAssign)]
        return [
            (one.target.id, ast.unparse(one.annotation), one.value) for one in body if isinstance(one.target, ast.Name)
        ]

    def decorators(self) -> Iterator[str]:
        """Yield the full names of its decorators."""
        if self.node is not None and self.source is not None:
            for name in definitions.decorators(self.node):
                yield full_name(self.source, name.split("."))


def of(source: Source, node: ast.ClassDef) -> list[Ancestor]:
    """Return a class and all that it inherits from, as far as source leads."""
    found = [Ancestor(f"{source.module}:{node.name}", node, source)]
    for one in found:
        if one.node is not None and one.source is not None and len(found) < _DEPTH:
            found += [each for each in _bases(one.source, one.node.bases) if each not in found]
    return found


def may_be_completed(lineage: list[Ancestor]) -> bool:
    """Tell whether a metaclass, or a class that source does not lead to, may put attributes into a class."""
    return any(_completes(one) for one in lineage)


def _completes(one: Ancestor) -> bool:
    if one.node is None:
        module, _, name = one.name.partition(":")
        return not isinstance(getattr(builtins, name, None), type) or find(module, [name]).kind is not Kind.MISSING
    metaclasses = [ast.unparse(keyword.value) for keyword in one.node.keywords if keyword.arg == "metaclass"]
    return any(name.rpartition(".")[2] != "ABCMeta" for name in metaclasses)


def _bases(source: Source, bases: Iterable[ast.expr]) -> Iterator[Ancestor]:
    for base in bases:
        names = definitions.dotted(base)
        name = full_name(source, names) if names else ast.unparse(base)
        module, _, path = name.partition(":")
        found = find(module, path.split("."))
        node = found.nodes[0] if found.kind is Kind.CLASS and not found.others else None
        if isinstance(node, ast.ClassDef) and found.source is not None:
            yield Ancestor(f"{found.source.module}:{node.name}", node, found.source)
        else:
            yield Ancestor(name)


def full_name(source: Source, names: list[str]) -> str:
    """Return the full name, as `module:name`, of `a.b.c` in a module: imports of `a` are followed."""
    tree = source.tree or ast.Module([], [])
    for statement in statements(library().statements(tree, names[0])):
        if isinstance(statement, ast.Import) and names[0] in binders.names(statement):
            return _in_modules(_imported(statement, names[0]), names[1:])
    copied = find(source.module, names[:1]).copied
    return ".".join([copied or f"{source.module}:{names[0]}", *names[1:]])


def _imported(statement: ast.Import, name: str) -> str:
    return next((alias.name for alias in statement.names if alias.asname == name), name)


def _in_modules(module: str, names: list[str]) -> str:
    while len(names) > 1 and read(f"{module}.{names[0]}") is not None:
        module, names = f"{module}.{names[0]}", names[1:]
    return f"{module}:{'.'.join(names)}"


# --- marks of dataclasses, enumerations and models ---


def marks(lineage: list[Ancestor]) -> dict[str, Any]:
    """Return the attributes by which run time knows dataclasses, enumerations and models (`layers.place.MARKERS`)."""
    found: dict[str, Any] = {}
    if any(one.name == "enum:Enum" for one in lineage):
        found["_member_map_"] = dict.fromkeys(_members(lineage[0]))
    fields = [field for one in reversed(lineage) if _DATACLASSES.intersection(one.decorators()) for field in one.fields]
    if fields:
        found["__dataclass_fields__"] = {field[0]: _field(*field) for field in fields}
    if of_attrs := [field for one in lineage if _is_of_attrs(one) for field in _fields_of_attrs(one)]:
        found["__attrs_attrs__"] = tuple(of_attrs)
    return found | _marks_of_pydantic(lineage)


def _members(enumeration: Ancestor) -> Iterator[str]:
    """Yield the names in an enumeration whose values certainly become members."""
    for statement in enumeration.node.body if enumeration.node is not None else ():
        if isinstance(statement, ast.Assign) and _makes_member(statement.value):
            targets = (one.id for one in statement.targets if isinstance(one, ast.Name))
            yield from (name for name in targets if not name.startswith("_"))


def _makes_member(value: ast.expr) -> bool:
    is_auto = isinstance(value, ast.Call) and definitions.dotted(value.func)[-1:] == ["auto"]
    return is_auto or isinstance(value, _MEMBERS)


def _field(name: str, annotation: str, value: ast.expr | None) -> Any:
    kind = "_FIELD_CLASSVAR" if "ClassVar" in annotation else "_FIELD"
    return SimpleNamespace(
        name=name, init=_is_given(value), _field_type=_Word(kind), validator=None, converter=None, default=None
    )


class _Word(str):
    """A text that is its own `repr`, like the types of dataclass fields."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _is_given(value: ast.expr | None) -> bool:
    """Tell whether `__init__` takes a field."""
    keywords = value.keywords if isinstance(value, ast.Call) else []
    return not any(one.arg == "init" and ast.unparse(one.value) == "False" for one in keywords)


def _is_of_attrs(one: Ancestor) -> bool:
    return any(name.partition(":")[0].partition(".")[0] in _OF_ATTRS for name in one.decorators())


def _fields_of_attrs(one: Ancestor) -> Iterator[Any]:
    yield from (_field(*field) for field in one.fields)
    for statement in one.node.body if one.node is not None else ():
        value = statement.value if isinstance(statement, ast.Assign) else None
        if isinstance(value, ast.Call) and _FIELDS_OF_ATTRS.intersection(definitions.dotted(value.func)[-1:]):
            yield from (_field(name, "", value) for name in binders.names(statement))


def _marks_of_pydantic(lineage: list[Ancestor]) -> dict[str, Any]:
    depth = next((depth for depth, one in enumerate(lineage) if one.name in _MODELS), None)
    if depth is None:
        return {}
    fields = [field for one in lineage[:depth] for field in one.fields]
    names = [name for name, annotation, _ in fields if not _is_private(name, annotation)]
    main = read(_MODELS[lineage[depth].name])
    if main is None or "__pydantic_decorators__" not in main.text:
        return {"__validators__": {}, "__fields__": dict.fromkeys(names)}
    return {
        "__pydantic_decorators__": SimpleNamespace(),
        "__pydantic_fields__": dict.fromkeys(names),
        "__pydantic_post_init__": "model_post_init",  # source does not tell that it is another one
    }


def _is_private(name: str, annotation: str) -> bool:
    return name.startswith("_") or "ClassVar" in annotation
