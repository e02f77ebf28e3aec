"""Find the statements of a project that change what belongs to others."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan import calls, documented, edits, hows, libraries, told, undone
from backportkit.scan.evaluate import Evaluator
from backportkit.scan.sites import Site, Sites
from backportkit.scan.values import NOTHING_BOUND, Contents, Frame, Hole, Instance, Own, Ref, Thunk, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.edits import Edit
    from backportkit.scan.file import File
    from backportkit.scan.project import Project
    from backportkit.scan.values import Value

_DEEPEST, _MOST, _MOST_LITERAL = 6, 600, 60
_OF_DICTIONARIES = re.compile(r"__dict__|vars\(|modules")
_HOOKS = frozenset({"sys.meta_path", "sys.path_hooks"})
_SYS_MODULES = Ref("sys", ("modules",))


class Found(NamedTuple):
    """A patch that was found.

    Attributes:
        file: The file of the line that counts.
        line: That line.
        place: What is changed: the module as far as it is known, and the names from there.
        form: How it is written.
        how: What it does: replace, wrap, add, delete or toggle.
        edit: The statement that does it.
        frame: The place of that statement, with what names stand for.
        sites: The calls and rows that led there, the nearest first.
        is_item: True if the last name is a key of a dictionary.
    """

    file: File
    line: int
    place: Ref
    form: str
    how: str
    edit: Edit
    frame: Frame
    sites: tuple[Site, ...] = ()
    is_item: bool = False


class Finder:
    """The search in one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.evaluator = Evaluator(project)
        self.sites = Sites(self.evaluator)

    def in_file(self, file: File) -> list[Found]:
        """Return the patches that the statements of a file make, in its order."""
        found: list[Found] = []
        restoring: list[Found] = []
        for edit, frame in self._edits(file):
            for one in self._resolved(edit, frame):
                (restoring if hows.restores(one, self.evaluator) else found).append(one)
        made = {one.place for one in found if not undone.is_undoing(one)}
        kept = [one for one in _once(found) if one.place not in made or not undone.is_undoing(one)]
        return [hows.judged(one, undone.is_undone(one, restoring), self.evaluator) for one in kept]

    def _edits(self, file: File) -> Iterator[tuple[Edit, Frame]]:
        for statement in file.statements:
            for edit in edits.of_statement(statement, file):
                yield edit, self._frame(file, statement)
        for edit in edits.of_calls(file):
            yield edit, self._frame(file, edit.statement)
        for statement in file.statements if libraries.are_used(file) else ():
            frame = self._frame(file, statement)
            for edit in libraries.of_statement(statement, frame, self.evaluator):
                yield edit, frame
        yield from libraries.rewriting(file)

    @staticmethod
    def _frame(file: File, statement: ast.AST) -> Frame:
        return Frame(file, file.scope(statement), statement, NOTHING_BOUND)

    # --- from statements to what they change ---

    def _resolved(self, edit: Edit, frame: Frame) -> Iterator[Found]:
        left: list[tuple[Frame, tuple[Site, ...]]] = [(frame, ())]
        most = _MOST_LITERAL if isinstance(edit.name, str | ast.Constant) else _MOST
        for at, sites in left:  # to which more are added meanwhile
            if sites and calls.is_left_out(self.evaluator, edit.statement, at):
                continue
            bases = self.evaluator.values(Thunk(edit.base, at))
            names: Sequence[Value] = [] if isinstance(edit.name, str) else self._names(edit, at, bases)
            holes = [one for one in (*bases, *names) if isinstance(one, Hole)]
            yield from self._of_values(edit, at, sites, bases, names)
            if holes and len(sites) < _DEEPEST and self._is_worth(edit, at, holes[0]):
                is_named = any(isinstance(one, Hole) for one in (names if edit.name else bases))
                filled = self.sites.filled(holes[0], at, most - len(left))
                frames = [at._replace(bound=bound) for bound, _ in filled]
                is_named = is_named or self._are_several(edit, frames)
                given = [(*sites, site._replace(says_name=is_named)) for _, site in filled]
                left += zip(frames, given, strict=True)

    def _are_several(self, edit: Edit, filled: Sequence[Frame]) -> bool:
        """Tell whether a function changes several things: one that changes a single one is the patch itself."""
        bases = {one for inner in filled for one in self.evaluator.values(Thunk(edit.base, inner))}
        return sum(isinstance(one, Ref | Contents) for one in bases) > 1

    def _is_worth(self, edit: Edit, at: Frame, hole: Hole) -> bool:
        """Tell whether an edit of an unknown object may be a patch: plain data is given to objects all the time."""
        if edit.form == "dict" and not _OF_DICTIONARIES.search(ast.unparse(edit.base)):
            return False
        if edit.value is None or edit.form in _OF_LIBRARIES or edit.form == "code-swap":
            return True
        values = self.evaluator.values(Thunk(edit.value, at))
        if hole.loop is not None and not values:
            return True
        return any(isinstance(one, Own | Ref | Hole) or _is_of_own(one) for one in values)

    def _names(self, edit: Edit, at: Frame, bases: Sequence[Value]) -> Sequence[Value]:
        is_worth = any(not isinstance(one, Own) for one in bases)
        return self.evaluator.values(Thunk(edit.name, at)) if is_worth and isinstance(edit.name, ast.expr) else []

    def _of_values(
        self, edit: Edit, at: Frame, sites: tuple[Site, ...], bases: Sequence[Value], names: Sequence[Value]
    ) -> Iterator[Found]:
        texts = [edit.name] if isinstance(edit.name, str) else [text for one in names if (text := text_of(one))]
        for base in bases:
            if edit.is_item and isinstance(base, Ref) and base != _SYS_MODULES and not texts:
                texts = [_shown(edit.name)] if not any(isinstance(one, Hole) for one in names) else []
            for text in texts:
                place = self._place(edit, base, text)
                if place is not None and self._counts(place, edit, at):
                    is_item = edit.is_item and isinstance(base, Ref) and bool(base.path) and edit.form == "dict"
                    yield self._found(edit, at, sites, place)._replace(is_item=is_item)

    def _place(self, edit: Edit, base: Value, name: str) -> Ref | None:
        """Return what an edit changes; None if that is nobody else's."""
        if edit.form in {"wrapt", "mock"} and (text := text_of(base)):
            dotted = self._dotted(text)
            return None if dotted is None else Ref(dotted.module, (*dotted.path, *filter(None, name.split("."))))
        if edit.form == "import-hook":
            return base if isinstance(base, Ref) and base.dotted in _HOOKS else None
        if base == _SYS_MODULES:
            is_own = not edit.is_item or self.project.is_own(name) or name.startswith("__")
            is_own = is_own or not name.replace(".", "").isidentifier()
            return None if is_own else Ref(name)
        if isinstance(base, Contents):
            return Ref(base.of.module, (*base.of.path, name)) if isinstance(base.of, Ref) and name != "*" else None
        if not isinstance(base, Ref) or (edit.is_item and _is_class(base)):
            return None
        return Ref(base.module, (*base.path, *filter(None, name.split("."))))

    def _dotted(self, text: str) -> Ref | None:
        """Return what a dotted text names; None if that is the project's, or nothing."""
        if not text.replace(".", "").replace("_", "a").isalnum() or self.project.is_own(text):
            return None
        module, *names = text.split(".")
        return Ref(module, tuple(names))

    def _counts(self, place: Ref, edit: Edit, at: Frame) -> bool:
        if self.project.is_own(place.module) or not (place.path or edit.form in _OF_MODULES or edit.is_item):
            return False
        if edit.form in {"import-hook", "source-rewrite"}:
            return True
        values = [] if edit.value is None else self.evaluator.values(Thunk(edit.value, at))
        if hows.binds_module(place, edit, values):
            return False
        if not place.path and edit.form != "code-swap":
            if not values and not isinstance(edit.name, ast.Constant):  # one that was kept is put back
                return False
            return hows.replaces_module(values, edit, at)
        return not documented.is_no_patch(place, edit, values, at.file.module.partition(".")[0])

    def _found(self, edit: Edit, at: Frame, sites: tuple[Site, ...], place: Ref) -> Found:
        site = told.by(sites)
        form = edit.form if place.path or edit.form != "dict" else "sys.modules"
        if site is None:
            return Found(at.file, edit.line, place, form, edit.how, edit, at, sites)
        form = told.FORMS.get(site.kind, form)
        return Found(site.file, getattr(site.node, "lineno", edit.line), place, form, edit.how, edit, at, sites)


def _is_class(value: Ref) -> bool:
    """Tell whether a value is a class, whose own methods change the dictionary that they are given."""
    return value == Ref("builtins", ("dict",)) or (
        bool(value.path) and value.path[-1][:1].isupper() and _has_lower(value)
    )


def _has_lower(value: Ref) -> bool:
    return any(letter.islower() for letter in value.path[-1])


def _is_of_own(value: Value) -> bool:
    """Tell whether a call has made an object of a function of the project."""
    call = value.call.node if isinstance(value, Instance) and value.call is not None else None
    return isinstance(call, ast.Call) and any(isinstance(one, ast.Name | ast.Attribute) for one in call.args)


_OF_LIBRARIES = frozenset({"wrapt", "mock", "helper", "decorator"})
_OF_MODULES = frozenset({"source-rewrite", "dict", "import-hook", "code-swap", "mock"})


def _shown(name: object) -> str:
    return ast.unparse(name) if isinstance(name, ast.expr) else str(name)


def _once(found: Sequence[Found]) -> list[Found]:
    """Return each patch of a line once."""
    first: dict[tuple[str, int, Ref], Found] = {}
    for one in found:
        first.setdefault((one.file.text.path, one.line, one.place), one)
    return list(first.values())
