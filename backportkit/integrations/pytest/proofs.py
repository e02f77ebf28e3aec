"""Collect a test for each patch of the project, which runs the proof of the patch in processes of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backportkit.engine import on_error
from backportkit.errors import BackportError
from backportkit.integrations.pytest import own
from backportkit.proof import environment, protocol, text
from backportkit.proof.record import Phase
from backportkit.source import location
from backportkit.testing import NotProvedError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared

_FAST = (Phase.WITHOUT, Phase.WITH)


class Proofs(pytest.File):
    """The pyproject.toml of the project, which names the modules that declare patches."""

    def collect(self) -> Iterator[ProofOfPatch]:
        """Yield a test for each patch. Raises CollectError for what cannot be read, and if there is no patch."""
        folder = self.path.parent
        try:
            on_error.raise_all(own.read(folder), "read")
            found = own.patches(folder)
        except BackportError as error:
            raise self.CollectError(str(error)) from error
        for declared in found:
            yield ProofOfPatch.from_parent(self, name=declared.id, declared=declared)


class ProofOfPatch(pytest.Item):
    """The proof of one patch: red without it, green with it and, unless it is to be fast, red after undo."""

    def __init__(self, *, declared: Declared, **others: Any) -> None:
        super().__init__(**others)
        self._declared = declared

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """Return where the patch is declared, and the name of the test."""
        _, line = location.of(self._declared.place)
        return location.file_of(self._declared.place), line and line - 1, f"proof of {self.name}"

    def runtest(self) -> None:
        """Prove the patch. Raises NotProvedError, or ProofError if the proof cannot begin."""
        if reason := self._why_not():
            pytest.skip(reason)
        phases = _FAST if self.config.option.backportkit_fast else tuple(Phase)
        with own.importable(self.path.parent):
            proof = protocol.prove_here(self._declared.patch, phases)
        if not proof.proved:
            raise NotProvedError(text.of(proof))

    def _why_not(self) -> str:
        """Say why there is nothing to prove here; empty if there is."""
        patch = self._declared.patch
        if not on_error.switched_off().isdisjoint({patch.id, "all"}):
            return "it is switched off"
        if patch.reproducer is None:
            return "it has no reproducer: declare one with reproducer=..."
        judged = environment.judged(patch)
        return "" if judged.eligible else judged.reason

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what was found, without our own traceback."""
        is_ours = isinstance(excinfo.value, BackportError)
        return str(excinfo.value) if is_ours else super().repr_failure(excinfo, style)
