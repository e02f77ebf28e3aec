"""Copies of a replaced object are bound wherever they were made, and no holder of a copy breaks an import."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

DECLARE = """
import sys, backportkit
from backportkit import backport

def declare(target, **fields):
    id = target.replace(":", "-").replace(".", "-").lower()
    return backport(target, id=id, requires="python<4", summary="It breaks.", **fields)

def status(id):
    return {status.id: status for status in backportkit.status()}[id]

def handle(*args):
    return "new"
"""
PATCH = DECLARE + 'declare("plugin:handle")(handle)\n'
# --- whatever a copy stands in, or beside ---

REFUSE = """
import sys
from types import ModuleType

def refuse(*args, **kwargs):
    raise ERROR("no")
"""
FUNCTIONS = """
def handle(): return "old"
def other(): return "old"
"""
SHOW = """
def show():
    for plugin, user in modules():
        states = {str(status(f"{plugin.__name__}-{name}").state) for name in ("handle", "other")}
        print(plugin.handle(), plugin.other(), user.handle(), user.other(), *states)
"""
TABLES = "".join(
    f"""
class Table{number}(dict):
    {method} = refuse

TABLE{number} = Table{number}(a=1, handle=handle)
"""
    for number, method in enumerate(["__setitem__", "__getitem__", "__contains__"])
)
STRICT = """
class Strict(type):
    __setattr__ = __getattribute__ = __eq__ = __hash__ = __bool__ = __repr__ = __iter__ = refuse
    __instancecheck__ = __subclasscheck__ = __contains__ = refuse

class Registered(metaclass=Strict):
    held = handle

space = {"handle": handle}
exec("Nowhere = type('Nowhere', (), {'held': handle})", space)
Nowhere = space["Nowhere"]
"""
KEYS = """
class Key:
    def __init__(self, name): self.name = name
    def __hash__(self): return refuse() if armed else hash(self.name)
    __eq__ = __ne__ = __repr__ = refuse

class Text(str):
    def __hash__(self): return refuse() if armed else str.__hash__(self)
    __eq__ = __ne__ = __repr__ = __str__ = __format__ = refuse

armed = False
BY_KEY = {Key(5): handle, Text("text"): handle, "plain": handle}
globals()[Text("__text__")] = [BY_KEY]
sys.modules[Text(__name__ + "-text")] = sys
sys.modules[Key(__name__ + "-key")] = sys.modules[len(__name__), __name__] = ModuleType("seven")
sys.modules[len(__name__), __name__].copy = handle
armed = True
"""
MODULES = """
class Raising(ModuleType):
    __dict__ = property(refuse)
    __getattr__ = __getattribute__ = __eq__ = __hash__ = __bool__ = __repr__ = __iter__ = __dir__ = refuse

class Nothing:
    __dict__ = __class__ = property(refuse)
    __getattr__ = __getattribute__ = __eq__ = __hash__ = __bool__ = __repr__ = refuse

class Numbers:
    __dict__ = 5

sys.modules["raising"] = Raising("raising")
ModuleType.__dict__["__dict__"].__get__(sys.modules["raising"])["copy"] = handle
sys.modules["nothing"] = Nothing()
sys.modules["numbers_only"] = Numbers()
sys.modules["unmade"] = ModuleType.__new__(ModuleType)
sys.modules["number"] = 5
"""
ERRORS = ["RuntimeError", "AttributeError", "TypeError", "KeyError", "RecursionError"]
ODD = {"mappings": TABLES, "metaclass": STRICT, "keys": KEYS, "modules": MODULES}


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("odd", ODD)
def test_objects_that_raise_cost_nobody_the_import_or_the_patch(world, odd, is_late):
    """Objects that raise when they are read or assigned to do not keep the other copies from being bound and back."""
    for number, error in enumerate(ERRORS):
        world.write(f"plugin{number}.py", REFUSE.replace("ERROR", error) + FUNCTIONS + ODD[odd])
        world.write(f"user{number}.py", f"from plugin{number} import handle, other\n")
    script = f"""
    from importlib import import_module
    for number in range({len(ERRORS)}):
        declare(f"plugin{{number}}:handle")(handle)
        declare(f"plugin{{number}}:other")(handle)
    def modules():
        return [(import_module(f"plugin{{n}}"), import_module(f"user{{n}}")) for n in range({len(ERRORS)})]
    {"modules()" if is_late else ""}
    for function in (backportkit.apply_all, backportkit.unpatch_all, backportkit.apply_all):
        function()
        show()
    """
    done = world.start(DECLARE + SHOW + textwrap.dedent(script))
    wanted = ["new new new new applied", "old old old old reverted", "new new new new applied"]
    assert (done.returncode, done.stdout.splitlines()) == (0, [each for each in wanted for _ in ERRORS]), done.stderr


FROZEN = """
class Frozen(dict):
    def __setitem__(self, key, value):
        raise RuntimeError("this registry is frozen")
class Careless(dict):
    def __setitem__(self, key, value):
        dict.__setitem__(self, key, value)
        raise RuntimeError("it was set, though")
class Deaf(dict):
    def __setitem__(self, key, value): pass
def handle(): return "old"
FROZEN, CARELESS, DEAF = Frozen(f=handle), Careless(f=handle), Deaf(f=handle)
"""


def test_what_raised_is_logged_once_and_only_copies_in_effect_are_listed(world):
    """A frozen and a deaf registry keep the original and are no copies; one that raises afterwards has the new one."""
    world.write("plugin.py", FROZEN)
    script = """
    import logging, plugin
    records = []
    class Handler(logging.Handler):
        def emit(self, record): records.append(record.getMessage())
    logging.getLogger("backportkit").addHandler(Handler())
    for _ in range(2):
        backportkit.apply_all()
        print(plugin.FROZEN["f"](), plugin.DEAF["f"](), plugin.CARELESS["f"](), status("plugin-handle").copies)
        backportkit.unpatch_all()
        print(plugin.FROZEN["f"](), plugin.DEAF["f"](), plugin.CARELESS["f"](), status("plugin-handle").copies)
    print(*records, sep="\\n")
    """
    assert world.run(PATCH + textwrap.dedent(script)) == [
        *["old old new (\"plugin:CARELESS['f']\",)", "old old old ()"] * 2,
        "copies are left as they are: plugin:FROZEN['f'] raised RuntimeError('this registry is frozen')",
        "copies are left as they are: plugin:CARELESS['f'] raised RuntimeError('it was set, though')",
    ]


def test_interrupt_is_not_contained(world):
    """A KeyboardInterrupt in a registry reaches the caller."""
    world.write("plugin.py", FROZEN.replace("RuntimeError", "KeyboardInterrupt"))
    script = """
    import plugin
    try:
        backportkit.apply_all()
    except KeyboardInterrupt as error:
        print(error)
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["this registry is frozen"]


def test_type_that_is_not_ready_is_passed_over(world):
    """`_socket.socket` has no dictionary before `socket` is imported, on Python 3.10 and 3.11."""
    world.write(
        "plugin.py", "import _socket\nfrom _socket import socket\ndef handle(): return 'old'\nTABLE = [handle]\n"
    )
    script = """
    backportkit.apply_all()
    import plugin
    print(plugin.handle())
    backportkit.out_of_reach("plugin-handle")
    backportkit.unpatch_all()
    print(plugin.handle())
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["new", "old"]


# --- wherever and whenever they were made ---

REGISTRY = """
HANDLERS = {}
LIST = []
class Held:
    pass
class Base:
    TABLE = {}
    def __init_subclass__(cls):
        Base.TABLE[cls.__name__] = vars(cls)["run"]
class Register:
    NAMES = {}
    def __init__(self, function): self.function = function
    def __set_name__(self, owner, name):
        Register.NAMES[name] = self.function
        setattr(owner, name, self.function)
def register(function):
    HANDLERS[function.__name__] = function
    return function
"""
PLUGIN = """
import registry
from registry import register

def handle(*args): return "old"
registry.HANDLERS["kind"] = registry.handle = registry.Held.handle = handle

class Late(registry.Base):
    def run(self): return "old"

class Named:
    @registry.Register
    def named(self): return "old"

class Kinds:
    @staticmethod
    @register
    def static(*args): return "old"
    @classmethod
    @register
    def of_class(cls): return "old"
    @property
    @register
    def read(self): return "old"
"""
TARGETS = ["plugin:handle", "plugin:Late.run", "plugin:Named.named", "plugin:Kinds.of_class", "plugin:Kinds.read"]
LOOK = """
def look():
    found = [registry.HANDLERS["kind"], registry.handle, registry.Held.handle, registry.Base.TABLE["Late"]]
    found += [registry.Register.NAMES["named"], *map(registry.HANDLERS.get, ("static", "of_class", "read"))]
    print(*(each(None) for each in found))
"""


@pytest.mark.parametrize(
    "before", ["", "del sys.getrefcount", "sys.getrefcount = lambda value: 7", "sys._is_gil_enabled = lambda: False"]
)
def test_copies_in_a_module_that_is_older_than_the_target_are_bound_at_import(world, before):
    """A registry that was there before the plugin has the replacement, also on a Python that counts no references."""
    world.write("registry.py", REGISTRY)
    world.write("plugin.py", PLUGIN)
    script = f"""
    for target in {TARGETS}:
        declare(target)(handle)
    @declare("plugin:Kinds.static")
    @staticmethod
    def static(*args): return "new"
    backportkit.apply_all()
    {before}
    import registry, plugin
    look()
    print(*status("plugin-handle").copies)
    backportkit.unpatch_all()
    look()
    """
    assert world.run(DECLARE + LOOK + textwrap.dedent(script)) == [
        " ".join(["new"] * 8),
        "registry:HANDLERS['kind'] registry:handle registry:Held.handle",
        " ".join(["old"] * 8),
    ]


# --- which, and how they are listed ---


def test_copies_of_a_second_name_of_the_target_follow_it(world):
    """After `g = f`, a copy of `g` gets the replacement of a patch of `g`, although the object calls itself `f`."""
    world.write("plugin.py", "def handle(): return 'old'\nsecond = handle\n")
    world.write("user.py", "from plugin import second\n")
    script = """
    declare("plugin:second")(handle)
    import plugin, user
    backportkit.apply_all()
    print(user.second(), *status("plugin-second").copies)
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new plugin:handle user:second"]


def test_default_of_a_dataclass_is_no_copy(world):
    """The default is compiled into `__init__`: to set the class attribute would have no effect, and it is named."""
    world.write("plugin.py", "def handle(): return 'old'\n")
    user = """
    from dataclasses import dataclass
    from typing import Any
    import plugin
    @dataclass
    class Options:
        hook: Any = plugin.handle
    """
    world.write("user.py", user)
    script = """
    import plugin, user
    backportkit.apply_all()
    print(user.Options.hook(), user.Options().hook(), status("plugin-handle").copies)
    print([line for line in backportkit.out_of_reach("plugin-handle") if line.startswith("class attribute")])
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["old old ()", "['class attribute user:Options.hook']"]


def test_copy_of_a_wrap_is_listed_once_when_a_replacement_comes_beneath(world):
    """The wrap is made anew, and its copy bound again: that is the same copy."""
    world.write("plugin.py", "def handle(): return 'old'\n")
    world.write("user.py", "from plugin import handle\n")
    script = """
    import plugin, user
    @backport("plugin:handle", id="wrap", requires="python<4", summary="It breaks.", how="wrap")
    def wrap(original):
        return lambda: ["wrapped", original()]
    backportkit.apply_all()
    declare("plugin:handle")(handle)
    backportkit.apply_all()
    print(user.handle(), status("wrap").copies)
    user.handle = "theirs"
    print(status("wrap").copies)
    backportkit.unpatch_all()
    print(user.handle, plugin.handle())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == [
        "['wrapped', 'new'] ('user:handle',)",
        "()",
        "theirs old",
    ]


def test_function_with_a_name_of_its_own_is_not_taken_for_the_part_of_a_property(world):
    """`read = property(get)`: `get` is another target; what a decorator got of a setter follows the new one."""
    plugin = """
    kept = []
    def keep(function):
        kept.append(function)
        global setter
        setter = function
        return function
    class Kinds:
        def get(self): return "old"
        read = property(get)
        write = property(get)
        @write.setter
        @keep
        def write(self, value): self.value = "old"
    """
    world.write("plugin.py", plugin)
    script = """
    declare("plugin:Kinds.read")(handle)
    @declare("plugin:Kinds.write.fset")
    def write(self, value): self.value = "new"
    backportkit.apply_all()
    import plugin
    thing = plugin.Kinds()
    plugin.setter(thing, 1)
    print(thing.read, thing.get(), thing.write, thing.value)
    backportkit.unpatch_all()
    plugin.setter(thing, 1)
    print(thing.read, thing.get(), thing.write, thing.value)
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new old old new", "old old old old"]


def test_search_is_spared_where_nobody_else_has_what_was_replaced(world):
    """Functions, methods, descriptors and wraps that stand alone cost no look at any module."""
    plugin = """
    import contextlib, functools
    def handle(): return "old"
    def wrapped(): return "old"
    @functools.lru_cache
    def cached(): return "old"
    @contextlib.contextmanager
    def managed(): yield "old"
    class Kinds:
        def run(self): return "old"
        @property
        def read(self): return "old"
        @classmethod
        def make(cls): return "old"
        @staticmethod
        def wrapped(): return "old"
    """
    world.write("plugin.py", plugin)
    world.write("registry.py", "import plugin\n")
    script = """
    import functools
    from backportkit.layers import search
    def wrap(original):
        passing = 1
        @functools.wraps(original)
        def wrapper(): return original(), passing
        del passing
        return wrapper
    for name in ("handle", "cached", "managed", "Kinds.run", "Kinds.read", "Kinds.make"):
        declare(f"plugin:{name}", signature="change")(handle)
    for name in ("wrapped", "Kinds.wrapped"):
        declare(f"plugin:{name}", how="wrap")(wrap)
    backportkit.apply_all()
    looked = []
    through = search.Search.through
    search.Search.through = lambda self, modules: looked.append(self) or through(self, modules)
    import registry
    print(looked, registry.plugin.handle(), registry.plugin.Kinds.make())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["[] new new"]


def test_undo_searches_only_for_copies_that_nobody_has_noted(world):
    """An undo looks through no module if all copies were bound by us; a copy that was made since is found."""
    world.write("plugin.py", "def handle(): return 'old'\n")
    world.write("user.py", "from plugin import handle\nTABLE = {'handle': handle}\n")
    script = """
    from backportkit.layers import search
    looked = []
    through = search.Search.through
    search.Search.through = lambda self, modules: looked.append(self) or through(self, modules)
    import user
    def undo():
        backportkit.apply_all()
        looked.clear()
        if late:
            user.late = user.plugin.handle
        backportkit.unpatch_all()
        print(len(looked), user.handle(), user.TABLE["handle"](), user.late())
    import plugin
    user.plugin, user.late = plugin, lambda: "none"
    late = False
    undo()
    late = True
    undo()
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["0 old old none", "1 old old old"]


def test_items_under_numbers_are_targets_or_copies(world):
    """A copy under a number follows the patch of its function, but where a patch has put the function there itself."""
    world.write("plugin.py", "def handle(): return 'old'\nTABLE = {1: None, 2: handle}\n")
    script = """
    import plugin
    item = {"id": "item", "summary": "It breaks.", "requires": "python<4", "target": "plugin:TABLE[1]"}
    backportkit.register({**item, "replacement": "plugin:handle"})
    backportkit.apply_all()
    declare("plugin:handle")(handle)
    backportkit.apply_all()
    print(plugin.TABLE[1](), plugin.TABLE[2]())
    backportkit.unpatch_all()
    print(plugin.TABLE[1], plugin.TABLE[2]())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["old new", "None old"]


def test_constant_at_another_name_of_the_target_is_no_copy(world):
    """A copy follows a function that a patch of another name has put there, and no other object."""
    world.write("plugin.py", "def handle(): return 'old'\nother = handle\n")
    world.write("user.py", "from plugin import handle\nNUMBER = 5\n")
    script = """
    import plugin, user
    backportkit.register(
        {"id": "other", "summary": "It breaks.", "requires": "python<4", "target": "plugin:other", "value": 5}
    )
    declare("plugin:handle")(handle)
    backportkit.apply_all()
    print(plugin.handle(), plugin.other, user.handle(), user.NUMBER)
    backportkit.unpatch_all()
    print(plugin.handle(), plugin.other(), user.handle(), user.NUMBER)
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new 5 new 5", "old old old 5"]


def test_module_that_is_half_way_in_its_own_import_gets_the_replacement(world):
    """An older module that imports the target in its body, or that the target's body imports back, has no old copy."""
    world.write("older.py", "copies = {}\nimport plugin\nfrom plugin import handle\ncopies['later'] = handle\n")
    world.write("plugin.py", "def handle(): return 'old'\nimport older, newer\nolder.copies['body'] = handle\n")
    world.write("newer.py", "from plugin import handle\n")
    script = """
    declare("plugin:handle")(handle)
    backportkit.apply_all()
    import older, newer
    print(older.handle(), older.copies["later"](), older.copies["body"](), newer.handle())
    backportkit.unpatch_all()
    print(older.handle(), older.copies["later"](), older.copies["body"](), newer.handle())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new new new new", "old old old old"]


def test_several_targets_of_one_module_and_a_reload_bind_older_copies_each(world):
    """Two functions of one body, each in an older registry; after a reload the registry has the new body's, patched."""
    world.write("registry.py", "HANDLERS = {}\n")
    plugin = """
    import registry
    def handle(): return "old"
    def second(): return "old"
    def alone(): return "old"
    registry.HANDLERS["handle"] = handle
    registry.HANDLERS["second"] = second
    """
    world.write("plugin.py", plugin)
    script = """
    import importlib, registry
    for name in ("handle", "second", "alone"):
        declare(f"plugin:{name}")(handle)
    backportkit.apply_all()
    import plugin
    for _ in range(2):
        print(*(function() for function in registry.HANDLERS.values()), plugin.alone())
        importlib.reload(plugin)
    backportkit.unpatch_all()
    print(*(function() for function in registry.HANDLERS.values()), plugin.alone())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new new new", "new new new", "old old old"]


def test_function_of_main_is_bound_in_an_older_registry(world):
    """A program that patches itself at its end: what it has registered in an imported module is bound."""
    world.write("registry.py", "HANDLERS = {}\n")
    script = """
    import registry
    def target(): return "old"
    registry.HANDLERS["target"] = target
    backport("__main__:target", id="main", requires="python<4", summary="It breaks.")(handle)
    backportkit.apply_all()
    print(registry.HANDLERS["target"](), target())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new new"]


@pytest.mark.parametrize("line", ["import multiprocessing", "sys.modules['mine'] = sys.modules['__main__']"])
def test_module_of_the_replacement_is_spared_under_each_name(world, line):
    """A copy of the original that the replacement's own module keeps stays, also where the module has two names."""
    world.write("plugin.py", "def handle(): return 'old'\n")
    script = f"""
    {line}
    from plugin import handle as original
    declare("plugin:handle")(handle)
    backportkit.apply_all()
    import plugin
    print(plugin.handle(), original())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new old"]


def test_target_in_a_mapping_that_begins_to_raise_costs_nobody_the_import(world):
    """Copies are compared with what stands at the target: where that raises, too, they stay as they were bound."""
    plugin = """
    class Table(dict):
        is_broken = False
        def __contains__(self, key):
            if Table.is_broken:
                raise RuntimeError("broken")
            return dict.__contains__(self, key)
    class Breaking(dict):
        def __setitem__(self, key, value):
            dict.__setitem__(self, key, value)
            Table.is_broken = True
    TABLE = Table(key=lambda: "old")
    COPIES = Breaking(copy=TABLE["key"])
    """
    world.write("plugin.py", plugin)
    script = """
    backport("plugin:TABLE['key']", id="item", requires="python<4", summary="It breaks.")(handle)
    backportkit.apply_all()
    import plugin
    print(plugin.COPIES["copy"](), dict.get(plugin.TABLE, "key")())
    """
    done = world.start(DECLARE + textwrap.dedent(script))
    assert (done.returncode, done.stdout) == (0, "new new\n"), done.stderr


def test_module_in_which_the_original_says_to_live_may_raise(world):
    """The function names a module, and the object under that name in sys.modules raises: the copies are bound."""
    plugin = """
    import sys
    class Raising:
        __dict__ = property(lambda self: 1 / 0)
    sys.modules["raising"] = Raising()
    def handle(): return "old"
    handle.__module__ = "raising"
    """
    world.write("plugin.py", plugin)
    world.write("user.py", "from plugin import handle\n")
    script = """
    import plugin, user
    backportkit.apply_all()
    print(plugin.handle(), user.handle())
    """
    done = world.start(PATCH + textwrap.dedent(script))
    assert (done.returncode, done.stdout) == (0, "new new\n"), done.stderr


# --- several names of one object ---

ALIASED = """
class Number:
    def __add__(self, other): return "old"
    __radd__ = __add__
def f(): return "old"
g = h = f
"""
TWO_NAMES = """
import itertools
def show():
    import plugin, user
    one = plugin.Number()
    return [one + 1, 1 + one, user.Kept.add(one, 1), plugin.f(), plugin.g(), user.f(), user.g(), user.h(), user.third()]
def wrap(original):
    return lambda: f"G({original()})"
@backport("plugin:Number.__add__", id="p-add", requires="python<4", summary="s")
def add(self, other): return "ADD"
@backport("plugin:Number.__radd__", id="p-radd", requires="python<4", summary="s")
def radd(self, other): return "RADD"
@backport("plugin:f", id="p-f", requires="python<4", summary="s")
def new(): return "F"
backport("plugin:g", id="p-g", requires="python<4", summary="s", how="wrap")(wrap)
IDS = ["p-add", "p-radd", "p-f", "p-g"]
import plugin, user
"""


def test_patches_of_two_names_of_one_object_come_and_go_in_any_order(world):
    """Each name has a stack of its own, a copy elsewhere follows its name, and the very original is back at the end."""
    world.write("plugin.py", ALIASED)
    world.write("user.py", "from plugin import *\nthird = f\nclass Kept: add = Number.__add__\n")
    script = """
    original = plugin.f, vars(plugin.Number)["__add__"]
    for order in itertools.permutations(IDS):
        for id in order: backportkit.apply_all(only=id)
        assert show() == ["ADD", "RADD", "ADD", "F", "G(old)", "F", "G(old)", "F", "F"], (order, show())
        assert all(status(id).state == "applied" and "beneath" not in status(id).reason for id in IDS), order
        for id in reversed(order[1:3] + order[:1] + order[3:]): backportkit.unpatch(id)
        assert show() == ["old"] * 9, (order, show())
        assert (plugin.g, vars(plugin.Number)["__radd__"]) == original == (user.f, user.Kept.add)
    backportkit.apply_all()
    print(*(line for line in backportkit.out_of_reach("p-g") if "follows" in line), sep=", ")
    """
    expected = (
        "name plugin:h, which follows 'p-f', name user:h, which follows 'p-f', name user:third, which follows 'p-f'"
    )
    assert world.run(DECLARE + TWO_NAMES + textwrap.dedent(script)) == [expected]


def test_undo_of_one_name_leaves_the_other_patched(world):
    """A name that is a copy of one patch's target, and then another patch's target, keeps the other patch."""
    world.write("plugin.py", ALIASED)
    world.write("user.py", "from plugin import *\nthird = f\nclass Kept: add = Number.__add__\n")
    script = """
    for id in ("p-add", "p-radd", "p-f", "p-g"): backportkit.apply_all(only=id)
    backportkit.unpatch("p-f"); backportkit.unpatch("p-add")
    print(*show())
    """
    assert world.run(DECLARE + TWO_NAMES + textwrap.dedent(script)) == [
        "old RADD old old G(old) old G(old) old old",
    ]


def test_cached_function_that_was_copied_while_it_was_patched(world):
    """A copy of a cached function that was made while it was patched is the original after the undo."""
    world.write("plugin.py", "import functools\n@functools.lru_cache\ndef cached(): return 'old'\n")
    world.write("user.py", "from plugin import cached\n")
    script = """
    import plugin
    original = plugin.cached
    declare("plugin:cached")(lambda: "new")
    backportkit.apply_all()
    import user
    print(user.cached(), user.cached is plugin.cached)
    backportkit.unpatch_all()
    print(user.cached is original)
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new True", "True"]


def test_setter_that_the_new_property_lacks(world):
    """A copy of a function of a property has no successor where the new property has no such function."""
    world.write(
        "plugin.py",
        """
        class C:
            @property
            def size(self): return "old"
            @size.setter
            def size(self, value): pass
        """,
    )
    world.write("user.py", "from plugin import C\nset_size = C.size.fset\n")
    script = """
    import plugin, user
    original = user.set_size
    declare("plugin:C.size", signature="change")(property(handle))
    backportkit.apply_all()
    print(plugin.C().size, plugin.C.size.fset, user.set_size is original)
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new None True"]


def test_object_whose_class_answers_for_its_subclasses(world):
    """Copies of an object are bound although its metaclass raises in `__subclasscheck__`."""
    world.write(
        "plugin.py",
        """
        class Meta(type):
            def __subclasscheck__(cls, other): raise RuntimeError
        class Odd(metaclass=Meta):
            def __call__(self): return "old"
        handle = Odd()
        """,
    )
    world.write("user.py", "from plugin import handle\n")
    script = """
    import plugin, user
    declare("plugin:handle", signature="change")(handle)
    backportkit.apply_all()
    print(user.handle())
    """
    assert world.run(DECLARE + textwrap.dedent(script)) == ["new"]
