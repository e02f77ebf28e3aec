"""Test patches in the tests of the project that carries them, with pytest or any other framework.

With pytest, `--backportkit` proves all patches of a project, and the marker `unpatched` takes one out for a test.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from backportkit.declaration.checked import validated
from backportkit.declaration.declare import caller
from backportkit.declaration.record import Patch
from backportkit.declaration.registry import Declared, declared_patches
from backportkit.engine import verbs
from backportkit.errors import BackportError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

__all__ = ["NotProvedError", "assert_patchable", "assert_proved", "provided"]

_ABSORBED = "BK403"
_left: list[Declared] = []  # what the end of its block could not take out


class NotProvedError(BackportError, AssertionError):
    """The runs of a proof were not what they must be. An AssertionError, since it is the result of a test."""


def assert_patchable(patch_id: str) -> None:
    """Assert that the installed bodies are those that a patch is for, and that it can be put in their place.

    It reads source, as `backportkit check` does: what is patched is neither imported nor changed.
    Raises UnknownPatchError if there is no such patch.
    """
    __tracebackhide__ = True
    verbs.find(patch_id)
    declared = declared_patches.find(patch_id)
    assert declared is not None, "the engine has just found it there"
    problems = [*_problems(declared)]
    if problems:
        raise AssertionError("\n".join([f"{patch_id} cannot be put in:", *problems]))


def _problems(declared: Declared) -> Iterator[str]:
    """Yield why a patch cannot be put in: it is for other releases, or `check` has errors about its targets."""
    from backportkit.check import scope, supported, verdict
    from backportkit.check.findings import Level
    from backportkit.declaration import eligibility

    judged = eligibility.judge(declared.patch.requires, declared.patch.modules[0])
    if not judged.eligible:
        yield judged.reason
        return
    subject = scope.Subject(declared, supported.NOTHING_KNOWN)
    for found in verdict.judge(scope.Scope((subject,), ())).findings:
        is_about_target = found.code.startswith("BK2") and found.rule.level is Level.ERROR
        if is_about_target or found.code == _ABSORBED:
            yield f"{found.code} {found.rule.title}: {found.message}\n  next: {found.next_step}"


def assert_proved(patch_id: str) -> None:
    """Assert that a patch mends its bug: run its reproducer without it, with it and after undoing it.

    Each run is a process of its own, in the current environment. Raises NotProvedError, an AssertionError, if they are
    not red, green and red. Raises UnknownPatchError if there is no such patch, ProofError if the proof cannot be run
    here, and MissingExtraError without `backportkit[cli]`.
    """
    __tracebackhide__ = True
    load_proofs()
    from backportkit.proof import protocol, text

    proof = protocol.prove_here(verbs.find(patch_id))
    if not proof.proved:
        raise NotProvedError(text.of(proof))


def load_proofs() -> None:
    """Load what runs proofs. Raises MissingExtraError without the libraries that it needs."""
    try:
        import backportkit.proof.protocol  # noqa: F401 -- this is the loading
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("cli", needed=f"a proof needs {error.name}") from error


def provided(*patches: Patch | Mapping[str, Any]) -> AbstractContextManager[None]:
    """Have patches in force for the length of a `with` block, as if a provider of them were installed meanwhile.

    They are declared as `register` does it, armed as by `apply_all`, and withdrawn at the end. Raises what these raise.
    What cannot be taken out at the end, since somebody has patched on top of it, is taken out when the next block
    begins, and by the plugin for pytest at the end of the test.
    """
    provider, file, line, module, body = caller()
    checked = [validated(Patch, patch, None) for patch in patches]
    return _in_force([Declared(patch, provider, file, line).by(module, "", body) for patch in checked])


@contextmanager
def _in_force(declared: list[Declared]) -> Iterator[None]:
    withdraw_left()
    declared_patches.add_all(declared)
    with ExitStack() as stack:
        for one in filter(declared_patches.has, declared):  # not what was declared before, with the same content
            stack.callback(_withdraw, one)
        verbs.apply_all(only=[one.id for one in declared])
        yield


def _withdraw(declared: Declared) -> None:
    """Withdraw a patch. One that cannot be taken out is remembered. Raises what `unregister` raises."""
    try:
        verbs.unregister(declared.id)
    finally:
        if declared_patches.has(declared):
            _left.append(declared)


def withdraw_left() -> list[Declared]:
    """Withdraw what the end of a block of `provided` could not take out; return what cannot be taken out even now."""
    for one in filter(declared_patches.has, _left):
        with suppress(BackportError):
            verbs.unregister(one.id)
    _left[:] = filter(declared_patches.has, _left)
    return [*_left]
