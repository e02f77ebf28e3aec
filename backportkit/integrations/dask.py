"""Dask: every worker process of a dask.distributed cluster has the patches of its client."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from distributed.diagnostics.plugin import WorkerPlugin  # pyright: ignore[reportMissingImports]

from backportkit.engine import verbs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from distributed.worker import Worker  # pyright: ignore[reportMissingImports]


class Backports(WorkerPlugin):
    """A plugin for `client.register_plugin` with which all workers, running and to come, call `apply_all`.

    `modules` are those that declare patches; every worker imports them. Patches of installed providers need not be
    named. The BACKPORTKIT_* variables of the process that makes the plugin go along. A plugin with the same modules
    takes the place of one that was registered before.

    A patch that cannot be applied, and a module that cannot be imported, are an error of `register_plugin` if the
    worker runs already. A worker that is only starting logs it and closes, together with its nanny, before its first
    task.

    Attributes:
        name: What Dask knows the plugin by, such as for `client.unregister_worker_plugin`.

    Source: https://distributed.dask.org/en/stable/plugins.html#worker-plugins
    """

    def __init__(self, *, modules: Iterable[str] = ()) -> None:
        self._modules = list(modules)
        self._variables = {name: value for name, value in os.environ.items() if name.startswith("BACKPORTKIT_")}
        self.name = " ".join(["backportkit", *self._modules])

    def setup(self, worker: Worker) -> None:
        """Prepare a Dask worker: the client's variables, the modules that declare, `apply_all`. Dask calls it.

        Raises whatever these raise; a worker that is starting is closed then.
        """
        try:
            os.environ.update(self._variables)
            for name in self._modules:
                importlib.import_module(name)
            verbs.apply_all()
        except Exception as error:
            # Nobody waits for an answer from a worker that starts, which has no heartbeat yet: Dask would log the error
            # and go on (https://github.com/dask/distributed/issues/6906). Not to be awaited here: closing waits for the
            # nanny, which waits for the worker to have started.
            if not worker.periodic_callbacks["heartbeat"].is_running():
                worker.loop.add_callback(worker.close, reason=f"it has no patches: {error!r}")
            raise
