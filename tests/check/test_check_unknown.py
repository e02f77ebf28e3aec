"""Names that a replacement uses and its globals lack are found before a call runs into them."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

HEAD = """\
from backportkit import backport
more = dict(requires="victim<2", fixes="https://x.example/1", reproducer="platform:platform")
"""
ADDED = "if upstream's fix adds it, write adds={{'{}': ...}}, or an edit with how='add'"
VICTIM = (
    "import json\ndef helper(x): return x\ndef f(a): return helper(a)\nclass C:\n    def m(self, a): return helper(a)\n"
)


@pytest.fixture
def unknown(world, start):
    """Check patches of a victim; return the names that are said to be unknown, with the next step of each."""

    def check(mine, victim=VICTIM, what="mine.py"):
        if not (world.folder / "victim.py").exists():
            world.distribution("victim", "1.5")
        world.write("victim.py", victim)
        world.write("mine.py", HEAD + mine)
        found = json.loads(start(world, "check", what, "--json").stdout)["findings"]
        return [(one["message"], one["next_step"]) for one in found if one["code"] == "BK216"]

    return check


def body(*lines, given="", head=""):
    return f"{head}\n@backport('victim:f', id='victim-1', {given}**more)\ndef f(a):\n    'what breaks'\n" + "".join(
        f"    {line}\n" for line in lines
    )


def test_forgotten_namespace_is_found(unknown, world):
    """A name that only the target's module has is a NameError at run time, and the finding says what to write."""
    mine = body("return helper(a)")
    assert unknown(mine) == [
        (
            "it uses 'helper', which mine does not have: a call that gets there is a NameError",
            "write namespace='target', since victim has it",
        )
    ]
    script = """
        import backportkit, mine, victim
        backportkit.apply_all()
        try: victim.f(1)
        except NameError as error: print(error)
        """
    assert world.run(script) == ["name 'helper' is not defined"]


def test_name_that_nobody_has_is_found(unknown):
    """A misspelt name is found with its own globals, with those of the target, and in a method."""
    assert unknown(body("return hlper(a)"))[0][1] == "import it, or correct it"
    found = unknown(body("return [hlper(one) for one in a]", given="namespace='target', "))
    assert found == [
        (
            "it uses 'hlper', which victim does not have: a call that gets there is a NameError",
            f"correct the name, or import it there; {ADDED.format('hlper')}",
        )
    ]
    method = "@backport('victim:C', id='victim-2', **more)\nclass C:\n    def m(self, a):\n"
    method += "        'what breaks'\n        return hlper(a)\n"
    assert [message.partition(",")[0] for message, _ in unknown(method)] == ["it uses 'hlper'"]


def test_own_helper_with_the_targets_globals_is_found(unknown):
    """A body with the target's globals does not see a helper of the declaring module."""
    (found,) = unknown(body("return mine_only(a)", given="namespace='target', ", head="def mine_only(a): pass"))
    assert found[1] == (f"import it in the function, from mine; {ADDED.format('mine_only')}")


def test_one_forgotten_namespace_is_told_once(unknown):
    """However many names and functions lack it; a name that nobody has is told by itself."""
    methods = "".join(f"    def m{number}(self, a):\n        return helper(json, a, hlper)\n" for number in range(2))
    mine = f"@backport('victim:C', id='victim-1', summary='s', **more)\nclass C:\n{methods}"
    victim = VICTIM + "".join(f"    def m{number}(self, a): pass\n" for number in range(2))
    assert unknown(mine, victim) == [
        (
            "it uses 'helper' and 'json', which mine does not have: a call that gets there is a NameError",
            "write namespace='target', since victim has them",
        ),
        *[
            (
                "it uses 'hlper', which mine does not have: a call that gets there is a NameError",
                "import it, or correct it",
            )
        ]
        * 2,
    ]


def test_deleted_name_is_unknown(unknown):
    """A name that its module deletes again is not there when a call comes to it."""
    assert unknown(body("return made", head="made = 1") + "del made\n")


def test_replacement_by_name_is_looked_at(unknown, world):
    """A replacement that is only named is read in its own module's source."""
    world.write(
        "bodies.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import late\ndef f(a): return late.x\n"
    )
    table = "[[patch]]\nid='victim-1'\nsummary='s'\nrequires='victim<2'\ntarget='victim:f'\nreplacement='bodies:f'\n"
    world.write("patches.toml", table)
    ((message, _),) = unknown("", what="patches.toml")
    assert message.startswith("it uses 'late', which bodies does not have")


def test_imported_replacement_has_the_globals_of_its_own_module(unknown, world):
    """Names that the module lacks which only imports the replacement are no finding."""
    world.write("home.py", "LIMIT = 1\ndef f(a): return LIMIT, elsewhere\n")
    world.write("bodies.py", "from home import f\n")
    table = "[[patch]]\nid='victim-1'\nsummary='s'\nrequires='victim<2'\ntarget='victim:f'\nreplacement='bodies:f'\n"
    world.write("patches.toml", table)
    ((message, _),) = unknown("", what="patches.toml")
    assert message.startswith("it uses 'elsewhere', which home does not have")


FINE = {
    "tools": body("return _('text'), get_ipython()"),
    "made": "space = {'__name__': 'made_up'}\nexec('def f(a): return nowhere', space)\n"
    "backport('victim:f', id='victim-1', summary='s', **more)(space['f'])\n",
    "async": "@backport('victim:f', id='victim-1', signature='change', **more)\nasync def f(a) -> 'nowhere':\n"
    "    'what breaks'\n    async def inner() -> nowhere: pass\n    return inner\n",
    "patterns of the module": body(
        "return rest, more_of_it", head="match [{}]:\n    case [*rest]: pass\n    case {**more_of_it}: pass"
    ),
    "unreadable target": body("return whatever(a)", given="namespace='target', ")
    .replace("victim:f", "_heapq:heappush")
    .replace("def f(a)", "def heappush(a)"),
    "no function": "backport('victim:f', id='victim-1', namespace='target', summary='s', **more)(len)\n",
    "builtins": body("return len(a), print, __name__, __file__, __debug__, NotImplemented"),
    "own": body("return json.dumps(a)", head="import json"),
    "later": body("return later(a)") + "def later(a): pass\n",
    "star": body("return join(a)", head="from os.path import *"),
    "conditional": body(
        "return fast(a)", head="try:\n    from nowhere import fast\nexcept ImportError:\n    fast = None"
    ),
    "global": body("global made\n    made = 1\n    return made"),
    "global elsewhere": body("return made") + "def make():\n    global made\n    made = 1\n",
    "by globals": body("return made", head="globals()['made'] = 1"),
    "comprehension": body("return [b for b in a], {b: c for b, c in a}, lambda d: d, (e := 1), e"),
    "nested": body("def inner(b):\n        c = b\n        return lambda: c + a\n    return inner"),
    "class": body("class C:\n        x = 1\n        y = x\n        def m(self): return C, __class__\n    return C"),
    "super": "@backport('victim:C', id='victim-1', **more)\nclass C:\n    def m(self, a):\n"
    "        'what breaks'\n        return super().__str__(), __class__\n",
    "handled": body("try:\n        return unicode\n    except NameError:\n        return str"),
    "annotations": body("b: nowhere = a\n    def inner(c: nowhere) -> nowhere: pass\n    return b", given=""),
    "signature": "@backport('victim:f', id='victim-1', **more)\n"
    "def f(a: 'nowhere') -> 'nowhere':\n    'what breaks'\n    return a\n",
    "other python": body("if sys.version_info < (3,):\n        return unicode\n    return a", head="import sys"),
    "type checking": body(
        "if TYPE_CHECKING:\n        return unicode\n    return a", head="from typing import TYPE_CHECKING"
    ),
    "import inside": body("import json, os.path as p\n    from re import sub\n    return json, p, sub"),
    "except": body("try:\n        pass\n    except OSError as error:\n        return error"),
    "match": body(
        "match a:\n        case [x, *rest]: return x, rest\n        "
        "case {'k': v, **more_}: return v, more_\n        case y: return y"
    ),
    "closure": "def make(helper_):\n    def f(a):\n        'what breaks'\n        return helper_(a)\n    return f\n"
    "backport('victim:f', id='victim-1', **more)(make(1))\n",
    "deleted": body("x = 1\n    del x\n    return a"),
    "target": body("return helper(a), json", given="namespace='target', "),
    "added": "@backport('victim:added', id='victim-2', how='add', **more)\ndef added(a): 'what breaks'\n"
    + body("return added(a)", given="namespace='target', "),
    "pattern of the module": body("return found", head="match 1:\n    case found: pass"),
    "other platform": body("return made(a)", head="import sys\nif sys.platform == 'plan9':\n    def made(a): pass"),
    "submodule": body("return machinery, x", head="from importlib import machinery\nimport os.path as x"),
    "wrapper": "@backport('victim:f', id='victim-1', how='wrap', **more)\ndef f(original):\n    'what breaks'\n"
    "    def inner(a): return original(a)\n    return inner\n",
}


@pytest.mark.parametrize("mine", FINE.values(), ids=FINE.keys())
def test_names_that_are_there_are_no_finding(unknown, mine):
    """A name that is there is not called unknown, by whatever statement it came."""
    assert unknown(mine) == []


PACKAGE = """
from victim.inner import there, lost
from victim.inner import leaf
from victim.inner.late import *
from victim.gone import x
from json import nothing
try:
    from victim.inner import perhaps
except ImportError:
    perhaps = None
def f(a): return there, lost, x
"""


def test_import_of_what_the_targets_package_lacks(world, start):
    """What the module of a replacement imports from the target's package, and does not find there, is named."""
    world.distribution("victim", "1.5")
    world.write("victim/__init__.py", "def f(a): pass\n")
    world.write("victim/inner/__init__.py", "there = 1\n")
    world.write("victim/inner/leaf.py", "")
    world.write("victim/inner/late.py", "def __getattr__(name): return 1\n")
    world.write("bodies.py", PACKAGE)
    edits = (
        "Edit(target='victim:f', replacement='bodies:f'), Edit(target='victim:g', replacement='bodies:f', how='add')"
    )
    head = HEAD.replace("import backport", "import Edit, Patch, register")
    world.write("mine.py", f"{head}register(Patch(id='victim-1', summary='s', edits=[{edits}], **more))\n")
    found = json.loads(start(world, "check", "mine.py", "--json").stdout)["findings"]
    assert [one["message"] for one in found if one["code"] == "BK222"] == [
        f"bodies imports {name}, which is not there: the patch cannot be applied"
        for name in ("victim.inner:lost", "victim.gone:x")
    ]


BODIES = "from victim import later, own\ndef own(): return later\n"


def test_import_of_what_the_patch_adds(world, start):
    """What the patch adds to another module is there by then, and what it adds to the target's own module is not."""
    world.distribution("victim", "1.5")
    world.write("victim/__init__.py", "")
    world.write("victim/inner.py", "")
    world.write("bodies.py", BODIES)
    places = {"victim:later": "json:loads", "victim:own": "bodies:own", "victim.inner:later": "bodies:later"}
    edits = [f"Edit(target={target!r}, replacement={own!r}, how='add')" for target, own in places.items()]
    head = HEAD.replace("import backport", "import Edit, Patch, register")
    world.write("mine.py", f"{head}register(Patch(id='victim-1', summary='s', edits=[{', '.join(edits)}], **more))\n")
    found = json.loads(start(world, "check", "mine.py", "--json").stdout)["findings"]
    told = [(one["code"], one["target"], one["message"]) for one in found if one["code"] in {"BK212", "BK222"}]
    lost = "bodies imports victim:{}, which is not there: the patch cannot be applied"
    assert told == [("BK222", "victim:own", lost.format(name)) for name in ("later", "own")]
