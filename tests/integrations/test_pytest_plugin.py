"""pytest says which patches a run has, takes them out for tests, and warns of what tests do to them."""

from __future__ import annotations

import re

import pytest
from suites import run_pytest

TESTS = """
import backportkit, pytest, victim

def test_patched():
    assert victim.f(1) == "new"

def test_in_traceback():
    victim.f(0)

def test_value():
    assert victim.g(1) == "other"

@pytest.mark.unpatched("victim-1", "victim-2")
def test_without():
    assert (victim.f(1), victim.g(1), victim.h(1)) == ("old", "old", "new")

def test_with_again():
    assert (victim.f(1), victim.g(1)) == ("new", "new")

@pytest.fixture
def looked(unpatched):
    unpatched("victim-1", "victim-2")
    return victim.f(1), victim.g(1)

def test_fixture(looked):
    assert looked == ("old", "old")

def test_after_fixture():
    assert victim.f(1) == "new"

@pytest.fixture
def seen():
    return victim.f(1)

@pytest.mark.unpatched("victim-1")
def test_fixtures_of_a_marked_test(seen):
    assert seen == "old"

@pytest.mark.unpatched("victim-9")
def test_unknown_id():
    raise AssertionError

@pytest.mark.unpatched
def test_no_id():
    raise AssertionError

@pytest.mark.skip
@pytest.mark.unpatched("victim-9")
def test_skipped():
    raise AssertionError

@pytest.fixture(scope="module")
def block():
    with backportkit.unpatched("victim-4"):
        yield

def test_in_block(block):
    assert victim.h(1) == "old"

def test_undone():
    backportkit.unpatch("victim-2")

def test_apart(): # what is lost is lost once
    assert victim.g(1) == "old"

def test_replaced():
    victim.f = len
"""


@pytest.fixture(scope="module")
def ran(shared):
    """The run of the tests above."""
    shared.write("tests/test_one.py", TESTS)
    return shared.run()


def warnings(ran):
    """The messages of ours in the summary of warnings, with their next steps."""
    return re.findall(r"(?:BackportWarning: |    next:     )(.*)", "\n".join(ran.after("warnings summary")))


def test_marker_and_fixture_take_patches_out_for_one_test(ran):
    """They are out in the test and in its fixtures, and back after it."""
    failed = {name: outcome for name, outcome in ran.outcomes.items() if outcome != "PASSED"}
    assert failed == {
        "test_in_traceback": "FAILED",
        "test_value": "FAILED",
        "test_unknown_id": "ERROR",
        "test_no_id": "ERROR",
    }
    assert len(ran.outcomes) == 14


def test_header_counts_patches(ran):
    """One line has the number of patches in each state, without shipped ones that are not for here."""
    (line,) = (line for line in ran.said.splitlines() if line.startswith("backportkit:"))
    assert line == "backportkit: 3 waiting, 1 dormant"


def test_unknown_id_is_told_without_our_traceback(ran):
    """A marker with an id that nobody declares is an error of the test, with the ids that may be meant."""
    told = ran.after("ERROR at setup of test_unknown_id")
    assert told[0] == "patch 'victim-9': no such patch is declared here"
    assert told[-1].startswith("  next:     did you mean victim-4 or")


def test_marker_without_an_id_is_refused(ran):
    """It would take out nothing."""
    assert ran.after("ERROR at setup of test_no_id")[0] == "unpatched needs the id of a patch"


def test_failure_names_the_patch_in_its_traceback(ran):
    """The error has a note, and the patches in force stand below."""
    assert "code of victim-1 is in this traceback" in ran.said
    assert ran.said.count("in this traceback") == 1
    assert ran.after("_ test_value _")[-1:] == ["tests/test_one.py:11: AssertionError"]
    assert ran.said.count("- backportkit -") == ran.said.count("in force: victim-1, victim-2, victim-4\n") == 4


def test_patch_that_was_lost_is_a_warning_with_the_test(ran):
    """What a test has undone or replaced for good is told once, with its name and the way out of it."""
    assert warnings(ran) == [
        "patch 'victim-2': it was lost in tests/test_one.py::test_undone, and the tests after that run without it",
        'take it out for that test alone: @pytest.mark.unpatched("victim-2")',
        "patch 'victim-1': it was lost in tests/test_one.py::test_replaced, and the tests after that run without it",
        "undo that at the end of the test, as monkeypatch does; in a block of unpatched, by monkeypatch.context()",
    ]


def test_warning_is_an_error_where_warnings_are(suite):
    """Under `-W error` the test that has lost a patch fails, and the run goes on."""
    suite.write(
        "tests/test_one.py",
        """
        import backportkit, victim
        def test_undone(): backportkit.unpatch("victim-2")
        def test_next(): pass
        """,
    )
    ran = suite.run("-W", "error")
    assert ran.outcomes == {"test_undone": "ERROR", "test_next": "PASSED"}, ran.said


def test_patch_that_was_withdrawn_is_a_warning(suite):
    """A test that has unregistered a patch of the run is told; what it declares for itself it may withdraw."""
    suite.write(
        "tests/test_one.py",
        """
        import backportkit, pytest, victim
        @pytest.fixture(scope="module")
        def other():
            fields = dict(target="victim:C", value=1, how="add")
            backportkit.register(dict(id="other", summary="s", requires="victim<2", **fields))
            backportkit.apply_all()
        def test_other(other): pass
        def test_withdrawn():
            backportkit.unregister("victim-1")
            backportkit.unregister("other")
        """,
    )
    assert warnings(suite.run()) == [
        "patch 'victim-1': it was lost in tests/test_one.py::test_withdrawn, and the tests after that run without it",
        'take it out for that test alone: @pytest.mark.unpatched("victim-1")',
    ]


@pytest.mark.parametrize("order", ["unpatched, monkeypatch", "monkeypatch, unpatched"])
@pytest.mark.parametrize(
    "change",
    [
        "monkeypatch.setattr(victim, 'f', len)",
        "monkeypatch.delitem(sys.modules, 'victim'); importlib.import_module('victim')",
    ],
    ids=["setattr", "delitem"],
)
def test_monkeypatch_beside_the_fixture_loses_nothing(suite, order, change):
    """A patch that the fixture `unpatched` has taken out comes back after monkeypatch has put back what stood there."""
    suite.write(
        "tests/test_one.py",
        f"""
        import importlib, sys
        import victim
        def test_changed({order}):
            unpatched("victim-1")
            {change}
        def test_next(): assert victim.f(1) == "new"
        """,
    )
    ran = suite.run("-W", "error")
    assert ran.outcomes == {"test_changed": "PASSED", "test_next": "PASSED"}, ran.said


def test_monkeypatch_that_is_undone_in_the_block_loses_nothing(suite):
    """The advice holds: what is put back before a block of `unpatched` ends is patched again at its end."""
    suite.write(
        "tests/test_one.py",
        """
        import backportkit, victim
        def test_changed(monkeypatch):
            with backportkit.unpatched("victim-1"), monkeypatch.context() as patched:
                patched.setattr(victim, "f", len)
        def test_next(): assert victim.f(1) == "new"
        """,
    )
    ran = suite.run("-W", "error")
    assert ran.outcomes == {"test_changed": "PASSED", "test_next": "PASSED"}, ran.said


def test_application_that_a_marked_test_imports_applies_nothing(suite):
    """A call of `apply_all` in a test that is marked leaves the patch out until the test has ended."""
    suite.write("application.py", "import backportkit, myproject.backports\nbackportkit.apply_all()\n")
    suite.write("tests/conftest.py", "")
    suite.write(
        "tests/test_one.py",
        """
        import pytest, victim, myproject.backports
        @pytest.mark.unpatched("victim-1")
        def test_without():
            import application
            assert (victim.f(1), victim.g(1)) == ("old", "new")
        def test_with(): assert victim.f(1) == "new"
        """,
    )
    assert suite.run().outcomes == {"test_without": "PASSED", "test_with": "PASSED"}


PROVIDED = """
import backportkit, pytest, victim
from backportkit.testing import provided
OTHER = dict(id="other", summary="s", requires="victim<2", target="victim:h", replacement=lambda x: "other")
backportkit.unregister("victim-4")

def test_left(monkeypatch):
    with pytest.raises(backportkit.ConflictError), provided(OTHER):
        {change}

def test_next():
    assert [one.id for one in backportkit.status() if one.id == "other"] == {left}
    assert victim.h(1) == {value}
"""


def test_provided_patch_that_monkeypatch_kept_in_is_out_after_the_test(suite):
    """A patch that the end of the block could not take out is taken out once monkeypatch has undone its own."""
    change = "monkeypatch.setattr(victim, 'h', len)"
    suite.write("tests/test_one.py", PROVIDED.format(change=change, left=[], value="'old'"))
    ran = suite.run("-W", "error")
    assert ran.outcomes == {"test_left": "PASSED", "test_next": "PASSED"}, ran.said


def test_provided_patch_that_stays_is_a_warning_with_the_test(suite):
    """A patch that cannot be taken out at the end of the test either is told once, of the test that has left it."""
    change = "victim.h = lambda x: 3"
    suite.write("tests/test_one.py", PROVIDED.format(change=change, left=["other"], value=3))
    ran = suite.run()
    assert ran.outcomes == {"test_left": "PASSED", "test_next": "PASSED"}, ran.said
    assert warnings(ran) == [
        "patch 'other': it was left behind in tests/test_one.py::test_left, and the tests after that may run with it",
        "put back what stood there before the block of provided ends",
    ]


LATE = """
import pytest, victim

def test_early():
    victim.f(1)

@pytest.fixture(scope="session")
def patched():
    import backportkit
    backportkit.apply_all()

def test_late(patched):
    assert victim.f(1) == "new"
"""


def test_patch_that_came_late_is_a_warning_with_the_test(suite):
    """Where a fixture applies patches after other tests have used their target, the first test with it is told."""
    suite.write("tests/conftest.py", "import myproject.backports\n")
    suite.write("tests/test_one.py", LATE)
    told = warnings(suite.run())
    late = "it was applied as late as in tests/test_one.py::test_late, and tests before that may have run without it"
    assert told[::2] == [f"patch 'victim-{number}': {late}" for number in (1, 2, 4)]
    assert {*told[1::2]} == {"call backportkit.apply_all() in conftest.py"}


def test_late_patch_of_an_installed_provider_is_a_warning(world):
    """That of an installed distribution, which nobody has imported before."""
    world.provide(
        "def f(x): return 'old'\n",
        """
        from backportkit import backport
        @backport("victim:f", requires="victim<2", id="victim-1", summary="s")
        def f(x): return "new"
        """,
    )
    world.write("tests/test_one.py", LATE)
    assert warnings(run_pytest(world))[0].startswith(
        "patch 'victim-1': it was applied as late as in tests/test_one.py::test_l"
    )


def test_patch_that_is_back_is_not_late(suite):
    """What a test has lost and a later one applies again was in force in tests before."""
    suite.write(
        "tests/test_one.py",
        """
        import backportkit, victim
        def test_lost(): backportkit.unpatch("victim-1")
        def test_back(): backportkit.apply_all()
        """,
    )
    (lost, _) = warnings(suite.run())
    assert lost.startswith("patch 'victim-1': it was lost in tests/test_one.py::test_lost, ")


@pytest.mark.parametrize(
    "test",
    [
        "def test_applied_as_its_target_loads(): import victim",
        "def test_module_is_dropped(monkeypatch): import victim, sys; del sys.modules['victim']",
        """
        import backportkit, pytest, victim
        @pytest.fixture(scope="module")
        def other():
            fields = dict(target="victim:C", value=1, how="add")
            backportkit.register(dict(id="other", summary="s", requires="victim<2", **fields))
            backportkit.apply_all()
            yield
            backportkit.unregister("other")
        def test_of_its_own(other): assert victim.C == 1
        def test_more(other): pass
        """,
        """
        import backportkit, victim
        def test_back():
            backportkit.unpatch_all()
            backportkit.apply_all()
        """,
    ],
    ids=lambda test: re.findall(r"def (test_\w+)", test)[0],
)
def test_what_is_no_loss_is_no_warning(suite, test):
    """Neither are patches that come as their target is imported, nor those that a test declares for itself."""
    suite.write("tests/test_one.py", test)
    ran = suite.run("-W", "error")
    assert ran.code == 0, ran.said


LOOK = """
import sys
def test_look():
    print([name for name in sorted(sys.modules) if name.partition(".")[0] == "backportkit"])
"""


def test_run_without_patches_loads_one_room(world):
    """Nothing is loaded of backportkit but the plugin itself, and the header has no line of it."""
    world.write("tests/test_one.py", LOOK)
    ran = run_pytest(world)
    assert "['backportkit', 'backportkit.integrations', 'backportkit.integrations.pytest']" in ran.said
    assert "backportkit:" not in ran.said


@pytest.mark.parametrize(
    ("options", "variable", "by"),
    [
        (["--backportkit-off=all"], None, "--backportkit-off"),
        ([], "victim-1, all", "BACKPORTKIT_DISABLE"),
        (["--backportkit-off=victim-1"], "all", "BACKPORTKIT_DISABLE"),
    ],
    ids=["option", "variable", "both"],
)
def test_header_says_that_all_is_off(suite, options, variable, by):
    """Where all patches are switched off, none is read, and the line says by what."""
    suite.write("tests/conftest.py", "import backportkit\nbackportkit.apply_all()\n")
    suite.write("tests/test_one.py", "import myproject.backports\ndef test_one(): pass\n")
    ran = suite.run(*options, env={"BACKPORTKIT_DISABLE": variable} if variable else {})
    assert re.findall(r"^backportkit: (.*)", ran.said, re.MULTILINE) == [f"all off ({by})"]


@pytest.mark.parametrize("options", [[], ["--doctest-continue-on-failure"]], ids=["one failure", "several"])
def test_doctest_names_the_patch_in_its_traceback(suite, options):
    """The error of an example has the note, which pytest shows below the traceback of that."""
    suite.write("tests/example.py", 'def f():\n    """\n    >>> import victim\n    >>> victim.f(0)\n    """\n')
    ran = suite.run("--doctest-modules", "tests/example.py", *options)
    assert ran.said.count("backportkit: code of victim-1 is in this traceback") == 1


def test_error_of_collection_names_the_patch_in_its_traceback(suite):
    """A test module whose body fails in the code of a patch has it named, as a test has, and each what is in force."""
    suite.write("tests/test_one.py", "import victim\nvictim.f(0)\n")
    suite.write("tests/test_two.py", "import victim, missing\n")
    ran = suite.run()
    assert ran.said.count("code of victim-1 is in this traceback") == 1
    assert ran.said.count("in force: victim-1, victim-2, victim-4\n") == 2


def test_header_names_patches_in_unusual_states(suite):
    """Those that are switched off or have drifted are named, and an error of a provider has a line of its own."""
    suite.world.distribution("broken", "1.0", {"absent": "broken"})
    suite.write("broken.py", "1 / 0\n")
    suite.write("tests/test_one.py", "def test_one(): pass\n")
    ran = suite.run(env={"BACKPORTKIT_DISABLE": "victim-2"})
    told = re.findall(r"^backportkit: (.*)", ran.said, re.MULTILINE)
    assert told[0] == "2 waiting, 1 dormant, 1 disabled (victim-2)"
    assert "broken" in told[1]
    assert ran.code == 0


@pytest.mark.parametrize("installed", [False, True])
def test_shipped_patches_are_read_for_what_is_installed(suite, installed):
    """Those of torch are counted, and their modules loaded, where there is a torch."""
    suite.write("tests/test_one.py", LOOK.replace('"backportkit"', '"backportkit_patches"'))
    if installed:
        suite.write("torch/__init__.py", "")
        suite.world.distribution("torch", "2.9.0")
    ran = suite.run()
    (waiting,) = re.findall(r"^backportkit: (\d+) waiting, 1 dormant$", ran.said, re.MULTILINE)
    assert (int(waiting) > 3) == installed
    assert ("backportkit_patches.torch" in ran.said) == installed


def test_digest_is_that_of_other_processes(suite):
    """With `-v`; its digits are the first ones of the digest in the report of a program with the same patches."""
    suite.write("tests/test_one.py", "def test_one(): pass\n")
    (digits,) = re.findall(r"; digest (\w+)$", suite.run("-v").said, re.MULTILINE)
    script = "import backportkit, myproject.backports; backportkit.apply_all(); print(backportkit.report().digest)"
    assert suite.world.run(script)[0].startswith(digits)


VALUES = """
import victim
def test_values(): print(victim.f(1), victim.g(1))
"""


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (["--backportkit-off=victim-1"], "old new"),
        (["--backportkit-off=victim-1", "--backportkit-off=victim-2"], "old old"),
        (["--backportkit-off=victim-1, victim-2"], "old old"),
        (["--backportkit-off=all"], "old old"),
        (["--backportkit-off=provider:myproject"], "old old"),
    ],
)
def test_option_switches_patches_off(suite, options, values):
    """They are off before a conftest.py applies them: one, several, those of a provider, or all."""
    suite.write("tests/test_one.py", VALUES)
    ran = suite.run(*options)
    assert values in ran.said.splitlines()


def test_marker_is_content_where_all_is_off(world):
    """No provider is read then, and a patch of one is not unknown."""
    world.provide(
        "def f(x): return 'old'\n",
        """
        from backportkit import backport
        @backport("victim:f", requires="victim<2", id="victim-1", summary="s")
        def f(x): return "new"
        """,
    )
    world.write("tests/test_one.py", "import pytest\n@pytest.mark.unpatched('victim-1')\ndef test_one(): pass\n")
    assert run_pytest(world, "--backportkit-off=all").outcomes == {"test_one": "PASSED"}


def test_option_needs_no_project(world):
    """The ids of installed providers are known anywhere."""
    world.write("tests/test_one.py", "def test_one(): pass\n")
    assert run_pytest(world, "--backportkit-off=torch-178148").outcomes == {"test_one": "PASSED"}


def test_option_adds_to_what_is_off(suite):
    """What BACKPORTKIT_DISABLE says stays off, too."""
    suite.write("tests/test_one.py", VALUES)
    assert "old old" in suite.run("--backportkit-off=victim-1", env={"BACKPORTKIT_DISABLE": "victim-2"}).said


@pytest.mark.parametrize("value", [None, "victim-2"])
def test_variable_is_what_it_was_after_the_run(suite, value):
    """Who calls pytest.main() finds BACKPORTKIT_DISABLE as he has left it."""
    suite.write("tests/test_one.py", VALUES)
    script = """
    import os, pytest
    pytest.main(["-q", "--backportkit-off=victim-1"])
    print(os.environ.get("BACKPORTKIT_DISABLE"))
    """
    assert suite.world.run(script, env={"BACKPORTKIT_DISABLE": value} if value else {})[-1] == str(value)


def test_option_refuses_an_unknown_id(suite):
    """An id that nobody declares is wrong usage, with the ids that may be meant."""
    suite.write("tests/test_one.py", VALUES)
    ran = suite.run("--backportkit-off=victim-9")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: patch 'victim-9': no such patch is declared here\n" in ran.said
    assert ran.said.count("victim-9") == 1


def test_failing_require_is_told_without_our_source(suite):
    """A test that requires a patch which is switched off shows the error and its own line, and none of ours."""
    suite.write("tests/test_one.py", 'import backportkit\ndef test_it(): backportkit.require("victim-1")\n')
    told = suite.run("--backportkit-off=victim-1").after("_ test_it _")
    assert "backportkit/engine" not in "\n".join(told)
    assert "next:     undo what the reason names, or skip what requires the patch" in "\n".join(told)


def test_option_refuses_what_it_cannot_switch_off(suite):
    """Patches that a plugin of the command line has declared and applied are named."""
    suite.write("tests/test_one.py", VALUES)
    ran = suite.run("-p", "myproject.backports", "--backportkit-off=victim-1")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --backportkit-off comes too late for patches that were declared before pytest began\n" in ran.said


def test_option_refuses_where_the_variable_is_ignored(suite):
    """`python -E` lets no variable count."""
    done = suite.world.start(
        "import sys; sys.path.insert(0, '.'); import pytest; sys.exit(pytest.main(['--backportkit-off=victim-1']))",
        flags=["-E"],
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--backportkit-off has no effect, since BACKPORTKIT_DISABLE is ignored here\n" in done.stderr


def test_workers_of_xdist_do_the_same(suite):
    """Each worker takes patches out, leaves those that are off, and warns."""
    suite.write(
        "tests/test_one.py",
        """
        import backportkit, pytest, victim
        def test_off(): assert victim.g(1) == "old"
        @pytest.mark.unpatched("victim-1")
        def test_without(): assert victim.f(1) == "old"
        def test_lost(): backportkit.unpatch("victim-1")
        """,
    )
    ran = suite.run("-n", "2", "--dist", "loadfile", "--backportkit-off=victim-2")
    assert ran.outcomes == dict.fromkeys(("test_off", "test_without", "test_lost"), "PASSED"), ran.said
    assert "backportkit: 2 waiting, 1 dormant, 1 disabled (victim-2)\n" in ran.said
    assert warnings(ran)[0].startswith("patch 'victim-1': it was lost in tests/test_one.py::test_lost, ")
