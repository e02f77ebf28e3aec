"""A declaration that is made anew from the same place takes the place of its former self; one can be withdrawn."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

HELP = """
import importlib, pathlib, sys, backportkit
from backportkit import backport
D = dict(requires="victim<2", summary="s")
CELL = '''
@backport("victim:f", id="ff", **D)
def f(): return "new"
'''
cells = iter(range(1, 100))
def cell(*changes, text=CELL):
    for old, new in changes: text = text.replace(old, new)
    exec(compile(text, f"<cell {next(cells)}>", "exec"), globals())
def failed(call, *arguments):
    try: call(*arguments)
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.next_step}"
    return "nothing"
def known(): return [one for one in backportkit.status() if one.provider != 'backportkit']
NEWER = '"new"', '"newer"'
"""


@pytest.fixture
def run(world):
    """Run a script in a world with a victim, after HELP."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'old g'\n")
    return lambda script: world.run(HELP + script)


def test_cell_that_is_edited_is_applied_at_once(run):
    """The new text is in effect, copies follow, and the original comes back."""
    script = """
import victim
cell(); backportkit.apply_all()
from victim import f as copy
victim.copy = copy
cell(NEWER)
print(victim.f(), victim.copy(), len(known()), backportkit.is_applied("ff"))
cell(("victim:f", "victim:g"))
print(victim.f(), victim.g(), victim.copy())
backportkit.unpatch("ff")
print(victim.f(), victim.g(), victim.copy())
"""
    assert run(script) == ["newer newer 1 True", "old new old", "old old g old"]


def test_only_default_is_edited(run):
    """Another default argument is another function, too."""
    script = """
import victim
text = CELL.replace("f():", "f(x=1, *, y=1):").replace('"new"', "(x, y)")
cell(text=text); backportkit.apply_all()
cell(text=text.replace("x=1", "x=2")); print(victim.f())
cell(text=text.replace("y=1", "y=2")); print(victim.f())
cell(text=text.replace("y=1", "y=[]")); print(victim.f())
before = victim.f; cell(text=text.replace("y=1", "y=[]")); print(victim.f is before)
"""
    assert run(script) == ["(2, 1)", "(1, 2)", "(1, [])", "False"]


def test_same_cell_again_leaves_what_stands_there(run):
    """Nothing is taken out and put in again where nothing has changed."""
    script = """
import victim
cell(); backportkit.apply_all()
before = victim.f
cell()
print(victim.f is before)
"""
    assert run(script) == ["True"]


@pytest.mark.parametrize(("changed", "again"), [("declared", '"newer"'), ("victim.f", '"new"')])
def test_equal_one_is_applied_where_functions_were_changed_in_place(run, changed, again):
    """IPython's autoreload puts the new code into the old functions, and only then runs the declaration again."""
    script = f"""
import victim
cell(); backportkit.apply_all()
declared, namespace = f, dict()
exec('def f(): return "newer"', namespace)
{changed}.__code__ = namespace["f"].__code__
print(*backportkit.applied_ids())
cell(('"new"', '{again}'))
print(victim.f(), *backportkit.applied_ids())
backportkit.unpatch("ff")
print(victim.f())
"""
    assert run(script) == ["", f"{again[1:-1]} ff", "old"]


@pytest.mark.parametrize("loaded", [True, False])
def test_one_that_was_not_in_effect_waits_for_apply_all(run, loaded):
    """An edited declaration is not applied where nobody has asked, or where it was undone."""
    script = f"""
if {loaded}: import backportkit.engine.verbs
import victim
cell(); cell(NEWER); print(victim.f())
backportkit.apply_all(); print(victim.f())
backportkit.unpatch("ff"); cell(); print(victim.f())
import decimal
print(victim.f(), *[(str(one.state), one.armed) for one in known()])
backportkit.apply_all(); print(victim.f())
"""
    assert run(script) == ["old", "newer", "old", "old ('reverted', False)", "new"]


def test_one_that_waits_is_awaited_at_its_new_target(run):
    """Before its target is imported, also where the engine is not loaded yet."""
    script = """
cell(); backportkit.apply_all()
cell(("victim:f", "victim:g"))
import victim
print(victim.f(), victim.g())
"""
    assert run(script) == ["old new"]


def test_reload_of_the_declaring_module(run, world):
    """The edited body takes the place of the former one; the place is the new one."""
    world.write(
        "mine/patches.py", HELP.partition("CELL")[0] + "@backport('victim:f', id='ff', **D)\ndef f(): return 'new'\n"
    )
    script = """
import victim, mine.patches
backportkit.apply_all()
path = pathlib.Path(mine.patches.__file__)
path.write_text(path.read_text().replace("'new'", "'a newer one'"))
importlib.reload(mine.patches)
print(victim.f())
path.write_text("# more\\n" + path.read_text())
importlib.reload(mine.patches)
print(victim.f())
"""
    assert run(script) == ["a newer one", "a newer one"]


def test_closure_and_c_function_are_other_ones(run):
    """Functions with closures count as changed; a function in C is the same if it is the very one."""
    script = """
import functools, operator, victim
def fix(value):
    @backport("victim:f", id="ff", **D)
    def f(): return value
fix(1); backportkit.apply_all(); fix(2); print(victim.f())
cell(text="backport('victim:g', id='gg', signature='change', **D)(operator.abs)"); backportkit.apply_all()
cell(text="backport('victim:g', id='gg', signature='change', **D)(operator.abs)"); print(victim.g(-3))
"""
    assert run(script) == ["2", "3"]


def test_module_that_is_added(run):
    """A module as target is made by the new declaration, and none after it is withdrawn."""
    script = """
import victim
text = "backportkit.register(dict(id='lost', target='gone', how='add', alias_of='victim', **D))"
cell(text=text); backportkit.apply_all()
import gone
cell(("victim'", "json'"), text=text)
import gone, json
print(gone is json)
backportkit.unregister("lost")
print("gone" in sys.modules, failed(backportkit.is_applied, "lost").partition(":")[0])
"""
    assert run(script) == ["True", "False UnknownPatchError"]


def test_property(run):
    """The functions of a property are compared, each with its own."""
    script = """
import victim
class C: size = property(lambda self: 1)
victim.C = C
text = "class Mine:\\n    @property\\n    def size(self): return N\\n"
text += "backport('victim:C.size', id='size', **D)(vars(Mine)['size'])"
cell(("N", "2"), text=text); backportkit.apply_all(); before = vars(victim.C)["size"]
cell(("N", "2"), text=text); print(vars(victim.C)["size"] is before)
cell(("N", "3"), text=text); print(victim.C().size)
"""
    assert run(script) == ["True", "3"]


def test_order_stays(run):
    """A wrap that was declared later stays on top of a replacement that is declared anew."""
    script = """
import victim
cell()
@backport("victim:f", id="wrap", how="wrap", **D)
def wrap(original): return lambda: original() + " wrapped"
backportkit.apply_all()
cell(NEWER)
print(victim.f())
"""
    assert run(script) == ["newer wrapped"]


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_data_file_that_is_loaded_again(run, suffix):
    """A changed entry takes the place of the former one, wherever it stands in the file, and however that is named."""
    script = f"""
import json, victim
victim.LIMIT, file = 1, pathlib.Path("mine.{suffix}")
def entry(number, name): return dict(id=name, target="victim:LIMIT", value=number, how="replace", **D)
def write(*entries):
    toml = "".join("[[patch]]\\n" + "".join(f"{{k}} = {{json.dumps(v)}}\\n" for k, v in one.items()) for one in entries)
    file.write_text(toml if file.suffix == ".toml" else json.dumps(dict(patch=entries)))
write(entry(3, "aa")); backportkit.load(file); backportkit.apply_all()
print(victim.LIMIT)
write(dict(entry(5, "bb"), target="victim:OTHER", how="add"), entry(4, "aa")); backportkit.load(file.absolute())
print(victim.LIMIT, hasattr(victim, "OTHER"))
write(entry(6, "aa"), entry(7, "aa"))
print(failed(backportkit.load, file).partition(":")[0], victim.LIMIT)
"""
    assert run(script) == ["3", "4 False", "DeclarationError 4"]


def test_registered_again(run):
    """`register` in a module's body that runs anew; another line of the same body is another place."""
    script = """
import victim
victim.LIMIT = 1
text = "backportkit.register(dict(id='limit', target='victim:LIMIT', value=2, **D))"
cell(text=text); backportkit.apply_all(); cell(("=2", "=3"), text=text)
print(victim.LIMIT)
print(failed(lambda: cell(text=text + "\\n" + text.replace("=2", "=4"))).partition(":")[0], victim.LIMIT)
"""
    assert run(script) == ["3", "DeclarationError 2"]


def test_two_in_one_body_are_two(run):
    """Two functions of one name at two lines, and one factory for two targets, are no redeclaration."""
    script = """
print(failed(lambda: cell(text=CELL + CELL.replace('"new"', '"newer"'))))
def fix(target):
    @backport(target, id="gg", **D)
    def g(): return "new"
fix("victim:f"); fix("victim:f")
print(failed(fix, "victim:g"))
"""
    way = "give one of the two another id, or call backportkit.unregister('{}') before the second one is declared"
    assert run(script) == [f"DeclarationError: {way.format(one)}" for one in ("ff", "gg")]


def test_new_one_that_cannot_be_applied_is_told(run):
    """The former one is out, the new one is declared, and the next edit mends it."""
    script = """
import victim
cell(); backportkit.apply_all()
print(failed(lambda: cell(("victim:f", "victim:gone"))).partition(":")[0], victim.f())
cell(NEWER)
print(victim.f())
"""
    assert run(script) == ["TargetError old", "newer"]


def test_former_one_that_cannot_be_taken_out_stays(run):
    """Somebody else's object stands on top: the error of `unpatch`, and the former declaration stays."""
    script = """
import victim
cell(); backportkit.apply_all()
ours = victim.f
victim.f = lambda: ours() + " on top"
print(failed(lambda: cell(NEWER)).partition(":")[0], failed(backportkit.unregister, "ff").partition(":")[0], victim.f())
victim.f = ours
cell(NEWER); backportkit.apply_all(); print(victim.f())
"""
    assert run(script) == ["ConflictError ConflictError new on top", "newer"]


def test_one_that_superseded_another_no_longer_does(run):
    """The `supersedes` of the new text counts."""
    script = """
import victim
cell(text=CELL.replace("ff", "first")); cell(('id="ff"', 'id="ff", supersedes=["first"]'), ("f()", "h()"), NEWER)
backportkit.apply_all(); print(victim.f())
cell(("ff", "first"), ('"new"', '"edited first"')); print(victim.f())
cell(("victim:f", "victim:g"), ("f()", "h()")); backportkit.apply_all(); print(victim.f(), victim.g())
"""
    assert run(script) == ["newer", "newer", "edited first new"]


def test_unregister_takes_out_and_withdraws(run):
    """It is undone and unknown; the same id may be declared from elsewhere."""
    script = """
import victim
cell(); backportkit.apply_all(); backportkit.unregister("ff")
print(victim.f(), known(), failed(backportkit.unregister, "ff").partition(":")[0])
cell(("def f", "def other")); backportkit.apply_all()
print(victim.f())
"""
    assert run(script) == ["old [] UnknownPatchError", "new"]


def test_unregister_of_one_that_waits(run):
    """Nobody waits for its target any more."""
    script = """
cell(); backportkit.apply_all(); backportkit.unregister("ff"); backportkit.apply_all()
import victim
print(victim.f(), known())
"""
    assert run(script) == ["old []"]


@pytest.mark.parametrize(("meanwhile", "left"), [("backportkit.unregister('ff')", 0), ("cell(('new', 'mid'))", 1)])
def test_callback_withdraws_its_patch_while_that_is_withdrawn(run, meanwhile, left):
    """The declaration that comes last holds, and an unregister leaves one alone that has come in its place."""
    script = f"""
import victim
def meanwhile(module): {meanwhile}
text = CELL.replace("**D", "callbacks=dict(before_undo=meanwhile), **D")
cell(text=text); backportkit.apply_all(); cell(NEWER); backportkit.apply_all()
print(len(known()), victim.f())
backportkit.unregister("ff"); cell(text=text); backportkit.apply_all(); backportkit.unregister("ff")
print(len(known()), victim.f())
"""
    assert run(script) == ["1 newer", f"{left} old"]


def test_patch_that_was_not_asked_for_since_is_not_applied_when_it_is_declared_anew(run):
    """It waits for a call of `apply_all` that asks for it."""
    script = """
import victim
other = ("victim:f", "victim:g"), ('"ff"', '"gg"'), ("def f", "def g")
cell(); cell(*other); backportkit.apply_all(); backportkit.unpatch_all()
backportkit.apply_all(only="gg"); cell(NEWER)
print(victim.f(), victim.g(), backportkit.is_applied("ff"))
backportkit.apply_all(only="ff")
print(victim.f(), backportkit.is_applied("ff"))
backportkit.unpatch_all()
print(victim.f(), victim.g())
"""
    assert run(script) == ["old new False", "newer True", "old old g"]
