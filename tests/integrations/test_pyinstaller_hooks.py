"""The hooks for PyInstaller collect what patches need, and an application reads it; tests/tools has real builds."""

from __future__ import annotations

import pytest

PATCHES = """
    from backportkit import backport
    import helpers
    @backport("victim:f", requires="victim<2", id="one", callbacks={"after_apply": "other:called"})
    def f():
        "what breaks"
        return "new"
"""


@pytest.fixture
def provided(world):
    """A world with a provider of a patch that names a callback in another module."""
    world.provide("def f(): return 'old'\n", PATCHES)
    world.write("helpers.py", "")
    return world


def test_needs_are_what_patches_name(provided):
    """A bundle needs the declaring module, the one of the callbacks, the target, and the provider's metadata."""
    script = """
        import sys
        from backportkit.integrations.pyinstaller import needs
        found = needs()
        for key in found:
            print(key, *[name for name in found[key] if not name.startswith("backportkit")])
        print("victim" in sys.modules, "requests.utils" in found["patched"], "backportkit" in found["providers"])
    """
    modules, patched, providers, last = provided.run(script)
    assert modules == "modules other provider"
    assert "victim" in patched.split()
    assert providers == "providers provider"
    assert last == "False True True"


def test_hook_directory_has_the_hooks():
    """The entry point leads PyInstaller to them."""
    from importlib.metadata import entry_points
    from pathlib import Path

    (entry,) = entry_points(group="pyinstaller40", name="hook-dirs", module="backportkit.integrations.pyinstaller")
    (folder,) = entry.load()()
    assert sorted(path.name for path in Path(folder).glob("hook-*.py")) == [
        "hook-backportkit.py",
        "hook-backportkit_patches.py",
    ]


FROZEN = """
    import os, sys
    sys.frozen = True
    import backportkit
    from backportkit import backport
    from backportkit.declaration import bundled
    bundled.NAME = os.path.abspath("versions.json")

    @backport("victim:f", requires="victim<2", id="one", summary="what breaks")
    def f():
        return "new"

    backportkit.apply_all()
    import victim
    (status,) = [status for status in backportkit.status() if status.id == "one"]
    print(status.state, status.installed, victim.f())
"""


@pytest.mark.parametrize(
    ("versions", "found"), [('{"Victim": "1.5"}', "applied {'victim': '1.5'} new"), (None, "dormant {} old")]
)
def test_version_is_that_of_the_build(world, versions, found):
    """An application without the metadata of a distribution takes the version that it was built with."""
    world.write("victim.py", "def f(): return 'old'\n")
    if versions:
        world.write("versions.json", versions)
    assert world.run(FROZEN) == [found]


def test_versions_are_those_of_what_is_installed(provided):
    """The file that a build carries names each distribution with its version."""
    script = """
        import json
        from backportkit.integrations.pyinstaller import write_versions
        with open(write_versions(".")) as file:
            print(json.load(file)["victim"])
    """
    assert provided.run(script) == ["1.5"]
