"""Know the policies of this process: that of its environment, and those that settings name. Each is read once."""

from __future__ import annotations

import os
import sys

from backportkit import bootstrap
from backportkit.errors import NotAppliedError, PolicyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from backportkit.policy.record import Policy

_read: list[Policy] | None = None
_named: list[str] = []  # by settings


def of_environment() -> str:
    """Return the path that the policy of this environment has, whether it is there or not."""
    return f"{sys.prefix}/{bootstrap.POLICY}"


def lines_of(path: str) -> str:
    """Return the file with the lines of the policy in a file."""
    return f"{path.removesuffix('.toml')}.lines"


def policies() -> list[Policy]:
    """Return the policies that count. Mostly there is none."""
    global _read  # noqa: PLW0603 -- what this process has read, once
    if _read is None:
        own = of_environment()
        there = [own] if bootstrap.recalled or any(map(os.path.lexists, (own, lines_of(own)))) else []
        _read = [_load(path) for path in (*there, *_named)]
    return _read


def _load(path: str) -> Policy:
    from backportkit.policy import loading  # only where there is a policy

    return loading.load(path)


def renew() -> None:
    """Read the policies anew, and forget what the manifest knows of one that is gone: its owner activates without."""
    bootstrap.recalled.clear()
    exchange(None)


def name(path: str) -> None:
    """Have the policy in a file count, too. A file that is not there lets nothing be armed."""
    if path not in _named:
        found = policies()  # those that are named so far, if nobody has read them yet
        _named.append(path)
        found.append(_load(path))


def exchange(others: list[Policy] | None) -> list[Policy] | None:
    """Have these policies count from now on, those of the files if None; return the ones before."""
    global _read
    before, _read = _read, others
    return before


def check() -> None:
    """Raise PolicyError if a policy is not to be believed."""
    for one in policies():
        if one.broken:
            raise PolicyError(
                "the policy of this environment cannot be obeyed",
                expected=one.expected or None,
                found=f"{one.path} {one.broken}",
                next_step="have its owner mend it; or delete it and its lines, and run `backportkit policy lock`, "
                "which writes both, or `backportkit activate`, to go without one",
            )


def refuses_provider(provider: str) -> str:
    """Say why the declarations of a provider must not be read; empty if they may be."""
    return next(filter(None, (one.refuses_provider(provider) for one in policies())), "")


def ask_whose(provider: str, module: str) -> bool:
    """Tell whether it matters to a policy who has a module that a provider names."""
    return any(one.asks_whose(provider, module) for one in policies())


def refuses_patch(provider: str, patch_id: str, targets: Iterable[object], code: Collection[str] = ()) -> str:
    """Say why a patch must not be armed, whose code comes from modules of these names; empty if it may be."""
    found = policies()
    if not found:
        return ""
    names = list(map(str, targets))
    return next(filter(None, (one.refuses_patch(provider, patch_id, names, code) for one in found)), "")


def owner_of(patch_id: str) -> str:
    """Return the normal name of the provider that a policy gives an id to; empty if none does."""
    rules = (pair for one in policies() for pair in one.providers.items())
    return next((name for name, rule in rules if patch_id in (rule.ids or ())), "")


def modules_of(provider: str) -> Iterable[tuple[str, dict[str, str]]]:
    """Return the modules that a provider may declare patches in, with their SHA-256, of each policy that names them."""
    found = ((one.path, one.modules_of(provider)) for one in policies())
    return [(path, dict(modules)) for path, modules in found if modules is not None]


def check_data(provider: str, path: str) -> None:
    """Raise PolicyError if a policy names the modules of a provider, and not a data file that it reads."""
    found = modules_of(provider)
    if not found:
        return
    from backportkit.policy import bound  # needs hashlib

    if not bound.has(path):
        raise PolicyError(
            "a file of patches is not the one that the policy names",
            expected=f"a file that {', '.join(policy for policy, _ in found)} names, with that SHA-256",
            found=path,
            next_step="review it, and run `backportkit policy lock`",
        )


def required() -> list[str]:
    """Return the ids of the patches that must be in force."""
    return list(dict.fromkeys(patch_id for one in policies() for patch_id in one.require))


def check_without_patches() -> None:
    """Raise PolicyError as `check` does, NotAppliedError if a patch is required: a variable switches off all."""
    check()
    for patch_id in required():
        raise NotAppliedError(
            "is required by the policy, and all patches are switched off",
            patch=patch_id,
            expected="applied, or waiting for its target",
            found="BACKPORTKIT_DISABLE has `all` in it, and the policy heeds that",
            next_step='unset BACKPORTKIT_DISABLE, or have the policy say `variables = "ignore"`',
        )


def heeds(variable: str, value: str) -> bool:
    """Tell whether the value of an environment variable counts. Say so where a policy wants that to be seen."""
    words = {one.variables for one in policies()} if value else set()
    if words <= {"heed"}:
        return True
    from backportkit.policy import overriding  # only where there is a policy

    return overriding.heeds(variable, value, words)


def exits_on_failure() -> bool:
    """Tell whether a failure at the start of this interpreter ends it."""
    if not any(one.on_failure == "exit" for one in policies()):
        return False
    from backportkit.policy import going_on  # only where something has failed

    return not going_on.is_to_go_on()
