"""Finders that claim what is patched, in activated environments and under `backportkit run`."""

from __future__ import annotations

import pytest

# `inner` is the package whose module `inner.late` the provider of the environment patches.
CLAIMS = """
import sys
from importlib.machinery import PathFinder
class Claims:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "inner":
            return PathFinder.find_spec(name, path, target)
sys.meta_path.insert(0, Claims())
"""
WAYS = {"activated": ("prepared", []), "run": ("fresh", ["-m", "backportkit", "run"])}


@pytest.fixture(params=WAYS)
def lines(request):
    """Run code in an environment of either kind, after a finder that claims `inner` has gone to the front."""
    fixture, command = WAYS[request.param]
    environment = request.getfixturevalue(fixture)
    return lambda code: environment.lines(*command, "-c", CLAIMS + code)


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import inner.late, wave; print(inner.late.f())", ["new"]),
        ("import wave, inner.late; print(inner.late.f())", ["new"]),
        ("import inner, wave, inner.late; print(inner.late.f())", ["new"]),
        ("import inner.late\nclass Late:\n    import wave\n    seen = inner.late.f()\nprint(Late.seen)", ["new"]),
    ],
)
def test_claimed_module_is_patched_as_soon_as_an_import_reaches_us(lines, code, printed):
    """The finder that a start puts there knows modules, whether it learned of them from a manifest or not."""
    assert lines(code) == printed


def test_last_import_that_is_claimed_is_said_to_be_unpatched_and_apply_all_patches_it(lines):
    """A module that is missed by the last import stays unpatched, whatever is asked, until apply_all() patches it."""
    code = """
import inner.late, backportkit
sys.meta_path.insert(0, Claims())
del sys.modules["inner.late"]
import inner.late
states = lambda: [str(one.state) for one in backportkit.status() if one.id == "provider-1"]
print(inner.late.f(), backportkit.is_applied("provider-1"), *states(), *states(), inner.late.f())
backportkit.apply_all()
print(inner.late.f(), backportkit.is_applied("provider-1"))
"""
    assert lines(code) == ["old False failed failed old", "new True"]


def test_first_import_that_is_claimed_is_patched_by_apply_all_though_the_environment_is_active(lines):
    """A target that was missed although the start had armed its patch is patched by a call of `apply_all`."""
    code = """
import backportkit.startup
sys.meta_path.insert(0, Claims())
import inner.late
print(inner.late.f())
backportkit.startup.apply_all()
print(inner.late.f())
"""
    assert lines(code) == ["old", "new"]


def test_threads_that_import_while_a_module_is_claimed_leave_it_patched(lines):
    """The first import of any thread that reaches the finder patches the missed module, and no import fails."""
    code = """
import threading
names = ["wave", "colorsys", "netrc", "plistlib", "sched", "inner.late"]
problems = []
def work(offset):
    for number in range(len(names)):
        try: __import__(names[(number + offset) % len(names)])
        except BaseException as error: problems.append(repr(error))
threads = [threading.Thread(target=work, args=[number]) for number in range(len(names))]
for thread in threads: thread.start()
for thread in threads: thread.join(60)
import symtable
print(problems, sys.modules["inner.late"].f())
"""
    assert lines(code) == ["[] new"]


def test_claimed_package_whose_patches_are_for_other_releases_loads_no_engine(fresh):
    """The manifest says that no patch is meant for a package that was missed, so that no engine is loaded."""
    fresh.install("idle", "2.0", "idle.py", "")
    fresh.provide("idle_patches", "idle:f")
    fresh.lines("-m", "backportkit", "activate")
    claims = CLAIMS.replace('"inner"', '"idle"')
    state = "print('backportkit.engine.verbs' in sys.modules, type(sys.meta_path[0]).__name__)"
    assert fresh.lines("-c", f"{claims}\nimport idle, wave, symtable\n{state}") == ["False BootstrapFinder"]
