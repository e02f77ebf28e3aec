"""`backportkit prove`, on small distributions that are made for each test."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import warm

pytestmark = pytest.mark.warm

VICTIM = "def f(): return 'old'\ndef g(): return f()\n"

DECLARATION = """
    from backportkit import Reproducer, backport

    def reproduce():
        import victim
        assert victim.g() == "new", f"g() gave {{victim.g()}}"

    @backport("victim:f", id="victim-1", requires="victim>=1,<2", reproducer=Reproducer(run=reproduce, {reproducer}))
    def f():
        "g() gives the wrong answer"
        return "new"
    """


@pytest.fixture
def victim(world):
    """A distribution with a bug, and a provider whose patch mends it; both in the current environment."""
    world.provide(VICTIM, DECLARATION.format(reproducer="expect='g.. gave'"))
    return world


def start(world, *arguments, **env):
    temporary = world.folder / "temporary"
    temporary.mkdir(exist_ok=True)
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "1000", "TMPDIR": str(temporary)} | env
    return warm.run(["-m", "backportkit", *arguments], Path.cwd(), variables)


def prove(world, *arguments, **env):
    """The exit code and the proof as read from `--json`."""
    done = start(world, "prove", "victim-1", "--json", *arguments, **env)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def shown(proof):
    return [(run["phase"], run["colour"]) for run in proof["runs"]]


def test_patch_that_fixes_something_is_red_green_red(victim):
    code, proof = prove(victim)
    assert code == 0
    assert proof["proved"]
    assert proof["environment"] == "current"
    assert shown(proof) == [("without", "red"), ("with", "green"), ("undone", "red")]
    assert [run["message"] for run in proof["runs"]] == [
        "AssertionError: g() gave old",
        "",
        "AssertionError: g() gave old",
    ]
    assert [run["versions"] for run in proof["runs"]] == [{"victim": "1.5"}] * 3
    assert [run["output"] for run in proof["runs"]] == [None] * 3
    assert list((victim.folder / "temporary").iterdir()) == []


def test_table_names_each_run_its_time_and_why(victim):
    done = start(victim, "prove", "victim-1")
    assert done.returncode == 0, done.stderr
    head, without, with_, undone, verdict = done.stdout.splitlines()
    assert head.split() == ["run", "shows", "time", "because"]
    assert without.split()[:2] == ["without", "red"]
    assert without.rstrip().endswith("s  AssertionError: g() gave old")
    assert with_.rstrip().endswith("s  the reproducer passes")
    assert undone.split()[:2] == ["undone", "red"]
    assert verdict.startswith("victim-1: proved with victim 1.5, Python 3.")
    assert done.stderr.splitlines() == ["without the patch", "with the patch", "after undoing the patch"]


def declare(world, **changes):
    """Write the provider anew, with parts of its text replaced."""
    text = DECLARATION.format(reproducer="expect='g.. gave'")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    world.write("provider.py", text)


def test_patch_that_is_not_needed_is_not_proved(victim):
    victim.write("victim.py", VICTIM.replace("old", "new"))
    done = start(victim, "prove", "victim-1")
    assert done.returncode == 1
    assert "green, should be red" in done.stdout
    assert "victim-1: not proved" in done.stdout
    said = "this release has no bug, or the reproducer does not reach it: prove another one by --versions"
    assert f"next: {said}, or correct the reproducer" in done.stdout.splitlines()


def test_failure_for_another_reason_proves_nothing(victim):
    declare(victim, cause=("import victim\n", "import victim, no_such_module\n"))
    code, proof = prove(victim)
    assert code == 1
    assert shown(proof) == [("without", "broken"), ("with", "broken"), ("undone", "broken")]
    assert proof["runs"][0]["message"] == (
        "failed for another reason: ModuleNotFoundError: No module named 'no_such_module'; "
        "expected a line with the regular expression 'g.. gave'"
    )


def test_any_failure_counts_for_a_reproducer_that_expects_none_in_particular(victim):
    declare(victim, expect=("expect='g.. gave'", ""))
    assert prove(victim)[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("import victim\n", "raise OSError\n", "correct the reproducer, so that it fails for the bug alone"),
        (
            '"new"\n',
            '"newer"\n',
            (
                "correct the replacement, or reach those who still have the original; or correct the reproducer, if it "
                "fails with upstream's fix as well, as --versions with a fixed release tells"
            ),
        ),
        ('return "new"', "return nowhere", "mend what the run with says"),
    ],
)
def test_next_step(victim, old, new, told):
    """The last line says what to do about the first run that was not what it must be, and that its output is kept."""
    declare(victim, change=(old, new))
    *_, place, last = start(victim, "prove", "victim-1").stdout.splitlines()
    assert last == f"next: {told}"
    assert place.endswith("output.txt, which is kept")


def test_who_still_has_the_original(victim):
    """A patch that does not help names those who still have what it replaced."""
    victim.write("victim.py", "LIMIT = {'n': 1}\n" + "".join(f"def f{n}(x=LIMIT): return x\n" for n in range(4)))
    victim.write(
        "provider.py",
        """
        from backportkit import Patch, register
        def reproduce():
            import victim
            assert victim.f0()["n"] == 2
        register(Patch(id="victim-1", summary="s", requires="victim<2", target="victim:LIMIT", value={"n": 2},
                       reproducer="provider:reproduce"))
        """,
    )
    message = prove(victim)[1]["runs"][1]["message"]
    held = ", ".join(f"default argument of victim.f{n}" for n in range(3))
    assert message == f"AssertionError; the original is still in: {held}, and 1 more"


def test_output_of_a_run_that_went_wrong_is_kept(victim):
    declare(victim, noise=("import victim\n", "import victim; print('noise'); raise OSError('disk')\n"))
    _, proof = prove(victim)
    output = Path(proof["runs"][0]["output"])
    text = output.read_text("utf-8")
    assert "noise" in text
    assert "OSError: disk" in text
    assert not (output.parent / "scratch").exists()


def test_green_does_not_count_if_the_replacement_was_never_called(victim):
    declare(victim, way_round=('assert victim.g() == "new"', "import os; assert not os.environ.get('PHASE_RED')"))
    _, proof = prove(victim)
    assert proof["runs"][1]["colour"] == "broken"
    assert proof["runs"][1]["message"] == "the replacement was never called"


def test_green_does_not_count_if_the_patch_is_not_in_effect(victim):
    victim.write(
        "provider.py",
        """
        from backportkit import backport
        from backportkit.source.fingerprint import of_source

        def reproduce():
            import victim
            assert victim.g() == "old"

        @backport("victim:f", id="victim-1", requires="victim>=1,<2", reproducer=reproduce,
                  fixed=of_source("def f(): return 'old'", ["f"]))
        def f():
            "g() gives the wrong answer"
        """,
    )
    _, proof = prove(victim)
    reason = "absorbed: the installed body is upstream's fix already"
    assert proof["runs"][1]["message"] == f"the patch is {reason}"
    assert proof["runs"][2]["message"] == f"the patch was not applied to the loaded module: {reason.partition(': ')[2]}"


def test_patch_that_does_not_help_is_red_where_it_must_be_green(victim):
    declare(victim, body=('return "new"', 'return "newer"'))
    code, proof = prove(victim)
    assert code == 1
    assert shown(proof)[1] == ("with", "red")
    assert proof["runs"][1]["message"] == "AssertionError: g() gave newer"


def test_target_that_does_not_take_its_original_back_is_noticed(victim):
    victim.write(
        "victim.py",
        """
        from collections import UserDict
        class Forgetful(UserDict):
            def __setitem__(self, key, value):
                is_back = key in self and value.__code__ is CODE
                super().__setitem__(key, (lambda: "copy") if is_back else value)
        def f(): return "old"
        CODE = f.__code__
        TABLE = Forgetful(f=f)
        def g(): return TABLE["f"]()
        """,
    )
    declare(victim, target=('"victim:f"', '''"victim:TABLE['f']"'''))
    _, proof = prove(victim)
    assert shown(proof)[:2] == [("without", "red"), ("with", "green")]
    reason = "the patch cannot be undone, since the target does not keep what it is given"
    assert proof["runs"][2]["message"] == reason


def test_engine_that_would_not_undo_is_noticed(victim):
    script = """
    import provider
    from backportkit.engine.verbs import Engine, find
    from backportkit.proof.child import main, Request
    from pathlib import Path
    Engine.unpatch = lambda *_: None
    Path("request").write_text(Request(patch=find("victim-1"), phase="undone").model_dump_json())
    main("request", "answer")
    print(Path("answer").read_text())
    """
    (answer,) = victim.run(script)
    assert json.loads(answer)["objection"] == "undoing did not bring back the very object that was there"


def test_engine_that_would_undo_one_of_two_edits_is_noticed(victim):
    """The proof reads back each target itself."""
    victim.write("victim.py", VICTIM + "def h(): return 'old'\n")
    script = """
    import sys
    from backportkit import Patch
    from backportkit.engine.verbs import Engine
    from backportkit.proof.child import main, Request
    from pathlib import Path
    unpatch = Engine.unpatch
    def undo_the_first(engine, patch_id):
        there = sys.modules["victim"].h
        unpatch(engine, patch_id)
        sys.modules["victim"].h = there
    Engine.unpatch = undo_the_first
    edits = [{"target": f"victim:{name}", "replacement": "provider:f"} for name in ("f", "h")]
    fields = {"reproducer": "provider:reproduce", "summary": "s", "requires": "victim<2"}
    patch = Patch(id="victim-2", edits=edits, **fields)
    Path("request").write_text(Request(patch=patch, phase="undone").model_dump_json())
    main("request", "answer")
    print(Path("answer").read_text())
    """
    (answer,) = victim.run(script)
    assert json.loads(answer)["objection"] == "undoing did not bring back the very object that was there"


def test_process_that_dies_says_how(victim):
    declare(victim, death=("import victim\n", "import os; os._exit(7)\n"))
    assert prove(victim)[1]["runs"][0]["message"] == "the process ended with code 7"


def test_process_that_ends_itself_quietly_proves_nothing(victim):
    declare(victim, death=("import victim\n", "import os; os._exit(0)\n"))
    assert prove(victim)[1]["runs"][0]["message"] == "the process wrote no answer"


SLEEPER = """import subprocess, time
        with open({!r}, "w") as file: file.write(str(subprocess.Popen(["sleep", "60"]).pid))
        time.sleep(60)
"""


def is_running(pid):
    """Tell whether a process lives. One that has ended and was not waited for does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text("utf-8").split()[2] != "Z"


def test_process_that_takes_too_long_is_ended_with_all_that_it_started(victim):
    pid = victim.folder / "pid"
    declare(victim, sleep=("import victim\n", SLEEPER.format(str(pid))), limit=("expect='g.. gave'", "timeout=3"))
    code, proof = prove(victim)
    assert code == 1
    assert proof["runs"][0]["message"] == "took longer than the limit of 3 s: Reproducer(timeout=...) sets another"
    assert not is_running(pid.read_text("utf-8"))


def test_interrupting_a_proof_ends_its_processes(victim):
    pid = victim.folder / "pid"
    declare(victim, sleep=("import victim\n", SLEEPER.format(str(pid))))
    command = [sys.executable, "-m", "backportkit", "prove", "victim-1"]
    env = os.environ | {"PYTHONPATH": str(victim.folder)}
    process = subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (pid.exists() and pid.read_text("utf-8")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert not is_running(pid.read_text("utf-8"))


# --- before any work ---


def refused(world, *arguments, **env):
    """Return the message about a proof that cannot be tried."""
    done = start(world, "prove", *arguments, **env)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_unknown_patch_is_refused(victim):
    message = refused(victim, "victim-2")
    assert message.startswith("backportkit: patch 'victim-2': no such patch is declared here")
    assert "victim-1" in message


def test_patch_without_reproducer_is_refused(victim):
    declare(victim, none=("reproducer=Reproducer(run=reproduce, expect='g.. gave')", "reproducer=None"))
    assert refused(victim, "victim-1").splitlines() == [
        "backportkit: patch 'victim-1': has no reproducer",
        "  next:     declare one with reproducer=...",
    ]


def test_reproducer_that_is_still_to_be_written(victim):
    """Nothing is run, and the line to be replaced is named, also of a function that only a text names."""
    stub = "def later():\n    'Fail.'\n    raise NotImplementedError('show it')\n"
    victim.write("stubs.py", stub)
    declare(victim, none=("reproducer=Reproducer(run=reproduce, expect='g.. gave')", "reproducer='stubs:later'"))
    assert refused(victim, "victim-1").splitlines() == [
        "backportkit: patch 'victim-1': its reproducer is not written yet",
        "  expected: a function stubs:later that raises where the bug is",
        f"  found:    {victim.folder / 'stubs.py'}:3 raises NotImplementedError",
        "  next:     show it",
    ]
    victim.write("stubs.py", stub.replace("'show it'", ""))
    assert refused(victim, "victim-1").splitlines()[-1] == "  next:     write it"


def test_missing_program_is_named(victim):
    declare(victim, needs=("expect='g.. gave'", "programs=['no-such-program']"))
    assert "expected: no-such-program" in refused(victim, "victim-1")


def test_missing_compiler_is_named(victim):
    declare(victim, needs=("expect='g.. gave'", "programs=['c++']"))
    assert "expected: c++" in refused(victim, "victim-1", PATH=str(victim.folder), CXX="")


def test_any_compiler_will_do(victim):
    declare(victim, needs=("expect='g.. gave'", "expect='g.. gave', programs=['c++']"))
    compiler = victim.write("my-compiler", "#!/bin/sh\n")
    compiler.chmod(0o755)
    assert prove(victim, PATH=str(victim.folder), CXX="my-compiler")[0] == 0


# --- throw-away environments ---


@pytest.fixture
def elsewhere(world):
    """The victim is not installed here; four releases of it can be had. The provider is a package."""
    world.distribution("provider", "1.0", {"victim": "provider"})
    world.write("provider/__init__.py", DECLARATION.format(reproducer="expect='g.. gave'"))
    for version in ("0.9", "1.0", "1.9"):
        world.wheel("victim", version, VICTIM)
    world.wheel("victim", "2.0", VICTIM.replace("old", "new"))
    return world


def settings(world, **more):
    return {"UV_FIND_LINKS": str(world.folder / "wheels"), "BACKPORTKIT_CACHE": str(world.folder / "cache")} | more


def test_newest_release_in_range_is_installed_and_compiled_into_an_environment_of_its_own(elsewhere):
    dont_write = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = start(elsewhere, "prove", "victim-1", "--json", **settings(elsewhere) | dont_write)
    assert done.returncode == 0, done.stderr
    proof = json.loads(done.stdout)
    assert [run["versions"] for run in proof["runs"]] == [{"victim": "1.9"}] * 3
    assert Path(proof["environment"]).is_relative_to(elsewhere.folder / "cache")
    assert [*Path(proof["environment"]).rglob("__pycache__/victim.*.pyc")]
    assert done.stderr.splitlines()[:2] == ["asking the package index for victim<2,>=1", "installing victim==1.9"]


def test_environment_is_kept_and_built_anew_on_demand(elsewhere):
    assert start(elsewhere, "prove", "victim-1", **settings(elsewhere)).returncode == 0
    elsewhere.wheel("victim", "1.9.1", VICTIM)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = elsewhere.folder / "cache" / "environments" / f"unfinished-{gone.pid}@{platform.node()}@victim-1.9"
    left.mkdir()
    again = start(elsewhere, "prove", "victim-1", **settings(elsewhere))
    assert "installing" not in again.stderr
    assert "proved with victim 1.9," in again.stdout
    fresh = start(elsewhere, "prove", "victim-1", "--fresh", **settings(elsewhere))
    assert "installing victim==1.9.1" in fresh.stderr
    assert "proved with victim 1.9.1," in fresh.stdout
    assert not left.exists()
    for interpreter in (elsewhere.folder / "cache" / "environments").glob("victim-*/bin/python"):
        assert not interpreter.readlink().is_relative_to(sys.prefix)  # which may be gone before the environment is
        interpreter.unlink()
    gone = start(elsewhere, "prove", "victim-1", **settings(elsewhere))
    assert "installing victim==1.9.1" in gone.stderr
    assert "proved with victim 1.9.1," in gone.stdout


def test_module_that_declares_patches_can_be_named_instead_of_installed(elsewhere):
    next(elsewhere.folder.glob("provider-*.dist-info")).rename(elsewhere.folder / "gone")
    (elsewhere.folder / "provider").rename(elsewhere.folder / "package")
    (elsewhere.folder / "package" / "__init__.py").rename(elsewhere.folder / "mine.py")
    env = os.environ | settings(elsewhere)
    command = [sys.executable, "-m", "backportkit", "prove", "victim-1", "--import", "mine"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=elsewhere.folder)
    assert done.returncode == 0, done.stderr


def test_missing_network_is_said_before_any_work(elsewhere):
    nowhere = {"UV_FIND_LINKS": "", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_NO_CACHE": "1"}
    message = refused(elsewhere, "victim-1", **settings(elsewhere) | nowhere)
    assert "uv could not do 'pip compile'" in message
    assert "check the network" in message
    assert list((elsewhere.folder / "cache" / "environments").iterdir()) == []


def test_full_disk_is_said_before_any_work(elsewhere):
    text = DECLARATION.format(reproducer="disk=1e9")
    elsewhere.write("provider/__init__.py", text)
    message = refused(elsewhere, "victim-1", **settings(elsewhere))
    assert "there is not enough room on the disk" in message
    assert "expected: 1e+09 GB free at" in message


def test_installation_that_fails_leaves_nothing_behind(elsewhere):
    broken = elsewhere.folder / "wheels" / "victim-1.9-py3-none-any.whl"
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("victim-1.9.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 1.9\n")
        archive.writestr("victim-1.9.dist-info/WHEEL", "Wheel-Version: 9.0\n")
        archive.writestr("victim-1.9.dist-info/RECORD", "")
    message = refused(elsewhere, "victim-1", **settings(elsewhere))
    assert "uv could not do 'pip install'" in message
    assert list((elsewhere.folder / "cache" / "environments").iterdir()) == []


def test_code_under_proof_that_cannot_be_found_is_named(elsewhere):
    elsewhere.write(
        "provider/__init__.py",
        """
        from backportkit import register
        register(dict(target="victim:f", id="victim-1", requires="victim>=1,<2", summary="wrong",
                      replacement="nowhere:f", reproducer="nowhere:reproduce"))
        """,
    )
    assert "the package 'nowhere', which has the replacement or the reproducer" in refused(
        elsewhere, "victim-1", **settings(elsewhere)
    )
