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


@pytest.mark.parametrize("before", ["backportkit.apply_all()", ""], ids=["in force before", "first asked for within"])
@pytest.mark.parametrize("within", ["import victim", ""], ids=["imported within", "imported before"])
def test_asked_for_within_a_block(world, before, within):
    """`apply_all` within a block leaves out what the block keeps out, which is in force at its end."""
    text = f"""
    {before if within else "import victim; " + before}
    with backportkit.unpatched("victim-1"):
        backportkit.apply_all()
        {within}
        import victim
        print(victim.f(), state())
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted", "new applied"]


def test_asked_for_within_the_inner_block(world):
    """The end of the last block brings in what `apply_all` has asked for, and no end before it."""
    text = """
    import victim
    with backportkit.unpatched("victim-1"):
        with backportkit.unpatched("victim-1"): backportkit.apply_all()
        print(victim.f(), state())
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted", "new applied"]


def test_asked_for_by_another_thread(world):
    """A block keeps a patch out whichever thread calls `apply_all`, and other patches come at once."""
    text = """
    import threading, victim
    declare("victim:C.method", id="victim-2")
    with backportkit.unpatched("victim-1"):
        thread = threading.Thread(target=backportkit.apply_all)
        thread.start(); thread.join()
        print(victim.f(), state(), state("victim-2"))
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted applied", "new applied"]


def test_block_that_begins_as_a_patch_is_put_in(world):
    """A patch that `apply_all` is putting in as a block begins is out in the block."""
    text = """
    import victim
    block = backportkit.unpatched("victim-1")
    entered = []
    def begin(module):
        if not entered: entered.append(block.__enter__())
    declare(callbacks={"after_apply": begin, "after_undo": lambda module: None})
    backportkit.apply_all()
    print(victim.f(), state())
    block.__exit__(None, None, None)
    print(victim.f(), state())
    """
    assert world.run(script(world, text, declares=False)) == ["old reverted", "new applied"]


def test_asked_for_again_after_unpatch_within_a_block(world):
    """`apply_all` after an undo within the block counts at its end."""
    text = """
    import victim
    backportkit.apply_all()
    with backportkit.unpatched("victim-1"):
        backportkit.unpatch("victim-1")
        backportkit.apply_all()
        print(victim.f(), state())
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old reverted", "new applied"]


def test_not_asked_for_within_a_block(world):
    """`apply_all` that asks for other patches brings nothing in at the end of the block."""
    text = """
    import victim
    declare("victim:C.method", id="victim-2")
    with backportkit.unpatched("victim-1"): backportkit.apply_all(only="victim-2")
    print(victim.f(), state("victim-2"))
    """
    assert world.run(script(world, text)) == ["old applied"]


def test_nothing_to_bring_back(world):
    """A patch that was not armed is not after the block either."""
    text = """
    import victim
    with backportkit.unpatched("victim-1"): pass
    print(victim.f(), state())
    """
    assert world.run(script(world, text)) == ["old waiting"]
