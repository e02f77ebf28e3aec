"""Read the declarations that a check is about. A declaring module cannot import what it patches meanwhile."""

from __future__ import annotations

import sys
from importlib.util import decode_source
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from backportkit import regular_file
from backportkit.check import installed as installed_metadata
from backportkit.check import leading, project, supported
from backportkit.check.fence import Fence, module_named
from backportkit.check.unread import imports_upstream, needless, nothing_named, unreached, unreadable, wrong_file
from backportkit.declaration import discovery, document, eligibility
from backportkit.declaration.discovery import EntryPoint
from backportkit.declaration.registry import Declared, declared_patches
from backportkit.engine.selection import Selection, Settings
from backportkit.errors import BackportError, DeclarationError, ProviderError
from backportkit.providers_on_disk import GROUP
from backportkit.source import folders, location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.check.findings import Finding
    from backportkit.check.project import Project
    from backportkit.check.supported import Support

_UNREAD = frozenset({"BK301", "BK304"})


class Subject(NamedTuple):
    """A patch to be judged.

    Attributes:
        declared: The patch with its provider and place.
        support: The versions that the declaring project supports.
        names: The names of the entry points that lead to it; None if it is not found by entry points.
        group: The group of these entry points.
    """

    declared: Declared
    support: Support
    names: frozenset[str] | None = None
    group: str = GROUP


class Scope(NamedTuple):
    """The patches and modules that were read.

    Attributes:
        subjects: The patches that are to be judged.
        findings: The findings of the reading itself.
        others: Patches of installed providers about the same packages, which are not to be judged.
        settings: The project's settings of precedence and consent.
        module: The module or file that other commands have to import in order to know the patches.
        folder: The project's folder, in which to call them; empty if it is the working directory.
        beside: The ids of the patches of installed providers that are judged beside those of a project.
        unconcerned: The number of shipped patches that were left out, since they are not for what is installed.
    """

    subjects: tuple[Subject, ...]
    findings: tuple[Finding, ...]
    others: tuple[Declared, ...] = ()
    settings: Settings | None = None
    module: str | None = None
    folder: str = ""
    beside: frozenset[str] = frozenset()
    unconcerned: int = 0


def gather(what: str | None) -> Scope:
    """Read the declarations of a project folder, a file, an installed provider or a module; for None, read all.

    Declaring modules are imported, what they patch is not: an attempt is refused, and is a finding.

    Raises UnknownScopeError if there is no such thing, DeclarationError if a named file does not declare properly.
    """
    reading = _Reading()
    if what is None:
        reading.everything(location.here())
    elif _exists(Path(what)):
        reading.path(Path(what))
    else:
        reading.name(what)
    return reading.scope()


def read_project(folder: Path) -> list[BackportError]:
    """Read the entry points and modules that the pyproject.toml in a folder names, as `gather` does.

    Returns the problems.
    """
    try:
        own = project.read(folder)
    except BackportError as error:
        return [error]
    if not (own.entry_points or own.modules):
        return []
    reading = _Reading()
    reading.declarations(own)
    return [DeclarationError(found.message, next_step=found.next_step) for found in reading.findings]


def read_file(path: Path) -> list[BackportError]:
    """Read the patches of a file, as `gather` does. Returns the problems."""
    reading = _Reading()
    reading.path(path)
    return [DeclarationError(found.message, next_step=found.next_step) for found in reading.findings]


def subject_of(declared: Declared) -> Subject:
    """Return a patch that has been read, with the versions that its project supports."""
    path = location.file_of(declared.place)
    own = project.above(path) if path.is_file() else None
    return Subject(declared, supported.of_distribution(declared.provider) if own is None else supported.of_project(own))


def is_of_no_concern(declared: Declared) -> bool:
    """Tell whether a patch ships with backportkit, and is not meant for what is installed: nobody here can mend it."""
    return declared.is_shipped and not eligibility.judge(declared.patch.requires, declared.patch.modules[0]).eligible


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # the name is too long for a file, or has a null byte in it
        return False


class _Reading:
    """The patches and modules that have been read so far."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.own: str | None = None  # the project whose folder was read
        self.named: str | None = None  # the file or module that was named
        self.folder = ""
        self.beside: frozenset[str] = frozenset()
        self.unconcerned = 0
        self.subjects: list[Subject] = []
        self.findings: list[Finding] = []

    def scope(self) -> Scope:
        """Return the patches that were read, and beside them those of installed providers for the same packages."""
        subjects, findings = tuple(self.subjects), tuple(self.findings)
        own = {subject.declared.id for subject in subjects}
        packages = {name for subject in subjects for name in _tops(subject.declared)}
        for provider, entry_points in leading.by_provider().items():
            if provider == self.own:
                continue  # its folder has been read, and the installed release may be older
            concerned = [found for found in entry_points if found.name.partition(".")[0] in packages]
            self.entry_points(concerned, supported.NOTHING_KNOWN)  # findings about them would be dropped
        others = [one for one in declared_patches if not one.internal and one.id not in own]
        return Scope(
            subjects,
            findings,
            tuple(others),
            self.settings,
            self.named,
            self.folder,
            self.beside,
            self.unconcerned,
        )

    def everything(self, folder: Path | None) -> None:
        own = project.read(folder) if folder is not None and (folder / "pyproject.toml").is_file() else None
        for provider, entry_points in leading.by_provider().items():
            if own is None or provider != canonicalize_name(own.name):
                self.entry_points(entry_points, supported.of_distribution(provider))
        concerned = [one for one in self.subjects if not is_of_no_concern(one.declared)]
        self.unconcerned = len(self.subjects) - len(concerned)
        self.subjects = concerned
        if own is not None:
            self.beside = frozenset(one.declared.id for one in concerned)
            self.project(own)
            self._unknown(own)

    def path(self, path: Path) -> None:
        if path.is_dir() or path.name == "pyproject.toml":
            folder = path if path.is_dir() else path.parent
            self.folder = "" if folder.resolve() == location.here() else str(folder)
            self.project(project.read(folder))
            return
        self.named = str(path)
        if path.suffix in {".toml", ".json"}:
            self.data(path)
        elif path.suffix == ".py":
            _check_text(path)
            root, module = folders.module_in(path.absolute())
            project.make_importable(root)
            self.module(module, _support_of(path))
        else:
            raise DeclarationError(f"{str(path)!r} declares no patches", expected="a .py, .toml or .json file")

    def name(self, name: str) -> None:
        installed, here = leading.by_provider(), location.here()
        if here is not None and canonicalize_name(name) not in installed:
            project.make_importable(here)
        if entry_points := installed.get(canonicalize_name(name)):
            self.entry_points(entry_points, supported.of_distribution(name))
        elif (found := module_named(name)) is not None:
            self.named = name
            self.module(name, _support_of(Path(found.path)))
        else:
            raise nothing_named(name, list(installed))

    def project(self, own: Project) -> None:
        """Read the patches that the pyproject.toml of a project names.

        Installed metadata counts only if another tool writes the project's entry points.
        """
        self.settings = own.settings
        self.own = canonicalize_name(own.name)
        before = len(self.findings)
        self.findings += installed_metadata.judge(own)
        installed = leading.by_provider().get(self.own, []) if own.is_dynamic else []
        self.declarations(own, supported.of_project(own.folder), installed)
        if _UNREAD.isdisjoint(finding.code for finding in self.findings[before:]):
            self._stray(own)  # after an unread module nobody knows which files it would have imported

    def declarations(
        self, own: Project, support: Support = supported.NOTHING_KNOWN, installed: Iterable[EntryPoint] = ()
    ) -> None:
        """Read the entry points and modules that a project names, and those of its installed metadata.

        The patches of the modules count as the application's own.
        """
        project.make_importable(own.folder)
        self.entry_points([*own.entry_points, *installed], support)
        found = len(self.subjects)
        for module in own.modules:
            self.entry_points([EntryPoint("", module)], support, by_name=False)
        for subject in self.subjects[found:]:
            subject.declared.installed = False

    def data(self, path: Path) -> None:
        root, module = folders.module_in(path.absolute())
        for folder in filter(None, (root, project.above(path))):
            project.make_findable(folder)  # the modules of the replacements may be there
        try:
            entries = document.from_file(path)
        except (OSError, ImportError, RecursionError) as error:
            raise DeclarationError(f"{path} cannot be read: {error}", next_step="mend the file") from error
        declared = [Declared(patch, module.partition(".")[0], place) for patch, place in entries]
        declared_patches.add_all(declared)
        self._add(declared, _support_of(path))

    def module(self, module: str, support: Support) -> None:
        """Read one module that was named. If it cannot be read, that is an error and not a finding."""
        discovery.check_allowed(module)
        entry_point = EntryPoint("", module)
        new, error = self._load([entry_point], [])
        if error is not None:
            raise wrong_file(entry_point, error) from error
        self._add(new, support)

    def entry_points(self, entry_points: Iterable[EntryPoint], support: Support, *, by_name: bool = True) -> None:
        groups = leading.by_module(entry_points)
        for group in groups:
            new, error = self._load(group, groups)
            if error is not None:
                self.findings.append(unreadable(group[0], error))
            for declared in new:
                there = [group, *(one for one in groups if leading.leads_to(one[0], declared))]
                names = frozenset(found.name for one in there for found in one) if by_name else None
                self._add([declared], support, names, group[0].group)

    def _add(
        self, new: Iterable[Declared], support: Support, names: frozenset[str] | None = None, group: str = GROUP
    ) -> None:
        self.subjects += [Subject(declared, support, names, group) for declared in new if not declared.internal]

    def _load(
        self, group: Sequence[EntryPoint], groups: Iterable[Sequence[EntryPoint]]
    ) -> tuple[list[Declared], ProviderError | None]:
        """Load a declaring module. Return its declarations, those before an error of its body, too, and that error."""
        before = {declared.patch.id for declared in declared_patches}
        loaded = set(sys.modules)
        fence = Fence.around(group, groups)
        failure: ProviderError | None = None
        try:
            with fence:
                discovery.load(group[0])
        except ProviderError as error:
            failure = None if fence.tried else error
        new = [declared for declared in declared_patches if declared.patch.id not in before]
        imported = {name for declared in new for name in _tops(declared)} & (set(sys.modules) - loaded)
        tried = {**dict.fromkeys(sorted(imported), ()), **fence.tried}
        self.findings += [imports_upstream(group[0], name, steps) for name, steps in tried.items()]
        return new, failure

    def _stray(self, own: Project) -> None:
        """Note files of the project that declare patches although nothing has imported them."""
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        reached = {Path(path).resolve() for path in files if isinstance(path, str)}
        for path, line in project.declaring_files(own):
            if path.resolve() not in reached:
                self.findings.append(unreached(path, line))

    def _unknown(self, own: Project) -> None:
        """Note ids in the project's settings that nobody declares. This needs all providers to be readable."""
        if any(finding.code == "BK301" for finding in self.findings):
            return
        ids = [declared.patch.id for declared in declared_patches]
        for key, names in {"disable": own.settings.disable, "enable": own.settings.enable}.items():
            self.findings += [needless(patch_id, key, ids) for patch_id in Selection(exclude=names).unknown_ids(ids)]


def _check_text(path: Path) -> None:
    """Raise DeclarationError for a file that is not text. Python imports a file with stray bytes in a comment."""
    try:
        decode_source(regular_file.read(path))
    except (OSError, SyntaxError, ValueError, LookupError) as error:
        raise DeclarationError(
            f"{path} cannot be read: {error}", expected="Python source in UTF-8", next_step="save it in that encoding"
        ) from error


def _tops(declared: Declared) -> set[str]:
    return {module.partition(".")[0] for module in declared.patch.modules}


def _support_of(path: Path) -> Support:
    folder = project.above(path)
    return supported.NOTHING_KNOWN if folder is None else supported.of_project(folder)
