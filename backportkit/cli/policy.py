"""`backportkit policy`: write down who may patch what in this environment, and compare with what is installed."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit import bootstrap
from backportkit.activation import policies, required
from backportkit.cli import declarations, exit_codes, strangers
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import complain, say
from backportkit.declaration.registry import declared_patches
from backportkit.engine import verbs
from backportkit.errors import ApplyError, BackportError, PolicyError
from backportkit.policy import in_force

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def lock(path: Path | None, providers: Sequence[str]) -> int:
    """Write the policy of the providers that are installed, and say what was written."""
    locked = policies.lock(path or _of_environment(), providers)
    for written in locked.files:
        say(f"wrote {written}")
    for name in locked.denied:
        say(f"the provider '{name}' stays denied, and was not imported")
    for line in locked.gone:
        say(line)
    if bootstrap.find(sys.path) is not None:
        say("next: backportkit activate, since the manifest is of the policy before")
    return ExitCode.FINE


def check(path: Path | None) -> int:
    """Say what differs from the policy; return 1 if something does.

    What the policy in another file does not allow is not imported, just as if it were that of this environment.
    """
    policy = path or _of_environment()
    if not policy.is_file():
        raise PolicyError(f"there is no policy {policy}", next_step="backportkit policy lock writes one")
    found = dict.fromkeys(policies.differences(policy))
    if path is not None:
        in_force.name(str(path))
    found |= dict.fromkeys(policies.unread())
    declarations.report(declarations.read(None))
    found |= dict.fromkeys([*policies.refused(policy), *_not_in_force()])
    for line in found:
        complain(line)
    for line in strangers.told():
        say(line)
    say(f"{len(found)} differences from {policy}" if found else f"all is as {policy} says")
    return exit_codes.unless(found)


def _of_environment() -> Path:
    return Path(in_force.of_environment())


def _not_in_force() -> Iterator[str]:
    """Yield the required patches that would not be in force in a program of this environment."""
    with suppress(BackportError):  # which is told of each patch below
        verbs.apply_all()
    for patch_id in in_force.required():
        try:
            verbs.require(patch_id)
        except BackportError as error:
            reasons = error.errors if isinstance(error, ApplyError) else [error]
            yield f"{patch_id} is required: {'; '.join(one.found or one.message for one in reasons)}"
            continue
        declared = declared_patches.find(patch_id)
        if declared is not None and (why := required.why_never(declared)):
            yield f"{patch_id} is required: {why}"
