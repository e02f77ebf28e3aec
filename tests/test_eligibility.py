"""The metadata of installed distributions alone decide whether a patch is meant for this environment."""

from __future__ import annotations

import importlib
import itertools
import platform
import subprocess
import sys
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from backportkit.declaration import bounds, eligibility, metadata
from backportkit.declaration.eligibility import Judging

RANGE = ">=2.11,<2.12"
OUTSIDE = "victim {} is installed; the patch is for <2.12,>=2.11"


class Judged(NamedTuple):
    eligible: bool
    reason: str
    installed: dict[str, str]
    undecided: bool


def judge(requires):
    """The judgement, to be compared as a tuple."""
    found = eligibility.judge(requires)
    return Judged(found.eligible, found.reason, found.installed, found.undecided)


@pytest.fixture
def installed(world, monkeypatch):
    """Install the metadata of a distribution in some version, with further lines."""
    monkeypatch.syspath_prepend(world.folder)

    def install(version, name="victim", *lines):
        folder = world.distribution(name, version)
        with (folder / "METADATA").open("a", encoding="utf-8") as metadata:
            metadata.writelines(f"{line}\n" for line in lines)
        importlib.invalidate_caches()
        return folder

    return install


# Version strings from the wild, whether RANGE has them, and whether they leave it to the body to decide.
@pytest.mark.parametrize(
    ("version", "inside", "undecided"),
    [
        ("2.11.0", True, False),
        ("2.11", True, False),
        ("v2.11.0", True, False),
        ("2.11.1.post2", True, False),
        ("2.11.0+cu130", True, False),
        ("2.11.0+git0123abc", True, False),
        ("2.11.5.dev3", True, False),
        ("2.10.9", False, False),
        ("2.12.0", False, False),
        ("2.12.0.post1", False, False),
        ("1!2.11.0", False, False),
        ("2.11.0.dev20260101", False, True),
        ("2.11.0.dev20260101+cpu", False, True),
        ("2.11.0a0+git0123abc", False, True),
        ("2.11.0rc1", False, True),
        ("2.12.0a0+0291f960b6.nv26.04.48445190", False, True),
        ("2.12.0+cu130", False, True),
        ("0.1.dev1+g0123abc", False, True),
        ("0.0.0+unknown", False, True),
    ],
)
def test_version_string_from_the_wild_is_judged_and_the_reason_printed(installed, version, inside, undecided):
    installed(version)
    judgement = judge([f"victim{RANGE}"])
    reason = f"victim {version} installed, in range" if inside else OUTSIDE.format(version)
    assert judgement == (inside, reason, {"victim": version}, undecided)


@pytest.mark.parametrize("version", ["built-by-hand", "2.11.0-custom-build", "unknown", "2.11.x"])
def test_version_outside_pep_440_is_in_no_range_but_its_own(installed, version):
    installed(version)
    reason = f"victim {version} is installed, which is no version by PEP 440; the patch is for <2.12,>=2.11"
    assert judge([f"victim{RANGE}"]) == (False, reason, {"victim": version}, True)
    assert judge([f"victim==={version.upper()}"]).eligible
    assert judge(["victim"]).eligible


@pytest.mark.parametrize(
    ("version", "requires", "eligible"),
    [
        ("2.11.0+cpu", "victim==2.11.0", True),
        ("2.11.0+cpu", "victim<=2.11.0", True),
        ("2.11.0+cpu", "victim>2.11.0", False),
        ("2.12.0a1", "victim>=2.11,<=2.12", True),
        ("2.12.0a1", "victim>=2.11,<2.12.dev0", False),
        ("2.11.0.dev20260101", "victim>2.10", True),
        ("2.11.0.dev20260101", "victim==2.11.*", True),
        ("2.12.0.dev1", "victim<2.12", False),
    ],
)
def test_kind_of_release_does_not_decide_the_specifier_does(installed, version, requires, eligible):
    installed(version)
    assert judge([requires]).eligible is eligible


def test_names_are_compared_in_their_normal_form(installed):
    installed("1.0", "Some.Victim_Package")
    assert judge(["some-victim.package<2"]) == (
        True,
        "some-victim-package 1.0 installed, in range",
        {"some-victim-package": "1.0"},
        False,
    )


def test_distribution_is_judged_whatever_its_modules_are_called_and_not_imported(world):
    world.distribution("Py-Yammel", "6.0")
    world.write("yammel.py", "raise SystemExit('imported')\ndef f(): pass\n")
    script = """
    import backportkit
    for distribution in ("py_yammel", "yammel"):
        backportkit.register(dict(
            id=distribution, summary="s", requires=distribution + ">=5,<7", target="yammel:f", replacement="mine:f"
        ))
    print([(status.state.value, status.installed) for status in backportkit.status() if "yammel" in status.id])
    """
    assert world.run(script) == ["[('waiting', {'py-yammel': '6.0'}), ('dormant', {})]"]


def test_every_requirement_has_to_be_met_and_the_first_that_is_not_is_the_reason(installed):
    installed("1.0")
    installed("3.0.dev1", "other")
    absent = (False, "no-such-distribution-here is not installed", {"victim": "1.0"}, False)
    assert judge(["victim<2", "no-such-distribution-here<1", "victim>1"]) == absent
    assert judge(["victim<2", "other>=1"]).reason == "victim 1.0, other 3.0.dev1 installed, in range"
    undecided = judge(["victim<2", "other<3"])
    assert (undecided.eligible, undecided.undecided) == (False, True)
    assert judge(["other<3", "victim<1"])[:2] == (False, "victim 1.0 is installed; the patch is for <1")
    assert not judge(["other<3", "victim<1"]).undecided


def test_marker_that_is_false_is_the_reason_whatever_is_installed(installed):
    installed("1.0")
    for name in ("victim", "no-such-distribution-here"):
        assert judge([f"{name}<3; python_version < '3'"])[:2] == (
            False,
            'not for this platform or interpreter: python_version < "3"',
        )
    assert judge(["victim<3; python_version >= '3'"]).eligible


# --- extras ---


def test_extra_is_met_if_what_the_distribution_requires_for_it_is(installed):
    needs = ["Provides-Extra: Fast_Path", "Requires-Dist: helper>=2; extra == 'fast-path'", "Requires-Dist: absent"]
    installed("1.0", "victim", *needs, "Requires-Dist: absent; python_version >= '3'")
    missing = judge(["victim[fast.path]<2"])
    assert missing.reason == "victim 1.0 lacks its extra 'fast.path': helper is not installed"
    old = installed("1.9", "helper")
    assert judge(["victim[fast.path]<2"])[:2] == (
        False,
        "victim 1.0 lacks its extra 'fast.path': helper 1.9 is installed; the patch is for >=2",
    )
    (old / "METADATA").unlink()
    installed("2.0", "helper")
    assert judge(["victim[fast.path]<2"]) == (True, "victim 1.0 installed, in range", {"victim": "1.0"}, False)


def test_extras_may_ask_for_each_other(installed):
    extras = ["Provides-Extra: all", "Provides-Extra: one", "Requires-Dist: victim[one]; extra == 'all'"]
    installed("1.0", "victim", *extras, "Requires-Dist: victim[all]; extra == 'one'")
    assert judge(["victim[all]<2"]).eligible


def test_extra_that_does_not_exist_or_cannot_be_read_is_not_met(installed):
    installed("1.0", "victim", "Provides-Extra: broken", "Requires-Dist: helper !!; extra == 'broken'")
    assert judge(["victim[no]<2"]).reason == "victim 1.0 lacks its extra 'no': it has none of that name"
    reason = judge(["victim[broken]<2"]).reason
    assert reason.startswith("victim 1.0 lacks its extra 'broken': its metadata cannot be read: ")


# --- where it is installed ---


def test_first_copy_on_the_path_counts_and_the_reason_names_one_that_differs(world, tmp_path, monkeypatch):
    second = tmp_path / "second"
    second.mkdir()
    world.distribution("victim", "1.0")
    world.distribution("victim", "2.0").rename(second / "victim-2.0.dist-info")
    monkeypatch.setattr(sys, "path", [str(world.folder), str(second), *sys.path])
    described = f"victim 1.0 (in {world.folder}, which hides 2.0 in {second})"
    assert judge(["victim<2"]) == (True, f"{described} installed, in range", {"victim": "1.0"}, False)
    assert judge(["victim>=2"]).reason == f"{described} is installed; the patch is for >=2"
    monkeypatch.setattr(sys, "path", [str(second), str(second), *sys.path[2:]])
    assert judge(["victim>=2"]).reason == "victim 2.0 installed, in range"


def test_what_an_interrupted_uninstall_has_left_behind_is_not_installed(installed):
    (installed("1.0") / "METADATA").unlink()
    assert judge(["victim<2"])[:2] == (False, "victim is not installed")


def test_code_without_metadata_is_said_to_be_there(world, installed):
    installed("1.0", "other")
    path = world.write("vic_tim.py", "raise SystemExit('imported')\n")
    assert judge(["vic-tim<2"])[:2] == (
        False,
        f"vic-tim is not installed: {path} is there, but no metadata that says its version",
    )
    (world.folder / "empty").mkdir()
    assert judge(["empty<2"]).reason == "empty is not installed"


def test_editable_and_source_tree_installs_are_judged_by_their_metadata(world, tmp_path, monkeypatch):
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "victim.py").touch()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "vic.tim"\nversion = "1.0.dev1+g0123abc"\n'
    )
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-build-isolation"]
    subprocess.run([*pip, "--python", sys.executable, "--target", site, "--editable", project], check=True)
    monkeypatch.syspath_prepend(site)
    assert judge(["vic-tim<2"]).eligible
    (project / "src" / "vic_tim.egg-info").mkdir()  # what `setup.py develop` leaves there
    (project / "src" / "vic_tim.egg-info" / "PKG-INFO").write_text("Name: vic.tim\nVersion: 1.0.dev1+g0123abc\n")
    monkeypatch.setattr(sys, "path", [str(project / "src")])
    assert judge(["vic-tim<2"])[:2] == (True, "vic-tim 1.0.dev1+g0123abc installed, in range")


# --- the interpreter ---


def test_running_interpreter_is_a_package_called_python():
    running = platform.python_version()
    major, minor, micro = sys.version_info[:3]
    inside = judge([f"Python>={major}.{minor},<={major}.{minor}.{micro}"])
    assert inside == (True, f"python {running} installed, in range", {"python": running}, False)
    outside = judge([f"python>={major}.{minor},<{major}.{minor}.{micro}"])
    assert outside.reason == (
        f"python {running} is installed; the patch is for <{major}.{minor}.{micro},>={major}.{minor}"
    )
    lacks = f"python {running} lacks its extra 'ssl': it has none of that name"
    assert judge(["python[ssl]<4"]).reason == lacks


def test_pre_release_of_the_interpreter_is_one(monkeypatch):
    running = (3, 15, 0, "candidate", 2)
    monkeypatch.setattr(eligibility, "sys", SimpleNamespace(version_info=running, prefix=sys.prefix))
    judgement = judge(["python>=3.15"])
    assert (judgement.installed, judgement.undecided) == ({"python": "3.15.0rc2"}, True)


def test_patch_of_the_standard_library_is_applied_by_the_version_of_the_interpreter(world):
    script = """
    import sys, backportkit
    for name, requires in (("now", f"python<={sys.version.split()[0]}"), ("never", "python<3.9")):
        backportkit.backport(f"colorsys:{name}", requires=requires, id=name, summary="s", how="add")(lambda: "new")
    backportkit.apply_all()
    import colorsys
    print(colorsys.now(), [s.state.value for s in backportkit.status() if s.id in ("now", "never")])
    """
    assert world.run(script) == ["new ['applied', 'dormant']"]


# --- cost ---


def test_judging_looks_each_distribution_up_once_and_parses_each_requirement_once(installed, monkeypatch):
    installed("1.0")
    looked_up = []
    copies = metadata.copies

    def counting(name):
        looked_up.append(name)
        return copies(name)

    monkeypatch.setattr(metadata, "copies", counting)
    judging = Judging()
    judgements = [judging.judge([f"victim<{2 + number % 2}", "absent<1"]) for number in range(100)]
    assert looked_up == ["victim", "absent"]
    assert len(judging._verdicts) == 3
    assert judgements[0] is judgements[98]
    assert judgements[0].reason == judgements[1].reason == "absent is not installed"


# --- requirements that are plain are judged without packaging ---

VERSIONS = ["1", "1.0", "1.0.0", "0.9", "2", "2.0.0.0", "10.1", "1.0.1", "0", "00.1", "1.10", "20240101"]


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!="])
def test_bounds_admit_the_final_releases_that_packaging_admits(operator):
    for bound, version in itertools.product(VERSIONS, VERSIONS):
        found = bounds.read(f"victim{operator}{bound}")
        assert found is not None
        assert found.admits(version) == SpecifierSet(f"{operator}{bound}").contains(version), (bound, version)


@pytest.mark.parametrize(
    "version", ["1.0rc1", "1.0.post1", "1.0.dev3", "1!1.0", "v1.0", "1.0+cpu", "", "1.", "x", "1" * 30]
)
def test_bounds_say_nothing_of_a_version_that_is_no_final_release(version):
    found = bounds.read("victim<2")
    assert found is not None
    assert found.admits(version) is None


@pytest.mark.parametrize("text", ["a >= 1.0 ,< 2", "A_b.-c==1.0", "torch>=2.5,<2.12", "a<2,<2", "python", "a!=1,>=0"])
def test_plain_requirement_reads_as_packaging_reads_it(text):
    found, theirs = bounds.read(text), Requirement(text)
    assert found is not None
    assert (found.name, found.specifier) == (canonicalize_name(theirs.name), str(theirs.specifier))


@pytest.mark.parametrize(
    "text",
    [
        "a~=1.2",
        "a==1.*",
        "a===1",
        "a[x]<2",
        "a<2;python_version>'3'",
        "a @ https://b/c",
        "a<2rc1",
        "a<",
        "<2",
        "-a<2",
        "a(<2)",
        "",
    ],
)
def test_requirement_that_is_not_plain_is_left_to_packaging(text):
    assert bounds.read(text) is None
