"""Which of the declared patches are in force: what one `apply_all` is asked for, and what the application decides."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.registry import Declared

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
        return declared.internal or (
            (not self.only or _matches(patch_id, self.only))
            and not _matches(patch_id, self.exclude)
            and (not self.providers or _matches(_normal(declared.provider), self.providers))
        )

    @property
    def names_ids(self) -> bool:
        """Whether it says anything of single patches."""
        return bool(self.only or self.exclude)

    def unknown_ids(self, ids: Iterable[str]) -> Iterator[str]:
        """What names no patch of these: ids that are not there, and patterns in `only` that fit none.

        A pattern in `exclude` may fit none: it is the way to say "if there is one".
        """
        known = dict.fromkeys(ids)
        names = [*self.only, *(name for name in self.exclude if not _WILD.intersection(name))]
        return (name for name in names if name not in known and not any(fits(one, name) for one in known))

    def unknown_providers(self, providers: Iterable[str]) -> Iterator[str]:
        """What names none of these providers."""
        known = [_normal(provider) for provider in providers]
        return (name for name in self.providers if not any(fits(one, name) for one in known))


class Selections:
    """What several selections choose together. What is asked for again, in whatever order, adds nothing."""

    def __init__(self) -> None:
        self._kept: dict[tuple[frozenset[str], frozenset[str]], _Wish] = {}

    def add(self, selection: Selection) -> None:
        """Choose what that selection chooses, too."""
        key = frozenset(selection.exclude), frozenset(selection.providers)
        self._kept.setdefault(key, _Wish(selection)).add(selection.only)

    def clear(self) -> None:
        """Forget them all."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, declared: Declared) -> bool:
        """Whether the patch is among those that one of them takes, or there is none."""
        return len(self) == 0 or any(wish.takes(declared) for wish in list(self._kept.values()))

    def name(self, patch_id: str) -> bool:
        """Whether one of them names the patch, by its id or by a pattern. `*` names nothing."""
        return any(wish.names(patch_id) for wish in list(self._kept.values()))


class _Wish:
    """The selections that differ in nothing but `only`."""

    __slots__ = ("_all", "_ids", "_patterns", "_rest")

    def __init__(self, selection: Selection) -> None:
        self._rest = Selection((), selection.exclude, selection.providers)
        self._all = False
        self._ids: dict[str, None] = {}
        self._patterns: dict[str, None] = {}

    def add(self, only: Iterable[str]) -> None:
        names = list(only)
        self._all = self._all or not names
        for name in names:
            (self._ids if _WILD.isdisjoint(name) else self._patterns)[name] = None

    def takes(self, declared: Declared) -> bool:
        return declared.internal or (self._wants(declared.id) and self._rest.takes(declared))

    def _wants(self, patch_id: str) -> bool:
        return self._all or patch_id in self._ids or _matches(patch_id, list(self._patterns))

    def names(self, patch_id: str) -> bool:
        telling = [pattern for pattern in list(self._patterns) if pattern.strip("*")]
        return patch_id in self._ids or _matches(patch_id, telling)


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
