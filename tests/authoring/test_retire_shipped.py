"""`retire` in a copy of the shipped patches whose floor is moved to torch 2.12 leaves what a person would leave."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest
import warm

ROOT = Path(__file__).parents[2]
FLOOR = 'dependencies = ["torch>=2.12", '

DEAD = (163707, 165514, 165815, 166458, 176557, 177558, 177991, 178148)
INIT = '''"""Backports of PyTorch fixes. Importing this declares them all; torch itself is not imported."""

from __future__ import annotations

import backportkit.integrations.torch  # noqa: F401 -- caches of compiled code must know the patches of torch
from backportkit_patches.torch import (
    torch_196013,
    vllm_42129,
)

__all__ = [
    "torch_196013",
    "vllm_42129",
]
'''


@pytest.fixture
def shipped(patched):
    """The shipped patches with their notices and proofs, in a project that requires torch 2.12."""
    for name in ("backportkit_patches", "docs/proofs"):
        shutil.copytree(ROOT / name, patched.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "NOTICE", patched.folder)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    patched.write("pyproject.toml", text.replace("dependencies = [", FLOOR, 1))
    patched.commit()
    return patched


def retire(shipped, *ids):
    """Retire patches without a proof; return the files that were there, and those that are left."""
    before = shipped.files()
    shipped.retire(*ids, "--unproved", "torch is not here", "--yes")
    return before, shipped.files()


def test_files(shipped):
    """All of what the patches alone were made of is gone, and nothing else; their imports and entry point, too."""
    ids = [f"torch-{number}" for number in DEAD]
    before, after = retire(shipped, *ids)
    modules = [f"backportkit_patches/torch/torch_{number}{end}.py" for number in DEAD for end in ("", "_reproducer")]
    proofs = [f"docs/proofs/{patch}.json" for patch in ids]
    assert before.keys() - after.keys() == {*modules, *proofs, "backportkit_patches/torch/torch_166458_entry.py"}
    assert after.keys() - before.keys() == {f"tests/test_torch_{number}.py" for number in DEAD}
    changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    assert changed == {"backportkit_patches/torch/__init__.py", "docs/proofs/README.md", "pyproject.toml"}
    assert after["backportkit_patches/torch/__init__.py"] == INIT
    line = '"torch._dynamo" = "backportkit_patches.torch"\n'
    assert after["pyproject.toml"] == before["pyproject.toml"].replace(line, "")
    assert after["docs/proofs/README.md"].count("torch-1") == after["docs/proofs/README.md"].count("torch-196013")


def function(text, name):
    """Return the parameters of a function, and its statements without the docstring."""
    (found,) = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef) and one.name == name]
    return [one.arg for one in found.args.args], [*map(ast.unparse, found.body[1:])]


def test_reproducers(shipped):
    """Each is a test, whose code is that of the reproducer, with its variables set before; its docstring stays."""
    before, after = retire(shipped, *(f"torch-{number}" for number in DEAD))
    for number in DEAD:
        was = before[f"backportkit_patches/torch/torch_{number}_reproducer.py"]
        now = after[f"tests/test_torch_{number}.py"]
        parameters, body = function(now, f"test_torch_{number}")
        assert parameters == ["monkeypatch", "tmp_path"]
        rest = [one for one in body if not one.startswith("monkeypatch.setenv(")]
        assert rest == function(was, "reproduce")[1]
        assert "monkeypatch.setenv('TORCHINDUCTOR_CACHE_DIR', str(tmp_path))" in body
        assert ast.get_docstring(ast.parse(now)) == ast.get_docstring(ast.parse(was))


def test_rest_is_well(shipped):
    """The patches that are left are declared as before, and `check` has nothing to say of imports and entry points."""
    retire(shipped, *(f"torch-{number}" for number in DEAD))
    done = warm.run(["-m", "backportkit", "check", ".", "--json"], shipped.folder, {"PYTHONPATH": str(shipped.folder)})
    found = json.loads(done.stdout)
    assert found["patches"] == 8
    assert [one for one in found["findings"] if one["code"] in {"BK301", "BK302", "BK303"}] == []


def test_last_patch_of_a_package(shipped):
    """With it go its folder, the entry point of the offer, and its notice."""
    before, after = retire(shipped, "tomlkit-277")
    folder = "backportkit_patches/tomlkit"
    assert [name for name in after if name.startswith(folder)] == []
    assert not (shipped.folder / folder).exists()
    line = 'tomlkit = "backportkit_patches.tomlkit"\n'
    assert after["pyproject.toml"] == before["pyproject.toml"].replace(line, "")
    first, found, rest = before["NOTICE"].partition(f"{folder}: from TOML Kit")
    assert found
    assert after["NOTICE"] == first + rest[rest.index("backportkit_patches/torch: from PyTorch") :]


def test_all(shipped):
    """`--all` takes those that the project has outgrown; the second time it changes nothing."""
    _, after = retire(shipped, "--all")
    assert sum(name.startswith("tests/") for name in after) == len(DEAD) + 1  # and tomlkit-277
    shipped.commit()
    assert retire(shipped, "--all") == (after, after)


def test_proof(shipped):
    """A patch of a small package is proved to be dead, on real wheels; its reproducer passes as a test."""
    said = shipped.retire("tomlkit-277", "--yes").splitlines()
    assert said[0] == "tomlkit-277: tomlkit 0.12.0, without the patch: the reproducer passes"
    assert said[1].endswith(", without the patch: the reproducer passes")
    line = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "tests/test_tomlkit_277.py"]
    done = warm.fresh(line, shipped.folder)
    assert (done.returncode, done.stdout.splitlines()[-1][:8]) == (0, "1 passed"), done.stdout + done.stderr
