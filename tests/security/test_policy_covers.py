"""The hashes of a policy cover every file of a provider that its patches can import and run."""

from __future__ import annotations

import os
import textwrap

import pytest
from locked_provider import LOCK, USE, Provider

pytestmark = pytest.mark.warm


@pytest.fixture
def provider(world, tmp_path):
    return Provider(world, tmp_path)


@pytest.mark.parametrize(
    ("above", "body"),
    [
        ("from good.helper import word", "return word"),
        ("from .helper import word", "return word"),
        ("import good.helper", "return good.helper.word"),
        ("from good import helper", "return helper.word"),
        ("from good.between import word", "return word"),
        ("", "from good.helper import word; return word"),
        ("", "import importlib; return importlib.import_module('good.helper').word"),
        ("", "import importlib; return importlib.import_module('.helper', 'good').word"),
        ("import importlib; word = importlib.import_module('good.' + 'helper').word", "return word"),
    ],
)
def test_helper_that_was_changed(provider, above, body):
    """A module of the provider that a patch imports, early, late or by another one, cannot be changed."""
    provider.world.write("good/helper.py", "word = 'new'\n")
    provider.world.write(
        "good/between.py", "def __getattr__(name):\n    import good.helper as found\n    return found.word\n"
    )
    provider.declare(body, above)
    provider.lock()
    assert provider.start(USE).stdout.split() == ["new"]
    provider.forge("good/helper.py")
    assert provider.refused()
    (line,) = provider.differences()
    assert "the module good.helper of 'good' is " in line


def test_helper_of_a_package_above(provider):
    """What the `__init__` of the provider's package imports is covered."""
    provider.world.write("good/__init__.py", "import good.helper\n")
    provider.world.write("good/helper.py", "")
    provider.declare()
    provider.lock()
    provider.forge("good/helper.py")
    assert provider.refused()


def test_package_that_is_imported(provider):
    """Of a package that a patch imports, all modules are covered, whatever it may import of them."""
    provider.world.write("good/more/__init__.py", "")
    provider.world.write("good/more/late.py", "")
    provider.declare(above="import good.more")
    provider.lock()
    provider.forge("good/more/late.py")
    assert provider.refused()


@pytest.mark.parametrize("is_recorded", [True, False])
def test_module_outside_the_package(provider, is_recorded):
    """A module beside the provider's package counts if its distribution has brought it."""
    provider.world.write("beside.py", "")
    provider.declare(above="import beside")
    if is_recorded:
        (provider.info / "RECORD").write_text("good/backports.py,,\nbeside.py,,\n", "utf-8")
    provider.lock()
    provider.forge("beside.py")
    assert provider.refused() is is_recorded


def test_callback_by_its_name(provider):
    """The module of a callback that is named and not imported is covered."""
    provider.world.write("good/calls.py", "def before(module): pass\n")
    text = """
        from backportkit import Callbacks, backport
        @backport("victim:f", requires="victim<9", id="good-1", summary="s",
                  callbacks=Callbacks(before_apply="good.calls:before"))
        def f(): return "new"
    """
    provider.world.write("good/backports.py", text)
    provider.lock()
    assert provider.start(USE).stdout.split() == ["new"]
    provider.forge("good/calls.py")
    assert provider.refused()


DATA = """
[[patch]]
id = "good-1"
target = "victim:f"
requires = "victim<9"
summary = "s"
replacement = "{replacement}"
"""


def test_data_file_beside_a_module(provider):
    """A data file beside a provider that is a single module is covered, and what it leads to."""
    provider.world.write("good-1.0.dist-info/entry_points.txt", "[backportkit.patches]\nvictim = flat\n")
    provider.world.write(
        "flat.py", "import backportkit, pathlib\nbackportkit.load(pathlib.Path(__file__).with_name('d.toml'))\n"
    )
    provider.world.write("bodies.py", "def f(): return 'new'\n")
    provider.world.write("d.toml", DATA.format(replacement="bodies:f"))
    provider.lock()
    assert provider.start(USE).stdout.split() == ["new"]
    provider.world.write("d.toml", DATA.format(replacement="os:getcwd"))
    assert provider.refused()
    assert "flat/d.toml" in provider.differences()[0]


def test_data_file_that_the_policy_does_not_name(provider):
    """A data file that a declaring module reads is refused where the policy names modules and not that file."""
    provider.world.write("good/__init__.py", "")
    provider.world.write("good/backports.py", "import backportkit, sys\nbackportkit.load(sys.argv[1])\n")
    provider.world.write("good/fixes.py", "def f(): return 'new'\n")
    for name in ("one.toml", "other.toml"):
        provider.world.write(f"good/{name}", DATA.format(replacement="good.fixes:f"))
    lock = f"sys.argv[1:] = ['good/one.toml']; {LOCK}policies.lock(Path({str(provider.path)!r}), ['good'])"
    assert provider.start(f"import os; os.chdir({str(provider.folder)!r}); {lock}").returncode == 0
    for name, said in {"one.toml": "new\n", "other.toml": ""}.items():
        done = provider.start(f"sys.argv[1:] = [{str(provider.folder / 'good' / name)!r}]; {USE}")
        assert (done.stdout, "is not the one that the policy names" in done.stderr) == (said, not said), done.stderr


@pytest.mark.parametrize("where", ["replacement", "callback"])
def test_code_from_a_module_that_is_not_named(provider, where):
    """A patch that takes code from a module which the policy does not name is disabled, and says why."""
    provider.world.write("good/__init__.py", "")
    provider.world.write("elsewhere.py", "def f(*_): return 'new'\n")
    fields = {"id": "good-1", "target": "victim:f", "requires": "victim<9", "summary": "s"}
    fields |= {"replacement": "elsewhere:f"} if where == "replacement" else {"value": 1}
    fields |= {} if where == "replacement" else {"callbacks": {"after_apply": "elsewhere:f"}}
    provider.world.write("good/backports.py", f"import backportkit\nbackportkit.register({fields!r})\n")
    provider.lock()
    text = provider.path.read_text("utf-8")
    assert '"elsewhere" = ' in text
    provider.path.write_text("".join(line for line in text.splitlines(True) if "elsewhere" not in line), "utf-8")
    state = "print(*[one.reason for one in backportkit.status() if one.id == 'good-1'])"
    said = provider.start(f"{USE}; {state}").stdout.splitlines()
    assert said[0] == "old"
    assert said[1].endswith("does not name the module elsewhere, which it takes code from")


@pytest.mark.parametrize("name", ["patches.toml", "a=b.toml"])
def test_patches_in_a_data_file(provider, name):
    """A data file that declares patches is covered, and what it names."""
    provider.world.write("good/fixes.py", "def f(): return 'new'\n")
    toml = """
        [[patch]]
        id = "good-1"
        target = "victim:f"
        requires = "victim<9"
        summary = "s"
        replacement = "good.fixes:f"
    """
    provider.world.write(f"good/{name}", toml)
    above = f"import backportkit, pathlib; backportkit.load(pathlib.Path(__file__).with_name({name!r}))"
    provider.world.write("good/backports.py", above)
    provider.lock()
    assert provider.start(USE).stdout.split() == ["new"]
    path = provider.folder / "good" / name
    path.write_text(f"{path.read_text('utf-8')}\n", "utf-8")
    assert "new" not in provider.start(USE).stdout
    assert f"good/{name}" in provider.differences()[0]


def test_nothing_for_type_checkers(provider):
    """A module that is imported for type checkers only is not covered, nor one that no patch imports."""
    provider.world.write("good/helper.py", "")
    provider.world.write("good/apart.py", "")
    lines = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import good.helper\n"
    provider.declare(above=lines)
    provider.lock()
    for name in ("helper", "apart"):
        provider.forge(f"good/{name}.py")
    assert provider.start(USE).stdout.split() == ["new"]
    assert provider.differences() == []


@pytest.mark.parametrize("where", ["as it is called", "as it is declared", "by its package"])
def test_name_that_is_worked_out(provider, where):
    """A module that bound code imports by a name which no source has is not executed unless the policy names it."""
    for name in ("helper", "late"):
        provider.world.write(f"good/{name}.py", "word = 'new'\n")
    ask = "import os, importlib\nword = importlib.import_module('good.' + os.environ.get('NAME', 'helper')).word"
    if where == "as it is called":
        provider.declare(f"{ask.splitlines()[0]}; {ask.splitlines()[1].replace('word =', 'return')}")
    elif where == "as it is declared":
        provider.declare("return word", ask)
    else:
        provider.world.write("good/__init__.py", textwrap.dedent(ask))
        provider.declare()
    provider.lock()
    provider.forge("good/late.py")
    done = provider.start(USE, env=os.environ | {"NAME": "late"})
    assert "the policy does not name" in done.stderr
    assert not provider.mark.exists()


def test_program_may_import_the_rest(provider):
    """The program itself imports what it likes of the provider's package, also by the package's `__getattr__`."""
    lazy = "def __getattr__(name):\n    import importlib\n    return importlib.import_module('good.' + name)\n"
    provider.world.write("good/__init__.py", lazy)
    provider.world.write("good/apart.py", "word = 1\n")
    provider.declare()
    provider.lock()
    assert provider.start(f"{USE}; import good; print(good.apart.word)").stdout.split() == ["new", "1"]


def test_lock_keeps_a_line_of_the_user(provider):
    """A module that was written into the policy by hand stays, with the hash that it has now, until it is gone."""
    provider.world.write("good/late.py", "")
    provider.declare()
    provider.lock()
    provider.path.write_text(f'{provider.path.read_text("utf-8")}"good.late" = "x"\n', "utf-8")
    assert provider.lock() == ""
    assert '"good.late"' in provider.path.read_text("utf-8")
    assert provider.differences() == []
    (provider.folder / "good" / "late.py").unlink()
    assert "the module good.late of 'good' is not there any more" in provider.lock()
    assert "late" not in provider.path.read_text("utf-8")


def test_own_file_of_a_package_counts_once(provider):
    """The hash of a package has one line for its `__init__.py`, as the documentation says."""
    provider.world.write("good/__init__.py", "a = 1\n")
    provider.world.write("good/b.py", "b = 1\n")
    script = """
        import hashlib, pathlib
        from backportkit.policy import modules
        lines = ((name, pathlib.Path({folder!r}, "good", file)) for name, file in {files})
        text = "".join(name + " " + hashlib.sha256(path.read_bytes()).hexdigest() + chr(10) for name, path in lines)
        print(modules.digest("good") == hashlib.sha256(text.encode()).hexdigest())
    """
    files = [("good", "__init__.py"), ("good/b.py", "b.py")]
    done = provider.world.start(textwrap.dedent(script).format(folder=str(provider.folder), files=files))
    assert done.stdout.split() == ["True"]


def test_all_that_a_review_names(provider):
    """Each file of the provider that `diff` names with its SHA-256 is among those that the policy's hashes are of."""
    provider.world.write("good/helper.py", "from good.deep.inner import word\n")
    provider.world.write("good/deep/inner.py", "word = 'new'\n")
    provider.declare("return word", "from good.helper import word")
    provider.lock()
    script = """
        from pathlib import Path
        from backportkit.engine import content, verbs
        from backportkit.declaration.registry import declared_patches
        from backportkit.policy import in_force, modules
        from backportkit.source.lookup import Library
        import good.backports
        shown = {one.path for one in content.of(declared_patches.find("good-1"), Library()).sources if one.text}
        ((_, named),) = in_force.modules_of("good")
        covered = {path for name in named for path in modules.hashed(name).files}
        print(sorted(Path(path).name for path in shown - covered), len(shown))
    """
    done = provider.start("\n" + textwrap.dedent(script))
    assert done.stdout.split() == ["[]", "3"], done.stdout + done.stderr
