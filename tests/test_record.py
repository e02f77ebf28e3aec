"""One record and one set of rules: each way of declaring a patch accepts and refuses the same, in the same words."""

from __future__ import annotations

import copy
import functools
import json
import pickle

import pytest
from packaging.requirements import Requirement
from pydantic import BaseModel, TypeAdapter, ValidationError

from backportkit import Callbacks, DeclarationError, Edit, Patch, Reproducer, Target, backport, register
from backportkit.declaration import declare
from backportkit.declaration.registry import Registry

GOOD = {
    "id": "victim-1",
    "summary": "What breaks.",
    "requires": "victim>=1,<2",
    "target": "victim:C.f",
    "replacement": "mine:f",
    "original": "ast1:0123456789ab",
}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Declare into a registry of this test's own."""
    own = Registry()
    monkeypatch.setattr(declare, "declared_patches", own)
    return own


# --- values of fields ---

# What is right, by field.
RIGHT = {
    "id": ["victim-1", "ab", "a" * 64, "a.b_c-d", "1a"],
    "summary": ["What breaks.", "ü", "\tb"],
    "requires": [
        *("victim<2", "Victim.X_y >= 1.0 , < 2", ["a<1", "b"], ("a<1",), "victim~=1.2", "victim==1.*", "victim===1"),
        *("victim<2;python_version>'3'", "victim[x]<2", "victim<2rc1", "victim<=1,!=1.0", "victim(<2)", " victim<2"),
        *("victim<v2", "victim<1!2", "victim <2", "victim == 01.0"),
    ],
    "unbounded_because": ["no release has it", " ", None],
    "prereleases": ["by-version", "by-fingerprint"],
    "fixes": ["https://example.org/1", "http://a", "https://example.org/x", None],
    "upstream_status": ["fixed", "open", "workaround"],
    "references": [[], "https://a/b", ["https://a/b", "http://c/d"]],
    "resolves": [
        *("CVE-2024-5569", "CVE-2024-1234567", "GHSA-jfmj-5v4g-7637", "PYSEC-2024-60", "https://a/issues/1", []),
        ["CVE-2024-5569", "https://a/issues/1"],
    ],
    "reproducer": [
        *("mine:f", {"run": "mine:f"}, {"run": "mine:f", "expect": "a (b|c)", "timeout": 0.5, "disk": 0}, None),
        {
            "run": "mine:f",
            "expect": "it failed",
            "programs": ["c++"],
            "packages": "numpy>=1",
            "environment": {"A": "1"},
        },
    ],
    "supersedes": [[], "victim-0", ["victim-0", "b1"]],
    "aliases": ["follow", "keep", "m:n", "m:n['k']", ["m:n", "o:p"], [], "m:n o"],
    "callbacks": [{}, {"before_apply": "m:f", "after_undo": None}],
    "required": [True, False],
    "opt_in": [True, False],
    "target": [
        *("victim:f", "a.b:C.D.f", "victim:f.fset", "vïctim:f", 'victim:C.T["k.l"]', "victim:T[1]", "victim:T[k]"),
        *("victim:T['']", "victim:T['a b']", "victim:T['k\"]", r"victim:T['\n']", "victim:T[True]", "victim:T[1.5]"),
        *({"module": "victim", "attribute": "f", "class": "C"}, {"module": "victim", "attribute": "f", "item": 1}),
        *(
            "victim:T['k'][0]",
            "victim:T['[']['it\\'s']",
            "victim:a[0].f",
            "victim:a['b.c'][1].d.e['f']",
            "victim:T[a[b]]",
        ),
        *({"module": "victim", "attribute": "f", "items": items} for items in (["k", 0], "k", 1, [])),
        *({"module": "victim", "attribute": "f", "class": owner} for owner in ("a[0]", "a.b['c d'].e")),
    ],
    "replacement": ["mine:f", "a.b:C.f"],
    "how": ["replace", "wrap", "add"],
    "namespace": ["own", "target"],
    "signature": ["keep", "change"],
    "fixed": [[], "ast1:0123456789ab", ["ast1:0123456789ab", "ast1:ffffffffffff"]],
}
# What is wrong, by field: values, each with words of the line that says so.
WRONG = {
    "id": {"a": "no id", "A1": "no id", "-a": "no id", "a" * 65: "no id", "": "is missing", "ä1": "no id", 5: "string"},
    "summary": {"": "is empty", " ": "is empty", "a\nb": "several lines", 5: "valid string"},
    "requires": {
        "": "no requirement",
        "victim<": "no requirement",
        ",<2": "no requirement",
        "-a<2": "no requirement",
        5: "neither a text nor a list",
        "victim @ https://x.y": "no upper bound",
        "victim>=1": "no upper bound",
        "victim\n<2;": "no requirement",
        "victim<2 3": "no requirement",
        "victim": "no upper bound",
    },
    "unbounded_because": {5: "valid string"},
    "prereleases": {"by": "should be 'by-version' or 'by-fingerprint'", 5: "should be"},
    "fixes": {"https://": "no address", "ftp://a/1": "no address", "https://a b/1": "no address", "": "no address"},
    "upstream_status": {"closed": "should be 'fixed', 'open' or 'workaround'"},
    "references": {"x": "no address", 5: "neither a text"},
    "resolves": {
        **dict.fromkeys(["CVE-24-5569", "CVE-2024-556", "CVE-2024", "CVE-2024-55-69", "CVE-2024-٥٥٦٩"], "no id of an"),
        **dict.fromkeys(["cve-2024-5569", "GHSA-jfmj-5v4g", "GHSA-jfmj-5v4g-76", "GHSA-JFMJ-5V4G-7637"], "no id of an"),
        **dict.fromkeys(["PYSEC-2024-", "RHSA-2024:1", "", "issue 5", "CVE-2024-5569 "], "no id of an"),
        "ftp://a/1": "no address",
        5: "neither a text",
    },
    "reproducer": {"mine:": "names no function", "mine": "names no function", 5: "instance of Reproducer"},
    "supersedes": {"victim-1": "cannot supersede itself", "X": "no id", 5: "neither a text"},
    "aliases": {"m:": "no copy", ":n": "no copy", "m": "no copy", "a b:c": "no copy", "m: n": "no copy", 5: "neither"},
    "callbacks": {5: "instance of Callbacks"},
    "required": {1: "boolean", "yes": "boolean"},
    "opt_in": {1: "boolean", "yes": "boolean"},
    "target": {
        **dict.fromkeys(
            ["victim", "victim:", ":f", "", "victim:T['k']x", "victim:T[]", "victim:T[", "a]:f"], "no target"
        ),
        **dict.fromkeys(["victim.:f", "victim:C..f", " victim:f"], "no dotted name"),
        **dict.fromkeys(["victim:1f", "victim:f f", "victim:f\n"], "no single name"),
        **dict.fromkeys(
            [
                "victim:f:g",
                "victim:T['k'].[0]",
                "victim:T['k'].",
                "victim:[0]",
                "victim:T[0]..f",
                "victim:T]",
                "victim:T[0].f:g",
            ],
            "no target",
        ),
        "victim:[0].f": "names no object",
        "victim:T[0].1f": "no single name",
        "victim:T.1[0].f": "no dotted name",
        "victim:f.<locals>.g": "leads into a function",
        5: "of Target",
    },
    "replacement": {"mine": "names no function", "mine:1": "names no function", 5: "is no function"},
    "how": {"swap": "should be 'replace', 'wrap', 'add' or 'in_place'", 5: "should be"},
    "fixed": {"ast1:0123456789AB": "no fingerprint", "ast2:0123456789ab": "no fingerprint", 5: "neither a text"},
}
# The same for what cannot be a key.
MORE_WRONG = [
    ("requires", [], "is empty"),
    ("requires", [5], "requires.0: Input should be a valid string"),
    ("fixes", [], "valid string"),
    ("how", [], "should be 'replace', 'wrap', 'add' or 'in_place'"),
    ("aliases", ["follow"], "aliases.0: 'follow' names no copy"),
    ("aliases", ["m:T['a']['b']"], "is an item within an item, where no copy is looked for: make it the target of an"),
    ("aliases", "m:T['a'][0]", "aliases.0: \"m:T['a'][0]\" is an item within an item"),
    ("original", {"f": "ast1:0123456789ab"}, "neither a text"),
    ("callbacks", {"before": "m:f"}, "callbacks.before: there is no such field"),
    ("callbacks", {"before_apply": 5}, "callbacks.before_apply: 5 is no function"),
    ("reproducer", {}, "reproducer.run: is missing"),
    ("reproducer", {"run": "m:f", "expect": "("}, "reproducer.expect: '(' is no regular expression"),
    ("reproducer", {"run": "m:f", "timeout": 0}, "reproducer.timeout: Input should be greater than 0"),
    ("reproducer", {"run": "m:f", "timeout": "1"}, "reproducer.timeout: Input should be a valid number"),
    ("reproducer", {"run": "m:f", "timeout": 10**400}, "reproducer.timeout: Input should be a valid number"),
    ("reproducer", {"run": "m:f", "disk": -1}, "reproducer.disk: Input should be greater than or equal to 0"),
    ("reproducer", {"run": "m:f", "packages": ["numpy>>1"]}, "reproducer.packages.0: 'numpy>>1' is no requirement"),
    ("reproducer", {"run": "m:f", "environment": {"A": 1}}, "reproducer.environment.A: Input should be a valid string"),
    ("reproducer", {"run": "m:f", "environment": 5}, "reproducer.environment: Input should be a valid dictionary"),
    (
        "target",
        {"module": "m", "attribute": "f", "item": 1.5},
        "target.item: Input should be a valid string or integer",
    ),
    (
        "target",
        {"module": "m", "attribute": "f", "items": ["a", 1.5]},
        "target.items.1: Input should be a valid string or integer",
    ),
    ("target", {"module": "m", "attribute": "f", "items": 1.5}, "target.items: 1.5 is neither a text nor a list"),
    ("target", {"module": "m", "attribute": "f", "item": 1, "items": [1]}, "target: give either item or items"),
    ("target", {"module": "m", "attribute": "f", "class": "a[0"}, "target.class: 'a[0' names no object"),
]


def by_mapping(fields):
    return Patch.model_validate(fields)


def by_keywords(fields):
    return Patch(**fields)


def by_registering(fields):
    return register(fields)


def by_json(fields):
    return Patch.model_validate_json(json.dumps(fields))


def by_decorator(fields):
    given = {name: value for name, value in fields.items() if name not in {"target", "replacement"}}
    backport(fields["target"], **given)(fields["replacement"])
    return next(iter(declare.declared_patches)).patch


WAYS = [by_mapping, by_keywords, by_registering, by_json]


def refusal(way, fields):
    with pytest.raises(DeclarationError) as caught:
        way(fields)
    return caught.value.problems


@pytest.mark.parametrize("name", RIGHT)
def test_right(name):
    """A value that is right is accepted whatever way it is given, as the same patch, which reads back from JSON."""
    for value in RIGHT[name]:
        first, *others = (way(GOOD | {name: value}) for way in WAYS)
        declare.declared_patches = Registry()
        assert all(other == first and hash(other) == hash(first) for other in others), value
        assert Patch.model_validate_json(first.model_dump_json()) == first
        if isinstance((GOOD | {name: value})["target"], str) and value is not None:
            assert by_decorator(GOOD | {name: value}) == first
            declare.declared_patches = Registry()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [*((name, *pair) for name, wrong in WRONG.items() for pair in wrong.items()), *MORE_WRONG],
)
def test_wrong(registry, name, value, said):
    """A value that is wrong is refused in the same words whatever way it is given, and nothing is registered."""
    first, *others = (refusal(way, GOOD | {name: value}) for way in WAYS)
    assert [line for line in first if said in line]
    assert all(other == first for other in others)
    assert list(registry) == []


@pytest.mark.parametrize(("depth", "is_right"), [(199, True), (200, False)])
def test_depth_of_a_value(depth, is_right):
    """A value may have lists within each other, as many as can be read and compared on any Python."""
    value = 1
    for _ in range(depth):
        value = [value]
    given = {key: GOOD[key] for key in ("id", "summary", "requires", "target")} | {"value": value}
    if is_right:
        assert Patch(**given).edits[0].value == value
    else:
        assert "is nothing that JSON can say" in refusal(by_keywords, given)[0]


@pytest.mark.parametrize("edits", [5, None, "ab", []])
def test_wrong_edits_without_summary(edits):
    """Edits that are no list, or an empty one, are refused for that, and not for a missing docstring."""
    given = {"id": "victim-1", "requires": "victim<2", "edits": edits}
    said = {refusal(way, given) for way in WAYS}
    assert [line.partition(":")[0] for (line,) in said] == ["edits"]


@pytest.mark.parametrize("text", [text for text in RIGHT["requires"] if isinstance(text, str)])
def test_requirement_is_written_as_by_packaging(text):
    """A requirement has one text for all that means the same, the one that packaging writes."""
    assert Patch.model_validate(GOOD | {"requires": text}).requires == (str(Requirement(text)),)


def test_bound_of_what_adds_a_module():
    """A patch that adds modules alone needs no upper bound, also where its edits or targets are objects."""
    given = {"id": "victim-1", "summary": "s", "requires": "victim>=1"}
    edit = {"target": "victim.gone", "how": "add", "replacement": "mine"}
    patch = Patch(**given, edits=[edit])
    for same in (patch.edits[0], edit | {"target": patch.edits[0].target}):
        assert Patch(**given, edits=[same]) == patch
    with pytest.raises(DeclarationError, match="no upper bound"):
        Patch(**given, edits=[edit, 3])


def test_one_text_of_a_requirement(world):
    """The engine, `status` and the patch have the very same record, with the same text of a requirement."""
    world.distribution("victim", "1.5")
    script = """
    import backportkit
    from backportkit.declaration.registry import declared_patches
    patch = backportkit.register(dict(id="v-1", summary="s", requires="victim >=1, <2", target="v:f", value=1))
    print(patch.requires, declared_patches.find("v-1").patch is patch)
    """
    assert world.run(script) == ["('victim<2,>=1',) True"]


# --- replacements ---


def function(self, a, b=None):
    """What breaks."""


def second_line():
    """
    What breaks.
    """


def blank_lines():
    """

    What breaks, after a line with nothing in it.
    """


def undocumented(self): ...


def by_name_only(*, a): ...


def one_by_name(original, *, a): ...


def two(original, other): ...


def any_number(*originals): ...


def usual(original, other=None): ...


@functools.wraps(two)
def pretender(original): ...


def titled(self): ...


titled.__doc__ = 5


class Mirror:
    """What breaks."""

    def method(self):
        raise AssertionError(super().method())

    @staticmethod
    def static(): ...

    @property
    def computed(self): ...


class Undocumented:
    def method(self):
        """What breaks."""


def declared(target, replacement, **fields):
    given = {"id": "victim-1", "requires": "victim<2"} | fields
    backport(target, **given)(replacement)
    patch = next(iter(declare.declared_patches)).patch
    declare.declared_patches = Registry()
    return patch


@pytest.mark.parametrize(
    ("replacement", "summary"),
    [
        (function, "What breaks."),
        (staticmethod(second_line), "What breaks."),
        (staticmethod(blank_lines), "What breaks, after a line with nothing in it."),
        (property(function), "What breaks."),
        (functools.lru_cache(function), "What breaks."),
    ],
)
def test_summary_is_the_first_line(replacement, summary):
    """The first line of a docstring in which anything stands is the summary."""
    assert declared("victim:C.f", replacement, how="add").summary == summary


@pytest.mark.parametrize("cls", [Mirror, Undocumented])
def test_summary_of_a_class(cls):
    """A class has its own docstring for a summary, or else that of a function."""
    assert declared(f"victim:{cls.__name__}", cls).summary == "What breaks."


@pytest.mark.parametrize("replacement", [undocumented, titled, staticmethod(len), property()])
def test_lacking_summary(replacement):
    """A replacement without a docstring needs a summary."""
    with pytest.raises(DeclarationError, match="summary: is empty"):
        declared("victim:C.f", replacement)


@pytest.mark.parametrize("wrapper", [undocumented, any_number, usual])
def test_wrapper(wrapper):
    """A wrapper, and a callback, take one argument."""
    patch = declared("victim:f", wrapper, how="wrap", summary="s", callbacks={"after_undo": wrapper})
    assert patch.edits[0].replacement.held is patch.callbacks.after_undo.held is wrapper


@pytest.mark.parametrize("wrapper", [second_line, by_name_only, one_by_name, two, pretender])
def test_no_wrapper(wrapper):
    """A function that cannot be called with one argument is neither a wrapper nor a callback."""
    for fields in ({"how": "wrap"}, {"callbacks": {"before_apply": wrapper}}):
        with pytest.raises(DeclarationError, match=r"cannot be called with the (original of victim:f|module) alone"):
            declared("victim:f", wrapper, summary="s", **fields)


def test_function_keeps_its_name():
    """A reference to a function is its name, in the class that it stands in, and leads back to the very function."""
    (edit,) = declared("victim:f", function).edits
    assert (edit.replacement, edit.replacement.held) == (f"{__name__}:function", function)
    names = [edit.replacement for edit in declared("victim:Mirror", Mirror).edits]
    assert names == [f"{__name__}:Mirror.{name}" for name in ("method", "static", "computed")]


# --- the record ---


def full(**fields):
    reproducer = {"run": "mine:f", "environment": {"A": "1"}}
    edits = [
        {"target": "victim:T['k']", "value": {"a": [1, {}]}},
        {"target": "victim:C.f", "replacement": function, "how": "add"},
    ]
    return Patch(
        **{"id": "v-1", "summary": "s", "requires": "victim<2", "edits": edits, "reproducer": reproducer} | fields
    )


@pytest.mark.parametrize("patch", [full(), Patch(**GOOD), Patch(**GOOD | {"replacement": function, "how": "add"})])
def test_copies_are_equal(patch):
    """A patch survives copying and pickling, with the function that it holds."""
    for other in (copy.copy(patch), copy.deepcopy(patch), pickle.loads(pickle.dumps(patch))):  # noqa: S301 -- our own
        assert other == patch
        assert repr(other) == repr(patch)
        assert [edit.held for edit in other.edits] == [edit.held for edit in patch.edits]


def test_patch_for_other_requirements():
    """A patch for other requirements is like it in all else."""
    other = full().for_requirements(("victim>=3,<4",))
    assert (other.requires, full()) == (("victim>=3,<4",), other.for_requirements(full().requires))


def test_nobody_changes_what_is_declared():
    """A patch does not change with a value that it was made of, nor with one that is read from it."""
    value = [{"a": [1]}]
    patch = Patch(id="v-1", summary="s", requires="victim<2", target="victim:f", value=value)
    value.append(2)
    patch.edits[0].value[0]["a"].append(2)
    patch.edits[0].value[0].clear()
    full().reproducer.environment.clear()
    assert patch.edits[0].value == [{"a": [1]}]
    assert full().reproducer.environment == {"A": "1"}
    for name in ("id", "edits", "nothing"):
        with pytest.raises(AttributeError, match="frozen"):
            setattr(patch, name, None)
        with pytest.raises(AttributeError, match="frozen"):
            delattr(patch, name)


def test_repr_has_every_field():
    """A record shows what it is made of, as keywords."""
    assert repr(Edit(target="m:C.f", replacement="n:g")) == (
        "Edit(target=Target(module='m', class_='C', attribute='f', items=()), replacement='n:g', value=None, "
        "how='replace', namespace='own', signature='keep', original=(), fixed=(), alias_of=None)"
    )


def test_records_of_other_kinds_differ():
    """A record equals none of another class, and nothing else."""
    assert Target(module="m", attribute="f") != "m:f"
    assert Patch(**GOOD) != Edit(target="victim:C.f", replacement="mine:f")
    assert Callbacks() == Callbacks(after_undo=None) != Callbacks(after_undo="m:f")


def test_known_records_are_taken_as_they_are():
    """A record that is made already is accepted wherever the fields of one are."""
    reproducer, callbacks = Reproducer(run="mine:f"), Callbacks(after_undo="mine:f")
    edit = Edit(target=Target(module="m", attribute="f"), replacement="mine:f")
    patch = full(edits=[edit], reproducer=reproducer, callbacks=callbacks)
    assert patch.reproducer is reproducer
    assert patch.callbacks is callbacks
    assert patch.edits == (edit,)
    assert Patch.model_validate(patch) is patch


@pytest.mark.parametrize("value", [object(), {1: 2}, [(1,)], b"x"])
def test_value_that_is_no_data(value):
    """A value is what JSON can say."""
    with pytest.raises(DeclarationError, match=r"value: .* is nothing that JSON can say"):
        Edit(target="m:f", value=value)


@pytest.mark.parametrize(
    "value", [float("nan"), [float("-inf")], {"a": 10**5000}, functools.reduce(lambda a, _: [a], range(300), 1)]
)
def test_value_that_json_cannot_write(value):
    """A value is refused if JSON has no word for it, or its readers refuse the number or the depth."""
    with pytest.raises(DeclarationError, match="is nothing that JSON can say"):
        Edit(target="m:f", value=value)


# --- documents ---


class Model(BaseModel):
    """Somebody's model, with patches in it."""

    patch: Patch
    more: list[Patch | Target | str] = []


def test_patch_is_a_field_of_a_model():
    """A patch in a model is written and read as one by itself."""
    model = Model(patch=full(edits=[{"target": "m:f", "replacement": "n:g"}]), more=["id", Patch(**GOOD)])
    assert Model(patch=GOOD, more=[Target(module="m", attribute="f")]).model_dump()["more"] == ["m:f"]
    assert Model.model_validate_json(model.model_dump_json()) == model
    assert Model.model_validate(model.model_dump()) == model
    assert model.model_dump()["patch"] == model.patch.model_dump()


def test_problems_of_a_field():
    """Each problem of a patch in somebody's model is one error at the path of the wrong field."""
    edits = [{"target": "m", "replacement": "n:g"}, {"target": "m:f", "replacement": "{x}", "hwo": 1}]
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"patch": {"id": "A", "summary": "s", "requires": "v<2", "edits": edits}})
    errors = {error["loc"]: (error["type"], error["msg"]) for error in caught.value.errors()}
    assert list(errors) == [
        ("patch", "id"),
        *(("patch", "edits", number, name) for number, name in ((0, "target"), (1, "replacement"), (1, "hwo"))),
    ]
    assert {kind for kind, _ in errors.values()} == {"backportkit"}
    assert errors["patch", "edits", 1, "replacement"][1] == "'{x}' names no function: write 'package.module:function'"


def test_problems_of_a_single_edit():
    """The fields of a single edit that were given directly have no number."""
    with pytest.raises(ValidationError) as caught:
        Model(patch=GOOD | {"target": "m", "how": "swap"})
    assert [error["loc"] for error in caught.value.errors()] == [("patch", "target"), ("patch", "how")]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_schema_names_the_records(mode):
    """The JSON schema of a model has each record by its name, with its fields."""
    schema = Model.model_json_schema(mode=mode)
    assert set(schema["$defs"]) == {"AnyOf", "Callbacks", "Edit", "Patch", "Reproducer", "Target"}
    assert schema["properties"]["patch"] == {"$ref": "#/$defs/Patch"}
    patch = schema["$defs"]["Patch"]
    assert set(patch["properties"]) == set(Patch.fields)
    assert patch["required"] == ["id", "summary", "requires", "edits"]
    assert patch["additionalProperties"] is False
    assert Patch.model_json_schema(mode=mode)["properties"] == patch["properties"]


@pytest.mark.parametrize("name", ["Edit", "Patch", "Reproducer"])
def test_schema_says_the_defaults(name):
    """The default that the JSON schema states for a field is the one that a record has."""
    patch = Patch(**{key: GOOD[key] for key in GOOD if key != "original"}, reproducer="mine:f")
    records = {"Edit": patch.edits[0], "Patch": Patch(**GOOD), "Reproducer": patch.reproducer}
    fields = Model.model_json_schema()["$defs"][name]["properties"]
    said = {key: field["default"] for key, field in fields.items() if "default" in field and key != "replacement"}
    written = TypeAdapter(type(records[name])).dump_python(records[name], mode="json")
    assert said == {key: written.get(key) for key in said} != {}


def test_options_of_pydantic():
    """Dumps take pydantic's options: indentation, and leaving out defaults."""
    patch = Patch(**GOOD)
    assert patch.model_dump(exclude_defaults=True, include={"edits"}) == {
        "edits": ({"target": "victim:C.f", "replacement": "mine:f", "original": ("ast1:0123456789ab",)},)
    }
    assert patch.model_dump(mode="json")["requires"] == ["victim<2,>=1"]
    assert patch.model_dump_json(indent=1).startswith('{\n "id"')
    assert TypeAdapter(Target).dump_python(patch.edits[0].target) == "victim:C.f"


def test_applied_and_undone_without_pydantic(world):
    """A process that declares, applies and undoes patches loads pydantic when one is written down."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "class C:\n  def f(self): return 'old'\ndef g(): return 'old'\nLIMIT = 1")
    world.write(
        "mine.py",
        """
        from backportkit import Callbacks, Edit, Patch, Reproducer, backport, register
        @backport("victim:C", requires="victim<2", id="victim-1")
        class C:
            "Return new."
            def f(self): return "new"
        @backport("victim:g", requires="victim<2", id="victim-2", reproducer=Reproducer(run="mine:g", expect="a|b"))
        def g():
            "Return new."
            return "new"
        limit = register(Patch(id="victim-3", summary="s", requires="victim<2", callbacks=Callbacks(),
                               edits=[Edit(target="victim:LIMIT", value=2)]))
        """,
    )
    assert world.run(
        """
        import backportkit, mine
        backportkit.apply_all()
        import victim
        print(victim.C().f(), victim.g(), victim.LIMIT)
        with backportkit.unpatched("victim-1"):
            print(victim.C().f(), victim.g())
        print([one.summary for one in backportkit.status() if one.provider == "mine"])
        print({"pydantic", "packaging"} & set(sys.modules))
        print(mine.limit.model_dump()["edits"][0]["value"], "pydantic" in sys.modules)
        """
    ) == ["new new 2", "old new", "['Return new.', 'Return new.', 's']", "set()", "2 True"]


def test_second_declaration_with_other_content(world):
    """A second declaration that means the same is the same patch; another content is an error that names both."""
    world.write(
        "mine.py",
        """
        from backportkit import backport
        for requires in ("victim<2", "victim <2", "victim<3"):
            @backport("victim:g", requires=requires, id="victim-2")
            def g():
                "Return new."
        """,
    )
    done = world.start("import mine")
    assert "patch 'victim-2': this id is declared twice with different content" in done.stderr


@pytest.mark.parametrize(
    "put", [{"target": "zipp:X", "value": 3}, {"target": "zipp.old", "how": "add", "alias_of": "zipp"}]
)
def test_what_has_no_docstring_needs_a_summary(put):
    """Plain data and a module under another name say nothing of what breaks without them."""
    with pytest.raises(DeclarationError, match="summary: is empty"):
        Patch(id="a-1", requires="zipp<9", **put)
    with pytest.raises(DeclarationError, match="summary: is empty"):
        Patch(id="a-1", requires="zipp<9", edits=[Edit(**put)])
