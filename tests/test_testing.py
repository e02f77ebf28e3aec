"""`backportkit.testing`: what the tests of a project that carries patches ask of them."""

from __future__ import annotations

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

VICTIM = """
def f(x): return "old"
class C:
    size = 1
"""
MINE = """
from backportkit import Reproducer, backport
@backport("victim:f", requires="victim>=1,<2", id="victim-1", reproducer=Reproducer(run="reproducers:f"))
def f(x):
    "What breaks without it."
    return "new"
@backport("victim:f", requires="victim>=2,<3", id="victim-2", reproducer=Reproducer(run="reproducers:f"))
def later(x):
    "What breaks without it."
@backport("victim:f", requires="victim>=1,<2", id="victim-3", original="ast1:000000000000")
def drifted(x):
    "What breaks without it."
@backport("victim:gone", requires="victim>=1,<2", id="victim-4", reproducer=Reproducer(run="reproducers:g"))
def gone(x):
    "What breaks without it."
"""
REPRODUCERS = """
import victim
def f(): assert victim.f(1) == "new", "the old one"
def g(): assert victim.f(1) == "other"
"""
# Prints what an assertion says.
SAY = """
import mine
from backportkit import testing
def say(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    else:
        print("fine")
"""


@pytest.fixture
def mine(world):
    """A world with `victim` 1.5, four patches of it, and a reproducer."""
    world.distribution("victim", "1.5")
    world.write("victim.py", VICTIM)
    world.write("mine.py", MINE)
    world.write("reproducers.py", REPRODUCERS)
    return world


def test_patchable_body_is_fine_and_nothing_is_imported(mine):
    """The installed body is looked at in its source."""
    script = "say(testing.assert_patchable, 'victim-1')\nimport sys; print('victim' in sys.modules)"
    assert mine.run(SAY + script) == ["fine", "False"]


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ("victim-2", "victim 1.5 is installed; the patch is for <3,>=2"),
        ("victim-3", "BK209 drifted: "),
        ("victim-4", "BK208 missing target: "),
    ],
)
def test_body_that_cannot_be_patched_is_told(mine, patch, told):
    """That it is another release's, another body, or not there, with the findings of `check`."""
    first, second, *_ = mine.run(f"{SAY}say(testing.assert_patchable, {patch!r})")
    assert first == f"AssertionError: {patch} cannot be put in:"
    assert second.startswith(told)


def test_body_that_has_the_fix_needs_no_patch(mine):
    """A patch of an absorbed body is of no use."""
    fixed = fingerprint.of_source(VICTIM, ["f"])
    mine.write(
        "mine.py", MINE.replace('id="victim-3", original="ast1:000000000000"', f'id="victim-3", fixed="{fixed}"')
    )
    assert mine.run(f"{SAY}say(testing.assert_patchable, 'victim-3')")[1].startswith("BK403 absorbed: ")


def test_proof_passes_or_shows_its_runs(mine):
    """The three runs of a patch that mends nothing stand in the message."""
    script = f"{SAY}say(testing.assert_proved, 'victim-1'); say(testing.assert_proved, 'victim-4')"
    proved, *told = mine.run(script, env={"TMPDIR": str(mine.folder)})
    assert proved == "fine"
    assert told[0].startswith("NotProvedError: victim-4: not proved with victim 1.5, Python 3.")
    assert [line.partition(":")[0] for line in told[1:4]] == [
        "without  red",
        "with     broken, should be green",
        "undone   broken, should be red",
    ]


def test_proof_in_another_environment_is_refused(mine):
    """Nothing is installed for a test."""
    assert mine.run(f"{SAY}say(testing.assert_proved, 'victim-2')") == [
        "ProofError: patch 'victim-2': cannot be proved in this environment",
        "  found:    victim 1.5 is installed; the patch is for <3,>=2",
        "  next:     backportkit prove victim-2, which makes an environment for it",
    ]


def test_unknown_patches_are_refused(mine):
    """By both assertions, with the ids that may be meant."""
    said = mine.run(f"{SAY}say(testing.assert_proved, 'victim-9'); say(testing.assert_patchable, 'victim-9')")
    assert [line for line in said if "no such patch" in line] == [
        "UnknownPatchError: patch 'victim-9': no such patch is declared here"
    ] * 2


PROVIDED = """
import backportkit, victim
from backportkit import Patch, testing
def new(x): return "new"
fields = dict(id="test-1", summary="s", requires="victim<2", target="victim:f", replacement=new)
size = dict(id="test-2", summary="s", requires="victim<2", target="victim:C.size", value=2)
"""


def test_provided_patches_are_in_force_in_the_block(mine):
    """Records and mappings are declared by who calls, and nobody knows them afterwards."""
    script = """
with testing.provided(Patch(**fields), size):
    print(victim.f(1), victim.C.size, [one.provider for one in backportkit.status() if one.id == "test-1"])
print(victim.f(1), victim.C.size, [one.id for one in backportkit.status() if one.id.startswith("test")])
"""
    assert mine.run(PROVIDED + script) == ["new 2 ['__main__']", "old 1 []"]


def test_provided_patches_end_with_an_error(mine):
    """A block that raises, and one of whose patches cannot be applied, leave nothing behind."""
    script = """
import contextlib
with contextlib.suppress(ZeroDivisionError), testing.provided(fields):
    1 / 0
print(victim.f(1))
with contextlib.suppress(backportkit.TargetError), testing.provided(fields, size | {"target": "victim:missing.size"}):
    print("never")
print(victim.f(1), [one.id for one in backportkit.status() if one.id.startswith("test")])
"""
    assert mine.run(PROVIDED + script) == ["old", "old []"]


def test_provided_patch_that_could_not_be_taken_out_goes_with_the_next(mine):
    """A patch that somebody has patched on top of at the end of a block is withdrawn when another block begins."""
    script = """
import contextlib
with contextlib.suppress(backportkit.ConflictError), testing.provided(fields):
    ours, victim.f = victim.f, len
victim.f = ours
print(victim.f(1))
with testing.provided(size): print(victim.f(1))
print([one.id for one in backportkit.status() if one.id.startswith("test")])
"""
    assert mine.run(PROVIDED + script) == ["new", "old", "[]"]


def test_what_was_declared_before_stays(mine):
    """A patch that the program has itself is in force, and goes on."""
    script = """
backportkit.register(fields)
backportkit.apply_all()
with testing.provided(fields):
    print(victim.f(1))
print(victim.f(1))
"""
    assert mine.run(PROVIDED + script) == ["new", "new"]


def test_others_are_not_armed_along(mine):
    """The patches of the program wait for its own `apply_all`."""
    assert mine.run(f"{PROVIDED}\nimport mine\nwith testing.provided(size): print(victim.f(1), victim.C.size)") == [
        "old 2"
    ]


def test_missing_library_is_named_with_its_extra(mine):
    """Where `backportkit[cli]` is not installed, a proof says so."""
    mine.write("platformdirs.py", "raise ModuleNotFoundError(name='platformdirs')\n")
    assert mine.run(f"{SAY}say(testing.assert_proved, 'victim-1')") == [
        "MissingExtraError: a proof needs platformdirs, which is not installed",
        "  next:     install 'backportkit[cli]' from where backportkit was installed, such as by pip",
    ]
