"""Ray: tasks and actors on a real local cluster have the patches of their job."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backportkit.errors import DeclarationError
from backportkit.integrations import ray

JOB = """
import os, sys
import backportkit, ray
from backportkit.integrations.ray import runtime_env

own = {"env_vars": {"PYTHONPATH": sys.argv[1], "OWN": "kept"}, "worker_process_setup_hook": "own.hook"}
ray.init(
    num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
    runtime_env=runtime_env(own, modules=["mine"]),
)

def look():
    import backportkit, os, own, victim
    return victim.f(), victim.g(), own.called, os.environ["OWN"], backportkit.applied_ids()

@ray.remote
class Actor:
    def look(self):
        return look()

print(ray.get(ray.remote(look).remote()))
print(ray.get(Actor.remote().look.remote()))
print(set(ray.get(ray.remote(backportkit.applied_ids).remote())) <= {"victim-f", "victim-g"})
"""


def test_own_environment_is_kept_and_switches_go_along(monkeypatch):
    monkeypatch.setenv("BACKPORTKIT_DISABLE", "victim-1")
    own = {"pip": ["numpy"], "env_vars": {"A": "1"}}
    made = ray.runtime_env(own)
    assert own == {"pip": ["numpy"], "env_vars": {"A": "1"}}
    assert made["pip"] == ["numpy"]
    assert made["worker_process_setup_hook"] == "backportkit.integrations.ray.set_up"
    assert {"A": "1", "BACKPORTKIT_DISABLE": "victim-1"}.items() <= made["env_vars"].items()


def test_hook_that_has_no_name_is_refused():
    with pytest.raises(DeclarationError, match="cannot be called along with ours"):
        ray.runtime_env({"worker_process_setup_hook": print})


def test_worker_calls_the_own_hook_first_then_imports_then_applies(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(): return 'old'\n")
    world.write("own.py", "order = []\ndef hook(): order.append('own')\n")
    world.write(
        "mine.py",
        """
        import own
        from backportkit import backport
        own.order.append("mine")
        @backport("victim:f", id="victim-1", requires="victim>=1,<2")
        def f():
            "what breaks"
            return "new"
        """,
    )
    script = """
        import os
        from backportkit.integrations import ray
        os.environ |= ray.runtime_env({"worker_process_setup_hook": "own.hook"}, modules=["mine"])["env_vars"]
        ray.set_up()
        import own, victim
        print(own.order, victim.f())
        os.environ |= ray.runtime_env()["env_vars"]
        ray.set_up()
        print(own.order)
    """
    assert world.run(script) == ["['own', 'mine'] new", "['own', 'mine']"]


@pytest.mark.ray
def test_tasks_and_actors_of_a_local_cluster_are_patched(world, project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ray") / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, "ray>=2.40", project], check=True)
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'old'\n")
    world.write("own.py", "called = False\ndef hook():\n    global called\n    called = True\n")
    declaration = """
        from backportkit import backport
        @backport("victim:{name}", id="victim-{name}", requires="victim>=1,<2")
        def {name}():
            "what breaks"
            return "new"
    """
    world.distribution("provider", "1.0", {"victim": "provider"})
    world.write("provider.py", declaration.format(name="f"))
    world.write("mine.py", declaration.format(name="g"))
    world.write("job.py", JOB)
    command = [python, world.folder / "job.py", str(world.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=world.folder)
    assert done.returncode == 0, done.stderr
    said = "('new', 'new', True, 'kept', ('victim-g', 'victim-f'))"
    assert done.stdout.splitlines() == [said, said, "True"]
