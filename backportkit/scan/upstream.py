"""Ask upstream's releases about targets: is one there, since when is its body as it is, and has it changed?"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan.texts import Text
from backportkit.source.found import Kind
from backportkit.upstream import history
from backportkit.upstream.archive import Archive
from backportkit.upstream.evidence import Evidence
from backportkit.upstream.history import Place
from backportkit.upstream.modules import Modules
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.specifiers import SpecifierSet

    from backportkit.upstream.body import Body
    from backportkit.upstream.evidence import Options
    from backportkit.upstream.index import Release, Releases

SEEN = frozenset({Kind.FUNCTION.value, Kind.CLASS.value, Kind.VALUE.value})  # the kinds of what a source shows
_MOST = 12  # releases that are asked whether they had something


class Seen(NamedTuple):
    """A target in one release."""

    release: Release
    body: Body


class Upstream:
    """The releases of the distributions that are patched. What cannot be read is asked once, and its reason kept."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._releases: dict[str, Releases | str] = {}
        self._paths: dict[str, frozenset[str]] = {}

    @cached_property
    def evidence(self) -> Evidence:
        """The way to the index."""
        return Evidence(self._options)

    @property
    def cost(self) -> tuple[int, int]:
        """The number of requests, and of the bytes that came."""
        return self.evidence.cost if "evidence" in self.__dict__ else (0, 0)

    def releases(self, owner: str) -> Releases | str:
        """Return the releases of a distribution; the reason, if they are not known."""
        if owner not in self._releases:
            try:
                self._releases[owner] = self.evidence.releases(owner)
            except UnavailableError as error:
                self._releases[owner] = history.in_one(error)
        return self._releases[owner]

    def supported(self, owner: str, ranges: Sequence[SpecifierSet]) -> list[Release]:
        """Return the plain releases in one of these ranges, the oldest first."""
        known = self.releases(owner)
        every = () if isinstance(known, str) else known.all
        return [one for one in every if one.is_plain and any(part.contains(one.version) for part in ranges)]

    def after(self, owner: str, ranges: Sequence[SpecifierSet]) -> Release | None:
        """Return the first plain release above all of these ranges; None if there is none."""
        known = self.releases(owner)
        every = [] if isinstance(known, str) else [one for one in known.all if one.is_plain]
        inside = [one.version for one in every if any(part.contains(one.version) for part in ranges)]
        return next((one for one in every if inside and one.version > max(inside)), None)

    def read(self, module: str, path: Sequence[str], release: Release) -> Seen | str:
        """Return the body of a target in a release; the reason, if it cannot be read."""
        told = history.read_all([Place(module, tuple(path))], release, self.evidence.means)[0]
        return told.reason if told.body is None else Seen(release, told.body)

    def had(self, owner: str, module: str, path: Sequence[str], before: Release) -> bool:
        """Tell whether a plain release before another one had a target; a few stand for many of them."""
        known = self.releases(owner)
        every = [] if isinstance(known, str) else [one for one in known.all if one.is_plain]
        older = [one for one in every if one.version < before.version]
        seen = (self.read(module, path, one) for one in older[:: -max(1, len(older) // _MOST)])
        return any(not isinstance(one, str) and one.body.kind in SEEN for one in seen)

    def text(self, module: str, release: Release) -> Text | None:
        """Return the source of a module of a release; None if it cannot be read."""
        try:
            with Archive(release.file, self.evidence.means) as archive:
                found = Modules(archive, module).read(module)
        except UnavailableError:
            return None
        if found is None or found.tree is None:
            return None
        within = f"{module.replace('.', '/')}{'/__init__' if found.is_package else ''}.py"
        return Text(within, module, found.text.encode(), within)

    def is_module(self, name: str, release: Release) -> bool | None:
        """Tell whether a release has a module of a name; None if that cannot be read."""
        key = release.file.url
        if key not in self._paths:
            try:
                with Archive(release.file, self.evidence.means) as archive:
                    self._paths[key] = frozenset(archive.paths)
            except UnavailableError:
                self._paths[key] = frozenset()
        base, paths = name.replace(".", "/"), self._paths[key]
        if not paths:
            return None
        return any(one in paths for one in (f"{base}.py", f"{base}/__init__.py")) or _is_folder(base, paths)


def _is_folder(base: str, paths: frozenset[str]) -> bool:
    return any(path.startswith((f"{base}/", f"{base}.cpython", f"{base}.abi3", f"{base}.pyd")) for path in paths)
