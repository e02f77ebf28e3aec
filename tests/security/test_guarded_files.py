"""Code of a provider that its policy does not name by a hash runs only if the program itself asks for it."""

from __future__ import annotations

import py_compile
import subprocess
import sys

import pytest
from locked_provider import USE, Provider

pytestmark = pytest.mark.warm

HERE = "os.path.dirname(__file__)"
BY_SPEC = (
    "import os, importlib.util as u; s = u.spec_from_file_location('zz', {where}); "
    "m = u.module_from_spec(s); s.loader.exec_module(m)"
)


@pytest.fixture
def provider(world, tmp_path):
    return Provider(world, tmp_path)


def record(provider, *more):
    """Have the provider list its files."""
    files = ["good/__init__.py", "good/backports.py", *more]
    provider.world.write("good/__init__.py", "")
    (provider.info / "RECORD").write_text("".join(f"{one},,\n" for one in files), "utf-8")


def refused(provider, file, declare="pass", above="pass"):
    """Tell which error keeps a file from being executed that only the code of a patch leads to."""
    record(provider, file)
    provider.world.write(file, "word = 'new'\n")
    provider.declare(f"{declare}; return 'new'", above)
    provider.lock()
    provider.forge(file)
    done = provider.start(USE)
    assert not provider.mark.exists(), done.stdout
    return done.stderr


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("good_other.py", "import pkgutil; pkgutil.resolve_name('good_oth' + 'er:word')"),
        ("good_data/h.py", "import runpy; runpy.run_module('good_' + 'data.h')"),
        ("good/data/h.py", BY_SPEC.format(where=f"{HERE} + '/data/h.py'")),
        ("good_data/h.py", BY_SPEC.format(where=f"{HERE} + '/../good_data/h.py'")),
        ("good/data-1/h.py", BY_SPEC.format(where=f"{HERE} + '/data-1/h.py'")),
        ("good/vend/v.py", f"import os, sys; sys.path.insert(0, {HERE} + '/vend'); __import__('v' + '')"),
    ],
)
def test_file_under_any_name(provider, file, body):
    """A file that the installer has listed is not executed under any name, since the policy does not name it."""
    said = refused(provider, file, body)
    assert f'the policy does not name {provider.folder / file}: if it may run, write "' in said


def test_file_as_it_is_declared(provider):
    """A module that declares has no such file executed, for `status` neither."""
    said = refused(provider, "good/data/h.py", above=BY_SPEC.format(where=f"{HERE} + '/data/h.py'"))
    assert 'write "good.data.h" = "new"' in said
    provider.start("import backportkit; backportkit.status()")
    assert not provider.mark.exists()


def test_name_that_the_error_says(provider):
    """With the line that the error says, the policy is locked with that file, and it is executed."""
    body = "import os, sys; sys.path.insert(0, os.path.dirname(__file__) + '/vend'); __import__('v' + '')"
    said = refused(provider, "good/vend/v.py", body)
    assert 'write "good.vend.v" = "new"' in said
    provider.path.write_text(f'{provider.path.read_text("utf-8")}"good.vend.v" = "new"\n', "utf-8")
    provider.lock()
    assert provider.start(USE).stdout == "new\n"
    provider.mark.unlink()
    provider.forge("good/vend/v.py")
    assert provider.refused()


@pytest.mark.parametrize("where", ["body", "above"])
def test_vendored_module(provider, where):
    """`policy lock` names a module of a folder that the provider adds to `sys.path`, and what that imports."""
    record(provider, "good/vend/v.py", "good/vend/w.py")
    provider.world.write("good/vend/v.py", "from w import word\n")
    provider.world.write("good/vend/w.py", "word = 'new'\n")
    add = "import os, sys; sys.path.insert(0, os.path.dirname(__file__) + '/vend')"
    if where == "body":
        provider.declare(f"{add}; import v; return v.word")
    else:
        provider.declare("return v.word", f"{add}\nimport v")
    provider.lock()
    assert provider.start(USE).stdout == "new\n"
    provider.forge("good/vend/w.py")
    assert provider.refused()


BY_THREAD = (
    "import threading as t, importlib; "
    "x = t.Thread(target=importlib.import_module, args=('good.ext' + 'ra',)); x.start(); x.join()"
)
BY_LOADER = (
    "import os, importlib.machinery as u; "
    "u.SourceFileLoader('good.extra', os.path.dirname(__file__) + '/extra.py').load_module()"
)
BY_FINDER = (
    "import importlib.machinery as u, importlib.util as v, good; "
    "s = u.PathFinder.find_spec('good.ext' + 'ra', good.__path__); m = v.module_from_spec(s); s.loader.exec_module(m)"
)


@pytest.mark.parametrize(
    "body",
    [
        BY_THREAD,
        "import atexit, importlib; atexit.register(importlib.import_module, 'good.ext' + 'ra')",
        "import logging.config as c; c.BaseConfigurator({}).resolve('good.ext' + 'ra.x')",
        "exec(compile(\"import importlib; importlib.import_module('good.ext' + 'ra')\", '<s>', 'exec'), {})",
        BY_LOADER,
        BY_FINDER,
    ],
)
def test_by_code_of_others(provider, body):
    """Python's own modules, threads, `exec` and loaders bring in nothing that the patch itself may not import."""
    said = refused(provider, "good/extra.py", f"__import__('warnings').simplefilter('ignore'); {body}")
    assert "the policy does not name" in said


def test_bytecode_without_its_source(provider):
    """Bytecode in the place of a source is guarded as sources are, in the packages of the provider."""
    record(provider, "good/late.pyc")
    provider.declare("__import__('good.la' + 'te'); return 'new'")
    provider.lock()
    provider.world.write("late.py", "")
    provider.forge("late.py")
    py_compile.compile(str(provider.folder / "late.py"), str(provider.folder / "good" / "late.pyc"), doraise=True)
    done = provider.start(USE)
    assert "late.pyc" in done.stderr
    assert not provider.mark.exists()


@pytest.mark.parametrize("form", ["source", "bytecode"])
def test_name_of_a_hashed_module(provider, form):
    """A file that comes in the place of a hashed module while the program runs is not executed."""
    record(provider, "good/helper.py")
    provider.world.write("good/helper.py", "word = 'new'\n")
    provider.declare("from good.helper import word; return word")
    provider.lock()
    provider.world.write("late.py", "")
    provider.forge("late.py")
    late, package = (str(provider.folder / one) for one in ("late.py", "good/helper"))
    put = {
        "source": f"shutil.copy({late!r}, {package + '/__init__.py'!r})",
        "bytecode": f"py_compile.compile({late!r}, {package + '/__init__.pyc'!r})",
    }
    script = (
        f"import os, py_compile, shutil, backportkit; backportkit.apply_all(); import victim; os.mkdir({package!r})"
    )
    done = provider.start(f"{script}; {put[form]}; victim.f()")
    assert "is not the file that the policy names for good.helper" in done.stderr
    assert not provider.mark.exists()


@pytest.mark.parametrize("way", ["import good.extra", "exec('import good.extra')", "thread", "-c"])
def test_program_itself(provider, way):
    """The program may import what it likes of the provider, from a file of its own or from none, in any thread."""
    record(provider, "good/extra.py")
    provider.world.write("good/extra.py", "print('extra')\n")
    provider.declare()
    provider.lock()
    thread = "import threading\ndef run(): import good.extra\nt = threading.Thread(target=run); t.start(); t.join()"
    script = f"{USE}\n{thread if way == 'thread' else way}"
    if way == "-c":
        call = [sys.executable, "-c", f"import sys; sys.prefix = {str(provider.folder)!r}; {USE}; import good.extra"]
        done = subprocess.run(call, cwd=provider.folder, capture_output=True, text=True, check=False)
    else:
        done = provider.start(script)
    assert done.stdout == "new\nextra\n", done.stderr
