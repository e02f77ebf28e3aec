"""A patch reads back from each of its forms as an equal patch, and a wrong one is refused."""

from __future__ import annotations

import json
import pickle
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticSerializationError

from backportkit import DeclarationError, Edit, Patch, Reproducer, Target
from backportkit.declaration.reference import Reference

BASE = {
    "id": "victim-1",
    "summary": "what breaks",
    "requires": "victim>=1,<2",
    "target": "victim:C.f",
    "replacement": "mine:f",
}


def top_level(self):  # pragma: no cover -- a specimen, never called
    """Return one.

    The rest is detail.
    """
    return 1


class Mirror:
    """A class to refer into."""

    @property
    def size(self):  # pragma: no cover -- a specimen, never called
        """Return the size."""
        return 1

    @staticmethod
    def static():  # pragma: no cover -- a specimen, never called
        return 1


def patch(**fields):
    return Patch.model_validate(BASE | fields)


def test_single_edit_may_be_given_directly_or_as_a_list():
    direct = patch(how="wrap")
    edits = [{"target": "victim:C.f", "replacement": "mine:f", "how": "wrap"}]
    listed = {name: BASE[name] for name in ("id", "summary", "requires")} | {"edits": edits}
    assert direct == Patch.model_validate(listed)
    assert direct.modules == ("victim",)


def test_every_form_reads_back_as_an_equal_patch():
    tomllib = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    full = patch(
        replacement=top_level,
        original=["ast1:0123456789ab"],
        fixed="ast1:ba9876543210",
        fixes="https://example.org/pull/1",
        references=["https://example.org/issues/2"],
        resolves=["CVE-2024-5569", "https://example.org/issues/3"],
        reproducer={"run": "mine:reproduce", "environment": {"A": "B"}, "timeout": 5},
    )
    text = 'id = "victim-1"\nsummary = "s"\nrequires = ["victim<2"]\ntarget = "victim:f"\nreplacement = "mine:f"\n'
    assert Patch.model_validate(full.model_dump()) == full
    assert Patch.model_validate_json(full.model_dump_json()) == full
    assert Patch.model_validate_json(full.model_dump_json()).edits[0].replacement.resolve() is top_level
    assert Patch.model_validate(tomllib.loads(text)) == Patch.model_validate_json(json.dumps(tomllib.loads(text)))


names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
dotted = st.lists(names, min_size=1, max_size=3).map(".".join)
keys = st.integers() | st.text()
targets = st.builds(
    Target,
    module=dotted,
    class_=st.none() | dotted | st.builds("{}[{!r}].{}".format, dotted, keys, names),
    attribute=names,
    items=st.lists(keys, max_size=3),
)


@given(targets)
def test_target_reads_back_from_its_text(target):
    assert Target.model_validate(str(target)) == target
    assert Target.model_validate_json(target.model_dump_json()) == target


@given(targets, st.sampled_from(["replace", "wrap", "add"]), st.booleans())
def test_patch_reads_back_from_json(target, how, required):
    one = Patch.model_validate(BASE | {"target": target, "how": how, "required": required})
    assert Patch.model_validate_json(one.model_dump_json()) == one


def test_target_is_also_a_record_whose_class_is_called_class_in_data():
    target = Target.model_validate({"module": "m", "class": "A.B", "attribute": "f"})
    assert (str(target), target.path) == ("m:A.B.f", ("A", "B", "f"))
    assert target == Target(module="m", class_="A.B", attribute="f") == Target.model_validate("m:A.B.f")
    assert str(Target.model_validate("m:D[key]")) == "m:D['key']"
    assert str(Target.model_validate("m:D[1.5]")) == "m:D['1.5']"


def test_target_has_its_keys_one_after_the_other():
    """A single one may be given as `item`, and is read as such; more are `items`."""
    single = Target(module="m", attribute="D", item="k")
    assert single == Target(module="m", attribute="D", items=["k"]) == Target.model_validate("m:D['k']")
    several = Target.model_validate("m:routes['a.b'][0].hooks[1]['c']")
    assert (single.item, single.items, several.item, several.items) == ("k", ("k",), None, (1, "c"))
    assert (several.class_, several.path) == ("routes['a.b'][0]", ("routes", "['a.b']", "[0]", "hooks"))
    assert several.steps == ("routes", ("a.b",), (0,), "hooks", (1,), ("c",))
    assert pickle.loads(pickle.dumps(several)) == several  # noqa: S301 -- our own


def test_records_are_frozen_and_hashable():
    one = patch(reproducer={"run": "mine:reproduce", "environment": {"A": "B"}})
    assert hash(one) == hash(Patch.model_validate_json(one.model_dump_json()))
    with pytest.raises(AttributeError, match="frozen"):
        one.id = "other"
    with pytest.raises(AttributeError, match="frozen"):
        del one.edits[0].target.module


def test_upstream_has_fixed_what_names_its_change_unless_it_says_otherwise():
    change = "https://example.org/pull/1"
    assert patch(fixes=change).upstream_status == "fixed"
    assert patch().upstream_status == patch(fixes=change, upstream_status="open").upstream_status == "open"
    assert patch(upstream_status="workaround").upstream_status == "workaround"


def test_id_defaults_to_the_distribution_and_the_number_that_fixes_ends_in():
    fields = {name: value for name, value in BASE.items() if name != "id"}
    for requires in ("Torch>=2,<3", ["Torch>=2,<3", "numpy"]):
        one = Patch.model_validate(fields | {"requires": requires, "fixes": "https://example.org/pull/178148/"})
        assert one.id == "torch-178148"


@pytest.mark.parametrize(
    ("replacement", "summary"),
    [(top_level, "Return one."), (vars(Mirror)["size"], "Return the size.")],
)
def test_summary_defaults_to_the_first_line_of_the_docstring(replacement, summary):
    fields = {name: value for name, value in BASE.items() if name != "summary"}
    assert Patch.model_validate(fields | {"replacement": replacement}).summary == summary
    edit = Edit(target=Target.model_validate("victim:C.f"), replacement=replacement)
    rest = {name: value for name, value in fields.items() if name not in {"target", "replacement"}}
    assert Patch.model_validate(rest | {"edits": [edit]}).summary == summary


def test_one_upper_bound_among_the_requirements_is_enough_and_so_is_a_reason_for_none():
    for bound in ("<2", "<=2", "==1.*", "===1", "~=1.4"):
        assert patch(requires=["numpy", f"victim{bound}"]).unbounded_because is None
    assert patch(requires="victim>=1", unbounded_because="no release has it").requires == ("victim>=1",)


def no_parameters():
    """Take nothing."""


def any_parameters(*args):  # pragma: no cover -- a specimen, never called
    """Take anything."""
    return args


@pytest.mark.parametrize(
    "fields",
    [
        {"replacement": top_level},
        {"replacement": any_parameters},
        {"replacement": any_parameters, "how": "wrap"},
        {"replacement": no_parameters, "target": "victim:f"},
        {"replacement": no_parameters, "target": "victim:C.table['key']"},
        {"replacement": vars(Mirror)["static"]},
        {"replacement": len},
    ],
)
def test_signature_that_may_fit_is_accepted(fields):
    assert patch(**fields).edits[0].replacement.held is fields["replacement"]


def test_reproducer_may_be_a_function_or_its_name():
    assert patch(reproducer=no_parameters).reproducer == Reproducer(run=no_parameters)
    assert patch(reproducer="mine:reproduce").reproducer.run == "mine:reproduce"


def test_function_that_cannot_be_imported_by_name_cannot_be_written_down():
    one = patch(replacement=lambda self: self)
    with pytest.raises(PydanticSerializationError, match="move it to the top of a module"):
        one.model_dump_json()


def test_a_list_of_edits_and_the_fields_of_one_exclude_each_other():
    with pytest.raises(DeclarationError, match=r"either edits=\.\.\. or target, replacement, not both"):
        patch(edits=[])


def test_what_is_no_mapping_is_no_patch():
    with pytest.raises(DeclarationError, match="valid dictionary"):
        Patch.model_validate(5)


def test_patch_is_told_from_one_with_another_body():
    def other(self):  # pragma: no cover -- a specimen, never called
        return 2

    other.__module__, other.__qualname__ = top_level.__module__, top_level.__qualname__
    moved = types.FunctionType(top_level.__code__.replace(co_firstlineno=999), globals(), "top_level")
    assert patch(replacement=top_level) == patch(replacement=moved)
    assert patch(replacement=top_level) != patch(replacement=other)
    assert patch(replacement=top_level) == patch(replacement=Reference.to(top_level) + "")
