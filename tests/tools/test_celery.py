"""Celery: each child of the worker of docs/servers.md is patched, with folders as broker and results."""

from __future__ import annotations

import ast
import os
import shlex
import signal
import subprocess
from contextlib import contextmanager

import pytest
from page_files import cells_of, commands_of, files_of

pytestmark = pytest.mark.tools

PATCH = "zipp-cve-2024-5569"
PATCHED = ["//a", PATCH]
UNPATCHED = ["//a", "//", "//"]
(COMMAND,) = (line for line in commands_of("servers.md") if line.startswith("celery"))

CONFIGURATION = """
import pathlib

folders = {name: pathlib.Path("broker", name).absolute() for name in ("sent", "control", "results")}
for folder in folders.values():
    folder.mkdir(parents=True, exist_ok=True)
broker_url = "filesystem://"
broker_transport_options = {
    "data_folder_in": str(folders["sent"]), "data_folder_out": str(folders["sent"]),
    "control_folder": str(folders["control"]), "polling_interval": 0.05,
}
result_backend = folders["results"].as_uri()
"""

# A client sends all tasks before it reads a result, so that several children work.
CLIENT = """
from myproject import tasks
sent = [getattr(tasks, name).delay() for name in {names}]
print([one.get(timeout=60) for one in sent])
"""

LATE = """
@app.task
def apply_all():
    import backportkit
    import myproject.backports
    backportkit.apply_all()
    return ancestors()

@app.task
def slowly():
    import time
    time.sleep(0.5)
    return ancestors()
"""


@pytest.fixture(scope="module")
def celery(make_tools):
    """An environment with Celery, and the release of zipp that has the bug."""
    return make_tools("celery", "celery", "zipp==3.18.0")


@pytest.fixture
def broker(tmp_path):
    """The project of the page, and the configuration that it speaks of."""
    files = {"myproject/backports.py": cells_of("index.md")[0][0], "celeryconfig.py": CONFIGURATION}
    files["myproject/tasks.py"] = files_of("servers.md")["myproject/tasks.py"]
    (tmp_path / "myproject").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def work(celery, broker):
    """Start a worker; yield how to have it do tasks."""

    @contextmanager
    def working(command, **env):
        program, *rest = shlex.split(command)
        with (broker / "log").open("w") as log:
            process = subprocess.Popen(
                [celery.bin / program, *rest], cwd=broker, env=os.environ | env, stdout=log, stderr=log
            )
            try:
                yield lambda *names: ast.literal_eval(celery.lines("python", "-c", client(names), cwd=broker)[-1])
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    return working


def client(names):
    return CLIENT.format(names=names)


def test_children_are_patched_and_so_are_those_that_come_later(work):
    """A child does one task, so that each is done by another one."""
    with work(COMMAND) as doing:
        done = doing(*["ancestors"] * 4)
    assert len({pid for pid, *_ in done}) == 4
    assert [said for _, *said in done] == [PATCHED] * 4


def test_call_in_a_child_patches_that_child_alone(work, broker):
    """The other one goes on as it was."""
    tasks = broker / "myproject/tasks.py"
    early = "import myproject.backports\n\nbackportkit.apply_all()  # before what imports zipp\n"
    text = tasks.read_text("utf-8")
    assert early in text
    late = text.replace(early, "").replace('    backportkit.require("zipp-cve-2024-5569")\n', "    pass\n") + LATE
    tasks.write_text(late, "utf-8")
    with work(COMMAND.partition(" --max-tasks")[0]) as doing:
        first = doing("apply_all")
        done = first + doing(*["slowly"] * 4)
    by_child = {pid: said for pid, *said in done}
    assert by_child[done[0][0]] == PATCHED
    assert sorted(by_child.values()) == sorted([PATCHED, UNPATCHED])


def test_child_that_has_not_what_is_required_says_so_in_the_log(work, broker):
    """Celery goes on all the same."""
    with work(COMMAND, BACKPORTKIT_DISABLE=PATCH) as doing:
        assert [said for _, *said in doing("ancestors")] == [UNPATCHED]
    assert "disabled: switched off by BACKPORTKIT_DISABLE" in (broker / "log").read_text("utf-8")
