"""Read an advisory in the format of OSV, https://ossf.github.io/osv-schema/: whom it concerns, what it refers to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backportkit.authoring.asked.files import UnusableError
from backportkit.declaration import advisories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backportkit.authoring.asked.wanted import Wanted

_ECOSYSTEM = "PyPI"
_EVENTS = ("introduced", "fixed", "last_affected", "limit")
_GITHUB = ("/commit/", "/pull/")


class Branch(NamedTuple):
    """A range of affected versions: from one on, and up to the fixed one or the last affected one.

    Attributes:
        introduced: The first version with the bug; None for all before the end.
        fixed: The version with the fix; None if there is none.
        last: The last version with the bug; None if the advisory names the fixed one, or neither.
    """

    introduced: Version | None
    fixed: Version | None
    last: Version | None

    @property
    def specifier(self) -> str:
        """The range as a requirement has it: `>=2.0,<2.0.7`."""
        first = [] if self.introduced is None else [f">={self.introduced}"]
        end = [f"<{self.fixed}"] if self.fixed is not None else [f"<={self.last}"] if self.last is not None else []
        return ",".join([*first, *end])

    def __contains__(self, version: object) -> bool:
        return isinstance(version, Version) and SpecifierSet(self.specifier).contains(version, prereleases=True)


class Advisory(NamedTuple):
    """An advisory, as far as a patch is concerned.

    Attributes:
        id: Its id.
        aliases: Its ids elsewhere, such as the CVE.
        package: The distribution, with a normalised name.
        branches: The ranges of affected versions, the oldest first.
        summary: What is wrong, in one line; empty if it does not say.
        fixes: The address of the commit or pull request with the fix, or of the advisory.
        references: The other addresses.
    """

    id: str
    aliases: tuple[str, ...]
    package: str
    branches: tuple[Branch, ...]
    summary: str
    fixes: str
    references: tuple[str, ...]


def parse(text: str, package: str | None = None) -> Advisory:
    """Read an advisory for a distribution; without one, for the only one in it.

    Raises UnusableError, with all that is wrong in it.
    """
    document = _document(text)
    problems = list(_problems(document))
    if problems:
        raise _unfit(problems)
    name, affected = _concerned(document, package)
    branches = tuple(sorted(_branches(affected), key=lambda one: one.introduced or Version("0.dev0")))
    open_ends = [one for one in branches if one.fixed is None and one.last is None]
    if not branches or open_ends:
        raise _without_fix(document, name)
    fixes, others = _addresses(document)
    aliases = tuple(one for one in document.get("aliases", ()) if one != document["id"])
    return Advisory(document["id"], aliases, name, branches, _line(document.get("summary", "")), fixes, others)


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unfit([f"it is no JSON: {error}"]) from error
    if not isinstance(document, dict):
        raise _unfit(["it is no object with fields"])
    return document


def _unfit(problems: Sequence[str]) -> UnusableError:
    return UnusableError(
        "the advisory is no OSV document that can be used",
        found="\n".join(problems),
        next_step="get it as JSON from https://api.osv.dev/v1/vulns/ID",
    )


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield all that is wrong in the fields that are read."""
    if not isinstance(document.get("id"), str) or not document["id"]:
        yield "id: is missing, or no text"
    if "withdrawn" in document:
        yield f"withdrawn: it was withdrawn on {document['withdrawn']}"
    if not isinstance(document.get("summary", ""), str):
        yield "summary: is no text"
    if not _is_list(document.get("aliases", []), str):
        yield "aliases: is no list of texts"
    if not _is_list(document.get("references", []), dict):
        yield "references: is no list of objects"
    if not _is_list(document.get("affected"), dict):
        yield "affected: is missing, or no list of objects"
        return
    for at, one in enumerate(document["affected"]):
        yield from _of_affected(f"affected[{at}]", one)


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)


def _of_affected(where: str, affected: Mapping[str, Any]) -> Iterator[str]:
    package = affected.get("package")
    if not isinstance(package, dict) or not all(isinstance(package.get(one), str) for one in ("ecosystem", "name")):
        yield f"{where}.package: has no ecosystem and name"
        return
    if package["ecosystem"] != _ECOSYSTEM:
        return
    if not _is_list(affected.get("ranges", []), dict):
        yield f"{where}.ranges: is no list of objects"
        return
    for at, one in enumerate(affected.get("ranges", [])):
        yield from _of_range(f"{where}.ranges[{at}]", one)


def _of_range(where: str, told: Mapping[str, Any]) -> Iterator[str]:
    if told.get("type") not in {"ECOSYSTEM", "SEMVER", "GIT"}:
        yield f"{where}.type: is none of ECOSYSTEM, SEMVER and GIT"
    elif not _is_list(told.get("events"), dict):
        yield f"{where}.events: is missing, or no list of objects"
    elif told["type"] != "GIT":
        for at, event in enumerate(told["events"]):
            yield from _of_event(f"{where}.events[{at}]", event)


def _of_event(where: str, event: Mapping[str, Any]) -> Iterator[str]:
    kinds = [kind for kind in _EVENTS if kind in event]
    if len(kinds) != 1:
        yield f"{where}: has not one of {', '.join(_EVENTS)}"
        return
    try:
        Version(event[kinds[0]])
    except (InvalidVersion, TypeError):
        yield f"{where}.{kinds[0]}: {event[kinds[0]]!r} is no version by PEP 440"


def _concerned(document: Mapping[str, Any], package: str | None) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the name of the distribution, and what is said about it."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for one in document["affected"]:
        if one["package"]["ecosystem"] == _ECOSYSTEM:
            told.setdefault(canonicalize_name(one["package"]["name"]), []).append(one)
    name = next(iter(told), "") if package is None and len(told) == 1 else canonicalize_name(package or "")
    if name not in told:
        raise UnusableError(
            f"{document['id']} says nothing about {package}" if package else f"{document['id']} names not one package",
            expected=f"a package of the ecosystem {_ECOSYSTEM}",
            found=", ".join(told) or ", ".join({one["package"]["ecosystem"] for one in document["affected"]}),
            next_step="name one of these, or give the advisory of what is patched"
            if told
            else "take the advisory of a package on PyPI",
        )
    return name, told[name]


def _branches(affected: Iterable[Mapping[str, Any]]) -> Iterator[Branch]:
    for one in affected:
        for told in one.get("ranges", ()):
            if told["type"] != "GIT":
                yield from _of_events(told["events"])


def _of_events(events: Iterable[Mapping[str, str]]) -> Iterator[Branch]:
    """Yield the ranges that events tell: each `introduced` begins one, and what comes next in order ends it."""
    order = sorted((Version(version), kind) for event in events for kind, version in event.items() if kind in _EVENTS)
    begun: Version | None = None
    for version, kind in order:
        if kind == "introduced" and begun is None:
            begun = version
        elif kind != "introduced" and begun is not None:
            yield _ended(begun, kind, version)
            begun = None
    if begun is not None:
        yield _ended(begun, "", None)


def _ended(begun: Version, kind: str, version: Version | None) -> Branch:
    introduced = None if begun == Version("0") else begun
    if kind == "last_affected":
        return Branch(introduced, None, version)
    return Branch(introduced, version, None)


def _without_fix(document: Mapping[str, Any], package: str) -> UnusableError:
    return UnusableError(
        f"{document['id']} names no release of {package} that has the fix",
        expected="ranges of type ECOSYSTEM whose events end in `fixed` or `last_affected`",
        next_step="find the change by `backportkit history`, or give it by --diff",
    )


def _addresses(document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the address of the fix, and all others. An advisory without one is its own."""
    told = [(one.get("type"), one.get("url")) for one in document.get("references", ())]
    addresses = [(kind, url) for kind, url in told if isinstance(url, str) and url.startswith(("http://", "https://"))]
    fixes = [url for kind, url in addresses if kind == "FIX"] + list(_commits(document))
    changes = [url for _, url in addresses if any(way in url for way in _GITHUB)]
    own = f"https://osv.dev/vulnerability/{document['id']}"
    chosen = next(iter([*fixes, *changes, own]))
    return chosen, tuple(dict.fromkeys(one for one in (own, *(url for _, url in addresses)) if one != chosen))


def _commits(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of the commits with the fix, as ranges of commits tell them."""
    for told in (one for affected in document["affected"] for one in affected.get("ranges", ())):
        if told.get("type") == "GIT" and str(told.get("repo", "")).startswith("https://"):
            yield from (f"{told['repo']}/commit/{event['fixed']}" for event in told["events"] if "fixed" in event)


def _line(text: str) -> str:
    return " ".join(text.split())


def told(advisory: Advisory, wanted: Wanted) -> Wanted:
    """Return what is wanted, with what an advisory says of it: its ranges, its ids and its addresses."""
    fixes = wanted.fixes or advisory.fixes
    addresses = dict.fromkeys((*wanted.references, advisory.fixes, *advisory.references))
    return wanted._replace(
        ranges=tuple(one.specifier for one in advisory.branches),
        fixes=fixes,
        references=tuple(one for one in addresses if one != fixes),
        resolves=tuple(sorted(filter(advisories.is_id, (advisory.id, *advisory.aliases)))),
        summary=wanted.summary or advisory.summary or None,
        id=wanted.id or identifier(advisory),
    )


def identifier(advisory: Advisory) -> str:
    """Return the id of a patch for an advisory: the package, and the CVE if there is one."""
    known = (advisory.id, *advisory.aliases)
    chosen = next((one for one in known if one.startswith("CVE-")), advisory.id)
    return f"{advisory.package}-{chosen.lower()}"
