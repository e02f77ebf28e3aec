"""Each Python example of a page is run: below, or by the file that is named here."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from test_docs_examples import ZIPP

pytestmark = pytest.mark.warm

TESTS = Path(__file__).parents[1]
DOCS = TESTS.parent / "docs"
PYTHON = re.compile(r"^( *)```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)

# The file that runs the examples of a page.
RUN_BY = {
    "architecture.md": "docs/test_blocks.py",
    "by-hand.md": "test_docs_by_hand.py",
    "declaring.md": "test_docs_examples.py",
    "edits.md": "test_docs_examples.py",
    "findings.md": "docs/finding_page.py",
    "fleet.md": "docs/test_blocks.py",
    "forms.md": "test_docs_examples.py",
    "hook.md": "docs/test_blocks.py",
    "images.md": "processes/test_functions.py",
    "index.md": "docs/test_blocks.py",
    "migrating-from-env-override.md": "docs/test_blocks.py",
    "notebooks.md": "tools/test_notebooks.py",
    "patches-by-hand.md": "docs/record.py",
    "policy.md": "docs/test_blocks.py",
    "proving.md": "docs/test_blocks.py",
    "sbom.md": "test_docs_sbom.py",
    "security.md": "docs/test_blocks.py",
    "servers.md": "tools/test_servers.py",
    "targets.md": "docs/test_blocks.py",
    "testing.md": "test_docs_examples.py",
    "tutorial.md": "docs/tutorial_page.py",
}


def examples(name):
    """Return the Python examples of a page, without the indentation of a list that they stand in."""
    return [textwrap.dedent(text) for _, text in PYTHON.findall((DOCS / name).read_text("utf-8"))]


def test_no_example_is_run_by_nobody():
    """A page with a Python example names the file that runs it, and that file speaks of the page."""
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if PYTHON.search(path.read_text("utf-8"))}
    assert pages == set(RUN_BY)
    for page, file in RUN_BY.items():
        assert page.removesuffix(".md") in (TESTS / file).read_text("utf-8")


@pytest.fixture
def victim(world):
    """A world with `victim` 1.5, which has two functions."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 1 / 0\n")
    return world


def test_example_of_the_start_page_ends_the_loop(world):
    """As the one of the README does."""
    world.distribution("zipp", "3.18.0")
    world.write("zipp.py", ZIPP)
    (declaring,) = examples("index.md")
    script = "\nimport backportkit\nbackportkit.apply_all()\nimport zipp\nprint([*zipp._ancestry('//a')])"
    assert world.run(declaring + script) == ["['//a']"]


def test_example_of_architecture_is_applied(victim):
    (example,) = examples("architecture.md")
    script = f"import backportkit\nfrom backportkit import backport\n{example}\nprint(victim.f())"
    assert victim.run(script) == ["new"]


def test_example_of_the_hook_is_called_back(world):
    """The callback is told of the module that loads after that."""
    world.write("package/module.py", "")
    (example,) = examples("hook.md")
    script = example.replace("lambda name, module: ...", "lambda name, module: print(name, module.__name__)")
    assert world.run(f"{script}\nassert module is None\nimport package.module") == ["package.module package.module"]


def test_example_of_migrating_is_the_shipped_declaration():
    """But for the body and the name of the reproducer, which the page leaves out."""
    (example,) = examples("migrating-from-env-override.md")
    shipped = (TESTS.parent / "backportkit_patches/torch/torch_176557.py").read_text("utf-8")
    missing = [line for line in example.splitlines() if line.strip() not in shipped and "..." not in line]
    assert missing == []


def test_example_of_policy_adds_a_note_to_what_is_logged(victim):
    """The patch whose code is in the traceback."""
    victim.write("mine.py", "def g(): return 1 / 0\n")
    example = next(one for one in examples("policy.md") if "note_patches" in one)
    script = f"""
{example}
backportkit.register(dict(id="victim-1", summary="s", requires="victim<2", target="victim:g", replacement="mine:g"))
backportkit.apply_all()
import victim
try:
    victim.g()
except ZeroDivisionError as error:
    logging.getLogger("app").critical("x", exc_info=error)
    print(*error.__notes__)
"""
    done = victim.start(script)
    assert "victim-1" in done.stdout, done.stderr


def test_example_of_security_forbids_the_patches_of_others(victim):
    """An audit hook that raises forbids a patch of another distribution."""
    victim.distribution("provider", "1.0", {"victim": "provider"})
    provider = (
        "from backportkit import backport\n@backport('victim:f', requires='victim<2', id='victim-1')\ndef f(): 's'\n"
    )
    victim.write("provider.py", provider)
    (example,) = examples("security.md")
    done = victim.start(f"{example}\nimport backportkit\nbackportkit.apply_all()\nimport victim")
    assert "victim-1 of provider is not one of ours" in done.stderr


def test_example_of_proving_is_a_declaration(world):
    """With a target and a range for what it leaves out."""
    (example,) = examples("proving.md")
    declared = example.replace("...,", "'zipp:_ancestry', requires='zipp<4', id='zipp-1',")
    script = f"""
from backportkit import Reproducer, backport
from backportkit.declaration.registry import declared_patches
{declared}def _ancestry(path): 'An endless loop.'
(one,) = declared_patches
print(one.patch.reproducer.timeout, one.patch.reproducer.disk)
"""
    assert world.run(script) == ["300.0 1.0"]


def test_example_of_targets_adds_a_module(world):
    """The module that is gone can be imported; a module under its other name is run anew."""
    world.distribution("torchvision", "0.17")
    world.write("torchvision/transforms/_functional_tensor.py", "def rgb_to_grayscale(): pass\n")
    script = """
import backportkit
backportkit.apply_all()
from torchvision.transforms.functional_tensor import rgb_to_grayscale
print(rgb_to_grayscale.__name__)
"""
    assert world.run(examples("targets.md")[0] + script) == ["rgb_to_grayscale"]


def test_example_of_targets_changes_the_very_function(world):
    """A registry that has taken the function has the new code."""
    world.distribution("package", "2.2")
    world.write("package/module.py", "def handle(request): return 'old'\nHANDLERS = [handle]\n")
    script = """
import backportkit
backportkit.apply_all()
from package.module import HANDLERS
print(HANDLERS[0](None))
"""
    assert world.run(examples("targets.md")[1] + script) == ["None"]


GROUP_OF_ONE = """
def get_world_size(group): return 1
def all_gather_object(into, text, group): into[0] = text
"""


def test_examples_of_fleet_are_called_as_they_stand(victim):
    """The report is written; torch.distributed, Ray and Dask are stood for by what the examples ask of them."""
    report, ranks, ray, dask = examples("fleet.md")
    victim.write("torch/distributed.py", GROUP_OF_ONE)
    victim.write("ray.py", "def init(runtime_env): print(sorted(runtime_env['env_vars']))\n")
    victim.write("distributed/diagnostics/plugin.py", "class WorkerPlugin: pass\n")
    client = "class client:\n    register_plugin = staticmethod(lambda plugin: print(plugin.name))"
    report = report.replace("/var/run/myservice/patches", str(victim.folder / "patches"))
    assert victim.run(f"{report}\n{ranks}\n{ray}\n{client}\n{dask}") == [
        "['BACKPORTKIT_RAY', 'MY']",
        "backportkit myproject.backports",
    ]
    assert len([*(victim.folder / "patches").iterdir()]) == 1
