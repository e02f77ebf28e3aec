"""Baselines of a scan: what they leave out, what they do not, and what is said of them."""

from __future__ import annotations

import json
import zipfile

import pytest
import warm

pytestmark = pytest.mark.warm

PATCH = "import victim\n\n\ndef f(): ...\n\n\nvictim.f = f\n"
OTHER = f"{PATCH}victim.g = f\n"
AGAIN = f"{PATCH}\n\ndef later():\n    victim.f = lambda: 3\n"


@pytest.fixture
def run(tmp_path):
    """Write files, and run `backportkit scan` in a folder of them; return the exit code and the output."""

    def run(files, *arguments, at="."):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        line = ["-m", "backportkit", "scan", "--offline", *arguments]
        done = warm.run(line, tmp_path / at, {"BACKPORTKIT_CACHE": str(tmp_path / "cache")})
        return done.returncode, done.stdout

    return run


def targets(said):
    return [one["target"] for one in json.loads(said[1])["findings"]]


def test_left_out(run):
    """A patch that a baseline knows is left out, and counted."""
    run({"proj.py": PATCH}, "--write-baseline", "known.json")

    assert run({}, "--baseline", "known.json") == (0, "1 file, 0 patches by hand: 1 known\n")


@pytest.mark.parametrize("text", [OTHER, AGAIN], ids=["another target", "the same target again"])
def test_new_one_fails(run, text):
    """A patch that the baseline does not know fails, whatever its verdict; so does a second one of a target."""
    assert run({"proj.py": text})[0] == 0
    run({"proj.py": PATCH}, "--write-baseline", "known.json")

    said = run({"proj.py": text}, "--baseline", "known.json", "--json")
    assert said[0] == json.loads(said[1])["exit_code"] == 1
    assert len(targets(said)) == 1


def test_another_verdict(run):
    """A patch that is known with another verdict is told, and fails as that does: here it is dead now."""
    project = '[project]\nname = "proj"\ndependencies = ["victim{}"]\n'
    guarded = PATCH.replace("\nvictim.f", '\nif victim.__version__ < "2":\n    victim.f')
    run({"pyproject.toml": project.format("==1.0"), "proj.py": guarded}, "--write-baseline", "known.json")

    said = run({"pyproject.toml": project.format("==2.0")}, "--baseline", "known.json", "--json")
    assert (said[0], targets(said)) == (3, ["victim:f"])


def test_wherever_it_is_called(run):
    """The files of a baseline are named from its folder, so that a scan may be called in any other."""
    run({"project/proj.py": PATCH, "project/inner/a.txt": ""}, "--write-baseline", "known.json", at="project")

    assert run({}, "..", "--baseline", "../known.json", at="project/inner")[0] == 0
    assert run({}, "project", "--baseline", "project/known.json")[1].endswith("1 known\n")


def test_wheel(run, tmp_path):
    """The files of a wheel are known by their names in it, wherever the wheel is."""
    with zipfile.ZipFile(tmp_path / "proj-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("proj.py", PATCH)
    run({"inner/a.txt": ""}, "proj-1.0-py3-none-any.whl", "--write-baseline", "inner/known.json")

    assert run({}, "../proj-1.0-py3-none-any.whl", "--baseline", "known.json", at="inner")[0] == 0


def test_written(run):
    """Writing a baseline says so, lists nothing, and is no failure."""
    code, said = run({"proj.py": OTHER}, "--write-baseline", "known.json")

    assert code == 0
    assert said.splitlines()[0] == "wrote known.json, which knows 2 patches by hand in 1 file"
    assert "BK605" not in said


def test_written_anew(run):
    """A baseline takes the place of an older one."""
    run({"proj.py": PATCH}, "--write-baseline", "known.json")
    run({"proj.py": OTHER}, "--write-baseline", "known.json")

    assert run({}, "--baseline", "known.json")[0] == 0


@pytest.mark.parametrize(("argument", "is_told"), [(".", True), ("other.py", False)])
def test_stale(run, argument, is_told):
    """A patch that the baseline knows and nobody finds is told, unless its file was not scanned."""
    run({"proj.py": OTHER, "other.py": PATCH}, "--write-baseline", "known.json")

    code, said = run({"proj.py": PATCH}, argument, "--baseline", "known.json")
    assert ("known.json knows what is not found any more: victim:g in proj.py; --write-base" in said) == is_told
    assert code == 0


def test_stale_file(run, tmp_path):
    """A file that is no more is stale, too."""
    run({"proj.py": PATCH, "other.py": ""}, "--write-baseline", "known.json")
    (tmp_path / "proj.py").unlink()

    assert "victim:f in proj.py" in run({}, "other.py", "--baseline", "known.json")[1]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("notes.txt", "notes.txt is there, and is no baseline"),
        ("folder", "folder cannot be used"),
        ("missing/known.json", "missing/known.json cannot be used"),
    ],
)
def test_baseline_that_is_none(tmp_path, file, said):
    """A file that is no baseline is not overwritten, and a folder that is missing is told."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("mine\n")
    (tmp_path / "proj.py").write_text(PATCH.format(""))
    done = warm.run(["-m", "backportkit", "scan", "--offline", "--write-baseline", file], tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine\n"
