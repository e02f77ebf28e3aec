"""Call what was replaced or wrapped."""

from __future__ import annotations

import callee

TITLE = "Calling what is patched"
SIZE, SIZES = "kind", ("function", "method", "static", "class", "property")
UNIT, REPEATS = "call", (10_000, 60_000)
WARM = True
BASE = "bare"


def bare(kind):
    """Nothing."""


def backportkit(kind, how="replace", namespace="replacements"):
    import backportkit

    name = kind if kind == "function" else f"Callee.{kind}_"
    patch = {"id": "callee-1", "summary": "what breaks without it", "requires": "python>=3.10,<4"}
    backportkit.register(patch | {"target": f"callee:{name}", "replacement": f"callee:{namespace}_{kind}", "how": how})
    backportkit.apply_all()


def backportkit_wrap(kind):
    backportkit(kind, "wrap", "closure")


def closure(kind):
    """A wrapper with the very signature, made and set by hand."""
    old = callee.raw(kind)
    made = getattr(callee, f"closure_{kind}")(callee.function_in(old))
    callee.put(kind, made)


def closure_of_any(kind):
    """`*args, **kwargs`, as most people write it, vLLM among them."""
    old = callee.function_in(callee.raw(kind))

    def wrapper(*args, **kwargs):
        return old(*args, **kwargs)

    callee.put(kind, wrapper)


def wrapt(kind):
    import wrapt

    name = kind if kind == "function" else f"Callee.{kind}_"
    wrapt.wrap_function_wrapper("callee", name, lambda wrapped, _, args, kwargs: wrapped(*args, **kwargs))


def gorilla(kind):
    import gorilla

    owner, name = callee.owner(kind)

    def wrapper(*args, **kwargs):
        return gorilla.get_original_attribute(owner, name)(*args, **kwargs)

    gorilla.apply(gorilla.Patch(owner, name, wrapper, gorilla.Settings(allow_hit=True)))


def mock(kind):
    from unittest import mock

    owner, name = callee.owner(kind)
    mock.patch.object(owner, name, autospec=True, side_effect=getattr(owner, name)).start()


def ddtrace(kind):
    from ddtrace.internal.wrapping import wrap

    wrap(callee.function_in(callee.raw(kind)), lambda function, args, kwargs: function(*args, **kwargs))


WAYS = {
    "bare": bare,
    "backportkit": backportkit,
    "closure": closure,
    "backportkit wrap": backportkit_wrap,
    "closure of *args": closure_of_any,
    "wrapt": wrapt,
    "gorilla": gorilla,
    "mock": mock,
    "ddtrace": ddtrace,
}
# Where a peer calls the same wrapper for all kinds, two kinds show what it costs.
ONLY = dict.fromkeys(("wrapt", "gorilla", "mock", "ddtrace"), ("function", "method"))


def prepare(way, kind, repeat):
    WAYS[way](kind)
    return lambda: callee.LOOPS[kind](repeat)
