"""A wrong declaration of any form raises DeclarationError with a text that can be printed, and nothing else."""

from __future__ import annotations

import json

import pytest

from backportkit import Patch
from backportkit.errors import DeclarationError

pytestmark = pytest.mark.warm

VALUES = """
class Rude:
    def __repr__(self): raise RuntimeError
    def __bool__(self): raise RuntimeError
class Text(str): pass
deep, mapping, loop = [], {}, []
for _ in range(100_000): deep = [deep]
for _ in range(3_000): mapping = {"a": mapping}
loop.append(loop)
VALUES = [
    None, 0, True, 1.5, float("nan"), float("inf"), 10**5000, complex(1, 2), b"x", bytearray(b"x"), memoryview(b"x"),
    [], {}, (), set(), [None], [1], [b"x"], [[]], [Rude()], {"a": 1}, {1: 2}, {None: Rude()}, deep, mapping, loop,
    object(), Rude(), int, print, lambda: 0, type("Meta", (type,), {}), Ellipsis, NotImplemented, range(3), iter([]),
    "", " ", "\\n", "\\ud800", "a\\0b", "x" * 10**6, "\\u202e", "é", ["\\ud800"], Text("x"),
]
FIELDS = [
    "id", "summary", "requires", "unbounded_because", "prereleases", "edits", "fixes", "upstream_status", "references",
    "resolves", "reproducer", "supersedes", "aliases", "callbacks", "required", "opt_in", "target", "replacement",
    "value", "how", "namespace", "signature", "original", "fixed", "nonsense",
]
"""
DRIVER = """
import backportkit
from backportkit import DeclarationError, backport, register
BASE = dict(id="vic-1", summary="s", requires="vic<2", target="vic:f", replacement="mine:f")
def attempt(what, declare):
    try: declare()
    except DeclarationError as error:
        text = str(error)
        text.encode("utf-8")
        if len(text) > 3000: print(what, "is long:", len(text))
        if not all(one.isprintable() for one in text.split("\\n")): print(what, "cannot be printed")
    except BaseException as error: print(what, type(error).__name__)
def by_decorator(field, value):
    given = dict(requires="vic<2", id="vic-2", summary="s") | {field: value}
    target = given.pop("target", "vic:f")
    @backport(target, **given)
    def f(x): pass
for number, value in enumerate(VALUES):
    for field in FIELDS:
        attempt(f"register({field}={number})", lambda: register(BASE | {field: value}))
        if field not in {"edits", "value", "replacement", "nonsense"}:
            attempt(f"backport({field}={number})", lambda: by_decorator(field, value))
    try: backportkit.Patch(**(BASE | {field: value}))
    except ValueError: pass
    attempt(f"register({number})", lambda: register(value))
    attempt(f"backport()({number})", lambda: backport("vic:f", requires="vic<2", id="vic-3", summary="s")(value))
"""


def test_any_value_in_any_field_is_declared_or_refused_in_words(world):
    """Any value in any field is declared or refused, without a traceback or a text that is endless or unprintable."""
    assert world.run(VALUES + DRIVER) == []


def test_problems_are_told_all_at_once(world):
    """One error names each field that is wrong."""
    script = """
from backportkit import DeclarationError, register
wrong = dict(id=5, summary=b"s", requires=None, target="vic:f", replacement=1, original=[7], fixes="x", how=[])
try: register(wrong)
except DeclarationError as error: print(sorted(problem.partition(":")[0] for problem in error.problems), error.patch)
"""
    assert world.run(script) == ["['fixes', 'how', 'id', 'original.0', 'replacement', 'requires', 'summary'] None"]


FILES = {
    "deep.json": '{"patch": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep_value.json": '{"patch": [{"value": ' + "[" * 900 + "]" * 900 + "}]}",
    "deep_table.json": '{"patch": [' + '{"value": ' * 100_000 + "1" + "}" * 100_000 + "]}",
    "deep.toml": "patch = " + "[" * 100_000 + "]" * 100_000,
    "tables.toml": "patch = " + "{a = " * 100_000 + "1" + "}" * 100_000,
    "keys.toml": "[[patch]]\n" + ".".join(["a"] * 100_000) + " = 1",
    "header.toml": "[" + ".".join(["a"] * 100_000) + "]",
    "quoted.toml": "[[patch]]\n" + " . ".join(['"a"'] * 100_000) + " = 1",
    "number.json": '{"patch": [' + "1" * 10_000 + "]}",
    "surrogate.json": json.dumps({"patch": [{"id": "\ud800", "summary": "\0"}]}),
    "nan.json": '{"patch": [{"id": "vic-1", "summary": "s", "requires": "vic<2", "target": "vic:f", "value": NaN}]}',
    "bytes.toml": '[[patch]]\nid = "\x00"',
}


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_no_list_of_patches_is_refused_in_words(world, name):
    """A file that is no list of patches is refused however deep it is nested, in little memory."""
    (world.folder / name).write_text(FILES[name], "utf-8")
    script = f"""
import resource, backportkit
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
try: backportkit.load({name!r})
except backportkit.DeclarationError as error: print(len(str(error)) < 3000, str(error).isascii())
"""
    assert world.run(script) == ["True True"]


def test_file_without_an_end_is_refused(world):
    """A file of patches has some kilobytes."""
    with (world.folder / "large.json").open("wb") as file:
        file.truncate(3 << 30)
    script = """
import backportkit
try: backportkit.load("large.json")
except backportkit.DeclarationError as error: print(error.message)
"""
    assert world.run(script) == ["large.json is no JSON: it is larger than 64 MiB"]


def test_toml_of_numbers_and_long_texts_is_read(world):
    """Dots in values are no keys."""
    numbers = ", ".join(["1.5"] * 5_000)
    text = f"""
[[patch]]
id = "vic-1"
summary = "{"Some. " * 300}"
requires = "vic<2"
target = "vic:f"
value = [{numbers}]
"""
    (world.folder / "long.toml").write_text(text, "utf-8")
    assert world.run('import backportkit; print(len(backportkit.load("long.toml")[0].edits[0].value))') == ["5000"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"summary": "a \udc80"}, "summary"),
        ({"unbounded_because": "\udc80"}, "unbounded_because"),
        ({"replacement": None, "value": ["a", {"b": "\udc80"}]}, "value"),
        ({"replacement": None, "value": {"\udc80": 1}}, "value"),
        ({"target": "victim:T['\udc80']"}, "target.items.0"),
        ({"aliases": "m:T['\udc80']"}, "aliases.0"),
        ({"reproducer": {"run": "json:dumps", "environment": {"A": "\udc80"}}}, "reproducer.environment"),
        ({"reproducer": {"run": "json:dumps", "environment": {"\udc80": "A"}}}, "reproducer.environment"),
    ],
)
def test_lone_surrogate(fields, where):
    """A text that no document can say is refused where it is declared."""
    whole = {"id": "v-1", "summary": "s", "requires": "victim<2", "target": "victim:f", "replacement": "json:dumps"}
    with pytest.raises(DeclarationError) as caught:
        Patch.model_validate({name: value for name, value in (whole | fields).items() if value is not None})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{where}: ")
    assert problem.endswith(" has half of a character, '\\udc80', which no file can have: write the whole character")
    str(caught.value).encode()
