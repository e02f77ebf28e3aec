"""Two patches that carry one upstream fix: the same by what their bodies do, applied once; else a conflict."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

# The name, the bodies of the two, and whether they do the same.
PAIRS = {
    "another docstring": ("'''One.'''; return ['one', None, 1]", "'''Two.'''; return ['one', None, 1]", True),
    "no docstring": ("'''One.'''; return ['one', None, 1]", "return ['one', None, 1]", True),
    "an inner docstring": ("return lambda: 1", "return lambda: 1", True),
    "a set of texts": ("return x in {'a', 'b', 'c'}", "return x in {'a', 'b', 'c'}", True),
    "1 and True": ("return ('one', 1)", "return ('one', True)", False),
    "1 and 1.0": ("return {'one': 1}", "return {'one': 1.0}", False),
    "0 and False in a set": ("return x in {0, 2}", "return x in {False, 2}", False),
    "0.0 and -0.0": ("return 0.0", "return -0.0", False),
    "a text that is no docstring": ("return 'one'", "'one'", False),
    "another attribute": ("return x.a", "return x.b", False),
    "another inner function": ("return lambda: 1", "return lambda: True", False),
    "another default": ("return x", "return x  #", True),
}


@pytest.mark.parametrize("flags", [[], ["-OO"]])
def test_one_fix_declared_twice_is_the_same_by_what_it_does_and_not_by_its_docstring(world, flags):
    """Constants are told apart by their kind: 1 is not True."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "".join(f"def f{number}(x=None): pass\n" for number in range(len(PAIRS))))
    script = f"""
import backportkit
from backportkit import register
PAIRS = {PAIRS!r}
def declare(id_, number, body):
    namespace = {{"__name__": "__main__"}}
    exec(f"def f(x=None): {{body}}", namespace)
    register(dict(id=id_, target=f"victim:f{{number}}", replacement=namespace["f"], requires="victim<2", summary="s",
                  fixes="https://upstream.example/1"))
for number, (one, other, _) in enumerate(PAIRS.values()):
    declare(f"one-{{number}}", number, one)
    declare(f"other-{{number}}", number, other)
try: import victim; backportkit.apply_all(); import victim
except backportkit.BackportError: pass
states = {{s.id: str(s.state) for s in backportkit.status()}}
for number, name in enumerate(PAIRS): print(name, states[f"one-{{number}}"], states[f"other-{{number}}"], sep="; ")
"""
    expected = [f"{name}; applied; {'applied' if same else 'conflict'}" for name, (_, _, same) in PAIRS.items()]
    assert world.run(script, flags=flags) == expected


def test_value_of_one_fix_is_the_declared_one_whatever_was_done_to_it(world):
    """A second patch that puts the same value there is the same, also where a program has changed the installed one."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "FLAG = 1\n")
    script = """
import backportkit, victim
from backportkit import register
def declare(id_):
    fields = dict(requires="victim<2", summary="s", fixes="https://upstream.example/1")
    register(dict(id=id_, target="victim:FLAG", value=[{"a": [1]}], **fields))
declare("one")
backportkit.apply_all()
victim.FLAG[0]["a"].append(2)
victim.FLAG[0]["b"] = 3
declare("other")
backportkit.apply_all()
print(victim.FLAG, *(s.state for s in backportkit.status() if s.id in {"one", "other"}))
"""
    assert world.run(script) == ["[{'a': [1, 2], 'b': 3}] applied applied"]


def test_same_body_without_an_address_of_a_fix_is_a_conflict(world):
    """Two patches with equal bodies fix the same only if both say so by `fixes`; else they are a conflict."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\n")
    script = """
import backportkit, victim
for id_ in ("one", "other"):
    backportkit.backport("victim:f", requires="victim<2", id=id_, summary="s")(lambda: "new")
try: backportkit.apply_all()
except backportkit.ConflictError as error: print(error.patch)
print(victim.f(), *(s.state for s in backportkit.status() if s.id in {"one", "other"}))
"""
    assert world.run(script) == ["other", "new applied conflict"]
