"""Keep every declared patch, by id, with who declared it and where."""

from __future__ import annotations

import _thread
from _weakref import ref  # weakref itself is not loaded by a start
from itertools import count

from backportkit.bootstrap import bootstrap_finder, only_looking
from backportkit.declaration.checked import wrong
from backportkit.names import normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import CodeType

    from backportkit.declaration.record import Patch
    from backportkit.errors import DeclarationError

# The distribution, and the package where it is imported by its name.
SHIPPED = frozenset({"backportkit", "backportkit_patches"})
_PARTS = frozenset({"fget", "fset", "fdel"})

_positions = count()
loading = _thread._local()  # whose declarations a thread is loading, see `discovery`


def provider_being_loaded() -> str | None:
    """Return the distribution whose declarations this thread is loading; None if it is loading none."""
    provider: str | None = getattr(loading, "provider", None)
    return provider


def is_offer_being_loaded() -> bool:
    """Tell whether this thread is loading a module of the group `backportkit.offers`."""
    return getattr(loading, "is_offer", False)


class Declared:
    """A patch with its provenance in this process: the provider, and the `place` (file:line) of the declaration.

    `installed` says whether an installed provider has declared the patch, and not the application. An `opt_in` patch is
    armed only for those who ask for it by its id or a pattern: its author says so, or its module stands in the group
    `backportkit.offers`. `position` is its place in the order of declarations. A `withdrawn` patch is not put in any
    more, also by a thread that had taken it up before.
    """

    __slots__ = (
        "_body",
        "_file",
        "_line",
        "_module",
        "_name",
        "installed",
        "opt_in",
        "patch",
        "position",
        "provider",
        "withdrawn",
    )
    internal = False

    def __init__(self, patch: Patch, provider: str, file: str, line: int = 0) -> None:
        self.patch = patch
        self.position = next(_positions)
        self.provider = provider
        self._file = file
        self._line = line
        self._module: str | None = None
        self._name = ""
        self._body: ref[CodeType] | None = None
        self.installed = provider in SHIPPED or provider_being_loaded() is not None
        self.opt_in = patch.opt_in or is_offer_being_loaded()
        self.withdrawn = False

    @property
    def place(self) -> str:
        """Where the declaration stands."""
        return f"{self._file}:{self._line}" if self._line else self._file

    @property
    def module(self) -> str:
        """The name of the module that declares; empty for a data file, or if nobody knows it."""
        return self._module or ""

    @property
    def data_file(self) -> str:
        """The data file that declares, whatever folder it was named from; empty for a module."""
        return self._name if self._module == "" else ""

    @property
    def named_modules(self) -> set[str]:
        """The modules that replacements and callbacks of an installed provider are named in, and come from."""
        return self.code_modules if self.installed else set()

    @property
    def code_modules(self) -> set[str]:
        """The modules that replacements and callbacks are named in, and come from, whoever declares them."""
        if self.internal:
            return set()
        references = [edit.replacement for edit in self.patch.edits]
        references += [callback for _, callback in self.patch.callbacks] if self.patch.has_callbacks else []
        return {one.module for one in references if one is not None and one.held is None and one.module}

    @property
    def aliased_modules(self) -> set[str]:
        """The modules that are to be had by another name."""
        return {edit.alias_of for edit in self.patch.edits if edit.alias_of is not None}

    def by(self, module: str, name: str, body: CodeType | None = None) -> Declared:
        """Note who declares: a module, under a qualified name in it, by the code of a body. Return the declaration.

        A data file declares as the module `""`, under its path.
        """
        self._module, self._name = module, name
        self._body = None if body is None else ref(body)  # the code of a body that has run may go
        return self

    def is_anew(self, former: Declared) -> bool:
        """Tell whether this is the other declaration made again: by one module, under one qualified name.

        Where one and the same code has made both, such as a loop, it is if it stands at one line and is equal. The
        file says nothing: each cell of a notebook has another one.
        """
        if self._module is None or (self._module, self._name) != (former._module, former._name):
            return False
        if self._body is None or former._body is None or self._body() is not former._body():
            return True
        return self._line == former._line and self.patch == former.patch

    def inherit(self, former: Declared) -> None:
        """Have the position, the provider and the consent of the declaration whose place this one takes."""
        self.position, self.provider, self.installed = former.position, former.provider, former.installed
        self.opt_in = self.patch.opt_in or (former.opt_in and not former.patch.opt_in)

    def move_to(self, same: Declared) -> None:
        """Stand from now on where an equal declaration stands that was made anew."""
        self._file, self._line, self._body = same._file, same._line, same._body

    @property
    def id(self) -> str:
        """The id of the patch."""
        return self.patch.id

    def __str__(self) -> str:
        return f"'{self.id}' of {self.provider}, declared at {self.place}"

    @property
    def is_shipped(self) -> bool:
        """True if it comes with backportkit."""
        return self.provider in SHIPPED and not self.internal

    def may_supersede(self, other: Declared) -> bool:
        """Tell whether this patch may take the place of the other one because its own declaration says so.

        It may if both are of one provider, or if this one is the application's. Across providers, the application has
        to say so in its settings.
        """
        return not self.installed or normalised(self.provider) == normalised(other.provider)

    def how_to_supersede(self, other: Declared) -> str:
        """Return what somebody has to write so that this one takes the other one's place."""
        if self.may_supersede(other):
            return f"declare supersedes=['{other.id}']"
        return f"write supersede = {{'{other.id}' = '{self.id}'}} under [tool.backportkit] of the application"

    def yields_to(self, other: Declared) -> bool:
        """Tell whether this patch yields to the other one, if that is meant for the environment and nobody asked for
        this one.

        A shipped patch yields to each other patch that edits one of its targets.
        """
        return self.is_shipped and not other.is_shipped and _meet(self.patch, other.patch)


class Internal(Declared):
    """A patch of backportkit's own: it is armed along with whatever `apply_all` is asked for, if a policy allows it."""

    __slots__ = ()
    internal = True


def _meet(one: Patch, other: Patch) -> bool:
    """Tell whether both edit one place, or one of them edits a function of the other's property, such as `fset`."""
    pairs = ((mine.target, theirs.target) for mine in one.edits for theirs in other.edits)
    return any(
        mine.module == theirs.module and mine.items == theirs.items and _is_within(mine.path, theirs.path)
        for mine, theirs in pairs
    )


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    rest = {*one[shorter:], *other[shorter:]}
    return one[:shorter] == other[:shorter] and rest <= _PARTS


class Registry:
    """The declared patches, in the order of their declaration.

    The `internal` patches are among them. `awaited` is the number of patches, from the first on, that were declared
    when `apply_all` was called last, in a process that has no engine so far.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Declared] = {}
        self.awaited = 0
        self.internal: list[Declared] = []
        self._succeed: Callable[[Declared, Declared], None] | None = None
        self._is_outdated: Callable[[Declared], bool] | None = None

    def on_succession(
        self, succeed: Callable[[Declared, Declared], None], is_outdated: Callable[[Declared], bool]
    ) -> None:
        """Have `succeed(former, new)` called where a declaration is made anew. It puts the new one in.

        An equal one changes nothing, unless `is_outdated(former)` says that other code than that of the former runs.
        """
        self._succeed, self._is_outdated = succeed, is_outdated

    def add_all(self, declarations: Iterable[Declared]) -> None:
        """Register patches, all or none. One that is registered already with the same content is kept.

        One with other content that is made anew from the same place takes the place of the former one.
        Raises DeclarationError, naming both places, if an id is taken by a patch with other content from elsewhere.
        """
        new: dict[str, Declared] = {}
        for one in declarations:
            twin = new.setdefault(one.id, one)
            known = self._by_id.get(one.id, twin)
            if _differ(twin, one):
                raise _declared_twice(twin, one)
            if _differ(known, one) and not one.is_anew(known):
                raise _declared_twice(known, one)
        self._put_in(new)

    def _put_in(self, new: dict[str, Declared]) -> None:
        """Enter patches that were unknown when they were looked up. One that another thread has entered since stays."""
        entered: list[str] = []
        made_anew: list[tuple[Declared, Declared]] = []
        for one in new.values():
            known = self._by_id.setdefault(one.id, one)
            if known is one:
                entered.append(one.id)
            elif one.is_anew(known):
                made_anew.append((known, one))
            elif known.patch != one.patch:
                for patch_id in entered:
                    del self._by_id[patch_id]
                raise _declared_twice(known, one)
            if known is one and one.internal:
                self.internal.append(one)
        for former, one in made_anew:
            self._take_place(former, one)

    def _take_place(self, former: Declared, new: Declared) -> None:
        is_outdated = self._is_outdated is not None and self._is_outdated(former)
        if not is_outdated and _are_the_same(former.patch, new.patch):
            former.move_to(new)
            return
        new.inherit(former)
        if self._succeed is None and bootstrap_finder.is_waiting:
            with only_looking():  # by its name, since that module is on a higher floor
                __import__("backportkit.engine.verbs")
        if self._succeed is None:
            self.put(new)
        else:
            self._succeed(former, new)

    def put(self, new: Declared) -> None:
        """Register a patch in the place of the one that has its id."""
        self._by_id[new.id] = new

    def remove(self, patch_id: str) -> None:
        """Forget a patch."""
        self._by_id.pop(patch_id, None)

    def has(self, declared: Declared) -> bool:
        """Tell whether this very declaration is registered."""
        return self._by_id.get(declared.id) is declared

    def find(self, patch_id: str) -> Declared | None:
        """The patch of that id, or None."""
        return self._by_id.get(patch_id)

    def beyond(self, known: Mapping[str, object]) -> list[Declared]:
        """Return the patches whose ids another mapping has not; nearly always there are none."""
        return [] if known.keys() >= {*self._by_id} else [one for one in self if one.id not in known]

    def __iter__(self) -> Iterator[Declared]:
        return iter(list(self._by_id.values()))


def _are_the_same(former: Patch, new: Patch) -> bool:
    """Tell whether nothing has changed, defaults of functions included, so that what is in effect may stay."""
    from backportkit.declaration.reference import hold_the_same  # for a declaration that is made anew only

    if former != new:
        return False
    pairs = zip(former.edits, new.edits, strict=True)
    return all(hold_the_same(mine.replacement, theirs.replacement) for mine, theirs in pairs)


def _differ(known: Declared, one: Declared) -> bool:
    return known is not one and known.patch != one.patch


def _declared_twice(known: Declared, other: Declared) -> DeclarationError:
    return wrong(
        "this id is declared twice with different content",
        patch=known.id,
        expected=f"the patch of {known.provider}, declared at {known.place}",
        found=f"the patch of {other.provider}, declared at {other.place}",
        next_step=_instead_of_twice(known, other),
    )


def _instead_of_twice(known: Declared, other: Declared) -> str:
    if known.place == other.place and known.provider != other.provider:
        return f"import the file under one name: it is loaded for {known.provider} and for {other.provider}"
    way = "give one of the two another id"
    if known.place == other.place or known.provider == other.provider == "__main__":
        return f"{way}, or call backportkit.unregister('{known.id}') before the second one is declared"
    return way


declared_patches = Registry()
