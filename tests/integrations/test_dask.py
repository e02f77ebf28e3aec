"""Dask: the workers of a real local cluster have the patches of their client."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import indent

import pytest

DECLARATION = """
from backportkit import backport

@backport("victim:{name}", id="victim-{name}", requires="victim>=1,<2"{more})
def {name}():
    "what breaks"
    return "new"
"""

# A worker is asked for victim.f, which an installed provider patches, and for victim.g, which the module `mine` does.
JOB = """
import os, time
from dask.distributed import Client, LocalCluster
from backportkit.integrations.dask import Backports

def look():
    import victim
    return os.getpid(), victim.f(), victim.g()

def ask(client):
    return client.submit(look, pure=False).result()

if __name__ == "__main__":
    plain = dict(threads_per_worker=1, processes=True, dashboard_address=None)
    with LocalCluster(n_workers=1, **plain) as cluster, Client(cluster) as client:
"""


@pytest.fixture
def patched(world):
    """A world with `victim`, a provider that patches f of it, and a module `mine` that patches g."""
    world.provide("def f(): return 'old'\ndef g(): return 'old'\n", DECLARATION.format(name="f", more=""))
    world.write("mine.py", DECLARATION.format(name="g", more=""))
    return world


@pytest.fixture(scope="module")
def python(project, tmp_path_factory):
    """The interpreter of an environment with Dask and this backportkit."""
    folder = tmp_path_factory.mktemp("dask") / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    wanted = ["dask[distributed]>=2024.8", project]
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *wanted], check=True)
    return python


@pytest.fixture
def job(python, patched):
    """Run what a client does with a cluster of one worker; return what was printed, and what was logged."""

    def run(script, *flags, **variables):
        patched.write("job.py", JOB + indent(script, 8 * " "))
        # The folder for Dask's files is first on a worker's sys.path, and else one for all clusters of the machine.
        folders = {"PYTHONPATH": str(patched.folder), "DASK_TEMPORARY_DIRECTORY": str(patched.folder / "scratch")}
        where = {"env": os.environ | folders | variables, "cwd": patched.folder}
        command = [python, *flags, patched.folder / "job.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **where)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines(), done.stderr

    return run


def test_worker_takes_the_switches_of_its_client_then_imports_then_applies(patched):
    patched.write("distributed/diagnostics/plugin.py", "class WorkerPlugin: ...")
    script = """
        import os, pickle
        os.environ["BACKPORTKIT_DISABLE"] = "victim-f"
        from backportkit.integrations.dask import Backports
        plugin = pickle.dumps(Backports(modules=["mine"]))
        del os.environ["BACKPORTKIT_DISABLE"]
        pickle.loads(plugin).setup(None)
        import victim
        print(victim.f(), victim.g())
    """
    assert patched.run(script) == ["old new"]


@pytest.mark.parametrize(("state", "asked"), [("starts", "['close'] True"), ("runs", "[] False")])
def test_worker_without_patches_is_closed_only_as_it_starts(patched, state, asked):
    patched.write("distributed/diagnostics/plugin.py", "class WorkerPlugin: ...")
    script = """
        import sys
        from types import SimpleNamespace
        from backportkit.integrations.dask import Backports
        asked = []
        worker = SimpleNamespace(
            periodic_callbacks={"heartbeat": SimpleNamespace(is_running=lambda: sys.argv[1] == "runs")},
            loop=SimpleNamespace(add_callback=lambda callback, reason: asked.append((callback, reason))),
            close="close",
        )
        try:
            Backports(modules=["nowhere"]).setup(worker)
        except ModuleNotFoundError:
            print([callback for callback, reason in asked], "nowhere" in str(asked))
    """
    assert patched.run(script, state) == [asked]


@pytest.mark.dask
def test_worker_that_runs_is_patched(job):
    printed, _ = job("""
client.register_plugin(Backports(modules=["mine"]))
print(*ask(client)[1:])
""")
    assert printed == ["new new"]


@pytest.mark.dask
def test_workers_say_what_is_in_effect(job):
    printed, _ = job("""
import backportkit
client.register_plugin(Backports(modules=["mine"]))
print(*client.run(backportkit.applied_ids).values())
ask(client)
print(*client.run(backportkit.applied_ids).values())
""")
    assert printed == ["()", "('victim-g', 'victim-f')"]


@pytest.mark.dask
def test_worker_that_comes_later_is_patched(job):
    printed, _ = job("""
client.register_plugin(Backports(modules=["mine"]))
first = ask(client)
cluster.scale(2)
client.wait_for_workers(2)
print(sorted((pid == first[0], f, g) for pid, f, g in client.run(look).values()))
""")
    assert printed == ["[(False, 'new', 'new'), (True, 'new', 'new')]"]


@pytest.mark.dask
def test_worker_that_is_started_anew_is_patched(job):
    printed, _ = job("""
client.register_plugin(Backports(modules=["mine"]))
first = ask(client)
client.restart()
second = ask(client)
print(first[0] == second[0], *second[1:])
""")
    assert printed == ["False new new"]


@pytest.mark.dask
def test_plugin_takes_the_place_of_one_with_the_same_modules(job):
    printed, _ = job("""
for modules in ["mine"], [], ["mine"]:
    client.register_plugin(Backports(modules=modules))
print(*client.run(lambda dask_worker: sorted(name for name in dask_worker.plugins if "backport" in name)).values())
""")
    assert printed == ["['backportkit', 'backportkit mine']"]


@pytest.mark.dask
def test_patch_that_a_running_worker_cannot_have_is_an_error_of_the_client(job, patched):
    patched.write("mine.py", DECLARATION.format(name="g", more=', original="ast1:0123456789ab"'))
    printed, _ = job("""
ask(client)
try:
    client.register_plugin(Backports(modules=["mine"]))
except Exception as error:
    print(type(error).__name__, error.patch)
print(ask(client)[2])
""")
    assert printed == ["DriftError victim-g", "old"]


@pytest.mark.dask
def test_worker_that_cannot_be_patched_as_it_starts_closes_and_takes_no_task(job):
    printed, logged = job("""
client.register_plugin(Backports(modules=["mine"]))
first = ask(client)
with open("mine.py", "a") as file:
    file.write("raise ValueError('not here')\\n")
cluster.scale(2)
until = time.time() + 120
while time.time() < until and (1 not in cluster.workers or cluster.workers[1].status.name != "closed"):
    time.sleep(0.1)
print(len(client.scheduler_info()["workers"]), ask(client)[0] == first[0])
""")
    assert printed == ["1 True"]
    assert "ValueError: not here" in logged


@pytest.mark.dask
@pytest.mark.parametrize(("flags", "found"), [((), "old old"), (("-m", "backportkit", "run"), "new old")])
def test_spawned_worker_has_installed_patches_where_its_client_is_run_by_backportkit(job, flags, found):
    assert job("print(*ask(client)[1:])", *flags)[0] == [found]


@pytest.mark.dask
def test_spawned_worker_of_an_activated_environment_has_installed_patches(job, python):
    subprocess.run([python, "-m", "backportkit", "activate"], capture_output=True, check=True)
    try:
        printed, _ = job("print(*ask(client)[1:])")
    finally:
        subprocess.run([python, "-m", "backportkit", "deactivate"], capture_output=True, check=True)
    assert printed == ["new old"]


@pytest.mark.dask
def test_worker_that_preloads_a_module_which_applies_all_is_patched(job, patched):
    patched.write("start.py", "import backportkit, mine\nbackportkit.apply_all()\n")
    assert job("print(*ask(client)[1:])", DASK_DISTRIBUTED__WORKER__PRELOAD="['start']")[0] == ["new new"]
