"""gunicorn and uvicorn: each worker of the project of docs/servers.md is patched, also after a reload."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager

import pytest
from page_files import cells_of, commands_of, files_of

pytestmark = pytest.mark.tools

PAGE = "servers.md"
PATCH = "zipp-cve-2024-5569"
PATCHED = ("//a", PATCH)
COMMANDS = [line for line in commands_of(PAGE) if line.startswith(("gunicorn", "uvicorn"))]
FORKING = [line for line in COMMANDS if line.startswith("gunicorn")]


@pytest.fixture(scope="module")
def servers(make_tools):
    """An environment with both servers, and the release of zipp that has the bug."""
    return make_tools("servers", "gunicorn", "uvicorn", "watchfiles", "zipp==3.18.0")


@pytest.fixture
def web(tmp_path):
    """The project of the page, without the configuration of gunicorn, which gunicorn takes from where it is started."""
    files = files_of(PAGE) | {"myproject/backports.py": cells_of("index.md")[0][0], "myproject/__init__.py": ""}
    (tmp_path / "myproject").mkdir()
    for name, text in files.items():
        if name != "gunicorn.conf.py":
            (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def serve(servers, web):
    """Start a command of the page on a free port; yield its process and how to ask it."""

    @contextmanager
    def serving(command, *, way=(), **env):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        at = ["--bind", f"127.0.0.1:{port}"] if command.startswith("gunicorn") else ["--port", str(port)]
        program, *rest = [*way, *shlex.split(command)]
        with (web / "log").open("w") as log:
            process = subprocess.Popen(
                [servers.bin / program, *rest, *at],
                cwd=web,
                env=os.environ | {"HOME": str(web), "PYTHONPATH": str(web)} | env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield process, lambda path="/": ask(port, path, process)
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(30)

    return serving


def ask(port, path, process):
    """The answer to a request, as soon as somebody answers."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return json.load(answer)
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    raise AssertionError(path)


def answers(asking, *, until):
    """The lines of workers after their pid, each by its pid: as soon as `until` is content with all that are known."""
    found = {}
    for _ in range(300):
        pid, *said = asking()
        found[pid] = tuple(said)
        if until(found):
            return found
        time.sleep(0.02)
    raise AssertionError(found)


def are_two(found):
    return len(found) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_workers_of_each_command_of_the_page_are_patched(serve, command):
    """And their reports say so."""
    with serve(command) as (_, asking):
        found = answers(asking, until=are_two if "workers" in command else len)
        report = asking("/patches")
    assert {*found.values()} == {PATCHED}
    assert {one["id"]: one["state"] for one in report["patches"]}[PATCH] == "applied"


@pytest.mark.parametrize(("command", "records"), [*zip(FORKING, (2, 1), strict=True)])
def test_record_is_logged_where_the_target_is_imported(serve, web, command, records):
    """In each worker, or in the master that they are forked from."""
    module = web / "myproject/web.py"
    module.write_text("import logging\nlogging.basicConfig(level='INFO')\n" + module.read_text("utf-8"), "utf-8")
    with serve(command) as (_, asking):
        answers(asking, until=are_two)
    assert (web / "log").read_text("utf-8").count(f"INFO:backportkit:applied {PATCH}") == records


@pytest.mark.parametrize("command", COMMANDS)
def test_workers_are_patched_where_the_command_is_run_by_backportkit(serve, world, command):
    """The program does not import the patches, which an installed distribution has."""
    world.distribution("theirs", "1.0", {"zipp": "myproject.backports"})
    plain = command.replace("myproject.web", "myproject.pages")
    with serve(plain, way=["backportkit", "run"]) as (_, asking):
        assert asking()[1:] == [*PATCHED]


@pytest.mark.parametrize("command", FORKING)
def test_workers_that_gunicorn_forks_at_a_hangup_are_patched(serve, web, command):
    """They have the edited patch, but where the master has imported the application."""
    with serve(command) as (process, asking):
        first = answers(asking, until=are_two)
        backports = web / "myproject/backports.py"
        backports.write_text(backports.read_text("utf-8").replace("yield path", "yield path + ' edited'"), "utf-8")
        process.send_signal(signal.SIGHUP)
        later = answers(asking, until=lambda found: are_two(found.keys() - first.keys()))
    said = {later[pid] for pid in later.keys() - first.keys()}
    assert said == ({PATCHED} if "preload" in command else {("//a edited", PATCH)})


def test_process_that_uvicorn_starts_at_a_reload_has_the_edited_patch(serve, web):
    """It is a new interpreter."""
    (command,) = (line for line in COMMANDS if "--reload" in line)
    with serve(command) as (_, asking):
        first = answers(asking, until=len)
        backports = web / "myproject/backports.py"
        backports.write_text(backports.read_text("utf-8").replace("yield path", "yield path + ' edited'"), "utf-8")
        later = answers(asking, until=lambda found: len(found) > len(first))
    assert ("//a edited", PATCH) in later.values()


def test_configuration_of_gunicorn_patches_and_tells(serve, web):
    """An application that says nothing of it is patched, and each worker logs what it has."""
    (web / "gunicorn.conf.py").write_text(files_of(PAGE)["gunicorn.conf.py"], "utf-8")
    with serve("gunicorn --workers 2 myproject.pages:app") as (_, asking):
        assert {*answers(asking, until=are_two).values()} == {PATCHED}
    assert (web / "log").read_text("utf-8").count(f"patched: {PATCH}") == 2


def test_worker_that_requires_what_it_has_not_does_not_serve(servers, web):
    """gunicorn ends, and says which patch it is about."""
    (web / "gunicorn.conf.py").write_text(files_of(PAGE)["gunicorn.conf.py"], "utf-8")
    command = ["gunicorn", "--bind", "127.0.0.1:0", "myproject.pages:app"]
    done = servers.start(*command, cwd=web, BACKPORTKIT_DISABLE=PATCH, HOME=str(web))
    assert (done.returncode, "Worker failed to boot" in done.stderr) == (3, True)
    assert "disabled: switched off by BACKPORTKIT_DISABLE" in done.stderr


def test_worker_tells_at_a_signal(serve, web):
    """A signal that gunicorn does not use for itself."""
    with serve(FORKING[0], BACKPORTKIT_DUMP="RTMIN") as (_, asking):
        os.kill(asking()[0], signal.SIGRTMIN)
        for _ in range(100):
            if f"{PATCH}: applied" in (web / "log").read_text("utf-8"):
                return
            time.sleep(0.1)
    raise AssertionError((web / "log").read_text("utf-8"))
