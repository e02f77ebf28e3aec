"""Alternatives in requirements, of which one must be met: release branches, and distributions that have one module."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from backportkit import AnyOf, DeclarationError, Patch, any_of, backport, load, register
from backportkit.declaration import declare
from backportkit.declaration.registry import Registry

DJANGO = "django>=4.2,<4.2.17", "django>=5.0,<5.0.10", "django>=5.1,<5.1.4"
BASE = {"id": "victim-1", "summary": "What breaks.", "target": "victim:f", "replacement": "mine:f"}
SEVERAL = ["python>=3.10", {"any_of": ["a<2", ["b<3", "c"]]}]


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Declare into a registry of this test's own."""
    own = Registry()
    monkeypatch.setattr(declare, "declared_patches", own)
    return own


def patch(requires, **fields):
    return Patch.model_validate(BASE | {"requires": requires} | fields)


def problems(requires, **fields):
    """The lines that say what is wrong."""
    with pytest.raises(DeclarationError) as caught:
        patch(requires, **fields)
    return list(caught.value.problems)


# --- declared in every way ---

TEXTS = {
    "patches.toml": """
        [[patch]]
        id = "victim-1"
        summary = "What breaks."
        target = "victim:f"
        replacement = "mine:f"
        requires = ["python>=3.10", {any_of = ["a<2", ["b<3", "c"]]}]
        """,
    "patches.json": json.dumps({"patch": [BASE | {"requires": SEVERAL}]}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_files(tmp_path, name):
    """TOML and JSON say the same as Python."""
    if name.endswith(".toml") and sys.version_info < (3, 11):
        pytest.importorskip("tomli")
    (tmp_path / name).write_text(dedent(TEXTS[name]), "utf-8")
    (found,) = load(tmp_path / name)
    assert found == Patch(**BASE, requires=["python>=3.10", any_of("a<2", ["b<3", "c"])])


def test_mapping_and_call():
    """A mapping in Python is what the call makes, alone or in a list, and a table of its own in TOML is one, too."""
    one = patch(any_of(*DJANGO))
    for requires in ({"any_of": DJANGO}, [any_of(*DJANGO)], (AnyOf(any_of=list(DJANGO)),)):
        assert patch(requires) == one
    assert register(BASE | {"requires": {"any_of": list(DJANGO)}}) == one


def test_decorator(registry):
    """The decorator takes what the record takes."""

    @backport("victim:f", requires=any_of("a<2", "b<3"), id="victim-1")
    def f():
        """What breaks."""

    assert registry.find("victim-1").patch.requires == (any_of("a<2", "b<3"),)


def test_normal_form():
    """Requirements within are written as those outside, and a list of one is that one."""
    assert any_of("A >= 1 , < 2", ["b <3"]).any_of == ("A<2,>=1", "b<3")
    assert any_of("a<2", ("b<3", "c")) == any_of("a<2", ["b<3", "c"])
    assert any_of("a<2", "b<3") != any_of("b<3", "a<2")


choices = st.lists(st.from_regex(r"[a-z]<[1-9]", fullmatch=True), min_size=1, max_size=3)


@given(st.lists(choices, min_size=2, max_size=4, unique_by=tuple))
def test_round_trip(alternatives):
    """A patch that is written down reads back as an equal one, from data and from JSON."""
    one = patch(["python<4", any_of(*alternatives)])
    assert Patch.model_validate(one.model_dump()) == one
    assert Patch.model_validate_json(one.model_dump_json()) == one
    assert hash(Patch.model_validate_json(one.model_dump_json())) == hash(one)


def test_written_as_it_is_declared():
    """A patch is written down in the grammar of the documents."""
    one = patch(SEVERAL)
    assert json.loads(one.model_dump_json())["requires"] == SEVERAL
    assert any_of("a<2", "b<3").model_dump_json() == '{"any_of":["a<2","b<3"]}'


def test_class_of_its_own():
    """Alternatives cannot be changed, and can be compared, hashed, copied, pickled, read and shown."""
    one = any_of("a<2", ["b<3", "c"])
    assert type(one) is AnyOf
    assert eval(repr(one)) == one  # noqa: S307 -- our own text
    assert str(one) == "a<2 or b<3 and c"
    pickled = pickle.loads(pickle.dumps(one))  # noqa: S301 -- our own bytes
    assert len({one, copy.deepcopy(one), pickled}) == 1
    with pytest.raises(AttributeError, match="AnyOf is frozen"):
        one.any_of = ("a<2", "b<4")
    with pytest.raises(TypeError):
        one.any_of[0] = "a<3"


def test_schema():
    """The schema describes a patch with alternatives, and as a field of a model each problem has its path."""

    class Model(BaseModel):
        patch: Patch

    alternatives = Model.model_json_schema()["$defs"]["AnyOf"]["properties"]["any_of"]
    assert alternatives["minItems"] == 2
    assert [one["type"] for one in alternatives["items"]["anyOf"]] == ["string", "array"]
    with pytest.raises(ValidationError) as caught:
        Model(patch=BASE | {"requires": {"any_of": ["a<2", ["b<3", "c<"]]}})
    assert [error["loc"] for error in caught.value.errors()] == [("patch", "requires", 0, "any_of", 1, 1)]


# --- ids and bounds ---


@pytest.mark.parametrize(
    ("requires", "found"),
    [
        (any_of(*DJANGO), "django-1"),
        ({"any_of": list(DJANGO)}, "django-1"),
        (["python>=3.10", any_of("psycopg2<3", "psycopg2-binary<3")], "psycopg2-1"),
        (any_of(["python<3.12", "Victim_X<2"], "other<3"), "victim_x-1"),
        (any_of("python<3.12", "other<3"), "other-1"),
        (["python>=3.10", "victim<2"], "victim-1"),
        ("Python<3.12", "python-1"),
        (any_of("python>=3.11,<3.11.9", "python>=3.12,<3.12.2"), "python-1"),
    ],
)
def test_default_id(requires, found):
    """The id comes from the first distribution that is not the interpreter, wherever it stands."""
    fields = {name: value for name, value in BASE.items() if name != "id"}
    one = Patch.model_validate(fields | {"requires": requires, "fixes": "https://example.org/pull/1"})
    assert one.id == found


def test_each_alternative_ends():
    """Each alternative has an upper bound, or what is required beside them has, or the patch says why none has."""
    said = (
        "unbounded_because: is missing, and the alternative 'b>=1' of requires has no upper bound, so the patch would "
        "never end: add '<X' with the first release that has the fix, or unbounded_because='...' if there is none yet"
    )
    assert problems(any_of("a<2", "b>=1")) == [said]
    assert problems(["python>=3", any_of("a", ["b>=1", "c"])]) == [
        said.replace("'b>=1'", "'a' or 'b>=1 and c'"),
    ]
    assert patch(any_of("a<2", "b>=1"), unbounded_because="b has no fix yet").unbounded_because
    assert patch(any_of("a<2", ["b>=1", "c<3"])).requires
    assert patch(["python<3.13", any_of("a", "b>=1")]).requires


# --- refused ---

LISTED = (
    "requires.0: ['a<2'] is a list within the list: write any_of(...) for alternatives, and what must all be met in "
    "one list"
)
TWO = "write two at least, as any_of('torch>=2.10,<2.10.1', 'torch>=2.11,<2.11.2')"


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ({"any_of": ["a<2"]}, f"requires.0.any_of: has 1 alternative: {TWO}"),
        ({"any_of": []}, f"requires.0.any_of: has no alternatives: {TWO}"),
        ({"any_of": "a<2"}, f"requires.0.any_of: 'a<2' is no list of alternatives: {TWO}"),
        ({"any_of": {"a<2", "b<3"}.__len__()}, f"requires.0.any_of: 2 is no list of alternatives: {TWO}"),
        ({}, f"requires.0.any_of: is missing: {TWO}"),
        ({"any_of": ["a<2", 5]}, "requires.0.any_of.1: 5 is neither a text nor a list of texts"),
        ({"any_of": ["a<2", None]}, "requires.0.any_of.1: None is neither a text nor a list of texts"),
        ({"any_of": ["a<2", {"b": "<2"}]}, "requires.0.any_of.1: {'b': '<2'} is neither a text nor a list of texts"),
        ({"any_of": ["a<2", ["b<3", 5]]}, "requires.0.any_of.1.1: Input should be a valid string"),
        (
            ["a<1", {"any_of": ["a<2", []]}],
            "requires.1.any_of.1: is empty: write a requirement like 'torch>=2.11,<2.12', or a list of such",
        ),
        (
            {"any_of": ["a<2", "b<3", ["a < 2"]]},
            "requires.0.any_of.2: a<2 stands there twice: delete one of the two",
        ),
        (
            {"any_of": ["a<2", {"any_of": ["b<2", "c<2"]}]},
            "requires.0.any_of.1: an any_of stands in another one: list all alternatives in one",
        ),
        (
            {"any_of": ["a<2", ["d<1", any_of("b<2", "c<2")]]},
            "requires.0.any_of.1: an any_of stands in another one: list all alternatives in one",
        ),
        (
            [any_of("a<2", "b<2"), any_of("c<2", "d<2")],
            "requires: has two any_of, and may have one: write the pairs as its alternatives, each pair a list",
        ),
        (
            [["a<2"]],
            LISTED,
        ),
        (
            {"anyof": ["a<2", "b<2"]},
            "requires.0.anyof: there is no such field; did you mean any_of?",
        ),
        (
            {"any_of": ["a<2", "b<2"], "not": ["a==1"]},
            "requires.0.not: there is no such field; there are any_of",
        ),
    ],
)
def test_refused(requires, said):
    """A value that is no alternative is refused, and the error says what to write."""
    assert said in problems(requires)


def test_call_refuses_at_once():
    """The call says what is wrong where it stands."""
    with pytest.raises(DeclarationError, match=r"the declaration is wrong(.|\n)*any_of.1: 'b<' is no requirement"):
        any_of("a<2", "b<")
    with pytest.raises(DeclarationError, match="has 1 alternative"):
        any_of(["a<2", "b<3"])


def test_wrong_requirements_have_one_complaint():
    """An error in requirements is said once, and not as an id that is missing."""
    fields = {name: value for name, value in BASE.items() if name != "id"} | {"fixes": "https://example.org/pull/1"}
    with pytest.raises(DeclarationError) as caught:
        Patch.model_validate(fields | {"requires": {"any_of": ["<2", 5]}})
    assert [line.partition(":")[0] for line in caught.value.problems] == ["requires.0.any_of.0", "requires.0.any_of.1"]


def test_deep_lists():
    """A list within itself is refused as any other list."""
    endless = []
    endless.append(endless)
    fields = {"id": None, "fixes": "https://example.org/pull/1"}
    given = {name: value for name, value in (BASE | fields).items() if value is not None}
    for requires in (endless, {"any_of": [endless, "a<2"]}, {"any_of": endless}):
        with pytest.raises(DeclarationError, match="requires"):
            Patch.model_validate(given | {"requires": requires})
