"""Compiled callers in real packages: a group of mypyc's, and functions of numba."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tools

PATCHES = """
from backportkit import Callbacks, register

def again(module): module.outer.recompile()
def parse_value(*args): return len(args[1:]), "new"

FIELDS = dict(summary="s", fixes="https://x.example/1", signature="change")
register(dict(id="mypyc", target="tomli._parser:parse_value", replacement=parse_value, requires="tomli<3") | FIELDS)
register(
    dict(id="numba", target="held:inner", replacement="jitted:inner", requires="held<2",
         callbacks=Callbacks(after_apply=again, after_undo=again)) | FIELDS
)
"""
HELD = "import numba\n@numba.njit\ndef inner(x): return x\n@numba.njit\ndef outer(x): return inner(x)\n"
PROGRAM = """
import backportkit, held, theirs, tomli, tomli._parser
print(tomli.loads("a = 1"), held.outer(1))
backportkit.apply_all(only=["mypyc", "numba"])
print(tomli._parser.parse_value("a", 0, None, 0)[1], tomli.loads("a = 1"), held.outer(1))
print(*[one.reason for one in backportkit.status() if one.id in {"mypyc", "numba"}], sep="\\n")
backportkit.unpatch_all()
print(held.outer(1))
"""


def test_who_keeps_the_original_is_named(make_tools, tmp_path):
    """tomli's compiled parser goes past its own names; callers of numba's follow once they are compiled anew."""
    tools = make_tools("compiled", "tomli==2.2.1", "numba")
    tools.install("held", {"held.py": HELD, "jitted.py": HELD.replace("return x", "return x + 100")})
    tools.install("theirs", {"theirs.py": PATCHES})
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    by_numba = "callers that numba has compiled keep the original of held:inner until they are compiled anew"
    assert tools.lines("python", "program.py", cwd=tmp_path) == [
        "{'a': 1} 1",
        "new {'a': 1} 101",
        "in effect in tomli._parser; compiled callers may keep the original of tomli._parser:parse_value",
        f"in effect in held; {by_numba}",
        "1",
    ]
