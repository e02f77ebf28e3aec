"""A process that has imported what most runs import, and is forked for each of them; `warm` starts it and speaks to it.

Its argument is a socket, by its descriptor.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import importlib
import importlib.machinery
import json
import os
import pathlib
import pkgutil
import runpy
import site
import socket
import sys
import types

LIBRARIES = ("pydantic.type_adapter", "rich.table", "rich.traceback", "typer.rich_utils")
# Integrations need what is not installed here, and what a start runs is run by each start.
LEFT_OUT = ("backportkit.integrations", "backportkit.run_site", "backportkit.__main__")
# Few runs need the libraries of the extra `sbom`.
LEFT_OUT += ("backportkit.supply", "backportkit.cli.sbom")
# Where fresh interpreters find modules, apart from the script's folder and PYTHONPATH.
INHERITED = os.environ.get("PYTHONPATH", "").split(os.pathsep)
SEARCHED = [path for path in sys.path[1:] if path not in INHERITED]


def load(package: str) -> None:
    """Import all modules of a package."""
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if found.name in LEFT_OUT:
            continue
        importlib.import_module(found.name)
        if found.ispkg:
            load(found.name)


def found() -> dict[str, str]:
    """Find the folder of each top-level module that is loaded."""
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if "." not in name}
    return {
        name: str(pathlib.Path(file).parents[hasattr(sys.modules[name], "__path__")]) if file else ""
        for name, file in files.items()
    }


def serve(connection: socket.socket) -> dict:
    """Fork for each request, and return it in the child."""
    while True:
        head, descriptors, *_ = socket.recv_fds(connection, 8, 3)
        if not head:
            os._exit(0)
        request = json.loads(connection.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        child = os.fork()
        if not child:
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
        for descriptor in descriptors:
            os.close(descriptor)
        if not child:
            connection.close()
            return request
        connection.sendall(child.to_bytes(8, "big"))
        connection.sendall(os.waitpid(child, 0)[1].to_bytes(8, "big"))


def become(cwd: str, env: dict[str, str], arguments: list[str]) -> None:
    """Take over what a fresh interpreter would have been given."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.orig_argv = [sys.executable, *arguments]
    sys.path[:] = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    site.removeduppaths()
    sys.path += [path for path in SEARCHED if path not in sys.path]
    sys.modules["__main__"] = main = types.ModuleType("__main__")
    main.__builtins__ = builtins


def interpret(arguments: list[str]) -> None:
    """Run `-m module` or a script, each with its arguments, as the interpreter does."""
    if arguments[0] == "-m":
        sys.argv[:] = ["-m", *arguments[2:]]
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 -- as the interpreter does
        runpy._run_module_as_main(arguments[1])
        return
    sys.argv[:] = arguments
    script = pathlib.Path(arguments[0])
    sys.path.insert(0, str(script.resolve().parent))
    namespace = sys.modules["__main__"].__dict__
    loader = importlib.machinery.SourceFileLoader("__main__", str(script.absolute()))
    namespace |= {"__annotations__": {}, "__cached__": None, "__file__": loader.path, "__loader__": loader}
    exec(compile(script.read_bytes(), loader.path, "exec"), namespace)  # noqa: S102 -- it is what was asked for


def without_these_frames(hook):
    """Make an excepthook that shows an error from where the interpreter itself would have begun."""

    def show(kind, error, traceback):
        while traceback and traceback.tb_frame.f_code.co_filename == __file__:
            traceback = traceback.tb_next
        error.__traceback__ = traceback
        hook(kind, error, traceback)

    return show


class End:
    """The end of a run, after its threads and exit functions: taking a fork apart would be most of the time."""

    status: int | None = None

    def __call__(self) -> None:
        """Flush and leave, as the interpreter does; or leave it to the interpreter where something is to be told."""
        if self.status is None:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self.status)


def main() -> None:
    """Serve, and be the interpreter that was asked for."""
    end = End()
    atexit.register(end)  # before all others, so that it is the last
    for name in LIBRARIES:
        importlib.import_module(name)
    load("backportkit")
    connection = socket.socket(fileno=int(sys.argv[1]))
    loaded = json.dumps(found()).encode()
    connection.sendall(len(loaded).to_bytes(8, "big") + loaded)
    # Whoever looks at all objects would look at these, some ten times as many as a script has, and copy them by that.
    gc.freeze()
    request = serve(connection)
    become(request["cwd"], request["env"], request["arguments"])
    try:
        interpret(request["arguments"])
        end.status = 0
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            end.status = (error.code or 0) & 0xFF
        raise
    except BaseException:
        sys.excepthook = without_these_frames(sys.excepthook)
        raise


main()
