"""The caller, the application and the environment decide about failures, and switch patches off or leave them out."""

from __future__ import annotations

import pytest

from backportkit import Patch, toml
from backportkit.declaration import registry
from backportkit.engine import settings
from backportkit.engine.selection import Selection
from backportkit.errors import MissingExtraError, SettingsError

pytestmark = pytest.mark.warm

START = """
import sys, warnings, backportkit
def declare(id, target="victim:f", requires="victim<2", result="new", **fields):
    backportkit.backport(target, requires=requires, id=id, summary="s", **fields)(lambda: result)
def states():
    ours = [status for status in backportkit.status() if status.provider != "backportkit"]
    return {status.id: status.state.value for status in ours}
def reason(id):
    return next(status.reason for status in backportkit.status() if status.id == id)
"""


@pytest.fixture
def victim(world):
    """A world with a distribution `victim` and a helper that runs a script with the declarations above."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'old'\n")

    class Victim:
        folder = world.folder
        write = staticmethod(world.write)
        distribution = staticmethod(world.distribution)

        def run(self, text, **options):
            import textwrap

            return world.run(START + textwrap.dedent(text), **options)

    return Victim()


# --- failures ---

TWO_WRONG = """
declare("victim-1")
declare("victim-2", "victim:absent")
declare("victim-3", "victim:missing", required=False)
declare("victim-4", "victim:lost")
"""


def test_failures_of_one_call_are_raised_together_and_the_good_ones_stay(victim):
    text = f"""
    import logging
    logging.getLogger("backportkit").addHandler(logging.NullHandler())
    {TWO_WRONG.strip().replace(chr(10), chr(10) + "    ")}
    import victim
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            backportkit.apply_all()
        except backportkit.ApplyError as error:
            print([one.patch for one in error.errors], len(caught), victim.f())
    print(states())
    """
    assert victim.run(text) == [
        "['victim-2', 'victim-4'] 1 new",
        "{'victim-1': 'applied', 'victim-2': 'failed', 'victim-3': 'failed', 'victim-4': 'failed'}",
    ]


def test_environment_makes_warnings_of_errors_also_of_those_of_providers_and_imports(victim):
    victim.distribution("provider", "1.0", {"victim": "no_such_module"})
    text = f"""
    import logging
    logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s")
    {TWO_WRONG.strip().replace(chr(10), chr(10) + "    ")}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backportkit.apply_all()
        import victim
        backportkit.apply_all()
        print(sorted(str(warning.message).splitlines()[0] for warning in caught), victim.f())
        warnings.simplefilter("error")
        declare("victim-5", "victim:strict")
        try:
            backportkit.apply_all()
        except backportkit.TargetError as error:
            print(error.patch)
    """
    missing = "the patches of 'provider' cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"
    messages = [f"patch 'victim-{number}': the target is not there" for number in (2, 3, 4)]
    lines = victim.run(text, env={"BACKPORTKIT_ON_ERROR": "warn"})
    assert lines == ["backportkit WARNING"] * 4 + [f"{sorted([*messages, missing])} new", "victim-5"]


def test_environment_that_says_something_else_is_refused_and_ignored_where_python_is_told_to(victim):
    text = """
    declare("victim-1")
    try:
        backportkit.apply_all()
    except backportkit.SettingsError as error:
        print(error.found, states())
    """
    assert victim.run(text, env={"BACKPORTKIT_ON_ERROR": "ignore"}) == ["ignore {'victim-1': 'waiting'}"]
    assert victim.run(text, env={"BACKPORTKIT_ON_ERROR": "ignore"}, flags=["-E"]) == []
    assert victim.run(text, env={"BACKPORTKIT_ON_ERROR": "raise"}) == []


def test_caller_that_would_fail_is_found_when_the_patch_is_applied(victim):
    text = """
    import victim
    declare("victim-1")
    backportkit.backport("victim:g", requires="victim<2", id="victim-2", summary="s")(lambda x: x)
    backportkit.backport(
        "victim:g", requires="victim<2", id="victim-3", summary="s", how="wrap"
    )(lambda original: lambda *, y: y)
    backportkit.backport("victim:g", requires="victim<2", id="victim-4", summary="s", signature="change")(lambda x: x)
    try:
        backportkit.apply_all()
    except backportkit.ApplyError as error:
        print([(type(one).__name__, one.patch, one.found.partition(" in ")[0]) for one in error.errors])
    print(states(), victim.f(), victim.g(5))
    """
    assert victim.run(text) == [
        (
            "[('SignatureError', 'victim-2', \"'x' must be given now\"), "
            "('SignatureError', 'victim-3', \"'y' must be given now\")]"
        ),
        "{'victim-1': 'applied', 'victim-2': 'failed', 'victim-3': 'failed', 'victim-4': 'applied'} new 5",
    ]


# --- choosing ---

CHOICE = """
    declare("victim-1")
    declare("victim-2", "victim:g")
    declare("other-1", "other:f")
"""


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        ("only='victim-1'", ["victim-1"]),
        ("only=['victim-1', 'other-*']", ["victim-1", "other-1"]),
        ("exclude='victim-?'", ["other-1"]),
        ("only='victim-*', exclude=['victim-1', 'absent-*']", ["victim-2"]),
        ("providers='__main__'", ["victim-1", "victim-2", "other-1"]),
        ("providers='someone*'", []),
        ("only=[]", []),
        ("providers=[]", []),
        ("only=None, providers=None", ["victim-1", "victim-2", "other-1"]),
        ("only=[], enable='victim-2'", ["victim-2"]),
        ("exclude=[], enable=[]", ["victim-1", "victim-2", "other-1"]),
    ],
)
def test_call_may_choose_by_id_and_by_provider(victim, arguments, chosen):
    victim.distribution("Someone_Else", "1.0", {"other": "their_patches"})
    victim.write("their_patches.py", "print('read')\n")
    text = f"""{CHOICE}
    backportkit.apply_all({arguments})
    import victim
    print([id for id, state in states().items() if state != "disabled"], victim.f(), victim.g())
    off = [id for id, state in states().items() if state == "disabled"]
    print({{reason(id) for id in off}} <= {{"not among those that apply_all() was asked for"}})
    backportkit.apply_all()
    print(victim.f(), victim.g(), "disabled" in states().values())
    """
    new = ["new" if id_ in chosen else "old" for id_ in ("victim-1", "victim-2")]
    lines = [line for line in victim.run(text) if line != "read"]
    assert lines == [f"{chosen} {' '.join(new)}", "True", "new new False"]


def test_choices_add_up_and_leave_what_was_undone(victim):
    text = f"""{CHOICE}
    backportkit.apply_all(only="victim-1")
    import victim
    backportkit.unpatch("victim-1")
    backportkit.apply_all(only="victim-2")
    print(victim.f(), victim.g(), states())
    backportkit.unpatch_all()
    backportkit.apply_all()
    print(victim.f(), victim.g(), states())
    """
    assert victim.run(text) == [
        "old new {'victim-1': 'reverted', 'victim-2': 'applied', 'other-1': 'disabled'}",
        "new new {'victim-1': 'applied', 'victim-2': 'applied', 'other-1': 'waiting'}",
    ]


def test_patch_that_a_provider_declares_later_is_chosen_too(victim):
    victim.distribution("provider", "1.0", {"victim": "their_patches"})
    declaration = (
        "import backportkit\n"
        "for name in 'fg':\n"
        "    fields = dict(requires='victim<2', id='theirs-' + name, summary='s')\n"
        "    backportkit.backport('victim:' + name, **fields)(lambda: 'theirs')\n"
    )
    victim.write("their_patches.py", declaration)
    text = """
    declare("victim-1")
    backportkit.apply_all(exclude=ID)
    print("their_patches" in sys.modules)
    import victim
    print(victim.f(), victim.g())
    """
    run = text.replace("declare", "#").replace("ID", "'theirs-g*'")
    assert victim.run(run) == ["False", "theirs old"]
    assert victim.run(text.replace("declare", "#").replace("ID", "'theirs-g'")) == ["True", "theirs old"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("only='victim_1'", "patch 'victim_1': no such patch is declared here"),
        ("only='torch-*x'", "patch 'torch-*x': no such patch is declared here"),
        ("exclude='victim-9'", "patch 'victim-9': no such patch is declared here"),
        ("providers=['__main__', 'absent']", "no provider called 'absent' is here"),
        ("only=''", "patch '': no such patch is declared here"),
    ],
)
def test_name_that_chooses_nothing_is_refused_before_anything_is_done(victim, arguments, message):
    text = f"""{CHOICE}
    import victim
    try:
        backportkit.apply_all({arguments})
    except LookupError as error:
        print(str(error).splitlines()[0])
    print(victim.f(), type(sys.meta_path[0]).__module__.partition(".")[0] == "backportkit")
    """
    assert victim.run(text) == [message, "old False"]


def test_choice_is_a_value_of_names():
    patch = Patch(id="a-1", summary="s", requires="victim<2", edits=[{"target": "victim:f", "value": 1}])
    declared = registry.Declared(patch, "Some.Provider", "here")
    assert Selection(providers="some_provider").takes(declared)
    assert not Selection(providers="other").takes(declared)
    assert list(Selection(["a-1", "b-*"], ["c-*", "d-1"]).unknown_ids(["a-1"])) == ["b-*", "d-1"]


# --- the application's settings ---

THEIRS = """
    declare("theirs-1", result="theirs")
    declare("mine-1", result="mine")
"""
SETTINGS = "[tool.backportkit]\n"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('disable = ["theirs-*"]', "{'theirs-1': 'disabled', 'mine-1': 'applied'} mine"),
        (
            'disable = ["mine-1"]\nmodules = ["mine"]\n[tool.backportkit.check]\nx = 1',
            "{'theirs-1': 'applied', 'mine-1': 'disabled'} theirs",
        ),
        ('supersede = {"theirs-1" = "mine-1"}', "{'theirs-1': 'disabled', 'mine-1': 'applied'} mine"),
    ],
)
def test_application_switches_a_patch_off_or_puts_its_own_in_its_place(victim, table, expected):
    path = victim.write("settings/pyproject.toml", SETTINGS + table)
    text = f"""{THEIRS}
    import victim
    backportkit.apply_all(**eval(sys.argv[1]))
    print(states(), victim.f())
    """
    assert run_with(victim, text, f"dict(config={str(path)!r})") == [expected]
    assert run_with(victim, text, "{}", env={"BACKPORTKIT_CONFIG": str(path)}) == [expected]


def run_with(victim, text, arguments, **options):
    return victim.run(text.replace("eval(sys.argv[1])", arguments), **options)


def test_settings_are_those_of_no_file_that_nobody_named(victim):
    victim.write("pyproject.toml", SETTINGS + 'disable = ["mine-1"]')
    text = f"""{THEIRS.replace('declare("theirs-1", result="theirs")', "")}
    backportkit.apply_all()
    backportkit.apply_all()
    print(states(), reason("mine-1"))
    """
    waiting = ["{'mine-1': 'waiting'} victim is not imported yet"]
    assert victim.run(text) == waiting
    assert victim.run(text, env={"BACKPORTKIT_CONFIG": "pyproject.toml"}, flags=["-E"]) == waiting
    off = f"{{'mine-1': 'disabled'}} switched off by `disable` in {victim.folder / 'pyproject.toml'}"
    assert victim.run(text, env={"BACKPORTKIT_CONFIG": "pyproject.toml"}) == [off]


def test_id_that_nobody_declares_is_told_once_as_soon_as_all_providers_are_read(victim):
    path = victim.write("settings/pyproject.toml", SETTINGS + 'disable = ["theirs-1", "their-1", "torch-*x"]')
    text = f"""{THEIRS}
    import logging
    logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = backportkit.apply_all(config={str(path)!r})
        print(len(caught))
        list(report), backportkit.status()
        print([str(warning.message).splitlines()[0] for warning in caught])
    """
    said = f"{path} switches off 'their-1', which nobody declares"
    assert victim.run(text) == ["0", "backportkit WARNING", str([said])]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("theirs-2", ["BACKPORTKIT_DISABLE switches off 'theirs-2', which nobody declares"]),
        ("theirs-*, ", ["BACKPORTKIT_DISABLE switches off 'theirs-*', which nobody declares"]),
        ("theirs-1,", []),
        ("nobody-1,all", []),
    ],
)
def test_id_in_the_environment_that_nobody_declares_is_told(victim, names, said):
    """A mistyped id in BACKPORTKIT_DISABLE is a warning where all providers are read; `all` needs no other id."""
    text = f"""{THEIRS}
    import logging
    logging.disable()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backportkit.status(), backportkit.status()
    print([str(warning.message).splitlines()[0] for warning in caught])
    print("did you mean theirs-1?" in "".join(str(warning.message) for warning in caught))
    """
    assert victim.run(text, env={"BACKPORTKIT_DISABLE": names}) == [str(said), str(bool(said))]


def test_patch_that_supersedes_by_settings_does_so_only_where_it_is_meant_to_be(victim):
    path = victim.write("settings/pyproject.toml", SETTINGS + 'supersede = {"theirs-1" = "mine-1"}')
    text = f"""
    declare("theirs-1", result="theirs")
    declare("mine-1", requires="victim>=2,<3")
    backportkit.apply_all(config={str(path)!r})
    import victim
    print(states(), victim.f())
    """
    assert victim.run(text) == ["{'theirs-1': 'applied', 'mine-1': 'dormant'} theirs"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no table [tool.backportkit]"),
        ("tool = 5", "has no table [tool.backportkit]"),
        ("[tool]\nbackportkit = 5", "has no table [tool.backportkit]"),
        (SETTINGS + "disabled = []", "has an unknown setting: disabled"),
        (SETTINGS + "disable = 'x'", "has disable = 'x'"),
        (SETTINGS + "disable = [5]", "has disable = [5]"),
        (SETTINGS + "supersede = 5", "has supersede = 5"),
        (SETTINGS + "supersede = {a = 5}", "has supersede = {'a': 5}"),
        ("[", "cannot be read: "),
        (None, "cannot be read: [Errno 2] No such file or directory"),
    ],
)
def test_settings_that_are_wrong_are_refused_and_the_file_named(tmp_path, text, message):
    path = tmp_path / "pyproject.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        settings.read(path)
    assert caught.value.message.startswith(f"the settings file {path} {message}")


def test_python_without_a_parser_for_toml_says_what_to_install(monkeypatch):
    monkeypatch.setattr(toml, "PARSER", "tomli_that_is_not_there")
    with pytest.raises(MissingExtraError, match=r"TOML needs tomli_that(.|\n)*install 'backportkit\[toml\]'"):
        toml.parse("")


# --- many calls ---


def test_nothing_grows_with_the_number_of_calls(victim):
    """A program that calls `apply_all` for each request keeps its memory, and no call takes longer than the first."""
    victim.write("pyproject.toml", "[tool.backportkit]\ndisable = ['other-*']\n")
    text = """
    import gc, victim
    for number in range(30): declare(f"victim-{number}", f"victim:f{number}", how="add")
    def ask(number):
        backportkit.apply_all()
        backportkit.apply_all(only=f"victim-{number % 30}", exclude=["no-*", "some-*"])
        backportkit.apply_all(only=["victim-1", "victim-2*"], exclude=["some-*", "no-*"])
        backportkit.apply_all(providers="__main__", config="pyproject.toml")
        backportkit.is_applied("victim-1")
        with backportkit.unpatched("victim-1"): pass
    def work_of(call):  # the least of some, since the interpreter may call what it collects
        return min(count_calls(call) for _ in range(5))
    def count_calls(call):
        calls = 0
        def count(frame, event, _):
            nonlocal calls
            calls += event == "call"
        sys.setprofile(count)
        call()
        sys.setprofile(None)
        return calls
    def blocks():
        gc.collect()
        return sys.getallocatedblocks()
    for number in range(60): ask(number)
    work, grown = work_of(backportkit.apply_all), []
    for window in range(12):  # the interpreter's own caches grow in some of them, what we keep would in each
        before = blocks()
        for number in range(60): ask(number)
        grown.append(blocks() - before)
    print(min(grown) < 30, work_of(backportkit.apply_all) == work)
    """
    assert victim.run(text) == ["True True"]


def test_choice_of_a_call_looks_at_no_other_patch(victim):
    """A call for one patch does not cost more if other patches are applied."""
    text = """
    import victim
    places = []
    class Table(dict):
        def __getitem__(self, key):
            places.append(key)
            return super().__getitem__(key)
        def get(self, key, default=None):
            places.append(key)
            return super().get(key, default)
        def __contains__(self, key):
            places.append(key)
            return super().__contains__(key)
    victim.TABLE = Table(a=print, b=print)
    declare("victim-a", "victim:TABLE['a']", signature="change")
    declare("victim-b", "victim:TABLE['b']", signature="change")
    backportkit.apply_all()
    places.clear()
    backportkit.apply_all(only="victim-a")
    print(set(places))
    """
    assert victim.run(text) == ["{'a'}"]


def test_choice_is_forgotten_when_all_patches_are_taken_out(victim):
    """A call from before `unpatch_all` does not arm a patch that is declared after it."""
    text = """
    import victim
    declare("victim-1")
    backportkit.apply_all()
    backportkit.unpatch_all()
    backportkit.apply_all(only="victim-1")
    declare("victim-2", "victim:g")
    print(states(), reason("victim-2"), victim.f(), victim.g())
    """
    assert victim.run(text) == [
        "{'victim-1': 'applied', 'victim-2': 'disabled'} not among those that apply_all() was asked for new old"
    ]


def test_settings_stay_in_force_when_all_patches_are_taken_out(victim):
    """The settings of a call count until another call names others, also after unpatch_all()."""
    victim.write("pyproject.toml", "[tool.backportkit]\ndisable = ['victim-1']\n")
    text = """
    import victim
    declare("victim-1")
    backportkit.apply_all(config="pyproject.toml")
    backportkit.unpatch_all()
    backportkit.apply_all()
    print(states(), victim.f())
    """
    assert victim.run(text) == ["{'victim-1': 'disabled'} old"]
