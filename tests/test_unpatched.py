"""A patch is out for the length of a `with unpatched` block, and until the last of several has ended."""

from __future__ import annotations

import pytest
from test_engine import script

pytestmark = pytest.mark.warm


def test_blocks_that_overlap(world):
    """The patch comes back with the end of the last block, whichever thread has it."""
    text = """
    import threading, victim
    backportkit.apply_all()
    inside, leave = threading.Event(), threading.Event()
    def other():
        with backportkit.unpatched("victim-1"):
            inside.set(); leave.wait()
    thread = threading.Thread(target=other)
    thread.start(); inside.wait()
    with backportkit.unpatched("victim-1"):
        leave.set(); thread.join()
        print(victim.f(), state())
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted", "new applied"]


def test_block_within_a_block(world):
    """The end of an inner block changes nothing."""
    text = """
    import victim
    backportkit.apply_all()
    with backportkit.unpatched("victim-1"):
        with backportkit.unpatched("victim-1"): pass
        print(victim.f(), state())
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted", "new applied"]


def test_block_that_begins_as_another_ends(world):
    """A block that begins while the last one brings the patch back has it out."""
    text = """
    import victim
    blocks = []
    def begin(module):
        if blocks == [None]:
            blocks[0] = backportkit.unpatched("victim-1")
            blocks[0].__enter__()
    declare(callbacks={"after_apply": begin, "after_undo": lambda module: None})
    backportkit.apply_all()
    with backportkit.unpatched("victim-1"): blocks.append(None)
    print(victim.f(), state())
    blocks[0].__exit__(None, None, None)
    print(victim.f(), state())
    """
    assert world.run(script(world, text, declares=False)) == ["old reverted", "new applied"]


@pytest.mark.parametrize("undo", ['unpatch("victim-1")', "unpatch_all()"])
def test_undone_within_a_block(world, undo):
    """A patch that is undone for good within a block does not come back at its end."""
    text = f"""
    import victim
    backportkit.apply_all()
    with backportkit.unpatched("victim-1"): backportkit.{undo}
    print(victim.f(), state())
    backportkit.apply_all()
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted", "new applied"]


def test_nothing_to_bring_back(world):
    """A patch that was not armed is not after the block either."""
    text = """
    import victim
    with backportkit.unpatched("victim-1"): pass
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old waiting"]
