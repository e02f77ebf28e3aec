"""In a throw-away environment each release runs its own code; only modules that it does not have are linked."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

RELEASE = """
def f(): return "old"
def g(): return f()
def fixed(): return {!r}
"""


def outcomes(victim, *arguments):
    """Return the outcome of the patch on each release, and the reason."""
    settings = {"UV_FIND_LINKS": str(victim.folder / "wheels"), "BACKPORTKIT_CACHE": str(victim.folder / "cache")}
    done = victim.start("victim-1", "--json", *arguments, **settings)
    assert done.stdout, done.stderr
    (matrix,) = json.loads(done.stdout)
    return {cell["version"]: (cell["outcome"], cell["message"]) for cell in matrix["cells"]}


def test_replacement_in_the_patched_package(victim):
    """A replacement that is named in the patched package is that of each release, and not of the one at hand."""
    victim.world.write("victim.py", RELEASE.format("new"))
    victim.world.wheel("victim", "1.0", RELEASE.format("new"))
    victim.world.wheel("victim", "1.1", RELEASE.format("newer"))
    victim.world.wheel("victim", "1.2", RELEASE.format("new").replace("fixed", "renamed"))
    victim.declare('register(Patch(**FIELDS, target="victim:f", replacement="victim:fixed", reproducer=reproduce))')
    found = outcomes(victim, "--versions", "1.0,1.1,1.2")
    assert found["1.0"] == ("proved", "AssertionError: g() gave old")
    assert found["1.1"] == ("broken", "with: AssertionError: g() gave newer")
    assert found["1.2"][0] == "broken"
    assert "has no attribute 'fixed'" in found["1.2"][1]


def test_replacement_in_what_is_installed_there(victim):
    """A package that is installed in the environment is used there, and not the module of that name at hand."""
    victim.world.write("victimhelper.py", "def give(): return 'broken'\n")
    victim.world.wheel("victimhelper", "1.0", "def give(): return 'new'\n")
    victim.world.wheel("victim", "1.0", RELEASE.format("new"))
    victim.declare(
        """
        register(Patch(**FIELDS, target="victim:f", replacement="victimhelper:give",
                       reproducer=Reproducer(run=reproduce, packages=["victimhelper"])))
        """
    )
    assert outcomes(victim, "--versions", "1.0") == {"1.0": ("proved", "AssertionError: g() gave old")}


def test_declaration_without_names_elsewhere(victim):
    """A replacement that no name leads to is declared anew in the throw-away environment."""
    victim.world.wheel("victim", "1.0", RELEASE.format("new"))
    victim.declare("register(Patch(**FIELDS, target='victim:f', replacement=lambda: 'new', reproducer=reproduce))")
    assert outcomes(victim, "--versions", "1.0") == {"1.0": ("proved", "AssertionError: g() gave old")}
