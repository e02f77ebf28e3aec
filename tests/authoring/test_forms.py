"""`new` writes upstream's body in the form that it needs, with what upstream added beside it."""

from __future__ import annotations

import ast

import pytest

from backportkit.authoring.code import implicit
from backportkit.source import fingerprint

pytestmark = pytest.mark.warm


def module(project, end=""):
    return project.read(f"mine/_backports/victim/mine_1{end}.py")


def test_method(applied, project):
    """A method is a function, at the left margin; its strings stay as they are."""
    old = "class C:\n    def f(self):\n        return 1\n"
    new = 'class C:\n    def f(self):\n        text = """a\n        b"""\n\n        return (text,\n                2)\n'
    assert applied(old, new, "victim:C.f", "victim.C().f()") == repr(("a\n        b", 2))
    assert 'def f(self):\n    text = """a\n        b"""\n\n    return (text,\n            2)\n' in module(project)


DOCSTRINGS = """class C:
    def f(self):
        '''A.

        B.
          C.
        '''
        def g():
            '''D.

            E.
            '''
            return '''
            F.'''
        return g()
"""


def test_docstring_of_a_method(applied, project):
    """Docstrings move with the code, those of functions in it, too; other strings stay as they are."""
    old = "class C:\n    def f(self):\n        return 1\n"
    assert applied(old, DOCSTRINGS, "victim:C.f", "repr(victim.C().f())") == repr("\n            F.")
    moved = "'''A.\n\n    B.\n      C.\n    '''\n    def g():\n        '''D.\n\n        E.\n        '''\n"
    assert moved in module(project)


def test_f_string_of_several_lines(applied, project):
    """An f-string keeps its lines, too, also with strings within."""
    old = "class C:\n    def f(self):\n        return 1\n"
    new = old.replace("return 1", "return f'''{'x'}\n    {f'y'}'''")
    assert applied(old, new, "victim:C.f", "victim.C().f().split()") == "['x', 'y']"
    assert "    return f'''{'x'}\n    {f'y'}'''" in module(project)


def test_super(applied, project):
    """A body that means something in its class only is written in a class."""
    old = "class B:\n    def f(self): return 'b'\nclass C(B):\n    def f(self): return 1\n"
    new = old.replace("return 1", "return super().f() * 2")
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "bb"
    assert 'backport(\n    "victim:C",' in module(project)


def test_private_names(applied):
    """Private names are those of the class."""
    old = "class C:\n    def __init__(self): self.__x = 3\n    def f(self): return 1\n"
    assert applied(old, old.replace("return 1", "return self.__x"), "victim:C.f", "victim.C().f()") == "3"


@pytest.mark.parametrize(
    ("old", "new", "expression"),
    [
        ("@staticmethod\n    def f(x=1): return x", "@staticmethod\n    def f(x=2): return x", "victim.C.f()"),
        ("@staticmethod\n    def f(x=1): return x", "@classmethod\n    def f(cls, x=2): return x", "victim.C.f()"),
        ("@property\n    def f(self): return 1", "@property\n    def f(self): return 2", "victim.C().f"),
        ("async def f(self): return 1", "async def f(self): return 2", "asyncio.run(victim.C().f())"),
        ("@cache\n    def f(self): return 1", "@cache\n    def f(self): return 2", "victim.C().f()"),
    ],
)
def test_kinds(applied, old, new, expression):
    """Static and class methods, properties, coroutines and what functools wraps stay what they are."""
    head = "import asyncio\nfrom functools import cache\nclass C:\n    "
    expression = expression.replace("asyncio", "victim.asyncio")
    assert applied(head + old, head + new, "victim:C.f", expression) == "2"


@pytest.mark.parametrize("around", ["", "@classmethod\n    ", "@staticmethod\n    "])
def test_registered_implementations(applied, around):
    """A generic method keeps the implementations that are registered for it."""
    given = "x" if "static" in around else "self, x"
    old = f"import functools\nclass C:\n    @functools.singledispatchmethod\n    {around}def f({given}): return 'old'\n"
    old += f"    @f.register\n    {around}def _({given.replace('x', 'x: int')}): return 'int'\n"
    expression = "victim.C().f(''), victim.C().f(1)"
    assert applied(old, old.replace("'old'", "'new'"), "victim:C.f", expression) == "new int"


GROUP = """
class Group:
    def __init__(self, function): self.function, self.commands = function, {{}}
    def command(self, function): self.commands[function.__name__] = function; return function
    def add(self, name): self.commands[name] = None
def group(function): return Group(function)
@group
def main(): return {0}
@main.command
def one(): pass
main.add("two")
@group
def other(): return {0}
"""


def test_what_is_added_to_a_decorated_function(project):
    """What a module adds to the object that a decorator has made is told: the new one does not have it."""
    said = project.releases({version: GROUP.format(version) for version in "12"}).new("victim:main", "victim:other")
    added = 'line 9: @main.command; line 11: main.add("two")'
    assert f"to do: victim:main is made anew, without what is added to the old one ({added}): patch what" in said
    assert "victim:other is made anew" not in said


def test_function_of_a_property(applied):
    """The setter of a property is a target of its own."""
    old = "class C:\n    @property\n    def x(self): return self.y\n    @x.setter\n    def x(self, y): self.y = y\n"
    new = old.replace("self.y = y", "self.y = y + 1")
    assert applied(old, new, "victim:C.x.fset", "[setattr(one := victim.C(), 'x', 1), one.x][1]") == "2"


def test_class_with_changed_members(applied, project):
    """Of a class, the members that changed are written; what is new or gone and not needed is told."""
    old = "class C:\n" + "".join(f"    def {name}(self): return 1\n" for name in ("f", "g", "h", "gone"))
    new = old.replace("f(self): return 1", "f(self): return 2").replace("g(self): return 1", "g(self): return 2")
    new = new.replace("gone", "fresh")
    assert applied(old, new, "victim:C", "(victim.C().f(), victim.C().g(), victim.C().h())") == "(2, 2, 1)"
    assert "'fresh' of victim:C is new: see whether the fix needs that" in project.said
    assert "'gone' of victim:C is gone: see whether the fix needs that" in project.said
    originals = {one["target"]: one["original"] for one in project.declared()[-1]["edits"]}
    assert originals == {f"victim:C.{name}": [fingerprint.of_source(old, ["C", name])] for name in "fg"}


def test_signature_that_changes(applied, project):
    """A function that takes other calls than before says so, and those that do not keep theirs."""
    old = "class C:\n    def f(self): return self._g()\n    def _g(self): return 1\n"
    new = "class C:\n    def f(self): return self._g(2)\n    def _g(self, x): return x\n"
    assert applied(old, new, "victim:C", "victim.C().f()") == "2"
    found = {one["target"]: one.get("signature", "keep") for one in project.declared()[-1]["edits"]}
    assert found == {"victim:C.f": "keep", "victim:C._g": "change"}
    said = "calls of victim:C._g may fail, see that the patch has all who make them: 'x' must be given now"
    assert said in project.said


@pytest.mark.parametrize(
    ("old", "new", "end"),
    [
        ("def f(a): return 1", "def f(b): return 2", "change"),
        (
            "class f:\n    @staticmethod\n    def f(a): return 1",
            "class f:\n    @staticmethod\n    def f(): return 2",
            "change",
        ),
        (
            "class f:\n    @property\n    def f(self): return 1",
            "class f:\n    @property\n    def f(my): return 2",
            "keep",
        ),
        ("def f(a): return 1", "def f(a, b=1): return 2", "keep"),
    ],
)
def test_signature_of_a_decorated_one(applied, project, old, new, end):
    """The one function of a patch says so in its decorator; properties are called by Python alone."""
    applied(old, new, "victim:f" if old.startswith("def") else "victim:f.f", "1")
    (edit,) = project.declared()[-1]["edits"]
    assert edit["signature"] == end
    assert "Edit(" not in module(project)


def test_signature_of_older_bodies(project):
    """All bodies in range count."""
    project.releases({f"{at}.0": f"def f({given}): return {at}\n" for at, given in enumerate(("x", "", ""), 1)})
    assert "'x' can no longer" in project.new("victim:f", "--since", "1.0")
    assert project.declared()[-1]["edits"][0]["signature"] == "change"


def test_setter_with_another_parameter(applied, project):
    """Python calls the functions of a property by position, so that names do not count."""
    old = "class C:\n    @property\n    def x(self): return self.y\n    @x.setter\n    def x(self, y): self.y = y\n"
    new = old.replace("def x(self, y): self.y = y", "def x(self, z): self.y = z + 1")
    assert applied(old, new, "victim:C.x.fset", "[setattr(one := victim.C(), 'x', 1), one.x][1]") == "2"
    assert "signature" not in module(project)


def test_helpers(applied, project):
    """Functions, constants and imports that upstream added, and that the body needs, come along."""
    old = "def f(): return 1\n"
    new = """
    import math
    import re
    LIMIT = [1, 2]
    _NAME = re.compile("a+")
    UNUSED = 1
    def _inner(): return math.floor(2.5)
    def _helper(): return _inner() + len(LIMIT) + len(_NAME.match("aa")[0])
    def f(): return _helper()
    """
    assert applied(old, new, "victim:f", "(victim.f(), hasattr(victim, 'UNUSED'))") == "(6, False)"
    brought = ['"LIMIT": [1, 2]', '"_NAME": _NAME', '"_helper": _helper', '"_inner": _inner', '"math": math']
    assert [one for one in brought if one not in module(project)] == []


def test_members_that_are_new(applied, project):
    """Methods and constants that upstream added to the class, and that a changed method uses, come along."""
    old = "class C:\n    def f(self): return 1\n"
    new = """
    class C:
        LIMIT = 5
        TABLE = (1, 2)
        def f(self): return self._g() + self.LIMIT
        @classmethod
        def _g(cls): return 1
    """
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "6"
    assert "LIMIT = added(5)" in module(project)
    assert "    @added\n    @classmethod\n    def _g(cls): return 1\n" in module(project)


def test_attribute_that_another_method_sets(applied, project):
    """A method that sets what the changed one uses is part of the fix."""
    old = "class C:\n    def __init__(self): pass\n    def f(self): return 1\n"
    new = "class C:\n    def __init__(self): self._limit = 7\n    def f(self): return self._limit\n"
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "7"
    assert sorted(one["target"] for one in project.declared()[-1]["edits"]) == ["victim:C.__init__", "victim:C.f"]


def test_attribute_that_nobody_sets(applied, project):
    """An attribute that is new and comes from elsewhere is told, and so is one of something else."""
    old = "class C:\n    def f(self, x): return 1\n"
    applied(old, "class C:\n    def f(self, x): return self.ghost or x.spook\n", "victim:C.f", "1")
    assert "the attribute 'ghost', which victim:C.f uses, is new: see who sets it" in project.said
    assert "victim:C.f takes the attribute 'spook', and did not before: see who has it" in project.said


def test_several_targets(applied, project):
    """Targets in several places are one patch, whose bodies are in a module of their own."""
    old = "X = 1\ndef f(): return 1\nclass C:\n    Y = 1\n    def g(self): return 1\n    LIMITS = {1}\n"
    new = old.replace("1", "2")
    targets = "victim:f victim:C.g victim:X victim:C.LIMITS victim:C.Y"
    expression = "(victim.f(), victim.C().g(), victim.X, victim.C.LIMITS, victim.C.Y)"
    assert applied(old, new, targets, expression) == "(2, 2, 2, {2}, 2)"
    assert "value=2" in module(project)
    assert 'replacement="mine._backports.victim.mine_1_body:C.g"' in module(project)


def test_constant(applied, project):
    """A constant is a value, or what makes one where JSON cannot say it."""
    assert (
        applied("X = {'a': [1, None]}", "X = {'a': [2, None, True]}", "victim:X", "victim.X")
        == "{'a': [2, None, True]}"
    )
    assert not (project.folder / "mine/_backports/victim/mine_1_body.py").exists()


def test_constant_that_is_made(applied, project):
    """A constant's ingredients are imported where it is made."""
    old = "import re\nSIGNS = '[a]'\nX = re.compile(SIGNS + '1')\ndef _(): return X\n"
    assert applied(old, old.replace("1", "2"), "victim:X", "victim.X.pattern") == "[a]2"
    assert "import re\n\nfrom victim import SIGNS\n" in module(project, "_body")


def test_defaults_and_decorators_of_the_package(applied, project):
    """Names that the definition needs are imported after the target, with the module of the body."""
    old = "LIMIT = 3\ndef kept(f): return f\n@kept\ndef f(x=LIMIT): return 1\n"
    new = old.replace("return 1", "return x")
    assert applied(old, new, "victim:f", "victim.f()") == "3"
    assert "from victim import LIMIT, kept\n" in module(project, "_body")


def test_class_that_is_new(applied, project):
    """A class that upstream added is one of the module of the body, with the names that it uses."""
    old = "BASE = ValueError\ndef f():\n    raise BASE\n"
    new = """
    BASE = ValueError
    WORD: str = "late"
    class Late(BASE):
        limit: int = 4
        def told(self): return WORD
    def f():
        return Late().told()
    """
    assert applied(old, new, "victim:f", "victim.f()") == "late"


def test_import_that_the_old_release_cannot_make(project):
    """A name that upstream imports, and whose module has it only now, is brought along itself."""
    old = {"victim/__init__.py": "def f(): return 1\n", "victim/errors.py": "BASE = ValueError\n"}
    new = {
        "victim/__init__.py": "from .errors import Late, late\ndef f(): return Late(late())\n",
        "victim/errors.py": "BASE = ValueError\nclass Late(BASE): pass\ndef late(): return BASE\n",
    }
    project.releases({"1.0": old, "2.0": new}).new("victim:f", "--id", "mine-1")
    for path, text in old.items():
        project.write(path, text)
    project.write("victim-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n")
    assert project.applied("repr(victim.f())") == "Late(<class 'ValueError'>)"


def test_import_of_the_package_itself(project):
    """An import of another module of the package, or of a name of it, means the same where it is written."""
    old = {"victim/__init__.py": "", "victim/a.py": "def f(): return 1\n", "victim/b.py": "def g(): return 5\n"}
    new = old | {"victim/a.py": "from . import b\nfrom .b import g as h\ndef f(): return b.g() + h()\n"}
    project.releases({"1.0": old, "2.0": new}).new("victim.a:f", "--id", "mine-1")
    for path, text in old.items():
        project.write(path, text)
    project.write("victim-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n")
    assert project.applied("__import__('victim.a').a.f()") == "10"


def test_import_from_another_distribution(applied):
    """An import from a distribution that upstream needs, too, is written as it is, after the target."""
    old, new = "def f(): return 1\n", "from packaging.version import Version as V\ndef f(): return V('2') > V('1')\n"
    assert applied(old, new, "victim:f", "victim.f()") == "True"


def test_member_of_another_class_that_is_new(applied, project):
    """A method that a body calls, and that its class has only now, is added to that class."""
    old = "class D(dict):\n    pass\ndef f(): return D()\n"
    new = "class D(dict):\n    def changed(self): return 'changed'\ndef f(): return D().changed()\n"
    assert applied(old, new, "victim:f", "victim.f()") == "changed"
    assert project.declared()[-1]["edits"][0]["how"] == "add"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("def f():", "    'What.'\n    return os.path.sep\n"),
        ("def f(sep=os.sep):", "    return sep and os.path.sep\n"),
        ("def f(x=1):", "    # a remark\n    if x:\n        return os.path.sep\n"),
    ],
)
def test_import_that_only_some_releases_have(project, head, body):
    """A body imports itself what some of the releases do not import."""
    old, new = "def f():\n    return 1\n", f"import os\n{head}\n{body}"
    project.releases({"1.0": old, "1.1": f"import os\n{old}", "2.0": new})
    assert "'os'" not in project.new("victim:f", "--id", "mine-1", "--since", "1.0")
    assert "    import os  # some releases do not\n" in module(project)
    project.install("1.0", old)
    assert project.applied("victim.f()") == "/"


def test_import_that_cannot_stand_in_the_body(project):
    """Where the body has no lines of its own, that is told."""
    old, new = "def f(): return 1\n", "import os\ndef f(): return os.sep\n"
    project.releases({"1.0": old, "1.1": f"import os\n{old}", "2.0": new})
    said = project.new("victim:f", "--since", "1.0")
    assert "'os', which victim:f uses, is not in 1.0: narrow the range" in said


def test_attribute_by_way_of_a_module_of_python(project):
    """An attribute of a module within a module of Python is nothing new; that of something else is."""
    old = "import os\ndef f(x):\n    return 1\n"
    said = project.releases({"1.0": old, "2.0": old.replace("1", "os.path.basename(x.y.other)")}).new("victim:f")
    assert "'basename'" not in said
    assert "victim:f takes the attribute 'other', and did not before" in said


def test_member_of_a_class_of_python(project):
    """An attribute that a class of Python has, which the body names, is nothing that the fix has added."""
    old = "from email.message import Message\ndef f(x):\n    return 1\n"
    new = old.replace("return 1", "x = Message()\n    return x.get_params()")
    said = project.releases({"1.0": old, "2.0": new}).new("victim:f")
    assert "get_params" not in said


def test_name_that_only_some_releases_have(project):
    """A name that the first releases in range lack is told, and no branch of its own."""
    old, new = "def f():\n    return 1\n", "def f():\n    return g()\n"
    said = project.releases({"1.0": old, "1.1": f"{old}\ng = f", "2.0": f"{new}\ng = f"}).new("victim:f")
    assert "'g', which victim:f uses, is not in 1.0: narrow the range" in said


def test_name_that_is_made_in_no_plain_way(project):
    """A new name that no statement gives by itself is left to a person."""
    new = "def f():\n    return a\nfor a in [1]: pass\n"
    said = project.releases({"1.0": "def f():\n    return 1\n", "2.0": new}).new("victim:f")
    assert "'a', which victim:f uses, is new, and has to be written by hand" in said


def test_what_one_patch_cannot_hold(project):
    """Two classes of one name in a module are refused."""
    text = "class C:\n    def f(self): return {0}\nclass D:\n    class C:\n        def f(self): return {0}\n"
    project.releases({version: text.format(version) for version in "12"})
    assert "one patch cannot hold all of what is called" in project.refused("victim:C.f", "victim:D.C.f")


HEADERS = """
import typing
class Headers(typing.MutableMapping[str, str]):
    def __getitem__(self, name): return ""
    def __setitem__(self, name, value): pass
    def __delitem__(self, name): pass
    def __iter__(self): return iter(())
    def __len__(self): return 0
"""
CHANGED = HEADERS + "    def changed(self): return 'changed'\n"


def test_one_name_in_two_modules(modules):
    """Bodies with one name in two modules are written in a module of its own for each."""
    old = {f"victim/{name}.py": f"def f(): return '{name}'\n" for name in "ab"}
    new = {path: text.replace("return '", "return 'new ") for path, text in old.items()}
    expression = "(victim.a.f(), __import__('victim.b').b.f())"
    assert modules.applied(old, new, "victim.a:f victim.b:f", expression) == "('new a', 'new b')"


def test_modules_whose_names_come_to_the_same(modules):
    """Modules get numbers where their names would be those of one file."""
    old = {f"victim/{name}.py": "def f(): return 1\n" for name in ("a", "b_c", "b/c")} | {"victim/b/__init__.py": ""}
    new = {path: text.replace("1", "2") for path, text in old.items()}
    assert modules.applied(old, new, "victim.a:f victim.b_c:f victim.b.c:f", "victim.a.f()") == "2"
    assert '"mine._backports.victim.mine_1_body_3:f"' in module(modules.project)


def test_new_member_of_a_class_whose_import_is_new(modules):
    """A method that is new comes along also if its class is imported by the fix only, and has a base in `typing`."""
    old = {"victim/h.py": HEADERS, "victim/a.py": "from . import h\ndef f(): return 1\n"}
    new = {"victim/h.py": CHANGED, "victim/a.py": "from .h import Headers\ndef f(): return Headers().changed()\n"}
    assert modules.applied(old, new, "victim.a:f", "victim.a.f()") == "changed"
    targets = [one["target"] for one in modules.project.declared()[-1]["edits"]]
    assert targets == ["victim.a:Headers", "victim.h:Headers.changed", "victim.a:f"]


def test_new_member_of_a_class_that_an_annotation_names(modules):
    """The class of a parameter is told by its annotation, over however many imports."""
    head = {"victim/g.py": "from .h import Headers\n"}
    line = "from .g import Headers as H\ndef f(x: H): return "
    old = head | {"victim/h.py": HEADERS, "victim/a.py": f"{line}1\n"}
    new = head | {"victim/h.py": CHANGED, "victim/a.py": f"{line}x.changed()\n"}
    assert modules.applied(old, new, "victim.a:f", "victim.a.f(victim.a.H())") == "changed"


def test_classes_that_have_an_attribute_are_named(modules):
    """Where nothing tells whose attribute a body takes, the classes that have it are named."""
    scopes = "def g():\n    global y\n    def inner():\n        nonlocal z\n    z = 1\n"  # these have names, too
    head = f"import os\nfrom . import h\nfrom .gone import x\n{scopes}def f(x):\n    return "
    old = {"victim/h.py": HEADERS, "victim/a.py": f"{head}1\n"}
    new = {"victim/h.py": CHANGED, "victim/a.py": f"{head}x.changed()\n"}
    said = modules.new(old, new, "victim.a:f")
    line = "to do: victim.a:f takes the attribute 'changed', and did not before: victim.h:Headers has it"
    assert line in said.splitlines()


def test_attribute_of_what_comes_along(applied, project):
    """An attribute of a constant that comes along is no question."""
    new = "import re\nX = re.compile('a')\ndef f():\n    return X.search('ba').span()\n"
    assert applied("def f():\n    return 1\n", new, "victim:f", "victim.f()") == "(1, 2)"
    assert "attribute 'search'" not in project.said


# --- constants that several statements make ---

FILLED = """
from os.path import basename
def _more(): return "more"
X = []
X.append(basename("a/b"))
X += [_more()]
for each in "cd":
    X.append(each)
TABLE = {}
TABLE["x"] = X
print  # not one of them
def f(): return TABLE["x"]
"""


def test_constant_that_is_filled(applied, project):
    """The statements that fill a constant afterwards come along with it."""
    assert applied("def f(): return 1\n", FILLED, "victim:f", "victim.f()") == "['b', 'more', 'c', 'd']"
    assert "print" not in module(project)


def test_changed_constant_that_is_filled(applied, project):
    """A constant that the fix has changed is filled as upstream fills it."""
    old = "import re\nX = {'a': '(a)'}\nX['b'] = 'b'\nX = [re.compile(one).pattern for one in X.values()]\n"
    assert applied(old, old.replace("(a)", "a+"), "victim:X", "victim.X") == "['a+', 'b']"
    assert "to do: 1.0 works on" not in project.said


def test_changed_constant_that_is_made_otherwise(applied, project):
    """Statements that worked on a constant before the fix, and do no more, are told: its users may want them."""
    old = "X = ['a']\nX = [one * 2 for one in X]\n"
    assert applied(old, "X = ['b']\n", "victim:X", "victim.X") == "['b']"
    line = "line 2: X = [one * 2 for one in X]"
    assert "to do: 1.0 works on victim:X in a way that the fix does not, see that who uses it takes" in project.said
    assert line in project.said


def test_constant_that_is_made_in_blocks(project):
    """Where no plain assignment begins it, all that makes a new constant is quoted."""
    new = "try:\n    X = int('1')\n    X += 1\nexcept ValueError:\n    X = None\nX = X or 3\ndef f():\n    return X\n"
    said = project.releases({"1.0": "def f():\n    return 1\n", "2.0": new}).new("victim:f")
    line = "line 1: try: X = int('1') X += 1 except ValueError: X = None; line 6: X = X or 3"
    assert f"victim:X is made by several statements, see that the patch has what they come to: {line}" in said


def test_long_imports_are_wrapped(modules):
    """No line that is not upstream's is longer than a reader sees."""
    used = [f"a_name_of_the_module_{number}" for number in range(9)]
    head = "".join(f"def {name}(x=1): pass\n" for name in used)
    old = {"victim/a.py": f"{head}def f(): return 1\ndef g(x=1): return 1\n"}
    new = {"victim/a.py": f"{head}def f(): return ({', '.join(used)}) and 2\ndef g(x={used[0]}): return 2\n"}
    assert modules.applied(old, new, "victim.a:f victim.a:g", "victim.a.f()") == "2"
    text = module(modules.project, "_body")
    assert "    from victim.a import (\n        a_name_of_the_module_" in text
    assert [line for line in text.splitlines() if len(line) > 100 and "def " not in line] == []


@pytest.mark.parametrize(
    ("old", "new", "target", "reason"),
    [
        ("x: int = 1", "x: int = 2", "victim:C.x", "it is a field of C, whose constructor"),
        ("__slots__ = ('a',)", "__slots__ = ('a', 'b')", "victim:C.f", "it sets b, for which the class has no slot"),
    ],
)
def test_what_a_class_is_made_of(project, old, new, target, reason):
    """A field or a slot cannot be put in when the class is made."""
    body = "import dataclasses\n{1}class C:\n    {0}\n    def f(self): self.{2} = 1\n"
    decorator = "" if "slots" in old else "@dataclasses.dataclass\n"
    texts = [body.format(one, decorator, "ab"[at]) for at, one in enumerate((old, new))]
    said = project.releases({"1.0": texts[0], "2.0": texts[1]}).refused(target)
    assert f"{target} cannot be patched: {reason}" in said


def test_slots_that_stay(applied):
    """A method of a class with slots is patched where it sets what the class has a slot for."""
    old = "class C:\n    __slots__ = ('a',)\n    def f(self): self.a = 1\n"
    assert applied(old, old.replace("1", "2"), "victim:C.f", "[one := victim.C(), one.f(), one.a][2]") == "2"


def test_attribute_that_a_comment_names(applied, project):
    """An attribute is not new because the text of the fix names it with its class."""
    old = "class C:\n    def __init__(self): self.x = 1\n    def f(self):\n        return 0\n"
    new = old.replace("return 0", "return self.x") + "# C.x\n"
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "1"
    assert "written by hand" not in project.said


# --- what a class is, and what its instances have ---

FIELDS = "{import_}\n@{decorator}\nclass C:\n    a{field}\n{more}    def f(self):\n        return {value}\n"


def fields(more, value="self.a", decorator="dataclasses.dataclass", field=": int = 1"):
    """Return a module with a class of fields."""
    head = f"import typing, {decorator.partition('.')[0]}"
    return FIELDS.format(import_=head, decorator=decorator, field=field, more=more, value=value)


@pytest.mark.parametrize(
    ("decorator", "field"),
    [
        ("dataclasses.dataclass", ": int = {}"),
        ("attr.s", " = attr.ib(default={})"),
        ("attr.s(slots=True)", " = attr.ib({})"),
        ("attrs.define(slots=False)", ": int = attrs.field(default={})"),
    ],
)
def test_fields_of_a_class(project, decorator, field):
    """A field that the fix has changed, or a body uses and the fix has added, is none of what a patch can bring."""
    texts = {"1.0": fields("", "1", decorator, field.format(1))}
    texts["2.0"] = fields(f"    b{field.format(1)}\n", "self.b", decorator, field.format(2))
    project.releases(texts)
    assert "victim:C.a cannot be patched: it is a field of C" in project.refused("victim:C.a")
    assert "victim:C.b cannot be patched: it is a field of C" in project.refused(
        "victim", *["1.0", "2.0", "--only", "C.b"]
    )
    assert "to do: 'b', which victim:C.f uses, is a field of C, instances do not have it" in project.new("victim:C.f")
    assert "attr" not in project.read("mine/_backports/victim/victim_f.py").replace("attribute", "")


def test_class_variable_of_a_dataclass(applied):
    """A class variable is no field."""
    old = fields("    b: 'typing.ClassVar[int]' = 1\n", "self.b")
    assert applied(old, old.replace("= 1\n    def", "= 2\n    def"), "victim:C.b", "victim.C().f()") == "2"


def test_instances_of_a_class_with_other_fields(project):
    """A body that makes instances of a class by fields which the fix has added is told."""
    call = "def f(x=0): return C({})\n"
    project.releases({"1.0": fields("") + call.format("1"), "2.0": fields("    b: int = 1\n") + call.format("1, 2")})
    said = project.new("victim:f")
    assert "to do: victim:f calls victim:C, whose fields are a before the fix and a, b in it" in said


KEPT = "class C:\n    def __init__(self):\n        self._old = {}\n    def get(self):\n        return self._old\n"
KEPT += "    def other(self):\n        return 1\n"


def test_readers_of_what_is_set_no_longer(applied, project):
    """Methods that read what the fixed one sets no longer, and that the fix has changed, are part of the patch."""
    new = KEPT.replace("_old", "_new").replace("{}", "{1: 2}")
    assert applied(KEPT, new, "victim:C.__init__", "victim.C().get()") == "{1: 2}"
    targets = [one["target"] for one in project.declared()[-1]["edits"]]
    assert sorted(targets) == ["victim:C.__init__", "victim:C.get"]
    assert "no longer" not in project.said


def test_readers_that_the_fix_does_not_change(project):
    """A method that still reads what the fixed one sets no longer is told."""
    project.releases({"1.0": KEPT, "2.0": KEPT.replace("self._old = {}", "pass")})
    assert "to do: victim:C.__init__ sets _old no longer, and C.get reads that" in project.new("victim:C.__init__")


def test_attribute_that_is_set_elsewhere(applied, project):
    """Nothing is told where another method of the patch sets the attribute."""
    new = KEPT.replace("self._old = {}", "self._set()") + "    def _set(self):\n        self._old = 3\n"
    assert applied(KEPT, new, "victim:C.__init__", "victim.C().get()") == "3"
    assert "no longer" not in project.said


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("__contains__(self, x): return True", "1 in self"),
        ("__getitem__(self, x): return True", "self[1]"),
        ("__len__(self): return True", "len(self) == 1"),
        ("__call__(self): return True", "self()"),
        ("__iter__(self): return iter([True])", "[one for one in self][0]"),
        ("__iter__(self): return iter([True])", "any([*self])"),
        ("__eq__(self, x): return x == 4", "self == 4"),
        ("__lt__(self, x): return True", "self < 4"),
        ("__or__(self, x): return True", "self | 4"),
        ("__ror__(self, x): return True", "4 | self"),
        ("__bool__(self): return True", "not not self"),
        ("__str__(self): return 'x'", "str(self) == 'x'"),
        ("__format__(self, x): return 'x'", "f'{self}' == 'x'"),
    ],
)
def test_special_methods(applied, name, use):
    """A special method that the fix has added comes along where its body uses it without its name."""
    old = "class C:\n    def f(self):\n        return False\n"
    new = old.replace("False", use) + f"    def {name}\n"
    assert applied(old, new, "victim:C.f", "victim.C().f()") == "True"


@pytest.mark.parametrize(
    ("statements", "names"),
    [
        ("with self: pass", "enter exit"),
        ("async with self: pass", "aenter aexit"),
        ("async for x in self: pass", "aiter"),
        ("for x in self: pass", "iter"),
        ("await self", "await"),
        ("self[1] = 2", "setitem"),
        ("del self[1]", "delitem"),
        ("self += 1", "iadd add"),
        ("if self: pass", "bool len"),
        ("yield from self", "iter"),
        ("x not in self", "contains"),
        ("x < y <= self", "le"),
        ("x[self](self.y, other)", ""),
    ],
)
def test_uses_of_special_methods(statements, names):
    """Statements and operators use special methods of what they are about."""
    text = f"async def f(self):\n    {statements}" if statements[0] != "y" else f"def f(self):\n    {statements}"
    assert implicit.of(ast.parse(text), "self") == {f"__{name}__" for name in names.split()}


def test_member_that_a_base_may_have(project):
    """Where source does not tell whether a class has what the fix adds, that is told."""
    old = "def made(): return object\nclass C(made()):\n    def f(self):\n        return False\n"
    new = old.replace("False", "1 in self") + "    def __contains__(self, x): return True\n"
    said = project.releases({"1.0": old, "2.0": new}).new("victim:C.f")
    assert "to do: see whether C has '__contains__' from a base or decorator in 1.0: write how='replace'" in said


MAPPING = """
import collections.abc
Base = collections.abc.Mapping
class C(Base):
    def __getitem__(self, x): raise KeyError(x)
    def __iter__(self): return iter(())
    def __len__(self): return 0
    def f(self):
        return False
"""


def test_override_of_a_base_of_python(applied):
    """What a base of Python itself has is replaced, and not added, also where the base has another name."""
    new = MAPPING.replace("return False", "return 1 in self") + "    def __contains__(self, x): return True\n"
    assert applied(MAPPING, new, "victim:C.f", "victim.C().f()") == "True"


def test_override_that_the_fix_adds(applied):
    """A method that a class inherits before the fix, and has of its own with it, comes along where it is used."""
    old = "class B:\n    def g(self): return 1\nclass C(B):\n    def f(self): return 0\n"
    new = old.replace("return 0", "return self.g()") + "    def g(self): return 2\n"
    assert applied(old, new, "victim:C.f", "victim.C().f(), victim.B().g()") == "2 1"


def test_names_of_comprehensions(modules):
    """The names that a comprehension in a class binds are none of the module."""
    old = {"victim/a.py": "def f(): return 1\n"}
    new = {"victim/a.py": "class C:\n    x = [name for name in 'ab']\ndef f(): return C.x\n"}
    assert modules.applied(old, new, "victim.a:f", "victim.a.f()") == "['a', 'b']"
    assert "import name" not in modules.project.written()


def test_names_of_annotations_that_are_texts(modules):
    """Linters are told the names in annotations that are texts, and none of them complains of the body."""
    head = "from json import JSONDecoder\nclass D: pass\n"
    old = {"victim/a.py": f"{head}def f(x): return 1\n"}
    new = {"victim/a.py": f"{head}def f(x: 'JSONDecoder', *y: list['D', 'a b']) -> 'D': return D and 2\n"}
    assert modules.applied(old, new, "victim.a:f", "victim.a.f(1)") == "2"
    text = module(modules.project)
    assert "    from json import JSONDecoder\n" in text
    assert "    from victim.a import D\n" in text
    assert "# ruff: noqa\n" in text


def test_constant_of_another_module_of_the_package(modules):
    """A plain constant that the fix imports from a module which has it only now comes along as its value."""
    old = {"victim/util.py": "x = 1\n", "victim/a.py": "import re\nP = re.compile('a')\ndef f(): return P.pattern\n"}
    new = {"victim/util.py": "S = 's'\n"}
    new["victim/a.py"] = "from .util import S\n" + old["victim/a.py"].replace("'a'", "S + 'b'")
    assert modules.applied(old, new, "victim.a:P", "victim.a.P.pattern") == "sb"
