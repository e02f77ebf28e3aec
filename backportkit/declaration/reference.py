"""Name an object as `package.module:qualified.name`, and fetch it when it is needed."""

from __future__ import annotations

from backportkit.source.functions import code_of, function_of, is_of_functools, is_python_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any

_PLAIN = frozenset({bool, bytes, float, int, str})


class Added:
    """Mark, in a class that mirrors a target's class, something that is to be added there."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"added({self.value!r})"


class Reference(str):
    """A string `package.module:qualified.name`, which may already hold the object that it names.

    Two references are equal if their texts are equal and, where both hold Python code, if the codes are equal, too,
    whatever lines they stand in: a declaration that is read a second time is the same, and one whose body was edited in
    between is another one.
    """

    __slots__ = ("_object",)
    _object: Any

    @classmethod
    def to(cls, value: Any, name: str | None = None) -> Reference:
        """Refer to an object that is at hand, by `name` or else by its `__module__` and `__qualname__`.

        Raises ValueError for an object that has no name of its own.
        """
        reference = cls(name or _name_of(value))
        reference._object = value
        return reference

    @property
    def held(self) -> Any:
        """The object, if this reference was made from one; else None."""
        return getattr(self, "_object", None)

    @property
    def module(self) -> str:
        """The module that has the object."""
        return self.partition(":")[0]

    def resolve(self) -> Any:
        """Return the raw object, importing its module if need be.

        Raises ImportError or AttributeError as Python does when there is no such module or name.
        """
        if self.held is not None:
            return self.held
        from backportkit.hook.lazy_imports import imported  # not needed where a function was declared itself

        value = imported(self.module)
        for name in self.partition(":")[2].split("."):
            value = _raw_attribute(value, name)
        return value.value if type(value) is Added else value

    def call(self, *arguments: Any) -> Any:
        """Call the object: a class method is bound to the class that its name says."""
        return self.bound()(*arguments)

    def bound(self) -> Any:
        """Return the object to call: a class method is bound to the class that its name says."""
        value: Any = self.resolve()
        if isinstance(value, classmethod):
            from backportkit.hook.lazy_imports import imported

            value = imported(self.module)
            for name in self.partition(":")[2].split("."):
                value = getattr(value, name)
        return value

    @property
    def leads_back(self) -> bool:
        """True if the name leads to the very object that is held, in another process too."""
        if self.held is None:
            return True
        try:
            return self.module != "__main__" and Reference(str(self)).resolve() is self.held
        except BaseException as error:  # noqa: BLE001 -- whatever the module raises that the name leads to
            from backportkit.errors import let_interrupt_pass

            let_interrupt_pass(error)
            return False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str) or str.__ne__(self, other):
            return False
        mine, theirs = _codes(self.held), _codes(getattr(other, "held", None))
        return not mine or not theirs or mine == theirs

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    @classmethod
    def of(cls, value: Any) -> Reference:
        """Return the value if it is a reference, else one to it. Raises ValueError, saying what to write instead."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls._parse(value)
        if callable(value) or hasattr(type(value), "__get__"):
            return cls.to(_as_written(value))
        msg = f"{_shown(value)} is no function: give a function, or name one as 'package.module:function'"
        raise ValueError(msg)

    @classmethod
    def _parse(cls, text: str) -> Reference:
        if not names_an_object(text):
            msg = f"{_shown(text)} names no function: write 'package.module:function'"
            raise ValueError(msg)
        return cls(text)


def _shown(value: object) -> str:
    from backportkit.shown import shown  # only for the message of an error

    return shown(value)


def names_an_object(text: str) -> bool:
    """Tell whether a text has the form of a reference."""
    module, _, path = text.partition(":")
    return all(map(str.isidentifier, [*module.split("."), *path.split(".")]))


def _raw_attribute(owner: Any, name: str) -> Any:
    """The attribute, without binding it when the owner is a class: a staticmethod stays one."""
    raw = vars(owner).get(name) if isinstance(owner, type) else None
    return getattr(owner, name) if raw is None else raw


def _as_written(value: Any) -> Any:
    """Return the classmethod object of a class method that was read from its class; else the value.

    Raises ValueError for a method that is bound to another object: its name would lead to the unbound function.
    """
    is_bound = type(value) is type(Reference.of)
    if not is_bound:
        return value
    written = vars(value.__self__).get(value.__name__) if isinstance(value.__self__, type) else None
    if isinstance(written, classmethod) and written.__func__ is value.__func__:
        return written
    msg = (
        f"{_shown(value)} is bound to an object, which its name {value.__qualname__!r} does not say: give a function "
        "that calls it, or name it as 'package.module:object.method'"
    )
    raise ValueError(msg)


def _name_of(value: Any) -> str:
    named = _functions(value)[0]
    try:
        module, name = named.__module__, named.__qualname__
    except AttributeError:
        module, name = None, ""
    if module is None and not is_python_function(named):  # a method of a C type; one made by `exec` may
        way = "give a function that calls it, or name it as 'package.module:name'"
        msg = f"{_shown(value)} has no name of its own: {way}"
        raise ValueError(msg)
    return f"{module}:{name}"


def _functions(value: Any) -> list[Any]:
    """The functions in a descriptor; for anything else the value itself."""
    if isinstance(value, property):
        return [part for part in (value.fget, value.fset, value.fdel) if part is not None] or [value]
    if isinstance(value, staticmethod | classmethod):
        return [value.__func__]
    return [value.func if is_of_functools(value, "cached_property", "singledispatchmethod") else value]


def _codes(value: Any) -> list[Any]:
    """Return the codes that tell whether two functions are the same, without the lines that they stand in."""
    codes = [code_of(function) for function in _functions(value)]
    return [_without_places(code) for code in codes if code is not None]


def hold_the_same(one: Any, other: Any) -> bool:
    """Tell whether two equal references hold functions that do the same: with the same defaults and globals.

    Of functions with a closure each is another one.
    """
    mine, theirs = getattr(one, "held", None), getattr(other, "held", None)
    return mine is theirs or all(map(_do_the_same, _functions(mine), _functions(theirs)))


def _do_the_same(one: Any, other: Any) -> bool:
    mine, theirs = function_of(one), function_of(other)
    if mine is None or theirs is None or mine.__closure__ or mine.__globals__ is not theirs.__globals__:
        return False
    was, now = _defaults(theirs), _defaults(mine)
    return was.keys() == now.keys() and all(_is_same_value(now[name], was[name]) for name in now)


def _defaults(function: FunctionType) -> dict[int | str, Any]:
    defaults: dict[int | str, Any] = dict(enumerate(function.__defaults__ or ()))
    return defaults | dict(function.__kwdefaults__ or {})


def _is_same_value(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and type(one) in _PLAIN and one == other)


def _without_places(code: CodeType) -> CodeType:
    inner = [_without_places(value) if type(value) is type(code) else value for value in code.co_consts]
    lines = {"co_linetable": b"", "co_firstlineno": 1}
    return code.replace(co_consts=tuple(inner), **lines)  # type: ignore[arg-type]
