"""The examples of README.md and docs/{declaring,edits,forms,testing}.md do, as printed, what the text says."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest
import warm

ROOT = Path(__file__).parents[1]

ZIPP = """
import posixpath
def _ancestry(path):
    path = path.rstrip(posixpath.sep)
    while path and path != posixpath.sep:
        yield path
        path, tail = posixpath.split(path)
"""


def blocks(document, language="python"):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)


def check(world, path):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "300"}
    return warm.run(["-m", "backportkit", "check", path], world.folder, variables)


def zipp(world):
    world.distribution("zipp", "3.18.0")
    world.write("zipp.py", ZIPP)
    declaring, applying = blocks("README.md")
    world.write("myproject/backports.py", declaring)
    return applying


def test_first_example_of_the_readme_ends_the_loop(world):
    """Printed as it is, the patch of zipp 3.18.0 is applied, and '//a' has one ancestor instead of a loop."""
    script = "import zipp, itertools\nprint(list(itertools.islice(zipp._ancestry('//a'), 5)))"
    assert world.run(zipp(world) + script) == ["['//a']"]
    assert world.run(script) == ["['//a', '//', '//', '//', '//']"]


def test_first_example_of_the_readme_is_right_for_check(world):
    """`backportkit check` finds no error in it: its body finds all names that it uses."""
    zipp(world)
    done = check(world, "myproject/backports.py")
    assert done.returncode == 0, done.stdout
    assert "BK2" not in done.stdout


PARENTS = "def _parents(path): return [*_ancestry(path)][1:]\n"


@pytest.fixture
def tested(world):
    """A world with the files of docs/testing.md."""
    zipp(world)
    world.write("zipp.py", ZIPP + PARENTS)
    conftest, reproducers, tests, one = blocks("docs/testing.md")
    world.write("tests/conftest.py", conftest)
    world.write("myproject/reproducers.py", reproducers)
    world.write("tests/test_backports.py", tests)
    world.write("tests/test_alone.py", one)
    return world


def pytest_in(world):
    """Return the outcome of each test, by its name, and what pytest printed."""
    done = warm.fresh(
        ["-m", "pytest", "-rA", "-p", "no:cacheprovider", "tests"],
        world.folder,
        {"PYTHONPATH": str(world.folder), "COLUMNS": "300"},
    )
    outcomes = re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE)
    return {name: outcome for outcome, name in outcomes}, done.stdout


def test_examples_of_testing_pass(tested):
    """All tests of the page pass, also those that come after the ones that undo patches."""
    after = "import zipp\ndef test_parents_are_back(): assert zipp._parents('a/b/c') == ['a/b', 'a']\n"
    tested.write("tests/test_b.py", after)
    outcomes, said = pytest_in(tested)
    assert outcomes == dict.fromkeys(
        (
            "test_without_parents",
            "test_with_parents",
            "test_parents_are_back",
            "test_patch_mends_it",
            "test_bug_is_there_without_it",
        ),
        "PASSED",
    ), said


def test_examples_of_testing_fail_where_upstream_has_the_fix(tested):
    """Both tests of the patch say that it is of no use any more, the first one with the reason."""
    (tested.folder / "zipp-3.18.0.dist-info").rename(tested.folder / "zipp-3.20.1.dist-info")
    tested.write("zipp-3.20.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: zipp\nVersion: 3.20.1\n")
    tested.write("zipp.py", ZIPP.replace("path and path != posixpath.sep", "path.rstrip(posixpath.sep)") + PARENTS)
    (tested.folder / "tests/test_alone.py").unlink()
    outcomes, said = pytest_in(tested)
    assert outcomes == {"test_patch_mends_it": "FAILED", "test_bug_is_there_without_it": "FAILED"}
    assert "zipp 3.20.1 is installed; the patch is for <3.20.1,>=0.6.0" in said


def test_reproducer_of_testing_proves_the_patch(tested):
    """With the line that the page gives, `backportkit prove` finds it red, green and red."""
    (line,) = re.findall(r"`(reproducer=Reproducer\(.*\))`", (ROOT / "docs/testing.md").read_text("utf-8"))
    declaring = blocks("README.md")[0].replace("    namespace=", f"    {line},\n    namespace=")
    tested.write("myproject/backports.py", f"from backportkit import Reproducer\n{declaring}")
    assert "zipp-cve-2024-5569: proved with zipp 3.18.0" in prove(tested, "zipp-cve-2024-5569").stdout


def prove(world, patch):
    arguments = ["-m", "backportkit", "prove", patch, "--import", "myproject.backports"]
    return warm.fresh(arguments, world.folder, {"PYTHONPATH": str(world.folder), "COLUMNS": "300"})


PACKAGE = """
import functools
HANDLERS = {}
def handle(): return "old"
HANDLERS["kind"] = handle
def _step(): return 1
@functools.lru_cache
def compute(): return _step()
LIMITS = {"lines": 10}
class Class:
    def method(self, argument): return "old"
class Options: pass
class Base:
    def close(self): self.closed = True
class Reader(Base):
    def __init__(self, options=None): self.__options = options
    def close(self): return self.__options.missing
"""

FIXES = """
def method(self, argument): return "new"
def handle(): return "new"
def write(): return handle() + " of " + str(LIMITS["lines"])
"""


REPRODUCER = """
def last_line_is_there():
    from package.module import Class
    assert Class().method("text") == "new", "the last line is lost"
"""


@pytest.fixture
def package(world):
    """A world in which `package` 2.2 is installed, of which docs/declaring.md speaks."""
    world.distribution("package", "2.2")
    world.write("package/module.py", PACKAGE)
    world.write("package/writer.py", "from package.module import LIMITS, handle\ndef write(): return 'nothing'\n")
    world.write("myproject/fixes.py", FIXES)
    world.write("backports.toml", blocks("docs/declaring.md", "toml")[0])
    return world


def test_examples_of_declaring_can_be_run(package):
    """Each Python example of docs/declaring.md declares its patches, with the ids that it says or that follow."""
    ids = "import backportkit, declared; print(sorted(s.id for s in backportkit.status() if s.provider == 'declared'))"

    def declared_by(block):
        package.write("declared.py", block)
        return package.run(ids)[-1]

    assert [declared_by(block) for block in blocks("docs/declaring.md")] == [
        "['package-123']",
        "['package-127']",
        "['package-126']",
        "['package-128']",
        "['package-124', 'package-125']",
        "['package-123', 'package-126']",
    ]


@pytest.mark.parametrize("example", [2, 5])
def test_example_of_several_edits_mends_both_modules(package, example):
    """Its edits in two modules and in a mapping are in effect together, by `Patch` and by TOML."""
    script = """
import backportkit
backportkit.apply_all()
from package.writer import write
print(write(), backportkit.is_applied("package-126"))
"""
    assert package.run(blocks("docs/declaring.md")[example] + script) == ["new of 100 True"]


def test_example_of_several_branches_is_met_by_one(package):
    """`package` 2.2 is in the third range, so that the patch is applied."""
    script = """
import backportkit
backportkit.apply_all()
from package.module import handle
print(handle(), [one.installed for one in backportkit.status() if one.id == "package-127"])
"""
    assert package.run(blocks("docs/declaring.md")[1] + script) == ["None [{'package': '2.2'}]"]


def test_example_of_callbacks_repairs_what_was_taken_before(package):
    """The registry has the new function, and the cache is cleared, at apply_all() and again as it is undone."""
    script = """
import backportkit
from package.module import HANDLERS, compute
print(HANDLERS["kind"](), compute())
backportkit.apply_all()
print(HANDLERS["kind"](), compute())
backportkit.unpatch_all()
print(HANDLERS["kind"](), compute())
"""
    callbacks = blocks("docs/declaring.md")[4]
    assert package.run(callbacks + script) == ["old 1", "None None", "old 1"]


def test_example_of_upstreams_body_mends_the_class(package):
    """Each method matches one of the fingerprints; `super()` and private names mean what they mean upstream."""
    script = """
import backportkit, declared
backportkit.apply_all()
from package.module import Options, Reader
reader = Reader()
print(isinstance(reader.close(), Options), reader.closed, backportkit.is_applied("package-128"))
"""
    package.write("declared.py", blocks("docs/declaring.md")[3])
    assert package.run(script) == ["True True True"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="annotations are evaluated when they are asked for")
def test_annotations_are_evaluated_where_the_body_is_declared(package):
    """Without the import from `__future__` that the page has, a name of the target's module is unknown there."""
    _, _, example = blocks("docs/declaring.md")[3].partition("\n")
    assert "NameError: name 'Options' is not defined" in package.start(example).stderr


def test_example_of_data_can_be_proved(package):
    """The reproducer in the TOML shows the bug, and that the patch mends it."""
    package.write("myproject/reproducers.py", REPRODUCER)
    package.write("myproject/backports.toml", blocks("docs/declaring.md", "toml")[0])
    package.write("myproject/backports.py", blocks("docs/declaring.md")[5])
    assert "package-123: proved with package 2.2" in prove(package, "package-123").stdout


def test_table_of_package_data_puts_the_file_into_the_wheel(package):
    """A project with the lines of the page has its patches in the wheel that setuptools builds."""
    package.write("build/myproject/backports.toml", blocks("docs/declaring.md", "toml")[0])
    package.write("build/myproject/__init__.py", "")
    named = "[project]\nname = 'myproject'\nversion = '1'\n[tool.setuptools]\npackages = ['myproject']\n"
    package.write("build/pyproject.toml", named + blocks("docs/declaring.md", "toml")[1])
    building = "from setuptools import build_meta; build_meta.build_wheel('.')"
    done = warm.fresh(["-c", building], package.folder / "build")
    assert done.returncode == 0, done.stderr
    (wheel,) = package.folder.glob("build/*.whl")
    assert "myproject/backports.toml" in zipfile.ZipFile(wheel).namelist()


def test_example_of_data_is_right_for_check(package):
    """`backportkit check` finds no error in the TOML, with a replacement where it says."""
    done = check(package, "backports.toml")
    assert (done.returncode, "2 patches, 0 dormant here" in done.stdout) == (0, True), done.stdout


EXPORT = """
SEPARATOR = ","
def lines(order): return [f"{price}" for price in order.prices]
"""


@pytest.fixture
def shop(world):
    """A world in which `shop` 2.2 is installed, of which docs/edits.md speaks."""
    module, _, fixes, *_ = blocks("docs/edits.md")
    world.distribution("shop", "2.2")
    world.write("shop/orders.py", module)
    world.write("shop/export.py", EXPORT)
    world.write("myproject/fixes.py", fixes)
    return world


def test_each_kind_of_edit_takes_effect_and_is_undone(shop):
    """The page's patch of many edits, in two modules that are imported one after the other."""
    script = """
import backportkit
backportkit.apply_all()
from shop import orders, export
def look():
    order = orders.Order(0.1, 0.2)
    order.add(0.3)
    print(orders.total(order), orders.export(order), order.prices, orders.LIMIT, orders.RATES, orders.log.disabled)
    check, = orders.CHECKS["prices"]
    print(check(orders.Order(-1)), orders.HOOKS[0] is print, hasattr(orders, "_rounded"), export.SEPARATOR)
    order.size = -1
    print(order.prices)
look()
backportkit.unpatch_all()
look()
"""
    total = f"{sum((0.1, 0.2, 0.3))}"  # which is 0.6 since 3.12
    assert shop.run(blocks("docs/edits.md")[1] + script) == [
        "0.6 0.60 (0.1, 0.2, 0.3) 100 {'de': {'food': 0.07, 'book': 0.05, 'toys': 0.19}} True",
        "False False True ;",
        "()",
        f"{total} {total} (0.1, 0.2, 0.3) 10 {{'de': {{'food': 0.07, 'book': 0.07}}}} False",
        "True True False ,",
        "(0.1, 0.2)",
    ]


def test_helpers_come_along(shop):
    """Those of the decorator's `adds` in the module, those that are marked in the class."""
    script = """
import backportkit
from shop import orders, export
backportkit.apply_all()
order = orders.Order(2, -1)
print(export.lines(order), export.CURRENCY, order, orders.Order())
backportkit.unpatch_all()
print(export.lines(order), sorted(vars(export).keys() & {"_checked", "CURRENCY"}), hasattr(order, "_sorted"))
"""
    *_, adds, added = blocks("docs/edits.md")
    assert shop.run(adds + added + script) == [
        "['2 EUR', '0 EUR'] EUR -1, 2 nothing",
        "['2', '-1'] [] False",
    ]


def forms():
    """The rows of docs/forms.md that say what is true while the patch is applied."""
    rows = re.findall(
        r"^\| [^|]+ \| `([^|]+)` \| `([^|]+)` \|$", (ROOT / "docs/forms.md").read_text("utf-8"), re.MULTILINE
    )
    return [pytest.param(*row, id=str(number)) for number, row in enumerate(rows)]


@pytest.mark.parametrize(("fields", "then"), forms())
def test_form_does_what_its_row_says(shop, fields, then):
    """What the row says is true while the patch is applied, and no longer when it is undone."""
    shop.write("myproject/forms.py", blocks("docs/forms.md")[0])
    shop.write("shop/export.py", EXPORT + "\nfrom shop.orders import LIMIT, total\n")
    script = f"""
import importlib, backportkit
from backportkit import any_of
from myproject.forms import *
from shop import export, orders
backportkit.register(dict(dict(id="shop-131", summary="s", requires="shop<2.4"), {fields}))
def look():
    order = orders.Order(0.5, 0.21)
    try:
        return bool({then})
    except (ImportError, TypeError):
        return False
print(look())
backportkit.apply_all()
print(look(), backportkit.status()[0].state.value)
backportkit.unpatch_all()
print(look())
"""
    assert shop.run(script) == ["False", "True applied", "False"]


def test_rows_of_forms_are_all_tried():
    """No row falls through the pattern that finds them."""
    said = (ROOT / "docs/forms.md").read_text("utf-8")
    assert len(forms()) == sum(line.count("` | `") for line in said.splitlines()) > 15


@pytest.mark.parametrize("example", [1, 3, 4])
def test_examples_of_edits_are_right_for_check(shop, example):
    """`backportkit check` finds no error in any of them."""
    shop.write("myproject/backports.py", blocks("docs/edits.md")[example])
    done = check(shop, "myproject/backports.py")
    assert (done.returncode, "1 patch, 0 dormant here" in done.stdout) == (0, True), done.stdout
