"""Tell what a patch by hand puts in the place of its target, and write it down as a body."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from backportkit.authoring import by_hand, verbatim
from backportkit.authoring.adopt import copied
from backportkit.authoring.adopt.needs import ORIGINAL, Needs
from backportkit.authoring.spans import NothingToWriteError
from backportkit.scan.evaluate import Bound
from backportkit.scan.values import Instance, Own, Ref, Several, Thunk
from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from backportkit.authoring.adopt.needs import Statement
    from backportkit.scan.locate import Located
    from backportkit.scan.values import Frame

_Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef"
_MOST = 20  # names that lead to each other
# By form or manner: the reason why nothing can be taken over, and what to do.
_WITHOUT_BODY = {
    "import-hook": ("an import hook is how other patches are made", "adopt those, at the lines that make them"),
    "source-rewrite": (
        "it rewrites source, of which no function is left to take",
        "`backportkit new` writes the functions that upstream has changed",
    ),
    "sys.modules": ("it puts a whole module into sys.modules", "write an edit for each name in it: docs/edits.md"),
    "delete": ("it deletes, and no edit of a declared patch does that", "put something else there, such as None"),
}
_UNFIT = frozenset({"__bases__", "__class__", "__defaults__", "__kwdefaults__", "__dict__"})


class Made(NamedTuple):
    """The thing that stands in the place of a target.

    Attributes:
        how: `replace`, `add`, `wrap` or `in_place`.
        needs: The code that goes along.
        name: The name of what is put there, in the body; empty if it is elsewhere, or plain data.
        block: The statement that defines it; empty if it is among `needs`.
        elsewhere: What is put there, as `module:name`, if it stays where it is.
        value: The plain data, in a tuple; None for anything else.
        node: The definition, if it is one.
    """

    how: str
    needs: Needs
    name: str = ""
    block: str = ""
    elsewhere: str = ""
    value: tuple[Any] | None = None
    node: ast.stmt | None = None


def of(located: Located) -> Made:
    """Return what a patch puts in the place of its target. Raises NothingToWriteError if that has no body."""
    return _Reader(located).made()


class _Reader:
    """The way from the value of a patch to its body."""

    def __init__(self, located: Located) -> None:
        self._facts = located.facts
        self._found = located.found
        self._evaluator = located.evaluator
        self._needs = Needs(located.evaluator, located.found)
        name = located.facts.path[-1] if located.facts.path else ""
        self._label = name if name.isidentifier() else "entry"

    def made(self) -> Made:
        self._check()
        node, frame = self._thing()
        made = self._of_library(node, frame) if self._found.edit.form == "wrapt" else self._of(node, frame)
        if self._found.edit.form == "code-swap":
            return made._replace(how="in_place")
        return made

    def _check(self) -> None:
        found, path = self._found, self._facts.path
        kinds = (found.form, found.edit.form, found.how, *(() if path else ("sys.modules",)))
        known = next((_WITHOUT_BODY[kind] for kind in kinds if kind in _WITHOUT_BODY), None)
        if known is not None:
            raise self._refused(*known)
        if path[-1] in _UNFIT:
            raise self._refused(f"nothing but {path[-1]} is set")

    def _refused(self, why: str, way: str = by_hand.WAY) -> NothingToWriteError:
        file, line = self._found.file, self._found.line
        return NothingToWriteError(
            f"the patch at {file.text.path}:{line} cannot be taken over: {why}",
            target=self._facts.target,
            found=file.source.split("\n")[line - 1].strip(),
            next_step=way,
        )

    # --- which definition or expression it is ---

    def _thing(self) -> tuple[_Definition | ast.expr, Frame]:
        """Return the definition or the expression that is put there, and the place of it."""
        decorated = self._decorated()
        if decorated is not None:
            return decorated
        value = self._value()
        if value is None:
            raise self._refused("no value is given that would be put there")
        return self._led(Thunk(value, self._found.frame))

    def _value(self) -> ast.expr | None:
        """Return the expression of the value, as it is written at the edit."""
        edit = self._found.edit
        if edit.form == "code-swap":
            if isinstance(edit.value, ast.Attribute) and edit.value.attr == "__code__":
                return edit.value.value
            raise self._refused("only the code of a function that is written down can be swapped")
        if isinstance(edit.statement, ast.AugAssign):
            target = ast.parse(ast.unparse(edit.statement.target), mode="eval").body
            return ast.BinOp(target, edit.statement.op, edit.statement.value)
        if edit.value is None and isinstance(edit.node, ast.Call):
            return next((one.value for one in edit.node.keywords if one.arg == "new"), None)
        return edit.value

    def _decorated(self) -> tuple[_Definition, Frame] | None:
        """Return the definition that is decorated with the patch; None if it is made otherwise."""
        found, edit = self._found, self._found.edit
        if isinstance(edit.node, DEFINITIONS):
            return edit.node, found.frame._replace(scope=found.frame.file.scope(edit.node))
        site = next((one for one in found.sites if one.kind == "decorator"), None)
        if site is not None and isinstance(site.statement, DEFINITIONS):
            scope = site.file.scope(site.statement)
            return site.statement, found.frame._replace(file=site.file, scope=scope, at=site.statement)
        if edit.value is None and isinstance(edit.statement, DEFINITIONS):
            return edit.statement, found.frame
        return None

    def _led(self, thunk: Thunk) -> tuple[_Definition | ast.expr, Frame]:
        """Follow names to the definition or the expression that they stand for."""
        for _ in range(_MOST):
            thunk = self._part(thunk)
            node, frame = thunk.node, thunk.frame
            if not isinstance(node, ast.Name):
                return node, frame
            bound = self._evaluator.bound(node.id, frame)
            if isinstance(bound, Thunk):
                thunk = bound
                continue
            if bound is None or len(bound.binders) != 1:
                return self._only(node, frame)
            binder, at = bound.binders[0], frame._replace(scope=bound.scope, at=bound.binders[0].statement)
            if isinstance(binder.statement, DEFINITIONS) and binder.statement is not bound.scope:
                return binder.statement, at
            if binder.value is None or not isinstance(binder.value, ast.Name | ast.Constant):
                return self._only(node, frame)
            thunk = Thunk(binder.value, at, binder.position)
        return thunk.node, thunk.frame

    def _only(self, node: ast.Name, frame: Frame) -> tuple[_Definition | ast.expr, Frame]:
        """Return the one definition that a name stands for, such as one that is imported; else the name."""
        values = self._evaluator.values(Thunk(node, frame))
        own = [one for one in values if isinstance(one, Own) and isinstance(one.node, DEFINITIONS)]
        if len(own) > 1:
            lines = " and ".join(map(str, sorted(getattr(one.node, "lineno", 0) for one in own)))
            raise self._refused(f"it is one of {len(own)} definitions, in lines {lines}, as the program decides")
        return (own[0].node, own[0].frame) if len(values) == len(own) == 1 else (node, frame)  # type: ignore[return-value]

    def _part(self, thunk: Thunk) -> Thunk:
        """Return the expression of a part of what is written out, such as a row of a table."""
        for index in thunk.position:
            if isinstance(thunk.node, ast.Tuple | ast.List):
                thunk = Thunk(thunk.node.elts[index], thunk.frame)
                continue
            parts = [one for one in self._evaluator.values(thunk._replace(position=())) if isinstance(one, Several)]
            if len(parts) != 1:
                raise self._refused("its value is made as the program runs")
            thunk = parts[0].parts[index]
        return thunk

    # --- what becomes of it ---

    def _of(self, node: _Definition | ast.expr, frame: Frame) -> Made:
        if isinstance(node, DEFINITIONS):
            return self._of_definition(node, frame)
        value = verbatim.plain_value(ast.Expr(node))
        if value is not None:
            return self._made("replace", value=value)
        way: Callable[[Any, Frame], Made | None] | None = {
            ast.Attribute: self._of_attribute,
            ast.Name: self._of_name,
            ast.Call: self._of_call,
        }.get(type(node))  # type: ignore[assignment]
        found = None if way is None else way(node, frame)
        return found if found is not None else self._of_expression(node, frame)

    def _made(self, how: str, **fields: Any) -> Made:
        if how == "replace" and self._found.how == "add":
            how = "add"
        return Made(how, self._needs, **fields)

    def _of_definition(self, node: _Definition, frame: Frame) -> Made:
        is_at_top = frame.file.scope(node) is frame.file.tree
        if frame.file is not self._found.file and is_at_top:
            return self._made("replace", elsewhere=f"{frame.file.module}:{node.name}")
        own = self._needs.definition(node, frame._replace(scope=frame.file.scope(node)), self._decorator(node))
        inner = self._inner(own)
        if inner is None:
            return self._made("replace", name=node.name, block=own.text, node=node)
        return self._around(inner, node.name)._replace(node=node)

    def _decorator(self, node: _Definition) -> ast.AST | None:
        """Return the decorator that makes the patch, which does not go along."""
        places = [self._found.edit.node, *(one.node for one in self._found.sites)]
        return next((one for one in node.decorator_list if one in places), None)

    def _inner(self, own: Statement) -> list[Statement] | None:
        """Return the statements that go into a factory, since they need the original; None if nothing needs it."""
        depending = self._needs.depending
        names = {name for one in depending for name in one.binds}
        if own.is_original or own.uses & (names | set(self._needs.originals)):
            return [*depending, own]
        return None

    def _around(self, inner: list[Statement], result: str) -> Made:
        """Return a function that is given the original, and returns what stands in its place."""
        for one in inner:
            if one in self._needs.statements:
                self._needs.statements.remove(one)
        given, *others = self._needs.originals
        name = self._free(given)
        lines = [f"{other} = {given}" for other in others] + [one.text for one in inner]
        body = "\n\n".join(copied.indented(one) for one in [*lines, f"return {result}"])
        return self._made("wrap", name=name, block=f"def {name}({given}):\n{body}")

    def _free(self, given: str = "") -> str:
        """Return the name of the target, or one like it, for what is made here."""
        taken = {name for one in self._needs.statements for name in one.binds} | {given}
        taken |= {line.split()[-1] for line in self._needs.imports}
        return f"{self._label}_" if self._label in taken else self._label

    # --- expressions ---

    def _of_name(self, node: ast.Name, frame: Frame) -> Made | None:
        values = self._evaluator.values(Thunk(node, frame))
        if len(values) == 1 and isinstance(values[0], Ref) and values[0].path:
            return self._made("replace", elsewhere=_reference(values[0]))
        self._check_instance(values)
        bound = self._evaluator.bound(node.id, frame)
        binder = bound.binders[0] if isinstance(bound, Bound) and len(bound.binders) == 1 else None
        if isinstance(bound, Bound) and binder is not None and isinstance(binder.value, ast.Call):
            at = frame._replace(scope=bound.scope, at=binder.statement)
            return self._of_call(binder.value, at)
        return None

    def _of_attribute(self, node: ast.Attribute, frame: Frame) -> Made | None:
        values = self._evaluator.values(Thunk(node, frame))
        if len(values) != 1:
            self._check_instance(self._evaluator.values(Thunk(node.value, frame)))
            return None
        (value,) = values
        if isinstance(value, Ref) and value.path and value != self._found.place:
            return self._made("replace", elsewhere=_reference(value))
        if not isinstance(value, Own) or not isinstance(value.node, DEFINITIONS):
            return None
        outer = value.frame.file.scope(value.node)
        if not isinstance(outer, ast.ClassDef):
            return self._of_definition(value.node, value.frame)
        self._check_instance(self._evaluator.values(Thunk(node.value, frame)))
        whole = self._of_definition(outer, value.frame._replace(scope=value.frame.file.scope(outer), at=outer))
        if whole.elsewhere:
            return whole._replace(elsewhere=f"{whole.elsewhere}.{node.attr}")
        return whole._replace(name=f"{whole.name}.{node.attr}") if whole.how != "wrap" else None

    def _check_instance(self, values: list[Any]) -> None:
        if any(isinstance(one, Instance) and isinstance(one.cls, Own) and one.call is None for one in values):
            raise self._refused("it is a method of an instance, which is made as the program runs")

    def _of_call(self, node: ast.Call, frame: Frame) -> Made | None:
        """Return the function that is called with the original alone: it is what `wrap` asks for."""
        is_one = len(node.args) == 1 and not node.keywords and self._needs.is_original(node.args[0], frame)
        values = self._evaluator.values(Thunk(node.func, frame)) if is_one else []
        if len(values) != 1 or not isinstance(values[0], Own) or not isinstance(values[0].node, DEFINITIONS):
            return None
        made = self._of_definition(values[0].node, values[0].frame)
        return made._replace(how="wrap") if made.how != "wrap" else None

    def _of_expression(self, node: ast.expr, frame: Frame) -> Made:
        text = self._needs.expression(node, frame)
        depending = self._needs.depending
        is_bare = isinstance(node, ast.Name)
        if depending or self._needs.originals:
            return self._around(depending, text)
        if is_bare:
            return self._made("replace", name=text)
        name = self._free()
        return self._made("replace", name=name, block=f"{name} = {text}")

    # --- libraries ---

    def _of_library(self, node: _Definition | ast.expr, frame: Frame) -> Made:
        """Return the factory of wrapt's proxy, or the one that a call of wrapt names itself."""
        call = self._found.edit.node
        assert isinstance(call, ast.Call)
        if ast.unparse(call.func).endswith("wrap_object"):
            return self._of(node, frame)._replace(how="wrap")
        if isinstance(node, DEFINITIONS):
            text = node.name
            made = self._of_definition(node, frame)
            if made.elsewhere:
                module, _, text = made.elsewhere.partition(":")
                self._needs.imports[f"from {module} import {text}"] = None
            block = f"{made.block}\n\n\n" if made.block else ""
        else:
            text, block = self._needs.expression(node, frame), ""
        self._needs.imports["from wrapt import FunctionWrapper"] = None
        name = self._free()
        name = f"{name}_" if name == text else name
        factory = f"def {name}({ORIGINAL}):\n    return FunctionWrapper({ORIGINAL}, {text})"
        return self._made("wrap", name=name, block=f"{block}{factory}")


def _reference(ref: Ref) -> str:
    """Return something of others as a declaration names it: what is in lower case before the last name is a module."""
    module, path = ref.module, list(ref.path)
    while len(path) > 1 and path[0].islower():
        module = f"{module}.{path.pop(0)}"
    return f"{module}:{'.'.join(path)}"
