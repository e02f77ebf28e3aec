"""Each rule finds what it is for, and nothing else."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from backportkit.check import conflicts, copies, discovered, findings, life, metadata, reading, targets, verdict
from backportkit.check.scope import Scope
from backportkit.cli import exit_codes
from backportkit.cli.exit_codes import ExitCode
from backportkit.source import fingerprint
from backportkit.source.lookup import Library

pytestmark = pytest.mark.warm

DOCUMENT = Path(__file__).parents[2] / "docs" / "findings.md"

BODY = "def f(a): return a"
VICTIM = f"""
{BODY}
def drifted(a): return a + 1
import functools
@functools.lru_cache(maxsize=None)
def cached(a): return a
@functools.wraps(f)
def wrapped(a): return a
CONSTANT = 5
from victim_home import moved
from math import sqrt
import math
floor = math.floor
class Base:
    def method(self, a): pass
    @staticmethod
    def static(a): pass
class Child(Base): pass
class Odd(math.something()): pass
"""
KINDS = """
class Kinds:
    @classmethod
    def by_class(cls, a): ...
    @staticmethod
    def by_none(a): ...
    @classmethod
    def by_class_otherwise(cls, b): ...
"""
EITHER = """
if flip():
    {}def f(a): ...
else:
    {}def f(a): ...
"""
PRINT = fingerprint.of_source(BODY, ["f"])
OTHER = "ast1:0123456789ab"


def replacement(a): ...


def other(b): ...


def wrapper(original):
    return original


def method(self, a): ...


class Kinds:
    @classmethod
    def by_class(cls, a): ...

    @staticmethod
    def by_none(a): ...

    @classmethod
    def by_class_otherwise(cls, b): ...


def by_name(name):
    return f"mine:Kinds.{name}"


@pytest.fixture
def installed(world, monkeypatch):
    world.write("victim.py", VICTIM)
    world.write("victim_home.py", "def moved(a): pass\n")
    world.write("mine.py", f"{BODY}\ndef other(b): pass\nNOTHING = None\n{KINDS}")
    world.distribution("victim", "1.5")
    monkeypatch.syspath_prepend(world.folder)
    importlib.invalidate_caches()
    verdict._is_meant.cache_clear()
    with reading.instead(Library()):
        yield world
    verdict._is_meant.cache_clear()


def codes(found):
    return [finding.code for finding in found]


# --- BK1xx ---


def test_declaration_with_everything_in_it_gives_no_finding(declare):
    assert codes(metadata.judge(declare(target="victim:f", replacement=replacement, original=PRINT))) == []


@pytest.mark.parametrize(
    ("fields", "code", "told"),
    [
        ({"fixes": None}, "BK101", "where the fix comes from"),
        ({"reproducer": None}, "BK102", "nothing shows that it fixes anything"),
        ({"requires": "victim>=1", "unbounded_because": "no release yet"}, "BK103", "because: no release yet"),
        ({"original": ()}, "BK104", "nobody notices"),
        ({"requires": "victim>=2,<1"}, "BK105", "no version of victim can be in <1,>=2"),
        ({"upstream_status": "open"}, "BK106", "upstream has no fix yet"),
        (
            {"upstream_status": "open", "fixed": PRINT[:-1] + "0"},
            "BK106",
            "upstream has a fix, whose body `fixed` names",
        ),
        ({"upstream_status": "workaround"}, "BK106", "it is a workaround"),
    ],
)
def test_what_is_missing_in_a_declaration_is_found(declare, fields, code, told):
    (found,) = metadata.judge(declare(**{"target": "victim:f", "replacement": replacement, "original": PRINT} | fields))
    assert found.code == code
    assert told in found.message
    assert found.next_step
    assert (found.patch, found.where) == ("victim-1", "/somewhere/mine.py:7")


def test_references_are_provenance_and_an_addition_needs_no_fingerprint(declare):
    declared = declare(
        target="victim:new", replacement=replacement, how="add", fixes=None, references="https://upstream.example/1"
    )
    assert codes(metadata.judge(declared)) == ["BK106"]


# --- BK2xx ---


@pytest.mark.parametrize(
    ("target", "fields", "code", "told"),
    [
        ("victim:gone", {}, "BK208", "does not apply: victim has no 'gone'"),
        ("victim.sub:f", {}, "BK208", "there is no module victim.sub"),
        ("victim:drifted", {"original": [OTHER, PRINT]}, "BK209", f"expected {OTHER} or {PRINT}, found ast1:"),
        ("victim:f", {"original": OTHER, "fixed": PRINT}, "BK403", "upstream's fix already"),
        ("victim:f", {"how": "add"}, "BK211", "there is something of that name already"),
        ("victim:CONSTANT", {"how": "add"}, "BK211", "there is something of that name already"),
        ("victim:Child.method", {"how": "add", "replacement": method}, "BK211", "there is something of that name"),
        ("victim:Child.__eq__", {"how": "add", "replacement": method}, "BK211", "there is something of that name"),
        ("victim:f", {"replacement": other}, "BK201", "'a' can no longer be given by keyword"),
        ("victim:f", {"replacement": "mine:other"}, "BK201", "'a' can no longer be given by keyword"),
        ("victim:f", {"replacement": other, "how": "wrap"}, "BK201", "and would be None, since the wrapper function"),
        ("victim:Base.static", {"replacement": staticmethod(other)}, "BK201", "'a' can no longer be given by keyword"),
        *[
            ("victim:Base.static", {"replacement": one}, "BK201", "'a' can no longer be given by keyword")
            for one in (vars(Kinds)["by_class_otherwise"], by_name("by_class_otherwise"))
        ],
        ("victim:f", {"replacement": "mine:gone"}, "BK212", "mine has no 'gone'"),
        ("victim:sqrt", {}, "BK205", "has no source"),
        ("victim:floor.x", {}, "BK206", "made as the module runs"),
        ("victim:Odd.f", {"replacement": method}, "BK206", "cannot be followed"),
        ("victim:Child.method", {"replacement": method}, "BK202", "inherited from victim:Base"),
        ("victim:moved", {}, "BK207", "victim has it from victim_home:moved"),
        ("victim:cached", {}, "BK203", "it is cached"),
        ("victim:cached", {"how": "in_place"}, "BK203", "it is cached, and changed in place"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_target_that_does_not_fit_is_found(declare, target, fields, code, told):
    declared = declare(**{"target": target, "replacement": replacement} | fields)
    found = {finding.code: finding for finding in targets.judge(targets.sites(declared))}
    assert code in found
    assert told in found[code].message
    assert found[code].next_step
    assert found[code].target == target


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("victim:f", {"original": PRINT}),
        ("victim:f", {"original": [OTHER, PRINT], "fixed": OTHER}),
        ("victim:f", {"fixed": OTHER}),
        ("victim:f", {"replacement": "mine:f"}),
        ("victim:f", {"replacement": "mine:NOTHING"}),
        ("victim:f", {"replacement": wrapper, "how": "wrap"}),
        ("victim:f", {"replacement": len}),
        ("victim:f", {"replacement": other, "signature": "change"}),
        ("victim:wrapped", {"replacement": other}),
        ("victim:new", {"how": "add"}),
        ("victim:CONSTANT", {"replacement": None, "value": 6}),
        ("victim:Base.method", {"replacement": method}),
        *[("victim:Base.static", {"replacement": vars(Kinds)[name]}) for name in ("by_class", "by_none")],
        *[("victim:Base.static", {"replacement": by_name(name)}) for name in ("by_class", "by_none")],
        *[("victim:Base.method", {"replacement": vars(Kinds)[name]}) for name in ("by_class", "by_none")],
        *[("victim:Base.method", {"replacement": by_name(name)}) for name in ("by_class", "by_none")],
    ],
)
@pytest.mark.usefixtures("installed")
def test_target_that_fits_gives_no_finding(declare, target, fields):
    declared = declare(**{"target": target, "replacement": replacement} | fields)
    assert codes(targets.judge(targets.sites(declared))) == []


@pytest.mark.parametrize(
    ("first", "second", "found"), [("", "", ["BK201"]), ("@made()\n    ", "", []), ("", "@made()\n    ", [])]
)
@pytest.mark.usefixtures("installed")
def test_signature_is_wrong_only_if_no_definition_that_may_count_has_it(installed, declare, first, second, found):
    """A signature that fits one of several definitions is no error; a decorated definition may take any arguments."""
    installed.write("either.py", EITHER.format(first, second))
    declared = declare(target="either:f", replacement=other)
    assert codes(targets.judge(targets.sites(declared))) == found


@pytest.mark.usefixtures("installed")
def test_what_upstreams_fix_has_added_is_in_nobodys_way(declare):
    fixed = {"target": "victim:f", "replacement": "mine:f", "original": OTHER, "fixed": PRINT}
    added = {"target": "victim:CONSTANT", "replacement": "mine:f", "how": "add"}
    assert codes(targets.judge(targets.sites(declare(edits=[fixed, added])))) == ["BK403"]
    declared = declare(target="victim:f", replacement="mine:f", how="add", fixed=PRINT)
    assert codes(targets.judge(targets.sites(declared))) == ["BK403"]


@pytest.fixture
def copied(installed):
    installed.write("bundle/__init__.py", "from .home import f\n")
    installed.write("bundle/home.py", BODY)
    installed.write("bundle/user.py", "class C:\n    from bundle.home import (\n        f as mine,\n    )\n")
    installed.write("bundle/late.py", "def call():\n    from bundle.home import f\n")
    installed.write("bundle/doc.py", '"""\nfrom bundle.home import f\n"""\nfrom os import sep as f\n')
    installed.write("bundle/broken.py", "from bundle.home import f\ndef (\n")
    installed.write("bundle/other.py", "from bundle.home import g\nfrom bundle.other import f\n")
    return installed


@pytest.mark.parametrize(
    ("aliases", "told"),
    [
        ("follow", "bundle:f, bundle.user:mine have it by from-import, and get the replacement too"),
        ("keep", "bundle:f, bundle.user:mine have it by from-import, and keep the original"),
        (["bundle:f"], "bundle.user:mine have it by from-import, and keep the original"),
    ],
)
@pytest.mark.usefixtures("copied")
def test_copies_in_the_packages_own_source_are_told(declare, aliases, told):
    declared = declare(target="bundle.home:f", replacement=replacement, aliases=aliases)
    (found,) = targets.judge(targets.sites(declared))
    assert (found.code, found.message) == ("BK204", told)


@pytest.mark.usefixtures("copied")
def test_copies_that_are_all_named_are_no_finding(declare):
    declared = declare(target="bundle.home:f", replacement=replacement, aliases=["bundle:f", "bundle.user:mine"])
    assert codes(targets.judge(targets.sites(declared))) == []


@pytest.mark.usefixtures("installed")
def test_long_list_of_copies_is_cut_short(installed, declare):
    installed.write("crowd/home.py", BODY)
    for number in range(5):
        installed.write(f"crowd/user{number}.py", "from crowd.home import f\n")
    declared = declare(target="crowd.home:f", replacement=replacement)
    (found,) = targets.judge(targets.sites(declared))
    assert found.message.startswith("crowd.user0:f, crowd.user1:f, crowd.user2:f and 2 more have it")


def test_copies_of_what_is_not_installed_are_none():
    original = copies.Original("no_such_package.mod", "f")
    assert copies.find([original]) == {original: []}


# --- BK210 ---


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"requires": "victim>=1.9,<3"},
        {"requires": "another<3"},
        {"requires": ["victim>=1,<2", "another<3"]},
        {"fixes": "https://upstream.example/pull/1", "replacement": other},
        {"how": "add"},
    ],
)
def test_two_patches_at_one_target_in_one_range_conflict(declare, fields):
    first = declare(target="victim:f", replacement=replacement)
    second = declare(
        **{"id": "victim-2", "target": "victim:f", "replacement": replacement, "fixes": "https://x.example/2"} | fields
    )
    (found,) = conflicts.judge([first, second])
    assert found.code == "BK210"
    assert found.patch == "victim-2"
    assert found.message.startswith("'victim-1' of mine, declared at /somewhere/mine.py:7, claims the same target")


@pytest.mark.parametrize(
    "fields",
    [
        {"requires": "victim>=2,<3"},
        {"requires": "victim<2; python_version < '3'"},
        {"target": "victim:other"},
        {"how": "wrap"},
        {"supersedes": "victim-1"},
        {"fixes": "https://upstream.example/pull/1"},
    ],
)
def test_two_patches_that_do_not_meet_are_no_conflict(declare, fields):
    first = declare(target="victim:f", replacement=replacement)
    second = declare(
        **{"id": "victim-2", "target": "victim:f", "replacement": replacement, "fixes": "https://x.example/2"} | fields
    )
    assert codes(conflicts.judge([first, second])) == []
    assert codes(conflicts.judge([second, first])) == []


@pytest.mark.parametrize("same", [{"replacement": "mine:f"}, {"value": 5}])
def test_same_fix_declared_twice_is_no_conflict(declare, same):
    both = [declare(id=name, target="victim:f", **same) for name in ("victim-1", "victim-2")]
    assert codes(conflicts.judge(both)) == []


# --- BK302, BK4xx ---


def test_entry_point_must_have_the_name_of_what_is_patched(subject):
    (found,) = discovered.judge(subject(names=frozenset({"victm", "other"})))
    assert found.code == "BK302"
    assert found.message == "it patches victim, and the entry points that lead to it are named other, victm"
    assert codes(discovered.judge(subject(names=frozenset({"victim", "other"})))) == []
    assert codes(discovered.judge(subject())) == []


def test_entry_point_may_have_the_name_of_a_package_within(subject):
    deep = subject(target="victim.deep.mod:f")
    for names in ({"victim"}, {"victim.deep"}, {"victim.deep.mod", "victim.other"}):
        assert codes(discovered.judge(deep._replace(names=frozenset(names)))) == []
    for names in ({"victim.de"}, {"victim.deep.mod.more"}):
        assert codes(discovered.judge(deep._replace(names=frozenset(names)))) == ["BK302"]


@pytest.mark.parametrize("supported", [("victim==2.1",), ("victim>=2", "victim==3"), ("Victim>2,<9",)])
def test_patch_below_all_that_is_supported_is_removable(subject, supported):
    found = life.removable(subject(*supported))
    assert found.code == "BK402"
    assert "past the patch's <2,>=1" in found.message
    assert "(pyproject.toml) only" in found.message


@pytest.mark.parametrize(
    "supported", [(), ("victim",), ("victim>=1.5",), ("victim>=2", "victim==1.5"), ("victim<1",), ("victim>3,<2",)]
)
def test_patch_that_some_supported_version_may_need_is_not_removable(subject, supported):
    assert life.removable(subject(*supported)) is None


def test_patch_above_all_that_is_supported_is_never_in_range(subject):
    (found,) = life.judge(subject("victim<1"))
    assert found.code == "BK401"
    assert codes(life.judge(subject("victim>=1"))) == []
    assert codes(life.judge(subject("victim<1", requires="victim>=2,<1"))) == []


# --- all of them ---


@pytest.mark.usefixtures("installed")
def test_removable_patch_is_only_that_and_dormant_one_is_not_compared(subject):
    removable = subject("victim==9", fixes=None, id="victim-9", target="victim:gone")
    dormant = subject(requires="victim>=3,<4", target="victim:gone", id="victim-3", original=PRINT)
    broken = subject(target="victim:gone", original=PRINT)
    judged = verdict.judge(Scope((removable, dormant, broken), ()))
    assert [(found.patch, found.code) for found in judged.findings] == [("victim-9", "BK402"), ("victim-1", "BK208")]
    assert (judged.patches, judged.dormant) == (3, 1)


def test_broken_weighs_more_than_removable():
    def code(*found):
        return exit_codes.of([findings.Finding(one, "m", "n") for one in found])

    assert code() == code("BK403", "BK204") == ExitCode.FINE
    assert code("BK402", "BK403") == ExitCode.TO_REMOVE
    assert code("BK402", "BK101") == ExitCode.WRONG


def test_every_code_is_documented_with_its_title_and_level():
    rows = re.findall(r"^\| \[(BK\d+)\]\S+ \| ([^|]+) \| ([^|]+) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert {code: findings.Rule(title, findings.Level(level)) for code, title, level in rows} == findings.RULES
