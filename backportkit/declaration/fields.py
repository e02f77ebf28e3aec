"""What a field of a declaration may hold, and what is said where it holds something else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import AfterValidator, BeforeValidator, JsonValue, Strict, ValidationInfo

from backportkit.declaration.reference import Reference
from backportkit.shown import shown

_ALIASES = ("follow", "keep")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_FINGERPRINT = re.compile(r"ast1:[0-9a-f]{12}")
_URL = re.compile(r"https?://\S+")

# What to write where an obligatory field is missing or empty.
HINTS = {
    "requires": "write a requirement like 'torch>=2.11,<2.12'",
    "edits": "give target=... and replacement=..., or edits=[...] with both in each",
    "target": "write 'package.module:Class.attribute' or 'package.module:function'",
    "replacement": "give a function, or name one as 'package.module:function'",
    "module": "write 'package.module'",
    "attribute": "write the name of what is replaced",
    "run": "give a function, or name one as 'package.module:function'",
}


def _dotted(value: str) -> str:
    if "<locals>" in value:
        msg = f"{shown(value)} leads into a function, which makes what is in it at each call: patch the function itself"
        raise ValueError(msg)
    if not all(part.isidentifier() for part in value.split(".")):
        msg = f"{shown(value)} is no dotted name: write 'package.module:Class.attribute'"
        raise ValueError(msg)
    return value


def _identifier(value: str) -> str:
    if not value.isidentifier():
        msg = f"{shown(value)} is no single name: what stands before the last dot belongs to 'class'"
        raise ValueError(msg)
    return value


def _id(value: str) -> str:
    if not value:
        msg = "is missing: give id='...', or fixes=... that ends in a number"
        raise ValueError(msg)
    if not _ID.fullmatch(value):
        msg = f"{shown(value)} is no id: write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first"
        raise ValueError(msg)
    return value


def _summary(value: str) -> str:
    if not value.strip():
        msg = "is empty: give summary='...', or start the replacement's docstring with what breaks without it"
        raise ValueError(msg)
    if len(value.strip().splitlines()) > 1:
        msg = "has several lines: write one, and keep the rest in the replacement's docstring"
        raise ValueError(msg)
    return value.strip()


def _fingerprint(value: str) -> str:
    if not _FINGERPRINT.fullmatch(value):
        msg = f"{shown(value)} is no fingerprint: write 'ast1:' and 12 hexadecimal digits"
        raise ValueError(msg)
    return value


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        msg = f"{shown(value)} is no address: write it in full, from 'https://' on"
        raise ValueError(msg)
    return value


def _requirement(value: str) -> str:
    try:
        return str(Requirement(value))
    except InvalidRequirement as error:
        msg = f"{shown(value)} is no requirement: write one like 'torch>=2.11,<2.12' ({str(error).splitlines()[0]})"
        raise ValueError(msg) from None


def _finite(value: Any) -> Any:
    """JSON has no word for nan and the infinities, so a patch written down would come back as another one."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        way = "name a constant of yours as replacement='package.module:NAME'"
        msg = f"{shown(value)} is nothing that JSON can say: {way}"
        raise ValueError(msg) from None
    return value


def _copy(value: str) -> str:
    if not re.fullmatch(r"[^:\s]+:\S.*", value):
        msg = f"{shown(value)} names no copy: write 'package.module:name', or 'follow' or 'keep' for all of them"
        raise ValueError(msg)
    return value


def _copies(value: Any) -> Any:
    """`follow` and `keep` are words, any other string is the one name of a copy."""
    return (value,) if isinstance(value, str) and value not in _ALIASES else value


def _as_tuple(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        msg = f"{shown(value)} is neither a text nor a list of texts"
        raise ValueError(msg)  # noqa: TRY004 -- pydantic collects ValueErrors and lets a TypeError through
    return value


def not_empty(value: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
    if not value:
        msg = f"is empty: {HINTS[str(info.field_name)]}"
        raise ValueError(msg)
    return value


Text = Annotated[str, Strict()]  # pydantic takes bytes for a text otherwise
DottedName = Annotated[Text, AfterValidator(_dotted)]
if TYPE_CHECKING:
    Replacement = Any  # a function, a descriptor or a name goes in, a Reference comes out
else:
    Replacement = Reference
Name = Annotated[Text, AfterValidator(_identifier)]
Fingerprint = Annotated[Text, AfterValidator(_fingerprint)]
Fingerprints = Annotated[tuple[Fingerprint, ...], BeforeValidator(_as_tuple)]
Requirements = Annotated[tuple[Annotated[Text, AfterValidator(_requirement)], ...], BeforeValidator(_as_tuple)]
Requires = Annotated[Requirements, AfterValidator(not_empty)]
Summary = Annotated[Text, AfterValidator(_summary)]
Data = Annotated[JsonValue, AfterValidator(_finite)]
PatchId = Annotated[Text, AfterValidator(_id)]
PatchIds = Annotated[tuple[PatchId, ...], BeforeValidator(_as_tuple)]
Copy = Annotated[Text, AfterValidator(_copy)]
Aliases = Annotated[Literal["follow", "keep"] | tuple[Copy, ...], BeforeValidator(_copies)]
Url = Annotated[Text, AfterValidator(_url)]
Urls = Annotated[tuple[Url, ...], BeforeValidator(_as_tuple)]
