"""The edits of a patch, each of one target."""

from __future__ import annotations

import sys
from _collections_abc import Mapping

from backportkit.declaration import rules
from backportkit.declaration.checked import Record, optional, refuse, several, shown
from backportkit.declaration.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, ClassVar, Literal, TypeAlias

    from backportkit.declaration.checked import Rule

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
        module: The module that is watched, in full.
        class_: The class, nested with dots, or the object that has the attribute, `app` or `routes[0]`; None for a
            module's own name. Called `class` in data.
        attribute: The attribute.
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
            return (self.attribute,)
        owner = [step if isinstance(step, str) else f"[{step[0]!r}]" for step in self._owner]
        return (*owner, self.attribute)

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
        """Make the target that a module and a path without keys name."""
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
        values = {**checked, "items": items if item is None else (item,)}
        for name in self.__slots__:
            _set(self, name, values.get(name.removesuffix("_")))


def _fields_in(written: str) -> dict[str, Any]:
    """The fields of a target that is written as `module:Class.attribute[key]`. Raises Refusal."""
    name, _, path = written.partition(":")
    class_, _, last = path.rpartition(".")
    found: tuple[str | None, str, tuple[str | int, ...]] | None = class_ or None, last, ()
    if not {"[", "]"}.isdisjoint(path):
        from backportkit.declaration import notation  # few targets have keys

        found = notation.fields_in(path)
    elif ":" in path:
        found = None
    if found is None or not (name and path) or not {"[", "]"}.isdisjoint(name):
        way = "write 'package.module:Class.attribute' or 'package.module:function'"
        raise refuse(f"{shown(written)} names no target: {way}")
    return {"module": name, "class": found[0], "attribute": found[1], "items": found[2]}


class _Data:
    """A value that an edit puts somewhere. Readers get copies of it only."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def copy(self) -> Any:
        return _fresh(self._value)


def module_of(put: Any) -> str:
    """Return the module of the replacement that an edit puts at its target, see `Edit.parts`; empty for a value."""
    if type(put) is _Data:
        return ""
    return (put if isinstance(put, Reference) else Reference.to(put)).module


def _fresh(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _fresh(item) for key, item in value.items()}
    return [_fresh(item) for item in value] if isinstance(value, list) else value


class Edit(Record):
    """One target with its replacement.

    Attributes:
        target: Where it lands.
        replacement: A function or descriptor, or the name of any object as `package.module:function`, which is
            imported only after the target has loaded.
        value: Plain data to put there instead of a replacement: what JSON can say. A list or dict is copied each time.
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
    fields = ("target", "replacement", "value", "how", "namespace", "signature", "original", "fixed")
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
        ) -> None: ...

    @property
    def replacement(self) -> Reference | None:
        """The name of the replacement, which may hold the object itself; None for a value."""
        put = self._put
        return None if self.has_value else put if isinstance(put, Reference) else Reference.to(put)

    @property
    def held(self) -> Any:
        """The replacement itself, if the declaration has it at hand; else None."""
        put = self._put
        if isinstance(put, Reference):
            return put.held
        return None if type(put) is _Data else put

    @property
    def value(self) -> Any:
        """The value that is put at the target, a new copy each time; None where there is a replacement."""
        return self._put.copy() if self.has_value else None

    @property
    def has_value(self) -> bool:
        """True if the edit puts a value at its target, which may be None, and no replacement."""
        return type(self._put) is _Data

    def _fill(self, checked: dict[str, Any]) -> None:
        if ("value" in checked) != (checked.get("replacement") is None):
            raise refuse("give either replacement=... or value=..., and only one of them")
        put = _Data(checked["value"]) if "value" in checked else checked["replacement"]
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
