"""Find the releases that have what a diff changes, before and after it."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from importlib.util import decode_source
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import by_hand, changed, upstream_diff
from backportkit.authoring.asked.difference import Difference
from backportkit.authoring.asked.files import UnusableError
from backportkit.authoring.asked.upstream_diff import Diff
from backportkit.upstream.archive import Archive
from backportkit.upstream.modules import name_of
from backportkit.upstream.session import AT_A_TIME
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backportkit.authoring.asked.changed import Change
    from backportkit.authoring.asked.upstream_diff import File, Fitted
    from backportkit.upstream.history import Watcher
    from backportkit.upstream.index import Release, Releases
    from backportkit.upstream.means import Means

_IMPORTS = (ast.Import, ast.ImportFrom)
_NARROW = 1  # lines around a change that must be there where those farther off have changed, too


class Text(NamedTuple):
    """A file of a diff, as one release has it.

    Attributes:
        path: Its path in an installation.
        text: Its source.
        old: Where the hunks fit it as it is before; None if they do not.
        new: Where they fit it as it is after; None if they do not.
    """

    path: str
    text: str
    old: Sequence[Fitted] | None
    new: Sequence[Fitted] | None


class Standing(NamedTuple):
    """A release, and how a diff stands to it: the files of the diff that it has, by their paths in the diff."""

    release: Release
    texts: Mapping[str, Text]
    reason: str = ""

    def has_bug(self, paths: Sequence[str]) -> bool:
        """Tell whether the release is as it is before the diff."""
        return all(path in self.texts and self.texts[path].old is not None for path in paths)

    def has_fix(self, paths: Sequence[str]) -> bool:
        """Tell whether the release is as it is after the diff."""
        return all(path in self.texts and self.texts[path].new is not None for path in paths)


def place(diff: Diff, only: frozenset[str], releases: Releases, means: Means, watcher: Watcher) -> Difference:
    """Return what a diff changes, in the first release that has it, or else applied to the newest that it fits.

    If `only` has modules, the rest of the diff is left out. Raises UnusableError if the diff fits no release.
    """
    diff = _of_modules(diff, only)
    final = [one for one in releases.all if one.yanked is None and not one.version.is_prerelease]
    standings = _read(diff, final, means, watcher)
    paths = [file.path for file in diff.files if any(file.path in one.texts for one in standings)]
    if not paths:
        raise _foreign(diff, releases, standings)
    absent = {file.path: "not installed" for file in diff.files if file.path not in paths}
    left_out = [f"{path}: {why}" for path, why in {**diff.left_out, **absent}.items()]
    whole = [one for one in standings if one.texts.keys() >= {*paths}]
    pair = _pair(whole, paths)
    if pair is not None:
        return _released(releases.project, pair, paths, left_out)
    newest = next((one for one in reversed(whole) if one.has_bug(paths)), None)
    if newest is None:
        raise _fits_nowhere(releases, paths, whole or standings)
    return _unreleased(releases.project, newest, paths, left_out)


def _of_modules(diff: Diff, only: frozenset[str]) -> Diff:
    """Return the files of a diff that are these modules; all without any."""
    kept = [one for one in diff.files if not only or not only.isdisjoint(map(name_of, _ends(one.path)))]
    if not kept:
        raise UnusableError(
            "the diff changes none of the modules that are named",
            expected=", ".join(sorted(only)),
            found=", ".join(file.path for file in diff.files),
            next_step="correct the names after --only",
        )
    return Diff(tuple(kept), diff.left_out)


def _read(diff: Diff, releases: Sequence[Release], means: Means, watcher: Watcher) -> list[Standing]:
    watcher.expect(len(releases))
    told = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for one in pool.map(lambda release: _standing(diff, release, means), releases):
            watcher.done(str(one.release.version))
            told.append(one)
    return told


def _standing(diff: Diff, release: Release, means: Means) -> Standing:
    try:
        with Archive(release.file, means) as archive:
            found = {file: _installed(file, archive.paths) for file in diff.files}
            return Standing(release, {file.path: _text(file, at, archive) for file, at in found.items() if at})
    except (UnavailableError, SyntaxError, ValueError) as error:
        return Standing(release, {}, str(error))


def _installed(file: File, paths: Mapping[str, str]) -> str | None:
    """Return the path in an installation of a file in the repository, which may have it in a folder such as `src`."""
    ends = (one for path in (file.path, file.new_path) for one in _ends(path))
    return next((end for end in ends if end in paths and not end.startswith("src/")), None)


def _ends(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _text(file: File, path: str, archive: Archive) -> Text:
    text = decode_source(archive.read(path))
    old, new = upstream_diff.fit(file.hunks, text), upstream_diff.fit_after(file.hunks, text)
    if old is not None:  # where both fit, what is removed or added stands there twice
        return Text(path, text, old, None)
    if new is None:
        narrow = [hunk.narrowed(_NARROW) for hunk in file.hunks]
        new = None if upstream_diff.fit(narrow, text) is not None else upstream_diff.fit_after(narrow, text)
    return Text(path, text, None, new)


def _pair(standings: Sequence[Standing], paths: Sequence[str]) -> tuple[Standing, Standing] | None:
    """Return the first release with the fix after one with the bug, and the one before; None if there are none.

    Releases before the bug came may look as those after the fix. Where no release is as the diff has it before, since
    other changes came along, the last release that begins to have the fix counts.
    """
    has_fix = [one.has_fix(paths) for one in standings]
    begins = [at for at in range(1, len(standings)) if has_fix[at] and not has_fix[at - 1]]
    bugs = [at for at, one in enumerate(standings) if one.has_bug(paths)]
    after_a_bug = [at for at in begins if bugs and bugs[0] < at]
    at = next(iter(after_a_bug if bugs else reversed(begins)), None)
    if at is None:
        return None
    return standings[max((bug for bug in bugs if bug < at), default=at - 1)], standings[at]


def _released(package: str, pair: tuple[Standing, Standing], paths: Iterable[str], notes: list[str]) -> Difference:
    before, after = (str(one.release.version) for one in pair)
    changes = []
    for path in paths:
        old, new = (one.texts[path] for one in pair)
        if old.path != new.path:
            raise _moved(old, new, after)
        told = _between(old, new.text, after)
        changes += _touched(told, old.old or (), new.new or ())
        notes += _beside(path, told, new.new or (), new.text)
    return Difference(package, before, after, tuple(changes), {}, tuple(notes))


def _moved(old: Text, new: Text, version: str) -> UnusableError:
    return UnusableError(
        "the diff changes a module that the fix has moved, too",
        found=f"{old.path} is {new.path} from {version} on",
        next_step=by_hand.WAY,
    )


def _unreleased(package: str, newest: Standing, paths: Iterable[str], notes: list[str]) -> Difference:
    version = str(newest.release.version)
    changes, sources = [], {}
    for path in paths:
        old = newest.texts[path]
        assert old.old is not None
        new = upstream_diff.applied(old.old, old.text)
        told = _between(old, new, f"{version} with the diff")
        changes += told
        notes += _beside(path, told, upstream_diff.fit_after([one.hunk for one in old.old], new) or (), new)
        sources[name_of(old.path)] = new
    return Difference(package, version, None, tuple(changes), sources, tuple(notes))


def _between(old: Text, new: str, what: str) -> list[Change]:
    try:
        return changed.between(name_of(old.path), old.text, new)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnusableError(
            f"{old.path} of {what} is no Python for this one",
            found=str(error),
            next_step="call the command with a Python that the release is for",
        ) from error


def _touched(changes: Iterable[Change], old: Sequence[Fitted], new: Sequence[Fitted]) -> list[Change]:
    """Return the changes that are of the diff: others may have come along in the same release."""
    before, after = upstream_diff.touched_before(old), upstream_diff.touched_after(new)
    return [
        one
        for one in changes
        if (one.before and not before.isdisjoint(one.before.span))
        or (one.after and not after.isdisjoint(one.after.span))
    ]


def _beside(path: str, changes: Iterable[Change], new: Iterable[Fitted], text: str) -> list[str]:
    """Say which hunks are in no definition that changed. Imports come along where a definition needs them."""
    covered = {line for one in changes if one.after for line in one.after.span}
    covered |= {line for one in ast.parse(text).body if isinstance(one, _IMPORTS) for line in _lines(one)}
    outside = [one.hunk for one in new if covered.isdisjoint(upstream_diff.touched_after([one]))]
    return [f"{path} {hunk.header}: comments, docstrings or other code outside of definitions" for hunk in outside]


def _lines(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _foreign(diff: Diff, releases: Releases, standings: Sequence[Standing]) -> UnusableError:
    reasons = [one.reason for one in standings if one.reason]
    return UnusableError(
        f"no release of {releases.project} has a file that the diff changes",
        found=reasons[-1] if reasons else ", ".join(file.path for file in diff.files),
        next_step="name the distribution that has them",
    )


def _fits_nowhere(releases: Releases, paths: Iterable[str], standings: Sequence[Standing]) -> UnusableError:
    """Return the error for a diff that fits no release, with what does not fit the newest one."""
    newest = standings[-1]
    return UnusableError(
        f"the diff fits no release of {releases.project}, neither as it is before nor after it",
        found=f"{newest.release.version}: {'; '.join(_misfits(newest, paths))}",
        next_step="give the diff of one commit, name what matters by --only MODULE:NAME, or compare two releases: "
        f"backportkit new {releases.project} BUGGY FIXED",
    )


def _misfits(standing: Standing, paths: Iterable[str]) -> list[str]:
    told = []
    for path in paths:
        text = standing.texts.get(path)
        if text is None:
            told.append(f"it has no {path}")
        elif text.old is None and text.new is None:
            told.append(f"{path} has other lines than the diff expects")
    return told or ["it has a part of the change"]
