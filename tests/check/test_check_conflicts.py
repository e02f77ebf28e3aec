"""Patches that will be in each other's way once their target is imported are told before."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

PATCH = """
from backportkit import backport
@backport("victim:f", id="{}", requires="victim<2", fixes="https://x.example/{}", {})
def f(a):
    "{}"
    return {}
"""
PROJECT = '[project]\nname = "mine"\n[project.entry-points."backportkit.patches"]\nvictim = "mine.backports"\n'


def patch(name, fixes=1, given="", text="what breaks", value="a"):
    return PATCH.format(name, fixes, given, text, value)


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a): pass\n")
    world.write("pyproject.toml", PROJECT)
    return world


def installed(world, text, provider="other"):
    world.distribution(provider, "1.0", {"victim": provider})
    world.write(f"{provider}.py", text)


def conflicts(done):
    assert done.stdout, done.stderr
    return [(one["patch"], one["message"]) for one in json.loads(done.stdout)["findings"] if one["code"] == "BK210"]


def outcome(world):
    """Tell the reason that status gives before the import, and whether the import raises a conflict."""
    script = """
        import backportkit, mine.backports
        backportkit.apply_all()
        print([s.reason for s in backportkit.status() if s.id == "mine-1"][0])
        try: import victim
        except ImportError: print("conflict")
        else: print("none")
        """
    return world.run(script)


@pytest.mark.parametrize("what", [".", "mine/backports.py", "mine.backports", None])
def test_conflict_with_an_installed_provider_is_found(victim, start, what):
    """A check of a project, a file or a module reads what else is installed for the same package."""
    victim.write("mine/backports.py", patch("mine-1", value="1"))
    installed(victim, patch("other-1", 2))
    found = conflicts(start(victim, "check", *([what] if what else []), "--json"))
    assert found == [
        (
            "mine-1",
            f"'other-1' of other, declared at {victim.folder}/other.py:3, claims the same target in the same range",
        )
    ]


def test_status_tells_a_conflict_before_the_import_does(victim):
    """A patch that waits and will meet another one's claim says so; the import then raises what was told."""
    victim.write("mine/backports.py", patch("mine-1", value="1"))
    installed(victim, patch("other-1", 2))
    reason, end = outcome(victim)
    assert "; it will be a conflict with 'other-1' of other, declared at " in reason
    assert end == "conflict"


NAMED = "id='mine-1', summary='s', requires='victim<2', target='victim:f', fixes='https://x.example/1'"
NONE = {
    "same fix": (patch("mine-1"), patch("other-1")),
    "same fix, other docstring": (patch("mine-1"), patch("other-1", text="put otherwise")),
    "same fix, by name": (
        "import backportkit\nbackportkit.register(dict(COMMON, replacement='bodies:f'))\n".replace("COMMON", NAMED),
        patch("other-1"),
    ),
    "wrap": (patch("mine-1", given="how='wrap'", value="a"), patch("other-1", 2)),
    "other range": (patch("mine-1"), patch("other-1", 2).replace("victim<2", "victim>=2,<3")),
}


@pytest.mark.parametrize(("mine", "other"), NONE.values(), ids=NONE.keys())
def test_what_import_finds_no_conflict_is_none(victim, start, mine, other):
    """Two declarations of one fix, wraps, and patches for other releases are in nobody's way."""
    victim.write("mine/backports.py", mine)
    victim.write("bodies.py", "def f(a):\n    return a\n")
    installed(victim, other)
    assert conflicts(start(victim, "check", ".", "--json")) == []
    reason, end = outcome(victim)
    assert "conflict" not in reason
    assert end == "none"


def test_replacement_without_a_source_is_like_no_other(victim, start):
    """Two patches for one fix are a conflict if the body of one cannot be read, since it may be another body."""
    mine = NONE["same fix, by name"][0].replace("bodies:f", "nowhere:f")
    victim.write("mine/backports.py", mine)
    installed(victim, patch("other-1"))
    assert [name for name, _ in conflicts(start(victim, "check", ".", "--json"))] == ["mine-1"]


@pytest.mark.parametrize("setting", ["disable = ['other-1']", "supersede = {other-1 = 'mine-1'}"])
def test_what_the_project_has_settled_is_no_conflict(victim, start, setting):
    """The project's own settings say which of two patches counts."""
    victim.write("pyproject.toml", PROJECT + f"[tool.backportkit]\n{setting}\n")
    victim.write("mine/backports.py", patch("mine-1", value="1"))
    installed(victim, patch("other-1", 2))
    assert conflicts(start(victim, "check", ".", "--json")) == []


def test_shipped_patch_is_in_nobodys_way(world, start):
    """A patch that backportkit ships yields to a project's own patch of the same target."""
    world.distribution("requests", "2.32.3")
    world.write("requests/utils.py", "def get_netrc_auth(url, raise_errors=False): pass\n")
    mine = patch("mine-1").replace("victim:f", "requests.utils:get_netrc_auth").replace("victim<2", "requests<2.32.4")
    world.write("mine/backports.py", mine.replace("def f(a)", "def f(url, raise_errors=False)").replace("return a", ""))
    world.write("pyproject.toml", PROJECT.replace("victim", "requests"))
    assert conflicts(start(world, "check", ".", "--json")) == []


def test_provider_that_cannot_be_read_is_not_the_projects_business(victim, start):
    """`check` of a project does not tell why another provider cannot be read: `check` of that provider does."""
    victim.write("mine/backports.py", patch("mine-1"))
    installed(victim, "raise RuntimeError\n")
    found = json.loads(start(victim, "check", ".", "--json").stdout)["findings"]
    assert "BK301" not in [one["code"] for one in found]


CIRCLE = """
from backportkit import backport
def declare(name, old, requires="victim<2", target="victim:f"):
    @backport(target, id=name, requires=requires, summary="s", supersedes=old, fixes=f"https://x.example/{name}")
    def f(a): return name
"""
PAIR = "declare('mine-1', ['mine-2'])\ndeclare('mine-2', ['mine-1'])\n"
THREE = (
    "declare('mine-1', ['mine-2'])\ndeclare('mine-2', ['mine-3'], target='victim:g')\ndeclare('mine-3', ['mine-1'])\n"
)
SETTINGS = "[tool.backportkit.supersede]\n"


def circles(done):
    return [message for _, message in conflicts(done) if "supersede each other" in message]


@pytest.mark.parametrize(
    ("declared", "settings", "told"),
    [
        (PAIR, "", "'mine-1' and 'mine-2'"),
        (THREE, "", "'mine-1' and 'mine-2' and 'mine-3'"),
        (
            "declare('mine-1', ())\ndeclare('mine-2', ())\n",
            "mine-1 = 'mine-2'\nmine-2 = 'mine-1'\n",
            "'mine-1' and 'mine-2'",
        ),
        (THREE.replace("['mine-1']", "()"), "mine-1 = 'mine-3'\n", "'mine-1' and 'mine-2' and 'mine-3'"),
    ],
    ids=["two", "three", "settings", "both"],
)
def test_patches_that_supersede_each_other_in_a_circle_are_a_conflict(victim, start, declared, settings, told):
    """`check` reports each circle with one error, as `apply_all` does, which names every place and what to do."""
    victim.write("victim.py", "def f(a): pass\ndef g(a): pass\n")
    victim.write("mine/backports.py", CIRCLE + declared)
    victim.write("pyproject.toml", PROJECT + SETTINGS + settings)
    done = start(victim, "check", ".", "--json")
    (message,) = circles(done)
    assert message.startswith(f"{told} supersede each other, so that none of them is applied: ")
    assert message.count("declared at") == told.count("and")
    (finding,) = [one for one in json.loads(done.stdout)["findings"] if one["message"] == message]
    assert (done.returncode, finding["patch"], finding["path"]) == (1, "mine-1", "mine/backports.py")
    assert "take an id out of `supersedes`, or out of `supersede` of [tool.backportkit]" in finding["next_step"]
    script = """
        import backportkit, mine.backports
        try: backportkit.apply_all(config="pyproject.toml")
        except backportkit.ConflictError as error: print(error.message)
        """
    assert victim.run(script) == [f"{told} supersede each other"]


def test_circle_of_several_files_is_found_in_each_of_them(victim, start):
    """An installed provider's patch in the circle is named, and what is judged has the finding."""
    victim.write("pyproject.toml", "[tool.backportkit.supersede]\nmine-1 = 'other-1'\nother-1 = 'mine-1'\n" + PROJECT)
    victim.write("mine/backports.py", CIRCLE + "declare('mine-1', ())\n")
    installed(victim, CIRCLE + "declare('other-1', ())\n")
    (message,) = circles(start(victim, "check", ".", "--json"))
    assert f"'other-1' of other, declared at {victim.folder}/other.py:" in message


NO_CIRCLE = {
    "other releases": ("declare('mine-1', ['mine-2'])\ndeclare('mine-2', ['mine-1'], 'victim>=2,<3')\n", ""),
    "a chain": ("declare('mine-1', ['mine-2'])\ndeclare('mine-2', ['mine-3'])\ndeclare('mine-3', ())\n", ""),
    "the settings decide": (PAIR, "mine-1 = 'mine-2'\n"),
    "one is off": (PAIR, "[tool.backportkit]\ndisable = ['mine-1']\n"),
    "nobody has it": ("declare('mine-1', ['gone-1'])\n", "mine-1 = 'gone-1'\n"),
}


@pytest.mark.parametrize("name", NO_CIRCLE)
def test_patches_that_do_not_supersede_each_other_here_are_no_circle(victim, start, name):
    """Two patches are no circle if no environment has both, or if one of them yields or is off."""
    declared, settings = NO_CIRCLE[name]
    victim.write("mine/backports.py", CIRCLE + declared)
    head = settings if settings.startswith("[tool") else SETTINGS + settings
    victim.write("pyproject.toml", PROJECT + head)
    assert circles(start(victim, "check", ".", "--json")) == []


def test_patch_that_supersedes_itself_is_a_conflict(victim, start):
    """Settings by which a patch supersedes itself are a conflict."""
    victim.write("mine/backports.py", CIRCLE + "declare('mine-1', ())\n")
    victim.write("pyproject.toml", PROJECT + SETTINGS + "mine-1 = 'mine-1'\n")
    found = conflicts(start(victim, "check", ".", "--json"))
    assert len(found) == 1
    assert "'mine-1'" in found[0][1]


WITHIN = """
from backportkit import Patch, register
for id_, target, fields in {patches}:
    register(Patch(id=id_, summary="s", requires="victim<2", target="victim" + f":{{target}}" * bool(target), **fields))
"""


@pytest.mark.parametrize(
    ("patches", "found"),
    [
        (
            [("mine-1", "T['a']['b']", {"value": 1}), ("mine-2", "T['a']", {"value": {}})],
            [
                (
                    "mine-2",
                    "'mine-1' of mine, declared at {}, changes victim:T['a']['b'], which is in it, in the same range",
                )
            ],
        ),
        (
            [("mine-1", "T", {"value": {}}), ("mine-2", "T['a']['b']", {"how": "wrap", "replacement": "m:f"})],
            [("mine-2", "'mine-1' of mine, declared at {}, replaces victim:T, which it is in, in the same range")],
        ),
        ([("mine-1", "", {"how": "add", "alias_of": "m"}), ("mine-2", "f", {"replacement": "m:f"})], []),
        ([("mine-1", "C.p", {"replacement": "m:f"}), ("mine-2", "C.p.fset", {"replacement": "m:g"})], []),
        ([("mine-1", "T['a']", {"how": "add", "value": {}}), ("mine-2", "T['a']['b']", {"value": 1})], []),
        (
            [("mine-1", "T['a']['b']", {"value": 1}), ("mine-2", "T['a']", {"value": {}, "supersedes": ["mine-1"]})],
            [],
        ),
    ],
)
def test_edit_within_what_another_one_replaces_is_a_conflict(victim, start, patches, found):
    """Whichever is declared first, unless it gives way; not so the parts of a property, and what is added."""
    file = victim.write("mine/backports.py", WITHIN.format(patches=patches))
    told = conflicts(start(victim, "check", "mine/backports.py", "--format", "json"))
    assert [(one, message.replace(f"{file}:4", "{}")) for one, message in told] == found
