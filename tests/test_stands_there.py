"""A function that somebody has put at a target before us is named, and is not taken for the target's own."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = "def f(path):\n    return 'old'\nclass C:\n    @property\n    def size(self):\n        return 'old'\n"
PATCHES = """
import backportkit
prints = dict(original="ast1:000000000000", requires="victim<2", summary="s")
def declare(target):
    backportkit.backport(target, id="victim-1", **prints)(lambda self: "new")
    try: backportkit.apply_all()
    except backportkit.BackportError as error: print(str(error).replace(__file__, "FILE"))
import victim
"""


@pytest.fixture
def run(world):
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return lambda script: "\n".join(world.run(PATCHES + script))


def test_lambda_of_another_module(run):
    """A lambda that stands at the target is named with its file and line."""
    said = run("victim.f = lambda path: iter(())\ndeclare('victim:f')")
    assert "found:    __main__.<lambda> of FILE:10 stands there, which cannot be compared" in said
    assert "next:     call apply_all() before whoever puts that there" in said
    assert "other lines" not in said


def test_function_of_another_module(run):
    """A function with another body than the target's is named, besides its fingerprint."""
    said = run("def other(path): return 1\nvictim.f = other\ndeclare('victim:f')")
    assert "found:    ast1:" in said
    assert ": __main__.other of FILE:10 stands there" in said
    assert "diff" not in said


@pytest.mark.parametrize("target", ["victim:f", "victim:C.size", "victim:C.size.fget"])
def test_function_of_the_target_itself(run, target):
    """Another function that the module itself has defined at the target is drift, and nobody's replacement."""
    said = run(f"declare({target!r})")
    assert "run `backportkit diff victim-1` and mend the patch" in said
    assert "stands there" not in said


def test_item_of_a_mapping_is_no_stranger(run):
    """The functions of a mapping have names of their own."""
    said = run("victim.TABLE = {'a': victim.f}\ndeclare(\"victim:TABLE['a']\")")
    assert "the installed body is not the one it was written against" in said
    assert "stands there" not in said
