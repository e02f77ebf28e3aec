"""The substitute loader: it passes for the loader, and calls back before the body runs and after its end."""

from __future__ import annotations

import sys

from backportkit.bootstrap import as_importlib
from backportkit.hook import lazy_imports
from backportkit.hook.watch import attributes_of, bind_to_parent, is_lazy, is_waking, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from backportkit.hook.watch import Watch


class Method:
    """One method of a substitute, in place of the same method of the loader."""

    __slots__ = ("loader", "spec", "watched")

    name = ""

    def __init__(self, spec: ModuleSpec, watched: Watch) -> None:
        self.loader: Any = spec.loader
        self.spec = spec
        self.watched = watched

    def leave(self, module: Any) -> None:
        """Put the loader back wherever the import system has put the substitute."""
        attributes = attributes_of(module)
        if self.is_substitute(attributes.get("__loader__")):
            attributes["__loader__"] = self.loader
        specs: tuple[Any, Any] = (self.spec, attributes.get("__spec__"))
        for spec in specs:
            if self.is_substitute(getattr(spec, "loader", None)):
                spec.loader = self.loader

    def is_substitute(self, loader: object) -> bool:
        """Tell whether a loader is the substitute that this method belongs to, or a copy of it."""
        return getattr(loader, self.name, None) is self


class _Create(Method):
    __slots__ = ()
    name = "create_module"

    @as_importlib
    def __call__(self, spec: ModuleSpec) -> ModuleType | None:  # pragma: no cover
        return self.loader.create_module(spec)  # type: ignore[no-any-return]


class _Execute(Method):
    __slots__ = ()
    name = "exec_module"

    @as_importlib
    def __call__(self, module: ModuleType) -> None:  # pragma: no cover
        # A private copy (module_from_spec and exec_module by hand) is nobody's import: it is left as it is.
        if sys.modules.get(self.watched.name) is not module:
            self.leave(module)
            self.loader.exec_module(module)
            return
        with self.watched.running():
            self.leave(module)
            call_before(self.watched)
            self.loader.exec_module(module)
            call_loaded(self.watched)


class _Load(Method):
    __slots__ = ()
    name = "load_module"

    @as_importlib
    def __call__(self, *arguments: Any, **keywords: Any) -> ModuleType:  # pragma: no cover
        with self.watched.running():
            self.leave(sys.modules.get(self.watched.name))  # in a reload the module has the substitute already
            call_before(self.watched)
            module: ModuleType = self.loader.load_module(*arguments, **keywords)
            call_loaded(self.watched)
        return sys.modules.get(self.watched.name, module)


_METHODS = (_Create, _Execute, _Load)


def execute_of(loader: Any) -> _Execute | None:
    """Return the `_Execute` of a substitute, None for any other loader."""
    execute = getattr(loader, "exec_module", None)
    return execute if isinstance(execute, _Execute) else None


def is_substitute_for(loader: Any, watched: Watch) -> bool:
    """Tell whether the loader is a substitute already, of that very watch."""
    execute = execute_of(loader)
    return execute is not None and execute.watched is watched


def substitute_for(spec: ModuleSpec, watched: Watch, kinds: Iterable[type[Method]] = _METHODS) -> Any:
    """Make an object that everybody may take for the spec's loader, and whose methods of importing call us back.

    The loader itself is never touched: one zipimporter serves a whole archive, and BuiltinImporter is a class.
    """
    loader: Any = spec.loader
    methods: dict[str, Any] = {}
    for kind in kinds:
        if hasattr(loader, kind.name):
            methods[kind.name] = kind(spec, watched)
    substitute = _derive(loader, methods) if isinstance(loader, type) else _copy(loader, methods)
    return _Proxy(loader, methods) if substitute is None else substitute


def _derive(loader: type, methods: dict[str, Any]) -> Any:
    """Make a subclass of a class that is used as a loader; return None if the class refuses."""
    names = {"__module__": loader.__module__, "__qualname__": loader.__qualname__}
    static = {name: staticmethod(method) for name, method in methods.items()}
    try:
        return type(loader)(loader.__name__, (loader,), names | static)
    except Exception:  # whatever its metaclass or __init_subclass__ says, the import must not break
        return None


class _Members(dict[str, "Any"]):
    """The dictionary of a substitute: equal to the loader's own, since FileLoader compares dictionaries."""

    __slots__ = ()
    __hash__ = None

    def plain(self) -> dict[str, Any]:
        return {name: value for name, value in self.items() if not isinstance(value, Method)}

    def __eq__(self, other: object) -> bool:
        return self.plain() == (other.plain() if isinstance(other, _Members) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.plain(),)


def _copy(loader: Any, methods: dict[str, Any]) -> Any:
    """Make a copy of the very same type; return None if such an object cannot be copied by its dictionary alone."""
    for base in type(loader).__mro__:
        if "__slots__" in vars(base) and vars(base)["__slots__"]:
            return None
    try:
        copy = object.__new__(type(loader))
        object.__setattr__(copy, "__dict__", _Members(vars(loader) | methods))
    except (AttributeError, TypeError):
        return None
    for name, method in methods.items():
        if getattr(copy, name, None) is not method:  # a class may answer for its attributes itself
            return None
    return copy


class _Proxy:
    """A substitute for loaders with slots or of C types."""

    __slots__ = ("_loader", "_methods")

    def __init__(self, loader: Any, methods: dict[str, Any]) -> None:
        object.__setattr__(self, "_loader", loader)
        object.__setattr__(self, "_methods", methods)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] -- what isinstance asks
        return type(self._loader)

    def __getattr__(self, name: str) -> Any:
        method = self._methods.get(name)
        return getattr(self._loader, name) if method is None else method

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._loader, name, value)

    def __repr__(self) -> str:
        return repr(self._loader)

    def __eq__(self, other: object) -> bool:
        other = other._loader if type(other) is _Proxy else other
        return bool(self._loader == other)

    def __hash__(self) -> int:
        return hash(self._loader)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._loader.__reduce_ex__(protocol)


class _Loaded:
    """A loader that hands out a module which is there already, and runs no body."""

    __slots__ = ("_loader", "_module", "_spec")

    def __init__(self, module: Any, loader: Any) -> None:
        self._module = module
        self._spec = read(module, "__spec__")
        self._loader = loader

    @as_importlib
    def create_module(self, _: ModuleSpec) -> Any:  # pragma: no cover
        return self._module

    @as_importlib
    def exec_module(self, module: Any) -> None:  # pragma: no cover
        if self._spec is not None:
            module.__spec__ = self._spec  # importlib has put the other one there

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def leave_as_it_is(spec: Any) -> None:
    """Have the import of a spec use the module that is there by now, and not run its body a second time."""
    spec.loader = _Loaded(sys.modules[spec.name], spec.loader)


# --- before and after the body ---------------------------------------------------------------------------------------


def call_before(watched: Watch) -> None:
    """Call back, since the body is about to run."""
    if watched.before is not None:
        watched.before(watched.name)


def call_loaded(watched: Watch) -> None:
    """Call back, since the body has run to its end; track a lazy module, whose body has not."""
    module = sys.modules.get(watched.name)
    loaded = watched.loaded
    if module is None:
        return
    watched.meet(module)
    if loaded is None:
        return
    spec = read(module, "__spec__")
    if is_lazy(module) and not is_waking(spec):  # what has run is LazyLoader, not the body
        track_lazy(spec, watched)
        return
    undo = bind_to_parent(watched.name, module)
    try:
        loaded(watched.name, module)
    except BaseException:
        undo()
        raise


def track_lazy(spec: Any, watched: Watch | None) -> None:
    """Call back after a `LazyLoader` module has really executed, which is when somebody wakes it."""
    if watched is not None and not is_waking(spec) and not is_substitute_for(spec.loader, watched):
        spec.loader = substitute_for(spec, watched)


lazy_imports.make(globals())
