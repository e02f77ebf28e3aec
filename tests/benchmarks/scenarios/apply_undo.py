"""Apply edits to modules that are loaded, and undo them."""
# ruff: noqa: S102 - the modules are made without files

from __future__ import annotations

import sys
from types import ModuleType

TITLE = "Apply and undo, loaded modules"
SIZE, SIZES = "edits", (1000, 10_000)
UNIT, REPEATS = "round", (1, 3)
WARM = True
COUNTED = (1000,)  # ten times as many make no difference to one, and take half an hour
BASE = "by hand"
PER_MODULE = 1000


def world(size):
    """Modules of a thousand functions each, and as many replacements: the edits as (module, name, replacement)."""
    source = "\n".join(f"def f{number}(a, b=None): return a" for number in range(PER_MODULE))
    code = compile(source, "generated", "exec")
    edits = []
    for number in range(size // PER_MODULE):
        target, mine = (ModuleType(f"{name}{number}") for name in ("loaded", "replacing"))
        for module in (target, mine):
            sys.modules[module.__name__] = module
            exec(code, vars(module))
        edits += [(target, f"f{place}", getattr(mine, f"f{place}")) for place in range(PER_MODULE)]
    return edits


def by_hand(edits):
    def work():
        saved = []
        for owner, name, new in edits:
            saved.append((owner, name, owner.__dict__[name]))
            setattr(owner, name, new)
        for owner, name, old in reversed(saved):
            setattr(owner, name, old)

    return work


def _backportkit(edits, per_patch):
    import backportkit

    for first in range(0, len(edits), per_patch):
        patch = {"id": f"patch-{first}", "summary": "what breaks without it", "requires": "python>=3.10,<4"}
        some = [
            {"target": f"{owner.__name__}:{name}", "replacement": f"{new.__module__}:{name}"}
            for owner, name, new in edits[first : first + per_patch]
        ]
        backportkit.register(patch | {"edits": some})

    def work():
        backportkit.apply_all()
        backportkit.unpatch_all()

    return work


def single(edits):
    return _backportkit(edits, 1)


def hundreds(edits):
    return _backportkit(edits, 100)


def monkeypatch(edits):
    import pytest

    def work():
        patch = pytest.MonkeyPatch()
        for owner, name, new in edits:
            patch.setattr(owner, name, new)
        patch.undo()

    return work


def gorilla(edits):
    import gorilla

    settings = gorilla.Settings(allow_hit=True)

    def work():
        patches = [gorilla.Patch(owner, name, new, settings) for owner, name, new in edits]
        for patch in patches:
            gorilla.apply(patch)
        for patch in reversed(patches):
            gorilla.revert(patch)

    return work


def wrapt(edits):
    import wrapt

    def call(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs)

    def work():
        made = [(owner, name, wrapt.wrap_function_wrapper(owner, name, call)) for owner, name, _ in edits]
        for wrapper in reversed(made):
            wrapt.unwrap_object(*wrapper)

    return work


def opentelemetry(edits):
    import wrapt
    from opentelemetry.instrumentation.utils import unwrap

    def call(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs)

    def work():
        for owner, name, _ in edits:
            wrapt.wrap_function_wrapper(owner, name, call)
        for owner, name, _ in reversed(edits):
            unwrap(owner, name)

    return work


def mock(edits):
    from unittest import mock

    def work():
        patches = [mock.patch.object(owner, name, new) for owner, name, new in edits]
        for patch in patches:
            patch.start()
        for patch in reversed(patches):
            patch.stop()

    return work


def ddtrace(edits):
    from ddtrace.internal.wrapping import unwrap, wrap

    def call(function, args, kwargs):
        return function(*args, **kwargs)

    def work():
        for owner, name, _ in edits:
            wrap(getattr(owner, name), call)
        for owner, name, _ in reversed(edits):
            unwrap(getattr(owner, name), call)

    return work


WAYS = {
    "by hand": by_hand,
    "backportkit": single,
    "backportkit, 100 edits a patch": hundreds,
    "pytest MonkeyPatch": monkeypatch,
    "opentelemetry": opentelemetry,
    "wrapt": wrapt,
    "gorilla": gorilla,
    "mock": mock,
    "ddtrace": ddtrace,
}
ONLY = {"ddtrace": (1000,), "mock": (1000,), "gorilla": (1000,), "wrapt": (1000,), "opentelemetry": (1000,)}


def prepare(way, size, repeat):
    work = WAYS[way](world(size))

    def works():
        for _ in range(repeat):
            work()

    return works
