"""`preview` tells what becomes of patches with other releases, which are read and not installed."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from textwrap import indent

import pytest
import uv
import warm

from backportkit.check import locks
from backportkit.errors import DeclarationError
from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD, NEW, THIRD = (f"def f(a):\n    return {text!r}\n" for text in ("old", "new", "third"))
PATCH = """
from backportkit import Edit, Patch, any_of, backport, register
@backport({target!r}, id="victim-1", requires={requires!r}, how={how!r}, original={original!r}, fixed={fixed!r})
def f(a):
    "What breaks."
    return 'new'
"""


def print_of(text):
    return fingerprint.of_source(text, ["f"])


def declare(index, text=PATCH, **fields):
    """Write the declarations of a test: of one patch, if nothing else is given."""
    known = {"target": "victim:f", "requires": "victim>=1,<2", "how": "replace"}
    known |= {"original": (print_of(OLD),), "fixed": (print_of(NEW),)}
    (index.folder / "patches.py").write_text(text.format(**known | fields), encoding="utf-8")


def preview(index, *line, code=None, **env):
    """Return the document of a preview."""
    done = index.run("preview", *line, "--import", "patches.py", "--json", **env)
    document = json.loads(done.stdout or "null")
    assert document is not None, done.stderr
    assert document["exit_code"] == done.returncode
    assert code in {None, done.returncode}
    return document


def only(index, *line, code=None):
    """Return what a preview tells of the only patch that it is about."""
    (told,) = preview(index, *line, code=code)["patches"]
    return told


def codes(told):
    return [one["code"] for one in told["findings"]]


@pytest.fixture
def victim(index):
    """A patch, and a release with the body that it was written against."""
    declare(index)
    index.release("1.0", OLD, **{"upload-time": "2024-01-02T03:04:05Z"})
    return index


# --- what becomes of a patch ---


def test_needed(victim):
    """A release in range that has the body with the bug needs the patch."""
    told = only(victim, "victim==1.0", code=0)
    assert (told["outcome"], told["with"], told["findings"]) == ("needed", {"victim": "1.0"}, [])
    assert told["reason"] == "its body is the one that it was written against"
    declare(victim, original=(), fixed=())
    assert only(victim, "victim==1.0", code=0)["reason"] == "it is in range"


def test_of_one_provider(victim):
    """`--provider` tells of the patches of that provider alone."""
    assert only(victim, "victim==1.0", "--provider", "[!b]*")["id"] == "victim-1"
    assert preview(victim, "victim==1.0", "--provider", "backportkit")["patches"] == []
    done = victim.run("preview", "victim==1.0", "--provider", "nobody", "--import", "patches.py")
    assert (done.returncode, "no provider called 'nobody' is here" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NEW, "upstream's fix"),
        (THIRD, "one that neither `original` nor `fixed` names"),
        (OLD, "one that `original` names"),
    ],
)
def test_past_the_range(victim, text, said):
    """A release past the range makes the patch removable, and the bodies that it has are told."""
    victim.release("2.0", text)
    told = only(victim, "victim>=2", code=3)
    assert (told["outcome"], codes(told)) == ("removable", ["BK402"])
    assert told["findings"][0]["message"] == f"victim 2.0 is past the patch's <2,>=1; its body is {said}"


def test_past_the_range_without_fingerprints(victim):
    """Where no fingerprint says more, the range alone does."""
    declare(victim, original=(), fixed=())
    victim.release("2.0", THIRD)
    assert only(victim, "victim>=2")["findings"][0]["message"] == "victim 2.0 is past the patch's <2,>=1"


def test_fixed_within_the_range(victim):
    """A release in range whose body is upstream's fix makes the patch removable, too."""
    victim.release("1.1", NEW)
    told = only(victim, "victim", code=3)
    assert (told["outcome"], codes(told)) == ("removable", ["BK402"])
    assert told["findings"][0]["message"] == "victim 1.1 is in its range, and has upstream's fix"


def test_drifted(victim):
    """Another body in range is drift: what changed is told, since when, and the next step names the release."""
    victim.release("1.1", THIRD, **{"upload-time": "2024-05-06T00:00:00Z"})
    victim.release("1.2", f"# moved\n{THIRD}")
    told = only(victim, "victim==1.2", code=1)
    (finding,), (change,) = told["findings"], told["changes"]
    assert (told["outcome"], finding["code"]) == ("drifted", "BK209")
    assert finding["message"] == f"expected {print_of(OLD)}, found {print_of(THIRD)}"
    assert finding["next_step"].endswith("backportkit diff victim-1 --against 1.2")
    assert [change[key] for key in ("known", "since", "added", "removed")] == ["1.0", "1.1", 1, 1]
    assert change["before"] == OLD.splitlines()


def test_drift_of_what_no_release_had(victim):
    """Where no release before has a body that is known, nothing is said of a change."""
    declare(victim, original=("ast1:0123456789ab",))
    told = only(victim, "victim==1.0", code=1)
    assert (told["outcome"], told["changes"]) == ("drifted", [])


def test_gone(victim):
    """Where the target is gone, the place that it went to is told."""
    victim.release("1.1", "def g(a): pass\n")
    victim.release("1.2", OLD.replace("def f", "def renamed"))
    told = only(victim, "victim==1.2", code=1)
    assert (told["outcome"], codes(told)) == ("gone", ["BK208"])
    assert told["findings"][0]["message"].startswith("does not apply: victim has no 'f'")
    assert (told["changes"][0]["since"], told["changes"][0]["elsewhere"]) == ("1.1", None)
    assert "victim:renamed" not in victim.run("preview", "victim==1.1", "--import", "patches.py").stdout


def test_moved(victim):
    """A release that has the body under another name is told with it."""
    victim.release("1.2", OLD.replace("def f", "def renamed"))
    done = victim.run("preview", "victim==1.2", "--import", "patches.py")
    assert "missing target: does not apply: victim has no 'f'; since 1.2, there as victim:renamed" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OLD, "one that `original` names: it has the bug, so widen `requires`"),
        (NEW, "upstream's fix"),
        (
            THIRD,
            "one that neither `original` nor `fixed` names: to see whether it has the bug, backportkit prove victim-1",
        ),
    ],
)
def test_out_of_range(victim, text, said):
    """A release that the patch is not for is told with its body, and with what to do if it may have the bug."""
    victim.release("0.9", text)
    told = only(victim, "victim==0.9", code=0)
    assert told["outcome"] == "out of range"
    assert told["reason"].removesuffix(" --versions 0.9") == f"victim 0.9; the patch is for <2,>=1; its body is {said}"


def test_shipped_patch(victim):
    """A patch that comes with backportkit is told as removable, and is not the project's to delete."""
    victim.put("requests-3.0-py3-none-any.whl", victim.wheel("3.0", {"requests/__init__.py": ""}, "requests"))
    told = [one["outcome"] for one in preview(victim, "requests==3.0", code=0)["patches"]]
    assert set(told) == {"removable"}


@pytest.mark.parametrize(("text", "how", "code"), [("def f(a, b): pass\n", "replace", "BK201"), (OLD, "add", "BK211")])
def test_conflict(victim, text, how, code):
    """What upstream did with the target stands against the patch: the codes are those of `check`."""
    declare(victim, how=how, original=(), fixed=())
    victim.release("1.1", text)
    told = only(victim, "victim==1.1")
    assert (told["outcome"], codes(told)) == ("conflict", [code])


def test_unclear(victim):
    """Where only running the module tells which definition counts, nothing more is told."""
    victim.release("1.1", f"import other\nif other.fast:\n{indent(OLD, '    ')}else:\n    def f(a): return 3\n")
    told = only(victim, "victim==1.1", code=0)
    assert (told["outcome"], codes(told)) == ("unclear", ["BK206"])
    assert told["findings"][0]["next_step"].endswith("backportkit prove victim-1 --versions 1.1")


def test_some_of_its_edits_are_fixed(victim):
    """A patch of which one edit is fixed is still needed for the other."""
    both = f"{NEW}\ndef g(a): return 'old'\n"
    text = f"""
from backportkit import Edit, Patch, register
register(Patch(id="victim-1", requires="victim<2", summary="s", edits=[
    Edit(target="victim:f", replacement="patches:mine", original={print_of(OLD)!r}, fixed={print_of(NEW)!r}),
    Edit(target="victim:g", replacement="patches:mine", original={fingerprint.of_source(both, ["g"])!r}),
]))
def mine(a): pass
"""
    (victim.folder / "patches.py").write_text(text, encoding="utf-8")
    victim.release("1.1", both)
    told = only(victim, "victim==1.1", code=0)
    assert (told["outcome"], codes(told)) == ("needed", ["BK403"])
    assert told["findings"][0]["message"] == "the body, though in range, is upstream's fix already"


def test_a_module_that_is_added(victim):
    """A patch that adds a module is removable where upstream has it, and nobody is searched for imports of it."""
    text = """
from backportkit import Edit, Patch, register
edit = Edit(target="victim.gone", alias_of="victim.there", how="add")
register(Patch(id="victim-1", requires="victim>=1,<2", summary="s", edits=[edit]))
"""
    (victim.folder / "patches.py").write_text(text, encoding="utf-8")
    files = {"victim/__init__.py": "", "victim/there.py": ""}
    victim.put("victim-1.1-py3-none-any.whl", victim.wheel("1.1", files))
    assert only(victim, "victim==1.1", code=0)["outcome"] == "needed"
    victim.put("victim-1.2-py3-none-any.whl", victim.wheel("1.2", {**files, "victim/gone.py": ""}))
    assert only(victim, "victim==1.2", code=3)["outcome"] == "removable"


# --- which modules count ---


def install(folder, version, **files):
    info = folder / f"victim-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Victim\nVersion: {version}\n", encoding="utf-8")
    (info / "top_level.txt").write_text("victim\n", encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def test_what_is_installed_does_not_count(victim):
    """An installed release is neither judged nor read, not even for modules that the other one lacks."""
    install(victim.folder, "1.0", victim=OLD)
    victim.release("1.1", NEW)
    assert only(victim, "victim==1.1")["outcome"] == "removable"
    victim.release("1.2", "", path="renamed.py")
    assert only(victim, "victim==1.2")["findings"][0]["message"] == "does not apply: there is no module victim"


def test_other_modules_are_those_that_are_here(victim):
    """What a release imports from elsewhere is read here; a namespace package may be that of others, too."""
    (victim.folder / "other.py").write_text(OLD, encoding="utf-8")
    (victim.folder / "space").mkdir()
    (victim.folder / "space" / "other.py").write_text(OLD, encoding="utf-8")
    victim.release("1.1", "from other import f\n")
    assert codes(only(victim, "victim==1.1")) == ["BK207"]
    files = {"victim.py": "from space.other import f\n", "space/own.py": ""}
    victim.put("victim-1.2-py3-none-any.whl", victim.wheel("1.2", files))
    assert codes(only(victim, "victim==1.2")) == ["BK207"]
    files = {"victim.py": "from own.other import f\n", "own/__init__.py": ""}
    victim.put("victim-1.3-py3-none-any.whl", victim.wheel("1.3", files))
    assert only(victim, "victim==1.3")["outcome"] == "unclear"


# --- which releases ---


def test_newest_that_satisfies(victim):
    """The newest release that satisfies the requirement counts; a pre-release or a yanked one if nothing else does."""
    victim.release("1.1", THIRD)
    victim.release("1.2rc1", NEW)
    victim.release("1.3", NEW, yanked="broken")
    assert only(victim, "victim>=1,<2")["with"] == {"victim": "1.1"}
    assert only(victim, "victim>=1.1rc1,<2")["with"] == {"victim": "1.2rc1"}
    assert only(victim, "Victim==1.3")["with"] == {"victim": "1.3"}


def test_no_such_release(victim):
    """A range without a release is told, and is no answer."""
    document = preview(victim, "victim==7", code=2)
    assert document["untold"] == [f"{victim.address} has no release of victim==7"]
    assert "0 patches: nothing can be told" in victim.run("preview", "victim==7", "--import", "patches.py").stdout


def test_of_no_concern(victim):
    """A requirement of a distribution that no patch is about is told, and is no error. So is one of Python."""
    document = preview(victim, "victim==1.0", "other>=2", "python==3.14", code=0)
    assert document["aside"][0] == "other>=2: no patch is about other"
    asked = ["victim-1.1", "victim<2; python_version<'3'", "victim==1.0; python_version>'3'"]
    assert preview(victim, *asked, code=0)["aside"] == [
        'victim<2; python_version < "3": its marker does not hold here',
        "victim-1.1: no patch is about victim-1-1; did you mean victim==1.1?",
    ]
    assert document["aside"][1] == "python==3.14: the modules of Python itself are in no package index"


@pytest.mark.parametrize("text", ["victim=1", "victim @ https://example.org/victim.whl"])
def test_no_requirement(victim, text):
    """What names no range of releases is refused."""
    done = victim.run("preview", text, "--import", "patches.py")
    assert done.returncode == 2
    assert f"{text!r} is no requirement" in done.stderr


@pytest.mark.parametrize("line", [[], ["victim", "--latest"], ["--latest", "--lock", "uv.lock"]])
def test_one_way_to_ask(victim, line):
    """Requirements, a lock file or the newest releases are asked for, and no two of these at a time."""
    done = victim.run("preview", *line)
    assert done.returncode == 2
    assert "give requirements, --lock FILE or --latest" in done.stderr


def test_latest(victim):
    """--latest takes the newest release of each distribution that a patch is about; those of others are not told."""
    victim.release("3.0", NEW)
    document = preview(victim, "--latest", code=3, BACKPORTKIT_DISABLE="provider:backportkit")
    assert [one["version"] for one in document["releases"]] == ["3.0"]
    assert [one["with"] for one in document["patches"]] == [{"victim": "3.0"}]


def test_several_distributions(victim):
    """A patch of several distributions is judged with all of them; with an extra, as if that were there."""
    text = PATCH.replace("{requires!r}", '["victim[more]>=1,<2", "other>=1,<2"]')
    declare(victim, text)
    victim.put("other-1.0-py3-none-any.whl", victim.wheel("1.0", {"other.py": ""}, "other"))
    victim.put("other-2.0-py3-none-any.whl", victim.wheel("2.0", {"other.py": ""}, "other"))
    assert only(victim, "victim==1.0", "other==1.0")["outcome"] == "needed"
    assert only(victim, "victim==1.0", "other==2.0")["outcome"] == "removable"
    assert only(victim, "victim==1.0")["reason"] == "other is not installed"


def test_alternatives(victim):
    """A patch of alternatives is removable past all of them, and between two."""
    declare(victim, PATCH.replace("{requires!r}", 'any_of("victim>=1,<1.1", "victim>=2,<2.1")'))
    victim.release("1.1", OLD)
    victim.release("2.1", NEW)
    between = only(victim, "victim==1.1")["findings"][0]["message"]
    ranges = "victim 1.1 is past the patch's <1.1,>=1, and not in its <2.1,>=2"
    assert between == f"{ranges}; its body is one that `original` names"
    message = only(victim, "victim==2.1")["findings"][0]["message"]
    assert message == "victim 2.1 is past the patch's <1.1,>=1 and <2.1,>=2; its body is upstream's fix"


def test_release_that_cannot_be_read(victim):
    """What cannot be read is told for each patch that it concerns, beside what is told of the others."""
    victim.put("victim-1.1-py3-none-any.whl", b"no zip file")
    told = only(victim, "victim==1.1", code=2)
    assert told["outcome"] == "unread"
    assert "victim-1.1-py3-none-any.whl cannot be read" in told["reason"]
    done = victim.run("preview", "victim==1.1", "--import", "patches.py", "--offline")
    assert "1 patch: 1 unread" in done.stdout


def test_drift_counts_more_than_what_cannot_be_read(victim):
    """Something broken is exit code 1, also if something else cannot be told."""
    victim.release("1.1", THIRD)
    assert preview(victim, "victim==1.1", "victim==7", code=1)["untold"] != []


# --- what is shown ---


def test_table(victim):
    """The table has a row for each finding or outcome, above it each release, below it how many of each there are."""
    victim.release("1.1", THIRD, **{"upload-time": "2024-05-06T00:00:00Z"})
    done = victim.run("preview", "victim==1.1", "--import", "patches.py", "-v")
    assert f"victim 1.1 of 2024-05-06, for victim==1.1: {victim.address}" in done.stdout
    assert "; since 1.1 of 2024-05-06, with +1 -1 lines from 1.0" in done.stdout
    assert "backportkit diff victim-1 --import patches.py --against 1.1" in done.stdout
    assert "-    return 'old'\n+    return 'third'" in done.stdout
    assert "1 patch: 1 drifted" in done.stdout
    assert "requests, 0.0 MB" in done.stderr
    assert "+    return" not in victim.run("preview", "victim==1.1", "--import", "patches.py").stdout


def test_table_of_several_releases(victim):
    """Of several releases, each row says which it is about."""
    victim.release("1.1", NEW)
    done = victim.run("preview", "victim==1.1", "victim==1.0", "--import", "patches.py")
    assert ["-", "victim-1", "victim", "1.0", "needed:"] in [line.split()[:5] for line in done.stdout.splitlines()]
    assert "1 patch: 1 removable, 1 needed" in done.stdout


def test_again_without_the_network(victim):
    """What was read once is in the cache, and one release's archive is read by few requests, for all patches."""
    declare(victim, PATCH + PATCH.replace("victim-1", "victim-2").replace("{target!r}", "'victim:g'"))
    victim.release("1.1", f"{OLD}{OLD.replace('def f', 'def g')}")
    whole = preview(victim, "victim==1.1")
    assert whole["requests"] <= 4
    again = preview(victim, "victim==1.1", "--offline")
    assert (again["requests"], again["patches"]) == (0, whole["patches"])


# --- lock files ---


LOCK = """version = 1
[[package]]
name = "Victim"
version = "1.0+cpu"
[[package]]
name = "victim"
version = "{version}"
{more}
[[package]]
name = "unrelated"
"""


def test_lock_of_uv(victim):
    """A lock of uv's with a fork is read as uv wrote it: both versions are told, and where each counts."""
    victim.release("2.0", NEW)
    (victim.folder / "pyproject.toml").write_text(
        "[project]\nname = 'mine'\nversion = '1'\nrequires-python = '>=3.10'\n"
        "dependencies = [\"victim<2; sys_platform == 'win32'\", \"victim>=2; sys_platform != 'win32'\"]\n",
        encoding="utf-8",
    )
    line = [uv.find_uv_bin(), "lock", "--quiet", "--default-index", victim.address, "--cache-dir", "uv-cache"]
    subprocess.run([*line, "--python", sys.executable], cwd=victim.folder, check=True)
    document = preview(victim, "--lock", "uv.lock", code=3)
    assert sorted((one["with"]["victim"], one["outcome"]) for one in document["patches"]) == [
        ("1.0", "needed"),
        ("2.0", "removable"),
    ]
    said = sorted(one["for"] for one in document["releases"])
    assert said == ["uv.lock, where sys_platform != 'win32'", "uv.lock, where sys_platform == 'win32'"]


def test_pins_that_no_index_has(victim):
    """A build of a release counts as that release. What is from elsewhere, or is no version, cannot be told."""
    (victim.folder / "uv.lock").write_text(LOCK.format(version="what?", more=""), encoding="utf-8")
    document = preview(victim, "--lock", "uv.lock", code=2)
    assert [one["version"] for one in document["releases"]] == ["1.0"]
    assert document["untold"] == ["victim what? of uv.lock is no version"]
    text = LOCK.format(version="1.1", more='source = { git = "https://example.org/victim" }')
    (victim.folder / "uv.lock").write_text(text, encoding="utf-8")
    told = preview(victim, "--lock", "uv.lock", code=2)["untold"]
    assert told == ["victim 1.1 is from no index: uv.lock has it from git"]
    text = text.replace('version = "1.1"\n', "").replace('{ git = "https://example.org/victim" }', '{ editable = "." }')
    (victim.folder / "uv.lock").write_text(text, encoding="utf-8")
    told = preview(victim, "--lock", "uv.lock", code=2)["untold"]
    assert told == ["victim is from no index: uv.lock has it from editable"]


def test_lock_of_no_concern(victim):
    """A lock that pins nothing a patch is about is told as such; what pins nothing is no lock."""
    (victim.folder / "poetry.lock").write_text('[[package]]\nname = "a"\nversion = "1"\n', encoding="utf-8")
    assert preview(victim, "--lock", "poetry.lock", code=0)["aside"] == ["no patch is about what poetry.lock pins"]
    (victim.folder / "empty.lock").write_text("", encoding="utf-8")
    done = victim.run("preview", "--lock", "empty.lock")
    assert (done.returncode, "empty.lock pins no versions" in done.stderr) == (2, True)


PYLOCK = """lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "victim"
version = "1.0"
marker = "sys_platform == 'linux'"
index = "https://example.org/simple"
[[packages.wheels]]
url = "https://example.org/victim-1.0-py3-none-any.whl"
hashes = { sha256 = "00" }
"""


def test_pylock(victim, monkeypatch):
    """A pylock.toml is read, also where packaging does not know the format."""
    path = victim.folder / "pylock.toml"
    path.write_text(PYLOCK, encoding="utf-8")
    (release,) = preview(victim, "--lock", "pylock.toml", code=0)["releases"]
    assert (release["version"], release["for"]) == ("1.0", "pylock.toml, where sys_platform == 'linux'")
    monkeypatch.setitem(sys.modules, "packaging.pylock", None)
    path.write_text(PYLOCK.replace("lock-version", "edition"), encoding="utf-8")
    assert [pin.version for pin in locks.read(path)] == ["1.0"]


@pytest.mark.skipif(find_spec("packaging.pylock") is None, reason="this release of packaging does not know the format")
def test_pylock_that_is_none(tmp_path):
    """A pylock.toml that is none by its standard is refused where packaging knows that."""
    path = tmp_path / "pylock.toml"
    path.write_text(PYLOCK.replace("lock-version", "edition"), encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"is no lock file by PEP 751: .*lock-version"):
        locks.read(path)


# --- nothing is executed ---


AUDITED = """
import sys
ran = []
known = ("<", sys.prefix, sys.base_prefix, {root!r})
def hook(event, arguments):
    file = arguments[0].co_filename if event == "exec" else ""  # libraries make code for themselves, of no file
    if file and not file.startswith(known):
        ran.append(file)
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        ran.append(event)
sys.addaudithook(hook)
from backportkit.__main__ import main
sys.argv = ["backportkit", *{line!r}]
try:
    main()
except SystemExit as ended:
    print(ended.code, ran)
"""


@pytest.mark.parametrize(
    "line", [["preview", "victim==1.1"], ["check", "--upstream"], ["diff", "victim-1", "--against", "1.1"]]
)
def test_nothing_of_upstreams_is_executed(victim, line):
    """No code of a release is run, and no other program is: an audit hook sees what is executed."""
    import backportkit

    mark = victim.folder / "run"
    victim.release("1.1", f"open({str(mark)!r}, 'w')\n{THIRD}")
    root = str(next(iter(backportkit.__path__))).rpartition("/")[0]
    more = ["patches.py"] if line[0] == "check" else ["--import", "patches.py"]
    script = AUDITED.format(line=[line[0], *more, *line[1:]], root=root)
    done = warm.fresh(["-c", script], victim.folder, victim.variables)
    code, ran = done.stdout.splitlines()[-1].split(" ", 1)
    assert (code, mark.exists()) == ("0" if line[0] == "diff" else "1", False)
    assert ran == str([str(victim.folder / "patches.py")])
