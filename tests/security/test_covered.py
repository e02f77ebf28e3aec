"""`diff`, `explain` and the digest cover all code that a patch brings along."""

from __future__ import annotations

import hashlib
import json

import pytest
import warm

pytestmark = pytest.mark.warm

MINE = """\
import os
from backportkit import backport
from home import near
from home.far import LIMIT as limit
import other

BASE = 1
FILLED = {}
FILLED["a"] = 1


def helper():
    return BASE


def keep(function):
    return function


class Parent:
    def shared(self):
        return 1


class Used(Parent):
    pass


def after(module):
    told()


def told():
    pass


def by_name():
    return 1


if os.environ.get("NEVER"):
    print("at import")


@backport("victim:f", id="victim-1", requires="victim<2", callbacks={"after_apply": after})
@keep
def f(a=BASE):
    "what breaks"
    from home import late
    return helper(), near(), limit, late.VALUE, Used().shared(), FILLED, globals_of()


@backport("victim:g", id="victim-2", requires="victim<2")
def g():
    "what else breaks"
    return other.function()


def globals_of():
    return 1
"""
FILES = {
    "home/mine.py": MINE,
    "home/__init__.py": "def near():\n    return deep()\n\n\ndef deep():\n    return 1\n",
    "home/far.py": "LIMIT = 1\n",
    "home/late.py": "VALUE = 1\n",
    "other.py": "def function():\n    return 1\n",
}

CHANGES = {
    "a helper": ("home/mine.py", "    return BASE\n", "    return os.system('x')\n"),
    "a constant": ("home/mine.py", "BASE = 1", "BASE = 2"),
    "what is put into a constant": ("home/mine.py", 'FILLED["a"] = 1', 'FILLED["a"] = 2'),
    "a decorator": ("home/mine.py", "    return function\n", "    return os and function\n"),
    "a base class": (
        "home/mine.py",
        "    def shared(self):\n        return 1",
        "    def shared(self):\n        return 2",
    ),
    "a callback": ("home/mine.py", "    told()\n", "    print(module)\n"),
    "a helper of a callback": ("home/mine.py", "def told():\n    pass", "def told():\n    print()"),
    "which callback it is": ("home/mine.py", '"after_apply": after', '"after_apply": keep'),
    "what runs at import": ("home/mine.py", '"at import"', '"another"'),
    "a helper of a module beside it": ("home/__init__.py", "    return deep()", "    return 2"),
    "a helper of that": ("home/__init__.py", "    return 1", "    return 2"),
    "a constant elsewhere": ("home/far.py", "LIMIT = 1", "LIMIT = 2"),
    "a module that is imported late": ("home/late.py", "VALUE = 1", "VALUE = 2"),
}


@pytest.fixture
def victim(world):
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(a=1): pass\ndef g(): pass\n")
    for name, text in FILES.items():
        world.write(name, text)
    return world


def shown(world, patch_id="victim-1"):
    """Return the output of `diff` and of `explain`, the content of the patch, and the digest of all."""
    env = {"PYTHONPATH": str(world.folder), "COLUMNS": "200"}
    at = ["--import", "home.mine"]
    commands = ["diff", patch_id], ["explain", patch_id], ["status", "--json"]
    done = [warm.run(["-m", "backportkit", *command, *at], world.folder, env) for command in commands]
    assert [one.returncode for one in done] == [0, 0, 0], done
    report = json.loads(done[2].stdout)
    (content,) = [one["content"] for one in report["patches"] if one["id"] == patch_id]
    return done[0].stdout, done[1].stdout, content, report["digest"]


def change(world, file, old, new):
    assert old in FILES[file]
    world.write(file, FILES[file].replace(old, new))


@pytest.mark.parametrize("what", CHANGES)
def test_code_that_a_patch_runs_is_covered(victim, what):
    """Two patches that differ in code which one of them brings along differ wherever a patch is shown."""
    before = shown(victim)
    change(victim, *CHANGES[what])
    after = shown(victim)
    assert [one for one, other in zip(before, after, strict=True) if one == other] == []
    assert all(line in after[0] for line in CHANGES[what][2].split("\n") if '"after_apply"' not in line), after[0]


def test_other_patch_of_a_module_is_not_covered(victim):
    """A patch is the same when another patch of its module, or what no patch runs, has changed."""
    before = shown(victim)[2]
    change(victim, "home/mine.py", "    return other.function()", "    return 2")
    assert shown(victim)[2] == before
    change(victim, "other.py", "return 1", "return 2")
    assert shown(victim)[2] == before


HIDDEN = "def hidden():\n    return 'hidden'\n"
MEANS = {  # how code gets to `hidden`: what the module has, and what the replacement does
    "a pattern": (f"def h(): pass\n{HIDDEN}match hidden:\n    case h: pass\n", "return h()"),
    "a star of a pattern": (f"{HIDDEN}match [hidden]:\n    case [*h]: pass\n", "return h[0]()"),
    "the rest of a pattern": (f"{HIDDEN}match {{1: hidden}}:\n    case {{**h}}: pass\n", "return h[1]()"),
    "a guard": (f"{HIDDEN}match 1:\n    case _ if (h := hidden): pass\n", "return h()"),
    "what a loop is over": (f"{HIDDEN}for _ in [(h := hidden)]: pass\n", "return h()"),
    "a default": (f"{HIDDEN}def other(a=(h := hidden)): pass\n", "return h()"),
    "an annotation": (f"{HIDDEN}a: (h := hidden)\n", "return h()"),
    "a global of a class": (f"def h(): pass\n{HIDDEN}class C:\n    global h\n    h = hidden\n", "return h()"),
    "a definition in a class": (
        "def h(): pass\nclass C:\n    class D:\n        global h\n        def h(): return 'hidden'\n",
        "return h()",
    ),
    "a private name": (HIDDEN.replace("hidden()", "_K__e()"), "class K:\n        a = __e\n    return K.a()"),
    "a private name that is imported": (
        "from home.far import hidden as _K__e\n",
        "class K:\n        a = __e\n    return K.a()",
    ),
    "its own module": (f"import home.mine as me\n{HIDDEN}", "return getattr(me, 'hid' + 'den')()"),
    "its own module, from": (f"from . import mine as me\n{HIDDEN}", "return getattr(me, 'hid' + 'den')()"),
    "its package": ("import home\nfrom . import far\n", "return getattr(home, 'f' + 'ar').hidden()"),
    "its package by a name": ("import home\nfrom . import far\n", "return home.__dict__['f' + 'ar'].hidden()"),
    "its package elsewhere": (
        "from home.late import us\nfrom . import far\n",
        "return getattr(us, 'f' + 'ar').hidden()",
    ),
    "an attribute of its package": ("import home\nfrom . import far\n", "return home.far.hidden()"),
    "all modules": ("import sys\nfrom .late import VALUE\n", "return sys.modules['home.f' + 'ar'].hidden()"),
}


@pytest.mark.parametrize("means", MEANS)
def test_helper_that_no_name_shows(victim, means):
    """Code that a name gets by the way, or that is asked for by a computed name of a module, is shown."""
    module, body = MEANS[means]
    victim.write("home/far.py", HIDDEN)
    victim.write("home/late.py", "import home as us\nfrom . import far\nVALUE = 1\n")
    declared = DECLARES.replace('    "s"\n', f'    "s"\n    {body}\n')
    victim.write("home/mine.py", f"{module}{declared}")
    assert "return 'hidden'\n" in difference(victim, "victim-2")


def test_helper_that_is_looked_up_by_other_means_is_covered(victim):
    """A module counts as a whole where code of a patch has its globals in its hands."""
    by_globals = MINE.replace("    return BASE\n", "    return globals()['by_' + 'name']()\n")
    victim.write("home/mine.py", by_globals)
    before = shown(victim)
    victim.write("home/mine.py", by_globals.replace("def by_name():\n    return 1", "def by_name():\n    return 2"))
    after = shown(victim)
    assert [one for one, other in zip(before, after, strict=True) if one == other] == []
    assert "+def by_name():\n+    return 2" in after[0]


def test_hashes_are_whole(victim):
    """The digest of a process, the content of a patch and the hashes of files have all 64 digits of a SHA-256."""
    diff, explained, content, digest = shown(victim)
    assert [len(content), len(digest)] == [64, 64]
    assert f"content       sha256:{content}" in explained
    files = [line.split() for line in explained.splitlines() if line.startswith("  file ")]
    assert {file for _, file, _ in files} == set(FILES)
    assert all(f"{file} is {hashed}" in diff and len(hashed) == len("sha256:") + 64 for _, file, hashed in files)


TWINS = """
from backportkit import backport, register


def one(): return 1
def two(): return 2


@backport("victim:f", id="victim-1", requires="victim<2")
def f(a=1):
    "s"
    return one()


@backport("victim:g", id="victim-2", requires="victim<2")
def f():
    "s"
    return two()


register(dict(id="victim-3", summary="s", requires="victim<2", target="victim:h", replacement=lambda: three()))
def three(): return 3
"""


@pytest.mark.parametrize(("patch_id", "helper"), [("victim-1", "one"), ("victim-2", "two"), ("victim-3", "three")])
def test_replacement_is_the_function_that_was_declared(victim, patch_id, helper):
    """The helpers are those of the very function, where another one has its name, or none has."""
    victim.write("victim.py", "def f(a=1): pass\ndef g(): pass\ndef h(): pass\n")
    victim.write("home/mine.py", TWINS)
    reached = [
        line for line in shown(victim, patch_id)[0].splitlines() if line.startswith("+def ") and "return" in line
    ]
    assert [line.split()[1] for line in reached] == [f"{helper}():"]


def test_content_is_the_same_before_and_after_applying(victim):
    """A patch that waits and one that is in effect have one content, and the digest is worked out for no apply."""
    script = """
        import backportkit, home.mine
        backportkit.apply_all()
        def digest(): return [one.content for one in backportkit.report().patches if one.id == "victim-1"]
        waiting = digest()
        del sys.modules["backportkit.engine.content"]
        import victim
        print(backportkit.is_applied("victim-1"), "backportkit.engine.content" in sys.modules, digest() == waiting)
    """
    assert victim.run(script) == ["True False True"]


def test_helper_in_a_program_is_covered(victim):
    """A program that declares a patch itself has its helpers in the content, too."""
    script = """
        import backportkit
        def helper(): return {}
        @backportkit.backport("victim:f", id="victim-1", requires="victim<2")
        def f(a=1):
            "s"
            return helper()
        print([one.content for one in backportkit.report().patches if one.id == "victim-1"])
    """
    contents = [victim.run(script.format(value)) for value in (1, 1, 2)]
    assert contents[0] == contents[1] != contents[2]


DECLARES = """\
from backportkit import backport
@backport("victim:g", id="victim-2", requires="victim<2")
def g():
    "s"
"""
AT_IMPORT = {
    "an annotation": "def one(a: run()): pass",
    "an annotation of *args": "def one(*a: run()): pass",
    "an annotation of **kw": "def one(**kw: run()): pass",
    "an annotation of a keyword": "def one(*, a: run()): pass",
    "what a function returns": "async def one() -> run(): pass",
    "an annotation of a method": "class One:\n    def one(self, a: run()): pass",
    "a metaclass": "class Meta(type):\n    def __new__(cls, *a): return run()\nclass One(metaclass=Meta): pass",
    "a hook of a base": "class Base:\n    def __init_subclass__(cls): run()\nclass One(Base): pass",
    "a hook of an item": "class One:\n    def __class_getitem__(cls, key): run()",
    "a base of others": "import enum\nclass One(enum.Enum):\n    def _generate_next_value_(*a): run()",
    "a hook of the module": "def __getattr__(name): run()",
    "what is no constant of types": "TYPE_CHECKING = 1\nif TYPE_CHECKING:\n    import other",
    "an import of others": "import other",
    "a module within ours": "try:\n    from backportkit.hidden import register\nexcept ImportError: pass",
}


@pytest.mark.parametrize("what", AT_IMPORT)
def test_what_runs_at_import_is_shown(victim, what):
    """Code that runs as the declaring module is imported is shown, however it is called."""
    victim.write("home/mine.py", f"{DECLARES}def run(): import json; json.dumps = run\n{AT_IMPORT[what]}\n")
    diff = difference(victim, "victim-2")
    assert [line for line in AT_IMPORT[what].split("\n") if f"+{line}\n" not in diff and line != "import enum"] == []
    assert "run()" not in AT_IMPORT[what] or "+def run(): import json; json.dumps = run\n" in diff


IMPORTED = {
    "from home import far": "home/far.py",
    "import home.far": "home/far.py",
    "from home.far import LIMIT": "home/far.py",
    "from .far import *": "home/far.py",
    "from . import *": "home/far.py",
    "def late(): from home.far import LIMIT\nlate()": "home/far.py",
    "__import__('home.far')": "home/far.py",
    "import importlib; importlib.import_module('.far', 'home')": "home/far.py",
    "": "home/__init__.py",
}


@pytest.mark.parametrize("statement", IMPORTED)
def test_what_an_import_runs_is_shown(victim, statement):
    """Code that a module of the same package runs as it is imported is shown, and so is that of the package above."""
    victim.write("home/__init__.py", "__all__ = ['far']\n")
    victim.write("home/mine.py", f"{DECLARES}{statement}\n")
    victim.write(IMPORTED[statement], "import os; os.putenv('A', 'B')\nLIMIT = 1\n")
    assert "+import os; os.putenv('A', 'B')\n" in difference(victim, "victim-2")


def test_module_of_others_is_named_with_its_hash(victim):
    """Of another package, the modules that are imported are named with their SHA-256, as sha256sum prints it."""
    hashed = hashlib.sha256(FILES["other.py"].encode()).hexdigest()
    assert f"other.py is sha256:{hashed}\n" in difference(victim, "victim-1")


def test_module_that_only_has_a_name_of_python_is_shown(victim):
    """A module with the name of one that Python has on other systems is no module of Python's own."""
    victim.write("home/mine.py", f"import winreg, nt\n{MINE}")
    victim.write("winreg.py", "")
    victim.write("nt.py", "")
    diff = difference(victim, "victim-1")
    assert "+import winreg, nt\n" in diff
    assert "winreg.py is sha256:" in diff


def difference(world, patch_id):
    env = {"PYTHONPATH": str(world.folder), "COLUMNS": "200"}
    done = warm.run(["-m", "backportkit", "diff", patch_id, "--import", "home.mine"], world.folder, env)
    assert done.returncode == 0, done
    return done.stdout
