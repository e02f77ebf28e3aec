"""The commands know what `[tool.backportkit]` of the project in the working directory declares, as `check` does."""

from __future__ import annotations

import json
import os

import pytest
import warm

PATCHES = """
from backportkit import backport
def reproduce():
    import victim
    assert victim.f() == "new"
@backport("victim:f", id="mine-1", requires="victim<2", reproducer=reproduce)
def f():
    "what breaks"
    return "new"
"""
PROJECT = '[project]\nname = "shop"\nversion = "1"\n[tool.backportkit]\nmodules = [{}]\n'


@pytest.fixture
def shop(world):
    """A project that keeps its code in `src`, and names the module that declares its patch of `victim`."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f():\n    return 'old'\n")
    world.write("shop/pyproject.toml", PROJECT.format('"app.patches"'))
    world.write("shop/src/app/patches.py", PATCHES)
    return world


def start(world, *arguments, **env):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "1000"} | env
    return warm.run(["-m", "backportkit", *arguments], world.folder / "shop", variables)


def states(done):
    return {record["id"]: record["state"] for record in json.loads(done.stdout)["patches"]}


def test_status_shows_what_the_project_declares(shop):
    """A patch of a module that pyproject.toml names is shown, from `src` too, unless all is switched off."""
    done = start(shop, "status", "--json")
    assert (done.returncode, states(done)["mine-1"]) == (0, "waiting")
    assert "mine-1" not in start(shop, "status", "--json", BACKPORTKIT_DISABLE="all").stdout


def test_status_of_one_provider(shop):
    """`status --provider` shows the patches of that provider alone, and names the likest of one that is not here."""
    done = start(shop, "status", "--provider", "backportkit", "--json")
    assert {one["provider"] for one in json.loads(done.stdout)["patches"]} == {"backportkit"}
    done = start(shop, "status", "--provider", "backportki")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'backportkit'?" in done.stderr


def test_status_of_one_patch(shop):
    """`status ID` shows that patch alone, whatever it is about; an id that no patch has is an error."""
    done = start(shop, "status", "mine-1", "--json")
    assert (done.returncode, states(done)) == (0, {"mine-1": "waiting"})
    assert "torch-178148" in start(shop, "status", "torch-178148").stdout
    done = start(shop, "status", "mine-2")
    assert (done.returncode, "patch 'mine-2': no such patch is declared here" in done.stderr) == (2, True)
    assert start(shop, "status", "mine-1", "--from", ".").returncode == 2


def test_explain_diff_and_prove_know_what_the_project_declares(shop):
    """A patch that `check` finds in a project can be explained, compared and proved by its id alone."""
    assert "by app" in start(shop, "explain", "mine-1").stdout
    assert '+    return "new"' in start(shop, "diff", "mine-1").stdout
    done = start(shop, "prove", "mine-1")
    assert (done.returncode, "mine-1: proved with victim 1.5" in done.stdout) == (0, True), done.stdout + done.stderr


ENTRY_POINTS = '[project]\nname = "shop"\nversion = "1"\n[project.entry-points."backportkit.{}"]\n{}\n'


@pytest.mark.parametrize(("group", "state"), [("patches", "waiting"), ("offers", "offered")])
def test_entry_points_of_the_project_are_read_without_installing_it(shop, group, state):
    """The distribution is the provider, as it will be once it is installed."""
    shop.write("shop/pyproject.toml", ENTRY_POINTS.format(group, 'victim = "app.patches"'))
    shop.write("shop/src/app/patches.py", PATCHES.replace('id="mine-1"', f'id="mine-1", opt_in={group == "offers"}'))
    done = start(shop, "status", "--json")
    (record,) = [one for one in json.loads(done.stdout)["patches"] if one["id"] == "mine-1"]
    assert (done.returncode, record["state"], record["provider"]) == (0, state, "shop"), done.stderr
    assert "by shop" in start(shop, "explain", "mine-1").stdout
    assert '+    return "new"' in start(shop, "diff", "mine-1").stdout


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        ({}, ['lacks victim = "app.patches"']),
        ({"victim": "app.older"}, ['lacks victim = "app.patches" and still has victim = "app.older"']),
        ({"victim": "app.patches"}, []),
    ],
)
def test_project_that_was_installed_before_it_got_its_entry_points(shop, installed, told):
    """Programs read the installed ones, so `status` and `check` say how these differ, and what to do."""
    shop.write("shop/pyproject.toml", ENTRY_POINTS.format("patches", 'victim = "app.patches"'))
    shop.distribution("shop", "1", installed)
    said = [f"shop as it is installed here {one}: programs read what is installed" for one in told]
    lines = start(shop, "status").stdout.splitlines()
    assert [line for line in lines if line.startswith("shop as")] == said
    assert [line.startswith("next: pip install -e .") for line in lines[-2:-1]] == [bool(told)]
    found = json.loads(start(shop, "check", ".", "--json").stdout)["findings"]
    assert [one["message"] for one in found if one["code"] == "BK307"] == said


def test_module_that_reads_those_of_all_entry_points(shop):
    """Each patch is led to by the entry point of its own module, whichever was read first."""
    shop.write("shop/src/app/__init__.py", "from app import patches")
    shop.write("shop/pyproject.toml", ENTRY_POINTS.format("patches", 'other = "app.other"\nvictim = "app.patches"'))
    shop.write("shop/src/app/other.py", "")
    assert "BK302" not in start(shop, "check", ".", "--json").stdout


def test_entry_point_of_the_project_that_leads_nowhere_is_told(shop):
    """`status`, `explain` and `diff` report an entry point that leads nowhere, with exit code 2."""
    shop.write("shop/pyproject.toml", ENTRY_POINTS.format("patches", 'victim = "app.nothing"'))
    for arguments in (["status"], ["explain", "mine-1"], ["diff", "mine-1"]):
        done = start(shop, *arguments)
        assert done.returncode == 2
        assert (
            "the patches of 'shop' cannot be loaded: ModuleNotFoundError: No module named 'app.nothing'" in done.stderr
        )
        assert "pip install -e . for the project itself" in done.stderr


WRONG = PATCHES.replace('"victim<2"', '"victim<2", fixs="x", resolvs="y"')
TOLD = "the declaration is wrong: fixs: there is no such field; did you mean fixes or fixed?"


def test_wrong_declaration_in_a_module_that_another_one_imports(shop):
    """`check` tells in one line where it is, of which patch, which field is wrong and which may have been meant."""
    shop.write("shop/src/app/__init__.py", "from app import patches")
    shop.write("shop/src/app/patches.py", WRONG)
    line = start(shop, "check", ".").stdout.splitlines()[0]
    assert line.startswith("src/app/patches.py:6: BK301 unreadable provider: the patches of 'app' cannot be loaded: ")
    assert line.endswith(f"DeclarationError: patch 'mine-1': {TOLD} (and 1 more)")


def test_wrong_declaration_of_an_installed_project(shop):
    """A module that pyproject.toml and metadata both lead to is one error, with no fields but those that are meant."""
    shop.write("shop/src/app/patches.py", WRONG)
    shop.write("shop/pyproject.toml", ENTRY_POINTS.format("patches", 'victim = "app.patches"'))
    shop.distribution("shop", "1", {"victim": "app.patches"})
    done = start(shop, "status", PYTHONPATH=f"{shop.folder}{os.pathsep}{shop.folder / 'shop' / 'src'}")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"backportkit: the patches of 'shop' cannot be loaded: DeclarationError: patch 'mine-1': {TOLD} (and 1 more)",
        "  target:   victim:f",
        "  - resolvs: there is no such field; did you mean resolves?",
        "  next:     correct the declaration",
    ]


@pytest.mark.parametrize(
    ("line", "deed"),
    [
        (["status"], "read"),
        (["status", "mine-2", "mine-3"], "found"),
        (["status", "--provider", "a", "--provider", "b"], "found"),
        (["prove", "mine-2", "mine-3"], "proved"),
    ],
)
def test_heading_of_several_errors(shop, line, deed):
    """The line above them says what could not be done, and nothing of applying where nothing was to be applied."""
    if deed == "read":
        shop.write("shop/pyproject.toml", ENTRY_POINTS.format("patches", 'victim = "app.a"\njson = "app.b"'))
    first = start(shop, *line).stderr.splitlines()[0]
    assert first == f"backportkit: 2 errors kept patches from being {deed}"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("[tool.backportkit]\nbogus = 1", "has an unknown setting: bogus"),
        ('[tool.backportkit]\ndisable = "mine-1"', "has disable = 'mine-1'"),
        ("[tool.backportkit]\nenable = [5]", "has enable = [5]"),
        ('[tool.backportkit]\nsupersede = ["mine-1"]', "has supersede = ['mine-1']"),
        ("[tool.backportkit]\nsupersede = {a = 1}", "has supersede = {'a': 1}"),
        ("[tool]\nbackportkit = 5", "has no table [tool.backportkit]"),
    ],
)
def test_wrong_settings_of_the_project_are_an_error(shop, settings, told):
    """Nothing is judged by half of them; what is installed is shown, and `status` ends with 2 as `check` does."""
    shop.distribution("theirs", "1.0", {"victim": "theirs"})
    shop.write("theirs.py", PATCHES.replace("mine-1", "theirs-1"))
    shop.write("shop/pyproject.toml", settings)
    for arguments in (["check"], ["check", "."], ["status", "--json"], ["prove", "theirs-1"]):
        done = start(shop, *arguments)
        assert (done.returncode, told in done.stderr) == (2, True), (arguments, done.stderr)
        assert arguments[0] != "status" or states(done)["theirs-1"] == "waiting"


def test_patch_of_a_module_that_is_named_may_supersede(shop):
    """A patch that the project's own modules declare is the application's, and may supersede across providers."""
    shop.distribution("theirs", "1.0", {"victim": "theirs"})
    shop.write("theirs.py", PATCHES.replace("mine-1", "theirs-1"))
    shop.write("shop/src/app/patches.py", PATCHES.replace('"mine-1"', '"mine-1", supersedes="theirs-1"'))
    done = start(shop, "status", "--json")
    assert {"mine-1": "waiting", "theirs-1": "disabled"}.items() <= states(done).items()
    assert "BK210" not in start(shop, "check").stdout


def test_module_of_the_project_that_fails_hides_no_other_patch(shop):
    """A healthy patch is shown, with the broken module named; `status` ends with 2, and an unknown id says why."""
    shop.write("shop/pyproject.toml", PROJECT.format('"app.patches", "app.broken"'))
    shop.write("shop/src/app/broken.py", "nobody\n")
    for command in ("explain", "diff"):
        done = start(shop, command, "mine-1")
        assert (done.returncode, done.stdout != "") == (0, True)
        assert "name 'nobody' is not defined" in done.stderr
    done = start(shop, "status", "--json")
    assert (done.returncode, states(done)["mine-1"]) == (2, "waiting")
    assert "name 'nobody' is not defined" in start(shop, "explain", "other-1").stderr


def test_provider_that_fails_hides_no_other_patch(shop):
    """`explain` and `diff` show a patch although another provider cannot be read, and name that one."""
    shop.distribution("broken", "1.0", {"victim": "broken_patches"})
    shop.write("broken_patches.py", "nobody\n")
    for arguments in (["explain", "mine-1"], ["diff", "mine-1"]):
        done = start(shop, *arguments)
        assert (done.returncode, done.stdout != "") == (0, True)
        assert done.stderr.count("the patches of 'broken' cannot be loaded: NameError") == 1


def test_pyproject_that_is_no_toml_hides_no_patch(shop):
    """A file that cannot be read is told, and what installed providers declare is shown."""
    shop.write("shop/pyproject.toml", "[")
    shop.distribution("theirs", "1.0", {"victim": "theirs"})
    shop.write("theirs.py", PATCHES.replace("mine-1", "theirs-1"))
    done = start(shop, "status", "--json")
    assert (done.returncode, states(done)["theirs-1"]) == (2, "waiting")
    assert "cannot be read as TOML" in done.stderr


@pytest.mark.parametrize(
    ("module", "step"),
    [
        ("app.broken", "mend the module app.broken"),
        ("app.nothing", "give --import the dotted name"),
        ("src/app/nothing.py", "give --import the dotted name"),
        ("app.patches.inner", "give --import the dotted name"),
    ],
)
def test_module_that_is_imported_first_and_fails(shop, module, step):
    """A module that is there and fails is to be mended; one that is not there is to be named."""
    shop.write("shop/src/app/broken.py", "import no_such_thing\n")
    done = start(shop, "explain", "mine-1", "--import", module)
    assert (done.returncode, step in done.stderr) == (2, True), done.stderr
