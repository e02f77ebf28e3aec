"""A patch whose source cannot be read says so; `status`, `report` and `check` go on with the other patches."""

from __future__ import annotations

import json

import pytest
import warm

pytestmark = pytest.mark.warm

DECLARE = """
import sys
from importlib.machinery import ModuleSpec, PathFinder
from backportkit import backport
def new(): return "new"
def declare(target, by=new, **fields):
    fields = dict(id=target.partition(":")[0], requires="python<4", summary="s", required=False) | fields
    backport(target, fixes="https://x.example/pull/1", **fields)(by)
"""
ASK = """
import backportkit
backportkit.apply_all()
found = {one.id: one.reason for one in backportkit.status()}
assert found.keys() == {one.id for one in backportkit.report().patches}
"""
PRINT = 'import mine\nprint(*(found[one] for one in sys.argv[1].split(",")), sep="\\n")'


@pytest.fixture
def told(world):
    """Return what `status` says of each patch of `mine`, and the findings of `check` about them."""

    def ask(declarations, *ids):
        (world.folder / "plain.py").write_text("def f(): return 'old'\n", "utf-8")
        world.write("mine.py", DECLARE + declarations)
        reasons = world.run(f"import mine\n{ASK}\n{PRINT}", ",".join(ids))
        done = warm.run(["-m", "backportkit", "check", "mine.py", "--json"], world.folder, {})
        found = [(one["patch"], one["code"]) for one in json.loads(done.stdout)["findings"]]
        return reasons, [one for one in found if one[1] not in {"BK102", "BK104"}]

    return ask


@pytest.mark.parametrize(
    "added", ["declare('outer.inner:new', id='added', how='add')", "sys.meta_path.insert(0, Asks)"]
)
def test_namespace_package_in_a_namespace_package(world, told, added):
    """A module in a nested namespace package is read from source, also with a finder in front that asks PathFinder."""
    (world.folder / "outer" / "inner").mkdir(parents=True)
    (world.folder / "outer" / "inner" / "module.py").write_text("def f(): return 'old'\n", "utf-8")
    hook = """
class Asks:
    find_spec = staticmethod(lambda name, path=None, target=None: PathFinder.find_spec(name, path, target))
"""
    (reason,), found = told(
        f"{hook}{added}\ndeclare('outer.inner.module:f', fixed='ast1:000000000000')", "outer.inner.module"
    )
    assert reason == ("outer.inner.module is not imported yet; the body on disk is the one that it was written against")
    assert found == []


def test_finder_or_loader_that_raises(told):
    """A foreign finder or loader that raises makes the body unknown, and the reason has its words."""
    (finds, loads, plain), found = told(
        """
class Loads:
    def get_source(self, name): raise RuntimeError("no text")
class Raises:
    def find_spec(name, path=None, target=None):
        if name == "finds":
            raise RuntimeError("not found out")
        return ModuleSpec(name, Loads()) if name == "loads" else None
sys.meta_path.insert(0, Raises)
for name in ("finds", "loads", "plain"):
    declare(name + ":f", original="ast1:000000000000")
""",
        *("finds", "loads", "plain"),
    )
    why = "finds cannot be looked for, since a finder raised RuntimeError: not found out"
    assert finds == f"finds is not imported yet; the body on disk is not known ({why})"
    assert loads == "loads is not imported yet; the body on disk is not known (no text)"
    assert plain.startswith("plain is not imported yet; the body on disk is not the one")
    assert found == [("finds", "BK206"), ("loads", "BK206"), ("plain", "BK209")]


def test_source_that_is_too_deep_to_follow(world, told):
    """A chain of `elif` is as deep as it is long, and so is a sum."""
    chain = "".join(f"elif x == {number}:\n    def f(): pass\n" for number in range(900))
    deep_sum = f"def long(): return ({' + '.join(['x'] * 900)})\n"
    (world.folder / "deep.py").write_text(f"x = 5\nif x < 0:\n    pass\n{chain}{deep_sum}", "utf-8")
    (deep, plain), found = told(
        f"""
declare("deep:f", original="ast1:000000000000")
declare("plain:f", original="ast1:000000000000")
{deep_sum}
declare("deep:long", long, id="long", namespace="target", original="ast1:000000000000")
""",
        *("deep", "plain"),
    )
    assert deep.startswith(
        "deep is not imported yet; the body on disk is not known (the source of deep cannot be followed"
    )
    assert plain.startswith("plain is not imported yet; the body on disk is not the one")
    assert found == [("deep", "BK206"), ("plain", "BK209"), ("long", "BK209")]
