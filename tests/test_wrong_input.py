"""Wrong input of all kinds: a DeclarationError that says so, and nothing is registered; or a patch that is one."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backportkit import Edit, Patch, Reproducer, Target
from backportkit.declaration import declare
from backportkit.declaration.declare import backport, load, register
from backportkit.declaration.registry import Registry
from backportkit.errors import DeclarationError

GOOD = {
    "id": "victim-1",
    "summary": "It breaks.",
    "requires": ["victim<2"],
    "target": "victim:C.f",
    "replacement": "mine:f",
    "original": ["ast1:0123456789ab"],
    "fixes": "https://example.org/1",
}
FIELDS = sorted({*Patch.fields, *Edit.fields, *Target.fields, *Reproducer.fields, "class"})
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["victim<2", "victim:f", "victim:C.f['x']", ":", "a:b:c", "x[", "", "ast1:", "follow", "wrap", "\0"]
    ),
)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS | st.sampled_from(FIELDS), inner)),
    max_leaves=6,
)
OBJECTS = st.sampled_from([object(), object, len, print, ..., b"x", {1}, frozenset(), GOOD.keys(), lambda: 1, 1j, type])
ANYTHING = PLAIN | OBJECTS
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def attempt(monkeypatch):
    """Declare something: all of it is registered, or a DeclarationError is raised and none is."""

    def declaring(action):
        registry = Registry()
        monkeypatch.setattr(declare, "declared_patches", registry)
        said = ""
        try:
            action()
        except DeclarationError as error:
            said = str(error).strip() or "nothing"
        patches = [declared.patch for declared in registry]
        assert said != "nothing"
        assert not (said and patches)
        assert all(isinstance(patch, Patch) for patch in patches)
        return patches

    return declaring


def test_the_good_one_is_good(attempt):
    assert len(attempt(lambda: register(GOOD))) == 1


@MANY
@given(field=st.sampled_from(FIELDS), value=ANYTHING)
def test_one_wrong_field_of_a_patch_is_refused_with_words(attempt, field, value):
    attempt(lambda: register(GOOD | {field: value}))


@MANY
@given(value=st.one_of(ANYTHING, st.dictionaries(st.sampled_from(FIELDS), ANYTHING)))
def test_anything_at_all_given_as_a_patch_is_refused_with_words(attempt, value):
    attempt(lambda: register(value))


@MANY
@given(
    target=st.one_of(st.just("victim:C"), st.just("victim:f"), ANYTHING),
    fields=st.dictionaries(
        st.sampled_from(
            sorted({*Patch.fields, *Edit.fields} - {"edits", "target", "replacement", "value", "alias_of"})
        ),
        ANYTHING,
        max_size=2,
    ),
    replacement=st.one_of(st.just(type("C", (), {"f": lambda self: 1})), ANYTHING),
)
def test_decorator_is_given_anything_at_all(attempt, target, fields, replacement):
    good = {"id": "victim-1", "requires": "victim<2", "summary": "s"}
    attempt(lambda: backport(target, **good | fields)(replacement))


@MANY
@given(content=st.one_of(PLAIN, st.builds(lambda one: {"patch": [GOOD, one]}, PLAIN)))
def test_json_of_any_content_declares_all_or_nothing(attempt, tmp_path, content):
    path = tmp_path / "patches.json"
    path.write_text(json.dumps(content), "utf-8", "surrogatepass")
    assert len(attempt(lambda: load(path))) in {0, 1, 2}


@MANY
@given(content=st.binary(max_size=40) | st.text(max_size=40).map(lambda text: ("[[patch]]\n" + text).encode()))
def test_toml_of_any_bytes_declares_nothing(attempt, tmp_path, content):
    path = tmp_path / "patches.toml"
    path.write_bytes(content)
    assert attempt(lambda: load(path)) == []


@MANY
@given(field=st.sampled_from(FIELDS), value=PLAIN)
def test_toml_with_one_wrong_field_declares_both_patches_or_none(attempt, tmp_path, field, value):
    path = tmp_path / "patches.toml"
    wrong = "".join(
        f"{name} = {json.dumps(part)}\n" for name, part in (GOOD | {"id": "victim-2", field: value}).items()
    )
    good = "".join(f"{name} = {json.dumps(part)}\n" for name, part in GOOD.items())
    path.write_text(f"[[patch]]\n{good}[[patch]]\n{wrong}", "utf-8", "surrogatepass")
    assert len(attempt(lambda: load(path))) in {0, 1, 2}
