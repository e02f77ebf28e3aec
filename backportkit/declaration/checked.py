"""Immutable records whose fields are checked by rules, whatever way they are declared.

A rule is a function: a value goes in, the checked value comes out, or a Refusal that says what to write instead. Only
the fields that were given are checked, and all problems are told at once. The code needs the standard library alone;
pydantic is loaded where a record is written down, see `schema`.
"""

from __future__ import annotations

from _collections_abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, ClassVar, TypeAlias, TypeVar

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from typing_extensions import Self

    from backportkit.errors import DeclarationError

    R = TypeVar("R", bound="Record")
    Rule: TypeAlias = Callable[[Any], Any]
    Problem: TypeAlias = tuple[tuple[str | int, ...], str]

_LISTS = list, tuple


class Refusal(Exception):  # noqa: N818 -- the answer of a rule
    """The problems of a value: for each of them the path within the value, and a text that says what to write."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)

    def within(self, name: str | int) -> list[Problem]:
        """Return the problems of a field as problems of the value that has the field."""
        return [((name, *path), message) for path, message in self.problems]


def refuse(message: str) -> Refusal:
    """The refusal of a value as a whole."""
    return Refusal([((), message)])


def shown(value: object) -> str:
    """Show a value in a message."""
    from backportkit import shown  # only for the message of an error

    return shown.shown(value)


def whole(value: str) -> str:
    """Return a text if it can be encoded, as for a report."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = f"half of a character, {value[error.start]!r}"
        raise refuse(f"{shown(value)} has {half}, which no file can have: write the whole character") from None
    return value


def several(rule: Rule, *, single: type | tuple[type, ...] = str) -> Rule:
    """The rule of a list; what is `single`, such as a text, stands for a list with nothing else in it."""

    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, _LISTS):
            if not isinstance(value, single):
                message = f"{shown(value)} is neither a text nor a list of texts"
                raise refuse(message if single else "Input should be a valid tuple")
            value = (value,)
        checked: list[Any] = []
        problems: list[Problem] = []
        for number, one in enumerate(value):
            try:
                checked.append(rule(one))
            except Refusal as refusal:
                problems += refusal.within(number)
        if problems:
            raise Refusal(problems)
        return tuple(checked)

    return check


def optional(rule: Rule) -> Rule:
    """Return the rule of a value that may be None, too."""
    return lambda value: None if value is None else rule(value)


class Record:
    """An immutable record. Two are equal if they are of one class and their fields are equal.

    Raises DeclarationError, a ValueError, for anything that is wrong; it says what to write instead.
    """

    __slots__: tuple[str, ...] = ()
    rules: ClassVar[dict[str, Rule]]  # by the names of the fields in data
    hints: ClassVar[dict[str, str]] = {}  # what to write where an obligatory field is missing, by its name
    fields: ClassVar[tuple[str, ...]]  # their names in Python
    hashed: ClassVar[tuple[str, ...]]
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}  # for the JSON schema of older releases

    def __init__(self, *values: Any, **given: Any) -> None:
        if values:
            raise _unnamed(type(self), values)
        try:
            self._set_up(self._read(given))
        except Refusal as refusal:
            raise refused(refusal, given, None) from None

    def _set_up(self, given: Mapping[str, Any]) -> None:
        """Take fields that were given. Raises Refusal."""
        checked, problems = self._collect(given)
        self._fill(self._otherwise(given, problems) if problems else checked)

    @classmethod
    def _otherwise(cls, given: Mapping[Any, Any], problems: list[Problem]) -> dict[str, Any]:  # noqa: ARG003
        """Check fields by other rules, if there are others for what these say. Raises Refusal."""
        raise Refusal(problems)

    @classmethod
    def _collect(cls, given: Mapping[Any, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """Return the checked values of the fields that are right, and the problems of the other fields."""
        checked: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, rule in cls.rules.items():
            try:
                if name in given:
                    checked[name] = rule(given[name])
                elif name in cls.hints:
                    problems.append(((name,), f"is missing: {cls.hints[name]}"))
            except Refusal as refusal:
                problems += refusal.within(name)
        if len(given) > len(checked):
            problems += cls._no_such_fields(name for name in given if name not in cls.rules)
        return checked, problems

    def _fill(self, checked: dict[str, Any]) -> None:
        """Keep checked fields; the others have their defaults."""
        raise NotImplementedError

    @classmethod
    def _read(cls, value: Any) -> Any:
        """Return the fields of a record that is written in another form, such as a text; else the value itself."""
        return value

    @classmethod
    def known_fields(cls) -> list[str]:
        """The fields that may be given, by their names in data."""
        return list(cls.rules)

    @classmethod
    def _no_such_fields(cls, names: Iterable[Any]) -> Iterator[Problem]:
        """Yield a problem for each name: the fields that are like it, or all fields for the first that none is like."""
        from backportkit import alike
        from backportkit.shown import plain

        there = cls.known_fields()
        every = f"; there are {', '.join(there)}"
        for name in names:
            if not isinstance(name, str):
                yield (shown(name),), "Keys should be strings"
            elif close := alike.question(name, there, alike.OWN):
                yield (plain(name),), f"there is no such field; {close}"
            else:
                yield (plain(name),), f"there is no such field{every}"
                every = ""

    @classmethod
    def checked(cls, value: Any) -> Self:
        """Return the value if it is a record, else the record that its data describe. Raises Refusal."""
        if isinstance(value, cls):
            return value
        given = cls._read(value)
        if not isinstance(given, Mapping):
            raise refuse(f"Input should be a valid dictionary or instance of {cls.__name__}")
        made = cls.__new__(cls)
        made._set_up(given)  # noqa: SLF001 -- its own
        return made

    # --- documents, by the names that pydantic has for them ---

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        """Return the value if it is a record, else the record that its data describe. Raises DeclarationError."""
        return validated(cls, value, None)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Return the record that a text in JSON describes. Raises DeclarationError."""
        from backportkit.declaration import json_text

        try:
            value = json_text.parse(text)
        except ValueError as error:
            raise wrong(f"the declaration is no JSON: {error}") from None
        return validated(cls, value, None)

    def model_dump(self, **options: Any) -> Any:
        """The record in data, with the options of pydantic's method of that name."""
        from backportkit.declaration import schema  # needs pydantic

        return schema.adapter(type(self)).dump_python(self, **options)

    def model_dump_json(self, **options: Any) -> str:
        """The record in JSON, with the options of pydantic's method of that name."""
        from backportkit.declaration import schema

        return schema.adapter(type(self)).dump_json(self, **options).decode()

    @classmethod
    def model_json_schema(cls, **options: Any) -> dict[str, Any]:
        """The JSON schema of such records, with the options of pydantic's method of that name."""
        from backportkit.declaration import schema

        return schema.adapter(cls).json_schema(**options)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from backportkit.declaration import schema

        return schema.of(cls, handler)

    # --- immutable, as a record should be ---

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"a {type(self).__name__} is frozen, so that its {name!r} cannot be changed: make another one"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.fields)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.hashed))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.fields)
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return made_of, (type(self), *(getattr(self, name) for name in type(self).__slots__))


DATA = str, Mapping, Record  # what is one entry, where a list of entries may be


def made_of(cls: type[R], *values: Any) -> R:
    """The record that has these values in its slots."""
    made = cls.__new__(cls)
    slots: tuple[str, ...] = cls.__slots__
    for name, value in zip(slots, values, strict=True):
        object.__setattr__(made, name, value)
    return made


def validated(cls: type[R], value: Any, where: str | None) -> R:
    """Return the record that a value is or describes. Raises DeclarationError, which names the target `where`."""
    try:
        return cls.checked(value)
    except Refusal as refusal:
        raise refused(refusal, value, where) from None


def wrong(message: str, **facts: Any) -> DeclarationError:
    """The error of a declaration that is wrong."""
    from backportkit.errors import DeclarationError  # loading it costs as much as six files of ours

    return DeclarationError(message, **facts)


def _unnamed(cls: type[Record], values: tuple[Any, ...]) -> DeclarationError:
    """The error of a record whose fields are given without their names."""
    first = next(iter(cls.hints or cls.rules))
    return wrong(
        f"{cls.__name__} takes its fields by name, and no others",
        found=", ".join(map(shown, values)),
        next_step=f"write {cls.__name__}({first}=...); it has {', '.join(cls.known_fields())}",
    )


def refused(refusal: Refusal, given: Any, where: str | None) -> DeclarationError:
    """The error that says what a refusal of these fields says, `where` being the target."""
    from backportkit.shown import plain

    fields = given if isinstance(given, Mapping) else {}
    patch_id, edits = fields.get("id"), fields.get("edits")
    single = isinstance(edits, list | tuple) and len(edits) == 1
    return wrong(
        "the declaration is wrong",
        patch=plain(patch_id) if isinstance(patch_id, str) and patch_id else None,
        target=None if where is None else plain(where),
        problems=[_line(path, message, single=single) for path, message in refusal.problems],
    )


def _line(path: tuple[str | int, ...], message: str, *, single: bool) -> str:
    """One line for a problem, without the numbering of the edits where there is only one."""
    inner = path[2:] if single and path[:2] == ("edits", 0) else path
    return f"{'.'.join(map(str, inner))}: {message}" if inner else message
