"""`pytest --backportkit` proves each patch of the project in a test of its own."""

from __future__ import annotations

import platform
import re

import pytest

TEST = "def test_one(): pass\n"


@pytest.fixture
def tested(suite):
    """The project with one test."""
    suite.write("tests/test_one.py", TEST)
    return suite


@pytest.fixture(scope="module")
def ran(shared):
    """A run with proofs."""
    shared.write("tests/test_one.py", TEST)
    return shared.run("--backportkit")


def test_each_patch_of_the_project_is_a_test(ran):
    """One that is proved passes, one that is not fails, and shipped ones are not collected."""
    assert ran.outcomes == {"victim-1": "PASSED", "victim-2": "FAILED", "test_one": "PASSED"}, ran.said


def test_what_cannot_be_proved_here_is_skipped(ran):
    """A patch that is dormant, and one without a reproducer, with the reason."""
    assert re.findall(r"^SKIPPED \[1\] \S+: (.*)", ran.said, re.MULTILINE) == [
        "victim 1.5 is installed; the patch is for <3,>=2",
        "it has no reproducer: declare one with reproducer=...",
    ]


def test_failure_shows_the_runs(ran):
    """The runs stand below each other, with what is wrong, the next step, and the end of the output."""
    told = ran.after("_ proof of victim-2 _")
    assert told[:5] == [
        f"victim-2: not proved with victim 1.5, Python {platform.python_version()}",
        "without  red: AssertionError",
        "with     broken, should be green: the replacement was never called; AssertionError",
        "undone   red: AssertionError",
        "next: mend what the run with says",
    ]
    assert re.fullmatch("with: the end of .*, which is kept", told[5])
    assert "  said by the reproducer" in told
    assert "in force" not in "".join(told)


def test_nothing_is_collected_unasked(tested):
    """Without the option the pyproject.toml is no test, also where its folder is collected."""
    assert tested.run(".").outcomes == {"test_one": "PASSED"}


@pytest.mark.parametrize("arguments", [["."], ["tests"], ["tests/test_one.py"], ["pyproject.toml", "tests"]])
def test_each_patch_is_collected_once(tested, arguments):
    """Whatever is asked for besides."""
    ran = tested.run("--backportkit-fast", "-k", "victim-1 or test_one", *arguments)
    assert (ran.outcomes, " 2 passed" in ran.said) == ({"victim-1": "PASSED", "test_one": "PASSED"}, True), ran.said


def test_one_proof_is_asked_for_by_its_name(tested):
    """The name that a report has runs that proof alone."""
    ran = tested.run("--backportkit", "pyproject.toml::victim-1")
    assert ran.outcomes == {"victim-1": "PASSED"}


def test_fast_is_red_and_green(tested):
    """Without the third process, in which the patch is undone."""
    assert "undone" not in tested.run("--backportkit-fast", "-k", "victim-2").said


def test_workers_share_the_proofs(tested):
    """Under xdist the proofs are distributed as other tests are."""
    ran = tested.run("--backportkit-fast", "-n", "2", "--dist", "load")
    assert ran.outcomes == {"victim-1": "PASSED", "victim-2": "FAILED", "test_one": "PASSED"}, ran.said


def test_project_in_src_is_proved_uninstalled(tested):
    """With `--import-mode=importlib`, which puts nothing on the path."""
    (tested.world.folder / "src").mkdir()
    (tested.world.folder / "myproject").rename(tested.world.folder / "src/myproject")
    tested.write("tests/conftest.py", "import sys\ndef pytest_unconfigure(): print(sys.path)\n")
    ran = tested.run("--backportkit-fast", "--import-mode=importlib", "-k", "victim-1 or test_one")
    assert ran.outcomes == {"victim-1": "PASSED", "test_one": "PASSED"}, ran.said
    assert f"{tested.world.folder}'" in ran.said
    assert f"{tested.world.folder / 'src'}'" not in ran.said


def test_patches_of_conftest_are_proved_too(tested):
    """A project that names no modules has those that its tests declare."""
    tested.write("pyproject.toml", "")
    assert tested.run("--backportkit-fast", "-k", "victim-1", "-p", "no:cacheprovider").outcomes == {
        "victim-1": "PASSED"
    }


def test_patches_of_an_installed_project_are_proved(tested):
    """The code may be elsewhere: entry points name it, or the distribution that declares has the project's name."""
    (tested.world.folder / "installed").mkdir()
    (tested.world.folder / "myproject").rename(tested.world.folder / "installed/myproject")
    text = (
        "[project]\nname = 'My.Project'\n[project.entry-points.'backportkit.patches']\nvictim = 'myproject.backports'\n"
    )
    (tested.world.folder / "pyproject.toml").write_text(text, "utf-8")
    ran = tested.run("--backportkit-fast", "-k", "victim-1", env={"PYTHONPATH": f"{tested.world.folder}/installed:."})
    assert ran.outcomes == {"victim-1": "PASSED"}, ran.said


def test_switched_off_is_skipped(tested):
    """What the run is without is not proved."""
    ran = tested.run("--backportkit", "--backportkit-off=victim-1", "-k", "victim-1")
    assert "it is switched off" in ran.said


def test_unreadable_module_is_an_error(tested):
    """What the project names and cannot be imported is told where the proofs would be."""
    tested.write("tests/conftest.py", "")
    tested.write("myproject/backports.py", "1 / 0\n")
    ran = tested.run("--backportkit")
    assert (ran.code, ran.outcomes) == (pytest.ExitCode.INTERRUPTED, {}), ran.said
    assert "ZeroDivisionError" in "\n".join(ran.after("ERROR collecting pyproject.toml"))


def test_project_without_patches_is_an_error(tested):
    """A proof of nothing would pass."""
    tested.write("tests/conftest.py", "")
    tested.write("pyproject.toml", "")
    ran = tested.run("--backportkit")
    assert ran.after("ERROR collecting pyproject.toml")[0] == "there is no patch to prove"


def test_folder_without_a_project_is_wrong_usage(tested):
    """There has to be a pyproject.toml in pytest's rootdir."""
    (tested.world.folder / "pyproject.toml").unlink()
    ran = tested.run("--backportkit")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --backportkit proves the patches of a project, and here is none\n" in ran.said


def test_missing_library_is_wrong_usage(tested):
    """Without `backportkit[cli]` the extra is named."""
    tested.write("platformdirs.py", "raise ModuleNotFoundError(name='platformdirs')\n")
    ran = tested.run("--backportkit", "-p", "no:platformdirs")  # which brings a plugin of its own
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "install 'backportkit[cli]'" in ran.said


def test_proof_that_cannot_begin_says_why(tested):
    """A reproducer that is not written yet is told in a few lines."""
    tested.write("myproject/reproducers.py", "def f(): raise NotImplementedError('write it')\n")
    ran = tested.run("--backportkit", "-k", "victim-1")
    assert ran.after("_ proof of victim-1 _")[0] == "patch 'victim-1': its reproducer is not written yet"
