"""An activated environment obeys its policy, with the manifest and without it, and when the policy comes or changes."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backportkit.source import fingerprint

USE = "import victim; print(victim.f())"
DENY = 'default = "deny"\n'
ROOMS = "import sys; print(sorted(name for name in sys.modules if name.startswith('backportkit.')))"


OFFERING = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="asked-0", summary="s", opt_in=True)
def asked(): return "new"
@backport("victim:f", requires="victim<2", id="provider-0", summary="s")
def f(): return "new"
"""


class Owned:
    """An activated environment with a policy."""

    def __init__(self, prepared):
        self.environment = prepared
        self.path = prepared.folder / "backportkit-policy.toml"

    def policy(self, text, mode=0o644):
        self.path.write_text(text, "utf-8")
        self.path.chmod(mode)

    def activate(self):
        done = self.environment.run("-m", "backportkit", "activate")
        assert done.returncode == 0, done.stderr

    def use(self):
        done = self.environment.run("-c", USE)
        told = [line for line in done.stderr.splitlines() if "is out of date" not in line]
        return done.returncode, done.stdout.strip(), "\n".join(told)


@pytest.fixture
def owned(prepared):
    made, module = Owned(prepared), prepared.site / "provider.py"
    text, manifest = module.read_text("utf-8"), prepared.manifest.read_bytes()
    yield made
    prepared.folder.chmod(0o755)
    for path in prepared.folder.glob("backportkit-policy.*"):
        path.unlink()
    module.write_text(text, "utf-8")
    if not prepared.manifest.exists() or prepared.manifest.read_bytes() != manifest:
        made.activate()


@pytest.mark.parametrize("is_activated_again", [True, False])
def test_policy_that_comes(owned, is_activated_again):
    """A policy counts from the next start on, also if the manifest is older; with a new one, no start reads it."""
    owned.policy(DENY)
    if is_activated_again:
        owned.activate()
        assert owned.environment.lines("-c", ROOMS) == ["['backportkit.bootstrap']"]
    assert owned.use() == (0, "old", "")
    owned.policy(f"{DENY}[providers.provider]\n")
    assert owned.use() == (0, "new", "")
    owned.path.unlink()
    if is_activated_again:
        assert "is not there, and its lines, " in owned.use()[2]
        owned.path.with_suffix(".lines").unlink()
        assert "is not there, and the environment was activated with it" in owned.use()[2]
        owned.activate()
    assert owned.use() == (0, "new", "")


def test_patch_that_is_not_allowed(owned):
    """A patch that the policy does not allow stays out where the manifest names its provider."""
    owned.policy(f"{DENY}[providers.provider]\nids = ['provider-1']\n")
    owned.activate()
    assert owned.use() == (0, "old", "")
    assert owned.environment.lines("-c", "import inner.late; print(inner.late.f())") == ["new"]


@pytest.mark.parametrize(("word", "code", "out"), [("continue", 0, "old"), ("exit", 1, "")])
@pytest.mark.parametrize("fault", ["mode", "require", "wrong"])
def test_failure_at_a_start(owned, word, code, out, fault):
    """A failure at a start is said in one line, and ends the interpreter if the policy says so."""
    more = {"mode": "", "require": "require = ['gone-1']\n", "wrong": "nonsense = 1\n"}[fault]
    owned.policy(f"on_failure = '{word}'\n{more}", 0o666 if fault == "mode" else 0o644)
    found, said, error = owned.use()
    assert (found, said if fault != "require" or code else "old") == (code, out)
    told = "gone-1" if fault == "require" else "the policy of this environment cannot be obeyed"
    assert told in error.splitlines()[0]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["-m", "backportkit", "deactivate"], 0),
        (["-W", "ignore", "-m", "backportkit", "policy", "check"], 1),
        (["-Es", "{bin}/backportkit", "activate"], 2),
        (["-I", "-X", "backportkit-continue", "-c", USE], 0),
        (["-m", "backportkit"], 1),
        (["-m", "backportkit", "run", "-c", USE], 1),
        (["-c", USE, "backportkit", "deactivate"], 1),
        (["-cimport victim", "backportkit", "deactivate"], 1),
        (["{bin}/backportkit.py", "deactivate"], 1),
    ],
)
def test_way_out(owned, line, code):
    """A policy that ends what starts does not end what mends its environment, and nothing else is let by."""
    script = owned.environment.folder / "bin" / "backportkit"
    for path in (script, script.with_suffix(".py")):
        path.write_text("from backportkit.__main__ import main; main()\n", "utf-8")
    owned.policy("on_failure = 'exit'\nvariables = 'ignore'\nrequire = ['gone-1']\n")
    words = [word.format(bin=script.parent) for word in line]
    done = owned.environment.run(*words)
    owned.path.unlink()
    owned.activate()
    assert (done.returncode, "gone-1" in done.stderr + done.stdout) == (code, True), done.stderr
    assert "policy" not in line or (done.stderr, done.stdout.count("gone-1")) == ("", 1)  # which the start leaves to it
    assert bool(done.stdout or "is required by the policy" in done.stderr) == (line[0] in {"-W", "-Es"} or not code)


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [("backportkit", ["backportkit"], 1), ("backportkit.py", ["-m", "backportkit"], 1), ("link", ["backportkit"], 0)],
)
def test_programs_of_our_name(owned, tmp_path, name, words, code):
    """A script or module of our name that is somebody else's is ended; a link to our own script is not."""
    script = owned.environment.folder / "bin" / "backportkit"
    script.write_text("from backportkit.__main__ import main; main()\n", "utf-8")
    if name == "link":
        (tmp_path / "backportkit").symlink_to(script)
    else:
        (tmp_path / name).write_text("print('theirs')\n", "utf-8")
    owned.policy("on_failure = 'exit'\nrequire = ['gone-1']\n")
    line = [owned.environment.python, *words, "status"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "theirs" in done.stdout) == (code, False), done.stderr


@pytest.mark.parametrize("variables", [{}, {"BACKPORTKIT_DISABLE": "all"}, {"BACKPORTKIT_ON_ERROR": "warn"}])
def test_policy_that_is_gone(owned, variables):
    """Where the manifest knows of a policy that is gone, no provider is imported, until `activate` goes without one."""
    owned.policy(f"on_failure = 'exit'\nvariables = 'ignore'\n{DENY}")
    owned.activate()
    for path in (owned.path, owned.path.with_suffix(".lines")):
        path.unlink()
    done = owned.environment.run("-c", USE, env={**os.environ, **variables})
    assert (done.returncode, done.stdout, "was activated with it" in done.stderr) == (1, "", True), done.stderr
    mended = owned.environment.run(
        "-X", "backportkit-continue", "-c", f"{USE}; import sys; print('provider' in sys.modules)"
    )
    assert mended.stdout.split() == ["old", "False"]
    owned.activate()
    assert owned.use() == (0, "new", "")


def test_mistyped_word(owned):
    """A word about failures that is not known ends a program, since `continue` need not be written."""
    owned.policy("on_failure = 'exti'\n")
    assert owned.use()[0] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("line", [["activate", "--verify"], ["policy", "check"]])
def test_folder_that_others_may_change(owned, line):
    """Commands name the folder of a policy that others may change, who could delete the policy."""
    assert owned.environment.run("-m", "backportkit", "policy", "lock").returncode == 0
    owned.activate()
    assert owned.environment.run("-m", "backportkit", *line).returncode == 0
    owned.environment.folder.chmod(0o777)
    done = owned.environment.run("-m", "backportkit", *line)
    owned.environment.folder.chmod(0o1777)
    sticky = owned.environment.run("-m", "backportkit", *line)
    assert (done.returncode, f"{owned.environment.folder} may be changed by another user" in done.stdout) == (1, True)
    assert sticky.returncode == 0, sticky.stdout


@pytest.mark.parametrize("fault", ["time kept", "lines gone", "lines open", "lines of another"])
def test_policy_files_verified(owned, fault):
    """`activate --verify` names a policy that was edited with its time kept, and lines that a start would not read."""
    assert owned.environment.run("-m", "backportkit", "policy", "lock").returncode == 0
    owned.activate()
    beside, text, found = owned.path.with_suffix(".lines"), owned.path.read_text("utf-8"), owned.path.stat()
    if fault == "time kept":
        owned.path.write_text(text.replace('"deny"', '"allow"'), "utf-8")
        os.utime(owned.path, ns=(found.st_atime_ns, found.st_mtime_ns))
    elif fault == "lines gone":
        beside.unlink()
    elif fault == "lines open":
        beside.chmod(0o666)
    else:
        beside.write_bytes(beside.read_bytes()[:-1])
    done = owned.environment.run("-m", "backportkit", "activate", "--verify")
    named = owned.path if fault == "time kept" else beside
    assert (done.returncode, f"{named} " in done.stdout) == (1, True), done.stdout


@pytest.mark.parametrize("word", ["continue", "exit"])
@pytest.mark.parametrize("has_lines", [True, False])
@pytest.mark.parametrize("fault", ["mode", "owner", "link", "", "[[[", "nonsense = 1\n", "gone"])
def test_not_believed_any_more(owned, word, fault, has_lines):
    """A start says that the policy is no longer to be believed, arms nothing, and ends as the policy said once."""
    if fault == "owner" and os.geteuid():
        pytest.skip("only root can give files away")
    owned.policy(f"on_failure = '{word}'\n")
    owned.activate()
    assert owned.environment.lines("-c", ROOMS) == ["['backportkit.bootstrap']"]
    break_policy(owned.path, fault)
    if not has_lines:
        owned.path.with_suffix(".lines").unlink()
    done = owned.environment.run("-c", "print('started')")
    assert "the policy of this environment cannot be obeyed" in done.stderr
    assert (done.returncode, done.stdout) == ((1, "") if word == "exit" else (0, "started\n"))


def break_policy(path, fault):
    if fault == "mode":
        path.chmod(0o666)
    elif fault == "owner":
        os.chown(path, 54321, -1)
    elif fault in {"", "[[[", "nonsense = 1\n"}:
        path.write_text(fault, "utf-8")
    elif fault == "gone":
        path.unlink()
    else:
        path.unlink()
        path.symlink_to("nowhere")


def test_required_where_the_start_has_read_it(owned):
    """`activate` writes down what the policy requires, though the start of its own process has read it before."""
    owned.policy("require = ['provider-0']\n")
    assert owned.use() == (0, "new", "")
    for _ in range(2):  # the second time with a manifest that holds
        owned.activate()
    assert owned.use() == (0, "new", "")
    assert owned.environment.lines("-c", ROOMS) == ["['backportkit.bootstrap']"]


@pytest.mark.parametrize(
    ("required", "policy", "why"),
    [
        ("gone-1", "", "no provider that each start reads declares it"),
        ("asked-0", "", "it is armed only where a program or a variable asks for it"),
        ("provider-0", "[providers.provider]\nids = ['provider-1']\n", "disabled: the policy"),
    ],
)
def test_activated_without_what_is_required(owned, required, policy, why):
    """`activate` writes nothing where a start would not have what the policy requires: no start looks for it later."""
    (owned.environment.site / "provider.py").write_text(OFFERING, "utf-8")
    before = owned.environment.manifest.read_bytes()
    owned.policy(f"require = ['{required}']\n{policy}")
    done = owned.environment.run("-m", "backportkit", "activate")
    assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert owned.environment.manifest.read_bytes() == before


INSTALLED = fingerprint.of_node(ast.parse("def f(): return 'old'").body[0])


@pytest.mark.parametrize(
    ("name", "fields", "why"),
    [
        ("f", f", fixed='{INSTALLED}'", "absorbed: the body on disk is upstream's fix already"),
        ("f", ", original='ast1:000000000000'", "drifted: the body on disk is not the one that it was written against"),
        ("gone", "", "victim:gone is not in the source on disk"),
    ],
)
def test_required_and_ruled_out_by_the_source(owned, name, fields, why):
    """`activate` and `policy check` tell, without an import, which required patch will not be in force; none runs."""
    declaration = f'@backport("victim:{name}", requires="victim<2", id="provider-0", summary="s"{fields})'
    text = f"from backportkit import backport\n{declaration}\ndef f(): return 'new'\n"
    (owned.environment.site / "provider.py").write_text(text, "utf-8")
    owned.policy("on_failure = 'exit'\nrequire = ['provider-0']\n")
    done = owned.environment.run("-m", "backportkit", "activate")
    assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    check = owned.environment.run("-m", "backportkit", "policy", "check")
    assert f"provider-0 is required: {why}" in " ".join(check.stdout.split())
    found, said, error = owned.use()
    assert (found, said, "PatchImportError" in error) == (1, "", True)


@pytest.mark.parametrize("word", ["heed", "log"])
@pytest.mark.parametrize("value", ["all", "provider-0"])
@pytest.mark.parametrize("by", [[], ["-m", "backportkit", "run"]])
def test_required_and_switched_off_at_a_start(owned, word, value, by):
    """No program starts with a required patch switched off, alone or with all others, in any kind of start."""
    owned.policy(f"on_failure = 'exit'\nvariables = '{word}'\nrequire = ['provider-0']\n")
    owned.activate()
    if by:
        owned.environment.run("-m", "backportkit", "deactivate")
    done = owned.environment.run(*by, "-c", USE, env={**os.environ, "BACKPORTKIT_DISABLE": value})
    owned.activate()
    assert (done.returncode, done.stdout, "'provider-0'" in done.stderr) == (1, "", True), done.stderr


@pytest.mark.parametrize("before", ["", "import victim\n"])
@pytest.mark.parametrize("rule", ["allow = false", "ids = ['x']"])
def test_second_policy_in_an_activated_environment(owned, tmp_path, before, rule):
    """What the program's own policy does not allow is not there, though the start has armed it."""
    owned.policy("[providers.provider]\n")
    owned.activate()
    (tmp_path / "narrow.toml").write_text(f"[providers.provider]\n{rule}\n", "utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.backportkit]\npolicy = 'narrow.toml'\n", "utf-8")
    call = f"import backportkit; backportkit.apply_all(config={str(tmp_path / 'pyproject.toml')!r})\n"
    found = "[one.state.value for one in backportkit.status() if one.provider == 'provider']"
    show = f"print(*backportkit.applied_ids(), {found})"
    states = ["disabled", "disabled"] if before or "ids" in rule else []
    assert owned.environment.lines("-c", f"{before}{call}{USE}; {show}") == ["old", str(states)]


def test_switched_off_against_the_policy(owned):
    """Where the policy ignores environment variables, a start ignores them, too."""
    owned.policy("variables = 'ignore'\n")
    for value in ("all", "provider-0"):
        done = owned.environment.run("-c", USE, env={"BACKPORTKIT_DISABLE": value, "PATH": ""})
        assert done.stdout.strip() == "new"


def test_commands(owned):
    """`policy lock` writes what `policy check` finds to be so, and what has changed since is told."""
    lock = owned.environment.run("-m", "backportkit", "policy", "lock")
    assert (lock.returncode, "backportkit-policy.toml" in lock.stdout) == (0, True), lock.stderr
    assert "backportkit activate" in lock.stdout
    owned.activate()
    assert owned.use() == (0, "new", "")
    check = owned.environment.run("-m", "backportkit", "policy", "check")
    assert (check.returncode, "all is as" in check.stdout) == (0, True), check.stdout + check.stderr
    module = owned.environment.site / "provider.py"
    module.write_text(module.read_text("utf-8") + "\n", "utf-8")
    check = owned.environment.run("-m", "backportkit", "policy", "check")
    assert (check.returncode, "the module provider of 'provider' is" in check.stdout) == (1, True)


def test_policy_that_is_edited(owned):
    """`activate` writes the lines of a policy that was edited, so that nothing of it has to be locked again."""
    run = owned.environment.run
    assert run("-m", "backportkit", "policy", "lock").returncode == 0
    text = owned.path.read_text("utf-8")
    owned.policy(text.replace('variables = "heed"', 'variables = "ignore"'))
    check = run("-m", "backportkit", "policy", "check")
    assert (check.returncode, "backportkit activate" in check.stdout) == (1, True), check.stdout
    assert "backportkit-policy.lines" in run("-m", "backportkit", "activate").stdout
    check = run("-m", "backportkit", "policy", "check")
    assert (check.returncode, "all is as" in check.stdout) == (0, True), check.stdout
    assert "backportkit-policy.lines" not in run("-m", "backportkit", "activate").stdout


def test_check_of_an_impostor(owned):
    """`policy check` tells a distribution that takes the name of an allowed one, whatever variables say of errors."""
    lock = owned.environment.run("-m", "backportkit", "policy", "lock")
    assert lock.returncode == 0, lock.stderr
    env = {**os.environ, "BACKPORTKIT_ON_ERROR": "warn", "BACKPORTKIT_DISABLE": "all"}
    said = {
        "Provider-2.0": "does not allow 'provider' the module stranger",
        "stranger-1.0": "'provider' is not what its metadata says",
    }
    for folder, why in said.items():
        info = owned.environment.site / f"{folder}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: provider\nVersion: 2.0\n", "utf-8")
        (info / "entry_points.txt").write_text("[backportkit.patches]\nvictim = stranger\n", "utf-8")
        check = owned.environment.run("-m", "backportkit", "policy", "check", env=env)
        shutil.rmtree(info)
        assert (check.returncode, why in check.stdout) == (1, True), check.stdout + check.stderr


def test_check_without_policy(owned):
    """Where there is no policy, `policy check` says how to write one."""
    check = owned.environment.run("-m", "backportkit", "policy", "check")
    assert (check.returncode, "backportkit policy lock writes one" in check.stderr) == (2, True)


def test_check_of_what_is_required(owned):
    """`policy check` tells which required patch would not be in force."""
    owned.policy("require = ['provider-0', 'gone-1']\n")
    check = owned.environment.run("-m", "backportkit", "policy", "check")
    assert "gone-1 is required" in check.stdout
    assert "provider-0 is required" not in check.stdout


LOG = "import logging, sys; logging.basicConfig(level=20, stream=sys.stdout); import backportkit; backportkit.report()"
OVERRIDE = "BACKPORTKIT_DISABLE=all is heeded, as the policy says"


def test_log_of_a_start(owned):
    """What a start refuses and heeds stands in the log that the program sets up afterwards."""
    owned.policy(f"variables = 'log'\n{DENY}")
    owned.activate()
    env = {**os.environ, "BACKPORTKIT_DISABLE": "all"}
    done = owned.environment.run("-c", LOG, env=env)
    assert (done.stdout.count(OVERRIDE), done.stderr) == (1, "")
    owned.policy(f"variables = 'log'\n{DENY}require = ['provider-0']\n")
    assert owned.environment.run("-c", LOG).stdout.count("does not allow the provider 'provider'") == 1


def test_watched_from_the_first_moment(owned):
    """The two files of docs/policy.md have a hook hear what the start itself decides."""
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
    name, line, code = re.search(r"`(\S+\.pth)`\n\n```text\n(.*?)```.*?```python\n(.*?)```", page, re.DOTALL).groups()
    module = owned.environment.site / f"{line.split()[1]}.py"
    files = {owned.environment.site / name: line, module: code}
    for path, text in files.items():
        path.write_text(text, "utf-8")
    owned.policy(f"variables = 'log'\n{DENY}")
    done = owned.environment.run("-c", "pass", env={**os.environ, "BACKPORTKIT_DISABLE": "all"})
    for path in files:
        path.unlink()
    assert "backportkit.override ('BACKPORTKIT_DISABLE', 'all', True)" in done.stderr


WATCHED = "import signal, sys; print(sys.excepthook is sys.__excepthook__, callable(signal.getsignal(signal.SIGUSR1)))"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
@pytest.mark.parametrize(
    ("policy", "expected"),
    [("heed", "False True"), ("log", "False True"), ("ignore", "True False")],
)
def test_variables_that_watch(owned, policy, expected):
    """BACKPORTKIT_TRACEBACKS and BACKPORTKIT_DUMP count from the start on, unless the policy ignores them."""
    owned.policy(f"variables = '{policy}'\n")
    owned.activate()
    env = {**os.environ, "BACKPORTKIT_TRACEBACKS": "1", "BACKPORTKIT_DUMP": "USR1"}
    assert owned.environment.run("-c", WATCHED, env=env).stdout.strip() == expected


def test_helper_that_was_exchanged(owned):
    """A module that a patch needs and that is another one than was locked is never executed, and everybody says so."""
    site, run = owned.environment.site, owned.environment.run
    helper, info = site / "provider_helper.py", site / "provider-1.0.dist-info" / "RECORD"
    record = info.read_text("utf-8")
    helper.write_text("word = 'new'\n", "utf-8")
    (site / "provider.py").write_text(OFFERING.replace('return "new"', "import provider_helper as a; return a.word"))
    info.write_text(f"{record}{helper.name},,\n", "utf-8")
    try:
        assert run("-m", "backportkit", "policy", "lock", "--provider", "provider").returncode == 0
        owned.activate()
        assert owned.use() == (0, "new", "")
        helper.write_text("print('executed'); word = 'new'\n", "utf-8")
        found, said, error = owned.use()
        assert (found, said) == (1, "")
        assert "the module provider_helper of 'provider' is not the one that the policy" in error
        done = run("-m", "backportkit", "activate", "--verify")
        assert (done.returncode, f"{helper} is not provider_helper as " in done.stdout) == (1, True)
        assert "the module provider_helper of" in run("-m", "backportkit", "policy", "check").stdout
    finally:
        helper.unlink()
        info.write_text(record, "utf-8")
