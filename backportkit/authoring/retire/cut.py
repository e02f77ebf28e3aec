"""Take units out of the text of a Python file. All else stays as it is: comments, layout, ends of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider

from backportkit.authoring.retire import comments
from backportkit.authoring.retire.comments import Statement, Step
from backportkit.authoring.retire.units import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from backportkit.authoring.retire.comments import Lines
    from backportkit.authoring.retire.units import File, Unit

    Position = tuple[int, int]

T = TypeVar("T", libcst.ImportAlias, libcst.BaseElement)


class Cut(NamedTuple):
    """The parts that are taken out of a file.

    Attributes:
        whole: The positions of statements and of decorators.
        names: The places of the names that go, by the positions of their import statements.
        exports: The names that `__all__` lists no longer.
    """

    whole: frozenset[Position]
    names: Mapping[Position, frozenset[int]]
    exports: frozenset[str]


def of(file: File, removed: Collection[Unit]) -> Cut:
    """Return what has to be taken out of a file so that these units are gone."""
    gone = [one for one in file.units if one in removed]
    bound = frozenset(name for one in file.units if one not in removed for name in one.binds)
    names: dict[Position, frozenset[int]] = {}
    for one in gone:
        if one.kind is Kind.IMPORT:
            names[one.position] = names.get(one.position, frozenset()) | {one.alias}
    whole = frozenset(one.position for one in gone if one.kind is not Kind.IMPORT)
    return Cut(whole, names, frozenset(name for one in gone for name in one.binds) - bound)


def without(content: bytes, cut: Cut) -> libcst.Module:
    """Return a file without what is to be taken out. Raises libcst.ParserSyntaxError."""
    wrapper = MetadataWrapper(libcst.parse_module(content), unsafe_skip_copy=True)
    return _Cutter(cut, wrapper.resolve(PositionProvider)).module(wrapper.module)


class _Cutter:
    def __init__(self, cut: Cut, positions: Mapping[libcst.CSTNode, object]) -> None:
        self._cut = cut
        self._positions = positions

    def module(self, module: libcst.Module) -> libcst.Module:
        """Return the module without what is to be taken out."""
        body, footer = self._statements(module.body, module.footer, module.header)
        is_spaced = not module.header or module.header[-1].comment is None
        if body and is_spaced and self._statement(module.body[0]) is None:
            body[0] = comments.unspaced(body[0])
        return module.with_changes(body=body, footer=footer)

    def _statements(
        self, body: Iterable[libcst.BaseStatement], footer: Lines, header: Lines = ()
    ) -> tuple[list[Statement], list[libcst.EmptyLine]]:
        steps = [Step(one, self._statement(one)) for one in body if isinstance(one, Statement)]
        return comments.joined(steps, footer, header)

    def _statement(self, statement: Statement) -> Statement | None:
        if self._position(statement) in self._cut.whole and not isinstance(statement, libcst.SimpleStatementLine):
            return None
        if isinstance(statement, libcst.SimpleStatementLine):
            return self._line(statement)
        if isinstance(statement, libcst.If):
            return self._if(statement)
        if isinstance(statement, libcst.FunctionDef | libcst.ClassDef):
            kept = [one for one in statement.decorators if self._position(one.decorator) not in self._cut.whole]
            is_whole = len(kept) == len(statement.decorators)
            return statement if is_whole else statement.with_changes(decorators=kept)
        return statement

    def _line(self, line: libcst.SimpleStatementLine) -> libcst.SimpleStatementLine | None:
        kept = [found for one in line.body if (found := self._small(one)) is not None]
        if len(kept) < len(line.body) and kept:
            kept[-1] = kept[-1].with_changes(semicolon=libcst.MaybeSentinel.DEFAULT)
        return line.with_changes(body=kept) if kept else None

    def _small(self, statement: libcst.BaseSmallStatement) -> libcst.BaseSmallStatement | None:
        position = self._position(statement)
        if position in self._cut.whole:
            return None
        if isinstance(statement, libcst.Import | libcst.ImportFrom) and position in self._cut.names:
            return _without_names(statement, self._cut.names[position])
        if isinstance(statement, libcst.Assign | libcst.AnnAssign) and self._cut.exports:
            return _without_exports(statement, self._cut.exports)
        return statement

    def _if(self, statement: libcst.If) -> libcst.If | None:
        body, orelse = self._block(statement.body), self._else(statement.orelse)
        if body is None and orelse is None:
            return None
        return statement.with_changes(body=body or _nothing(statement.body), orelse=orelse)

    def _else(self, orelse: libcst.If | libcst.Else | None) -> libcst.If | libcst.Else | None:
        if orelse is None or isinstance(orelse, libcst.If):
            return None if orelse is None else self._if(orelse)
        inner = self._block(orelse.body)
        return None if inner is None else orelse.with_changes(body=inner)

    def _block(self, block: libcst.BaseSuite) -> libcst.BaseSuite | None:
        if not isinstance(block, libcst.IndentedBlock):
            small = (one for one in block.body if isinstance(one, libcst.BaseSmallStatement))
            kept = [found for one in small if (found := self._small(one)) is not None]
            return block.with_changes(body=kept) if kept else None
        body, footer = self._statements(block.body, block.footer)
        return block.with_changes(body=body, footer=footer) if body else None

    def _position(self, node: libcst.CSTNode) -> Position:
        start = self._positions[node].start  # type: ignore[attr-defined]  # of a CodeRange
        return start.line, start.column


def _nothing(block: libcst.BaseSuite) -> libcst.BaseSuite:
    """Return a block in the form of another one, in which nothing is done."""
    nothing = libcst.Pass()
    inner = libcst.SimpleStatementLine([nothing]) if isinstance(block, libcst.IndentedBlock) else nothing
    return block.with_changes(body=[inner])


def _without_names(
    statement: libcst.Import | libcst.ImportFrom, gone: Collection[int]
) -> libcst.Import | libcst.ImportFrom | None:
    """Return an import without some of its names; None if it has no others."""
    if isinstance(statement.names, libcst.ImportStar):
        return None
    kept = [one for at, one in enumerate(statement.names) if at not in gone]
    if not kept:
        return None
    return statement.with_changes(names=[*kept[:-1], _ended(kept[-1], statement.names[-1])])


def _ended(kept: T, last: T) -> T:
    """Return what is the last of a list now, with the end that the former last one had."""
    own, end = _space_after(kept), _space_after(last)
    if own is None or end is None:
        return kept.with_changes(comma=last.comma)
    space = own.with_changes(indent=end.indent, last_line=end.last_line)  # with the comment beside what is kept
    return kept.with_changes(comma=libcst.Comma(whitespace_after=space))


def _space_after(one: libcst.ImportAlias | libcst.BaseElement) -> libcst.ParenthesizedWhitespace | None:
    """Return what follows the comma after an element, if that is the end of a line."""
    space = one.comma.whitespace_after if isinstance(one.comma, libcst.Comma) else None
    return space if isinstance(space, libcst.ParenthesizedWhitespace) else None


def _without_exports(statement: libcst.Assign | libcst.AnnAssign, gone: Collection[str]) -> libcst.BaseSmallStatement:
    """Return `__all__ = [...]` without some names, and any other assignment as it is."""
    targets = [one.target for one in statement.targets] if isinstance(statement, libcst.Assign) else [statement.target]
    value = statement.value
    is_exports = any(isinstance(one, libcst.Name) and one.value == "__all__" for one in targets)
    if not is_exports or not isinstance(value, libcst.List | libcst.Tuple | libcst.Set):
        return statement
    kept = [one for one in value.elements if _text_of(one) not in gone]
    if kept and len(kept) < len(value.elements):
        kept[-1] = _ended(kept[-1], value.elements[-1])
    return statement.with_changes(value=value.with_changes(elements=kept))


def _text_of(element: libcst.BaseElement) -> object:
    value = element.value
    return value.evaluated_value if isinstance(value, libcst.SimpleString) else None
