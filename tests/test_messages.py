"""Every error message of the package, whole, as a user sees it."""
# ruff: noqa: E501 -- the messages stand here as they are

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import backportkit

PACKAGE = Path(backportkit.__file__).parent
HERE = Path(__file__).parent

VICTIM = """
import dataclasses, enum
def f(a=1): return "old"
def g(): return "old"
class Meta(type):
    @property
    def special(cls): return 1
class C(metaclass=Meta):
    __slots__ = ("slot",)
    def method(self): return "old"
    @property
    def size(self): return 1
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Data:
    field: int = 1
class Command:
    __slots__ = ("slot", "__dict__")
    def __init__(self): self.callback, self.numbers, self.options = f, [1, 2], {"fmt": {"color": 1}}
    def run(self, a=1): return "old"
    def __getattr__(self, name): raise AttributeError(name)
    @property
    def size(self): return 1
class Own(list):
    def __getitem__(self, index): return list.__getitem__(self, index)
class lower: pass
number, command, own = 5, Command(), Own([1])
"""

DRIVER = """
import json, os, sys, warnings
sys.path.insert(0, os.getcwd())
import backportkit, backportkit.engine.verbs, backportkit.proof.protocol, backportkit.proof.environment
from backportkit import backport
from backportkit import toml
from backportkit.engine import settings, verify
from pathlib import Path
def new(*args, **kwargs): return "new"
def declare(id="victim-1", target="victim:f", function=new, requires="victim<2", **fields):
    backport(target, requires=requires, id=id, summary="s", **fields)(function)
def alone():
    engine = backportkit.engine.verbs._engine
    engine.registry._by_id.clear()
    engine.providers._unread = engine.offers._unread = {}
def register(**fields):
    whole = dict(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="mine:f") | fields
    return backportkit.register({name: value for name, value in whole.items() if value is not None})
def load(name, text):
    Path(name).write_text(text)
    backportkit.load(name)
def apply(target="victim:f", function=new, **fields):
    declare(target=target, function=function, **fields)
    import victim
    backportkit.apply_all()
def index(*, largest=None, **faults):
    from backportkit.upstream import opened
    from package_index import Index
    opened._LARGEST = largest or opened._LARGEST
    made = Index(Path(os.getcwd()))
    vars(made).update(faults)
    os.environ.update(UV_DEFAULT_INDEX=made.address, UV_INDEX="", BACKPORTKIT_CACHE=f"cache-{os.getpid()}")
    return made
def history(target="victim:f", **options):
    from backportkit.cli.history import Asked, history
    from backportkit.upstream.evidence import Options
    history(target, Asked(None, None, False, Options(**options)), as_json=False, verbose=False, module=None)
HELD = '[project]\\nname = "mine"\\nversion = "1"\\ndependencies = ["victim<3"]'


def author(*texts, targets="victim:f", project='[project]\\nname = "mine"', files=(), into=None, diff=None, osv=None, only="", package=None, **wanted):
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.cli.new import How, new
    from backportkit.cli.new_from import Given
    from backportkit.upstream.evidence import Options
    made = index()
    for number, text in enumerate(texts, 1):
        made.release(f"{number}.0", text)
    os.mkdir(folder := f"project-{os.getpid()}")
    os.chdir(folder)
    for name, text in {"pyproject.toml": project, "mine/__init__.py": "", **dict(files)}.items():
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).write_text(text)
    for name, text in {"fix.diff": diff, "osv.json": osv}.items():
        Path(name).write_bytes((text or "").encode("latin-1"))
    given = Given(tuple(targets.split()), package, "fix.diff" if diff is not None else None, "osv.json" if osv else None, tuple(only.split()))
    new(given, Wanted(package or "", (), **wanted), How(into and Path(into), Options()))
def retire(text, *, wanted="victim>=2", git=("init", "add"), log=None, force=False, files=()):
    import subprocess
    from backportkit.cli.retire import How, retire
    from backportkit.proof.environment import Wishes
    os.mkdir(folder := f"project-{os.getpid()}")
    os.chdir(folder)
    head = "from backportkit import backport, register\\nimport backportkit\\n"
    project = f'[project]\\nname = "own"\\nversion = "1"\\ndependencies = ["{wanted}"]\\n[tool.backportkit]\\nmodules = ["own.backports"]\\n'
    for name, given in {"pyproject.toml": project, "own/backports.py": head + text, **dict(files)}.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(given)
    lines = {"init": ["init", "-q"], "add": ["add", "-A"]}
    for one in git:
        subprocess.run(["git", *lines[one]])
    if "add" in git:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y.example", "commit", "-qm", "x"])
    retire(["victim-1"], How("no proof here", log and Path(log), False, False, force, Wishes(), None))
def adopt(text, line, place=None):
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.cli.adopt import How, adopt
    from backportkit.upstream.evidence import Options
    os.mkdir(folder := f"project-{os.getpid()}")
    os.chdir(folder)
    os.environ["BACKPORTKIT_CACHE"] = "cache"
    for name, given in {"pyproject.toml": '[project]\\nname = "mine"', "mine.py": text}.items():
        Path(name).write_text(given)
    adopt(place or f"mine.py:{line}", ["mine.py"], Wanted("", ()), How(None, False, Options(offline=True)))
def sbom(document=None, *, project=True, **options):
    from backportkit.cli.sbom import How, sbom
    os.mkdir(folder := f"project-{os.getpid()}")
    os.chdir(folder)
    if project:
        Path("pyproject.toml").write_text('[project]\\nname = "shop"\\nversion = "3.1"')
    if document is not None:
        Path("bom.json").write_text(document if isinstance(document, str) else json.dumps(dict(bomFormat="CycloneDX", specVersion="1.6") | document))
    names = dict.fromkeys(("source", "vex", "product", "author", "output", "module"))
    sbom(None if document is None else "bom.json", How(**names | options))
def body():
    from backportkit.upstream.archive import Archive
    from backportkit.upstream.evidence import Evidence, Options
    evidence = Evidence(Options())
    Archive(evidence.releases("victim").all[0].file, evidence.means).read("victim.py")
"""

RUN = """
results = {}
for name, script in json.load(sys.stdin).items():
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        try:
            exec(compile(script, "script.py", "exec"), dict(globals(), __name__="script"))
            said = ["nothing", ""]
        except BaseException as error:
            said = [type(error).__name__, str(error)]
        os.write(writer, json.dumps(said).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        results[name] = json.loads(file.read())
    os.wait()
print(json.dumps(results))
"""

# What is done, and what is then said. {folder} is the directory in which it is done.
MESSAGES = {}


def message(kind, script, text):
    MESSAGES[f"{len(MESSAGES)} {kind}"] = (textwrap.dedent(script), textwrap.dedent(text).strip("\n"))


# --- Declarations ---

message(
    "DeclarationError",
    """
    @backport
    def f(): pass
    """,
    """
    @backport needs a target
      found:    <function f at 0x...>
      next:     write @backport('package.module:Class.attribute', requires='package>=1,<2')
    """,
)
message(
    "DeclarationError",
    """
    register(id=None)
    """,
    """
    the declaration is wrong
      - id: is missing: give id='...', or fixes=... that ends in a number
    """,
)
message(
    "DeclarationError",
    """
    register(requires={"jinja2": "<4"})
    """,
    """
    patch 'victim-1': the declaration is wrong
      - requires.0: {'jinja2': '<4'} is no requirement: write 'jinja2<4'; alternatives are {'any_of': [...]}
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim:T", replacement=None, value=[("x",), {"a"}])
    """,
    """
    patch 'victim-1': the declaration is wrong
      - value: ('x',) is nothing that JSON can say: write a list, or name a constant of yours as replacement='package.module:NAME'
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim:T", replacement=None, value=b"x")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - value: b'x' is nothing that JSON can say: name a constant of yours as replacement='package.module:NAME'
    """,
)
message(
    "DeclarationError",
    """
    register(target={"module": "victim", "attribute": "T", "items": [True]}, replacement=None, value=1)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target.items.0: True is no key: write 1, or a text
    """,
)
message(
    "DeclarationError",
    """
    backportkit.Reproducer("json:dumps")
    """,
    """
    Reproducer takes its fields by name, and no others
      found:    'json:dumps'
      next:     write Reproducer(run=...); it has run, expect, packages, programs, environment, timeout, disk
    """,
)
message(
    "DeclarationError",
    """
    backportkit.Edit("victim:f", new)
    """,
    """
    Edit takes its fields by name, and no others
      found:    'victim:f', <function new at 0x...>
      next:     write Edit(target=...); it has target, replacement, value, how, namespace, signature, original, fixed, alias_of
    """,
)
message(
    "DeclarationError",
    """
    declare(fix="https://x.example/1", namspace="target", original="x")
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:f
      - original.0: 'x' is no fingerprint: write 'ast1:' and 12 hexadecimal digits
      - fix: there is no such field; did you mean fixes or fixed?
      - namspace: there is no such field; did you mean namespace?
    """,
)
message(
    "DeclarationError",
    """
    declare(value=1, edits=[])
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:f
      - value: is not for @backport, which puts what it decorates: write register({...})
      - edits: is not for @backport, which puts what it decorates: write register({...})
    """,
)
message(
    "DeclarationError",
    """
    register(summary="half \\ud83d")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - summary: 'half \\ud83d' has half of a character, '\\ud83d', which no file can have: write the whole character
    """,
)
message(
    "DeclarationError",
    """
    register(id=None, summary=None, requires=[], target=None, replacement=None, reproducer=5)
    """,
    """
    the declaration is wrong
      - id: is missing: give id='...', or fixes=... that ends in a number
      - requires: is empty: write a requirement like 'torch>=2.11,<2.12'
      - edits: is missing: give target=... and replacement=..., or edits=[...] with both in each
      - reproducer: Input should be a valid dictionary or instance of Reproducer
    """,
)
message(
    "DeclarationError",
    r"""
    register(id="A B", summary="two\nlines", requires="victim>=", fixes="178148", references=5, resolves="CVE-24", aliases="copy")
    """,
    """
    patch 'A B': the declaration is wrong
      - id: 'A B' is no id: write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first
      - summary: has several lines: write one, and keep the rest in the replacement's docstring
      - requires.0: 'victim>=' is no requirement: write one like 'torch>=2.11,<2.12' (Expected semicolon (...)
      - fixes: '178148' is no address: write it in full, from 'https://' on
      - references: 5 is neither a text nor a list of texts
      - resolves.0: 'CVE-24' is no id of an advisory: write 'CVE-2024-5569', 'GHSA-jfmj-5v4g-7637', 'PYSEC-2024-60', or the address of an issue, from 'https://' on
      - aliases.0: 'copy' names no copy: write 'package.module:name', or 'follow' or 'keep' for all of them
    """,
)
message(
    "DeclarationError",
    """
    register(id="victim-1", requires="victim>=1", original="abc", supersedes="victim-1", reproducer=dict(run="mine:f", expect="("))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - unbounded_because: is missing, and requires='victim>=1' has no upper bound, so the patch would never end: add '<X' with the first release that has the fix, or unbounded_because='...' if there is none yet
      - original.0: 'abc' is no fingerprint: write 'ast1:' and 12 hexadecimal digits
      - reproducer.expect: '(' is no regular expression: missing ), unterminated subpattern at position 0
      - supersedes: 'victim-1' cannot supersede itself
    """,
)
message(
    "DeclarationError",
    """
    register(target="vic tim:f", how="swap", patch=1)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target.module: 'vic tim' is no dotted name: write 'package.module:Class.attribute'
      - how: Input should be 'replace', 'wrap', 'add' or 'in_place'
      - patch: there is no such field; there are id, summary, requires, unbounded_because, prereleases, edits, fixes, upstream_status, references, resolves, reproducer, supersedes, aliases, callbacks, required, opt_in, target, replacement, value, how, namespace, signature, original, fixed, alias_of
    """,
)
message(
    "DeclarationError",
    """
    register(how="in_place", namespace="own", aliases="keep")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - how='in_place' changes a function, which keeps the globals of its own module: leave out namespace=..., or use how='replace'
    """,
)
message(
    "DeclarationError",
    """
    register(how="in_place", aliases="keep")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - aliases: how='in_place' changes the function itself, which is what every copy of it is: leave it out, or use how='replace'
    """,
)
message(
    "DeclarationError",
    """
    register(how="in_place", replacement=None, value=1)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - how='in_place' takes the code of a function, and a value has none: give a function, or use how='replace'
    """,
)
message(
    "DeclarationError",
    """
    register(how="in_place", replacement=int)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - how='in_place' takes the code of a function, and a type has none: give a function, or use how='replace'
    """,
)
message(
    "DeclarationError",
    """
    import functools
    register(how="in_place", replacement=functools.lru_cache(new))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - how='in_place' takes the code of a function without its decorators, since those of the target stay: leave out what the target has around it as well, put what other decorators do into the body, or use how='wrap' or how='replace'
    """,
)
message(
    "PatchImportError",
    """
    Path("mine.py").write_text("import functools\\n@functools.lru_cache\\ndef f(a=1): pass\\n")
    register(how="in_place"); backportkit.apply_all(); import victim
    """,
    """
    patch 'victim-1': victim is not imported unpatched: the replacement mine:f cannot be used: TypeError: its code would run without its decorators, since those of the target stay: leave out what the target has around it as well, put what other decorators do into the body, or use how='wrap' or how='replace'
      target:   victim:f
      next:     mend the replacement
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim:C.size", how="in_place", replacement=property(new, new))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - how='in_place' takes the code of one function, and this property has several: write an edit for each of them, such as target='victim:C.size.fset'
    """,
)
message(
    "DeclarationError",
    """
    register(summary=" ", replacement="mine.f", target=dict(module="victim", attribute="C.f"))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - summary: is empty: give summary='...', or start the replacement's docstring with what breaks without it
      - target.attribute: 'C.f' is no single name: what stands before the last dot belongs to 'class'
      - replacement: 'mine.f' names no function: write 'package.module:function'
    """,
)
message(
    "DeclarationError",
    """
    register(replacement=5, target="victim")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target: 'victim' names no target: write 'package.module:Class.attribute' or 'package.module:function'
      - replacement: 5 is no function: give a function, or name one as 'package.module:function'
    """,
)
message(
    "DeclarationError",
    """
    register(replacement=None)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - give either replacement=... or value=..., and only one of them
    """,
)
message(
    "DeclarationError",
    """
    register(replacement=None, value=float("nan"))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - value: nan is nothing that JSON can say: name a constant of yours as replacement='package.module:NAME'
    """,
)
message(
    "DeclarationError",
    """
    register(replacement=None, value=1, how="wrap")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - a value cannot wrap anything: use how='replace', or give a replacement that is a function
    """,
)
message(
    "DeclarationError",
    """
    register(prereleases="by-fingerprint")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - edits: prereleases='by-fingerprint' goes by original=..., which is missing for victim:f
    """,
)
message(
    "DeclarationError",
    """
    register(edits=[])
    """,
    """
    patch 'victim-1': the declaration is wrong
      - give either edits=... or target, replacement, not both
    """,
)
message(
    "DeclarationError",
    """
    register(target=None, replacement=None, edits=[])
    """,
    """
    patch 'victim-1': the declaration is wrong
      - edits: is empty: give target=... and replacement=..., or edits=[...] with both in each
    """,
)
message(
    "DeclarationError",
    """
    register(target=None, replacement=None, edits=[dict(target="victim:f", replacement="mine:f")] * 2)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - edits: two edits of one patch have the same target: victim:f
    """,
)
message(
    "DeclarationError",
    """
    register(replacement=__import__("functools").partial(new))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - replacement: functools.partial(<function new at 0x...>) has no name of its own: give a function that calls it, or name it as 'package.module:name'
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:C.f", function=lambda: 1)
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:C.f
      - <lambda>() takes no positional argument, which victim:C.f needs: write 'def f(self, ...)', or put @staticmethod on it if the target is one
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:f", function=property(new))
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:f
      - victim:f is no attribute of a class, and a property means nothing there: give the function itself
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:C.f", function=property(new), how="wrap")
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:C.f
      - how='wrap' needs a function to call, and this is a property: write 'def wrapper(original): ...'
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:C.f", function=lambda: 1, how="wrap")
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:C.f
      - <lambda>() cannot be called with the original of victim:C.f alone (too many positional arguments): write 'def wrapper(original): ...'
    """,
)
message(
    "PydanticSerializationError",
    """
    register(replacement=lambda: 1).model_dump()
    """,
    """
    Error calling function `_serialise`: ValueError: script:<lambda> cannot be written down, since it cannot be imported by name: move it to the top of a module
    """,
)
message(
    "DeclarationError",
    """
    backportkit.Patch.model_validate_json("{")
    """,
    """
    the declaration is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)
    """,
)
message(
    "AttributeError",
    """
    register().id = "victim-2"
    """,
    """
    a Patch is frozen, so that its 'id' cannot be changed: make another one
    """,
)
message(
    "DeclarationError",
    """
    def method(self): return super().method()
    declare(target="victim:C.method", function=method)
    """,
    """
    method() calls super() without arguments, which only works inside a class
      target:   victim:C.method
      next:     put it into a class that has the target class's name, and write @backport on that class
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:C", function=type("C", (), {"x": 1}))
    """,
    """
    class C holds x, where only functions can be edits
      target:   victim:C
      next:     keep functions, static and class methods and properties; mark what is new with added(...); declare the rest on their own
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:D", function=type("C", (), {"f": new}))
    """,
    """
    class C does not carry the name of the class it mirrors
      target:   victim:D
      expected: a target that ends in the name of the class, such as 'package.module:C'
      found:    victim:D
      next:     give both the same name, so that private names are mangled as upstream's; or name a function
    """,
)
message(
    "DeclarationError",
    """
    declare(target="victim:C", function=type("C", (), {"f": new}), original={"g": "ast1:0123456789ab"})
    """,
    """
    fingerprints are given for g, which the class does not have
      target:   victim:C
      expected: names of f
    """,
)
message(
    "DeclarationError",
    """
    fields = dict(id="victim-1", requires="victim<2")
    exec(compile("backport('victim:f', summary='one', **fields)(new)", "first.py", "exec"))
    exec(compile("backport('victim:f', summary='two', **fields)(declare)", "second.py", "exec"))
    """,
    """
    patch 'victim-1': this id is declared twice with different content
      expected: the patch of script, declared at first.py:1
      found:    the patch of script, declared at second.py:1
      next:     give one of the two another id
    """,
)
message(
    "DeclarationError",
    """
    register(target=dict(module="victim", attribute="TABLE", item="a", items=["a", "b"]))
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target: give either item or items, not both
    """,
)
message(
    "DeclarationError",
    """
    register(target={"module": "victim", "class": "routes[0", "attribute": "endpoint"})
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target.class: 'routes[0' names no object: write 'name[key]'
    """,
)
message(
    "DeclarationError",
    """
    edits = [dict(target="victim:TABLE['a']", value={}), dict(target="victim:TABLE['a']['b']", value=1)]
    register(target=None, replacement=None, edits=edits)
    """,
    """
    patch 'victim-1': the declaration is wrong
      - edits: victim:TABLE['a']['b'] is within victim:TABLE['a'], which another edit replaces: let that one bring it
    """,
)
message(
    "DeclarationError",
    """
    declare(adds={"a b": 1, "number": "victim:number"})
    """,
    """
    the declaration is wrong
      target:   victim:f
      - adds.a b: 'a b' is no single name: what stands before the last dot belongs to 'class'
    """,
)
message(
    "DeclarationError",
    """
    declare(adds={"number": "victim:number"})
    """,
    """
    the declaration is wrong
      target:   victim:f
      - adds.number: 'victim:number' may be a text or the name of an object: write an edit, how='add', with replacement=... or value=...
    """,
)
message(
    "DeclarationError",
    """
    declare(adds={"number": {1}})
    """,
    """
    the declaration is wrong
      target:   victim:f
      - adds.number: {1} has no name: make it a constant of the module that declares
    """,
)
message(
    "DeclarationError",
    """
    declare(adds=5)
    """,
    """
    the declaration is wrong
      target:   victim:f
      - adds: 5 gives nothing names: write adds={'_helper': _helper}
    """,
)
message(
    "DeclarationError",
    """
    declare(function=backportkit.added(new))
    """,
    """
    @added marks what is new in a class, in a class that mirrors it
      target:   victim:f
      next:     write how='add' in @backport
    """,
)
message(
    "DeclarationError",
    """
    class C:
        f = staticmethod(backportkit.added(new))
    declare(target="victim:C", function=C)
    """,
    """
    class C has @added beneath another decorator of f
      target:   victim:C
      next:     write @added above it
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim:f.<locals>.g")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target.class: 'f.<locals>' leads into a function, which makes what is in it at each call: patch the function itself
    """,
)
message(
    "DeclarationError",
    """
    load("x.json", "[" * 100000)
    """,
    """
    x.json is no JSON: it is nested too deeply
    """,
)
message(
    "DeclarationError",
    """
    load("x.json", '{"patch": [{"id": "a", "value": {"b": 1, "b": 2}}]}')
    """,
    """
    x.json is no JSON: the key 'b' stands twice in one object
    """,
)
message(
    "DeclarationError",
    """
    load("x.json", '{"patch": [], "patch": []}')
    """,
    """
    x.json is no JSON: the key 'patch' stands twice in one object
    """,
)
message(
    "DeclarationError",
    """
    backportkit.Patch.model_validate_json('{"id": "a-1", "id": "b-1"}')
    """,
    """
    the declaration is no JSON: the key 'id' stands twice in one object
    """,
)
message(
    "DeclarationError",
    """
    load("x.json", " " * (64 << 20) + "1")
    """,
    """
    x.json is no JSON: it is larger than 64 MiB
    """,
)
message(
    "DeclarationError",
    """
    load("x.toml", "a = " + "[" * 100000)
    """,
    """
    x.toml is no TOML: it is nested too deeply
    """,
)
message(
    "DeclarationError",
    """
    load("x.toml", "a" + ".a" * 2000 + " = 1")
    """,
    """
    x.toml is no TOML: a key has more than 1000 parts
    """,
)
message(
    "DeclarationError",
    """
    load("x.json", "{")
    """,
    """
    x.json is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)
    """,
)
message(
    "DeclarationError",
    """
    load("x.toml", "[patch]")
    """,
    """
    x.toml is no list of patches
      expected: a [[patch]] table for each patch; in JSON an object {'patch': [...]}; and nothing beside them
      found:    patch, which is a single one
      next:     write [[patch]], in two brackets each; in JSON a list, {'patch': [{...}]}
    """,
)
message(
    "DeclarationError",
    """
    load("x.json", '{"patches": []}')
    """,
    """
    x.json is no list of patches
      expected: a [[patch]] table for each patch; in JSON an object {'patch': [...]}; and nothing beside them
      found:    patches
    """,
)
message(
    "DeclarationError",
    r"""
    load("x.toml", "[[patch]]\nid = 'a'")
    """,
    """
    patch 'a': the declaration is wrong
      target:   x.toml, patch 1
      - id: 'a' is no id: write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first
      - requires: is missing: write a requirement like 'torch>=2.11,<2.12'
      - edits: is missing: give target=... and replacement=..., or edits=[...] with both in each
    """,
)
message(
    "MissingExtraError",
    """
    toml.PARSER = "no_such_parser"
    load("x.toml", "")
    """,
    """
    on Python before 3.11, TOML needs no_such_parser, which is not installed
      next:     install 'backportkit[toml]' from where backportkit was installed, such as by pip; or write JSON where that is accepted
    """,
)
# --- Applying ---

message(
    "TargetError",
    """
    apply("victim:absent")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:absent
      found:    module victim has no 'absent'
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "TargetError",
    """
    apply("victim:absent", lambda original: original, how="wrap")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:absent
      found:    module victim has no 'absent'
      next:     correct the target, or narrow `requires` to the releases that have it
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.numbers[3]")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:command.numbers[3]
      found:    list 'numbers' of victim.Command 'command' of module victim has no 3: it has 2
      next:     correct the target, or narrow `requires` to the releases that have it
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.options['fmt']['colour']")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:command.options['fmt']['colour']
      found:    mapping 'fmt' of mapping 'options' of victim.Command 'command' of module victim has no 'colour' (there is 'color')
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.numbers[2]", how="add")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.numbers[2]
      found:    list 'numbers' of victim.Command 'command' of module victim has its items by their number
      next:     wrap the whole list: how='wrap', with a function that returns a longer one
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.numbers[-1]")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.numbers[-1]
      found:    list 'numbers' of victim.Command 'command' of module victim has its items by their number, and -1 is another one when it grows
      next:     count from the front: 1
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.numbers['x']")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.numbers['x']
      found:    list 'numbers' of victim.Command 'command' of module victim has its items by their number, and 'x' is none
      next:     write an index
    """,
)
message(
    "TargetError",
    """
    apply("victim:own[0]")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:own[0]
      found:    list 'own' of module victim is a Own, which has a __getitem__ of its own
      next:     replace the whole of it by the name of another object
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.calback")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:command.calback
      found:    victim.Command 'command' of module victim has no 'calback' (there is 'callback')
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.absent")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:command.absent
      found:    victim.Command 'command' of module victim has no 'absent'; the __getattr__ of its class may provide it
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.size")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.size
      found:    victim.Command 'command' of module victim: its class has a data descriptor called 'size'
      next:     patch it there: 'victim:Command.size'
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.slot")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.slot
      found:    victim.Command 'command' of module victim: its class has a data descriptor called 'slot'
      next:     replace the whole object by the name of another
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.run")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.run
      found:    victim.Command 'command' of module victim: 'run' is a method of its class, which a function in the object itself would be no more
      next:     patch it there: 'victim:Command.run'
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.__call__", how="add")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.__call__
      found:    victim.Command 'command' of module victim: Python looks up '__call__' in its class
      next:     patch it there: 'victim:Command.__call__'
    """,
)
message(
    "TargetError",
    """
    apply("victim:command.callback", property(new), signature="change")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:command.callback
      found:    victim:command.callback is no attribute of a class, and a property means nothing there
      next:     give the function itself
    """,
)
message(
    "TargetError",
    """
    apply("victim:lower.added", lambda: "new", how="add")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:lower.added
      found:    <lambda>() takes no positional argument, which victim:lower.added needs
      next:     write 'def added(self, ...)', or put @staticmethod on it if the target is one
    """,
)
message(
    "TargetError",
    """
    apply("victim:methd.f")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:methd.f
      found:    module victim has no 'methd'
      next:     correct the target, or narrow `requires` to the releases that have it
    """,
)
message(
    "TargetError",
    """
    apply("victim:number.f")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:number.f
      found:    module victim has 'number', but it is no class: int
      next:     patch its class, if that is written in Python; or change the object in callbacks, after_apply and after_undo
    """,
)
message(
    "TargetError",
    """
    apply("victim:number['x']")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:number['x']
      found:    module victim has 'number', but it is no mapping that can be changed: int
      next:     replace the whole of it, by value=... or by the name of another object
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim.gone", alias_of=5, replacement=None, requires="victim>=1")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - how: a whole module is not replaced, since whoever has imported it, or something from it, keeps that: change what is in it by edits, each with a target like 'victim.gone:name'. Only one that is not there can be made, by how='add'
      - alias_of: 5 is no module: name one as 'package.module'
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim gone", how="add", replacement="mine:f", alias_of="mine", signature="change")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - target: 'victim gone' is no module: name one as 'package.module'
      - replacement: 'mine:f' is no module: name one as 'package.module'
      - signature: means nothing where the target is a module: leave signature out
      - give either replacement='package.module' or alias_of='package.module', and only one of them
    """,
)
message(
    "DeclarationError",
    """
    register(target="victim.gone", how="add", replacement="victim.gone.inner")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - replacement: 'victim.gone.inner' leads back to victim.gone, which is not there: name another module
    """,
)
message(
    "DeclarationError",
    """
    register(alias_of="mine")
    """,
    """
    patch 'victim-1': the declaration is wrong
      - alias_of: 'mine' is a name for a module, and the target is none: name the module that is not there, such as target='package.gone', with how='add'
    """,
)
message(
    "DeclarationError",
    """
    added = dict(target="victim.gone", how="add", alias_of="mine")
    register(target=None, replacement=None, edits=[added, dict(target="victim.gone:f", replacement="mine:f")])
    """,
    """
    patch 'victim-1': the declaration is wrong
      - edits: victim.gone:f is in a module that the patch adds: write it in that module
    """,
)
message(
    "PatchImportError",
    """
    register(target="victim.gone", how="add", replacement="mine")
    backportkit.apply_all()
    import victim
    """,
    """
    patch 'victim-1': victim is not imported unpatched: the target cannot be imported
      target:   victim.gone
      found:    victim is a module and no package, so that there is nothing to import beneath it
      next:     correct the target, or narrow `requires` to the releases that have it
    """,
)
message(
    "PatchImportError",
    """
    register(target="gone", how="add", replacement="mine")
    register(target="gone", how="add", replacement=None, alias_of="mine", id="victim-2")
    backportkit.apply_all()
    import gone
    """,
    """
    patch 'victim-2': gone is not imported unpatched: 'victim-1' adds the same module
      target:   gone
      expected: one owner for each target
      found:    'victim-1' of __main__, declared at <string>:18; and 'victim-2' of __main__, declared at <string>:18
      next:     drop one of the two, declare supersedes=['victim-1'], or start with BACKPORTKIT_DISABLE=victim-2
    """,
)
message(
    "PatchImportError",
    """
    register(target="gone", how="add", replacement=None, alias_of="lost")
    register(target="lost", how="add", replacement=None, alias_of="gone", id="victim-2")
    backportkit.apply_all()
    try: import gone
    except ImportError as error: raise error.__cause__.__cause__
    """,
    """
    patch 'victim-2': lost is not imported unpatched: the replacement gone cannot be used: ImportError: gone leads back to lost: they are aliases of each other
      target:   lost
      next:     mend the replacement
    """,
)
message(
    "PatchImportError",
    """
    register(target="gone", how="add", replacement="_json")
    backportkit.apply_all()
    import gone
    """,
    """
    patch 'victim-1': gone is not imported unpatched: the replacement _json cannot be used: ImportError: _json has no code in Python, which alone can run by another name
      target:   gone
      next:     mend the replacement
    """,
)
message(
    "PatchImportError",
    """
    register(target="gone", how="add", alias_of="absent", replacement=None)
    backportkit.apply_all()
    import gone
    """,
    """
    patch 'victim-1': gone is not imported unpatched: the replacement absent cannot be used: ModuleNotFoundError: No module named 'absent'
      target:   gone
      next:     mend the replacement
    """,
)
message(
    "ConflictError",
    """
    apply("victim:f", how="add")
    """,
    """
    patch 'victim-1': there is an attribute of that name already
      target:   victim:f
      expected: nothing, since how='add'
      found:    <function f at 0x...>
      next:     use how='replace' (for a name of `adds`: in edits=[...] of a Patch), or narrow `requires`
    """,
)
message(
    "TargetError",
    """
    apply("victim:C")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:C
      found:    'C' is a whole class: instances, subclasses and pickles that exist would keep the old one
      next:     patch the attributes of the class; @backport on a class does so for all its functions at once
    """,
)
message(
    "ReplacementError",
    """
    apply("victim:C.slot", function=lambda original: lambda self: "new", how="wrap")
    """,
    """
    patch 'victim-1': the replacement script:<lambda> cannot be used: TypeError: C.slot is a member_descriptor, which a function cannot call: return a member_descriptor, or write how='replace'
      target:   victim:C.slot
      next:     mend the replacement
    """,
)
message(
    "ReplacementError",
    """
    def around(function):
        def inner(a=1): return function(a)
        return inner
    apply("victim:f", function=around(new), namespace="target")
    """,
    """
    patch 'victim-1': the replacement script:around.<locals>.inner cannot be used: HiddenError: the function that was written is out of reach in around.<locals>.inner, since none of the functions in its closure has that name: let the decorator use functools.wraps and call what it was given from its closure, or write namespace='own' and import within the body what it needs of the target's module
      target:   victim:f
      next:     mend the replacement
    """,
)
message(
    "SignatureError",
    """
    async def new(a=1): return "new"
    apply("victim:f", function=new)
    """,
    """
    patch 'victim-1': a caller of the original would fail
      target:   victim:f
      expected: a replacement that takes every call the original takes
      found:    it was a plain function and would be an async function in script:new
      next:     mend the signature, or write signature='change' if all callers are patched along
    """,
)
message(
    "ReplacementError",
    """
    apply("victim:C.slot")
    """,
    """
    patch 'victim-1': the replacement __main__:new cannot be used: TypeError: C.slot is a slot, which a plain function cannot replace: give a property or another descriptor
      target:   victim:C.slot
      next:     mend the replacement
    """,
)
message(
    "TargetError",
    """
    apply("victim:__class__")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:__class__
      found:    module victim: '__class__' is asked of its type, whatever stands in its dictionary
      next:     patch the functions and classes of the module
    """,
)
message(
    "TargetError",
    """
    apply("victim:C.__slots__", signature="change")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:C.__slots__
      found:    '__slots__' was read when the class was made, and is not read again
      next:     patch the slots, which are descriptors
    """,
)
message(
    "TargetError",
    """
    apply("victim:C.__new__")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:C.__new__
      found:    class victim.C has no __new__ of its own, and one that was added cannot be taken out again (https://github.com/python/cpython/issues/105888)
      next:     patch __init__, or the inherited __new__
    """,
)
message(
    "TargetError",
    """
    apply("victim:Colour.RED")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:Colour.RED
      found:    class victim.Colour: 'RED' is a member of the enumeration; whoever holds the member would not see another one
      next:     patch a method of the enumeration, or whoever uses the member
    """,
)
message(
    "TargetError",
    """
    apply("victim:Data.field")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:Data.field
      found:    class victim.Data: the default of the dataclass field 'field' is compiled into __init__
      next:     replace or wrap __init__, also of each subclass that has its own (docs/targets.md, Models)
    """,
)
message(
    "TargetError",
    """
    apply("victim:C.special")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:C.special
      found:    class victim.C: its metaclass Meta has a data descriptor called 'special'
      next:     patch the descriptor in the metaclass, or whoever reads it
    """,
)
message(
    "TargetError",
    """
    apply("victim:C.method.fget")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:C.method.fget
      found:    class victim.C has 'method', but it is no class: function
      next:     replace or wrap method itself, or what it calls where that is defined
    """,
)
message(
    "TargetError",
    """
    register(target="victim:C.size.fget", replacement=None, value=1); import victim; backportkit.apply_all()
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:C.size.fget
      found:    fget of a property is a function, not a value
      next:     give a replacement
    """,
)
message(
    "TargetError",
    """
    register(target="builtins:str.upper", requires="python<4"); backportkit.apply_all()
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   builtins:str.upper
      found:    class builtins.str: it is a built-in or extension type; Python does not let it change
      next:     patch whoever calls it: a function or class of a module that is written in Python
    """,
)
message(
    "TargetError",
    """
    import victim; sys.modules["victim"] = 5
    declare(); backportkit.apply_all()
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:f
      found:    what stands in sys.modules is no module but a int without a dictionary
      next:     correct the target, or narrow `requires` to the releases that have it
    """,
)
message(
    "ReplacementError",
    """
    register(replacement="absent:f"); import victim; backportkit.apply_all()
    """,
    """
    patch 'victim-1': the replacement absent:f cannot be used: ModuleNotFoundError: No module named 'absent'
      target:   victim:f
      next:     mend the replacement
    """,
)
message(
    "TargetError",
    """
    import victim
    class Odd(dict):
        def __setitem__(self, key, value): super().__setitem__(key, [value])
    victim.odd = Odd(x=5)
    apply("victim:odd['x']")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:odd['x']
      found:    'x' was assigned, but reading it back gives another object
      next:     choose another target, or start with BACKPORTKIT_DISABLE=victim-1
    """,
)
message(
    "SignatureError",
    """
    apply("victim:f", how="wrap", function=lambda original: None)
    """,
    """
    patch 'victim-1': a caller of the original would fail
      target:   victim:f
      expected: a replacement that takes every call the original takes
      found:    it is called, and would be None in script:<lambda>
      next:     mend the signature, or write signature='change' if all callers are patched along
    """,
)
message(
    "ReplacementError",
    """
    apply("victim:C.size.fget", how="wrap", function=lambda original: None)
    """,
    """
    patch 'victim-1': the replacement script:<lambda> cannot be used: TypeError: it is called, and fget would be None
      target:   victim:C.size.fget
      next:     mend the replacement
    """,
)
message(
    "SignatureError",
    """
    apply("victim:f", function=lambda b=1: "new")
    """,
    """
    patch 'victim-1': a caller of the original would fail
      target:   victim:f
      expected: a replacement that takes every call the original takes
      found:    'a' can no longer be given by keyword in script:<lambda>
      next:     mend the signature, or write signature='change' if all callers are patched along
    """,
)
message(
    "SignatureError",
    """
    apply("victim:f", function=lambda a: "new")
    """,
    """
    patch 'victim-1': a caller of the original would fail
      target:   victim:f
      expected: a replacement that takes every call the original takes
      found:    'a' must be given now in script:<lambda>
      next:     mend the signature, or write signature='change' if all callers are patched along
    """,
)
message(
    "DriftError",
    """
    apply("victim:f", original="ast1:0123456789ab", fixed="ast1:ba9876543210")
    """,
    """
    patch 'victim-1': the installed body is not the one it was written against
      target:   victim:f
      expected: ast1:0123456789ab
      found:    ast1:4c79e66c6e1e
      next:     run `backportkit diff victim-1` and mend the patch, or start with BACKPORTKIT_DISABLE=victim-1
    """,
)
message(
    "TargetError",
    """
    import victim; exec(compile("def f(a=1): pass", "<gone>", "exec"), vars(victim))
    apply("victim:f", original="ast1:0123456789ab")
    """,
    """
    patch 'victim-1': the installed body cannot be compared with the one it was written against
      target:   victim:f
      expected: ast1:0123456789ab
      found:    there is no source of f() in <gone>
      next:     install it with its source, declare no `original`, or start with BACKPORTKIT_DISABLE=victim-1
    """,
)
message(
    "ConflictError",
    """
    import victim
    declare(target="victim:command.numbers[0]", function=lambda original: [original], how="wrap")
    backportkit.apply_all()
    victim.command.numbers = victim.command.numbers + [3]
    backportkit.apply_all()
    """,
    """
    patch 'victim-1': what holds the target was made anew, with our object in it
      target:   victim:command.numbers[0]
      expected: the object that was patched before, or one without our object in it
      found:    our own object, in another one
      next:     have the program change the former one in place, or patch what it is made of
    """,
)
message(
    "ConflictError",
    """
    import victim
    exec(compile("backport('victim:f', requires='victim<2', id='victim-1', summary='s')(new)", "first.py", "exec"))
    exec(compile("backport('victim:f', requires='victim<2', id='victim-2', summary='s')(new)", "second.py", "exec"))
    backportkit.apply_all()
    """,
    """
    patch 'victim-2': 'victim-1' has replaced the same target
      target:   victim:f
      expected: one owner for each target
      found:    'victim-1' of script, declared at first.py:1; and 'victim-2' of script, declared at second.py:1
      next:     drop one of the two, declare supersedes=['victim-1'], or start with BACKPORTKIT_DISABLE=victim-2
    """,
)
message(
    "ConflictError",
    """
    import victim
    victim.alias = victim.f
    exec(compile("backport('victim:f', requires='victim<2', id='victim-1', summary='s', how='in_place')(new)", "first.py", "exec"))
    exec(compile("backport('victim:alias', requires='victim<2', id='victim-2', summary='s', how='in_place')(new)", "second.py", "exec"))
    backportkit.apply_all()
    """,
    """
    patch 'victim-2': 'victim-1' has changed the same function, as victim:f
      target:   victim:alias
      expected: one owner for each target
      found:    'victim-1' of script, declared at first.py:1; and 'victim-2' of script, declared at second.py:1
      next:     drop one of the two, declare supersedes=['victim-1'], or start with BACKPORTKIT_DISABLE=victim-2
    """,
)
message(
    "TargetError",
    """
    apply("victim:number", how="in_place")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:number
      found:    'number' is no function that is written in Python, and has no code to change: it is a int
      next:     use how='replace'
    """,
)
message(
    "TargetError",
    """
    apply("victim:C.size.fset", how="in_place")
    """,
    """
    patch 'victim-1': the target is not there
      target:   victim:C.size.fset
      found:    the property 'size' has no fset
      next:     correct the target, or narrow `requires` to the releases that have it
    """,
)
message(
    "TargetError",
    """
    import victim
    victim.Heir = type("Heir", (victim.C,), {"__module__": "victim"})
    apply("victim:Heir.method", how="in_place")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:Heir.method
      found:    'method' is inherited from victim:C, and would change for all who inherit it
      next:     name it where it is defined, 'victim:C.method', or use how='replace'
    """,
)
message(
    "TargetError",
    """
    import json, victim
    victim.dumps = json.dumps
    apply("victim:dumps", how="in_place")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:dumps
      found:    'dumps' is json:dumps, and would change for all who have it
      next:     name it where it is defined, 'json:dumps', or use how='replace'
    """,
)
message(
    "TargetError",
    """
    import victim
    def tracing(): return lambda *arguments: None
    victim.f = tracing()
    apply("victim:f", how="in_place")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:f
      found:    'f' is script:tracing.<locals>.<lambda>, and would change for all who have it
      next:     call apply_all() before whoever puts that there, or use how='replace'
    """,
)
message(
    "SignatureError",
    """
    async def f(a=1): pass
    apply(function=f, how="in_place", signature="change")
    """,
    """
    patch 'victim-1': a caller of the original would fail
      target:   victim:f
      expected: a replacement that takes every call the original takes
      found:    it was a plain function and would be an async function in script:f
      next:     give what it gives, or use how='replace' with signature='change' if all callers are patched along
    """,
)
message(
    "ReplacementError",
    """
    class C:
        def method(self): return super().__repr__()
    apply("victim:C", function=C, how="in_place")
    """,
    """
    patch 'victim-1': the code of script:C.method cannot take the place of the target's
      target:   victim:C.method
      found:    it has these variables of the functions and the class around it: __class__; and the target has: none
      next:     write super(C, self) in place of super(), and C in place of __class__
    """,
)
message(
    "ReplacementError",
    """
    import victim
    exec("class D:\\n def method(self): return super().method()", vars(victim))
    apply("victim:D.method", how="in_place")
    """,
    """
    patch 'victim-1': the code of __main__:new cannot take the place of the target's
      target:   victim:D.method
      found:    it has these variables of the functions and the class around it: none; and the target has: __class__
      next:     write it in a class D that @backport decorates, and mention __class__ in its body
    """,
)
message(
    "ReplacementError",
    """
    import victim
    exec("def around(one, two):\\n def inner(*args, **kwargs): return one, two\\n return inner\\nmade = around(1, 2)", vars(victim))
    def around(two, other):
        def inner(*args, **kwargs): return other, two
        return inner
    apply("victim:made", function=around(1, 2), how="in_place")
    """,
    """
    patch 'victim-1': the code of script:around.<locals>.inner cannot take the place of the target's
      target:   victim:made
      found:    it has these variables of the functions and the class around it: other, two; and the target has: one, two
      next:     define it in a function that has these variables and no others: one, two
    """,
)
message(
    "PatchImportError",
    """
    register(how="in_place", replacement="builtins:len"); backportkit.apply_all(); import victim
    """,
    """
    patch 'victim-1': victim is not imported unpatched: the replacement builtins:len cannot be used: TypeError: a builtin_function_or_method has no code that another function could run
      target:   victim:f
      next:     mend the replacement
    """,
)
message(
    "ReplacementError",
    """
    def hidden(one, other): return lambda *arguments: one(other)
    def f(): pass
    backport("victim:f", requires="victim<2", id="victim-1", summary="s", how="in_place")(hidden(f, f))
    import victim
    backportkit.apply_all()
    """,
    """
    patch 'victim-1': the replacement script:hidden.<locals>.<lambda> cannot be used: TypeError: which function was written is out of reach in hidden.<locals>.<lambda>: give it without its decorators
      target:   victim:f
      next:     mend the replacement
    """,
)
message(
    "PatchImportError",
    """
    declare(target="victim:absent"); backportkit.apply_all(); import victim
    """,
    """
    patch 'victim-1': victim is not imported unpatched: the target is not there
      target:   victim:absent
      found:    module victim has no 'absent'
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "PatchImportError",
    """
    declare(target="victim:absent"); declare(id="victim-2", target="victim:missing"); backportkit.apply_all(); import victim
    """,
    """
    patch 'victim-1': victim is not imported unpatched: the target is not there (and 1 more: victim-2)
      target:   victim:absent
      found:    module victim has no 'absent'
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "ApplyError",
    """
    declare(target="victim:absent"); declare(id="victim-2", target="victim:missing"); import victim; backportkit.apply_all()
    """,
    """
    2 errors kept patches from being applied
    patch 'victim-1': the target is not there
      target:   victim:absent
      found:    module victim has no 'absent'
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    patch 'victim-2': the target is not there
      target:   victim:missing
      found:    module victim has no 'missing'
      next:     correct the target, or narrow `requires` to the releases that have it; or write how='add' if the fix adds it
    """,
)
message(
    "ApplyError",
    """
    declare(); declare(id="victim-2", target="victim:g"); import victim; backportkit.apply_all()
    victim.f = victim.g = 3; backportkit.unpatch_all()
    """,
    """
    2 errors kept patches from being undone
    patch 'victim-2': cannot be undone, since somebody patched on top of it; theirs is left as it is
      target:   victim:g
      expected: our replacement
      found:    3
      next:     undo theirs first, then this one again
    patch 'victim-1': cannot be undone, since somebody patched on top of it; theirs is left as it is
      target:   victim:f
      expected: our replacement
      found:    3
      next:     undo theirs first, then this one again
    """,
)
message(
    "ConflictError",
    """
    apply(); victim = sys.modules["victim"]; victim.f = print; backportkit.unpatch("victim-1")
    """,
    """
    patch 'victim-1': cannot be undone, since somebody patched on top of it; theirs is left as it is
      target:   victim:f
      expected: our replacement
      found:    builtins.print
      next:     undo theirs first, then this one again
    """,
)
# --- Asking, choosing and settings ---

message(
    "NotAppliedError",
    """
    declare(); backportkit.require("victim-1")
    """,
    """
    patch 'victim-1': is required here, but not in effect
      target:   victim:f
      expected: applied, or waiting for its target
      found:    waiting: the target is not imported yet; apply_all() has not been called
      next:     call backportkit.apply_all() first
    """,
)
message(
    "NotAppliedError",
    """
    apply(requires="victim>=2,<3"); backportkit.require("victim-1")
    """,
    """
    patch 'victim-1': is required here, but not in effect
      target:   victim:f
      expected: applied, or waiting for its target
      found:    dormant: victim 1.0 is installed; the patch is for <3,>=2
      next:     if what is installed has the fix, nothing is to be patched: see `backportkit check`, and require it no longer
    """,
)
message(
    "NotAppliedError",
    """
    apply(); backportkit.unpatch("victim-1"); backportkit.require("victim-1")
    """,
    """
    patch 'victim-1': is required here, but not in effect
      target:   victim:f
      expected: applied, or waiting for its target
      found:    reverted: taken out
      next:     call backportkit.apply_all() to have it back
    """,
)
message(
    "NotAppliedError",
    """
    apply()
    with backportkit.unpatched("victim-1"): backportkit.require("victim-1")
    """,
    """
    patch 'victim-1': is required here, but not in effect
      target:   victim:f
      expected: applied, or waiting for its target
      found:    reverted: taken out
      next:     require it after the block of unpatched that has taken it out
    """,
)
message(
    "UnknownPatchError",
    """
    alone()
    declare(); backportkit.unpatch("victim_1")
    """,
    """
    patch 'victim_1': no such patch is declared here
      expected: one of: victim-1
      next:     did you mean victim-1?
    """,
)
message(
    "UnknownPatchError",
    """
    alone()
    for number in range(20): declare(id=f"victim-{number}")
    declare(id="other-5"); backportkit.unpatch("ohter-5")
    """,
    """
    patch 'ohter-5': no such patch is declared here
      expected: one of: other-5, victim-5, victim-15, victim-9, victim-8 and 16 more
      next:     did you mean other-5?
    """,
)
message(
    "UnknownPatchError",
    """
    alone()
    backportkit.apply_all(only="victim-*")
    """,
    """
    patch 'victim-*': no such patch is declared here
      expected: one of: none
      next:     import the module that declares it first; backportkit status shows all that is known
    """,
)
message(
    "UnknownPatchError",
    """
    from backportkit.cli import providers
    providers.check(["shop"], ["shp"])
    """,
    """
    no provider called 'shop' is here
      expected: one of: shp
      next:     did you mean 'shp'?
    """,
)
message(
    "UnknownPatchError",
    """
    alone()
    declare(); backportkit.apply_all(providers="someone")
    """,
    """
    no provider called 'someone' is here
      expected: one of: __main__
      next:     correct providers=..., or install the distribution
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration.discovery import EntryPoint
    backportkit.engine.verbs._engine.providers._unread = {"victim": [EntryPoint("victim", "no_such_module")]}
    backportkit.status()
    """,
    """
    the patches of 'no_such_module' cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'
      expected: an importable module no_such_module, as the entry point 'victim' says
      next:     install 'no_such_module' again, if it has no such module any more; else mend or uninstall it, or start with BACKPORTKIT_DISABLE=all
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration.discovery import EntryPoint
    Path("imports_more.py").write_text("import no_such_module")
    backportkit.engine.verbs._engine.providers._unread = {"victim": [EntryPoint("victim", "imports_more")]}
    backportkit.status()
    """,
    """
    the patches of 'imports_more' cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'
      expected: an importable module imports_more, as the entry point 'victim' says
      next:     mend or uninstall 'imports_more', or start with BACKPORTKIT_DISABLE=all
    """,
)
message(
    "UnknownPatchError",
    """
    backportkit.unpatch(5)
    """,
    """
    the id of a patch is a text
      expected: an id
      found:    5
    """,
)
message(
    "UnknownPatchError",
    """
    backportkit.unpatch(["victim-1"])
    """,
    """
    the id of a patch is a text
      expected: an id
      found:    ['victim-1']
    """,
)
message(
    "SettingsError",
    """
    backportkit.apply_all(only=5)
    """,
    """
    only=... of apply_all takes texts
      expected: an id, a name or a pattern, or several of them
      found:    5
      next:     write only=['torch-*'], say
    """,
)
message(
    "SettingsError",
    """
    os.environ["BACKPORTKIT_ON_ERROR"] = "ignore"; backportkit.apply_all()
    """,
    """
    BACKPORTKIT_ON_ERROR says something that is not known here
      expected: raise, which is the default, or warn
      found:    ignore
      next:     correct or unset the environment variable
    """,
)
message(
    "SettingsError",
    """
    from backportkit.reports import dump; dump.signal.Signals = [dump.signal.SIGINT, dump.signal.SIGTERM]
    os.environ["BACKPORTKIT_DUMP"] = "USR3"; backportkit.apply_all()
    """,
    """
    BACKPORTKIT_DUMP names no signal of this system
      expected: a name, such as USR1: one of SIGINT, SIGTERM
      found:    USR3
      next:     correct the variable, or unset it
    """,
)
message(
    "SettingsError",
    """
    backportkit.apply_all(config="absent.toml")
    """,
    """
    the settings file absent.toml cannot be read: [Errno 2] No such file or directory: 'absent.toml'
      expected: a file in TOML, such as pyproject.toml
      next:     correct the file, or what names it: apply_all(config=...) or BACKPORTKIT_CONFIG
    """,
)
message(
    "SettingsError",
    r"""
    Path("wrong.toml").write_text("[tool.backportkit]\ndisabled = []"); backportkit.apply_all(config="wrong.toml")
    """,
    """
    the settings file wrong.toml has an unknown setting: disabled
      expected: only check, disable, enable, modules, policy, supersede
      next:     did you mean disable? correct the file
    """,
)
message(
    "SettingsError",
    r"""
    Path("wrong.toml").write_text("[tool.backportkit]\ndisable = 'x'"); backportkit.apply_all(config="wrong.toml")
    """,
    """
    the settings file wrong.toml has disable = 'x'
      expected: a list of ids and patterns: disable = ['torch-178148', 'numpy-*']
      next:     correct the file
    """,
)
message(
    "SettingsError",
    r"""
    Path("wrong.toml").write_text("[tool.backportkit]\nsupersede = ['x']"); backportkit.apply_all(config="wrong.toml")
    """,
    """
    the settings file wrong.toml has supersede = ['x']
      expected: a table of ids: supersede = {'theirs-1' = 'mine-1'}
      next:     correct the file
    """,
)
message(
    "SettingsError",
    r"""
    from backportkit.check import codes
    Path("pyproject.toml").write_text("[tool.backportkit.check]\nignored = []"); codes.of_project(Path())
    """,
    """
    [tool.backportkit.check] in pyproject.toml has an unknown setting: ignored
      expected: select or ignore
      next:     did you mean ignore?
    """,
)
message(
    "SettingsError",
    r"""
    from backportkit.check import codes
    Path("pyproject.toml").write_text("[tool.backportkit.check]\nx = 1"); codes.of_project(Path())
    """,
    """
    [tool.backportkit.check] in pyproject.toml has an unknown setting: x
      expected: select or ignore
      next:     delete it
    """,
)
message(
    "SettingsError",
    r"""
    from backportkit.check import codes
    Path("pyproject.toml").write_text("[tool.backportkit.check]\nignore = 'BK4'"); codes.of_project(Path())
    """,
    """
    ignore of [tool.backportkit.check] in pyproject.toml cannot be used
      expected: a list of codes, or of what codes begin with: ignore = ['BK4', 'BK104']
      found:    'BK4'
    """,
)
message(
    "SettingsError",
    r"""
    from backportkit.check import codes
    Path("pyproject.toml").write_text("[tool.backportkit.check]\nignore = ['BK6O7']"); codes.of_project(Path())
    """,
    """
    ignore of [tool.backportkit.check] in pyproject.toml names 'BK6O7', and no finding has such a code
      expected: a code such as BK402, or what codes begin with: BK1, BK2, BK3, BK4, BK5, BK6
      next:     did you mean BK607?
    """,
)
message(
    "SettingsError",
    """
    from backportkit.check import codes
    codes.of_options(["BK1,removeable"], [])
    """,
    """
    --select names 'removeable', and no finding has such a code
      expected: a code such as BK402, or what codes begin with: BK1, BK2, BK3, BK4, BK5, BK6
      next:     did you mean BK402?
    """,
)
message(
    "SettingsError",
    """
    from backportkit.check import codes
    codes.of_options([], ["E501"])
    """,
    """
    --ignore names 'E501', and no finding has such a code
      expected: a code such as BK402, or what codes begin with: BK1, BK2, BK3, BK4, BK5, BK6
      next:     see https://github.com/backportkit/backportkit/blob/main/docs/findings.md, which has all codes
    """,
)
message(
    "SettingsError",
    """
    Path("wrong.toml").write_text(""); backportkit.apply_all(config="wrong.toml")
    """,
    """
    the settings file wrong.toml has no table [tool.backportkit]
      expected: one, perhaps empty
      next:     correct the file
    """,
)
message(
    "SettingsError",
    r"""
    Path("own.toml").write_text("[tool.backportkit]\ndisable = ['victim-1', 'victim-7', 'other-*']")
    declare(); warnings.simplefilter("error"); backportkit.apply_all(config="own.toml"); backportkit.status()
    """,
    """
    own.toml switches off 'victim-7', which nobody declares
      expected: the id of a patch that is declared here, or a pattern, which may fit none
      next:     did you mean victim-1? correct or delete it in `disable`
    """,
)
message(
    "AttributeError",
    """
    backportkit.nothing
    """,
    """
    module 'backportkit' has no attribute 'nothing'
    """,
)
# --- Proofs ---

message(
    "ProofError",
    """
    backportkit.proof.protocol.check(register())
    """,
    """
    patch 'victim-1': has no reproducer
      next:     declare one with reproducer=...
    """,
)
message(
    "ProofError",
    """
    Path("stubs.py").write_text("def later():\\n    raise NotImplementedError('show that g() is wrong')\\n")
    backportkit.proof.protocol.check(register(reproducer="stubs:later"))
    """,
    """
    patch 'victim-1': its reproducer is not written yet
      expected: a function stubs:later that raises where the bug is
      found:    stubs.py:2 raises NotImplementedError
      next:     show that g() is wrong
    """,
)
message(
    "ProofError",
    """
    os.environ["PATH"] = "/nowhere"
    backportkit.proof.protocol.check(register(reproducer=dict(run="mine:f", programs=["no-such-program"])))
    """,
    """
    patch 'victim-1': its reproducer needs programs that are not here
      expected: no-such-program
      found:    PATH=/nowhere
      next:     install them, such as a C++ compiler by 'apt-get install g++'
    """,
)
message(
    "MissingExtraError",
    r"""
    from backportkit.cli import signature
    sys.modules["cryptography"] = None; signature.verify([], Path("key"))
    """,
    """
    a signature needs cryptography, which is not installed
      next:     install 'backportkit[signed]' from where backportkit was installed, such as by pip
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    signature.sign([], Path("absent"))
    """,
    """
    absent cannot be read
      found:    [Errno 2] No such file or directory: 'absent'
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    signature._write(Path("absent", "a.sig"), b"")
    """,
    """
    absent/a.sig cannot be written
      found:    No such file or directory
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    Path("key").write_bytes(b""); signature.verify([], Path("key"))
    """,
    """
    key cannot be used as a key
      expected: an Ed25519 key as PEM, not encrypted
      found:    none
      next:     openssl pkey -in KEY -pubout -out PUBLIC
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    Path("key").write_bytes(b""); signature.sign([], Path("key"))
    """,
    """
    key cannot be used as a key
      expected: an Ed25519 key as PEM, not encrypted
      found:    none
      next:     openssl genpkey -algorithm ed25519 -out KEY
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    Path("key").write_bytes(b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n"); signature.verify([], Path("key"))
    """,
    """
    key cannot be used as a key
      expected: an Ed25519 key as PEM, not encrypted
      found:    a key of another kind, ECPublicKey
      next:     openssl pkey -in KEY -pubout -out PUBLIC
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    Path("key").write_bytes(b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"); signature.verify([Path("victim.py")], Path("key"))
    """,
    """
    there is no signature victim.py.sig
      next:     backportkit sign victim.py --key KEY
    """,
)
message(
    "SignatureFileError",
    r"""
    from backportkit.cli import signature
    Path("key").write_bytes(b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"); Path("victim.py.sig").write_text("no"); signature.verify([Path("victim.py")], Path("key"))
    """,
    """
    victim.py.sig has no signature
      expected: 64 bytes as base64, as `backportkit sign` writes
      found:    Incorrect padding
    """,
)
message(
    "ProofError",
    """
    from backportkit.proof import page
    page.check(Path("victim.py"))
    """,
    """
    victim.py is no folder
      next:     give --output a folder of its own
    """,
)
message(
    "ProofError",
    """
    from backportkit.proof import page
    page.write([], Path("victim.py"))
    """,
    """
    the proofs cannot be written into victim.py
      found:    [Errno 17] File exists: 'victim.py'
    """,
)
message(
    "ProofError",
    """
    from backportkit.proof import page
    Path("docs").mkdir()
    Path("docs/README.md").write_text("# My project")
    page.check(Path("docs"))
    """,
    """
    docs/README.md is no page of proofs, and would be overwritten
      next:     give --output a folder of its own
    """,
)
message(
    "ProofError",
    """
    from backportkit.proof import page
    from backportkit.proof.record import Cell, Matrix, Outcome
    cells = [Cell(version=text, python="3", declared=True, outcome=Outcome.PROVED, message="") for text in ("1", "2")]
    one = Matrix(patch="mine-1", summary="s", package="p", requires="p", fixes=None, holds=True, right=None,
                 platform="p", cells=cells)
    page.write([one], Path("proofs")); page.check_weight(Path("proofs"), ["mine-1"], 1)
    """,
    """
    proofs/mine-1.json would be overwritten by a proof on fewer releases
      expected: 2 or more
      found:    1
      next:     prove it with --matrix, or give --output another folder
    """,
)
message(
    "ProofError",
    """
    from backportkit.proof import origin
    origin.of(register(replacement=lambda: 1))
    """,
    """
    patch 'victim-1': cannot be proved in a process of its own, which would not get what was declared
      expected: functions that can be imported by their names, or a declaration in a module
      found:    script:<lambda>
      next:     move the declaration and its functions to the top of a module that can be imported
    """,
)
message(
    "LookupError",
    """
    from backportkit.proof import child
    Path("mine.py").write_text("")
    child._declared("victim-1", ("mine",))
    """,
    """
    mine declares no victim-1 here
    """,
)
message(
    "UncallableError",
    """
    from backportkit import Patch, Reproducer
    from backportkit.proof import failure
    def reproducer(path): raise AssertionError(path)
    patch = Patch(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement=new)
    try: reproducer()
    except TypeError as error:
        raise failure.UncallableError(failure.of(error, patch, Reproducer(run=reproducer)).text.partition(": ")[2].strip())
    """,
    """
    the reproducer is called without arguments, and needs path
    """,
)
message(
    "UnfinishedError",
    """
    from backportkit.proof import failure
    def reproducer(): yield 1
    failure.refuse_unfinished(reproducer())
    """,
    """
    the reproducer returned a generator, of which nothing has run: run it, as by asyncio.run()
    """,
)
message(
    "DeclarationError",
    """
    class Other:
        def method(self): return 1
    declare(function=Other().method)
    """,
    """
    patch 'victim-1': the declaration is wrong
      target:   victim:f
      - replacement: <bound method Other.method of <script.Other object at 0x...>> is bound to an object, which its name 'Other.method' does not say: give a function that calls it, or name it as 'package.module:object.method'
    """,
)
message(
    "NotAppliedError",
    """
    declare("low", "victim:extra", how="add")
    declare("high", "victim:extra", function=lambda original: lambda: original(), how="wrap")
    import victim
    backportkit.apply_all()
    backportkit.unpatch("low")
    backportkit.require("high")
    """,
    """
    patch 'high': is required here, but not in effect
      target:   victim:extra
      expected: applied, or waiting for its target
      found:    failed: taken out, since what its wrap stood upon was undone: nothing is left to wrap at victim:extra; apply the patch again that adds it
    """,
)
message(
    "UnavailableError",
    """
    os.environ["BACKPORTKIT_CACHE"] = os.getcwd()
    import shutil; shutil.disk_usage = lambda path: shutil._ntuple_diskusage(0, 0, 1)
    backportkit.proof.environment.check_disk("victim-1", 8)
    """,
    """
    patch 'victim-1': there is not enough room on the disk to build an environment
      expected: 8 GB free at {folder}/environments
      found:    0.0 GB
      next:     make room, or set BACKPORTKIT_CACHE to a folder on another disk
    """,
)
message(
    "UnavailableError",
    """
    backportkit.proof.environment._location_of("no_such_package")
    """,
    """
    the package 'no_such_package', which has the replacement or the reproducer, cannot be found
      next:     run the command where it can be imported
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream import uv
    uv.run_uv(["pip", "install", "--zzz"], patch="victim-1")
    """,
    """
    patch 'victim-1': uv could not do 'pip install'
      found:    error: unexpected argument '--zzz' found
                tip: to pass '--zzz' as a value, use '-- --zzz'
                Usage: uv pip install [OPTIONS] <PACKAGE|--requirements <REQUIREMENTS>|--editable <EDITABLE>|--group <GROUP>>
                For more information, try '--help'.
      next:     check the network and the package index; uv's own settings (UV_INDEX_URL, ...) are respected
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream import uv
    uv.checked_version("newest")
    """,
    """
    'newest' is no version
      expected: one by PEP 440, such as 2.12.0
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream import fetched
    fetched.Log(Path("nowhere/fetched.jsonl"))
    """,
    """
    nowhere/fetched.jsonl, which is to list what is fetched, cannot be written
      found:    No such file or directory
      next:     name another file by --log-fetches
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.proof import choose
    os.environ["UV_NO_INDEX"] = os.environ["UV_OFFLINE"] = "1"
    choose.Releases().around_the_range(register())
    """,
    """
    patch 'victim-1': the package index has no release in the patch's range for this Python
      expected: victim<2
      next:     correct `requires`, or run this with another Python
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.proof import choose
    from backportkit.proof import interpreters
    interpreters.installed = lambda: [interpreters.Interpreter(choose.Version("3.12.1"), "python")]
    choose.Releases().named(register(requires="python<3.13"), ["3.12.0"])
    """,
    """
    --versions: there is no Python 3.12.0 here
      expected: Pythons that are installed, >=3.10
      found:    3.12.1
      next:     install it where uv finds it, such as by `uv python install 3.12.0`
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.proof import interpreters
    interpreters.named(["3.x"], "--python")
    """,
    """
    --python: '3.x' is no version of Python
      expected: one such as 3.12 or 3.12.1
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.proof import choose
    from backportkit.proof import interpreters
    interpreters.installed = lambda: [interpreters.Interpreter(choose.Version("3.98.1"), "python")]
    choose.interpreter(register(requires="python>=3.99,<4"))
    """,
    """
    patch 'victim-1': no Python in the patch's range is installed here
      expected: python<4,>=3.99
      found:    3.98.1
      next:     install one where uv finds it, such as by `uv python install`
    """,
)


# --- the command line's own ---

message(
    "CallbackError",
    """
    def refuse(module): raise OSError("no")
    apply(callbacks={"before_apply": refuse})
    """,
    """
    patch 'victim-1': its callback before_apply refused the patch: OSError: no
      target:   victim
      found:    OSError in script:refuse
      next:     mend script:refuse
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check import project
    project.read(Path("nowhere"))
    """,
    """
    'nowhere' is no project
      expected: a folder with a pyproject.toml
      next:     name the project's folder, a file that declares patches, or an installed provider
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.scan import units
    units.gather(["nothing"])
    """,
    """
    there is nothing to scan by the name of 'nothing'
      expected: a folder, a Python file, a wheel, or an installed distribution
      next:     correct the name
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.scan import units
    Path("victim-1.0-py3-none-any.whl").write_text("no archive")
    units.gather(["victim-1.0-py3-none-any.whl"])
    """,
    """
    victim-1.0-py3-none-any.whl cannot be read: File is not a zip file
      next:     name a whole wheel
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.scan import baselines
    Path("known.json").write_text("{}")
    baselines.read(Path("known.json"))
    """,
    """
    known.json cannot be read as a baseline: 'known'
      next:     name a file that --write-baseline has written
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.scan import baselines
    Path("settings.json").write_text("{}")
    baselines.check_writable(Path("settings.json"))
    """,
    """
    settings.json is there, and is no baseline: 'known'
      next:     give --write-baseline another file
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check import project
    Path("pyproject.toml").write_text("[tool.backportkit]\\nmodules = [1]")
    project.read(Path())
    """,
    """
    [tool.backportkit] modules in pyproject.toml does not name modules
      expected: modules = ["package.module"]
      found:    1
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check.scope import gather
    Path("mine.txt").touch()
    gather("mine.txt")
    """,
    """
    'mine.txt' declares no patches
      expected: a .py, .toml or .json file
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check import toml
    toml.read(Path("gone.toml"))
    """,
    """
    gone.toml cannot be read: [Errno 2] No such file or directory: 'gone.toml'
      next:     name a file that can be read
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check import toml
    Path("broken.toml").write_text("[")
    toml.read(Path("broken.toml"))
    """,
    """
    broken.toml cannot be read as TOML: Invalid initial character for a key part (at end of document)
      next:     mend the file
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.cli import declarations
    declarations.read("frobnicate.patches")
    """,
    """
    'frobnicate.patches' cannot be imported: ModuleNotFoundError: No module named 'frobnicate'
      next:     give --import the dotted name of a module that declares patches, or a .py, .toml or .json file
    """,
)
message(
    "TargetError",
    """
    import victim, collections
    class Forgetful(collections.UserDict):
        def __setitem__(self, key, value):
            super().__setitem__(key, print if value is len and "f" in self else value)
    victim.TABLE = Forgetful(f=len)
    apply(target="victim:TABLE['f']")
    backportkit.unpatch("victim-1")
    """,
    """
    patch 'victim-1': cannot be undone, since the target does not keep what it is given
      target:   victim:TABLE['f']
      expected: the object that was there
      found:    'f' was assigned, but reading it back gives another object
      next:     start a process without the patch: BACKPORTKIT_DISABLE=victim-1
    """,
)
message(
    "TargetError",
    """
    import victim, collections
    class Pairs(collections.UserDict):
        def __setitem__(self, key, value):
            super().__setitem__(key, (key, value))
    victim.TABLE = Pairs(f=len)
    apply(target="victim:TABLE['f']")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:TABLE['f']
      found:    'f' was assigned, and what stood there cannot be put back: it is another object now
      next:     choose another target, or start with BACKPORTKIT_DISABLE=victim-1
    """,
)
message(
    "TargetError",
    """
    import victim
    class Computed(dict):
        def __contains__(self, key): return True
        def __getitem__(self, key): return new
    victim.TABLE = Computed()
    apply(target="victim:TABLE['f']")
    """,
    """
    patch 'victim-1': the target cannot be changed
      target:   victim:TABLE['f']
      found:    mapping 'TABLE' of module victim has no item 'f' of its own: its __getitem__ gets it from elsewhere
      next:     name the mapping that has the item
    """,
)
message(
    "ReplacementError",
    """
    import victim
    class Special(property):
        def __init__(self, fget=None, fset=None, fdel=None, doc=None):
            super().__init__(None if fget is None else lambda self: 1, fset, fdel, doc)
    class Kept(Special):
        def getter(self, function): return property(None)
    victim.C.kept = Kept(lambda self: 1)
    apply(target="victim:C.kept", function=lambda self: 2)
    """,
    """
    patch 'victim-1': the replacement script:<lambda> cannot be used: TypeError: C.kept is a Kept, which cannot be made of a function alone: give a Kept or a property
      target:   victim:C.kept
      next:     mend the replacement
    """,
)
message(
    "NoBodyError",
    """
    from backportkit.check import bodies
    bodies.at_target(register(target="victim:missing").edits[0])
    """,
    """
    there is no body to show
      target:   victim:missing
      found:    victim has no 'missing'
      next:     install a release that has it, or name one: backportkit diff ID --against VERSION
    """,
)
message(
    "NoBodyError",
    """
    from backportkit.check import bodies
    bodies.of_replacement(register(replacement="nowhere:f").edits[0])
    """,
    """
    the replacement nowhere:f has no source to show
      target:   victim:f
      found:    there is no module nowhere
      next:     correct replacement=..., or install the project that has it
    """,
)
message(
    "UnknownScopeError",
    """
    from backportkit.check.scope import gather
    gather("no-such-thing")
    """,
    """
    there is nothing to check by the name of 'no-such-thing'
      expected: a file, a folder, a module, or one of the providers: backportkit
      next:     correct the name, or install the provider in this environment
    """,
)

# --- policy ---

message(
    "SettingsError",
    r"""
    Path("wrong.toml").write_text("[tool.backportkit]\npolicy = 1"); backportkit.apply_all(config="wrong.toml")
    """,
    """
    the settings file wrong.toml has policy = 1
      expected: the path of a file: policy = 'deploy/backportkit-policy.toml'
      next:     correct the file
    """,
)
message(
    "PolicyError",
    """
    sys.prefix = os.getcwd()
    Path("backportkit-policy.toml").write_text("default = 'maybe'\\nmore = 1")
    backportkit.apply_all()
    """,
    """
    the policy of this environment cannot be obeyed
      found:    {folder}/backportkit-policy.toml is wrong: default = 'maybe' is none of allow, deny; more is not known: the keys are default, on_failure, providers, require, variables, so that nothing is armed
      next:     have its owner mend it; or delete it and its lines, and run `backportkit policy lock`, which writes both, or `backportkit activate`, to go without one
    """,
)
message(
    "PolicyError",
    """
    Path("anybody").mkdir()
    sys.prefix = os.path.abspath("anybody")
    Path("anybody/backportkit-policy.toml").write_text("default = 'deny'")
    Path("anybody/backportkit-policy.toml").chmod(0o666)
    backportkit.apply_all()
    """,
    """
    the policy of this environment cannot be obeyed
      expected: a policy that root or the user of this process owns, and that nobody else may write
      found:    {folder}/anybody/backportkit-policy.toml may be written by another user, so that nothing is armed
      next:     have its owner mend it; or delete it and its lines, and run `backportkit policy lock`, which writes both, or `backportkit activate`, to go without one
    """,
)
message(
    "UnknownPatchError",
    """
    sys.prefix = os.getcwd()
    Path("backportkit-policy.toml").write_text("default = 'deny'\\n[providers.gone]\\nids = ['gone-1']")
    backportkit.require("gone-1")
    """,
    """
    patch 'gone-1': no such patch is declared here
      expected: one of: none
      found:    no provider 'gone' is installed, to which the policy gives that id
      next:     import the module that declares it first; backportkit status shows all that is known
    """,
)
message(
    "PolicyError",
    """
    from backportkit.activation import policies
    Path("denied.toml").write_text("[providers.gone]\\nallow = false")
    policies.lock(Path("denied.toml"), ["gone"])
    """,
    """
    the policy denied.toml denies the provider gone
      found:    allow = false under [providers.gone]
      next:     take that out of the file first, if it is to be allowed
    """,
)
message(
    "PolicyError",
    """
    from backportkit.proof import protocol
    sys.prefix = os.getcwd()
    Path("backportkit-policy.toml").write_text("[providers.evil]\\nallow = false")
    Path("evil.py").write_text("def run(): pass")
    Path("evil-1.dist-info").mkdir()
    Path("evil-1.dist-info/RECORD").write_text("evil.py,,")
    sys.path.insert(0, os.getcwd())
    made = backportkit.Patch(
        id="mine-1", target="victim:f", requires="victim<9", summary="s", value=1, reproducer={"run": "evil:run"}
    )
    backportkit.register(made)
    protocol.check(made)
    """,
    """
    patch 'mine-1': cannot be proved under the policy
      found:    the policy {folder}/backportkit-policy.toml does not allow the provider 'evil', which has the module evil
      next:     `backportkit policy check` shows what differs from the policy
    """,
)
message(
    "PolicyError",
    """
    from backportkit.activation import policies
    Path("hashless/hashless-1.dist-info").mkdir(parents=True)
    Path("hashless/hashless-1.dist-info/METADATA").write_text("Name: hashless")
    Path("hashless/hashless-1.dist-info/entry_points.txt").write_text("[backportkit.patches]\\nvictim = time")
    sys.path.insert(0, os.path.abspath("hashless"))
    policies.lock(Path("hashless.toml"), ["hashless"])
    """,
    """
    the module time of 'hashless' has no hash
      expected: a module in a file that can be read, and not in an archive
      next:     install 'hashless' anew, or name all others: backportkit policy lock --provider NAME
    """,
)
message(
    "PolicyError",
    """
    from backportkit.activation import policies
    policies.lock(Path("gone.toml"), ["gone"])
    """,
    """
    no provider gone is installed
      expected: one of backportkit
      next:     correct the name, or install it
    """,
)
message(
    "PolicyError",
    """
    from backportkit.activation import policies
    Path("open.toml").write_text(""); Path("open.toml").chmod(0o666)
    policies.differences(Path("open.toml"))
    """,
    """
    the policy open.toml is not to be believed
      found:    may be written by another user
      next:     have its owner mend it
    """,
)
message(
    "PolicyError",
    """
    from backportkit.activation import policies
    Path("wrong-policy.toml").write_text("default = 'maybe'\\nmore = 1")
    policies.lock(Path("wrong-policy.toml"))
    """,
    """
    the policy wrong-policy.toml is wrong
      found:    default = 'maybe' is none of allow, deny; more is not known: the keys are default, on_failure, providers, require, variables
      next:     correct it, or delete it and write it anew: backportkit policy lock
    """,
)
message(
    "PolicyError",
    """
    from backportkit.cli import policy
    policy.check(Path("gone.toml"))
    """,
    """
    there is no policy gone.toml
      next:     backportkit policy lock writes one
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration import discovery
    from backportkit.policy import in_force
    Path("reads.py").write_text("import backportkit; backportkit.load('read.toml')")
    Path("read.toml").write_text("patch = []")
    sys.path.insert(0, "")
    from backportkit.policy import modules
    Path("named.toml").write_text(f"[providers.provider.modules]\\nreads = '{modules.digest('reads')}'")
    in_force.name("named.toml")
    discovery.load(discovery.EntryPoint("victim", "reads", "provider"))
    """,
    """
    the patches of 'provider' cannot be loaded: PolicyError: a file of patches is not the one that the policy names
      expected: a file that named.toml names, with that SHA-256
      found:    {folder}/read.toml
      next:     review it, and run `backportkit policy lock`
      expected: an importable module reads, as the entry point 'victim' says
      next:     mend or uninstall 'provider', or start with BACKPORTKIT_DISABLE=all
    """,
)
message(
    "NotAppliedError",
    """
    sys.prefix, os.environ["BACKPORTKIT_DISABLE"] = os.getcwd(), "all"
    Path("backportkit-policy.toml").write_text("require = ['victim-1']")
    backportkit.apply_all()
    """,
    """
    patch 'victim-1': is required by the policy, and all patches are switched off
      expected: applied, or waiting for its target
      found:    BACKPORTKIT_DISABLE has `all` in it, and the policy heeds that
      next:     unset BACKPORTKIT_DISABLE, or have the policy say `variables = "ignore"`
    """,
)
message(
    "PatchImportError",
    """
    sys.prefix = os.getcwd()
    Path("backportkit-policy.toml").write_text("on_failure = 'exit'\\nrequire = ['victim-1']")
    backport("victim:f", requires="victim<0.9", id="victim-1", summary="s")(new)
    try:
        backportkit.apply_all()
    except backportkit.NotAppliedError:
        import victim
    """,
    """
    patch 'victim-1': victim is not imported unpatched: the policy requires it, and it is not in force
      target:   victim
      expected: applied as its target is imported
      found:    dormant: victim 1.0 is installed; the patch is for <0.9
      next:     mend that, or take it out of `require`; `backportkit policy check` shows what differs
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration import discovery
    from backportkit.policy import in_force
    Path("deny.toml").write_text("default = 'deny'")
    in_force.name("deny.toml")
    discovery.load(discovery.EntryPoint("victim", "mine", "provider"))
    """,
    """
    the patches of 'provider' are not read
      found:    the policy deny.toml does not allow the provider 'provider'
      next:     `backportkit policy check` shows what differs from the policy
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration import discovery
    sys.prefix = os.getcwd()
    Path("backportkit-policy.toml").write_text("[providers.provider.modules]\\nmine = '0'")
    Path("mine.py").write_text("")
    discovery.load(discovery.EntryPoint("victim", "mine", "provider"))
    """,
    """
    the patches of 'provider' are not read
      found:    the module mine of 'provider' is not the one that the policy {folder}/backportkit-policy.toml names
      next:     review it without this policy, in a container: backportkit diff ID; then allow it: backportkit policy lock
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration import discovery, metadata
    Path("strange/stranger-1.dist-info").mkdir(parents=True)
    Path("strange/stranger-1.dist-info/METADATA").write_text("Name: good")
    sys.path.insert(0, os.path.abspath("strange"))
    found = next(one for one in metadata.everything() if one.key == "stranger")
    discovery.load(discovery.EntryPoint("victim", "mine", found))
    """,
    """
    'good' is not what its metadata says
      expected: the name 'stranger', as that of the folder {folder}/strange/stranger-1.dist-info
      found:    Name: good
      next:     uninstall it, and see where it came from
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration import discovery, metadata
    Path("nameless/stranger-1.dist-info").mkdir(parents=True)
    sys.path.insert(0, os.path.abspath("nameless"))
    found = next(one for one in metadata.everything() if one.key == "stranger")
    discovery.load(discovery.EntryPoint("victim", "mine", found))
    """,
    """
    'stranger' is not what its metadata says
      expected: the name 'stranger', as that of the folder {folder}/nameless/stranger-1.dist-info
      found:    no name
      next:     uninstall it, and see where it came from
    """,
)
message(
    "ProviderError",
    """
    from backportkit.declaration import discovery
    call = "backport('victim:f', requires='victim<2', id='other-1', summary='s')(lambda: 1)"
    Path("of_other.py").write_text(f"from backportkit import backport; {call}")
    sys.path.insert(0, "")
    entry_point = discovery.EntryPoint("other", "of_other", "other")
    entry_point.beside = frozenset(["other"])
    discovery.load(entry_point)
    """,
    """
    patch 'other-1': the patches of 'other' are for other packages than it names
      expected: an entry point named victim, since that is patched
      found:    entry points named other
      next:     add victim = "of_other" to [project.entry-points."backportkit.patches"]
    """,
)
message(
    "PolicyError",
    """
    def forbid(event, arguments):
        if event == "backportkit.apply":
            raise RuntimeError("not today")
    sys.addaudithook(forbid)
    import victim
    apply()
    """,
    """
    patch 'victim-1': an audit hook has kept it from being applied
      target:   victim:f
      found:    RuntimeError: not today
      next:     ask whoever has installed the hook by sys.addaudithook
    """,
)

message(
    "InconsistentError",
    """
    from backportkit.integrations.distributed import compare
    declare()
    report = backportkit.report()
    report = report.model_copy(update={"patches": [one for one in report.patches if one.id == "victim-1"]})
    compare([report, report.model_copy(update={"digest": "", "patches": ()}), report])
    """,
    """
    the ranks have not the same patches in force
      expected: one digest on all 3 ranks
      found:    victim-1 is waiting (CONTENT) on ranks 0, 2: the target is not imported yet; apply_all() has not been called
                victim-1 is not declared on rank 1
      next:     give every rank the same environment, declarations and BACKPORTKIT_* variables
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.integrations import ray
    ray.runtime_env({"worker_process_setup_hook": print})
    """,
    """
    the runtime_env has a setup hook that cannot be called along with ours
      expected: 'package.module.function'
      found:    <built-in function print>
      next:     put the function in a module that the workers can import, and give its name
    """,
)
message(
    "FleetError",
    """
    from backportkit.reports import fleet
    Path("reports").mkdir()
    fleet.read("reports")
    """,
    """
    there is no report in reports
      expected: documents written by backportkit.report()
      next:     let the processes call backportkit.report().write(FOLDER)
    """,
)
message(
    "FleetError",
    """
    from backportkit.reports import fleet
    fleet.read("nowhere.json")
    """,
    """
    nowhere.json cannot be read: [Errno 2] No such file or directory: 'nowhere.json'
    """,
)
message(
    "FleetError",
    """
    from backportkit.reports import fleet
    fleet.read("/dev/null")
    """,
    """
    /dev/null cannot be read: it is no regular file
    """,
)
message(
    "FleetError",
    """
    from backportkit.reports import fleet
    Path("a.json").write_text("[")
    fleet.read("a.json")
    """,
    """
    a.json is no JSON: Expecting value: line 1 column 2 (char 1)
    """,
)
message(
    "FleetError",
    """
    from backportkit.reports import fleet
    names = dict(backportkit="1", host="node", pid=7, program="serve", python="3.11.7", patches=[])
    Path("c.json").write_text(json.dumps(names | dict(digest="0", written="2026-01-01T00:00:00Z")))
    fleet.read("c.json")
    """,
    """
    c.json is not what serve node:7 wrote, or its clock is wrong
      expected: the digest 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945 of its patches
      found:    0
      next:     let the process write its report anew, and find out who changed the file
    """,
)
message(
    "FleetError",
    """
    from backportkit.reports import fleet
    Path("b.json").write_text("{}")
    fleet.read("b.json")
    """,
    """
    b.json is no report of a process
      expected: a document written by backportkit.report()
      found:    backportkit: Field required
    """,
)
message(
    "UnusablePlaceError",
    """
    from backportkit.cli import uncaught
    try:
        Path("nowhere/policy.toml").read_text()
    except OSError as error:
        raise uncaught.explained(error)
    """,
    """
    nowhere/policy.toml cannot be used
      found:    No such file or directory
      next:     name another place, or mend this one
    """,
)
message(
    "UnreadableMetadataError",
    """
    from backportkit.cli import uncaught
    Path("unread/unread-1.dist-info").mkdir(parents=True)
    Path("unread/unread-1.dist-info/entry_points.txt").write_bytes(bytes([255]))
    sys.path.insert(0, os.path.abspath("unread"))
    from importlib.metadata import entry_points
    try:
        entry_points()
    except ValueError as error:
        raise uncaught.explained(error)
    """,
    """
    the entry points of this environment cannot be read
      expected: lines `name = module` in each entry_points.txt
      found:    UnicodeDecodeError: 'utf-8' codec can't decode byte 0x... in position 0: invalid start byte, in {folder}/unread/unread-1.dist-info
      next:     install that distribution again, or uninstall it
    """,
)


# --- Activation ---

message(
    "NotAppliedError",
    """
    from backportkit.activation import required
    sys.prefix = os.getcwd()
    Path("backportkit-policy.toml").write_text("require = ['victim-1']")
    required.check()
    """,
    """
    patch 'victim-1': is required by the policy, and an activated environment would start without it
      expected: a patch that each start arms
      found:    no provider that each start reads declares it
      next:     mend that, or take it out of `require`; `backportkit policy check` shows what differs
    """,
)
message(
    "ActivationError",
    """
    from backportkit.activation import verbs
    verbs._site_packages = lambda: Path(os.getcwd(), "absent")
    verbs.activate()
    """,
    """
    this environment cannot be activated
      expected: a folder that can be written to
      found:    No such file or directory: {folder}/absent/zz_backportkit.pth
      next:     do it as the owner of the environment; or use `backportkit run`, which writes nothing
    """,
)
message(
    "ActivationError",
    """
    from backportkit.activation import verbs
    folder = Path(os.getcwd(), "site")
    (folder / "zz_backportkit.start").mkdir(parents=True)
    verbs._site_packages = lambda: folder
    verbs.deactivate()
    """,
    """
    this environment cannot be deactivated
      expected: a folder that can be written to
      found:    Is a directory: {folder}/site/zz_backportkit.start
      next:     do it as the owner of the environment; or start programs with BACKPORTKIT_DISABLE=all
    """,
)
message(
    "UnknownPatchError",
    """
    from backportkit.cli import chosen
    alone()
    declare(reproducer="platform:platform")
    chosen.patches(chosen.What(["victim-1"], ["victim*"], module="json"))
    """,
    """
    no patch is left to prove
      expected: one that is asked for and not excluded
      found:    --exclude victim*
      next:     exclude fewer
    """,
)
message(
    "ProofError",
    """
    from backportkit.cli import chosen
    alone()
    declare()
    chosen.patches(chosen.What(["victim*"], [], module="json"))
    """,
    """
    none of the patches that fit 'victim*' has a reproducer
      found:    victim-1
      next:     declare one with reproducer=...
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.cli import diff
    declare(requires="python<4")
    from backportkit.upstream.evidence import Options
    diff.against("victim-1", "3.13.6", Options(), module="json")
    """,
    """
    patch 'victim-1': the modules of Python itself are in no package index
      next:     run `backportkit diff victim-1` in an environment of Python 3.13.6
    """,
)
message(
    "FinderError",
    """
    from backportkit.source import specs
    class Raises:
        @staticmethod
        def find_spec(name, path=None, target=None):
            raise KeyError(name)
    sys.meta_path.insert(0, Raises)
    specs.find("no_such_module")
    """,
    """
    no_such_module cannot be looked for, since a finder raised KeyError: 'no_such_module'
    """,
)


# --- Upstream's releases ---

message(
    "NoReleaseError",
    """
    made = index()
    made.release("1.0", "def f(): pass")
    history("victim:absent")
    """,
    """
    no release of victim at http://127.0.0.1:PORT/simple/ that was read has victim:absent
      found:    victim has no 'absent'
      next:     correct the target, or name the distribution by --package; --all and --since choose the releases
    """,
)
message(
    "NoReleaseError",
    """
    index()
    history("victim:TABLE[key]")
    """,
    """
    victim:TABLE['key'] has no history of its own
      expected: a function, a class or a constant, as module:name or module:Class.name
      next:     ask for the name that has it
    """,
)
message(
    "NoReleaseError",
    """
    index()
    history("json:loads")
    """,
    """
    the modules of Python itself are in no package index
      target:   json:loads
      next:     compare them in environments of two Pythons; for a distribution of that name give --package
    """,
)
message(
    "UnavailableError",
    """
    made = index(largest=1000)
    made.release("1.0", "f = 1" + " " * 2000)
    body()
    """,
    """
    victim-1.0-py3-none-any.whl cannot be read
      found:    ValueError: victim.py has 2005 bytes, and no more than 1000 are read
      next:     try again, or leave it out
    """,
)
message(
    "UnavailableError",
    """
    made = index()
    made.release("1.0", "def f(): pass", size=5)
    body()
    """,
    """
    victim-1.0-py3-none-any.whl is not the file that the index names
      expected: 5 bytes
      found:    308 bytes
      next:     try again; if it stays like this, tell those who run the index
    """,
)
message(
    "UnavailableError",
    """
    made = index(ranges=False)
    made.put("victim-1.0-py3-none-any.whl", b"no wheel", hashes={"sha256": "0" * 64})
    body()
    """,
    """
    victim-1.0-py3-none-any.whl is not the file that the index names
      expected: sha256 0000000000000000000000000000000000000000000000000000000000000000
      found:    sha256 92cda32027e39346431cf0442184b8976b117b10a0f9bb9d8a9a0d9d4138aad2, of 8 bytes
      next:     try again; if it stays like this, tell those who run the index
    """,
)
message(
    "UnavailableError",
    """
    made = index(ranges=False)
    made.release("1.0", "def f(): pass", size=60_000_000)
    body()
    """,
    """
    victim-1.0-py3-none-any.whl would have to be downloaded whole
      found:    60 MB or more, and the limit is 50 MB
      next:     --max-download 60 allows it
    """,
)
message(
    "UnavailableError",
    """
    from package_index import wheel
    made = index(largest=1000)
    made.put("victim-1.0-py3-none-any.whl", wheel("1.0", {f"victim/{number}.py": "" for number in range(2000)}))
    body()
    """,
    """
    victim-1.0-py3-none-any.whl cannot be read
      found:    118965 bytes are to be sent at once, and no more than 1000 are read
      next:     try again, or leave it out
    """,
)
message(
    "UnavailableError",
    """
    made = index()
    made.release("1.0", "def f(): pass")
    from backportkit.upstream.evidence import Evidence, Options
    Evidence(Options()).releases("victim")
    from backportkit.upstream.archive import Archive
    evidence = Evidence(Options(offline=True))
    Archive(evidence.releases("victim").all[0].file, evidence.means).paths
    """,
    """
    victim-1.0-py3-none-any.whl is not in the cache
      next:     call the command without --offline
    """,
)
message(
    "UnavailableError",
    """
    from package_index import sdist
    made = index()
    made.put("victim-1.0.tar.gz", sdist("1.0", {"victim.py": "f = 1", "other.py": "g = 1"}))
    from backportkit.upstream import opened
    opened._LONGEST = 10
    body()
    """,
    """
    victim-1.0.tar.gz cannot be read
      found:    ReadError: it has more than 0 MB, or 200000 files
      next:     try again, or leave it out
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream.evidence import Evidence, Options
    Evidence(Options()).releases("../nowhere")
    """,
    """
    '../nowhere' is no name of a distribution
      expected: letters and digits, with '-', '_' and '.' between them
      next:     name the distribution alone, without extras, a version or a path
    """,
)
message(
    "UnavailableError",
    """
    index()
    history("nowhere:f")
    """,
    """
    no package index has the project nowhere
      found:    no such project there: http://127.0.0.1:PORT/simple/
      next:     correct the name of the distribution, or give another one by --package; or name the index in uv's or pip's own settings
    """,
)
message(
    "UnavailableError",
    """
    index()
    history("nowhere:f", offline=True)
    """,
    """
    the releases of nowhere are not in the cache
      found:    nothing is kept of http://127.0.0.1:PORT/simple/, and --offline asks nobody
      next:     leave out --offline or UV_OFFLINE once: what is read then is kept
    """,
)
message(
    "UnavailableError",
    """
    index(status=403)
    history()
    """,
    """
    the package index does not answer for http://127.0.0.1:PORT/simple/victim/
      found:    403 Forbidden
      next:     UV_DEFAULT_INDEX names the index; look at the name and the password: they stand in the address of the index, in UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD for an index with that name, in .netrc, or come from the command keyring if keyring-provider is subprocess and the address has a name
    """,
)
message(
    "UnavailableError",
    """
    index(status=418)
    history()
    """,
    """
    the package index does not answer for http://127.0.0.1:PORT/simple/victim/
      found:    418 Client Error: I'm a Teapot for url: http://127.0.0.1:PORT/simple/victim/
      next:     check the network, the index and its proxy in uv's or pip's own settings, or use what is kept by --offline; UV_HTTP_TIMEOUT has the seconds that an answer may take
    """,
)
message(
    "UnavailableError",
    """
    made = index()
    os.environ.update(UV_DEFAULT_INDEX=made.address.replace("//", "//me@"), UV_KEYRING_PROVIDER="subprocess", PATH="")
    history()
    """,
    """
    the command keyring cannot be run, which keyring-provider names
      found:    [Errno 2] No such file or directory: 'keyring'
      next:     install keyring, or set keyring-provider to disabled
    """,
)
message(
    "UnavailableError",
    """
    index()
    os.environ["UV_HTTP_TIMEOUT"] = "soon"
    history()
    """,
    """
    'soon' is no number of seconds
      next:     correct UV_HTTP_TIMEOUT, or pip's timeout
    """,
)
message(
    "UnavailableError",
    """
    import io, zipfile
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_BZIP2) as written:
        written.writestr("victim.py", "def f(): pass")
    made = index()
    made.put("victim-1.0-py3-none-any.whl", content.getvalue())
    body()
    """,
    """
    victim-1.0-py3-none-any.whl cannot be read
      found:    ValueError: victim.py is compressed by method 12, and wheels have stored and deflated files
      next:     try again, or leave it out
    """,
)
message(
    "UnavailableError",
    """
    os.environ["UV_INDEX_URL"] = "https://user:pass/word@host.example/simple"
    from backportkit.upstream import config, settings
    settings.indexes(config.Config((), {}))
    """,
    """
    the address of an index in UV_INDEX_URL cannot be read
      expected: an address in which a name and password have / ? # @ and blanks as %2F %3F %23 %40 %20
      found:    an address that has its @ elsewhere, or no number as its port
      next:     escape them, or name them by variables, a keyring or .netrc
    """,
)
message(
    "UnavailableError",
    """
    Path("uv.toml").write_text("[")
    os.environ["UV_CONFIG_FILE"] = "uv.toml"
    from backportkit.upstream import config
    config.read(of_project=False)
    """,
    """
    the settings in uv.toml cannot be read
      found:    Invalid initial character for a key part (at end of document)
      next:     mend the file
    """,
)
message(
    "UnavailableError",
    """
    made = index()
    made.release("1.0", "def f(): pass")
    made.release("2.0", "def f(): pass")
    from backportkit.upstream.evidence import Evidence, Options
    Evidence(Options()).archive("victim", "3.0")
    """,
    """
    there is no release victim 3.0
      found:    http://127.0.0.1:PORT/simple/ has 1.0 to 2.0
      next:     ask for one that it has
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.cli import asked
    asked.requirements(["torch=2"], [])
    """,
    """
    'torch=2' is no requirement
      expected: a name and a range, such as torch==2.14.0
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check import locks
    Path("other.lock").write_text("")
    locks.read(Path("other.lock"))
    """,
    """
    other.lock pins no versions
      expected: a lock file of uv, Poetry or PDM, or a pylock.toml
      next:     lock the project first, or name its lock file
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.check import locks
    Path("pylock.toml").write_text("packages = []")
    locks.read(Path("pylock.toml"))
    """,
    """
    pylock.toml is no lock file by PEP 751: Missing required value in 'lock-version'
      next:     lock the project anew
    """,
)
message(
    "UnavailableError",
    """
    index()
    declare(requires="nowhere<2")
    from backportkit.cli import newest
    from backportkit.declaration.registry import declared_patches
    from backportkit.upstream import history
    from backportkit.upstream.evidence import Evidence, Options
    list(newest.findings([declared_patches.find("victim-1")], Evidence(Options()), history.Silent()))
    """,
    """
    no release can be told
      found:    no package index has the project nowhere; no such project there: http://127.0.0.1:PORT/simple/; correct the name of the distribution, or give another one by --package; or name the index in uv's or pip's own settings
      next:     try again, or leave out --upstream
    """,
)
message(
    "UnavailableError",
    """
    Path("a-file").write_text("")
    from backportkit.upstream.store import Store
    os.environ["BACKPORTKIT_CACHE"] = "a-file/cache"
    Store()
    """,
    """
    the cache {folder}/a-file/cache cannot be used
      expected: a folder that is yours, and that nobody else may write to
      found:    [Errno 20] Not a directory: '{folder}/a-file/cache'
      next:     name another folder in BACKPORTKIT_CACHE
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream import cache
    Path("elsewhere").mkdir()
    Path("linked").symlink_to("elsewhere")
    os.environ["BACKPORTKIT_CACHE"] = "linked"
    cache.folder("environments")
    """,
    """
    the cache {folder}/linked cannot be used
      expected: a folder that is yours, and that nobody else may write to
      found:    it is a link to elsewhere
      next:     delete it, or name another folder in BACKPORTKIT_CACHE
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream import cache
    Path("open").mkdir()
    Path("open").chmod(0o777)
    os.environ["BACKPORTKIT_CACHE"] = "open"
    cache.folder("environments")
    """,
    """
    the cache {folder}/open cannot be used
      expected: a folder that is yours, and that nobody else may write to
      found:    others may write there: its mode is 777
      next:     delete it, or name another folder in BACKPORTKIT_CACHE
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.upstream import stamp
    os.environ["XDG_STATE_HOME"] = os.getcwd()
    Path("backportkit").mkdir()
    Path("backportkit", "stamp.key").write_bytes(bytes(32))
    Path("backportkit", "stamp.key").chmod(0o644)
    stamp.of(b"")
    """,
    """
    the key {folder}/backportkit/stamp.key of what the cache has cannot be used
      found:    others may read it: its mode is 644
      next:     delete it: a new one is made, and what the cache has is fetched and built anew
    """,
)
message(
    "UnavailableError",
    """
    from backportkit.proof import pins
    pins._pins('[[packages]]\\nname = "victim"\\ndirectory = { path = "." }', "victim-1")
    """,
    """
    patch 'victim-1': what the requirements resolve to is no list of releases
      expected: a name, a version and the files of each, from an index or a folder of files
      found:    KeyError: 'version'
      next:     require releases by their versions, and no addresses of files, folders or repositories
    """,
)


# --- Patches that are written ---

message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", ranges=("<1",))
    """,
    """
    no release after <1 has another body
      next:     name the release with the fix by --fixed-in, or what else the fix has changed
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", ranges=("about 1",))
    """,
    """
    'about 1' is no range
      expected: one such as '>=2.0,<2.0.7'
    """,
)
message(
    "NothingToWriteError",
    """
    text = "class C:\\n    def f(self): return {0}\\nclass D:\\n    class C:\\n        def f(self): return {0}\\n"
    author(text.format(1), text.format(2), targets="victim:C.f victim:D.C.f")
    """,
    """
    one patch cannot hold all of what is called C
      found:    victim:C.f, victim:D.C.f
      next:     write a patch for each, or write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "NothingToWriteError",
    """
    author("class C: pass", "class C(int): pass", targets="victim:C")
    """,
    """
    no member of victim:C has changed
      found:    another base, decorator or name
      next:     name the function that the fix has changed, or write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", targets="victim.inner.f")
    """,
    """
    'victim.inner.f' is no target
      expected: a function, a class or a constant, as module:name or module:Class.name
      found:    'victim.inner.f' names no target: write 'package.module:Class.attribute' or 'package.module:function'
      next:     for f in victim.inner write victim.inner:f, for something in the module of that name write victim.inner.f:NAME; backportkit new victim OLDER NEWER lists what changed between two releases
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", targets="victim:TABLE[1]")
    """,
    """
    victim:TABLE[1] has no history of its own
      expected: a function, a class or a constant, as module:name or module:Class.name
      next:     name what has it, or write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "ProjectError",
    """
    from backportkit.authoring.project.plan import root
    root(Path("/"))
    """,
    """
    '/' is in no project
      expected: a pyproject.toml there or above
      next:     call the command in the folder of the project that is to have the patch
    """,
)
message(
    "ProjectError",
    """
    author("def f(): return 1", "def f(): return 2", into="notes.txt")
    """,
    """
    'notes.txt' cannot be the module of a patch
      expected: a .py file in {folder}/project-N that can be imported by its name
      next:     name another file by --into
    """,
)
message(
    "ProjectError",
    """
    author("def f(): return 1", "def f(): return 2", into="mine/conftest.py")
    """,
    """
    mine/conftest.py cannot be the module of a patch: pytest runs a file of this name
      next:     name another file by --into
    """,
)
message(
    "ProjectError",
    """
    author("def f(): return 1", "def f(): return 2", files={"mine/__init__.py": "", "second/__init__.py": ""}, project="[project]\\nname = 'other'")
    """,
    """
    the project has no package that the patch would belong to
      expected: a package other, or one package, in {folder}/project-N or its folder src
      found:    mine, second
      next:     name the file to write by --into
    """,
)
message(
    "ProjectError",
    """
    author("def f(): return 1", "def f(): return 2", files={"mine/_backports/victim/victim_f.py": ""})
    """,
    """
    {folder}/project-N/mine/_backports/victim/victim_f.py exists
      next:     name another file by --into, or another patch by --id; nothing is overwritten
    """,
)
message(
    "ProjectError",
    """
    os.makedirs("elsewhere", exist_ok=True)
    def blocked(path, content, undo):
        raise PermissionError(13, "Permission denied", "mine/_backports")
    from backportkit.authoring.project import changes
    changes._make = blocked
    author("def f(): return 1", "def f(): return 2")
    """,
    """
    the project cannot be written: [Errno 13] Permission denied: 'mine/_backports'
      next:     nothing is changed; mend that
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", "def f(): return 2", ranges=("<3",), fixed_in="2.0")
    """,
    """
    2.0 is no release with the fix of <3
      found:    it has the bug, as the advisory says
      next:     name another one by --fixed-in, or what else the fix has changed
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", ranges=("<2",), project='[project]\\nname = "mine"\\ndependencies = ["victim>=2"]')
    """,
    """
    the project can use no release that has the bug
      expected: one of 1.0
      found:    2.0
      next:     nothing is to be patched here; --fixed-in VERSION writes the patch all the same
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="", osv='''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}''', project='[project]\\nname = "mine"\\ndependencies = ["victim>=2"]')
    """,
    """
    the project can use no release that GHSA-1 is about
      expected: <2.0
      found:    2.0
      next:     nothing is to be patched here; --fixed-in VERSION writes the patch all the same
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="", osv='''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}''', fixed_in="1.0")
    """,
    """
    1.0 is no release with the fix of GHSA-1
      expected: 2.0 or newer
      found:    it has the bug, as the advisory says
      next:     name another one by --fixed-in
    """,
)
message(
    "NothingToWriteError",
    """
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Row
    from backportkit.upstream.evidence import Evidence, Options
    index().release("1.0", "print 'hello'")
    evidence = Evidence(Options())
    Sources(evidence.means, {}).module(Row(evidence.releases("victim").all[0], ()), "victim")
    """,
    """
    victim cannot be read in 1.0
      found:    the source of victim cannot be read: Missing parentheses in call to 'print'. Did you mean print(...)? (<unknown>, line 1)
      next:     leave 1.0 out by --since, or name a target whose module has Python source
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "from json import loads as f", targets="victim:f")
    """,
    """
    victim:f is defined elsewhere
      found:    json:loads
      next:     backportkit new json:loads
    """,
)
message(
    "NothingToWriteError",
    """
    text = "import json\\nif json.fast:\\n    def f(): return 0\\nelse:\\n    def f(): return {0}"
    author(text.format(1), text.format(2))
    """,
    """
    victim:f is one of 2 definitions, and only running the module tells which
      found:    victim.py:3; victim.py:5
      next:     write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "NothingToWriteError",
    """
    author("f = open", "f = __import__", targets="victim:f.g")
    """,
    """
    victim:f.g has no body that could be written down
      found:    'f' is made as the module runs
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", targets="victim:g")
    """,
    """
    no release of victim that was read has victim:g
      found:    victim has no 'g'
      next:     correct the target, or name the distribution by --package; `backportkit history` shows more
    """,
)
message(
    "NothingToWriteError",
    """
    author("print 1", targets="victim:f")
    """,
    """
    no release of victim that was read has source of victim:f, in the file that this platform would take
      found:    the source of victim cannot be read: Missing parentheses in call to 'print'. Did you mean print(...)? (<unknown>, line 1), in victim-1.0-py3-none-any.whl
      next:     name what has Python source, and leads there
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", ranges=("<2",), since="2.0")
    """,
    """
    no release in <2 is 2.0 or newer
      next:     name an older one by --since
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", fixed_in="1.0")
    """,
    """
    1.0 has not changed what is to be patched
      expected: a release whose body is another one than that of the release before
      found:    other bodies begin in 2.0
      next:     name one of these by --fixed-in
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 1")
    """,
    """
    no release has changed what is to be patched
      found:    one body in 1.0 to 2.0
      next:     name what upstream's fix has changed; `backportkit history TARGET -v` shows the bodies
    """,
)
message(
    "NothingToWriteError",
    """
    author(*(f"def f(): return {at}" for at in (1, 2, 2)), project=HELD)
    """,
    """
    nothing has changed after 2.0, the newest release that the project can use
      found:    other bodies begin in 2.0
      next:     name the release with the fix by --fixed-in
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", since="2.0")
    """,
    """
    no release with the bug is 2.0 or newer
      found:    1.0 is the newest with it
      next:     name an older one by --since
    """,
)
message(
    "ProjectError",
    """
    author("def f(): return 1", "def f(): return 2", project=HELD + "\\nentry-points = 1")
    """,
    """
    'entry-points' in the pyproject.toml is no table
      next:     mend the file
    """,
)
message(
    "NothingToWriteError",
    """
    text = "from backportkit import backport\\n@backport('victim:f', id='other', requires='victim<2', summary='x')\\ndef f(): pass"
    declared = '[project]\\nname = "mine"\\n[tool.backportkit]\\nmodules = ["mine.other"]'
    author("def f(): return 1", "def f(): return 2", project=declared, files={"mine/other.py": text})
    """,
    """
    victim:f is patched already
      found:    'other' of mine, declared at {folder}/project-N/mine/other.py:2, claims the same target in the same range
      next:     delete that one, separate the two ranges, or write one patch of all the targets
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", fixed_in="3.0")
    """,
    """
    3.0 is none of the releases that were read
      found:    2 releases, from 1.0 to 2.0
      next:     name another one; `backportkit history TARGET --all` shows them
    """,
)
message(
    "NothingToWriteError",
    """
    author("def f(): return 1", "def f(): return 2", id="a b")
    """,
    """
    'a b' is no id: write 2 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first
      next:     give another one by --id
    """,
)
message(
    "NothingToWriteError",
    """
    declare(id="victim-9")
    author("def f(): return 1", "def f(): return 2", id="victim-9")
    """,
    """
    there is a patch 'victim-9' already
      found:    <string>:11
      next:     give this one another id by --id, or delete the other one
    """,
)


# --- What a patch is written from ---

message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="victim 1.0 2.0")
    """,
    """
    nothing was chosen, and nothing is written
      next:     name what the fix is by --only, a number of the list or a name, once or several times
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1\\nclass C:\\n    def f(self): return 1", "def f(): return 2\\nclass C:\\n    def f(self): return 2", targets="victim 1.0 2.0", only="f")
    """,
    """
    several of the changed definitions are called f
      found:    victim:f, victim:C.f
      next:     name one of them whole
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="victim 1.0 2.0", only="victim:ff")
    """,
    """
    there is no change of victim:ff in victim 2.0
      expected: victim:f
      next:     call the command without --only: it shows what changed
    """,
)
message(
    "UnusableError",
    """
    author("x = 1", "x = 1  # one", targets="victim 1.0 2.0", only="")
    """,
    """
    nothing changed that a patch could carry
      found:    comments, docstrings or layout alone
      next:     write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "UnusableError",
    """
    text = "\\n".join(f"def f{at}(): return {{0}}" for at in range(51))
    author(text.format(1), text.format(2), targets="victim 1.0 2.0", only=" ".join(f"f{at}" for at in range(51)))
    """,
    """
    51 definitions changed, and a patch has 50 at most
      next:     name those that are the fix by --only NAME
    """,
)
message(
    "NothingToWriteError",
    """
    text = "class C:\\n    __slots__ = ({0!r},)\\n    def f(self): self.{0} = 1"
    author(text.format("a"), text.format("b"), targets="victim:C.f")
    """,
    """
    victim:C.f cannot be patched: it sets b, for which the class has no slot before the fix
      next:     leave it out and see what else needs it, or write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="victim 2.0 2.0")
    """,
    """
    one release has no change
      found:    2.0 twice
      next:     name the one with the bug, too
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="victim 2.0 1.0")
    """,
    """
    the release with the bug comes before the one with the fix
      found:    2.0 and 1.0
      next:     backportkit new victim 1.0 2.0
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="victim 1.0 3.0")
    """,
    """
    victim has no release 3.0 at http://127.0.0.1:PORT/simple/
      expected: 1.0, 2.0
      next:     name two of its releases
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="", package="victim", diff="--- a/victim.py\\n+++ b/victim.py\\n@@ -1 +1 @@\\n-def f(): return 1\\n+def f(): return 2\\n", only="other:f")
    """,
    """
    the diff changes none of the modules that are named
      expected: other
      found:    victim.py
      next:     correct the names after --only
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="", package="victim", diff="--- a/victim.py\\n+++ b/victim.py\\n@@ -1 +1 @@\\n-def f(): return 1\\n+def f(): return return\\n")
    """,
    """
    victim.py of 1.0 with the diff is no Python for this one
      found:    invalid syntax (<unknown>, line 1)
      next:     call the command with a Python that the release is for
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="", package="victim", diff="--- a/other.py\\n+++ b/other.py\\n@@ -1 +1 @@\\n-def f(): return 1\\n+def f(): return 2\\n")
    """,
    """
    no release of victim has a file that the diff changes
      found:    other.py
      next:     name the distribution that has them
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets="", package="victim", diff="--- a/victim.py\\n+++ b/victim.py\\n@@ -1 +1 @@\\n-def g(): return 1\\n+def g(): return 2\\n")
    """,
    """
    the diff fits no release of victim, neither as it is before nor after it
      found:    2.0: victim.py has other lines than the diff expects
      next:     give the diff of one commit, name what matters by --only MODULE:NAME, or compare two releases: backportkit new victim BUGGY FIXED
    """,
)
message(
    "UnusableError",
    """
    author(targets="", package="victim", diff="--- a/victim.py\\n+++ b/victim.py\\n@@ -1,2 +1,2 @@\\n-def f(): return 1\\n+def f(): return 2\\n")
    """,
    """
    the diff cannot be read
      found:    Hunk is shorter than expected
      next:     give a unified diff as git writes it, such as `git show COMMIT` or the address of a pull request with .diff has
    """,
)
message(
    "UnusableError",
    """
    author(targets="", package="victim", diff="hello")
    """,
    """
    the diff changes no Python code that is installed
      found:    no files in it
      next:     give a unified diff as git writes it, such as `git show COMMIT` or the address of a pull request with .diff has
    """,
)
message(
    "UnusableError",
    """
    author(targets="", package="victim", diff="--- a/../../victim.py\\n+++ b/victim.py\\n@@ -1 +1 @@\\n-def f(): return 1\\n+def f(): return 2\\n")
    """,
    """
    the diff names a file outside of the folder that it is for
      expected: a path within upstream's repository
      found:    a/../../victim.py
      next:     do not use it, unless you know where it comes from
    """,
)
message(
    "UnusableError",
    """
    author(targets="", package="victim", diff="--- a/victim.py\\n+++ b/victim.py\\n@@ -1 +1 @@\\n-def f(): return 1\\n+def f(): return 2\\n+def g(): pass\\n")
    """,
    """
    a hunk of the diff is longer than its header says
      expected: the end of @@ -1,1 +1,1 @@ of victim.py at line 5
      found:    +def g(): pass
      next:     give a unified diff as git writes it, such as `git show COMMIT` or the address of a pull request with .diff has
    """,
)
message(
    "UnusableError",
    """
    from backportkit.authoring.asked import files
    files._LARGEST = 0
    author(targets="", package="victim", diff="hello")
    """,
    """
    the diff is too large
      found:    more than 0 MB
      next:     give the change of the few files that matter
    """,
)
message(
    "UnusableError",
    """
    author(targets="", package="victim", diff="\\xff")
    """,
    """
    the diff is no text in UTF-8
      found:    'utf-8' codec can't decode byte 0x... in position 0: invalid start byte
      next:     save it as UTF-8
    """,
)
message(
    "UnusableError",
    """
    made = index()
    from package_index import wheel
    for version, name in (("1.0", "a"), ("2.0", "b")):
        made.put(f"victim-{version}-py3-none-any.whl", wheel(version, {f"victim/{name}.py": f"def f(): return {version[0]}"}))
    from backportkit.authoring.asked import placed, upstream_diff
    from backportkit.cli.progress import Releases
    from backportkit.upstream.evidence import Evidence, Options
    evidence = Evidence(Options())
    text = "--- a/victim/a.py\\n+++ b/victim/b.py\\n@@ -1 +1 @@\\n-def f(): return 1\\n+def f(): return 2\\n"
    placed.place(upstream_diff.parse(text), frozenset(), evidence.releases("victim"), evidence.means, Releases())
    """,
    """
    the diff changes a module that the fix has moved, too
      found:    victim/a.py is victim/b.py from 2.0 on
      next:     write the patch by hand, as docs/declaring.md of backportkit's source says
    """,
)
message(
    "UnusableError",
    """
    author(targets="victim:f", osv="{}")
    """,
    """
    the advisory is no OSV document that can be used
      found:    id: is missing, or no text
                affected: is missing, or no list of objects
      next:     get it as JSON from https://api.osv.dev/v1/vulns/ID
    """,
)
message(
    "UnusableError",
    """
    from backportkit.authoring.asked import advisory
    advisory.parse('''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}, {"package": {"ecosystem": "PyPI", "name": "other"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}''')
    """,
    """
    GHSA-1 names not one package
      expected: a package of the ecosystem PyPI
      found:    victim, other
      next:     name one of these, or give the advisory of what is patched
    """,
)
message(
    "UnusableError",
    """
    author(targets='victim:f', package='other', osv='''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}''')
    """,
    """
    GHSA-1 says nothing about other
      expected: a package of the ecosystem PyPI
      found:    victim
      next:     name one of these, or give the advisory of what is patched
    """,
)
message(
    "UnusableError",
    """
    author(targets='victim:f', osv='''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}''')
    """,
    """
    GHSA-1 says nothing about victim
      expected: a package of the ecosystem PyPI
      found:    npm
      next:     take the advisory of a package on PyPI
    """,
)
message(
    "UnusableError",
    """
    author(targets='victim:f', osv='''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}''')
    """,
    """
    GHSA-1 names no release of victim that has the fix
      expected: ranges of type ECOSYSTEM whose events end in `fixed` or `last_affected`
      next:     find the change by `backportkit history`, or give it by --diff
    """,
)
message(
    "UnusableError",
    """
    author("def f(): return 1", "def f(): return 2", targets='', osv='''{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "victim"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.0"}]}]}]}''')
    """,
    """
    GHSA-1 names releases that victim has not, or none after them
      expected: releases in <9.0, and one after them
      found:    2 of the first, at http://127.0.0.1:PORT/simple/
      next:     compare two releases: backportkit new PACKAGE BUGGY FIXED
    """,
)

# --- scan --adopt ---

message(
    "DeclarationError",
    """
    adopt("", 0, "mine.py")
    """,
    """
    'mine.py' is no place
      expected: FILE:LINE of a finding, as `backportkit scan` prints it
      next:     copy one from its output
    """,
)
message(
    "DeclarationError",
    """
    adopt("", 0, "yours.py:3")
    """,
    """
    yours.py is none of the files that were scanned
      expected: FILE:LINE of a finding, as `backportkit scan` prints it
      found:    the files of mine.py
      next:     correct the file, or name what has it as PATH
    """,
)
message(
    "DeclarationError",
    """
    adopt("victim.f = (\\n", 1)
    """,
    """
    mine.py cannot be read: '(' was never closed (<unknown>, line 1)
      next:     mend the file
    """,
)
message(
    "DeclarationError",
    """
    adopt("import victim\\ndef mine(): ...\\nvictim.f = mine\\n", 2)
    """,
    """
    there is no patch by hand at mine.py:2
      expected: FILE:LINE of a finding, as `backportkit scan` prints it
      found:    those at mine.py:3
      next:     name one of these
    """,
)
message(
    "NothingToWriteError",
    """
    adopt("import victim\\ndel victim.f\\n", 2)
    """,
    """
    the patch at mine.py:2 cannot be taken over: it deletes, and no edit of a declared patch does that
      target:   victim:f
      found:    del victim.f
      next:     put something else there, such as None
    """,
)
message(
    "NothingToWriteError",
    """
    text = "import victim\\ndef put():\\n  n = 0\\n  def mine():\\n    nonlocal n\\n    n += 1\\n  victim.f = mine\\nput()\\n"
    adopt(text, 7)
    """,
    """
    mine cannot stand by itself: it binds names of the function around it
      found:    no binding for nonlocal 'n' found, in line 4 of mine.py
      next:     keep what it counts in an object of the module, and adopt it then
    """,
)
message(
    "NothingToWriteError",
    """
    adopt("import json, victim\\ndef mine(): ...\\nvictim.f = json.dump = mine\\n", 3)
    """,
    """
    the patches of one line have several ranges
      found:    victim:f, json:dump
      next:     write each in a line of its own, and adopt them one by one
    """,
)
message(
    "NothingToWriteError",
    """
    text = "import victim\\nfor name, by in [('f', 3), ('g', 5)]:\\n  def mine(by=by): ...\\n  setattr(victim, name, mine)\\n"
    adopt(text, 4)
    """,
    """
    by is another thing for each of the targets of one line
      found:    by = 3, and by = 5
      next:     write each target in a line of its own, and adopt them one by one
    """,
)

# --- retire ---

DECLARED = 'register(dict(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="mine:f"))'

message(
    "RetireError",
    f"""
    retire({DECLARED!r}, wanted="victim>=1")
    """,
    """
    patch 'victim-1': is not removable: the project supports releases that it is for, or does not say what it supports
      expected: a project past victim<2
      found:    victim>=1 (pyproject.toml)
      next:     require releases that have the fix; `backportkit preview` tells what becomes of the patch then
    """,
)
message(
    "RetireError",
    f"""
    retire({"for _ in range(1): " + DECLARED!r})
    """,
    """
    patch 'victim-1': is declared in a way that cannot be taken out
      expected: @backport on a function or class, or a call of register, at the top of a module
      found:    own/backports.py:3
      next:     take the declaration out by hand
    """,
)
message(
    "RetireError",
    f"""
    retire({"PATCH = " + DECLARED + chr(10) + "print(PATCH)"!r})
    """,
    """
    PATCH, which stands for the patch, is used elsewhere
      found:    own/backports.py:4
      next:     take that out first
    """,
)
message(
    "RetireError",
    """
    from backportkit import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.authoring.retire import declaring, tree
    patch = Patch(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="mine:f")
    os.mkdir(folder := f"project-{os.getpid()}")
    Path(folder, "real.py").touch()
    Path(folder, "link.py").symlink_to("real.py")
    place = f"{Path(folder).resolve()}/link.py"
    declaring.find(tree.Tree(Path(folder).resolve()), Declared(patch, "mine", place, 3))
    """,
    """
    patch 'victim-1': is declared in a file that a link leads to, whose users have another name of it
      found:    {folder}/project-N/link.py:3, a link to project-N/real.py
      next:     put the file in the place of the link, or take the declaration out by hand
    """,
)
message(
    "RetireError",
    """
    from backportkit import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.authoring.retire import declaring, tree
    patch = Patch(id="victim-1", summary="s", requires="victim<2", target="victim:f", replacement="mine:f")
    os.mkdir(folder := f"project-{os.getpid()}")
    declaring.find(tree.Tree(Path(folder).resolve()), Declared(patch, "fixes", "/fixes.py", 3))
    """,
    """
    patch 'victim-1': comes with fixes, and is not declared in this project
      found:    /fixes.py:3
      next:     update that instead; an id in `enable` can be deleted
    """,
)
message(
    "RetireError",
    """
    from backportkit.authoring.retire import entries
    Path("odd.toml").write_text("patch = [{id = 'a'}, {id = 'b'}]")
    entries.without(Path("odd.toml"), {1})
    """,
    """
    odd.toml is written in a way that cannot be understood
      expected: a [[patch]] table for each patch, or in JSON a list of objects
      next:     take the patch out by hand
    """,
)
message(
    "RetireError",
    f"""
    retire({DECLARED!r})
    """,
    """
    retire asks before it changes files, and there is no terminal to ask at
      next:     give --yes or --dry-run
    """,
)
message(
    "RetireError",
    """
    from backportkit.authoring.retire import plan
    raise plan._not_understood(Path("own/backports.py"))
    """,
    """
    own/backports.py cannot be understood, and is left as it is
      next:     take the declaration out by hand
    """,
)
message(
    "RetireError",
    """
    from backportkit.authoring.retire import plan
    plan._check_free([Path("mine.py")])
    """,
    """
    mine.py exists
      next:     rename it, so that the reproducer can be kept there; nothing is overwritten
    """,
)
message(
    "ProjectError",
    f"""
    retire({DECLARED!r}, git=())
    """,
    """
    {{folder}}/project-N is not in git, which would undo the change
      next:     call the command in a repository where git is on the PATH, or give --force
    """.replace("{{", "{").replace("}}", "}"),
)
message(
    "ProjectError",
    f"""
    retire({DECLARED!r}, git=("init",))
    """,
    """
    what is to be changed is not committed, so that git could not undo it
      found:    own/backports.py, pyproject.toml
      next:     commit or restore it, or give --force
    """,
)
message(
    "ProjectError",
    f"""
    retire({DECLARED!r}, log="NEWS", files=[("NEWS", "old")])
    """,
    """
    NEWS has no place for what is not released yet
      expected: a heading with the word Unreleased
      next:     add one, or name a file that is not there yet
    """,
)
message(
    "RetireError",
    f"""
    retire({DECLARED!r}, log="../NEWS")
    """,
    """
    ../NEWS is no file of the project
      expected: one in {{folder}}/project-N
      next:     name another one
    """.replace("{{", "{").replace("}}", "}"),
)
message(
    "UnavailableError",
    """
    from packaging.specifiers import SpecifierSet
    from backportkit.proof import choose
    from backportkit import Patch
    from backportkit.proof import interpreters
    interpreters.installed = list
    patch = Patch(id="python-1", summary="s", requires="python<3.13", target="victim:f", replacement="mine:f")
    choose.Releases().ends(patch, [SpecifierSet(">=3.13")])
    """,
    """
    patch 'python-1': there is no release that the project supports for this Python
      expected: python>=3.13
      next:     run this with another Python
    """,
)
message(
    "NotAppliedError",
    """
    from backportkit.declaration.registry import declared_patches
    from backportkit.integrations.pytest import changes
    apply()
    backportkit.unpatch("victim-1")
    raise changes._lost(declared_patches.find("victim-1"), "tests/test_one.py::test_one")
    """,
    """
    patch 'victim-1': it was lost in tests/test_one.py::test_one, and the tests after that run without it
      found:    reverted, taken out
      next:     take it out for that test alone: @pytest.mark.unpatched("victim-1")
    """,
)
message(
    "NotAppliedError",
    """
    from backportkit.declaration.registry import declared_patches
    from backportkit.integrations.pytest import changes
    apply()
    raise changes._withdrawn(declared_patches.find("victim-1"), "tests/test_one.py::test_one")
    """,
    """
    patch 'victim-1': it was lost in tests/test_one.py::test_one, and the tests after that run without it
      found:    withdrawn by unregister(), so that nobody declares it any more
      next:     take it out for that test alone: @pytest.mark.unpatched("victim-1")
    """,
)
message(
    "ConflictError",
    """
    from backportkit.declaration.registry import declared_patches
    from backportkit.integrations.pytest import changes
    apply()
    raise changes._stays(declared_patches.find("victim-1"), "tests/test_one.py::test_one")
    """,
    """
    patch 'victim-1': it was left behind in tests/test_one.py::test_one, and the tests after that may run with it
      found:    undoing it at the end of its block of provided was refused, and is so at the end of the test
      next:     put back what stood there before the block of provided ends
    """,
)
message(
    "NotAppliedError",
    """
    from backportkit.declaration.registry import declared_patches
    from backportkit.integrations.pytest import changes
    apply()
    raise changes._late(declared_patches.find("victim-1"), "tests/test_one.py::test_one")
    """,
    """
    patch 'victim-1': it was applied as late as in tests/test_one.py::test_one, and tests before that may have run without it
      found:    victim loaded before
      next:     call backportkit.apply_all() in conftest.py
    """,
)
message(
    "MissingExtraError",
    """
    from backportkit import testing
    sys.modules["backportkit.proof.protocol"] = None
    testing.load_proofs()
    """,
    """
    a proof needs backportkit.proof.protocol, which is not installed
      next:     install 'backportkit[cli]' from where backportkit was installed, such as by pip
    """,
)
message(
    "ProofError",
    """
    from backportkit import Patch
    patch = Patch(id="victim-1", summary="s", requires="victim>=2,<3", target="victim:f", replacement="mine:f", reproducer="mine:f")
    backportkit.proof.protocol.prove_here(patch)
    """,
    """
    patch 'victim-1': cannot be proved in this environment
      found:    victim 1.0 is installed; the patch is for <3,>=2
      next:     backportkit prove victim-1, which makes an environment for it
    """,
)
message(
    "SettingsError",
    """
    from types import SimpleNamespace
    from backportkit.integrations.pytest import off
    declare()
    try:
        off.switch_off(SimpleNamespace(add_cleanup=id), ["victim-1"])
    finally:
        del os.environ["BACKPORTKIT_DISABLE"]
    """,
    """
    --backportkit-off comes too late for patches that were declared before pytest began
      found:    victim-1
      next:     set BACKPORTKIT_DISABLE=victim-1
    """,
)
message(
    "SettingsError",
    """
    from types import SimpleNamespace
    from backportkit.integrations.pytest import off
    off.on_error.switched_off = frozenset
    try:
        off.switch_off(SimpleNamespace(add_cleanup=id), ["victim-1"])
    finally:
        del os.environ["BACKPORTKIT_DISABLE"]
    """,
    """
    --backportkit-off has no effect, since BACKPORTKIT_DISABLE is ignored here
      next:     start Python without -E and -I, and have the policy of the environment heed the variable
    """,
)
message(
    "SettingsError",
    """
    from types import SimpleNamespace
    from backportkit.integrations.pytest import asked
    asked.have_collected(SimpleNamespace(rootpath=Path("absent").absolute()))
    """,
    """
    --backportkit proves the patches of a project, and here is none
      expected: {folder}/absent/pyproject.toml
      next:     give the folder of the project by --rootdir
    """,
)
message(
    "DeclarationError",
    """
    from backportkit.integrations.pytest import own
    Path("empty").mkdir()
    Path("empty/pyproject.toml").touch()
    own.patches(Path("empty").absolute())
    """,
    """
    there is no patch to prove
      expected: one that {folder}/empty/pyproject.toml leads to, or that a conftest.py or a test declares
      next:     name the modules that declare patches under [tool.backportkit] there
    """,
)
message(
    "SupplyError",
    """
    os.environ["SOURCE_DATE_EPOCH"] = "now"
    alone()
    sbom()
    """,
    """
    SOURCE_DATE_EPOCH is no moment
      expected: the seconds since 1970, such as the time of the last commit: git log -1 --format=%ct
      found:    now
      next:     correct the variable, or unset it
    """,
)
message(
    "SupplyError",
    """
    from backportkit.supply import bom
    bom.read("nowhere.json")
    """,
    """
    nowhere.json cannot be read
      found:    [Errno 2] No such file or directory: 'nowhere.json'
      next:     name a file that can be read
    """,
)
message(
    "SupplyError",
    """
    alone()
    sbom("<bom/>")
    """,
    """
    bom.json is no JSON
      found:    Expecting value: line 1 column 1 (char 0)
      next:     make it by: cyclonedx-py environment --spec-version 1.6 --output-format JSON
    """,
)
message(
    "SupplyError",
    """
    alone()
    sbom("{}")
    """,
    """
    bom.json is no document of CycloneDX
      expected: "bomFormat": "CycloneDX"
      next:     make it by: cyclonedx-py environment --spec-version 1.6 --output-format JSON
    """,
)
message(
    "SupplyError",
    """
    alone()
    sbom(dict(specVersion="1.5"))
    """,
    """
    bom.json is of a release of CycloneDX that cannot be used
      expected: 1.6 or 1.7
      found:    '1.5'
      next:     make it by: cyclonedx-py environment --spec-version 1.6 --output-format JSON
    """,
)
message(
    "SupplyError",
    """
    alone()
    sbom(dict(components=[dict(type="library")]))
    """,
    """
    bom.json is not as the schema of CycloneDX 1.6 wants it
      found:    $.components[0]: "'name' is a required property"
      next:     mend what has written it
    """,
)
message(
    "SupplyError",
    """
    alone()
    declare()
    sbom(dict(components=[dict(type="library", name="victim", version="2.0")]))
    """,
    """
    bom.json is not of this environment
      expected: victim 1.0, as it is installed here
      found:    victim 2.0
      next:     call the command where the document was made, or make the document anew
    """,
)
message(
    "SupplyError",
    """
    alone()
    declare()
    named = dict(name="backportkit:patch:victim-1:in-force", value="true")
    sbom(dict(components=[dict(type="library", name="victim", version="1.0", properties=[named])]))
    """,
    """
    bom.json has patches of victim already
      next:     give the document as it was before, such as cyclonedx-py has written it
    """,
)
message(
    "SupplyError",
    """
    alone()
    declare()
    sbom(vex="openvex", author="me")
    """,
    """
    there is no advisory to write about
      expected: a patch of an installed release that says what it resolves
      next:     write resolves=['CVE-...'] in the declaration of the patch
    """,
)
message(
    "SupplyError",
    """
    alone()
    declare(resolves="CVE-2024-5569")
    sbom(vex="openvex", author="me", project=False)
    """,
    """
    a VEX document is about a product, and nothing names it
      expected: a document with metadata.component.purl, or a pyproject.toml with [project] here
      next:     name it: --product pkg:pypi/shop@1.0
    """,
)
message(
    "SupplyError",
    """
    alone()
    declare(resolves="CVE-2024-5569")
    sbom(vex="openvex", author="me", product="shop")
    """,
    """
    'shop' is no package URL
      found:    purl is missing the required "pkg" scheme component: 'shop'.
      next:     write one: --product pkg:pypi/shop@1.0
    """,
)
message(
    "SupplyError",
    """
    alone()
    sbom(output=Path("absent/bom.json"))
    """,
    """
    absent/bom.json cannot be written
      found:    No such file or directory
    """,
)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Run each script above in a process of its own, and return the messages of the package."""
    folder = tmp_path_factory.mktemp("messages")
    info = folder / "victim-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n")
    (folder / "victim.py").write_text(VICTIM)
    (folder / "mine.py").write_text("def f(): pass\n")
    scripts = json.dumps({name: script for name, (script, _) in MESSAGES.items()})
    command = [sys.executable, "-W", "ignore", "-c", DRIVER + RUN]
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        command, input=scripts, capture_output=True, text=True, check=False, cwd=folder, env=env, timeout=300
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    return {name: [kind, steady(text, folder)] for name, (kind, text) in results.items()}


def steady(text, folder):
    """The text without what is another in every process, or that packaging words anew with each release."""
    text = re.sub(r"0x[0-9a-f]+", "0x...", text.replace(str(folder), "{folder}"))
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"project-\d+", "project-N", text)
    text = re.sub(r"\([0-9a-f]{12}\)", "(CONTENT)", text)
    return re.sub(r"(is no requirement: .*) \(.*\)", r"\1 (...)", text)


@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_this_one(said, name):
    assert said[name] == [name.partition(" ")[2], MESSAGES[name][1]]


# --- nothing is missing above ---


def templates():
    """Find all texts of errors in the source of the package: yield the place, and the text as a pattern."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in texts_of(node):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


def texts_of(node):
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "msg":
        yield from patterns(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
        yield from patterns(node.args[-2 if node.func.id == "_wrong" else 0])


def kinds():
    """The names of the package's errors, and `_wrong`, which makes one."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    classes = [node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {"_wrong", *(name for name in classes if name.endswith("Error"))}


KINDS = kinds()


def patterns(text):
    """The constant parts of a text, with anything between them."""
    if isinstance(text, ast.IfExp):
        return [*patterns(text.body), *patterns(text.orelse)]
    if isinstance(text, ast.Constant):
        return [re.escape(text.value)]
    if isinstance(text, ast.JoinedStr):
        parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"[\s\S]*" for part in text.values]
        return ["".join(parts)]
    return []


@pytest.mark.parametrize(("place", "pattern"), list(templates()))
def test_every_error_of_the_package_is_shown_above(place, pattern):
    assert any(re.search(pattern, text) for _, text in MESSAGES.values()), f"{place} says what no example shows"
