"""The bench on which seven other import hooks were compared: the rows of the table in docs/hook.md, for ours.

`pytest tests/hook/test_bench.py` runs it. Each scenario prints one line, which is the cell of the table.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "hook.md"

# The row's name: (what the scenario prints, the scenario).
SCENARIOS = {
    "loader seen by module code while executing": (
        "original",
        """
        watch("victim.mod")
        import victim.mod
        print("original" if type(victim.mod.loader) is SourceFileLoader and len(victim.mod.state) == 2 else "wrapper")
        """,
    ),
    "`__spec__.loader` afterwards": (
        "original",
        """
        watch("victim.mod")
        import victim.mod
        same = victim.mod.__spec__.loader is victim.mod.__loader__ is victim.mod.loader
        print("original" if same else "wrapper")
        """,
    ),
    "`importlib.resources.files(pkg)` of a hooked package": (
        "ok",
        """
        import importlib.resources
        watch("victim")
        print(importlib.resources.files("victim").joinpath("data.txt").read_text())
        """,
    ),
    "`pkgutil.get_data`": (
        "ok",
        """
        import pkgutil
        watch("victim")
        print(pkgutil.get_data("victim", "data.txt").decode())
        """,
    ),
    "probed `spec.loader` passes `isinstance(..., SourceFileLoader)`": (
        "True (of that very type)",
        """
        watch("victim.mod")
        loader = importlib.util.find_spec("victim.mod").loader
        print(isinstance(loader, SourceFileLoader), "(of that very type)" if type(loader) is SourceFileLoader else "")
        """,
    ),
    "`find_spec` probe, then import: hook fires": (
        "yes",
        """
        watch("victim.mod")
        importlib.util.find_spec("victim.mod")
        import victim.mod
        print("yes" if calls == ["victim.mod"] else "never")
        """,
    ),
    "prober executes a private copy (`module_from_spec` + `exec_module`), then real import": (
        "real module patched, copy left alone",
        """
        watch("victim.mod")
        spec = importlib.util.find_spec("victim.mod")
        copy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(copy)
        assert calls == [] and "victim.mod" not in sys.modules
        import victim.mod
        print("real module patched," if victim.mod.patched else "real module unpatched,",
            "copy patched" if hasattr(copy, "patched") else "copy left alone")
        """,
    ),
    "`importlib.reload` fires again": (
        "yes",
        """
        watch("victim.mod")
        import victim.mod
        importlib.reload(victim.mod)
        print("yes" if calls == ["victim.mod"] * 2 else "no")
        """,
    ),
    "`del sys.modules[x]`, import again": (
        "yes",
        """
        watch("victim.mod")
        import victim.mod
        del sys.modules["victim.mod"]
        import victim.mod
        print("yes" if calls == ["victim.mod"] * 2 and victim.mod.patched else "no")
        """,
    ),
    "registered in the middle of a circular import": (
        "fires once, at the end",
        """
        def register():
            watch("circular")
            if finder.loaded_module("circular") is not None:
                calls.append("half-built")
        import circular
        print("fires once, at the end" if calls == ["circular"] and circular.complete else calls)
        """,
    ),
    "PEP 420 namespace package": (
        "fires",
        """
        watch("space")
        import space
        print("fires" if calls == ["space"] and space.patched else "never")
        """,
    ),
    "`python -m victim.mod`": (
        "runs, not fired",
        """
        import runpy
        watch("victim.mod")
        namespace = runpy.run_module("victim.mod", run_name="__main__", alter_sys=True)
        print("runs," if namespace["__name__"] == "__main__" else "?", "fired" if calls else "not fired")
        """,
    ),
    "`sys.modules[x] = None` at registration": (
        "treated as absent",
        """
        sys.modules["victim.mod"] = None
        watch("victim.mod")
        absent = finder.loaded_module("victim.mod") is None and not calls
        print("treated as absent" if absent else "hook called on None")
        """,
    ),
    "hook raises": (
        "import fails, module removed",
        """
        finder.after_import(["victim.mod"], lambda name, module: 1 / 0)
        finder.arm()
        try:
            import victim.mod
        except ZeroDivisionError:
            removed = "victim.mod" not in sys.modules and not hasattr(sys.modules["victim"], "mod")
            print("import fails,", "module removed" if removed else "module stays")
        """,
    ),
    "zip import: also fires for a sibling module": (
        "no",
        """
        import zipfile
        with zipfile.ZipFile("archive.zip", "w") as archive:
            archive.writestr("zipped.py", "")
            archive.writestr("sibling.py", "")
        sys.path.insert(0, "archive.zip")
        watch("zipped")
        import zipped, sibling
        print("no" if calls == ["zipped"] and vars(zipped.__loader__) == vars(sibling.__loader__) else "yes")
        """,
    ),
    "built-in module: also fires for the next built-in": (
        "no",
        """
        first, second = [name for name in sys.builtin_module_names if name not in sys.modules][:2]
        watch(first)
        importlib.import_module(first), importlib.import_module(second)
        print("no" if calls == [first] else "yes")
        """,
    ),
    "`parent.child` attribute set when hook runs": (
        "yes",
        """
        def tell(name, module): print("yes" if sys.modules["victim"].mod is module else "no")
        finder.after_import(["victim.mod"], tell)
        finder.arm()
        import victim
        victim.mod = None
        import victim.mod
        """,
    ),
    "hook registers another hook for the same module": (
        "ok",
        """
        def first(name, module):
            finder.after_import([name, "other"], note)
        finder.after_import(["victim.mod"], first)
        finder.arm()
        import victim.mod
        importlib.reload(victim.mod)
        print("ok" if calls == ["victim.mod"] else calls)
        """,
    ),
    "another finder in front claims the module": (
        "fires",
        """
        from importlib.machinery import PathFinder
        class Claiming:
            def find_spec(self, name, path=None, target=None):
                return PathFinder.find_spec(name, path, target) if name == "victim.mod" else None
        watch("victim.mod")
        sys.meta_path.insert(0, Claiming())
        import victim.mod
        print("fires" if calls == ["victim.mod"] else "never fires")
        """,
    ),
}


@pytest.fixture
def bench(world, run):
    """A world with the victims of all scenarios."""
    world.write("victim/mod.py", "loader = __spec__.loader\nstate = dict(vars(loader))\n")
    world.write("victim/data.txt", "ok")
    world.write("circular.py", "import __main__; __main__.register()\ncomplete = True\n")
    (world.folder / "space").mkdir()
    return lambda script: run("from importlib.machinery import SourceFileLoader\n" + script)


@pytest.mark.parametrize("row", SCENARIOS)
def test_scenario_ends_as_the_table_says(bench, row):
    printed, script = SCENARIOS[row]
    assert bench(os.linesep.join(line[8:] for line in script.splitlines())) == [printed]


@pytest.mark.parametrize("row", SCENARIOS)
def test_table_of_the_documentation_gives_what_the_scenario_prints(row):
    rows = [line.split(" | ") for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = {cells[0].removeprefix("| "): cells[1] for cells in rows}
    assert cells[row].replace("**", "") == SCENARIOS[row][0]


def test_table_has_no_other_rows():
    text = DOCUMENT.read_text("utf-8")
    table = text[text.index("| scenario |") :].partition("\n\n")[0].splitlines()
    assert len(table) == len(SCENARIOS) + 2
