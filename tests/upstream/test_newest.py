"""`check --upstream` asks the newest releases, too; `explain` tells what the cache has of them."""

from __future__ import annotations

import json

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD, NEW, THIRD = (f"def f(a):\n    return {text!r}\n" for text in ("old", "new", "third"))
PATCH = """
from backportkit import backport
@backport("victim:f", id="victim-1", requires={requires!r}, original={original!r}, fixed={fixed!r},
          fixes="https://upstream.example/pull/1", reproducer="patches:reproduce", aliases="keep", **{more!r})
def f(a):
    "What breaks."
    return 'new'
def reproduce(): pass
"""


def print_of(text):
    return fingerprint.of_source(text, ["f"])


def declare(index, **fields):
    known = {"requires": "victim>=1,<2", "original": (print_of(OLD),), "fixed": (print_of(NEW),), "more": {}}
    (index.folder / "patches.py").write_text(PATCH.format(**known | fields), encoding="utf-8")


def check(index, *line, code=0):
    """Return the findings of a check that asks upstream, as code and message."""
    done = index.run("check", "patches.py", "--upstream", "--json", *line)
    assert done.returncode == code, done.stderr + done.stdout
    return [(one["code"], one["message"]) for one in json.loads(done.stdout)["findings"]]


@pytest.fixture
def victim(index):
    """A patch, and releases with the body that it was written against."""
    declare(index)
    index.release("0.9", NEW)
    index.release("1.0", OLD)
    index.release("1.1", OLD)
    return index


def test_cost(victim):
    """The command ends with what it has fetched, which is the page alone when all else is in the cache."""
    first, again = (victim.run("check", "patches.py", "--upstream").stderr for _ in range(2))
    assert first.endswith(" requests, 0.0 MB\n")
    assert again == "1 request, 0.0 MB\n"


ENTRY_POINTS = """[project]
name = "mine"
version = "1"
[project.entry-points."backportkit.patches"]
victim = "app.of_victim"
requests = "app.of_requests"
"""
INSTALLED = "[backportkit.patches]\nvictim = app.of_victim\nrequests = app.of_requests\n"
OF = """
from backportkit import backport
@backport("{0}:get", id="mine-{0}", requires="{0}<9", fixes="https://upstream.example/pull/1", reproducer="m:f")
def get(*args, **kwargs):
    "What breaks."
"""


def test_package_that_applies_as_it_is_read(index):
    """Where a package calls `apply_all()`, each of its entry points leads to what it names, loaded or not."""
    declaring = {f"app/of_{name}.py": OF.format(name) for name in ("victim", "requests")}
    info = {"METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1\n", "entry_points.txt": INSTALLED}
    files = {"pyproject.toml": ENTRY_POINTS, "app/__init__.py": "import backportkit\nbackportkit.apply_all()\n"}
    files |= {f"mine-1.dist-info/{end}": text for end, text in info.items()}
    for name, text in (files | declaring).items():
        (index.folder / name).parent.mkdir(exist_ok=True)
        (index.folder / name).write_text(text, "utf-8")
    index.release("1.0", OLD)
    done = index.run("check", ".", "--upstream", "--json")
    assert done.stdout, done.stderr
    assert "BK302" not in done.stdout


DATED = {"upload-time": "2026-05-13T00:00:00Z"}


def test_fixed(victim):
    """The first release with the fix is told, with its day, also if the newest has changed the body again."""
    victim.release("2.0", NEW, **DATED)
    victim.release("2.1", NEW)
    assert check(victim) == [("BK501", "fixed in victim 2.0 of 2026-05-13")]
    victim.release("2.2", THIRD)
    assert check(victim) == [("BK501", "fixed in victim 2.0 of 2026-05-13")]


def test_fixed_in_each_branch(victim):
    """Of a patch with alternatives, the release with the fix is told of each, and not that of the newest alone."""
    victim.release("1.2", NEW, **DATED)
    victim.release("2.0", OLD)
    victim.release("2.1", NEW)
    file = victim.folder / "patches.py"
    ways = "backportkit.any_of('victim>=1,<1.2', 'victim>=2,<2.1')"
    file.write_text("import backportkit\n" + file.read_text("utf-8").replace("'victim>=1,<2'", ways), "utf-8")
    done = victim.run("check", "patches.py", "--upstream", "--json")
    told = [(one["message"], one["next_step"]) for one in json.loads(done.stdout)["findings"]]
    expected = [("<1.2,>=1", "1.2 of 2026-05-13", "1.2"), ("<2.1,>=2", "2.1", "2.1")]
    once = "once the project can require victim>={} and nothing in another alternative, "
    assert told == [
        (
            f"the alternative victim{branch} is fixed in victim {release}",
            f"{once.format(floor)}backportkit retire victim-1 --import patches.py",
        )
        for branch, release, floor in expected
    ]


def test_fix_within_the_range(victim):
    """A fix in a release that is in range says to narrow the range."""
    victim.release("1.2", NEW)
    assert check(victim) == [("BK403", "upstream's fix is in victim 1.2, though that is in range")]


def test_fix_within_the_range_that_was_changed_again(victim):
    """The first release with the fix is told, also if those past the range have another body; below it none counts."""
    for version, text in (("1.2", NEW), ("1.3", NEW), ("1.4", THIRD), ("2.0", THIRD)):
        victim.release(version, text)
    assert check(victim) == [("BK403", "upstream's fix is in victim 1.2, though that is in range")]
    declare(victim, original=(print_of(THIRD.replace("third", "other")),))
    assert check(victim) == [("BK501", "victim 2.0 is the first release past its range")]


def test_past_the_range(victim):
    """Where no fix is known by its body, the first release past the range is told."""
    declare(victim, fixed=())
    victim.release("2.0", THIRD)
    victim.release("2.1", NEW)
    assert check(victim) == [("BK501", "victim 2.0 is the first release past its range")]


def test_still_open(victim):
    """That the newest release has the bug is told, and that it is out of range, if it is."""
    assert check(victim) == [("BK502", "still open in victim 1.1")]
    victim.release("2.0", OLD, **DATED)
    victim.release("2.1rc1", NEW)
    assert check(victim) == [("BK502", "still open in victim 2.0 of 2026-05-13, which is out of its range")]


def test_open_range_drifts(victim):
    """A range without an end that drifts is an error, which says since when."""
    declare(victim, requires="victim>=1", more={"unbounded_because": "nobody has mended it"})
    victim.release("1.2", THIRD, **DATED)
    victim.release("1.3", THIRD)
    (_, drift) = check(victim, code=1)
    expected = f"in victim 1.3, the newest: expected {print_of(OLD)}, found {print_of(THIRD)}"
    assert drift == ("BK209", f"{expected}; since 1.2 of 2026-05-13, with +1 -1 lines from 1.1")


def test_below_the_range(victim):
    """Where the newest release is below the range, nothing is said of it."""
    declare(victim, requires="victim>=7,<8", original=(print_of(THIRD),))
    assert check(victim) == []


def test_without_fingerprints(victim):
    """Of a patch without fingerprints, the range alone tells."""
    declare(victim, original=(), fixed=())
    assert [code for code, _ in check(victim)] == ["BK104"]


def test_several_edits(victim):
    """A patch of several edits is fixed where the last of them is."""
    text = f"""
from backportkit import Edit, Patch, register
register(Patch(id="victim-1", requires="victim<2", summary="s", fixes="https://u.example/1", reproducer="patches:mine",
    aliases="keep", edits=[
    Edit(target="victim:f", replacement="patches:mine", original={print_of(OLD)!r}, fixed={print_of(NEW)!r}),
    Edit(target="victim:g", replacement="patches:mine", original={fingerprint.of_source("def g(a): return 1", ["g"])!r},
        fixed={fingerprint.of_source("def g(a): return 2", ["g"])!r}),
]))
def mine(a=1): pass
"""
    (victim.folder / "patches.py").write_text(text, encoding="utf-8")
    victim.release("1.2", f"{OLD}\ndef g(a): return 1\n")
    victim.release("2.0", f"{NEW}\ndef g(a): return 1\n")
    assert check(victim) == [("BK502", "still open in victim 2.0 at victim:g, which is out of its range")]
    victim.release("2.1", f"{NEW}\ndef g(a): return 2\n")
    assert check(victim) == [("BK501", "fixed in victim 2.1")]


def test_many_releases(victim):
    """Releases are read at a time, the newest first, and none below one whose body is known."""
    victim.release("0.8", NEW)
    for number in range(12):
        victim.release(f"3.{number}", NEW)
    assert check(victim) == [("BK501", "fixed in victim 3.0")]
    assert not [path for path, _ in victim.asked if "victim-0.8" in path]


def test_several_patches(victim):
    """Each patch is told of by the releases of its own distribution. What is but to know of a target is left out."""
    declare(victim, original=(print_of(f"@cache\n{OLD}"),))
    more = PATCH.replace("victim", "other").format(
        requires="other>=1,<2", original=(print_of(OLD),), fixed=(print_of(NEW),), more={}
    )
    with (victim.folder / "patches.py").open("a", encoding="utf-8") as file:
        file.write(more)
    victim.release("1.2", f"from functools import cache\n@cache\n{OLD}")
    for version, text in {"1.0": OLD, "2.0": NEW}.items():
        victim.put(f"other-{version}-py3-none-any.whl", victim.wheel(version, {"other.py": text}, "other"))
    assert check(victim)[-2:] == [("BK502", "still open in victim 1.2"), ("BK501", "fixed in other 2.0")]


def test_cannot_be_read(victim):
    """A newest release that cannot be read is told, and the one before it is asked."""
    victim.put("victim-1.2-py3-none-any.whl", b"no zip file")
    unread, still = check(victim)
    assert (unread[0], unread[1].startswith("victim 1.2 cannot be read: ")) == ("BK503", True)
    assert still == ("BK502", "still open in victim 1.1")


def test_no_index(victim):
    """If no release at all can be told, that is an error; if one distribution's cannot, a finding."""
    done = victim.run("check", "patches.py", "--upstream", "--offline")
    assert done.returncode == 2
    assert "no release can be told" in done.stderr
    declare(victim, requires=["victim>=1,<2", "other>=1"])
    assert [code for code, _ in check(victim)] == ["BK503", "BK502"]


def test_what_can_be_deleted_is_not_asked_about(victim):
    """A patch that the project has outgrown is removable, whatever upstream says."""
    (victim.folder / "pyproject.toml").write_text(
        "[project]\nname = 'mine'\ndependencies = ['victim>=2']\n[tool.backportkit]\nmodules = ['patches']\n",
        encoding="utf-8",
    )
    done = victim.run("check", ".", "--upstream", "--json")
    assert [one["code"] for one in json.loads(done.stdout)["findings"]] == ["BK402"]
    assert victim.asked == []


def test_annotations(victim):
    """A workflow gets an annotation at the declaration."""
    victim.release("2.0", NEW, **DATED)
    done = victim.run("check", "patches.py", "--upstream", "--format", "github")
    where = "::warning file=patches.py,line=3,title=BK501 fixed upstream::"
    assert done.stdout.startswith(f"{where}victim-1: fixed in victim 2.0 of 2026-05-13. Next: once the project")


def test_explain(victim):
    """`explain` tells what the cache has, and asks nobody."""
    victim.release("2.0", NEW, **DATED)
    before = victim.run("explain", "victim-1", "--import", "patches.py").stdout
    assert "releases" not in before
    check(victim)
    victim.asked.clear()
    after = victim.run("explain", "victim-1", "--import", "patches.py").stdout
    assert "releases      fixed in victim 2.0 of 2026-05-13, as the cache has it\n" in after
    assert victim.asked == []


def test_explain_without_settings_that_can_be_read(victim):
    """Settings that cannot be read keep nothing from the page but what the cache has."""
    check(victim)
    (victim.folder / "uv.toml").write_text("=", encoding="utf-8")
    settings = {"UV_CONFIG_FILE": str(victim.folder / "uv.toml")}
    done = victim.run("explain", "victim-1", "--import", "patches.py", **settings)
    assert (done.returncode, "as the cache has it" in done.stdout) == (0, False)


def test_explain_without_uv(victim):
    """An installation without what the other commands need has the page all the same."""
    (victim.folder / "uv.py").write_text("raise ImportError", encoding="utf-8")
    done = victim.run("explain", "victim-1", "--import", "patches.py")
    assert (done.returncode, "releases" in done.stdout) == (0, False)
