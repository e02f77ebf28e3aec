"""Plain declarations: never more than the model accepts, with the same meaning, and without loading it."""

from __future__ import annotations

import functools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backportkit.declaration import document, frozen
from backportkit.declaration.draft import Draft
from backportkit.declaration.plain import recognise
from backportkit.errors import DeclarationError

SHAPE = {"how": "replace", "namespace": "own", "signature": "keep"}
GOOD = {"id": "victim-1", "requires": "victim>=1,<2"}


# --- specimens: what can be decorated ---


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


def by_name_only(*, a):
    """What breaks."""


def one_by_name(original, *, a):
    """What breaks."""


def two(original, other):
    """What breaks."""


def any_number(*originals):
    """What breaks."""


def named_super(self):
    """What breaks."""
    raise AssertionError(super().named_super)


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

    @classmethod
    def made(cls): ...

    @property
    def computed(self): ...

    async def later(self): ...


class Undocumented:
    def method(self):
        """What breaks."""


class Empty:
    """What breaks."""


class Constant:
    """What breaks."""

    limit = 1


class Equal:  # noqa: PLW1641 -- that is what it is for
    """What breaks."""

    def __eq__(self, other): ...  # it makes __hash__ None


class Meta(type):
    """A metaclass."""


class Odd(metaclass=Meta):
    """What breaks."""

    def method(self): ...


OBJECTS = [
    *(function, second_line, blank_lines, undocumented, by_name_only, one_by_name, two, any_number, named_super),
    *(pretender, titled, Mirror, Undocumented, Empty, Constant, Equal, Odd, len, functools.partial(function), 1),
    *(staticmethod(function), classmethod(function), property(function), property(), staticmethod(len)),
    *(functools.cached_property(function), functools.lru_cache(function), lambda self: self),
]
TARGETS = [
    *(
        "victim:f",
        "victim:C.f",
        "a.b:C.D.f",
        "victim:Mirror",
        "a:b.Mirror",
        "victim:Equal",
        "victim:Odd",
        "victim:f.fset",
    ),
    *(
        "victim:T['k']",
        'victim:C.T["k.l"]',
        "victim:T['k\"]",
        "victim:T[1]",
        "victim:T[k]",
        "victim:T['']",
        "victim:T['a b']",
    ),
    *(
        "victim:T['k']]",
        "victim:T['k'][0]",
        "victim",
        "victim:",
        ":f",
        "victim:1f",
        "victim.:f",
        "victim:C..f",
        "victim:f f",
    ),
    *("", " victim:f", "victim:f\n", "vïctim:f", "victim:T['\\n']", "victim:T['k]"),
]
REPRODUCERS = [
    *(
        "mine:f",
        "mine:",
        "mine",
        function,
        len,
        {"run": "mine:f"},
        {"run": second_line, "expect": "it failed"},
        {},
        5,
        None,
    ),
    {"run": "mine:f", "expect": "a (b|c)", "timeout": 30, "disk": 0, "programs": ["c++"], "packages": "numpy>=1"},
    *({"run": "mine:f", "expect": "("}, {"run": "mine:f", "timeout": 0}, {"run": "mine:f", "timeout": True}),
    *({"run": "mine:f", "disk": -1}, {"run": "mine:f", "packages": ["numpy>>1"]}, {"run": "mine:f", "other": 1}),
    *({"run": "mine:f", "programs": "c++"}, {"run": "mine:f", "environment": {"A": "1"}}, {"expect": "x"}),
    *({"run": "mine:f", "environment": {"A": 1}}, {"run": "mine:f", "expect": 5}, {"run": 5}),
]
FINGERPRINTS = [
    *(
        (),
        "ast1:0123456789ab",
        ["ast1:0123456789ab"],
        ("ast1:0123456789ab", "ast1:ffffffffffff"),
        [],
        "ast1:0123456789AB",
    ),
    *(
        "ast1:0123456789abc",
        "ast2:0123456789ab",
        [5],
        5,
        {"method": "ast1:0123456789ab"},
        {"other": "ast1:0123456789ab"},
    ),
    *({"method": ["ast1:0123456789ab"], "static": ()}, {}),
]
FIELDS = {
    "id": ["victim-1", "a", "ab", "A1", "-a", "a" * 64, "a" * 65, "a b", "", 5, "a.b_c-d", "ä1"],
    "summary": ["What breaks.", " What breaks. ", "", " ", "a\nb", "\tb", 5, "ü"],
    "requires": [
        *(
            "victim<2",
            "victim>=1",
            "victim",
            "Victim.X_y >= 1.0 , < 2",
            ["a<1", "b"],
            ("a<1",),
            [],
            "",
            5,
            [5],
            "victim~=1.2",
        ),
        *(
            "victim==1.*",
            "victim<2;python_version>'3'",
            "victim[x]<2",
            "victim<2rc1",
            "victim @ https://x.y",
            "victim<",
            ",<2",
        ),
        *(
            "victim<=1,!=1.0",
            "victim==1",
            "victim===1",
            "victim(<2)",
            "-a<2",
            "a-<2",
            "victim<2,",
            " victim<2",
            "victim\n<2",
        ),
        *("victim<v2", "victim<1!2", "victim<2 3", "victim <2", "victim= <2"),
    ],
    "unbounded_because": ["no release has it", "", " ", 5],
    "prereleases": ["by-version", "by-fingerprint", "by", 5],
    "fixes": [
        *(
            "https://example.org/1",
            "https://example.org/23/",
            "http://a",
            "https://",
            "ftp://a/1",
            "https://a b/1",
            5,
            [],
            "",
        ),
        *(["https://example.org/1"], "https://example.org/x", "https://example.org/\N{ARABIC-INDIC DIGIT ONE}"),
    ],
    "upstream_status": ["fixed", "open", "workaround", "closed", 5],
    "references": [(), "https://a/b", ["https://a/b", "http://c/d"], ["x"], 5, [5]],
    "reproducer": REPRODUCERS,
    "supersedes": [(), "victim-0", ["victim-0", "b1"], "victim-1", "X", 5, [5]],
    "aliases": [
        "follow",
        "keep",
        "m:n",
        "m:n['k']",
        ["m:n", "o:p"],
        [],
        "m:",
        ":n",
        "m",
        "m:n o",
        "a b:c",
        5,
        ["follow"],
    ],
    "callbacks": [
        *(
            {},
            {"before_apply": one_by_name},
            {"after_undo": function},
            {"after_apply": any_number, "before_undo": "m:f"},
            5,
        ),
        *(
            {"before_apply": two},
            {"before": function},
            {"before_apply": None},
            {"before_apply": 5},
            {"before_apply": pretender},
        ),
        *({"after_undo": undocumented}, {"after_undo": by_name_only}, {"after_undo": staticmethod(undocumented)}),
    ],
    "required": [True, False, 1, "yes"],
}
ANY_SHAPE = {
    "how": ["replace", "wrap", "add", "other"],
    "namespace": ["own", "target", "x"],
    "signature": ["keep", "change", "x"],
}
SHAPES = st.one_of(
    st.just(SHAPE), st.fixed_dictionaries({name: st.sampled_from(words) for name, words in ANY_SHAPE.items()})
)
GIVEN = st.builds(
    lambda fields: GOOD | fields,
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FIELDS.items()}),
)
FEW = st.lists(st.sampled_from(sorted(FIELDS)), max_size=2).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(FIELDS[name]) for name in names})
)


def _edit_in_words(edit):
    target = edit.target
    return (
        (target.module, target.class_, target.attribute, target.item),
        (str(edit.replacement), edit.replacement.held),
        (edit.how, edit.namespace, edit.signature, tuple(edit.original), tuple(edit.fixed), edit.has_value),
    )


def in_words(record):
    """What applying needs, of a record or of a patch; `requires` in the form that the model gives it."""
    from backportkit.declaration.fields import _requirement

    return {
        "id": record.id,
        "requires": tuple(map(_requirement, record.requires)),
        "prereleases": record.prereleases,
        "fixes": record.fixes,
        "supersedes": tuple(record.supersedes),
        "aliases": record.aliases,
        "required": record.required,
        "callbacks": sorted((name, str(one), one and one.held) for name, one in record.callbacks),
        "edits": [_edit_in_words(edit) for edit in record.edits],
        "modules": record.modules,
    }


def recognised(target, replacement, fields=GOOD, **more):
    return recognise(Draft(target, replacement, fields, **more))


@settings(max_examples=3000, deadline=None)
@given(
    draft=st.builds(
        Draft,
        st.sampled_from(TARGETS),
        st.sampled_from(OBJECTS),
        st.one_of(FEW.map(lambda few: GOOD | few), FEW.map(lambda few: GOOD | few | {"summary": "s"}), GIVEN),
        shape=SHAPES,
        original=st.sampled_from(FINGERPRINTS),
        fixed=st.sampled_from(FINGERPRINTS),
    )
)
@example(Draft("victim:f", blank_lines, GOOD))
@example(Draft("victim:f", function, {"requires": "victim<2", "fixes": "https://example.org/23/"}))
def test_what_is_recognised_means_the_same_to_the_model(draft):
    record = recognise(draft)
    if record is not None:
        assert in_words(record) == in_words(document.from_draft(draft))


@pytest.mark.parametrize("name", FIELDS)
def test_each_value_of_a_field_is_recognised_only_if_the_model_takes_it(name):
    for value in FIELDS[name]:
        draft = Draft("victim:C.f", function, GOOD | {name: value}, original="ast1:0123456789ab")
        record = recognise(draft)
        try:
            made = document.from_draft(draft)
        except DeclarationError:
            assert record is None, value
        else:
            assert record is None or in_words(record) == in_words(made)


@pytest.mark.parametrize(
    ("target", "replacement", "fields"),
    [
        ("victim:f", function, GOOD),
        ("victim:f", second_line, GOOD),
        ("victim:C.f", function, GOOD),
        ("victim:C.f", property(function), GOOD),
        ("victim:C.f", staticmethod(function), GOOD),
        ("a.b:C.Mirror", Mirror, GOOD),
        ("victim:Equal", Equal, GOOD),
        ("victim:T['k.l']", undocumented, GOOD | {"summary": "What breaks."}),
        ("victim:f", function, {"requires": "Victim_X>=1,<2.0", "fixes": "https://example.org/pull/23"}),
        ("victim:f", function, GOOD | {"requires": ["victim", "python>=3.10,<3.13.6"]}),
        ("victim:f", function, GOOD | {"requires": "victim", "unbounded_because": "no release has it"}),
        ("victim:f", function, GOOD | {"reproducer": REPRODUCERS[10], "upstream_status": "fixed"}),
        ("victim:f", function, GOOD | {"reproducer": {"run": "mine:f", "environment": {"A": "{scratch}"}}}),
        ("victim:f", function, GOOD | {"callbacks": {"before_apply": undocumented, "after_undo": "mine:f"}}),
        ("victim:f", function, GOOD | {"supersedes": "victim-0", "aliases": ["m:n"], "references": "https://a/b"}),
    ],
)
def test_usual_declaration_is_recognised(target, replacement, fields):
    record = recognised(target, replacement, fields)
    assert isinstance(record, frozen.Patch)


def test_reproducer_that_is_a_record_already_is_recognised():
    from backportkit import Reproducer

    assert recognised("victim:f", function, GOOD | {"reproducer": Reproducer(run="mine:f")}) is not None


def test_wrapper_is_recognised():
    assert recognised("victim:f", one_by_name, shape={"how": "wrap"}) is None
    record = recognised("victim:f", any_number, shape={"how": "wrap"})
    assert record is not None
    assert record.edits[0].how == "wrap"


@pytest.mark.parametrize(
    ("target", "replacement"), [("victim:f", named_super), ("victim:Odd", Odd), ("victim:f", functools.partial(print))]
)
def test_unusual_replacement_is_left_to_the_model(target, replacement):
    assert recognised(target, replacement) is None


def test_patches_are_applied_and_undone_without_pydantic(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "class C:\n  def f(self): return 'old'\ndef g(): return 'old'\n")
    world.write(
        "mine.py",
        """
        from backportkit import backport
        @backport("victim:C", requires="victim<2", id="victim-1")
        class C:
            "Return new."
            def f(self): return "new"
        @backport("victim:g", requires="victim<2", id="victim-2", reproducer={"run": "mine:g", "expect": "a|b"})
        def g():
            "Return new."
            return "new"
        """,
    )
    assert world.run(
        """
        import backportkit, mine
        backportkit.apply_all()
        import victim
        print(victim.C().f(), victim.g())
        with backportkit.unpatched("victim-1"):
            print(victim.C().f(), victim.g())
        print({"pydantic", "packaging"} & set(sys.modules))
        print([one.summary for one in backportkit.status() if one.provider == "mine"])
        """
    ) == ["new new", "old new", "set()", "['Return new.', 'Return new.']"]


def test_second_declaration_of_an_id_with_other_content_is_an_error(world):
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
