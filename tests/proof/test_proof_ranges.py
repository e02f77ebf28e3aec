"""A matrix speaks only of releases that were tried and judged, yanked ones among them."""

from __future__ import annotations

import re

import pytest

from backportkit.source.fingerprint import of_source

pytestmark = pytest.mark.warm

BUG = "def f(): return 'old'\ndef g(): return f()\n"
WELL = BUG.replace("old", "new")
DEAD = "def f(): return 'old'\ndef g():\n    import os; os._exit(7)\n"
OTHER = "def f(): return 'old'\ndef g():\n    f()\n    return 'old'\n"


def outcomes(matrix):
    return {cell["version"]: cell["outcome"] for cell in matrix["cells"]}


PATCH = """
def f(): return "new"
register(Patch(**FIELDS | dict(requires={!r}), target="victim:f", replacement="provider:f",
               reproducer=dict(run="provider:reproduce", expect="g.. gave old$")))
"""
VALUE = of_source("def f(): return 'old'", ["f"])

NAMED = """
import victim
def f(): return "new"
register(Patch(**FIELDS | dict(requires={!r}), target="victim:f", replacement=f,
               reproducer=dict(run="provider:reproduce", expect="g.. gave old$")))
"""
NAMELESS = NAMED.replace('"provider:reproduce"', "lambda: reproduce()")


@pytest.mark.parametrize("declared", [NAMED, NAMELESS, NAMED.replace("import victim", "from victim import g")])
def test_target_imported_at_the_top(tried, declared):
    """A release that cannot be imported is inapplicable, whether the reproducer or its module imports it."""
    dead = "def f(): return 'old'\nimport no_such_module\n"
    versions = {"v0_9": dead, "v1_0": dead, "v1_5": BUG}
    code, matrix, _ = tried("victim>=1,<2", "--versions", "0.9,1.0,1.5", declared=declared, **versions)
    assert (code, outcomes(matrix)) == (0, {"0.9": "inapplicable", "1.0": "inapplicable", "1.5": "proved"})
    said = "victim cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"
    assert [cell["message"] for cell in matrix["cells"][:2]] == [said] * 2


def test_name_imported_at_the_top(tried, victim):
    """Out of range, a name that the reproducer's module imports may be missing as well as one in its body."""
    victim.world.write("late.py", "from victim import newer\nfrom provider import reproduce\n")
    declared = NAMED.replace("provider:reproduce", "late:reproduce").replace("=f,", "='provider:f',")
    versions = {"v0_9": BUG, "v1_5": BUG + "newer = 1\n"}
    _, matrix, _ = tried("victim>=1,<2", "--versions", "0.9,1.5", declared=declared, **versions)
    assert outcomes(matrix) == {"0.9": "inapplicable", "1.5": "proved"}
    assert matrix["cells"][0]["message"].startswith("the reproducer fails for another reason: ImportError: cannot")


def test_yanked_release_is_tried_if_named(tried, victim):
    """A release that was yanked, perhaps for the very bug, can be named: it is listed as yanked, and proved."""
    code, matrix, shown = tried("victim>=1,<2", "--versions", "1.5", yanked=["1.5"], v1_0=BUG, v1_5=BUG)
    assert (code, outcomes(matrix)) == (0, {"1.5": "proved"})
    assert matrix["cells"][0]["yanked"] == "the bug of 1.5"
    assert "victim 1.5, yanked" in shown
    assert "yanked: the bug of 1.5" in shown
    page = (victim.folder / "proofs" / "README.md").read_text("utf-8")
    assert "red → green → red, yanked" in page
    assert "  - 1.5 was yanked: `the bug of 1.5`" in page


def test_yanked_end_is_said(tried):
    """If the last release in range was yanked, the one before it counts as the end, and a note says so."""
    code, matrix, shown = tried(
        "victim>=1,<2", "--matrix", "--every", yanked=["1.5"], v0_9=WELL, v1_0=BUG, v1_4=BUG, v1_5=BUG, v2_0=WELL
    )
    assert (code, list(outcomes(matrix))) == (0, ["0.9", "1.0", "1.4", "2.0"])
    assert matrix["notes"] == ["1.5 was yanked and not tried: name it by --versions"]
    assert "victim-1: as declared, victim<2,>=1\n1.5 was yanked and not tried: name it by --versions\n" in shown


def test_yanked_beginning_is_said(tried, victim):
    """The first releases were yanked, their pre-releases are none: the border is known, and both are named."""
    bodies = {"v0_9": WELL, "v1_0a1": BUG, "v1_0": BUG, "v1_1": BUG, "v1_2": BUG, "v1_6": BUG, "v1_8": BUG}
    code, matrix, shown = tried("victim>=1,<2", "--matrix", yanked=["1.0", "1.1", "1.6", "1.8"], **bodies)
    assert (code, list(outcomes(matrix))) == (0, ["0.9", "1.2"])
    begin = "1.0, 1.1 were yanked and not tried: name them by --versions"
    assert matrix["notes"] == [begin, "1.6, 1.8 were yanked and not tried: name them by --versions"]
    assert begin in shown
    assert begin in (victim.folder / "proofs" / "README.md").read_text("utf-8")


def test_yanked_neighbours_are_said_together(tried):
    """Releases that follow each other, and were yanked for one reason, are named by the first and the last."""
    bodies = {"v0_9": WELL, "v1_0": BUG, "v1_1": BUG, "v1_2": BUG}
    _, matrix, _ = tried("victim>=1,<2", "--versions", "0.9,1.2", yanked=["1.0", "1.1"], why="the bug", **bodies)
    assert "1.0 to 1.1 were yanked and not tried: name them by --versions" in matrix["notes"]


def test_range_of_yanked_releases(tried):
    """A range in which every release was yanked is refused with the releases and what to do."""
    code, _, said = tried("victim>=1.5,<1.6", "--matrix", yanked=["1.5"], v1_4=BUG, v1_5=BUG)
    assert code == 2
    assert "found:    1.5, yanked" in said
    assert "next:     name one by --versions" in said


def test_nothing_proved(tried):
    """A matrix in which nothing contradicts the range, and nothing is proved, does not end well."""
    code, matrix, shown = tried("victim>=1,<2", "--versions", "0.9", v0_9=WELL)
    assert (code, outcomes(matrix)) == (1, {"0.9": "dormant"})
    assert "victim-1: not proved, victim<2,>=1" in shown
    assert "next: name more releases by --versions: those that have the bug, and their neighbours" in shown


def test_nothing_installed(tried):
    """Where no release in range can be installed, the next step is to mend that, and the reason is told."""
    code, matrix, shown = tried("victim>=1,<2", "--versions", "0.9,1.7", v0_9=WELL)
    assert (code, outcomes(matrix)) == (1, {"0.9": "dormant", "1.7": "uninstallable"})
    assert "victim-1: not proved, victim<2,>=1" in shown
    said = "next: mend what keeps 1.7 from being installed, or name others by --versions: "
    assert said in shown
    assert "victim" in shown.partition(said)[2]


def test_broken_release_is_no_border(tried):
    """A release on which the proof broke is no border: both ends stay as they are declared, and it is named."""
    code, matrix, shown = tried("victim>=1,<2", "--matrix", "--every", v0_9=WELL, v1_0=DEAD, v1_5=BUG, v2_0=WELL)
    assert (code, outcomes(matrix)["1.0"]) == (1, "broken")
    assert "which should be" not in shown
    assert "where it begins is not known: 1.0 is broken" in matrix["notes"]
    said = "next: bound `requires` so that it leaves out 1.0, or give a reproducer that runs there"
    assert said in shown.splitlines()


def test_search_goes_round_what_is_broken(tried):
    """A border is sought in what was not tried yet, and a release that broke the proof is not tried again."""
    _, matrix, shown = tried(
        "victim>=1,<2", "--matrix", v0_5=WELL, v0_6=WELL, v0_7=DEAD, v0_8=BUG, v0_9=BUG, v1_0=BUG, v1_5=BUG, v2_0=WELL
    )
    assert outcomes(matrix)["0.6"] == "dormant"
    assert (matrix["right"], outcomes(matrix)["0.7"], outcomes(matrix)["0.8"]) == (None, "broken", "red")
    assert "where it begins is not known: 0.7 is broken" in shown


def test_named_releases_show_no_ends(tried):
    """Releases that are named show nothing of what was not tried, and that is said."""
    code, matrix, shown = tried("victim>=1,<2", "--versions", "1.2", v0_9=WELL, v1_0=BUG, v1_2=BUG, v1_5=BUG, v2_0=WELL)
    assert (code, matrix["right"]) == (0, None)
    said = "victim-1: as declared, victim<2,>=1\nwhere it begins is not known: nothing older than 1.2 was tried\n"
    assert said in shown
    assert "where it ends is not known: nothing newer than 1.2 was tried" in shown


def test_patch_for_part_of_the_bug(tried):
    """A range is not too narrow if the bug is also outside it, and the patch would not mend it there."""
    code, matrix, _ = tried("victim>=1,<2", "--matrix", v0_9=OTHER, v1_0=BUG, v2_0=WELL)
    assert (code, outcomes(matrix)) == (0, {"0.9": "unfit", "1.0": "proved", "2.0": "dormant"})
    said = "AssertionError: g() gave old; the patch does not mend it: AssertionError: g() gave old"
    assert matrix["cells"][0]["message"] == said
    told = "has the bug, out of range, and the patch does not mend it there: that part needs a patch of its own"
    assert matrix["notes"] == [f"0.9 {told}"]


def test_body_for_part_of_the_range(tried):
    """A part of the range where the patch does not mend the bug is named and left to a patch of its own."""
    code, matrix, shown = tried("victim>=1,<2", "--matrix", "--every", v0_9=WELL, v1_0=OTHER, v1_5=BUG, v2_0=WELL)
    assert (code, outcomes(matrix)["1.0"]) == (1, "broken")
    assert "1.0 has the bug, and the patch does not mend it there: leave that part to a patch of its own" in shown
    step = "next: bound `requires` so that it leaves out 1.0, and write a patch of its own for that part"
    assert step in shown.splitlines()
    assert "which should be" not in shown


def test_bodies_for_part_of_the_range(tried):
    """Several such releases are spoken of in the plural, and so are several that have no bug."""
    bodies = {"v1_0": OTHER, "v1_1": OTHER, "v1_2": BUG, "v1_3": WELL, "v1_4": WELL, "v1_5": BUG}
    _, matrix, _ = tried("victim>=1,<2", "--versions", "1.0,1.1,1.2,1.3,1.4,1.5", **bodies)
    assert (
        "1.0, 1.1 have the bug, and the patch does not mend it there: leave that part to a patch of its own"
        in (matrix["notes"])
    )
    assert "1.3, 1.4, in between, do not have the bug" in matrix["notes"]


def test_environment_that_lacks_something(tried, victim):
    """Where only a package is missing that the replacement needs, nothing is said of its body, but how to get it."""
    victim.world.write("bodies.py", "def f():\n    import sixth\n    return 'new'\n")
    declared = PATCH.replace("provider:f", "bodies:f").replace(', expect="g.. gave old$"', "")
    _, matrix, shown = tried("victim>=1,<2", "--versions", "1.5", declared=declared, v1_5=BUG)
    (cell,) = matrix["cells"]
    assert cell["message"] == (
        "with: failed for another reason: ModuleNotFoundError: No module named 'sixth'; "
        "the environment has what `requires` and Reproducer(packages=[...]) name"
    )
    assert "a patch of its own" not in shown


def test_long_reason_is_short_in_the_table(tried):
    """The table shows the beginning of a long reason, in a file too, and says where the rest is."""
    wordy = BUG.replace("return f()", "return f() + 'x' * 300")
    declared = PATCH.replace(" gave old$", "gave old")
    _, matrix, shown = tried("victim>=1,<2", "--versions", "1.5", declared=declared, v1_5=wordy, COLUMNS="")
    assert "x" * 300 in matrix["cells"][0]["message"]
    assert max(map(len, shown.splitlines())) < 300
    assert "what ends in an ellipsis is shown in full by --json and --output FOLDER" in shown


def test_unknown_body_out_of_range(tried):
    """A patch that is not applied to a body it does not know is not said to be unable to mend it."""
    knowing = PATCH.replace('target="victim:f"', f'target="victim:f", original="{VALUE}"')
    unknown = BUG.replace("'old'", "'o' + 'ld'")
    _, matrix, _ = tried("victim>=1,<2", "--versions", "0.9,1.5", declared=knowing, v0_9=unknown, v1_5=BUG)
    assert outcomes(matrix) == {"0.9": "unfit", "1.5": "proved"}
    assert "; whether the patch mends it is not known: the patch is drifted: " in matrix["cells"][0]["message"]


def test_page_where_it_lies(tried, victim):
    """The links of a page lead somewhere from where it lies, and files beside it that are no proofs are left alone."""
    victim.world.write("proofs/package.json", "{}")
    victim.world.write("proofs/README.md", "# Proofs\n")
    tried("victim>=1,<2", "--versions", "1.0", v1_0=BUG)
    page = (victim.folder / "proofs" / "README.md").read_text("utf-8")
    links = re.findall(r"\]\((.*?)\)", page)
    assert links == ["victim-1.json"]
    assert [(victim.folder / "proofs" / link).is_file() for link in links] == [True]
    victim.world.write("proving.md", "")
    tried("victim>=1,<2", "--versions", "1.0", v1_0=BUG)
    assert "](../proving.md)" in (victim.folder / "proofs" / "README.md").read_text("utf-8")


def test_page_overwrites_nothing(tried, victim):
    """A README.md that is no page of proofs is not overwritten, which is said before any work."""
    readme = victim.world.write("proofs/README.md", "# My project\n")
    code, _, said = tried("victim>=1,<2", "--versions", "1.0", v1_0=BUG)
    assert (code, readme.read_text("utf-8")) == (2, "# My project\n")
    assert "README.md is no page of proofs" in said
    assert "installing" not in said


def test_proof_on_more_releases_stays(tried, victim):
    """A proof on several releases is not overwritten by one on fewer, which is said before any work."""
    tried("victim>=1,<2", "--matrix", v0_9=WELL, v1_0=BUG, v2_0=WELL)
    before = (victim.folder / "proofs" / "victim-1.json").read_text("utf-8")
    code, _, said = tried("victim>=1,<2", "--versions", "1.0", v1_0=BUG)
    assert (code, (victim.folder / "proofs" / "victim-1.json").read_text("utf-8")) == (2, before)
    assert "victim-1.json would be overwritten by a proof on fewer releases" in said


def test_patch_that_mends_nowhere(tried):
    """Where the patch mends no release at all, either it or the reproducer is wrong."""
    _, _, shown = tried("victim>=1,<2", "--matrix", v0_9=WELL, v1_0=OTHER, v2_0=WELL)
    assert "next: correct the replacement, or the reproducer" in shown.splitlines()
