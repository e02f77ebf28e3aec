"""What an edit is: one target, and what is put there."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from backportkit.declaration.fields import Data, DottedName, Fingerprints, Name, Replacement, Text
from backportkit.declaration.reference import is_python_function
from backportkit.shown import shown

if TYPE_CHECKING:
    from types import FunctionType

_TARGET = re.compile(r"(?P<module>[^:\[\]]+):(?P<path>[^:\[\]]+)(\[(?P<item>.+)\])?")


class Record(BaseModel):
    # Built when first used: a start that declares a patch needs the schema of the whole, not of each part besides.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, defer_build=True
    )


class Target(Record):
    """Where an edit lands. Also accepted, and written down, as the string `module:Class.attribute[item]`.

    Attributes:
        module: The module that is watched, in full.
        class_: The class, nested with dots, or None for a module's own name. Called `class` in data.
        attribute: The attribute.
        item: A key, when the attribute is a mapping and one item of it is the target.
    """

    module: DottedName
    class_: DottedName | None = Field(default=None, alias="class")
    attribute: Name
    item: Text | int | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead from the module to the attribute."""
        return (*self.class_.split("."), self.attribute) if self.class_ else (self.attribute,)

    def __str__(self) -> str:
        item = "" if self.item is None else f"[{self.item!r}]"
        return f"{self.module}:{'.'.join(self.path)}{item}"

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _TARGET.fullmatch(value)
        if match is None:
            msg = f"{shown(value)} names no target: write 'package.module:Class.attribute' or 'package.module:function'"
            raise ValueError(msg)
        class_, _, attribute = match["path"].rpartition(".")
        item = _item(match["item"]) if match["item"] else None
        return {"module": match["module"], "class": class_ or None, "attribute": attribute, "item": item}

    @model_serializer
    def _to_text(self) -> str:
        return str(self)


def _item(text: str) -> str | int:
    try:
        key = ast.literal_eval(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if "][" in text:
            outer = f"[{text.partition(']')[0]}]"
            msg = (
                f"{shown(text)} is an item of an item, which is no target: replace the outer one, {outer}, by value=..."
            )
            raise ValueError(msg) from None
        return text
    return key if isinstance(key, str | int) else text


class Edit(Record):
    """One target with its replacement.

    Attributes:
        target: Where it lands.
        replacement: A function or descriptor, or the name of any object as `package.module:function`, which is
            imported only after the target has loaded.
        value: Plain data to put there instead of a replacement: what JSON can say. A list or dict is copied each time.
        how: `replace` puts the replacement in the original's place. `wrap` calls it with the original and puts what it
            returns there. `add` demands that nothing stands there yet.
        namespace: Whose globals the replacement's body sees: its own module's, or the `target` module's.
        signature: `keep`: every call that the original takes must mean the same to the replacement. `change`: not
            compared, since all callers are patched along.
        original: Fingerprints of the bodies that this edit was written against. Empty: not checked.
        fixed: Fingerprints of upstream's fixed body. Where one of them is installed there is nothing to patch.
    """

    target: Target
    replacement: Replacement | None = None
    value: Data = None
    how: Literal["replace", "wrap", "add"] = "replace"
    namespace: Literal["own", "target"] = "own"
    signature: Literal["keep", "change"] = "keep"
    original: Fingerprints = ()
    fixed: Fingerprints = ()

    @property
    def has_value(self) -> bool:
        """Whether it is `value` that is put there, which may be None."""
        return self.replacement is None

    @model_validator(mode="after")
    def _check_shape(self) -> Edit:
        if self.has_value != ("value" in self.model_fields_set):
            msg = "give either replacement=... or value=..., and only one of them"
            raise ValueError(msg)
        if self.has_value and self.how == "wrap":
            msg = "a value cannot wrap anything: use how='replace', or give a replacement that is a function"
            raise ValueError(msg)
        held: Any = getattr(self.replacement, "held", None)
        if isinstance(held, staticmethod | classmethod | property):
            _check_descriptor(held, self)
        elif is_python_function(held):
            _check_parameters(held, self)
        return self

    @model_serializer(mode="wrap")
    def _leave_out_the_other(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Of `replacement` and `value` only the one that was given."""
        fields: dict[str, Any] = write(self)
        fields.pop("replacement" if self.has_value else "value", None)
        return fields


def _check_descriptor(descriptor: Any, edit: Edit) -> None:
    kind = type(descriptor).__name__
    if edit.how == "wrap":
        msg = f"how='wrap' needs a function to call, and this is a {kind}: write 'def wrapper(original): ...'"
        raise ValueError(msg)
    if edit.target.class_ is None or edit.target.item is not None:
        msg = f"{edit.target} is no attribute of a class, and a {kind} means nothing there: give the function itself"
        raise ValueError(msg)


def _check_parameters(function: FunctionType, edit: Edit) -> None:
    """Refuse parameters that cannot take what the call hands over whatever the target turns out to be."""
    if edit.how == "wrap":
        check_one_argument(function, f"the original of {edit.target}", "def wrapper(original): ...")
    elif edit.target.class_ is not None and edit.target.item is None and not _takes_positional(function):
        msg = (
            f"{function.__qualname__}() takes no positional argument, which {edit.target} needs: write 'def "
            f"{edit.target.attribute}(self, ...)', or put @staticmethod on it if the target is one"
        )
        raise ValueError(msg)


def check_one_argument(function: FunctionType, argument: str, example: str) -> None:
    """Refuse a function that cannot be called with one argument."""
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        msg = f"{function.__qualname__}() cannot be called with {argument} alone ({error}): write '{example}'"
        raise ValueError(msg) from None


def _takes_positional(function: FunctionType) -> bool:
    code = function.__code__
    return bool(code.co_argcount or code.co_flags & inspect.CO_VARARGS)
