"""What a policy does not allow is not imported, and not armed, whoever asks."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import marshal
import os
import re
import shutil
import subprocess
import textwrap
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.warm

# The environment of a script is the one that its test says, as that of an interpreter is `sys.prefix`.
START = "import sys; sys.prefix = {prefix!r}; import backportkit\n"
MARK = "open({path!r}, 'a').write('x')\n"
PATCH = """
from backportkit import backport
@backport("{target}", requires="{package}<9", id="{id}", summary="s")
def f():
    return "{id}"
"""
SHOW = "import victim, other; print(victim.f(), other.f(), *sorted(backportkit.applied_ids()))"


class Company:
    """An environment with two packages, a provider for each, and a policy."""

    def __init__(self, world, tmp_path):
        self.world, self.folder = world, tmp_path
        self.marks = {name: tmp_path / f"{name}.mark" for name in ("good", "stranger")}
        for package, provider in {"victim": "good", "other": "stranger"}.items():
            world.distribution(package, "1.0")
            world.write(f"{package}.py", "def f(): return 'old'\n")
            world.distribution(provider, "1.0", {package: f"of_{provider}"})
            mark = MARK.format(path=str(self.marks[provider]))
            world.write(
                f"of_{provider}.py", mark + PATCH.format(target=f"{package}:f", package=package, id=f"{provider}-1")
            )

    def policy(self, text, mode=0o644):
        path = self.folder / "backportkit-policy.toml"
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    def start(self, script, *arguments, **options):
        return self.world.start(START.format(prefix=str(self.folder)) + script, *arguments, **options)

    def run(self, script, *arguments, **options):
        """Run a script that must end well and say nothing; return the words that it printed."""
        done = self.start(script, *arguments, **options)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
        return done.stdout.split()

    def executed(self):
        return [name for name, mark in self.marks.items() if mark.exists()]


@pytest.fixture
def company(world, tmp_path):
    return Company(world, tmp_path)


ONLY_GOOD = 'default = "deny"\n[providers.good]\n'


def test_without_policy(company):
    """Without a policy every provider counts."""
    assert company.run(f"backportkit.apply_all(); {SHOW}") == ["good-1", "stranger-1", "good-1", "stranger-1"]


@pytest.mark.parametrize(
    "text", [ONLY_GOOD, "[providers.stranger]\nallow = false\n", "[providers.Stranger]\nallow = false\n"]
)
def test_stranger_is_not_executed(company, text):
    """The module of a provider that the policy does not allow is never executed, by import, status or name."""
    company.policy(text)
    assert company.run(f"backportkit.apply_all(); {SHOW}; backportkit.status()") == ["good-1", "old", "good-1"]
    done = company.start("backportkit.apply_all(only='stranger-1')")
    assert "UnknownPatchError" in done.stderr
    assert company.executed() == ["good"]


def test_status_names_who_is_refused(company):
    """`status` says which provider the policy keeps out, in a line of its own."""
    company.policy(ONLY_GOOD)
    done = company.start("sys.argv[1:] = ['status']\nfrom backportkit.__main__ import main\nmain()")
    (line,) = [line for line in done.stdout.splitlines() if "stranger" in line]
    assert "does not allow" in line


@pytest.mark.parametrize("line", [["status"], ["check"], ["explain", "stranger-1"], ["status", "--json"]])
def test_commands_execute_no_stranger(company, line):
    """No command executes the module of a provider that the policy does not allow."""
    company.policy(ONLY_GOOD)
    script = f"sys.argv[1:] = {line!r}\nfrom backportkit.__main__ import main\nmain()"
    company.start(script)
    assert company.executed() == ["good"]


@pytest.mark.parametrize("policy", [ONLY_GOOD, "[providers.stranger]\nallow = false\n"])
@pytest.mark.parametrize(
    "line",
    [
        ["status", "--import", "of_stranger"],
        ["status", "--import", "of_stranger.deep"],
        ["explain", "stranger-1", "--import", "of_stranger.py"],
        ["check", "of_stranger"],
        ["check", "{folder}/of_stranger.py"],
    ],
)
def test_stranger_that_is_named(company, policy, line):
    """A module of a provider that the policy does not allow is not executed where a command is told to import it."""
    company.policy(policy)
    words = [word.format(folder=company.folder) for word in line]
    script = f"os.chdir({str(company.folder)!r})\nsys.argv[1:] = {words!r}\n"
    done = company.start(f"import os; {script}from backportkit.__main__ import main\nmain()")
    assert (done.returncode, "does not allow the provider 'stranger'" in done.stderr) == (2, True), done.stderr
    assert "stranger" not in company.executed()


def test_report_names_policies_and_who_is_refused(company):
    """A report has the SHA-256 of each policy, and the providers that they keep out, with the reason."""
    digest = hashlib.sha256(company.policy(ONLY_GOOD).read_bytes()).hexdigest()
    show = "found = backportkit.report(); print(json.dumps([found.policies, found.refused]))"
    policies, refused = json.loads(" ".join(company.run(f"import json; backportkit.apply_all(); {show}")))
    assert policies == {str(company.folder / "backportkit-policy.toml"): digest}
    assert "does not allow the provider 'stranger'" in refused["stranger"]


@pytest.fixture
def denied(company):
    """A denied distribution with a module that no entry point names, and its list of files."""
    company.world.write("more/deep.py", MARK.format(path=str(company.marks["stranger"])))
    company.world.write("more/__init__.py", "")
    files = ["of_stranger.py", "more/__init__.py", "more/deep.py"]
    company.world.write("stranger-1.0.dist-info/RECORD", "".join(f"{one},,\n" for one in files))
    company.policy("[providers.stranger]\nallow = false\n")
    return company


@pytest.mark.parametrize(
    "line",
    [
        ["status", "--import", "more.deep"],
        ["status", "--import", "{folder}/more/deep.py"],
        ["status", "--import", "link.py"],
        ["check", "more.deep"],
        ["check", "link.py"],
        ["status"],
        ["check"],
        ["check", "."],
        ["diff", "stranger-1"],
    ],
)
def test_every_module_of_a_denied_distribution(denied, line):
    """No module of a distribution that is denied by its name is imported by a command, by a link or by a project."""
    denied.world.write(
        "project/pyproject.toml", "[project]\nname = 'p'\n[tool.backportkit]\nmodules = ['of_stranger']\n"
    )
    project = denied.folder / "project"
    (project / "link.py").symlink_to(denied.folder / "more" / "deep.py")
    words = [word.format(folder=denied.folder) for word in line]
    script = f"import os; os.chdir({str(project)!r})\nsys.argv[1:] = {words!r}\n"
    done = denied.start(f"{script}from backportkit.__main__ import main\nmain()")
    assert "stranger" not in denied.executed(), done.stdout + done.stderr
    assert "does not allow the provider 'stranger'" in done.stdout + done.stderr


def test_lock_elsewhere_of_what_is_denied(denied):
    """`policy lock --path` imports nothing that the policy of the environment denies, and writes that down."""
    other = denied.folder / "other.toml"
    done = denied.start(f"{LOCKED}policies.lock(Path({str(other)!r}))")
    assert done.returncode == 0, done.stderr
    assert "stranger" not in denied.executed()
    assert "[providers.stranger]\nallow = false" in other.read_text("utf-8")


def test_allowed_provider_that_is_named(company):
    """A module of a provider that the policy allows can be named, and its hash counts."""
    company.policy(ONLY_GOOD)
    script = "sys.argv[1:] = ['status', '--import', 'of_good']\nfrom backportkit.__main__ import main\nmain()"
    assert "good-1" in company.start(script).stdout
    company.marks["good"].unlink()
    company.policy(f"{ONLY_GOOD}[providers.good.modules]\nof_good = 'other'\n")
    assert "is not the one that the policy" in company.start(script).stderr
    assert company.executed() == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("ids = ['good-2', 'x-*']", "does not allow 'good' a patch of that id"),
        ("targets = ['victim:g', 'other']", "does not allow 'good' to patch victim:f"),
        ("ids = ['good-*']\n[providers.owner]\nids = ['good-1']", "gives that id to 'owner'"),
    ],
)
def test_patch_that_is_not_allowed(company, rule, why):
    """A patch whose id or target the policy does not allow is disabled, and says why."""
    company.policy(f"[providers.good]\n{rule}\n")
    show = "print([(one.state.value, one.reason) for one in backportkit.status() if one.id == 'good-1'][0])"
    said = " ".join(company.run(f"backportkit.apply_all(); import victim; assert victim.f() == 'old'; {show}"))
    assert "disabled" in said
    assert why in said


@pytest.mark.parametrize(
    "rule", ["ids = ['good-1']", "targets = ['victim']", "targets = ['vic*']", "targets = ['victim:f']"]
)
def test_patch_that_is_allowed(company, rule):
    """Ids and targets are named one by one, by patterns, or by their modules."""
    company.policy(f"default = 'deny'\n[providers.good]\n{rule}\n")
    assert company.run("backportkit.apply_all(); import victim; print(victim.f())") == ["good-1"]


def test_patch_of_the_application(company):
    """What the application declares needs a rule, too, by the name of its package."""
    text = PATCH.format(target="victim:f", package="victim", id="mine-1")
    company.world.write("app.py", text)
    company.policy('default = "deny"\n')
    show = "import app; backportkit.apply_all(); import victim; print(victim.f())"
    assert company.run(show) == ["old"]
    company.policy('default = "deny"\n[providers.app]\n')
    assert company.run(show) == ["mine-1"]


@pytest.mark.parametrize(("word", "result"), [("heed", "old"), ("log", "old"), ("ignore", "good-1")])
@pytest.mark.parametrize("value", ["good-1", "all"])
def test_environment_variables(company, word, result, value):
    """The policy says whether environment variables count, and has it logged where they do."""
    company.policy(f'variables = "{word}"\n')
    log = "import logging, io; text = io.StringIO(); logging.basicConfig(level=20, stream=text)\n"
    script = f"{log}backportkit.apply_all(); import victim; print(victim.f()); print(text.getvalue())"
    said = company.run(script, env={"BACKPORTKIT_DISABLE": value})
    assert said[0] == result
    assert (f"BACKPORTKIT_DISABLE={value}" in " ".join(said)) is (word != "heed")


@pytest.mark.parametrize(
    ("text", "ends_well"),
    [
        ("require = ['good-1']", True),
        ("require = ['good-2']", False),
        ("require = ['stranger-1']\n[providers.stranger]\nallow = false", False),
    ],
)
def test_required(company, text, ends_well):
    """A patch that must be in force and is not is an error of `apply_all`."""
    company.policy(text)
    done = company.start("backportkit.apply_all()")
    assert (done.returncode == 0) is ends_well, done.stderr


@pytest.mark.parametrize("value", ["all", "good-1"])
@pytest.mark.parametrize("is_named", [False, True])
@pytest.mark.parametrize("word", ["heed", "log"])
def test_required_and_switched_off(company, value, is_named, word):
    """A required patch that a variable switches off is an error, alone or with all others, whoever names the policy."""
    path = company.policy(f"variables = '{word}'\nrequire = ['good-1']\n")
    if is_named:
        path.rename(company.folder / "named.toml")
        company.world.write("settings.toml", "[tool.backportkit]\npolicy = 'named.toml'\n")
    config = f"config={str(company.folder / 'settings.toml')!r}" if is_named else ""
    done = company.start(f"backportkit.apply_all({config})", env={"BACKPORTKIT_DISABLE": value})
    assert (done.returncode, "NotAppliedError: patch 'good-1'" in done.stderr) == (1, True), done.stderr


def test_switched_off_with_wrong_settings(company):
    """The off switch works where the settings are wrong."""
    company.world.write("settings.toml", "[tool")
    script = f"backportkit.apply_all(config={str(company.folder / 'settings.toml')!r}); {SHOW}"
    assert company.run(script, env={"BACKPORTKIT_DISABLE": "all"}) == ["old", "old"]


NARROW = ["[providers.stranger]\nallow = false\n", "[providers.stranger]\nids = ['x']\n", ONLY_GOOD]


@pytest.mark.parametrize("narrow", NARROW)
@pytest.mark.parametrize("before", ["", "backportkit.apply_all()\n", "backportkit.apply_all(); import victim, other\n"])
def test_second_policy(company, narrow, before):
    """What a second policy does not allow is taken out, if it was applied before, and the report says why."""
    company.world.write("narrow.toml", narrow)
    company.world.write("settings.toml", "[tool.backportkit]\npolicy = 'narrow.toml'\n")
    script = f"{before}said = backportkit.apply_all(config={str(company.folder / 'settings.toml')!r})\n{SHOW}\n"
    assert company.run(script) == ["good-1", "old", "good-1"]
    state = "print(*{(one.state.value, 'narrow.toml' in one.reason) for one in said if one.id == 'stranger-1'})"
    said = company.run(script + state)[3:]
    is_unread = "ids" not in narrow and "import" not in before
    assert said == ([] if is_unread else ["('disabled',", "True)"])


def test_second_policy_and_a_hook(company):
    """Where a hook forbids to undo what a second policy does not allow, it stays, and the call says so."""
    company.world.write("narrow.toml", ONLY_GOOD)
    company.world.write("settings.toml", "[tool.backportkit]\npolicy = 'narrow.toml'\n")
    forbid = "def no(event, _):\n    if event == 'backportkit.undo': raise OSError('no')\nsys.addaudithook(no)\n"
    before = f"{forbid}backportkit.apply_all(); import victim, other\n"
    script = f"backportkit.apply_all(config={str(company.folder / 'settings.toml')!r})"
    done = company.start(f"{before}try: {script}\nexcept PermissionError as error: print(error)\n{SHOW}")
    assert "patch 'stranger-1': an audit hook has kept it from being undone" in done.stdout
    assert done.stdout.endswith("good-1 stranger-1 good-1 stranger-1\n")


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_policy_that_others_may_write(company, mode):
    """A policy that others may write lets nothing be armed, and is an error that says so."""
    company.policy("default = 'allow'\n", mode)
    done = company.start("backportkit.apply_all()")
    assert "PolicyError" in done.stderr
    assert "may be written by another user" in done.stderr
    assert company.run(
        f"import contextlib\nwith contextlib.suppress(PermissionError): backportkit.apply_all()\n{SHOW}"
    ) == ["old", "old"]
    assert company.executed() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to somebody else")
def test_policy_of_another_user(company):
    """A policy of another user is not believed; root's is, whoever runs the process."""
    path = company.policy("default = 'allow'\n")
    os.chown(path, 12345, -1)
    assert "may be written by another user" in company.start("backportkit.apply_all()").stderr
    os.chown(path, 0, -1)
    for folder in path.parents:
        if folder.stat().st_mode & 0o111 != 0o111:
            folder.chmod(folder.stat().st_mode | 0o111)
    script = (
        f"import os\nfrom backportkit.policy import trust\nos.seteuid(12345); print(trust.read({str(path)!r})[1] or 1)"
    )
    assert company.run(script) == ["1"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("default = 'maybe'", "default = 'maybe' is none of allow, deny"),
        ("nonsense = 1", "nonsense is not known"),
        ("require = 'a'", "require = 'a' is no list of texts"),
        ("providers = 1", "providers = 1 is no table"),
        ("[providers]\na = 1", "providers.a = 1 is no table"),
        ("[providers.a]\nallow = 1", "providers.a.allow = 1 is neither true nor false"),
        ('[providers."a\\tb"]', "is no name of a provider"),
        ("[providers.a]\nmodules = []", "providers.a.modules = [] is no table"),
        ("[providers.a]\nid = []", "providers.a.id is not known"),
        ("[[[", "it is no TOML"),
        ("", "it is empty"),
        ("# nothing\n", "it is empty"),
    ],
)
def test_policy_that_is_wrong(company, text, problem):
    """A policy that is wrong lets nothing be armed, and each problem is told."""
    company.policy(text)
    done = company.start("backportkit.apply_all()")
    assert problem in done.stderr
    assert company.executed() == []


@pytest.mark.parametrize("half", ["link", "lines"])
def test_half_of_a_policy(company, half):
    """A link that leads nowhere, or lines without their policy, let nothing be armed."""
    lock(company)
    for mark in company.marks.values():
        mark.unlink()
    path = company.folder / "backportkit-policy.toml"
    path.unlink()
    if half == "link":
        path.symlink_to("nowhere")
    why = {"link": "cannot be read: No such file", "lines": "is not there, and its lines, "}
    assert why[half] in company.start(f"backportkit.apply_all(); {SHOW}").stderr
    assert company.executed() == []


def test_policy_that_settings_name(company):
    """A policy that the settings name counts beside that of the environment: both have to allow."""
    company.policy("[providers.stranger]\nallow = false\n")
    company.world.write("stable.toml", "[providers.good]\nallow = false\n")
    company.world.write("pyproject.toml", "[tool.backportkit]\npolicy = 'stable.toml'\n")
    assert company.run(f"backportkit.apply_all(config='pyproject.toml'); {SHOW}") == ["old", "old"]
    assert company.executed() == []


def test_settings_that_name_no_policy(company):
    """A policy that is named and not there lets nothing be armed."""
    company.world.write("pyproject.toml", "[tool.backportkit]\npolicy = 'gone.toml'\n")
    done = company.start("backportkit.apply_all(config='pyproject.toml')")
    assert "gone.toml cannot be read" in done.stderr


LOCKED = "import json\nfrom pathlib import Path\nfrom backportkit.activation import policies\n"


def lock(company, *only):
    done = company.start(
        f"{LOCKED}policies.lock(Path({str(company.folder)!r}) / 'backportkit-policy.toml', {list(only)!r})"
    )
    assert done.returncode == 0, done.stderr


def test_lock_of_the_tag_of_caches(company):
    """`policy lock` writes down the patch that tells compiled caches of the others, with its target."""
    lock(company)
    text = (company.folder / "backportkit-policy.toml").read_text("utf-8")
    assert '"backportkit-torch-cache"' in text
    assert '"torch.compiler.config:' in text


def differences(company):
    done = company.start(
        f"{LOCKED}print(json.dumps(policies.differences(Path({str(company.folder)!r}) / 'backportkit-policy.toml')))"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lock(company):
    """A locked environment patches as before, and nothing differs."""
    lock(company)
    assert company.run(f"backportkit.apply_all(); {SHOW}") == ["good-1", "stranger-1", "good-1", "stranger-1"]
    assert [one for one in differences(company) if "backportkit" not in one.partition(":")[0]] == []


def test_lock_of_one(company):
    """A provider that was not to be allowed is left out."""
    lock(company, "good")
    assert company.run(f"backportkit.apply_all(); {SHOW}") == ["good-1", "old", "good-1"]
    assert "the provider 'stranger' is installed and has no rule: it is not read" in differences(company)


def test_lock_keeps_what_is_denied(company):
    """A provider that the policy denies by its name stays denied, is not executed, and makes no difference."""
    rule = "[providers.stranger]\nallow = false\nids = ['x']\n[providers.stranger.modules]\na = 'b'\n"
    company.policy(f"default = 'deny'\n{rule}\n[providers.Gone]\nallow = false\n")
    lock(company)
    assert company.executed() == ["good"]
    assert company.run(f"backportkit.apply_all(); {SHOW}") == ["good-1", "old", "good-1"]
    assert [one for one in differences(company) if "stranger" in one or "gone" in one] == []
    text = (company.folder / "backportkit-policy.toml").read_text("utf-8")
    assert '[providers.stranger]\nallow = false\nids = ["x"]\n\n[providers.stranger.modules]\n"a" = "b"\n' in text
    assert "[providers.gone]\nallow = false\n" in text


def test_lock_of_one_that_is_denied(company):
    """To name a provider that the policy denies does not allow it."""
    path = company.policy("[providers.stranger]\nallow = false\n")
    done = company.start(f"{LOCKED}policies.lock(Path({str(path)!r}), ['Stranger'])")
    assert "denies the provider stranger" in done.stderr
    assert company.executed() == []


@pytest.mark.parametrize("module", ["of_good", "of_stranger"])
def test_module_that_was_changed(company, module):
    """A declaring module of which one byte has changed is not executed, and the import is refused."""
    lock(company)
    for mark in company.marks.values():
        mark.unlink()
    path = company.folder / f"{module}.py"
    path.write_text(path.read_text("utf-8") + "#", "utf-8")
    done = company.start(f"backportkit.apply_all(); {SHOW}")
    assert f"the module {module} of '{module.removeprefix('of_')}' is not the one that the policy" in done.stderr
    assert module.removeprefix("of_") not in company.executed()
    assert any(f"the module {module} of" in one for one in differences(company))


def unchecked(source, forged):
    """Write bytecode that Python believes without a look at the source."""
    cached = Path(importlib.util.cache_from_source(str(source)))
    cached.parent.mkdir(exist_ok=True)
    cached.write_bytes(importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8) + marshal.dumps(forged))


def with_its_time(source, forged):
    """Write bytecode with the time and size that the source has."""
    found = source.stat()
    head = [0, int(found.st_mtime), found.st_size]
    unchecked(source, forged)
    cached = Path(importlib.util.cache_from_source(str(source)))
    stamp = b"".join((one & 0xFFFFFFFF).to_bytes(4, "little") for one in head)
    cached.write_bytes(importlib.util.MAGIC_NUMBER + stamp + marshal.dumps(forged))


@pytest.mark.parametrize("forge", [unchecked, with_its_time])
@pytest.mark.parametrize("file", ["home/__init__.py", "home/late.py"])
def test_bytecode_is_not_believed(company, forge, file):
    """Of modules that a policy names by hashes, the files that were hashed are executed, and no bytecode of them."""
    declares = PATCH.format(target="victim:f", package="victim", id="good-1")
    company.world.write("home/__init__.py", declares.replace("f():", "f():\n    import home.late"))
    company.world.write("home/late.py", "")
    points = company.folder / "good-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text("utf-8").replace("of_good", "home"), "utf-8")
    lock(company)
    forge(company.folder / file, compile(MARK.format(path=str(company.folder / "forged")), file, "exec"))
    assert company.run(f"backportkit.apply_all(); {SHOW}")[0] == "good-1"
    assert not (company.folder / "forged").exists()


def test_file_that_is_changed_meanwhile(company):
    """A file that is exchanged between the look at its hash and its import is not executed."""
    lock(company)
    company.marks["good"].unlink()
    script = """
        import pathlib
        path = pathlib.Path({!r})
        def exchange(event, arguments):
            if event == "backportkit.provider" and arguments[0] == "good":
                path.write_text(path.read_text() + "#")
        sys.addaudithook(exchange)
        backportkit.apply_all()
        import victim
    """
    done = company.start(textwrap.dedent(script).format(str(company.folder / "of_good.py")))
    assert "is not the file that the policy names for of_good" in done.stderr
    assert "good" not in company.executed()


def test_bytecode_in_the_place_of_a_source_is_hashed(company):
    """A module of a package that has bytecode only counts for the hash of the package."""
    company.world.write("home/__init__.py", "")
    show = "from backportkit.policy import modules; print(modules.digest('home'))"
    before = company.run(show)
    company.world.write("home/late.pyc", "")
    assert company.run(show) != before


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="GNU's coreutils")
def test_hash_is_worked_out_as_documented(company):
    """The commands of the documentation print the hash that a policy has."""
    page = Path(__file__).parents[2] / "docs" / "policy.md"
    commands = page.read_text("utf-8").partition("```sh\n")[2].partition("```")[0]
    company.world.write("provider/__init__.py", "a = 1\n")
    company.world.write("provider/backports.py", "b = 1\n")
    printed = subprocess.run(
        ["/bin/sh", "-c", commands], cwd=company.folder, capture_output=True, text=True, check=True
    )
    show = "from backportkit.policy import modules; print(modules.digest('provider.backports'))"
    assert printed.stdout.split()[:1] == company.run(show)


def test_lines_of_another_policy(company):
    """The lines beside a policy count only if they are of that very document."""
    lock(company)
    path = company.folder / "backportkit-policy.toml"
    path.write_text(
        path.read_text("utf-8").replace("[providers.stranger]", "[providers.stranger]\nallow = false"), "utf-8"
    )
    assert company.run(f"backportkit.apply_all(); {SHOW}") == ["good-1", "old", "good-1"]
    assert any("backportkit-policy.lines is not there, or not of this policy" in one for one in differences(company))


def test_lines_are_read_instead(company):
    """With its lines beside it, a policy is obeyed without a parser for TOML."""
    lock(company, "good")
    block = "sys.modules['tomllib'] = sys.modules['tomli'] = None\n"
    assert company.run(f"{block}backportkit.apply_all(); {SHOW}") == ["good-1", "old", "good-1"]


def test_other_name_than_the_folder(company):
    """A distribution whose metadata has another name than its folder is not believed, whatever the policy allows."""
    company.policy(ONLY_GOOD)
    metadata = company.folder / "stranger-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text("utf-8").replace("Name: stranger", "Name: good"), "utf-8")
    done = company.start("backportkit.apply_all(); import other")
    assert "'good' is not what its metadata says" in done.stderr
    assert company.executed() == []


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


@pytest.mark.parametrize("text", [None, "Version: 1.0\n", "name : honest\nNAME: good\nVersion: 1.0\n"])
def test_nameless_distribution_has_no_name_of_its_module(company, text):
    """A distribution without a name is not taken for the provider that its module is named after."""
    company.policy(ONLY_GOOD)
    folder = company.folder / "stranger-1.0.dist-info"
    if text is None:
        (folder / "METADATA").unlink()
    else:
        (folder / "METADATA").write_text(text, "utf-8")
    company.world.write("good/__init__.py", "")
    company.world.write("good/extra.py", MARK.format(path=str(company.marks["stranger"])))
    (folder / "entry_points.txt").write_text("[backportkit.patches]\nother = good.extra\n", "utf-8")
    company.start("backportkit.apply_all(); import other")
    assert company.executed() == []


@pytest.mark.parametrize("form", ["an egg that is a file", "an egg that is a folder", "an archive"])
def test_distribution_has_the_name_of_its_egg_or_archive(company, form):
    """In an egg or another archive, too, metadata with another name than its folder's are not believed."""
    company.policy(ONLY_GOOD)
    path = company.folder / ("zevil-5.0-py3.11.egg" if "egg" in form else "some.zip")
    info = "EGG-INFO/" if "egg" in form else "zevil-5.0.dist-info/"
    files = {
        f"{info}{'PKG-INFO' if 'egg' in form else 'METADATA'}": "Metadata-Version: 2.1\nName: good\nVersion: 5.0\n",
        f"{info}entry_points.txt": "[backportkit.patches]\nother = zevil\n",
        "zevil.py": MARK.format(path=str(company.marks["stranger"])),
    }
    if "folder" in form:
        for name, text in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text, "utf-8")
    else:
        zipped(path, files)
    done = company.start(f"sys.path.insert(0, {str(path)!r})\nbackportkit.apply_all(); import other")
    assert "'good' is not what its metadata says" in done.stderr
    assert "stranger" not in company.executed()


# --- without a policy ---


@pytest.mark.parametrize(
    "asked", ["providers='good'", "providers=['good']", "only='good-1', providers='good'", "providers='go*'"]
)
def test_provider_that_is_not_asked_for(company, asked):
    """A provider that the call leaves out is not executed."""
    assert company.run(f"backportkit.apply_all({asked}); {SHOW}") == ["good-1", "old", "good-1"]
    assert company.executed() == ["good"]


def test_provider_that_may_have_what_is_enabled(company):
    """Where a patch is asked for beside the named providers, all are read: any of them may have it."""
    call = "backportkit.apply_all(providers='good', enable='stranger-1')"
    assert company.run(f"{call}; {SHOW}") == ["good-1", "stranger-1", "good-1", "stranger-1"]


@pytest.mark.parametrize("way", ["variable", "settings"])
def test_one_provider_is_switched_off(company, way):
    """A provider, be it broken, is switched off by its name before it is executed, and the others are not."""
    broken = company.world.folder / "of_stranger.py"
    broken.write_text(f"{broken.read_text('utf-8')}\n1/0", "utf-8")
    company.world.write("pyproject.toml", "[tool.backportkit]\ndisable = ['provider:stranger']\n")
    env = (
        {"BACKPORTKIT_DISABLE": "x-1,provider:stranger"}
        if way == "variable"
        else {"BACKPORTKIT_CONFIG": "pyproject.toml"}
    )
    script = f"import warnings; warnings.simplefilter('ignore'); backportkit.apply_all(); {SHOW}; backportkit.status()"
    assert company.run(script, env=env) == ["good-1", "old", "good-1"]
    assert company.executed() == ["good"]


def test_patch_of_a_package_that_is_not_named(company):
    """A provider that patches what its entry points do not lead to is refused, and nothing of it is armed."""
    text = PATCH.format(target="other:f", package="other", id="good-2")
    company.world.write("of_good.py", text)
    done = company.start("backportkit.apply_all(); import other; import victim")
    assert "the patches of 'good' are for other packages than it names" in done.stderr
    assert 'add other = "of_good" to [project.entry-points."backportkit.patches"]' in done.stderr


def test_name_that_would_add_a_rule(company):
    """A provider whose name is TOML adds no rule of its own to a policy that is locked."""
    company.world.distribution("x]#[providers.evil", "1.0", {"victim": "of_good"})
    lock(company)
    lines = (company.folder / "backportkit-policy.toml").read_text("utf-8").splitlines()
    assert '[providers."x]#[providers-evil"]' in lines
    assert not [line for line in lines if line.startswith("[providers.x]")]


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        ("uninstalled", "no provider 'good' is installed, to which the policy gives that id"),
        ("switched off", "the provider 'good' is switched off by its name"),
        ("denied", "does not allow the provider 'good'"),
        ("all off", "BACKPORTKIT_DISABLE=all, so that none is read"),
    ],
)
def test_patch_of_nobody(company, cause, why):
    """Of a patch that nobody declares it is said why the provider is not read that a policy gives its id to."""
    rule = "allow = false\n" if cause == "denied" else ""
    company.policy(f"[providers.good]\n{rule}ids = ['good-1']\n")
    if cause == "uninstalled":
        shutil.rmtree(company.folder / "good-1.0.dist-info")
    off = {"switched off": {"BACKPORTKIT_DISABLE": "provider:good"}, "all off": {"BACKPORTKIT_DISABLE": "all"}}
    done = company.start("backportkit.apply_all(); backportkit.require('good-1')", env=off.get(cause, {}))
    assert why in done.stderr
    assert "no such patch is declared here" in done.stderr


# --- `policy check` ---

COMMAND = "sys.argv[1:] = {!r}\nfrom backportkit.__main__ import main\nmain()"


def check(company, *more):
    done = company.start(COMMAND.format(["policy", "check", *more]))
    return done.returncode, [line for line in done.stdout.splitlines() if "'backportkit'" not in line], done.stderr


def test_check_where_all_are_denied(company):
    """With a policy that denies all, `policy check` names each provider and executes none."""
    company.policy('default = "deny"\n')
    code, lines, _ = check(company)
    assert {f"the provider '{name}' is installed and has no rule: it is not read" for name in company.marks} <= {*lines}
    assert (code, company.executed()) == (1, [])


def test_check_of_another_policy(company):
    """`policy check --path` executes nothing that this policy denies by name, and finds nothing to say about it."""
    lock(company, "good")
    tier = company.folder / "stable.toml"
    for file in company.folder.glob("backportkit-policy.*"):
        file.rename(tier.with_suffix(file.suffix))
    tier.with_suffix(".lines").unlink()
    text = tier.read_text("utf-8")
    tier.write_text(f"{text}\n[providers.stranger]\nallow = false\n[providers.backportkit]\nallow = false\n", "utf-8")
    company.marks["good"].unlink()
    assert check(company, "--path", str(tier)) == (0, [f"all is as {tier} says"], "")
    assert company.executed() == ["good"]


def test_check_of_another_policy_beside_that_of_the_environment(company):
    """Where the environment has a policy of its own, `policy check --path` executes only what both allow."""
    company.policy("[providers.stranger]\nallow = false\n")
    company.world.write("stable.toml", "[providers.good]\nallow = false\n")
    check(company, "--path", "stable.toml")
    assert company.executed() == []


@pytest.mark.parametrize("required", ["[]", '["good-1"]'])
def test_check_of_a_changed_module(company, required):
    """`policy check` says of a module that differs both hashes and its file, also if a patch of it is required."""
    lock(company)
    path = company.folder / "backportkit-policy.toml"
    text = path.read_text("utf-8").replace("require = []", f"require = {required}")
    path.write_text(text, "utf-8")
    module = company.folder / "of_good.py"
    module.write_text(module.read_text("utf-8") + "#", "utf-8")
    code, lines, error = check(company)
    expected = re.search(r'"of_good" = "(\w+)"', text)[1]
    (line,) = [line for line in lines if line.startswith("the module of_good of 'good' is ")]
    assert line.endswith(f", and the policy says {expected}: {module}")
    assert (code, error) == (1, "")
    assert any(one.startswith("good-1 is required: the module of_good") for one in lines) is (required != "[]")


def test_check_of_declarations_says_how_to_review(company):
    """`check` tells of a module that differs that it is to be reviewed, and not to be installed again."""
    lock(company)
    module = company.folder / "of_good.py"
    module.write_text(module.read_text("utf-8") + "#", "utf-8")
    said = " ".join(company.start(COMMAND.format(["check", "-v"])).stdout.split())
    assert "next: review it without this policy, in a container: backportkit diff ID" in said
    assert "pip install" not in said
