"""Rebind the copies that `from module import name` left in 2,500 loaded modules."""
# ruff: noqa: S102 - the modules are made without files

from __future__ import annotations

import gc
import sys
from types import ModuleType

TITLE = "Rebinding copies in 2,500 loaded modules"
SIZE, SIZES = "patches", (1, 100, 400)
UNIT, REPEATS = "pass", (2, 4)  # there and back
WARM = True
BASE = "one pass by hand"
MODULES = 2500
ONLY = {"name by name": (1, 100), "gc.get_referrers": (1,)}

# What a module of torch has, roughly: 41 names, of which some are classes.
SOURCE = """
import os, sys
NAMES = ["one", "two"]
TABLE = {"one": 1, "two": 2}
NUMBER = 1
"""
METHODS = "\n".join(f"  def m{number}(self): return self" for number in range(8))
SOURCE += "\n".join(f"def f{number}(a): return a" for number in range(20))
SOURCE += "\n".join(f"\nclass C{number}:\n{METHODS}" for number in range(4))


def world(size):
    """Modules with three copies of each patched function, one of them renamed; the functions and their successors."""
    code = compile(SOURCE, "generated", "exec")
    modules = [ModuleType(f"loaded{number}") for number in range(MODULES)]
    for module in modules:
        exec(code, vars(module))
        sys.modules[module.__name__] = module
    owners = [modules[number % 300] for number in range(size)]
    names = [f"f{number // 300}" for number in range(size)]
    old = [getattr(owner, name) for owner, name in zip(owners, names, strict=True)]
    for place, function in enumerate(old):
        for copy in range(3):
            name = f"renamed{place}" if copy == 2 else f"copied{place}"
            setattr(modules[400 + (place * 7 + copy * 501) % (MODULES - 400)], name, function)
    new = [type(function)(function.__code__, {}, function.__name__) for function in old]
    return list(zip(owners, names, old, new, strict=True))


def backportkit(edits):
    """Apply the patches, which have a copy to follow each, and undo them."""
    import backportkit

    for owner, name, _, new in edits:
        target = f"{owner.__name__}:{name}"
        backportkit.backport(target, id=target.replace(":", "-"), requires="python>=3.10,<4", summary="s")(new)
    return lambda number: backportkit.unpatch_all() if number % 2 else backportkit.apply_all()


def by_hand(edits):
    """Every name of every module, by identity; classes and dictionaries are not looked into."""
    there = {id(old): new for _, _, old, new in edits}
    back = {id(new): old for _, _, old, new in edits}

    def rebind(number):
        successors = back if number % 2 else there
        for module in list(sys.modules.values()):
            names = getattr(module, "__dict__", {})
            for name, value in list(names.items()):
                if id(value) in successors:
                    names[name] = successors[id(value)]

    return rebind


def _in_turn(edits, number):
    """Return what is to be replaced by what in this pass."""
    return [(name, new, old) if number % 2 else (name, old, new) for _, name, old, new in edits]


def name_by_name(edits):
    """MindSpeed's way: for each patch, ask every module for the name."""

    def rebind(number):
        for name, old, new in _in_turn(edits, number):
            for module in list(sys.modules.values()):
                if hasattr(module, name) and getattr(module, name) is old:
                    setattr(module, name, new)

    return rebind


def get_referrers(edits):
    def rebind(number):
        for _, old, new in _in_turn(edits, number):
            for holder in gc.get_referrers(old):
                if type(holder) is dict:
                    for name in [name for name, value in list(holder.items()) if value is old]:
                        holder[name] = new

    return rebind


WAYS = {
    "one pass by hand": by_hand,
    "backportkit": backportkit,
    "name by name": name_by_name,
    "gc.get_referrers": get_referrers,
}


def prepare(way, size, repeat):
    rebind = WAYS[way](world(size))

    def work():
        for number in range(repeat):
            rebind(number)

    return work
