"""What an armed process holds of a declaration: records with the fields that applying it needs, made without pydantic.

They stand in for those of `backportkit.model` until somebody asks about a patch.
"""

from __future__ import annotations

from backportkit.declaration.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from backportkit.declaration import model

    Fields = dict[str, Any]


class Target:
    """As `model.Target`."""

    __slots__ = ("_text", "attribute", "class_", "item", "module")

    def __init__(self, module: str, class_: str | None, attribute: str, item: str | int | None) -> None:
        self.module = module
        self.class_ = class_
        self.attribute = attribute
        self.item = item
        self._text = ""

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead from the module to the attribute."""
        return (*self.class_.split("."), self.attribute) if self.class_ else (self.attribute,)

    def __str__(self) -> str:
        if not self._text:
            item = "" if self.item is None else f"[{self.item!r}]"
            self._text = f"{self.module}:{'.'.join(self.path)}{item}"
        return self._text


class Body:
    """Where the body stood that was found to be the one which an edit was written against: file, its stamp, line."""

    __slots__ = ("file", "line", "name", "stamp")

    def __init__(self, file: str, stamp: str, line: int, name: str) -> None:
        self.file = file
        self.stamp = stamp
        self.line = line
        self.name = name


class Edit:
    """As `model.Edit`, and the `body` that was found at the target, None if it is to be examined."""

    __slots__ = (
        "body",
        "fixed",
        "has_value",
        "how",
        "namespace",
        "original",
        "replacement",
        "signature",
        "target",
        "value",
    )

    def __init__(self, fields: Fields) -> None:
        self.target = Target(*fields["target"])
        self.has_value = "value" in fields
        self.value = fields.get("value")
        self.replacement = None if self.has_value else _reference(fields["replacement"])
        self.how = fields["how"]
        self.namespace = fields["namespace"]
        self.signature = fields["signature"]
        self.original = tuple(fields["original"])
        self.fixed = tuple(fields["fixed"])
        self.body = Body(*fields["body"]) if fields["body"] else None


def _reference(name: str | Reference) -> Reference:
    return name if isinstance(name, Reference) else Reference(name)


class Callbacks:
    """As `model.Callbacks`."""

    __slots__ = ("after_apply", "after_undo", "before_apply", "before_undo")

    def __init__(self, fields: dict[str, str | Reference]) -> None:
        for name in self.__slots__:
            setattr(self, name, _reference(fields[name]) if name in fields else None)

    def __iter__(self) -> Iterator[tuple[str, Reference | None]]:
        return ((name, getattr(self, name)) for name in self.__slots__)


def of(patch: model.Patch) -> Patch:
    """The record of a patch."""
    return Patch(fields_of(patch))


def fields_of(patch: model.Patch | Patch) -> Fields:
    """What makes a record of a patch, with the objects that its references hold."""
    names = ("id", "requires", "prereleases", "fixes", "supersedes", "aliases", "required")
    callbacks = {name: callback for name, callback in patch.callbacks if callback is not None}
    return {name: getattr(patch, name) for name in names} | {
        "callbacks": callbacks,
        "edits": [_fields_of_edit(edit) for edit in patch.edits],
    }


def _fields_of_edit(edit: model.Edit | Edit) -> Fields:
    names = ("how", "namespace", "signature", "original", "fixed")
    target = edit.target
    return {name: getattr(edit, name) for name in names} | {
        "target": (target.module, target.class_, target.attribute, target.item),
        "value" if edit.has_value else "replacement": edit.value if edit.has_value else edit.replacement,
        "body": None,
    }


_NO_CALLBACKS = Callbacks({})


class Patch:
    """As `model.Patch`."""

    __slots__ = (
        "aliases",
        "callbacks",
        "edits",
        "fixes",
        "id",
        "modules",
        "prereleases",
        "required",
        "requires",
        "supersedes",
    )

    def __init__(self, fields: Fields) -> None:
        self.id: str = fields["id"]
        self.requires = tuple(fields["requires"])
        self.prereleases = fields["prereleases"]
        self.fixes = fields["fixes"]
        self.supersedes = tuple(fields["supersedes"])
        self.aliases = fields["aliases"] if isinstance(fields["aliases"], str) else tuple(fields["aliases"])
        self.required = fields["required"]
        self.callbacks = Callbacks(fields["callbacks"]) if fields["callbacks"] else _NO_CALLBACKS
        self.edits = tuple(map(Edit, fields["edits"]))
        self.modules = tuple(dict.fromkeys(edit.target.module for edit in self.edits))
