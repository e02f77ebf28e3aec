"""`backportkit prove` on several releases of small distributions that are made for each test."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import warm

from backportkit import Patch
from backportkit.proof import borders, choose, environment, matrix, page, pins, runner
from backportkit.proof.histories import Histories
from backportkit.proof.record import Cell, Matrix, Outcome, Phase
from backportkit.source.fingerprint import of_source
from backportkit.upstream import cache, uv
from backportkit.upstream.evidence import Options
from backportkit.upstream.uv import UnavailableError

pytestmark = pytest.mark.warm

HERE = choose.Releases()
BUG = "def f(): return 'old'\ndef g(): return f()\n"
FIXED = BUG.replace("old", "new")
OTHER = BUG.replace("old", "older")

PROVIDER = """
from backportkit import register

def reproduce():
    import victim
    assert victim.g() == "new", f"g() gave {victim.g()}"

def f():
    return "new"

register(dict(id="victim-1", summary="g() gives the wrong answer", target="victim:f", replacement="provider:f",
              requires=REQUIRES, reproducer=dict(run="provider:reproduce", expect="g.. gave old$")))
register(dict(id="other-1", summary="has no reproducer", target="other:f", replacement="provider:f", requires="o<1"))
"""


@pytest.fixture
def world(world, monkeypatch):
    """Releases of `victim` that only the tests have, a cache of its own, and a folder for what is temporary."""
    monkeypatch.setenv("UV_FIND_LINKS", str(world.folder / "wheels"))
    monkeypatch.setenv("BACKPORTKIT_CACHE", str(world.folder / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(world.folder / "temporary"))
    monkeypatch.setenv("TMPDIR", str(world.folder / "temporary"))
    monkeypatch.syspath_prepend(world.folder)
    choose._version_at.cache_clear()
    (world.folder / "wheels").mkdir()
    (world.folder / "temporary").mkdir()
    return world


def left_over(world):
    """Return the names of the folders that processes have left, without their random ends."""
    return sorted(folder.name.rpartition("-")[0] for folder in (world.folder / "temporary").glob("backportkit-*"))


def publish(world, **bodies):
    for version, body in bodies.items():
        world.wheel("victim", version.lstrip("v").replace("_", "."), body)


def provide(world, requires):
    world.distribution("provider", "1.0", dict.fromkeys(["victim", "other", "two"], "provider"))
    world.write("provider.py", PROVIDER.replace("REQUIRES", repr(requires)))


def start(world, *arguments, **env):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "1000"} | env
    return warm.run(["-m", "backportkit", "prove", *arguments], Path.cwd(), variables)


def shown(matrix):
    return {cell["version"]: cell["outcome"] for cell in matrix["cells"]}


# --- the command ---


def test_range_that_holds_is_proved_at_both_ends_and_dormant_beyond_and_written_down(world):
    publish(world, v0_9=FIXED, v1_0=BUG, v1_5=BUG, v1_9=BUG, v2_0=FIXED)
    provide(world, "victim>=1,<2")
    folder = world.folder / "proofs"
    done = start(world, "victim-1", "--matrix", "--jobs", "2", "--output", str(folder))
    assert done.returncode == 0, done.stderr + done.stdout
    rows = [line.split()[2:7] for line in done.stdout.splitlines()[1:5]]
    assert rows[0][:3] == ["0.9", "no", "dormant"]
    assert rows[1] == ["1.0", "yes", "red", "green", "red"]
    assert rows[2] == ["1.9", "yes", "red", "green", "red"]
    assert rows[3][:3] == ["2.0", "no", "dormant"]
    assert done.stdout.splitlines()[5] == "victim-1: as declared, victim<2,>=1"
    steps = done.stderr.splitlines()
    assert steps[0] == "asking the package index for releases"
    without = "releases are chosen without a history: UV_FIND_LINKS is set, and what stands in folders has no history"
    assert f"victim-1: {without}" in steps
    assert f"installing victim==1.0 with Python {platform.python_version()}" in steps
    assert any(re.fullmatch(r"3/4 victim-1 on \S+ with Python \S+: \w+, about \d+ s left", line) for line in steps)
    assert any(re.fullmatch(r"1/4 victim-1 on \S+ with Python \S+: \w+", line) for line in steps)
    assert any(re.fullmatch(r"4/4 victim-1 on \S+ with Python \S+: \w+", line) for line in steps)
    assert f"written: {folder / 'README.md'}" in steps
    record = json.loads((folder / "victim-1.json").read_text("utf-8"))
    assert shown(record) == {"0.9": "dormant", "1.0": "proved", "1.9": "proved", "2.0": "dormant"}
    text = (folder / "README.md").read_text("utf-8")
    assert "| [victim-1](victim-1.json) | dormant | red → green → red | red → green → red | dormant |" in text
    assert str(world.folder) not in text + json.dumps(record)


def test_range_that_does_not_hold_is_a_failure_that_prints_the_right_one(world):
    publish(world, v0_5=FIXED, v0_7=BUG, v1_0=BUG, v1_1=BUG, v1_2=FIXED)
    provide(world, "victim>=1.1,<1.2")
    done = start(world, "victim-1", "--matrix", "--jobs", "2", FORCE_COLOR="1")
    assert done.returncode == 1, done.stderr
    verdict = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert "victim-1: not as declared, victim<1.2,>=1.1, which should be victim>=0.7,<1.2" in verdict
    assert re.search(r"^1.0, with: see /\S+, which is kept$", verdict, re.MULTILINE)
    assert "next: correct `requires`: victim>=0.7,<1.2" in verdict.splitlines()
    assert "\x1b[" not in done.stderr


def test_hole_in_a_range_is_told_with_the_alternatives_to_write(world):
    publish(world, v0_9=FIXED, v1_0=BUG, v1_1=FIXED, v1_2=FIXED, v1_3=BUG, v2_0=FIXED)
    provide(world, "victim>=1,<2")
    done = start(world, "victim-1", "--versions", "0.9,1.0,1.1,1.2,1.3,2.0")
    said = done.stdout.splitlines()

    assert done.returncode == 1, done.stderr
    assert "1.1, 1.2, in between, do not have the bug" in said
    assert "next: correct `requires`: any_of('victim>=1,<1.1', 'victim>=1.3,<2')" in said


def test_releases_older_than_what_the_project_supports_are_not_tried(world):
    publish(world, v0_7=BUG, v1_0=BUG, v1_1=BUG, v1_2=FIXED)
    provide(world, "victim>=1.1,<1.2")
    world.write("pyproject.toml", "[project]\nname = 'provider'\ndependencies = ['victim>=1.1']\n")
    done = start(world, "victim-1", "--matrix", "--json")

    assert done.returncode == 0, done.stderr + done.stdout
    assert shown(json.loads(done.stdout)[0]) == {"1.1": "proved", "1.2": "dormant"}


def test_all_patches_but_excluded_ones_are_proved_on_the_releases_that_are_named(world):
    publish(world, v0_9=BUG, v1_1=BUG)
    provide(world, "victim>=1,<2")
    shipped = ("--exclude", "[!v]*")
    done = start(world, "--all", "--json", "--versions", "0.9,1.1", *shipped)
    assert done.returncode == 1, done.stderr
    (record,) = json.loads(done.stdout)
    assert (record["patch"], shown(record)) == ("victim-1", {"0.9": "red", "1.1": "proved"})
    assert record["right"] == "victim>=0.9,<2"


BRANCHES = """
from backportkit import any_of
register(dict(id="branches", summary="is in two packages", target="two:f", replacement="provider:f",
              requires=any_of("two<1", "two-binary<2", ["two-gpu<3", "other"]), reproducer="provider:reproduce"))
"""


@pytest.mark.parametrize("pattern", ["victim*", "two", "two-bin*", "two-g*"])
def test_patch_with_alternatives_is_found_by_the_package_of_each(world, pattern):
    """A pattern is compared with the packages of all alternatives, those of patches that nobody asked for, too."""
    provide(world, "victim>=1,<2")
    world.write("provider.py", PROVIDER.replace("REQUIRES", "'victim>=1,<2'") + BRANCHES)
    done = start(world, pattern, "--exclude", "victim-1", "--exclude", "branches")
    assert "no patch is left to prove" in done.stderr


NONE = "no such patch is declared here"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["vctim*"], [f"patch 'vctim*': {NONE}"]),
        (["vctim*", "--matrix"], [f"patch 'vctim*': {NONE}"]),
        (["vctim*", "--versions", "1.1", "--json"], [f"patch 'vctim*': {NONE}"]),
        (["vctim*", "victim-1", "victm-1"], [f"patch 'vctim*': {NONE}", f"patch 'victm-1': {NONE}"]),
        (["victim*", "--exclude", "vctim-1"], [f"patch 'vctim-1': {NONE}"]),
        (["other*", "victim-1"], ["none of the patches that fit 'other*' has a reproducer", "found:    other-1"]),
        (["other-1", "victim*"], ["patch 'other-1': has no reproducer"]),
        (["--all", "--exclude", "*"], ["no patch is left to prove", "found:    --exclude *"]),
        (["victim-1", "--exclude", "victim-?"], ["no patch is left to prove"]),
        (["victim-1", "--versions", ""], ["'' is no version"]),
    ],
)
def test_to_prove_nothing_is_an_error_that_names_what_fits_none(world, arguments, told):
    provide(world, "victim>=1,<2")
    done = start(world, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert [one for one in told if one not in done.stderr] == [], done.stderr


@pytest.mark.parametrize("arguments", [[], ["victim-1", "--all"]])
def test_patches_are_named_or_all_are_asked_for(world, arguments):
    done = start(world, *arguments)
    assert done.returncode == 2
    assert "name patches, or give --all, and not both" in done.stderr


# --- cells ---


class Watched:
    """Notes what a matrix says that it does."""

    def __init__(self):
        self.steps = []

    def expect(self, cells):
        self.steps.append(cells)

    def begin(self, step):
        self.steps.append(step)

    def done(self, patch, cell):
        self.steps.append((patch, cell.version))


def patch(**fields):
    whole = {
        "id": "victim-1",
        "summary": "s",
        "requires": "victim>=1,<2",
        "target": "victim:f",
        "replacement": "provider:f",
        "reproducer": {"run": "provider:reproduce", "expect": "g.. gave old$"},
    }
    return Patch.model_validate(whole | fields)


def prove(versions, *patches):
    watched = Watched()
    matrices = matrix.prove(
        patches,
        matrix.Choice(HERE, lambda one: HERE.named(one, versions)),
        watched,
        jobs=2,
        search=0,
        wishes=environment.Wishes(),
    )
    return [{cell.version: (cell.outcome.value, cell.message) for cell in one.cells} for one in matrices], watched.steps


def test_each_release_says_in_a_word_what_the_patch_comes_to_there(world):
    publish(
        world,
        v0_1="def other(): pass\n",
        v0_3=OTHER,
        v0_4="def f(): return 'old'\ndef g():\n    import os; os._exit(7)\n",
        v1_1="import no_such_module\n",
        v1_4="def f(): return 'old'\ndef g(): return 'old'\n",
    )
    provide(world, "victim>=1,<2")
    (found,), _ = prove(["0.1", "0.3", "0.4", "1.1", "1.4", "7.0"], patch())
    assert "there is no version of victim==7.0" in found.pop("7.0")[1]
    assert found == {
        "0.1": ("inapplicable", "there is no victim:f"),
        "0.3": ("inapplicable", "the reproducer fails for another reason: AssertionError: g() gave older"),
        "0.4": ("broken", "the process ended with code 7"),
        "1.1": (
            "inapplicable",
            "victim cannot be imported: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        "1.4": ("broken", "with: the replacement was never called; AssertionError: g() gave old"),
    }


def test_what_processes_printed_is_kept_where_it_contradicts_the_declaration_only(world):
    publish(
        world,
        v0_1="def other(): pass\n",
        v0_3=OTHER,
        v1_0=BUG,
        v1_1="import no_such_module\n",
        v1_4="def f(): return 'old'\ndef g(): return 'old'\n",
        v2_0=FIXED,
    )
    provide(world, "victim>=1,<2")
    assert prove(["0.1", "0.3", "1.0", "1.1", "2.0"], patch())
    assert left_over(world) == []
    prove(["1.4"], patch())
    assert left_over(world) == ["backportkit-victim-1-with"]


def test_run_that_cannot_begin_leaves_nothing(world):
    provide(world, "victim>=1,<2")
    nowhere = environment.CURRENT._replace(python=str(world.folder / "no-such-python"))
    with pytest.raises(FileNotFoundError):
        runner.run(patch(), patch().reproducer, Phase.WITHOUT, nowhere)
    assert left_over(world) == []


def test_patches_of_a_release_share_its_environment_which_is_kept(world):
    publish(world, v1_2=FIXED)
    provide(world, "victim>=1,<2")
    fixed = of_source("def f():\n    return 'new'\n", ["f"])
    both = (patch(), patch(id="victim-2", fixed=fixed))
    (plain, knowing), steps = prove(["1.2"], *both)
    assert plain["1.2"] == ("green", "the reproducer passes without the patch")
    assert knowing["1.2"] == ("absorbed", "the installed body is upstream's fix already")
    assert [step for step in steps if str(step).startswith("installing")] == [
        f"installing victim==1.2 with Python {platform.python_version()}"
    ]
    assert len(list((world.folder / "cache" / "environments").iterdir())) == 1


def test_large_environments_are_there_one_at_a_time_and_leave_room_on_the_disk(world, monkeypatch):
    publish(world, v1_0=BUG, v1_1=BUG)
    provide(world, "victim>=1,<2")
    large = patch(reproducer={"run": "provider:reproduce", "disk": 4})
    monkeypatch.setattr(cache, "free_gigabytes", lambda folder: 23.9)
    (cells,), _ = prove(["1.0"], large)
    assert cells["1.0"] == ("uninstallable", "23.9 GB")
    monkeypatch.setattr(cache, "free_gigabytes", lambda folder: 24)
    existing = environment.build(pins.resolve(["victim==1.1"], "victim-1"), "victim-1")
    (cells,), steps = prove(["1.0", "1.1"], large)
    assert {version: outcome for version, (outcome, _) in cells.items()} == {"1.0": "proved", "1.1": "proved"}
    second = f"victim-1 on victim 1.1 with Python {platform.python_version()}"
    assert steps.index(("victim-1", "1.0")) < steps.index(second)
    # What was there before is left alone.
    kept = list((world.folder / "cache" / "environments").iterdir())
    assert kept == [Path(existing.name)]
    assert any(file.stat().st_nlink > 1 for file in kept[0].rglob("*.py")) or os.environ.get("UV_LINK_MODE")


def test_processes_end_when_the_work_is_interrupted(world):
    world.write("provider.py", "import time\ndef reproduce():\n    open('begun', 'w').close(); time.sleep(60)\n")
    sleeping = patch(requires="python<4", reproducer="provider:reproduce", target="json:loads")

    def interrupted():
        with matrix._Pool(2) as pool:
            pool._threads.submit(runner.run, sleeping, sleeping.reproducer, Phase.WITHOUT, environment.CURRENT)
            while not runner._running:
                time.sleep(0.01)
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - started < 30
    assert not runner._running
    assert left_over(world) == []
    assert [thread for thread in threading.enumerate() if "ThreadPool" in thread.name] == []


# --- releases ---


@pytest.fixture
def index(world, monkeypatch):
    """Publish releases in the test's own folder, and use no other package index."""
    monkeypatch.setenv("UV_NO_INDEX", "1")
    publish(world, **dict.fromkeys(["v0_8", "v0_9", "v1_0", "v1_5", "v1_9", "v2_0", "v2_1rc1"], BUG))
    return world


def versions(found):
    return [str(release.version) for release in found]


def test_releases_around_a_range_are_both_ends_and_the_next_ones(index):
    assert versions(HERE.around_the_range(patch())) == ["0.9", "1.0", "1.9", "2.0"]
    assert versions(HERE.around_the_range(patch(requires="victim==1.5"))) == ["1.0", "1.5", "1.9"]
    assert versions(HERE.around_the_range(patch(requires="victim<0.9"))) == ["0.8", "0.9"]
    assert versions(HERE.newest(patch())) == ["1.9"]
    assert HERE.named(patch(requires="victim[b,a]<2"), ["1.5"])[0].pin == "victim[a,b]==1.5"


def test_releases_in_a_gap_are_all_between(index):
    low, high = (choose.Version(text) for text in ("0.8", "1.9"))
    assert versions(HERE.between(patch(), borders.Gap(low, high))) == ["1.5", "1.0", "0.9"]
    assert versions(HERE.between(patch(), borders.Gap(None, low))) == []
    assert versions(HERE.between(patch(), borders.Gap(low, None)))[0] == "2.0"
    assert HERE.between(patch(requires="python<4"), borders.Gap(low, high)) == []


def test_index_that_cannot_be_reached_is_no_missing_release(world, monkeypatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(UnavailableError) as caught:
        HERE.newest(patch())
    assert "http://127.0.0.1:9/simple/victim/" in str(caught.value)


def test_releases_of_python_are_the_interpreters_that_are_installed(world):
    stdlib = patch(requires="python>=3.10,<3.99")
    found = HERE.around_the_range(stdlib)
    assert all(release.version >= choose.Version("3.10") for release in found)
    (running,) = HERE.newest(stdlib)
    assert running in found
    assert running.python == choose.interpreters.RUNNING
    assert HERE.named(stdlib, [str(running.version)]) == [running]


@pytest.mark.parametrize(
    ("low", "high", "known"), [("3.12.1", "3.12.2", True), ("3.12.1", "3.12.3", False), ("3.11.9", "3.12.0", False)]
)
def test_pythons_are_neighbours_within_one_line(low, high, known):
    stdlib = patch(requires="python>=3.10,<3.99")
    assert HERE.is_empty(stdlib, borders.Gap(choose.Version(low), choose.Version(high))) == known
    assert not HERE.is_empty(stdlib, borders.Gap(None, choose.Version(high)))
    assert HERE.passed_over(stdlib, borders.Gap(None, None)) == ()


def test_interpreters_that_backportkit_does_not_run_on_are_passed_over(world, monkeypatch):
    found = [
        {"version": version, "path": f"/{version}/python", "implementation": implementation}
        for version, implementation in (("3.9.18", "cpython"), ("3.98.1", "cpython"), ("3.98.2", "pypy"))
    ]
    monkeypatch.setattr(uv, "run_uv", lambda arguments: json.dumps(found))
    stdlib = patch(requires="python>=3.10,<3.99")
    offered = {str(release.version): release.python.path for release in HERE.around_the_range(stdlib)}
    assert offered.pop(platform.python_version()) == sys.executable
    assert offered == {"3.98.1": "/3.98.1/python"}
    watched = Watched()
    assert len(Histories(watched, HERE, Options()).around_the_range(stdlib)) == 2
    assert watched.steps == ["victim-1: releases are chosen without a history: Python itself is in no package index"]
    with pytest.raises(UnavailableError, match=r"there is no Python 3.9.18 here"):
        HERE.named(stdlib, ["3.9.18"])


def test_patch_for_other_pythons_is_tried_with_the_newest_of_them_that_is_installed(world, monkeypatch):
    found = [
        {"version": version, "path": f"/{version}/python", "implementation": "cpython"}
        for version in ("3.97.2", "3.98.1", "3.99.0")
    ]
    monkeypatch.setattr(uv, "run_uv", lambda arguments: json.dumps(found))
    (newest,) = HERE.newest(patch(requires="python>=3.97,<3.99"))
    assert (str(newest.version), newest.python.path) == ("3.98.1", "/3.98.1/python")
    assert choose.interpreter(patch(requires="python>=3.97,<3.99")) == newest
    with pytest.raises(UnavailableError, match=r"no Python in the patch's range is installed here") as caught:
        choose.interpreter(patch(requires="python>=3.95,<3.96"))
    assert caught.value.found.endswith("3.97.2, 3.98.1, 3.99.0")


@pytest.mark.parametrize("choose", [HERE.around_the_range, HERE.newest])
def test_range_without_any_release_is_refused(index, choose):
    with pytest.raises(UnavailableError, match="the package index has no release in the patch's range"):
        choose(patch(requires="victim>=3,<4"))


def test_failure_is_put_down_to_a_target_that_is_not_there(world):
    world.write("victim.py", "class C: pass\n")
    world.write("broken.py", "raise OSError('no disk')\n")
    script = """
    from backportkit import Patch
    from backportkit.proof.child import _why
    for target in ("victim:C.f", "victim:D.f", "victim:C.__doc__.f", "victim:C", "broken:f"):
        fields = dict(id="victim-1", summary="s", requires="victim<2", replacement="provider:f")
        print(_why(Patch.model_validate(fields | {"target": target})))
    """
    assert world.run(script) == [
        "{'lacking': 'there is no victim:C.f'}",
        "{'lacking': 'there is no victim:D.f'}",
        "{'lacking': 'there is no victim:C.__doc__.f'}",
        "{}",
        "{'unimportable': 'broken cannot be imported: OSError: no disk'}",
    ]


# --- borders ---


def cells(declared, **outcomes):
    low, high = declared
    return [
        Cell(
            version=version[1:],
            python="3.11.7",
            declared=low <= float(version[1:]) < high,
            outcome=Outcome(outcome),
            message="",
        )
        for version, outcome in ((name.replace("_", "."), outcome) for name, outcome in outcomes.items())
    ]


def judged(declared, released, **outcomes):
    """Judge a range where these releases were tried, and where `released` are all others that there are."""
    given = cells(declared, **outcomes)
    everything = [choose.Version(text) for text in (*released, *(one.version for one in given))]

    def is_empty(gap):
        return not any((gap.low or low) < one < (gap.high or high) for one in everything)

    low, high = choose.Version("0"), choose.Version("99")
    wrong = [one.version for one in borders.contradictions(given)]
    found = borders.ends(given, is_empty)
    right = borders.right_range("p>=2,<3", found) if found else None
    return wrong, right, list(borders.notes(given, found))


@pytest.mark.parametrize(
    ("outcomes", "wrong", "right"),
    [
        ({"v1_0": "dormant", "v2_0": "proved", "v3_0": "dormant"}, [], "p>=2,<3"),
        ({"v2_0": "proved", "v2_9": "proved"}, [], "p>=2,<3"),
        ({"v1_0": "red", "v2_0": "proved", "v3_0": "dormant"}, ["1.0"], "p>=1.0,<3"),
        ({"v1_0": "dormant", "v2_0": "proved", "v3_0": "red", "v3_1": "inapplicable"}, ["3.0"], "p>=2,<3.1"),
        ({"v2_0": "proved", "v3_0": "red"}, ["3.0"], "p>=2"),
        ({"v1_0": "dormant", "v2_0": "green", "v2_5": "proved", "v3_0": "dormant"}, ["2.0"], "p>=2.5,<3"),
        ({"v2_0": "proved", "v2_5": "absorbed", "v2_9": "proved", "v3_0": "dormant"}, [], "p>=2,<3"),
        ({"v2_0": "proved", "v2_9": "absorbed", "v3_0": "dormant"}, ["2.9"], "p>=2,<2.9"),
        ({"v2_0": "uninstallable", "v2_9": "broken"}, ["2.9"], None),
    ],
)
def test_range_is_compared_with_the_releases_that_have_the_bug(outcomes, wrong, right):
    assert judged((2, 3), (), **outcomes) == (wrong, right, [])


@pytest.mark.parametrize(
    ("released", "outcomes", "right", "notes"),
    [
        (
            ["2.3"],
            {"v1_0": "dormant", "v2_0": "green", "v2_5": "proved", "v3_0": "dormant"},
            None,
            ["where it begins is not known: nothing between 2.0 and 2.5 was tried"],
        ),
        (
            [],
            {"v1_0": "dormant", "v2_0": "green", "v2_3": "broken", "v2_5": "proved", "v3_0": "dormant"},
            None,
            ["where it begins is not known: 2.3 is broken"],
        ),
        (
            ["0.9"],
            {"v1_0": "red", "v2_0": "proved"},
            None,
            ["where it begins is not known: nothing older than 1.0 was tried"],
        ),
        (
            ["3.2"],
            {"v2_0": "proved", "v3_0": "red"},
            None,
            ["where it ends is not known: nothing newer than 3.0 was tried"],
        ),
        (
            ["2.5"],
            {"v1_0": "dormant", "v2_0": "proved", "v3_0": "uninstallable"},
            "p>=2,<3",
            ["where it ends is not known: 3.0 is uninstallable"],
        ),
        (
            [],
            {"v1_0": "unfit", "v2_0": "proved", "v3_0": "dormant"},
            "p>=2,<3",
            ["1.0 has the bug, out of range, and the patch does not mend it there: that part needs a patch of its own"],
        ),
        (
            [],
            {"v1_0": "dormant", "v2_0": "proved", "v2_5": "green", "v2_9": "proved", "v3_0": "dormant"},
            "p>=2,<3",
            ["2.5, in between, does not have the bug"],
        ),
    ],
)
def test_end_is_a_border_between_neighbours_that_were_judged_only(released, outcomes, right, notes):
    assert judged((2, 3), released, **outcomes)[1:] == (right, notes)


def test_broken_release_that_the_index_passes_over_is_no_border():
    """A release that was yanked is none of the index's neighbours, and says nothing all the same if it broke."""
    given = cells((2, 3), v2_0="green", v2_3="broken", v2_5="proved")
    assert borders.right_range("p>=2,<3", borders.ends(given, lambda gap: True)) is None


@pytest.mark.parametrize(
    ("requires", "right"),
    [
        ("p>=2,<3", "p>=1.0,<3"),
        ("p<3", "p>=1.0,<3"),
        ("p~=2.4", "p>=1.0,<3"),
        ("p==2.*", "p>=1.0,<3"),
        ("p==2.4.1", "p>=1.0,<=2.4.1"),
        ("p[a]>2,!=2.5,<=2.9; python_version > '3'", 'p[a]>=1.0,<=2.9,!=2.5; python_version > "3"'),
    ],
)
def test_end_that_nothing_contradicts_stays_as_declared(requires, right):
    given = cells((2, 3), v1_0="red", v2_5="proved")
    assert borders.right_range(requires, borders.ends(given, lambda gap: True)) == right


# --- the page ---


def test_page_has_a_table_a_package_and_says_what_is_not_as_declared(tmp_path):
    record = Matrix(
        patch="p-1",
        summary="breaks",
        package="p",
        requires="p>=2,<3",
        fixes=None,
        holds=False,
        right="p>=1.0,<3.0",
        platform="Linux x86_64",
        cells=(*cells((2, 3), v1_0="red", v2_0="proved"), *cells((2, 3), v3_0="uninstallable")),
    )
    lost = record.cells[2].model_copy(
        update={"message": "`no` at https://index.invalid/simple and /home/me/wheels and C:\\Users\\me\\x.whl"}
    )
    record = record.model_copy(update={"cells": (*record.cells[:2], lost)})
    other = record.model_copy(update={"patch": "q-1", "package": "q", "right": None})
    written = page.write([record], tmp_path)
    assert page.write([other], tmp_path) == written
    text = written.read_text("utf-8")
    assert "| patch | 1.0 | 2.0 | 3.0 |" in text
    assert "| [p-1](p-1.json) | **red** | red → green → red | uninstallable |" in text
    assert "  - 3.0 is uninstallable: `'no' at … and … and …`" in text
    assert "  - **The declared range is not the right one: `p>=1.0,<3.0`.**" in text
    assert text.index("## p\n") < text.index("## q\n")
