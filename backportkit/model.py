"""What a patch is: frozen records, checked where they are declared, without behaviour."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from backportkit.binding import function_of
from backportkit.reference import Reference, is_python_function

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FunctionType

# Stands in for a summary where there is no replacement to take one from: that is what is complained about.
_NO_EDITS = "no edits"
_UPPER_BOUNDS = frozenset({"<", "<=", "==", "===", "~="})
_ALIASES = ("follow", "keep")
_TARGET = re.compile(r"(?P<module>[^:\[\]]+):(?P<path>[^:\[\]]+)(\[(?P<item>.+)\])?")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_FINGERPRINT = re.compile(r"ast1:[0-9a-f]{12}")
_URL = re.compile(r"https?://\S+")
_EDIT_FIELDS = ("target", "replacement", "value", "how", "namespace", "signature", "original", "fixed")

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
    if not all(part.isidentifier() for part in value.split(".")):
        msg = f"{value!r} is no dotted name: write 'package.module:Class.attribute'"
        raise ValueError(msg)
    return value


def _identifier(value: str) -> str:
    if not value.isidentifier():
        msg = f"{value!r} is no single name: what stands before the last dot belongs to 'class'"
        raise ValueError(msg)
    return value


def _id(value: str) -> str:
    if not value:
        msg = "is missing: give id='...', or fixes=... that ends in a number"
        raise ValueError(msg)
    if not _ID.fullmatch(value):
        msg = f"{value!r} is no id: write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first"
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
        msg = f"{value!r} is no fingerprint: write 'ast1:' and 12 hexadecimal digits"
        raise ValueError(msg)
    return value


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        msg = f"{value!r} is no address: write it in full, from 'https://' on"
        raise ValueError(msg)
    return value


def _requirement(value: str) -> str:
    try:
        return str(Requirement(value))
    except InvalidRequirement as error:
        msg = f"{value!r} is no requirement: write one like 'torch>=2.11,<2.12' ({str(error).splitlines()[0]})"
        raise ValueError(msg) from None


def _finite(value: Any) -> Any:
    """JSON has no word for nan and the infinities, so a patch written down would come back as another one."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        msg = f"{value!r} is nothing that JSON can say: name a constant of yours as replacement='package.module:NAME'"
        raise ValueError(msg) from None
    return value


def _copy(value: str) -> str:
    if not re.fullmatch(r"[^:\s]+:\S.*", value):
        msg = f"{value!r} names no copy: write 'package.module:name', or 'follow' or 'keep' for all of them"
        raise ValueError(msg)
    return value


def _copies(value: Any) -> Any:
    """`follow` and `keep` are words, any other string is the one name of a copy."""
    return (value,) if isinstance(value, str) and value not in _ALIASES else value


def _as_tuple(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        msg = f"{value!r} is neither a text nor a list of texts"
        raise ValueError(msg)  # noqa: TRY004 -- pydantic collects ValueErrors and lets a TypeError through
    return value


def _not_empty(value: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
    if not value:
        msg = f"is empty: {HINTS[str(info.field_name)]}"
        raise ValueError(msg)
    return value


DottedName = Annotated[str, AfterValidator(_dotted)]
if TYPE_CHECKING:
    Replacement = Any  # a function, a descriptor or a name goes in, a Reference comes out
else:
    Replacement = Reference
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
Fingerprints = Annotated[tuple[Fingerprint, ...], BeforeValidator(_as_tuple)]
Requirements = Annotated[tuple[Annotated[str, AfterValidator(_requirement)], ...], BeforeValidator(_as_tuple)]
PatchId = Annotated[str, AfterValidator(_id)]
PatchIds = Annotated[tuple[PatchId, ...], BeforeValidator(_as_tuple)]
Copy = Annotated[str, AfterValidator(_copy)]
Aliases = Annotated[Literal["follow", "keep"] | tuple[Copy, ...], BeforeValidator(_copies)]
Url = Annotated[str, AfterValidator(_url)]
Urls = Annotated[tuple[Url, ...], BeforeValidator(_as_tuple)]


class _Record(BaseModel):
    # Built when first used: a start that declares a patch needs the schema of the whole, not of each part besides.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, defer_build=True
    )


class Target(_Record):
    """Where an edit lands. Also accepted, and written down, as the string `module:Class.attribute[item]`.

    Attributes:
        module: The module that is watched, in full.
        class_: The class, nested with dots, or None for a module's own name. Called `class` in data.
        attribute: The attribute.
        item: A key, when the attribute is a mapping and one item of it is the target.
    """

    module: DottedName
    class_: DottedName | None = Field(default=None, alias="class")
    attribute: Annotated[str, AfterValidator(_identifier)]
    item: str | int | None = None

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
            msg = f"{value!r} names no target: write 'package.module:Class.attribute' or 'package.module:function'"
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
    except (SyntaxError, ValueError):
        return text
    return key if isinstance(key, str | int) else text


class Edit(_Record):
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
    value: Annotated[JsonValue, AfterValidator(_finite)] = None
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
    if edit.target.class_ is None:
        msg = f"{edit.target} is in no class, where a {kind} means nothing: give the function itself"
        raise ValueError(msg)


def _check_parameters(function: FunctionType, edit: Edit) -> None:
    """Refuse parameters that cannot take what the call hands over whatever the target turns out to be."""
    if edit.how == "wrap":
        _check_one_argument(function, f"the original of {edit.target}", "def wrapper(original): ...")
    elif edit.target.class_ is not None and edit.target.item is None and not _takes_positional(function):
        msg = (
            f"{function.__qualname__}() takes no positional argument, which {edit.target} needs: write 'def "
            f"{edit.target.attribute}(self, ...)', or put @staticmethod on it if the target is one"
        )
        raise ValueError(msg)


def _check_one_argument(function: FunctionType, argument: str, example: str) -> None:
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        msg = f"{function.__qualname__}() cannot be called with {argument} alone ({error}): write '{example}'"
        raise ValueError(msg) from None


def _takes_positional(function: FunctionType) -> bool:
    code = function.__code__
    return bool(code.co_argcount or code.co_flags & inspect.CO_VARARGS)


class Reproducer(_Record):
    """Code that fails without the patch and passes with it. Also accepted as the bare function or its name.

    Attributes:
        run: The function, without parameters. It fails by raising; what it returns is ignored.
        expect: A regular expression that a line of the exception (its type and message) must contain, so that a failure
            for another reason, such as a missing compiler, proves nothing. None accepts any failure.
        packages: Requirements of the reproducer beyond those of the patch.
        programs: Programs that must be on the PATH. `c++` is any of the usual C++ compilers, or `$CXX`.
        environment: Environment variables. `{scratch}` in a value is an empty directory, a fresh one for each run.
        timeout: The time limit of one run, in seconds.
        disk: What an environment with the patched package needs on disk, in GB.
    """

    run: Replacement
    expect: str | None = None
    packages: Requirements = ()
    programs: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    timeout: float = Field(default=300, gt=0)
    disk: float = Field(default=1, ge=0)

    def __hash__(self) -> int:  # `environment` has no hash
        return hash((self.run, self.expect, self.packages, self.programs))

    @model_validator(mode="before")
    @classmethod
    def _from_function(cls, value: Any) -> Any:
        return {"run": value} if isinstance(value, str) or callable(value) else value

    @field_validator("expect")
    @classmethod
    def _check_expect(cls, expect: str | None) -> str | None:
        try:
            re.compile(expect or "")
        except re.error as error:
            msg = f"{expect!r} is no regular expression: {error}"
            raise ValueError(msg) from None
        return expect


class Callbacks(_Record):
    """What to call around applying and undoing a patch, once for each module that it lands in, with that module.

    Each is a function of one parameter, or the name of one as `package.module:function`, which is imported when it is
    needed. Of each pair the second is called only if the first was, see docs/declaring.md.

    Attributes:
        before_apply: Called before anything is changed. It refuses the patch in that module by raising.
        after_apply: Called when the edits are in place and the copies are bound.
        before_undo: Called before anything is put back.
        after_undo: Called when everything is put back; also if nothing could be applied after `before_apply`.
    """

    before_apply: Replacement | None = None
    after_apply: Replacement | None = None
    before_undo: Replacement | None = None
    after_undo: Replacement | None = None

    @field_validator("*")
    @classmethod
    def _check_callback(cls, callback: Any, info: ValidationInfo) -> Any:
        held: Any = getattr(callback, "held", None)
        if is_python_function(held):
            _check_one_argument(held, "the module", f"def {info.field_name}(module): ...")
        return callback


class Patch(_Record):
    """One declared record: what to put where, for whom, and why.

    A patch with one edit may give the fields of the edit (`target`, `replacement`, `how`, ...) directly instead of
    `edits`. Accepted as keywords, as a dict, from JSON and from TOML; `model_dump` and `model_dump_json` write what
    `model_validate` and `model_validate_json` read back as an equal patch.

    Attributes:
        id: A stable, readable name, unique in the process. Default: `<distribution>-<number>`, from the first
            requirement and the number that `fixes` ends in.
        summary: What breaks without the patch, in one line. Default: the first line of the replacement's docstring.
        requires: PEP 508 requirements that the installed environment must meet, all of them. At least one has an upper
            bound, else `unbounded_because` must say why none has.
        unbounded_because: The reason for having no upper bound, such as that no release has the fix yet.
        prereleases: What becomes of a development, vendor or hand-made build whose version is out of range.
            `by-version`: the patch is not for it. `by-fingerprint`: it is if all bodies are in `original`.
        edits: One or more edits; those of one module are applied all or none.
        fixes: The upstream change that this patch carries.
        references: Further provenance: reports, downstream changes.
        reproducer: Code that fails without the patch and passes with it.
        supersedes: The ids of patches that this one takes the place of: while it is armed for this environment, they
            are out of force, and they do not come back when it is undone.
        aliases: What is to become of the copies that other modules made by `from module import name`: `follow` binds
            all of them, `keep` none, and names as `package.module:name` bind those only.
        callbacks: What to call around applying and undoing.
        required: Whether it is an error that the patch is meant for the environment but cannot be applied; if not, it
            is a warning.

    Raises pydantic.ValidationError, a ValueError, for anything that is wrong; it says what to write instead.
    """

    id: PatchId
    summary: Annotated[str, AfterValidator(_summary)]
    requires: Annotated[Requirements, AfterValidator(_not_empty)]
    unbounded_because: Annotated[str | None, Field(validate_default=True)] = None
    prereleases: Literal["by-version", "by-fingerprint"] = "by-version"
    edits: Annotated[tuple[Edit, ...], AfterValidator(_not_empty)]
    fixes: Url | None = None
    references: Urls = ()
    reproducer: Reproducer | None = None
    supersedes: PatchIds = ()
    aliases: Aliases = "follow"
    callbacks: Callbacks = Callbacks()
    required: bool = True

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the edits land in, each once, in the order of the edits."""
        return tuple(dict.fromkeys(edit.target.module for edit in self.edits))

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        fields = _with_edits(value)
        return {"id": _default_id(fields), "summary": _default_summary(fields)} | fields

    @field_validator("unbounded_because")
    @classmethod
    def _check_upper_bound(cls, reason: str | None, info: ValidationInfo) -> str | None:
        requires = info.data.get("requires", ())
        if requires and not reason and not _is_bounded(requires):
            msg = (
                f"is missing, and requires={', '.join(requires)!r} has no upper bound, so the patch would never end: "
                "add '<X' with the first release that has the fix, or unbounded_because='...' if there is none yet"
            )
            raise ValueError(msg)
        return reason

    @field_validator("edits")
    @classmethod
    def _check_targets(cls, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        targets = Counter(str(edit.target) for edit in edits)
        double = [target for target, number in targets.items() if number > 1]
        if double:
            msg = f"two edits of one patch have the same target: {', '.join(double)}"
            raise ValueError(msg)
        return edits

    @field_validator("edits")
    @classmethod
    def _check_originals(cls, edits: tuple[Edit, ...], info: ValidationInfo) -> tuple[Edit, ...]:
        lacking = [str(edit.target) for edit in edits if not edit.original]
        if info.data.get("prereleases") == "by-fingerprint" and lacking:
            msg = f"prereleases='by-fingerprint' goes by original=..., which is missing for {', '.join(lacking)}"
            raise ValueError(msg)
        return edits

    @field_validator("supersedes")
    @classmethod
    def _check_supersedes(cls, supersedes: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("id") in supersedes:
            msg = f"{info.data['id']!r} cannot supersede itself"
            raise ValueError(msg)
        return supersedes


def _with_edits(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gather the fields of a single edit that were given directly."""
    direct = {name: fields[name] for name in _EDIT_FIELDS if name in fields}
    if not direct:
        return dict(fields)
    if "edits" in fields:
        msg = f"give either edits=... or {', '.join(direct)}, not both"
        raise ValueError(msg)
    rest = {name: value for name, value in fields.items() if name not in direct}
    return rest | {"edits": [direct]}


def _default_id(fields: Mapping[str, Any]) -> str:
    """`torch-178148`; empty if `fixes` ends in no number."""
    number = re.search(r"(\d+)/?$", str(fields.get("fixes") or ""))
    requires = fields.get("requires")
    first = requires[0] if isinstance(requires, list | tuple) and requires else requires
    name = re.match(r"[A-Za-z0-9._-]+", str(first or ""))
    if number is None:
        return ""
    # Without a name `requires` is refused, and one complaint about that is enough.
    return f"{name[0].lower() if name else 'unnamed'}-{number[1]}"


def _default_summary(fields: Mapping[str, Any]) -> str:
    edits = fields.get("edits")
    if not isinstance(edits, list | tuple):
        return _NO_EDITS
    documents = (inspect.cleandoc(_document(edit)) for edit in edits)
    return next((document.splitlines()[0] for document in documents if document), "" if edits else _NO_EDITS)


def _document(edit: Any) -> str:
    replacement = edit.get("replacement") if isinstance(edit, dict) else getattr(edit, "replacement", None)
    if not (isinstance(replacement, str) or callable(replacement) or hasattr(type(replacement), "__get__")):
        return _NO_EDITS
    function = function_of(getattr(replacement, "held", replacement))
    return (function and function.__doc__) or ""


def _is_bounded(requires: tuple[str, ...]) -> bool:
    specifiers = [specifier for text in requires for specifier in Requirement(text).specifier]
    return any(specifier.operator in _UPPER_BOUNDS for specifier in specifiers)
