"""What a manifest keeps of a declaration: records with the fields that applying a patch needs, made without pydantic.

They stand in for those of `backportkit.model` until somebody asks about a patch.
"""

from __future__ import annotations

from backportkit.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Fields = dict[str, Any]


class Target:
    """As `model.Target`."""

    __slots__ = ("attribute", "class_", "item", "module")

    def __init__(self, module: str, class_: str | None, attribute: str, item: str | int | None) -> None:
        self.module = module
        self.class_ = class_
        self.attribute = attribute
        self.item = item

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead from the module to the attribute."""
        return (*self.class_.split("."), self.attribute) if self.class_ else (self.attribute,)

    def __str__(self) -> str:
        item = "" if self.item is None else f"[{self.item!r}]"
        return f"{self.module}:{'.'.join(self.path)}{item}"


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
        self.replacement = None if self.has_value else Reference(fields["replacement"])
        self.how = fields["how"]
        self.namespace = fields["namespace"]
        self.signature = fields["signature"]
        self.original = tuple(fields["original"])
        self.fixed = tuple(fields["fixed"])
        self.body = Body(*fields["body"]) if fields["body"] else None


class Callbacks:
    """As `model.Callbacks`."""

    __slots__ = ("after_apply", "after_undo", "before_apply", "before_undo")

    def __init__(self, fields: dict[str, str]) -> None:
        for name in self.__slots__:
            setattr(self, name, Reference(fields[name]) if name in fields else None)

    def __iter__(self) -> Iterator[tuple[str, Reference | None]]:
        return ((name, getattr(self, name)) for name in self.__slots__)


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
        self.id = fields["id"]
        self.requires = tuple(fields["requires"])
        self.prereleases = fields["prereleases"]
        self.fixes = fields["fixes"]
        self.supersedes = tuple(fields["supersedes"])
        self.aliases = fields["aliases"] if isinstance(fields["aliases"], str) else tuple(fields["aliases"])
        self.required = fields["required"]
        self.callbacks = Callbacks(fields["callbacks"])
        self.edits = tuple(map(Edit, fields["edits"]))
        self.modules = tuple(dict.fromkeys(edit.target.module for edit in self.edits))
