"""Have the modules of a provider come from the very files that policies name by their hashes."""

from __future__ import annotations

from backportkit.declaration import listed
from backportkit.policy import bound, in_force, modules


def bind(provider: str) -> str:
    """Bind the modules that policies name, and guard the other ones; say if one is not as it is named any more."""
    named = in_force.modules_of(provider)
    for path, allowed in named:
        for name, expected in allowed.items():
            found = modules.hashed(name)
            if found.digest != expected:
                return f"the module {name} of '{provider}' is not the one that the policy {path} names"
            bound.bind(found)
    if named:
        bound.guard(listed.modules_of_provider(provider))
    return ""
