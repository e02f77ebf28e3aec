"""The edits of a patch, each of one target."""

from __future__ import annotations

import sys
from _collections_abc import Mapping

from backportkit.declaration import rules
from backportkit.declaration.checked import Record, Refusal, optional, refuse, several, shown
from backportkit.declaration.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, ClassVar, Literal, TypeAlias

    from backportkit.declaration.checked import Problem, Rule

    Texts: TypeAlias = str | Sequence[str]
    # The module of the target; the path in it, or a Target if that has keys; what is put there; the other fields.
    Parts: TypeAlias = tuple[str, "str | Target", Any, tuple[Any, ...]]
    Step: TypeAlias = str | tuple[str | int]

_USUAL = {"how": "replace", "namespace": "own", "signature": "keep", "original": (), "fixed": ()}
USUALLY = tuple(_USUAL.values())

_set = object.__setattr__


class Target(Record):
    """Where an edit lands. Also accepted, and written down, as the string `module:Class.attribute[key][key]`.

    Attributes:
        module: The module that is watched, in full; the target itself, if there is no attribute.
        class_: The class, nested with dots, or the object that has the attribute, `app` or `routes[0]`; None for a
            module's own name. Called `class` in data.
        attribute: The attribute; empty where the module is the target.
        items: The keys and indexes that lead on, when the attribute is a mapping or list and something in it is the
            target. A single one may be given as `item`.
    """

    __slots__ = ("attribute", "class_", "items", "module")
    fields = hashed = ("module", "class_", "attribute", "items")
    rules: ClassVar[dict[str, Rule]] = {
        "module": rules.module,
        "class": optional(rules.owner),
        "attribute": rules.attribute,
        "item": optional(rules.item),
        "items": rules.items,
    }
    hints: ClassVar[dict[str, str]] = {
        "module": "write 'package.module'",
        "attribute": "write the name of what is replaced",
    }
    module: str
    class_: str | None
    attribute: str
    items: tuple[str | int, ...]

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            module: str,
            attribute: str,
            class_: str | None = None,
            item: str | int | None = None,
            items: Sequence[str | int] = (),
        ) -> None: ...

    @property
    def item(self) -> str | int | None:
        """The key, if there is a single one."""
        return self.items[0] if len(self.items) == 1 else None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The names and keys that lead from the module to the target, each key in a tuple of its own."""
        return (*self._owner, self.attribute, *((item,) for item in self.items))

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead from the module to the attribute, with keys on the way in brackets."""
        if self.class_ is None:
            return (self.attribute,) if self.attribute else ()
        owner = [step if isinstance(step, str) else f"[{step[0]!r}]" for step in self._owner]
        return (*owner, self.attribute)

    @property
    def is_module(self) -> bool:
        """True if it is a module, and nothing in one."""
        return not self.attribute

    @property
    def _owner(self) -> Sequence[Step]:
        if self.class_ is None or "[" not in self.class_:
            return () if self.class_ is None else self.class_.split(".")
        from backportkit.declaration import notation

        return notation.steps_in(self.class_) or ()

    @property
    def is_in_class(self) -> bool:
        """True if it is an attribute of a class, or of an object: that shows when the module is there."""
        return self.class_ is not None and not self.items

    def __str__(self) -> str:
        if not self.attribute:
            return self.module
        owner = f"{self.class_}." if self.class_ else ""
        items = "".join([f"[{item!r}]" for item in self.items])
        return f"{self.module}:{owner}{self.attribute}{items}"

    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, str):
            return _fields_in(value)
        if isinstance(value, Mapping) and "class_" in value and "class" not in value:
            return {"class" if name == "class_" else name: inner for name, inner in value.items()}
        return value

    @classmethod
    def of(cls, module: str, path: str) -> Target:
        """Make the target that a module and a path without keys name; without a path it is the module."""
        class_, _, attribute = path.rpartition(".")
        made = cls.__new__(cls)  # not by `made_of`, since each patch that is armed makes one
        _set(made, "attribute", attribute)
        _set(made, "class_", class_ or None)
        _set(made, "items", ())
        _set(made, "module", module)
        return made

    def _fill(self, checked: dict[str, Any]) -> None:
        item, items = checked.get("item"), checked.get("items", ())
        if item is not None and items:
            raise refuse("give either item or items, not both")
        _set(self, "attribute", checked["attribute"])
        _set(self, "class_", checked.get("class"))
        _set(self, "items", items if item is None else (item,))
        _set(self, "module", checked["module"])


def _fields_in(written: str) -> dict[str, Any]:
    """The fields of a target that is written as `module:Class.attribute[key]`. Raises Refusal."""
    name, _, path = written.partition(":")
    class_, _, last = path.rpartition(".")
    found: tuple[str | None, str, tuple[str | int, ...] | None] | None = class_ or None, last, None
    if not {"[", "]"}.isdisjoint(path):
        from backportkit.declaration import notation  # few targets have keys

        found = notation.fields_in(path)
    elif ":" in path:
        found = None
    if found is None or not (name and path) or not {"[", "]"}.isdisjoint(name):
        way = "write 'package.module:Class.attribute' or 'package.module:function'"
        raise refuse(f"{shown(written)} names no target: {way}")
    fields: dict[str, Any] = {"module": name, "class": found[0], "attribute": found[1]}
    return fields | {"items": found[2]} if found[2] else fields


class _Data:
    """A value that an edit puts somewhere. Readers get copies of it only."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def copy(self) -> Any:
        return _fresh(self._value)


class AliasOf(str):
    """The name of a module that is to be had by another name, too."""

    __slots__ = ()


def module_of(put: Any) -> str:
    """Return the module of the replacement that an edit puts at its target, see `Edit.parts`; empty if it puts none."""
    if type(put) in _NO_REPLACEMENT:
        return ""
    return (put if isinstance(put, Reference) else Reference.to(put)).module


_NO_REPLACEMENT = frozenset({_Data, AliasOf})


def is_of_module(given: Any) -> bool:
    """Tell whether an edit, or what is given for one, has a module as its target: by the manner, or by what it puts."""
    if isinstance(given, Edit):
        return given.target.is_module
    if not isinstance(given, Mapping):
        return False
    target = given.get("target")
    if isinstance(target, Target):
        return target.is_module
    if not isinstance(target, str) or ":" in target:
        return False
    put = given.get("replacement")
    names_one = type(put) is str and put and ":" not in put
    return given.get("how") == "add" or given.get("alias_of") is not None or bool(names_one)


def adds_only(edits: Any) -> bool:
    """Tell whether edits add modules and do nothing else. Such a patch ends as nobody imports them any more."""
    return isinstance(edits, list | tuple) and bool(edits) and all(map(is_of_module, edits))


def _fresh(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _fresh(item) for key, item in value.items()}
    return [_fresh(item) for item in value] if isinstance(value, list) else value


class Edit(Record):
    """One target with its replacement.

    Attributes:
        target: Where it lands.
        replacement: A function or descriptor, or the name of any object as `package.module:function`, which is
            imported only after the target has loaded. Where the target is a module, the name of one: its file or
            package runs under the target's name, when that is imported.
        value: Plain data to put there instead of a replacement: what JSON can say. A list or dict is copied each time.
        alias_of: Instead of a replacement, where the target is a module: the module that is to be had by that name.
        how: `replace` puts the replacement in the original's place. `wrap` calls it with the original and puts what it
            returns there. `add` demands that nothing stands there yet. `in_place` gives the very function that is there
            the replacement's code and defaults, so that all who hold it follow.
        namespace: Whose globals the replacement's body sees: its own module's, or the `target` module's. What is
            changed in place sees those of the target.
        signature: `keep`: every call that the original takes must mean the same to the replacement. `change`: not
            compared, since all callers are patched along.
        original: Fingerprints of the bodies that this edit was written against. Empty: not checked.
        fixed: Fingerprints of upstream's fixed body. Where one of them is installed there is nothing to patch.
    """

    __slots__ = ("_put", "fixed", "how", "namespace", "original", "signature", "target")
    fields = ("target", "replacement", "value", "how", "namespace", "signature", "original", "fixed", "alias_of")
    hashed = ("target", "how")
    rules: ClassVar[dict[str, Rule]] = {
        "target": Target.checked,
        "replacement": optional(rules.replacement),
        "value": rules.data,
        "how": rules.one_of("replace", "wrap", "add", "in_place"),
        "namespace": rules.one_of("own", "target"),
        "signature": rules.one_of("keep", "change"),
        "original": several(rules.fingerprint),
        "fixed": several(rules.fingerprint),
        "alias_of": optional(rules.alias_of),
    }
    hints: ClassVar[dict[str, str]] = {"target": "write 'package.module:Class.attribute' or 'package.module:function'"}
    target: Target
    _put: Any  # a reference, a function, or data
    how: Literal["replace", "wrap", "add", "in_place"]
    namespace: Literal["own", "target"]
    signature: Literal["keep", "change"]
    original: tuple[str, ...]
    fixed: tuple[str, ...]

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 -- the fields
            self,
            *,
            target: Target | str | Mapping[str, Any],
            replacement: Any = None,
            value: Any = None,
            how: Literal["replace", "wrap", "add", "in_place"] = "replace",
            namespace: Literal["own", "target"] = ...,
            signature: Literal["keep", "change"] = "keep",
            original: Texts = (),
            fixed: Texts = (),
            alias_of: str | None = None,
        ) -> None: ...

    @property
    def replacement(self) -> Reference | None:
        """The name of the replacement, which may hold the object itself; None for a value and for an alias."""
        put = self._put
        if type(put) in _NO_REPLACEMENT:
            return None
        return put if isinstance(put, Reference) else Reference.to(put)

    @property
    def alias_of(self) -> str | None:
        """The module that is to be had by the target's name; None for anything else."""
        return str(self._put) if type(self._put) is AliasOf else None

    @property
    def held(self) -> Any:
        """The replacement itself, if the declaration has it at hand; else None."""
        put = self._put
        if isinstance(put, Reference):
            return put.held
        return None if type(put) in _NO_REPLACEMENT else put

    @property
    def value(self) -> Any:
        """The value that is put at the target, a new copy each time; None where there is a replacement."""
        return self._put.copy() if self.has_value else None

    @property
    def has_value(self) -> bool:
        """True if the edit puts a value at its target, which may be None, and no replacement."""
        return type(self._put) is _Data

    @classmethod
    def _otherwise(cls, given: Mapping[Any, Any], problems: list[Problem]) -> dict[str, Any]:
        if not is_of_module(given):
            raise Refusal(problems)
        from backportkit.declaration import of_module  # few targets are modules

        return of_module.checked(cls, given)

    def _fill(self, checked: dict[str, Any]) -> None:
        if checked.get("alias_of") is None and ("value" in checked) != (checked.get("replacement") is None):
            raise refuse("give either replacement=... or value=..., and only one of them")
        put = _Data(checked["value"]) if "value" in checked else checked.get("alias_of") or checked["replacement"]
        usual = {**_USUAL, "namespace": "target"} if checked.get("how") == "in_place" else _USUAL
        for name, value in {**usual, **checked, "_put": put}.items():
            if name in self.__slots__:
                _set(self, name, value)
        rules.check_edit(self)

    def parts(self) -> Parts:
        """Return the values that make an equal edit, in little memory: its names are the texts that the module has."""
        manner = self.how, self.namespace, self.signature, self.original, self.fixed
        target = self.target
        text = ".".join(target.path)
        path = target if target.items or "[" in text else sys.intern(text)
        return sys.intern(f"{target.module}"), path, self._put, USUALLY if manner == USUALLY else manner

    @classmethod
    def of(cls, module: str, path: str | Target, put: Any, manner: tuple[Any, ...]) -> Edit:
        """The edit that has these parts."""
        made = cls.__new__(cls)
        _set(made, "_put", put)
        _set(made, "target", path if isinstance(path, Target) else Target.of(module, path))
        for name, value in zip(_USUAL, manner, strict=True):
            _set(made, name, value)
        return made
