"""`check` looks for the reproducer, and asks whose package it is that a patch changes."""

from __future__ import annotations

import functools
import json

import pytest

from backportkit.check import named
from backportkit.declaration.reference import Reference

pytestmark = pytest.mark.warm


@pytest.fixture
def found_in(world, start):
    """The findings with a code that `backportkit check` has on a patch of `victim:f`: their messages."""

    def found(code, **fields):
        patch = {"id": "one", "summary": "s", "requires": "victim<2", "target": "victim:f", "value": 1}
        world.write("patches.json", json.dumps({"patch": [patch | fields]}))
        done = start(world, "check", "patches.json", "--json")
        assert done.stdout, done.stderr
        return [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == code]

    return found


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("package.mod:reproduce", None),
        ("package.mod:Cls.static", None),
        ("package.mod:made", None),
        ("package.mod:reproduced", "package.mod has no 'reproduced' (there is 'reproduce')"),
        ("package.mod:nothing", "package.mod has no 'nothing'"),
        ("package.mod:Cls.nothing", "package.mod:Cls has no 'nothing'"),
        ("package.gone:reproduce", "there is no module package.gone"),
    ],
)
def test_reproducer_that_is_not_there_is_found(world, found_in, run, told):
    """Its module or its name is missing, by the source; it is not imported."""
    text = "raise SystemExit\ndef reproduce(): pass\nclass Cls:\n    def static(): pass\nmade = reproduce\n"
    world.write("package/mod.py", text)
    expected = [] if told is None else [f"the reproducer {run} is not there: {told}"]
    assert found_in("BK108", reproducer={"run": run}) == expected


@pytest.mark.parametrize(
    ("run", "needs"),
    [
        ("package.mod:one", "x, key"),
        ("package.mod:Cls.method", "self"),
        ("package.mod:fed", None),
        ("package.mod:none", None),
    ],
)
def test_reproducer_with_parameters_is_found(world, found_in, run, needs):
    """Nobody gives them, unless a decorator does."""
    text = """
    import package.fixtures
    def none(x=1, *y, z=2, **rest): pass
    def one(x, *y, key): pass
    @package.fixtures.feed
    def fed(x): pass
    class Cls:
        def method(self): pass
    """
    world.write("package/mod.py", text)
    expected = [] if needs is None else [f"the reproducer {run} is called without arguments, and needs {needs}"]
    assert found_in("BK108", reproducer={"run": run}) == expected


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("'Fail.'\n    raise NotImplementedError('show it')", 3),
        ("raise NotImplementedError", 2),
        ("raise NotImplementedError\n    return 1", None),
        ("raise ValueError", None),
        ("raise", None),
        ("pass", None),
    ],
)
def test_reproducer_that_is_not_written_is_missing(world, found_in, body, line):
    """It does nothing but raise NotImplementedError; the line is named."""
    world.write("stubs.py", f"def reproduce():\n    {body}\n")
    found = found_in("BK102", reproducer={"run": "stubs:reproduce"})
    expected = [f"the reproducer stubs:reproduce is not written yet: stubs.py:{line} raises NotImplementedError"]
    assert found == ([] if line is None else expected)


@pytest.mark.parametrize(
    ("run", "needs"), [(lambda x: x, "x"), (lambda x=1: x, None), (functools.partial(print), None)]
)
def test_function_with_parameters_is_found(declare, run, needs):
    """It is found as well where the function itself was given."""
    run = Reference.to(run, "mod:run")
    found = named.judge(declare(target="victim:f", value=1, reproducer=run))
    told = [one.message for one in found if one.code == "BK108"]
    assert told == ([] if needs is None else [f"the reproducer mod:run is called without arguments, and needs {needs}"])


@pytest.fixture
def shared(world):
    """Distributions that say which packages they have."""
    world.write("victim.py", "f = 1\n")
    (world.folder / "space").mkdir()
    world.write("known.py", "f = 1\n")
    (world.distribution("The.Victim", "1.0") / "top_level.txt").write_text("victim\nspace\n", "utf-8")
    (world.distribution("known", "1.0") / "top_level.txt").write_text("other\n", "utf-8")
    return world


@pytest.mark.parametrize(
    ("requires", "target", "found"),
    [
        ("victm<2", "victim:f", True),
        (["victm<2", "python<4"], "victim:f", True),
        ("the-victim<2", "victim:f", False),
        (["other<2", "the_victim<2"], "victim:f", False),
        ("victim<2", "victim:f", True),
        ("known<2", "known:f", False),
        ("other<2", "known:f", False),
        ("other<2", "space.mod:f", False),
        ("other<2", "absent:f", False),
        ("python<4", "json:loads", False),
    ],
)
@pytest.mark.usefixtures("shared")
def test_target_of_another_distribution_is_found(found_in, requires, target, found):
    """A target is found to belong to a distribution that `requires` does not name, if its distribution is known."""
    messages = found_in("BK109", requires=requires, target=target)
    assert bool(messages) is found
    assert all(one.startswith("victim belongs to The.Victim, and `requires` is about ") for one in messages)


@pytest.mark.usefixtures("shared")
def test_broken_metadata_of_a_neighbour_are_no_reason_to_fail(shared, found_in):
    """Then nobody knows whose the package is."""
    folder = shared.distribution("broken", "1.0")
    (folder / "top_level.txt").write_bytes(b"\xff\xfe\xff")
    assert found_in("BK109", requires="victm<2") == []
