"""The real peers, the least that a `sys.meta_path` design can do, and we: arm the same edits, each in its own way.

An edit is a module and one of its attributes; the function of that name in the module `mine` takes its place when the
module has loaded. What a peer needs is imported when it is armed, so that nobody pays for another.
"""

from __future__ import annotations

import sys

_made = {}


def replacing(attribute):
    """Return the function that each peer calls with a loaded module: one function for each attribute."""
    if attribute not in _made:
        _made[attribute] = _replacing(attribute)
    return _made[attribute]


def _replacing(attribute):
    def replace(module):
        import mine

        setattr(module, attribute, getattr(mine, attribute))

    return replace


def bare(edits):
    """Nothing."""


class _Floor:
    """A finder and a dictionary, and nothing of what makes them safe."""

    def __init__(self, waiting):
        self.waiting = waiting

    def find_spec(self, name, path=None, target=None):
        hooks = self.waiting.pop(name, None)
        if hooks is None:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(spec for finder in others if (spec := finder.find_spec(name, path, target)) is not None)
        spec.loader = _FloorLoader(spec.loader, hooks)
        if not self.waiting:
            sys.meta_path.remove(self)
        return spec


class _FloorLoader:
    def __init__(self, loader, hooks):
        self.loader = loader
        self.hooks = hooks

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        for hook in self.hooks:
            hook(module)


def floor(edits):
    waiting = {}
    for module, attribute in edits:
        waiting.setdefault(module, []).append(replacing(attribute))
    sys.meta_path.insert(0, _Floor(waiting))


def empty_finder(edits):
    """A finder that answers None at once: what CPython's own loop costs."""

    class Finder:
        def find_spec(self, name, path=None, target=None):
            return None

    sys.meta_path.insert(0, Finder())


def vllm(edits):
    """Patch as vLLM's env_override.py does: by a finder of its own for each patch, which asks importlib again."""
    import importlib.abc
    import importlib.util

    def arm(name, hook):
        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(self, fullname, path=None, target=None):
                if fullname != name:
                    return None
                sys.meta_path.remove(self)
                spec = importlib.util.find_spec(fullname)
                execute = spec.loader.exec_module

                def exec_module(module):
                    execute(module)
                    hook(module)

                spec.loader.exec_module = exec_module
                return spec

        sys.meta_path.insert(0, Finder())

    for module, attribute in edits:
        arm(module, replacing(attribute))


def wrapt(edits):
    import wrapt

    for module, attribute in edits:
        wrapt.register_post_import_hook(replacing(attribute), module)


def importhook(edits):
    """Patch by importhook, which keeps one hook for a module: all the edits of one module are one hook."""
    import importhook

    waiting = {}
    for module, attribute in edits:
        waiting.setdefault(module, []).append(replacing(attribute))
    for module, hooks in waiting.items():

        def run(loaded, hooks=hooks):
            for hook in hooks:
                hook(loaded)

        importhook.on_import(module, run)


def ddtrace(edits):
    from ddtrace.internal.module import ModuleWatchdog

    for module, attribute in edits:
        ModuleWatchdog.register_module_hook(module, replacing(attribute))


def opentelemetry(edits):
    """Patch by opentelemetry, which is not lazy: it asks the metadata, and skips packages that are not installed."""
    import logging

    from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

    logging.disable()  # an error for each that is not installed
    for module, _ in edits:

        class Instrumentor(BaseInstrumentor):
            wants = (f"{module} >= 1",)

            def instrumentation_dependencies(self):
                return self.wants

            def _instrument(self, **options):
                raise AssertionError

            def _uninstrument(self, **options):
                raise AssertionError

        Instrumentor().instrument()


def replacement(a, b=None):
    """What breaks without it."""


def replacement_of_any(*args, **kwargs):
    """What breaks without it."""


def backportkit(edits, new=replacement):
    """Declared in the same process, one patch for each edit."""
    from backportkit import apply_all, backport

    for module, attribute in edits:
        backport(f"{module}:{attribute}", id=f"{module}-{attribute}", requires="python>=3.10,<4")(new)
    apply_all()


def taking_all(edits):
    backportkit(edits, replacement_of_any)


def installed(edits):
    """Patch as a program does, by the entry points of installed distributions with a hundred patches each."""
    sys.path.insert(0, f"{sys.path[0]}/providers-{len(edits)}")
    import backportkit

    backportkit.apply_all()


def hook(edits):
    """The hook of backportkit alone, which takes any function to call."""
    from backportkit.hook import finder

    waiting = {}
    for module, attribute in edits:
        waiting.setdefault(module, []).append(replacing(attribute))

    def loaded(name, module):
        for replace in waiting[name]:
            replace(module)

    finder.after_import(waiting, loaded)
    finder.arm()


LAZY = {
    "bare": bare,
    "floor": floor,
    "backportkit": backportkit,
    "vLLM's pattern": vllm,
    "wrapt": wrapt,
    "importhook": importhook,
    "ddtrace": ddtrace,
}
