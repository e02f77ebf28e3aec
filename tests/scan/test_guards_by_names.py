"""Guards that look for a name: for which of upstream's releases they hold."""

from __future__ import annotations

import json

import pytest
from package_index import wheel

pytestmark = pytest.mark.warm

# Each puts `f` in where upstream has none.
LACKING = {
    "hasattr": 'if not hasattr(victim, "f"):\n    {}',
    "else": 'if hasattr(victim, "f"):\n    pass\nelse:\n    {}',
    "getattr": 'if getattr(victim, "f", None) is None:\n    {}',
    "vars": 'if "f" not in vars(victim):\n    {}',
    "import": "try:\n    from victim import f as there\nexcept ImportError:\n    {}",
    "attribute": "try:\n    victim.f\nexcept AttributeError:\n    {}",
    "both": "try:\n    there = victim.f\nexcept (AttributeError, ImportError):\n    {}",
    "module": "try:\n    import victim.sub\nexcept ImportError:\n    {}",
}
# Each changes what upstream has.
HAVING = {
    "hasattr": 'if hasattr(victim, "old"):\n    {}',
    "import": "try:\n    from victim import old\nexcept ImportError:\n    pass\nelse:\n    {}",
    "within": "try:\n    from victim import old\n    {}\nexcept ImportError:\n    pass",
}


def put(index, version, files):
    index.put(f"victim-{version}-py3-none-any.whl", wheel(version, files))


@pytest.fixture
def told(index):
    """Return the finding of a statement in a project that requires some releases of upstream's."""

    def told(statement, dependency, *more):
        for version in ("1.0", "1.5"):
            put(index, version, {"victim/__init__.py": "def old(): ...\n\n\nFLAG = None\n"})
        for version in ("2.0", "3.0"):
            put(index, version, {"victim/__init__.py": "def f(): ...\n\n\nFLAG = None\n", "victim/sub.py": ""})
        project = f'[project]\nname = "proj"\ndependencies = ["victim{dependency}"]\n'
        (index.folder / "pyproject.toml").write_text(project)
        (index.folder / "proj.py").write_text(
            f"import victim\n\nused = victim\n\n\ndef mine(): return\n\n\n{statement}\n"
        )
        (found,) = json.loads(index.run("scan", "proj.py", "--json", *more).stdout)["findings"]
        return found

    return told


@pytest.mark.parametrize("guard", LACKING.values(), ids=LACKING)
@pytest.mark.parametrize(
    ("dependency", "verdict", "reason"),
    [
        (">=1", "needed", "its guard looks for what is missing, and holds for some of victim>=1"),
        (">=2", "dead", "its guard looks for what is missing, and holds for victim <2.0 at most; the project"),
    ],
)
def test_lacking(told, guard, dependency, verdict, reason):
    """A guard for what is missing holds below the first release that has it, and is dead where all have it."""
    found = told(guard.format("victim.f = mine"), dependency)

    assert (found["verdict"], found["specifier"]) == (verdict, "<2.0")
    assert found["reason"].startswith(reason)
    assert "first release" not in found["reason"]


@pytest.mark.parametrize("guard", HAVING.values(), ids=HAVING)
@pytest.mark.parametrize(("dependency", "verdict"), [(">=1", "needed"), (">=2", "dead")])
def test_having(told, guard, dependency, verdict):
    """A guard for what is there holds for the releases that have it, and is dead where none has it."""
    found = told(guard.format("victim.old = mine"), dependency)

    assert (found["verdict"], found["specifier"]) == (verdict, "<2.0")


@pytest.mark.parametrize(
    "guard",
    [
        'if not getattr(victim, "FLAG", None):\n    {}',
        "try:\n    from victim import f as there\n    there()\nexcept ImportError:\n    {}",
        "try:\n    from proj_extra import f as there\nexcept ImportError:\n    {}",
        'if not hasattr(unknown(), "f"):\n    {}',
    ],
    ids=["by its value", "a call", "another distribution", "of something unknown"],
)
def test_untold(told, guard):
    """A guard that may hold for other reasons has no range, and is no dead one."""
    assert told(guard.format("victim.f = mine"), ">=2")["specifier"] == ""


def test_without_releases(scan):
    """A patch that is made where something is missing has an end, even where no release can be asked."""
    (found,) = scan({"proj.py": f"import victim\n\n\n{LACKING['hasattr'].format('victim.f = print')}\n"})["findings"]

    assert (found["verdict"], found["how"]) == ("needed", "add")
    assert found["reason"] == "its guard looks for what is missing, and nothing says that upstream has it"
