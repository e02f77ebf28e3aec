"""A file that was changed after its import is not taken for what runs; one that was not is, however it was compiled."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

CHANGES = {
    "a constant": ("return 'old'", "return 'new'"),
    "an operator": ("return a < b", "return a <= b"),
    "a name": ("return len(a)", "return max(a)"),
    "an attribute": ("return a.real", "return a.imag"),
    "a method": ("return a.strip()", "return a.lstrip()"),
    "a default": ("return 1", "return 1", "b=1", "b=2"),
    "a negative default": ("return 1", "return 1", "b=-1", "b=-2"),
    "the default of a keyword": ("return 1", "return 1", "*, b=1", "*, b=True"),
    "the number of defaults": ("return 1", "return 1", "b=1", "b"),
    "an inner function": ("return lambda: 1", "return lambda: 2"),
    "a comprehension": ("return [c for c in a if c]", "return [c for c in a if not c]"),
    "a set": ("return a in {1, 2}", "return a in {1, 3}"),
    "an await": ("return (yield a)", "return (yield from a)"),
    "what Python does not compile": ("return 1", "nonlocal a"),
    "lines": ("return 1", "a = 1\n    return a"),
}
SCRIPT = """
import importlib, linecache, logging, os, pathlib, sys, warnings
import backportkit
from backportkit import register
from backportkit.source import fingerprint
warnings.simplefilter("ignore")
logging.disable()
def new(*arguments, **keywords): return "new"
def state(id_): return next(s.state for s in backportkit.status() if s.id == id_)
import victim
file = pathlib.Path(victim.__file__)
changed, known = file.with_name("changed").read_text(), fingerprint.of_source(file.read_text(), ["f"])
fixed = fingerprint.of_source(changed, ["f"])
assert known != fixed
def declare(id_, **fields):
    fields |= dict(id=id_, target="victim:f", replacement=new, signature="change")
    register(fields | dict(requires="python<4", summary="s", required=False))
    backportkit.apply_all(only=id_)
    found = state(id_)
    backportkit.unpatch(id_)
    return found
"""


def written(world, change, lines=0):
    """Write the module, and beside it what it is to become, further down by some lines."""
    before, after, *parameters = change
    for name, body, parameter in zip(
        ("victim.py", "changed"), (before, after), parameters or ("b=0", "b=0"), strict=True
    ):
        world.write(name, "\n" * (lines if name == "changed" else 0) + f"def f(a, {parameter}):\n    {body}\n")


@pytest.mark.parametrize("lines", [0, 3])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_stale_source_is_unknown(world, change, lines):
    """A patch fails if its target's file was changed since the import: the new text is not taken for what runs."""
    written(world, change, lines)
    script = """
file.write_text(changed)
print(declare("p-1", original=fixed), declare("p-2", original=known, fixed=fixed))
"""
    assert world.run(SCRIPT + script) == ["failed failed"]


def test_source_that_was_loaded_again_is_known(world):
    """A traceback has kept the lines of the file that was; after a reload those of the new one count."""
    written(world, CHANGES["a constant"])
    script = """
linecache.getlines(str(file))
file.write_text(changed + "# longer")
importlib.reload(victim)
print(declare("p-1", original=known, fixed=fixed), declare("p-2", original=known))
"""
    assert world.run(SCRIPT + script) == ["absorbed drifted"]


UNCHANGED = '''
from __future__ import annotations
import contextlib, functools, os.path as path, types
from os import path as other
CONSTANT = 1
def plain(a, b=-1, *c, d=(1, 2), e="x", f=CONSTANT, **g):
    """Docstring."""
    assert a, "message"
    if __debug__: return a.strip() in {"a", "b"}
    return path.join(a, b).upper() + other.join(a), CONSTANT.real, 1.5, -0.0, None
def outer(free, path):
    count = 0
    class Inner:
        def __private(self): return self.__name, free
        def method(self, other: int):
            """Docstring."""
            nonlocal count
            count += 1
            return super().__init__(), __class__, path.join(other), [free for other in self if other]
        @property
        def value(self): return {a: b for a, b in self.items()}
        @staticmethod
        def make(): return lambda: free.make(path)
    def closure(): return free, count, Inner
    return Inner.__dict__["_Inner__private"], Inner.method, Inner.value.fget, Inner.make, closure
class Base:
    class Nested:
        def method(self, super=super): return super.mro(), self.__x
    async def asynchronous(self): return [await each async for each in self]
    def generator(self):
        try:
            with contextlib.suppress(ValueError): yield from self.__class__.items()
        finally:
            def inner(a: str) -> int: return a.strip(
            )
            class Local: x = 1
    def optimised(self): return super().optimised(1), super().attribute
@types.coroutine
def awaitable(): yield
@functools.lru_cache(
    maxsize=None
)
@functools.wraps(plain)
def decorated(*a): return plain(*a)
def text(a): return f"{a!r:>{a}} {a.strip()}", """lines
of a text""", b"x"
FUNCTIONS = [plain, *outer(1, 2), Base.Nested.method, Base.asynchronous, Base.generator, Base.optimised]
FUNCTIONS += [awaitable, decorated.__wrapped__, text]
'''
ASK = """
import sys, victim
from backportkit.source import fingerprint
print([f.__qualname__ for f in victim.FUNCTIONS if fingerprint.of_function(f) is None])
"""


@pytest.mark.parametrize("flags", [(), ("-O",), ("-OO",), ("-B",)], ids=str)
def test_unchanged_file_is_known(fresh_world, flags):
    """Functions of all kinds are found in their unchanged source, with and without -O and -OO."""
    fresh_world.write("victim.py", UNCHANGED)
    assert fresh_world.run(ASK, flags=flags) == ["[]"]


def test_unchanged_file_is_known_that_was_compiled_at_another_level(world):
    """Bytecode of an optimised process may stand beside the source, or in its place."""
    world.write("victim.py", UNCHANGED)
    script = """
import importlib.util, types, pathlib, victim as loaded
for level in (0, 1, 2):
    victim = types.ModuleType("victim")
    exec(compile(pathlib.Path(loaded.__file__).read_text(), loaded.__file__, "exec", optimize=level), vars(victim))
    print([f.__qualname__ for f in victim.FUNCTIONS if fingerprint.of_function(f) is None])
"""
    assert world.run(ASK + script) == ["[]"] * 4


REWRITING = """
import ast, importlib.machinery, importlib.util, sys
class Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        tree = ast.parse(data)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.body.insert(0, ast.copy_location(ast.parse("checked = 'by a hook'").body[0], node.body[0]))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True, optimize=_optimize)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "victim": return importlib.util.spec_from_file_location(name, FILE, loader=Loader(name, FILE))
sys.meta_path.insert(0, Finder())
sys.dont_write_bytecode = True
"""


def test_file_that_a_loader_rewrites(world):
    """Code that an import hook adds, as type checkers do, does not make a file unknown; a change of the file does."""
    file = world.write("victim.py", UNCHANGED.replace("from __future__ import annotations\n", ""))
    hook = REWRITING.replace("FILE", repr(str(file)))
    assert world.run(hook + ASK) == ["[]"]
    written(world, CHANGES["a set"])
    script = """
file.write_text(changed)
print(declare("p-1", original=fixed))
"""
    assert world.run(hook + SCRIPT + script) == ["failed"]


def test_file_whose_asserts_pytest_rewrites(fresh_world):
    """The functions of a test, which are compiled with other asserts than are written, are known."""
    text = UNCHANGED.replace("assert a,", "assert a in [1, -2] and (a == 1) is not a.strip(),")
    fresh_world.write(
        "test_victim.py", text + ASK.replace(", victim", "").replace("victim.", "") + "def test(): pass\n"
    )
    script = "import pytest\nprint(pytest.main(['-qs', '-p', 'no:cacheprovider', 'test_victim.py']))"
    assert fresh_world.start(script).stdout.splitlines()[0] == "[]"


BYTECODE = """
import importlib.util, importlib._bootstrap_external as external, marshal, os, pathlib, sys
file = pathlib.Path(__file__).with_name("victim.py")
source, cached = file.read_bytes(), pathlib.Path(importlib.util.cache_from_source(str(file)))
code = compile("def f(a, b=0):\\n    return 'compiled otherwise'\\n", str(file), "exec")
stamped = external._code_to_timestamp_pyc(code, int(file.stat().st_mtime), len(source))
hashed = external._code_to_hash_pyc(code, importlib.util.source_hash(source), "unchecked" not in sys.argv)
cached.parent.mkdir(exist_ok=True)
cached.write_bytes(bytes(hashed if sys.argv[1:] else stamped))
import victim
from backportkit.source import fingerprint
known = fingerprint.of_source(source.decode(), ["f"])
print(victim.f(1), fingerprint.of_function(victim.f) == known)
"""


@pytest.mark.parametrize("kind", [[], ["checked"], ["unchecked"]], ids=str)
def test_bytecode_of_another_compiler_is_believed(world, kind):
    """A release of the same Python may compile otherwise: what an import takes for the file as it is now is its own."""
    written(world, CHANGES["a constant"])
    script = """
cached.write_bytes(cached.read_bytes()[:8])
print(fingerprint.of_function(victim.f))
cached.write_bytes(b"another magic number")
print(fingerprint.of_function(victim.f))
"""
    assert world.run(BYTECODE + script, *kind) == ["compiled otherwise True", "None", "None"]
    script = """
file.write_text(source.decode().replace("old", "new"))
os.utime(file, (1, 1))
print(fingerprint.of_function(victim.f))
"""
    assert world.run(BYTECODE + script, *kind) == ["compiled otherwise True", "None"]


def test_function_of_a_name_that_is_none(world):
    """A function whose `__qualname__` has a strange name is compared all the same."""
    script = """
import linecache
text = "def f(self):\\n    return self.__x, free, __class__\\n"
linecache.cache["<made>"] = len(text), None, text.splitlines(True), "<made>"
for name in ("class", "C D", "C"):
    space = {}
    exec(compile(text, "<made>", "exec"), space)
    space["f"].__qualname__ = f"{name}.f"
    from backportkit.source import fingerprint
    print(fingerprint.of_function(space["f"]) == fingerprint.of_source(text, ["f"]))
"""
    assert world.run(script) == ["True"] * 3


def test_function_that_was_changed_and_binds_names_elsewhere(world):
    """A definition that cannot be compiled outside of where it stands is none of another code."""
    world.write("victim.py", "def outer():\n    a = 1\n    def f():\n        nonlocal a\n        a = 2\n    return f\n")
    script = """
import linecache, pathlib, victim
from backportkit.source import fingerprint
f, file = victim.outer(), pathlib.Path(victim.__file__)
print(fingerprint.of_function(f) is not None)
file.write_text(file.read_text().replace("a = 2", "a = 2 + a"))
linecache.clearcache()
print(fingerprint.of_function(f))
"""
    assert world.run(script) == ["True", "None"]
