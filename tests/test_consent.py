"""An `opt_in` patch is armed only for those who ask for it, and no code of it is read before somebody asks."""

from __future__ import annotations

import json
import textwrap

import pytest

pytestmark = pytest.mark.warm

START = """
import backportkit, logging, sys, warnings
def declare(id, target="victim:f", requires="victim<2", **fields):
    backportkit.backport(target, requires=requires, id=id, summary="s", **fields)(lambda: id)
def where(*ids):
    known = {status.id: status for status in backportkit.status()}
    return [f"{id} {known[id].state if id in known else 'unknown'}" for id in ids]
def reason(id):
    return next(status.reason for status in backportkit.status() if status.id == id)
def attempt(call, *args, **fields):
    try: call(*args, **fields)
    except (backportkit.BackportError, ImportError) as error: return str(error)
    return "done"
"""
OFFERS = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="offer-f", summary="s", opt_in=True)
def f(): return "offer-f"
@backport("victim:g", requires="victim<2", id="offer-g", summary="s", opt_in=True)
def g(): return "offer-g"
@backport("victim:h", requires="victim>=2,<3", id="offer-h", summary="s", opt_in=True)
def h(): return "offer-h"
"""
PLAIN = """
from backportkit import backport
@backport("victim:h", requires="victim<2", id="plain-h", summary="s")
def h(): return "plain-h"
"""
HOW = "write apply_all(enable='{0}'), or enable = ['{0}'] under [tool.backportkit] of the application"


def fill(world):
    """Put `victim`, a provider of patches and one of offers into a world."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'old'\ndef h(): return 'old'\n")
    world.distribution("plain", "1.0", {"victim": "plain_patches"})
    world.write("plain_patches.py", PLAIN)
    world.distribution("offerer", "1.0", offers={"victim": "offered_patches"})
    world.write("offered_patches.py", OFFERS)
    world.write("app.toml", "[tool.backportkit]\nenable = ['offer-f']\n")


@pytest.fixture
def run(world):
    """Run a script in such a world."""
    fill(world)

    def start(script, **options):
        return world.run(START + textwrap.dedent(script), **options)

    return start


# --- what is armed ---

ALL = "import victim; print(victim.f(), victim.g(), victim.h())"


def test_default(run):
    """Without a word of anybody the patches are armed that are not `opt_in`."""
    assert run(f"backportkit.apply_all(); {ALL}") == ["old old plain-h"]


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        ("enable='offer-f'", {}),
        ("enable=['offer-[f]']", {}),
        ("only=['offer-f', '*']", {}),
        ("only=['offer-f*', 'plain-h']", {}),
        ("config='app.toml'", {}),
        ("", {"BACKPORTKIT_CONFIG": "app.toml"}),
        ("", {"BACKPORTKIT_ENABLE": "offer-f"}),
        ("", {"BACKPORTKIT_ENABLE": "offer-f*, "}),
    ],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_asked(run, arguments, env, order):
    """A patch is armed that somebody has asked for by id or pattern, whether or not its target is imported."""
    calls = ["import victim", f"backportkit.apply_all({arguments})"]
    script = "; ".join(calls if order == "before" else calls[::-1])
    assert run(f"{script}; {ALL}", env=env) == ["offer-f old plain-h"]


@pytest.mark.parametrize(
    "arguments", ["providers=['offerer', 'plain']", "only='*'", "only=['**']", "enable='*'", "exclude='offer-f'", ""]
)
def test_not_asked(run, arguments):
    """To name a provider, or everything, is not to ask for a patch."""
    script = f"backportkit.apply_all({arguments}); {ALL}; print(backportkit.is_applied('offer-g'), *where('offer-g'))"
    env = {} if arguments else {"BACKPORTKIT_ENABLE": "*"}
    assert run(script, env=env) == ["old old plain-h", "False offer-g offered"]


def test_armed_stays_armed(run):
    """Nothing says of a patch that it is only offered that was armed for who asked for it then."""
    script = """
    import os, offered_patches
    os.environ["BACKPORTKIT_ENABLE"] = "offer-f"
    backportkit.apply_all()
    del os.environ["BACKPORTKIT_ENABLE"]
    print(*where("offer-f", "offer-g"))
    """
    assert run(script) == ["offer-f waiting offer-g offered"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("only='offer-f'", "offer-f old old"),
        ("only='offer-f', enable='offer-g'", "offer-f offer-g old"),
        ("providers='plain', enable='offer-g'", "old offer-g plain-h"),
        ("providers='plain', only='*-f', enable='offer-g'", "old offer-g old"),
        ("enable='offer-*', exclude='offer-g'", "offer-f old plain-h"),
    ],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_adds_and_restricts(run, arguments, expected, order):
    """`enable` adds to whatever else is chosen, `only` restricts to itself, and `exclude` has the last word."""
    calls = ["import victim", f"backportkit.apply_all({arguments})"]
    script = "; ".join(calls if order == "before" else calls[::-1])
    assert run(f"{script}; {ALL}") == [expected]


def test_asking_lasts(run):
    """The ids that several calls ask for add up until `unpatch_all`; an id that a call excludes is not asked for."""
    script = f"""
    backportkit.apply_all(only="offer-*", exclude="offer-g")
    backportkit.apply_all()
    {ALL}
    backportkit.apply_all(enable="offer-g")
    {ALL}
    backportkit.unpatch_all()
    backportkit.apply_all()
    {ALL}
    """
    assert run(script) == ["offer-f old plain-h", "offer-f offer-g plain-h", "old old plain-h"]


WAYS = {
    "decorator": "declare('mine', opt_in=True)",
    "Patch": "backportkit.register(backportkit.Patch(**fields))",
    "mapping": "backportkit.register(fields)",
    "JSON": "import json, pathlib; pathlib.Path('p.json').write_text(json.dumps({'patch': [fields]}))\n"
    "backportkit.load('p.json')",
    "TOML": "import pathlib; pathlib.Path('p.toml').write_text('[[patch]]\\n' + '\\n'.join("
    "f'{name} = {str(value).lower() if value is True else repr(value)}' for name, value in fields.items()))\n"
    "backportkit.load('p.toml')",
}


@pytest.mark.parametrize("way", WAYS)
def test_ways(run, world, way):
    """`opt_in` is a field in every way of declaring, also for the application's own patches."""
    world.write("mine.py", "def f(): return 'mine'\n")
    fields = {"id": "mine", "summary": "s", "target": "victim:f", "replacement": "mine:f", "requires": "victim<2"}
    script = f"fields = {fields | {'opt_in': True}!r}\n{WAYS[way]}\n" + textwrap.dedent(f"""
    backportkit.apply_all()
    {ALL}
    print(*where("mine"), "offered_patches" in sys.modules)
    backportkit.apply_all(enable="mine")
    {ALL}
    print("offered_patches" in sys.modules)
    """)
    assert run(script) == ["old old plain-h", "mine offered False", "mine old plain-h", "False"]


def test_module_of_offers_that_does_not_say_opt_in(run, world):
    """Each patch in a module of offers is armed only for those who ask for it, also without `opt_in`."""
    world.write("offered_patches.py", OFFERS.replace(", opt_in=True", ""))
    script = f"""
    backportkit.apply_all(enable="offer-g")
    {ALL}
    print(*where("offer-f"))
    """
    assert run(script) == ["old offer-g plain-h", "offer-f offered"]


def test_unpatched_and_unpatch(run):
    """An offered patch is not armed by its undo, nor at the end of an `unpatched` block."""
    script = f"""
    backportkit.apply_all()
    backportkit.unpatch("offer-f")
    with backportkit.unpatched("offer-g"): pass
    {ALL}
    """
    assert run(script) == ["old old plain-h"]


# --- which code is read ---


def test_start_with_offers_alone(fresh_world):
    """A start with offers alone imports nothing and waits for nothing, unless somebody asks for one of them."""
    fill(fresh_world)
    (fresh_world.folder / "plain-1.0.dist-info" / "entry_points.txt").unlink()
    script = """
    import backportkit.bootstrap
    backportkit.apply_all()
    print("victim" in backportkit.bootstrap.bootstrap_finder.names, "backportkit.engine" in sys.modules)
    import victim
    print(victim.f(), "backportkit.engine" in sys.modules, "offered_patches" in sys.modules)
    """
    assert fresh_world.run(script) == ["False False", "old False False"]
    asked = ["False True", "offer-f True True"]
    assert fresh_world.run(script, env={"BACKPORTKIT_ENABLE": "offer-f"}) == asked
    assert fresh_world.run(script.replace("apply_all()", "apply_all(enable='offer-f')")) == asked


def test_questions(run):
    """`status()` reads what was asked for; a question about an id that is not known reads what is offered."""
    script = """
    backportkit.apply_all()
    print(*where("offer-f"), "offered_patches" in sys.modules)
    print(backportkit.is_applied("offer-f"), "offered_patches" in sys.modules, *where("offer-f"))
    import victim
    print(victim.f())
    """
    assert run(script) == ["offer-f unknown False", "False True offer-f offered", "old"]


@pytest.mark.parametrize(("name", "is_read"), [("offer-f", True), ("plain-h", False), ("plain-*", True), ("*", False)])
def test_what_asks(run, name, is_read):
    """An id that no provider has which was read asks for the offers, and so does a pattern, which may fit them."""
    script = """
    backportkit.apply_all()
    print("offered_patches" in sys.modules)
    import victim
    print("offered_patches" in sys.modules)
    """
    assert run(script, env={"BACKPORTKIT_ENABLE": name}) == ["False", str(is_read)]


@pytest.mark.parametrize("command", ["status", "explain", "check", "diff", "prove"])
def test_commands_read_all(run, world, command):
    """The commands that show patches know those that are offered, too."""
    arguments = {"status": ["--json"], "check": ["offerer", "--json"], "prove": ["offer-f"]}
    script = f"""
    sys.argv = ["backportkit", {command!r}, *{arguments.get(command, ["offer-f"])!r}]
    from backportkit.__main__ import main
    main()
    """
    done = world.start(START + textwrap.dedent(script))
    said = done.stdout + done.stderr
    assert "offer-f" in said
    assert "no such patch" not in said


# --- what is said ---


@pytest.mark.parametrize(
    ("env", "id_", "state"),
    [
        ({}, "offer-f", "offered"),
        ({}, "offer-h", "dormant"),
        ({"BACKPORTKIT_DISABLE": "offer-f,offer-h"}, "offer-f", "disabled"),
        ({"BACKPORTKIT_DISABLE": "offer-f,offer-h"}, "offer-h", "disabled"),
        ({"BACKPORTKIT_CONFIG": "off.toml"}, "offer-f", "disabled"),
        ({"BACKPORTKIT_CONFIG": "off.toml"}, "offer-h", "disabled"),
    ],
)
def test_which_comes_first(run, world, env, id_, state):
    """The off switch and `disable` come before `dormant`, and that before `offered`."""
    world.write("off.toml", "[tool.backportkit]\ndisable = ['offer-*']\n")
    assert run(f"import offered_patches; print(*where({id_!r}))", env=env) == [f"{id_} {state}"]


def test_how_to_ask(run):
    """The reason of what is offered, and the error of who insists on it, have the line to write."""
    script = """
    backportkit.apply_all()
    print(attempt(backportkit.require, "offer-f"), reason("offer-f"), sep="|")
    """
    error, reason = "\n".join(run(script)).split("|")
    assert error.splitlines()[-2:] == [
        "  found:    offered: nobody has asked for it",
        f"  next:     {HOW.format('offer-f')}",
    ]
    assert reason == f"nobody has asked for it: {HOW.format('offer-f')}"


@pytest.mark.parametrize("name", ["offer-x", "offer-x*"])
def test_unknown_in_a_call(run, name):
    """A name in `enable` that is nobody's is refused before anything is done, as one in `only` is."""
    said = run(f"print(attempt(backportkit.apply_all, enable=['offer-f', {name!r}])); {ALL}")
    assert said[0] == f"patch '{name}': no such patch is declared here"
    assert said[-1] == "old old old"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"BACKPORTKIT_ENABLE": "offer-x, nobody-*"}, "BACKPORTKIT_ENABLE asks for 'offer-x', which nobody declares"),
        ({"BACKPORTKIT_CONFIG": "typo.toml"}, "typo.toml asks for 'offer-y', which nobody declares"),
    ],
)
def test_unknown_elsewhere(run, world, env, said):
    """An id that the settings or the environment ask for in vain is a warning, once, where all is read."""
    world.write("typo.toml", "[tool.backportkit]\nenable = ['offer-y', 'nobody-*']\n")
    script = """
    logging.disable()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backportkit.apply_all()
        backportkit.status(), backportkit.status()
    print(*[str(warning.message).splitlines()[0].rpartition("/")[2] for warning in caught], sep="|")
    """
    assert run(script, env=env) == [said]


SWITCHED_OFF = """
logging.disable()
warnings.simplefilter("error")
backportkit.apply_all(), backportkit.report()
"""


@pytest.mark.parametrize("off", [{"BACKPORTKIT_DISABLE": "offer-f"}, {"BACKPORTKIT_CONFIG": "off.toml"}])
def test_offer_that_is_switched_off(run, world, off):
    """An offered patch may be switched off: it is declared, though nobody has asked for it."""
    world.write("off.toml", "[tool.backportkit]\ndisable = ['offer-f']\n")
    assert run(f"{SWITCHED_OFF}print(*where('offer-f', 'offer-g'))", env=off) == ["offer-f disabled offer-g offered"]


def test_offer_that_is_switched_off_and_cannot_be_read(run, world):
    """An id that an unreadable offer may have is no mistake, and that offer is no error for who switches it off."""
    world.write("offered_patches.py", "import gone")
    assert run(f"{SWITCHED_OFF}print(*where('offer-f'))", env={"BACKPORTKIT_DISABLE": "offer-f"}) == ["offer-f unknown"]


# --- who gives way ---


def test_shipped_patch_that_was_enabled_yields_to_nobody(run, world):
    """A shipped patch that somebody has asked for is a conflict, and the error has the line to write."""
    world.distribution("backportkit", "0.1.0", offers={"victim": "shipped_patches"})
    world.write("shipped_patches.py", OFFERS.replace("offer-", "shipped-"))
    script = """
    declare("mine")
    backportkit.apply_all(enable="shipped-*")
    print(attempt(__import__, "victim").splitlines()[-1])
    """
    (line,) = run(script)
    assert "drop one of the two, write supersede = {'" in line or "declare supersedes=['" in line


def test_place_of_another_one(run, world):
    """The settings that let a patch take another one's place have asked for it."""
    world.write("app.toml", "[tool.backportkit.supersede]\nplain-h = 'offer-g'\n")
    assert run(f"backportkit.apply_all(config='app.toml'); {ALL}") == ["old offer-g old"]


def test_nobody_yields_to_an_offer(run):
    """An offered patch supersedes no patch and is in conflict with none, neither before `apply_all` nor after."""
    script = f"""
    declare("mine", "victim:h", supersedes="plain-h", opt_in=True)
    declare("other", "victim:h", opt_in=True)
    print(*where("plain-h", "mine"), "conflict" in str(backportkit.status()))
    backportkit.apply_all()
    {ALL}
    print(*where("plain-h", "mine"), "conflict" in str(backportkit.status()))
    """
    assert run(script) == [
        "plain-h waiting mine offered False",
        "old old plain-h",
        "plain-h applied mine offered False",
    ]


# --- many processes ---


def test_digest(run):
    """The digest is the same whether or not a process knows of patches that nobody has asked for."""
    script = """
    backportkit.apply_all()
    first = backportkit.report()
    backportkit.is_applied("offer-f")
    second = backportkit.report()
    backportkit.apply_all(enable="offer-f")
    third = backportkit.report()
    print(first.digest == second.digest, len(second.patches) > len(first.patches), third.digest == first.digest)
    """
    assert run(script) == ["True True False"]


def test_fleet(run, world):
    """A patch that one process offers and another does not know is no difference; unknown states are read."""
    script = """
    import json, os, pathlib
    from backportkit.reports.process import digest
    def report(name, *states):
        (document := json.loads(backportkit.report().model_dump_json()))["pid"] = name
        known = zip(document["patches"], states)
        document["patches"] = [one | {"state": state, "armed": False} for one, state in known]
        document["digest"] = digest(document["patches"])
        pathlib.Path("said").mkdir(exist_ok=True)
        pathlib.Path(f"said/{name}.json").write_text(json.dumps(document))
    backportkit.is_applied("offer-f")
    report(1, "offered", "asleep")
    report(2)
    sys.argv = ["backportkit", "status", "--from", "said", "--json"]
    from backportkit.__main__ import main
    main()
    """
    done = world.start(START + textwrap.dedent(script))
    differences = json.loads(done.stdout)["differences"]
    assert [[group["standing"] for group in one["groups"]] for one in differences] == [["asleep", "not declared"]]
