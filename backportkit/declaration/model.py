"""What a patch is: frozen records, checked where they are declared, without behaviour."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from packaging.requirements import Requirement
from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from backportkit.declaration.edit import Edit, Record, Target, check_one_argument
from backportkit.declaration.fields import (
    Aliases,
    PatchId,
    PatchIds,
    Replacement,
    Requirements,
    Requires,
    Summary,
    Text,
    Url,
    Urls,
    not_empty,
)
from backportkit.declaration.reference import is_python_function
from backportkit.shown import shown
from backportkit.source.callables import function_of, has_lost_docstring

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Callbacks", "Edit", "Patch", "Reproducer", "Target"]

# Stands in for a summary where there is no replacement to take one from: that is what is complained about.
_NO_EDITS = "no edits"
_LOST = "no summary, since this Python dropped the docstrings (-OO)"
_UPPER_BOUNDS = frozenset({"<", "<=", "==", "===", "~="})
_EDIT_FIELDS = ("target", "replacement", "value", "how", "namespace", "signature", "original", "fixed")


class Reproducer(Record):
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
    expect: Text | None = None
    packages: Requirements = ()
    programs: tuple[Text, ...] = ()
    environment: dict[Text, Text] = Field(default_factory=dict)
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
            msg = f"{shown(expect)} is no regular expression: {error}"
            raise ValueError(msg) from None
        return expect


class Callbacks(Record):
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
            check_one_argument(held, "the module", f"def {info.field_name}(module): ...")
        return callback


class Patch(Record):
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
        upstream_status: `fixed`: that change is in a release, or will be in the next. `open`: upstream has not
            accepted a change yet. `workaround`: this is no change of upstream's. Default: `fixed` if there is `fixes`,
            else `open`.
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
    summary: Summary
    requires: Requires
    unbounded_because: Annotated[Text | None, Field(validate_default=True)] = None
    prereleases: Literal["by-version", "by-fingerprint"] = "by-version"
    edits: Annotated[tuple[Edit, ...], AfterValidator(not_empty)]
    fixes: Url | None = None
    upstream_status: Literal["fixed", "open", "workaround"] = "open"
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
        defaults = {"id": _default_id(fields), "summary": _default_summary(fields)}
        return defaults | {"upstream_status": "fixed" if _text(fields.get("fixes")) else "open"} | fields

    @field_validator("unbounded_because")
    @classmethod
    def _check_upper_bound(cls, reason: str | None, info: ValidationInfo) -> str | None:
        requires = info.data.get("requires", ())
        if requires and not reason and not _is_bounded(requires):
            msg = (
                f"is missing, and requires={shown(', '.join(requires))} has no upper bound, so the patch would never "
                "end: add '<X' with the first release that has the fix, or unbounded_because='...' if there is none yet"
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
    number = re.search(r"(\d+)/?$", _text(fields.get("fixes")))
    requires = fields.get("requires")
    first = requires[0] if isinstance(requires, list | tuple) and requires else requires
    name = re.match(r"[A-Za-z0-9._-]+", _text(first))
    if number is None:
        return ""
    # Without a name `requires` is refused, and one complaint about that is enough.
    return f"{name[0].lower() if name else 'unnamed'}-{number[1]}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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
    document = _LOST if has_lost_docstring(function) else function and function.__doc__
    return document if isinstance(document, str) else ""


def _is_bounded(requires: tuple[str, ...]) -> bool:
    specifiers = [specifier for text in requires for specifier in Requirement(text).specifier]
    return any(specifier.operator in _UPPER_BOUNDS for specifier in specifiers)
