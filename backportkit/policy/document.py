"""Read a policy from TOML, and report all that is wrong with it."""

from __future__ import annotations

from typing import Any

from backportkit import toml
from backportkit.errors import BackportError, PolicyError
from backportkit.names import normalised
from backportkit.policy.record import ALLOW, CONTINUE, DENY, EXIT, HEED, IGNORE, LOG, Policy, Rule

_WORDS = {"default": (ALLOW, DENY), "variables": (HEED, LOG, IGNORE), "on_failure": (CONTINUE, EXIT)}
_KEYS = frozenset({*_WORDS, "require", "providers"})
_OF_PROVIDER = frozenset({"allow", "ids", "targets", "modules"})


def parse(path: str, content: bytes) -> Policy:
    """Return the policy in a file with this content. Raises PolicyError; MissingExtraError on 3.10."""
    try:
        table = toml.parse(content.decode("utf-8"))
    except ValueError as error:
        raise _wrong(path, [f"it is no TOML: {error}"]) from error
    problems: list[str] = []
    words = {key: _word(table, key, problems) for key in _WORDS}
    require = _texts(table, "require", "require", problems) or ()
    stated = table.get("providers", {})
    if not isinstance(stated, dict):
        problems.append(f"providers = {stated!r} is no table of tables")
        stated = {}
    rules = {normalised(name): _rule(name, one, problems) for name, one in stated.items()}
    problems += _unknown("", table, _KEYS) if table else ["it is empty: an empty policy would allow everything"]
    if problems:
        raise _wrong(path, problems)
    return Policy(path, require=require, providers=rules, **words)


def on_failure(content: bytes) -> str:
    """Return what a policy that is wrong says about failures; `continue` if it cannot be read.

    A word that is neither of the two is a mistyped `exit`: the other one need not be written.
    """
    try:
        said = toml.parse(content.decode("utf-8")).get("on_failure", CONTINUE)
    except (ValueError, BackportError):
        return CONTINUE
    return CONTINUE if said == CONTINUE else EXIT


def _word(table: dict[str, Any], key: str, problems: list[str]) -> str:
    word = table.get(key, _WORDS[key][0])
    if word in _WORDS[key]:
        return str(word)
    problems.append(f"{key} = {word!r} is none of {', '.join(_WORDS[key])}")
    return _WORDS[key][0]


def _rule(name: str, table: Any, problems: list[str]) -> Rule:
    field = f"providers.{name}"
    if not _is_plain(name):
        problems.append(f"{name!r} is no name of a provider")
    if not isinstance(table, dict):
        problems.append(f"{field} = {table!r} is no table")
        return Rule()
    problems += _unknown(f"{field}.", table, _OF_PROVIDER)
    allow = table.get("allow", True)
    if not isinstance(allow, bool):
        problems.append(f"{field}.allow = {allow!r} is neither true nor false")
    ids, targets = (_texts(table, key, f"{field}.{key}", problems) for key in ("ids", "targets"))
    return Rule(allow is True, ids, targets, _modules(table, field, problems))


def _unknown(field: str, table: dict[str, Any], known: frozenset[str]) -> list[str]:
    names = ", ".join(sorted(known))
    from backportkit import alike  # only for a wrong policy

    unknown = sorted(table.keys() - known)
    return [alike.then(key, known, f"{field}{key} is not known: the keys are {names}", alike.OWN) for key in unknown]


def _texts(table: dict[str, Any], key: str, field: str, problems: list[str]) -> tuple[str, ...] | None:
    value = table.get(key)
    if value is None or (isinstance(value, list) and all(isinstance(one, str) and _is_plain(one) for one in value)):
        return None if value is None else tuple(value)
    problems.append(f"{field} = {value!r} is no list of texts")
    return ()


def _modules(table: dict[str, Any], field: str, problems: list[str]) -> dict[str, str] | None:
    value = table.get("modules")
    if value is None:
        return None
    if isinstance(value, dict) and all(isinstance(one, str) and _is_plain(one) for one in (*value, *value.values())):
        return dict(value)
    problems.append(f"{field}.modules = {value!r} is no table of SHA-256 by the names of modules")
    return {}


def _is_plain(text: str) -> bool:
    return bool(text) and text.isprintable()


def _wrong(path: str, problems: list[str]) -> PolicyError:
    return PolicyError(
        f"the policy {path} is wrong",
        found="; ".join(problems),
        next_step="correct it, or delete it and write it anew: backportkit policy lock",
    )
