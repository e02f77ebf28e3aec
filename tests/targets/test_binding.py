"""Fitting a function to its binding site."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import sys
from types import FunctionType, ModuleType

import pytest

from backportkit.layers import fit as fitting
from backportkit.layers.fit import BindingSite
from backportkit.layers.place import MISSING
from backportkit.source import callables, functions

SECRET = "own"  # noqa: S105 -- a global that two modules have


@pytest.fixture
def module(monkeypatch):
    made = ModuleType("victim")
    exec(  # noqa: S102
        "SECRET = 'target'\ndef f(x: int) -> str:\n    'Say old.'\n    return 'old'\n"
        "class Base:\n    def method(self): return ['base']\n"
        "class C(Base):\n    def method(self): return ['old']\n    __slots__ = ('slot',)\n",
        vars(made),
    )
    monkeypatch.setitem(sys.modules, "victim", made)
    return made


def fit(module, replacement, original, name="f", owner=None, **shape):
    return fitting.fit(replacement, original, BindingSite(vars(module), owner, name, **shape))


def test_function_gets_the_names_of_its_home_and_keeps_its_own_code(module):
    def g(x: int, *, y: str = "y") -> bool:
        return (x, y)

    g.mark = 1
    fitted = fit(module, g, module.f)
    assert type(fitted) is FunctionType
    assert (fitted.__module__, fitted.__name__, fitted.__qualname__) == ("victim", "f", "f")
    assert (fitted.__doc__, fitted.mark, fitted(1)) == ("Say old.", 1, (1, "y"))
    assert inspect.signature(fitted) == inspect.signature(g)
    assert fitted.__annotations__ == g.__annotations__
    assert fitted.__code__ is g.__code__
    assert inspect.getsourcefile(fitted) == __file__
    assert inspect.getsource(fitted) == inspect.getsource(g)


def test_docstring_of_the_replacement_comes_first(module):
    def g():
        """Mine."""

    assert fit(module, g, module.f).__doc__ == "Mine."


def test_function_without_a_python_original_keeps_its_docstring_empty(module):
    assert fit(module, lambda: 1, MISSING).__doc__ is None


def test_installed_function_and_instances_pickle_by_reference(module):
    module.f = fit(module, lambda: 1, module.f)
    module.C.method = fit(module, lambda self: 1, module.C.method, "method", module.C)
    for value in (module.f, module.C.method):
        assert pickle.loads(pickle.dumps(value)) is value  # noqa: S301
        assert copy.deepcopy(value) is value


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is of 3.12")
def test_type_parameters_are_kept(module):
    space = {}
    exec("def g[T](x: T) -> T: return x", space)  # noqa: S102
    assert fit(module, space["g"], module.f).__type_params__ == space["g"].__type_params__


def test_namespace_of_the_target_is_what_the_body_sees(module):
    def g():
        return SECRET

    assert fit(module, g, module.f)() == "own"
    assert fit(module, g, module.f, share_globals=True)() == "target"


def test_super_without_arguments_and_dunder_class_mean_the_target_class(module):
    class C:
        def method(self):
            return [__class__, *super().method()]

    module.C.method = fit(module, vars(C)["method"], module.C.method, "method", module.C)
    assert module.C().method() == [module.C, "base"]


def test_wrapper_runs_where_its_product_is_going_to_live(module):
    class C:
        def method(original):  # noqa: N805
            def wrapper(self):
                return [SECRET, *super().method(), *original(self)]

            return wrapper

    site = BindingSite(vars(module), module.C, "method", share_globals=True)
    wrapped = fitting.wrap(vars(C)["method"], module.C.method, site)
    assert wrapped(module.C()) == ["target", "base", "old"]
    assert wrapped.__qualname__ == "C.method"


def test_wrapper_may_be_a_static_method_or_any_callable(module):
    site = BindingSite(vars(module), None, "f")
    assert fitting.wrap(staticmethod(lambda original: lambda: original(1)), module.f, site)() == "old"
    assert isinstance(fitting.wrap(functools.partial(dict, a=1), [], site), dict)


@pytest.mark.parametrize("kind", [staticmethod, classmethod, property, functools.cached_property])
def test_plain_function_gets_the_descriptor_of_what_it_replaces(module, kind):
    fitted = fit(module, lambda *args: "new", kind(lambda *args: "old"), "x", module.C)
    assert type(fitted) is kind
    assert functions.function_of(fitted).__qualname__ == "C.x"
    assert callables.function_in(fitted)("anything") == "new"


@pytest.mark.parametrize("kind", [staticmethod, classmethod, property, functools.cached_property, functools.lru_cache])
def test_descriptor_is_rebuilt_around_moved_functions(module, kind):
    given = kind(lambda *args: "new")
    fitted = fit(module, given, module.f, "x", module.C)
    assert fitted is not given
    assert type(fitted) is type(given)
    assert functions.function_of(fitted).__qualname__ == "C.x"


def test_other_parts_of_a_property_stay(module):
    whole = property(lambda self: "get", lambda self, value: "set", lambda self: "del", "Mine.")
    parted = fit(module, lambda self, value: "new", whole, "x", module.C, part="fset")
    assert (parted.fget, parted.fdel, parted.fset(1, 2)) == (whole.fget, whole.fdel, "new")
    rebuilt = fit(module, whole, module.f, "x", module.C)
    assert (rebuilt.fget(1), rebuilt.fset(1, 2), rebuilt.fdel(1), rebuilt.__doc__) == ("get", "set", "del", "Mine.")
    assert callables.function_in(whole, "fdel") is whole.fdel


def test_cached_function_is_cached_again_with_the_same_parameters_and_nothing_in_it(module):
    original = functools.lru_cache(maxsize=7, typed=True)(lambda x: "old")
    original(1)
    fitted = fit(module, lambda x: "new", original)
    assert fitted.cache_parameters() == {"maxsize": 7, "typed": True}
    assert (fitted.cache_info().currsize, fitted(1)) == (0, "new")
    assert callables.function_in(original)(1) == "old"


def test_generic_function_keeps_its_implementations(module):
    original = functools.singledispatch(lambda x: "old")
    original.register(str, lambda x: "text")
    fitted = fit(module, lambda x: "new", original)
    assert (fitted(1), fitted("")) == ("new", "text")
    assert original(1) == "old"


def test_generic_method_keeps_its_implementations(module):
    original = functools.singledispatchmethod(lambda self, x: "old")
    original.register(str, lambda self, x: "text")
    fitted = fit(module, lambda self, x: "new", original, "x", module.C)
    module.C.x = fitted
    assert (module.C().x(1), module.C().x("")) == ("new", "text")


def test_generic_method_in_place_of_one_has_the_implementations_of_both(module):
    original, given = (functools.singledispatchmethod(lambda self, x, end=end: end) for end in ("old", "new"))
    original.register(str, lambda self, x: "old text")
    original.register(list, lambda self, x: "old list")
    given.register(list, lambda self, x: "new list")
    module.C.x = fit(module, given, original, "x", module.C)
    assert [module.C().x(one) for one in (1, "", [])] == ["new", "old text", "new list"]
    assert given.dispatcher.registry.keys() == {object, list}


def test_descriptor_is_told_its_name(module):
    told = []

    class Descriptor:
        def __set_name__(self, owner, name):
            told.append((owner, name))

    given = Descriptor()
    assert fit(module, given, MISSING, "x", module.C) is given
    assert told == [(module.C, "x")]


def test_hook_of_subclassing_that_is_new_becomes_a_class_method(module):
    assert isinstance(fit(module, lambda cls: 1, MISSING, "__init_subclass__", module.C), classmethod)


def test_plain_function_does_not_replace_a_slot(module):
    with pytest.raises(TypeError, match=r"C\.slot is a slot"):
        fit(module, lambda self: 1, vars(module.C)["slot"], "slot", module.C)


def test_item_of_a_mapping_keeps_its_own_name(module):
    def g():
        return SECRET

    assert fit(module, g, None, is_item=True) is g
    shared = fit(module, g, None, is_item=True, share_globals=True)
    assert (shared(), shared.__qualname__) == ("target", g.__qualname__)


def test_home_does_not_keep_its_class_alive(module):
    site = BindingSite(vars(module), type("Gone", (), {}), "x")
    import gc

    gc.collect()
    assert site.owner is None


def test_essence_is_equal_for_equal_code_that_sees_equal_globals(module):
    def make(body, space):
        exec(f"def f(x, y=1):\n{body}", space)  # noqa: S102
        return space["f"]

    body = "    'Doc.'\n    return helper(x), [helper(z) for z in y]"
    space = {"helper": len}
    first = make(body, space)
    assert callables.essence(first) == callables.essence(make("\n# a remark\n" + body.replace("Doc", "Other"), space))
    assert callables.essence(first) != callables.essence(make(body, {"helper": max}))
    assert callables.essence(first) != callables.essence(make(body.replace("x)", "y)"), space))
    assert callables.essence(first) != callables.essence(staticmethod(first))
    other = make(body, {"helper": max})
    assert callables.essence(first, share_globals=True) == callables.essence(other, share_globals=True)


def test_essence_of_a_closure_is_its_identity():
    def make(cell):
        return lambda: cell

    assert callables.essence(make(1)) != callables.essence(make(1))
    assert functions.code_of(make) is make.__code__
    assert functions.code_of(5) is None


def test_functions_take_alike_only_if_their_parameters_are_written_alike():
    def plain(a, b=1, *rest, c, d=2, **more): ...

    def other_defaults(a, b=None, *rest, c, d="", **more): ...

    def no_default(a, b, *rest, c, d=2, **more): ...

    def moved(b, a=1, *rest, c, d=2, **more): ...

    def keyword_default(a, b=1, *rest, c=0, d=2, **more): ...

    def no_rest(a, b=1, *, c, d=2, **more): ...

    def by_position(a, b=1, /, *rest, c, d=2, **more): ...

    def declared(a, b=1, *rest, c, d=2, **more): ...

    declared.__signature__ = None
    assert callables.takes_alike(plain, other_defaults)
    assert callables.takes_alike(staticmethod(plain), staticmethod(other_defaults))
    assert callables.takes_alike(classmethod(plain), classmethod(other_defaults))
    for other in (no_default, moved, keyword_default, no_rest, by_position, declared, print, staticmethod(plain)):
        assert not callables.takes_alike(plain, other)
        assert not callables.takes_alike(other, plain)
    assert not callables.takes_alike(staticmethod(print), staticmethod(print))
    assert not callables.takes_alike(declared, declared)


def test_properties_take_alike_if_all_their_functions_do():
    def get(self): ...

    def other(it): ...

    assert callables.takes_alike(property(get), property(get))
    assert callables.takes_alike(property(get, get), property(get, get))
    for value in (property(get, get), property(other), get):
        assert not callables.takes_alike(property(get), value)
