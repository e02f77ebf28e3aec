"""`new TARGET` writes a patch from upstream's releases: a function, its range, its fingerprints."""

from __future__ import annotations

import re

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD = "import os\ndef f():\n    return 'old'\n"
NEW = "import os\ndef f():\n    return 'new' + os.sep\n"
NEWER = "import os\ndef f():\n    return 'newer'\n"
# The same change as from OLD to NEW, in another body.
OLD_1, NEW_1 = (f"def f():\n    a = 1\n    return {value}\n" for value in ("'old'", "'new' + os.sep"))
MIT = "License-Expression: MIT\n"


def spell(text, name="f"):
    """Return the fingerprint of a function in a text."""
    return fingerprint.of_source(text, name.split("."))


@pytest.fixture
def three(project):
    """Two releases with the bug, and two with the fix."""
    return project.releases({"1.0.0": OLD, "1.1": OLD, "1.10": NEW, "1.11": NEW}, MIT)


@pytest.fixture
def twice(project):
    """Three releases with three bodies."""
    return project.releases({"1.0": OLD, "2.0": NEW, "3.0": NEWER})


def edit(patch):
    """Return the one edit of a patch."""
    (found,) = patch.get("edits") or [patch]
    return found


def fixed(patch):
    return edit(patch)["fixed"]


def test_range_and_fingerprints(three):
    """The range has the releases with the body that was changed, and the fingerprints are those of both bodies."""
    patch = three.patch("victim:f", "--fixes", "https://upstream.example/pull/17", "--reference", "https://a.example")
    assert (patch["id"], patch["requires"]) == ("victim-17", ["victim<1.10,>=1.0"])
    assert (patch["fixes"], patch["references"]) == ("https://upstream.example/pull/17", ["https://a.example"])
    assert (edit(patch)["target"], edit(patch)["namespace"]) == ("victim:f", "target")
    assert (edit(patch)["original"], fixed(patch)) == ([spell(OLD)], [spell(NEW)])


def test_body_is_upstreams(three):
    """The body stands in the module as upstream has it, and does there what it does upstream."""
    three.new("victim:f", "--id", "mine-1", "--summary", "f() is old.")
    text = three.read("mine/_backports/victim/mine_1.py")
    source = "Upstream's own body, of victim 1.10, under its licence: MIT."
    assert text.startswith(f'"""F() is old.\n\n{source}\n`backportkit diff mine-1` shows what changes.\n"""')
    assert "def f():\n    return 'new' + os.sep\n" in text
    assert "if TYPE_CHECKING:\n    import os\n" in text
    three.install("1.1", OLD)
    assert three.applied("victim.f()") == "new/"


def test_id_for_an_advisory(three):
    """The last letters of an advisory are no number, even if they are digits."""
    assert three.patch("victim:f", "--fixes", "https://a.example/GHSA-jfmj-5v4g-7637")["id"] == "victim-f"


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("License: BSD\n", "BSD"),
        (f"License: {'as we said ' * 9}\nClassifier: License :: OSI Approved :: zlib\n", "zlib"),
        (f"License-Expression: {' AND '.join(['Apache-2.0'] * 9)}\n", " AND ".join(["Apache-2.0"] * 9)),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: ISC License (ISCL)\n", "ISC License (ISCL)"),
        ("License: the whole\n        text\nClassifier: License :: OSI Approved :: zlib\n", "zlib"),
    ],
)
def test_licence_of_older_metadata(project, metadata, told):
    """Older metadata has it in another field, or among the classifiers."""
    project.releases({"1.0": OLD, "2.0": NEW}, metadata).new("victim:f", "--id", "mine-1")
    text = " ".join(project.read("mine/_backports/victim/mine_1.py").split())
    assert f"under its licence: {told}." in text


def test_what_is_left_to_do(twice):
    """The gaps that the releases leave are said, and the next command."""
    said = twice.new("victim:f")
    assert "it changed before, in 2.0: --since takes older releases" in said
    assert "to do: write mine._backports.victim.victim_f_reproducer:reproduce" in said
    for what in ("the summary", "fixes=", "the licence"):
        assert what in said
    *_, again, step = said.splitlines()
    assert (again.split(",")[0], step) == ("next: pip install -e . in the project", "next: backportkit prove victim-f")
    said = twice.new("victim:f", "--fixed-in", "2.0")
    assert ("it changes again in 3.0: --fixed-in takes another" in said, "pip install" in said) == (True, False)


TWO = "class C:\n    def f(self): return {}\n    def g(self): return {}\n"


def test_which_changed_before(project):
    """Of several targets, those that another release has changed, too, are named."""
    project.releases({"1.0": TWO.format(0, 1), "2.0": TWO.format(1, 1), "3.0": TWO.format(2, 2)})
    done = project.run("new", "victim:C.f", "victim:C.g")
    assert "\nvictim:C.f changed before, in 2.0: --since takes" in done.stdout, done.stderr
    assert done.stderr.count("reading 3 releases") == 1


@pytest.mark.parametrize(("since", "told"), [("1.0", []), ("2.0", ["2.0"])])
def test_what_changed_within_the_range(project, since, told):
    """A change between two releases in range is no change before, while the one that begins the range is."""
    project.releases({f"{at}.0": f"def f(): return {at}\n" for at in range(1, 5)})
    said = project.new("victim:f", "--fixed-in", "4.0", "--since", since)
    assert re.findall("changed before, in (.*):", said) == told


def test_words_of_several_targets(project):
    """Without a summary, the patch is named after what all targets are in; the reproducer after the patch."""
    project.releases({"1.0": TWO.format(0, 1), "2.0": TWO.format(2, 2)}).new("victim:C")
    assert 'summary="victim:C has a bug that victim 2.0 mends"' in project.written()
    assert '"""Fail where the bug is that victim-f mends."""' in project.written()


def test_summary_that_begins_with_a_name(twice):
    """The docstring of the module begins with the summary, as a sentence unless that is the name of the package."""
    twice.new("victim:f", "--summary", "victim's f returns the old thing", "--id", "mine-1")
    assert '"""victim\'s f returns the old thing.\n' in twice.read("mine/_backports/victim/mine_1.py")
    twice.new("victim:f", "--summary", "f returns the old thing", "--id", "mine-2", "--fixed-in", "2.0")
    assert '"""F returns the old thing.\n' in twice.read("mine/_backports/victim/mine_2.py")


def test_new_member_that_is_taken(project):
    """A member of a class that the patch takes along is not left to a person; others are."""
    old, new = "class C:\n    def f(self): return 1\n", "class C:\n    def f(self): return self.g()\n"
    project.releases({"1.0": old, "2.0": f"{new}    def g(self): return 2\n    def h(self): return 3\n"})
    said = project.new("victim:C")
    assert ("'g' of victim:C is new" in said, "'h' of victim:C is new" in said) == (False, True)


def test_index_and_cost_are_told(twice):
    """The cost and the index are said at the end."""
    assert f"MB, from {twice.address}" in twice.run("new", "victim:f").stderr


def test_reproducer_fails_until_it_is_written(three):
    """The next commands name the stub, and prove the patch once the reproducer is there."""
    three.new("victim:f", "--id", "mine-1")
    three.install("1.1", OLD)
    done = three.run("prove", "mine-1")
    assert (done.returncode, "write what fails with victim 1.1 and passes with victim 1.10" in done.stderr) == (2, True)
    assert "the reproducer mine._backports.victim.mine_1_reproducer:reproduce is not" in three.run("check").stdout
    reproducer = "def reproduce():\n    import victim\n    assert victim.f() != 'old'\n"
    three.write("mine/_backports/victim/mine_1_reproducer.py", reproducer)
    done = three.run("prove", "mine-1")
    assert (done.returncode, "mine-1: proved with victim 1.1" in done.stdout) == (0, True), done.stdout + done.stderr


# --- which change, and which releases ---


LACKS = "class C:\n    def f(self): return 1\n"
HAS = f"{LACKS}    def more(self): return 2\n"
NO_CLASS = "x = 1\n"


@pytest.fixture
def growing(project):
    """A class that gets a method in two branches; in the first release there is no such class."""
    texts = {"0.9": NO_CLASS, "1.0": LACKS, "1.1": HAS, "2.0": LACKS, "2.1": LACKS, "2.2": HAS, "2.3": HAS}
    return project.releases(texts)


@pytest.mark.parametrize("line", ["victim:C.more", "victim:C.more --fixed-in 2.2", "victim 2.1 2.2 --only C.more"])
def test_method_that_is_new(growing, line):
    """A method that the fix has added is a patch by itself: in range are the releases whose class lacks it."""
    patch = growing.patch(*line.split(), "--id", "mine-1")
    assert patch["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim<2.2,>=2.0"]}]
    assert (edit(patch)["target"], edit(patch)["how"]) == ("victim:C.more", "add")
    growing.install("2.1", LACKS)
    assert growing.applied("victim.C().more()") == "2"


@pytest.mark.parametrize("pin", ["victim<2.2", "victim"])
def test_method_that_is_new_beside_one_that_changed(project, pin):
    """A new method is named beside a changed one, whose body tells the range."""
    project.write("pyproject.toml", f'[project]\nname = "mine"\nversion = "1"\ndependencies = ["{pin}"]\n')
    project.releases({"2.0": LACKS, "2.2": HAS.replace("return 1", "return 3")})
    project.new("victim:C.f", "victim:C.more", "--id", "mine-1")
    assert 'requires="victim>=2.0,<2.2"' in project.read("mine/_backports/victim/mine_1.py")
    project.install("2.0", LACKS)
    assert project.applied("(victim.C().f(), victim.C().more())") == "(3, 2)"


def test_method_that_nobody_has(growing):
    """A name that no release has is no new method."""
    assert "no release of victim that was read has victim:C.ghost" in growing.refused("victim:C.ghost")


def test_method_that_was_there(growing):
    """A method that the release with the bug has is none that the fix has added."""
    assert "no release has changed" in growing.refused("victim:C.f")


def test_fixed_in(twice):
    """--fixed-in takes the change of that release."""
    patch = twice.patch("victim:f", "--fixed-in", "2.0")
    assert (patch["requires"], fixed(patch)) == (["victim<2.0,>=1.0"], [spell(NEW)])


@pytest.mark.parametrize("pin", ['["victim<2"]', '["victim>=1"]', '["victim"]'])
def test_first_change_after_what_the_project_is_held_at(twice, pin):
    """Where the project requires or locks an older release, the first change after that is the fix."""
    twice.write("pyproject.toml", f'[project]\nname = "mine"\nversion = "1"\ndependencies = {pin}\n')
    twice.write("uv.lock", 'version = 1\n[[package]]\nname = "victim"\nversion = "1.0"\n')
    assert fixed(twice.patch("victim:f")) == [spell(NEW)]


@pytest.mark.parametrize(("version", "text"), [("1.0", NEW), ("1.x", NEWER)])
def test_first_change_after_what_is_installed(twice, version, text):
    """Where the project does not say, what is installed does, unless its version is none."""
    twice.install(version, OLD)
    assert fixed(twice.patch("victim:f")) == [spell(text)]


def held(project, requirement):
    """Have the project require some releases."""
    project.write("pyproject.toml", f'[project]\nname = "mine"\nversion = "1"\ndependencies = ["{requirement}"]\n')


def test_change_of_the_body_that_the_project_has(project):
    """A change of another body, in a branch that the project cannot use, is not the fix; that to the branch is."""
    body = OLD.replace("old", "other")
    dated(project, ("1.26", OLD, 1), ("2.0.2", body, 2), ("2.0.3", NEW, 3), ("1.26.20", OLD, 4))
    held(project, "victim<2")
    assert project.patch("victim:f")["requires"] == ["victim<2.0.2,>=1.26"]


def test_change_where_the_project_has_no_such_body(project):
    """Where the releases that the project can use lack the target, nothing is written unless the fix is named."""
    project.releases({"1.0": "", "2.0": OLD, "3.0": NEW, "4.0": NEWER})
    held(project, "victim<2")
    assert "the project can use no release that has the bug" in project.refused("victim:f")
    assert "the project can use no release in range, but 1.0: --fixed-in" in project.new(
        "victim:f", "--fixed-in", "3.0"
    )
    assert project.declared()[-1]["requires"] == ["victim<3.0,>=2.0"]


def test_nothing_changed_after_what_the_project_has(twice):
    """Where nothing changed after that, no older change is taken."""
    twice.releases({"4.0": NEWER})
    held(twice, "victim<4")
    assert "nothing has changed after 3.0, the newest release that the project can use" in twice.refused("victim:f")


def test_since(project):
    """--since takes all bodies from there on into the range, and none from before."""
    project.releases({"0.9": NEWER, "1.0": OLD, "2.0": NEWER, "3.0": NEW})
    patch = project.patch("victim:f", "--since", "1.0")
    assert (patch["requires"], edit(patch)["original"]) == (["victim<3.0,>=1.0"], [spell(NEWER), spell(OLD)])


def test_branches(project):
    """A fix that was made in two branches is one patch with two ranges."""
    project.releases({"1.0": OLD, "1.26.17": OLD, "1.26.18": NEW, "2.0.0": OLD, "2.0.6": OLD, "2.0.7": NEW, "2.1": NEW})
    assert project.patch("victim:f")["requires"] == [{"any_of": ["victim<1.26.18,>=1.0", "victim<2.0.7,>=2.0"]}]


@pytest.mark.parametrize(
    ("target", "way"),
    [
        (
            "victim.inner.f",
            "for f in victim.inner write victim.inner:f, for something in the module of that name write",
        ),
        (
            "victim",
            "next:     for something in the module of that name write victim:NAME; backportkit new victim OLDER",
        ),
        ("victim:C..f", "next:     correct it"),
    ],
)
def test_what_is_no_target(twice, target, way):
    """What is no target is refused with what to write in its place."""
    said = twice.refused(target)
    assert (f"{target!r} is no target" in said, way in said) == (True, True), said


@pytest.mark.parametrize(
    ("requirement", "line", "requires"),
    [
        ("victim<1.26.18", (), "victim<1.26.18,>=1.0"),
        ("victim>=2.0", (), "victim<2.0.7,>=2.0"),
        ("victim>=1.26", (), {"any_of": ["victim<1.26.18,>=1.0", "victim<2.0.7,>=2.0"]}),
        ("victim<1.26.18", ("--fixed-in", "2.0.7"), {"any_of": ["victim<1.26.18,>=1.0", "victim<2.0.7,>=2.0"]}),
    ],
)
def test_branches_that_the_project_can_use(project, requirement, line, requires):
    """A branch that the project can use no release of is in range only if the user names its fix."""
    project.releases({"1.0": OLD, "1.26.17": OLD, "1.26.18": NEW, "2.0.0": OLD, "2.0.6": OLD, "2.0.7": NEW, "2.1": NEW})
    held(project, requirement)
    assert project.patch("victim:f", *line)["requires"] == [requires]


def test_branches_with_bodies_of_their_own(project):
    """The same lines changed in another body are the same fix: all bodies are named."""
    project.releases({"1.0": f"import os\n{OLD_1}", "1.1": f"import os\n{NEW_1}", "2.0": OLD, "2.1": NEW})
    patch = project.patch("victim:f")
    assert patch["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim<2.1,>=2.0"]}]
    assert (edit(patch)["original"], fixed(patch)) == ([spell(OLD), spell(OLD_1)], [spell(NEW), spell(NEW_1)])


def dated(project, *releases):
    """Put releases into the index, each as version, text and day."""
    for version, text, day in releases:
        project.releases({version: text}, **{"upload-time": f"2024-01-{day:02}T00:00:00Z"})
    return project


def test_newest_release_has_the_bug(project):
    """A branch that began before the fix and lacks it is in range; a range without an end says why it has none."""
    dated(project, ("1.0", OLD, 1), ("2.0", OLD, 2), ("1.1", NEW, 3), ("2.0.1", OLD, 4), ("2.1", OLD, 5))
    said = project.new("victim:f", "--fixed-in", "1.1")
    assert "2.0 is of a branch that began before the fix and lacks it: it is in the range" in said
    patch = project.declared()[-1]
    assert patch["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim>=2.0"]}]
    assert patch["unbounded_because"] == "the newest release has the bug"


@pytest.mark.parametrize("version", ["1.1.1", "2.0"])
@pytest.mark.parametrize("day", [5, None])
def test_fix_that_was_taken_back(project, version, day):
    """A release after the fix that has the old body again is out of range, and told."""
    project.releases({"1.0": OLD, "1.1": NEW, version: OLD}) if day is None else dated(
        project, ("1.0", OLD, 1), ("1.1", NEW, 3), (version, OLD, day)
    )
    said = project.new("victim:f", "--fixed-in", "1.1")
    assert f"{version} has the old body again, after the fix, and is not in the range" in said
    patch = project.declared()[-1]
    assert (patch["requires"], patch.get("unbounded_because")) == (["victim<1.1,>=1.0"], None)


def test_fix_that_was_taken_back_in_one_branch(project):
    """The next branch, which the fix came to later, is in range, and what follows in the first one is not."""
    dated(project, ("1.0", OLD, 1), ("2.0", OLD, 2), ("1.1", NEW, 3), ("2.0.1", NEW, 4), ("1.1.1", OLD, 5))
    assert project.patch("victim:f")["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim<2.0.1,>=2.0"]}]


def test_fix_that_was_made_twice(project):
    """Where the fix was taken back and made again, both runs of releases have the bug."""
    project.releases({"1.0": OLD, "1.1": NEW, "1.2": OLD, "1.3": NEW})
    assert project.patch("victim:f")["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim<1.3,>=1.2"]}]


def test_older_branch_without_the_fix(project):
    """A release of a lower line that came after the fix, and does not have it, is in range."""
    dated(project, ("1.26", OLD, 1), ("2.0", OLD, 2), ("2.0.7", NEW, 3), ("1.26.19", OLD, 4))
    assert project.patch("victim:f")["requires"] == ["victim<2.0.7,>=1.26"]


def test_since_leaves_out_what_follows_a_fix(project):
    """--since takes older bodies of a branch without the fix, and none that come after it."""
    body = OLD.replace("old", "older")
    dated(project, ("1.0", OLD, 1), ("2.0", body, 2), ("1.1", NEW, 3), ("1.2", body, 4), ("2.1", OLD, 5))
    dated(project, ("2.1.1", NEW, 6), ("2.2", OLD, 7))
    patch = project.patch("victim:f", "--since", "1.0", "--fixed-in", "2.1.1")
    assert patch["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim<2.1.1,>=2.0"]}]


def test_since_after_the_fix(project):
    """--since of a release after all with the bug is refused."""
    project.releases({"1.0": OLD, "2.0": NEW})
    assert "no release with the bug is 2.0 or newer" in project.refused("victim:f", "--since", "2.0")


def test_branch_that_lacks_what_the_body_needs(project):
    """A branch with the same fix in which the body would not run is left out, and told."""
    said = project.releases({"1.0": OLD_1, "1.1": NEW_1, "2.0": OLD, "2.1": NEW}).new("victim:f")
    assert "1.1 has the same change in another body: --fixed-in 1.1 writes a patch for that branch" in said
    assert project.declared()[-1]["requires"] == ["victim<2.1,>=2.0"]


def test_older_branch_that_comes_later(project):
    """Where a version follows one that is younger, nothing was changed from the one to the other."""
    for version, text, day in (("1.0", OLD, 1), ("1.1", NEW, 5), ("2.0", OLD, 2), ("2.1", NEW, 6), ("2.2", NEWER, 4)):
        project.releases({version: text}, **{"upload-time": f"2024-01-0{day}T00:00:00Z"})
    assert project.patch("victim:f")["requires"] == [{"any_of": ["victim<1.1,>=1.0", "victim<2.1,>=2.0"]}]


def test_pre_releases_and_yanked_ones_count_if_named(project):
    """They are no bound of a range by themselves, and may be named as the release with the fix."""
    project.releases({"1.0": OLD, "2.0rc1": NEW}).releases({"1.5": NEWER}, yanked="broken")
    assert project.patch("victim:f", "--fixed-in", "2.0rc1")["requires"] == ["victim<2.0rc1,>=1.0"]


@pytest.mark.parametrize(("version", "where"), [("1.5", "in"), ("0.9", "not in"), ("2.5", "not in")])
def test_release_that_cannot_be_read(project, version, where):
    """A release that cannot be read breaks no range, and is told: also on which side of the range it is."""
    project.releases({"1.0": OLD, "2.0": NEW})
    project.put(f"victim-{version}-py3-none-any.whl", b"no zip file")
    said = project.new("victim:f")
    assert f"{version} cannot be read, and is {where} the range: " in said
    assert project.declared()[-1]["requires"] == ["victim<2.0,>=1.0"]


# --- what there is no patch for ---


ALIAS = "class C:\n    def f(self, name): return {}\n    __getitem__ = f\n"


def test_another_name_of_a_method(project):
    """A name that is given to another method leads there: that is what has the body, and the run-time fingerprint."""
    project.releases({version: ALIAS.format(version) for version in ("1.0", "2.0")})
    said = project.refused("victim:C.__getitem__")
    assert "victim:C.__getitem__ is defined elsewhere\n  found:    victim:C.f" in said
    assert "next:     backportkit new victim:C.f\n" in said


def test_compiled(project):
    """A module that Python imports as an extension is refused, though its source is beside it in the wheel."""
    project.releases({at: {"victim.py": text, "victim.so": ""} for at, text in (("1.0", OLD), ("2.0", NEW))})
    said = project.refused("victim:f")
    assert "that was read has source of victim:f, in the file that this platform would take" in said
    assert "victim is victim.so, which goes before the source beside it, in victim-2.0-py3-none-any.whl" in said


def test_compiled_in_between(project):
    """Releases with an extension are not in range."""
    compiled = {"victim.py": OLD, "victim.so": ""}
    project.releases({"1.0": OLD, "1.1": compiled, "1.2": OLD, "2.0": NEW})

    (requires,) = project.patch("victim:f", "--since", "1.0")["requires"]
    assert requires == {"any_of": ["victim<1.1,>=1.0", "victim<2.0,>=1.2"]}


def test_compiled_in_the_end(project):
    """Where the newest releases have an extension, that is said beside the change before."""
    compiled = {"victim.py": NEW, "victim.so": ""}
    project.releases({"1.0": OLD, "2.0": NEW, "3.0": compiled, "3.1": compiled})
    assert "3.0 to 3.1 cannot be compared: victim is victim.so" in project.new("victim:f")


def test_compiled_fix(project):
    """Where the release with the fix has an extension, that is said."""
    project.releases({"1.0": OLD, "2.0": {"victim.py": NEW, "victim.so": ""}})
    assert "one body in 1.0 to 1.0, and no source in 2.0: victim is victim.so" in project.refused("victim:f")
    said = project.releases({"1.1": NEW}).refused("victim:f", "--fixed-in", "2.0")
    assert "2.0 has no source of what is to be patched" in said
    assert "found:    victim is victim.so" in said


ODD = """
from {os} import sep
from textwrap import TextWrapper
import other
TABLE = {{"a": 1}}
def same(): pass
class C(TextWrapper): pass
class Base({base}): pass
class More:
    a = 1
{more}
if other.thing:
    def two(): return {value}
else:
    def two(): return -{value}
def f(): return {value}
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            ["victim:nothing"],
            "that was read has victim:nothing\n  found:    victim has no 'nothing'",
        ),
        (["victim:smae"], "victim has no 'smae' (there is 'same')\n"),
        (["victim:C.fil"], "victim:C has no 'fil' (there is 'fill')\n"),
        (["victm:same", "--package", "victim"], "there is no module victm (there is 'victim')\n"),
        (["victim"], "'victim' names no target"),
        (["victim:TABLE['a']"], "victim:TABLE['a'] has no history of its own"),
        (["victim:same"], "no release has changed what is to be patched\n  found:    one body in 1.0 to 2.0"),
        (["victim:sep"], "victim:sep is defined elsewhere\n  found:    ntpath:sep\n"),
        (["victim:C.fill"], "no release has changed what is to be patched"),
        (["victim:two"], "victim:two is one of 2 definitions"),
        (["victim:f", "--fixed-in", "1.0"], "1.0 has not changed what is to be patched"),
        (["victim:f", "--fixed-in", "7"], "7 is none of the releases that were read"),
        (["victim:f", "--fixed-in", "x"], "'x' is no version"),
        (["victim:f", "--id", "AB"], "'AB' is no id"),
        (["victim:f", "--fixes", "here"], "'here' is no address"),
        (["other:f"], "no package index has the project other"),
        (["victim:Base"], "no member of victim:Base has changed\n  found:    another base, decorator or name"),
        (["victim:More"], "no member of victim:More has changed\n  found:    new are b"),
    ],
)
def test_nothing_to_write(project, line, told):
    """A target that cannot be patched is refused with a reason, and nothing is written."""
    old = ODD.format(os="os", base="int", more="", value=1)
    new = ODD.format(os="ntpath", base="str", more="    b = 1", value=2)
    assert told in project.releases({"1.0": old, "2.0": new}).refused(*line)


def test_distribution_of_another_name(project):
    """The error names the distribution that was read, and one of the project's that may be meant."""
    project.releases({"1.0": "x = 1\n", "2.0": "x = 2\n"})
    project.write("pyproject.toml", '[project]\nname = "mine"\ndependencies = ["backportkit", "py-victim>=2"]\n')
    said = project.refused("victim.algorithms:f")
    assert "no release of victim that was read has victim.algorithms:f\n" in said
    assert "by --package, such as py-victim, which the project names; `backportkit history`" in said


# --- what a few releases tell ---


@pytest.fixture
def many(project):
    """Thirty releases, the last of which have another body."""
    return project.releases({f"1.{at}": f"def f(): return {at // 10}\nx = {at}\n" for at in range(30)})


def fetched(project):
    """Return the versions of which something was read."""
    wheels = (path.rpartition("/")[2] for path, *_ in project.asked)
    return {one.split("-")[1] for one in wheels if one.endswith(".whl")}


def test_target_of_no_release_is_refused_early(many):
    """A name that upstream never had is refused when a few of many releases have been read."""
    assert "no release of victim that was read has victim:gone" in many.refused("victim:gone")
    assert len(fetched(many)) < 20


def test_target_that_has_not_changed_is_refused_early(many):
    """Where the project can use no newer release with another body, older ones are not read."""
    many.write("pyproject.toml", many.read("pyproject.toml").replace('"victim"', '"victim<1.26"'))
    said = many.refused("victim:f")

    assert "nothing has changed after 1.25, the newest release that the project can use" in said
    assert "one body in 1.25 to 1.29" in said
    assert len(fetched(many)) < 20
