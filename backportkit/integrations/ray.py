"""Ray: every worker process of a job, for tasks and for actors, has the job's patches."""

from __future__ import annotations

import importlib
import json
import os
from typing import TYPE_CHECKING

from backportkit.errors import DeclarationError
from backportkit.integrations import workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_HOOK = "worker_process_setup_hook"
_VARIABLE = "BACKPORTKIT_RAY"


def runtime_env(own: Mapping[str, Any] | None = None, *, modules: Iterable[str] = ()) -> dict[str, Any]:
    """Return a `runtime_env` for `ray.init` with which every worker process calls `apply_all` before its first task.

    `own` is the job's own runtime_env, which is kept; a setup hook in it, given as `package.module.function`, is called
    first. `modules` declare patches; every worker imports them. Patches of installed providers need not be named.
    Workers get the BACKPORTKIT_* variables of this process. If a patch cannot be applied, or a module cannot be
    imported, the worker fails with the text of the error (Ray's `RuntimeEnvSetupError`).

    Raises DeclarationError if `own` has a setup hook that is not given by its name: Ray ships such a function by
    pickling it, and takes only one.

    Source: https://docs.ray.io/en/latest/ray-core/api/doc/ray.runtime_env.RuntimeEnv.html
    """
    whole = dict(own or {})
    hook = whole.get(_HOOK)
    if hook is not None and not isinstance(hook, str):
        raise DeclarationError(
            "the runtime_env has a setup hook that cannot be called along with ours",
            expected="'package.module.function'",
            found=repr(hook),
            next_step="put the function in a module that the workers can import, and give its name",
        )
    plan = json.dumps({"hook": hook, "modules": list(modules)})
    whole["env_vars"] = {**workers.variables(), **whole.get("env_vars", {}), _VARIABLE: plan}
    whole[_HOOK] = f"{__name__}.set_up"
    return whole


def set_up() -> None:
    """Prepare a new worker: call the job's own hook, import the modules, and call `apply_all`. Ray calls this."""
    plan = json.loads(os.environ[_VARIABLE])
    if plan["hook"] is not None:
        module, _, name = plan["hook"].rpartition(".")
        getattr(importlib.import_module(module), name)()
    workers.set_up(plan["modules"])
