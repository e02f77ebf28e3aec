"""The record of a patch: immutable, and made by one set of rules whatever way the patch is declared."""

from __future__ import annotations

from backportkit.declaration import bounds, rules
from backportkit.declaration.checked import DATA, Record, Refusal, made_of, optional, refuse, several
from backportkit.declaration.edits import Edit, adds_only

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, ClassVar, Literal, TypeAlias

    from backportkit.declaration.alternatives import AnyOf
    from backportkit.declaration.callbacks import Callback, Callbacks
    from backportkit.declaration.checked import Problem, Rule
    from backportkit.declaration.edits import Parts, Target
    from backportkit.declaration.reproducer import Reproducer

    Texts: TypeAlias = str | Sequence[str]
    Requirements: TypeAlias = tuple[str | AnyOf, ...]
    # What may be given for requirements.
    Requires: TypeAlias = str | AnyOf | Mapping[str, Any] | Sequence[str | AnyOf | Mapping[str, Any]]

_REQUIREMENT = "write a requirement like 'torch>=2.11,<2.12'"
_EDITS = "give target=... and replacement=..., or edits=[...] with both in each"

_set = object.__setattr__
_same: dict[Requirements, Requirements] = {}  # many patches are for the same releases


def _callbacks(value: Any) -> Callbacks:
    from backportkit.declaration.callbacks import Callbacks  # few patches have any

    return Callbacks.checked(value)


def _reproducer(value: Any) -> Reproducer:
    from backportkit.declaration.reproducer import Reproducer  # only proofs need them

    return Reproducer.checked(value)


def _resolved(value: Any) -> str:
    from backportkit.declaration import advisories  # few patches resolve any

    return advisories.checked(value)


def _entry(value: Any) -> str | AnyOf:
    if isinstance(value, str):
        return rules.requirement(value)
    from backportkit.declaration import alternatives  # few patches have any

    return alternatives.entry(value)


def _requires(value: Any) -> Requirements:
    found: Requirements = entries(value)
    if not found:
        raise refuse(f"is empty: {_REQUIREMENT}")
    if found not in _same and sum(not isinstance(one, str) for one in found) > 1:
        raise refuse("has two any_of, and may have one: write the pairs as its alternatives, each pair a list")
    return _same.setdefault(found, found)


def _edits(value: Any) -> tuple[Edit, ...]:
    found: tuple[Edit, ...] = _several_edits(value)
    if not found:
        raise refuse(f"is empty: {_EDITS}")
    if len(found) > 1:
        from backportkit.declaration import apart

        apart.check(found)
    return found


entries = several(_entry, single=DATA)
_several_edits = several(Edit.checked, single=())

# The fields that few patches have, with their defaults.
_RARE = {
    "unbounded_because": None,
    "prereleases": "by-version",
    "upstream_status": None,
    "references": (),
    "resolves": (),
    "reproducer": None,
    "supersedes": (),
    "aliases": "follow",
    "callbacks": None,
    "required": True,
    "opt_in": False,
}
_NOTHING: dict[str, Any] = {}


class _Rare:
    """A field that few patches have."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, patch: Any, owner: type) -> Any:
        return self if patch is None else patch._rare.get(self._name, _RARE[self._name])  # noqa: SLF001 -- its own


def _rarely() -> Any:
    return _Rare()


class Patch(Record):
    """One declared record: what to put where, for whom, and why.

    A patch with one edit may give the fields of the edit (`target`, `replacement`, `how`, ...) directly instead of
    `edits`. Accepted as keywords, as a dict, from JSON and from TOML; `model_dump` and `model_dump_json` write what
    `model_validate` and `model_validate_json` read back as an equal patch.

    Attributes:
        id: A stable, readable name, unique in the process. Default: `<distribution>-<number>`, from the first
            distribution that is required, `python` aside, and the number that `fixes` ends in.
        summary: What breaks without the patch, in one line. Default: the first line of the replacement's docstring.
        requires: PEP 508 requirements that the installed environment must meet, all of them; one entry may be an
            `any_of`, of whose alternatives one must be met. At least one entry has an upper bound, an `any_of` where
            each of its alternatives has, else `unbounded_because` must say why none has.
        unbounded_because: The reason for having no upper bound, such as that no release has the fix yet.
        prereleases: What becomes of a development, vendor or hand-made build whose version is out of range.
            `by-version`: the patch is not for it. `by-fingerprint`: it is if all bodies are in `original`.
        edits: One or more edits; those of one module are applied all or none.
        fixes: The upstream change that this patch carries.
        upstream_status: `fixed`: that change is in a release, or will be in the next. `open`: upstream has not
            accepted a change yet. `workaround`: this is no change of upstream's. Default: `fixed` if there is `fixes`,
            else `open`.
        references: Further provenance: reports, downstream changes.
        resolves: Ids of advisories (CVE, GHSA, PYSEC) and addresses of issues that it resolves where it is in effect.
        reproducer: Code that fails without the patch and passes with it.
        supersedes: The ids of patches that this one takes the place of: while it is armed for this environment, they
            are out of force, and they do not come back when it is undone.
        aliases: What is to become of the copies that other modules made by `from module import name`: `follow` binds
            all of them, `keep` none, and names as `package.module:name` bind those only.
        callbacks: What to call around applying and undoing.
        required: Whether it is an error that the patch is meant for the environment but cannot be applied; if not, it
            is a warning.
        opt_in: Whether `apply_all` leaves it out until somebody asks for it by its id or a pattern.

    Raises DeclarationError, a ValueError, for anything that is wrong; it says what to write instead.
    """

    # A patch with one edit has the values of that edit in itself; several edits stand in `_put`, with no `_manner`.
    __slots__ = ("_manner", "_module", "_path", "_put", "_rare", "fixes", "id", "requires", "summary")
    rules: ClassVar[dict[str, Rule]] = {
        "id": rules.patch_id,
        "summary": rules.summary,
        "requires": _requires,
        "unbounded_because": optional(rules.text),
        "prereleases": rules.one_of("by-version", "by-fingerprint"),
        "edits": _edits,
        "fixes": optional(rules.url),
        "upstream_status": rules.one_of("fixed", "open", "workaround"),
        "references": several(rules.url),
        "resolves": several(_resolved),
        "reproducer": optional(_reproducer),
        "supersedes": several(rules.patch_id),
        "aliases": rules.aliases,
        "callbacks": _callbacks,
        "required": rules.flag,
        "opt_in": rules.flag,
    }
    hints: ClassVar[dict[str, str]] = {"requires": _REQUIREMENT, "edits": _EDITS}
    fields = tuple(rules)
    hashed = ("id", "summary", "requires", "fixes")
    _module: str
    _path: str | Target
    _put: Any
    _manner: Any
    _rare: dict[str, Any]
    id: str
    summary: str
    requires: Requirements
    fixes: str | None
    unbounded_because: str | None = _rarely()
    prereleases: Literal["by-version", "by-fingerprint"] = _rarely()
    references: tuple[str, ...] = _rarely()
    resolves: tuple[str, ...] = _rarely()
    reproducer: Reproducer | None = _rarely()
    supersedes: tuple[str, ...] = _rarely()
    aliases: Literal["follow", "keep"] | tuple[str, ...] = _rarely()
    required: bool = _rarely()
    opt_in: bool = _rarely()

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 -- the fields
            self,
            *,
            requires: Requires,
            id: str = ...,  # noqa: A002 -- the word for it everywhere
            summary: str = ...,
            unbounded_because: str | None = None,
            prereleases: Literal["by-version", "by-fingerprint"] = "by-version",
            edits: Sequence[Edit | Mapping[str, Any]] = ...,
            fixes: str | None = None,
            upstream_status: Literal["fixed", "open", "workaround"] = ...,
            references: Texts = (),
            resolves: Texts = (),
            reproducer: Reproducer | Mapping[str, Any] | Callback | None = None,
            supersedes: Texts = (),
            aliases: Texts = "follow",
            callbacks: Callbacks | Mapping[str, Callback | None] = ...,
            required: bool = True,
            opt_in: bool = False,
            **edit: Any,
        ) -> None: ...

    @property
    def upstream_status(self) -> Literal["fixed", "open", "workaround"]:
        said: Literal["fixed", "open", "workaround"] | None = self._rare.get("upstream_status")
        return said or ("fixed" if self.fixes else "open")

    @property
    def has_callbacks(self) -> bool:
        """True if there is anything to call around applying and undoing."""
        return "callbacks" in self._rare and any(callback for _, callback in self.callbacks)

    @property
    def callbacks(self) -> Callbacks:
        return _callbacks(self._rare.get("callbacks", _NOTHING))

    @property
    def edits(self) -> tuple[Edit, ...]:
        if self._manner is None:
            return self._put  # type: ignore[no-any-return]
        return (Edit.of(self._module, self._path, self._put, self._manner),)

    @property
    def parts(self) -> Sequence[Parts]:
        """The values that each edit is made of, for code to which making the edits costs too much, see `Edit.parts`."""
        if self._manner is None:
            return [edit.parts() for edit in self._put]
        return ((self._module, self._path, self._put, self._manner),)

    def for_requirements(self, requires: Requirements) -> Patch:
        """The same patch for other requirements, which are not checked."""
        values = (requires if name == "requires" else getattr(self, name) for name in self.__slots__)
        return made_of(Patch, *values)

    @property
    def added(self) -> tuple[str, ...]:
        """The modules that are made where there are none."""
        return () if self._path else tuple(edit.target.module for edit in self.edits if edit.target.is_module)

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the edits land in, each once, in the order of the edits."""
        if self._manner is None:
            return tuple(dict.fromkeys(edit.target.module for edit in self._put))
        return (self._module,)

    @property
    def occasions(self) -> tuple[str, ...]:
        """The modules that the edits land in, but of each that is added its package; empty for one in no package."""
        if self._path:  # most patches have one edit
            return (self._module,)
        modules, added = self.modules, self.added
        around = dict.fromkeys(name.rpartition(".")[0] if name in added else name for name in modules)
        return tuple(name for name in around if name not in added)

    @classmethod
    def known_fields(cls) -> list[str]:
        return [*cls.rules, *Edit.rules]

    def _set_up(self, given: Mapping[str, Any]) -> None:
        fields, is_direct = _with_edits(given)
        checked, problems = self._collect(_with_defaults(fields))
        problems += _between(checked, fields)
        problems.sort(key=_order)
        if problems and is_direct:  # one edit has no number
            problems = [(path[2:] if path[:2] == ("edits", 0) else path, message) for path, message in problems]
        if problems:
            raise Refusal(problems)
        self._fill(checked)

    def _fill(self, checked: dict[str, Any]) -> None:
        edits: tuple[Edit, ...] = checked["edits"]
        rare = _NOTHING if _RARE.keys().isdisjoint(checked) else _rare_in(checked)
        module, path, put, manner = edits[0].parts() if len(edits) == 1 else (None, None, edits, None)
        _set(self, "_module", module)
        _set(self, "_path", path)
        _set(self, "_put", put)
        _set(self, "_manner", manner)
        _set(self, "_rare", rare)
        for name in ("id", "summary", "requires", "fixes"):
            _set(self, name, checked.get(name))


def _rare_in(checked: dict[str, Any]) -> dict[str, Any]:
    return {name: checked[name] for name, usual in _RARE.items() if name in checked and checked[name] != usual}


def _with_edits(given: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Gather the fields of a single edit that were given directly; return also whether there were any."""
    if Edit.rules.keys().isdisjoint(given):
        return given, False
    if "edits" in given:
        raise refuse(f"give either edits=... or {', '.join(filter(given.__contains__, Edit.rules))}, not both")
    direct: dict[str, Any] = {}
    rest: dict[str, Any] = {"edits": [direct]}
    for name, value in given.items():
        (direct if name in Edit.rules else rest)[name] = value
    return rest, True


def _with_defaults(fields: Mapping[str, Any]) -> dict[str, Any]:
    edits = fields.get("edits")
    defaults: dict[str, Any] = {}
    if "id" not in fields:
        defaults["id"] = rules.default_id(fields.get("fixes"), fields.get("requires"))
    if "summary" not in fields:
        defaults["summary"] = rules.default_summary(edits if isinstance(edits, list | tuple) and edits else [None])
    return {**defaults, **fields}


def _between(checked: dict[str, Any], given: Mapping[str, Any]) -> Iterator[Problem]:
    """Return the problems between fields that are right by themselves."""
    requires, edits = checked.get("requires", ()), checked.get("edits", ())
    has_reason = checked.get("unbounded_because") or ("unbounded_because" in given.keys() - checked.keys())
    if requires and not (has_reason or any(map(bounds.is_bounded, requires)) or adds_only(given.get("edits"))):
        from backportkit.declaration import alternatives  # only for the message of an error

        message = (
            f"is missing, and {alternatives.unbounded(requires)} has no upper bound, so the patch would never "
            "end: add '<X' with the first release that has the fix, or unbounded_because='...' if there is none yet"
        )
        yield ("unbounded_because",), message
    if checked.get("prereleases") == "by-fingerprint":
        lacking = ", ".join(str(edit.target) for edit in edits if not edit.original)
        if lacking:
            yield ("edits",), f"prereleases='by-fingerprint' goes by original=..., which is missing for {lacking}"
    if checked.get("aliases", "follow") != "follow" and edits and all(edit.how == "in_place" for edit in edits):
        way = "leave it out, or use how='replace'"
        yield ("aliases",), f"how='in_place' changes the function itself, which is what every copy of it is: {way}"
    if checked.get("id") in checked.get("supersedes", ()):
        yield ("supersedes",), f"{checked['id']!r} cannot supersede itself"


def _order(problem: Problem) -> int:
    """Return the position of a problem's field among the fields; a name that is no field comes after them."""
    name = problem[0][0]
    return Patch.fields.index(str(name)) if name in Patch.fields else len(Patch.fields)
