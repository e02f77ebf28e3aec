"""The command line: `status`, and the program itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import warm

from backportkit.cli import status
from backportkit.patch_status import PatchStatus
from backportkit.reports.document import ProcessReport, Record
from backportkit.reports.fleet import Fleet
from backportkit.state import State


@pytest.fixture
def provider(world):
    world.provide(
        "raise RuntimeError('nobody may import this')",
        """
        from backportkit import backport
        @backport("victim:f", id="victim-1", requires="victim>=1,<2")
        def f():
            "what breaks"
        prints = dict(original="ast1:ba9876543210", fixed="ast1:0123456789ab")
        @backport("victim:f", id="victim-2", requires="victim>=2,<3", **prints)
        def f():
            "what breaks"
        """,
    )
    return world


def start(world, *arguments, **env):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "1000"} | env
    return warm.run(["-m", "backportkit", *arguments], world.folder, variables)


def test_status_shows_one_line_a_patch_and_imports_no_target(provider):
    done = start(provider, "status")
    assert (done.returncode, done.stderr) == (0, "")
    head, *lines, _ = done.stdout.splitlines()
    assert head.split() == ["patch", "state", "installed", "reason", "provider"]
    rows = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in lines if not line.startswith(" ")}
    assert rows["victim-1"].startswith("waiting  victim 1.5")
    assert rows["victim-2"].startswith("dormant  victim 1.5")
    assert "victim 1.5 is installed; the patch is for <3,>=2" in rows["victim-2"]
    assert rows["victim-1"].endswith("provider")


def test_status_as_json_has_every_fact(provider):
    document = json.loads(start(provider, "status", "--json").stdout)
    records = {record["id"]: record for record in document["patches"]}
    assert records["victim-2"] == {
        "id": "victim-2",
        "state": "dormant",
        "reason": "victim 1.5 is installed; the patch is for <3,>=2",
        "targets": ["victim:f"],
        "installed": {"victim": "1.5"},
        "provider": "provider",
        "summary": "what breaks",
        "copies": [],
        "opt_in": False,
        "armed": False,
        "upstream_status": "open",
        "resolves": [],
        "content": records["victim-2"]["content"],
    }


def test_digest_changes_with_the_state_and_the_fingerprints(provider):
    def digest():
        return json.loads(start(provider, "status", "--json").stdout)["digest"]

    first = digest()
    assert start(provider, "status").stdout.splitlines()[-1] == f"digest {first}"
    assert digest() == first
    (provider.folder / "victim-1.5.dist-info").rename(provider.folder / "victim-2.5.dist-info")
    provider.write("victim-2.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 2.5\n")
    second = digest()
    text = (provider.folder / "provider.py").read_text("utf-8")
    provider.write("provider.py", text.replace("ba9876543210", "ba9876543211"))
    assert len({first, second, digest()}) == 3


@pytest.mark.parametrize(("model", "page"), [(ProcessReport, "report-schema.json"), (Fleet, "fleet-schema.json")])
def test_schema_of_the_json_is_the_one_in_the_documentation(model, page):
    document = Path(__file__).parents[1] / "docs" / page
    assert json.loads(document.read_text("utf-8")) == model.model_json_schema(mode="serialization")


def test_record_has_every_fact_of_the_status():
    assert set(Record.model_fields) >= set(PatchStatus._fields)


def test_table_shows_the_copies_that_follow(monkeypatch, capsys):
    record = Record(
        id="victim-1",
        state=State.APPLIED,
        reason="in effect",
        targets=("victim:f",),
        installed={},
        provider="mine",
        summary="s",
        copies=("user:f", "other:[f]"),
        opt_in=False,
        armed=True,
        upstream_status="fixed",
        content="",
    )
    monkeypatch.setenv("COLUMNS", "120")
    assert not status._show_table((record.model_dump(),))
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "copies"
    assert row.split("mine")[1].strip() == "user:f, other:[f]"


def test_status_without_any_patch_says_why(provider):
    assert start(provider, "status", BACKPORTKIT_DISABLE="all").stdout == (
        "no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set\n"
    )


def test_provider_that_cannot_be_read_is_named_beside_all_that_others_have(provider):
    """One unreadable provider is told without a traceback, and hides no patch of another one."""
    provider.distribution("broken", "1.0", {"victim": "broken_patches"})
    provider.write("broken_patches.py", "import no_such_module")
    done = start(provider, "status")
    assert done.returncode == 2
    assert {"victim-1", "victim-2"} <= {line.split()[0] for line in done.stdout.splitlines()}
    assert done.stderr.startswith("backportkit: the patches of 'broken' cannot be loaded: ModuleNotFoundError")
    done = start(provider, "status", "--json")
    assert done.returncode == 2
    assert {"victim-1", "victim-2"} <= {record["id"] for record in json.loads(done.stdout)["patches"]}
    assert start(provider, "status", BACKPORTKIT_ON_ERROR="warn").returncode == 0


def test_only_provider_cannot_be_read(world):
    """Nothing is said of there being no provider where there is one that cannot be read."""
    world.distribution("backportkit", "1.0", {"victim": "no_such_module"})
    done = start(world, "status")
    assert done.returncode == 2
    assert "no patches are declared" not in done.stdout
    assert done.stderr.startswith("backportkit: the patches of 'backportkit' cannot be loaded: ModuleNotFoundError")


def test_status_shows_what_concerns_the_environment_and_counts_the_rest(world):
    """Shipped patches that are not for what is installed are counted, and shown with --all and as JSON."""
    world.distribution("victim", "1.5")
    world.distribution("backportkit", "1.0", {"victim": "shipped"})
    world.distribution("provider", "1.0", {"victim": "mine"})
    text = "from backportkit import register\n"
    for number, requires in enumerate(
        ["victim<2", "victim>=2,<3", "absent<2", "python<3", "Absent_Too<3; python_version>'3'"]
    ):
        text += (
            f"register(dict(id='shipped-{number}', summary='s', target='victim:f', requires={requires!r}, value=1))\n"
        )
    world.write("shipped.py", text)
    world.write("mine.py", text.replace("shipped-", "mine-").replace("victim:f", "victim:g"))
    every = {f"{name}-{number}" for name in ("shipped", "mine") for number in range(5)}

    def shown(*options):
        lines = start(world, "status", *options).stdout.splitlines()
        return {line.split()[0] for line in lines} & every, lines

    few, lines = shown()
    assert every - few == {"shipped-1", "shipped-2", "shipped-3", "shipped-4"}
    assert any(line.endswith(" shipped patches are not for what is installed: --all shows them") for line in lines)
    assert shown("--all")[0] == every
    assert {record["id"] for record in json.loads(start(world, "status", "--json").stdout)["patches"]} >= every


def test_status_shows_the_patches_of_the_project_first(world):
    """The project here, by its entry points or modules, then installed others, then what comes with backportkit."""
    world.distribution("victim", "1.5")
    for name, module in {"aaa": "aaa", "backportkit": "shipped", "own-project": "own"}.items():
        world.distribution(name, "1.0", {"victim": module})
    for module in ("aaa", "shipped", "own", "zzz"):
        patch = f"dict(id='{module}-1', summary='s', target='victim:{module}', requires='victim<2', value=1)"
        world.write(f"{module}.py", f"from backportkit import register\nregister({patch})\n")
    world.write("pyproject.toml", "[project]\nname = 'Own.Project'\n[tool.backportkit]\nmodules = ['zzz']\n")
    lines = start(world, "status", "--all").stdout.splitlines()
    assert [line.split()[0] for line in lines if "victim 1.5" in line] == ["zzz-1", "own-1", "aaa-1", "shipped-1"]


def test_program_says_its_version(world):
    assert start(world, "--version").stdout == "backportkit 0.1.0\n"


def test_program_without_arguments_shows_its_commands(world):
    done = start(world)
    assert [name for name in ("status", "check", "explain", "diff", "prove") if name not in done.stdout] == []


def test_console_script_runs_the_program(world):
    script = "from backportkit.__main__ import main; sys.argv = ['backportkit', '--version']; main()"
    assert world.run(script) == ["backportkit 0.1.0"]
