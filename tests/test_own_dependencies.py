"""What backportkit itself is made of can be patched: packaging judges patches, commands need the rest."""

from __future__ import annotations

import json

import pytest

TARGETS = [
    "click.core:Command.main",
    "packaging.markers:Marker.evaluate",
    "packaging.requirements:Requirement.__init__",
    "packaging.specifiers:SpecifierSet.contains",
    "packaging.version:Version.__init__",
    "platformdirs:user_cache_dir",
    "pydantic.json_schema:GenerateJsonSchema.generate",
    "pydantic.main:BaseModel.model_dump",
    "requests.sessions:Session.request",
    "rich.markup:escape",
    "rich.table:Table.add_row",
    "tomlkit.api:parse",
    "typer.main:get_command",
    "unidiff.patch:PatchSet.from_string",
]
# A candidate as a bound and a marker are what backportkit asks packaging about.
PROVIDER = """
from backportkit import backport

called = set()


def declare(number, target):
    distribution = target.partition(":")[0].partition(".")[0]
    requires = f"{distribution}>=0.0.1rc1,<9999; python_version > '3'"

    @backport(target, requires=requires, id=f"own-{number}", how="wrap")
    def wrap(original):
        "Note that it was called."
        def call(*args, **kwargs):
            called.add(target)
            return original(*args, **kwargs)
        return call


for number, target in enumerate(TARGETS):
    declare(number, target)
"""
IMPORTS = "import importlib\nfor one in TARGETS:\n    importlib.import_module(one.partition(':')[0])\n"


@pytest.fixture
def patched(world):
    """A world with a provider that wraps a function of each library."""
    packages = {target.partition(":")[0].partition(".")[0] for target in TARGETS}
    world.distribution("provider", "1.0", dict.fromkeys(packages, "provider"))
    world.write("provider.py", f"TARGETS = {TARGETS}\n{PROVIDER}")
    return world


@pytest.mark.parametrize("order", ["before", "after"])
def test_each_library_can_be_patched(patched, order):
    """All targets are applied, imported before or after, take effect at once, and are put back."""
    first, then = ("", IMPORTS) if order == "before" else (IMPORTS, "")
    script = f"""
TARGETS = {TARGETS}
{first}
import backportkit
backportkit.apply_all()
{then}
print(len(set(backportkit.applied_ids())))
import provider
from packaging.requirements import Requirement
provider.called.clear()
Requirement("victim<2; python_version > '3'").specifier.contains("1.0")
print(sorted(provider.called))
backportkit.unpatch_all()
provider.called.clear()
Requirement("victim<2; python_version > '3'").specifier.contains("1.0")
print(sorted(provider.called))
"""
    called = [one for one in TARGETS if one.startswith("packaging") and "Marker" not in one]
    assert patched.run(script) == [str(len(TARGETS)), str(called), "[]"]


def test_question_imports_a_library_itself(patched):
    """A question that takes packaging for the marker of a patch leaves no packaging behind that is not patched."""
    script = """
import backportkit, sys
backportkit.apply_all()
print("packaging" in sys.modules)
print({one.state.value for one in backportkit.status() if one.targets[0].startswith("packaging.")})
from packaging.version import Version
import provider
provider.called.clear()
Version("1.0")
print(*provider.called)
"""
    assert patched.run(script) == ["False", "{'applied'}", "packaging.version:Version.__init__"]


def test_commands_run_patched(patched):
    """The commands do with patched libraries what they do without, and say of these patches that they are applied."""
    script = """
import backportkit, sys
backportkit.apply_all()
import rich.markup, rich.table
from backportkit.__main__ import main
try:
    main()
finally:
    import provider
    print(*sorted(provider.called), file=sys.stderr)
"""
    done = patched.start(script, "status")
    assert done.returncode == 0, done.stderr
    assert {"packaging.version:Version.__init__", "rich.markup:escape"} <= set(done.stderr.split())
    told = json.loads(patched.start(script, "status", "--json").stdout)["patches"]
    states = {one["targets"][0]: one["state"] for one in told if one["provider"] == "provider"}
    assert states.keys() == set(TARGETS)
    assert set(states.values()) == {"applied", "waiting"}
    assert states["packaging.version:Version.__init__"] == states["rich.markup:escape"] == "applied"
