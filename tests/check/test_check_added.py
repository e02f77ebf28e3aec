"""`check`, `diff` and `explain` on patches that add modules."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

ADDED = {
    "id": "gone-1",
    "summary": "s",
    "requires": "victim>=1",
    "references": "https://upstream.example/issues/1",
    "target": "victim." + "lost",  # so that this file does not name it: the project is on `sys.path`
    "how": "add",
    "replacement": "mine.gone",
}


WHOLE = {"target": "victim." + "old_home", "how": "add", "replacement": "mine"}
WITHIN = {"target": "victim." + "old_home.json", "how": "add", "alias_of": "json"}


@pytest.fixture
def victim(world):
    """A package without its module `gone`, what imports that, and what is to be had instead."""
    world.distribution("victim", "1.5")
    world.write("victim/__init__.py", "raise SystemExit('is imported')")
    world.write("victim/_gone.py", "def f(): return 'renamed'")
    world.write("mine/gone.py", "def f():\n    return 'mine'\n")
    world.write("user/old.py", "def late():\n    from victim import lost\n")
    return world


@pytest.fixture
def found(victim, start):
    """The findings of `backportkit check`, as code and message, without those about provenance."""

    def check(**fields):
        whole = {name: value for name, value in ADDED.items() if "edits" not in fields or name not in WHOLE}
        victim.write("patches.json", json.dumps({"patch": [whole | fields]}))
        done = start(victim, "check", "patches.json", "--json")
        assert done.stdout, done.stderr
        findings = json.loads(done.stdout)["findings"]
        return [f"{one['code']}: {one['message']}" for one in findings if not one["code"].startswith("BK1")]

    return check


def test_one_that_is_imported_is_fine(found):
    """Neither an upper bound nor a fingerprint is asked for."""
    assert found() == []
    assert found(replacement=None, alias_of="victim._gone") == []


@pytest.mark.parametrize(
    "code",
    [
        "import victim.lost",
        "import victim.lost.within as other",
        "from victim.lost import f",
        "from victim.lost.within import f",
        "if True:\n    from victim import other, lost",
        "__import__('importlib').import_module('victim.lost')",
        "entry = 'victim.lost:f'",
    ],
)
def test_who_imports_it_is_found(victim, found, code):
    """In whatever way, also in a text."""
    victim.write("user/old.py", code)
    assert found() == []


def test_who_imports_it_within_the_package_is_found(victim, found):
    """By a relative import."""
    victim.write("user/old.py", "")
    victim.write("victim/old/code.py", "from ..lost import f")
    assert found() == []


@pytest.mark.parametrize(
    "code", ["import lost", "from victim import lost_too", "victim.lost", "from .lost import f", "victim.lost ="]
)
def test_what_nobody_imports_can_go(victim, start, found, code):
    """An exit code of its own says so; what is no Python is passed over."""
    victim.write("user/old.py", code)
    assert found() == ["BK404: nobody here imports victim.lost"]
    assert start(victim, "check", "patches.json").returncode == 3


def test_the_declaration_itself_is_no_import(victim, start):
    """Nor is what lies in a hidden folder."""
    victim.write("user/old.py", "")
    victim.write(".hidden/old.py", "import victim.lost")
    victim.write("declaring.py", f"import backportkit\nbackportkit.register({ADDED!r})")
    done = start(victim, "check", "declaring.py", "--json")
    assert "BK404" in {one["code"] for one in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"replacement": "mine.absent"}, "BK212: there is no module mine.absent to make it of"),
        ({"replacement": None, "alias_of": "victim.absent"}, "BK212: there is no module victim.absent to make it of"),
        ({"target": "victim._gone.lost"}, "BK208: does not apply: victim._gone is a module and no package"),
        ({"target": "victim.absent.lost"}, "BK208: does not apply: there is no module victim.absent"),
        ({"target": "victim._gone"}, "BK403: it is there, so that nothing is made"),
        ({"target": "imported_by_" + "nobody"}, "BK404: nobody here imports imported_by_nobody"),
    ],
)
def test_what_comes_to_nothing_is_found(found, fields, told):
    """As run time has it: an error, or a patch that is dormant."""
    assert found(**fields) == [told]


def test_a_package_that_the_patch_adds_too(victim, start, found):
    """What is within it can be added; where it is left out, the next step says so."""
    victim.write("user/old.py", "import victim.old_home.json")
    assert (
        found(edits=[WHOLE, WITHIN]) == found(edits=[WHOLE | {"replacement": None, "alias_of": "mine"}, WITHIN]) == []
    )
    assert found(edits=[WHOLE | {"replacement": "mine.gone"}, WITHIN]) == [
        "BK208: does not apply: mine.gone is a module and no package"
    ]
    assert found(edits=[WITHIN]) == ["BK208: does not apply: there is no module victim.old_home"]
    (one,) = (
        one
        for one in json.loads(start(victim, "check", "patches.json", "--json").stdout)["findings"]
        if one["code"] == "BK208"
    )
    assert one["next_step"] == (
        "correct the target, or narrow `requires`; or add its package too, by target='victim.old_home' with how='add'"
    )


def test_a_patch_for_another_release_is_not_looked_into(found):
    """It is dormant."""
    assert found(requires="victim>=2", replacement="mine.absent") == []


def test_it_takes_no_part_in_rules_of_functions(victim, found):
    """Names that others use in the module are given; a copy that `aliases` names is none."""
    victim.write("mine/fixes.py", "def f(): return helper")
    other = {
        "target": f"{ADDED['target']}:f",
        "replacement": "mine.fixes:f",
        "namespace": "target",
        "requires": "victim<2",
    }
    patch = ADDED | {"aliases": ["user.old:late"]}
    victim.write("both.json", json.dumps({"patch": [patch, ADDED | other | {"id": "other-1", "how": "replace"}]}))
    assert found(aliases=["user.old:late"]) == []


@pytest.mark.parametrize("name", ["victim", "gone_too"])
def test_an_entry_point_that_leads_to_it(victim, start, name):
    """One that is named after a module in no package leads nowhere, since that is not there to be imported."""
    target = ADDED["target"] if name == "victim" else "gone_too"
    victim.write("user/old.py", f"import {target}")
    victim.distribution("provider", "1.0", {name: "provider"})
    victim.write("provider.py", f"import backportkit\nbackportkit.register({ADDED | {'target': target}!r})")
    done = start(victim, "check", "provider", "--json")
    found = [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == "BK302"]
    assert found == (
        [] if name == "victim" else ["gone_too is not there, so that no import of it leads to the patch that adds it"]
    )


def test_two_that_add_one_module_are_a_conflict(victim, start):
    """Unless they carry one fix by the same module."""
    fix = {"fixes": "https://upstream.example/pull/1"}
    alias = {"replacement": None, "alias_of": "victim._gone"}

    def conflicts(one, other):
        victim.write("two.json", json.dumps({"patch": [ADDED | one, ADDED | {"id": "gone-2"} | other]}))
        done = start(victim, "check", "two.json", "--json")
        return [one["code"] for one in json.loads(done.stdout)["findings"]].count("BK210")

    assert conflicts({}, {}) == conflicts(fix | alias, fix) == 1
    assert conflicts(fix | alias, fix | alias | {"alias_of": "victim"}) == 1
    assert conflicts(fix, fix) == conflicts(fix | alias, fix | alias) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {},
            [
                "--- victim 1.5  nothing",
                "+++ gone-1  mine/gone.py",
                "@@ -0,0 +1,2 @@",
                "+def f():",
                "+    return 'mine'",
            ],
        ),
        (
            {"replacement": None, "alias_of": "victim._gone"},
            [
                "--- victim 1.5  nothing",
                "+++ gone-1  alias_of='victim._gone'",
                "@@ -0,0 +1 @@",
                "+victim.lost = victim._gone",
            ],
        ),
    ],
)
def test_diff_shows_the_whole_module(victim, start, fields, said):
    """Against nothing, or against what is there."""
    victim.write("patches.json", json.dumps({"patch": [ADDED | fields]}))
    done = start(victim, "diff", "gone-1", "--import", "patches.json")
    shown = [line for line in done.stdout.splitlines() if " is sha256:" not in line]
    assert shown == [*said, "victim.lost of victim 1.5 is not there: it is made as it is imported"]
    victim.write("victim/lost.py", "there = 1")
    done = start(victim, "diff", "gone-1", "--import", "patches.json")
    assert "victim.lost of victim 1.5 is there: there is nothing to add" in done.stdout.splitlines()


def test_diff_of_what_has_no_source(victim, start):
    """Says what is missing."""
    victim.write("patches.json", json.dumps({"patch": [ADDED | {"replacement": "mine.absent"}]}))
    done = start(victim, "diff", "gone-1", "--import", "patches.json")
    assert "there is no source of mine.absent here" in done.stderr


@pytest.mark.parametrize(
    ("fields", "by"),
    [({}, "mine.gone"), ({"replacement": None, "alias_of": "victim._gone"}, "the module victim._gone itself")],
)
def test_explain_says_what_it_is(victim, start, fields, by):
    """And whether somebody has it."""
    victim.write("patches.json", json.dumps({"patch": [ADDED | fields]}))
    lines = start(victim, "explain", "gone-1", "--import", "patches.json").stdout.splitlines()
    at = lines.index("target        victim.lost")
    assert lines[at + 1 : at + 4] == [
        "  how         add, a module that is made when it is imported and nobody else has it",
        f"  by          {by}",
        "  installed   nothing",
    ]
    victim.write("victim/lost.py", "there = 1")
    lines = start(victim, "explain", "gone-1", "--import", "patches.json").stdout.splitlines()
    assert "  installed   victim/lost.py" in lines
