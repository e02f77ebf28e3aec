"""`backportkit activate`: every interpreter of this environment arms its patches when it starts."""

from __future__ import annotations

from backportkit.activation import verbs
from backportkit.cli import exit_codes
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import complain, say


def activate(*, verify: bool = False) -> int:
    """Activate this environment and say what was written, or with `verify` what has changed; return the exit code."""
    if verify:
        return _verify()
    for path in verbs.activate():
        say(f"wrote {path}")
    return ExitCode.FINE


def _verify() -> int:
    wrong = verbs.verify()
    if wrong is None:
        complain("this environment is not activated")
        return ExitCode.WRONG
    for path, why in wrong.items():
        complain(f"{path} {why}")
    if not wrong:
        say("all files are as they were written")
    return exit_codes.unless(wrong)
