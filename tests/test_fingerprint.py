"""Fingerprints: the same on every Python, from a function as from its source, and sensitive to what matters only."""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import inspect
import json
import linecache
import sys
import textwrap
import warnings
from pathlib import Path
from types import FunctionType

import pytest

from backportkit.source import fingerprint
from backportkit.source.functions import function_of

CORPUS = Path(__file__).parent / "fingerprints"
SOURCE = (CORPUS / "syntax.txt").read_text(encoding="utf-8")
GOLDEN = json.loads((CORPUS / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Import a module with the given text, from a file."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(text, name="fingerprinted"):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        linecache.clearcache()
        return importlib.import_module(name)

    return make


@pytest.mark.parametrize("name", GOLDEN)
def test_value_is_the_same_on_every_python(name):
    assert fingerprint.of_source(SOURCE, name.split(".")) == GOLDEN[name]


def test_function_in_memory_has_the_value_of_its_source(module):
    corpus = module(SOURCE)
    for name, value in GOLDEN.items():
        found = corpus
        for part in name.split("."):
            found = vars(found)[part]
        function = function_of(found)
        if function is not None:
            assert fingerprint.of_function(inspect.unwrap(function)) == value, name


def of(text):
    return fingerprint.of_source(textwrap.dedent(text), ["f"])


PLAIN = of("def f(a, b=1):\n    return a + b\n")


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b=1):\n    # a comment\n    return (a\n        + b)  # another\n",
        "def f(a, b=1):\n    'A docstring.'\n    return a + b\n",
        "def f(a,  # type: int\n      b=1):\n    return a + b\n",
        "if True:\n        def f(a, b=1): return a + b\n",
    ],
)
def test_comments_layout_and_docstrings_do_not_count(text):
    assert of(text) == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b=2):\n    return a + b\n",
        "def f(a, c=1):\n    return a + c\n",
        "def f(a: int, b=1):\n    return a + b\n",
        "def f(a, /, b=1):\n    return a + b\n",
        "@cache\ndef f(a, b=1):\n    return a + b\n",
        "async def f(a, b=1):\n    return a + b\n",
        "def f(a, b=1):\n    return a - b\n",
        "def f(a, b=1):\n    f''\n    return a + b\n",
    ],
)
def test_decorators_signature_and_body_count(text):
    assert of(text) != PLAIN


@pytest.mark.parametrize("value", ["None", "...", "True", "1", "1.0", "1j", "'1'", "b'1'", "''", "[]"])
def test_every_constant_counts(value):
    values = ["None", "...", "True", "1", "1.0", "1j", "'1'", "b'1'", "''", "[]", "not_returned"]
    same = [other for other in values if of(f"def f(): return {other}") == of(f"def f(): return {value}")]
    assert same == [value]


@pytest.mark.parametrize(
    "text",
    [
        "if x:\n    def f(): return 1\nelse:\n    def f(): return 2\n",
        "try:\n    def f(): return 1\nexcept E:\n    def f(): return 2\n",
        "match x:\n    case 1:\n        def f(): return 1\n    case _:\n        def f(): return 2\n",
        "def f(): return 1\ndef g():\n    def f(): return 3\ndef f(): return 2\n",
        "@overload\ndef f(): ...\ndef f(): return 2\n",
    ],
)
def test_last_definition_counts(text):
    assert of(text) == of("def f(): return 2\n")


def test_definition_that_is_not_there_has_no_value():
    assert fingerprint.of_source(SOURCE, ["Outer", "nothing"]) is None
    assert fingerprint.of_source(SOURCE, ["Nothing", "method"]) is None
    assert fingerprint.of_source("f = 1\n", ["f"]) is None
    with pytest.raises(SyntaxError):
        fingerprint.of_source("def", ["f"])


def test_value_has_the_scheme_and_twelve_digits():
    assert fingerprint.of_node(ast.parse("1")).startswith("ast1:")
    assert len(PLAIN) == len("ast1:") + 12


def test_function_without_source_has_no_value(module):
    exec("def f(): return 1", names := {})  # noqa: S102 -- the way to have none
    assert fingerprint.of_function(names["f"]) is None
    lambdas = module("f = [lambda: 1,\n     lambda: 2][1]\n\ng = (lambda:\n    3)\n")
    assert fingerprint.of_function(lambdas.f) is None
    assert fingerprint.of_function(lambdas.g) is None


ORIGINAL = "class C:\n    def f(self, a):\n        b = a\n        return b\n\n\ndef g():\n    return 1\n"


@pytest.mark.parametrize(
    "changed",
    [
        "",
        "x = (\n" + ORIGINAL,
        "class C:\n    def other(self, a):\n        b = a\n        return b\n",
        "class C:\n    def f(self, a, c):\n        b = a\n        return b\n",
        "class C:\n    def f(self, a):\n        return a\n",
        "class C:\n    def f(self, a):\n        b = a\n        c = b\n        return c\n",
        "class C:\n    f = (\n        1,\n    )\n",
        "class C:\n    f = (\n",
        "class C:\n    class f:\n        pass\n",
    ],
)
def test_source_that_was_changed_after_the_import_is_not_believed(module, changed):
    loaded = module(ORIGINAL)
    assert fingerprint.of_function(loaded.C.f) == fingerprint.of_source(ORIGINAL, ["C", "f"])
    Path(loaded.__file__).write_text(changed, encoding="utf-8")
    linecache.clearcache()
    assert fingerprint.of_function(loaded.C.f) is None


def test_change_that_leaves_the_code_as_it_was_is_not_noticed(module):
    loaded = module(ORIGINAL)
    changed = ORIGINAL.replace("f(self, a)", "f(self, a: int)")
    Path(loaded.__file__).write_text(changed, encoding="utf-8")
    linecache.clearcache()
    assert fingerprint.of_function(loaded.C.f) == fingerprint.of_source(changed, ["C", "f"])


def test_methods_of_the_standard_library_have_the_value_of_their_source():
    source = inspect.getsource(argparse)
    methods = [
        (function, [cls.__name__, function.__name__])
        for cls in vars(argparse).values()
        if isinstance(cls, type) and cls.__module__ == "argparse"
        for function in vars(cls).values()
        if isinstance(function, FunctionType) and function.__module__ == "argparse"
    ]
    different = [
        path for function, path in methods if fingerprint.of_function(function) != fingerprint.of_source(source, path)
    ]
    assert (len(methods) > 50, different) == (True, [])


def test_text_that_warns_does_not_warn_again(module):
    text = "def f(x):\n    return '\\d', x is 1\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = module(text)
        expected = fingerprint.of_source(text, ["f"])
    assert fingerprint.of_function(loaded.f) == expected


def test_annotations_that_are_not_evaluated_do_not_disturb_the_comparison(module):
    text = "from __future__ import annotations\n\n\ndef f():\n    def g(\n        a: int,\n    ) -> int:\n"
    text += "        return a\n\n    return g\n"
    assert fingerprint.of_function(module(text).f) == fingerprint.of_source(text, ["f"])


def test_decorated_function_is_found_behind_its_wrapper(module):
    text = "import functools\n\n\n@functools.lru_cache(\n    maxsize=None,\n)\ndef f():\n    return 1\n"
    cached = module(text).f
    assert isinstance(cached, functools._lru_cache_wrapper)
    assert fingerprint.of_function(inspect.unwrap(cached)) == fingerprint.of_source(text, ["f"])
