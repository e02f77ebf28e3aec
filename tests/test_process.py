"""`backportkit.report()` tells about the patches of a process."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import pytest

import backportkit
import backportkit_patches

pytestmark = pytest.mark.warm

PROVIDER = """
from backportkit import backport

@backport("victim:f", id="victim-1", requires="victim>=1,<2", original="ast1:0123456789ab", required=False)
def f():
    "what breaks"
    return "new"

@backport("victim:g", id="victim-2", requires="victim>=1,<2")
def g():
    "what else breaks"
    return "new"
"""


@pytest.fixture
def provider(world):
    world.provide("def f(): return 'old'\ndef g(): return 'old'\n", PROVIDER)
    return world


def digest(world, script, *arguments, **env):
    return world.run(f"import backportkit\n{script}\nprint(backportkit.report().digest)", *arguments, env=env)[-1]


def test_report_says_which_process_it_is_and_imports_no_target(provider):
    script = """
        import backportkit, os, platform, socket, sys
        from datetime import datetime, timezone
        sys.argv = ["/opt/bin/serve", "--token", "secret"]
        before = datetime.now(timezone.utc)
        report = backportkit.report()
        print(report.pid == os.getpid(), report.host == socket.gethostname(), report.program)
        print(report.name == f"serve {report.host}:{report.pid}")
        print(report.python == platform.python_version(), before <= report.written <= datetime.now(timezone.utc))
        ids = [record.id for record in report.patches]
        print(ids[:2], "victim" in sys.modules, "secret" in report.model_dump_json())
    """
    expected = ["True True serve", "True", "True True", "['victim-1', 'victim-2'] False False"]
    assert provider.run(script) == expected


def test_report_is_written_whole_in_place_of_an_earlier_one(provider, tmp_path):
    script = """
        import backportkit
        for _ in range(2):
            path = backportkit.report().write(sys.argv[1])
            backportkit.apply_all()
        print(path.name, backportkit.report().pid)
    """
    (line,) = provider.run(script, str(tmp_path / "new" / "folder"))
    name, pid = line.split()
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert file.name == name
    document = json.loads(file.read_text("utf-8"))
    assert (str(document["pid"]), document["patches"][1]["armed"]) == (pid, True)


def test_patch_that_waits_and_one_that_is_applied_have_one_digest_and_an_unarmed_one_another(provider):
    provider.write("provider.py", PROVIDER.replace('original="ast1:0123456789ab", ', ""))
    waiting = digest(provider, "backportkit.apply_all()")
    applied = digest(provider, "backportkit.apply_all()\nimport victim\nassert victim.f() == 'new'")
    assert waiting == applied
    unarmed = digest(provider, "")
    undone = digest(provider, "backportkit.apply_all()\nbackportkit.unpatch('victim-1')")
    disabled = digest(provider, "backportkit.apply_all()", BACKPORTKIT_DISABLE="victim-1")
    assert len({waiting, unarmed, undone, disabled}) == 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('return "new"', 'return "newer"'),
        ("ast1:0123456789ab", "ast1:0123456789ac"),
        ("victim:f", "victim:h"),
        ("victim-1", "victim-3"),
    ],
)
def test_digest_changes_with_what_a_patch_is(provider, old, new):
    first = digest(provider, "")
    assert digest(provider, "") == first
    provider.write("provider.py", PROVIDER.replace(old, new, 1))
    assert digest(provider, "") != first


def test_digest_does_not_change_with_comments_order_and_release(provider):
    first = digest(provider, "")
    head, one, two = PROVIDER.split("@")
    provider.write("provider.py", f"{head}@{two}\n# A comment.\n@{one}")
    provider.write("victim-1.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 1.6\n")
    assert digest(provider, "") == first


def test_digest_knows_the_value_of_an_edit(provider):
    def script(value):
        edits = [{"target": "victim:N", "value": value}]
        return f"backportkit.register(dict(id='n-1', summary='s', requires='victim>=1,<2', edits={edits}))"

    assert digest(provider, script(1)) == digest(provider, script(1)) != digest(provider, script(2))


def test_report_works_without_backportkit_s_own_metadata(fresh_world):
    """An application that is bundled without its metadata says so."""
    libraries = fresh_world.folder / "libraries"
    libraries.mkdir()
    ours = [Path(backportkit.__file__).parent, Path(backportkit_patches.__file__).parent]
    for path in [*ours, *Path(sysconfig.get_path("purelib")).iterdir()]:
        if path.suffix not in {".dist-info", ".egg-info", ".pth"}:
            (libraries / path.name).symlink_to(path)
    script = f"sys.path.append({str(libraries)!r})\nimport backportkit\nprint(backportkit.report().backportkit)"
    assert fresh_world.run(script, flags=["-S"], env={"PYTHONPATH": ""}) == ["unknown"]
