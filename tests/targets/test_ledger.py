"""Layers at one place: put in, taken out in any order, and other people's objects among them."""

from __future__ import annotations

import os
import threading
from types import FunctionType, ModuleType

import pytest

from backportkit.layers import resolve
from backportkit.layers.fit import BindingSite, Recipe
from backportkit.layers.journal import NotInstalled
from backportkit.layers.layer import NOTHING, Content, ForeignLayer, Layer, NotMade, Occupied
from backportkit.layers.ledger import Ledger
from backportkit.layers.place import MISSING, ModulePlace


@pytest.fixture
def module():
    made = ModuleType("victim")
    made.f = lambda: ["old"]
    made.g = lambda: ["other"]
    return made


@pytest.fixture
def ledger():
    return Ledger()


class Calling(Recipe):
    """Puts there what a call with the object beneath returns."""

    def __init__(self, make):
        super().__init__("replace", BindingSite(vars(ModuleType("victim")), None, "f"), make)

    makes_of_nothing = True

    def make(self, found):
        return self.replacement(found)


class Plain(Calling):
    """Puts the very object there that it is given."""

    def make(self, found):
        return self.replacement


def layer_of(key, place, recipe, supersedes=(), **fields):
    layer = Layer(Content(key, recipe, **fields), place)
    layer.supersedes = supersedes
    return layer


def put_in(ledger, layers):
    """Prepare and commit the layers as the engine does, but verify nothing."""
    changes = None
    while changes is None:
        changes = ledger.commit(ledger.prepare(layers))
    return changes


def take_out(ledger, layer):
    changes = None
    while changes is None:
        plan = ledger.prepare_removal(layer, {})
        changes = ledger.drop_if_gone(layer) if plan is None else ledger.commit(plan)
    return changes


def layer_at(place, make, id_="a", **fields):
    return layer_of((id_, place.name), place, Calling(make), **fields)


def replacing(module, name, value="new", id_="a", **fields):
    function = value if callable(value) else lambda: [value]
    return layer_of((id_, name), resolve.find(module, [name])[0], Plain(function), **fields)


def wrapping(module, name, id_, rank=0):
    place = resolve.find(module, [name])[0]
    return layer_at(place, lambda below: lambda: [id_, *below()], id_, claim=NOTHING, rank=(rank,))


def test_what_was_there_comes_back_as_the_very_object(ledger, module):
    before = dict(vars(module))
    layer = replacing(module, "f")
    (change,) = put_in(ledger, [layer])
    assert (module.f(), change.old, change.new) == (["new"], before["f"], module.f)
    (change,) = take_out(ledger, layer)
    assert (change.old(), change.new) == (["new"], before["f"])
    assert vars(module) == before
    assert list(vars(module)) == list(before)


def test_installing_the_same_layer_twice_changes_nothing(ledger, module):
    first, second = replacing(module, "f"), replacing(module, "f")
    put_in(ledger, [first])
    assert put_in(ledger, [second]) == []
    assert (first.installed, second.installed) == (True, False)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_wraps_stand_in_declared_order_above_what_replaces_whatever_came_first(ledger, module, order):
    original = module.f
    layers = [replacing(module, "f", id_="r"), wrapping(module, "f", "w1", 1), wrapping(module, "f", "w2", 2)]
    for number in order:
        put_in(ledger, [layers[number]])
    assert module.f() == ["w2", "w1", "new"]
    for number in order:
        take_out(ledger, layers[number])
    assert module.f is original


def test_second_layer_that_replaces_is_refused_and_nothing_of_its_batch_is_done(ledger, module):
    put_in(ledger, [replacing(module, "f")])
    before = dict(vars(module))
    with pytest.raises(Occupied) as caught:
        put_in(ledger, [replacing(module, "g", id_="b"), replacing(module, "f", id_="b")])
    assert caught.value.layer.key == ("a", "f")
    assert vars(module) == before


def test_two_layers_that_do_the_same_share_one_object_until_both_are_out(ledger, module):
    original, same = module.f, lambda: ["same"]
    first, second = (replacing(module, "f", same, id_, fixes="https://example.org/1") for id_ in "ab")
    put_in(ledger, [first])
    ours = module.f
    assert put_in(ledger, [second]) == []
    assert module.f is ours
    assert take_out(ledger, first) == []
    assert module.f is ours
    assert ledger.in_effect(second)
    take_out(ledger, second)
    assert module.f is original


def test_layer_that_supersedes_takes_the_place_of_another(ledger, module):
    original = module.f
    old, new = replacing(module, "f"), replacing(module, "f", "newer", "b", supersedes=["a"], rank=(1,))
    put_in(ledger, [old])
    put_in(ledger, [new])
    take_out(ledger, old)
    assert module.f() == ["newer"]
    take_out(ledger, new)
    assert module.f is original


def test_object_of_others_on_top_is_reported_and_left_and_once_it_is_gone_ours_comes_out(ledger, module):
    original = module.f
    layer = replacing(module, "f")
    put_in(ledger, [layer])
    ours, module.f = module.f, (theirs := lambda: "theirs")
    with pytest.raises(ForeignLayer) as caught:
        take_out(ledger, layer)
    assert caught.value.found is module.f is theirs
    assert not ledger.in_effect(layer)
    module.f = ours
    assert ledger.in_effect(layer)
    take_out(ledger, layer)
    assert module.f is original


def test_object_of_others_beneath_ours_is_kept(ledger, module):
    module.f = theirs = lambda: ["theirs"]
    layer = wrapping(module, "f", "w")
    put_in(ledger, [layer])
    assert module.f() == ["w", "theirs"]
    take_out(ledger, layer)
    assert module.f is theirs


def test_layer_above_the_object_of_others_comes_out_and_the_one_beneath_does_not(ledger, module):
    lower, upper = wrapping(module, "f", "lower", 1), wrapping(module, "f", "upper", 2)
    put_in(ledger, [lower])
    below = module.f
    module.f = theirs = lambda: ["theirs", *below()]
    put_in(ledger, [upper])
    assert module.f() == ["upper", "theirs", "lower", "old"]
    with pytest.raises(ForeignLayer):
        take_out(ledger, lower)
    take_out(ledger, upper)
    assert module.f is theirs


def test_layer_that_others_took_out_by_putting_back_the_original_is_gone(ledger, module):
    original = module.f
    lower, upper = wrapping(module, "f", "lower", 1), wrapping(module, "f", "upper", 2)
    put_in(ledger, [lower, upper])
    module.f = original
    assert not ledger.in_effect(lower)
    (change,) = take_out(ledger, lower)
    assert change.new is original
    take_out(ledger, upper)
    assert module.f is original
    put_in(ledger, [replacing(module, "f")])
    assert module.f() == ["new"]


@pytest.mark.parametrize("how", ["others put the original back", "the body runs anew", "the owner dies"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_layers_that_are_gone_lead_back_to_the_original_whichever_is_given_up_first(ledger, how, order):
    module = ModuleType("victim")
    module.f = original = lambda: ["old"]
    layers = [replacing(module, "f"), wrapping(module, "f", "w")]
    put_in(ledger, layers)
    if how == "others put the original back":
        module.f = original
    elif how == "the body runs anew":
        module.f = lambda: ["fresh"]
        ledger.forget(layers[0].place)
    del module
    changes = [change for number in order for change in take_out(ledger, layers[number])]
    assert changes[-1].new is original
    assert {change.new for change in changes} <= {original, layers[0].value}


def test_upper_layer_that_others_took_out_leaves_the_lower_one(ledger, module):
    lower, upper = wrapping(module, "f", "lower", 1), wrapping(module, "f", "upper", 2)
    put_in(ledger, [lower])
    ours = module.f
    put_in(ledger, [upper])
    module.f = ours
    assert ledger.in_effect(lower)
    take_out(ledger, upper)
    assert module.f is ours


def test_owner_that_does_not_keep_what_it_is_given_gets_everything_back(ledger, module):
    class Stubborn(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, [value])

    module.table = Stubborn(f=[1])
    original = module.table["f"]
    place = resolve.find(module, ["table", ("f",)])[0]
    item = layer_at(place, lambda found: [*found, 1])
    layers = [replacing(module, "f"), item, replacing(module, "g")]
    before = module.f
    with pytest.raises(NotInstalled):
        put_in(ledger, layers)
    assert module.f is before
    assert not any(layer.installed for layer in layers)
    assert original == [1]


def test_error_of_a_replacement_is_the_cause_of_ours_and_nothing_is_changed(ledger, module):
    before = dict(vars(module))
    place = resolve.find(module, ["g"])[0]
    with pytest.raises(NotMade) as caught:
        put_in(ledger, [replacing(module, "f"), layer_at(place, lambda found: 1 / 0)])
    assert type(caught.value.__cause__) is ZeroDivisionError
    assert vars(module) == before


def test_plan_whose_ground_has_shifted_is_not_committed(ledger, module):
    layer = replacing(module, "f")
    plan = ledger.prepare([layer])
    module.f = other = lambda: ["other"]
    assert ledger.commit(plan) is None
    assert (module.f, layer.installed) == (other, False)


def test_attribute_that_was_inherited_or_not_there_is_deleted_again(ledger, module):
    module.Base = type("Base", (), {"run": lambda self: "base"})
    module.C = type("C", (module.Base,), {})
    before = dict(vars(module.C))
    places = [resolve.find(module, ["C", name])[0] for name in ("run", "added")]
    layers = [layer_at(place, lambda found: lambda self: "new") for place in places]
    assert put_in(ledger, layers) == []
    assert (module.C().run(), module.C().added()) == ("new", "new")
    changes = [change for layer in layers for change in take_out(ledger, layer)]
    assert changes[0].new is vars(module.Base)["run"]
    assert changes[1].new is MISSING
    assert dict(vars(module.C)) == before


def test_layer_whose_owner_is_gone_is_forgotten(ledger):
    module = ModuleType("victim")
    module.f = original = lambda: 1
    layer = replacing(module, "f")
    put_in(ledger, [layer])
    del module
    assert not ledger.in_effect(layer)
    (change,) = take_out(ledger, layer)
    assert change.new is original
    assert not ledger.stacks


def test_owner_that_inherits_the_id_of_a_dead_one_inherits_no_layers(ledger, module):
    layer = replacing(module, "f")
    put_in(ledger, [layer])
    ledger.stacks = {id(ledger): ledger.stacks.pop(id(module))}
    heir = resolve.find(module, ["f"])[0]
    heir.owner_of, heir.key = (lambda: ledger), (id(ledger), heir.name)
    assert ledger.recorded(heir) == ()


def test_reload_leaves_a_new_original_and_no_layers(ledger, module):
    layers = [wrapping(module, "f", "w1"), wrapping(module, "f", "w2")]
    put_in(ledger, layers)
    ledger.forget(layers[0].place)
    assert all(map(ledger.in_effect, layers))
    module.f = fresh = lambda: ["fresh"]
    ledger.forget(layers[0].place)
    put_in(ledger, [wrapping(module, "f", "w1")])
    assert module.f() == ["w1", "fresh"]
    assert ledger.layers(layers[0].place)[0].previous is fresh


def test_two_threads_install_a_layer_once(ledger, module):
    barrier = threading.Barrier(4)
    layers = [wrapping(module, "f", "w") for _ in range(4)]

    def install(layer):
        barrier.wait()
        put_in(ledger, [layer])

    threads = [threading.Thread(target=install, args=[layer]) for layer in layers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert module.f() == ["w", "old"]
    assert sum(layer.installed for layer in layers) == 1


def test_calls_during_a_thousand_cycles_are_old_or_new_and_never_old_once_it_is_in(ledger, module):
    module.C = type("C", (), {"run": lambda self: "old"})
    seen, problems, done = set(), [], threading.Event()

    def call():
        while not done.is_set():
            try:
                seen.add((module.f()[0], module.C().run()))
            except Exception as error:  # noqa: BLE001 -- any exception is the failure  # pragma: no cover -- would be the failure
                problems.append(error)

    threads = [threading.Thread(target=call) for _ in range(2 * (os.cpu_count() or 1))]
    for thread in threads:
        thread.start()
    for _ in range(1000):
        place = resolve.find(module, ["C", "run"])[0]
        layers = [replacing(module, "f"), layer_at(place, lambda found: lambda self: "new")]
        put_in(ledger, layers)
        problems += [] if (module.f(), module.C().run()) == (["new"], "new") else ["old after install"]
        for layer in layers:
            take_out(ledger, layer)
        problems += [] if (module.f(), module.C().run()) == (["old"], "old") else ["new after remove"]
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert seen <= {(f, run) for f in ("old", "new") for run in ("old", "new")}


def test_what_is_installed_is_a_plain_function_and_nothing_of_ours(ledger, module):
    function = lambda: ["new"]  # noqa: E731
    put_in(ledger, [replacing(module, "f", function)])
    assert type(module.f) is FunctionType
    assert module.f is function


# --- other threads, which a look at the place or the making of an object lets in ---


class Busy(ModulePlace):
    """A place that another thread is busy with, as far as it can get, whenever it is looked at."""

    __slots__ = ("others",)

    def __init__(self, module, name):
        super().__init__(module, name)
        self.others = []

    def read(self):
        if self.others:
            other = threading.Thread(target=self.others.pop())
            other.start()
            other.join(0.2)
        return super().read()


def busy(module, id_, value):
    return layer_at(Busy(module, "f"), lambda found: lambda: [value], id_)


def standing_now(ledger, layer):
    """Wait until no other thread holds on to the ledger; return the layers that stand."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    return ledger.layers(layer.place)


def test_layer_that_is_taken_out_while_it_is_made_is_not_put_in(ledger, module):
    original = module.f

    def make(found):
        assert take_out(ledger, layer) == []
        return lambda: ["new"]

    layer = layer_at(resolve.find(module, ["f"])[0], make)
    other = replacing(module, "g")
    assert put_in(ledger, [layer, other]) == []
    assert (module.f is original, module.g(), layer.installed, other.installed) == (True, ["other"], False, False)


def test_layer_that_another_thread_puts_in_while_it_is_taken_out_is_recorded_or_not_there(ledger, module):
    original = module.f
    layer = busy(module, "a", "new")
    layer.place.others = [lambda: put_in(ledger, [layer])]
    take_out(ledger, layer)
    assert standing_now(ledger, layer) == (() if module.f is original else (layer,))


def test_layer_that_another_thread_replaces_while_it_is_taken_out_has_nothing_foreign_on_top(ledger, module):
    layer, other = busy(module, "a", "new"), busy(module, "b", "newer")
    put_in(ledger, [layer])
    layer.place.others = [lambda: (take_out(ledger, layer), put_in(ledger, [other]))]
    take_out(ledger, layer)
    assert standing_now(ledger, layer) == (other,)
    assert module.f() == ["newer"]


def test_layer_stays_in_effect_while_another_thread_puts_one_on_top_of_it(ledger, module):
    layer, other = busy(module, "a", "new"), wrapping(module, "f", "w")
    put_in(ledger, [layer])
    layer.place.others = [lambda: put_in(ledger, [other])]
    assert ledger.in_effect(layer)
    assert standing_now(ledger, layer) == (layer, other)
