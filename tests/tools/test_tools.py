"""Other people's tools: what they import is patched by `apply_all()`, under `backportkit run`, and activated."""

from __future__ import annotations

import pytest
from scenarios import ADDED_TO, APPLY_ALL, SCENARIOS, VICTIM

pytestmark = pytest.mark.tools

PACKAGES = ("pytest", "anyio", "typeguard", "inline-snapshot", "syrupy", "hypothesis", "faker", "coverage", "jaxtyping")
PACKAGES += ("beartype", "ipython", "gevent", "eventlet")

REPLACED = """
from backportkit import backport

@backport("victim:f", requires="victim<2", id="victim-f", summary="what breaks")
def f(x: int = 1) -> str:
    return "new"

@backport("victim.inner:g", requires="victim<2", id="victim-g", summary="what breaks")
def g():
    return "new"
"""

ADDED = """
@backport("{module}:backported", how="add", requires="{name}", unbounded_because="a test", id="{module}", summary="s")
def backported():
    return "new"
"""


@pytest.fixture(scope="module")
def tools(make_tools):
    """An environment with all of them, and a provider that patches a package and some of the tools themselves."""
    tools = make_tools("tools", *PACKAGES)
    tools.install("victim", VICTIM)
    modules = [(name, module) for name, inner in ADDED_TO.items() for module in (name, inner)]
    patches = [ADDED.format(module=module, name=name.replace("_", "-")) for name, module in modules]
    names = "\n".join(f"{name} = theirs" for name in ["victim", *ADDED_TO])
    tools.install("theirs", {"theirs.py": REPLACED + "".join(patches)}, f"[backportkit.patches]\n{names}\n")
    return tools


@pytest.fixture
def activated(tools):
    """The same, activated."""
    tools.lines("backportkit", "activate", cwd=tools.site)
    yield tools
    tools.lines("backportkit", "deactivate", cwd=tools.site)


def write(folder, scenario, way):
    for name, text in scenario.files.items():
        (folder / name).write_text(text.replace("{way}", way), "utf-8")


def result(done):
    """Return the text that a program printed behind RESULT."""
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    return line.partition(" ")[2]


named = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.tool)


@named
def test_program_that_calls_apply_all(tools, tmp_path, scenario):
    """Patched where the program itself calls `apply_all()` first."""
    write(tmp_path, scenario, APPLY_ALL)
    done = tools.start(*scenario.command, cwd=tmp_path)
    assert result(done) == scenario.expected


@named
def test_program_under_run(tools, tmp_path, scenario):
    """Patched under `backportkit run`."""
    write(tmp_path, scenario, "")
    done = tools.start("backportkit", "run", *scenario.command, cwd=tmp_path)
    assert result(done) == scenario.expected


@named
def test_program_of_an_activated_environment(activated, tmp_path, scenario):
    """Patched where the environment is activated."""
    write(tmp_path, scenario, "")
    done = activated.start(*scenario.command, cwd=tmp_path)
    assert result(done) == scenario.expected
