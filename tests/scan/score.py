"""Score `backportkit scan` by files of real distributions, in which somebody who never saw it has labelled all patches.

    python tests/scan/score.py [--part develop|held-out] [--unpacked FOLDER] [--quiet] [--record] [NAME …]

The files come from the package index, and are kept in backportkit's cache; or from a folder of unpacked distributions
by the names NAME-VERSION. A whole distribution is scanned; what is told of its labelled files counts:

- A patch is found if a finding has one of its lines and one of its targets. `?` in a target stands for anything.
- A finding is right if some patch has it. What is labelled as unsure counts neither way, and nothing else at its line.
- `form`, `how` and `specifier` are compared where a patch is found.

The scan was mended by what half of the distributions show, by the hash of the name: `develop`. The others, `held-out`,
were first scored after that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import SpecifierSet

from backportkit.check.supported import NOTHING_KNOWN
from backportkit.scan import scan as scanning
from backportkit.scan.fixed import Fixes
from backportkit.scan.texts import Text
from backportkit.scan.units import Unit
from backportkit.scan.upstream import Upstream
from backportkit.toml import parse
from backportkit.upstream.evidence import Evidence, Options
from backportkit.upstream.history import Silent
from backportkit.upstream.modules import name_of

FACTS = Path(__file__).parent / "facts"
SCORES = Path(__file__).parent / "scores.json"
PARTS = ("develop", "held-out")
AGREEING = ("form", "how", "specifier")


class Score(NamedTuple):
    """How many labelled patches were found, and in words those that were not, and the findings that are none."""

    found: int
    missed: list[str]
    wrong: list[str]
    agreeing: Counter[str]
    differing: list[str]

    def __add__(self, other):
        return Score(*(one + more for one, more in zip(self, other, strict=True)))

    @property
    def recall(self):
        return self.found / (self.found + len(self.missed)) if self.missed else 1.0

    @property
    def precision(self):
        return self.found / (self.found + len(self.wrong)) if self.wrong else 1.0


NOTHING = Score(0, [], [], Counter(), [])


def labelled(names=(), part=None):
    """Return the labelled distributions of these names, or all; of one part if that is given."""
    every = [parse(path.read_text("utf-8")) for path in sorted(FACTS.glob("*.toml"))]
    of_part = [one for one in every if part in {None, part_of(one["package"])}]
    return [one for one in of_part if not names or one["package"] in names]


def part_of(package):
    return PARTS[int(hashlib.sha256(package.encode()).hexdigest(), 16) % 2]


# --- the files ---


def from_index(one):
    """Return the Python files of a release, read out of its archive in the package index."""
    archive = Evidence(Options()).archive(one["package"], one["version"])
    with archive:
        return [Text(path, name_of(path), archive.read(path), path) for path in archive.paths if path.endswith(".py")]


def from_folder(one, folder):
    """Return the Python files of a release that was unpacked."""
    wanted = _plain(f"{one['package']}-{one['version']}")
    top = next(path for path in folder.iterdir() if _plain(path.name) == wanted)
    files = [path for path in sorted(top.rglob("*.py")) if path.is_file()]
    paths = [_installed(path.relative_to(top).as_posix(), one) for path in files]
    return [Text(at, name_of(at), path.read_bytes(), at) for at, path in zip(paths, files, strict=True)]


def _plain(name):
    return re.sub(r"[-_.]+", "_", name).lower()


def _installed(path, one):
    """Return the path that an installation has for a file of an sdist, which has a folder of its own."""
    first, _, rest = path.partition("/")
    return rest if _plain(first) == _plain(f"{one['package']}-{one['version']}") else path


# --- the score ---


def scored(one, texts):
    """Return the score of a distribution. Raises LookupError for a labelled file that is not there as it was."""
    unit = Unit(one["package"], tuple(texts), NOTHING_KNOWN)
    findings = scanning.scan([unit], Fixes([]), Upstream(Options(offline=True)), Silent(), tests=False).findings
    contents = {text.path: text.content for text in texts}
    total = NOTHING
    for file in one["file"]:
        (path,) = (path for path in contents if f"/{file['path']}".endswith(f"/{path}"))
        if hashlib.sha256(contents[path]).hexdigest() != file["sha256"]:
            raise LookupError(f"{one['package']} {one['version']} has another {path}")
        total += of_file(file, [found for found in findings if found.file == path])
    return total


def of_file(file, findings):
    """Return the score of one file."""
    patches = file.get("patches", [])
    sure = [patch for patch in patches if not patch.get("unsure")]
    unsure = {line for patch in patches if patch.get("unsure") for line in _lines(patch)}
    matches = [[found for found in findings if _is_of(found, patch)] for patch in sure]
    right = {id(found) for every in matches for found in every}
    wrong = [found for found in findings if id(found) not in right and found.line not in unsure]
    missed = [patch for patch, every in zip(sure, matches, strict=True) if not every]
    pairs = [(patch, _nearest(every, patch)) for patch, every in zip(sure, matches, strict=True) if every]
    same = Counter(field for patch, found in pairs for field in AGREEING if _agree(field, patch, found))
    return Score(
        len(pairs),
        [f"{file['path']}:{patch['line']} {patch['target']}" for patch in missed],
        [f"{found.file}:{found.line} {found.target}" for found in wrong],
        same,
        [_difference(field, *pair) for pair in pairs for field in AGREEING if not _agree(field, *pair)],
    )


def _lines(patch):
    return {patch["line"], *patch.get("also_lines", [])}


def _is_of(found, patch):
    targets = [patch["target"], *patch.get("also_targets", [])]
    return found.line in _lines(patch) and any(_fits(one, found.target) for one in targets)


def _fits(wanted, target):
    """Tell whether a target is a labelled one, wherever each of them takes the module to end."""
    parts = map(re.escape, _dotted(wanted).split("?"))
    return re.fullmatch(".*".join(parts), _dotted(target)) is not None


def _dotted(target):
    inner = re.fullmatch(r"sys:modules\[[\"'](.*)[\"']\]", target)
    return re.sub(r"\[[\"'](.*?)[\"']\]", r".\1", inner[1] if inner else target).replace(":", ".")


def _nearest(every, patch):
    return min(every, key=lambda one: (one.line != patch["line"], _dotted(one.target) != _dotted(patch["target"])))


def _agree(field, patch, found):
    return _plain_range(getattr(found, field)) == _plain_range(patch.get(field, ""))


def _plain_range(text):
    """Return a range without zeros at the ends of its versions; other texts as they are."""
    if not re.match(r"[<>=!]", text):
        return text
    return [sorted(re.sub(r"(\.0)+$", "", str(part)) for part in SpecifierSet(one)) for one in text.split("||")]


def _difference(field, patch, found):
    told, wanted = getattr(found, field), patch.get(field, "")
    return f"{found.file}:{found.line} {found.target}: {field} {told!r}, labelled {wanted!r}"


# --- the command ---


def main():
    parser = argparse.ArgumentParser(description="Score the scan by labelled distributions.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a distribution; all without")
    parser.add_argument("--part", choices=PARTS, help="only these")
    parser.add_argument("--unpacked", type=Path, metavar="FOLDER", help="where the distributions lie unpacked")
    parser.add_argument("--quiet", action="store_true", help="the figures alone")
    parser.add_argument("--record", action="store_true", help="write the figures down for docs/scan.md")
    asked = parser.parse_args()
    total, scores = NOTHING, json.loads(SCORES.read_text("utf-8"))
    for one in labelled(asked.names, asked.part):
        texts = from_folder(one, asked.unpacked) if asked.unpacked else from_index(one)
        score = scored(one, texts)
        total += score
        scores[one["package"]] = {
            "found": score.found,
            "missed": len(score.missed),
            "wrong": len(score.wrong),
        } | {field: score.agreeing[field] for field in AGREEING}
        _show(one["package"], score, is_whole=not asked.quiet)
    _show("all", total, is_whole=False)
    if asked.record:
        SCORES.write_text(json.dumps(scores, indent=2, sort_keys=True) + "\n", "utf-8")


def _show(name, score, *, is_whole):
    agreeing = ", ".join(f"{field} {score.agreeing[field]}" for field in AGREEING)
    sys.stdout.write(
        f"{name}: {score.found} found, {len(score.missed)} missed, {len(score.wrong)} wrong,"
        f" recall {score.recall:.3f}, precision {score.precision:.3f}; agreeing: {agreeing}\n"
    )
    for title, lines in (("missed", score.missed), ("wrong", score.wrong), ("differs", score.differing)):
        for line in lines if is_whole else ():
            sys.stdout.write(f"  {title}: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
