"""Say why the declarations of a provider cannot be read, and what to do about it."""

from __future__ import annotations

from backportkit.errors import PROBLEM, DeclarationError, ProviderError
from backportkit.redacted import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backportkit.declaration.discovery import EntryPoint


def not_loaded(entry_point: EntryPoint, provider: str, error: BaseException) -> ProviderError:
    """Return the error of a declaring module whose import has failed."""
    return ProviderError(
        f"the patches of '{provider}' cannot be loaded: {_told(error)}",
        expected=f"an importable module {entry_point.value}, as the entry point {entry_point.name!r} says",
        next_step=_next_step(provider, entry_point.module, error),
    )


def _told(error: BaseException) -> str:
    """Return an error in words. What is wrong first is in the first line, which may be all that is shown."""
    head, *lines = quoted(error).split("\n")
    problems = [line for line in lines if line.startswith(PROBLEM) and isinstance(error, DeclarationError)]
    if problems:
        lines.remove(problems[0])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        head = f"{head}: {problems[0][len(PROBLEM) :]}{more}"
    return "\n".join([head, *lines])


def _next_step(provider: str, module: str, error: BaseException) -> str:
    if isinstance(error, SystemExit):  # the module is a script
        return f"put the declarations into a module of their own, or uninstall '{provider}'"
    if isinstance(error, ModuleNotFoundError) and error.name and f"{module}.".startswith(f"{error.name}."):
        way = f"install '{provider}' again, if it has no such module any more"
        return f"{way}; else mend or uninstall it, or start with BACKPORTKIT_DISABLE=all"
    return f"mend or uninstall '{provider}', or start with BACKPORTKIT_DISABLE=all"
