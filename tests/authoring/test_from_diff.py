"""`new --diff` writes what a diff of upstream's changes, from the first release that has it, or applied."""

from __future__ import annotations

import difflib

import package_index
import pytest
import warm

pytestmark = pytest.mark.warm

HEAD = "import os\nimport sys\n\nSIZE = 3\n\n\n"
OLD = HEAD + "def f(x):\n    first = x\n    return first\n\n\nclass C:\n    def g(self):\n        return 1\n"
NEW = OLD.replace("return first", "return first + 1")
BOTH = NEW.replace("return 1", "return 11")
RAN = "open('ran', 'w')\n"


def diff(old, new, path="src/victim.py", to=None):
    """Return the diff of two texts of a file, as git shows it."""
    to = to or path
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{to}")
    return f"diff --git a/{path} b/{to}\n{''.join(lines)}"


def new(project, text, *line, **env):
    """Call the command with a diff in a file."""
    (project.folder / "fix.diff").write_bytes(text if isinstance(text, bytes) else text.encode())
    return project.run("new", "--diff", "fix.diff", *line, **env)


def refused(project, text, *line):
    """Return what is said about a diff that is refused."""
    done = new(project, text, *line)
    assert done.returncode == 2, done.stdout + done.stderr
    project.assert_untouched()
    assert not (project.folder / "ran").exists()
    return done.stderr


@pytest.fixture
def released(project):
    """Releases before and after the fix, of which the later one has another change."""
    project.release("1.0", OLD.replace("SIZE = 3", "SIZE = 1"))
    project.release("1.1", OLD)
    project.release("1.2", NEW)
    project.release("1.3", BOTH)
    return project


def test_taken_from_the_first_release(released):
    """The changes of a diff are taken from the first release that has them, whatever else came later."""
    done = new(released, diff(OLD, NEW))
    assert done.returncode == 0, done.stderr
    written = released.written()
    assert "return first + 1" in written
    assert "victim 1.2" in written
    assert "victim:C" not in written


def test_applied_where_no_release_has_it(project):
    """A diff that is in no release yet is applied to the newest that it fits."""
    project.release("1.0", OLD)
    project.release("1.1", "# a line\n\n" + OLD)
    done = new(project, diff(OLD, BOTH))
    assert done.returncode == 0, done.stderr
    assert "return first + 1" in project.written()
    assert "return 11" in project.written()


def test_part_of_a_fix(project):
    """Where no release has the bodies of the diff, and a later one has others, that is told, with the way to those."""
    project.releases({"1.0": OLD, "1.1": NEW.replace("return first", "return 2 * first")})
    said = new(project, diff(OLD, NEW)).stdout
    left = "no release has these bodies, and 1.1 has others: see whether the diff is the whole fix"
    assert f"to do: {left}; backportkit new victim:f " in said
    assert "--fixed-in 1.1 takes what that has" in said
    assert "changes again" not in said


def test_diff_that_is_in_a_release(project):
    """Nothing of the kind is told where a release has the bodies, or none is later."""
    project.release("1.0", OLD)
    assert "no release has these bodies" not in new(project, diff(OLD, NEW), "--id", "victim-a").stdout
    project.releases({"1.1": NEW, "1.2": NEW.replace("return first", "return 2 * first")})
    assert "no release has these bodies" not in new(project, diff(OLD, NEW), "--id", "victim-b").stdout


@pytest.mark.parametrize(
    ("newest", "requires"),
    [
        (OLD.replace("return first", "return first - 1"), "<1.1,>=1.0"),
        (OLD.replace("def f", "def moved"), "<1.1,>=1.0"),
        (NEW.replace("return 1\n", "return 8\n"), "<1.1,>=1.0"),
        (OLD.replace("class C", "class D"), ">=1.0"),
    ],
)
def test_newest_that_the_diff_does_not_fit(project, newest, requires):
    """In range are the releases with the body that the diff fits; a newer one with another body is not."""
    project.release("1.0", OLD)
    project.release("1.1", newest)
    done = new(project, diff(OLD, NEW))
    assert done.returncode == 0, done.stderr
    assert project.declared()[-1]["requires"] == [f"victim{requires}"]
    assert "return first + 1" in project.written()


def test_unreleased_fix_in_a_project_that_is_held(project):
    """The diff has the fix, whatever changed after the release that the project is held at."""
    for version, text in (("1.0", OLD.replace("= x", "= x + x")), ("2.0", OLD)):
        project.release(version, text)
    project.write("pyproject.toml", '[project]\nname = "mine"\nversion = "1"\ndependencies = ["victim<2"]\n')
    done = new(project, diff(OLD, NEW))
    assert done.returncode == 0, done.stderr
    assert project.declared()[-1]["requires"] == ["victim>=2.0"]
    assert "the project can use no release in range, but 1.0: --fixed-in" in done.stdout


def test_read_from_stdin(released):
    """`-` reads the diff from standard input."""
    done = warm.fresh(["-c", _PIPED], released.folder, released.variables | {"DIFF": diff(OLD, NEW)})
    assert done.returncode == 0, done.stderr
    assert "return first + 1" in released.written()


_PIPED = """
import os, subprocess, sys
line = [sys.executable, "-m", "backportkit", "new", "--diff", "-"]
sys.exit(subprocess.run(line, input=os.environ["DIFF"].encode()).returncode)
"""


def test_ends_of_lines(released):
    """A diff with the ends of lines of Windows, or with a byte order mark, is read as any other."""
    done = new(released, b"\xef\xbb\xbf" + diff(OLD, NEW).replace("\n", "\r\n").encode())
    assert done.returncode == 0, done.stderr


def test_other_changes_nearby(project):
    """A release in which lines near the change are others than in the diff counts, too."""
    project.release("1.0", OLD)
    project.release("1.1", NEW.replace("import sys\n\nSIZE = 3", "import re\n\nSIZE = 4").replace("class C", "class D"))
    done = new(project, diff(OLD, NEW))
    assert done.returncode == 0, done.stderr
    assert "victim 1.1" in project.written()


def test_no_release_as_before(project):
    """Where no release is as the diff has it before, the one that begins to have the fix counts."""
    project.release("1.0", "def f(x):\n    return x\n")
    project.release("1.1", NEW)
    done = new(project, diff(OLD, NEW))
    assert done.returncode == 0, done.stderr
    assert "return first + 1" in project.written()


def test_before_the_bug(project):
    """A fix that takes lines away is not found in releases before these lines came."""
    bug = OLD.replace("    return first\n", "    first = None\n    return first\n")
    project.release("0.8", OLD)
    project.release("0.9", OLD)
    project.release("1.0", bug)
    project.release("1.1", OLD)
    done = new(project, diff(bug, OLD))
    assert done.returncode == 0, done.stderr
    assert "victim 1.1" in project.written()


def test_left_out(released):
    """Tests, documents, binary, new and removed files and what is outside of definitions are left out and said."""
    others = "".join(
        [
            diff("x = 1\n", "x = 2\n", "tests/test_f.py"),
            diff("x = 1\n", "x = 2\n", "docs/conf.py"),
            diff("old\n", "new\n", "CHANGES.rst"),
            diff("x = 1\n", "x = 2\n", "victim_cli.py"),
            "diff --git a/d.py b/d.py\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQzU|\n\n",
            "diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x = 1\n",
            "diff --git a/g.py b/g.py\ndeleted file mode 100644\n--- a/g.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n",
            "diff --git a/r.py b/s.py\nsimilarity index 100%\nrename from r.py\nrename to s.py\n",
        ]
    )
    done = new(released, diff(OLD, NEW) + others)
    assert done.returncode == 0, done.stderr
    assert [line.removeprefix("left out: ") for line in done.stderr.splitlines() if "left out" in line] == [
        "tests/test_f.py: a test",
        "docs/conf.py: documentation",
        "CHANGES.rst: no Python",
        "d.py: binary",
        "n.py: added by the fix: a new module",
        "g.py: removed by the fix",
        "r.py: renamed, or its mode changed; nothing else",
        "victim_cli.py: not installed",
    ]


def test_outside_of_definitions(project):
    """Hunks that change nothing but comments are said, those of imports are not: what is needed comes along."""
    inner = NEW.replace("import os\n", "import os\n# re\n")
    project.release("1.0", OLD)
    project.release("1.1", inner)
    assert "src/victim.py @@ -1,4 +1,5 @@: comments, " in new(project, diff(OLD, inner, "src/victim.py")).stderr


def test_hunk_of_imports(project):
    """Imports come along where a definition needs them, so that none is called left out."""
    inner = NEW.replace("import os\n", "import os\nimport re\n")
    project.release("1.0", OLD)
    project.release("1.1", inner)
    assert "left out" not in new(project, diff(OLD, inner, "src/victim.py")).stderr


def test_nothing_but_comments(project):
    """A diff that changes no definition is refused."""
    project.release("1.0", OLD)
    assert "nothing changed that a patch could carry" in refused(project, diff(OLD, OLD.replace("(x):", "(x):  # x")))


def test_renamed_and_changed(project):
    """A diff of a file that the fix has renamed is refused if a release has it; else it is applied to the old one."""
    project.put("victim-1.0-py3-none-any.whl", package_index.wheel("1.0", {"victim/a.py": OLD}))
    text = diff(OLD, NEW, "victim/a.py", "victim/b.py")
    project.put("victim-1.1-py3-none-any.whl", package_index.wheel("1.1", {"victim/b.py": NEW}))
    assert "victim/a.py is victim/b.py from 1.1 on" in refused(project, text)
    project.files.popitem()
    done = new(project, text)
    assert done.returncode == 0, done.stderr
    assert "victim.a:f" in project.written()


def test_only(released):
    """--only takes one of what a diff changes; the rest of the diff need not fit."""
    text = diff(OLD, BOTH) + diff("x = 1\n", "x = 2\n", "src/victim/other.py")
    done = new(released, text, "--only", "victim:C.g", "--package", "victim")
    assert done.returncode == 0, done.stderr
    assert "return 11" in released.written()
    assert "first + 1" not in released.written()


def test_only_of_another_module(released):
    """A name of a module that the diff does not change is refused."""
    assert "changes none of the modules that are named" in refused(released, diff(OLD, NEW), "--only", "other:f")


def test_fits_no_release(released):
    """A diff that fits no release, neither before nor after, is refused, with the file that does not fit."""
    said = refused(released, diff(OLD.replace("first", "last"), NEW.replace("first", "last")))
    assert "the diff fits no release of victim" in said
    assert "1.3: src/victim.py has other lines than the diff expects" in said


def test_fits_in_part(project):
    """A release that has one of two changes is neither."""
    long = "\n".join(f"X{at} = 1" for at in range(9))
    texts = [text.replace("class C", f"{long}\n\nclass C") for text in (OLD, BOTH)]
    project.release("1.0", texts[1].replace("return first + 1", "return first"))
    assert "src/victim.py has other lines" in refused(project, diff(*texts))


def test_no_such_file(released):
    """A diff of files that no release has is refused; so is one that not all of its files are in one release."""
    assert "no release of victim has a file" in refused(released, diff(OLD, NEW, "x/y.py"), "--package", "victim")
    released.put("victim-0.1-py3-none-any.whl", package_index.wheel("0.1", {"other.py": "x = 1\n"}))
    said = refused(released, diff(OLD, NEW) + diff("x = 1\n", "x = 2\n", "other.py"), "--package", "victim")
    assert "it has no other.py" in said


def test_two_files_in_part(project):
    """A release that has the fix of one file alone is neither before nor after it."""
    texts = {"victim/__init__.py": NEW, "victim/b.py": OLD}
    project.put("victim-1.0-py3-none-any.whl", package_index.wheel("1.0", texts))
    said = refused(project, diff(OLD, NEW, "victim/__init__.py") + diff(OLD, NEW, "victim/b.py"))
    assert "it has a part of the change" in said


def test_unreadable_releases(released):
    """Releases that cannot be read are passed over."""
    for name in ("1.05", "1.15"):
        released.put(f"victim-{name}-py3-none-any.whl", b"no wheel")
    done = new(released, diff(OLD, NEW))
    assert done.returncode == 0, done.stderr


def test_no_readable_release(project):
    """If no release can be read, the reason is told."""
    project.put("victim-1.0-py3-none-any.whl", b"no wheel")
    assert "cannot be read" in refused(project, diff(OLD, NEW))


def test_result_that_is_no_python(project):
    """A diff that makes no Python of a module is refused."""
    project.release("1.0", OLD)
    assert "with the diff is no Python" in refused(project, diff(OLD, OLD.replace("return first", "return return")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the diff changes no Python code"),
        ("hello\n", "the diff changes no Python code"),
        (b"\xff\xfe", "no text in UTF-8"),
        (diff("a\n", "b\n", "tests/a.py"), "tests/a.py: a test"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-a\n+b\n", "Hunk is shorter than expected"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,1 +1,1 @@\n-a\n-b\n+c\n", "Hunk is longer than expected"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,1 +1,1 @@\n-a\n+b\n+c\n", "longer than its header says"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,1 +1,1 @@\n-a\n+b\n-c\n", "longer than its header says"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,1 +1,1 @@\n-a\n+b\nrubbish\n@@ -9 +9 @@\n-a\n+b\n", "cannot be read"),
        ("--- a/../../x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n", "outside of the folder"),
        ("--- /etc/x.py\n+++ /etc/x.py\n@@ -1 +1 @@\n-a\n+b\n", "outside of the folder"),
        ("--- a/x\\..\\y.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n", "outside of the folder"),
        ("+++ b/x.py\n", "the diff cannot be read"),
        (b"#" * (20 * 10**6 + 1), "the diff is too large"),
    ],
)
def test_what_is_no_diff(project, text, said):
    """A text that is no diff, or one with wrong counts, paths that lead out, or without code, is refused."""
    assert said in refused(project, text)
    assert project.asked == []


def test_no_such_diff(project):
    """A file that is not there is refused."""
    done = project.run("new", "--diff", "none.diff")
    assert (done.returncode, "the diff cannot be read" in done.stderr) == (2, True)


def test_without_lines_around(project):
    """A diff without lines around its changes does not say where a line is added, and is refused."""
    project.release("1.0", OLD)
    assert "fits no release" in refused(project, "--- a/victim.py\n+++ b/victim.py\n@@ -7,0 +8 @@\n+    first = 1\n")


def test_hunk_without_a_change(released):
    """A hunk that changes nothing is passed over."""
    done = new(released, diff(OLD, NEW) + "@@ -11,1 +11,1 @@\n class C:\n")
    assert done.returncode == 0, done.stderr


def test_end_of_a_mail(released):
    """The end of a mail, as `git format-patch` writes it, is no part of the last hunk."""
    done = new(released, f"From: somebody\n\n{diff(OLD, NEW)}-- \n2.39.2\n\n")
    assert done.returncode == 0, done.stderr


def test_no_newline_at_the_end(project):
    """The mark for a missing newline at the end of a file is no line."""
    project.release("1.0", OLD[:-1])
    text = diff(OLD, OLD.replace("return 1\n", "return 2\n"))
    mark = "\\ No newline at end of file\n"
    text = text.replace("return 1\n", f"return 1\n{mark}").replace("return 2\n", f"return 2\n{mark}")
    done = new(project, text)
    assert done.returncode == 0, done.stderr
    assert "return 2" in project.written()


def test_ten_thousand_functions(project):
    """A diff of thousands of functions is read, and refused since nobody could read the patch."""
    project.release("1.0", "".join(f"def f{at}():\n    return 1\n" for at in range(10_000)))
    hunks = "".join(
        f"@@ -{line},2 +{line},2 @@\n def f{at}():\n-    return 1\n+    return 2\n"
        for at, line in enumerate(range(1, 20_000, 2))
    )
    head = "diff --git a/src/victim.py b/src/victim.py\n--- a/src/victim.py\n+++ b/src/victim.py\n"
    assert "10000 definitions changed" in refused(project, head + hunks)


def test_nothing_is_executed(project):
    """Nothing of the diff or of the releases is run."""
    project.release("1.0", RAN + OLD)
    done = new(project, diff(RAN + OLD, RAN + NEW.replace("(x)", "(x=open('ran', 'w'))")))
    assert not (project.folder / "ran").exists(), done.stderr
