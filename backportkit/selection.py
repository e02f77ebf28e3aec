"""Which of the declared patches are in force: what one `apply_all` is asked for, and what the application decides."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.registry import Declared

_WILD = frozenset("*?[")


class Selection:
    """A choice of patches. `only`, `exclude` and `providers` are names or patterns (`*`, `?`, `[...]`), one or several.

    Where `only` or `providers` is empty it chooses all. Names of providers are compared in their normal form (PEP 503).
    """

    def __init__(
        self, only: str | Iterable[str] = (), exclude: str | Iterable[str] = (), providers: str | Iterable[str] = ()
    ) -> None:
        self.only = _several(only)
        self.exclude = _several(exclude)
        self.providers = tuple(map(_normal, _several(providers)))

    def takes(self, declared: Declared) -> bool:
        """Whether the patch is among those that are asked for."""
        patch_id = declared.id
        return declared.companion or (
            (not self.only or _matches(patch_id, self.only))
            and not _matches(patch_id, self.exclude)
            and (not self.providers or _matches(_normal(declared.provider), self.providers))
        )

    def unknown_ids(self, ids: Iterable[str]) -> Iterator[str]:
        """What names no patch of these: ids that are not there, and patterns in `only` that fit none.

        A pattern in `exclude` may fit none: it is the way to say "if there is one".
        """
        known = list(ids)
        names = [*self.only, *(name for name in self.exclude if not _WILD.intersection(name))]
        return (name for name in names if not any(fits(one, name) for one in known))

    def unknown_providers(self, providers: Iterable[str]) -> Iterator[str]:
        """What names none of these providers."""
        known = [_normal(provider) for provider in providers]
        return (name for name in self.providers if not any(fits(one, name) for one in known))


class Settings:
    """What the application has decided.

    `disable` has ids and patterns of patches that are off. `supersede` says which patch, by id, takes the place of
    which: the key is out of force while the value is armed and meant for this environment. `path` is the file.
    """

    __slots__ = ("disable", "path", "supersede")

    def __init__(self, path: str = "", disable: tuple[str, ...] = (), supersede: dict[str, str] | None = None) -> None:
        self.path = path
        self.disable = disable
        self.supersede = supersede or {}

    def disables(self, patch_id: str) -> bool:
        """Whether the patch is off."""
        return any(fits(patch_id, pattern) for pattern in self.disable)

    def superseded_by(self, patch_id: str) -> tuple[str, ...]:
        """The ids of the patches whose place this one takes."""
        return tuple(old for old, new in self.supersede.items() if new == patch_id)


def _several(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fits(name, pattern) for pattern in patterns)


def fits(name: str, pattern: str) -> bool:
    """Whether a name is the one that is meant, or fits the pattern (`*`, `?`, `[...]`)."""
    if _WILD.isdisjoint(pattern):
        return name == pattern
    from fnmatch import fnmatchcase  # needs re

    return fnmatchcase(name, pattern)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
