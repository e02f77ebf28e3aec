"""A replacement that leaves the rest to `*args, **kwargs` is fitted without `inspect`, or refused."""

from __future__ import annotations

import textwrap

import pytest

# The parameters of the target, those of the replacement, and whether it is plain that every call is taken.
PLAIN = [
    ("", "*args, **kwargs", True),
    ("a, b, *c, d, **e", "*args, **kwargs", True),
    ("*args, **kwargs", "*a, **k", True),
    ("a, b=1", "a, *args, **kwargs", True),
    ("a, b=1", "a, b=2, *args, **kwargs", True),
    ("a, /, b", "a, /, *args, **kwargs", True),
    ("a, b, /", "a, /, *args, **kwargs", True),
    ("a=1, b=2", "a=1, *args, **kwargs", True),
    ("a, b", "b, *args, **kwargs", False),
    ("a, b", "a, b, c, *args, **kwargs", False),
    ("a=1", "a, *args, **kwargs", False),
    ("a, b", "*args", False),
    ("a, b", "**kwargs", False),
    ("a, *, b", "a, *args, b, **kwargs", None),
    ("a, b", "a, /, *args, **kwargs", False),
    ("a, /, **b", "a, *args, **kwargs", None),
    ("a, b", "a, b=1, *args, **kwargs", None),
    ("*, a", "a, *args, **kwargs", None),
]


@pytest.mark.parametrize(("target", "replacement", "fits"), PLAIN)
def test_rest_of_the_parameters_is_taken(world, target, replacement, fits):
    """Every call of the target is taken, by functions and methods; else it is an error."""
    world.distribution("victim", "1.0")
    world.write(
        "victim.py",
        f"def f({target}): return 'old'\nclass C:\n    def method(self, {target}): return 'old'\n",
    )
    script = f"""
    import backportkit, sys, victim
    sys.modules.pop("inspect", None)
    def new({replacement}): return "new"
    def bound(self, {replacement}): return "new"
    for id, target, function in [("f-1", "victim:f", new), ("m-1", "victim:C.method", bound)]:
        backportkit.backport(target, requires="victim<2", id=id, summary="s")(function)
    try: backportkit.apply_all()
    except backportkit.ApplyError as error: print(len(error.errors), {{type(one).__name__ for one in error.errors}})
    else: print("inspect" in sys.modules)
    """
    line = world.run(textwrap.dedent(script))[0]
    assert line == {True: "False", False: "2 {'SignatureError'}", None: line}[fits]
    assert fits is not None or line in {"True", "2 {'SignatureError'}"}
