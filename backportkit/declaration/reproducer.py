"""The record of a reproducer, the code that shows the bug which a patch fixes."""

from __future__ import annotations

from _collections_abc import Mapping

from backportkit.declaration import rules
from backportkit.declaration.checked import Record, Refusal, optional, refuse, several, shown, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, ClassVar, TypeAlias

    from backportkit.declaration.checked import Rule
    from backportkit.declaration.reference import Reference

    Texts: TypeAlias = str | Sequence[str]

_FUNCTION = "give a function, or name one as 'package.module:function'"


def _time_limit(value: Any) -> float:
    found = _number(value)
    if not found > 0:
        raise refuse("Input should be greater than 0")
    return found


def _size(value: Any) -> float:
    found = _number(value)
    if not found >= 0:
        raise refuse("Input should be greater than or equal to 0")
    return found


def _number(value: Any) -> float:
    try:
        if isinstance(value, int | float):
            return float(value)
    except OverflowError:
        pass
    raise refuse("Input should be a valid number")


def _pattern(value: Any) -> str:
    expression = rules.text(value)
    if expression.replace(" ", "").isalnum():
        return expression
    import re

    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        raise refuse(f"{shown(expression)} is no regular expression: {error}") from None
    return expression


def _variables(value: Any) -> tuple[tuple[str, str], ...]:
    """Return a mapping of texts in a form that nobody can change."""
    if not isinstance(value, Mapping):
        raise refuse("Input should be a valid dictionary")
    wrong = [name for name, inner in value.items() if not (isinstance(name, str) and isinstance(inner, str))]
    if wrong:
        raise Refusal(((shown(name).strip("'"),), "Input should be a valid string") for name in wrong)
    return tuple((whole(name), whole(inner)) for name, inner in value.items())


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

    __slots__ = ("_environment", "disk", "expect", "packages", "programs", "run", "timeout")
    fields = ("run", "expect", "packages", "programs", "environment", "timeout", "disk")
    hashed = ("run", "expect", "packages", "programs")
    rules: ClassVar[dict[str, Rule]] = {
        "run": rules.reference,
        "expect": optional(_pattern),
        "packages": several(rules.requirement),
        "programs": several(rules.text),
        "environment": _variables,
        "timeout": _time_limit,
        "disk": _size,
    }
    hints: ClassVar[dict[str, str]] = {"run": _FUNCTION}
    _environment: tuple[tuple[str, str], ...]
    run: Reference
    expect: str | None
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    timeout: float
    disk: float

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 -- the fields
            self,
            *,
            run: Callable[[], object] | str,
            expect: str | None = None,
            packages: Texts = (),
            programs: Texts = (),
            environment: Mapping[str, str] = ...,
            timeout: float = 300,
            disk: float = 1,
        ) -> None: ...

    @property
    def environment(self) -> dict[str, str]:
        return dict(self._environment)

    @classmethod
    def _read(cls, value: Any) -> Any:
        return {"run": value} if isinstance(value, str) or callable(value) else value

    def _fill(self, checked: dict[str, Any]) -> None:
        usual = {"expect": None, "packages": (), "programs": (), "environment": (), "timeout": 300.0, "disk": 1.0}
        for name, value in {**usual, **checked}.items():
            object.__setattr__(self, "_environment" if name == "environment" else name, value)
