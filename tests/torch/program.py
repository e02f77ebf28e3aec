"""Compile rotary embedding's interleaved slices in children: `python program.py KIND...`."""

# ruff: noqa: T201
from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile


def work():
    """Compile with an empty cache, and say whether the result is eager's."""
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp()

    import believe_the_cpu  # noqa: F401
    import torch

    def interleave(positions, cache):
        x = cache[positions]
        y = x[0].clone()
        y[..., 1::3] = x[1, ..., 1::3]
        y[..., 2::3] = x[2, ..., 2::3]
        return y

    positions = torch.zeros((3, 32), dtype=torch.int64)
    cache = torch.arange(3, dtype=torch.float32).reshape(1, 3)
    try:
        with torch.no_grad():
            compiled = torch.compile(interleave)(positions, cache)
    except Exception as error:  # noqa: BLE001 -- what a compiler says has no type of its own
        return "does not compile" if "VecMask" in str(error) else str(error)
    return "equal" if torch.equal(compiled, interleave(positions, cache)) else "differs"


def put(queue):
    """Work in a process of multiprocessing."""
    queue.put(work())


def child(method):
    """Work in a child that multiprocessing starts by a method."""
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    process = context.Process(target=put, args=(queue,))
    process.start()
    process.join()
    return queue.get()


def interpreter():
    """Work in an interpreter of its own."""
    return subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True).stdout.strip()


def task():
    """Work in a task of Ray."""
    return cluster().get(cluster().remote(work).remote())


def actor():
    """Work in an actor of Ray."""
    ray = cluster()

    @ray.remote
    class Actor:
        work = staticmethod(work)

    return ray.get(Actor.remote().work.remote())


def cluster():
    """Ray, with a local cluster."""
    import ray

    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init(num_cpus=1, ignore_reinit_error=True, **options)
    return ray


def main(*kinds):
    """Say of each kind of child how its work ended; without any, of this process."""
    ways = {"subprocess": interpreter, "task": task, "actor": actor}
    for kind in kinds:
        print(kind, ways[kind]() if kind in ways else child(kind), flush=True)
    if not kinds:
        print(work())


if __name__ == "__main__":
    main(*sys.argv[1:])
