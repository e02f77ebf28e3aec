"""Layers at one place: put in, taken out in any order, and other people's objects among them."""

from __future__ import annotations

import os
import threading
from types import FunctionType, ModuleType

import pytest

from backportkit.layers import resolve
from backportkit.layers.ledger import NOTHING, ForeignLayer, Layer, Ledger, NotInstalled, Occupied
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


def replacing(module, name, value="new", id_="a", **fields):
    function = value if callable(value) else lambda: [value]
    place = resolve.find(module, [name])[0]
    return Layer((id_, name), place, lambda found: function, **fields)


def wrapping(module, name, id_, rank=0):
    place = resolve.find(module, [name])[0]
    return Layer((id_, name), place, lambda below: lambda: [id_, *below()], claim=NOTHING, rank=(rank,))


def test_what_was_there_comes_back_as_the_very_object(ledger, module):
    before = dict(vars(module))
    layer = replacing(module, "f")
    (change,) = ledger.install([layer])
    assert (module.f(), change.old, change.new) == (["new"], before["f"], module.f)
    (change,) = ledger.remove(layer)
    assert (change.old(), change.new) == (["new"], before["f"])
    assert vars(module) == before
    assert list(vars(module)) == list(before)


def test_installing_the_same_layer_twice_changes_nothing(ledger, module):
    first, second = replacing(module, "f"), replacing(module, "f")
    ledger.install([first])
    assert ledger.install([second]) == []
    assert (first.installed, second.installed) == (True, False)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_wraps_stand_in_declared_order_above_what_replaces_whatever_came_first(ledger, module, order):
    original = module.f
    layers = [replacing(module, "f", id_="r"), wrapping(module, "f", "w1", 1), wrapping(module, "f", "w2", 2)]
    for number in order:
        ledger.install([layers[number]])
    assert module.f() == ["w2", "w1", "new"]
    for number in order:
        ledger.remove(layers[number])
    assert module.f is original


def test_second_layer_that_replaces_is_refused_and_nothing_of_its_batch_is_done(ledger, module):
    ledger.install([replacing(module, "f")])
    before = dict(vars(module))
    with pytest.raises(Occupied) as caught:
        ledger.install([replacing(module, "g", id_="b"), replacing(module, "f", id_="b")])
    assert caught.value.layer.key == ("a", "f")
    assert vars(module) == before


def test_two_layers_that_do_the_same_share_one_object_until_both_are_out(ledger, module):
    original = module.f
    first, second = (replacing(module, "f", id_=id_, content=lambda: "same") for id_ in "ab")
    ledger.install([first])
    ours = module.f
    assert ledger.install([second]) == []
    assert module.f is ours
    assert ledger.remove(first) == []
    assert module.f is ours
    assert ledger.in_effect(second)
    ledger.remove(second)
    assert module.f is original


def test_layer_that_supersedes_takes_the_place_of_another(ledger, module):
    original = module.f
    old, new = replacing(module, "f"), replacing(module, "f", "newer", "b", supersedes=["a"], rank=(1,))
    ledger.install([old])
    ledger.install([new])
    ledger.remove(old)
    assert module.f() == ["newer"]
    ledger.remove(new)
    assert module.f is original


def test_object_of_others_on_top_is_reported_and_left_and_once_it_is_gone_ours_comes_out(ledger, module):
    original = module.f
    layer = replacing(module, "f")
    ledger.install([layer])
    ours, module.f = module.f, (theirs := lambda: "theirs")
    with pytest.raises(ForeignLayer) as caught:
        ledger.remove(layer)
    assert caught.value.found is module.f is theirs
    assert not ledger.in_effect(layer)
    module.f = ours
    assert ledger.in_effect(layer)
    ledger.remove(layer)
    assert module.f is original


def test_object_of_others_beneath_ours_is_kept(ledger, module):
    module.f = theirs = lambda: ["theirs"]
    layer = wrapping(module, "f", "w")
    ledger.install([layer])
    assert module.f() == ["w", "theirs"]
    ledger.remove(layer)
    assert module.f is theirs


def test_layer_above_the_object_of_others_comes_out_and_the_one_beneath_does_not(ledger, module):
    lower, upper = wrapping(module, "f", "lower", 1), wrapping(module, "f", "upper", 2)
    ledger.install([lower])
    below = module.f
    module.f = theirs = lambda: ["theirs", *below()]
    ledger.install([upper])
    assert module.f() == ["upper", "theirs", "lower", "old"]
    with pytest.raises(ForeignLayer):
        ledger.remove(lower)
    ledger.remove(upper)
    assert module.f is theirs


def test_layer_that_others_took_out_by_putting_back_the_original_is_gone(ledger, module):
    original = module.f
    lower, upper = wrapping(module, "f", "lower", 1), wrapping(module, "f", "upper", 2)
    ledger.install([lower, upper])
    module.f = original
    assert not ledger.in_effect(lower)
    (change,) = ledger.remove(lower)
    assert change.new is original
    ledger.remove(upper)
    assert module.f is original
    ledger.install([replacing(module, "f")])
    assert module.f() == ["new"]


@pytest.mark.parametrize("how", ["others put the original back", "the body runs anew", "the owner dies"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_layers_that_are_gone_lead_back_to_the_original_whichever_is_given_up_first(ledger, how, order):
    module = ModuleType("victim")
    module.f = original = lambda: ["old"]
    layers = [replacing(module, "f"), wrapping(module, "f", "w")]
    ledger.install(layers)
    if how == "others put the original back":
        module.f = original
    elif how == "the body runs anew":
        module.f = lambda: ["fresh"]
        ledger.forget(layers[0].place)
    del module
    changes = [change for number in order for change in ledger.remove(layers[number])]
    assert changes[-1].new is original
    assert {change.new for change in changes} <= {original, layers[0].value}


def test_upper_layer_that_others_took_out_leaves_the_lower_one(ledger, module):
    lower, upper = wrapping(module, "f", "lower", 1), wrapping(module, "f", "upper", 2)
    ledger.install([lower])
    ours = module.f
    ledger.install([upper])
    module.f = ours
    assert ledger.in_effect(lower)
    ledger.remove(upper)
    assert module.f is ours


def test_owner_that_does_not_keep_what_it_is_given_gets_everything_back(ledger, module):
    class Stubborn(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, [value])

    module.table = Stubborn(f=[1])
    original = module.table["f"]
    place = resolve.find(module, ["table"], "f")[0]
    item = Layer(("a", "item"), place, lambda found: [*found, 1])
    layers = [replacing(module, "f"), item, replacing(module, "g")]
    before = module.f
    with pytest.raises(NotInstalled):
        ledger.install(layers)
    assert module.f is before
    assert not any(layer.installed for layer in layers)
    assert original == [1]


def test_error_of_a_replacement_passes_through_and_nothing_is_changed(ledger, module):
    before = dict(vars(module))
    place = resolve.find(module, ["g"])[0]
    with pytest.raises(ZeroDivisionError):
        ledger.install([replacing(module, "f"), Layer(("a", "g"), place, lambda found: 1 / 0)])
    assert vars(module) == before


def test_place_that_changes_each_time_it_is_looked_at_is_given_up(ledger, module):
    def restless(found):
        module.f = lambda: ["again"]
        return found

    with pytest.raises(NotInstalled, match="changes each time"):
        ledger.install([Layer(("a", "f"), resolve.find(module, ["f"])[0], restless)])
    lower, upper = replacing(module, "f", id_="r"), wrapping(module, "f", "w")
    ledger.install([lower, upper])
    extra = []

    def put_in_another(found):
        for layer in extra:
            ledger.remove(layer)
        extra[:] = [wrapping(module, "f", "extra", 9)]
        ledger.install(extra)
        return found

    upper.make = put_in_another
    with pytest.raises(NotInstalled, match="changes each time"):
        ledger.remove(lower)


def test_attribute_that_was_inherited_or_not_there_is_deleted_again(ledger, module):
    module.Base = type("Base", (), {"run": lambda self: "base"})
    module.C = type("C", (module.Base,), {})
    before = dict(vars(module.C))
    places = [resolve.find(module, ["C", name])[0] for name in ("run", "added")]
    layers = [Layer(("a", place.name), place, lambda found: lambda self: "new") for place in places]
    assert ledger.install(layers) == []
    assert (module.C().run(), module.C().added()) == ("new", "new")
    changes = [change for layer in layers for change in ledger.remove(layer)]
    assert changes[0].new is vars(module.Base)["run"]
    assert changes[1].new is MISSING
    assert dict(vars(module.C)) == before


def test_layer_whose_owner_is_gone_is_forgotten(ledger):
    module = ModuleType("victim")
    module.f = original = lambda: 1
    layer = replacing(module, "f")
    ledger.install([layer])
    del module
    assert not ledger.in_effect(layer)
    (change,) = ledger.remove(layer)
    assert change.new is original
    assert not ledger._piles


def test_owner_that_inherits_the_id_of_a_dead_one_inherits_no_layers(ledger, module):
    layer = replacing(module, "f")
    ledger.install([layer])
    ledger._piles = {(id(ledger), "f"): ledger._piles.pop(layer.place.key)}
    heir = resolve.find(module, ["f"])[0]
    heir._owner, heir.key = (lambda: ledger), (id(ledger), heir.name)
    assert ledger._pile(heir) == ()


def test_reload_leaves_a_new_original_and_no_layers(ledger, module):
    layers = [wrapping(module, "f", "w1"), wrapping(module, "f", "w2")]
    ledger.install(layers)
    ledger.forget(layers[0].place)
    assert all(map(ledger.in_effect, layers))
    module.f = fresh = lambda: ["fresh"]
    ledger.forget(layers[0].place)
    ledger.install([wrapping(module, "f", "w1")])
    assert module.f() == ["w1", "fresh"]
    assert ledger.layers(layers[0].place)[0].below is fresh


def test_two_threads_install_a_layer_once(ledger, module):
    barrier = threading.Barrier(4)
    layers = [wrapping(module, "f", "w") for _ in range(4)]

    def install(layer):
        barrier.wait()
        ledger.install([layer])

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
        layers = [replacing(module, "f"), Layer(("a", "run"), place, lambda found: lambda self: "new")]
        ledger.install(layers)
        problems += [] if (module.f(), module.C().run()) == (["new"], "new") else ["old after install"]
        for layer in layers:
            ledger.remove(layer)
        problems += [] if (module.f(), module.C().run()) == (["old"], "old") else ["new after remove"]
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert seen <= {(f, run) for f in ("old", "new") for run in ("old", "new")}


def test_what_is_installed_is_a_plain_function_and_nothing_of_ours(ledger, module):
    function = lambda: ["new"]  # noqa: E731
    ledger.install([replacing(module, "f", function)])
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
    return Layer((id_, "f"), Busy(module, "f"), lambda found: lambda: [value])


def settled(ledger, layer):
    """Wait until no other thread holds on to the ledger; return the layers that stand."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    return ledger.layers(layer.place)


def test_layer_that_is_taken_out_while_it_is_made_is_not_put_in(ledger, module):
    original = module.f

    def make(found):
        assert ledger.remove(layer) == []
        return lambda: ["new"]

    layer = Layer(("a", "f"), resolve.find(module, ["f"])[0], make)
    other = replacing(module, "g")
    assert ledger.install([layer, other]) == []
    assert (module.f is original, module.g(), layer.installed, other.installed) == (True, ["other"], False, False)


def test_layer_that_another_thread_puts_in_while_it_is_taken_out_is_recorded_or_not_there(ledger, module):
    original = module.f
    layer = busy(module, "a", "new")
    layer.place.others = [lambda: ledger.install([layer])]
    ledger.remove(layer)
    assert settled(ledger, layer) == (() if module.f is original else (layer,))


def test_layer_that_another_thread_replaces_while_it_is_taken_out_has_nothing_foreign_on_top(ledger, module):
    layer, other = busy(module, "a", "new"), busy(module, "b", "newer")
    ledger.install([layer])
    layer.place.others = [lambda: (ledger.remove(layer), ledger.install([other]))]
    ledger.remove(layer)
    assert settled(ledger, layer) == (other,)
    assert module.f() == ["newer"]


def test_layer_stays_in_effect_while_another_thread_puts_one_on_top_of_it(ledger, module):
    layer, other = busy(module, "a", "new"), wrapping(module, "f", "w")
    ledger.install([layer])
    layer.place.others = [lambda: ledger.install([other])]
    assert ledger.in_effect(layer)
    assert settled(ledger, layer) == (layer, other)
