"""Say what a policy allows: which providers may be read, and which of their patches may be armed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from backportkit.names import fits, fits_any, normalised

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

ALLOW, DENY = "allow", "deny"
HEED, LOG, IGNORE = "heed", "log", "ignore"
CONTINUE, EXIT = "continue", "exit"
NOBODY = ""  # the owner of a file that no distribution says to have


class Rule(NamedTuple):
    """The rights of one provider.

    Attributes:
        allow: Whether its declarations may be read at all.
        ids: The ids, or patterns, of the patches that it may have; None for any.
        targets: The targets, or patterns of them or of their modules, that it may patch; None for any.
        modules: The SHA-256 of the modules that it may declare patches in, by their names; None for any.
    """

    allow: bool = True
    ids: tuple[str, ...] | None = None
    targets: tuple[str, ...] | None = None
    modules: Mapping[str, str] | None = None


class Policy(NamedTuple):
    """The policy of one file.

    Attributes:
        path: The file.
        default: `allow` or `deny`: what counts for a provider without a rule.
        variables: `heed`, `log` or `ignore`: whether environment variables count.
        on_failure: `continue` or `exit`: what a failure at the start of an interpreter does.
        require: The ids of the patches that must be in force.
        providers: The rules, by the normal names of the providers.
        broken: Why the file is not to be believed, so that nothing is armed; empty if it is.
        expected: What it has to be for that, if that does not go without saying.
    """

    path: str
    default: str = ALLOW
    variables: str = HEED
    on_failure: str = CONTINUE
    require: tuple[str, ...] = ()
    providers: Mapping[str, Rule] = {}
    broken: str = ""
    expected: str = ""

    def refuses_provider(self, provider: str) -> str:
        """Say why the declarations of a provider must not be read; empty if they may be."""
        if self.broken:
            return f"the policy {self.path} {self.broken}"
        rule = self.providers.get(normalised(provider))
        is_allowed = self.default == ALLOW if rule is None else rule.allow
        return "" if is_allowed else f"the policy {self.path} does not allow the provider '{provider}'"

    def refuses_patch(self, provider: str, patch_id: str, targets: Iterable[str], code: Iterable[str] = ()) -> str:
        """Say why a patch must not be armed, whose code comes from modules of these names; empty if it may be."""
        reason = self.refuses_provider(provider) or self._taken(provider, patch_id)
        if reason:
            return reason
        rule = self.providers.get(normalised(provider), Rule())
        if rule.ids is not None and not fits_any(patch_id, rule.ids):
            return f"the policy {self.path} does not allow '{provider}' a patch of that id"
        denied = [one for one in targets if rule.targets is not None and not _is_within(one, rule.targets)]
        if denied:
            return f"the policy {self.path} does not allow '{provider}' to patch {denied[0]}"
        unnamed = sorted(one for one in code if rule.modules is not None and not _is_covered(one, rule.modules))
        return (
            f"the policy {self.path} does not name the module {unnamed[0]}, which it takes code from" if unnamed else ""
        )

    @property
    def denied(self) -> set[str]:
        """The normal names of the providers that it denies by their names."""
        return {name for name, rule in self.providers.items() if not rule.allow}

    def asks_whose(self, provider: str, module: str) -> bool:
        """Tell whether it matters who has a module that a provider names."""
        return bool(self.denied) or (self.default == DENY and not self._names(provider, module))

    def refuses_module(self, provider: str, module: str, owners: Collection[str]) -> str:
        """Say why a module that these distributions have must not be imported for a provider; empty if it may be.

        One that the rule of the provider names may be of anybody whom no rule denies. `owners` has `NOBODY` where of
        some file nobody can tell who has it.
        """
        is_open = self.default == ALLOW or self._names(provider, module)
        for owner in sorted(({*owners} & self.denied) if is_open else ({*owners} - {NOBODY})):
            reason = self.refuses_provider(owner)
            if reason:
                return f"{reason}, which has the module {module}"
        if NOBODY in owners and not is_open:
            return f"the policy {self.path} allows no module of which nobody can tell whose it is, as {module}"
        return ""

    def _names(self, provider: str, module: str) -> bool:
        named = self.modules_of(provider)
        return named is not None and _is_covered(module, named)

    def _taken(self, provider: str, patch_id: str) -> str:
        """Say that an id is another provider's; empty if it is not."""
        for owner, rule in self.providers.items():
            if owner != normalised(provider) and patch_id in (rule.ids or ()):
                return f"the policy {self.path} gives that id to '{owner}'"
        return ""

    def modules_of(self, provider: str) -> Mapping[str, str] | None:
        """Return the SHA-256 of the modules that a provider may declare patches in; None for any."""
        return self.providers.get(normalised(provider), Rule()).modules


def _is_within(target: str, patterns: Iterable[str]) -> bool:
    """Tell whether a target, or the module that it is in, fits one of the patterns."""
    module = target.partition(":")[0]  # a target with a key has brackets, and is no pattern
    return any(target == one or fits(target, one) or (":" not in one and fits(module, one)) for one in patterns)


def _is_covered(module: str, named: Iterable[str]) -> bool:
    """Tell whether the hash of one of these covers a module: its own, a package above it, or a module below it.

    Modules of Python itself have none.
    """
    is_of_python = module.partition(".")[0] in sys.stdlib_module_names
    return is_of_python or any(f"{module}.".startswith(f"{one}.") or one.startswith(f"{module}.") for one in named)
