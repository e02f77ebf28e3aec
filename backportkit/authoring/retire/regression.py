"""Make a test of a reproducer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst

from backportkit.authoring.code import layout
from backportkit.authoring.retire import comments, cut
from backportkit.authoring.retire.comments import Statement
from backportkit.authoring.retire.units import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from backportkit.authoring.retire.units import File, Unit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.reproducer import Reproducer

_FRAME = frozenset({Kind.DOCSTRING, Kind.FUTURE})
_SCRATCH = "{scratch}"
ORIGIN = "# The reproducer of the patch"
_OWN = "_reproducer"  # the end of the name of a module that `new` writes for one reproducer


class Moved(NamedTuple):
    """A reproducer that is moved out of its file.

    Attributes:
        patch: The patch.
        function: The function.
        brought: The units of its file that go along with it.
        needed: The units of its file that it uses, and that stay there.
    """

    patch: Patch
    function: Unit
    brought: Collection[Unit]
    needed: Collection[Unit]


def name_of(patch: Patch) -> str:
    """Return the name of the test of a patch, without `test_`."""
    return patch.id.replace("-", "_").replace(".", "_").lower()


def moved(one: Moved) -> bytes:
    """Return the file of a test that was a reproducer in another file. All of its code stays as it is."""
    file = one.function.file
    gone = [unit for unit in file.units if unit not in one.brought and unit.kind not in _FRAME]
    module = cut.without(file.path.read_bytes(), cut.of(file, gone))
    old = next(iter(one.function.binds))
    module = _with_docstring(module.visit(_Renamed(file, old, one.patch)), one)
    return _with_imports(module, file, one.needed).bytes


def calling(patch: Patch, run: str) -> bytes:
    """Return the file of a test that calls a reproducer, which stays where it is."""
    module, _, path = run.partition(":")
    given = patch.reproducer
    assert given is not None
    lines = [*_settings(given), f"{path}()"]
    parts = [
        f"{layout.docstring(_heading(patch))}\n\nfrom __future__ import annotations\n",
        f"\nfrom {module} import {path.partition('.')[0]}\n",
        f"\n\n{_origin(patch)}\ndef test_{name_of(patch)}({', '.join(_fixtures(given))}) -> None:\n",
        *(f"    {line}\n" for line in lines),
    ]
    return "".join(parts).encode()


def _heading(patch: Patch) -> str:
    return f"Upstream has mended it: {patch.summary.removesuffix('.')}."


def _origin(patch: Patch) -> str:
    of = f", of {patch.fixes}" if patch.fixes else ""
    return f"{ORIGIN} {patch.id}{of}, which was retired."


def _fixtures(given: Reproducer) -> list[str]:
    has_scratch = any(_SCRATCH in value for value in given.environment.values())
    return [*(["monkeypatch"] if given.environment else []), *(["tmp_path"] if has_scratch else [])]


def _settings(given: Reproducer) -> list[str]:
    """Return the statements that set the variables of a reproducer."""
    return [f"monkeypatch.setenv({layout.written(name)}, {_value(value)})" for name, value in given.environment.items()]


def _value(value: str) -> str:
    if value == _SCRATCH:
        return "str(tmp_path)"
    if _SCRATCH not in value:
        return layout.written(value)
    parts = (part.replace("{", "{{").replace("}", "}}") for part in value.split(_SCRATCH))
    return f"f{layout.written('{tmp_path}'.join(parts))}"


class _Renamed(libcst.CSTTransformer):
    """Have the function be a test, and name modules by their whole names."""

    def __init__(self, file: File, old: str, patch: Patch) -> None:
        super().__init__()
        self._file, self._old, self._new = file, old, f"test_{name_of(patch)}"
        self._patch = patch

    def leave_Name(self, original_node: libcst.Name, updated_node: libcst.Name) -> libcst.Name:  # noqa: N802, ARG002 -- as libcst has it
        return updated_node.with_changes(value=self._new) if updated_node.value == self._old else updated_node

    def leave_Attribute(self, original_node: libcst.Attribute, updated_node: libcst.Attribute) -> libcst.Attribute:  # noqa: N802 -- as libcst has it
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: libcst.Arg, updated_node: libcst.Arg) -> libcst.Arg:  # noqa: N802 -- as libcst has it
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_ImportFrom(self, original_node: libcst.ImportFrom, updated_node: libcst.ImportFrom) -> libcst.ImportFrom:  # noqa: N802, ARG002 -- as libcst has it
        if not updated_node.relative:
            return updated_node
        parts = self._file.reader.package.split(".")
        outer = parts[: len(parts) - len(updated_node.relative) + 1]
        inner = [] if updated_node.module is None else [libcst.Module([]).code_for_node(updated_node.module)]
        module = libcst.parse_expression(".".join([*outer, *inner]))
        return updated_node.with_changes(relative=[], module=module)

    def leave_FunctionDef(  # noqa: N802 -- as libcst has it
        self, original_node: libcst.FunctionDef, updated_node: libcst.FunctionDef
    ) -> libcst.FunctionDef:
        given = self._patch.reproducer
        if original_node.name.value != self._old or given is None:
            return updated_node
        params = [libcst.Param(libcst.Name(name)) for name in _fixtures(given)]
        comment = libcst.EmptyLine(comment=libcst.Comment(_origin(self._patch)))
        return updated_node.with_changes(
            params=updated_node.params.with_changes(params=[*params, *updated_node.params.params]),
            leading_lines=[*updated_node.leading_lines, comment],
            body=_with_statements(updated_node.body, _settings(given)),
        )


def _with_statements(body: libcst.BaseSuite, lines: Sequence[str]) -> libcst.BaseSuite:
    """Return the body of a function with statements after its docstring."""
    if not isinstance(body, libcst.IndentedBlock):
        small = [one for one in body.body if isinstance(one, libcst.BaseSmallStatement)]
        body = libcst.IndentedBlock([libcst.SimpleStatementLine(small)])
    if not lines:
        return body
    at = 1 if _is_docstring(body.body[0]) else 0
    before, rest = body.body[:at], [*body.body[at:]]
    if rest and isinstance(rest[0], Statement):
        rest[0] = comments.spaced(rest[0])
    return body.with_changes(body=[*before, *map(libcst.parse_statement, lines), *rest])


def _is_docstring(statement: libcst.BaseStatement) -> bool:
    small = statement.body[0] if isinstance(statement, libcst.SimpleStatementLine) else statement
    return isinstance(small, libcst.Expr) and isinstance(small.value, libcst.SimpleString)


def _with_docstring(module: libcst.Module, one: Moved) -> libcst.Module:
    """Return a module with a docstring of its own, unless it has one that is about the reproducer alone."""
    docstring = libcst.parse_statement(layout.docstring(_heading(one.patch)))
    has_own = module.get_docstring() is not None
    if has_own and one.function.file.module.endswith(_OWN):
        return module
    first, *rest = module.body[1:] if has_own else module.body
    spaced = comments.spaced(first) if isinstance(first, Statement) else first
    return module.with_changes(body=[docstring, spaced, *rest])


def _with_imports(module: libcst.Module, file: File, needed: Collection[Unit]) -> libcst.Module:
    """Return a module that imports what stays in the file it was in."""
    names = sorted({name for unit in needed for name in unit.binds})
    if not names:
        return module
    line = libcst.parse_statement(f"from {file.module} import {', '.join(names)}")
    blank = libcst.EmptyLine(indent=False)
    body = [*module.body]
    imports = [at for at, each in enumerate(body) if _is_import(each)]
    at = imports[-1] + 1 if imports else 1
    return module.with_changes(body=[*body[:at], line.with_changes(leading_lines=[blank]), *body[at:]])


def _is_import(statement: libcst.BaseStatement) -> bool:
    small = statement.body[0] if isinstance(statement, libcst.SimpleStatementLine) else statement
    return isinstance(small, libcst.Import | libcst.ImportFrom)
