"""A matrix is tried on both ends of each body in the range, and on no release that is like one which was proved."""

from __future__ import annotations

import pytest

from backportkit import any_of
from backportkit.source.fingerprint import of_source

pytestmark = pytest.mark.warm

BUG = "def f(): return 'old'\ndef g(): return f()\n"
OTHER = "def f(): return str('old')\ndef g(): return f()\n"
WELL = BUG.replace("old", "new")
DEAD = "def f(): return 'old'\ndef g():\n    import os; os._exit(7)\n"

PATCH = """
def f(): return "new"
register(Patch(**FIELDS | dict(requires={!r}), edits=[dict(target="victim:f", replacement="provider:f"EDIT)],
               reproducer=dict(run="provider:reproduce", expect="g.. gave old$")))
"""
PLAIN = PATCH.replace("EDIT", "")
KNOWING = PATCH.replace("EDIT", f", fixed={of_source(WELL, ['f'])!r}")
RANGE = "victim>=1,<2"
QUICK = [RANGE, "no-such-distribution"]  # tells what is tried, and installs none of it


def outcomes(matrix):
    return {cell["version"]: cell["outcome"] for cell in matrix["cells"]}


def alike(matrix):
    """Return the releases that were not installed, by the release that they are like."""
    return {one["like"]: one["versions"] for one in matrix["alike"]}


def test_one_body(tried, victim):
    """A range with one body is proved on its newest release, and all others are told with the reason."""
    bodies = dict.fromkeys(("v1_0", "v1_1", "v1_5", "v1_9"), BUG)
    code, matrix, shown = tried(RANGE, "--matrix", v0_9=WELL, v2_0=WELL, **bodies)
    assert (code, outcomes(matrix)) == (0, {"0.9": "dormant", "1.9": "proved", "2.0": "dormant"})
    told = {"versions": ["1.0", "1.1", "1.5"], "like": "1.9", "outcome": "proved", "package": None, "python": None}
    assert (matrix["alike"], matrix["notes"]) == ([told], [])
    said = "1.0 to 1.5 (3 releases) were not installed: same bodies as 1.9, which was proved"
    assert said in shown.splitlines()
    assert f"  - {said}." in (victim.folder / "proofs" / "README.md").read_text("utf-8")
    assert "victim-1: reading its targets in 4 releases of victim" in victim.progress


def test_every_end_of_each_body(tried):
    """With --every, both ends of each body are tried, and those that no Python here can have are passed over."""
    bodies = dict.fromkeys(("v1_0", "v1_1", "v1_2", "v1_3"), BUG) | dict.fromkeys(("v1_4", "v1_5", "v1_6"), OTHER)
    spare = {"v1_7": BUG, "v1_8rc1": OTHER, "v1_8": BUG}
    _, matrix, _ = tried(QUICK, "--matrix", "--every", elsewhere=["1.3"], yanked=["1.7"], **bodies, **spare)
    assert (list(outcomes(matrix)), matrix["alike"]) == (["1.0", "1.2", "1.4", "1.6", "1.8"], [])


def test_each_body_once(tried):
    """Each body is tried on its newest release, also where others lie between."""
    code, matrix, _ = tried(RANGE, "--matrix", v1_0=BUG, v1_1=BUG, v1_2=OTHER, v1_3=OTHER, v1_4=BUG)
    assert (code, outcomes(matrix)) == (0, {"1.3": "proved", "1.4": "proved"})
    assert alike(matrix) == {"1.4": ["1.0", "1.1"], "1.3": ["1.2"]}


def test_newest_that_is_not_proved(tried):
    """Where the newest release with a body is not proved, the oldest is tried, and then tells of those between."""
    code, matrix, _ = tried(RANGE, "--matrix", v1_0=BUG, v1_5=BUG, v1_9=DEAD)
    assert (code, outcomes(matrix), alike(matrix)) == (1, {"1.0": "proved", "1.9": "broken"}, {"1.0": ["1.5"]})


def test_broken_neighbours(tried):
    """A proof in another branch tells nothing of releases between two that were tried and are broken."""
    branches = any_of("victim>=1,<2", "victim>=2,<3")
    code, matrix, _ = tried(branches, "--matrix", v1_0=BUG, v2_0=DEAD, v2_1=BUG, v2_2=DEAD)
    assert (code, outcomes(matrix)) == (1, {"1.0": "proved", "2.0": "broken", "2.2": "broken"})
    assert matrix["alike"] == []


def test_each_branch(tried):
    """Each branch is tried, though the other one has releases with the same bodies: the rest of them may differ."""
    branches = any_of("victim>=1,<1.5", "victim>=2,<2.5")
    bodies = {"v1_0": BUG, "v1_1": BUG, "v1_5": WELL, "v2_0": BUG, "v2_1": BUG, "v2_5": WELL}
    code, matrix, _ = tried(branches, "--matrix", **bodies)
    assert (code, alike(matrix)) == (0, {"1.1": ["1.0"], "2.1": ["2.0"]})


def test_reproducer_that_fails_with_the_fix(tried):
    """A reproducer that fails where upstream's fix is does not show the bug, and that is said."""
    still = WELL.replace("return f()", "return 'old'")
    code, matrix, shown = tried(RANGE, "--matrix", declared=KNOWING, v1_0=BUG, v2_0=still)
    assert (code, outcomes(matrix)) == (1, {"1.0": "proved", "2.0": "broken"})
    said = "upstream's fix is there, and the reproducer fails all the same: AssertionError: g() gave old"
    assert matrix["cells"][1]["message"] == said
    assert "next: correct the reproducer: it fails where upstream's fix is, too" in shown.splitlines()


def test_body_of_another_release(tried):
    """That a release out of range has the bug in a body that was never looked at is said, with what to do about it."""
    original = f", original={of_source(BUG, ['f'])!r}"
    code, matrix, _ = tried(
        RANGE, "--matrix", declared=PATCH.replace("EDIT", original), v0_9=OTHER, v1_0=BUG, v2_0=WELL
    )
    assert (code, outcomes(matrix)["0.9"]) == (0, "unfit")
    way = "if it does, name the bodies there in `original`, and widen `requires` (`backportkit new --since`)"
    has = "0.9 has the bug, out of range; whether the patch mends it there is not known"
    assert matrix["notes"] == [f"{has}: {way}"]


def test_fixed_body(tried):
    """A release in range with upstream's fixed body, as in a maintenance line, tells of others that have it."""
    bodies = {"v1_0": BUG, "v1_1": WELL, "v1_2": BUG, "v1_3": WELL, "v1_4": BUG}
    code, matrix, shown = tried(RANGE, "--matrix", declared=KNOWING, **bodies)
    assert (code, outcomes(matrix)) == (0, {"1.3": "absorbed", "1.4": "proved"})
    assert [one["like"] for one in matrix["alike"]] == ["1.4", "1.3", "1.4"]
    assert "1.1 was not installed: same bodies as 1.3, which has the fix" in shown.splitlines()


def test_all_targets_count(tried):
    """Releases are alike if the bodies at all targets are, and where a helper is added, if there is none in both."""
    edits = """, how="replace"), dict(target="victim:g", replacement="provider:g"),
        dict(target="victim:helper", replacement="provider:f", how="add\""""
    both = PATCH.replace("EDIT", edits) + "def g(): return f()\n"
    bodies = {"v1_0": BUG, "v1_1": BUG.replace("return f()", "return str(f())"), "v1_2": BUG}
    code, matrix, _ = tried(RANGE, "--matrix", declared=both, **bodies)
    assert (code, outcomes(matrix), alike(matrix)) == (0, {"1.1": "proved", "1.2": "proved"}, {"1.2": ["1.0"]})


def test_range_that_is_too_wide(tried):
    """Where the bug begins within the range, the ends of the bodies tell the border without any search."""
    bodies = {"v1_0": WELL, "v1_1": WELL, "v1_2": BUG, "v1_3": BUG}
    code, matrix, _ = tried(RANGE, "--matrix", v0_9=WELL, **bodies)
    assert (code, matrix["right"]) == (1, "victim>=1.2,<2")
    assert outcomes(matrix) == {"0.9": "dormant", "1.0": "green", "1.1": "green", "1.3": "proved"}


def test_same_body_out_of_range(tried):
    """A release out of range with the body of one that was proved is tried: it may contradict the range."""
    code, matrix, _ = tried("victim>=1.1,<2", "--matrix", v1_0=BUG, v1_1=BUG, v1_2=BUG)
    assert (code, outcomes(matrix)) == (1, {"1.0": "red", "1.2": "proved"})
    assert matrix["right"] == "victim>=1.0,<2"


# --- without a history ---

MODULE = """
register(Patch(id="victim-1", requires={!r}, summary="s", target="victim.gone", how="add", alias_of="victim",
               reproducer=dict(run="provider:reproduce")))
"""


@pytest.mark.parametrize(
    ("declared", "body", "reason"),
    [
        (
            PLAIN.replace("victim:f", "victim:F['f']"),
            f"{BUG}F = {{'f': f}}\n",
            "victim:F['f'] has no history of its own",
        ),
        (MODULE, BUG, "victim.gone has no history of its own"),
        (PLAIN, "from math import sqrt as f\n", "math has no source that can be read"),
        (
            PLAIN,
            f"import os\nif os.sep:\n    f = 1\nelse:\n    {BUG}",
            "only running it tells which of several definitions counts",
        ),
    ],
)
def test_targets_without_a_history(tried, victim, declared, body, reason):
    """Where source alone does not tell the bodies, the ends of the range are tried, and a line says so."""
    _, matrix, _ = tried(QUICK, "--matrix", declared=declared, v1_0=body, v1_1=body, v1_2=body)
    assert (list(outcomes(matrix)), matrix["alike"]) == (["1.0", "1.2"], [])
    (line,) = [step for step in victim.progress if step.startswith("victim-1: releases are chosen without a history: ")]
    assert reason in line


def test_index_that_is_not_to_be_asked(tried, victim, monkeypatch):
    """Where uv is told to ask nobody, nobody is asked for a history either."""
    tried(QUICK, "--matrix", v1_0=BUG, v1_1=BUG)
    monkeypatch.setenv("UV_OFFLINE", "1")
    _, matrix, _ = tried(QUICK, "--matrix", v1_0=BUG, v1_1=BUG)
    assert list(outcomes(matrix)) == ["1.0", "1.1"]
    (line,) = [step for step in victim.progress if "history" in step]
    assert "is not in the cache" in line


def test_every_is_for_a_matrix(victim):
    """--every alone is refused."""
    done = victim.start("victim-1", "--every")
    assert done.returncode == 2
    assert "give --matrix with it" in done.stderr
