"""A reproducer runs with few of the user's variables and with an empty home, and what a checkout says is not obeyed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import warm
from package_index import Index, installable

from backportkit.declaration.record import Patch
from backportkit.proof import choose, pins, variables

pytestmark = pytest.mark.warm

PATCHES = """
import json, os
from pathlib import Path
from backportkit import Patch, register

def reproduce():
    import victim
    seen = dict(os.environ, entries=os.listdir(os.environ["HOME"]))
    (Path(__file__).parent / "seen.json").write_text(json.dumps(seen))
    assert victim.f() == "new", f"f() gave {{victim.f()}}"

def f(): return "new"

register(Patch(id="victim-1", requires="victim>=1,<2", summary="f() gives the wrong answer", target="victim:f",
               replacement="provider:f", reproducer=dict(run="provider:reproduce", expect="gave old$", {})))
"""


@pytest.fixture
def seen(world):
    """Proves a patch with these variables and options, and returns the variables that its reproducer has seen last."""
    world.provide("def f(): return 'old'\n", PATCHES.format(""))

    def prove(*line, **env):
        folders = {"PYTHONPATH": str(world.folder), "TMPDIR": str(world.folder)}
        done = warm.run(["-m", "backportkit", "prove", "victim-1", *line], world.folder, folders | env)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads((world.folder / "seen.json").read_text())

    return prove


def test_few_variables(seen):
    """Of the user's variables a reproducer gets those of an allow-list: no token, no password, no address."""
    secrets = {"BACKPORTKIT_X": "1", "UV_INDEX_URL": "http://me:canary@127.0.0.1:9/", "PIP_EXTRA": "1", "XDG_MINE": "1"}
    found = seen(**secrets)
    assert found.keys() & secrets.keys() == set()
    own = {"HOME", "PYTHONPATH", "BACKPORTKIT_DISABLE", "TMPDIR", "LC_CTYPE", "entries"}
    assert {name for name in found if name not in variables.usual(os.environ, "")} <= own
    assert found["PATH"] == os.environ["PATH"]


def test_home_is_empty(seen, world):
    """The home of a reproducer is an empty folder of its run, which is gone afterwards."""
    found = seen(HOME=str(world.folder))
    assert (found["entries"], Path(found["HOME"]).name, Path(found["HOME"]).exists()) == ([], "scratch", False)


def test_declared_variables(seen, world):
    """What a declaration says of its variables counts before the empty home."""
    world.write("provider.py", PATCHES.format(f'environment={{"HOME": {str(world.folder)!r}, "UV_X": "mine"}}'))
    found = seen(UV_X="users")
    assert (found["HOME"], found["UV_X"]) == (str(world.folder), "mine")


def test_variable_that_is_passed_on(seen, world):
    """What the user passes on by --env is there, also the home, and nothing beside it."""
    found = seen("--env", "UV_X", "--env", "HOME", UV_X="1", UV_Y="1", HOME=str(world.folder))
    assert (found["UV_X"], "UV_Y" in found, found["HOME"]) == ("1", False, str(world.folder))


def test_variable_that_is_not_set(world):
    """A variable that is to be passed on and is not set is wrong usage."""
    done = warm.run(["-m", "backportkit", "prove", "victim-1", "--env", "UV_NOT_SET"], world.folder)
    assert (done.returncode, "not set: UV_NOT_SET" in done.stderr) == (2, True)


def test_windows_has_a_list_of_its_own():
    """On Windows a process gets what it cannot start without, and all that makes a home is empty."""
    given = {"SYSTEMROOT": "C:\\Windows", "TEMP": "C:\\T", "APPDATA": "C:\\me", "USERPROFILE": "C:\\me", "X_TOKEN": "1"}
    found = variables.usual(given, "scratch", system="nt")
    homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), "scratch")
    assert found == {"SYSTEMROOT": "C:\\Windows", "TEMP": "C:\\T"} | homes
    assert variables.usual(given, "scratch", system="posix") == {"TEMP": "C:\\T", "HOME": "scratch"}


# --- the settings of a checkout ---


@pytest.fixture
def forging(resolvable, tmp_path_factory, monkeypatch):
    """An index that a checkout names, which has another `victim` 1.0 and a 1.9, and the working directory there."""
    made = Index(tmp_path_factory.mktemp("forging"))
    for version in ("1.0", "1.9"):
        made.put(f"victim-{version}-py3-none-any.whl", installable(version, "def f(): return 'forged'\n"))
    checkout = resolvable.folder / "checkout"
    (checkout / "below").mkdir(parents=True)
    monkeypatch.chdir(checkout / "below")
    choose._version_at.cache_clear()
    yield made
    made.close()


def name_in(name, index):
    """Write the settings of a checkout that name an index."""
    table = "tool.uv." if name == "pyproject.toml" else ""
    project = '[project]\nname = "checkout"\nversion = "1"\n' if table else ""
    Path.cwd().parent.joinpath(name).write_text(f'{project}[[{table}index]]\nurl = "{index.address}"\n')


@pytest.mark.parametrize("name", ["uv.toml", "pyproject.toml"])
def test_forging_index_is_not_asked_for_an_environment(resolvable, forging, name):
    """What an environment is built from comes from the user's index, whatever the checkout names."""
    name_in(name, forging)
    patch = Patch(id="victim-1", summary="s", requires="victim>=1,<2", target="victim:f", replacement="os:getcwd")
    assert [str(one.version) for one in choose.Releases().newest(patch)] == ["1.0"]
    (victim, *_) = pins.resolve(["victim"], "victim-1").pinned
    assert victim.hashes == (resolvable.files["victim-1.0-py3-none-any.whl"][1]["hashes"]["sha256"],)
    assert forging.asked == []


COMMANDS = {
    "prove": ["prove", "victim-1", "--matrix"],
    "history": ["history", "victim:f"],
    "new": ["new", "victim:f"],
    "diff": ["diff", "victim-1", "--against", "1.0"],
    "preview": ["preview", "victim==1.0"],
    "check": ["check", "--upstream"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("is_obeyed", [False, True])
def test_forging_index_is_not_asked_by_a_command(resolvable, forging, command, is_obeyed):
    """The index that a checkout names is asked only with --project-config."""
    name_in("uv.toml", forging)
    Path("pyproject.toml").write_text('[project]\nname = "mine"\n[tool.backportkit]\nmodules = ["provider"]\n')
    Path("provider.py").write_text(PATCHES.format(""))
    line = [*COMMANDS[command], *(["--project-config"] if is_obeyed else [])]
    done = warm.run(["-m", "backportkit", *line], Path.cwd(), resolvable.variables)
    assert (forging.asked != []) == is_obeyed, done.stderr + done.stdout
    assert is_obeyed or resolvable.asked != [], done.stderr + done.stdout
