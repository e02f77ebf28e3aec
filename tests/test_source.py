"""The source of a module is found without importing anything."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from backportkit.source import fingerprint, reader

TEXT = "raise SystemExit('imported')\n\n\ndef f():\n    return 'é'\n"


@pytest.fixture
def folder(world, monkeypatch):
    monkeypatch.syspath_prepend(world.folder)
    return world


def test_parents_are_not_imported_and_namespace_packages_are_walked(folder):
    folder.write("pack/__init__.py", TEXT)
    folder.write("pack/sub/__init__.py", TEXT)
    path = folder.write("pack/sub/module.py", TEXT)
    assert reader.of_module("pack.sub.module") == (TEXT, "", str(path))
    (folder.folder / "space" / "inner").mkdir(parents=True)
    for place in ("space", "space/inner"):
        (folder.folder / place / "module.py").write_text(TEXT, "utf-8")
    assert reader.of_module("space.inner.module").text == TEXT
    assert reader.of_module("space.module").text == TEXT
    assert {"pack", "pack.sub", "space", "space.inner"}.isdisjoint(sys.modules)
    assert reader.of_module("space.inner") == (None, "space.inner is a namespace package, which has no code", None)


def test_editable_finder_and_old_finder_are_asked(folder, monkeypatch):
    path = folder.write("elsewhere/module.py", TEXT)

    class Editable:
        @staticmethod
        def find_spec(name, path=None, target=None):
            from importlib.util import spec_from_file_location

            place = {"editable": "__init__.py", "editable.module": "module.py"}.get(name)
            return place and spec_from_file_location(name, str(folder.folder / "elsewhere" / place))

    monkeypatch.setattr(sys, "meta_path", [object(), *sys.meta_path, Editable])
    assert reader.of_module("editable.module") == (TEXT, "", str(path))


def test_finder_that_raises_is_the_reason(monkeypatch):
    class Raises:
        @staticmethod
        def find_spec(name, path=None, target=None):
            raise KeyError(name)

    monkeypatch.setattr(sys, "meta_path", [Raises, *sys.meta_path])
    reason = "no_such cannot be looked for, since a finder raised KeyError: 'no_such'"
    assert reader.of_module("no_such") == (None, reason, None)
    assert reader.of_module("json.decoder").text


def test_frozen_modules_have_the_source_that_stands_beside_the_others():
    library = Path(sysconfig.get_path("stdlib"))
    for name, file in (("os", "os.py"), ("importlib.util", "importlib/util.py"), ("json.decoder", "json/decoder.py")):
        assert reader.of_module(name).file == str(library / file)


def test_what_has_no_source_says_why(folder):
    (folder.folder / "broken.py").write_bytes(b"# coding: utf-8\n\xff\n")
    broken = f"broken has no source that can be read beside {folder.folder / 'broken.py'}"
    assert reader.of_module("broken")[:2] == (None, broken)
    assert reader.of_module("sys") == (None, "sys is built-in, which has no source", None)
    assert reader.of_module("no_such.module") == (None, "there is no module no_such.module here", None)
    assert reader.of_module("json.no_such") == (None, "there is no module json.no_such here", None)


def test_fingerprint_is_that_of_the_source_on_disk(folder):
    folder.write("victim.py", TEXT)
    assert fingerprint.of_installed("victim", ["f"]) == (fingerprint.of_source(TEXT, ["f"]), "")
    assert fingerprint.of_installed("victim", ["C", "f"]) == (None, "victim has no 'C'")
    assert fingerprint.of_installed("sys", ["exit"]) == (None, "sys is built-in, which has no source")
    folder.write("wrong.py", "def f(:\n")
    reason = fingerprint.of_installed("wrong", ["f"]).reason
    assert reason.startswith("the source of wrong cannot be read: invalid syntax")
    assert "victim" not in sys.modules


def test_fingerprint_of_a_name_that_is_imported_from_elsewhere_is_that_of_its_definition(folder):
    folder.write("package/inner/home.py", TEXT + "class C:\n    def method(self): return 1\n")
    folder.write("package/inner/__init__.py", "from .home import f as g\nfrom .home import C\n")
    folder.write("package/door.py", "try:\n    from .inner import g as h, C\nexcept ImportError:\n    raise\n")
    folder.write("package/circle.py", "from .circle import f\nfrom .gone import x\n")
    expected = fingerprint.of_installed("package.inner.home", ["f"]).value
    assert fingerprint.of_installed("package.door", ["h"]).value == expected is not None
    method = fingerprint.of_installed("package.inner.home", ["C", "method"]).value
    assert fingerprint.of_installed("package.door", ["C", "method"]).value == method is not None
    circle = "the source of package.circle has no definition of f"
    assert fingerprint.of_installed("package.circle", ["f"]) == (None, circle)
    assert fingerprint.of_installed("package.circle", ["x"]) == (None, "package.gone:x cannot be followed")
    assert not [name for name in sys.modules if name.partition(".")[0] == "package"]
