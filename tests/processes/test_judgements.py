"""Nothing is loaded to judge anew what a manifest has judged; nothing else differs for the program."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from backportkit import Edit, bootstrap, manifest, providers_on_disk
from backportkit.activation import write
from backportkit.declaration.reference import Reference
from backportkit.engine import judgements
from backportkit.source import fingerprint

HEAVY = "{'pydantic', 'packaging', 'inspect', 'ast', 'backportkit.declaration.metadata', 'backportkit.engine.verify'}"

TARGET = """
import os

LIMIT = 1
TABLE = {"a": 1}

def f(a, b=None):
    return "old", a, b

def wrapped(a):
    return "old", a

class C:
    @property
    def p(self):
        return "old p"

    @staticmethod
    def s(a):
        return "old s", a

    def m(self):
        return "old m"
"""

PATCHES = """
from backportkit import any_of, backport

@backport("target:f", requires="target<2", id="target-f", original="{f}", fixed="ast1:000000000000")
def f(a, b=None):
    "Return new."
    return "new", a, b

@backport("target:wrapped", requires=any_of("absent<2", "target<2"), id="target-wrap", how="wrap", summary="-",
          original="{wrapped}")
def wrapped(original):
    def wrapped(a):
        return "wrapped", original(a)
    return wrapped

@backport("target:C", requires="target<2", id="target-class", original=dict(m="{m}", p="{p}"))
class C:
    "Mirrors C."
    @property
    def p(self):
        return "new p"
    @staticmethod
    def s(a):
        return "new s", a
    def m(self):
        return "new m"

def note(module):
    module.noted = getattr(module, "noted", 0) + 1

@backport("target:TABLE['a']", requires="target<2", id="target-item", how="wrap", summary="-", supersedes="target-old",
          callbacks=dict(before_apply=note, after_undo=note))
def item(found):
    return found + 1

@backport("target:TABLE['a']", requires="target<2", id="target-old", how="wrap", summary="-")
def old(found):
    return found + 100

@backport("target:none", requires=any_of("target>=2,<3", "absent<3"), id="target-new", summary="-")
def new():
    return "never"
"""

NESTED = """
from backportkit import backport
@backport("nested.one.mod:f", requires="nested<2", id="nested-1", summary="-")
def one(): return "one"
@backport("nested.two:f", requires="nested<2", id="nested-2", summary="-")
def two(): return "two"
"""

USE = """
import target
print(target.f(1), target.f.__module__, target.wrapped(2), target.C().p, target.C.s(3), target.C().m(), target.TABLE)
"""

# Everything that can be asked of the patches, and done with them.
ASK = (
    USE
    + """
import backportkit
def ask():
    for one in backportkit.status():
        print(one)
    print([(one.id, one.content, one.standing) for one in backportkit.report().patches], backportkit.report().digest)
print(backportkit.is_applied("target-f"), backportkit.is_applied("target-new"))
ask()
for patch_id in ("target-item", "target-new"):
    try:
        print(backportkit.require(patch_id))
    except backportkit.NotAppliedError as error:
        print(error)
with backportkit.unpatched("target-class"):
    print(target.C().p, target.f(1))
backportkit.unpatch("target-f")
print(target.f(1), target.C().p, target.noted)
ask()
backportkit.apply_all()
print(target.f(1))
backportkit.unpatch_all()
print(target.f(1), target.wrapped(2), target.C().p, target.C.s(3), target.C().m(), target.TABLE, target.noted)
ask()
"""
)


PATHS = {"f": ["f"], "wrapped": ["wrapped"], "m": ["C", "m"], "p": ["C", "p"]}


def patches():
    return PATCHES.format(**{name: fingerprint.of_source(TARGET, path) for name, path in PATHS.items()})


@pytest.fixture(scope="module")
def activated(prepared):
    """An activated environment with patches of every form for a module."""
    prepared.install("target", "1.0", "target.py", TARGET)
    points = "[backportkit.patches]\ntarget = target_patches\n"
    prepared.install("target_patches", "1.0", "target_patches.py", patches(), points)
    prepared.lines("-m", "backportkit", "activate")
    return prepared


@pytest.fixture
def changing(activated):
    """The same, whose files are restored after a test has its way with them."""
    kept = {path: path.read_bytes() for path in [activated.site / "target.py", activated.site / "target_patches.py"]}
    yield activated
    for path, content in kept.items():
        path.write_bytes(content)
    activated.run("-m", "backportkit", "activate")


def outcome(environment, code, **options):
    done = environment.run("-c", code, **options)
    return done.returncode, done.stdout, [line for line in done.stderr.splitlines() if "backportkit/" not in line]


def assert_as_without_a_manifest(environment, code):
    """The process fares as it does when the engine judges for itself; return what it printed."""
    more = environment.folder / "more" / "another-1.0.dist-info"  # of this distribution the manifest knows nothing
    more.mkdir(parents=True, exist_ok=True)
    slow = outcome(environment, code, env=os.environ | {"PYTHONPATH": str(more.parent)})
    by_manifest = outcome(environment, code)
    assert by_manifest == slow
    return by_manifest[1]


def test_target_is_patched_and_nothing_is_loaded_that_would_judge_it(activated):
    code = f"import sys; before = set(sys.modules)\n{USE}\nprint({HEAVY} & (set(sys.modules) - before))"
    used, loaded = activated.lines("-c", code)
    assert used == (
        "('new', 1, None) target ('wrapped', ('old', 2)) new p ('new s', 3) new m {'a': 2}"  # not 102: superseded
    )
    assert loaded == "set()"


def test_every_answer_is_the_one_that_is_given_without_a_manifest(activated):
    printed = assert_as_without_a_manifest(activated, ASK)
    assert printed.count("id='target-f', state=<State.APPLIED") == 1
    assert printed.count("State.REVERTED") > 5


def test_whoever_switches_something_off_is_heeded(activated):
    env = os.environ | {"BACKPORTKIT_DISABLE": "target-f"}
    code = "import target; print(target.f(1)[0], target.C().p)"
    assert activated.lines("-c", code, env=env) == ["old new p"]
    assert activated.lines("-I", "-c", code, env=env) == ["new new p"]
    settings = activated.folder / "settings.toml"
    settings.write_text("[tool.backportkit]\ndisable = ['target-class']\n", "utf-8")
    env = os.environ | {"BACKPORTKIT_CONFIG": str(settings)}
    assert activated.lines("-c", code, env=env) == ["new old p"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('return "old", a, b', 'return "older", a, b'),  # drifted
        ("def f(a, b=None):", "def f(a):"),
        ("LIMIT = 1", "# other lines\n\nLIMIT = 1"),  # the same body elsewhere
        ("def f(a", "def g(a"),  # not there any more
    ],
)
def test_target_whose_file_has_changed_is_judged_anew(changing, before, after):
    (changing.site / "target.py").write_text(TARGET.replace(before, after), "utf-8")
    assert_as_without_a_manifest(changing, USE)
    drifted = "imported unpatched" in str(outcome(changing, USE))
    assert drifted == ("LIMIT" not in before)


def test_body_that_the_module_chooses_as_it_runs_is_examined(changing):
    other = 'if os.environ.get("OTHER"):\n    def f(a, b=None):\n        return "other", a, b\nelse:\n'
    text = TARGET.replace(
        'def f(a, b=None):\n    return "old", a, b\n', f'{other}    def f(a, b=None):\n        return "old", a, b\n'
    )
    (changing.site / "target.py").write_text(text, "utf-8")
    changing.lines("-m", "backportkit", "activate")
    assert changing.lines("-c", "import target; print(target.f(1)[0])") == ["new"]
    done = changing.run("-c", USE, env=os.environ | {"OTHER": "1"})
    assert "the installed body is not the one it was written against" in done.stderr


def test_declaration_that_has_changed_is_read_anew(changing):
    path = changing.site / "target_patches.py"
    path.write_text(path.read_text("utf-8").replace('"target<2", id="target-f"', '"target<1", id="target-f"'), "utf-8")
    code = "import target, sys; print(target.f(1)[0], target.C().p, 'backportkit.declaration.metadata' in sys.modules)"
    assert changing.lines("-c", code) == ["old new p True"]


def test_provider_that_cannot_be_loaded_is_said_as_without_a_manifest(changing):
    path = changing.site / "target_patches.py"
    path.write_text("import os\nassert 'BROKEN' not in os.environ, 'broken'\n" + path.read_text("utf-8"), "utf-8")
    changing.lines("-m", "backportkit", "activate")
    assert changing.lines("-c", "import target; print(target.f(1)[0])") == ["new"]
    done = changing.run("-c", USE, env=os.environ | {"BROKEN": "1"})
    assert "PatchImportError: target is not imported unpatched: the patches of 'target_patches'" in done.stderr


def test_what_is_installed_while_the_process_runs_is_heeded(activated):
    info = activated.site / "target-1.0.dist-info"
    code = f"""
import os, sys
metadata = {str(info / "METADATA")!r}
text = open(metadata).read()
open(metadata, "w").write(text.replace("1.0", "2.0"))
os.rename({str(info)!r}, {str(info.with_name("target-2.0.dist-info"))!r})
try:
    import target
    print(target.f(1)[0])
finally:
    os.rename({str(info.with_name("target-2.0.dist-info"))!r}, {str(info)!r})
    open(metadata, "w").write(text)
"""
    done = activated.run("-c", code)
    activated.lines("-m", "backportkit", "activate")
    assert "target:none" in done.stderr  # the patch that is for 2.0, whose target is not there
    assert "patch 'target-new'" in done.stderr


def test_metadata_that_were_edited_by_hand_are_read_anew(changing):
    """Metadata that were edited by hand are read anew, since the file itself has a stamp."""
    metadata = changing.site / "target-1.0.dist-info" / "METADATA"
    kept = metadata.read_text("utf-8")
    metadata.write_text(kept.replace("1.0", "3.0.1"), "utf-8")
    code = "import target; print(target.f(1)[0])"
    assert changing.lines("-c", code) == ["old"]
    metadata.write_text(kept, "utf-8")
    changing.lines("-m", "backportkit", "activate")
    assert changing.lines("-c", code) == ["new"]


def test_body_is_known_whatever_else_is_installed(activated):
    """An installation makes the environment be judged anew, but no body: each body has the stamp of its file."""
    info = activated.site / "another-1.0.dist-info"
    judges = "{'ast', 'inspect', 'backportkit.engine.verify'} & (set(sys.modules) - before)"
    code = "import os, sys; before = set(sys.modules); os.mkdir(sys.argv[1]); import target; print(target.f(1)[0]"
    done = activated.run("-c", f"{code}, {judges})", str(info))
    info.rmdir()
    activated.lines("-m", "backportkit", "activate")
    assert done.stdout == "new set()\n"


def test_distributions_that_the_program_puts_in_front_are_heeded(activated, world):
    world.distribution("target", "3.0")
    world.write("target.py", TARGET)
    code = f"import sys; sys.path.insert(0, {str(world.folder)!r}); import target; print(target.f(1)[0])"
    assert activated.lines("-c", code) == ["old"]


def test_declarations_of_the_program_itself_are_judged_with_the_others(activated):
    declare = """
from backportkit import backport
@backport("target:f", requires="target<2", id="mine", summary="-")
def f(a, b=None):
    return "mine"
"""
    assert_as_without_a_manifest(activated, declare + USE)
    assert "'target-f' has replaced the same target" in str(
        outcome(activated, USE + declare + "import backportkit\nbackportkit.apply_all()")
    )


def test_target_that_is_imported_by_many_threads_is_patched_before_any_of_them_can_use_it(activated):
    code = """
import threading
results = []
def use():
    import target
    results.append((target.f(1)[0], target.C().p, target.TABLE["a"]))
threads = [threading.Thread(target=use) for _ in range(8)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(set(results), len(results))
"""
    assert activated.lines("-c", code) == ["{('new', 'new p', 2)} 8"]


def test_child_of_a_fork_knows_what_its_parent_has_patched_and_patches_what_it_has_not(activated):
    code = """
import os, sys
import inner.late
def child():
    import target, backportkit
    print(inner.late.f(), target.f(1)[0], backportkit.is_applied("target-f"), flush=True)
    backportkit.unpatch_all()
    print(inner.late.f(), target.f(1)[0], flush=True)
if not os.fork():
    child()
    os._exit(0)
os.wait()
import target
print(target.f(1)[0])
"""
    assert activated.lines("-c", code) == ["new new True", "old old", "new"]


def test_module_that_is_imported_again_or_reloaded_is_patched_again(activated):
    code = """
import importlib, sys, target
first = target
importlib.reload(target)
print(target.f(1)[0], target.C().p)
del sys.modules["target"]
import target
print(target is first, target.f(1)[0], target.wrapped(1))
"""
    assert_as_without_a_manifest(activated, code)
    assert activated.lines("-c", code) == ["new new p", "False new ('wrapped', ('old', 1))"]


# --- what is not for this environment ---


def test_patches_for_other_releases_wake_nobody_until_another_release_is_there(activated):
    activated.install("idle", "2.0", "idle.py", "def f(): return 'old'\n")
    activated.provide("idle_patches", "idle:f")
    activated.lines("-m", "backportkit", "activate")
    state = "print('backportkit.engine.verbs' in sys.modules)"
    assert activated.lines("-c", f"import sys, idle; print(idle.f()); {state}") == ["old", "False"]
    fields = "'idle:f', id='own', requires='idle<3', summary='-'"
    own = f"import backportkit\nbackportkit.backport({fields})(lambda: 'own')\nbackportkit.apply_all()\nimport idle"
    assert activated.lines("-c", f"{own}; print(idle.f())") == ["own"]
    gone = f"import os, sys; os.unlink({str(activated.manifest)!r}); import idle; print(idle.f()); {state}"
    assert activated.lines("-c", gone) == ["old", "False"]  # the stamps are known, and hold
    activated.lines("-m", "backportkit", "activate")
    info = activated.site / "idle-2.0.dist-info"
    other = activated.site / "idle-1.0.dist-info"
    install = f"shutil.copytree({str(info)!r}, {str(other)!r}); shutil.rmtree({str(info)!r})"
    text = f"m = {str(other / 'METADATA')!r}; t = open(m).read(); open(m, 'w').write(t.replace('2.0', '1.0'))"
    assert activated.lines("-c", f"import shutil, sys; {install}; {text}; import idle; print(idle.f()); {state}") == [
        "new",
        "True",
    ]
    for path in (other, activated.site / "idle_patches-1.0.dist-info"):
        shutil.rmtree(path)
    activated.lines("-m", "backportkit", "activate")


def test_entry_points_named_after_packages_within_are_taken_together(activated):
    folder = activated.site / "nested"
    activated.install("nested", "1.0", "nested/__init__.py", "")
    for name, text in {
        "one/__init__.py": "",
        "one/mod.py": "def f(): return 'old'\n",
        "two.py": "def f(): pass\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    points = "[backportkit.patches]\nnested.one = nested_patches\nnested.two = nested_patches\n"
    activated.install("nested_patches", "1.0", "nested_patches.py", NESTED, points)
    activated.lines("-m", "backportkit", "activate")
    code = """
import sys
before = set(sys.modules)
import nested
print('backportkit.engine.verbs' in sys.modules)
import nested.one.mod, nested.two
print(nested.one.mod.f(), nested.two.f(), 'backportkit.declaration.metadata' in set(sys.modules) - before)
import backportkit
print([one.state.value for one in backportkit.status() if one.id.startswith('nested')])
backportkit.unpatch('nested-1')
print(nested.one.mod.f(), nested.two.f())
"""
    assert activated.lines("-c", code) == ["False", "one two False", "['applied', 'applied']", "old two"]
    for path in (folder, *activated.site.glob("nested*-1.0.dist-info")):
        shutil.rmtree(path)
    activated.lines("-m", "backportkit", "activate")


CONFIG = """
class Entry:
    env_value_force = env_value_default = user_override = None
    default = ""
_config = {"cache_key_tag": Entry()}
"""


TORCH_PATCHES = """
import backportkit.integrations.torch
from backportkit import backport
@backport("torch._dynamo.made:f", requires="torch<3", id="torch-1", summary="-")
def f(): ...
"""


def test_caches_are_tagged_when_what_compiles_is_imported(activated):
    """The import of torch and its settings loads no engine: nothing is compiled before Dynamo is there."""
    activated.install("torch", "2.11.0", "torch/__init__.py", "")
    points = "[backportkit.patches]\ntorch._dynamo = torch_patches\n"
    activated.install("torch_patches", "1.0", "torch_patches.py", TORCH_PATCHES, points)
    for name in ("compiler", "_dynamo"):
        (activated.site / "torch" / name).mkdir()
    (activated.site / "torch" / "_dynamo" / "__init__.py").touch()
    (activated.site / "torch" / "compiler" / "config.py").write_text(CONFIG, "utf-8")
    activated.lines("-m", "backportkit", "activate")
    code = """
import sys
import torch.compiler.config as config
def look():
    print(type(config._config["cache_key_tag"]).__name__, "backportkit.engine.verbs" in sys.modules)
look()
import torch._dynamo
look()
"""
    assert activated.lines("-c", code) == ["Entry False", "TaggedEntry True"]
    for path in (activated.site / "torch", *activated.site.glob("torch-*"), *activated.site.glob("torch_patches-*")):
        shutil.rmtree(path)
    activated.lines("-m", "backportkit", "activate")


METHODS = """
class Meta(type): ...
class Made(metaclass=Meta):
    def m(self):
        return "old"
class Plain:
    def m(self):
        return "old"
    def n(self):
        return "old"
"""
NO_MODULE = """
import sys
def f():
    return "old"
sys.modules[__name__] = 5
"""
METHOD_PATCHES = """
from backportkit import backport
{}
@backport("no_module:f", requires="methods<2", id="no-module", original="{f}")
def f():
    "It is old."
"""
METHOD_PATCH = """
@backport("methods:{path}", requires="methods<2", id="{id}", original="{original}")
def m(self):
    "It is old."
    return "new"
"""


def test_known_methods_are_patched_without_a_look_at_their_source(activated):
    """Those of plain classes and of others; what is no module at all is refused as ever."""
    paths = {"made": "Made.m", "plain-m": "Plain.m", "plain-n": "Plain.n"}
    of_methods = [
        METHOD_PATCH.format(id=patch_id, path=path, original=fingerprint.of_source(METHODS, path.split(".")))
        for patch_id, path in paths.items()
    ]
    text = METHOD_PATCHES.format("".join(of_methods), f=fingerprint.of_source(NO_MODULE, ["f"]))
    activated.install("methods", "1.0", "methods.py", METHODS)
    activated.install("no_module", "1.0", "no_module.py", NO_MODULE)
    points = "[backportkit.patches]\nmethods = method_patches\nno_module = method_patches\n"
    activated.install("method_patches", "1.0", "method_patches.py", text, points)
    activated.lines("-m", "backportkit", "activate")
    code = f"""
import sys
before = set(sys.modules)
import methods
print(methods.Made().m(), methods.Plain().m(), methods.Plain().n(), {HEAVY} & (sys.modules.keys() - before))
import backportkit
backportkit.unpatch_all()
print(methods.Made().m(), methods.Plain().m(), methods.Plain().n())
backportkit.apply_all()
try:
    import no_module
except ImportError as error:
    print(error.next_step)
"""
    *lines, _ = activated.lines("-c", code)
    assert lines == ["new new new set()", "old old old"]
    for name in ("methods", "no_module", "method_patches"):
        (activated.site / f"{name}.py").unlink()
        shutil.rmtree(activated.site / f"{name}-1.0.dist-info")
    activated.lines("-m", "backportkit", "activate")


# --- what is judged anew ---


UNUSUAL = {
    "the name of another object": """
def g(a, b=None):
    return "new",
backport("target:f", requires="target<2", id="x-1", summary="-")(g)
g = 1
""",
    "no name at all": """
def make():
    def f(a, b=None):
        return "new",
    return f
register(dict(id="x-1", summary="-", requires="target<2", target="target:f", replacement=make()))
""",
    "an object of the provider": """
def g(a, b=None):
    return "new",
class Patches:
    here = backport("target:f", requires="target<2", id="x-1", summary="-")(g)
""",
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_declaration_of_any_form_is_applied_by_what_has_been_judged(changing, kind):
    """The declaration itself counts, so that no name need lead back to it; an entry point with an object is read."""
    text = "from backportkit import backport, register" + UNUSUAL[kind]
    info = changing.site / "target_patches-1.0.dist-info" / "entry_points.txt"
    points = info.read_text("utf-8")
    if kind == "an object of the provider":
        info.write_text(points.replace("target_patches", "target_patches:Patches"), "utf-8")
    (changing.site / "target_patches.py").write_text(text, "utf-8")
    changing.lines("-m", "backportkit", "activate")
    code = "import sys, target; print(target.f(1)[0], 'backportkit.declaration.metadata' in sys.modules)"
    assert changing.lines("-c", code) == ["new False"]
    info.write_text(points, "utf-8")


def test_version_that_says_little_is_left_to_the_body(changing):
    metadata = changing.site / "target-1.0.dist-info" / "METADATA"
    kept = metadata.read_text("utf-8")
    metadata.write_text(kept.replace("1.0", "1.0+local"), "utf-8")
    text = patches().replace('"target<2", id="target-f"', '"target<1", id="target-f", prereleases="by-fingerprint"')
    (changing.site / "target_patches.py").write_text(text, "utf-8")
    changing.lines("-m", "backportkit", "activate")
    code = "import sys, target; print(target.f(1)[0], 'backportkit.declaration.metadata' in sys.modules)"
    assert changing.lines("-c", code) == ["new False"]
    metadata.write_text(kept, "utf-8")


def test_name_that_leads_nowhere_leads_back_to_nothing():
    assert not Reference.to(write.file_of, "backportkit.activation.write:absent").leads_back
    assert not Reference.to(write.file_of, "backportkit.absent:f").leads_back
    assert Reference("backportkit.absent:f").leads_back  # by name: found when it is needed


def with_judgements(content, judged):
    """The manifest with that head, and other judgements behind it, whole."""
    first, _, body = content.partition(b"\n")
    head = body[: int(first.split()[3], 16)].split(b"\n")
    head[1] = bootstrap.checksum(judged).encode()
    return bootstrap.first_line(b"\n".join(head)) + b"\n".join(head) + judged


def test_manifest_whose_judgements_make_no_sense_is_no_obstacle(changing):
    whole = changing.manifest.read_bytes()
    for garbage in (b"target\t{", b"target\t{}", b"target\t[1]", b"\xff\t{}", b"target", b"other\t{}"):
        changing.manifest.write_bytes(with_judgements(whole, garbage))
        assert changing.lines("-c", "import target; print(target.f(1)[0])") == ["new"]


def test_manifest_that_is_gone_since_the_start_is_no_obstacle(changing):
    code = "import target; print(target.f(1)[0])"
    assert changing.lines("-c", f"import os; os.unlink({str(changing.manifest)!r}); {code}") == ["new"]


def test_head_does_not_grow_with_the_patches_of_a_module(changing):
    """A start reads no more than the head, whose length the first line has."""

    def length_of_head():
        changing.lines("-m", "backportkit", "activate")
        return int(changing.manifest.read_bytes().split()[3], 16)

    declared = (
        "@backport('target:f', requires='target<2', id='more-{0}', summary='-')\ndef f{0}(a, b=None): return 'more'\n"
    )
    before = length_of_head()
    with (changing.site / "target_patches.py").open("a", encoding="utf-8") as file:
        file.writelines(declared.format(number) for number in range(200))
    assert length_of_head() == before


def test_damage_behind_the_head_is_noticed_when_a_target_is_imported(changing):
    """A start does not look there; what was judged is judged again."""
    whole = changing.manifest.read_bytes()
    changing.manifest.write_bytes(whole[:-1])
    assert changing.lines("-c", "print(1)") == ["1"]
    done = changing.run("-c", "import target; print(target.f(1)[0])")
    said = f"{changing.manifest} is damaged: run `backportkit activate` again\n"
    assert (done.stdout, done.stderr) == ("new\n", said)


def test_function_in_a_wrapper_is_examined():
    """A function with a wrapper is examined, since the body within counts, and the manifest has not judged that."""

    def inner():
        """Nobody calls it."""

    code = inner.__code__
    body = judgements.Body(__file__, manifest.stamp_of_file(__file__), code.co_firstlineno, "inner")
    original = "ast1:0123456789ab"
    edit = Edit(target="mine:f", replacement="mine:g", original=original)
    judging = judgements._Judging({}, {("mine:f", original): body})
    assert judging.knows(edit, inner)
    assert not judging.knows(Edit(target="mine:f", replacement="mine:g", original="ast1:000000000000"), inner)
    inner.__wrapped__ = inner
    assert not judging.knows(edit, inner)


def test_replacement_that_another_module_chooses_is_the_one_that_it_chooses_now(changing):
    """A manifest keeps judgements about the environment, and no declarations: those are read at each start."""
    text = "def one(a, b=None): return 'one',\ndef two(a, b=None): return 'two',\nchosen = {}\n"
    chosen = changing.site / "chosen_for_target.py"
    chosen.write_text(text.format("one"), "utf-8")
    (changing.site / "target_patches.py").write_text(
        "import chosen_for_target as other\nfrom backportkit import backport\n"
        "backport('target:f', requires='target<2', id='x-1', summary='-')(other.chosen)\n",
        "utf-8",
    )
    changing.lines("-m", "backportkit", "activate")
    code = "import sys, target; print(target.f(1)[0], 'backportkit.declaration.metadata' in sys.modules)"
    assert changing.lines("-c", code) == ["one False"]
    chosen.write_text(text.format("two"), "utf-8")
    assert changing.lines("-c", code) == ["two False"]
    chosen.unlink()


def test_what_the_body_of_the_target_installs_is_heeded(changing):
    """The manifest must be true still when the patch is applied, and not only before the body runs."""
    info, new = (changing.site / f"target-{version}.dist-info" for version in ("1.0", "3.0"))
    install = (
        "import os\nif os.environ.get('INSTALL'):\n"
        f"    os.rename({str(info)!r}, {str(new)!r})\n"
        f"    text = open({str(new / 'METADATA')!r}).read()\n"
        f"    open({str(new / 'METADATA')!r}, 'w').write(text.replace('1.0', '3.0'))\n"
    )
    kept = (info / "METADATA").read_text("utf-8")
    (changing.site / "target.py").write_text(TARGET + install, "utf-8")
    changing.lines("-m", "backportkit", "activate")
    code = "import target; print(target.f(1)[0])"
    try:
        assert changing.lines("-c", code) == ["new"]
        assert changing.lines("-c", code, env=os.environ | {"INSTALL": "1"}) == ["old"]
    finally:
        new.rename(info)
        (info / "METADATA").write_text(kept, "utf-8")


def test_module_of_a_package_that_was_loaded_by_hand_before_is_patched_along(activated):
    """The first import of the package that we hear of is the occasion for all of it."""
    activated.install("byhand", "1.0", "byhand/__init__.py", "")
    for name in ("one", "two"):
        (activated.site / "byhand" / f"{name}.py").write_text("def f(): return 'old'\n", "utf-8")
    activated.provide("byhand_patches", "byhand.one:f", "byhand.two:f")
    activated.lines("-m", "backportkit", "activate")
    code = f"""
import importlib.util, sys
import byhand
spec = importlib.util.spec_from_file_location("byhand.two", {str(activated.site / "byhand" / "two.py")!r})
two = sys.modules["byhand.two"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(two)
import byhand.one
print(two.f(), byhand.one.f())
import backportkit
print(*(f"{{one.provider}} {{one.state}}" for one in backportkit.status() if "byhand" in one.id))
"""
    assert activated.lines("-c", code) == ["new new", "byhand_patches applied byhand_patches applied"]
    for path in (activated.site / "byhand", *activated.site.glob("byhand*-1.0.dist-info")):
        shutil.rmtree(path)
    activated.lines("-m", "backportkit", "activate")


def test_body_that_cannot_be_found_or_is_another_is_not_kept(world, monkeypatch):
    monkeypatch.syspath_prepend(str(world.folder))
    world.write("one.py", "def f():\n    return 1\n")
    world.write("broken.py", "def f(:\n")
    right = fingerprint.of_source("def f():\n    return 1\n", ["f"])
    wrong = "ast1:000000000000"
    bodies = write.Bodies()

    def body(target, original, fixed=()):
        return next(bodies.of(Edit(target=target, replacement="mine:f", original=original, fixed=fixed)), None)

    file = str(world.folder / "one.py")
    assert body("one:f", right) == (right, file, manifest.stamp_of_file(file), 1, "f")
    for found in (body("one:f", wrong), body("one:f", right, right), body("one:g", right), body("absent:f", right)):
        assert found is None
    assert body("broken:f", right) is None
    world.write("one.py", "")
    assert body("one:f", right) is not None  # it was read once


def test_file_that_is_gone_is_not_the_one_that_was_stamped(tmp_path):
    assert manifest.stamp_of_file(str(tmp_path / "absent")) == ""
    (tmp_path / "file").write_text("one", "utf-8")
    stamp = manifest.stamp_of_file(str(tmp_path / "file"))
    assert manifest.is_unchanged(str(tmp_path / "file"), stamp)
    assert not manifest.is_unchanged(str(tmp_path / "absent"), stamp)
    time, _, _ = stamp.partition(" ")
    assert not manifest.is_unchanged(str(tmp_path / "file"), f"{time} 4")


def test_manifest_speaks_for_nobody_who_may_find_more_distributions(tmp_path, monkeypatch):
    found = bootstrap.Head("", 0, ["", "", "", ""])
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "absent")])
    assert providers_on_disk.is_all_installed_by(found)
    (tmp_path / "archive.zip").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "archive.zip")])
    assert not providers_on_disk.is_all_installed_by(found)
    monkeypatch.setattr(sys, "path", [])
    edited = bootstrap.Head("", 0, ["", "", "", "", f"source\t1\t{tmp_path / 'archive.zip'}"])
    assert not providers_on_disk.is_all_installed_by(edited)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, type("Finder", (), {"find_distributions": None})()])
    assert not providers_on_disk.is_all_installed_by(found)


LEAVING = "import os\nif os.environ.get('LEAVE'): raise {}\n"


@pytest.mark.parametrize("kind", ["SystemExit(0)", "GeneratorExit"])
def test_provider_that_a_manifest_names_may_raise_anything(environment, kind):
    """The import is refused with the error, as in an environment that is not activated; the interpreter starts."""
    provider = environment.site / "provider.py"
    provider.write_text(LEAVING.format(kind) + provider.read_text("utf-8"), "utf-8")
    environment.lines("-m", "backportkit", "activate")
    assert environment.lines("-c", "import victim; print(victim.f())") == ["new"]
    leaving = {**os.environ, "LEAVE": "1"}
    done = environment.run("-c", "print('runs'); import victim; print('unpatched')", env=leaving)
    assert (done.stdout, done.returncode) == ("runs\n", 1)
    assert f"the patches of 'provider' cannot be loaded: {kind.partition('(')[0]}" in done.stderr


def test_interrupt_in_a_provider_that_a_manifest_names_goes_through(environment):
    """Ctrl-C ends the import, and is no failure of the provider."""
    provider = environment.site / "provider.py"
    provider.write_text(LEAVING.format("KeyboardInterrupt") + provider.read_text("utf-8"), "utf-8")
    environment.lines("-m", "backportkit", "activate")
    code = "try: import victim\nexcept KeyboardInterrupt: print('interrupted')"
    assert environment.lines("-c", code, env={**os.environ, "LEAVE": "1"}) == ["interrupted"]


def test_environment_whose_provider_ends_the_program_is_not_activated(fresh):
    """`backportkit activate` says so, with exit code 2, and writes nothing."""
    (fresh.site / "provider.py").write_text("raise SystemExit(0)\n", "utf-8")
    done = fresh.run("-m", "backportkit", "activate")
    assert done.returncode == 2
    assert "the patches of 'provider' cannot be loaded: SystemExit: 0" in done.stderr
    assert not fresh.manifest.exists()


@pytest.mark.parametrize("kind", ["SystemExit(0)", "ZeroDivisionError"])
def test_replacement_that_leads_to_a_module_that_raises_is_not_by_manifest(fresh, kind):
    """The environment is activated, and patched, all the same."""
    (fresh.site / "leaving.py").write_text(f"raise {kind}\n", "utf-8")
    text = "from backportkit import backport\ndef f():\n    return 'newer'\nf.__module__ = 'leaving'\n"
    (fresh.site / "provider.py").write_text(
        f"{text}backport('victim:f', requires='victim<2', id='v-1', summary='s')(f)\n"
    )
    fresh.lines("-m", "backportkit", "activate")
    assert fresh.lines("-c", "import victim; print(victim.f())") == ["newer"]
