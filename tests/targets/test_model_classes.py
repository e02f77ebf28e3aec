"""The ways that docs/targets.md, Models, names for pydantic, attrs and dataclasses are in effect, and undone."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.warm

DOCUMENT = (Path(__file__).parents[2] / "docs" / "targets.md").read_text("utf-8")
SECTION = DOCUMENT.partition("## Models\n")[2].partition("\n## ")[0]
IN_PLACE, INIT, REBUILT = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)

MODELS = """
import attr, dataclasses
from pydantic import BaseModel, Field, field_serializer, field_validator, model_serializer, model_validator, TypeAdapter
from pydantic.dataclasses import dataclass
def some(): return ["old"]
class Order(BaseModel):
    count: int = 0
    names: list = Field(default_factory=some)
    @field_validator("count")
    @classmethod
    def check_count(cls, value): return value
    @model_validator(mode="before")
    @classmethod
    def before(cls, data): return data
    @model_validator(mode="after")
    def after(self): return self
    @field_serializer("count")
    def write_count(self, value): return value
    @model_serializer(mode="wrap")
    def write(self, handler): return handler(self)
class Gift(Order): pass
class Basket(BaseModel):
    order: Order
ADAPTER = TypeAdapter(list[Order])
@dataclasses.dataclass
class Options:
    timeout: int = 0
    names: list = dataclasses.field(default_factory=some)
@dataclasses.dataclass
class MoreOptions(Options):
    more: int = 0
@dataclass
class Checked:
    count: int = 0
@attr.define
class Shape:
    side: int = attr.field(default=1)
    area: int = attr.field()
    @side.validator
    def check_side(self, attribute, value): pass
    @area.default
    def make_area(self): return 1
@attr.define
class Cube(Shape):
    more: int = 0
"""

START = """
import sys
import backportkit
from backportkit import register
from package import models
def all_orders(**data):
    "Make an order in each way that there is."
    yield models.Order(**data)
    yield models.Gift(**data)
    yield models.Order.model_validate(data)
    yield models.Basket(order=data).order
def seen(make):
    try: return make()
    except ValueError: return "refused"
def shown(make):
    "Show what is there with the patch, what is there without, and that the very patch is applied."
    backportkit.apply_all()
    states = {str(one.state) for one in backportkit.status() if one.provider == "__main__"}
    print(states, seen(make))
    backportkit.unpatch_all()
    print(seen(make))
FIELDS = dict(requires="package<3", summary="s")
"""


@pytest.fixture
def models(world):
    """A world with models of three libraries."""
    world.distribution("package", "2.2")
    world.write("package/__init__.py", "")
    world.write("package/models.py", MODELS)
    return world


@pytest.mark.parametrize(
    "make",
    [
        "models.Order(count=0)",
        "models.Gift(count=0)",
        "models.Basket(order={'count': 0}).order",
        "models.ADAPTER.validate_python([{'count': 0}])[0]",
    ],
)
def test_validator_changed_in_place_is_in_effect_wherever_it_was_taken(models, make):
    """The first example reaches the model, subclasses, models that hold it and adapters, which are not rebuilt."""
    said = models.run(START + IN_PLACE + f"shown(lambda: {make}.count)")
    assert said == ["{'applied'} refused", "0"]


@pytest.mark.parametrize("target", ["Order.before", "Order.write_count", "Order.write"])
def test_other_validators_and_serializers_are_changed_in_place(models, target):
    """The validators that pydantic has taken follow, in subclasses and models that hold the model, too."""
    script = """
def before(cls, data): return {"count": 5}
def write_count(self, value): return 5
def write(self, handler): return {"count": 5}
"""
    script += f"""
register(FIELDS | dict(id="taken", target="package.models:{target}", how="in_place", replacement={target[6:]}))
shown(lambda: [one.model_dump()["count"] for one in all_orders(count=1)])
"""
    assert models.run(START + script) == ["{'applied'} [5, 5, 5, 5]", "[1, 1, 1, 1]"]


def test_model_validator_of_an_instance_is_changed_in_place(models):
    """One that runs after the others, as a method of the instance."""
    script = """
def after(self):
    self.__dict__["count"] = 5
    return self
register(FIELDS | dict(id="after", target="package.models:Order.after", how="in_place", replacement=after))
shown(lambda: [one.count for one in all_orders()])
"""
    assert models.run(START + script) == ["{'applied'} [5, 5, 5, 5]", "[0, 0, 0, 0]"]


def test_function_that_makes_a_default_is_changed_in_place(models):
    """A default factory is held by the fields of all three libraries."""
    script = """
def some(): return ["new"]
def make_area(self): return 9
makers = [("package.models:some", some), ("package.models:Shape.make_area", make_area)]
edits = [dict(target=target, how="in_place", replacement=made) for target, made in makers]
register(FIELDS | dict(id="makers", edits=edits))
shown(lambda: [models.Gift().names, models.MoreOptions().names, models.Shape().area, models.Cube().area])
"""
    assert models.run(START + script) == [
        "{'applied'} [['new'], ['new'], 9, 9]",
        "[['old'], ['old'], 1, 1]",
    ]


@pytest.mark.parametrize(
    "make", ["models.Shape(side=-1)", "models.Cube(side=-1)", "setattr(models.Cube(), 'side', -1)"]
)
def test_validator_of_attrs_is_changed_in_place(models, make):
    """It is asked by __init__ and by assignments, of subclasses, too."""
    script = f"""
def check_side(self, attribute, value):
    if value < 0: raise ValueError("no side")
register(FIELDS | dict(id="side", target="package.models:Shape.check_side", how="in_place", replacement=check_side))
shown(lambda: {make} and None)
"""
    assert models.run(START + script) == ["{'applied'} refused", "None"]


def test_default_of_a_dataclass_is_changed_by_its_init(models):
    """The second example: the edits of the class and of the subclass, each of which has an __init__."""
    script = "shown(lambda: [models.Options().timeout, models.MoreOptions().timeout, models.Options(3).timeout])"
    assert models.run(START + INIT + script) == ["{'applied'} [10, 10, 3]", "[0, 0, 3]"]


def test_default_of_an_attrs_class_is_changed_by_its_init(models):
    """As with dataclasses, the subclass has its own."""
    script = """
def wide(original):
    def __init__(self, side=7, *args, **kwargs): original(self, side, *args, **kwargs)
    return __init__
edits = [dict(target=f"package.models:{name}.__init__", how="wrap", replacement=wide) for name in ("Shape", "Cube")]
register(FIELDS | dict(id="side", edits=edits))
shown(lambda: [models.Shape().side, models.Cube().side, models.Shape(3).side])
"""
    assert models.run(START + script) == ["{'applied'} [7, 7, 3]", "[1, 1, 3]"]


def test_default_of_a_model_is_changed_with_callbacks_that_rebuild_it(models):
    """The third example is in effect in the model, its subclass and the model that holds it, and is undone."""
    said = models.run(START + REBUILT + "shown(lambda: [one.count for one in all_orders()])")
    assert said == ["{'applied'} [1, 1, 1, 1]", "[0, 0, 0, 0]"]


@pytest.mark.parametrize("number", range(4))
def test_configuration_of_a_model_is_changed_with_callbacks_that_rebuild_it(models, number):
    """The same example, for each way to make an order."""
    make = ["Order(no=1)", "Gift(no=1)", "Order.model_validate({'no': 1})", "Basket(order={'no': 1})"][number]
    said = models.run(START + REBUILT + f"shown(lambda: models.{make} and 'taken')")
    assert said == ["{'applied'} refused", "taken"]


def test_field_is_given_a_validator_that_it_had_not(models):
    """The same example, with one more validator in the metadata of the field instead of another default."""
    more = REBUILT.replace("changed.default = 1", "changed.metadata = [*field.metadata, CHECK]")
    check = "from pydantic import AfterValidator\nCHECK = AfterValidator(lambda value: value + 100)\n"
    made = "models.Order(count=1), models.Gift(count=1), models.Basket(order={'count': 1}).order"
    said = models.run(START + check + more + f"shown(lambda: [one.count for one in ({made})])")
    assert said == ["{'applied'} [101, 101, 101]", "[1, 1, 1]"]


def test_subclass_that_was_made_while_the_patch_was_in_keeps_what_it_copied(models):
    """As the text says: pydantic copies the fields of the class above."""
    script = """
backportkit.apply_all()
class Late(models.Order): pass
backportkit.unpatch_all()
print(models.Order().count, Late().count)
"""
    assert models.run(START + REBUILT + script) == ["0 1"]


def test_wrapped_init_of_a_model_is_passed_by(models):
    """The reason why it is not the way: who validates does not call it."""
    script = """
def one(original):
    def __init__(self, **data): original(self, **({"count": 1} | data))
    return __init__
register(FIELDS | dict(id="one", target="package.models:Order.__init__", how="wrap", replacement=one))
shown(lambda: [one.count for one in all_orders()])
"""
    assert models.run(START + script) == ["{'applied'} [1, 1, 0, 0]", "[0, 0, 0, 0]"]


def test_model_is_given_a_hook_that_it_had_not(models):
    """`model_post_init` with the name of it, in the model and its subclass, and callbacks that rebuild them."""
    script = """
def model_post_init(self, context): self.__dict__["count"] = 5
def again(module):
    for model in (module.Order, module.Gift, module.Basket): model.model_rebuild(force=True)
names = ["package.models:Order.__pydantic_post_init__", "package.models:Gift.__pydantic_post_init__"]
named = [dict(target=name, value="model_post_init") for name in names]
edits = [dict(target="package.models:Order.model_post_init", replacement=model_post_init), *named]
register(FIELDS | dict(id="post", edits=edits, callbacks=dict(after_apply=again, after_undo=again)))
shown(lambda: [one.count for one in all_orders()])
"""
    assert models.run(START + script) == ["{'applied'} [5, 5, 5, 5]", "[0, 0, 0, 0]"]


def test_default_of_a_dataclass_of_pydantic_is_changed_with_callbacks_that_rebuild_it(models):
    """Its fields are edited, and an adapter made later has the default, too."""
    script = """
import copy
from pydantic import TypeAdapter
from pydantic.dataclasses import rebuild_dataclass
def one(field):
    changed = copy.copy(field)
    changed.default = 1
    return changed
def again(module): rebuild_dataclass(module.Checked, force=True)
target = "package.models:Checked.__dataclass_fields__['count']"
callbacks = dict(after_apply=again, after_undo=again)
register(FIELDS | dict(id="count", target=target, how="wrap", replacement=one, callbacks=callbacks))
shown(lambda: [models.Checked().count, TypeAdapter(models.Checked).validate_python({}).count])
"""
    assert models.run(START + script) == ["{'applied'} [1, 1]", "[0, 0]"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="pydantic.v1 does not run there")
def test_models_of_pydantic_1_follow_too(models):
    """A validator in place, and a default by __init__, which models within models go through."""
    models.write(
        "package/models.py",
        """
from pydantic.v1 import BaseModel, validator
class Order(BaseModel):
    count: int = 0
    name: str = "old"
    @validator("count", always=True)
    def check_count(cls, value): return value
    model_validate = classmethod(lambda cls, data: cls.parse_obj(data))
class Gift(Order): pass
class Basket(BaseModel):
    order: Order
""",
    )
    script = """
def check_count(cls, value): return value + 5
def named(original):
    def __init__(self, **data): original(self, **({"name": "new"} | data))
    return __init__
register(FIELDS | dict(id="count", target="package.models:Order.check_count", how="in_place", replacement=check_count))
register(FIELDS | dict(id="name", target="package.models:Order.__init__", how="wrap", replacement=named))
shown(lambda: {(one.count, one.name) for one in all_orders()})
"""
    assert models.run(START + script) == ["{'applied'} {(5, 'new')}", "{(0, 'old')}"]
