"""Define the errors, each with its facts as attributes and with the next step in its text."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from logging import LogRecord
    from typing import Any

MOST_KEPT = 200
PROBLEM = "  - "  # before each line about a problem of a declaration
_kept: dict[tuple[Any, ...], None] = {}  # records that nobody wants yet, each as a function and its arguments


class BackportWarning(UserWarning):
    """A patch with `required=False` is meant for this environment and could not be applied.

    BACKPORTKIT_ON_ERROR=warn turns the errors of all patches and providers into this warning. A callback that failed
    gives it, too, and in a run of pytest a test that has lost a patch, or has applied one late.
    """


class BackportError(Exception):
    """The base of every error of this package.

    Attributes:
        patch: The id of the patch, or None where no patch is concerned.
        target: The target as `module:Class.attribute`, or None.
        expected: What should have been there, in words, or None.
        found: What was there instead, in words, or None.
        next_step: What to do now, or None.
    """

    def __init__(  # noqa: PLR0913 -- the facts
        self,
        message: str,
        *,
        patch: str | None = None,
        target: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.patch = patch
        self.target = target
        self.expected = expected
        self.found = found
        self.next_step = next_step

    @property
    def docs(self) -> str:
        """The place in the source's docs/ that is about such errors."""
        ours = next(one for one in type(self).__mro__ if one.__module__.startswith("backportkit"))
        return f"docs/errors.md#{ours.__name__.lower()}"

    def __str__(self) -> str:
        return _seen(self._text())

    def _text(self) -> str:
        facts = {"target": self.target, "expected": self.expected, "found": self.found, "next": self.next_step}
        lines = [f"  {name + ':':<10}{_indented(fact)}" for name, fact in facts.items() if fact is not None]
        head = self.message if self.patch is None else f"patch '{self.patch}': {self.message}"
        return "\n".join([head, *lines])


def let_interrupt_pass(error: BaseException) -> None:
    """Raise an interrupt of the user; return for any other error. Foreign code that raised one has failed.

    `sys.exit()` in a module of a provider, and what a test library raises to skip a test, are no Exceptions: they would
    end the program, or the import of something else, without a word.
    """
    if isinstance(error, KeyboardInterrupt):
        raise error


def write_log(
    level: str,
    text: str,
    *arguments: object,
    error: Exception | None = None,
    fields: Mapping[str, str] | None = None,
) -> None:
    """Write a record to the logger `backportkit`, with fields as attributes. An error of a handler fails no import.

    One that is only for information is kept as long as nobody wants to know that much.
    """
    if level == "info" and not is_informed():
        keep(_inform, text, tuple(map(str, arguments)), tuple((fields or {}).items()))
        return
    import logging  # only where there is something to say

    shown = [_seen(f"{one}") for one in arguments]
    logger = logging.getLogger("backportkit")
    try:
        logger.addFilter(_show_traceback)
        extra = {name: _seen(value) for name, value in (fields or {}).items()}
        getattr(logger, level)(text, *shown, exc_info=error, extra=extra)
    except Exception:  # noqa: BLE001 -- a program may hide it, as it hides what handlers report themselves
        if logging.raiseExceptions:
            print_error()


def is_informed() -> bool:
    """Tell whether logging is there, and somebody wants to know as much as INFO; then tell what was kept."""
    logging = sys.modules.get("logging")
    if logging is None or not logging.getLogger("backportkit").isEnabledFor(logging.INFO):
        return False
    if _kept:
        _tell_kept()
    return True


def keep(write: Callable[..., None], *arguments: object) -> None:
    """Keep a record, once: a start comes before the program has set up its logging."""
    record = (write, *arguments)
    _kept.pop(record, None)
    if len(_kept) <= MOST_KEPT:  # one more than are told, which tells that there were more
        _kept[record] = None


def _inform(text: str, arguments: tuple[str, ...], fields: tuple[tuple[str, str], ...]) -> None:
    write_log("info", text, *arguments, fields=dict(fields))


def _tell_kept() -> None:
    before = list(_kept)
    _kept.clear()  # first, since writing asks again
    for write, *arguments in before[:MOST_KEPT]:
        write(*arguments)
    if len(before) > MOST_KEPT:
        write_log("info", "more records came before this logger was set up: backportkit.report() tells where all stand")


def _show_traceback(record: LogRecord) -> bool:
    """Have handlers print a traceback so that all of it is seen: an error of others may say anything."""
    import logging  # it is there

    text = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
    if text != (shown := _seen(text)):
        record.exc_text = shown  # which a formatter takes in place of its own
    return True


def log_warning(text: str) -> None:
    """Log a warning, for handlers that somebody has set up.

    Without any, logging would print to stderr (https://docs.python.org/3/library/logging.html#logging.lastResort),
    where the warning has been printed already.
    """
    import logging  # as above

    if logging.getLogger("backportkit").hasHandlers():
        write_log("warning", "%s", text)


def print_error() -> None:
    """Print the error that was just raised to stderr, and go on."""
    import sys
    import traceback

    if sys.stderr is not None:  # there is none under pythonw
        sys.stderr.write(_seen(traceback.format_exc()))


def _seen(text: str) -> str:
    from backportkit.printable import seen  # needs re, and most processes print no error

    return seen(text)


def _indented(fact: str) -> str:
    return fact.replace("\n", "\n" + " " * 12)


class DeclarationError(BackportError, ValueError):
    """A declaration is wrong in itself. Raised where it stands; nothing of it is registered.

    A ValueError, as for any bad argument. `problems` has one line for each thing that is wrong.
    """

    def __init__(self, message: str, *, problems: Sequence[str] = (), **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.problems = tuple(problems)

    def _text(self) -> str:
        return "\n".join([super()._text(), *(f"{PROBLEM}{problem}" for problem in self.problems)])


class UnknownPatchError(BackportError, LookupError):
    """There is no patch of that id, or no provider of that name. A LookupError, since a name is looked up."""


class NotAppliedError(BackportError, RuntimeError):
    """`require(id)` found the patch neither applied nor waiting for its target."""


class TargetError(BackportError, AttributeError):
    """The target is not in the loaded module, or Python does not let it be changed.

    An AttributeError, since that is what looking for the attribute by hand would have raised.
    """


class DriftError(BackportError, RuntimeError):
    """The installed body is neither the one that the patch was written against nor upstream's fixed one."""


class SignatureError(BackportError, TypeError):
    """The replacement does not take a call that the original takes, or takes it to mean something else.

    A TypeError, since that is what the call would have raised.
    """


class ConflictError(BackportError, RuntimeError):
    """Two patches replace the same target, or somebody else's object stands on top of ours."""


class ReplacementError(BackportError, RuntimeError):
    """The replacement could not be imported or fitted; the original error is its `__cause__`."""


class CallbackError(BackportError, RuntimeError):
    """A callback of a patch raised an error, which is the `__cause__`.

    A callback that runs before applying refuses the patch by that: nothing of the patch is in place in that module. The
    error of any other callback is only reported, through `warnings` and `logging`.
    """


class PatchImportError(BackportError, ImportError):
    """A module's import is refused because a patch that is meant for it could not be applied.

    An ImportError, with the module's name as `name`. The module does not stay in `sys.modules`; importing it again
    tries anew. The reason is its `__cause__`: the error of the one patch, or an ApplyError for several.
    """


class SettingsError(BackportError, ValueError):
    """The settings of the application are wrong, in a call, in a file or in an environment variable."""


class PolicyError(BackportError, PermissionError):
    """The policy of the environment is wrong, is not to be believed, or does not allow what was asked for.

    A PermissionError, since that is what it is about.
    """


class ActivationError(BackportError, OSError):
    """The environment cannot be activated or deactivated. An OSError, since writing to its folder is what failed."""


class MissingExtraError(BackportError, ImportError):
    """A package of one of our extras is needed and is not installed. An ImportError, since it is missing."""

    @classmethod
    def of(cls, extra: str, *, needed: str, instead: str = "") -> MissingExtraError:
        """Return the error that names an extra, what is needed of it, and what else can be done."""
        next_step = f"install 'backportkit[{extra}]' from where backportkit was installed, such as by pip{instead}"
        return cls(f"{needed}, which is not installed", next_step=next_step)


class ProviderError(BackportError, ImportError):
    """A module that an installed distribution names in its entry points cannot be imported.

    An ImportError, since importing that module is what failed; the original error is its `__cause__`.
    """


class ApplyError(BackportError, RuntimeError):
    """Several patches could not be applied, undone, read, found or proved. `errors` has the error of each of them."""

    def __init__(self, errors: Sequence[BackportError], deed: str = "applied") -> None:
        super().__init__(f"{len(errors)} errors kept patches from being {deed}")
        self.errors = tuple(errors)

    def _text(self) -> str:
        return "\n".join([super()._text(), *(str(error) for error in self.errors)])
