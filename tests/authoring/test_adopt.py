"""`scan --adopt` makes a declaration out of a patch by hand, which does what that did; or it says why it cannot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backportkit.toml import parse

pytestmark = pytest.mark.warm

CASES = parse((Path(__file__).parent / "adopt.toml").read_text("utf-8"))
VICTIM = """
class C:
    _LIMIT = 1

    def f(self):
        return "old"

    @classmethod
    def make(cls):
        return "old"

    @staticmethod
    def add(a, b):
        return a + b

    @property
    def size(self):
        return 1

def f(a=1):
    return a

def g(a=1):
    return a

LIMIT = 3
RATES = {"de": {"book": 7}}
LEVELS = [1, 2]
"""

APPLY = """
import sys, mine._backports.victim, backportkit
print("victim" in sys.modules)
backportkit.apply_all()
import victim
print({})
"""


def cases(kind):
    return pytest.mark.parametrize("case", CASES[kind], ids=[one["name"] for one in CASES[kind]])


@pytest.fixture
def victim(project):
    """A project, and one release of what it patches."""
    return project.releases({"1.0": VICTIM})


@cases("form")
def test_does_the_same(victim, case):
    """A declaration does what the patch by hand did, which stays as it is, and imports nothing that is patched."""
    victim.write("mine/compiled.py", "import operator\nvars().update(negative=lambda a=1: operator.neg(a))\n")
    victim.adopt(case["by_hand"])

    assert victim.read("mine/by_hand.py") == case["by_hand"]
    victim.install("1.0", VICTIM)
    (victim.folder / "mine/by_hand.py").unlink()
    assert victim.script(APPLY.format(case["expression"])) == ["False", case["value"]]


@cases("refused")
def test_refused(victim, case):
    """What no declaration can have is refused, and nothing is written."""
    said = victim.adopt(case["by_hand"], code=2)

    assert case["says"] in said
    assert re.search(r"\n  next: ", said)
    assert {path.name for path in (victim.folder / "mine").iterdir() if path.suffix} == {"by_hand.py", "__init__.py"}


@cases("left")
def test_left_to_a_person(victim, case):
    """What could not be taken over is told, and the declaration is written."""
    assert f"to do: {case['says']}" in victim.adopt(case["by_hand"])


# --- what is written, and where ---

BY_HAND = """import victim


# The reason is upstream/victim#17.
# ==========
def mine(a=1):
    return -a


# Reported at https://victim.example/issues/3, long ago.
if victim.__version__ < "2":
    victim.f = mine  # here
"""


def test_what_is_written(victim):
    """One function is decorated with the declaration, and its module says where it comes from."""
    said = victim.adopt(BY_HAND)
    text = victim.read("mine/_backports/victim/victim_f.py")

    assert "Taken over from mine/by_hand.py, line 12.\n`backportkit diff victim-f` shows what changes.\n" in text
    assert "# fmt: off\n# The reason is upstream/victim#17.\n@backport(\n" in text
    assert "\n)\ndef mine(a=1):\n    return -a\n# fmt: on\n" in text
    assert "victim-f: victim<2, victim:f (replace)\n" in said
    assert "to do: write mine._backports.victim.victim_f_reproducer:reproduce" in said


def test_addresses(victim):
    """Addresses in the comments become references, and those of changes are proposed for `fixes`."""
    said = victim.adopt(BY_HAND)
    (patch,) = victim.declared()

    change, issue = "https://github.com/upstream/victim/pull/17", "https://victim.example/issues/3"
    assert patch["references"] == [change, issue]
    assert f"to do: name upstream's change in fixes=: {change} or {issue} may be it\n" in said


SPOKEN = '''import victim


def mine(a=1):
    """f() forgets the sign.

    More of it.
    """
    return -a


# CVE-2024-5569, see https://github.com/advisories/GHSA-jfmj-5v4g-7637.
victim.f = mine  # here
'''


def test_what_is_said_of_it(victim):
    """Ids of advisories are what it resolves, and the docstring of its body is the summary."""
    said = victim.adopt(SPOKEN)
    (patch,) = victim.declared()

    assert (patch["summary"], patch["resolves"]) == ("f() forgets the sign.", ["CVE-2024-5569", "GHSA-jfmj-5v4g-7637"])
    assert "in fixes=: https://github.com/advisories/GHSA-jfmj-5v4g-7637 may be it" in said
    assert "to do: say in the summary what goes wrong, if its docstring does not: f() forgets the sign.\n" in said


def test_docstring_of_upstream(victim):
    """A docstring that upstream's own body has says nothing of what goes wrong."""
    victim.releases({"1.1": 'def f(a=1):\n    """f() forgets the sign."""\n    return a\n'})
    victim.adopt(SPOKEN)
    assert victim.declared()[0]["summary"] == "victim:f has a bug that mine/by_hand.py mends"


def test_words_of_the_user(victim):
    """Id, summary, upstream's change and the file are those of the line."""
    line = ["--id", "mine-1", "--summary", "f() is wrong", "--fixes", "https://a.example/pull/9", "--into", "mine/x.py"]
    said = victim.adopt(BY_HAND, *line)
    (patch,) = victim.declared("mine.x")

    assert (patch["id"], patch["summary"], patch["fixes"]) == ("mine-1", "f() is wrong", "https://a.example/pull/9")
    assert "in the summary" not in said
    assert "fixes=" not in said


def test_dry_run(victim):
    """A dry run shows the files and what is left to do, and writes nothing."""
    before = victim.files_there() | {"mine/by_hand.py": BY_HAND.encode()}
    said = victim.adopt(BY_HAND, "--dry-run")

    assert "+++ mine/_backports/victim/victim_f.py\n" in said
    assert "to do: say in the summary" in said
    assert said.endswith("nothing is changed: --dry-run\n")
    assert victim.files_there() == before


def test_written_once(victim):
    """A patch whose target the project patches already is refused."""
    victim.adopt(BY_HAND)
    assert "victim:f is patched already" in victim.adopt(BY_HAND, "--id", "mine-2", code=2)


def test_function_of_another_module_stays_there(victim):
    """A function that another module of the project defines is named where it is."""
    victim.write("mine/impl.py", "def mine(a=1):\n    return -a\n")
    victim.adopt("import victim\nfrom mine.impl import mine\nvictim.f = mine  # here\n")
    (patch,) = victim.declared()

    assert patch["edits"][0]["replacement"] == "mine.impl:mine"


def test_call_in_another_file(victim):
    """A patch that a helper in another file makes is adopted at the line of the call."""
    victim.write("mine/put.py", "import victim\ndef put(name, value):\n    setattr(victim, name, value)\n")
    victim.adopt("from mine.put import put\ndef mine(a=1):\n    return -a\nput('f', mine)  # here\n")
    victim.install("1.0", VICTIM)

    assert victim.applied("victim.f(2)") == "-2"


OWN = """
import enum, functools, victim
class Own(Exception): pass
MARK = object()
@functools.lru_cache
def cached(): return 1
def plain(): return 1
def mine(a=1):
    if a is MARK: raise Own
    return cached() + plain()
victim.f = mine  # here
"""


@pytest.mark.parametrize("name", ["Own", "MARK", "cached"])
def test_thing_that_others_use(victim, name):
    """A class, a mark or a cache that another file imports, or the same one uses, would be two things."""
    victim.write("mine/other.py", f"from .by_hand import plain, {name}\n")
    said = victim.adopt(f"{OWN}def other(): return {name}\n")

    assert f"to do: {name} is used by line 1 of mine/other.py, too: there are two of it now" in said
    assert f"to do: {name} is used by line 12 of mine/by_hand.py, too: there are two of it now" in said
    assert "plain is used" not in said


# --- places ---


def test_nothing_there(victim):
    """A line without a patch names those that the file has."""
    text = "import victim\ndef mine(a=1): ...\n# here\nvictim.f = mine\n"
    assert "found:    those at mine/by_hand.py:4\n" in victim.adopt(text, code=2)


@pytest.mark.parametrize(("place", "why"), [("mine", "is no place"), ("no.py:1", "is none of the files")])
def test_no_place(victim, place, why):
    """What is no place, or in no file that was scanned, is refused."""
    done = victim.run("scan", "--adopt", place)
    assert (done.returncode, why in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("named", ["{0}/mine/by_hand.py", "mine/../mine/by_hand.py", "./mine/by_hand.py"])
@pytest.mark.parametrize("scanned", [[], ["{0}/mine"], ["mine/by_hand.py"]])
def test_ways_to_name_a_file(victim, named, scanned):
    """A file is known by any path that leads to it, whatever was scanned."""
    victim.write("mine/by_hand.py", BY_HAND)
    names = [one.format(victim.folder) for one in scanned]
    done = victim.run("scan", *names, "--adopt", f"{named.format(victim.folder)}:12", "--dry-run")
    assert done.returncode == 0, done.stderr


def test_file_of_wrong_syntax(victim):
    """Of a file that cannot be read, the reason is told."""
    said = victim.adopt("import victim\ndef mine(:\nvictim.f = mine  # here\n", code=2)
    assert "mine/by_hand.py cannot be read: invalid syntax" in said


def test_options_of_adopting_alone(victim):
    """The options that say how to adopt need a place to adopt."""
    done = victim.run("scan", "--into", "x.py")
    assert (done.returncode, "need it" in done.stderr) == (2, True)
