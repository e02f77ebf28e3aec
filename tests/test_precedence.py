"""Which of two patches gives way: shipped ones yield, and one that supersedes another is asked whether it may."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

START = """
import backportkit, logging, sys
class Keep(logging.Handler):
    def emit(self, record):
        if not record.getMessage().startswith("applied "):
            records.append(f"{record.levelname} {record.getMessage()}")
records = []
logging.getLogger("backportkit").addHandler(Keep())
logging.getLogger("backportkit").setLevel("INFO")
def declare(id, target="victim:f", new="", requires="victim<2", **fields):
    new = new or id
    backportkit.backport(target, requires=requires, id=id, summary="s", **fields)(lambda *args: new)
def where(*ids):
    known = {status.id: status for status in backportkit.status()}
    return [f"{id} {known[id].state} {known[id].reason}" for id in ids]
def attempt(call, *args, **fields):
    try: call(*args, **fields)
    except (backportkit.BackportError, ImportError) as error: return str(error)
    return "done"
"""
VICTIM = """
TABLE = {"a": 1, "b": 1}
def f(): return "old"
def g(): return "old"
class C:
    def method(self): return "old"
    @property
    def size(self): return "old"
"""


def patch(*targets, **fields):
    """The text of a patch as data, which puts the word that is its id in each place."""
    edits = [{"target": target, "replacement": f"bodies:{fields['id'].replace('-', '_')}"} for target in targets]
    return f"register({ {'summary': 's', 'requires': 'victim<2', 'edits': edits} | fields!r})\n"


@pytest.fixture
def run(world):
    """Run a script in a world with `victim`, and with providers given by their patches; `backportkit` ships its own."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    ids = ("shipped", "ours", "theirs", "third")
    world.write("bodies.py", "\n".join(f"def {name}(*args): return {name!r}" for name in ids))

    def start(script, flags=(), env=None, **providers):
        for name, patches in providers.items():
            module = f"{name}_patches"
            packages = ["victim", *(["other"] if "other:" in patches else [])]
            world.distribution(name, "1.0", dict.fromkeys(packages, module))
            world.write(f"{module}.py", f"from backportkit import register\n{patches}")
        return world.run(START + textwrap.dedent(script), flags=flags, env=env)

    return start


SHIPPED = patch("victim:f", id="shipped")


# --- yielding ---


@pytest.mark.parametrize("order", ["before", "after", "at last"])
def test_shipped_patch_yields_to_one_that_edits_its_target(run, order):
    """One's own patch is in force and the shipped one is not, in each order of declaring, arming and importing."""
    script = f"""
    if {order!r} == "before": declare("ours")
    backportkit.apply_all()
    if {order!r} == "after": declare("ours")
    import victim
    if {order!r} == "at last":
        print(victim.f(), *where("shipped"))
        declare("ours")
    backportkit.apply_all()
    print(victim.f(), *where("shipped", "ours"))
    print(*records)
    """
    first = ["shipped shipped applied in effect in victim"] if order == "at last" else []
    assert run(script, backportkit=SHIPPED) == [
        *first,
        "ours shipped disabled yields to ours of __main__ ours applied in effect in victim",
        "INFO patch 'shipped' yields to ours of __main__",
    ]


def test_shipped_patch_yields_to_an_installed_provider_and_is_back_where_that_is_taken_out(run):
    """The original comes back when one's own patch is undone, and not the shipped patch."""
    script = """
    backportkit.apply_all()
    import victim
    print(victim.f(), *where("shipped"), backportkit.is_applied("shipped"))
    backportkit.unpatch("ours")
    print(victim.f())
    backportkit.apply_all(only="ours")
    print(victim.f(), *where("shipped"))
    """
    lines = run(script, backportkit=SHIPPED, mine=patch("victim:f", id="ours"))
    yields = "shipped disabled yields to ours of mine"
    assert lines == [f"ours {yields} False", "old", f"ours {yields}"]


@pytest.mark.parametrize(
    ("target", "other", "yields"),
    [
        ("victim:f", "victim:f", True),
        ("victim:C.method", "victim:C.method", True),
        ("victim:C.size", "victim:C.size.fget", True),
        ("victim:C.size.fget", "victim:C.size", True),
        ("victim:TABLE['a']", "victim:TABLE['a']", True),
        ("victim:TABLE['a']", "victim:TABLE['b']", False),
        ("victim:f", "victim:g", False),
        ("victim:f", "other:f", False),
        ("victim:C.size", "victim:C.method", False),
    ],
)
def test_shipped_patch_yields_for_one_of_its_targets_and_for_no_other(run, target, other, yields):
    """A shipped patch yields for one common place or a part of a property, not for another key, name or module."""
    shipped = patch(
        target,
        "victim:unheard",
        id="shipped",
        edits=[
            {"target": target, "value": 2}
            if "TABLE" in target
            else {"target": target, "replacement": "bodies:shipped"},
        ],
    )
    script = f"""
    fields = dict(id="ours", summary="s", requires="victim<2", target={other!r}, value=3)
    if "TABLE" in fields["target"]: backportkit.register(fields)
    else: declare("ours", {other!r}, signature="change")
    backportkit.apply_all()
    import victim
    print(where("shipped")[0].split(";")[0])
    """
    standing = "disabled yields to ours of __main__" if yields else "applied in effect in victim"
    assert run(script, backportkit=shipped) == [f"shipped {standing}"]


def test_all_of_a_shipped_patch_yields_wherever_its_edits_are(run, world):
    """A patch of several edits goes as a whole, also from modules that the other one does not touch."""
    world.write("other.py", "def f(): return 'old'\n")
    script = """
    import other, victim
    declare("ours", "victim:g")
    backportkit.apply_all()
    print(victim.f(), victim.g(), other.f())
    """
    assert run(script, backportkit=patch("victim:f", "victim:g", "other:f", id="shipped")) == ["old ours old"]


@pytest.mark.parametrize(
    ("declares", "applies"),
    [
        ("declare('ours', requires='victim>=2', unbounded_because='s')", "backportkit.apply_all()"),
        ("declare('ours', requires='absent<2')", "backportkit.apply_all()"),
        ("declare('ours')", "backportkit.apply_all(exclude='ours')"),
        ("declare('ours')", "backportkit.apply_all(providers='backportkit')"),
        ("declare('ours')", "backportkit.apply_all(only='*', exclude='ours')"),
        ("declare('ours'); declare('third', 'victim:g', supersedes='ours')", "backportkit.apply_all()"),
    ],
)
def test_shipped_patch_does_not_yield_to_one_that_is_not_in_force(run, declares, applies):
    """A patch for other releases, one that is left out or one that is superseded is no reason to leave a bug in."""
    script = f"""
    {declares}
    {applies}
    import victim
    print(victim.f(), *where("shipped"))
    """
    assert run(script, backportkit=SHIPPED) == ["shipped shipped applied in effect in victim"]


def test_shipped_patch_for_other_releases_is_dormant_and_says_nothing_of_yielding(run):
    """A shipped patch that is not meant for the installed release does not yield."""
    script = """
    declare("ours")
    backportkit.apply_all()
    import victim
    print(victim.f(), where("shipped")[0].split(";")[0], records)
    """
    shipped = patch("victim:f", id="shipped", requires="victim>=2,<3")
    assert run(script, backportkit=shipped) == ["ours shipped dormant victim 1.0 is installed ".strip() + " []"]


def test_status_says_that_a_shipped_patch_will_yield_before_anything_is_applied(run):
    """The status says before `apply_all` is called that a shipped patch will yield."""
    script = "print(*where('shipped')); declare('third'); print(*where('shipped'), records)"
    lines = run(script, backportkit=SHIPPED, mine=patch("victim:f", id="ours"))
    assert lines == ["shipped disabled yields to ours of mine", "shipped disabled yields to ours of mine []"]


@pytest.mark.parametrize("choice", ["only=['shipped', 'ours']", "only=['ship*', 'ours']", "config='settings.toml'"])
def test_shipped_patch_that_somebody_asked_for_yields_to_nobody(run, world, choice):
    """Asked for by id or pattern it is in conflict with another one; where the settings name it, it takes its place."""
    world.write("settings.toml", "[tool.backportkit.supersede]\nours = 'shipped'\n")
    script = f"""
    import victim
    print(attempt(backportkit.apply_all, {choice}))
    print(*where("shipped", "ours"))
    """
    lines = run(script, backportkit=SHIPPED, mine=patch("victim:f", id="ours"))
    if "config" in choice:
        assert lines == ["done", "shipped applied in effect in victim ours disabled superseded by 'shipped'"]
        return
    assert "has replaced the same target" in lines[0]
    assert lines[-2].startswith("  next:     drop one of the two, write supersede = {'")
    assert lines[-2].count("under [tool.backportkit] of the application") == 1


def test_asking_for_all_is_asking_for_none(run):
    """`*` and `**` name no patch."""
    script = """
    import victim
    backportkit.apply_all(only=["*", "**"], providers="*")
    print(victim.f(), *where("shipped"))
    """
    lines = run(script, backportkit=SHIPPED, mine=patch("victim:f", id="ours"))
    assert lines == ["ours shipped disabled yields to ours of mine"]


def test_patch_that_has_yielded_is_applied_where_the_other_one_is_gone(run):
    """A shipped patch that has yielded is applied by a later call that leaves the other patch out."""
    script = """
    import victim
    backportkit.apply_all()
    backportkit.unpatch_all()
    backportkit.apply_all(exclude="ours")
    print(victim.f(), *where("shipped"))
    """
    lines = run(script, backportkit=SHIPPED, mine=patch("victim:f", id="ours"))
    assert lines == ["shipped shipped applied in effect in victim"]


def test_callbacks_of_a_shipped_patch_that_yields_late_are_called_for_its_undoing(run, world):
    """A patch that yields late takes down what it has set up: its callback for the undo is called."""
    world.write("calls.py", "calls = []\ndef up(module): calls.append('up')\ndef down(module): calls.append('down')\n")
    script = """
    import calls, victim
    backportkit.apply_all()
    declare("ours")
    backportkit.apply_all()
    print(victim.f(), calls.calls)
    """
    callbacks = {"after_apply": "calls:up", "after_undo": "calls:down"}
    lines = run(script, backportkit=patch("victim:f", id="shipped", callbacks=callbacks))
    assert lines == ["ours ['up', 'down']"]


# --- superseding ---

THEIRS = patch("victim:f", id="theirs")


def test_installed_provider_supersedes_another_ones_patch_only_if_the_application_says_so(run, world):
    """Its own word is no more than a conflict with the line to write; with that line it takes the place."""
    world.write("settings.toml", "[tool.backportkit.supersede]\ntheirs = 'ours'\n")
    script = """
    import victim
    print(attempt(backportkit.apply_all).splitlines()[-1], *where("ours", "theirs")[:1])
    backportkit.apply_all(config="settings.toml")
    print(victim.f(), *where("theirs", "ours"))
    """
    lines = run(script, a_first=THEIRS, mine=patch("victim:f", id="ours", supersedes=["theirs"]))
    assert "  next:     drop one of the two, write supersede = {'" in lines[0]
    assert lines[1] == "ours theirs disabled superseded by 'ours' ours applied in effect in victim"


def test_installed_provider_that_supersedes_what_is_elsewhere_is_told_what_that_takes(run):
    """Two patches of different providers without a common target are both in force, and one record says why."""
    script = """
    import victim
    backportkit.apply_all()
    backportkit.apply_all()
    print(victim.f(), victim.g(), *records)
    """
    lines = run(script, other=THEIRS, mine=patch("victim:g", id="ours", supersedes=["theirs"]))
    assert len(lines) == 1
    assert lines[0].startswith("theirs ours INFO 'ours' of mine, declared at ")
    line = "write supersede = {'theirs' = 'ours'} under [tool.backportkit] of the application"
    assert lines[0].endswith(f"supersedes 'theirs' only if you {line}")


def test_patch_supersedes_others_of_its_own_provider(run):
    """Within one provider its word is enough."""
    script = """
    import victim
    backportkit.apply_all()
    print(victim.f(), *where("theirs"))
    """
    lines = run(script, mine=THEIRS + patch("victim:f", id="ours", supersedes=["theirs"]))
    assert lines == ["ours theirs disabled superseded by 'ours'"]


def test_application_supersedes_whatever_it_says(run):
    """A patch that no installed provider has declared is the application's, which may supersede any patch."""
    script = """
    import victim
    declare("ours", supersedes=["theirs", "shipped"])
    backportkit.apply_all(only=["ours", "theirs", "shipped"])
    print(victim.f(), *where("theirs", "shipped"))
    """
    lines = run(script, other=THEIRS, backportkit=patch("victim:g", id="shipped"))
    assert lines == ["ours theirs disabled superseded by 'ours' shipped disabled superseded by 'ours'"]


def test_settings_say_the_reverse_of_a_declaration(run, world):
    """The application has the last word of who takes whose place."""
    world.write("settings.toml", "[tool.backportkit.supersede]\nours = 'theirs'\n")
    script = """
    import victim
    backportkit.apply_all(config="settings.toml")
    print(victim.f(), *where("ours"))
    """
    lines = run(script, mine=THEIRS + patch("victim:f", id="ours", supersedes=["theirs"]))
    assert lines == ["theirs ours disabled superseded by 'theirs'"]


@pytest.mark.parametrize("between", ["backportkit.unpatch('theirs')", "backportkit.unpatch_all()", "pass"])
def test_settings_that_supersede_no_more_leave_a_conflict(run, world, between):
    """Once `supersede` is out of the settings the two patches are a conflict, whatever was undone in between."""
    world.write("before.toml", "[tool.backportkit]\nsupersede = {ours = 'theirs'}\n")
    world.write("after.toml", "[tool.backportkit]\n")
    script = f"""
    import victim
    declare("ours")
    declare("theirs")
    backportkit.apply_all(config="before.toml")
    print(victim.f(), *where("ours"))
    {between}
    print(attempt(backportkit.apply_all, config="after.toml").splitlines()[0])
    found = victim.f()
    for id in ("ours", "theirs"):
        print(*where(id)[0].split()[:2], backportkit.is_applied(id) == (found == id))
    """
    first, error, *states = run(script)
    one, other = ("theirs", "ours") if between == "pass" else ("ours", "theirs")
    assert first == "theirs ours disabled superseded by 'theirs'"
    assert error == f"patch '{other}': '{one}' has replaced the same target"
    assert sorted(states) == sorted([f"{one} applied True", f"{other} conflict True"])


def test_shipped_patch_that_has_yielded_is_a_conflict_once_somebody_asks_for_it(run):
    """What took the place of a shipped patch does so no more where that patch is asked for by its name."""
    script = """
    backportkit.apply_all()
    import victim
    declare("ours")
    backportkit.apply_all()
    backportkit.unpatch("ours")
    print(attempt(backportkit.apply_all, enable="shipped").splitlines()[0])
    print(victim.f(), backportkit.is_applied("shipped"), backportkit.is_applied("ours"))
    """
    assert run(script, backportkit=SHIPPED) == [
        "patch 'ours': 'shipped' has replaced the same target",
        "shipped True False",
    ]


def test_patch_beneath_the_one_that_replaces_its_target_is_not_in_effect(run, world):
    """A patch that cannot be taken out since somebody has wrapped it does not count, once no call gets there."""
    world.write("before.toml", "[tool.backportkit]\nsupersede = {ours = 'theirs'}\n")
    world.write("after.toml", "[tool.backportkit]\n")
    script = """
    import victim
    declare("ours")
    backportkit.apply_all()
    ours = victim.f
    victim.f = lambda: ours()
    declare("theirs")
    for config in ("before.toml", "after.toml"):
        print(attempt(backportkit.apply_all, config=config).splitlines()[0])
        print(victim.f(), *(" ".join(line.split()[:2]) for line in where("ours", "theirs")))
    """
    refused, stands, conflict, still = run(script)
    assert refused == "patch 'ours': cannot be undone, since somebody patched on top of it; theirs is left as it is"
    assert stands == "theirs ours conflict theirs applied"
    assert conflict == "patch 'ours': 'theirs' has replaced the same target"
    assert still == stands


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ids", [["ours", "theirs"], ["ours", "theirs", "third"]])
def test_patches_that_supersede_each_other_in_a_circle_are_refused(run, ids, late):
    """Two or three of them, declared at once or one after the other: an error names each place, and none is applied."""
    pairs = list(zip(ids, [*ids[1:], ids[0]], strict=True))
    lines = [f"declare({one!r}, supersedes={other!r})" for one, other in pairs]
    if late:
        lines.insert(-1, "backportkit.apply_all()")
    script = (
        "import victim\n"
        + "\n".join(lines)
        + textwrap.dedent("""
    for _ in range(2): print(attempt(backportkit.apply_all))
    print(victim.f(), *where("ours", "theirs"))
    backportkit.unpatch("ours")
    """)
    )
    lines = run(script)
    names = " and ".join(map(repr, ids))
    assert lines[-1] == f"old ours conflict {names} supersede each other theirs conflict {names} supersede each other"
    assert [line for line in lines if line.startswith("patch ")] == [f"patch 'ours': {names} supersede each other"] * 2
    assert all(line.count("declared at") == len(ids) for line in lines if line.startswith("  found:"))
    assert [line.split()[-1] for line in lines if line.startswith("  next:")] == ["BACKPORTKIT_DISABLE=ours"] * 2


def test_circle_with_a_patch_for_other_releases_is_none(run):
    """A patch that is not meant for this environment takes nobody's place."""
    script = """
    import victim
    declare("ours", supersedes="theirs")
    declare("theirs", supersedes="ours", requires="victim>=2,<3")
    backportkit.apply_all()
    print(victim.f())
    """
    assert run(script) == ["ours"]


def test_patch_beside_a_circle_is_applied(run):
    """A patch that is not in a circle of supersedes is applied, also if it supersedes another one."""
    script = """
    import victim
    declare("ours", supersedes="theirs")
    declare("theirs", supersedes="ours")
    declare("third", "victim:g", supersedes="fourth")
    declare("fourth", "victim:g")
    print(attempt(backportkit.apply_all).splitlines()[0], victim.f(), victim.g())
    """
    assert run(script) == ["patch 'ours': 'ours' and 'theirs' supersede each other old third"]


def test_patch_superseded_by_one_that_is_superseded_stays_out_whatever_came_first(run):
    """A chain of three leaves the first in force, also where the last one is declared when the others are in force."""
    script = """
    import victim
    declare("ours", supersedes="theirs")
    declare("theirs", supersedes="third")
    if sys.argv[1:]: backportkit.apply_all()
    declare("third")
    backportkit.apply_all()
    print(victim.f(), *where("theirs", "third"))
    """
    expected = ["ours theirs disabled superseded by 'ours' third disabled superseded by 'theirs'"]
    assert run(script) == expected


# --- before anything is applied ---


@pytest.mark.parametrize(
    ("more", "rivals"),
    [
        ({}, True),
        ({"requires": "victim>=2,<3"}, False),
        ({"supersedes": ["theirs"]}, False),
        ({"fixes": "https://a.example/1"}, False),
    ],
)
def test_status_says_which_patch_will_be_in_the_way(run, more, rivals):
    """Two providers with one target are a conflict when it is imported, and the reason of each says so before."""
    script = """
    for line in where("theirs", "ours"): print("; it will be a conflict with '" in line, "of mine, declared at" in line)
    """
    theirs = patch("victim:f", id="theirs", **({"fixes": more["fixes"]} if "fixes" in more else {}))
    lines = run(script, mine=theirs + patch("victim:f", id="ours", **more))
    assert lines == [f"{rivals} {rivals}", f"{rivals} {rivals}"]


def test_status_says_nothing_of_rivals_that_are_none(run):
    """Wrappers share a target, and what yields or is left out is in nobody's way."""
    script = """
    declare("ours")
    declare("theirs", how="wrap")
    declare("third", "victim:g")
    backportkit.apply_all(exclude="four*")
    declare("fourth", "victim:g")
    print("conflict" in str(backportkit.status()))
    """
    assert run(script, backportkit=SHIPPED) == ["False"]


def test_status_says_that_a_shipped_patch_which_was_asked_for_will_be_in_the_way(run):
    """A shipped patch that was asked for does not yield, so that the status tells of a conflict to come."""
    script = """
    declare("ours")
    backportkit.apply_all(only=["shipped", "ours"])
    for line in where("shipped", "ours"): print(line.split()[1], "; it will be a conflict with '" in line)
    """
    assert run(script, backportkit=SHIPPED) == ["waiting True", "waiting True"]


BEFORE = """
print(*where("theirs", "ours"), sep="; ")
backportkit.apply_all()
print(*where("theirs", "ours"), sep="; ")
"""


def told_before(run, world, text, requires="victim<2", **providers):
    world.write("app.toml", text)
    theirs = patch("victim:f", id="theirs", requires=requires)
    return run(BEFORE, env={"BACKPORTKIT_CONFIG": "app.toml"}, theirs=theirs, **providers)


def test_what_the_settings_supersede_is_said_before_it_is_so(run, world):
    """A patch whose place another one takes by BACKPORTKIT_CONFIG is `disabled` before apply_all() as after it."""
    text = "[tool.backportkit.supersede]\n'theirs' = 'ours'\n"
    before, after = told_before(run, world, text, ours=patch("victim:f", id="ours"))
    assert before.startswith("theirs disabled superseded by 'ours'; ours waiting")
    assert after.startswith("theirs disabled superseded by 'ours'; ours waiting")


@pytest.mark.parametrize("requires", ["victim>=2,<3", "victim<2"])
def test_nothing_is_superseded_by_what_is_not_meant_or_not_there(run, world, requires):
    """A patch stays in force where the one that would take its place is dormant, switched off or unknown."""
    more = "" if requires == "victim>=2,<3" else "disable = ['ours']\n"
    text = f"[tool.backportkit]\n{more}supersede = {{'theirs' = 'ours', 'nobody' = 'no-one'}}\n"
    before, after = told_before(run, world, text, ours=patch("victim:f", id="ours", requires=requires))
    assert before.startswith("theirs waiting")
    assert after.startswith("theirs waiting")


def test_dormant_patch_that_is_superseded_is_dormant(run, world):
    """A patch that is not meant for the environment is dormant, although it is superseded, too."""
    text = "[tool.backportkit.supersede]\n'theirs' = 'ours'\n"
    before, after = told_before(run, world, text, requires="victim>=2,<3", ours=patch("victim:f", id="ours"))
    assert before.startswith("theirs dormant")
    assert after.startswith("theirs dormant")


@pytest.mark.parametrize("loaded", ["", "import victim"])
def test_withdrawn(run, loaded):
    """Of a patch whose superseding one is withdrawn, the reason says so, and how to have it back."""
    script = f"""
    declare("theirs")
    declare("ours", supersedes=["theirs"])
    {loaded}
    backportkit.apply_all()
    backportkit.unregister("ours")
    print(*where("theirs"))
    backportkit.apply_all()
    import victim
    print(*where("theirs"), victim.f())
    """
    assert run(script) == [
        "theirs disabled superseded by 'ours' until that was withdrawn: call apply_all() to have this one back",
        "theirs applied in effect in victim theirs",
    ]


def test_declared_anew_and_superseding(run):
    """One that supersedes as before is named as before; one that does no longer is withdrawn."""
    script = """
    declare("theirs")
    backportkit.apply_all()
    for number, more in enumerate([["theirs"], ["theirs"], []]):
        fields = f"requires='victim<2', id='ours', summary='{number}', supersedes={more}"
        exec(f"backportkit.backport('victim:f', {fields})(lambda *args: 'ours')")
        print(*where("theirs"))
        backportkit.apply_all()
    """
    assert run(script) == [
        "theirs waiting victim is not imported yet",
        "theirs disabled superseded by 'ours'",
        "theirs disabled superseded by 'ours' until that was withdrawn: call apply_all() to have this one back",
    ]


def test_withdrawn_where_a_shipped_one_yields(run):
    """What has yielded to it can be had back in the same way."""
    script = """
    backportkit.apply_all()
    import victim
    declare("ours", fixes="https://x.example/1")
    backportkit.apply_all()
    print(*where("shipped"))
    backportkit.unregister("ours")
    print(*where("shipped"))
    backportkit.apply_all()
    print(*where("shipped"))
    """
    shipped = patch("victim:f", id="shipped")
    assert run(script, backportkit=shipped) == [
        "shipped disabled yields to ours of __main__",
        "shipped disabled yields to ours of __main__ until that was withdrawn: call apply_all() to have this one back",
        "shipped applied in effect in victim",
    ]
