"""Write the texts of the files of a patch."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from backportkit.authoring.code import form, layout, order, properties
from backportkit.authoring.code.layout import Code, Told
from backportkit.authoring.releases import ranges
from backportkit.declaration.record import Patch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.authoring.code.form import Decorated, Mirror
    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.new.draft import Draft

_OPEN = "the newest release has the bug"


def of(drafted: Draft, patch_id: str, module: str) -> dict[str, str]:
    """Return the texts of the files of a patch by the ends of their names: "", "_body", "_reproducer"."""
    reproducer = f"{module}_reproducer:reproduce"
    told = Told(_fields(drafted, patch_id), _heading(drafted, patch_id), _missing(drafted, patch_id))
    one = form.decorated(drafted.pieces)
    made = _of_one(one, told, reproducer) if one else _of_several(drafted, told, f"{module}_body", reproducer)
    return made | {"_reproducer": layout.reproducer(told)}


def patch(drafted: Draft, patch_id: str, module: str) -> Patch:
    """Return the patch as the texts will declare it, with names for what is in them.

    Raises DeclarationError if no declaration could have these fields.
    """
    one = form.decorated(drafted.pieces)
    edits = _edits_of_one(one, module) if one else _edits_of_several(drafted.pieces, f"{module}_body")
    fields = {name: value for name, value in _fields(drafted, patch_id).items() if name != "requires"}
    requires = drafted.requires[0] if len(drafted.requires) == 1 else {"any_of": drafted.requires}
    reproducer = f"{module}_reproducer:reproduce"
    return Patch.model_validate({**fields, "requires": requires, "edits": edits, "reproducer": reproducer})


def _edits_of_one(one: Decorated, module: str) -> list[dict[str, Any]]:
    """Return the edits that a decorator makes."""
    held = [] if one.mirror is None else [one.mirror]
    return [_edit(each, module, held) for each in (*one.beside, *one.bodies)]


def _edits_of_several(pieces: Sequence[Piece], body: str) -> list[dict[str, Any]]:
    """Return the edits that name what is in modules of their own, in the order of the pieces."""
    by_module = _by_module(pieces)
    held = {end: form.mirrors(inner) for end, inner in by_module.items()}
    ends = {one: end for end, inner in by_module.items() for one in inner}
    return [_edit(one, body + ends[one], held[ends[one]]) for one in properties.edited(pieces)]


def _fields(drafted: Draft, patch_id: str) -> dict[str, Any]:
    wanted, requires = drafted.wanted, drafted.requires
    any_of = Code(f"any_of({', '.join(map(layout.written, requires))})")
    fields: dict[str, Any] = {"id": patch_id, "summary": wanted.summary or _no_summary(drafted)}
    fields["requires"] = requires[0] if len(requires) == 1 else any_of
    if not wanted.ranges and ranges.is_open(drafted.fix):
        fields["unbounded_because"] = _OPEN
    given = {"fixes": wanted.fixes, "references": list(wanted.references), "resolves": list(wanted.resolves)}
    return fields | {name: value for name, value in given.items() if value}


def _no_summary(drafted: Draft) -> str:
    return f"{_where(drafted)} has a bug that {_source(drafted)} mends"


def _where(drafted: Draft) -> str:
    """Return what all changed targets are in: the one target, or else a class, a module or the distribution."""
    targets = [one.place for one in drafted.pieces if not one.is_new] or [drafted.changed.place]
    if len({one.module for one in targets}) > 1:
        return canonicalize_name(drafted.wanted.package)
    shared = takewhile(lambda each: len({*each}) == 1, zip(*(one.path for one in targets), strict=False))
    path = ".".join(name for name, *_ in shared)
    return f"{targets[0].module}:{path}" if path else targets[0].module


def _source(drafted: Draft) -> str:
    name = canonicalize_name(drafted.wanted.package)
    source = drafted.fix.source
    return f"{name} {source.version}" if source.is_released else f"upstream's change of {name} {source.version}"


def _heading(drafted: Draft, patch_id: str) -> str:
    licence = f", under its licence: {drafted.licence}" if drafted.licence else ""
    bodies = "body" if len(drafted.pieces) == 1 else "bodies"
    given = drafted.wanted.summary
    summary = _no_summary(drafted) if given is None else _capitalised(given.removesuffix("."), drafted)
    shown = f"`backportkit diff {patch_id}` shows what changes."
    return f"{summary}.\n\nUpstream's own {bodies}, of {_source(drafted)}{licence}.\n{shown}"


def _capitalised(text: str, drafted: Draft) -> str:
    """Return a text as a sentence begins. The name of what is patched stays as it is."""
    modules = {one.place.module.partition(".")[0] for one in drafted.pieces}
    is_name = text.startswith((*modules, drafted.wanted.package))
    return text if is_name else f"{text[:1].upper()}{text[1:]}"


def _missing(drafted: Draft, patch_id: str) -> tuple[str, str]:
    package = canonicalize_name(drafted.wanted.package)
    heading = f"Fail where the bug is that {patch_id} mends."
    good = _source(drafted)
    bad = f"{package} {drafted.fix.newest_broken.version}"
    return heading, f"write what fails with {bad} and passes with {good}"


def _of_one(one: Decorated, told: Told, reproducer: str) -> dict[str, str]:
    fields: dict[str, Any] = {"original": _prints(one, "original"), "fixed": _prints(one, "fixed")}
    fields |= {
        "namespace": "target",
        "signature": _signature(one.changed),
        "adds": {each.name: _added(each) for each in one.beside},
    }
    given = {name: value for name, value in fields.items() if value}
    whole = told._replace(fields={**told.fields, **given, "reproducer": reproducer})
    return {"": layout.decorated(one.target, whole, one.mirror, one.changed, one.beside)}


def _signature(piece: Piece) -> str | None:
    return "change" if piece.misfit is not None else None


def _prints(one: Decorated, field: str) -> Any:
    """Return the fingerprints of what is decorated: of several members by their names."""
    found = {each.stored: _few(getattr(each, field)) for each in one.bodies if getattr(each, field)}
    is_told_apart = sum(not each.is_new for each in one.bodies) > 1
    return found if is_told_apart else next(iter(found.values()), None)


def _few(prints: Sequence[str]) -> Any:
    return prints[0] if len(prints) == 1 else list(prints)


def _added(piece: Piece) -> Any:
    return Code(piece.name) if piece.value is None else piece.value[0]


def _of_several(drafted: Draft, told: Told, body: str, reproducer: str) -> dict[str, str]:
    """Return the texts of edits, and of a module for what goes into each module of the targets.

    A module of its own is imported when its target is: it may import that one, and no other has loaded by then.
    """
    edits = list(map(layout.edit, _edits_of_several(drafted.pieces, body)))
    whole = told._replace(fields={**told.fields, "edits": edits, "reproducer": reproducer})
    made = {"": layout.registered(whole)}
    for end, pieces in _by_module(drafted.pieces).items():
        in_order = order.by_need(pieces)
        alone, held = _once(one for one in in_order if not one.is_member), form.mirrors(in_order)
        if held or any(one.value is None for one in alone):
            made[f"_body{end}"] = layout.body(told, alone, held)
    return made


def _once(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces without those whose statement another one has, which goes into another module, too."""
    return [*{(one.node.lineno, one.name): one for one in pieces}.values()]


def _by_module(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    """Return the pieces by the ends of the names of the modules that have them: "" where there is but one.

    What goes into several modules, though upstream imports it from one, is defined once.
    """
    modules = dict.fromkeys(one.source.module for one in pieces)
    ends = {one: f"_{one.partition('.')[2].replace('.', '_') or one}" if len(modules) > 1 else "" for one in modules}
    if len({*ends.values()}) < len(ends):  # a.b_c and a.b.c
        ends = {one: f"_{number}" for number, one in enumerate(modules, 1)}
    found: dict[str, list[Piece]] = {}
    for one in pieces:
        found.setdefault(ends[one.source.module], []).append(one)
    return found


def _edit(piece: Piece, body: str, mirrors: Sequence[Mirror]) -> dict[str, Any]:
    value = piece.value
    held = next((one for one in mirrors if piece in one.members), None)
    name = f"{held.name}.{properties.reference(piece, held.members)}" if held else piece.name
    put = {"value": value[0]} if value is not None else {"replacement": f"{body}:{name}"}
    manner = {"how": "add"} if piece.is_new else {}
    seen = {"namespace": "target"} if piece.is_function and not piece.is_foreign else {}
    prints = {field: _few(found) for field in ("original", "fixed") if (found := getattr(piece, field))}
    calls = {"signature": _signature(piece)} if piece.misfit is not None else {}
    return {"target": piece.target, **put, **manner, **seen, **calls, **prints}
