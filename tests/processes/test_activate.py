"""An activated environment: every interpreter has the patches, whatever becomes of the manifest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backportkit
from backportkit import bootstrap, manifest
from backportkit.activation import record, verbs

USE = "import victim; print(victim.f())"
LATE = "import inner.late; print(inner.late.f())"
STATE = "import sys; print(sys.meta_path[0].__class__.__name__, 'backportkit.engine.verbs' in sys.modules)"


def test_activated_interpreter_waits_for_the_modules_in_the_manifest_and_loads_next_to_nothing(prepared):
    rooms = "import sys; print(sorted(name for name in sys.modules if name.startswith('backportkit.')))"
    assert prepared.lines("-c", rooms) == ["['backportkit.bootstrap']"]
    assert prepared.lines("-c", USE) == ["new"]
    # A package in which one module is patched is none of our business until that module is imported.
    assert prepared.lines("-c", f"import inner; {STATE}; {LATE}") == ["BootstrapFinder False", "new"]


def test_children_of_every_kind_are_patched_without_a_word_about_it(prepared, program, kinds, tmp_path):
    (tmp_path / "program.py").write_text(program, "utf-8")
    lines = prepared.lines(str(tmp_path / "program.py"))
    assert lines == [*(f"{kind} new" for kind in kinds), "here new []"]


def test_apply_all_in_an_activated_interpreter_changes_nothing(prepared):
    code = f"import backportkit; backportkit.apply_all(); {STATE}; import inner; {STATE}; {USE}; {LATE}"
    assert prepared.lines("-c", code) == ["BootstrapFinder False", "BootstrapFinder False", "new", "new"]


def test_engine_that_somebody_loads_knows_that_the_environment_is_activated(prepared):
    code = f"import inner, backportkit; print(*(s.id for s in backportkit.status())); {LATE}; {USE}"
    assert prepared.lines("-c", code) == ["provider-0 provider-1", "new", "new"]
    assert prepared.lines("-c", f"import inner; from backportkit.engine import verbs; {LATE}; {USE}") == ["new", "new"]


@pytest.mark.parametrize(
    ("flags", "value"), [("-I", "new"), ("-E", "new"), ("-S", "no"), ("-O", "new"), ("-Wd", "new")]
)
def test_flags_of_the_interpreter(prepared, flags, value):
    if value == "no":  # there is no site-packages either
        done = prepared.run(flags, "-c", "import backportkit")
        assert "No module named 'backportkit'" in done.stderr
    else:
        assert prepared.lines(flags, "-c", USE) == [value]


def test_off_switch_works_everywhere_but_where_the_environment_is_ignored(prepared):
    env = os.environ | {"BACKPORTKIT_DISABLE": "all"}
    assert prepared.lines("-c", f"{STATE}; {USE}", env=env) == ["type False", "old"]
    assert prepared.lines("-I", "-c", USE, env=env) == ["new"]
    assert prepared.lines("-c", f"{USE}; {LATE}", env=env | {"BACKPORTKIT_DISABLE": "provider-0"}) == ["old", "new"]


def test_zip_application_is_patched(prepared, tmp_path):
    with zipfile.ZipFile(tmp_path / "application.pyz", "w") as archive:
        archive.writestr("__main__.py", USE)
    assert prepared.lines(str(tmp_path / "application.pyz")) == ["new"]


def test_environment_of_a_run_is_no_obstacle(prepared):
    assert prepared.lines("-m", "backportkit", "run", "-c", f"{STATE}; {USE}") == ["BootstrapFinder False", "new"]


# --- a manifest that is not what it should be ---


WARNING = "patches are looked up at every start until you run `backportkit activate` again\n"


def assert_one_warning(environment, *said):
    done = environment.run("-c", f"{USE}; {LATE}")
    assert (done.returncode, done.stdout) == (0, "new\nnew\n")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"backportkit: {environment.manifest} ")
    assert done.stderr.endswith(WARNING)
    assert all(text in done.stderr for text in said), done.stderr


def test_truncated_manifest_is_a_warning_and_the_slow_way(environment):
    content = environment.manifest.read_bytes()
    for length in (0, 10, 30, len(content.partition(b"\n")[0]), content.index(b"folder"), content.index(b"\t{") // 2):
        environment.manifest.write_bytes(content[:length])
        assert_one_warning(environment, "is damaged")


def test_manifest_of_another_environment_is_a_warning_and_the_slow_way(environment):
    environment.manifest.write_bytes(signed(b"elsewhere\n\n\n\n"))
    assert_one_warning(environment, "belongs to another environment, elsewhere")


def test_manifest_of_another_release_is_a_warning_and_the_slow_way(environment):
    """The warning says that the manifest is of another release, and not that it is damaged."""
    environment.manifest.write_bytes(b"backportkit manifest 3 2e07ec454ff3e553\nenvironment\t\n")
    assert_one_warning(environment, "is of another release of backportkit")


def test_manifest_whose_head_makes_no_sense_is_a_warning_and_the_slow_way(environment):
    place = environment.manifest.read_bytes().split(b"\n")[1]
    environment.manifest.write_bytes(signed(place + b"\n\n"))
    assert_one_warning(environment, "not enough values to unpack")


def signed(head):
    """A manifest that is whole, with nothing behind its head."""
    return bootstrap.first_line(head) + head


def test_unreadable_manifest_is_a_warning_and_the_slow_way(environment):
    environment.manifest.unlink()
    assert environment.lines("-c", USE) == ["new"]
    environment.manifest.mkdir()
    assert environment.lines("-c", USE) == ["new"]
    environment.manifest.rmdir()
    environment.manifest.symlink_to("/proc/self/mem")  # a regular file whose first bytes not even root may read
    assert_one_warning(environment, "Input/output error")
    environment.manifest.unlink()
    os.mkfifo(environment.manifest)
    assert environment.lines("-c", USE) == ["new"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(), damage=st.sampled_from(["whole", "tail", "flip", "signed", "fields"]), number=st.integers(0))
def test_no_bytes_but_those_of_the_manifest_are_taken_for_one(prepared, tmp_path, data, damage, number):
    content = prepared.manifest.read_bytes()
    at = number % len(content)
    flipped = bytes([content[at] ^ (1 + number % 255)])
    path = tmp_path / bootstrap.NAME
    path.write_bytes(
        {
            "whole": data,
            "tail": content[:at] + data,
            "flip": content[:at] + flipped + content[at + 1 :],
            "signed": signed(data),
            "fields": signed(bootstrap.environment().encode() + b"\n" + data + b"\nfolder\t" + data + b"\n"),
        }[damage]
    )
    with pytest.raises((OSError, ValueError)):  # all that a start expects
        manifest.judged(bootstrap.read(str(path)))


def test_damage_is_no_obstacle_where_there_is_no_stderr_to_say_it_on(environment):
    environment.manifest.write_bytes(b"")
    command = ["sh", "-c", f'"$0" -c "{USE}" 2>&-', environment.python]
    assert subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout == "new\n"


def test_random_bytes_stop_no_interpreter(environment):
    for seed in range(3):
        environment.manifest.write_bytes(os.urandom(2000 * seed + 1))
        assert_one_warning(environment)


# --- a manifest that is out of date ---


def assert_one_line_in_the_log(environment, changed, *programs):
    for program in programs:
        done = environment.run("-c", program)
        assert (done.returncode, done.stdout) == (0, "new\n")
        assert done.stderr == (
            f"{environment.manifest} is out of date, since {changed} has changed: run `backportkit activate` again\n"
        )


def test_distribution_that_is_installed_or_removed_since_is_noticed(environment):
    environment.install("third", "1.0", "third.py", "def f(): return 'old'\n")
    info = environment.provide("other", "third:f")
    assert_one_line_in_the_log(environment, environment.site, "import third; print(third.f())", USE)
    assert environment.lines("-c", "print(1)") == ["1"]  # who needs no patch is told nothing
    environment.lines("-m", "backportkit", "activate")
    assert environment.lines("-c", "import third; print(third.f())") == ["new"]
    shutil.rmtree(info)
    (environment.site / "other.py").unlink()
    assert_one_line_in_the_log(environment, environment.site, USE)


def test_what_else_happens_in_site_packages_makes_no_manifest_stale(environment):
    (environment.site / "__pycache__").mkdir(exist_ok=True)
    (environment.site / "something.txt").touch()
    os.utime(environment.site)
    assert environment.lines("-c", f"import inner; {STATE}; {LATE}") == ["BootstrapFinder False", "new"]
    (environment.site / "something.txt").unlink()


def test_times_without_fractions_as_in_the_layer_of_an_image_are_the_same_times(environment):
    seconds = environment.site.stat().st_mtime_ns // 10**9
    os.utime(environment.site, ns=(seconds * 10**9, seconds * 10**9))
    assert environment.lines("-c", f"import inner; {STATE}") == ["BootstrapFinder False"]
    assert bootstrap.is_same("1790000001123456789", "1790000001000000000")
    assert not bootstrap.is_same("1790000001123456789", "1790000002000000000")
    assert not bootstrap.is_same("1790000001123456789", "1790000001123456788")
    assert not bootstrap.is_same("1790000001123456789", "")


def test_declarations_that_are_worked_on_are_noticed(environment, tmp_path):
    work = tmp_path / "provider.py"
    shutil.move(environment.site / "provider.py", work)
    (environment.site / "work.pth").write_text(f"{tmp_path}\n", "utf-8")
    environment.lines("-m", "backportkit", "activate")
    assert environment.lines("-c", f"import inner; {STATE}; {LATE}") == ["BootstrapFinder False", "new"]
    work.write_text(work.read_text("utf-8").replace("victim:f", "victim:g"), "utf-8")
    (environment.site / "victim.py").write_text("def f(): return 'old'\ndef g(): return 'old'\n", "utf-8")
    assert_one_line_in_the_log(environment, work, "import victim; print(victim.g())")
    (environment.site / "work.pth").unlink()
    (environment.site / "victim.py").write_text("def f(): return 'old'\n", "utf-8")


@pytest.mark.parametrize("changed", ["patches.json", "places.py"])
def test_files_that_a_declaration_is_read_from_and_by_are_noticed(environment, tmp_path, changed):
    """A file of data with declarations counts, and so does each module of the provider's package."""
    work = tmp_path / "provider"
    work.mkdir()
    (environment.site / "provider.py").unlink()
    (environment.site / "work.pth").write_text(f"{tmp_path}\n", "utf-8")
    (work / "__init__.py").write_text("from backportkit import load\nfrom provider.places import PATH\nload(PATH)\n")
    (work / "places.py").write_text("from pathlib import Path\nPATH = Path(__file__).with_name('patches.json')\n")
    (work / "new.py").write_text("def f(): return 'new'\n")
    patch = {"id": "v-1", "summary": "s", "requires": "victim<2", "target": "victim:f", "replacement": "provider.new:f"}
    (work / "patches.json").write_text(json.dumps({"patch": [patch]}), "utf-8")
    environment.lines("-m", "backportkit", "activate")
    assert environment.lines("-c", USE) == ["new"]
    os.utime(work / changed, (1, 1))
    assert_one_line_in_the_log(environment, work / changed, USE)
    (environment.site / "work.pth").unlink()


def test_distributions_on_pythonpath_are_looked_up_beside_the_manifest(prepared, world):
    world.distribution("third", "1.0")
    world.distribution("provider-of-third", "1.0", {"third": "third_patches"})
    world.write("third.py", "def f(): return 'old'\n")
    declaration = '@backport("third:f", requires="third<2", id="third-1", summary="s")\ndef f(): return "new"\n'
    world.write("third_patches.py", "from backportkit import backport\n" + declaration)
    code = f"import inner; {STATE}; import third; print(third.f()); {LATE}"
    env = os.environ | {"PYTHONPATH": str(world.folder)}
    assert prepared.lines("-c", code, env=env) == ["BootstrapFinder False", "new", "new"]


# --- activating, deactivating, uninstalling ---


def snapshot(environment):
    paths = [path for path in sorted(environment.site.rglob("*")) if "__pycache__" not in path.parts]
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_deactivate_leaves_nothing_behind(fresh):
    before = snapshot(fresh)
    for _ in range(2):
        assert fresh.lines("-m", "backportkit", "activate") == [f"wrote {path}" for path in fresh.files]
    assert set(snapshot(fresh)) - set(before) == set(fresh.files)
    assert fresh.lines("-m", "backportkit", "deactivate") == [f"removed {path}" for path in fresh.files]
    assert snapshot(fresh) == before
    assert fresh.lines("-m", "backportkit", "deactivate") == ["this environment is not activated"]
    assert fresh.lines("-c", f"{STATE}; {USE}") == ["type False", "old"]


def test_after_two_hyphens(fresh):
    """A word that follows two hyphens is the command, too."""
    assert fresh.lines("-m", "backportkit", "--", "activate") == [f"wrote {path}" for path in fresh.files]
    assert fresh.lines("-m", "backportkit", "--", "deactivate") == [f"removed {path}" for path in fresh.files]


def test_uninstalling_backportkit_takes_the_files_along(fresh):
    fresh.lines("-m", "backportkit", "activate")
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "uninstall", "-q", "--python", fresh.python, "backportkit"]
    subprocess.run(command, check=True, capture_output=True)
    assert [path for path in fresh.site.iterdir() if "backportkit" in path.name] in ([], [fresh.site / "backportkit"])
    assert not any(path.exists() for path in fresh.files)
    assert fresh.lines("-S", "-c", "print(1)") == ["1"]


def test_program_runs_where_backportkit_was_deleted_by_hand_or_is_broken(fresh):
    fresh.lines("-m", "backportkit", "activate")
    (fresh.site / "a0_libraries.pth").unlink()
    (fresh.site / "backportkit" / "bootstrap.py").write_text("import no_such_module\n", "utf-8")
    done = fresh.run("-c", USE)
    assert (done.returncode, done.stdout) == (0, "old\n")
    assert "No module named 'no_such_module'" in done.stderr
    shutil.rmtree(fresh.site / "backportkit")
    done = fresh.run("-c", USE)
    assert (done.returncode, done.stdout) == (0, "old\n")
    # A .start file has no way to say that nothing is to be done.
    assert ("No module named 'backportkit'" in done.stderr) is (sys.version_info >= (3, 15)), done.stderr


def test_files_for_newer_pythons_say_the_same(prepared):
    pth, start, _ = (path.read_text("utf-8").splitlines() for path in prepared.files)
    assert len(pth) == 1  # the others would be folders
    assert start == ["backportkit.startup:activate"]
    assert prepared.lines("-c", "import pkgutil; print(pkgutil.resolve_name('backportkit.startup:activate')())") == [
        "None"
    ]


def test_read_only_environment_is_an_error_with_a_next_step_and_nothing_half_done(fresh, monkeypatch):
    monkeypatch.setattr(verbs, "_site_packages", lambda: fresh.site / "absent")
    for act, what in ((verbs.activate, "activated"),):
        with pytest.raises(backportkit.ActivationError, match=f"this environment cannot be {what}") as error:
            act()
        assert isinstance(error.value, OSError)
        assert "backportkit run" in error.value.next_step
    for path in fresh.files:
        path.mkdir()
    monkeypatch.setattr(verbs, "_site_packages", lambda: fresh.site)
    with pytest.raises(backportkit.ActivationError, match="this environment cannot be deactivated"):
        verbs.deactivate()


def test_command_says_what_is_wrong_without_a_traceback(fresh):
    for path in fresh.files:
        path.mkdir()
    done = fresh.run("-m", "backportkit", "activate")
    assert done.returncode == 2
    assert done.stderr.startswith("backportkit: this environment cannot be activated\n")
    assert "Traceback" not in done.stderr


def test_environment_in_which_nothing_records_backportkit_is_activated_and_deactivated_too(fresh):
    (info,) = fresh.site.glob("backportkit-*.dist-info")
    (info / "RECORD").unlink()
    assert fresh.lines("-m", "backportkit", "activate") == [f"wrote {path}" for path in fresh.files]
    assert fresh.lines("-c", USE) == ["new"]
    shutil.rmtree(info)
    (fresh.site / "a0_libraries.pth").write_text("", "utf-8")
    deactivate = (
        "import sys; sys.path.append(sys.argv[1]); from backportkit.activation import verbs as a; a.deactivate()"
    )
    fresh.run("-c", deactivate, sysconfig.get_path("purelib"))
    assert not any(path.exists() for path in fresh.files)


def test_backportkit_that_is_not_installed_at_all_has_no_record(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    assert record.find(tmp_path) is None


def test_patch_of_a_module_that_every_start_has_loaded_is_applied_at_the_start(fresh):
    fresh.install("os", "1.0", "os_patches.py", entry_points="[backportkit.patches]\nos = os_patches\n")
    declaration = '@backport("os:getlogin", requires="os<2", id="os-1", summary="s")\ndef f(): return "new"\n'
    (fresh.site / "os_patches.py").write_text("from backportkit import backport\n" + declaration, "utf-8")
    fresh.lines("-m", "backportkit", "activate")
    assert fresh.lines("-c", "import os; print(os.getlogin())") == ["new"]


OFFERED = """
from backportkit import backport
print("read")
@backport("inner.late:f", requires="inner<2", id="offered-1", summary="s", opt_in=True)
def f(): return "offered"
"""


def test_offers(fresh):
    """Their modules are not read by `activate`, and by a program only where the environment asks for a patch."""
    fresh.install("provider", "1.1", "provider.py", "", "")  # nobody else patches the module
    shutil.rmtree(fresh.site / "provider-1.0.dist-info")
    fresh.install("offerer", "1.0", "offered.py", OFFERED, "[backportkit.offers]\ninner = offered\n")
    assert "read" not in fresh.lines("-m", "backportkit", "activate")
    use = "import sys, inner.late; print(inner.late.f(), 'backportkit.engine.verbs' in sys.modules)"
    assert fresh.lines("-c", use) == ["old False"]
    asking = dict(os.environ, BACKPORTKIT_ENABLE="offered-*")
    assert fresh.lines("-c", use, env=asking) == ["read", "offered True"]
    fresh.manifest.unlink()
    assert fresh.lines("-c", use) == ["old False"]
    assert fresh.lines("-c", use, env=asking) == ["read", "offered True"]


def test_help_names_both_commands():
    command = [sys.executable, "-m", "backportkit", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "deactivate" in done.stdout
    for name in ("activate", "deactivate"):
        assert subprocess.run([*command[:-1], name, "--help"], capture_output=True, check=True).returncode == 0
