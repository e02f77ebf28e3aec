"""What a patch is: frozen records, checked where they are declared, without behaviour."""

from __future__ import annotations

import ast
import inspect
import json
import re
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
    StringConstraints,
    model_serializer,
    model_validator,
)

from backportkit.reference import Reference, is_python_function

if TYPE_CHECKING:
    from collections.abc import Mapping

_UPPER_BOUNDS = frozenset({"<", "<=", "==", "===", "~="})
_ALIASES = ("follow", "keep")
_TARGET = re.compile(r"(?P<module>[^:\[\]]+):(?P<path>[^:\[\]]+)(\[(?P<item>.+)\])?")
_EDIT_FIELDS = ("target", "replacement", "value", "how", "namespace", "original", "fixed")


def _dotted(value: str) -> str:
    if not all(part.isidentifier() for part in value.split(".")):
        msg = f"{value!r} is no dotted name: write 'package.module:Class.attribute'"
        raise ValueError(msg)
    return value


def _requirement(value: str) -> str:
    try:
        return str(Requirement(value))
    except InvalidRequirement as error:
        msg = f"{value!r} is no requirement: write one like 'torch>=2.11,<2.12' ({error})"
        raise ValueError(msg) from None


def _finite(value: Any) -> Any:
    """JSON has no word for nan and the infinities, so a patch written down would come back as another one."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        msg = f"{value!r} is nothing that JSON can say: name a constant of yours as replacement='package.module:NAME'"
        raise ValueError(msg) from None
    return value


def _copies(value: Any) -> Any:
    """`follow` and `keep` are words, any other string is the one name of a copy."""
    return (value,) if isinstance(value, str) and value not in _ALIASES else value


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


DottedName = Annotated[str, AfterValidator(_dotted)]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^ast1:[0-9a-f]{12,64}$")]
Fingerprints = Annotated[tuple[Fingerprint, ...], BeforeValidator(_as_tuple)]
Requirements = Annotated[tuple[Annotated[str, AfterValidator(_requirement)], ...], BeforeValidator(_as_tuple)]
PatchId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
PatchIds = Annotated[tuple[PatchId, ...], BeforeValidator(_as_tuple)]
Copy = Annotated[str, StringConstraints(pattern=r"^[^:\s]+:\S.*$")]
Aliases = Annotated[Literal["follow", "keep"] | tuple[Copy, ...], BeforeValidator(_copies)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
Urls = Annotated[tuple[Url, ...], BeforeValidator(_as_tuple)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


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
    attribute: DottedName
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
        original: Fingerprints of the bodies that this edit was written against. Empty: not checked.
        fixed: Fingerprints of upstream's fixed body. Where one of them is installed there is nothing to patch.
    """

    target: Target
    replacement: Reference | None = None
    value: Annotated[JsonValue, AfterValidator(_finite)] = None
    how: Literal["replace", "wrap", "add"] = "replace"
    namespace: Literal["own", "target"] = "own"
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
        function = self.replacement.held if self.replacement is not None else None
        if is_python_function(function):
            _check_parameters(function, self)
        return self

    @model_serializer(mode="wrap")
    def _leave_out_the_other(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Of `replacement` and `value` only the one that was given."""
        fields: dict[str, Any] = write(self)
        fields.pop("replacement" if self.has_value else "value", None)
        return fields


def _check_parameters(function: Any, edit: Edit) -> None:
    if edit.how == "wrap":
        wanted, example = 1, "def wrapper(original): ..."
    elif edit.target.class_ is not None:
        wanted, example = 1, f"def {edit.target.attribute}(self, ...): ..."
    else:
        return
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    positional = [kind for kind in kinds if kind <= inspect.Parameter.VAR_POSITIONAL]
    if len(positional) < wanted:
        msg = (
            f"{function.__qualname__}() takes no positional argument and cannot serve {edit.target}: write '{example}'"
        )
        raise ValueError(msg)


class Reproducer(_Record):
    """Code that fails without the patch and passes with it. Also accepted as the bare function or its name.

    Attributes:
        run: The function, without parameters. It fails by raising; what it returns is ignored.
        expect: A regular expression that the traceback of the failure must contain, so that a failure for another
            reason, such as a missing compiler, proves nothing. None accepts any failure.
        packages: Requirements of the reproducer beyond those of the patch.
        programs: Programs that must be on the PATH. `c++` is any of the usual C++ compilers, or `$CXX`.
        environment: Environment variables. `{scratch}` in a value is an empty directory, a fresh one for each run.
        timeout: The time limit of one run, in seconds.
        disk: What an environment with the patched package needs on disk, in GB.
    """

    run: Reference
    expect: str | None = None
    packages: Requirements = ()
    programs: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    timeout: float = Field(default=300, gt=0)
    disk: float = Field(default=1, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _from_function(cls, value: Any) -> Any:
        return {"run": value} if isinstance(value, str) or callable(value) else value

    @model_validator(mode="after")
    def _check_expect(self) -> Reproducer:
        try:
            re.compile(self.expect or "")
        except re.error as error:
            msg = f"expect={self.expect!r} is no regular expression: {error}"
            raise ValueError(msg) from None
        return self


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
        edits: One or more edits; those of one module are applied all or none.
        fixes: The upstream change that this patch carries.
        references: Further provenance: reports, downstream changes.
        reproducer: Code that fails without the patch and passes with it.
        supersedes: The ids of patches that this one takes the place of: while it is armed for this environment, they
            are out of force, and they do not come back when it is undone.
        aliases: What is to become of the copies that other modules made by `from module import name`: `follow` binds
            all of them, `keep` none, and names as `package.module:name` bind those only.
        required: Whether it is an error that the patch is meant for the environment but cannot be applied; if not, it
            is a warning.

    Raises pydantic.ValidationError, a ValueError, for anything that is wrong; it says what to write instead.
    """

    id: PatchId
    summary: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\n]*$")]
    requires: Annotated[Requirements, Field(min_length=1)]
    unbounded_because: str | None = None
    edits: Annotated[tuple[Edit, ...], Field(min_length=1)]
    fixes: Url | None = None
    references: Urls = ()
    reproducer: Reproducer | None = None
    supersedes: PatchIds = ()
    aliases: Aliases = "follow"
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

    @model_validator(mode="after")
    def _check(self) -> Patch:
        _check_summary(self.summary)
        _check_upper_bound(self.requires, self.unbounded_because)
        _check_targets(self.edits)
        if self.id in self.supersedes:
            msg = f"{self.id!r} cannot supersede itself"
            raise ValueError(msg)
        return self


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
    """`torch-178148`, or a text that the field's pattern refuses when the parts are not there."""
    number = re.search(r"(\d+)/?$", str(fields.get("fixes") or ""))
    first = next(iter(_as_tuple(fields.get("requires")) or ()), "")
    name = re.match(r"[A-Za-z0-9._-]+", str(first))
    if number is None or name is None:
        return ""
    return f"{name[0].lower()}-{number[1]}"


def _default_summary(fields: Mapping[str, Any]) -> str:
    edits = fields.get("edits")
    if not isinstance(edits, list | tuple):
        return ""
    for edit in edits:
        replacement = edit.get("replacement") if isinstance(edit, dict) else getattr(edit.replacement, "held", None)
        document = inspect.getdoc(replacement) if is_python_function(_inner(replacement)) else None
        if document:
            return document.splitlines()[0]
    return ""


def _inner(value: Any) -> Any:
    return getattr(value, "__func__", value)


def _check_summary(summary: str) -> None:
    if not summary:
        msg = "summary is empty: give summary='...', or start the replacement's docstring with what breaks without it"
        raise ValueError(msg)


def _check_upper_bound(requires: tuple[str, ...], reason: str | None) -> None:
    specifiers = [specifier for text in requires for specifier in Requirement(text).specifier]
    bounded = any(specifier.operator in _UPPER_BOUNDS for specifier in specifiers)
    if not bounded and not reason:
        msg = (
            f"requires={', '.join(requires)!r} has no upper bound, so the patch would never end: add '<X' with the first "
            "release that has the fix, or unbounded_because='...' if there is none yet"
        )
        raise ValueError(msg)


def _check_targets(edits: tuple[Edit, ...]) -> None:
    targets = [str(edit.target) for edit in edits]
    double = {target for target in targets if targets.count(target) > 1}
    if double:
        msg = f"two edits of one patch have the same target: {', '.join(sorted(double))}"
        raise ValueError(msg)
