"""Tell what a patch by hand puts in the place of its target, and write it down as a body."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.authoring.adopt import copied, given
from backportkit.authoring.adopt.needs import ORIGINAL, Needs
from backportkit.authoring.code import names, verbatim
from backportkit.scan import naming
from backportkit.scan.values import Instance, Own, Ref, Thunk
from backportkit.source.reader import DEFINITIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Callable

    from backportkit.authoring.adopt.given import Definition
    from backportkit.authoring.adopt.needs import Statement
    from backportkit.scan.locate import Located
    from backportkit.scan.values import Frame, Value


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
    """The way from what a patch puts there to its body."""

    def __init__(self, located: Located) -> None:
        self._located = located
        self._found = located.found
        self._evaluator = located.evaluator
        self._needs = Needs(located.evaluator, located.found)
        name = located.facts.path[-1] if located.facts.path else ""
        self._label = name if name.isidentifier() else "entry"

    def made(self) -> Made:
        node, frame = given.of(self._located)
        form = self._found.edit.form
        made = self._of_library(node, frame) if form == "wrapt" else self._of(node, frame)
        return made._replace(how="in_place") if form == "code-swap" else made

    # --- what becomes of it ---

    def _of(self, node: Definition | ast.expr, frame: Frame) -> Made:
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

    def _of_definition(self, node: Definition, frame: Frame, member: str = "") -> Made:
        """Return a function or class, or the member of a class, such as `.f`."""
        is_at_top = frame.file.scope(node) is frame.file.tree
        if frame.file is not self._found.file and is_at_top:
            return self._made("replace", elsewhere=f"{frame.file.module}:{node.name}{member}")
        own = self._needs.definition(node, frame._replace(scope=frame.file.scope(node)), self._decorator(node))
        inner = self._inner(own)
        if inner is None:
            return self._made("replace", name=f"{node.name}{member}", block=own.text, node=node)
        return self._around(inner, f"{node.name}{member}")._replace(node=node)

    def _decorator(self, node: Definition) -> ast.AST | None:
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
        original, *others = self._needs.originals
        name = self._free(original)
        lines = [f"{other} = {original}" for other in others] + [one.text for one in inner]
        body = "\n\n".join(copied.indented(one) for one in [*lines, f"return {result}"])
        return self._made("wrap", name=name, block=f"def {name}({original}):\n{body}")

    def _free(self, parameter: str = "") -> str:
        """Return the name of the target, or one like it, for what is made here."""
        taken = {name for one in self._needs.statements for name in one.binds} | {parameter}
        taken |= {line.split()[-1] for line in self._needs.imports}
        return f"{self._label}_" if self._label in taken else self._label

    # --- expressions ---

    def _of_name(self, node: ast.Name, frame: Frame) -> Made | None:
        values = self._evaluator.values(Thunk(node, frame))
        if (there := self._elsewhere(values)) is not None:
            return there
        self._check_instance(values)
        binder = given.only(self._evaluator.bound(node.id, frame))
        if binder is not None and isinstance(binder.value, ast.Call):
            at = frame._replace(scope=frame.file.scope(binder.statement), at=binder.statement)
            return self._of_call(binder.value, at)
        if binder is not None and isinstance(binder.statement, ast.ImportFrom):
            module = absolute(frame.file.package, binder.statement)
            name = next(one.name for one in binder.statement.names if (one.asname or one.name) == node.id)
            return self._made("replace", elsewhere=f"{module}:{name}")
        return None

    def _elsewhere(self, values: list[Value]) -> Made | None:
        """Return something of others, as a declaration names it; None for anything else."""
        ref = values[0] if len(values) == 1 else None
        if not isinstance(ref, Ref) or not ref.path or ref == self._found.place:
            return None
        module, path = naming.split(ref, self._found.frame.file, lambda _: None)
        return self._made("replace", elsewhere=f"{module}:{'.'.join(path)}")

    def _of_attribute(self, node: ast.Attribute, frame: Frame) -> Made | None:
        values = self._evaluator.values(Thunk(node, frame))
        if len(values) != 1:
            self._check_instance(self._evaluator.values(Thunk(node.value, frame)))
            return None
        if (there := self._elsewhere(values)) is not None:
            return there
        (value,) = values
        if not isinstance(value, Own) or not isinstance(value.node, DEFINITIONS):
            return None
        outer = value.frame.file.scope(value.node)
        if not isinstance(outer, ast.ClassDef):
            return self._of_definition(value.node, value.frame)
        owners = self._evaluator.values(Thunk(node.value, frame))
        self._check_instance(owners)
        if any(isinstance(one, Instance) for one in owners):
            return None
        at = value.frame._replace(scope=value.frame.file.scope(outer), at=outer)
        return self._of_definition(outer, at, f".{node.attr}")

    def _check_instance(self, values: list[Value]) -> None:
        if any(isinstance(one, Instance) and isinstance(one.cls, Own) and one.call is None for one in values):
            raise given.refused(self._located, "it is a method of an instance, which is made as the program runs")

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
        is_known = not is_bare or any(text in one.binds for one in self._needs.statements)
        if not is_known or names.looked_up(ast.parse(text, mode="eval").body) & self._needs.unknown:
            raise given.refused(self._located, given.RUN_TIME)
        if is_bare:
            return self._made("replace", name=text)
        name = self._free()
        return self._made("replace", name=name, block=f"{name} = {text}")

    # --- libraries ---

    def _of_library(self, node: Definition | ast.expr, frame: Frame) -> Made:
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
