"""Functions that a loader imports by their name and calls for each event, as AWS Lambda's runtime does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from page_files import cells_of, files_of
from test_docs_examples import ZIPP
from world_folder import World

import backportkit

PATCH = "zipp-cve-2024-5569"
PATCHED = ["//a", PATCH]

# What the runtime does: folders on the path, a module by its name, an error of the start as a document, and a call for
# each event (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html).
LOADER = """
import importlib, json, sys

def loaded(handler):
    module, _, name = handler.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), name)

sys.path[:0] = json.loads(sys.argv[2])
try:
    handle = loaded(sys.argv[1])
except Exception as error:
    sys.exit(json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}))
for event in range(2):
    print(json.dumps(handle(event, None)))
"""

WHERE = """
import backportkit
from handler import handle as inner
def handle(*event): return backportkit.__file__, *inner(*event)
"""
WRAPPED = """
import extension
from handler import handle as inner
from itertools import islice
def handle(*event): return [*islice(extension._ancestry("//a"), 3), *inner(*event)[1:]]
"""


@pytest.fixture
def function(tmp_path):
    """The folder of the function of the page."""
    made = World(tmp_path / "function")
    made.write("handler.py", files_of("images.md")["handler.py"])
    made.write("myproject/backports.py", cells_of("index.md")[0][0])
    return made


@pytest.fixture
def layer(tmp_path):
    """The folder of a layer with zipp and its metadata."""
    made = World(tmp_path / "layer")
    made.folder.mkdir()
    made.distribution("zipp", "3.18.0")
    made.write("zipp.py", ZIPP)
    return made


@pytest.fixture
def invoke(tmp_path):
    """Load a function from folders or archives; return what it answers to two events, or the error of its start."""

    def run(*paths, handler="handler.handle"):
        (tmp_path / "loader.py").write_text(LOADER, "utf-8")
        command = [sys.executable, tmp_path / "loader.py", handler, json.dumps([*map(str, paths)])]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120)
        return [json.loads(line) for line in (done.stdout or done.stderr).splitlines()]

    return run


def packed(folder):
    """Pack a folder into an archive; return its path."""
    return shutil.make_archive(str(folder), "zip", folder)


def test_function_of_the_page_is_patched(invoke, function, layer):
    """At each event, as often as it is called."""
    assert invoke(function.folder, layer.folder) == [PATCHED] * 2


def test_archives_are_patched(invoke, function, layer):
    """Both, or one of them."""
    archives = packed(function.folder), packed(layer.folder)
    for paths in (archives, (archives[0], layer.folder), (function.folder, archives[1])):
        assert invoke(*paths) == [PATCHED] * 2


def test_archive_that_has_backportkit_itself_is_patched(invoke, function, layer):
    """The archive stands before all that is installed."""
    shutil.copytree(layer.folder, function.folder, dirs_exist_ok=True)
    shutil.copytree(Path(backportkit.__file__).parent, function.folder / "backportkit")
    function.write("where.py", WHERE)
    archive = packed(function.folder)
    assert invoke(archive, handler="where.handle") == [[f"{archive}/backportkit/__init__.py", *PATCHED]] * 2


def test_module_of_the_handler_may_be_named_by_its_path(invoke, function, layer):
    """As Lambda takes it."""
    function.write("inner/code.py", "from handler import handle\n")
    assert invoke(function.folder, layer.folder, handler="inner/code.handle") == [PATCHED] * 2


def test_target_that_something_has_imported_before_is_patched(invoke, function, layer):
    """An extension in the process comes first; what it has bound follows."""
    function.write("extension.py", "import zipp\nfrom zipp import _ancestry\n")
    function.write("wrapped.py", WRAPPED)
    assert invoke(function.folder, layer.folder, handler="wrapped.handle") == [PATCHED] * 2


def test_layer_without_metadata_is_an_error_of_the_start(invoke, function, layer):
    """No version is known there, so that the patch is dormant, and `require` says so before the first event."""
    (folder,) = layer.folder.glob("*.dist-info")
    shutil.rmtree(folder)
    (error,) = invoke(function.folder, layer.folder)
    assert error["errorType"] == "NotAppliedError"
    assert "dormant: zipp is not installed" in error["errorMessage"]


def test_patch_that_cannot_be_applied_is_an_error_of_the_start(invoke, function, layer):
    """The message has the next step."""
    layer.write("zipp.py", ZIPP.replace("_ancestry", "_forebears"))
    (error,) = invoke(function.folder, layer.folder)
    assert error["errorType"] == "PatchImportError"
    assert "zipp is not imported unpatched" in error["errorMessage"]
    assert "next:" in error["errorMessage"]
