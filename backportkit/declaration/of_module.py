"""The rules of an edit whose target is a module: one that upstream has no more, and that is to be had again."""

from __future__ import annotations

from backportkit.declaration import rules
from backportkit.declaration.checked import Refusal, refuse, shown
from backportkit.declaration.edits import AliasOf, Target
from backportkit.declaration.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from backportkit.declaration.checked import Problem
    from backportkit.declaration.edits import Edit

# What a module has none of, with what others have by default.
_NOTHING: dict[str, tuple[Any, ...]] = {
    "value": (None,),
    "namespace": ("own",),
    "signature": ("keep",),
    "original": ((), []),
    "fixed": ((), []),
}
_EITHER = "give either replacement='package.module' or alias_of='package.module', and only one of them"


def checked(cls: type[Edit], given: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields of an edit, checked. Raises Refusal."""
    found, problems = _collect(cls, given)
    if problems:
        raise Refusal(problems)
    return found


def check(edit: Edit) -> None:
    """Refuse an edit that was made for the target of another one, and is no right one."""
    checked(type(edit), {name: getattr(edit, name) for name in edit.fields if name != "value" or edit.has_value})


def _collect(cls: type[Edit], given: Mapping[Any, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The fields that are right, checked, and what is wrong with the others."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, rule in _RULES.items():
        try:
            found[name] = rule(given.get(name), str(given["target"]))
        except Refusal as refusal:
            problems += refusal.within(name)
    problems += [((name,), _says_nothing(name)) for name in _NOTHING if not _is_default(name, given)]
    problems += cls._no_such_fields(name for name in given if name not in cls.rules)
    if (given.get("replacement") is None) == (given.get("alias_of") is None):
        problems.append(((), _EITHER))
    return found, problems


def _is_default(name: str, given: Mapping[Any, Any]) -> bool:
    return name not in given or any(given[name] == usual for usual in _NOTHING[name])


def _says_nothing(name: str) -> str:
    return f"means nothing where the target is a module: leave {name} out"


def _target(_: Any, target: str) -> Target:
    return Target.of(_module(target), "")


def _how(value: Any, target: str) -> str:
    if value != "add":
        raise refuse(
            f"a whole module is not replaced, since whoever has imported it, or something from it, keeps that: change "
            f"what is in it by edits, each with a target like '{target}:name'. Only one that is not there can be "
            "made, by how='add'"
        )
    return "add"


def _replacement(value: Any, target: str) -> Reference | None:
    return None if value is None else Reference(_other(value, target))


def _alias_of(value: Any, target: str) -> AliasOf | None:
    return None if value is None else AliasOf(_other(value, target))


def _other(value: Any, target: str) -> str:
    """The name of another module, which does not need the target itself to be found."""
    name = _module(value)
    if f"{name}.".startswith(f"{target}."):
        raise refuse(f"{shown(name)} leads back to {target}, which is not there: name another module")
    return name


def _module(value: Any) -> str:
    try:
        return rules.module(value if isinstance(value, str) else "")
    except Refusal:
        raise refuse(f"{shown(value)} is no module: name one as 'package.module'") from None


_RULES: dict[str, Callable[[Any, str], Any]] = {
    "target": _target,
    "how": _how,
    "replacement": _replacement,
    "alias_of": _alias_of,
}
