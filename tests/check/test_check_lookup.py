"""Source is found and read without importing anything, and names are followed as Python would."""

from __future__ import annotations

import ast
import sys
import zipfile

import pytest

from backportkit.check import reading
from backportkit.source import definitions, lookup, modules
from backportkit.source.found import Kind

pytestmark = pytest.mark.warm

MODULE = """
    import functools
    import json.decoder as decoder
    from .base import Base, made as renamed
    from .base import helper
    from . import base
    from .nowhere import gone
    from .base import Native

    def plain(a): pass

    if functools.stated:
        def either(): return 1
    else:
        def either(): return 2
    try:
        import fast
    except ImportError:
        fast = None
    with open("x") as opened:
        pass
    for item in ():
        later = item
    NAMES = {"a": plain}
    first, *rest = NAMES
    annotated: int = 3
    unbound: int

    class Own(Base, Exception):
        def own(self): pass
        @property
        def both(self): pass
        @both.setter
        def both(self, value): pass
        class Inner:
            def deep(self): pass

    class Attributed(base.Base): pass
    class Generic(Base[int]): pass
    class Strange(make()): pass
    class Unknown(nowhere.Base): pass
    class Unlisted(NoSuchBuiltin): pass
    class Of(Native): pass
    class Itself(Itself): pass
    @functools.total_ordering
    class Decorated: pass
    class Bare: pass
    class Set: pass
    Set.later = plain
    """
BASE = """
    def helper(): pass
    made = helper
    from ._native import Native
    class Base:
        def inherited(self): pass
    """


@pytest.fixture
def here(world, monkeypatch):
    """The modules of an installation that has those of this test."""
    monkeypatch.syspath_prepend(world.folder)
    return lookup.Library()


@pytest.fixture
def package(world, here):
    world.write("package/mod.py", MODULE)
    world.write("package/base.py", BASE)
    world.write("package/star.py", "from .base import *\nfrom .listed import *\n")
    world.write(
        "package/listed.py", "__all__ = ['_told', 'Told']\nclass Told:\n    def f(self): pass\ndef _told(): pass\n"
    )
    world.write("package/unlisted.py", "__all__ = [*names()]\ndef f(): pass\n")
    world.write("package/star_of_unlisted.py", "from .unlisted import *\n")
    world.write("package/grown.py", "__all__ = ['f']\n__all__ += more\ndef f(): pass\n")
    world.write("package/star_of_grown.py", "from .grown import *\n")
    world.write("package/extended.py", "__all__ = ['f']\n__all__.extend(more)\ndef f(): pass\n")
    world.write("package/star_of_extended.py", "from .extended import *\n")
    world.write("package/star_of_native.py", "from ._native import *\n")
    world.write("package/star_of_nowhere.py", "from .nowhere import *\n")
    world.write("package/stars.py", "from .star import *\nfrom .stars import *\n")
    world.write("package/lazy.py", "def __getattr__(name): ...\n")
    world.write("package/wrong.py", "def f(:\n")
    world.write("package/circle.py", "from .circle2 import f\n")
    world.write("package/circle2.py", "from .circle import f\n")
    world.write("package/deep/inner.py", "from ..base import helper\nfrom ... import x\n")
    world.write("package/__init__.py", "raise RuntimeError('nobody may import this')\nfrom . import base\n")
    (world.folder / "package" / "_native.abi3.so").write_bytes(b"\x7fELF")
    (world.folder / "package" / "names" / "space").mkdir(parents=True)
    (world.folder / "package" / "names" / "space" / "leaf.py").write_text("def f(): pass\n", "utf-8")
    return here


def find(package, target):
    module, _, path = target.partition(":")
    found = package.find(f"package.{module}" if module else "package", path.split("."))
    return found.kind, found.inherited, found.copied


@pytest.mark.parametrize(
    ("target", "kind", "inherited", "copied"),
    [
        ("mod:plain", Kind.FUNCTION, None, None),
        ("mod:Own", Kind.CLASS, None, None),
        ("mod:Own.own", Kind.FUNCTION, None, None),
        ("mod:Own.Inner.deep", Kind.FUNCTION, None, None),
        ("mod:NAMES", Kind.VALUE, None, None),
        ("mod:rest", Kind.VALUE, None, None),
        ("mod:opened", Kind.VALUE, None, None),
        ("mod:later", Kind.VALUE, None, None),
        ("mod:annotated", Kind.VALUE, None, None),
        ("mod:unbound", Kind.MISSING, None, None),
        ("mod:decoder", Kind.VALUE, None, None),
        ("mod:NAMES.x", Kind.UNKNOWN, None, None),
        ("mod:plain.x", Kind.UNKNOWN, None, None),
        ("mod:plain.fset", Kind.MISSING, None, None),
        ("mod:helper", Kind.FUNCTION, None, "package.base:helper"),
        ("mod:renamed", Kind.FUNCTION, None, "package.base:made"),
        ("mod:Base.inherited", Kind.FUNCTION, None, "package.base:Base"),
        ("mod:base.helper", Kind.FUNCTION, None, "package:base"),
        ("mod:gone", Kind.UNKNOWN, None, "package.nowhere:gone"),
        ("mod:Own.inherited", Kind.FUNCTION, "package.base:Base", "package.base:Base"),
        ("mod:Own.with_traceback", Kind.NATIVE, "builtins:Exception", None),
        ("mod:Own.__eq__", Kind.NATIVE, "builtins:object", None),
        ("mod:Bare.__eq__", Kind.NATIVE, "builtins:object", None),
        ("mod:Attributed.inherited", Kind.FUNCTION, "package.base:Base", None),
        ("mod:Generic.inherited", Kind.FUNCTION, "package.base:Base", None),
        ("mod:Strange.f", Kind.UNKNOWN, None, None),
        ("mod:Unknown.f", Kind.UNKNOWN, None, None),
        ("mod:Unlisted.f", Kind.UNKNOWN, None, None),
        ("mod:Of.f", Kind.UNKNOWN, None, None),
        ("mod:Itself.f", Kind.UNKNOWN, None, None),
        ("mod:Decorated.f", Kind.UNKNOWN, None, None),
        ("mod:Set.later", Kind.UNKNOWN, None, None),
        ("mod:Bare.f", Kind.MISSING, None, None),
        ("mod:Own.f", Kind.MISSING, None, None),
        ("mod:nothing", Kind.MISSING, None, None),
        ("star:helper", Kind.FUNCTION, None, "package.base:helper"),
        ("star:Base.inherited", Kind.FUNCTION, None, "package.base:Base"),
        ("star:_told", Kind.FUNCTION, None, "package.listed:_told"),
        ("star:Told.f", Kind.FUNCTION, None, "package.listed:Told"),
        ("star:nothing", Kind.MISSING, None, None),
        ("star:_hidden", Kind.MISSING, None, None),
        ("stars:helper", Kind.FUNCTION, None, "package.star:helper"),
        ("star_of_unlisted:f", Kind.UNKNOWN, None, None),
        ("star_of_grown:f", Kind.UNKNOWN, None, None),
        ("star_of_extended:f", Kind.UNKNOWN, None, None),
        ("star_of_native:f", Kind.UNKNOWN, None, None),
        ("star_of_nowhere:f", Kind.UNKNOWN, None, None),
        ("lazy:anything", Kind.UNKNOWN, None, None),
        ("circle:f", Kind.UNKNOWN, None, "package.circle2:f"),
        ("base:Native", Kind.NATIVE, None, "package._native:Native"),
        ("_native:f", Kind.NATIVE, None, None),
        ("wrong:f", Kind.NATIVE, None, None),
        ("names:f", Kind.NATIVE, None, None),
        ("names.space.leaf:f", Kind.FUNCTION, None, None),
        ("deep.inner:helper", Kind.FUNCTION, None, "package.base:helper"),
        ("deep.inner:x", Kind.UNKNOWN, None, ":x"),
        ("nowhere.at.all:f", Kind.MISSING, None, None),
    ],
)
def test_target_is_found_as_a_look_up_would(package, target, kind, inherited, copied):
    found_kind, found_inherited, found_copied = find(package, target)
    assert found_kind is kind
    assert found_inherited == inherited
    if inherited is None:
        assert found_copied == copied


BASES = """
    import collections.abc, io, typing
    import typing as t
    import package.deep.base
    from abc import ABC
    from typing import Generic as G, MutableMapping as M

    class Alias(typing.MutableMapping[str, str]): pass
    class Renamed(M[str, str]): pass
    class Abstract(collections.abc.Mapping): pass
    class Builtin(t.Dict[str, str]): pass
    class Native(io.BytesIO): pass
    class Typed(G[int]): pass
    class Empty(ABC): pass
    class Both(G[int], package.deep.base.Base): pass
    class Made(typing.NamedTuple): pass
    if typing.TYPE_CHECKING:
        Chosen = collections.abc.MutableMapping[str, str]
    else:
        Chosen = collections.abc.MutableMapping
    Circle = Other
    Other = Circle
    class OfChosen(Chosen): pass
    class OfCircle(Circle): pass
    """


@pytest.mark.parametrize(
    ("path", "kind", "inherited"),
    [
        ("Alias.update", Kind.FUNCTION, "_collections_abc:MutableMapping"),
        ("Alias.own", Kind.MISSING, None),
        ("Renamed.get", Kind.FUNCTION, "_collections_abc:Mapping"),
        ("Abstract.get", Kind.FUNCTION, "_collections_abc:Mapping"),
        ("Abstract.update", Kind.MISSING, None),
        ("Builtin.update", Kind.NATIVE, "builtins:dict"),
        ("Builtin.own", Kind.MISSING, None),
        ("Native.getvalue", Kind.NATIVE, "_io:BytesIO"),
        ("Native.own", Kind.MISSING, None),
        ("Typed.own", Kind.MISSING, None),
        ("Empty.own", Kind.MISSING, None),
        ("Both.__eq__", Kind.FUNCTION, "package.deep.base:Base"),
        ("Made._asdict", Kind.UNKNOWN, None),
        ("OfChosen.__contains__", Kind.FUNCTION, "_collections_abc:Mapping"),
        ("OfChosen.own", Kind.MISSING, None),
        ("OfCircle.own", Kind.UNKNOWN, None),
    ],
)
def test_bases_of_python_itself_are_followed(world, here, path, kind, inherited):
    """A base may be an alias of typing, a generic, a class in C, or be named by way of its module."""
    world.write("package/__init__.py", "")
    world.write("package/deep/base.py", "class Base:\n    def __eq__(self, other): pass\n")
    world.write("based.py", BASES)
    found = here.find("based", path.split("."))
    assert (found.kind, found.inherited) == (kind, inherited)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("def f(): return '{x}'.format(**locals())", Kind.MISSING),
        ("class C:\n    def f(self): return vars()", Kind.MISSING),
        ("for one in (): locals()[one] = 1", Kind.UNKNOWN),
        ("vars().update(x=1)", Kind.UNKNOWN),
        ("def f(): globals()['x'] = 1", Kind.UNKNOWN),
    ],
)
def test_names_that_a_module_takes_from_elsewhere(world, here, text, kind):
    """In a function, the local names are none of the module's."""
    world.write("frames.py", f"{text}\n")
    assert here.find("frames", ["x"]).kind is kind


OTHER_NAMES = """
    def f(): pass
    g = h = f
    value = 1
    same = value
    late = after
    def after(): pass
    twice = other
    def other(): pass
    round = round
    class C:
        def a(self): pass
        b = a
        c = f
        d: object = b
        @property
        def p(self): pass
        q = p
        e = g
    class D(C): pass
    """


@pytest.mark.parametrize(
    ("path", "copied"),
    [
        ("g", "renamed:f"),
        ("h", "renamed:f"),
        ("C.b", "renamed:C.a"),
        ("C.c", "renamed:f"),
        ("C.d", "renamed:C.a"),
        ("C.q.fget", "renamed:C.p"),
        ("C.e", "renamed:f"),
        ("D.b", "renamed:C.a"),
    ],
)
def test_another_name_of_a_function_is_followed(world, here, path, copied):
    """A name that is given to a function which was defined before leads to it, within the class and the module."""
    world.write("renamed.py", OTHER_NAMES)
    found = here.find("renamed", path.split("."))
    assert (found.kind, found.copied) == (Kind.FUNCTION, copied)


@pytest.mark.parametrize("name", ["same", "late", "twice", "round"])
def test_another_name_of_what_is_no_function_is_a_value(world, here, name):
    """A name that is given to a value, or to what is defined only afterwards, is a value."""
    world.write("renamed.py", OTHER_NAMES)
    assert here.find("renamed", [name]).kind is Kind.VALUE


@pytest.mark.parametrize(
    "text",
    [
        "match f:\n    case h: pass\n",
        "class C:\n    global h\n    def h(): pass\n",
        "def other(a=(h := f)): pass\n",
        "for _ in [(h := f)]: pass\n",
    ],
)
def test_name_that_is_bound_by_the_way(world, here, text):
    """A name that a pattern, a class or an expression binds is what it was before, or what only running tells."""
    world.write("mod.py", f"def f(): pass\ndef h(): pass\n{text}")
    found = here.find("mod", ["h"])
    assert {one.kind for one in found.candidates} - {Kind.FUNCTION} == {Kind.VALUE}


def test_long_chain_of_imports_ends_out_of_sight(world, here):
    """A look-up follows a name through so many modules and no more."""
    for number in range(60):
        world.write(f"chain/m{number}.py", f"from .m{number + 1} import f\n")
    world.write("chain/m60.py", "def f(): pass\n")
    assert here.find("chain.m50", ["f"]).kind is Kind.FUNCTION
    assert here.find("chain.m0", ["f"]).kind is Kind.UNKNOWN


def test_c_module_has_what_this_process_sees_in_it():
    """The names in a loaded C module of the interpreter are known."""
    assert reading.find("math", ["floor"]).kind is Kind.NATIVE
    assert reading.find("math", ["no_such_function"]).kind is Kind.MISSING


def test_finder_that_fails_finds_nothing(monkeypatch):
    """A module is not found, and no error is raised, where a finder of somebody else raises one."""

    class Failing:
        def find_spec(self, name, path=None, target=None):
            raise ImportError(name)

    monkeypatch.setattr(sys, "meta_path", [Failing()])
    assert lookup.Library().modules.read("no_such_module_here") is None


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("sys.version_info[:2] >= (3, 8)", 1),
        ("sys.version_info[0:1:1] != (3,)", 1),
        ("sys.version_info >= (3, 8) or flag", 1),
        ("sys.version_info < (3,) and flag", 1),
        ("sys.version_info < (3,) or flag", 2),
        ("not (sys.platform in {'a', 'b'})", 1),
        ("not flag", 2),
        ("sys.version_info > flag", 2),
        ("os.name not in ['plan9'] and os.name == 'plan9'", 1),
        ("sys.byteorder < sys.maxsize", 2),
    ],
)
def test_conditions_on_the_python_are_decided(world, here, condition, count):
    """A condition that this interpreter decides leaves one definition, any other leaves both."""
    world.write("conditional.py", f"if {condition}:\n    def f(): pass\nelse:\n    def f(): return 1\n")
    assert len(here.find("conditional", ["f"]).functions) == count


def test_each_part_of_a_property_is_a_definition_of_its_own(package):
    lines = {
        part: package.find("package.mod", ["Own", "both", *part]).functions[0].lineno
        for part in [(), ("fget",), ("fset",)]
    }
    assert lines[()] == lines["fget",] < lines["fset",]
    assert package.find("package.mod", ["Own", "both", "fdel"]).kind is Kind.MISSING


def test_setter_alone_is_what_its_name_means(world, here):
    world.write("alone.py", "class C:\n    @base.p.setter\n    def p(self, value): pass\n")
    assert here.find("alone", ["C", "p"]).kind is Kind.FUNCTION


def test_every_definition_under_if_and_else_is_found(package):
    assert len(package.find("package.mod", ["either"]).functions) == 2


def test_decorators_are_named_as_they_are_written():
    (function,) = ast.parse("@a.b(1)\n@c\n@d[0]\n@(lambda f: f)\n@(yes or no).x\ndef f(): pass").body
    assert definitions.decorators(function) == ["a.b", "c", "d", "", ""]


def test_nothing_was_imported(package):
    package.find("package.mod", ["plain"])
    assert not [name for name in sys.modules if name.partition(".")[0] == "package"]


def test_standard_library_is_read_though_it_is_frozen_or_built_in():
    assert reading.find("posixpath", ["join"]).kind is Kind.FUNCTION
    assert reading.find("os.path", ["join"]).kind is Kind.FUNCTION
    assert reading.find("sys", ["exit"]).kind is Kind.NATIVE


def test_source_in_a_zip_file_is_read(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as file:
        file.writestr("zipped_package/__init__.py", "")
        file.writestr("zipped_package/mod.py", "def f(): pass\n")
    monkeypatch.syspath_prepend(tmp_path / "zipped.zip")
    assert reading.find("zipped_package.mod", ["f"]).kind is Kind.FUNCTION


def test_module_without_a_spec_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "specless", ast.parse(""))
    assert reading.read("specless") is None


def test_files_are_those_of_the_package_or_the_module_itself(package):
    names = {path.name for path in modules.files(package.modules.read("package"))}
    assert {"mod.py", "leaf.py", "__init__.py"} <= names
    assert [path.name for path in modules.files(reading.read("posixpath"))] == ["posixpath.py"]
    assert modules.files(reading.read("sys")) == []
