"""`status` says of a patch that waits for a module that there is none."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

START = """
import sys, types
import backportkit
from backportkit import apply_all
def state(target, **more):
    backportkit.register(dict(id="v-1", summary="s", requires="victim<2", target=target) | (more or dict(value=1)))
    apply_all()
    try: import victim
    except ImportError: pass
    loaded = set(sys.modules)
    (found,) = (one for one in backportkit.status() if one.id == "v-1")
    print(found.reason, [name for name in set(sys.modules) - loaded if name.startswith("victim")])
"""


@pytest.fixture
def victim(world):
    """A package with a module `filters`."""
    world.distribution("victim", "1.5")
    world.write("victim/__init__.py", "")
    world.write("victim/filters.py", "raise SystemExit('is imported')")
    return world


WRONG = "is not imported yet, and no finder has such a module so far"
WAY = "correct the target, or narrow `requires` to the releases that have it"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("victim.filter:f", f"victim.filter {WRONG} (there is 'filters'): {WAY}"),
        ("victim.quite.other:f", f"victim.quite.other {WRONG}: {WAY}"),
        ("vitcim:f", f"vitcim {WRONG} (there is 'victim'): {WAY}"),
        ("victim.filters:f", "victim.filters is not imported yet"),
    ],
)
def test_typo(victim, target, said):
    """The nearest name in the package is told, and nothing is imported for that."""
    assert victim.run(f"{START}\nstate({target!r})") == [f"{said} []"]


def test_added(victim):
    """A module that a patch adds is not there as long as nobody imports it."""
    assert victim.run(f"{START}\nstate('victim.gone', how='add', alias_of='json')") == [
        "victim.gone is not imported yet []"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "import os; __path__.append(os.path.join(os.path.dirname(__file__), 'more'))",
        "import sys\nclass Late:\n    def find_spec(self, *_): raise OSError('not now')\nsys.meta_path.append(Late())",
    ],
)
def test_found_in_another_way(victim, body):
    """A package may lead elsewhere as it runs, and a finder that fails tells nothing."""
    victim.write("victim/more/late.py", "")
    victim.write("victim/__init__.py", body)
    assert victim.run(f"{START}\nstate('victim.late:f')") == ["victim.late is not imported yet []"]


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ("victim<2", "; victim belongs to Py-Victim: name that in `requires`"),
        ("no-such<2", "; victim belongs to Py-Victim: name that in `requires`"),
        ("py-victim<1", None),
    ],
)
def test_other_distribution(victim, requires, said):
    """Of a patch for a distribution that is not installed, the one that has the module is told."""
    next(victim.folder.glob("victim-*.dist-info")).rename(victim.folder / "py_victim-1.5.dist-info")
    info = victim.folder / "py_victim-1.5.dist-info"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Py-Victim\nVersion: 1.5\n")
    (info / "top_level.txt").write_text("victim\n")
    (found,) = victim.run(f"{START}\nstate('victim:f', requires={requires!r}, value=1)")
    assert found.endswith("is for <1 []" if said is None else f"{said} []")
