"""`new --osv` takes the releases, the ids and the addresses of a patch from an advisory."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

OLD, NEW = "def f():\n    return 'old'\n", "def f():\n    return 'new'\n"
FIX = "https://github.com/upstream/victim/commit/0123"
ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2024-1234", "GHSA-aaaa-bbbb-cccc"],
    "summary": "f  returns\nthe old thing",
    "references": [
        {"type": "WEB", "url": "https://example.org/said"},
        {"type": "FIX", "url": FIX},
        {"type": "WEB", "url": "no address"},
    ],
    "affected": [
        {"package": {"ecosystem": "npm", "name": "victim"}},
        {
            "package": {"ecosystem": "PyPI", "name": "Victim"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.1"}]},
                {"type": "GIT", "repo": "https://github.com/upstream/victim", "events": [{"fixed": "4567"}]},
            ],
        },
    ],
}


def of(*events, **fields):
    """Return an advisory with these events, and with these fields changed."""
    ranges = [{"type": "ECOSYSTEM", "events": [*events]}]
    return ADVISORY | {"affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": ranges}]} | fields


def new(project, advisory, *line):
    """Call the command with an advisory in a file."""
    text = advisory if isinstance(advisory, str) else json.dumps(advisory)
    (project.folder / "osv.json").write_text(text, encoding="utf-8")
    return project.run("new", *line, "--osv", "osv.json")


def refused(project, advisory, *line):
    """Return what is said about an advisory that is refused."""
    done = new(project, advisory, *line)
    assert done.returncode == 2, done.stdout + done.stderr
    project.assert_untouched()
    return done.stderr


@pytest.fixture
def branches(project):
    """Two branches of releases, with the fix in both."""
    for version, text in (("1.0", OLD), ("1.1", OLD), ("1.2", NEW), ("2.0", OLD), ("2.1", NEW), ("2.2", NEW)):
        project.release(version, text)
    return project


def test_releases_ids_and_addresses(branches):
    """The patch of a target has the ranges, the id, the summary and the addresses of the advisory."""
    done = new(branches, ADVISORY, "victim:f")
    assert done.returncode == 0, done.stderr
    written = branches.written()
    for part in (
        'any_of("victim<1.2", "victim>=2.0,<2.1")',
        'id="victim-cve-2024-1234"',
        FIX,
        "f returns the old thing",
        'resolves=["CVE-2024-1234", "GHSA-aaaa-bbbb-cccc"]',
    ):
        assert part in written
    for address in ("https://osv.dev/vulnerability/GHSA-aaaa-bbbb-cccc", "https://example.org/said"):
        assert address in written
    assert "no address" not in written


def test_alone(branches):
    """An advisory alone compares the last release with the bug and the first with the fix, of its newest branch."""
    done = new(branches, ADVISORY)
    assert (done.returncode, "comparing victim 2.0 with 2.1" in done.stderr) == (2, True)
    assert new(branches, ADVISORY, "--only", "f").returncode == 0
    assert "any_of" in branches.written()


def test_with_two_releases(branches):
    """An advisory beside two releases says of which the patch is."""
    done = new(branches, ADVISORY, "victim", "1.1", "1.2", "--only", "f")
    assert done.returncode == 0, done.stderr
    assert "cve-2024-1234" in branches.written()


def held(project, requirement):
    """Have the project require some releases."""
    project.write("pyproject.toml", project.read("pyproject.toml").replace('"victim"', f'"{requirement}"'))


BRANCHES = [
    ("victim<1.2", "victim<1.2"),
    ("victim>=2", "victim<2.1,>=2.0"),
    ("victim<2.1", {"any_of": ["victim<1.2", "victim<2.1,>=2.0"]}),
    ("victim>=1", {"any_of": ["victim<1.2", "victim<2.1,>=2.0"]}),
]


@pytest.mark.parametrize("line", [["victim:f"], ["--only", "f"]])
@pytest.mark.parametrize(("requirement", "requires"), BRANCHES)
def test_branches_that_the_project_can_use(branches, requirement, requires, line):
    """The branches of an advisory that the project can use are in range, and the bodies are of one of them."""
    held(branches, requirement)
    done = new(branches, ADVISORY, *line)
    assert done.returncode == 0, done.stderr
    assert branches.declared()[-1]["requires"] == [requires]
    assert f"victim:f as {'1.2' if requirement == 'victim<1.2' else '2.1'} has it" in done.stdout


def test_branch_that_is_left_out_is_told(branches):
    """A branch that the project cannot use is told, with the way to take it in."""
    held(branches, "victim<1.2")
    way = "that is left out, since the project can use none of it, and --fixed-in 2.1 takes it in"
    assert f"the bug is in 2.0, too: {way}" in new(branches, ADVISORY, "victim:f").stdout


@pytest.mark.parametrize("line", [["victim:f"], ["--only", "f"]])
def test_no_branch_that_the_project_can_use(branches, line):
    """An advisory that is about nothing which the project can use is refused, unless the fix is named."""
    held(branches, "victim>=2.1")
    done = new(branches, ADVISORY, *line)
    assert (done.returncode, "the project can use no release" in done.stderr) == (2, True)
    assert not (branches.folder / "mine/_backports").exists()
    assert new(branches, ADVISORY, *line, "--fixed-in", "1.2").returncode == 0
    assert branches.declared()[-1]["requires"] == ["victim<1.2"]


@pytest.mark.parametrize(
    "line",
    [
        ("victim:f", "--fixed-in", "1.2"),
        ("--only", "f", "--fixed-in", "1.2"),
        ("victim", "1.1", "1.2", "--only", "f"),
    ],
)
def test_fix_that_is_named(branches, line):
    """The release with the fix that the line names has the bodies, and all branches of the advisory are in range."""
    done = new(branches, ADVISORY, *line)
    assert done.returncode == 0, done.stderr
    assert "victim:f as 1.2 has it" in done.stdout
    assert branches.declared()[-1]["requires"] == [{"any_of": ["victim<1.2", "victim<2.1,>=2.0"]}]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("victim:f", "--fixed-in", "1.1"), "it has the bug, as the advisory says"),
        (("--fixed-in", "2.0"), "it has the bug, as the advisory says"),
        (("victim:f", "--fixed-in", "2.3"), "2.3 is none of the releases that were read"),
        (("--fixed-in", "2.3"), "victim has no release 2.3"),
        (("victim", "1.0", "1.1", "--only", "g"), "there is no change of g"),
    ],
)
def test_named_release_without_the_fix(branches, line, said):
    """A release that is named and has no fix of the advisory is refused."""
    assert said in refused(branches, ADVISORY, *line)


def test_with_a_diff(branches):
    """An advisory beside a diff names the package."""
    text = (
        "--- a/lib/victim.py\n+++ b/lib/victim.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 'old'\n+    return 'new'\n"
    )
    (branches.folder / "fix.diff").write_text(text, encoding="utf-8")
    done = new(branches, ADVISORY, "--diff", "fix.diff")
    assert done.returncode == 0, done.stderr
    assert "cve-2024-1234" in branches.written()


def test_own_words_go_first(branches):
    """The options go before the advisory."""
    done = new(branches, ADVISORY, "victim:f", "--summary", "mine", "--id", "victim-mine", "--fixes", "https://a.org/1")
    assert done.returncode == 0, done.stderr
    assert 'id="victim-mine"' in branches.written()
    assert FIX in branches.written()


def test_what_nobody_sees(branches):
    """Marks of direction and the like in a summary are escaped where they are written."""
    done = new(branches, ADVISORY, "victim:f", "--summary", "hid\u202eden \u200b\\u202e")
    assert done.returncode == 0, done.stderr
    written = branches.written()
    assert (written.isascii(), "Hid\\u202eden" in written, "hid\\u202eden" in written) == (True, True, True)
    assert "BK107" not in branches.run("check").stdout


def test_last_affected(branches):
    """A range may end in the last affected release."""
    done = new(branches, of({"introduced": "1.1"}, {"last_affected": "1.1"}), "victim:f")
    assert done.returncode == 0, done.stderr
    assert '"victim>=1.1,<=1.1"' in branches.written()


def test_events_in_any_order(branches):
    """Events count in the order of their versions, and what ends nothing or begins twice says nothing more."""
    events = [{"fixed": "1.2"}, {"introduced": "1.1"}, {"introduced": "0"}, {"limit": "2.0"}, {"fixed": "2.1"}]
    done = new(branches, of(*events), "victim:f")
    assert done.returncode == 0, done.stderr
    assert '"victim<1.2"' in branches.written()


OF_PYTHON_2 = "print 'hello'\ndef f():\n    return 'old'\n"


@pytest.fixture
def grown_old(project):
    """Releases with one bug, of which the first ones are of Python 2."""
    for version, text in (("0.8", OF_PYTHON_2), ("0.9", OF_PYTHON_2), ("1.0", OLD), ("1.1", OLD), ("1.2", NEW)):
        project.release(version, text)
    return project


@pytest.mark.parametrize("line", [["victim:f"], ["--only", "f"]])
def test_releases_that_this_python_cannot_read(grown_old, line):
    """Releases of Python 2 in an advisory's range are told, and break nothing."""
    done = new(grown_old, of({"introduced": "0"}, {"fixed": "1.2"}), *line)
    assert done.returncode == 0, done.stderr
    assert 'requires="victim<1.2"' in grown_old.written()
    assert "0.8 to 0.9 are in the range, though not judged, and --since leaves older ones out: " in done.stdout
    assert "the source of victim cannot be read: Missing parentheses" in done.stdout


def test_since_narrows(grown_old):
    """`--since` narrows the ranges of an advisory, and leaves out those that are older."""
    two = of({"introduced": "0"}, {"fixed": "0.9"}, {"introduced": "1.0"}, {"fixed": "1.2"})
    done = new(grown_old, two, "victim:f", "--since", "1.1")
    assert done.returncode == 0, done.stderr
    assert 'requires="victim>=1.1,<1.2"' in grown_old.written()
    assert "in the range" not in done.stdout


def test_since_after_all_ranges(grown_old):
    """`--since` that leaves no release of an advisory is refused."""
    advisory = of({"introduced": "0"}, {"fixed": "1.2"})
    assert "no release in <1.2 is 1.2 or newer" in refused(grown_old, advisory, "victim:f", "--since", "1.2")


HELPED = "def g():\n    return 'new'\ndef f():\n    return g()\n"


@pytest.mark.parametrize("old", ["def f():\n    return 'old'\n", "def other(): pass\n"])
def test_branch_that_the_patch_does_not_fit(project, old):
    """A branch of the advisory that lacks the target, or what the body needs, is not in range, and told."""
    for version, text in (("1.0", old), ("1.2", old + "X = 1\n"), ("2.0", f"g = 1\n{OLD}"), ("2.1", HELPED)):
        project.release(version, text)
    two = [[{"introduced": "0"}, {"fixed": "1.2"}], [{"introduced": "2.0"}, {"fixed": "2.1"}]]
    advisory = of()
    advisory["affected"][0]["ranges"] = [{"type": "ECOSYSTEM", "events": events} for events in two]
    done = new(project, advisory, "victim:f")
    assert done.returncode == 0, done.stderr
    assert 'requires="victim>=2.0,<2.1"' in project.written()
    assert "<1.2, of the advisory, is not in the range" in done.stdout


GIT = {"type": "GIT", "repo": "https://g.org/v", "events": [{"introduced": "0"}, {"fixed": "89ab"}]}


@pytest.mark.parametrize(
    ("fields", "fixes"),
    [
        ({"references": [], "git": [GIT]}, "https://g.org/v/commit/89ab"),
        ({"references": [{"url": f"{FIX[:-4]}4"}]}, f"{FIX[:-4]}4"),
        ({"references": [], "aliases": []}, "https://osv.dev/vulnerability/GHSA-aaaa-bbbb-cccc"),
    ],
)
def test_addresses_without_a_fix(branches, fields, fixes):
    """Without an address of type FIX, a commit or a pull request is the fix; without one, the advisory itself."""
    advisory = of({"introduced": "0"}, {"fixed": "1.2"}, **fields)
    advisory["affected"][0]["ranges"] += advisory.pop("git", [])
    done = new(branches, advisory, "victim:f", "--id", "victim-x")
    assert done.returncode == 0, done.stderr
    assert f'fixes="{fixes}"' in branches.written()


@pytest.mark.parametrize(
    ("advisory", "said"),
    [
        ("{", "it is no JSON"),
        ("[]", "it is no object with fields"),
        ("[" * 100_000, "it is no JSON"),
        ({}, "id: is missing"),
        ({}, "affected: is missing"),
        (ADVISORY | {"withdrawn": "2024-01-01"}, "withdrawn: it was withdrawn on 2024-01-01"),
        (ADVISORY | {"summary": 1}, "summary: is no text"),
        (ADVISORY | {"aliases": [1]}, "aliases: is no list of texts"),
        (ADVISORY | {"references": {}}, "references: is no list of objects"),
        (ADVISORY | {"affected": [{}]}, "affected[0].package: has no ecosystem and name"),
        (of() | {"affected": [of()["affected"][0] | {"ranges": 1}]}, "affected[0].ranges: is no list of objects"),
        (of() | {"affected": [of()["affected"][0] | {"ranges": [{}]}]}, "ranges[0].type: is none of"),
        (of("x"), "ranges[0].events: is missing"),
        (of({"introduced": "0", "fixed": "1"}), "events[0]: has not one of"),
        (of({"introduced": "0"}, {"fixed": "one"}), "events[1].fixed: 'one' is no version"),
        (of({"introduced": "0"}, {"fixed": 1}), "events[1].fixed: 1 is no version"),
        (of({"introduced": "0"}), "names no release of victim that has the fix"),
        (of(), "names no release of victim that has the fix"),
        (of({"introduced": "7"}, {"fixed": "8"}), "names releases that victim has not"),
        (of({"introduced": "0"}, {"fixed": "9"}), "names releases that victim has not"),
        (ADVISORY | {"affected": ADVISORY["affected"][:1]}, "names not one package"),
    ],
)
def test_what_is_no_advisory(branches, advisory, said):
    """A document that is no OSV document, or that names no fix on PyPI, is refused, with all that is wrong."""
    assert said in refused(branches, advisory)


def test_of_another_package(branches):
    """An advisory that says nothing about the package is refused, with those that it is about."""
    assert "says nothing about other" in refused(branches, ADVISORY, "--package", "other")
    assert "says nothing about json" in refused(branches, ADVISORY, "victim:f", "--package", "json")
    said = refused(branches, ADVISORY, "jinja2.filters:do_attr")
    assert "says nothing about jinja2" in said
    assert "found:    victim" in said
