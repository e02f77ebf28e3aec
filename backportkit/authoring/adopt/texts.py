"""Write the texts of the files of an adopted patch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from backportkit.authoring.adopt import copied, requires, unbound
from backportkit.authoring.code import annotated, imports, layout, names
from backportkit.authoring.code.layout import Code, Told
from backportkit.authoring.retire import origin
from backportkit.declaration.record import Patch
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.adopt.draft import Adopted, Taken


def of(adopted: Adopted, patch_id: str, module: str) -> dict[str, str]:
    """Return the texts of the files of a patch by the ends of their names: "", "_body", "_reproducer".

    Raises NothingToWriteError if they would read a name that nothing binds.
    """
    told = Told(_fields(adopted, patch_id), _heading(adopted, patch_id), _missing(patch_id))
    reproducer = f"{module}_reproducer:reproduce"
    if _is_decorated(adopted):
        made = {"": _decorated(adopted, told, reproducer)}
    else:
        edits = [layout.edit(_edit(one, f"{module}_body")) for one in adopted.taken]
        whole = told._replace(fields={**told.fields, "edits": edits, "reproducer": reproducer})
        made = {"": layout.registered(whole)}
        if _code(adopted):
            made["_body"] = _body(adopted, told)
    unbound.check(adopted, made.values())
    return made | {"_reproducer": layout.reproducer(told)}


def patch(adopted: Adopted, patch_id: str, module: str) -> Patch:
    """Return the patch as the texts will declare it. Raises DeclarationError if none could have these fields."""
    body = module if _is_decorated(adopted) else f"{module}_body"
    fields = {name: value for name, value in _fields(adopted, patch_id).items() if name != "requires"}
    needed = [one if isinstance(one, str) else {"any_of": one} for one in adopted.requires]
    edits = [_edit(one, body) for one in adopted.taken]
    reproducer = f"{module}_reproducer:reproduce"
    return Patch.model_validate({**fields, "requires": needed, "edits": edits, "reproducer": reproducer})


# --- what both forms have ---


def _fields(adopted: Adopted, patch_id: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": patch_id, "summary": adopted.wanted.summary or _summary(adopted)}
    needed = [one if isinstance(one, str) else _any_of(one) for one in adopted.requires]
    fields["requires"] = needed[0] if len(needed) == 1 else needed
    references = [one for one in (*adopted.wanted.references, *adopted.said.addresses) if one != adopted.wanted.fixes]
    given = {"unbounded_because": adopted.unbounded, "fixes": adopted.wanted.fixes, "references": references}
    given["resolves"] = list(adopted.said.advisories)
    return fields | {name: value for name, value in given.items() if value}


def _any_of(every: Sequence[str]) -> Code:
    return Code(f"any_of({', '.join(map(layout.written, every))})")


def _summary(adopted: Adopted) -> str:
    if adopted.said.summary:
        return adopted.said.summary
    one = adopted.first
    where = one.bodies.fixed_in
    if one.how == "add" and where:
        return f"{one.target} is missing before {adopted.package} {where}"
    mends = f"{adopted.package} {where}" if where else one.located.found.file.text.within
    return f"{one.target} has a bug that {mends} mends"


def _heading(adopted: Adopted, patch_id: str) -> str:
    found = adopted.first.located.found
    summary = (adopted.wanted.summary or _summary(adopted)).removesuffix(".")
    place = origin.sentence(found.file.text.within, found.line)
    return f"{summary}.\n\n{place}\n`backportkit diff {patch_id}` shows what changes."


def _missing(patch_id: str) -> tuple[str, str]:
    return f"Fail where the bug is that {patch_id} mends.", f"write what fails without {patch_id} and passes with it"


def _edit(one: Taken, body: str) -> dict[str, Any]:
    """Return the fields of an edit."""
    made = one.made
    put = (
        {"value": made.value[0]} if made.value is not None else {"replacement": made.elsewhere or f"{body}:{made.name}"}
    )
    return {"target": one.target, **put, **_manner(one)}


def _manner(one: Taken) -> dict[str, Any]:
    how = {} if one.how == "replace" else {"how": one.how}
    prints = {"original": one.bodies.original, "fixed": one.bodies.fixed}
    return how | {name: found[0] if len(found) == 1 else list(found) for name, found in prints.items() if found}


# --- the code ---


def _code(adopted: Adopted) -> list[str]:
    """Return the statements that go along, each once."""
    helpers = (each.text for one in adopted.taken for each in one.made.needs.statements)
    return list(dict.fromkeys([*helpers, *(one.made.block for one in adopted.taken if one.made.block)]))


def _imports(adopted: Adopted) -> list[str]:
    return sorted({line for one in adopted.taken for line in one.made.needs.imports})


def _is_decorated(adopted: Adopted) -> bool:
    """Tell whether the patch is one function, with nothing that would import more than Python's own modules."""
    one, *others = adopted.taken
    if others or one.located.found.is_item or not one.made.block:
        return False
    made = ast.parse(one.made.block).body
    is_function = isinstance(made[0], FUNCTIONS) and made[0].name == one.made.name and not made[1:]
    lines = [*_imports(adopted), *(line for text in _code(adopted) for line in _imported(text))]
    return is_function and all(map(names.is_of_python, lines))


def _imported(text: str) -> Iterator[str]:
    """Yield the imports that statements make where they stand, such as those in a `try`."""
    for node in ast.parse(text).body:
        inner = [] if isinstance(node, FUNCTIONS) else ast.walk(node)
        yield from (ast.unparse(one) for one in inner if isinstance(one, ast.Import | ast.ImportFrom))


def _opening(adopted: Adopted, told: Told) -> str:
    """Return the lines before the imports. Annotations are evaluated where the file evaluates them."""
    files = {one.located.found.frame.file for one in adopted.taken}
    is_said = any(_annotated(text) for text in _code(adopted))
    evaluates = is_said and not all(annotated.defers(copied.source(one)) for one in files)
    return layout.evaluating(told) if evaluates else layout.deferring(told)


def _annotated(text: str) -> bool:
    return any(
        getattr(one, "annotation", None) is not None or getattr(one, "returns", None) is not None
        for one in ast.walk(ast.parse(text))
    )


def _head(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"{imports.wrapped(line)}\n" for line in lines)


def _decorated(adopted: Adopted, told: Told, reproducer: str) -> str:
    one = adopted.first
    fields = {**told.fields, **_manner(one), "reproducer": reproducer}
    needed = ["backport", *(["any_of"] if any(requires.alternatives(adopted.requires)) else [])]
    lines = imports.ordered(_imports(adopted))
    ours = ["", *([*lines, ""] if lines else []), f"from backportkit import {', '.join(sorted(needed))}"]
    comment, block = _parted(one.made.block)
    declared = f"{comment}@backport(\n    {layout.written(one.target)},\n{layout.fields(fields)})\n{block}"
    *helpers, _ = _code(adopted)
    return f"{_opening(adopted, told)}{''.join(_head(ours))}{_formatted([*helpers, declared])}"


def _parted(block: str) -> tuple[str, str]:
    """Return the comment above a definition, and the definition."""
    lines = block.split("\n")
    at = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    return "".join(f"{line}\n" for line in lines[:at]), "\n".join(lines[at:])


def _body(adopted: Adopted, told: Told) -> str:
    lines = imports.ordered(_imports(adopted))
    head = "".join(_head(["", *lines])) if lines else ""
    return f"{_opening(adopted, told)}{head}{_formatted(_code(adopted))}"


def _formatted(blocks: Sequence[str]) -> str:
    """Return code that formatters leave as it is."""
    return "\n\n# fmt: off\n" + "\n\n\n".join(blocks) + "\n# fmt: on\n"
