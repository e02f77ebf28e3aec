"""Judge a patch that is not written yet as `check` will, with the releases at the ends of its range."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.check import bodies, previewed
from backportkit.check.findings import Level
from backportkit.declaration.registry import Declared
from backportkit.source.lookup import Library
from backportkit.source.reader import DEFINITIONS
from backportkit.upstream import history as histories
from backportkit.upstream.archive import Archive
from backportkit.upstream.modules import Upgraded, WithTexts
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backportkit.check.findings import Finding
    from backportkit.declaration.record import Patch
    from backportkit.upstream.index import Release
    from backportkit.upstream.means import Means

_TOLD = frozenset({Level.ERROR, Level.WARNING})
_REFUSED = "BK218"
_OVERRIDES = "BK202"  # a member that the fix has of its own, and its class has inherited: the others keep theirs


class Subject(NamedTuple):
    """A distribution and the releases of it that a patch is judged with."""

    package: str
    releases: Sequence[Release]


def judge(subject: Subject, patch: Patch, texts: Mapping[str, str], means: Means) -> list[str]:
    """Return what stands against a patch, a sentence each. Its modules have these texts, and are not executed.

    Raises NothingToWriteError for a target that run time is bound to refuse.
    """
    plain = {module: _undeclared(text) for module, text in texts.items()}
    package = canonicalize_name(subject.package)
    found: dict[str, list[str]] = {}
    for release in subject.releases:
        for said in dict.fromkeys(_said(Declared(patch, "", ""), package, release, plain, means)):
            found.setdefault(said, []).append(str(release.version))
    return [
        said if len(where) == len(subject.releases) else f"with {', '.join(where)}: {said}"
        for said, where in found.items()
    ]


def _undeclared(text: str) -> str:
    """Return the text of a module without the decorators that declare what is in it."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            node.decorator_list = [one for one in node.decorator_list if not bodies.declares(one)]
    return ast.unparse(tree)


def _said(declared: Declared, package: str, release: Release, texts: Mapping[str, str], means: Means) -> list[str]:
    with Archive(release.file, means) as archive:
        library = Library(WithTexts(Upgraded({package: archive}), texts))
        try:
            told = previewed.judge(declared, {package: str(release.version)}, library)
        except UnavailableError as error:  # of another module than the target's, which has been read
            return [f"see what `backportkit check` says, which cannot be told: {histories.in_one(error)}"]
    _refuse(told.findings)
    return [_in_words(one) for one in told.findings if one.rule.level in _TOLD and one.code != _OVERRIDES]


def _refuse(findings: Iterable[Finding]) -> None:
    for one in findings:
        if one.code == _REFUSED:
            raise NothingToWriteError(f"{one.target} cannot be patched", found=one.message, next_step=one.next_step)


def _in_words(finding: Finding) -> str:
    return f"{finding.target}: {finding.message} ({finding.code}); {finding.next_step}"
