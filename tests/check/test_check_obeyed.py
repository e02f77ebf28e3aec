"""Each next step of `check`, `diff` and `explain` is one that can be taken."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

FIELDS = 'id="victim-1", summary="s", fixes="https://x.example/1", reproducer="platform:platform"'

OR = "or install what has it: pip install -e . for the project itself"
BODIES = {
    "replace": "def f(a): yield 1",
    "wrap": "def f(original):\n    def inner(a): yield 1\n    return inner",
}


def found(start, world, *, patches, victim=""):
    """Return the code, message and next step of each finding about patches."""
    world.provide(victim, f"from backportkit import *\n{patches}\n")
    done = start(world, "check", "provider", "--json")
    assert done.stdout, done.stderr
    return [(one["code"], one["message"], one["next_step"]) for one in json.loads(done.stdout)["findings"]]


def register(target, **fields):
    given = "".join(f", {name}={value!r}" for name, value in {"requires": "victim<2", **fields}.items())
    return f"register(dict(target={target!r}, {FIELDS}{given}))"


@pytest.mark.parametrize(
    ("requires", "both", "question"),
    [
        (["victim>=1,<2", "victim>=3"], "victim<2,>=1 and victim>=3", ("victim<2,>=1", "victim>=3")),
        (["python>=3", "Victim<2", "victim>=3"], "Victim<2 and victim>=3", ("Victim<2", "victim>=3")),
        (["victim<2", {"any_of": ["victim>=3,<4", ["victim<3", "python>=3"]]}], "victim<2 and victim<4,>=3", None),
    ],
)
def test_contradiction(start, world, requires, both, question):
    """Ranges of one distribution that no version is in together are an error, with the alternatives that are meant."""
    (one,) = (
        one[1:]
        for one in found(start, world, patches=register("victim:X", value=1, requires=requires))
        if one[0] == "BK105"
    )
    meant = "" if question is None else f"; did you mean any_of{question}?"
    assert one == (f"no version can meet both {both}", f"correct `requires`{meant}")


def test_markers(start, world):
    """Ranges with different markers need not be met together."""
    requires = ["victim<2; python_version<'3'", "victim>=3,<4; python_version>='3'"]
    assert found(start, world, patches=register("victim:X", value=1, requires=requires)) == []


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("victim:X", {"value": 2}),
        ("victim:X", {"replacement": "json:dumps"}),
        ("victim:ITEMS['a']", {"value": 2}),
        ("victim:made", {"replacement": "json:dumps", "signature": "change"}),
    ],
)
def test_no_fingerprint(start, world, target, fields):
    """A fingerprint is asked for only where there is one."""
    victim = 'X = "{%"\nITEMS = {"a": 1}\nmade = len\n'
    assert "BK104" not in [one[0] for one in found(start, world, victim=victim, patches=register(target, **fields))]


def test_fingerprint(start, world):
    """The finding about a missing fingerprint is told of a function that is meant, and not of what is dormant."""
    patches = register("victim:f", replacement="json:dumps", signature="change")
    (one,) = found(start, world, victim="def f(): ...\n", patches=patches)
    assert (one[0], one[2]) == ("BK104", "add the fingerprint that this shows: backportkit explain victim-1")


@pytest.mark.parametrize(
    ("target", "value", "shown"),
    [
        ("victim:X", "", "'{%'"),
        ("victim:ITEMS['a']", "", "1"),
    ],
)
def test_original_of_a_value(start, world, target, value, shown):
    """`original` of a plain value is an error, as at run time."""
    victim = 'X = "{%"\nITEMS = {"a": 1}\n'
    patches = register(target, value=value, original="ast1:0123456789ab")
    assert found(start, world, victim=victim, patches=patches) == [
        (
            "BK213",
            f"expected ast1:0123456789ab, found {shown}, which is not written in Python",
            "drop original=...: a value has no fingerprint, so rely on the range",
        )
    ]


def test_diff_and_explain_of_a_value(start, world):
    """`diff` and `explain` say that a value has no fingerprint, and ask for none."""
    found(start, world, victim='X = "{%"\n', patches=register("victim:X", value="{{"))
    told = "victim:X of victim 1.5 is a value, and has no fingerprint: compare the two by reading them"
    assert told in start(world, "diff", "victim-1").stdout.splitlines()
    page = start(world, "explain", "victim-1").stdout
    assert "  original    none, since a value has no fingerprint" in page.splitlines()
    assert "BK104" not in page


def test_half_read(start, world):
    """What a module declares before its body fails is judged, and shown as `status` shows it."""
    patches = "\n".join(register(f"victim:{name}", value=1).replace("victim-1", f"{name}-1") for name in "xy")
    findings = found(start, world, victim="x = 1\n", patches=f"{patches}\n1 / 0\n{register('victim:z', value=1)}")
    assert [code for code, *_ in findings] == ["BK301", "BK208"]
    assert start(world, "check", "provider").stdout.splitlines()[-1] == "2 patches, 0 dormant here: 2 broken"
    assert [name in start(world, "status").stdout for name in ("x-1", "y-1", "victim-1")] == [True, True, False]


def test_half_read_project(start, world):
    """As well where the project names the module."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "x = 1\n")
    world.write("patches.py", f"from backportkit import *\n{register('victim:x', value=1)}\n1 / 0")
    world.write("pyproject.toml", '[tool.backportkit]\nmodules = ["patches"]')
    assert start(world, "check", ".").stdout.splitlines()[-1] == "1 patch, 0 dormant here: 1 broken"


def test_broken_provider(start, world):
    """An entry point whose module fails is told with the line, one that leads nowhere by its name."""
    world.distribution("lost", "1.0", {"victim": "nowhere"})
    world.provide("", "import backportkit\n\n1 / 0")
    found = json.loads(start(world, "check", "--json").stdout)["findings"]
    told = [(one["path"], one["line"], one["next_step"]) for one in found if one["code"] == "BK301"]
    assert sorted(told, key=str) == [
        ("provider.py", 3, f"mend that module, {OR}"),
        (
            None,
            None,
            f"correct victim = 'nowhere' in the entry points of lost, {OR}",
        ),
    ]


def test_broken_project(start, world):
    """As well for what the project names: its pyproject.toml is to be mended where it leads nowhere."""
    world.write("broken.py", "\ndef f(:")
    world.write(
        "pyproject.toml",
        """
        [project]
        name = "mine"
        entry-points."backportkit.patches" = {victim = "nowhere"}
        [tool.backportkit]
        modules = ["broken", "absent"]
        """,
    )
    found = json.loads(start(world, "check", ".", "--json").stdout)["findings"]
    assert [(one["path"], one["line"], one["next_step"]) for one in found] == [
        (
            "pyproject.toml",
            None,
            f"correct victim = 'nowhere' in the entry points of mine, {OR}",
        ),
        ("broken.py", 2, f"mend that module, {OR}"),
        (
            "pyproject.toml",
            None,
            f"correct 'absent' in modules = [...], {OR}",
        ),
    ]


@pytest.mark.parametrize(
    ("how", "way"),
    [
        ("replace", "; or how='wrap' or how='in_place', which keep the decorator"),
        ("wrap", "; or how='in_place', which keeps the decorator"),
    ],
)
def test_lost_decorator(start, world, how, way):
    """Ways that keep a decorator are named."""
    patches = f"@backport('victim:f', how={how!r}, signature='change', requires='victim<2', {FIELDS})\n{BODIES[how]}"
    victim = "import contextlib\n@contextlib.contextmanager\ndef f(a): yield 1\n"
    (next_step,) = (one[2] for one in found(start, world, victim=victim, patches=patches) if one[0] == "BK214")
    assert next_step.endswith(way)
