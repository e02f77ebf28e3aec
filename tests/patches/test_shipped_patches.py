"""The shipped patches of small packages and of the standard library, each proved on the Python that is running."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest
import warm

from backportkit import toml

PATCHES = Path(__file__).parents[2] / "backportkit_patches"

# The first release of each Python that has the fix of python-cve-2025-8194.
FIXED_IN = {(3, 10): 19, (3, 11): 14, (3, 12): 12, (3, 13): 6}

SMALL = (
    "pypdf-cve-2026-22690",
    "python-cve-2025-8194",
    "requests-cve-2024-47081",
    "starlette-cve-2025-54121",
    "starlette-cve-2025-62727",
    "tomlkit-277",
)


def backportkit(*arguments):
    return warm.run(["-m", "backportkit", *arguments], Path.cwd())


def is_fixed_here(patch):
    """Tell whether the running Python has the fix that a patch of the standard library carries."""
    return patch.startswith("python-") and sys.version_info[2] >= FIXED_IN.get(sys.version_info[:2], 0)


@pytest.mark.parametrize("patch", [patch for patch in SMALL if not is_fixed_here(patch)])
def test_patch_is_red_without_and_green_with_and_red_after_undo(patch):
    done = backportkit("prove", patch, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert [run["colour"] for run in json.loads(done.stdout)["runs"]] == ["red", "green", "red"]


def test_proof_has_its_asserts_where_the_shell_drops_them(monkeypatch):
    """PYTHONOPTIMIZE would let a reproducer pass that is made of asserts."""
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    done = backportkit("prove", "tomlkit-277", "--json")
    assert [run["colour"] for run in json.loads(done.stdout)["runs"]] == ["red", "green", "red"], done.stderr


def test_every_patch_that_is_not_for_torch_is_proved_above():
    shipped = json.loads(backportkit("status", "--json").stdout)["patches"]
    assert sorted(one["id"] for one in shipped if not one["targets"][0].startswith("torch.")) == list(SMALL)


def test_every_patch_of_a_vulnerability_resolves_it():
    """A patch that is named after a CVE says that it resolves that one."""
    shipped = json.loads(backportkit("status", "--json").stdout)["patches"]
    named = {one["id"]: f"CVE-{one['id'].partition('-cve-')[2]}" for one in shipped if "-cve-" in one["id"]}
    assert {one["id"] for one in shipped if named.get(one["id"]) in one["resolves"]} == set(named)


def test_every_patch_says_where_it_differs_from_upstreams_change():
    """The module that declares it does, be it that it differs in nothing."""
    texts = {path: path.read_text("utf-8") for path in PATCHES.glob("*/*.py")}
    declaring = {path: ast.parse(text) for path, text in texts.items() if "backport(" in text or "register(" in text}
    assert len(declaring) == 16
    assert [path.name for path, tree in declaring.items() if "Differs from " not in ast.get_docstring(tree)] == []


def test_every_file_with_code_of_upstreams_names_its_licence():
    """Its text says so and leads to NOTICE, where the folder has the licence; together they are the project's."""
    named = {}
    for path in PATCHES.rglob("*.py"):
        text = path.read_text("utf-8")
        found = re.findall(r"^# SPDX-License-Identifier: (.+)$", text, re.MULTILINE)
        assert bool(found) == ("(see NOTICE)" in " ".join(text.split())), path
        if found:
            named.setdefault(path.parent.name, set()).update(found[0].split(" AND "))
    notice = (PATCHES.parent / "NOTICE").read_text("utf-8")
    assert set(re.findall(r"^backportkit_patches/(\w+):", notice, re.MULTILINE)) == named.keys()
    project = toml.parse((PATCHES.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"].split(" AND ") == sorted(set().union(*named.values()))
