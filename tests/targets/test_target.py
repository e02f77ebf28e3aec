"""Finding the place of a target, and refusing what cannot be changed to any effect."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from backportkit.layers import resolve
from backportkit.layers.place import MISSING, TargetNotFound, TargetRefused, describe

BODY = """
import abc, dataclasses, enum
from types import MappingProxyType
def function(): pass
class Meta(type):
    @property
    def shadowed(cls): return 1
    def of_metaclass(cls): return 2
class Base(metaclass=Meta):
    def method(self): pass
class C(Base):
    shadowed = 0
    @property
    def prop(self): return 1
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Data:
    field: int = 1
    late: int = dataclasses.field(default=2, init=False)
class Mode(abc.ABC):
    @classmethod
    def __subclasshook__(cls, other): return False
table = {"a": 1}
fixed = MappingProxyType({"a": 1})
numbers = [1]
"""


@pytest.fixture
def module(monkeypatch):
    made = ModuleType("victim")
    monkeypatch.setitem(sys.modules, "victim", made)
    exec(BODY, vars(made))  # noqa: S102
    return made


def find(module, path, *items):
    return resolve.find(module, [*path.split("."), *((item,) for item in items)])[0]


def test_attribute_of_a_class_is_read_raw_and_an_inherited_one_is_not_its_own(module):
    place = find(module, "C.method")
    assert place.read() is MISSING
    assert place.look_up() is vars(module.Base)["method"]
    assert repr(MISSING) == "MISSING"


def test_part_of_a_property_is_told_apart(module):
    place, part = resolve.find(module, ["C", "prop", "fset"])
    assert (place.name, part, place.read()) == ("prop", "fset", vars(module.C)["prop"])


def test_a_name_that_is_missing_is_no_error_of_find_and_its_error_suggests_the_nearest(module):
    place = find(module, "C.methud")
    assert place.look_up() is MISSING
    assert str(resolve.missing(place)) == "class victim.C has no 'methud' (there is 'method')"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Cs.method", "module victim has no 'Cs'"),
        ("C.Nested.method", "class victim.C has no 'Nested'"),
    ],
)
def test_a_class_that_is_missing_on_the_way_is_named(module, path, said):
    with pytest.raises(TargetNotFound) as caught:
        find(module, path)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("path", "items", "said"),
    [
        ("function.attribute", [], "it is no class: function"),
        ("fixed", ["a"], "it is no mapping that can be changed: mappingproxy"),
        ("numbers", [0, 0], "it is no mapping that can be changed: int"),
        ("C.shadowed", [], "its metaclass Meta has a data descriptor called 'shadowed'"),
        ("C.__name__", [], "its metaclass Meta has a data descriptor called '__name__'"),
        ("Colour.RED", [], "'RED' is a member of the enumeration"),
        ("Data.field", [], "the default of the dataclass field 'field' is compiled into __init__"),
    ],
)
def test_what_cannot_be_changed_to_any_effect_is_refused(module, path, items, said):
    with pytest.raises(TargetRefused) as caught:
        find(module, path, *items)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "path"), [("builtins", "str.upper"), ("array", "array.append"), ("_io", "BytesIO.read")]
)
def test_built_in_and_extension_types_are_refused_before_anything_is_changed(name, path):
    with pytest.raises(TargetRefused, match="Python does not let it change"):
        find(__import__(name), path)


def test_what_a_dataclass_does_not_set_in_init_can_be_changed(module):
    place = find(module, "Data.late")
    place.write(3)
    assert module.Data().late == 3


def test_name_that_only_a_module_level_getattr_provides_is_missing_with_the_reason(module):
    def provide(name):
        raise AssertionError(name)  # nobody may ask

    vars(module)["__getattr__"] = provide
    assert "__getattr__ (PEP 562) may provide the name" in str(resolve.missing(find(module, "zzz")))


def test_name_that_the_class_of_a_module_provides_is_missing_with_the_reason():
    class Own(ModuleType):
        @property
        def provided(self):
            raise AssertionError

    assert "its class" in str(resolve.missing(find(Own("victim"), "provided")))


def test_name_that_only_the_metaclass_has_is_missing_with_the_reason(module):
    assert "its metaclass victim.Meta has it" in str(resolve.missing(find(module, "C.of_metaclass")))


def test_item_of_a_mapping_is_read_written_and_deleted(module):
    place = find(module, "table", "b")
    assert (place.read(), place.owned_by) == (MISSING, "mapping 'table' of module victim")
    place.put(2)
    assert (place.read(), list(place.names())) == (2, ["a", "b"])
    place.put(MISSING)
    place.put(MISSING)
    assert module.table == {"a": 1}
    assert str(resolve.missing(find(module, "table", "c"))).endswith("mapping 'table' of module victim has no 'c'")


def test_mapping_that_is_missing_is_named(module):
    with pytest.raises(TargetNotFound, match="there is 'table'"):
        find(module, "tabel", "a")


def test_thing_in_sys_modules_without_a_dictionary_is_refused():
    with pytest.raises(TargetRefused, match="no module but a int"):
        find(5, "x").read()


def test_module_may_be_an_object_of_any_class():
    stand_in = SimpleNamespace(x=1)
    find(stand_in, "x").write(2)
    assert stand_in.x == 2
    assert "namespace(x=2)" in describe(stand_in)


def test_module_is_not_kept_alive_by_a_place():
    module = ModuleType("victim")
    place = find(module, "x")
    del module
    assert place.owner is None


def test_answers_of_isinstance_are_forgotten_when_the_hook_of_an_abstract_class_changes(module):
    assert not isinstance(1, module.Mode)
    place = find(module, "Mode.__subclasshook__")
    original = place.read()
    place.write(classmethod(lambda cls, other: True))
    assert isinstance(1, module.Mode)
    place.write(original)
    assert not isinstance(1, module.Mode)
    assert sys.modules["abc"].ABCMeta.__instancecheck__(module.Mode, 1) is False


def test_error_for_a_name_that_is_like_no_other_gives_no_hint(module):
    assert str(resolve.missing(find(module, "zzz"))) == "module victim has no 'zzz'"
    assert str(resolve.missing(find(module, "table", "zzz"))) == "mapping 'table' of module victim has no 'zzz'"


def test_class_and_its_subclasses_count_anew_which_abstract_methods_they_lack(module):
    code = "class Abstract(abc.ABC):\n    @abc.abstractmethod\n    def go(self): ...\nclass Sub(Abstract): pass\n"
    exec(code, vars(module))  # noqa: S102
    place = find(module, "Abstract.go")
    original = place.read()
    place.write(lambda self: 1)
    assert (module.Abstract().go(), module.Sub().go()) == (1, 1)
    place.write(original)
    for cls in (module.Abstract, module.Sub):
        with pytest.raises(TypeError, match="abstract"):
            cls()
    added = find(module, "Sub.go")
    added.write(lambda self: 2)
    assert module.Sub().go() == 2
    added.delete()
    with pytest.raises(TypeError, match="abstract"):
        module.Sub()
