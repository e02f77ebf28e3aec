"""Declarations: what they register, and what they say where they are wrong."""

from __future__ import annotations

import functools
import json
import sys

import pytest

from backportkit import DeclarationError, Patch, backport, load, register
from backportkit.declaration import declare
from backportkit.declaration.registry import Registry


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Declare into a registry of this test's own."""
    own = Registry()
    monkeypatch.setattr(declare, "declared_patches", own)
    return own


DATA = {
    "id": "victim-1",
    "summary": "what breaks",
    "requires": "victim>=1,<2",
    "target": "victim:C.f",
    "replacement": "mine:f",
}


def no_parameters():
    """Take nothing."""


def keyword_only(*, original):  # pragma: no cover -- a specimen, never called
    """Take no positional argument."""
    return original


def problems(**fields):
    with pytest.raises(DeclarationError) as caught:
        register({name: value for name, value in (DATA | fields).items() if value is not None})
    assert isinstance(caught.value, ValueError)
    return list(caught.value.problems)


NO_ID = "is no id: write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first"
EDIT_FIELDS = "target, replacement, value, how, namespace, signature, original, fixed, alias_of"
PATCH_FIELDS = (
    "id, summary, requires, unbounded_because, prereleases, edits, fixes, upstream_status, references, resolves, "
    f"reproducer, supersedes, aliases, callbacks, required, opt_in, {EDIT_FIELDS}"
)
NAMELESS = "has no name of its own: give a function that calls it, or name it as 'package.module:name'"
NO_FUNCTION = "give a function, or name one as 'package.module:function'"
WRITE_TARGET = "write 'package.module:Class.attribute' or 'package.module:function'"


NO_UPPER_BOUND = (
    "unbounded_because: is missing, and requires='victim>=1' has no upper bound, so the patch would never end: add "
    "'<X' with the first release that has the fix, or unbounded_because='...' if there is none yet"
)
NO_SUMMARY = "is empty: give summary='...', or start the replacement's docstring with what breaks without it"
NO_SELF = (
    "no_parameters() takes no positional argument, which victim:C.f needs: write 'def f(self, ...)', or put "
    "@staticmethod on it if the target is one"
)
NO_WRAPPER = (
    "keyword_only() cannot be called with the original of victim:C.f alone (too many positional arguments): write "
    "'def wrapper(original): ...'"
)
NO_EDITS = "give target=... and replacement=..., or edits=[...] with both in each"
NO_REQUIRES = "write a requirement like 'torch>=2.11,<2.12'"
NO_DOTTED = "is no dotted name: write 'package.module:Class.attribute'"
NO_PATTERN = "is no regular expression: missing ), unterminated subpattern at position 0"
REPRODUCER_FIELDS = "run, expect, packages, programs, environment, timeout, disk"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"id": None}, "id: is missing: give id='...', or fixes=... that ends in a number"),
        ({"id": "A B"}, f"id: 'A B' {NO_ID}"),
        ({"summary": None}, f"summary: {NO_SUMMARY}"),
        (
            {"summary": "a\nb"},
            "summary: has several lines: write one, and keep the rest in the replacement's docstring",
        ),
        ({"requires": None}, f"requires: is missing: {NO_REQUIRES}"),
        ({"requires": None, "id": None, "fixes": "https://example.org/1"}, f"requires: is missing: {NO_REQUIRES}"),
        ({"requires": []}, f"requires: is empty: {NO_REQUIRES}"),
        ({"requires": 5}, "requires: 5 is neither a text nor a list of texts"),
        ({"requires": "victim>=1"}, NO_UPPER_BOUND),
        ({"fixes": "178148"}, "fixes: '178148' is no address: write it in full, from 'https://' on"),
        ({"original": "abc"}, "original.0: 'abc' is no fingerprint: write 'ast1:' and 12 hexadecimal digits"),
        ({"target": "victim"}, f"target: 'victim' names no target: {WRITE_TARGET}"),
        ({"target": "vic tim:f"}, f"target.module: 'vic tim' {NO_DOTTED}"),
        (
            {"target": {"module": "m", "attribute": "C.f"}},
            "target.attribute: 'C.f' is no single name: what stands before the last dot belongs to 'class'",
        ),
        (
            {"target": {"module": "m", "name": "f", "attribute": "f"}},
            "target.name: there is no such field; there are module, class, attribute, item, items",
        ),
        ({"target": {"module": "m"}}, "target.attribute: is missing: write the name of what is replaced"),
        ({"replacement": 5}, f"replacement: 5 is no function: {NO_FUNCTION}"),
        ({"replacement": 5, "summary": None}, f"replacement: 5 is no function: {NO_FUNCTION}"),
        ({"replacement": None, "summary": None}, "give either replacement=... or value=..., and only one of them"),
        ({"replacement": "mine.f"}, "replacement: 'mine.f' names no function: write 'package.module:function'"),
        (
            {"prereleases": "by-fingerprint"},
            "edits: prereleases='by-fingerprint' goes by original=..., which is missing for victim:C.f",
        ),
        ({"how": "swap"}, "how: Input should be 'replace', 'wrap', 'add' or 'in_place'"),
        ({"replacment": 1}, "replacment: there is no such field; did you mean replacement?"),
        (
            {"reproducer": {"run": "mine:f", "x": 1}},
            f"reproducer.x: there is no such field; there are {REPRODUCER_FIELDS}",
        ),
        ({"patch": 1}, f"patch: there is no such field; there are {PATCH_FIELDS}"),
        (
            {"reproducer": {"run": "mine:f", "time": 1}},
            "reproducer.time: there is no such field; did you mean timeout?",
        ),
        ({"reproducer": {"run": "mine:f", "expect": "("}}, f"reproducer.expect: '(' {NO_PATTERN}"),
        ({"reproducer": {}}, f"reproducer.run: is missing: {NO_FUNCTION}"),
        ({"target": None, "replacement": None, "edits": []}, f"edits: is empty: {NO_EDITS}"),
        ({"target": None, "replacement": None, "summary": None}, f"edits: is missing: {NO_EDITS}"),
        ({"replacement": no_parameters}, NO_SELF),
        ({"replacement": keyword_only, "how": "wrap"}, NO_WRAPPER),
        (
            {"replacement": staticmethod(no_parameters), "how": "wrap"},
            "how='wrap' needs a function to call, and this is a staticmethod: write 'def wrapper(original): ...'",
        ),
        (
            {"replacement": staticmethod(no_parameters), "target": "victim:f"},
            "victim:f is no attribute of a class, and a staticmethod means nothing there: give the function itself",
        ),
    ],
)
def test_one_problem_gives_one_line_that_says_what_to_write(registry, fields, line):
    assert problems(**fields) == [line]
    assert list(registry) == []


def test_nameless_object_is_no_replacement():
    partial = functools.partial(no_parameters)
    assert problems(replacement=partial) == [f"replacement: {partial!r} {NAMELESS}"]


def test_bad_requirement_is_quoted_with_what_is_wrong_in_it():
    (line,) = problems(requires="victim>=")
    assert line.startswith("requires.0: 'victim>=' is no requirement: write one like 'torch>=2.11,<2.12' (")


def test_several_problems_give_a_line_each_and_edits_their_number():
    edits = [{"target": "m:f", "replacement": "mine:f"}, {"target": "m", "replacement": "mine:f", "hwo": "wrap"}]
    assert problems(target=None, replacement=None, edits=edits, requires="victim", fixes="x") == [
        problems(requires="victim")[0],
        f"edits.1.target: 'm' names no target: {WRITE_TARGET}",
        "edits.1.hwo: there is no such field; did you mean how?",
        "fixes: 'x' is no address: write it in full, from 'https://' on",
    ]
    same = [{"target": "m:f", "replacement": "mine:f"}] * 2
    assert problems(target=None, replacement=None, edits=same) == [
        "edits: two edits of one patch have the same target: m:f"
    ]


def test_what_is_no_mapping_is_refused():
    with pytest.raises(DeclarationError, match="valid dictionary"):
        register(5)


def test_decorator_without_parentheses_says_how_to_write_it(registry):
    with pytest.raises(DeclarationError, match=r"@backport needs a target(.|\n)*requires='package>=1,<2'"):

        @backport
        def f():
            """Do nothing."""

    assert list(registry) == []


def test_function_is_returned_unchanged_and_the_place_is_that_of_the_declaration(registry):
    def f():
        """Return new."""

    line = sys._getframe().f_lineno + 1
    declare_it = backport("victim:f", requires="victim<2", id="victim-1")
    assert declare_it(f) is f
    (declared,) = registry
    assert (declared.patch.summary, declared.provider) == ("Return new.", __name__)
    assert declared.place == f"{__file__}:{line}"
    assert declared.patch.edits[0].replacement.held is f


def test_class_mirrors_the_target_class_and_is_returned_unchanged(registry):
    class C:  # noqa: PLW1641 -- that Python adds `__hash__ = None` is the point
        """What breaks."""

        hint: int

        def __eq__(self, other):  # pragma: no cover -- a specimen, never called
            return super().__eq__(other)

        def __private(self):
            """Be mangled."""

        @property
        def size(self):  # pragma: no cover -- a specimen, never called
            return 1

    fingerprints = {"size": "ast1:0123456789ab"}
    assert backport("victim:Outer.C", requires="victim<2", id="victim-1", original=fingerprints)(C) is C
    (declared,) = registry
    assert [str(edit.target) for edit in declared.patch.edits] == [
        "victim:Outer.C.__eq__",
        "victim:Outer.C._C__private",
        "victim:Outer.C.size",
    ]
    assert [edit.original for edit in declared.patch.edits] == [(), (), ("ast1:0123456789ab",)]
    assert declared.patch.summary == "What breaks."
    assert [edit.replacement.partition(":")[2].rpartition(".")[2] for edit in declared.patch.edits] == [
        "__eq__",
        "_C__private",
        "size",
    ]


def class_of(name, **members):
    return type(name, (), members)


@pytest.mark.parametrize(
    ("target", "mirror", "fingerprints", "message"),
    [
        ("victim:C", class_of("C"), (), "class C holds nothing, where only functions can be edits"),
        ("victim:C", class_of("C", x=1), (), "class C holds x, where only functions can be edits"),
        ("victim:D", class_of("C", f=no_parameters), (), "does not carry the name"),
        ("victim:C['x']", class_of("C", f=no_parameters), (), "does not carry the name"),
        ("victim", class_of("C", f=no_parameters), (), "'victim' names no target"),
        ("victim:C", class_of("C", f=no_parameters), {"g": ()}, "fingerprints are given for g"),
    ],
)
def test_class_that_mirrors_nothing_is_refused(registry, target, mirror, fingerprints, message):
    with pytest.raises(DeclarationError, match=message):
        backport(target, requires="victim<2", id="victim-1", original=fingerprints)(mirror)
    assert list(registry) == []


def test_super_without_arguments_is_refused_outside_a_class(registry):
    def method(self):  # pragma: no cover -- a specimen, never called
        """Call the parent."""
        return super().method()

    def comprehending(self):  # pragma: no cover -- a specimen, never called
        """Call the parent from within."""
        return [lambda: super().method() for _ in ()]

    for function in (method, comprehending):
        with pytest.raises(DeclarationError, match=r"calls super\(\) without arguments(.|\n)*put it into a class"):
            backport("victim:C.method", requires="victim<2", id="victim-1")(function)
    assert list(registry) == []


def test_other_uses_of_the_name_super_are_fine(registry):
    def explicit(self):  # pragma: no cover -- a specimen, never called
        """Name the class."""
        return super(type(self), self).method()

    def shadowed(self, super):  # noqa: A002  # pragma: no cover -- a specimen, never called
        """Call a parameter."""
        return super()

    def attribute(self):  # pragma: no cover -- a specimen, never called
        """Call a method of that name."""
        return self.super()

    def passed_on(self):  # pragma: no cover -- a specimen, never called
        """Hand it over."""
        return map(super, self)

    def inner_class(self):  # pragma: no cover -- a specimen, never called
        """Call it where it works."""

        class Inner:
            def __init__(self):
                super().__init__()

        return Inner()

    functions = (explicit, shadowed, attribute, passed_on, inner_class)
    for number, function in enumerate(functions):
        backport("victim:C.method", requires="victim<2", id=f"victim-{number}")(function)
    exec(  # noqa: S102 -- a module that has a global of that name
        "def method(self):\n    'Do.'\n    return super()\ndef super(): pass", names := {"__name__": "mine"}
    )
    backport("victim:C.method", requires="victim<2", id="victim-9")(names["method"])
    assert len(list(registry)) == len(functions) + 1


def test_replacement_without_python_code_is_accepted(registry):
    assert backport("victim:f", requires="victim<2", id="victim-1", summary="s")(len) is len
    assert [declared.patch.id for declared in registry] == ["victim-1"]


def test_same_content_twice_is_one_patch_and_other_content_names_both_places(registry):
    first = register(DATA)
    assert register(Patch.model_validate(DATA)) == first
    with pytest.raises(DeclarationError) as caught:
        register(DATA | {"summary": "other"})
    (declared,) = registry
    assert declared.patch is first
    assert declared.place in caught.value.expected
    assert f"{__file__}:" in caught.value.found
    assert declared.place not in caught.value.found


def test_toml_and_json_files_declare_the_same(tmp_path, registry):
    toml, js = tmp_path / "patches.toml", tmp_path / "patches.json"
    toml.write_text("[[patch]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in DATA.items()))
    js.write_text(json.dumps({"patch": [DATA]}))
    assert load(toml) == load(str(js)) == (Patch.model_validate(DATA),)
    (declared,) = registry
    assert (declared.place, declared.provider) == (f"{toml}, patch 1", __name__)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.json", "[]", "is no list of patches(.|\n)*found: +list"),
        ("x.json", "{}", "is no list of patches(.|\n)*found: +nothing"),
        ("x.json", '{"patch": {}}', "found: +patch"),
        ("x.json", '{"patch": [], "more": 1}', "found: +patch, more"),
        ("x.json", "{", "is no JSON: "),
        ("x.toml", "[", "is no TOML: "),
        ("x.json", json.dumps({"patch": [DATA, {}]}), "x.json, patch 2(.|\n)*requires: is missing"),
        ("x.json", json.dumps({"patch": [5]}), "x.json, patch 1(.|\n)*valid dictionary"),
        ("x.json", json.dumps({"patch": [DATA, DATA | {"summary": "other"}]}), "x.json, patch 1(.|\n)*x.json, patch 2"),
    ],
)
def test_file_with_one_mistake_is_named_and_declares_nothing(tmp_path, registry, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DeclarationError, match=message) as caught:
        load(tmp_path / name)
    assert name in str(caught.value)
    assert list(registry) == []


def test_conflict_with_an_earlier_declaration_keeps_the_whole_file_out(tmp_path, registry):
    register(DATA)
    (tmp_path / "x.json").write_text(json.dumps({"patch": [DATA | {"id": "victim-2"}, DATA | {"summary": "other"}]}))
    with pytest.raises(DeclarationError, match="declared twice"):
        load(tmp_path / "x.json")
    assert [declared.patch.id for declared in registry] == ["victim-1"]


def test_declaring_module_may_be_reloaded_also_when_lines_have_moved(world):
    source = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="victim-1")
def f():
    "Return new."
    return "new"
"""
    world.write("mine.py", source)
    script = f"""
    import importlib, pathlib, backportkit, mine
    importlib.reload(mine)
    pathlib.Path(mine.__file__).write_text("# moved\\n\\n" + {source!r})
    importlib.invalidate_caches()
    importlib.reload(mine)
    print(mine.f.__code__.co_firstlineno, [status.id for status in backportkit.status() if status.id == "victim-1"])
    """
    assert world.run(script, flags=["-B"]) == ["5 ['victim-1']"]


def test_file_that_is_not_there(tmp_path, monkeypatch):
    """A relative path says where it was looked for, and how to name the file beside a module."""
    monkeypatch.chdir(tmp_path)
    beside = r"to read a file beside the module that declares, write load\(Path\(__file__\).with_name\(...\)\)"
    with pytest.raises(FileNotFoundError, match=f"No such file or directory below {tmp_path}; {beside}: 'absent.toml'"):
        load("absent.toml")
    of_wheel = r"if an install lacks it, name it as package data of the build, such as \[tool.setuptools.package-data\]"
    with pytest.raises(FileNotFoundError, match=f"No such file or directory; {of_wheel}: "):
        load(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("fixes", "patch_id"),
    [
        ("https://example.org/pull/123/", "victim-123"),
        ("https://example.org/issues/12#issuecomment-34", "victim-34"),
        ("https://bugs.python.org/issue1234567", "victim-1234567"),
        ("https://nvd.nist.gov/vuln/detail/CVE-2024-5569", "victim-5569"),
        ("https://example.org/T123", "victim-123"),
        ("https://example.org/commit/b4a39d9850969b4e1d6940d32094ee0b42a2cf03", None),
        ("https://example.org/commit/abc1234", None),
        ("https://github.com/advisories/GHSA-jfmj-5v4g-x337", None),
    ],
)
def test_id_by_default(fixes, patch_id):
    """An id ends in the number of a change, and never in a piece of a hash, for which one has to be given."""
    fields = {"target": "victim:f", "replacement": "mine:f", "requires": "victim<2", "summary": "s", "fixes": fixes}
    if patch_id is not None:
        assert Patch(**fields).id == patch_id
        return
    with pytest.raises(DeclarationError, match="id: is missing"):
        Patch(**fields)
