"""Of several copies of a distribution, the one counts that the patched module was, or would be, loaded from."""

from __future__ import annotations

import importlib
import sys
import zipfile

import pytest

from backportkit import bootstrap
from backportkit.declaration import discovery, eligibility

METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


class Places:
    """Folders in the order of `sys.path`, with distributions and modules in them."""

    def __init__(self, folder, monkeypatch):
        self.names = ["first", "second"]
        self.paths = [folder / name for name in self.names]
        for path in self.paths:
            path.mkdir()
        monkeypatch.setattr(sys, "path", [*map(str, self.paths), *sys.path])
        importlib.invalidate_caches()

    def put(self, number, name, files=(), *, kind="dist-info", lists=None):
        folder = self.paths[number]
        info = folder / f"{name}.{kind}"
        info.mkdir()
        (info / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(METADATA.format(*name.split("-")))
        for file, text in (lists or {}).items():
            (info / file).write_text(text)
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).touch()


class Rude:
    def __getattribute__(self, name):
        raise RuntimeError(name)


def naming(*packages, module):
    """Return the entry points of a provider."""
    lines = "".join(f"{package} = {module}\n" for package in packages)
    return {"entry_points.txt": f"[backportkit.patches]\n{lines}"}


@pytest.fixture
def places(tmp_path, monkeypatch):
    return Places(tmp_path, monkeypatch)


def version(name, module):
    """Return the version of a distribution that counts for a patch of a module."""
    return eligibility.judge([f"{name}<99"], module).installed[name]


@pytest.mark.parametrize("file", ["wanted_one.py", "wanted_one/__init__.py"])
def test_beside_the_module(places, file):
    """The copy beside the module counts, also where metadata of another version come first."""
    places.put(0, "wanted_one-2")
    places.put(1, "wanted_one-1", [file])
    assert version("wanted-one", "wanted_one") == "1"


def test_loaded_module(places, monkeypatch):
    """The folder of the module that is loaded counts, and not the one where it would be found now."""
    places.put(0, "wanted_two-2")
    places.put(1, "wanted_two-1", ["wanted_two.py"])
    monkeypatch.delitem(sys.modules, "wanted_two", raising=False)
    importlib.import_module("wanted_two")
    (places.paths[0] / "wanted_two.py").touch()
    importlib.invalidate_caches()
    assert version("wanted-two", "wanted_two") == "1"
    monkeypatch.delitem(sys.modules, "wanted_two")
    assert version("wanted-two", "wanted_two") == "2"


def test_rude_object(places, monkeypatch):
    """An object in `sys.modules` that raises when it is asked is not asked: the file that would be found counts."""
    places.put(0, "wanted_nine-2")
    places.put(1, "wanted_nine-1", ["wanted_nine.py"])
    monkeypatch.setitem(sys.modules, "wanted_nine", Rude())
    assert version("wanted-nine", "wanted_nine") == "1"


def test_namespace_package(places):
    """Of a namespace package over several folders, the folder of the very module counts, by the list of its files."""
    places.put(0, "dist_b-2", ["spread/other.py"], lists={"RECORD": "spread/other.py,,\n"})
    places.put(1, "dist_b-1", ["spread/wanted.py"], lists={"RECORD": "spread/wanted.py,,\n"})
    assert version("dist-b", "spread.wanted") == "1"
    assert version("dist-b", "spread.other") == "2"


def test_archive(places, monkeypatch):
    """A module in an archive is judged by the metadata in that archive."""
    archive = places.paths[1] / "lib.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("wanted_four/__init__.py", "")
        file.writestr("wanted_four-1.dist-info/METADATA", METADATA.format("wanted_four", "1"))
    places.put(0, "wanted_four-2")
    monkeypatch.setattr(sys, "path", [*sys.path[:2], str(archive), *sys.path[2:]])
    assert version("wanted-four", "wanted_four") == "1"


def test_source_tree(places):
    """A source tree is judged by the metadata beside its source, before those that an installer has left elsewhere."""
    places.put(0, "vic.tim-1")  # of an editable install
    places.put(1, "vic.tim-2.dev1", ["tree_top/__init__.py"], kind="egg-info", lists={"top_level.txt": "tree_top\n"})
    assert version("vic-tim", "tree_top") == "2.dev1"


def test_distribution_of_other_modules(places):
    """A distribution that only is required beside counts where its own module comes from, not where the target does."""
    places.put(0, "beside_one-2", ["beside_one.py"])
    places.put(1, "beside_one-1")
    places.put(1, "target_one-1", ["target_one.py"])
    assert version("beside-one", "target_one") == "2"


def test_folder_that_joined_since(places, monkeypatch):
    """Where no module tells, what was on the path at the start counts before what has joined since."""
    places.put(0, "nowhere_one-2")
    places.put(1, "nowhere_one-1")
    assert version("nowhere-one", "target_none") == "2"
    monkeypatch.setattr(bootstrap, "begun", [sys.path[1:]])
    assert version("nowhere-one", "target_none") == "1"


def test_supposed_version(places):
    """A version that is supposed counts, also where copies of another distribution differ."""
    places.put(0, "wanted_six-2")
    places.put(1, "wanted_six-1")
    judging = eligibility.Judging()
    judging.suppose("other", "7")
    assert judging.judge(["wanted-six<9", "other==7"], "x").eligible


def test_entry_points(places):
    """Of two copies of a provider, each entry point counts that its module's own copy has; no copy hides the other."""
    places.put(0, "wanted_seven-2")
    places.put(1, "wanted_seven-1", ["wanted_seven.py"], lists=naming("package_seven", module="wanted_seven"))
    (found,) = discovery.entry_points(discovery.GROUP)["package_seven"]
    assert found.metadata.version == "1"


def test_entry_points_of_a_copy_that_is_not_imported(places):
    """A module that a copy names and that comes from another one is not read twice, nor by the wrong name."""
    places.put(0, "wanted_eight-2", lists=naming("package_eight", "more_eight", module="wanted_eight"))
    places.put(1, "wanted_eight-1", ["wanted_eight.py"], lists=naming("package_eight", module="wanted_eight"))
    found = discovery.entry_points(discovery.GROUP)
    assert [one.metadata.version for one in found["package_eight"]] == ["1"]
    assert "more_eight" not in found
