"""Dask: every worker process of a dask.distributed cluster has the patches of its client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from distributed.diagnostics.plugin import WorkerPlugin  # pyright: ignore[reportMissingImports]

from backportkit.integrations import workers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from distributed.worker import Worker  # pyright: ignore[reportMissingImports]


class Backports(WorkerPlugin):
    """A plugin for `client.register_plugin`, by which all running and all later workers call `apply_all`.

    `modules` declare patches; every worker imports them. Patches of installed providers need not be named. Workers get
    the BACKPORTKIT_* variables of the process that makes the plugin. A plugin with the same modules takes the place of
    one that was registered before.

    If a patch cannot be applied, or a module cannot be imported, in a worker that runs already, `register_plugin`
    raises the error. A worker that is starting logs the error and closes, with its nanny, before its first task.

    Attributes:
        name: The name by which Dask knows the plugin, such as for `client.unregister_worker_plugin`.

    Source: https://distributed.dask.org/en/stable/plugins.html#worker-plugins
    """

    def __init__(self, *, modules: Iterable[str] = ()) -> None:
        self._modules = list(modules)
        self._variables = workers.variables()
        self.name = " ".join(["backportkit", *self._modules])

    def setup(self, worker: Worker) -> None:
        """Prepare a worker: set the client's variables, import the modules, and call `apply_all`. Dask calls this.

        Raises whatever these raise, and closes the worker if it is only starting.
        """
        try:
            os.environ.update(self._variables)
            workers.set_up(self._modules)
        except Exception as error:
            # A worker without a heartbeat is starting, and nobody waits for its answer: Dask would log the error and go
            # on (https://github.com/dask/distributed/issues/6906). Closing is not awaited here: it waits for the nanny,
            # which waits for the worker to start.
            if not worker.periodic_callbacks["heartbeat"].is_running():
                worker.loop.add_callback(worker.close, reason=f"it has no patches: {error!r}")
            raise
