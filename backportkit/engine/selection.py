"""Choose among the declared patches: by the arguments of `apply_all` and by the settings of the application."""

from __future__ import annotations

from _collections_abc import Iterable

from backportkit.engine import on_error
from backportkit.names import WILD, fits, fits_any, normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backportkit.declaration.registry import Declared, Registry

_VARIABLE = "BACKPORTKIT_ENABLE"
_PROVIDER = "provider:"  # no id has a colon
NOBODY = "nobody has asked for it"


class Selection:
    """A choice of patches. `only`, `exclude`, `providers` and `enable` are names or patterns (`*`, `?`, `[...]`).

    None as `only` or `providers` chooses all, and an empty list chooses none. `enable` adds patches to that, except
    those that `exclude` names. Names of providers are compared in their normal form (PEP 503).

    Raises SettingsError for a name that is no text.
    """

    def __init__(
        self,
        only: str | Iterable[str] | None = None,
        exclude: str | Iterable[str] = (),
        providers: str | Iterable[str] | None = None,
        enable: str | Iterable[str] = (),
    ) -> None:
        self.only = _several("only", () if only is None else only)
        self.exclude = _several("exclude", exclude)
        self.providers = tuple(map(normalised, _several("providers", () if providers is None else providers)))
        self.enable = _several("enable", enable)
        self.of_all = only is None
        self.of_all_providers = providers is None

    def takes(self, declared: Declared) -> bool:
        """Tell whether the patch is among those that are asked for."""
        patch_id = declared.id
        if declared.internal:
            return True
        if fits_any(patch_id, self.exclude):
            return False
        is_chosen = self.of_all or fits_any(patch_id, self.only)
        return (is_chosen and self.has_provider_of(declared)) or asks_for(patch_id, self.enable)

    def has_provider_of(self, declared: Declared) -> bool:
        """Tell whether the provider of the patch is among those that are asked for."""
        return self.of_all_providers or fits_any(normalised(declared.provider), self.providers)

    def takes_provider(self, provider: str) -> bool:
        """Tell whether a provider may have a patch that is asked for."""
        return self.of_all_providers or bool(self.enable) or fits_any(normalised(provider), self.providers)

    def without_names(self) -> Selection:
        """Return a selection by the same `exclude` and `providers` alone."""
        return Selection(None, self.exclude, None if self.of_all_providers else self.providers)

    def choose(self, registry: Registry) -> Iterable[Declared]:
        """The patches that are asked for. A single one is found by its id, however many there are."""
        if self.of_all and self.of_all_providers and not self.exclude:
            return registry
        found = registry.find(self.only[0]) if len(self.only) == 1 and not self.enable else None
        return filter(self.takes, registry if found is None else [*registry.internal, found])

    def names_known_only(self, find: Callable[[str], object]) -> bool:
        """Tell whether each name is the id of a patch that can be found, and none is a pattern."""
        return all(map(find, (*self.only, *self.exclude, *self.enable)))

    def unknown_ids(self, ids: Iterable[str]) -> Iterator[str]:
        """Return the names that choose none of these patches: ids that are not there, and patterns that fit none.

        A pattern in `exclude` may fit none: it is the way to say "if there is one".
        """
        known = dict.fromkeys(ids)
        names = [*self.only, *self.enable, *(name for name in self.exclude if not WILD.intersection(name))]
        return (name for name in names if name not in known and not any(fits(one, name) for one in known))

    def unknown_providers(self, providers: Iterable[str]) -> Iterator[str]:
        """Return the names that fit none of these providers."""
        known = [normalised(provider) for provider in providers]
        return (name for name in self.providers if not any(fits(one, name) for one in known))


class Selections:
    """Several selections together. A selection that was added before adds nothing, in whatever order it comes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[frozenset[str], bool, frozenset[str]], _Wish] = {}
        self._unknown: dict[str, None] = {}  # ids that were not known at the last look, and patterns

    def add(self, selection: Selection) -> None:
        """Choose the patches of a selection, too."""
        key = frozenset(selection.exclude), selection.of_all_providers, frozenset(selection.providers)
        self._kept.setdefault(key, _Wish(selection)).add(selection)
        self._unknown.update(dict.fromkeys((*selection.only, *selection.enable)))

    def clear(self) -> None:
        """Forget all selections."""
        self._kept.clear()
        self._unknown.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, declared: Declared) -> bool:
        """Tell whether one of the selections takes a patch, or there is no selection."""
        return len(self) == 0 or any(wish.takes(declared) for wish in list(self._kept.values()))

    def take_provider(self, provider: str) -> bool:
        """Tell whether a provider may have a patch that one of the selections takes, or there is no selection."""
        return len(self) == 0 or any(wish.takes_provider(provider) for wish in list(self._kept.values()))

    def name(self, declared: Declared) -> bool:
        """Tell whether one of the selections takes a patch by its id or by a pattern. `*` names nothing."""
        return any(wish.names(declared) for wish in list(self._kept.values()))

    def ask_beyond(self, known: Callable[[str], object]) -> bool:
        """Tell whether one of the names may be of a patch that is not known yet."""
        for name in list(self._unknown):
            if not is_beyond(name, known):
                self._unknown.pop(name, None)  # another thread may have been first
        return bool(self._unknown)


class _Wish:
    """The selections that differ in nothing but `only` and `enable`."""

    __slots__ = ("_all", "_enabled", "_named", "_rest")

    def __init__(self, selection: Selection) -> None:
        self._rest = selection.without_names()
        self._all = False
        self._named = _Names()
        self._enabled = _Names()

    def add(self, selection: Selection) -> None:
        self._all = self._all or selection.of_all or any(map(_is_bare, selection.only))
        self._named.add(selection.only)
        self._enabled.add(selection.enable)

    def takes(self, declared: Declared) -> bool:
        return declared.internal or (self._all and self._rest.takes(declared)) or self.names(declared)

    def takes_provider(self, provider: str) -> bool:
        return self._rest.takes_provider(provider) or not self._enabled.is_empty()

    def names(self, declared: Declared) -> bool:
        if fits_any(declared.id, self._rest.exclude):
            return False
        is_named = self._named.has(declared.id) and self._rest.has_provider_of(declared)
        return is_named or self._enabled.has(declared.id)


class _Names:
    """Ids and patterns that ask for patches, each once. `*` asks for none."""

    __slots__ = ("_ids", "_patterns")

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}
        self._patterns: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            if not _is_bare(name):
                (self._ids if WILD.isdisjoint(name) else self._patterns)[name] = None

    def is_empty(self) -> bool:
        return not (self._ids or self._patterns)

    def has(self, patch_id: str) -> bool:
        return patch_id in self._ids or fits_any(patch_id, list(self._patterns))


class Settings:
    """The decisions of the application.

    `disable` has ids and patterns of patches that are off, and `enable` of those that are asked for. `supersede` says
    which patch, by id, takes the place of which: the key is out of force while the value is armed and meant for this
    environment. `path` is the file. `policy` is the file of a policy that counts beside that of the environment.
    """

    __slots__ = ("disable", "enable", "path", "policy", "supersede")

    def __init__(
        self,
        path: str = "",
        disable: tuple[str, ...] = (),
        supersede: dict[str, str] | None = None,
        enable: tuple[str, ...] = (),
        policy: str = "",
    ) -> None:
        self.path = path
        self.policy = policy
        self.disable = disable
        self.supersede = supersede or {}
        self.enable = enable

    def disables(self, patch_id: str) -> bool:
        """Tell whether the patch is off."""
        return fits_any(patch_id, self.disable)

    def ask_for(self, patch_id: str) -> bool:
        """Tell whether the settings name a patch to be in force: in `enable`, or in the place of another one."""
        return asks_for(patch_id, self.enable) or patch_id in self.supersede.values()


def asks_for(patch_id: str, names: Iterable[str]) -> bool:
    """Tell whether one of the names is the id of the patch or a pattern that fits it. `*` names nothing."""
    return any(fits(patch_id, name) for name in names if not _is_bare(name))


def is_asked_for(declared: Declared, selections: Selections, settings: Settings) -> bool:
    """Tell whether a call, the settings or the environment name that very patch, by its id or a pattern."""
    patch_id = declared.id
    return selections.name(declared) or settings.ask_for(patch_id) or asks_for(patch_id, names_in_environment())


def ask_beyond(selections: Selections, settings: Settings, known: Callable[[str], object]) -> bool:
    """Tell whether somebody asks by a name that may be of a patch which is not known yet."""
    return selections.ask_beyond(known) or ask_beyond_outside_calls(settings, known)


def ask_beyond_outside_calls(settings: Settings, known: Callable[[str], object]) -> bool:
    """Tell the same of the settings and of the environment alone."""
    names = (*settings.enable, *settings.supersede.values(), *names_in_environment())
    return any(is_beyond(name, known) for name in names)


def outside_calls(settings: Settings) -> Iterator[tuple[str, str, list[str]]]:
    """Return who asks for patches other than by a call, where it is written, and by which names."""
    yield settings.path, "`enable`", list(settings.enable)
    yield _VARIABLE, _VARIABLE, names_in_environment()


def names_in_environment() -> list[str]:
    """The ids and patterns in `BACKPORTKIT_ENABLE`. Ignored under `python -E` and `-I`."""
    return [name.strip() for name in on_error.variable(_VARIABLE).split(",") if name.strip()]


def of_provider(provider: str) -> str:
    """Return the name by which a provider is switched off as a whole, where ids of patches stand."""
    return f"{_PROVIDER}{normalised(provider)}"


def is_of_provider(name: str) -> bool:
    """Tell whether a name among ids is that of a provider."""
    return name.startswith(_PROVIDER)


def how_to_ask(patch_id: str) -> str:
    """Return what somebody has to write to have a patch armed."""
    return (
        f"write apply_all(enable='{patch_id}'), or enable = ['{patch_id}'] under [tool.backportkit] of the application"
    )


def is_beyond(name: str, known: Callable[[str], object]) -> bool:
    """Tell whether a name may be of a patch that is not known yet; a pattern always may, but for a bare `*`."""
    return not (_is_bare(name) or known(name))


def _is_bare(name: str) -> bool:
    return bool(name) and not name.strip("*")


def _several(argument: str, names: str | Iterable[str]) -> tuple[str, ...]:
    found = (names,) if isinstance(names, str) else tuple(names) if isinstance(names, Iterable) else None
    if found is None or not all(isinstance(name, str) for name in found):
        from backportkit.engine import problems  # only for the message of an error

        raise problems.no_names(argument, names)
    return found
