"""Write a policy from what is installed, and compare what is installed with a policy."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit import alike
from backportkit.activation import covered, placing, policy_files
from backportkit.declaration import discovery, ownership
from backportkit.declaration.registry import declared_patches
from backportkit.errors import PolicyError, ProviderError
from backportkit.names import normalised
from backportkit.policy import document, in_force, lines, loading, modules, trust
from backportkit.policy.record import DENY, Policy, Rule
from backportkit.providers_on_disk import GROUP, OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.registry import Declared

_MODE = 0o644
_HEAD = "# Who may patch what in this environment: docs/policy.md. Written by `backportkit policy lock`.\n"


class Locked(NamedTuple):
    """A policy that was written.

    Attributes:
        files: The policy and its lines.
        denied: The providers that it denies by their names.
        gone: Modules that the policy before had named and that are not there any more, a sentence each.
    """

    files: list[Path]
    denied: list[str]
    gone: list[str]


def lock(path: Path, only: Sequence[str] = ()) -> Locked:
    """Write a policy of the providers that are installed, or of `only` these, and its lines.

    What a policy that is there says of everything else than providers stays, and so does what it says of those that it
    denies. Those that the policy of the environment denies are denied, too. Of the others, which are all imported, the
    modules stay that it names. Raises ProviderError for one that cannot be imported, PolicyError for a policy that is
    wrong, or if `only` names one that is denied.
    """
    former = _former(path)
    denied = _denied(_former(Path(in_force.of_environment())), only) | _denied(former, only)
    with _no_policy():
        found = _providers(only)
        rules = {name: _rule(entries, former) for name, entries in found.items() if name not in denied}
    content = (_HEAD + "".join(_written(former._replace(providers=rules | denied)))).encode()
    as_lines = lines.write(document.parse(str(path), content), content)
    beside = Path(in_force.lines_of(str(path)))
    placing.place(path, content, _MODE)
    placing.place(beside, as_lines, _MODE)
    return Locked([path, beside], sorted(denied), [*_gone(former, rules)])


def _gone(former: Policy, rules: Mapping[str, Rule]) -> Iterator[str]:
    for name, rule in rules.items():
        for module in (former.modules_of(name) or {}).keys() - (rule.modules or {}).keys():
            yield f"the module {module} of '{name}' is not there any more, nor in the policy"


def renew_lines() -> list[Path]:
    """Write the lines of the policy of this environment anew if it was edited; return the file if it was written.

    Starts do without them where the folder of the policy cannot be written to, and `differences` tells that.
    """
    path = Path(in_force.of_environment())
    beside = Path(in_force.lines_of(str(path)))
    try:
        content, _ = trust.read(str(path))
        policy = document.parse(str(path), content)
        if not any(_of_lines(path, policy, content)):
            return []
        placing.place(beside, lines.write(policy, content), _MODE)
    except OSError:
        return []
    return [beside]


@contextmanager
def _no_policy() -> Iterator[None]:
    """Have no policy count while the block runs: it is about to be written, or compared with what is there."""
    before = in_force.exchange([])
    try:
        yield
    finally:
        in_force.exchange(before)


def _former(path: Path) -> Policy:
    if not path.exists():
        return Policy(str(path), DENY)
    return document.parse(str(path), path.read_bytes())


def _denied(former: Policy, only: Sequence[str]) -> dict[str, Rule]:
    found = {name: rule for name, rule in former.providers.items() if not rule.allow}
    asked = sorted(found.keys() & {*map(normalised, only)})
    if asked:
        raise PolicyError(
            f"the policy {former.path} denies the provider {asked[0]}",
            found=f"allow = false under [providers.{_key(asked[0])}]",
            next_step="take that out of the file first, if it is to be allowed",
        )
    return found


def _providers(only: Sequence[str]) -> dict[str, list[EntryPoint]]:
    """Return the entry points of each provider, by its normal name."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in (one for entries in discovery.entry_points(GROUP, OFFERS).values() for one in entries):
        found.setdefault(normalised(discovery.provider_of(entry)), []).append(entry)
    missing = sorted({*map(normalised, only)} - found.keys())
    if missing:
        raise PolicyError(
            f"no provider {missing[0]} is installed",
            expected=f"one of {', '.join(sorted(found)) or 'none'}",
            next_step=alike.then(missing[0], found, "correct the name, or install it"),
        )
    return {name: found[name] for name in sorted(found) if not only or name in {*map(normalised, only)}}


def _rule(entries: Sequence[EntryPoint], former: Policy) -> Rule:
    """Return what a provider has now, and the modules that the former policy names."""
    for entry in entries:
        discovery.load(entry)
    name = normalised(discovery.provider_of(entries[0]))
    own = [one for one in declared_patches if normalised(one.provider) == name and one.installed]
    targets = sorted({str(edit.target) for one in own for edit in one.patch.edits})
    names = sorted(
        covered.names(entries, [one for one in own if not one.internal]) | {*(former.modules_of(name) or {})}
    )
    hashes = {one: digest for one in names if (digest := modules.digest(one))}
    _check_hashed(name, {entry.module for entry in entries} - hashes.keys())
    return Rule(True, tuple(sorted(one.id for one in own)), tuple(targets), hashes)


def _check_hashed(provider: str, hashless: set[str]) -> None:
    for module in sorted(hashless):
        raise PolicyError(
            f"the module {module} of '{provider}' has no hash",
            expected="a module in a file that can be read, and not in an archive",
            next_step=f"install '{provider}' anew, or name all others: backportkit policy lock --provider NAME",
        )


def _written(policy: Policy) -> Iterator[str]:
    for key in ("default", "variables", "on_failure", "require"):
        yield f"{key} = {_value(getattr(policy, key))}\n"
    for name, rule in policy.providers.items():
        yield f"\n[providers.{_key(name)}]\n"
        yield from () if rule.allow else ("allow = false\n",)
        texts = ((key, getattr(rule, key)) for key in ("ids", "targets"))
        yield from (f"{key} = {_value(value)}\n" for key, value in texts if value is not None)
        yield from () if rule.modules is None else (f"\n[providers.{_key(name)}.modules]\n",)
        yield from (f"{_value(module)} = {_value(digest)}\n" for module, digest in (rule.modules or {}).items())


def _key(name: str) -> str:
    """Return a name as TOML has it as a key: what a distribution is called adds no table of its own."""
    return name if name.replace("-", "").isalnum() and name.isascii() else _value(name)


def _value(value: object) -> str:
    """Return a text or texts as TOML has them, each text of a longer list in a line of its own."""
    if not isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    if len(value) <= 1:
        return f"[{', '.join(map(_value, value))}]"
    return "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]"


def differences(path: Path) -> list[str]:
    """Return what differs from the policy in a file, a sentence each. What it does not allow is not imported.

    Raises PolicyError if the policy is wrong or not to be believed.
    """
    content, reason = trust.read(str(path))
    if reason:
        raise PolicyError(f"the policy {path} is not to be believed", found=reason, next_step="have its owner mend it")
    policy = document.parse(str(path), content)
    with _no_policy():
        installed = _providers(())
    found = [*_of_providers(policy, installed), *_without_hashes(policy)]
    if _is_of_environment(path):
        found += [f"{folder} {why}" for folder, why in policy_files.replaceable(path)]
        found += _of_lines(path, policy, content)
    for name in policy.providers.keys() & installed.keys():
        if policy.providers[name].allow:
            found += _of_modules(name, policy.providers[name].modules or {})
    return found


def _is_of_environment(path: Path) -> bool:
    own = Path(in_force.of_environment())
    return own.exists() and own.samefile(path)


def _of_lines(path: Path, policy: Policy, content: bytes) -> Iterator[str]:
    beside = Path(in_force.lines_of(str(path)))
    with suppress(OSError):
        written, reason = trust.read(str(beside))
        if not reason and lines.read(str(path), written, content) == policy:
            return
    yield f"{beside} is not there, or not of this policy: starts parse the TOML until `backportkit activate` is run"


def _of_providers(policy: Policy, installed: Mapping[str, Sequence[EntryPoint]]) -> Iterator[str]:
    for name in installed.keys() - policy.providers.keys():
        word = "is not read" if policy.default == DENY else "may patch whatever it wants"
        yield f"the provider '{name}' is installed and has no rule: it {word}"
    for name in policy.providers.keys() - installed.keys():
        if policy.providers[name].allow:  # one that is denied is best not installed
            yield f"the provider '{name}' has a rule and is not installed"


def _without_hashes(policy: Policy) -> Iterator[str]:
    """Yield the rules by which a provider may change and still be allowed, where else everything is denied."""
    for name, rule in policy.providers.items():
        if policy.default == DENY and rule.allow and rule.modules is None:
            yield f"the rule of '{name}' names no modules: no hash tells whether its code was reviewed"


def _of_modules(name: str, allowed: Mapping[str, str]) -> Iterator[str]:
    for module, expected in allowed.items():
        found = modules.hashed(module)
        if found.digest != expected:
            said, file = (found.digest, f": {found.own}") if found.digest else ("not there", "")
            yield f"the module {module} of '{name}' is {said}, and the policy says {expected}{file}"


def altered() -> Iterator[tuple[Path, str]]:
    """Yield what the policy of this environment names by its hash and that is another one now, each with why."""
    rules = ((one.path, rule) for one in in_force.policies() for rule in one.providers.values() if rule.allow)
    for path, rule in rules:
        for module, expected in (rule.modules or {}).items():
            found = modules.hashed(module)
            if not found.digest:
                yield Path(path), f"names {module}, which is not there"
            elif found.digest != expected:
                yield Path(found.own), f"is not {module} as {path} names it"


def unread() -> Iterator[str]:
    """Import the providers that the policy of this environment allows; yield why some cannot be, a sentence each."""
    for entry in (one for entries in discovery.entry_points(GROUP, OFFERS).values() for one in entries):
        try:
            discovery.load(entry)
        except ProviderError as error:
            yield ": ".join(filter(None, (error.message, error.found)))


def refused(path: Path) -> list[str]:
    """Return the patches that were read and that the policy in a file does not allow, a sentence each."""
    policy = loading.load(str(path))
    told = ((one, _refusal(policy, one)) for one in declared_patches)
    return [f"the patch {one.id} stays out: {reason}" for one, reason in told if reason]


def _refusal(policy: Policy, declared: Declared) -> str:
    targets = [str(edit.target) for edit in declared.patch.edits]
    reason = policy.refuses_patch(declared.provider, declared.id, targets, declared.named_modules)
    return reason or ownership.refusal_of_patch(declared, [policy])
