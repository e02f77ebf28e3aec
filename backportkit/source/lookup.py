"""Find in source what a look-up at run time would find: definitions, inherited names and imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from backportkit.source import bases, binders, modules, private
from backportkit.source.definitions import dotted, function, is_part, of_property
from backportkit.source.found import Found, Kind, in_builtin, in_native, merge, provides
from backportkit.source.reader import FUNCTIONS, absolute, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from backportkit.source.binders import Reach
    from backportkit.source.modules import Source


_DEPTH = 40  # imports and bases that are followed from one module to the next
# Ways by which a module, or the body of a class, gets names that no statement of it binds.
_BY_OTHER_MEANS = ("globals()", "sys.modules[__name__]", "exec(", "global_enum", "._convert_(")
_OF_FRAMES = ("vars()", "locals()")  # in a function, these are about its own names


class Library:
    """The modules of an installation: of this one, unless others are given. Each module is read and parsed once."""

    def __init__(self, others: modules.Modules | None = None) -> None:
        self.modules = others or modules.Modules()
        self._found: dict[tuple[str, tuple[str, ...]], Found] = {}
        self._indexes: dict[ast.AST, dict[str, list[ast.stmt]]] = {}

    def find(self, module: str, path: Sequence[str]) -> Found:
        """Return the definition that `path` (Class, ..., name) leads to in a module."""
        key = module, tuple(path)
        if key not in self._found:
            self._found[key] = self._look_for(module, path)
        return self._found[key]

    def _look_for(self, module: str, path: Sequence[str]) -> Found:
        source = self.modules.read(module)
        if source is None:
            return Found(Kind.MISSING, reason=f"there is no module {module}")
        try:
            return merge(_Walk(self).in_module(source, path))
        except RecursionError as error:  # a chain of `elif` is as deep as it is long
            return Found(Kind.UNKNOWN, source=source, reason=f"the source of {module} cannot be followed: {error}")

    def reach(self, owner: ast.Module | ast.ClassDef, name: str, imports: binders.Imports) -> Reach:
        """Return the statements in the body of a module or class that can be the last to bind a name."""
        index = self._index(owner)
        concerned = [*index.get(name, ()), *index.get("*", ())] if "*" in index else index.get(name, [])
        order = {statement: place for place, statement in enumerate(owner.body)} if "*" in index else {}
        body = sorted(dict.fromkeys(concerned), key=lambda statement: order.get(statement, 0))
        return binders.reach(body, name, imports)

    def binds(self, owner: ast.Module | ast.ClassDef, name: str) -> bool:
        """Tell whether a statement of the body of a module or class binds a name, `*` for star imports."""
        return name in self._index(owner)

    def names(self, owner: ast.Module | ast.ClassDef) -> list[str]:
        """Return the names that the body of a module or class binds."""
        return [name for name in self._index(owner) if name != "*"]

    def statements(self, owner: ast.Module, name: str) -> list[ast.stmt]:
        """Return the statements at the top of a module that bind a name, themselves or in a block."""
        return self._index(owner).get(name, [])

    def _index(self, owner: ast.Module | ast.ClassDef) -> dict[str, list[ast.stmt]]:
        """Return the statements of a body, by the names that they and their blocks bind."""
        if owner not in self._indexes:
            index = self._indexes[owner] = {}
            for statement in owner.body:
                for name in {name for inner in statements([statement]) for name in binders.names(inner)}:
                    index.setdefault(name, []).append(statement)
        return self._indexes[owner]


class _Walk:
    """One look-up. Each step returns all findings that may count, in the order of the text."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._found: dict[tuple[ast.AST, tuple[str, ...]], list[Found]] = {}
        self._depth = 0

    def in_module(self, source: Source, path: Sequence[str]) -> list[Found]:
        if not source.path:
            return [Found(Kind.UNKNOWN, source=source, reason=source.reason)]
        if source.tree is None:
            return [in_native(source, path)]
        return self._once(source, source.tree, path, self._in_parsed)

    def _once(self, source: Source, owner: Any, path: Sequence[str], look: Callable[..., list[Found]]) -> list[Found]:
        """Return the findings in a module or class. A look-up that comes back to itself gets "leads in a circle"."""
        key = owner, tuple(path)
        if key not in self._found:
            self._found[key] = [Found(Kind.UNKNOWN, source=source, reason=f"{path[0]!r} leads in a circle")]
            self._depth += 1
            if self._depth < _DEPTH:
                self._found[key] = look(source, owner, path)
            self._depth -= 1
        return self._found[key]

    def _in_parsed(self, source: Source, tree: ast.Module, path: Sequence[str]) -> list[Found]:
        found = self._in_body(source, tree, path)
        if found:
            return found
        if self._library.binds(tree, "__getattr__") or _takes_from_elsewhere(source.text, tree):
            return [Found(Kind.UNKNOWN, source=source, reason=f"{source.module} takes names from elsewhere as it runs")]
        return [Found(Kind.MISSING, source=source, reason=f"{source.module} has no {path[0]!r}")]

    def _in_body(self, source: Source, owner: ast.Module | ast.ClassDef, path: Sequence[str]) -> list[Found]:
        """Return the findings for a name that the body itself binds; none if it does not bind it."""
        reached = self._library.reach(owner, path[0], _Imports(self, source))
        bound = sorted(reached.binders, key=lambda statement: statement.lineno)
        if len(path) > 1 or any(is_part(statement) for statement in bound):
            bound = of_property(bound, path[1:])
        found = [
            one
            for statement in bound
            for one in self._alias(source, owner, statement, path) or self._bound(source, statement, path)
        ]
        return [one for one in dict.fromkeys(found) if one.kind is not Kind.MISSING] or found[:1]

    def _alias(
        self, source: Source, owner: ast.Module | ast.ClassDef, statement: ast.stmt, path: Sequence[str]
    ) -> list[Found]:
        """Return the findings for another name of a function that was defined before, as `g = f`; else none."""
        name = _other_name(statement)
        if name is None:
            return []
        own = self._library.reach(owner, name, _Imports(self, source)).binders
        if any(one.lineno >= statement.lineno for one in own):
            return []
        found = self._in_body(source, owner, [name, *path[1:]]) if own else self._outside(source, owner, name, path)
        outer = f"{owner.name}." if own and isinstance(owner, ast.ClassDef) else ""
        is_function = bool(found) and all(one.kind is Kind.FUNCTION for one in found)
        origin = f"{source.module}:{outer}{name}"
        return [one._replace(copied=one.copied or origin) for one in found] if is_function else []

    def _outside(self, source: Source, owner: ast.Module | ast.ClassDef, name: str, path: Sequence[str]) -> list[Found]:
        """Return the findings for a name that the body of a class takes from its module."""
        return self.in_module(source, [name, *path[1:]]) if isinstance(owner, ast.ClassDef) else []

    def _bound(self, source: Source, statement: ast.stmt, path: Sequence[str]) -> list[Found]:
        """Return the findings for the first name as one statement binds it, and for the rest of the path from there."""
        rest = path[1:]
        if isinstance(statement, ast.ImportFrom):
            starred = statement.names[0].name == "*"
            return self._starred(source, statement, path) if starred else self._imported(source, statement, path)
        if isinstance(statement, ast.ClassDef) and statement.name == path[0]:
            return self._in_class(source, statement, rest) if rest else [Found(Kind.CLASS, (statement,), source)]
        if isinstance(statement, FUNCTIONS) and statement.name == path[0]:
            return [function(source, statement, rest)]
        if isinstance(statement, ast.Delete):
            return [Found(Kind.MISSING, source=source, reason=f"{source.module} deletes {path[0]!r}")]
        kind = Kind.UNKNOWN if rest else Kind.VALUE
        return [Found(kind, (statement,), source, f"{path[0]!r} is made as the module runs")]

    def _starred(self, source: Source, statement: ast.ImportFrom, path: Sequence[str]) -> list[Found]:
        """Follow `from module import *`."""
        module = absolute(source.package, statement)
        exporter = self._library.modules.read(module)
        if exporter is None or self.exports(exporter, path[0]) is None:
            reason = f"'from {module} import *' cannot be followed"
            return [Found(Kind.UNKNOWN, source=source, reason=reason)]
        return [one._replace(copied=f"{module}:{path[0]}") for one in self.in_module(exporter, path)]

    def exports(self, exporter: Source, name: str) -> bool | None:
        """Tell whether a star import of a module binds a name; None if only running the module tells."""
        if exporter.tree is None:
            return native_exports(exporter.module, name)
        stated = self._stated(exporter, exporter.tree, name)
        if stated is False:
            return False
        kinds = {one.kind for one in self.in_module(exporter, [name])}
        if kinds <= {Kind.MISSING}:
            return False
        return None if Kind.UNKNOWN in kinds else stated

    def _stated(self, exporter: Source, tree: ast.Module, name: str) -> bool | None:
        """Tell whether `__all__` has the name or, if there is no `__all__`, whether the name is public."""
        reach = self._library.reach(tree, "__all__", _Imports(self, exporter))
        if not reach.binders:
            return not name.startswith("_")
        if len(reach.binders) > 1 or reach.is_open or "__all__." in exporter.text:  # as in __all__.extend(...)
            return None
        return is_in(name, next(iter(reach.binders)))

    def _in_class(self, source: Source, owner: ast.ClassDef, path: Sequence[str]) -> list[Found]:
        return self._once(source, owner, path, self._in_class_and_bases)

    def _in_class_and_bases(self, source: Source, owner: ast.ClassDef, path: Sequence[str]) -> list[Found]:
        own = [private.written(owner.name, path[0]), *path[1:]]
        found = self._in_body(source, owner, path) or self._in_body(source, owner, own)
        if found:
            return found
        for base in owner.bases if own[0] == path[0] and not private.is_private(path[0]) else ():
            inherited = self._in_base(source, base, path)
            if any(one.kind is not Kind.MISSING for one in inherited):
                return inherited
        if slot := _slot(source, owner, path[0]):
            return [slot]
        if provides(object, path[0]):
            return [Found(Kind.NATIVE, reason="it is object's own", inherited="builtins:object")]
        if bases.may_complete(owner) or f"{owner.name}.{path[0]}" in source.text:
            return [Found(Kind.UNKNOWN, source=source, reason=f"{owner.name} is completed as the module runs")]
        return [Found(Kind.MISSING, source=source, reason=f"{source.module}:{owner.name} has no {path[0]!r}")]

    def _in_base(self, source: Source, base: ast.expr, path: Sequence[str]) -> list[Found]:
        names = dotted(base)
        if len(names) == 1 and source.tree is not None and self._is_builtin(source, source.tree, names[0]):
            return [in_builtin(names[0], path)]
        found = self._base(source, names) if names else [Found(Kind.UNKNOWN)]
        return [each for one in found for each in self._in_base_found(base, one, path)]

    def _base(self, source: Source, names: Sequence[str]) -> list[Found]:
        """Return the findings for the name of a base, also for one in a module that `import` has imported."""
        bound = [] if source.tree is None else self._library.statements(source.tree, names[0])
        module, rest = bases.imported(bound, names, self._library.modules)
        exporter = self._library.modules.read(module) if module else None
        found = self.in_module(source, names) if exporter is None else self.in_module(exporter, rest)
        other = bases.other_name(found)
        return self._base(found[0].source or source, other) if other else found

    def _in_base_found(self, base: ast.expr, found: Found, path: Sequence[str]) -> list[Found]:
        known = bases.known(found, dotted(base))
        return self._in_base_class(base, found, path) if known is None else self._in_known(base, known, path)

    def _in_known(self, base: ast.expr, known: type, path: Sequence[str]) -> list[Found]:
        """Return the findings in a class that this process has. Its source may say less, as where it is an alias."""
        if not bases.provides_itself(known, path[0]):
            return [Found(Kind.MISSING)]
        home = self._library.modules.read(known.__module__)
        found = [] if home is None else self.in_module(home, [known.__name__])
        if [one.kind for one in found] == [Kind.CLASS]:
            return self._in_base_class(base, found[0], path)
        return [Found(Kind.NATIVE, reason="it is built in", inherited=f"{known.__module__}:{known.__name__}")]

    def _in_base_class(self, base: ast.expr, found: Found, path: Sequence[str]) -> list[Found]:
        cls = found.nodes[0] if found.kind is Kind.CLASS else None
        if not isinstance(cls, ast.ClassDef) or found.source is None:
            return [Found(Kind.UNKNOWN, reason=f"the base {ast.unparse(base)} cannot be followed")]
        origin = f"{found.source.module}:{cls.name}"
        inherited = self._in_class(found.source, cls, path)
        return [
            one if one.kind in {Kind.MISSING, Kind.UNKNOWN} else one._replace(inherited=one.inherited or origin)
            for one in inherited
        ]

    def _is_builtin(self, source: Source, tree: ast.Module, name: str) -> bool:
        """Tell whether a name in a module means a builtin, since nothing in the module binds it."""
        return not self._library.reach(tree, name, _Imports(self, source)).binders

    def _imported(self, source: Source, statement: ast.ImportFrom, path: Sequence[str]) -> list[Found]:
        """Follow `from module import name as path[0]`. The name may be that of a submodule."""
        name = next(alias.name for alias in statement.names if (alias.asname or alias.name) == path[0])
        module = absolute(source.package, statement)
        copied = f"{module}:{name}"
        exporter = self._library.modules.read(module)
        if exporter is None:
            return [Found(Kind.UNKNOWN, source=source, reason=f"{copied} cannot be followed", copied=copied)]
        itself = exporter.module == source.module  # a package that imports from itself means a submodule
        found = [Found(Kind.MISSING)] if itself else self.in_module(exporter, [name, *path[1:]])
        missing = all(one.kind is Kind.MISSING for one in found)
        submodule = self._library.modules.read(f"{module}.{name}") if missing else None
        if submodule is not None:
            module_itself = [Found(Kind.VALUE, (statement,), source, f"{path[0]!r} is a module")]
            found = self.in_module(submodule, path[1:]) if path[1:] else module_itself
        return [one._replace(copied=copied) for one in found]


class _Imports:
    """The results of a module's imports, as far as its source and the modules that this process has loaded tell."""

    def __init__(self, walk: _Walk, source: Source) -> None:
        self._walk = walk
        self._source = source

    def star_binds(self, statement: ast.ImportFrom, name: str) -> bool | None:
        module = absolute(self._source.package, statement)
        if module == self._source.module:  # it gets only the names that it has already
            return False
        exporter = self._walk._library.modules.read(module)  # noqa: SLF001 -- two halves of one look-up
        return None if exporter is None else self._walk.exports(exporter, name)

    def succeeds(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Import):
            return all(modules.loaded_native(alias.name) is not None for alias in statement.names)
        if not isinstance(statement, ast.ImportFrom):
            return isinstance(statement, ast.Pass)
        native = modules.loaded_native(absolute(self._source.package, statement))
        return native is not None and all(alias.name == "*" or hasattr(native, alias.name) for alias in statement.names)


def _other_name(statement: ast.stmt) -> str | None:
    """Return the name that an assignment gives another one; None for any other statement."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return value.id if isinstance(value, ast.Name) else None


def _takes_from_elsewhere(text: str, tree: ast.Module) -> bool:
    if any(means in text for means in _BY_OTHER_MEANS):
        return True
    return any(means in text for means in _OF_FRAMES) and any(map(_is_of_frame, _outside_functions(tree)))


def _is_of_frame(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node) in _OF_FRAMES


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, FUNCTIONS):
            yield inner
            yield from _outside_functions(inner)


def _slot(source: Source, owner: ast.ClassDef, name: str) -> Found | None:
    """Return the finding for a slot of a class; None if it has no slot of that name."""
    stated = [one for one in statements(owner.body) if "__slots__" in binders.names(one)]
    has_it = is_in(name, stated[0]) if len(stated) == 1 else None
    if not stated or has_it is False:
        return None
    if has_it:
        return Found(Kind.VALUE, (stated[0],), source, f"{name!r} is a slot")
    return Found(Kind.UNKNOWN, source=source, reason=f"the slots of {owner.name} are told as the module runs")


def native_exports(module: str, name: str) -> bool | None:
    """Tell whether a star import of a native module binds a name; None if this process has not loaded it."""
    native = modules.loaded_native(module)
    if native is None:
        return None
    stated = getattr(native, "__all__", None)
    return name in stated if stated is not None else hasattr(native, name) and not name.startswith("_")


def is_in(name: str, statement: ast.stmt) -> bool | None:
    """Tell whether a name is in the list that a statement assigns, or is the text that it assigns; else None."""
    try:
        stated = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        return bool(name == stated) if isinstance(stated, str) else name in stated
    except (AttributeError, TypeError, ValueError):
        return None
