"""Tell a failure that shows the bug from one that comes from the reproducer itself or from its surroundings."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.source import signature
from backportkit.source.functions import code_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from backportkit.declaration.record import Patch
    from backportkit.declaration.reproducer import Reproducer

# The exceptions of unittest and pytest for a skipped test.
_SKIPPED = frozenset({"SkipTest", "Skipped"})
_UNFINISHED = (CoroutineType, GeneratorType, AsyncGeneratorType)


class UnfinishedError(TypeError):
    """A reproducer has returned a coroutine or generator, whose body has not run."""


class UncallableError(TypeError):
    """A reproducer has parameters that nobody gives, so that its body has not run."""


class Failure(NamedTuple):
    """A reproducer's failure.

    Attributes:
        text: Type and message of the exception.
        is_aside: True if it says nothing about the bug, unless the reproducer expects just this.
    """

    text: str
    is_aside: bool


def of(error: BaseException, patch: Patch, reproducer: Reproducer) -> Failure:
    """Return the failure that an exception from a reproducer means."""
    if isinstance(error, TypeError) and not _has_begun(reproducer, error) and (needed := _needed_by(reproducer)):
        error = UncallableError(f"the reproducer is called without arguments, and needs {', '.join(needed)}")
    text = "".join(traceback.format_exception_only(type(error), error))
    return Failure(text, _is_aside(error, patch, reproducer))


def line_with(pattern: str, text: str) -> str | None:
    """Return the first line of a failure that has a regular expression; None if no line has it.

    That may take for ever, as `(a+)+$` does. So it is for the process of a run, which has a time limit.
    """
    return next((line.strip() for line in text.splitlines() if re.search(pattern, line)), None)


def refuse_unfinished(value: Any) -> None:
    """Raise UnfinishedError for a coroutine or generator: its body runs only when somebody asks for it."""
    if not isinstance(value, _UNFINISHED):
        return
    if isinstance(value, CoroutineType | GeneratorType):
        value.close()
    msg = f"the reproducer returned a {type(value).__name__}, of which nothing has run: run it, as by asyncio.run()"
    raise UnfinishedError(msg)


def _has_begun(reproducer: Reproducer, error: BaseException) -> bool:
    """Tell whether the body of a reproducer has run, and not only its call or a wrapper of it has failed."""
    body = code_of(inspect.unwrap(reproducer.run.bound()))
    return any(frame.f_code is body for frame, _ in traceback.walk_tb(error.__traceback__))


def _needed_by(reproducer: Reproducer) -> list[str]:
    try:
        return signature.required(inspect.signature(reproducer.run.bound()))
    except (TypeError, ValueError):  # of a function that is not written in Python
        return []


def _is_aside(error: BaseException, patch: Patch, reproducer: Reproducer) -> bool:
    if isinstance(error, SystemExit | UnfinishedError | UncallableError) or type(error).__name__ in _SKIPPED:
        return True
    packages = {name.partition(".")[0] for name in patch.modules}
    if not isinstance(error, ImportError | NameError) or _raised_in(error) not in _own(patch, reproducer, packages):
        return False
    return isinstance(error, NameError) or (error.name or "").partition(".")[0] not in packages


def _raised_in(error: BaseException) -> str:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-1].f_code.co_filename


def _own(patch: Patch, reproducer: Reproducer, packages: Collection[str]) -> set[str | None]:
    """Return the files of the reproducer and the replacements: their imports and names are no affair of upstream."""
    named = [edit.replacement.module for edit in patch.edits if edit.replacement is not None]
    ours = [sys.modules.get(name) for name in named if name.partition(".")[0] not in packages]
    code = code_of(reproducer.run.resolve())
    return {*(getattr(module, "__file__", None) for module in ours), code.co_filename if code is not None else None}
