"""What the fix has added to a module comes along into that module, once, with all that it needs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

CALLER = "def g(x):\n    try: return f(x)\n    except Bad: return 1\n"
OLD = {
    "victim/errors.py": "class Bad(Exception): pass\n",
    "victim/a.py": "from .errors import Bad\ndef f(x): return x\n",
    "victim/b.py": f"from .a import f\nfrom .errors import Bad\n{CALLER}",
}
NEW = {
    "victim/errors.py": "class Bad(Exception): pass\nclass Late(Bad): pass\n",
    "victim/a.py": "from .errors import Bad, Late as Later\ndef f(x): raise Later(x)\n",
    "victim/b.py": OLD["victim/b.py"]
    .replace("import Bad", "import Bad, Late")
    .replace("Bad: return 1", "Late: return 2"),
}
BOTH = "victim.a:f victim.b:g"


def targets(modules):
    return [one["target"] for one in modules.project.declared()[-1]["edits"]]


def test_class_that_several_modules_use(modules):
    """A class that the fix has added is one class, in the module that defines it, and the others import it."""
    seen = "__import__('victim.b').b.g(1), victim.errors.Late is victim.a.Later is victim.b.Late"
    assert modules.applied(OLD, NEW, BOTH, f"({seen})") == "(2, True)"
    assert targets(modules)[0] == "victim.errors:Late"
    assert modules.project.written().count("class Late") == 1
    assert "(BK" not in modules.said


def test_class_in_modules_that_are_loaded(modules):
    """The module that defines what was added is patched before those that import it, also where all are loaded."""
    imports = "import victim.b, victim.a, victim.errors"
    assert modules.applied_late(OLD, NEW, "victim.b:g victim.a:f", "victim.b.g(1)", imports) == "2"


def test_class_of_the_package_that_several_modules_use(modules):
    """What a package defines before it imports its modules cannot be imported from there, and is one class, too."""
    head = "class Bad(Exception): pass\n"
    imports = "from . import a, b\n"
    old = OLD | {"victim/__init__.py": head + imports}
    old = {path: text.replace(".errors import", ". import") for path, text in old.items()}
    new = {path: text.replace(".errors import", ". import") for path, text in NEW.items()}
    new["victim/__init__.py"] = f"{head}class Late(Bad): pass\n{imports}"
    seen = "__import__('victim.b').b.g(1), victim.a.Later is victim.b.Late"
    assert modules.applied(old, new, BOTH, f"({seen})") == "(2, True)"


HELPED = {
    "victim/consts.py": "import re\n",
    "victim/util.py": "import re\n",
    "victim/a.py": "from . import consts\ndef f(x):\n    return 1\n",
}
HELPER = """
import re
from .consts import LIMIT as _MOST
_NAME = re.compile("a+")
def _match(x): return _NAME.match(x)
def is_name(x): return len(x) < _MOST and bool(_match(x))
"""


def test_helpers_of_a_helper_in_another_module(modules):
    """Functions and constants that a helper uses come along into its own module, over however many."""
    new = HELPED | {"victim/util.py": HELPER, "victim/consts.py": "import re\nLIMIT = 3 * 3\n"}
    new["victim/a.py"] = "from . import consts\nfrom .util import is_name\ndef f(x):\n    return is_name(x)\n"
    assert modules.applied(HELPED, new, "victim.a:f", "(victim.a.f('aa'), victim.a.f('b'))") == "(True, False)"
    assert sorted(targets(modules)) == [
        *("victim.a:f", "victim.a:is_name", "victim.consts:LIMIT"),
        *("victim.util:_MOST", "victim.util:_NAME", "victim.util:_match", "victim.util:is_name"),
    ]
    assert "to do: 'victim" not in modules.said
    assert "(BK" not in modules.said


def test_constant_of_a_changed_function_and_of_others(modules):
    """A constant that comes along for the module which has it is imported by another module of the patch."""
    old = {"victim/b.py": "import re\ndef g(): return 1\n", "victim/a.py": "def f(): return 1\n"}
    new = {"victim/b.py": "import re\nTOKEN = re.compile('t')\ndef g(): return TOKEN\n"}
    new["victim/a.py"] = "from victim.b import TOKEN\ndef f(): return TOKEN\n"
    seen = "victim.a.f() is __import__('victim.b').b.g()"
    assert modules.applied(old, new, "victim.b:g victim.a:f", seen) == "True"


@pytest.mark.parametrize("way", ["from . import consts", "import victim.consts", "import victim.consts as consts"])
def test_attribute_of_a_module(modules, way):
    """What a body takes as an attribute of a module, and the fix has added there, comes along."""
    name = "victim.consts" if way.endswith("m.consts") else "consts"
    old = HELPED | {"victim/a.py": f"{way}\ndef f(x):\n    return 1\n"}
    new = {"victim/consts.py": "import re\nLATE = object\n"}
    new["victim/a.py"] = f"{way}\ndef f(x):\n    return h(x)\ndef h(x):\n    return {name}.LATE\n"
    assert modules.applied(old, new, "victim.a:f", "victim.a.f(1)") == "<class 'object'>"
    assert "LATE" not in modules.said.replace("victim.consts:LATE", "")


LAZY = """
from . import conf
class Lazy:
    def __getattr__(self, name): return getattr(conf, name)
lazy = Lazy()
def f(x): return {}
"""


@pytest.mark.parametrize(
    "body", ["lazy.MOST", "g(x)\ndef g(x): return lazy.MOST", "G().g()\nclass G:\n    def g(self): return lazy.MOST"]
)
def test_attribute_that_an_added_body_takes(modules, body):
    """An attribute of something that source does not tell is a question, be it in a changed body or in an added one."""
    old = {"victim/conf.py": "", "victim/a.py": LAZY.format(1)}
    new = {"victim/conf.py": "MOST = 3\n", "victim/a.py": LAZY.format(body)}
    said = modules.new(old, new, "victim.a:f")
    assert "takes the attribute 'MOST', and did not before: see who has it" in said


def test_constant_that_settings_are_read_from(modules):
    """The one constant of such a name that the fix has added to a module comes along, and is told."""
    old = {"victim/conf.py": "", "victim/a.py": LAZY.format(1)}
    new = {"victim/conf.py": "MOST = 3\n", "victim/a.py": LAZY.format("lazy.MOST")}
    assert modules.applied(old, new, "victim 1.0 2.0 --only f", "victim.a.f(1)") == "3"
    assert (
        "takes the attribute 'MOST', and did not before: victim.conf:MOST comes along, see that it is that one"
        in modules.said
    )


BELOW = {
    "victim/a.py": "class B:\n    def run(self): return 1\nclass S(B): pass\nclass T(S): pass\n",
    "victim/b.py": "from . import a\nclass U(a.S): pass\n",
}
OVER = {
    "victim/a.py": """
class B:
    def run(self): return self.quote()
    def quote(self): return "b"
class S(B):
    def quote(self): return "s"
class T(S):
    def quote(self): return "t" + super().quote()
class Other:
    def quote(self): return "o"
""",
    "victim/b.py": "from . import a\nclass U(a.S):\n    def quote(self): return 'u'\n",
}


def test_subclasses_that_override_what_is_new(modules):
    """A new method comes along with those by which subclasses of its module override it."""
    seen = "[one().run() for one in (victim.a.B, victim.a.S, victim.a.T)]"
    old = {"victim/a.py": BELOW["victim/a.py"] + "class Other: pass\n"}
    assert modules.applied(old, {"victim/a.py": OVER["victim/a.py"]}, "victim.a:B.run", seen) == "['b', 's', 'ts']"
    assert "victim.a:Other.quote" not in targets(modules)


def test_subclasses_in_other_modules(modules):
    """Between two releases, subclasses in other modules are known, too."""
    seen = "__import__('victim.b').b.U().run()"
    assert modules.applied(BELOW, OVER, "victim 1.0 2.0 --only B.run", seen) == "u"


GLOBAL = """
def f():
    return 1
def other():
    global _made
    _made = 1
"""
BOUND = """
_seen = 0
def f():
    global _seen, _made
    _made = _seen = _seen + 1
    return _seen
"""


def test_global_that_a_function_binds(applied, project):
    """A constant that a function binds anew comes along, and what that means is told."""
    assert applied(GLOBAL, BOUND, "victim:f", "(victim.f(), victim.f(), victim._made)") == "(1, 2, 2)"
    assert "to do: victim:f binds _seen anew, which is a conflict from then on" in project.said
    assert "_made" not in project.said


QUESTIONS = """
from abc import ABCMeta
from asyncio import Protocol
class Base(metaclass=ABCMeta): pass
class C(Base):
    most = 3
    def f(self): return self._at(self), self._quoted("a"), self._new()
    def _at(self, other): return other and type(other).most
    @staticmethod
    def _quoted(text): return [one for one in text.replace("a", "b")]
    def _new(self): return 1
class P(Protocol):
    def g(self): return dir(self) and 2
"""


def test_no_needless_questions(modules):
    """Neither what the patch adds, nor what Python has, nor what a static method is given is a question."""
    old = "from abc import ABCMeta\nfrom asyncio import Protocol\nclass Base(metaclass=ABCMeta): pass\n"
    old += "class C(Base):\n    def f(self): return 0\nclass P(Protocol):\n    def g(self): return 1\n"
    line = "victim 1.0 2.0 --only C --only P"
    seen = "(victim.a.C().f(), victim.a.P().g())"
    assert modules.applied({"victim/a.py": old}, {"victim/a.py": QUESTIONS}, line, seen) == "((3, ['b'], 1), 2)"
    asked = [one for one in modules.said.splitlines() if one.startswith("to do: ")]
    assert [one for one in asked if "attribute" in one or "see whether" in one] == []
