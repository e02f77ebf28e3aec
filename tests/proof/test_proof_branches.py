"""A patch with alternatives is proved at both ends of each of its branches, whatever distribution they are of."""

from __future__ import annotations

import json
import re

import pytest

from backportkit import any_of

pytestmark = pytest.mark.warm

BUG = "def f(): return 'old'\ndef g(): return f()\n"
WELL = BUG.replace("old", "new")
THREE = any_of("victim>=1,<1.2", "victim>=2,<2.2", "victim>=3,<3.2")
RELEASES = {
    **dict.fromkeys(("v1_0", "v1_1", "v2_0", "v2_1", "v3_0", "v3_1"), BUG),
    **dict.fromkeys(("v0_9", "v1_2", "v1_3", "v2_2", "v2_3", "v3_2", "v3_3"), WELL),
}


def outcomes(matrix):
    return {cell["version"]: cell["outcome"] for cell in matrix["cells"]}


def test_both_ends_of_each_branch(tried, victim):
    """Each branch is proved at its first and last release, and dormant right below and above."""
    code, matrix, shown = tried(THREE, "--matrix", "--every", **RELEASES)
    inside, outside = ("1.0", "1.1", "2.0", "2.1", "3.0", "3.1"), ("0.9", "1.2", "1.3", "2.2", "2.3", "3.2")
    assert outcomes(matrix) == dict.fromkeys(inside, "proved") | dict.fromkeys(outside, "dormant")
    assert [cell["declared"] for cell in matrix["cells"]] == [cell["version"] in inside for cell in matrix["cells"]]
    ranges = "victim<1.2,>=1 or victim<2.2,>=2 or victim<3.2,>=3"
    assert (code, matrix["requires"], matrix["package"], matrix["right"]) == (0, ranges, "victim", None)
    assert f"victim-1: as declared, {ranges}\n" in shown
    page = (victim.folder / "proofs" / "README.md").read_text("utf-8")
    assert page.count("## victim") == 1
    assert f"for `{ranges}`" in page
    assert "| patch | 0.9 | 1.0 | 1.1 | 1.2 |" in page


PAIR = any_of("victim>=1,<1.1", "victim>=2,<2.1")


def test_border_that_is_sought(tried):
    """A border that is not where it is declared is sought for its branch alone, and the other branch stays."""
    more = dict.fromkeys(("v2_0", "v2_1", "v2_2", "v2_3"), BUG)
    code, matrix, shown = tried(PAIR, "--matrix", v1_0=BUG, v1_1=WELL, v2_4=WELL, **more)
    assert (code, outcomes(matrix)["2.1"]) == (1, "red")
    assert matrix["right"] == "victim<1.1,>=1 or victim>=2,<2.4"
    assert f"victim-1: not as declared, {matrix['requires']}, which should be {matrix['right']}" in shown


def test_branch_without_the_bug(tried):
    """A branch that never had the bug makes the matrix fail, and what should stand there is not known."""
    code, matrix, shown = tried(PAIR, "--matrix", v1_0=BUG, v1_1=WELL, v2_0=WELL, v2_1=WELL)
    assert (code, matrix["right"], outcomes(matrix)["2.0"]) == (1, None, "green")
    assert "not as declared" in shown


def test_branch_that_is_wider_than_the_bug(tried):
    """A release in a branch that has the fix already moves the end of that branch."""
    requires = any_of("victim>=1,<1.1", "victim>=2,<2.2")
    code, matrix, _ = tried(requires, "--matrix", v1_0=BUG, v1_1=WELL, v2_0=BUG, v2_1=WELL, v2_2=WELL)
    assert (code, outcomes(matrix)["2.1"]) == (1, "green")
    assert matrix["right"] == "victim<1.1,>=1 or victim>=2,<2.1"


def test_bug_beside_all_branches(tried):
    """A release with the bug that is near no branch needs an alternative of its own, which is said."""
    code, matrix, _ = tried(THREE, "--versions", "0.5,0.9,1.0", v0_5=BUG, **RELEASES)
    assert (code, matrix["holds"], matrix["right"]) == (1, False, None)
    said = "0.5 has the bug, and lies beside no branch: it needs an alternative of its own"
    assert said in matrix["notes"]


def test_branches_that_touch_and_overlap(tried):
    """Where one branch ends and the next begins there is no border that could be wrong."""
    for requires in (
        any_of("victim>=1,<2", "victim>=2,<3"),
        any_of("victim>=1,<3", "victim>=2,<2.1"),
    ):
        bodies = dict.fromkeys(("v1_0", "v2_0", "v2_1"), BUG)
        code, matrix, shown = tried(requires, "--matrix", v0_9=WELL, v3_0=WELL, **bodies)
        assert (code, matrix["notes"], matrix["right"]) == (0, [], None), shown
        assert outcomes(matrix)["0.9"] == outcomes(matrix)["3.0"] == "dormant"


def test_branch_that_cannot_be_had(tried):
    """A branch that the index has no release of is named, and the others are proved."""
    requires = any_of("victim>=1,<1.2", "victim>=7,<8")
    code, matrix, _ = tried(requires, "--matrix", **RELEASES)
    assert (code, list(outcomes(matrix))) == (0, ["0.9", "1.1", "1.2"])
    assert matrix["notes"] == ["victim<8,>=7: no release in it was tried"]
    code, _, said = tried(any_of("victim>=7,<8", "victim>=8,<9"), "--matrix", **RELEASES)
    assert code == 2
    assert "expected: victim<8,>=7" in said


def test_notes_name_their_branch(tried):
    """A remark about one end names the branch that the end is of."""
    _, matrix, _ = tried(THREE, "--versions", "1.2,2.0,2.2", **RELEASES)
    assert matrix["notes"] == [
        "victim<1.2,>=1: no release in it was tried",
        "victim<2.2,>=2: where it begins is not known: nothing between 1.2 and 2.0 was tried",
        "victim<2.2,>=2: where it ends is not known: nothing between 2.0 and 2.2 was tried",
        "victim<3.2,>=3: no release in it was tried",
    ]


def test_two_distributions(tried, victim):
    """Two distributions with one module are proved each for itself, and the page has a table for each."""
    bodies = {f"{name}__{version}": body for name in ("one", "one_binary") for version, body in TWO.items()}
    code, matrix, shown = tried(any_of("one>=1,<2", "one-binary>=1,<2"), "--matrix", **bodies)
    assert code == 0, shown
    assert matrix["package"] == "one or one-binary"
    versions = [("0.9", "dormant"), ("1.5", "proved"), ("2.0", "dormant")]
    found = [(cell["package"], cell["version"], cell["outcome"]) for cell in matrix["cells"]]
    assert found == [(package, *one) for package in ("one", "one-binary") for one in versions]
    like = {"versions": ["1.0"], "like": "1.5", "outcome": "proved"}
    assert matrix["alike"] == [like | {"package": package, "python": None} for package in ("one", "one-binary")]
    assert "one-binary 1.0 was not installed: same bodies as 1.5, which was proved" in shown.splitlines()
    assert re.search(r"one-binary 1.5 +yes", shown), shown
    page = (victim.folder / "proofs" / "README.md").read_text("utf-8")
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## one", "## one-binary"]
    assert page.count("one 1.0 was not installed") == page.count("one-binary 1.0 was not installed") == 1


TWO = {"v0_9": WELL, "v1_0": BUG, "v1_5": BUG, "v2_0": WELL}


def test_what_stands_beside(tried):
    """All that is required beside the alternatives, and within one, is installed with its releases."""
    requires = ["helper<2", any_of(["victim>=1,<1.2", "more<2"], ["python>=3.8", "victim>=2,<2.2"])]
    helpers = {"helper__v1_0": "", "helper__v2_0": "", "more__v1_0": "", "more__v2_0": ""}
    code, matrix, shown = tried(requires, "--matrix", "--every", **RELEASES | helpers)
    assert (code, matrix["requires"]) == (0, "victim<1.2,>=1 or victim<2.2,>=2"), shown
    (first,) = [cell for cell in matrix["cells"] if cell["version"] == "1.1"]
    assert first["runs"][0]["versions"].items() >= {"helper": "1.0", "victim": "1.1", "more": "1.0"}.items()


def test_branch_for_other_platforms(tried):
    """A branch for another platform or interpreter is named and not tried, and the others are proved."""
    elsewhere = "victim>=2,<2.2; sys_platform == 'nowhere'", ["victim>=3,<3.2", "python>=3.99"]
    requires = any_of(["victim>=1,<1.2", "python>=3.8"], *elsewhere)
    code, matrix, _ = tried(requires, **RELEASES)
    assert (code, outcomes(matrix)) == (0, {"1.1": "proved"})
    said = ": not tried, since it is for another platform or interpreter"
    assert matrix["notes"][-2:] == [f'victim<2.2,>=2; sys_platform == "nowhere"{said}', f"victim<3.2,>=3{said}"]


def test_newest_of_each_branch(tried):
    """Without --matrix each branch is proved on its newest release."""
    code, matrix, _ = tried(THREE, **RELEASES)
    assert (code, outcomes(matrix)) == (0, {"1.1": "proved", "2.1": "proved", "3.1": "proved"})


def test_here_or_in_the_last_branch_that_can_be_had(victim, index, tried):
    """One patch is proved in this environment if a branch is met, and else on the newest release of the last branch."""
    tried(any_of("victim<1", "victim>=1.5,<2"), "--versions", "1.0", **RELEASES)
    assert victim.prove()["environment"] == "current"
    settings = {"UV_INDEX": index, "BACKPORTKIT_CACHE": str(victim.folder / "cache"), "UV_HTTP_RETRIES": "0"}
    tried(any_of("victim>=2,<2.2", "victim>=3,<3.2", "victim>=7,<8"), "--versions", "2.0", **RELEASES)
    proof = victim.prove(**settings)
    assert (proof["proved"], proof["runs"][0]["versions"]) == (True, {"victim": "3.1"})
    done = victim.start("victim-1", "--matrix", **settings | {"UV_INDEX": f"{index}/nowhere"})
    assert done.returncode == 2


def test_explain(tried, victim):
    """`explain` knows that the proof which is kept is of these branches, and of which distribution each release is."""
    bodies = {f"{name}__{version}": body for name in ("one", "one_binary") for version, body in TWO.items()}
    tried(any_of("one>=1,<2", "one-binary>=1,<2"), "--versions", "1.0", **bodies)
    done = victim.world.start("import backportkit.__main__ as m; m.main()", "explain", "victim-1")
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("proof")]
    assert said.endswith("as declared; one 1.0 proved, one-binary 1.0 proved"), done.stdout


def test_difference(tried, victim, index):
    """`diff --against` takes the release of the branch that has it, else of the first one."""
    bodies = {"one__v1_0": BUG, "one_binary__v2_0": WELL}
    tried(any_of("one>=1,<2", "one-binary>=2,<3"), "--versions", "1.0", **bodies)
    settings = {"UV_INDEX": index, "BACKPORTKIT_CACHE": str(victim.folder / "cache"), "UV_HTTP_RETRIES": "0"}
    for version, name in {"1.0": "one 1.0", "2.0": "one-binary 2.0"}.items():
        script = (
            f"import backportkit.__main__ as m; sys.argv[1:] = ['diff', 'victim-1', '--against', {version!r}]; m.main()"
        )
        assert f"victim:f of {name} is" in victim.world.start(script, env=settings).stdout


def test_json(tried, victim, index):
    """A patch that names lead to is handed to the process of a proof with its alternatives."""
    tried(THREE, "--versions", "2.1", **RELEASES)
    settings = {"UV_INDEX": index, "BACKPORTKIT_CACHE": str(victim.folder / "cache"), "UV_HTTP_RETRIES": "0"}
    (matrix,) = json.loads(victim.start("victim-1", "--versions", "2.1", "--json", **settings).stdout)
    assert (matrix["holds"], outcomes(matrix)) == (True, {"2.1": "proved"})
